"""Where the offsets of time zones change, made from the rules of `zoneinfo`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from barrow.errors import BarrowArgumentError, message

Table = tuple[tuple[int, ...], tuple[int, ...]]

_HOUR = 3600
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2262, 4, 1, tzinfo=UTC)
_ENDS = (-(2**63), 2**63 - 1)


def offsets(zone: str) -> Table:
    """Where the offset of a zone changes, and to what.

    Args:
        zone: An IANA name, an offset such as `-05:00`, or `new-york+7`.

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
    following = re.fullmatch(r"new-york([+-]\d{1,2})", zone, re.IGNORECASE)
    if following:
        bounds, ahead = offsets("America/New_York")
        shift = int(following[1]) * _HOUR * 10**9
        return bounds, tuple(offset + shift for offset in ahead)
    try:
        return _changes(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BarrowArgumentError(
            message(
                "timezone",
                f"there is no zone {zone!r}",
                tries=["UTC", "America/New_York", "-05:00", "new-york+7 (broker clocks)"],
            )
        ) from error


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
