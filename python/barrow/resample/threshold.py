"""What ends an information bar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from barrow.bars import BarAggregation, BarSpecification, PriceType
from barrow.bars.bar_spec import named
from barrow.errors import BarrowArgumentError, message, shown

_A = BarAggregation
# What rows count, and how that is added up: as the kernel numbers them.
TICK, VOLUME, VALUE, RENKO = range(4)
PLAIN, IMBALANCE, RUNS, EXPECTED_IMBALANCE, EXPECTED_RUNS = range(5)
KINDS = {
    _A.TICK: (TICK, PLAIN),
    _A.TICK_IMBALANCE: (TICK, IMBALANCE),
    _A.TICK_RUNS: (TICK, RUNS),
    _A.VOLUME: (VOLUME, PLAIN),
    _A.VOLUME_IMBALANCE: (VOLUME, IMBALANCE),
    _A.VOLUME_RUNS: (VOLUME, RUNS),
    _A.VALUE: (VALUE, PLAIN),
    _A.VALUE_IMBALANCE: (VALUE, IMBALANCE),
    _A.VALUE_RUNS: (VALUE, RUNS),
    _A.RENKO: (RENKO, PLAIN),
}
_FORM = "{step}-{AGGREGATION}, such as 1000-TICK or 100-VOLUME_IMBALANCE"
_LONGEST = 60
MOST_ROWS = 2**40


def is_information(text: str) -> bool:
    """Whether a text asks for information bars, and not for a timeframe.

    Args:
        text: Such as `1000-TICK`.
    """
    return any(part in KINDS for part in text.strip().upper().split("-")[1:2])


@dataclass(frozen=True)
class Threshold:
    """How much ends a bar.

    Args:
        aggregation: One of NautilusTrader's: TICK, VOLUME, VALUE, each also `_IMBALANCE` and
            `_RUNS`, or RENKO; its name will do.
        amount: How much: rows; the size, in its unit; price times size, in its unit; or of
            RENKO the size of a brick, as a price. A whole number, a `Decimal` or decimal
            text; no float.
        increments: Of RENKO, whether `amount` counts the instrument's price increments, as
            the step of a bar type does.

    Raises:
        BarrowArgumentError: The aggregation is none of these, or the amount is not above 0.
    """

    aggregation: BarAggregation
    amount: Decimal
    increments: bool = False

    def __post_init__(self) -> None:
        aggregation = _information(self.aggregation)
        amount = _decimal("amount", self.amount)
        if amount <= 0 or (KINDS[aggregation][0] == TICK and amount != int(amount)):
            kind = "whole number" if KINDS[aggregation][0] == TICK else "number"
            raise _bad(f"{amount:f}-{aggregation}", f"expected a {kind} above 0")
        object.__setattr__(self, "aggregation", aggregation)
        object.__setattr__(self, "amount", amount)

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """Reads a threshold such as `1000-TICK`, `0.5-VOLUME` or `20-RENKO`.

        A step of RENKO counts price increments, as in bar types.

        Raises:
            BarrowArgumentError: The text is none.
        """
        if not isinstance(text, str):
            raise BarrowArgumentError(
                message("threshold", f"expected text, got {type(text).__name__}")
            )
        match = re.fullmatch(r"\s*([^-\s]+)-(\w+)\s*", text)
        if match is None or match[2].upper() not in KINDS:
            raise _bad(text, "is none", _FORM)
        aggregation = BarAggregation(match[2].upper())
        return cls(aggregation, _decimal("threshold", match[1]), aggregation == _A.RENKO)

    def __str__(self) -> str:
        price = self.aggregation == _A.RENKO and not self.increments
        amount = f"{self.amount:f}"
        amount = amount.rstrip("0").rstrip(".") if "." in amount else amount
        return f"{amount}-{self.aggregation}{' (price)' if price else ''}"


@dataclass(frozen=True)
class ExpectedThreshold:
    """A threshold that follows what bars before were like, as in the book.

    López de Prado, Advances in Financial Machine Learning (2018), 2.3.2: a bar ends when its
    imbalance, or the larger of what was bought and sold in it, reaches what is expected of
    one: `E[T] |v+ - v-|`, or `E[T] max(v+, v-)`. `T` is the number of rows of a bar, `v+` and
    `v-` are what buyers and sellers count per row: 1, size or value. The means are
    exponentially weighted over bars, by `2 / (span + 1)`, in integers that round down: `E[T]`
    in 1024ths of a row, the others in 2^-32 of a row or in raw units. Rows are not cut.

    Args:
        aggregation: TICK, VOLUME or VALUE with `_IMBALANCE` or `_RUNS`; its name will do.
        rows: How many rows the first bar has, from which the first means are.
        span: How many bars the means look back at.
        bounds: The fewest and the most rows `E[T]` may be; the book has no bounds, but
            without them bars may become ever longer, or of one row each.

    Raises:
        BarrowArgumentError: One of them is wrong.
    """

    aggregation: BarAggregation
    rows: int
    span: int = 20
    bounds: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        aggregation = _information(self.aggregation)
        object.__setattr__(self, "aggregation", aggregation)
        where = type(self).__name__
        if KINDS[aggregation][1] == PLAIN:
            what = f"{aggregation} has no expected threshold"
            raise BarrowArgumentError(message(where, what, tries=["TICK_IMBALANCE", "VOLUME_RUNS"]))
        for name, value in (("rows", self.rows), ("span", self.span)):
            _check_count(where, name, value)
        if self.bounds is not None:
            least, most = self.bounds
            for value in (least, most):
                _check_count(where, "bounds", value)
            if least > most:
                raise BarrowArgumentError(message(where, f"bounds {least} and {most} fall"))

    def __str__(self) -> str:
        return f"{self.rows}-{self.aggregation} expected"


AnyThreshold = Threshold | ExpectedThreshold


def make_threshold(given: Any) -> tuple[str, AnyThreshold, PriceType | None]:
    """The name, the threshold, and the price type if it says one.

    Args:
        given: A threshold, its text, or a bar specification or its text.

    Raises:
        BarrowArgumentError: It is none.
    """
    if isinstance(given, Threshold | ExpectedThreshold):
        return str(given), given, None
    if isinstance(given, str) and given.count("-") == 2:
        name, given = given, BarSpecification.parse(given)
    else:
        name = str(given)
    if not isinstance(given, BarSpecification):
        return name, Threshold.parse(given), None
    if given.aggregation not in KINDS:
        raise _bad(name, "ends with time", f"resample(..., {name!r})")
    increments = given.aggregation == _A.RENKO
    return name, Threshold(given.aggregation, Decimal(given.step), increments), given.price_type


def scaled(where: str, amount: Decimal, decimals: int, most: int, what: str) -> int:
    """An amount as a whole number of units.

    Args:
        where: What the error is about.
        amount: How much.
        decimals: How many decimals the unit has.
        most: The largest number.
        what: What has so many decimals, in the error.

    Raises:
        BarrowArgumentError: It has more decimals, or is too large.
    """
    _, digits, exponent = amount.as_tuple()
    number = int("".join(map(str, digits)))
    shift = int(exponent) + decimals
    whole, rest = divmod(number * int(10 ** max(shift, 0)), int(10 ** max(-shift, 0)))
    if rest:
        raise BarrowArgumentError(
            message(where, f"{amount:f} has more than the {decimals} decimals of {what}")
        )
    if whole > most:
        raise BarrowArgumentError(message(where, f"{amount:f} is more than any bar has"))
    return whole


def _information(aggregation: Any) -> BarAggregation:
    found = named(BarAggregation, aggregation, "aggregation")
    if found not in KINDS:
        raise _bad(str(found), "ends with time", *KINDS)
    return found


def _decimal(where: str, value: Any) -> Decimal:
    """A decimal of whole numbers, decimals and text, exactly."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise BarrowArgumentError(
            message(
                where,
                f"expected a whole number, a Decimal or decimal text, got {type(value).__name__}",
            )
        )
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("nan")
    parts = number.as_tuple()
    exponent = parts.exponent
    if not isinstance(exponent, int) or abs(exponent) > _LONGEST or len(parts.digits) > _LONGEST:
        raise BarrowArgumentError(message(where, f"{shown(repr(value), 40)} is no decimal number"))
    return number


def _check_count(where: str, name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_ROWS:
        raise BarrowArgumentError(
            message(where, f"{name} {value!r}: expected a whole number from 1 to 2^40")
        )


def _bad(text: str, what: str, *tries: str) -> BarrowArgumentError:
    return BarrowArgumentError(message(f'threshold "{shown(text, 40)}"', what, tries=list(tries)))
