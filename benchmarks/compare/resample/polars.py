"""polars: group_by_dynamic, once a timeframe."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from compare.resample import TEN, VALUES, Answer, arrays

NAME = "polars group_by_dynamic"
VERSION = pl.__version__
THREADS = pl.thread_pool_size()


@cache
def _frame(path: Path) -> pl.DataFrame:
    columns = arrays(path)
    times = pl.Series("time", columns["time"]).cast(pl.Datetime("ns"))
    return pl.DataFrame([times, *(pl.Series(n, columns[n]) for n in VALUES)]).set_sorted("time")


def setup(path: Path) -> None:
    global _data
    _data = _frame(path)


def run() -> dict[str, pl.DataFrame]:
    return {
        name: _data.group_by_dynamic("time", every=name.replace("M", "mo")).agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
        )
        for name in TEN
    }


def answer(result: dict[str, pl.DataFrame]) -> Answer:
    return {
        name: {column: frame[column].to_numpy().astype(np.int64) for column in frame.columns}
        for name, frame in result.items()
    }
