"""Where intervals start and end when a session says when there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from barrow.errors import BarrowArgumentError, message
from barrow.resample.grid import DAY, LAST_STAMP, Grid, Rules
from barrow.resample.timeframe import Timeframe
from barrow.sessions import Schedule, Session
from barrow.sessions.schedule import LAST_DAY
from barrow.zones import offsets, to_local, to_utc

Array = np.ndarray[Any, Any]
# Days to look further than the longest timeframe: no market is closed for longer.
_SLACK = 40


@dataclass(frozen=True)
class SessionPlan:
    """A session over the time that rows may come from.

    Attributes:
        session: The session, without a calendar.
        notes: What was assumed.
        keep: Whether rows outside become bars.
        begin: The first stamp, less 1 where intervals are closed at their right.
        schedule: Its ranges.
        edges: Where ranges start and end: `int64` nanoseconds UTC.
        left_out: What lies between two edges: 0 a range, 1 time outside.
    """

    session: Session
    notes: list[str]
    keep: bool
    begin: int
    schedule: Schedule
    edges: Array
    left_out: Array

    def grid(self, timeframe: Timeframe) -> Grid:
        """The intervals of a timeframe.

        Seconds to hours are counted from the start of every range, and the last one ends
        with it. A day is a trading day, from the start of its first range to the end of
        its last one; what is longer is made of whole trading days by their dates. Where rows
        outside are kept, seconds to hours are counted in the time between ranges, too, and
        a day begins where the one before ended.
        """
        left_out = self.left_out[:0] if self.keep else self.left_out
        days = self.schedule.by_day
        if not timeframe.wall or not len(days):
            step = 0 if timeframe.wall else timeframe.nanoseconds
            return Grid(step, edges=self.edges, left_out=left_out)
        of = self._numbers(timeframe, days)
        change = np.flatnonzero(of[1:] != of[:-1])
        starts = days.starts[np.append(0, change + 1)]
        ends = days.ends[np.append(change, len(of) - 1)]
        if self.keep:
            return Grid(0, edges=_rising([self.edges[0], *ends, LAST_STAMP + 1]))
        edges, left_out = _tile(starts, ends, int(self.edges[0]))
        return Grid(0, edges=edges, left_out=left_out)

    def _numbers(self, timeframe: Timeframe, days: Schedule) -> Array:
        """Days of one number are of one interval; counted from that of the first row."""
        first = min(int(np.searchsorted(days.ends, self.begin, "right")), len(days) - 1)
        if timeframe.unit == "d":
            return np.asarray((np.arange(len(days)) - first) // timeframe.step)
        if timeframe.unit == "w":
            weeks = (days.days + 3) // 7
            return np.asarray((weeks - weeks[first]) // timeframe.step)
        months = days.dates.astype("M8[M]").astype(np.int64)
        unit = Timeframe(1, timeframe.unit).months
        return np.asarray((months - months[first] // unit * unit) // timeframe.months)


def check_rules(rules: Rules) -> None:
    """Refuses what a session decides.

    Raises:
        BarrowArgumentError: A zone, an origin or an offset was given besides it.
    """
    for name, value, default in (
        ("tz", rules.tz, "UTC"),
        ("origin", rules.origin, "start_day"),
        ("offset", rules.offset, 0),
    ):
        if value != default:
            raise BarrowArgumentError(
                message(
                    name,
                    "has no place beside a session: its zone and ranges say where intervals start",
                    tries=["a session of your own: bw.Session(zone=..., ranges=[...])"],
                )
            )


def make_plan(
    session: Session,
    timeframes: Sequence[Timeframe],
    keep: bool,
    begin: int,
    last: int | None,
) -> SessionPlan:
    """The ranges of a session around some rows.

    Args:
        session: The session.
        timeframes: What will be made.
        keep: Whether rows outside become bars.
        begin: The first stamp, less 1 where intervals are closed at their right.
        last: The last one; any that may come if None.

    Raises:
        What `Session.resolved` raises.
    """
    first_day = begin // DAY - _SLACK - max(_days_before(t) for t in timeframes)
    if last is None:
        told, notes = session.resolved(first_day, LAST_DAY)
        schedule = told.between(first_day, LAST_DAY)
    else:
        told, notes, schedule = _around(session, timeframes, first_day, last)
    starts = np.minimum(schedule.starts, LAST_STAMP + 1)
    ends = np.minimum(schedule.ends, LAST_STAMP + 1)
    edges, left_out = _tile(starts, ends, _midnight(told, begin))
    held = starts < ends
    schedule = Schedule(starts[held], ends[held], schedule.days[held])
    return SessionPlan(told, notes, keep, begin, schedule, edges, left_out)


def _around(
    session: Session, timeframes: Sequence[Timeframe], first_day: int, last: int
) -> tuple[Session, list[str], Schedule]:
    """As far as the end of every interval that the last row can be in."""
    ahead = _SLACK + max(_days_after(t) for t in timeframes)
    steps = max((t.step for t in timeframes if t.unit == "d"), default=1)
    while True:
        last_day = min(last // DAY + ahead, LAST_DAY)
        told, notes = session.resolved(first_day, last_day)
        schedule = told.between(first_day, last_day)
        after = np.count_nonzero(schedule.by_day.starts > last)
        if after > steps or last_day == LAST_DAY:
            return told, notes, schedule
        ahead *= 4


def _days_before(timeframe: Timeframe) -> int:
    """Of the unit that the first row is in: it may have started so many days before."""
    return {"w": 7, "M": 31, "q": 92, "y": 366}.get(timeframe.unit, 1)


def _days_after(timeframe: Timeframe) -> int:
    if timeframe.months:
        return timeframe.months * 31
    return -(-timeframe.nanoseconds // DAY)


def _midnight(session: Session, begin: int) -> int:
    """The midnight before the first row, by the clock of the session."""
    table = offsets(session.zone)
    clock = to_local(table, np.array([begin]))
    return int(to_utc(table, clock // DAY * DAY)[0])


def _tile(starts: Array, ends: Array, first: int) -> tuple[Array, Array]:
    """Edges of intervals and of the time between them, and which of them is which.

    Args:
        starts: Of the intervals.
        ends: The same.
        first: Where time starts if that is before the first interval.
    """
    bounds = np.empty(2 * len(starts) + 2, np.int64)
    bounds[1:-1:2], bounds[2:-1:2] = starts, ends
    bounds[-1] = LAST_STAMP + 1
    bounds[0] = min(first, int(bounds[1]))
    left_out = np.zeros(len(bounds) - 1, np.uint8)
    left_out[::2] = 1
    some = bounds[1:] > bounds[:-1]
    return np.append(bounds[:-1][some], bounds[-1]), left_out[some]


def _rising(bounds: Sequence[int]) -> Array:
    return np.unique(np.array(bounds, np.int64))
