"""Single records: 48 bytes each, decoded value by value when they are asked for."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pyarrow as pa

from barrow._arrow import (
    BAR,
    FIXED16,
    QUOTE,
    TIMES,
    TRADE,
    AggressorSide,
    Encoding,
    Field,
    Meta,
    RecordKind,
    Role,
    format_stamp,
    undefined_raw,
)
from barrow._lib import native
from barrow.bars.values import UNDEFINED, Price, Quantity
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
            return values.item(row)
        low, high = values[row].tolist()
        negative = high >> 63 and self.kind.fields[column].signed
        return (high << 64 | low) - (1 << 128 if negative else 0)


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
    """One record: the batch it is in, and its row.

    A class of records says its `kind`; columns it defines no property for get one.

    Attributes:
        kind: What it consists of.
    """

    __slots__ = ()
    kind: ClassVar[RecordKind]

    def __init_subclass__(cls) -> None:
        for at, name in enumerate(cls.kind.columns if hasattr(cls, "kind") else ()):
            if not hasattr(cls, name):
                setattr(cls, name, _decoded(at, name))
            elif name not in TIMES and name not in cls.__dict__ and hasattr(Record, name):
                raise BarrowArgumentError(
                    message(cls.__name__, f"column {name!r} is a name every record has already")
                )

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
        return int(self.owner.cell(self.kind.at["ts_event"], self.row))

    @property
    def ts_init(self) -> int:
        """When it could be known: nanoseconds UTC since 1970."""
        return int(self.owner.cell(self.kind.at["ts_init"], self.row))

    def _price(self, at: int) -> Price:
        owner = self.owner
        raw = owner.cell(at, self.row)
        return Price(raw, owner.meta.price_precision, owner.encoding.scale)

    def _size(self, at: int) -> Quantity:
        owner = self.owner
        raw = owner.cell(at, self.row)
        return Quantity(raw, owner.meta.size_precision, owner.encoding.scale)

    def _member(self, at: int) -> Any:
        """What the number in a column means.

        Raises:
            BarrowCorruptError: It means nothing.
        """
        field = self.kind.fields[at]
        number = self.owner.cell(at, self.row)
        if (member := _member_of(field.enum, number)) is None:
            raise BarrowCorruptError(
                message(field.name, f"{number} is none of {numbers_of(field.enum)}")
            )
        return member

    def _values(self) -> tuple[Any, ...]:
        """What every column holds, raw."""
        return tuple(self.owner.cell(at, self.row) for at in range(len(self.kind.columns)))

    def _told(self) -> dict[str, Any]:
        """Every column but `ts_event` and `ts_init`, as a dictionary has it."""
        told: dict[str, Any] = {}
        for at, field in enumerate(self.kind.fields):
            if field.name in TIMES:
                continue
            if field.is_value:
                text = str(self._price(at) if field.signed else self._size(at))
                told[field.name] = None if text == UNDEFINED else text
                continue
            cell = self.owner.cell(at, self.row)
            if field.enum is not None:  # a number that means nothing stays what it is
                member = _member_of(field.enum, cell)
                cell = str(cell) if member is None else member.name
            told[field.name] = cell
        return told

    def texts(self) -> dict[str, str]:
        """Every column but `ts_event` and `ts_init` as exact text, by name."""
        return {
            name: UNDEFINED if value is None else str(value) for name, value in self._told().items()
        }

    def to_dict(self) -> dict[str, Any]:
        """NautilusTrader's dictionary: its class under `type`, values as text.

        What is undefined is None.
        """
        times = {"ts_event": self.ts_event, "ts_init": self.ts_init}
        known = {"type": type(self).__name__, self.kind.key: self.owner.meta.identity}
        return {**known, **self._told(), **times}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The record of a dictionary as `to_dict` gives it.

        Raises:
            BarrowArgumentError: A key is missing, `type` is another one, or a value is
                none of those allowed.
            BarrowParseError: A value is no number, or does not fit.
        """
        kind = cls.kind
        missing = [name for name in kind.columns if name not in values]
        if missing or values.get("type", cls.__name__) != cls.__name__:
            what = f"lacks {', '.join(missing)}" if missing else f"is a {values['type']}"
            raise BarrowArgumentError(message(cls.__name__, f"the dictionary {what}"))
        precisions = {Role.PRICE: 0, Role.SIZE: 0}
        raw: list[Any] = []
        for field in kind.fields:
            given = values[field.name]
            if not field.is_value:
                raw.append(_plain(field, given))
            elif given is None and field.optional:
                raw.append(undefined_raw(FIXED16.width, field.signed))
            else:
                parse = Price.parse if field.signed else Quantity.parse
                value = parse(str(given), encoding="fixed16")
                precisions[field.role] = max(precisions[field.role], value.precision)
                raw.append(value.raw)
        meta = Meta(values.get(kind.key), precisions[Role.PRICE], precisions[Role.SIZE])
        return cls.single(tuple(raw), meta, FIXED16)

    def _key(self) -> tuple[object, ...]:
        encoding = self.owner.encoding
        factor = 10 ** (FIXED16.scale - encoding.scale)
        values: list[Any] = list(self._values())
        for at, field in enumerate(self.kind.fields):
            if field.optional and values[at] == undefined_raw(encoding.width, field.signed):
                values[at] = None
            elif field.is_value:
                values[at] *= factor
        return (self.owner.meta.identity, *values)

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
        return self.brief()

    def brief(self) -> str:
        """The columns that tables show, on one line."""
        texts = self.texts()
        values = " ".join(f"{name}={texts[name]}" for name in self.kind.shown or texts)
        return f"{type(self).__name__}({format_stamp(self.ts_event)} {values})"


def _single(cls: type[Record], values: tuple[Any, ...], meta: Meta, encoding: Encoding) -> Record:
    return cls.single(values, meta, encoding)


def _decoded(at: int, name: str) -> property:
    """A property that decodes a column."""

    def decode(record: Record) -> Any:
        field = record.kind.fields[at]
        if field.is_value:
            return record._price(at) if field.signed else record._size(at)
        return record.owner.cell(at, record.row) if field.enum is None else record._member(at)

    return property(decode, doc=f"What the column `{name}` holds.")


def _member_of(enum: type[IntEnum] | None, number: int) -> IntEnum | None:
    return None if enum is None else enum._value2member_map_.get(number)  # type: ignore[return-value]


def numbers_of(enum: type[IntEnum] | None) -> str:
    """The numbers of an enumeration and what they mean, in a sentence."""
    return ", ".join(f"{member.value} ({member.name})" for member in enum or ())


def _plain(field: Field, given: Any) -> Any:
    """What a dictionary says of a column that is no fixed-point value."""
    if field.role is Role.TEXT:
        return given
    if field.enum is not None:
        known = field.enum.__members__
        if given not in known and _member_of(field.enum, given) is None:
            raise BarrowArgumentError(
                message(field.name, f"{given!r} is none of {', '.join(known)}")
            )
        return int(known.get(given, given))
    dtype = pa.uint64() if field.dtype is None else field.dtype
    try:
        number = int(given) if isinstance(given, str) else given
        return pa.scalar(number, dtype).as_py()
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise BarrowArgumentError(message(field.name, f"{given!r} is no {dtype}")) from error


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
        return AggressorSide(self._member(2))

    @property
    def trade_id(self) -> str:
        """What the venue calls the trade."""
        return str(self.owner.cell(3, self.row))

    @property
    def instrument_id(self) -> str | None:
        """The instrument id as text, or None where nobody said it."""
        return self.owner.meta.identity
