"""What the caller says about how bars are made."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from barrow.errors import BarrowArgumentError, message
from barrow.resample.grid import Offset, Origin, Rules, make_rules
from barrow.resample.inputs import PriceName
from barrow.resample.session_grid import check_rules
from barrow.resample.timeframe import Timeframe
from barrow.sessions import Session, load_session

Side = Literal["left", "right"]
Empty = Literal["drop", "fill"]
Partial = Literal["flag", "keep", "drop"]
Duplicates = Literal["keep", "first", "last", "error"]
Outside = Literal["drop", "keep", "error"]
_CHOICES = {
    "closed": ("left", "right"),
    "label": ("left", "right"),
    "empty": ("drop", "fill"),
    "partial": ("flag", "keep", "drop"),
    "duplicates": ("keep", "first", "last", "error"),
    "outside": ("drop", "keep", "error"),
}


class ResampleKeywords(TypedDict, total=False):
    """The keyword arguments of `resample` and `Resampler`; see `resample`."""

    tz: str
    origin: Origin
    offset: Offset
    closed: Side
    label: Side
    empty: Empty
    partial: Partial
    duplicates: Duplicates
    price: PriceName | None
    session: Session | str | os.PathLike[str] | None
    outside: Outside


@dataclass(frozen=True)
class Options:
    """The arguments of `resample`, checked.

    Attributes:
        names: Timeframes as the caller wrote them.
        timeframes: What they are.
        rules: Where intervals start.
        session: When there are any; always if None.
        outside: What becomes of rows that are in none of its ranges.
    """

    names: tuple[str, ...]
    timeframes: tuple[Timeframe, ...]
    rules: Rules
    closed: Side = "left"
    label: Side = "left"
    empty: Empty = "drop"
    partial: Partial = "flag"
    duplicates: Duplicates = "keep"
    price: PriceName | None = None
    session: Session | None = None
    outside: Outside = "drop"

    @property
    def bias(self) -> int:
        """1 where a stamp at the end of an interval belongs to it."""
        return int(self.closed == "right")


def make_options(
    timeframes: str | Timeframe | Sequence[str | Timeframe],
    *,
    tz: str = "UTC",
    origin: Origin = None,
    offset: Offset = None,
    session: Session | str | os.PathLike[str] | None = None,
    **choices: Any,
) -> Options:
    """Checks the arguments of `resample`.

    Raises:
        BarrowArgumentError: One of them is wrong.
    """
    given = [timeframes] if isinstance(timeframes, str | Timeframe) else list(timeframes)
    if not given:
        raise BarrowArgumentError(message("timeframes", "there are none", tries=["['5m', '1h']"]))
    parsed = tuple(t if isinstance(t, Timeframe) else Timeframe.parse(t) for t in given)
    names = tuple(t if isinstance(t, str) else str(t) for t in given)
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BarrowArgumentError(message("timeframes", f"{', '.join(sorted(twice))} twice"))
    for name, allowed in _CHOICES.items():
        if name in choices and choices[name] not in allowed:
            raise BarrowArgumentError(
                message(name, f"{choices[name]!r} is none of {', '.join(allowed)}")
            )
    unknown = set(choices) - set(Options.__dataclass_fields__)
    if unknown:
        raise BarrowArgumentError(message("resample", f"no option {', '.join(sorted(unknown))}"))
    rules = make_rules(tz, origin, offset)
    if session is None:
        if choices.get("outside", "drop") != "drop":
            raise BarrowArgumentError(
                message("outside", "nothing is outside without a session", tries=["session=..."])
            )
        return Options(names, parsed, rules, **choices)
    check_rules(rules)
    if choices.get("outside") == "keep" and choices.get("empty") == "fill":
        raise BarrowArgumentError(
            message(
                "empty",
                "'fill' makes up bars in sessions, and outside='keep' makes them everywhere",
                tries=["outside='drop'", "session='24x7'"],
            )
        )
    found = session if isinstance(session, Session) else load_session(session)
    return Options(names, parsed, rules, session=found, **choices)
