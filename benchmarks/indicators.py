"""Indicators against TA-Lib: answers compared first, then both in turns in one process.

    python benchmarks/indicators.py [--rows 10000000] [--rounds 5] [--only rsi together] [--smoke]

Times are medians of CPU time and of wall time, of one thread unless the line says otherwise.
Results go into memory that was touched before on our side (`out=`), where TA-Lib has no such
choice: `floor` is what touching that memory costs it. `many` is the RSI of 16 series.
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

    def ours_together() -> tuple[Any, ...]:
        return tuple(together(five, data, out=kept).values())

    def many(threads: int) -> Callable[[], Any]:
        return lambda: tuple(over(RSI(14), parts, threads=threads))

    def theirs_many() -> tuple[Any, ...]:
        return tuple(talib.RSI(part, 14) for part in parts)

    parts = np.array_split(close, 16)
    return [
        *single,
        ("together", ours_together, theirs),
        ("many, 1 thread", many(1), theirs_many),
        ("many, 2 threads", many(2), theirs_many),
    ]


def compare(name: str, ours: Any, theirs: Any) -> None:
    ours = ours if isinstance(ours, tuple) else (ours,)
    theirs = theirs if isinstance(theirs, list | tuple) else (theirs,)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-9, err_msg=name)


def touched(rows: int) -> float:
    """Seconds of CPU time that the first touch of a new array takes, the median of five."""
    times = []
    for _ in range(5):
        begin = time.process_time()
        np.full(rows, 1.0)
        times.append(time.process_time() - begin)
    return median(times)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", nargs="+", help="lines to measure")
    options.add_argument("--smoke", action="store_true", help="compare answers only")
    given = options.parse_args()
    tasks = jobs(bars(20_000 if given.smoke else given.rows))
    tasks = [task for task in tasks if not given.only or task[0].split(",")[0] in given.only]
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
    floor = touched(given.rows)
    print(f"floor: one new array of as many doubles, filled: {floor * 1e3:.1f} ms")
    print("task             barrow cpu/wall ms   TA-Lib cpu/wall ms   TA-Lib / barrow by cpu, wall")
    for name, _, _ in tasks:
        cpu, wall = ([median(t[k] for t in seen[name, side]) for side in (0, 1)] for k in (0, 1))
        print(
            f"{name:15} {cpu[0] * 1e3:9.1f} {wall[0] * 1e3:9.1f} {cpu[1] * 1e3:11.1f} "
            f"{wall[1] * 1e3:9.1f} {cpu[1] / cpu[0]:15.2f} {wall[1] / wall[0]:8.2f}"
        )


if __name__ == "__main__":
    main()
