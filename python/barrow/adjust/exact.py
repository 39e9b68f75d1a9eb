"""Numbers that people give, exactly; never floats."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from barrow.bars import Price, Quantity
from barrow.errors import BarrowArgumentError, message, shown

# An exponent of a million digits would take minutes.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")


def exact(value: Any, where: str) -> Fraction:
    """A number as a fraction of integers.

    Args:
        value: An integer, decimal text such as `101.25`, a quotient such as `1/4` of
            two such texts, a `Decimal`, a `Fraction`, a `Price` or a `Quantity`.
        where: What to call it in an error.

    Raises:
        BarrowArgumentError: It is none of these, a float, or not finite.
    """
    if isinstance(value, (int, np.integer, Fraction)) and not isinstance(value, bool):
        return Fraction(int(value)) if isinstance(value, np.integer) else Fraction(value)
    if isinstance(value, (Price, Quantity)) and not value.is_undefined:
        return Fraction(value.raw, 10**value.scale)
    if isinstance(value, Decimal) and value.is_finite():
        return Fraction(value)
    if isinstance(value, str):
        parts = [part.strip() for part in value.split("/")]
        if len(parts) <= 2 and all(_NUMBER.fullmatch(part) for part in parts):
            over = Fraction(parts[1]) if len(parts) == 2 else Fraction(1)
            if over:
                return Fraction(parts[0]) / over
    if isinstance(value, (float, np.floating)):
        raise BarrowArgumentError(
            message(
                where,
                f"{value!r} is a float, which is seldom the number that was meant",
                tries=[f"text: {str(value)!r}", "decimal.Decimal", "integers, or a fraction"],
            )
        )
    raise BarrowArgumentError(
        message(
            where,
            f"{shown(repr(value), 40)} is no exact number",
            tries=["decimal text such as '101.25'", "a quotient such as '1/4'"],
        )
    )


def decimals_of(value: Fraction) -> int | None:
    """How many decimals a number has; None if no number of them says it."""
    rest, count = value.denominator, 0
    for prime in (2, 5):
        found = 0
        while rest % prime == 0:
            rest //= prime
            found += 1
        count = max(count, found)
    return count if rest == 1 else None


def as_text(value: Fraction) -> str:
    """A number as decimal text if that says it, as a quotient otherwise."""
    count = decimals_of(value)
    if count is None or count > 40:
        return shown(str(value), 60)
    digits = str(abs(value) * 10**count).rjust(count + 1, "0")
    point = f".{digits[-count:]}" if count else ""
    return f"{'-' if value < 0 else ''}{digits[: len(digits) - count]}{point}"
