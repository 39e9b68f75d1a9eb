"""Where the offsets of time zones change, made from the rules of `zoneinfo`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from barrow.errors import BarrowArgumentError, message

Array = np.ndarray[Any, Any]
Table = tuple[tuple[int, ...], tuple[int, ...]]

_HOUR = 3600
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2262, 4, 1, tzinfo=UTC)
_ENDS = (-(2**63), 2**63 - 1)


def offsets(zone: str) -> Table:
    """Where the offset of a zone changes, and to what.

    Args:
        zone: An IANA name, an offset such as `-05:00`, or a name and hours such as
            `America/New_York+7h`: clocks that are so far ahead of that zone's all year
            and change when those do, as brokers have them; `new-york+7` for short.

    Returns:
        Bounds in nanoseconds UTC, one more than offsets, and the offsets of local time
        between them in nanoseconds.

    Raises:
        BarrowArgumentError: There is no such zone.
    """
    if not isinstance(zone, str):
        raise BarrowArgumentError(message("timezone", f"{zone!r} is no name of a zone"))
    fixed = re.fullmatch(r"(?:UTC)?([+-])(\d{1,2}):?(\d{2})?", zone, re.IGNORECASE)
    if fixed:
        seconds = int(fixed[2]) * _HOUR + int(fixed[3] or 0) * 60
        return _ENDS, ((-seconds if fixed[1] == "-" else seconds) * 10**9,)
    following = re.fullmatch(r"(new-york)([+-]\d{1,2})|(.+?)([+-]\d{1,2})h", zone, re.IGNORECASE)
    if following:
        name = "America/New_York" if following[1] else following[3]
        bounds, ahead = offsets(name)
        shift = int(following[2] or following[4]) * _HOUR * 10**9
        return bounds, tuple(offset + shift for offset in ahead)
    try:
        return _changes(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BarrowArgumentError(
            message(
                "timezone",
                f"there is no zone {zone!r}",
                tries=["UTC", "America/New_York", "-05:00", "America/New_York+7h (broker clocks)"],
            )
        ) from error


def to_local(table: Table, instants: Array) -> Array:
    """Nanoseconds UTC to what clocks of a zone show."""
    bounds, ahead = table
    at = np.searchsorted(np.array(bounds[1:-1], np.int64), instants, "right")
    return instants + np.array(ahead, np.int64)[at]


def to_utc(table: Table, clocks: Array) -> Array:
    """What clocks of a zone show to nanoseconds UTC.

    A time that comes twice is the first one; one that does not exist is the moment at
    which clocks were set forward past it.
    """
    bounds, ahead = (np.array(numbers, np.int64) for numbers in table)
    later = np.maximum(ahead[:-1], ahead[1:])
    at = np.searchsorted(bounds[1:-1] + later, clocks, "right")
    return np.minimum(clocks - ahead[at], bounds[1:][at])


@cache
def _changes(zone: ZoneInfo) -> Table:
    """Looks at every half month and halves the time between two that differ."""
    bounds, found = [_ENDS[0]], [_offset(zone, _FIRST)]
    step = timedelta(days=15)
    at = _FIRST
    while at < _LAST:
        if _offset(zone, at + step) != found[-1]:
            low, high = at, at + step
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                low, high = (middle, high) if _offset(zone, middle) == found[-1] else (low, middle)
            bounds.append(int((high - _FIRST).total_seconds()) * 10**9)
            found.append(_offset(zone, high))
        at += step
    return (*bounds, _ENDS[1]), tuple(found)


def _offset(zone: ZoneInfo, instant: datetime) -> int:
    ahead = instant.astimezone(zone).utcoffset()
    return round((ahead or timedelta()).total_seconds()) * 10**9
