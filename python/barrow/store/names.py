"""Names of what is in a store: folders, and the stamps people ask for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import numpy as np

from barrow._arrow import RecordKind
from barrow._lib import native
from barrow.bars import BarType, parse_instrument_id
from barrow.errors import BarrowArgumentError, message

# The most bytes of a name on the file systems of Linux.
_LONGEST = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def folder_name(name: str) -> str:
    """A name as that of a folder: letters, digits and `_.-~@+=`, all else in percents.

    Args:
        name: A bar type, an instrument id or what a kind of records is called.

    Raises:
        BarrowArgumentError: It is too long for a file system.
    """
    escaped = quote(name, safe="@+=")
    if escaped.startswith("."):  # `ls` and patterns leave those out
        escaped = "%2E" + escaped[1:]
    if not escaped or len(escaped) > _LONGEST:
        raise BarrowArgumentError(
            message(f'"{name}"', f"is no name of 1 to {_LONGEST} bytes, as folders have")
        )
    return escaped


def check_identity(kind: RecordKind, identity: str | None) -> str:
    """What records are of, once it is known to be whole.

    Raises:
        BarrowArgumentError: Nobody said it, or it is none.
    """
    if identity is None:
        raise BarrowArgumentError(
            message(
                "append",
                f"the {kind.plural} do not say their {kind.title}",
                tries=[f"read or open them with {kind.key}=..."],
            )
        )
    if kind.key == "bar_type":
        BarType.parse(identity)
    else:
        parse_instrument_id(identity)
    return identity


def to_nanoseconds(value: Any, name: str) -> int:
    """An instant, in whatever form, as nanoseconds UTC since 1970.

    Args:
        value: Nanoseconds; ISO 8601 text; a `datetime` or a pandas `Timestamp`, in UTC
            if they have no zone; a `date`, which is its midnight; a `numpy.datetime64`.
        name: What it is for, to say so in an error.

    Raises:
        BarrowArgumentError: It is none of these.
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        nanoseconds, _, reason = native.parse_time(value, "")
        if not reason:
            return nanoseconds
    elif isinstance(value, date) and value == value:  # NaT is a date, and equals nothing
        if not isinstance(value, datetime):
            value = datetime.combine(value, time())
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        # A pandas Timestamp has nanoseconds besides.
        since = value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
        microseconds: int = (since - _EPOCH) // timedelta(microseconds=1)
        return microseconds * 1000 + int(getattr(value, "nanosecond", 0))
    elif isinstance(value, np.datetime64) and not np.isnat(value):
        instant: int = value.astype("datetime64[ns]").astype(np.int64).item()
        return instant
    raise BarrowArgumentError(
        message(
            name,
            f"{value!r} is no instant",
            tries=["nanoseconds since 1970, ISO 8601 text, a datetime, a date"],
        )
    )
