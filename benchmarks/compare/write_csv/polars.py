"""polars; doubles, left to the kernel to write."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from compare.arrow_files import fresh_output
from compare.write_csv import read_doubles

NAME = "polars write_csv, float64"
VERSION = pl.__version__
THREADS = pl.thread_pool_size()
_output = Path()


@cache
def _bars(path: Path) -> pl.DataFrame:
    return pl.DataFrame(read_doubles(path))


def setup(path: Path) -> None:
    global _data, _output
    _data, _output = _bars(path), fresh_output("polars", ".csv")


def run() -> Path:
    _data.write_csv(_output)
    return _output


def answer(result: Path) -> Path:
    return result
