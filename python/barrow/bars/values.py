"""Single values: exact prices and quantities."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, ClassVar, Self

from barrow._arrow import (
    FIXED8,
    FIXED16,
    encoding_named,
    format_raw,
    parse_raw,
    undefined_raw,
)
from barrow._columns import erroneous_raw
from barrow._lib import native

UNDEFINED = "undefined"


class _Value:
    """An exact decimal: a raw integer, its scale, and the decimals to show.

    Compares with and hashes like any number of the same value. Order books also have
    values that are undefined, which are equal to each other only.
    """

    __slots__ = ("_precision", "_raw", "_scale")
    _signed: ClassVar[bool]
    _undefined: ClassVar[dict[int, int]]  # by scale
    _erroneous: ClassVar[dict[int, int]] = {}

    def __init__(self, raw: int, precision: int, scale: int) -> None:
        self._raw = raw
        self._precision = precision
        self._scale = scale

    @property
    def raw(self) -> int:
        """The value times ten to the power of `scale`."""
        return self._raw

    @property
    def precision(self) -> int:
        """Decimals that carry meaning."""
        return self._precision

    @property
    def scale(self) -> int:
        """9 or 16."""
        return self._scale

    @property
    def is_undefined(self) -> bool:
        """Whether it is the sentinel of its scale that says there is no value."""
        return self._raw == self._undefined.get(self._scale)

    @classmethod
    def parse(cls, text: str, *, encoding: str = "auto") -> Self:
        """Reads decimal text exactly; the precision is the decimals it shows.

        Raises:
            BarrowParseError: The text is no number, or one that does not fit.
        """
        candidates = (FIXED8, FIXED16) if encoding == "auto" else (encoding_named(encoding),)
        for candidate in candidates:
            parsed = native.parse_value(text, candidate.wide, cls._signed, candidate.scale, 0)
            if parsed[3] == 0:
                return cls(parsed[0], parsed[1], candidate.scale)
        raw, decimals, _ = parse_raw(text, candidates[-1], signed=cls._signed)
        return cls(raw, decimals, candidates[-1].scale)

    def as_decimal(self) -> Decimal:
        """The value as `decimal.Decimal`, with all of its digits; NaN if undefined."""
        if self.is_undefined:
            return Decimal("NaN")
        return Decimal(str(self))

    def __float__(self) -> float:
        """The nearest double; NaN if undefined, or an erroneous price."""
        if self.is_undefined or self._raw == self._erroneous.get(self._scale):
            return math.nan
        return float(self.raw / 10**self.scale)  # division of integers rounds once

    def __str__(self) -> str:
        """The value with at least `precision` decimals, more if it has more; `undefined`."""
        raw, scale = self._raw, self._scale
        if raw == self._undefined.get(scale):
            return UNDEFINED
        if raw % 10 ** (scale - self._precision) == 0:
            return format_raw(raw, scale, self._precision)
        return format_raw(raw, scale)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    def _comparable(self, other: object) -> tuple[Any, Any]:
        if self.is_undefined or (isinstance(other, _Value) and other.is_undefined):
            return math.nan, math.nan  # neither less nor more than any
        if isinstance(other, _Value):
            return self.raw * 10**other.scale, other.raw * 10**self.scale
        return self.as_decimal(), other

    def __eq__(self, other: object) -> bool:
        if self.is_undefined:
            return isinstance(other, _Value) and other.is_undefined
        mine, theirs = self._comparable(other)
        return bool(mine == theirs)

    def __lt__(self, other: object) -> bool:
        mine, theirs = self._comparable(other)
        return bool(mine < theirs)

    def __le__(self, other: object) -> bool:
        mine, theirs = self._comparable(other)
        return bool(mine <= theirs)

    def __gt__(self, other: object) -> bool:
        mine, theirs = self._comparable(other)
        return bool(mine > theirs)

    def __ge__(self, other: object) -> bool:
        mine, theirs = self._comparable(other)
        return bool(mine >= theirs)

    def __hash__(self) -> int:
        return hash(None) if self.is_undefined else hash(self.as_decimal())

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.raw, self.precision, self.scale))


class Price(_Value):
    """An exact price."""

    __slots__ = ()
    _signed = True
    _undefined: ClassVar = {e.scale: undefined_raw(e.width, True) for e in (FIXED8, FIXED16)}
    _erroneous: ClassVar = {e.scale: erroneous_raw(e.width) for e in (FIXED8, FIXED16)}


class Quantity(_Value):
    """An exact size; never negative."""

    __slots__ = ()
    _signed = False
    _undefined: ClassVar = {e.scale: undefined_raw(e.width, False) for e in (FIXED8, FIXED16)}
