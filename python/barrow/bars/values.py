"""Single values: exact prices and quantities, and the bar that holds them."""

from __future__ import annotations

from decimal import Decimal
from functools import total_ordering
from typing import Any, ClassVar, Self

from barrow._arrow import (
    FIXED8,
    FIXED16,
    PRICES,
    BarMeta,
    Encoding,
    encoding_named,
    format_raw,
    format_stamp,
    parse_raw,
)
from barrow._lib import native


@total_ordering
class _Value:
    """An exact decimal: a raw integer, its scale, and the decimals to show.

    Compares with and hashes like any number of the same value.
    """

    __slots__ = ("_precision", "_raw", "_scale")
    _signed: ClassVar[bool]

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
        """The value as `decimal.Decimal`, with all of its digits."""
        return Decimal(str(self))

    def __float__(self) -> float:
        """The nearest double."""
        return float(self.raw / 10**self.scale)  # division of integers rounds once

    def __str__(self) -> str:
        """The value with at least `precision` decimals; more if it has more."""
        if self.raw % 10 ** (self.scale - self.precision) == 0:
            return format_raw(self.raw, self.scale, self.precision)
        return format_raw(self.raw, self.scale)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    def _comparable(self, other: object) -> tuple[Any, Any]:
        if isinstance(other, _Value):
            return self.raw * 10**other.scale, other.raw * 10**self.scale
        return self.as_decimal(), other

    def __eq__(self, other: object) -> bool:
        mine, theirs = self._comparable(other)
        return bool(mine == theirs)

    def __lt__(self, other: object) -> bool:
        mine, theirs = self._comparable(other)
        return bool(mine < theirs)

    def __hash__(self) -> int:
        return hash(self.as_decimal())

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.raw, self.precision, self.scale))


class Price(_Value):
    """An exact price."""

    __slots__ = ()
    _signed = True


class Quantity(_Value):
    """An exact size; never negative."""

    __slots__ = ()
    _signed = False


class Bar:
    """One bar; its values are decoded when they are asked for."""

    __slots__ = ("_encoding", "_meta", "_raw", "_ts_event", "_ts_init")

    def __init__(
        self,
        raw: tuple[int, int, int, int, int],
        ts_event: int,
        ts_init: int,
        meta: BarMeta,
        encoding: Encoding,
    ) -> None:
        self._raw = raw
        self._ts_event = ts_event
        self._ts_init = ts_init
        self._meta = meta
        self._encoding = encoding

    @property
    def ts_event(self) -> int:
        """When it happened, as the source stamped it: nanoseconds UTC since 1970."""
        return self._ts_event

    @property
    def ts_init(self) -> int:
        """When the bar could be known: nanoseconds UTC since 1970."""
        return self._ts_init

    def _price(self, at: int) -> Price:
        return Price(self._raw[at], self._meta.price_precision, self._encoding.scale)

    @property
    def open(self) -> Price:
        """Opening price."""
        return self._price(0)

    @property
    def high(self) -> Price:
        """Highest price."""
        return self._price(1)

    @property
    def low(self) -> Price:
        """Lowest price."""
        return self._price(2)

    @property
    def close(self) -> Price:
        """Closing price."""
        return self._price(3)

    @property
    def volume(self) -> Quantity:
        """Volume."""
        return Quantity(self._raw[4], self._meta.size_precision, self._encoding.scale)

    @property
    def bar_type(self) -> str | None:
        """The bar type as text, or None where nobody said it."""
        return self._meta.bar_type

    def _key(self) -> tuple[object, ...]:
        scale = 10 ** (FIXED16.scale - self._encoding.scale)
        values = tuple(raw * scale for raw in self._raw)
        return (self.bar_type, values, self.ts_event, self.ts_init)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bar) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[object, ...]:
        arguments = (self._raw, self.ts_event, self.ts_init, self._meta, self._encoding)
        return (Bar, arguments)

    def __str__(self) -> str:
        """NautilusTrader's form: type, prices, volume and `ts_event` with commas."""
        values = [*(getattr(self, name) for name in PRICES), self.volume, self.ts_event]
        return ",".join(str(value) for value in [self.bar_type or "", *values])

    def __repr__(self) -> str:
        values = " ".join(f"{name}={getattr(self, name)}" for name in (*PRICES, "volume"))
        return f"Bar({format_stamp(self.ts_event)} {values})"
