"""pandas: resample().agg, once a timeframe."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from compare.resample import TEN, VALUES, Answer, arrays

NAME = "pandas resample().agg"
VERSION = pd.__version__
THREADS = 1
_RULES = {"5m": "5min", "15m": "15min", "30m": "30min", "1d": "D", "1w": "W-MON", "1M": "MS",
          "1q": "QS", "1y": "YS"}  # fmt: skip
_HOW = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}


@cache
def _frame(path: Path) -> pd.DataFrame:
    columns = arrays(path)
    index = pd.DatetimeIndex(columns["time"].view("M8[ns]"))
    return pd.DataFrame({name: columns[name] for name in VALUES}, index=index)


def setup(path: Path) -> None:
    global _data
    _data = _frame(path)


def run() -> dict[str, pd.DataFrame]:
    return {
        name: _data.resample(_RULES.get(name, name), closed="left", label="left").agg(_HOW)
        for name in TEN
    }


def answer(result: dict[str, pd.DataFrame]) -> Answer:
    made = {name: frame.dropna() for name, frame in result.items()}
    return {
        name: {
            "time": frame.index.as_unit("ns").asi8,
            **{column: frame[column].to_numpy().astype(np.int64) for column in VALUES},
        }
        for name, frame in made.items()
    }
