"""barrow: the frame to a list of records."""

from __future__ import annotations

from pathlib import Path

import barrow as bw

from compare.bars import Answer
from compare.records import read_source, to_answer, wrangler

NAME = "barrow, from_pandas to a list"
VERSION = bw.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _wrangler, _frame
    _wrangler, _frame = wrangler(path), read_source(path).frame


def run() -> list[bw.Bar]:
    return _wrangler.from_pandas(_frame)


def answer(result: list[bw.Bar]) -> Answer:
    return to_answer(result, 9)
