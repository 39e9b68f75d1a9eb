"""When the ranges of a session start and end, for any stretch of time, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from barrow.sessions.ranges import Range
from barrow.zones import Table, to_utc

Array = np.ndarray[Any, Any]

SECOND = 10**9
DAY = 86_400 * SECOND
# 2262-01-10: rows end with 2261, and a trading day may begin some days before its date.
LAST_DAY = 106_660
# 1970-01-01 was a Thursday.
_THURSDAY = 3


@dataclass(frozen=True)
class Schedule:
    """Ranges of a session, one after the other.

    Attributes:
        starts: Where they start: `int64` nanoseconds UTC, shape (ranges,).
        ends: Where they end, exclusive: the same; not after the next start.
        days: Their trading dates: `int64` days since 1970, never falling.
    """

    starts: Array
    ends: Array
    days: Array

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def dates(self) -> Array:
        """The trading dates as `datetime64[D]`."""
        return self.days.astype("M8[D]")

    @cached_property
    def by_day(self) -> Schedule:
        """Trading days from their first start to their last end."""
        if not len(self):
            return self
        first = np.append(True, self.days[1:] != self.days[:-1])
        last = np.append(first[1:], True)
        return Schedule(self.starts[first], self.ends[last], self.days[first])

    def find(self, stamps: Array) -> Array:
        """The number of the range that stamps are in: -1 for none."""
        at = np.searchsorted(self.starts, stamps, "right") - 1
        inside = at >= 0
        inside[inside] = stamps[inside] < self.ends[at[inside]]
        return np.where(inside, at, -1)


@dataclass(frozen=True)
class Timetable:
    """Ranges that hold for some trading dates.

    Attributes:
        first: The first of those dates: days since 1970.
        last: The last one.
        ranges: In the order of the week from Monday's trading date.
    """

    first: int
    last: int
    ranges: tuple[Range, ...]


@dataclass(frozen=True)
class Exceptions:
    """Trading dates that are not as others.

    Attributes:
        holidays: Without a session: rising days since 1970.
        early: Days that end early, and seconds from their midnight.
        late: Days that start late, and seconds from their midnight.
    """

    holidays: Array
    early: tuple[Array, Array]
    late: tuple[Array, Array]


def make_schedule(
    timetables: tuple[Timetable, ...],
    exceptions: Exceptions,
    table: Table,
    first: int,
    last: int,
) -> Schedule:
    """The ranges of the trading dates from one to another.

    Args:
        timetables: One after the other.
        exceptions: What is different on some dates.
        table: The offsets of the zone.
        first: The first date: days since 1970, may be negative.
        last: The last one; not after 2262-01-10.
    """
    parts = [_weeks(t, max(first, t.first), min(last, t.last), table) for t in timetables]
    starts, ends, days = (
        np.concatenate(columns) if columns else np.empty(0, np.int64)
        for columns in zip(*parts, strict=True)
    )
    if len(exceptions.holidays):
        _, holiday = _matches(exceptions.holidays, days)
        starts, ends, days = starts[~holiday], ends[~holiday], days[~holiday]
    for (dates, seconds), bounds, nearer in (
        (exceptions.early, ends, np.minimum),
        (exceptions.late, starts, np.maximum),
    ):
        if len(dates):
            at, hit = _matches(dates, days)
            clocks = (days[hit] * 86_400 + seconds[at[hit]]) * SECOND
            bounds[hit] = nearer(bounds[hit], to_utc(table, clocks))
    some = ends > starts
    return Schedule(starts[some], ends[some], days[some])


def _weeks(timetable: Timetable, first: int, last: int, table: Table) -> tuple[Array, ...]:
    """Ranges as they are every week, in order: starts, ends, days."""
    ranges = timetable.ranges
    weekdays = np.array([r.weekday for r in ranges], np.int64)
    weeks = np.arange((first + _THURSDAY) // 7, (last + _THURSDAY) // 7 + 1)
    days = (weeks[:, np.newaxis] * 7 - _THURSDAY + weekdays).ravel()
    found = []
    for name in ("start", "end"):
        seconds = np.array([getattr(r, name) for r in ranges], np.int64)
        utc = np.array([getattr(r, f"{name}_utc") for r in ranges], bool)
        clocks = (days * 86_400 + np.tile(seconds, len(weeks))) * SECOND
        instants = to_utc(table, clocks)
        found.append(np.where(np.tile(utc, len(weeks)), clocks, instants))
    wanted = (days >= first) & (days <= last)
    return found[0][wanted], found[1][wanted], days[wanted]


def _matches(dates: Array, days: Array) -> tuple[Array, Array]:
    """Where in rising `dates` days are, and whether they are there."""
    at = np.minimum(np.searchsorted(dates, days), len(dates) - 1)
    return at, dates[at] == days
