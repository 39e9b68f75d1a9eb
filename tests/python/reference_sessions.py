"""Sessions by `datetime` and `zoneinfo`, one date and one row at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

import barrow as bw
import numpy as np

SECOND = 10**9
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_DAY = 86_400
UNITS = {"s": 1, "m": 60, "h": 3600}


def instant(clock: datetime, zone: str) -> int:
    """When the clocks of a zone show a time first, or pass it: nanoseconds UTC."""
    name, _, hours = zone.partition("+")
    clock -= timedelta(hours=int(hours.rstrip("h") or 0))
    where = ZoneInfo(name)
    found = clock.replace(tzinfo=where).astimezone(UTC)
    if found.astimezone(where).replace(tzinfo=None) != clock:
        # There is no such time: the moment at which clocks were set forward past it.
        low, high = found - timedelta(hours=3), found + timedelta(hours=3)
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
            passed = middle.astimezone(where).replace(tzinfo=None) > clock
            low, high = (low, middle) if passed else (middle, high)
        found = high
    return (found - EPOCH) // timedelta(seconds=1) * SECOND


def clock_text(seconds: int) -> str:
    back = "-1d " if seconds < 0 else ""
    minutes = seconds % ONE_DAY // 60 if seconds != ONE_DAY else 24 * 60
    return f"{back}{minutes // 60:02}:{minutes % 60:02}"


@dataclass
class PlainSession:
    """A session as plain values; `weeks` are (first date, ranges by weekday)."""

    zone: str
    weeks: list[tuple[date | None, list[list[tuple[int, int]]]]]
    holidays: set[date] = field(default_factory=set)
    early: dict[date, int] = field(default_factory=dict)
    late: dict[date, int] = field(default_factory=dict)

    def session(self) -> bw.Session:
        """The same as barrow has it."""
        rules = []
        for at, (first, days) in enumerate(self.weeks):
            after = self.weeks[at + 1][0] if at + 1 < len(self.weeks) else None
            texts = [
                f"{WEEKDAYS[day]} {clock_text(start)} - {clock_text(end)}"
                for day, ranges in enumerate(days)
                for start, end in ranges
            ]
            rules.append(bw.SessionRule(texts, first, after and after - timedelta(1)))
        return bw.Session(
            self.zone,
            rules=rules,
            holidays=self.holidays,
            early_closes={day: clock_text(at) for day, at in self.early.items()},
            late_opens={day: clock_text(at) for day, at in self.late.items()},
        )

    def ranges(self, first: date, last: date) -> list[tuple[int, int, date]]:
        """Start, end and trading date of every range, from one trading date to another."""
        found = []
        day = first
        while day <= last:
            days = [days for start, days in self.weeks if start is None or start <= day][-1]
            for start, end in [] if day in self.holidays else days[day.weekday()]:
                start = max(start, self.late.get(day, start))
                end = min(end, self.early.get(day, end))
                if start < end:
                    midnight = datetime(day.year, day.month, day.day)
                    ends = [
                        instant(midnight + timedelta(seconds=at), self.zone) for at in (start, end)
                    ]
                    if ends[0] < ends[1]:
                        found.append((*ends, day))
            day += timedelta(1)
        return found


def intervals_of(
    ranges: list[tuple[int, int, date]], name: str, first: int, keep: bool
) -> list[tuple[int, int]]:
    """The intervals of a timeframe in order, counted from that of the first stamp."""
    step, unit = int(name[:-1]), name[-1]
    if unit in UNITS:
        parts = [(start, end) for start, end, _ in ranges]
        if keep:
            gaps = [(a[1], b[0]) for a, b in pairwise(parts) if a[1] < b[0]]
            parts = sorted(parts + gaps)
        length = step * UNITS[unit] * SECOND
        return [
            (at, min(at + length, end)) for start, end in parts for at in range(start, end, length)
        ]
    days = [
        (day, min(r[0] for r in group), max(r[1] for r in group))
        for day, found in groupby(ranges, key=lambda r: r[2])
        for group in [list(found)]
    ]
    anchor = next(at for at, (_, _, end) in enumerate(days) if end > first)
    key = _counting(days[anchor][0], anchor, step, unit)
    groups = [
        (group[0][1], group[-1][2])
        for _, found in groupby(enumerate(days), key=lambda pair: key(pair[0], pair[1][0]))
        for group in [[day for _, day in found]]
    ]
    if not keep:
        return groups
    return [(before[1], after[1]) for before, after in pairwise(groups)]


def _counting(day: date, anchor: int, step: int, unit: str) -> Callable[[int, date], int]:
    def monday(of: date) -> int:
        return (of - timedelta(of.weekday())).toordinal() // 7

    def month(of: date) -> int:
        return of.year * 12 + of.month - 1

    if unit == "d":
        return lambda at, _: (at - anchor) // step
    if unit == "w":
        return lambda _, of: (monday(of) - monday(day)) // step
    months = {"M": 1, "q": 3, "y": 12}[unit]
    origin = month(day) // months * months
    return lambda _, of: (month(of) - origin) // (months * step)


def finder(intervals: list[tuple[int, int]]) -> Callable[[int], tuple[int, int]]:
    """The interval a stamp is in."""
    starts = [start for start, _ in intervals]

    def find(at: int) -> tuple[int, int]:
        found = intervals[bisect_right(starts, at) - 1]
        assert found[0] <= at < found[1]
        return found

    return find


def is_inside(ranges: list[tuple[int, int, date]]) -> Callable[[int], bool]:
    """Whether a stamp is in a range."""
    starts = [start for start, _, _ in ranges]

    def inside(at: int) -> bool:
        place = bisect_right(starts, at) - 1
        return place >= 0 and at < ranges[place][1]

    return inside


def random_session(seed: int, zone: str, around: date) -> PlainSession:
    """Ranges at odd times, two rules, holidays, and days that start late or end early."""
    rng = np.random.default_rng(seed)

    def week() -> list[list[tuple[int, int]]]:
        days = []
        for _ in range(7):
            some = int(rng.integers(0, 4)) if rng.random() < 0.85 else 0
            # From 17:00 the day before to 17:00; at its edges, too.
            cuts = np.sort(rng.choice(np.arange(0, 24 * 60 + 1, 5), 2 * some, replace=False))
            if some and rng.random() < 0.3:
                cuts[0], cuts[-1] = 0, 24 * 60
            seconds = [(int(cut) - 7 * 60) * 60 for cut in cuts]
            days.append(list(zip(seconds[::2], seconds[1::2], strict=True)))
        days[2] = days[2] or [(9 * 3600, 17 * 3600)]
        return days

    def some_day() -> date:
        return around + timedelta(int(rng.integers(-20, 40)))

    changed = some_day()
    return PlainSession(
        zone,
        [(None, week()), (changed, week())],
        {some_day() for _ in range(4)},
        {some_day(): int(rng.integers(8, 16)) * 3600 for _ in range(3)},
        {some_day(): int(rng.integers(3, 10)) * 3600 for _ in range(3)},
    )
