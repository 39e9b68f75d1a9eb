"""Indicators against TA-Lib: answers compared first, then both in turns in one process.

    python benchmarks/indicators.py [--rows 10000000] [--rounds 5] [--smoke]

Times are CPU time and wall time of one thread, medians; results go into memory that was touched
before on our side, where TA-Lib has no such choice.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import barrow as bw
import numpy as np
import talib
from barrow.indicators import ATR, EMA, MACD, RSI, Bollinger, over, together

Job = tuple[str, Callable[[], Any], Callable[[], Any]]


def bars(rows: int) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    close = 1.2 + np.cumsum(rng.normal(0, 1e-5, rows))
    high, low = close + rng.random(rows) * 1e-4, close - rng.random(rows) * 1e-4
    return {"high": high, "low": low, "close": close}


def jobs(data: dict[str, Any]) -> list[Job]:
    close, columns = data["close"], (data["high"], data["low"], data["close"])
    three = tuple(np.zeros(len(close)) for _ in range(3))
    single: list[Job] = [
        ("ema", lambda: bw.ema(close, 20, out=three[0]), lambda: talib.EMA(close, 20)),
        ("rsi", lambda: bw.rsi(close, 14, out=three[0]), lambda: talib.RSI(close, 14)),
        ("macd", lambda: bw.macd(close, out=three), lambda: talib.MACD(close)),
        ("bollinger", lambda: bw.bollinger(close, out=three), lambda: talib.BBANDS(close, 20)),
        ("atr", lambda: bw.atr(columns, 14, out=three[0]), lambda: talib.ATR(*columns, 14)),
    ]
    five = [EMA(20), RSI(14), MACD(), Bollinger(20), ATR(14)]
    kept = together(five, data)

    def theirs() -> tuple[Any, ...]:
        found: list[Any] = []
        for _, _, other in single:
            values = other()
            found += values if isinstance(values, list | tuple) else [values]
        return tuple(found)

    parts = np.array_split(close, 16)
    return [
        *single,
        ("together", lambda: tuple(together(five, data, out=kept).values()), theirs),
        ("many", lambda: tuple(over(RSI(14), parts)),
         lambda: tuple(talib.RSI(part, 14) for part in parts)),
    ]  # fmt: skip


def compare(name: str, ours: Any, theirs: Any) -> None:
    ours = ours if isinstance(ours, tuple) else (ours,)
    theirs = theirs if isinstance(theirs, list | tuple) else (theirs,)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-9, err_msg=name)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--smoke", action="store_true", help="compare answers only")
    given = options.parse_args()
    tasks = jobs(bars(20_000 if given.smoke else given.rows))
    for name, ours, theirs in tasks:
        compare(name, ours(), theirs())
    if given.smoke:
        return
    seen: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _ in range(given.rounds):
        for name, *sides in tasks:
            for side, call in enumerate(sides):
                begin = time.process_time(), time.perf_counter()
                values = call()
                end = time.process_time(), time.perf_counter()
                del values
                seen.setdefault((name, side), []).append((end[0] - begin[0], end[1] - begin[1]))
    print("task        barrow cpu/wall ms   TA-Lib cpu/wall ms   TA-Lib / barrow by wall")
    for name, _, _ in tasks:
        cpu, wall = ([median(t[k] for t in seen[name, side]) for side in (0, 1)] for k in (0, 1))
        print(
            f"{name:10} {cpu[0] * 1e3:9.1f} {wall[0] * 1e3:9.1f} {cpu[1] * 1e3:11.1f} "
            f"{wall[1] * 1e3:9.1f} {wall[1] / wall[0]:15.2f}"
        )


if __name__ == "__main__":
    main()
