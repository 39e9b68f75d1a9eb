"""Instants that people give, in any form."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from barrow._arrow import format_stamp
from barrow._lib import native
from barrow.errors import BarrowArgumentError, message
from barrow.zones import offsets

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_nanoseconds(value: Any, name: str, zone: str = "UTC") -> int:
    """An instant, in whatever form, as nanoseconds UTC since 1970.

    Args:
        value: Nanoseconds UTC; ISO 8601 text; a `datetime` or a pandas `Timestamp`; a
            `date`, which is its midnight; a `numpy.datetime64`.
        name: What it is for, to say so in an error.
        zone: The zone of what does not say one.

    Raises:
        BarrowArgumentError: It is none of these, or clocks of the zone never showed it.
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        nanoseconds, zoned, reason = native.parse_time(value, "")
        if not reason:
            return nanoseconds if zoned else _in_zone(nanoseconds, zone, name)
    elif isinstance(value, date) and value == value:  # NaT is a date, and equals nothing
        if not isinstance(value, datetime):
            value = datetime.combine(value, time())
        zoned = value.tzinfo is not None
        value = value if zoned else value.replace(tzinfo=UTC)
        # A pandas Timestamp has nanoseconds besides.
        since = value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
        microseconds: int = (since - _EPOCH) // timedelta(microseconds=1)
        instant = microseconds * 1000 + int(getattr(value, "nanosecond", 0))
        return instant if zoned else _in_zone(instant, zone, name)
    elif isinstance(value, np.datetime64) and not np.isnat(value):
        clock: int = value.astype("datetime64[ns]").astype(np.int64).item()
        return _in_zone(clock, zone, name)
    raise BarrowArgumentError(
        message(
            name,
            f"{value!r} is no instant",
            tries=["nanoseconds since 1970, ISO 8601 text, a datetime, a date"],
        )
    )


def _in_zone(clock: int, zone: str, name: str) -> int:
    """What clocks of a zone show to nanoseconds UTC; the first time if they do so twice."""
    bounds, ahead = offsets(zone)
    last = len(ahead) - 1
    for at, offset in enumerate(ahead):
        begun = at == 0 or bounds[at] <= clock - offset
        if begun and (at == last or clock - offset < bounds[at + 1]):
            return clock - offset
    raise BarrowArgumentError(
        message(
            name,
            f"{format_stamp(clock).removesuffix('Z')} does not exist in {zone}: clocks skip it",
        )
    )
