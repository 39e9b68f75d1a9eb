"""A hand-written loop of int64, compiled by numba: each timeframe from minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import numpy as np

from compare.resample import MONDAY, SECONDS, TEN, VALUES, Answer, arrays, edges

NAME = "numba loop, each from minutes"
VERSION = numba.__version__
THREADS = 1


@numba.njit(cache=False)
def fold_fixed(time, open_, high, low, close, volume, step, origin):  # type: ignore[no-untyped-def]
    """Bars of one length, without a division where they follow each other."""
    most = min(len(time), (time[-1] - time[0]) // step + 2)
    out = np.empty((6, most), np.int64)
    n, end = -1, time[0] - 1
    for i in range(len(time)):
        if time[i] >= end or n < 0:
            n += 1
            start = end
            if n == 0 or time[i] - end >= step:
                start = time[i] - (time[i] - origin) % step
            end = start + step
            out[0, n], out[1, n], out[2, n] = start, open_[i], high[i]
            out[3, n], out[4, n], out[5, n] = low[i], close[i], volume[i]
        else:
            out[2, n] = max(out[2, n], high[i])
            out[3, n] = min(out[3, n], low[i])
            out[4, n] = close[i]
            out[5, n] += volume[i]
    return out[:, : n + 1]


@numba.njit(cache=False)
def fold_edges(time, open_, high, low, close, volume, bounds):  # type: ignore[no-untyped-def]
    """Bars between boundaries."""
    out = np.empty((6, len(bounds)), np.int64)
    n, k = -1, 0
    for i in range(len(time)):
        if n < 0 or time[i] >= bounds[k + 1]:
            while time[i] >= bounds[k + 1]:
                k += 1
            n += 1
            out[0, n], out[1, n], out[2, n] = bounds[k], open_[i], high[i]
            out[3, n], out[4, n], out[5, n] = low[i], close[i], volume[i]
        else:
            out[2, n] = max(out[2, n], high[i])
            out[3, n] = min(out[3, n], low[i])
            out[4, n] = close[i]
            out[5, n] += volume[i]
    return out[:, : n + 1]


def fold(name: str, columns: Any) -> Any:
    """Bars of one timeframe from six rows of an array, or six arrays."""
    if name in SECONDS:
        return fold_fixed(*columns, SECONDS[name] * 10**9, MONDAY if name == "1w" else 0)
    return fold_edges(*columns, edges(name, int(columns[0][0]), int(columns[0][-1])))


def setup(path: Path) -> None:
    global _columns
    columns = arrays(path)
    _columns = [columns[name] for name in ("time", *VALUES)]
    few = [column[:10] for column in _columns]
    fold("5m", few), fold("1M", few)  # compiled before the clock starts
    fold("5m", fold("5m", few)), fold("1M", fold("5m", few))


def run() -> dict[str, Any]:
    return {name: fold(name, _columns) for name in TEN}


def answer(result: dict[str, Any]) -> Answer:
    return {
        name: dict(zip(("time", *VALUES), found, strict=True)) for name, found in result.items()
    }
