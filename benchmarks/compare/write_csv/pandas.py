"""pandas; doubles, left to the kernel to write."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from compare.arrow_files import fresh_output
from compare.write_csv import read_doubles

NAME = "pandas to_csv, float64"
VERSION = pd.__version__
THREADS = 1
_output = Path()


@cache
def _bars(path: Path) -> pd.DataFrame:
    return read_doubles(path).to_pandas()


def setup(path: Path) -> None:
    global _data, _output
    _data, _output = _bars(path), fresh_output("pandas", ".csv")


def run() -> Path:
    _data.to_csv(_output, index=False)
    return _output


def answer(result: Path) -> Path:
    return result
