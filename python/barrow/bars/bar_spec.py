"""What a bar is of: a number of units, and the price it is made from.

The rules are those of NautilusTrader 1.231: what its `BarType.from_str` takes.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from barrow.bars.tokens import Token, cut, member, whole_text
from barrow.errors import BarrowArgumentError, message, shown

N = TypeVar("N", bound=StrEnum)


class BarAggregation(StrEnum):
    """What is counted until a bar is full."""

    TICK = "TICK"
    TICK_IMBALANCE = "TICK_IMBALANCE"
    TICK_RUNS = "TICK_RUNS"
    VOLUME = "VOLUME"
    VOLUME_IMBALANCE = "VOLUME_IMBALANCE"
    VOLUME_RUNS = "VOLUME_RUNS"
    VALUE = "VALUE"
    VALUE_IMBALANCE = "VALUE_IMBALANCE"
    VALUE_RUNS = "VALUE_RUNS"
    MILLISECOND = "MILLISECOND"
    SECOND = "SECOND"
    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"
    RENKO = "RENKO"


class PriceType(StrEnum):
    """Which price a bar is made from."""

    BID = "BID"
    ASK = "ASK"
    MID = "MID"
    LAST = "LAST"
    MARK = "MARK"


class AggregationSource(StrEnum):
    """Who made the bars: the system that uses them, or somebody else."""

    INTERNAL = "INTERNAL"
    EXTERNAL = "EXTERNAL"


# Months and years are time too, but not all of one length.
NANOSECONDS = {
    BarAggregation.MILLISECOND: 10**6,
    BarAggregation.SECOND: 10**9,
    BarAggregation.MINUTE: 60 * 10**9,
    BarAggregation.HOUR: 3600 * 10**9,
    BarAggregation.DAY: 86_400 * 10**9,
    BarAggregation.WEEK: 7 * 86_400 * 10**9,
}
_TIME = {*NANOSECONDS, BarAggregation.MONTH, BarAggregation.YEAR}
_INFORMATION = {BarAggregation.TICK_RUNS, BarAggregation.VOLUME_RUNS, BarAggregation.VALUE_RUNS}
_THRESHOLD = {*BarAggregation} - _TIME - _INFORMATION - {BarAggregation.RENKO}
# Bars begin anew with each of these, so a step must divide it. A month may have all 12.
_PERIODS = {
    BarAggregation.MILLISECOND: 1000,
    BarAggregation.SECOND: 60,
    BarAggregation.MINUTE: 60,
    BarAggregation.HOUR: 24,
    BarAggregation.MONTH: 12,
}
_LARGEST_STEP = 2**64 - 1
_STEP_DIGITS = len(str(_LARGEST_STEP))
_STEP = re.compile(r"\+?[0-9]+")
SPEC_FORM = "{step}-{AGGREGATION}-{PRICE_TYPE}, such as 5-MINUTE-LAST"


@dataclass(frozen=True)
class BarSpecification:
    """What a bar is of, in NautilusTrader's form `{step}-{AGGREGATION}-{PRICE_TYPE}`.

    Args:
        step: How many units a bar has, from 1 to 2^64 - 1. Of milliseconds, seconds,
            minutes, hours and months it must divide the next larger unit, and be less
            than it but for 12 months.
        aggregation: The unit; its name will do, in capitals or not.
        price_type: The price; its name will do.

    Raises:
        BarrowArgumentError: One of them is none.
    """

    step: int
    aggregation: BarAggregation
    price_type: PriceType

    def __post_init__(self) -> None:
        where = type(self).__name__
        aggregation = named(BarAggregation, self.aggregation, "aggregation")
        price_type = named(PriceType, self.price_type, "price type")
        object.__setattr__(self, "aggregation", aggregation)
        object.__setattr__(self, "price_type", price_type)
        if problem := _step_problem(self.step, aggregation):
            what, tries = problem
            raise BarrowArgumentError(
                message(where, f"step {shown(repr(self.step), 30)}: {what}", tries=tries)
            )

    @classmethod
    def parse(cls, text: str) -> BarSpecification:
        """Reads a specification; `from_str` is NautilusTrader's name for it.

        Args:
            text: Such as `5-MINUTE-LAST`.

        Raises:
            BarrowArgumentError: The text is none; the message points at the token.
        """
        token = whole_text("bar specification", text)
        parts = cut(token, 3)
        if len(parts) != 3:
            raise token.error(f"has {len(parts)} of the 3 parts between dashes", tries=[SPEC_FORM])
        return read_spec(parts[0], parts[1], member(PriceType, parts[2], "price type"))

    from_str = parse

    @classmethod
    def from_timedelta(
        cls, duration: dt.timedelta, price_type: PriceType | str
    ) -> BarSpecification:
        """The specification of time bars of a length, in the largest unit that has it.

        Args:
            duration: The length: a legal step of one of the units.
            price_type: The price.

        Raises:
            BarrowArgumentError: No legal step of one unit is that long.
        """
        length = duration // dt.timedelta(microseconds=1) * 1000
        price = named(PriceType, price_type, "price type")
        for unit, size in reversed(NANOSECONDS.items()):
            step, rest = divmod(length, size)
            if not rest and _step_problem(step, unit) is None:
                return cls(step, unit, price)
        raise BarrowArgumentError(
            message("duration", f"{duration} is no legal step of {', '.join(NANOSECONDS)}")
        )

    @property
    def step_ns(self) -> int | None:
        """The length of a bar in nanoseconds; None where it is not fixed."""
        unit = NANOSECONDS.get(self.aggregation)
        return None if unit is None else unit * self.step

    def get_interval_ns(self) -> int:
        """The length of a bar in nanoseconds.

        Raises:
            BarrowArgumentError: It is not fixed: months and years differ, and what is no
                time has none. `step_ns` is None then.
        """
        length = self.step_ns
        if length is None:
            raise BarrowArgumentError(
                message(
                    str(self),
                    "has no fixed length in time",
                    tries=[f"{', '.join(NANOSECONDS)} have one"],
                )
            )
        return length

    @property
    def timedelta(self) -> dt.timedelta:
        """The length of a bar; raises what `get_interval_ns` raises."""
        try:
            return dt.timedelta(microseconds=self.get_interval_ns() // 1000)
        except OverflowError as error:
            raise BarrowArgumentError(message(str(self), f"is too long: {error}")) from error

    def is_time_aggregated(self) -> bool:
        """Whether bars end when time has passed."""
        return self.aggregation in _TIME

    def is_threshold_aggregated(self) -> bool:
        """Whether bars end when enough was traded, or enough more on one side."""
        return self.aggregation in _THRESHOLD

    def is_information_aggregated(self) -> bool:
        """Whether bars end when runs of one side are long enough."""
        return self.aggregation in _INFORMATION

    def __str__(self) -> str:
        return f"{self.step}-{self.aggregation}-{self.price_type}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


def read_spec(step: Token, unit: Token, price_type: PriceType) -> BarSpecification:
    """The specification of a step and a unit.

    Raises:
        BarrowArgumentError: One of them is none; the message points at it.
    """
    aggregation = member(BarAggregation, unit, "aggregation")
    digits = step.text.lstrip("+0")
    # Python makes no number of thousands of digits.
    short = _STEP.fullmatch(step.text) and len(digits) <= _STEP_DIGITS
    number = int(digits or "0") if short else 0
    if problem := _step_problem(number, aggregation):
        what, tries = problem
        raise step.error(what, name="step", tries=tries)
    return BarSpecification(number, aggregation, price_type)


def named(names: type[N], value: Any, what: str) -> N:
    """The member of an enumeration that a caller gave, or named.

    Args:
        names: The enumeration.
        value: A member, or its name.
        what: What it is called in an error.

    Raises:
        BarrowArgumentError: It is neither.
    """
    return member(names, whole_text(what, value), "")


def _step_problem(step: Any, unit: BarAggregation) -> tuple[str, list[str]] | None:
    """What is wrong with a step of a unit, and what to try."""
    if isinstance(step, bool) or not isinstance(step, int) or not 0 < step <= _LARGEST_STEP:
        return f"expected a whole number from 1 to {_LARGEST_STEP}", []
    period = _PERIODS.get(unit)
    if period is None:
        return None
    legal = [n for n in range(1, period + 1) if period % n == 0 and (n < period or period == 12)]
    if step in legal:
        return None
    return f"expected one of {', '.join(map(str, legal))} for {unit}", _larger_unit(step, unit)


def _larger_unit(step: int, unit: BarAggregation) -> list[str]:
    """The same length in a larger unit, where there is one."""
    units = (*NANOSECONDS,)
    for larger in units[units.index(unit) + 1 :] if unit in units else ():
        whole, rest = divmod(step * NANOSECONDS[unit], NANOSECONDS[larger])
        if not rest and _step_problem(whole, larger) is None:
            return [f"{whole}-{larger}"]
    return []
