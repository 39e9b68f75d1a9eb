"""Single records: 48 bytes each, decoded value by value when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import pyarrow as pa

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
from barrow._lib import native
from barrow.bars.values import Price, Quantity
from barrow.errors import BarrowArgumentError, BarrowCorruptError, message


class Cells:
    """What records of one batch have in common, and the columns they look into.

    Args:
        kind: What they are.
        meta: What the metadata says.
        encoding: How values are stored.
        columns: By position: NumPy views, Arrow arrays of text, or lists.
        checked: Whether text is known to be sound; it is looked at otherwise.
    """

    __slots__ = ("checked", "columns", "encoding", "kind", "meta")

    def __init__(
        self,
        kind: RecordKind,
        meta: Meta,
        encoding: Encoding,
        columns: tuple[Any, ...],
        *,
        checked: bool = True,
    ) -> None:
        self.checked = checked
        self.kind = kind
        self.meta = meta
        self.encoding = encoding
        self.columns = columns

    def cell(self, column: int, row: int) -> Any:
        """One value: an integer, or a text."""
        values = self.columns[column]
        if isinstance(values, list):
            return values[row]
        if isinstance(values, pa.Array):
            if not self.checked:
                check_text(values.slice(row, 1))
            return values[row].as_py()
        if values.ndim == 1:
            return int(values[row])
        low, high = values[row].tolist()
        signed = column < len(self.kind.prices) and high >> 63
        return (high << 64 | low) - (1 << 128 if signed else 0)


def check_text(column: pa.Array) -> None:
    """Refuses text whose offsets leave its bytes, or that is not UTF-8.

    Raises:
        BarrowCorruptError: It is such text.
    """
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        raise BarrowCorruptError(
            message("a column of text", f"is damaged: {error}", tries=["write the file again"])
        ) from error


if TYPE_CHECKING:

    class _Row:
        owner: Cells
        row: int

else:
    _Row = native.row_type()


class Record(_Row):
    """One record: the batch it is in, and its row."""

    __slots__ = ()
    kind: ClassVar[RecordKind]

    def __new__(cls, *_: object, **__: object) -> Self:
        raise BarrowArgumentError(
            message(
                cls.__name__,
                "records are rows of columns",
                tries=[f"{cls.__name__}.from_dict(...)"],
            )
        )

    @classmethod
    def rows(cls, cells: Cells, begin: int, count: int) -> list[Self]:
        """Records of rows that follow each other; they keep the columns alive."""
        return native.rows_new(_Row, cls, cells, begin, count)

    @classmethod
    def single(cls, values: tuple[Any, ...], meta: Meta, encoding: Encoding) -> Self:
        """A record on its own.

        Args:
            values: A raw value for every column, in the order of the schema.
            meta: What the metadata would say.
            encoding: What the raw values are.
        """
        cells = Cells(cls.kind, meta, encoding, tuple([value] for value in values))
        return cls.rows(cells, 0, 1)[0]

    @property
    def ts_event(self) -> int:
        """When it happened, as the source stamped it: nanoseconds UTC since 1970."""
        return int(self.owner.cell(-2, self.row))

    @property
    def ts_init(self) -> int:
        """When it could be known: nanoseconds UTC since 1970."""
        return int(self.owner.cell(-1, self.row))

    def _price(self, at: int) -> Price:
        owner = self.owner
        raw = owner.cell(at, self.row)
        return Price(raw, owner.meta.price_precision, owner.encoding.scale)

    def _size(self, at: int) -> Quantity:
        owner = self.owner
        raw = owner.cell(at, self.row)
        return Quantity(raw, owner.meta.size_precision, owner.encoding.scale)

    def _values(self) -> tuple[Any, ...]:
        """What every column holds, raw."""
        return tuple(self.owner.cell(at, self.row) for at in range(len(self.kind.columns)))

    def texts(self) -> dict[str, str]:
        """Every column but the times as exact text, by name."""
        return {name: str(getattr(self, name)) for name in self.kind.values}

    def to_dict(self) -> dict[str, Any]:
        """NautilusTrader's dictionary: its class under `type`, values as text."""
        times = {"ts_event": self.ts_event, "ts_init": self.ts_init}
        known = {"type": type(self).__name__, self.kind.key: self.owner.meta.identity}
        return {**known, **self.texts(), **times}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The record of a dictionary as `to_dict` gives it.

        Raises:
            BarrowArgumentError: A key is missing, or `type` is another one.
            BarrowParseError: A value is no number, or does not fit.
        """
        kind = cls.kind
        missing = [name for name in kind.columns if name not in values]
        if missing or values.get("type", cls.__name__) != cls.__name__:
            what = f"lacks {', '.join(missing)}" if missing else f"is a {values['type']}"
            raise BarrowArgumentError(message(cls.__name__, f"the dictionary {what}"))
        prices = [Price.parse(str(values[name]), encoding="fixed16") for name in kind.prices]
        sizes = [Quantity.parse(str(values[name]), encoding="fixed16") for name in kind.sizes]
        meta = Meta(
            values.get(kind.key),
            max(value.precision for value in prices),
            max(value.precision for value in sizes),
        )
        extras = [cls._extra(name, values[name]) for name in kind.extra_names]
        times = (int(values["ts_event"]), int(values["ts_init"]))
        raw = [value.raw for value in (*prices, *sizes)]
        return cls.single((*raw, *extras, *times), meta, FIXED16)

    @classmethod
    def _extra(cls, name: str, value: Any) -> Any:
        return value

    def _key(self) -> tuple[object, ...]:
        scale = 10 ** (FIXED16.scale - self.owner.encoding.scale)
        values = self._values()
        count = len(self.kind.values)
        exact = tuple(raw * scale for raw in values[:count])
        return (self.owner.meta.identity, exact, values[count:])

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Record)
            and type(other) is type(self)
            and (self._key() == other._key())
        )

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[object, ...]:
        return (_single, (type(self), self._values(), self.owner.meta, self.owner.encoding))

    def __str__(self) -> str:
        """NautilusTrader's form: what it is of, values and `ts_event` with commas."""
        identity = self.owner.meta.identity or ""
        return ",".join([identity, *self.texts().values(), str(self.ts_event)])

    def __repr__(self) -> str:
        values = " ".join(f"{name}={text}" for name, text in self.texts().items())
        return f"{type(self).__name__}({format_stamp(self.ts_event)} {values})"


def _single(cls: type[Record], values: tuple[Any, ...], meta: Meta, encoding: Encoding) -> Record:
    return cls.single(values, meta, encoding)


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
        return self.owner.meta.identity


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
        return self.owner.meta.identity


class TradeTick(Record):
    """One trade."""

    __slots__ = ()
    kind = TRADE

    @property
    def _side(self) -> int:
        return int(self.owner.cell(2, self.row))

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
        return str(self.owner.cell(3, self.row))

    @property
    def instrument_id(self) -> str | None:
        """The instrument id as text, or None where nobody said it."""
        return self.owner.meta.identity

    def texts(self) -> dict[str, str]:
        """Every column but the times as exact text, by name."""
        known = self._side < len(AggressorSide)
        side = AggressorSide(self._side).name if known else str(self._side)
        return {**super().texts(), "aggressor_side": side, "trade_id": self.trade_id}

    @classmethod
    def _extra(cls, name: str, value: Any) -> Any:
        if name == "aggressor_side" and not isinstance(value, int):
            known = AggressorSide.__members__
            if value not in known:
                raise BarrowArgumentError(
                    message("aggressor_side", f"{value!r} is none of {', '.join(known)}")
                )
            return int(AggressorSide[value])
        return value
