"""barrow on one thread; exact, and always durable."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import barrow as bw

from compare.arrow_files import fresh_output
from compare.barrow_csv import options

NAME = "barrow, 1 thread, fsync"
VERSION = bw.__version__
THREADS = 1
_output = Path()


@cache
def _bars(path: Path) -> bw.Bars:
    return bw.read_csv(path, **options(1))


def setup(path: Path) -> None:
    global _data, _output
    _data, _output = _bars(path), fresh_output("barrow_1", ".csv")


def run() -> Path:
    bw.write_csv(_data, _output)
    return _output


def answer(result: Path) -> Path:
    return result
