"""Hand-written loops of int64, compiled by numba: one for every threshold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import numpy as np

from compare.information import COLUMNS, NAMES, Answer, arrays, step_of

NAME = "numba loops, one a threshold"
VERSION = numba.__version__
THREADS = 1
_MEASURES = ("TICK", "VOLUME", "VALUE")


def _loop(measure: int, rule: int) -> Any:
    """The loop of a measure and a rule, both known when it is compiled."""

    @numba.njit(cache=False)
    def fold(price, size, side, time, step):  # type: ignore[no-untyped-def]
        out = np.empty((6, len(price)), np.int64)
        n, fresh = 0, True
        open_, high, low, volume, total, run = 0, 0, 0, 0, 0, 0
        for i in range(len(price)):
            p, left = price[i], size[i]
            way = side[i] if rule == 1 else 1
            if rule == 2 and side[i] != run:
                total, run = 0, side[i]
            while left > 0:
                if fresh:
                    open_, high, low, volume, fresh = p, p, p, 0, False
                high, low = max(high, p), min(low, p)
                need = step - way * total
                amount = 1 if measure == 0 else left if measure == 1 else left * p
                if amount < need:
                    volume += left
                    total += way * amount
                    break
                part = left if measure == 0 else need if measure == 1 else -(-need // p)
                if n == out.shape[1]:
                    out = np.concatenate((out, np.empty_like(out)), axis=1)
                out[0, n], out[1, n], out[2, n], out[3, n] = open_, high, low, p
                out[4, n], out[5, n] = volume + part, time[i]
                n += 1
                left -= part
                total, fresh = 0, True
        return out[:, :n]

    return fold


@numba.njit(cache=False)
def _bricks(price, size, side, time, step):  # type: ignore[no-untyped-def]
    out = np.empty((6, len(price)), np.int64)
    n, end, volume = 0, price[0], 0
    for i in range(len(price)):
        p = price[i]
        volume += size[i]
        while abs(p - end) >= step:
            to = end + (step if p > end else -step)
            if n == out.shape[1]:
                out = np.concatenate((out, np.empty_like(out)), axis=1)
            out[0, n], out[1, n], out[2, n], out[3, n] = end, max(end, to), min(end, to), to
            out[4, n], out[5, n] = volume, time[i]
            end, volume = to, 0
            n += 1
    return out[:, :n]


def _fold_of(name: str) -> Any:
    measure, _, rule = name.split("-")[1].partition("_")
    if measure == "RENKO":
        return _bricks
    return _loop(_MEASURES.index(measure), ("", "IMBALANCE", "RUNS").index(rule))


_FOLDS = {name: _fold_of(name) for name in NAMES}


def setup(path: Path) -> None:
    global _columns
    columns = arrays(path)
    _columns = [columns[name] for name in ("price", "size", "side", "time")]
    few = [column[:10] for column in _columns]
    for name, fold in _FOLDS.items():  # compiled before the clock starts
        fold(*few, step_of(name))


def run() -> dict[str, Any]:
    return {name: fold(*_columns, step_of(name)) for name, fold in _FOLDS.items()}


def answer(result: dict[str, Any]) -> Answer:
    return {name: dict(zip(COLUMNS, found, strict=True)) for name, found in result.items()}
