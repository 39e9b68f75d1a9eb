"""barrow: the frame to columns."""

from __future__ import annotations

from pathlib import Path

import barrow as bw

from compare.barrow_csv import to_answer
from compare.bars import Answer
from compare.records import read_source, wrangler

NAME = "barrow, to_columns"
VERSION = bw.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _wrangler, _frame
    _wrangler, _frame = wrangler(path), read_source(path).frame


def run() -> bw.Bars:
    return _wrangler.to_columns(_frame)


def answer(result: bw.Bars) -> Answer:
    return to_answer(result)
