"""Ranges of a session as text: `Mon-Fri 09:30 - 16:00`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from barrow.errors import BarrowArgumentError, message

DAY = 86_400
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = r"(?:(-\d)d\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?(Z?)"
_RANGES = re.compile(rf"\s*([^\d]*?)\s+({_CLOCK})\s*(?:-|to)\s*({_CLOCK})\s*")
_EXAMPLES = ["Mon-Fri 09:30 - 16:00", "Mon-Fri -1d 17:00 - 16:00"]


@dataclass(frozen=True)
class Range:
    """One range of one weekday.

    Attributes:
        weekday: Of the trading date; Monday is 0.
        start: Seconds from the midnight of the trading date; negative the day before.
        end: The same.
        start_utc: Whether `start` is by UTC and not by the clock of the session's zone.
        end_utc: The same of `end`.
        text: What it comes from.
    """

    weekday: int
    start: int
    end: int
    start_utc: bool
    end_utc: bool
    text: str


@cache
def parse_ranges(text: str) -> tuple[Range, ...]:
    """Reads the ranges of some weekdays.

    Weekdays are those of the trading date. A start that is later than the end is of the day
    before; `-1d` before a time says so, too. `24:00` is the midnight at which the day
    ends. A time with a `Z` is UTC.

    Raises:
        BarrowArgumentError: It is none, names an unknown weekday, or is of no length.
    """
    where = f'range "{text}"'
    match = _RANGES.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise BarrowArgumentError(message(where, "is no range of a session", tries=_EXAMPLES))
    days, first, last = match[1], match.group(3, 4, 5, 6, 7), match.group(9, 10, 11, 12, 13)
    start, end = _seconds(first, where), _seconds(last, where)
    start_utc, end_utc = bool(first[4]), bool(last[4])
    if first[0] is None and last[0] is None and start > end and start_utc == end_utc:
        start -= DAY
    if start_utc == end_utc and start == end:
        tries = []
        if first[0] is None:
            tries = [f"{days} -1d {match[2].strip()} - {match[8].strip()} for 24 hours"]
        raise BarrowArgumentError(message(where, "starts where it ends", tries=tries))
    if start_utc == end_utc and start > end:
        raise BarrowArgumentError(message(where, "ends before it starts", tries=_EXAMPLES))
    if end_utc == start_utc and end - start > DAY:
        raise BarrowArgumentError(message(where, "is longer than 24 hours"))
    return tuple(Range(d, start, end, start_utc, end_utc, text) for d in _weekdays(days, where))


def _seconds(parts: tuple[str | None, ...], where: str) -> int:
    back, hours, minutes, seconds = (int(part or 0) for part in parts[:4])
    clock = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or clock > DAY:
        shown = ":".join(part for part in parts[1:4] if part)
        raise BarrowArgumentError(message(where, f"{shown} is no time", tries=["00:00 to 24:00"]))
    return clock + back * DAY


def _weekdays(text: str, where: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        ends = [_weekday(name.strip(), where) for name in part.split("-")]
        if len(ends) > 2:
            raise BarrowArgumentError(message(where, f'"{part}" is no range of weekdays'))
        last = ends[0] + (ends[-1] - ends[0]) % 7
        found += [day % 7 for day in range(ends[0], last + 1)]
    return sorted(set(found))


def _weekday(name: str, where: str) -> int:
    for at, full in enumerate(_FULL):
        if len(name) >= 3 and full.startswith(name.lower()):
            return at
    tries = [" ".join(WEEKDAYS)]
    raise BarrowArgumentError(message(where, f'"{name}" is no weekday', tries=tries))


def parse_clock(text: str, where: str) -> int:
    """A time of a trading date as seconds from its midnight; `-1d 22:00` is the day before.

    Raises:
        BarrowArgumentError: It is none.
    """
    match = re.fullmatch(_CLOCK, text.strip()) if isinstance(text, str) else None
    if match is None or match[5]:
        raise BarrowArgumentError(message(where, f"{text!r} is no time", tries=["13:00"]))
    return _seconds(match.groups(), where)


def clock_text(seconds: int) -> str:
    """What `parse_clock` reads."""
    back, clock = divmod(seconds, DAY)
    if seconds == DAY:
        back, clock = 0, DAY
    hours, rest = divmod(clock, 3600)
    text = f"{hours:02}:{rest // 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")
    return f"{back}d {text}" if back else text


def parse_date(value: date | str, where: str) -> date:
    """A date, or text such as `2024-12-25`.

    Raises:
        BarrowArgumentError: It is none.
    """
    # A datetime is a date, and one of a zone is not always of the day it shows.
    if type(value) is date:
        return value
    try:
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError as error:
        raise BarrowArgumentError(
            message(where, f"{value!r} is no date", tries=["2024-12-25"])
        ) from error
