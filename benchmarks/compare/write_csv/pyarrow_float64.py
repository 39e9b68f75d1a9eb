"""pyarrow; doubles, left to the kernel to write."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from compare.arrow_files import fresh_output
from compare.write_csv import read_doubles

NAME = "pyarrow write_csv, float64"
VERSION = pa.__version__
THREADS = 1
_output = Path()


@cache
def _bars(path: Path) -> pa.Table:
    return read_doubles(path)


def setup(path: Path) -> None:
    global _data, _output
    _data, _output = _bars(path), fresh_output("pyarrow_float64", ".csv")


def run() -> Path:
    pc.write_csv(_data, _output)
    return _output


def answer(result: Path) -> Path:
    return result
