"""Holidays and shortened days from `exchange_calendars`, which is imported here only."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np

from barrow.errors import BarrowArgumentError, BarrowUnsupportedError, message

Array = np.ndarray[Any, Any]
_EPOCH = date(1970, 1, 1).toordinal()
_FIRST, _LAST = "1970-01-01", "2100-12-31"


@dataclass(frozen=True)
class Calendar:
    """What a calendar says.

    Attributes:
        first: The first day it knows: days since 1970.
        last: The last one.
        days: Days with a session: rising.
        early: Days that end early, and when: `int64` nanoseconds UTC.
        late: Days that start late, and when.
    """

    first: int
    last: int
    days: Array
    early: tuple[Array, Array]
    late: tuple[Array, Array]


@cache
def find_calendar(name: str) -> Calendar:
    """A calendar by its name, from 1970 to 2100 as far as it goes.

    Raises:
        BarrowUnsupportedError: `exchange_calendars` is not installed.
        BarrowArgumentError: It has no such calendar.
    """
    where = f'calendar "{name}"'
    try:
        import exchange_calendars
        from exchange_calendars.errors import InvalidCalendarName
    except ImportError as error:
        raise BarrowUnsupportedError(
            message(
                where,
                "needs exchange_calendars, which is not installed",
                tries=[
                    "pip install 'barrow[calendars]'",
                    "dataclasses.replace(session, calendar=None) for the hours only",
                ],
            )
        ) from error
    with warnings.catch_warnings():
        # What it uses of pandas is on its way out there; nothing its users could mend.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        try:
            known = exchange_calendars.get_calendar(name)
        except InvalidCalendarName as error:
            tries = ["exchange_calendars.get_calendar_names()"]
            raise BarrowArgumentError(
                message(where, "exchange_calendars has none", tries=tries)
            ) from error
        least, most = known.bound_min(), known.bound_max()
        # Text of dates is in the order of the dates.
        first = _FIRST if least is None else max(_FIRST, str(least)[:10])
        last = _LAST if most is None else min(_LAST, str(most)[:10])
        known = exchange_calendars.get_calendar(name, start=first, end=last)
        sessions = known.sessions.to_numpy()
        early, late = known.early_closes.to_numpy(), known.late_opens.to_numpy()
        closes, opens = known.closes, known.opens
        return Calendar(
            date.fromisoformat(first).toordinal() - _EPOCH,
            date.fromisoformat(last).toordinal() - _EPOCH,
            _days(sessions),
            (_days(early), _instants(closes, early)),
            (_days(late), _instants(opens, late)),
        )


def _days(dates: Array) -> Array:
    return np.asarray(dates.astype("M8[D]").astype(np.int64))


def _instants(series: Any, dates: Array) -> Array:
    times = series.loc[dates].dt.tz_convert(None).to_numpy()
    return np.asarray(times.astype("M8[ns]").astype(np.int64))
