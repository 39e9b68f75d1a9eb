"""Where intervals start and end: lengths, or arrays of boundaries made by rules of zones."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

import numpy as np

from barrow.bars.bar_spec import NANOSECONDS, BarAggregation
from barrow.errors import BarrowArgumentError, message
from barrow.resample.timeframe import Timeframe
from barrow.zones import Table, offsets, to_local, to_utc

Array = np.ndarray[Any, Any]
Origin = Literal["start_day", "start", "epoch", "end", "end_day"] | str | int | datetime | None
Offset = str | int | timedelta | None

DAY = NANOSECONDS[BarAggregation.DAY]
# A bar that starts later would end after what 64 bits of nanoseconds hold.
LAST_STAMP = 9_214_646_399_999_999_999
_ORIGINS = ("start_day", "start", "epoch", "end", "end_day")
# 1970-01-01 was a Thursday; weeks start on Mondays.
_MONDAY = 4 * DAY
_NO_EDGES = np.empty(0, np.int64)
_NO_FLAGS = np.empty(0, np.uint8)
_OFFSET_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9,
                 "min": 60 * 10**9, "h": 3600 * 10**9, "d": DAY, "D": DAY}  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """The intervals of a timeframe.

    Attributes:
        step: Their length in nanoseconds; 0 if they reach from one edge to the next. With
            edges besides, it is counted from every edge anew, and the last interval
            before an edge may be shorter.
        origin: Where one of them starts if there are no edges: nanoseconds UTC.
        edges: Where one ends and the next starts: rising `int64` nanoseconds UTC, from
            the start of the first interval to the end of the last one.
        left_out: For what lies between two edges, whether no row comes from there: `uint8`;
            empty if rows come from everywhere.
    """

    step: int
    origin: int = 0
    edges: Array = field(default_factory=lambda: _NO_EDGES)
    left_out: Array = field(default_factory=lambda: _NO_FLAGS)

    @property
    def even(self) -> bool:
        """Whether all intervals are of one length, and follow each other."""
        return not len(self.edges)

    @cached_property
    def _places(self) -> tuple[Array, Array]:
        """Where those parts between edges start that rows come from, and how many
        intervals there are before each."""
        starts, ends = self.edges[:-1], self.edges[1:]
        if len(self.left_out):
            held = self.left_out == 0
            starts, ends = starts[held], ends[held]
        counts = -(-(ends - starts) // self.step) if self.step else np.ones(len(starts), np.int64)
        return starts, np.cumsum(counts) - counts

    def ends(self, starts: Array) -> Array:
        """Where intervals end that start at `starts`, nanoseconds UTC."""
        if self.even:
            return starts + self.step
        after = np.searchsorted(self.edges, starts, "right")
        bounds: Array = self.edges[np.minimum(after, len(self.edges) - 1)]
        return np.minimum(starts + self.step, bounds) if self.step else bounds

    def numbers(self, starts: Array) -> Array:
        """Intervals that follow each other have consecutive numbers."""
        if self.even:
            return (starts - self.origin) // self.step
        begins, before = self._places
        at = np.searchsorted(begins, starts, "right") - 1
        return before[at] + ((starts - begins[at]) // self.step if self.step else 0)

    def starts(self, numbers: Array) -> Array:
        """Where the intervals of those numbers start: nanoseconds UTC."""
        if self.even:
            return numbers * self.step + self.origin
        begins, before = self._places
        at = np.searchsorted(before, numbers, "right") - 1
        return np.asarray(begins[at] + (numbers - before[at]) * self.step)

    def most(self, first: int, last: int) -> int:
        """How many intervals stamps from `first` to `last` can be in, or more."""
        return ((last - first) // self.step + 2 if self.step else 0) + len(self.edges)

    def start_of(self, stamp: int) -> int:
        """Where the interval of a stamp starts: nanoseconds UTC."""
        if self.even:
            return stamp - (stamp - self.origin) % self.step
        bound = int(self.edges[max(int(np.searchsorted(self.edges, stamp, "right")) - 1, 0)])
        return stamp - (stamp - bound) % self.step if self.step else bound

    def has(self, edges: Array) -> bool:
        """Whether one interval ends and another starts at every one of some edges."""
        if self.even:
            return bool(np.all((edges - self.origin) % self.step == 0))
        at = np.searchsorted(self.edges, edges, "right") - 1
        if not self.step:
            return bool(np.all(self.edges[at] == edges))
        return bool(np.all((edges - self.edges[at]) % self.step == 0))


@dataclass(frozen=True)
class Rules:
    """What decides where intervals start, besides their timeframe.

    Attributes:
        tz: The zone of days and what is longer.
        origin: Where intervals are counted from.
        offset: Nanoseconds that they are moved by; by the clock of the zone for days and
            what is longer.
    """

    tz: str
    origin: Origin
    offset: int


def make_rules(tz: str, origin: Origin, offset: Offset) -> Rules:
    """Checks what the caller says about intervals.

    Raises:
        BarrowArgumentError: There is no such zone, origin or offset.
    """
    offsets(tz)
    if origin is None:
        origin = "start_day"
    if isinstance(origin, str) and origin not in _ORIGINS:
        origin = _instant(origin, tz)
    elif isinstance(origin, datetime):
        origin = _instant(origin.isoformat(), tz)
    elif not isinstance(origin, str | int):
        raise BarrowArgumentError(
            message("origin", f"{origin!r} is no instant", tries=[*_ORIGINS, "2024-01-02T17:00"])
        )
    return Rules(tz, origin, _duration(offset))


def _instant(text: str, tz: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BarrowArgumentError(
            message("origin", f"{text!r} is no instant", tries=[*_ORIGINS, "2024-01-02T17:00"])
        ) from error
    naive = np.datetime64(moment.replace(tzinfo=None), "ns").astype(np.int64)
    if moment.tzinfo is not None:
        return (
            int(naive)
            - round((moment.utcoffset() or timedelta()) / timedelta(microseconds=1)) * 1000
        )
    return int(to_utc(offsets(tz), np.array([naive]))[0])


def _duration(offset: Offset) -> int:
    if offset is None:
        return 0
    if isinstance(offset, int):
        return offset
    if isinstance(offset, timedelta):
        return offset // timedelta(microseconds=1) * 1000
    match = re.fullmatch(r"([+-]?\d+)\s*([A-Za-z]+)", offset) if isinstance(offset, str) else None
    if match is None or match[2] not in _OFFSET_UNITS:
        raise BarrowArgumentError(
            message("offset", f"{offset!r} is no length of time", tries=["17h", "-30m"])
        )
    return int(match[1]) * _OFFSET_UNITS[match[2]]


def make_grid(timeframe: Timeframe, rules: Rules, first: int, last: int | None) -> Grid:
    """The intervals of a timeframe that stamps are in.

    Args:
        timeframe: Which.
        rules: What else decides.
        first: The first stamp: nanoseconds UTC.
        last: The last one; any that may come if None.

    Raises:
        BarrowArgumentError: The origin is the last row, which is not known.
    """
    if last is None and rules.origin in ("end", "end_day"):
        raise BarrowArgumentError(
            message("origin", f"{rules.origin!r} needs the last row, which a stream has not yet")
        )
    table = offsets(rules.tz)
    final = LAST_STAMP if last is None else last
    clock_first, clock_last = (int(t) for t in to_local(table, np.array([first, final])))
    if not timeframe.wall:
        origin = _origin(rules, table, first, final, clock_first, clock_last)
        return Grid(timeframe.nanoseconds, origin + rules.offset)
    if timeframe.months:
        clocks = _months(timeframe, rules, table, clock_first, clock_last)
    else:
        step = timeframe.nanoseconds
        anchor = _wall_origin(timeframe, rules, table, clock_first, clock_last) + rules.offset
        if (constant := _constant(table, first - step, final + step)) is not None:
            return Grid(step, anchor - constant)
        begin = anchor + (clock_first - anchor) // step * step
        clocks = np.arange(begin - step, min(clock_last + 2 * step, LAST_STAMP + 1), step)
    return Grid(0, edges=_edges(table, clocks))


def _origin(
    rules: Rules, table: Table, first: int, last: int, clock_first: int, clock_last: int
) -> int:
    """Where units of seconds to hours are counted from: nanoseconds UTC."""
    if isinstance(rules.origin, int):
        return rules.origin
    midnights = np.array([clock_first // DAY * DAY, 0, -(-clock_last // DAY) * DAY])
    start_day, epoch, end_day = (int(t) for t in to_utc(table, midnights))
    return {
        "start_day": start_day,
        "start": first,
        "epoch": epoch,
        "end": last,
        "end_day": end_day,
    }[str(rules.origin)]


def _wall_origin(
    timeframe: Timeframe, rules: Rules, table: Table, clock_first: int, clock_last: int
) -> int:
    """Where days and weeks are counted from, as the clocks of the zone show it."""
    if isinstance(rules.origin, int):
        return int(to_local(table, np.array([rules.origin]))[0])
    week = timeframe.unit == "w"
    day = clock_first - rules.offset
    start = (day - _MONDAY) // (7 * DAY) * (7 * DAY) + _MONDAY if week else day // DAY * DAY
    return {
        "start_day": start,
        "start": clock_first,
        "epoch": _MONDAY if week else 0,
        "end": clock_last,
        "end_day": -(-clock_last // DAY) * DAY,
    }[str(rules.origin)]


def _months(
    timeframe: Timeframe, rules: Rules, table: Table, clock_first: int, clock_last: int
) -> Array:
    """Where months and what is longer start, as the clocks of the zone show it."""
    first, last = (_month_of(clock - rules.offset) for clock in (clock_first, clock_last))
    unit = Timeframe(1, timeframe.unit).months
    anchor = {"epoch": 0, "end": last, "end_day": last}.get(str(rules.origin), first)
    if isinstance(rules.origin, int):
        anchor = _month_of(int(to_local(table, np.array([rules.origin]))[0]))
    anchor = anchor // unit * unit
    begin = anchor + (first - anchor) // timeframe.months * timeframe.months
    end = min(last, 12 * 292) + 2 * timeframe.months
    # One before the first: at a boundary closed at the right it is needed.
    numbers = np.arange(begin - timeframe.months, end, timeframe.months)
    # Beyond 2262 nanoseconds overflow: nothing ends there.
    numbers = np.minimum(numbers, 12 * 292)
    return numbers.astype("M8[M]").astype("M8[ns]").astype(np.int64) + rules.offset


def _month_of(clock: int) -> int:
    return int(np.int64(clock).astype("M8[ns]").astype("M8[M]").astype(np.int64))


def _constant(table: Table, first: int, last: int) -> int | None:
    """The offset of local time, if it is the same all the time."""
    bounds, ahead = table
    inside = [
        offset
        for offset, begin, end in zip(ahead, bounds, bounds[1:], strict=False)
        if begin <= last and end > first
    ]
    return inside[0] if len(set(inside)) == 1 else None


def _edges(table: Table, clocks: Array) -> Array:
    return np.unique(np.minimum(to_utc(table, clocks), LAST_STAMP + 1))


def is_nested(outer: Grid, inner: Grid, first: int, last: int) -> bool:
    """Whether every end of an interval of `outer` is one of `inner`, between two stamps.

    Args:
        outer: Intervals that might be put together from those of `inner`.
        inner: Shorter ones.
        first: The first stamp: nanoseconds UTC.
        last: The last one that may come.
    """
    if outer.step:
        if not inner.step or outer.step % inner.step:
            return False
        if outer.even:
            return inner.even and (outer.origin - inner.origin) % inner.step == 0
        return inner.edges is outer.edges
    if inner.start_of(first) < outer.start_of(first):
        # Its first bar would be put where it starts, before the interval of its rows.
        return False
    return inner.has(outer.edges[(outer.edges > first) & (outer.edges <= last)])


def plan_cascade(
    timeframes: list[Timeframe], grids: list[Grid], first: int, last: int
) -> tuple[list[int], list[int]]:
    """Decides which timeframe is made from which.

    Args:
        timeframes: Any, in any order.
        grids: Their intervals.
        first: The first stamp.
        last: The last one that may come.

    Returns:
        The order in which to make them, as indexes into `timeframes`; and for each in
        that order the place in it of the one whose bars it is made from, the coarsest
        that will do, or -1 for the rows themselves.
    """
    order = sorted(range(len(grids)), key=lambda i: (timeframes[i].nanoseconds, i))
    sources = []
    for place, i in enumerate(order):
        finer = (
            earlier
            for earlier in reversed(range(place))
            # No month is a number of weeks, even if it happens to be in some data.
            if not (timeframes[i].months and timeframes[order[earlier]].unit == "w")
            and is_nested(grids[i], grids[order[earlier]], first, last)
        )
        sources.append(next(finer, -1))
    return order, sources
