"""pandas with its C parser."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from compare.bars import STAMP, from_pandas

NAME = "pandas, C engine"
VERSION = pd.__version__
THREADS = 1
_path = Path()

answer = from_pandas


def setup(path: Path) -> None:
    global _path
    _path = path


def run() -> pd.DataFrame:
    return pd.read_csv(_path, engine="c", parse_dates=[STAMP])
