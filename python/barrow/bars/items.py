"""Single records: light, and decoded value by value when they are asked for."""

from __future__ import annotations

from typing import ClassVar

from barrow._arrow import (
    BAR,
    FIXED16,
    QUOTE,
    TRADE,
    AggressorSide,
    Encoding,
    Meta,
    RecordKind,
    format_stamp,
)
from barrow.bars.values import Price, Quantity
from barrow.errors import BarrowCorruptError, message


class Record:
    """One record: raw values, two times, and what its container says of them all."""

    __slots__ = ("_encoding", "_meta", "_raw", "_ts_event", "_ts_init")
    kind: ClassVar[RecordKind]

    def __init__(
        self, raw: tuple[int, ...], ts_event: int, ts_init: int, meta: Meta, encoding: Encoding
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
        """When it could be known: nanoseconds UTC since 1970."""
        return self._ts_init

    def _price(self, at: int) -> Price:
        return Price(self._raw[at], self._meta.price_precision, self._encoding.scale)

    def _size(self, at: int) -> Quantity:
        return Quantity(self._raw[at], self._meta.size_precision, self._encoding.scale)

    def texts(self) -> dict[str, str]:
        """Every column but the times as exact text, by name."""
        return {name: str(getattr(self, name)) for name in self.kind.values}

    def _key(self) -> tuple[object, ...]:
        scale = 10 ** (FIXED16.scale - self._encoding.scale)
        values = tuple(raw * scale for raw in self._raw)
        return (self._meta.identity, values, self._ts_event, self._ts_init)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[object, ...]:
        arguments = (self._raw, self._ts_event, self._ts_init, self._meta, self._encoding)
        return (type(self), arguments)

    def __str__(self) -> str:
        """NautilusTrader's form: what it is of, values and `ts_event` with commas."""
        return ",".join([self._meta.identity or "", *self.texts().values(), str(self._ts_event)])

    def __repr__(self) -> str:
        values = " ".join(f"{name}={text}" for name, text in self.texts().items())
        return f"{type(self).__name__}({format_stamp(self._ts_event)} {values})"


class Bar(Record):
    """One bar; its values are decoded when they are asked for."""

    __slots__ = ()
    kind = BAR

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
        return self._size(4)

    @property
    def bar_type(self) -> str | None:
        """The bar type as text, or None where nobody said it."""
        return self._meta.identity


class QuoteTick(Record):
    """The best bid and offer at an instant."""

    __slots__ = ()
    kind = QUOTE

    @property
    def bid_price(self) -> Price:
        """What buyers offer."""
        return self._price(0)

    @property
    def ask_price(self) -> Price:
        """What sellers ask for."""
        return self._price(1)

    @property
    def bid_size(self) -> Quantity:
        """How much is wanted at `bid_price`."""
        return self._size(2)

    @property
    def ask_size(self) -> Quantity:
        """How much is for sale at `ask_price`."""
        return self._size(3)

    @property
    def instrument_id(self) -> str | None:
        """The instrument id as text, or None where nobody said it."""
        return self._meta.identity


class TradeTick(Record):
    """One trade."""

    __slots__ = ("_side", "_trade_id")
    kind = TRADE

    def __init__(
        self,
        raw: tuple[int, ...],
        ts_event: int,
        ts_init: int,
        meta: Meta,
        encoding: Encoding,
        side: int,
        trade_id: str,
    ) -> None:
        super().__init__(raw, ts_event, ts_init, meta, encoding)
        self._side = side
        self._trade_id = trade_id

    @property
    def price(self) -> Price:
        """The price paid."""
        return self._price(0)

    @property
    def size(self) -> Quantity:
        """How much was traded."""
        return self._size(1)

    @property
    def aggressor_side(self) -> AggressorSide:
        """Who crossed the spread.

        Raises:
            BarrowCorruptError: The number is that of no side.
        """
        if self._side >= len(AggressorSide):
            sides = ", ".join(f"{side.value} ({side.name})" for side in AggressorSide)
            raise BarrowCorruptError(message("aggressor_side", f"{self._side} is none of {sides}"))
        return AggressorSide(self._side)

    @property
    def trade_id(self) -> str:
        """What the venue calls the trade."""
        return self._trade_id

    @property
    def instrument_id(self) -> str | None:
        """The instrument id as text, or None where nobody said it."""
        return self._meta.identity

    def texts(self) -> dict[str, str]:
        """Every column but the times as exact text, by name."""
        known = self._side < len(AggressorSide)
        side = AggressorSide(self._side).name if known else str(self._side)
        return {**super().texts(), "aggressor_side": side, "trade_id": self._trade_id}

    def _key(self) -> tuple[object, ...]:
        return (*super()._key(), self._side, self._trade_id)

    def __reduce__(self) -> tuple[object, ...]:
        arguments = (self._raw, self._ts_event, self._ts_init, self._meta, self._encoding)
        return (TradeTick, (*arguments, self._side, self._trade_id))
