"""Random rows, and bars made from them row by row with plain integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import barrow as bw
import numpy as np
import pyarrow as pa
from barrow._arrow import BAR, FIXED8, QUOTE, TRADE, Encoding, Meta, RecordKind, record_schema

SECOND = 10**9
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(text: str) -> int:
    """Nanoseconds UTC of ISO text."""
    return int(np.datetime64(text, "ns").astype(np.int64))


def random_stamps(rng, rows: int, start: int, longest: int, unit: int) -> np.ndarray:
    """Stamps that rise by 0 to `longest` units, with a longer gap here and there."""
    steps = rng.integers(0, longest + 1, rows) * unit
    steps[rng.random(rows) < 0.01] += 3 * 86_400 * SECOND // unit * unit
    return start + np.cumsum(steps)


def records(kind: RecordKind, columns: Sequence[np.ndarray], identity: str | None, parts: int = 1):
    """Records in `fixed8`, in so many batches."""
    schema = record_schema(kind, FIXED8, Meta(identity, 5, 3))
    arrays = []
    for field, column in zip(schema, columns, strict=True):
        if pa.types.is_fixed_size_binary(field.type):
            data = pa.py_buffer(np.ascontiguousarray(column))
            arrays.append(pa.Array.from_buffers(field.type, len(column), [None, data]))
        else:
            arrays.append(pa.array(column, field.type))
    batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
    cuts = np.linspace(0, batch.num_rows, parts + 1).astype(int)
    batches = [batch.slice(a, b - a) for a, b in pairwise(cuts)]
    return {"bar": bw.Bars, "quote": bw.Quotes, "trade": bw.Trades}[kind.name](batches, schema)


def random_bars(
    seed: int,
    rows: int,
    start: str = "2024-03-07",
    *,
    longest: int = 3,
    unit: int = MINUTE,
    parts: int = 1,
    bar_type: str | None = None,
    late: int = 0,
) -> bw.Bars:
    """Bars whose stamps rise by 0 to `longest` units; `ts_init` is up to `late` units later."""
    rng = np.random.default_rng(seed)
    stamps = random_stamps(rng, rows, stamp(start), longest, unit)
    close = 1_100_000 + np.cumsum(rng.integers(-12, 13, rows))
    open_ = close + rng.integers(-9, 10, rows)
    high = np.maximum(open_, close) + rng.integers(0, 9, rows)
    low = np.minimum(open_, close) - rng.integers(0, 9, rows)
    prices = [column * 10**4 for column in (open_, high, low, close)]
    volume = rng.integers(0, 10**6, rows).astype(np.uint64) * np.uint64(10**6)
    inits = stamps + rng.integers(0, late + 1, rows) * unit
    return records(BAR, [*prices, volume, stamps, inits], bar_type, parts)


def random_trades(seed: int, rows: int, start: str = "2024-03-07") -> bw.Trades:
    rng = np.random.default_rng(seed)
    stamps = random_stamps(rng, rows, stamp(start), 40, SECOND)
    price = (1_100_000 + np.cumsum(rng.integers(-3, 4, rows))) * 10**4
    size = rng.integers(1, 10**6, rows).astype(np.uint64) * np.uint64(10**6)
    sides, names = np.ones(rows, np.uint8), [str(i) for i in range(rows)]
    return records(TRADE, [price, size, sides, names, stamps, stamps], "BTC.SIM")


def random_quotes(seed: int, rows: int, start: str = "2024-03-07") -> bw.Quotes:
    rng = np.random.default_rng(seed)
    stamps = random_stamps(rng, rows, stamp(start), 40, SECOND)
    bid = (1_100_000 + np.cumsum(rng.integers(-3, 4, rows))) * 10**4
    ask = bid + rng.integers(0, 20, rows) * 10**4
    sizes = [rng.integers(1, 10**6, rows).astype(np.uint64) * np.uint64(10**6) for _ in "ba"]
    return records(QUOTE, [bid, ask, *sizes, stamps, stamps], "EUR/USD.SIM")


@dataclass
class Row:
    """A bar as plain integers; `end` is where its interval ends."""

    open: int
    high: int
    low: int
    close: int
    volume: int
    start: int
    end: int
    known: int
    count: int


def plain_rows(bars: bw.Bars) -> list[tuple[int, ...]]:
    """Every value of every bar as Python's integers: o h l c v ts_event ts_init."""
    return [
        (b.open.raw, b.high.raw, b.low.raw, b.close.raw, b.volume.raw, b.ts_event, b.ts_init)
        for b in bars
    ]


def fold_plainly(
    rows: Sequence[tuple[int, ...]], interval: Callable[[int], tuple[int, int]], bias: int = 0
) -> list[Row]:
    """The bars of rows, one row at a time."""
    made: list[Row] = []
    for open_, high, low, close, volume, ts_event, ts_init in rows:
        start, end = interval(ts_event - bias)
        known = max(ts_event, ts_init)
        if not made or made[-1].start != start:
            if made:
                made[-1].known = max(made[-1].known, made[-1].end)
            made.append(Row(open_, high, low, close, volume, start, end, known, 1))
            continue
        bar = made[-1]
        bar.high, bar.low, bar.close = max(bar.high, high), min(bar.low, low), close
        bar.volume, bar.known, bar.count = bar.volume + volume, max(bar.known, known), bar.count + 1
    return made


def of_length(step: int, origin: int = 0) -> Callable[[int], tuple[int, int]]:
    """Intervals of one length."""

    def interval(at: int) -> tuple[int, int]:
        start = origin + (at - origin) // step * step
        return start, start + step

    return interval


def of_calendar(unit: str, zone: str, offset: int = 0) -> Callable[[int], tuple[int, int]]:
    """Days, weeks, months, quarters or years of a zone, by `zoneinfo` and `datetime`."""
    where = ZoneInfo(zone)
    shift = timedelta(microseconds=offset // 1000)

    def begin(day: datetime) -> datetime:
        day = day.replace(hour=0, minute=0, second=0, microsecond=0)
        if unit == "w":
            return day - timedelta(days=day.weekday())
        if unit == "M":
            return day.replace(day=1)
        if unit == "q":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        return day.replace(month=1, day=1) if unit == "y" else day

    def instant(clock: datetime) -> int:
        aware = clock.replace(tzinfo=where)
        return (aware.astimezone(UTC) - EPOCH) // timedelta(microseconds=1) * 1000

    def interval(at: int) -> tuple[int, int]:
        clock = (EPOCH + timedelta(microseconds=at // 1000)).astimezone(where).replace(tzinfo=None)
        start = begin(clock - shift)
        following = begin(
            start + timedelta(days={"d": 1, "w": 7, "M": 32, "q": 93, "y": 367}[unit])
        )
        return instant(start + shift), instant(following + shift)

    return interval


def same_bars(made: bw.Bars, expected: list[Row], label: str = "left") -> None:
    """Every value, stamp and count is as expected."""
    found = plain_rows(made)
    for at, (row, bar) in enumerate(zip(found, expected, strict=True)):
        stamp_ = bar.start if label == "left" else bar.end
        wanted = (bar.open, bar.high, bar.low, bar.close, bar.volume, stamp_, bar.known)
        assert row == wanted, f"bar {at}"
    assert made.report.counts.tolist() == [bar.count for bar in expected]


def widened(bars: bw.Bars, encoding: Encoding) -> bw.Bars:
    return bw.Bars.from_arrow(bars.to_arrow(encoding.name))
