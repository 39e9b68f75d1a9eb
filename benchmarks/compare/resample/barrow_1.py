"""barrow: all timeframes in one call, one thread."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
import numpy as np

from compare.resample import TEN, VALUES, Answer, source

NAME = "barrow resample"
VERSION = bw.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _bars
    _bars = source(path)


def run() -> dict[str, bw.Bars]:
    return bw.resample(_bars, TEN)


def answer(result: dict[str, bw.Bars]) -> Answer:
    return {
        name: {
            "time": bars.raw("ts_event").astype(np.int64),
            **{column: bars.raw(column).astype(np.int64) for column in VALUES},
        }
        for name, bars in result.items()
    }
