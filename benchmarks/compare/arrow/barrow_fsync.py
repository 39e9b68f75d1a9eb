"""barrow, a whole file made durable."""

from __future__ import annotations

from pathlib import Path

import barrow as bw

from compare.arrow import bars
from compare.arrow_files import fresh_output

NAME = "barrow, write_arrow, fsync"
VERSION = bw.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _bars, _output
    _bars, _output = bars(path), fresh_output("barrow")


def run() -> Path:
    bw.write_arrow(_bars, _output)
    return _output


def answer(result: Path) -> Path:
    return result
