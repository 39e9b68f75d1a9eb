"""Kinds of records, how their values are stored, and the schemas that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import pyarrow as pa

from barrow.errors import BarrowArgumentError, BarrowSchemaError, message

EncodingName = Literal["fixed8", "fixed16", "decimal128"]
TIMES = ("ts_event", "ts_init")
_STAMP = pa.timestamp("ns", "UTC")


@dataclass(frozen=True)
class Encoding:
    """How values are stored.

    Attributes:
        name: `fixed8`, `fixed16` or `decimal128`.
        width: Bytes of a value.
        scale: The power of ten one raw unit stands for.
        price_max: The largest whole price; NautilusTrader's limit.
        size_max: The largest whole volume.
    """

    name: EncodingName
    width: int
    scale: int
    price_max: int
    size_max: int

    @property
    def wide(self) -> bool:
        """Whether raw values have 128 bits."""
        return self.width == 16

    @property
    def value_type(self) -> pa.DataType:
        """The Arrow type of a stored value."""
        return pa.decimal128(38, 16) if self.name == "decimal128" else pa.binary(self.width)

    @property
    def time_type(self) -> pa.DataType:
        """The Arrow type of a stored time stamp."""
        return _STAMP if self.name == "decimal128" else pa.uint64()


FIXED8 = Encoding("fixed8", 8, 9, 9_223_372_036, 18_446_744_073)
FIXED16 = Encoding("fixed16", 16, 16, 17_014_118_346_046, 34_028_236_692_093)
DECIMAL128 = Encoding("decimal128", 16, 16, 17_014_118_346_046, 34_028_236_692_093)
ENCODINGS: dict[str, Encoding] = {e.name: e for e in (FIXED8, FIXED16, DECIMAL128)}

# Named sentinels. barrow never writes them; files of others may hold them.
PRICE_UNDEF_64, PRICE_ERROR_64 = 2**63 - 1, -(2**63)
PRICE_UNDEF_128, PRICE_ERROR_128 = 2**127 - 1, -(2**127)
QUANTITY_UNDEF_64, QUANTITY_UNDEF_128 = 2**64 - 1, 2**128 - 1


def encoding_named(name: str) -> Encoding:
    """The encoding of that name.

    Raises:
        BarrowArgumentError: There is none.
    """
    if name not in ENCODINGS:
        raise BarrowArgumentError(
            message(
                "encoding",
                f"{name!r} is none of the encodings",
                tries=["auto for the narrowest that fits", *ENCODINGS],
            )
        )
    return ENCODINGS[name]


class AggressorSide(IntEnum):
    """Who crossed the spread to make a trade; NautilusTrader's numbers."""

    NO_AGGRESSOR = 0
    BUYER = 1
    SELLER = 2


@dataclass(frozen=True)
class RecordKind:
    """What a record of market data consists of.

    Attributes:
        name: `bar`, `quote` or `trade`.
        prices: Signed values, which come first.
        sizes: Unsigned values, which come next.
        extras: Columns that are neither values nor times, with their type, which no
            encoding changes.
        key: The metadata that names what the records are of: `bar_type` or
            `instrument_id`.
    """

    name: str
    prices: tuple[str, ...]
    sizes: tuple[str, ...]
    extras: tuple[tuple[str, pa.DataType], ...]
    key: str

    @property
    def values(self) -> tuple[str, ...]:
        """Columns of fixed-point values."""
        return (*self.prices, *self.sizes)

    @property
    def extra_names(self) -> tuple[str, ...]:
        """Columns that are neither values nor times."""
        return tuple(name for name, _ in self.extras)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column, in the order of the stored schema."""
        return (*self.values, *self.extra_names, *TIMES)

    @property
    def plural(self) -> str:
        """What several of them are called."""
        return f"{self.name}s"

    @property
    def title(self) -> str:
        """What `key` is called in a sentence."""
        return self.key.replace("_", " ")

    def type_of(self, name: str, encoding: Encoding) -> pa.DataType:
        """The Arrow type of a stored column."""
        if name in TIMES:
            return encoding.time_type
        return dict(self.extras).get(name, encoding.value_type)

    def aligned_rows(self, rows: int) -> int:
        """The most rows of a batch, up to `rows`, whose columns are aligned in a file.

        Of a text of n rows a file holds n + 1 offsets of 4 bytes, and only the ones
        that fill lines of 64 bytes leave what follows aligned: 65,535 are good, 65,536
        are not.
        """
        if not any(pa.types.is_string(dtype) for _, dtype in self.extras) or rows < 15:
            return rows
        return (rows + 1) // 16 * 16 - 1


BAR = RecordKind("bar", ("open", "high", "low", "close"), ("volume",), (), "bar_type")
QUOTE = RecordKind(
    "quote", ("bid_price", "ask_price"), ("bid_size", "ask_size"), (), "instrument_id"
)
TRADE = RecordKind(
    "trade",
    ("price",),
    ("size",),
    (("aggressor_side", pa.uint8()), ("trade_id", pa.string())),
    "instrument_id",
)
KINDS: dict[str, RecordKind] = {kind.name: kind for kind in (BAR, QUOTE, TRADE)}


@dataclass(frozen=True)
class Meta:
    """What the metadata of a schema says about its records.

    Attributes:
        identity: The bar type or the instrument id, or None where nobody said it.
        price_precision: Decimals of prices that carry meaning.
        size_precision: Decimals of sizes that carry meaning.
        symbol: The symbol where only that is known.
    """

    identity: str | None
    price_precision: int
    size_precision: int
    symbol: str | None = None

    def to_dict(self, kind: RecordKind) -> dict[str, str]:
        """The metadata of a schema: NautilusTrader's keys, all values text."""
        known = {kind.key: self.identity, "symbol": None if self.identity else self.symbol}
        return {
            **{key: value for key, value in known.items() if value},
            "price_precision": str(self.price_precision),
            "size_precision": str(self.size_precision),
        }


def record_schema(kind: RecordKind, encoding: Encoding, meta: Meta) -> pa.Schema:
    """The stored schema: the columns of the kind, none nullable, with metadata."""
    fields = [pa.field(name, kind.type_of(name, encoding), nullable=False) for name in kind.columns]
    return pa.schema(fields, metadata=meta.to_dict(kind))


def numeric_schema(kind: RecordKind, encoding: Encoding, schema: pa.Schema) -> pa.Schema:
    """The schema other tools receive: numbers instead of opaque binary.

    Eight-byte values become integers with their scale in the metadata of the
    field, sixteen-byte values `decimal128(38, 16)`, times `timestamp[ns, UTC]`.
    """
    fields = []
    for name in kind.columns:
        if name in TIMES:
            fields.append(pa.field(name, _STAMP, nullable=False))
        elif name not in kind.values:
            fields.append(schema.field(name))
        elif encoding.wide:
            fields.append(pa.field(name, pa.decimal128(38, 16), nullable=False))
        else:
            dtype = pa.int64() if name in kind.prices else pa.uint64()
            fields.append(pa.field(name, dtype, nullable=False, metadata={"scale": "9"}))
    return pa.schema(fields, metadata=schema.metadata)


def read_schema(
    schema: pa.Schema, where: str, kind: RecordKind | None = None
) -> tuple[RecordKind, Encoding, Meta]:
    """Finds out which records a schema is of, and how they are stored.

    Args:
        schema: Any schema; columns may be in another order, and more than needed.
        where: What to call its source in an error.
        kind: What they have to be; found by the columns that are there if None.

    Raises:
        BarrowSchemaError: These are no such records, or their metadata is no good.
    """
    try:
        names = schema.names
    except UnicodeDecodeError as error:
        raise BarrowSchemaError(message(where, f"a column name is not UTF-8: {error}")) from error
    kind = _check_names(names, where, kind)
    encoding = _check_types(schema, where, kind)
    text = _text_metadata(schema, where)
    price_precision, size_precision = (
        _precision(text, key, where, encoding) for key in ("price_precision", "size_precision")
    )
    meta = Meta(text.get(kind.key), price_precision, size_precision, text.get("symbol"))
    return kind, encoding, meta


def _precision(text: dict[str, str], key: str, where: str, encoding: Encoding) -> int:
    value = text.get(key, "")
    if not value.isascii() or not value.isdigit() or int(value) > encoding.scale:
        raise BarrowSchemaError(
            message(
                where, f"metadata {key} is {value!r}, expected a number from 0 to {encoding.scale}"
            )
        )
    return int(value)


def _check_names(names: Sequence[str], where: str, wanted: RecordKind | None) -> RecordKind:
    there = set(names)
    whole = [kind for kind in KINDS.values() if there.issuperset(kind.columns)]
    kind = wanted or (whole[0] if whole else _nearest(names, where))
    twice = [name for name in kind.columns if names.count(name) > 1]
    if twice:
        raise BarrowSchemaError(message(where, f"column {', '.join(twice)} is there twice"))
    missing = [name for name in kind.columns if name not in there]
    if missing:
        raise BarrowSchemaError(
            message(
                where,
                f"no {kind.plural}: column {', '.join(missing)} missing, found {', '.join(names)}",
                tries=[f"these are {other.plural}: use {other.plural.title()}" for other in whole],
            )
        )
    return kind


def _nearest(names: Sequence[str], where: str) -> RecordKind:
    """The kind most of whose columns are there, to say which ones are not."""

    def share(kind: RecordKind) -> float:
        own = (*kind.values, *kind.extra_names)
        return sum(name in names for name in own) / len(own)

    kind = max(KINDS.values(), key=share)
    if share(kind) == 0:
        raise BarrowSchemaError(
            message(
                where,
                f"neither bars, quotes nor trades: found {', '.join(names) or 'no columns'}",
                tries=[f"{k.plural} have {', '.join(k.columns)}" for k in KINDS.values()],
            )
        )
    return kind


def _check_types(schema: pa.Schema, where: str, kind: RecordKind) -> Encoding:
    first = kind.values[0]
    told = schema.field(first).type
    encoding = next((e for e in ENCODINGS.values() if told == e.value_type), None)
    if encoding is None:
        raise BarrowSchemaError(
            message(
                where,
                f'column "{first}" is {told}, expected one of '
                + ", ".join(f"{e.value_type} ({e.name})" for e in ENCODINGS.values()),
            )
        )
    for name in kind.columns:
        found, expected = schema.field(name).type, kind.type_of(name, encoding)
        if found != expected:
            raise BarrowSchemaError(
                message(
                    where, f'column "{name}" is {found}, expected {expected} as in {encoding.name}'
                )
            )
    return encoding


def _text_metadata(schema: pa.Schema, where: str) -> dict[str, str]:
    try:
        return {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    except UnicodeDecodeError as error:
        raise BarrowSchemaError(message(where, f"the metadata is not UTF-8: {error}")) from error
