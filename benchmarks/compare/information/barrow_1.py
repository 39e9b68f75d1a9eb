"""barrow: all thresholds in one call, one thread."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
import numpy as np

from compare.information import INCREMENT, NAMES, Answer, source

NAME = "barrow information_bars"
VERSION = bw.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _trades
    _trades = source(path)


def run() -> dict[str, bw.Bars]:
    return bw.information_bars(_trades, NAMES, price_increment=INCREMENT, partial="drop")


def answer(result: dict[str, bw.Bars]) -> Answer:
    found = {}
    for name, bars in result.items():
        prices = {c: bars.raw(c) // 10**4 for c in ("open", "high", "low", "close")}
        volume = (bars.raw("volume") // np.uint64(10**9)).astype(np.int64)
        found[name] = {**prices, "volume": volume, "time": bars.raw("ts_event").astype(np.int64)}
    return found
