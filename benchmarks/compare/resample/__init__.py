"""Minute bars to ten timeframes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import barrow as bw
import numpy as np

from compare import Floor, Verdict

TITLE = (
    "minute bars in memory to ten timeframes, on the same 64-bit integers; weekends and a "
    "hundredth of the minutes are missing"
)
# So many leave 7 million rows, about twenty years of one symbol.
MEGABYTES = 520
SECONDS = {"5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "4h": 14_400, "1d": 86_400,
           "1w": 604_800}  # fmt: skip
MONTHS = {"1M": 1, "1q": 3, "1y": 12}
TEN = [*SECONDS, *MONTHS]
VALUES = ("open", "high", "low", "close", "volume")
# 1970-01-05 was a Monday.
MONDAY = 4 * 86_400 * 10**9
_SECOND = 10**9

Array = np.ndarray[Any, Any]
Answer = dict[str, dict[str, Array]]


@dataclass(frozen=True)
class Reference:
    """The bars of every timeframe, and how many rows they are made from."""

    rows: int
    bars: Answer


@cache
def source(path: Path) -> bw.Bars:
    """The minute bars, as barrow has them, in one batch."""
    bars = bw.read_csv(path, encoding="fixed8", threads=1)
    minutes = bars.raw("ts_event") // np.uint64(60 * _SECOND)
    # Open from Sunday to Friday, 22:00; 1970-01-01 was a Thursday.
    of_week = (minutes + np.uint64(4 * 1440 + 120)) % np.uint64(7 * 1440)
    traded = of_week < 5 * 1440
    traded &= np.random.default_rng(1).random(len(bars)) > 0.01
    table = bars.to_arrow().filter(traded).combine_chunks()
    return bw.Bars(table.to_batches(), bars.schema)


@cache
def arrays(path: Path) -> dict[str, Array]:
    """The same as arrays of `int64`, for the others: time and values."""
    bars = source(path)
    columns = {"time": bars.raw("ts_event").astype(np.int64)}
    columns |= {name: bars.raw(name).astype(np.int64) for name in VALUES}
    return columns


def edges(name: str, first: int, last: int) -> Array:
    """Where months and longer ones start, around two stamps: nanoseconds UTC."""
    step = MONTHS[name]
    begin, end = (
        int(np.datetime64(stamp, "ns").astype("M8[M]").astype(np.int64)) // step * step
        for stamp in (first, last)
    )
    months = np.arange(begin, end + 2 * step, step)
    return months.astype("M8[M]").astype("M8[ns]").astype(np.int64)


def starts(name: str, stamps: Array) -> Array:
    """Where the interval of every stamp starts."""
    if name in MONTHS:
        bounds = edges(name, int(stamps[0]), int(stamps[-1]))
        return bounds[np.searchsorted(bounds, stamps, "right") - 1]
    step = SECONDS[name] * _SECOND
    origin = MONDAY if name == "1w" else 0
    return stamps - (stamps - origin) % step


def reference(path: Path) -> Reference:
    """NumPy's `reduceat` over all rows, for each timeframe by itself."""
    columns = arrays(path)
    bars = {}
    for name in TEN:
        start = starts(name, columns["time"])
        at = np.flatnonzero(np.append(True, start[1:] != start[:-1]))
        ends = np.append(at[1:], len(start)) - 1
        bars[name] = {
            "time": start[at],
            "open": columns["open"][at],
            "high": np.maximum.reduceat(columns["high"], at),
            "low": np.minimum.reduceat(columns["low"], at),
            "close": columns["close"][ends],
            "volume": np.add.reduceat(columns["volume"], at),
        }
    return Reference(len(columns["time"]), bars)


def describe(reference: Reference) -> dict[str, Any]:
    counts = {name: len(bars["time"]) for name, bars in reference.bars.items()}
    checked = "every value of every bar of NumPy's reduceat"
    return {"rows": reference.rows, "checked": checked, "bars": counts}


def judge(reference: Reference, answer: Answer) -> Verdict:
    for name, wanted in reference.bars.items():
        for column, values in wanted.items():
            found = answer[name][column]
            if len(found) != len(values):
                return Verdict(False, "exact", f"{name}: {len(found)} bars of {len(values)}")
            wrong = np.flatnonzero(found != values)
            if len(wrong):
                note = f"{name}: {len(wrong)} of {column}, the first in bar {wrong[0]}"
                return Verdict(False, "exact", note)
    return Verdict(True, "exact")


def floors(path: Path, reference: Reference) -> list[Floor]:
    bars = source(path)
    columns = [bars.raw(name).view(np.uint64) for name in bars.kind.columns]

    def sweep() -> None:
        for column in columns:
            np.bitwise_or.reduce(column)

    return [Floor("one sweep of the seven input columns", sweep)]
