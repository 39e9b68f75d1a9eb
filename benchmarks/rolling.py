"""Times rolling statistics against the libraries people use, side by side in one process.

    python benchmarks/rolling.py
    python benchmarks/rolling.py --rows 1000000 --only mean,std --rounds 9

The input is a seeded walk of closes in ticks of 1e-5, or
one with all digits (`--kind digits`). Every rival's answer is compared with
windows computed one by one, with sums by `math.fsum`, before any clock starts; the largest
relative difference is told, and what is off by more than 1e-7, a deviation by more than
1 %, is not timed. Rivals take turns, forward and backward; medians of CPU and wall time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from math import fsum, inf, sqrt
from typing import Any

import barrow as bw
import numpy as np
from compare.measure import Samples

Array = np.ndarray[Any, Any]
Call = Callable[[], Any]
WINDOWS = (20, 500)
STATISTICS = ("mean", "sum", "std", "min", "max", "median")
ON_TEN = (*STATISTICS, "var", "skew", "kurt", "quantile", "rank", "argmin", "argmax", "cov", "corr")
_CHECKED = 400
# Deviations of libraries that keep running sums are off by so much on such numbers.
_TOLERANCE = {False: 1e-7, True: 1e-2}


def closes(rows: int, kind: str) -> Array:
    """A walk in ticks of 1e-5 from 1.08 on, or one with all digits from 100 on."""
    rng = np.random.default_rng(1)
    if kind == "digits":
        return np.asarray(100 + 1e-3 * np.cumsum(rng.standard_normal(rows)))
    return np.round(1.08 + 1e-6 * np.cumsum(rng.integers(-5, 6, rows)), 5)


def by_hand(statistic: str, part: Array) -> float:
    """The statistic of one window."""
    mean = fsum(part) / len(part)
    if statistic == "mean":
        return mean
    if statistic == "sum":
        return fsum(part)
    if statistic == "std":
        if part.min() == part.max():
            return 0.0
        return sqrt(fsum((part - mean) ** 2) / (len(part) - 1))
    return float({"min": np.min, "max": np.max, "median": np.median}[statistic](part))


def error_of(statistic: str, window: int, values: Array, answer: Any, ddof: int) -> float:
    """How far an answer is off at most, relatively, where it is looked at."""
    answer = np.asarray(answer)
    # tulipy leaves out what is not there; pandas and the others have NaN.
    behind = len(values) - len(answer)
    places = np.random.default_rng(2).integers(window - 1, len(values), _CHECKED).tolist()
    most = 0.0
    for at in [window - 1, *places, len(values) - 1]:
        wanted = by_hand(statistic, values[at + 1 - window : at + 1])
        if statistic == "std" and ddof == 0:
            wanted *= sqrt((window - 1) / window)
        found = float(answer[at - behind])
        # Where 0 is wanted, a tick is the measure.
        apart = abs(found - wanted) / (abs(wanted) or 1e-5)
        most = max(most, apart if found == found else inf)
    return most


def barrow_calls(statistic: str, window: int, values: Array, out: Array) -> dict[str, Call]:
    """barrow on doubles, and on raw integers."""
    ours = getattr(bw, f"rolling_{statistic}")
    calls: dict[str, Call] = {"barrow": lambda: ours(values, window, out=out)}
    if statistic in ("mean", "std"):
        raw = np.rint(values * 1e9).astype(np.int64)
        calls["barrow, int64 exact"] = _unscaled(ours, raw, window, out)
    return calls


class _Raw:
    """Results in raw units, compared as prices."""

    def __init__(self, raw: Array) -> None:
        self.raw = raw

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.raw / 1e9


def _unscaled(ours: Any, raw: Array, window: int, out: Array) -> Call:
    return lambda: _Raw(ours(raw, window, out=out))


def rivals(statistic: str, window: int, values: Array, out: Array) -> dict[str, Call]:
    """The libraries that are installed and have the statistic."""
    calls: dict[str, Call] = {}
    try:
        import bottleneck

        options = {"ddof": 1} if statistic == "std" else {}
        move = getattr(bottleneck, f"move_{statistic}")
        calls["bottleneck"] = lambda: move(values, window, **options)
    except ModuleNotFoundError as error:
        _missing(error)
    try:
        import talib

        names = {"mean": "SMA", "sum": "SUM", "std": "STDDEV", "min": "MIN", "max": "MAX"}
        if statistic in names:
            function = getattr(talib, names[statistic])
            calls["TA-Lib"] = lambda: function(values, window)
    except ModuleNotFoundError as error:
        _missing(error)
    try:
        import tulipy

        names = {"mean": "sma", "sum": "sum", "std": "stddev", "min": "min", "max": "max"}
        if statistic in names:
            indicator = getattr(tulipy, names[statistic])
            calls["tulipy"] = lambda: indicator(values, window)
    except ModuleNotFoundError as error:
        _missing(error)
    try:
        import numbagg

        if statistic in ("mean", "sum", "std"):
            function_of = getattr(numbagg, f"move_{statistic}")
            calls["numbagg"] = lambda: function_of(values, window=window)
    except ModuleNotFoundError as error:
        _missing(error)
    try:
        calls |= _numba(statistic, window, values, out)
    except ModuleNotFoundError as error:
        _missing(error)
    try:
        import polars

        series = polars.Series(values)
        calls["polars"] = lambda: getattr(series, f"rolling_{statistic}")(window)
    except ModuleNotFoundError as error:
        _missing(error)
    import pandas

    frame = pandas.Series(values)
    calls["pandas"] = lambda: getattr(frame.rolling(window), statistic)()
    return calls


def _numba(statistic: str, window: int, values: Array, out: Array) -> dict[str, Call]:
    """The loop one would write."""
    import numba

    if statistic not in ("mean", "sum"):
        return {}
    divisor = float(window) if statistic == "mean" else 1.0

    @numba.njit(nogil=True)
    def loop(values, window, divisor, out):  # type: ignore[no-untyped-def]
        total = 0.0
        for i in range(window):
            total += values[i]
            out[i] = np.nan
        out[window - 1] = total / divisor
        for i in range(window, values.shape[0]):
            total += values[i] - values[i - window]
            out[i] = total / divisor

    def run() -> Array:
        loop(values, window, divisor, out)
        return out

    return {"numba": run}


_told: set[str] = set()


def _missing(error: ModuleNotFoundError) -> None:
    if error.name not in _told:
        _told.add(str(error.name))
        print(f"not installed: {error.name}", file=sys.stderr)


def compare(statistic: str, window: int, values: Array, rounds: int) -> None:
    """Checks and times everything that has a statistic."""
    if statistic == "median":
        values = values[: max(len(values) // 10, 1000)]
    out, copied = np.zeros_like(values), np.zeros_like(values)
    print(f"\n{statistic}, window {window}, {len(values):,} values")
    calls = barrow_calls(statistic, window, values, out) | rivals(statistic, window, values, out)
    timed: dict[str, tuple[Call, Samples]] = {}
    errors: dict[str, float] = {}
    for name, call in calls.items():
        ddof = 0 if name in ("TA-Lib", "tulipy") else 1
        errors[name] = error_of(statistic, window, values, call(), ddof)
        if errors[name] > _TOLERANCE[statistic == "std"]:
            print(f"  {name:22} WRONG by {errors[name]:.1e}")
        else:
            timed[name] = (call, Samples())
    timed["floor: memcpy"] = (lambda: np.copyto(copied, values), Samples())
    for number in range(rounds):
        turns = list(timed.values())
        for call, samples in turns if number % 2 == 0 else reversed(turns):
            samples.take(call)
    ours = timed["barrow"][1].summary(1)["cpu_ms"]
    for name, (_, samples) in timed.items():
        took = samples.summary(1)
        print(
            f"  {name:22} CPU {took['cpu_ms']:8.2f} ms  wall {took['wall_ms']:8.2f} ms"
            f"  {took['cpu_ms'] / ours:6.2f}  off by {errors.get(name, 0.0):.0e}"
        )


def calls_on_ten_values() -> None:
    """What a call costs that has nothing to do."""
    values = np.arange(10.0)
    print("\ncalls on 10 values, best of 7, microseconds of CPU")
    for name in ON_TEN:
        more = (values,) if name in ("cov", "corr") else ()
        last = (0.3,) if name == "quantile" else ()
        call = partial(getattr(bw, f"rolling_{name}"), values, *more, 5, *last)
        print(f"  {name:10} {min(_seconds(call) for _ in range(7)) * 1e6:5.2f}")
    for name in ("mean", "var", "std"):
        call = partial(getattr(bw, f"ewm_{name}"), values, span=5)
        print(f"  ewm_{name:6} {min(_seconds(call) for _ in range(7)) * 1e6:5.2f}")


def many_series(rows: int, rounds: int) -> None:
    """What threads bring where there are many series: one call, and a call for each."""
    table = np.stack([closes(rows, "digits") + number for number in range(64)])
    out = np.empty_like(table)
    print(f"\n64 series of {rows:,} values, window 20, milliseconds of wall time, medians")
    for name in ("mean", "std", "median"):
        ours = getattr(bw, f"rolling_{name}")
        together, alone = Samples(), Samples()
        for _ in range(rounds):
            together.take(partial(ours, table, 20, out=out))
            alone.take(partial(_one_by_one, ours, table, out))
        both = [samples.summary(1)["wall_ms"] for samples in (together, alone)]
        print(f"  {name:10} {both[0]:8.2f}  one by one {both[1]:8.2f}  {both[1] / both[0]:6.2f}")


def _one_by_one(ours: Any, table: Array, out: Array) -> None:
    for values, results in zip(table, out, strict=True):
        ours(values, 20, out=results)


def _seconds(call: Call, repeats: int = 2000) -> float:
    begin = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - begin) / repeats


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="values (medians: a tenth)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", metavar="A,B", help=f"of {', '.join(STATISTICS)}")
    kinds = {"choices": ("ticks", "digits"), "default": "ticks"}
    parser.add_argument("--kind", **kinds, help="digits: no two values are equal")
    parser.add_argument("--smoke", action="store_true", help="20,000 values, one round")
    arguments = parser.parse_args()
    rows = 20_000 if arguments.smoke else arguments.rows
    values = closes(rows, arguments.kind)
    print(f"barrow {bw.__version__}, {bw.cpu_level()}, load {os.getloadavg()[0]:.1f}")
    for statistic in arguments.only.split(",") if arguments.only else STATISTICS:
        for window in WINDOWS:
            compare(statistic, window, values, 1 if arguments.smoke else arguments.rounds)
    many_series(1_000 if arguments.smoke else 100_000, arguments.rounds)
    calls_on_ten_values()
    return 0


if __name__ == "__main__":
    sys.exit(main())
