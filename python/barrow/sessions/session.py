"""A session: when a market is open, and which trading date that is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any, cast

import numpy as np

from barrow.errors import BarrowArgumentError, message
from barrow.sessions.calendars import find_calendar
from barrow.sessions.ranges import DAY, Range, clock_text, parse_clock, parse_date, parse_ranges
from barrow.sessions.schedule import (
    LAST_DAY,
    SECOND,
    Exceptions,
    Schedule,
    Timetable,
    make_schedule,
)
from barrow.zones import offsets, to_local

Array = np.ndarray[Any, Any]
Dates = Iterable[date | str]
Times = Mapping[date | str, str] | Iterable[tuple[date | str, str]]
_WEEK = 7 * DAY
_EPOCH = date(1970, 1, 1)
_EVER = 10**9
# What values of a TOML file may be.
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("zone", "name", "calendar", "after_close"), (str,)),
    **dict.fromkeys(("ranges", "rules", "holidays"), (list, tuple)),
    **dict.fromkeys(("early_closes", "late_opens"), (dict,)),
}


@dataclass(frozen=True)
class SessionRule:
    """The ranges of a session for some of its trading dates.

    Attributes:
        ranges: As in `Session`.
        start: The first trading date; since ever if None.
        end: The last one; for ever if None.
    """

    ranges: Sequence[str]
    start: date | str | None = None
    end: date | str | None = None

    def __post_init__(self) -> None:
        texts = (self.ranges,) if isinstance(self.ranges, str) else tuple(self.ranges)
        object.__setattr__(self, "ranges", texts)
        start = None if self.start is None else parse_date(self.start, "rule: from")
        end = None if self.end is None else parse_date(self.end, "rule: to")
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "end", end)
        if not texts:
            raise BarrowArgumentError(
                message(self.where, "has no range", tries=["Mon-Fri 09:30 - 16:00"])
            )
        if start is not None and end is not None and end < start:
            raise BarrowArgumentError(message(self.where, "ends before it starts"))

    @property
    def where(self) -> str:
        """How errors call it."""
        parts = [f"{word} {day}" for word, day in (("from", self.start), ("to", self.end)) if day]
        return " ".join(["rule", *parts])

    def timetable(self, ahead: int) -> Timetable:
        """Its ranges in the order of the week, where clocks are `ahead` seconds of UTC."""
        ranges = [r for text in self.ranges for r in parse_ranges(text)]
        first, last = (
            default if day is None else _number(day)
            for day, default in ((self.start, -_EVER), (self.end, _EVER))
        )
        return Timetable(first, last, tuple(sorted(ranges, key=lambda r: _start(r, ahead))))


@dataclass(frozen=True)
class Session:
    """When a market is open.

    A trading day is made of all ranges with the same trading date; its date is that of
    the weekday a range is written for, mostly the one on which the range ends.

    Attributes:
        zone: Whose clock the times are of: an IANA name, `-05:00`, or clocks of brokers such
            as `America/New_York+7h`.
        ranges: Such as `["Mon-Fri 09:30 - 16:00"]`. Weekdays are those of the trading date; a
            start later than the end is of the day before, as is one with `-1d` before it; `24:00`
            is the midnight at which the day ends; a time with a `Z` is UTC.
        rules: Instead of `ranges`, ranges that hold for a time: one rule after the other,
            without a gap.
        holidays: Trading dates without a session.
        early_closes: When some trading dates end instead: `{"2024-07-03": "13:00"}`.
        late_opens: When some trading dates start instead.
        calendar: The name of a calendar of `exchange_calendars` (`pip install
            'barrow[calendars]'`) whose holidays, early closes and late opens hold as well.
        after_close: How long the session goes on after the calendar's early close: `04:00`.
        name: How it is called in reports and errors.

    Raises:
        BarrowArgumentError: A zone, a weekday, a date or a time is none; there is no range, ranges
            overlap or have no length; rules overlap or leave a gap.
    """

    zone: str
    ranges: Sequence[str] = ()
    rules: Sequence[SessionRule] = ()
    holidays: Dates = ()
    early_closes: Times = ()
    late_opens: Times = ()
    calendar: str | None = None
    after_close: str = "00:00"
    name: str = "session"

    def __post_init__(self) -> None:
        offsets(self.zone)
        texts = (self.ranges,) if isinstance(self.ranges, str) else tuple(self.ranges)
        put = object.__setattr__
        put(self, "ranges", texts)
        put(self, "rules", tuple(self.rules))
        put(self, "holidays", _dates(self.holidays, "holidays"))
        for name in ("early_closes", "late_opens"):
            put(self, name, _times(getattr(self, name), name))
        parse_clock(self.after_close, "after_close")
        if bool(texts) == bool(self.rules):
            what = "has ranges and rules" if texts else "has no range"
            raise BarrowArgumentError(
                message(self._where, what, tries=["ranges=['Mon-Fri 09:30 - 16:00']"])
            )
        _check_follow(self.rules, self._where)
        _check_ranges(self._timetables, self.zone, self._where)

    @property
    def _where(self) -> str:
        return f'session "{self.name}"'

    @cached_property
    def _timetables(self) -> tuple[Timetable, ...]:
        ahead = offsets(self.zone)[1][-1] // SECOND
        return tuple(rule.timetable(ahead) for rule in self.rules or (SessionRule(self.ranges),))

    @cached_property
    def _exceptions(self) -> Exceptions:
        holidays = np.array([_number(day) for day in self.holidays], np.int64)
        early, late = (
            (
                np.array([_number(day) for day, _ in pairs], np.int64),
                np.array([parse_clock(text, "") for _, text in pairs], np.int64),
            )
            for pairs in (_pairs(self.early_closes), _pairs(self.late_opens))
        )
        return Exceptions(holidays, early, late)

    def schedule(self, start: date | str, end: date | str) -> Schedule:
        """The ranges of the trading dates from `start` to `end`, both included.

        Args:
            start: A date, or text such as `2024-01-02`.
            end: The same; what is after 2262-01-10 is left out.

        Returns:
            `starts` and `ends` in nanoseconds UTC, and `dates`.

        Raises:
            BarrowArgumentError: A date is none.
            BarrowUnsupportedError: `exchange_calendars` is needed and not installed.
        """
        first = _number(parse_date(start, "start"))
        last = min(_number(parse_date(end, "end")), LAST_DAY)
        return self.resolved(first, last)[0].between(first, last)

    def between(self, first: int, last: int) -> Schedule:
        """As `schedule` does, by days since 1970, of a session without a calendar."""
        table = offsets(self.zone)
        return make_schedule(self._timetables, self._exceptions, table, first, last)

    def trading_dates(self, stamps: Any) -> Array:
        """The trading dates of stamps.

        Args:
            stamps: `datetime64`, or nanoseconds UTC, in any order: the `timestamps()` of bars.

        Returns:
            `datetime64[D]` of the same shape; `NaT` outside of the session.

        Raises:
            What `schedule` raises.
        """
        given = np.asarray(stamps)
        if given.dtype.kind == "M":
            given = given.astype("M8[ns]")
        instants = given.astype(np.int64).reshape(-1)
        if not len(instants):
            return np.empty(given.shape, "M8[D]")
        # A trading day starts at most nine days before its date, and a zone is a day off.
        first = int(instants.min()) // (DAY * SECOND) - 2
        last = min(int(instants.max()) // (DAY * SECOND) + 11, LAST_DAY)
        schedule = self.resolved(first, last)[0].between(first, last)
        at = schedule.find(instants)
        dates = np.full(len(at), np.datetime64("NaT"), "M8[D]")
        dates[at >= 0] = schedule.dates[at[at >= 0]]
        return dates.reshape(given.shape)

    def resolved(self, first: int, last: int) -> tuple[Session, list[str]]:
        """The session with what its calendar says for some dates written into it.

        Args:
            first: Days since 1970.
            last: The last day.

        Returns:
            A session without a calendar; and what was assumed.

        Raises:
            BarrowUnsupportedError: `exchange_calendars` is not installed.
            BarrowArgumentError: It has no such calendar.
        """
        if self.calendar is None:
            return self, []
        known = find_calendar(self.calendar)
        notes = []
        if first < known.first or last > known.last:
            ends = " to ".join(str(np.datetime64(day, "D")) for day in (known.first, known.last))
            notes = [f'calendar "{self.calendar}" is known from {ends}; other days have full hours']
        days = np.arange(max(first, known.first), min(last, known.last) + 1)
        closed = days[~np.isin(days, known.days)]
        weekdays = sorted({r.weekday for t in self._timetables for r in t.ranges})
        closed = closed[np.isin((closed + 3) % 7, weekdays)]
        more = parse_clock(self.after_close, "after_close")
        early = self._clocks(known.early, days, more) | dict(_pairs(self.early_closes))
        late = self._clocks(known.late, days, 0) | dict(_pairs(self.late_opens))
        holidays = {*self.holidays, *(_EPOCH + timedelta(int(day)) for day in closed)}
        told = dataclasses.replace(
            self,
            holidays=holidays,
            early_closes=early.items(),
            late_opens=late.items(),
            calendar=None,
        )
        return told, notes

    def _clocks(self, told: tuple[Array, Array], days: Array, more: int) -> dict[date, str]:
        wanted = (told[0] >= days[0]) & (told[0] <= days[-1]) if len(days) else np.zeros(0, bool)
        if not wanted.any():
            return {}
        dates = told[0][wanted]
        clocks = to_local(offsets(self.zone), told[1][wanted]) // SECOND - dates * DAY + more
        return {
            _EPOCH + timedelta(int(day)): clock_text(int(clock))
            for day, clock in zip(dates, clocks, strict=True)
        }

    # ---------------------------------------------------------------- plain values

    def to_dict(self) -> dict[str, Any]:
        """The session as plain values, with the keys of its TOML file."""
        told: dict[str, Any] = {"name": self.name, "zone": self.zone}
        if self.rules:
            told["rules"] = [
                {
                    **({"from": str(rule.start)} if rule.start else {}),
                    **({"to": str(rule.end)} if rule.end else {}),
                    "ranges": list(rule.ranges),
                }
                for rule in self.rules
            ]
        else:
            told["ranges"] = list(self.ranges)
        told["holidays"] = [str(day) for day in self.holidays]
        for name in ("early_closes", "late_opens"):
            told[name] = {str(day): text for day, text in _pairs(getattr(self, name))}
        if self.calendar is not None:
            told["calendar"] = self.calendar
        told["after_close"] = self.after_close
        return told

    @classmethod
    def from_dict(cls, told: Mapping[str, Any], where: str = "session") -> Session:
        """A session of what `to_dict` gives.

        Args:
            told: Plain values.
            where: How errors call it.

        Raises:
            BarrowArgumentError: A key is unknown or missing, or its value is wrong.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        _check_keys(told, known, where)
        if "zone" not in told:
            raise BarrowArgumentError(message(where, 'has no "zone"', tries=['zone = "UTC"']))
        for key, types in _TYPES.items():
            if not isinstance(told.get(key, types[0]()), types):
                raise BarrowArgumentError(message(where, f'"{key}" is {told[key]!r}'))
        values = dict(told)
        if "rules" in values:
            rules = []
            for rule in values["rules"]:
                if not isinstance(rule, Mapping):
                    raise BarrowArgumentError(message(where, f'"rules" has {rule!r}'))
                _check_keys(rule, ["from", "to", "ranges"], f"{where}: a rule")
                rules.append(SessionRule(rule.get("ranges", ()), rule.get("from"), rule.get("to")))
            values["rules"] = rules
        return cls(**values)


def _check_keys(told: Mapping[str, Any], known: list[str], where: str) -> None:
    unknown = [key for key in told if key not in known]
    if unknown:
        what = f"no such key: {', '.join(unknown)}"
        raise BarrowArgumentError(message(where, what, tries=[", ".join(known)]))


def _number(day: date | str) -> int:
    assert isinstance(day, date)
    return (day - _EPOCH).days


def _dates(given: Dates, where: str) -> tuple[date, ...]:
    return tuple(sorted({parse_date(day, where) for day in given}))


def _times(given: Times, where: str) -> tuple[tuple[date, str], ...]:
    pairs = given.items() if isinstance(given, Mapping) else given
    found = {}
    for day, text in pairs:
        key = parse_date(day, where)
        parse_clock(text, f"{where} {key}")
        found[key] = text
    return tuple(sorted(found.items()))


def _pairs(times: Times) -> tuple[tuple[date, str], ...]:
    """What `_times` made of them."""
    return cast(tuple[tuple[date, str], ...], times)


def _check_follow(rules: Sequence[SessionRule], where: str) -> None:
    """Whether every rule starts on the day after the one before it ends."""
    for before, after in pairwise(rules):
        if before.end is None or after.start is None:
            late = before.end is None
            what = f"{(before if late else after).where} has no {'to' if late else 'from'}, but "
            what += f"another rule {'follows' if late else 'is before it'}"
            raise BarrowArgumentError(message(where, what))
        gap = _number(after.start) - _number(before.end) - 1
        if gap:
            what = "leave a gap between them" if gap > 0 else "overlap"
            raise BarrowArgumentError(
                message(
                    where,
                    f"{before.where} and {after.where} {what}",
                    tries=[f"from {_EPOCH + timedelta(_number(before.end) + 1)}"],
                )
            )


def _check_ranges(timetables: Sequence[Timetable], zone: str, where: str) -> None:
    """Whether ranges follow each other, through the week and from rule to rule."""
    for ahead in sorted({offset // SECOND for offset in offsets(zone)[1]}):
        for table in timetables:
            first = table.ranges[0]
            again = dataclasses.replace(first, start=first.start + _WEEK, end=first.end + _WEEK)
            for before, after in pairwise([*table.ranges, again]):
                if _end(before, ahead) > _start(after, ahead):
                    raise _overlap(before, after, where)
        for old, new in pairwise(timetables):
            # In seconds from the midnight of the new rule's first date.
            olds = [
                (_end(r, ahead, _day_from(new.first, r) - 7), r)
                for r in old.ranges
                if _day_from(new.first, r) - 7 + new.first >= old.first
            ]
            news = [(_start(r, ahead, _day_from(new.first, r)), r) for r in new.ranges]
            if not olds:
                continue
            end, one = max(olds, key=_first)
            start, other = min(news, key=_first)
            if end > start:
                raise _overlap(one, other, where)


def _first(pair: tuple[int, Range]) -> int:
    return pair[0]


def _day_from(day: int, r: Range) -> int:
    """Days from one to the next of a range's weekday."""
    return (r.weekday - (day + 3)) % 7


def _start(r: Range, ahead: int, day: int | None = None) -> int:
    return (r.weekday if day is None else day) * DAY + r.start + ahead * r.start_utc


def _end(r: Range, ahead: int, day: int | None = None) -> int:
    return (r.weekday if day is None else day) * DAY + r.end + ahead * r.end_utc


def _overlap(before: Range, after: Range, where: str) -> BarrowArgumentError:
    if before.text == after.text:
        what = f'"{before.text}" overlaps itself from one day to the next'
    else:
        what = f'"{before.text}" and "{after.text}" overlap, or their days are mixed'
    return BarrowArgumentError(message(where, what))
