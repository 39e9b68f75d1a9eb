"""Encodings, schemas and metadata of bars in Arrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from barrow._lib import native
from barrow.errors import (
    BarrowArgumentError,
    BarrowParseError,
    BarrowSchemaError,
    message,
    shown,
)

PRICES = ("open", "high", "low", "close")
VALUES = (*PRICES, "volume")
COLUMNS = (*VALUES, "ts_event", "ts_init")

EncodingName = Literal["fixed8", "fixed16", "decimal128"]


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
        return pa.timestamp("ns", "UTC") if self.name == "decimal128" else pa.uint64()


FIXED8 = Encoding("fixed8", 8, 9, 9_223_372_036, 18_446_744_073)
FIXED16 = Encoding("fixed16", 16, 16, 17_014_118_346_046, 34_028_236_692_093)
DECIMAL128 = Encoding("decimal128", 16, 16, 17_014_118_346_046, 34_028_236_692_093)
ENCODINGS: dict[str, Encoding] = {e.name: e for e in (FIXED8, FIXED16, DECIMAL128)}

# Named sentinels. barrow never writes them; files of others may hold them.
PRICE_UNDEF_64, PRICE_ERROR_64 = 2**63 - 1, -(2**63)
PRICE_UNDEF_128, PRICE_ERROR_128 = 2**127 - 1, -(2**127)
QUANTITY_UNDEF_64, QUANTITY_UNDEF_128 = 2**64 - 1, 2**128 - 1

ROUNDINGS = {"exact": 0, "half_even": 1, "half_away": 2, "truncate": 3}


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


@dataclass(frozen=True)
class BarMeta:
    """What the metadata of a schema says about its bars.

    Attributes:
        bar_type: The bar type, or None where nobody said it.
        price_precision: Decimals of prices that carry meaning.
        size_precision: Decimals of volumes that carry meaning.
        symbol: The symbol where only that is known.
    """

    bar_type: str | None
    price_precision: int
    size_precision: int
    symbol: str | None = None

    def to_dict(self) -> dict[str, str]:
        """The metadata of a schema: NautilusTrader's keys, all values text."""
        known = {"bar_type": self.bar_type, "symbol": None if self.bar_type else self.symbol}
        return {
            **{key: value for key, value in known.items() if value},
            "price_precision": str(self.price_precision),
            "size_precision": str(self.size_precision),
        }


def bar_schema(encoding: Encoding, meta: BarMeta) -> pa.Schema:
    """The stored schema of bars: seven columns, none nullable, with metadata."""
    value = encoding.value_type
    fields = [pa.field(name, value, nullable=False) for name in VALUES]
    fields += [
        pa.field(name, encoding.time_type, nullable=False) for name in ("ts_event", "ts_init")
    ]
    return pa.schema(fields, metadata=meta.to_dict())


def read_schema(schema: pa.Schema, where: str) -> tuple[Encoding, BarMeta]:
    """Finds out how bars are stored.

    Args:
        schema: Any schema; columns may be in another order, and more than needed.
        where: What to call its source in an error.

    Raises:
        BarrowSchemaError: These are no bars, or their metadata is no good.
    """
    try:
        names = schema.names
    except UnicodeDecodeError as error:
        raise BarrowSchemaError(message(where, f"a column name is not UTF-8: {error}")) from error
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise BarrowSchemaError(message(where, f"column {', '.join(twice)} is there twice"))
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise BarrowSchemaError(
            message(
                where,
                f"no bars: column {', '.join(missing)} missing, found {', '.join(names)}",
            )
        )
    types = {name: schema.field(name).type for name in COLUMNS}
    encoding = next((e for e in ENCODINGS.values() if types["open"] == e.value_type), None)
    if encoding is None:
        raise BarrowSchemaError(
            message(
                where,
                f'column "open" is {types["open"]}, expected one of '
                + ", ".join(f"{e.value_type} ({e.name})" for e in ENCODINGS.values()),
            )
        )
    for name, found in types.items():
        expected = encoding.value_type if name in VALUES else encoding.time_type
        if found != expected:
            raise BarrowSchemaError(
                message(
                    where, f'column "{name}" is {found}, expected {expected} as in {encoding.name}'
                )
            )
    text = _text_metadata(schema, where)
    precisions: list[int] = []
    for key in ("price_precision", "size_precision"):
        value = text.get(key, "")
        if not value.isascii() or not value.isdigit() or int(value) > encoding.scale:
            raise BarrowSchemaError(
                message(
                    where,
                    f"metadata {key} is {value!r}, expected a number from 0 to {encoding.scale}",
                )
            )
        precisions.append(int(value))
    price_precision, size_precision = precisions
    meta = BarMeta(text.get("bar_type"), price_precision, size_precision, text.get("symbol"))
    return encoding, meta


def _text_metadata(schema: pa.Schema, where: str) -> dict[str, str]:
    try:
        return {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    except UnicodeDecodeError as error:
        raise BarrowSchemaError(message(where, f"the metadata is not UTF-8: {error}")) from error


def column_buffer(array: pa.Array, width: int) -> memoryview:
    """The values of a column without copying: its buffer from its offset on."""
    buffer = array.buffers()[1]
    if buffer is None or len(array) == 0:
        return memoryview(b"")
    begin = array.offset * width
    return memoryview(buffer).toreadonly()[begin : begin + len(array) * width]


def raw_view(array: pa.Array, encoding: Encoding, name: str) -> np.ndarray[Any, Any]:
    """A stored column as NumPy sees it, without copying and read-only.

    Returns:
        For 8-byte values `int64` prices and `uint64` volumes of shape (n,); for
        16-byte values little-endian 64-bit words of shape (n, 2); `uint64` times.
    """
    if name not in VALUES:
        return np.frombuffer(column_buffer(array, 8), np.uint64)
    if encoding.wide:
        return np.frombuffer(column_buffer(array, 16), "<u8").reshape(-1, 2)
    dtype = np.uint64 if name == "volume" else np.int64
    return np.frombuffer(column_buffer(array, 8), dtype)


def array_over(data: Any, dtype: pa.DataType, length: int) -> pa.Array:
    """An Arrow array without nulls over a buffer, without copying."""
    return pa.Array.from_buffers(dtype, length, [None, pa.py_buffer(data)], null_count=0)


def stored_batch(schema: pa.Schema, buffers: list[Any], length: int) -> pa.RecordBatch:
    """A batch over one buffer per column, in the order of the schema."""
    arrays = [
        array_over(data, field.type, length) for data, field in zip(buffers, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def convert_batch(
    batch: pa.RecordBatch, source: Encoding, target: Encoding, schema: pa.Schema, first_row: int = 0
) -> pa.RecordBatch:
    """Stores a batch in another encoding; copies only where the width changes.

    Args:
        batch: Bars, with the columns of the stored schema.
        source: How they are stored.
        target: How they shall be.
        schema: The schema of the result.
        first_row: The number of the batch's first row, for errors.

    Raises:
        BarrowParseError: A value has digits or a size that do not fit.
    """
    arrays = []
    rows = batch.num_rows
    for name, field in zip(COLUMNS, schema, strict=True):
        column = batch.column(name)
        if name in VALUES and source.width != target.width:
            signed = name != "volume"
            data = np.empty(rows * target.width, np.uint8)
            values = column_buffer(column, source.width)
            if target.wide:
                native.column_widen(values, signed, data)
            elif (bad := native.column_narrow(values, signed, data)) >= 0:
                raw = int.from_bytes(values[bad * 16 : bad * 16 + 16], "little", signed=signed)
                raise BarrowParseError(
                    message(
                        f"row {first_row + bad} column {name!r}",
                        f"{format_raw(raw, source.scale)} does not fit into {target.name} "
                        f"({target.scale} decimals, at most "
                        f"{target.price_max if signed else target.size_max})",
                        tries=[f"encoding='{source.name}'"],
                    ),
                    reason="overflow",
                )
            arrays.append(array_over(data, field.type, rows))
        elif column.type == field.type:
            arrays.append(column)
        else:
            width = source.width if name in VALUES else 8
            arrays.append(array_over(column_buffer(column, width), field.type, rows))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def numeric_schema(encoding: Encoding, schema: pa.Schema) -> pa.Schema:
    """The schema other tools receive: numbers instead of opaque binary.

    Eight-byte values become integers with their scale in the metadata of the
    field, sixteen-byte values `decimal128(38, 16)`, times `timestamp[ns, UTC]`.
    """
    fields = []
    for name in COLUMNS:
        if name not in VALUES:
            fields.append(pa.field(name, pa.timestamp("ns", "UTC"), nullable=False))
        elif encoding.wide:
            fields.append(pa.field(name, pa.decimal128(38, 16), nullable=False))
        else:
            dtype = pa.uint64() if name == "volume" else pa.int64()
            fields.append(pa.field(name, dtype, nullable=False, metadata={"scale": "9"}))
    return pa.schema(fields, metadata=schema.metadata)


def numeric_batch(batch: pa.RecordBatch, encoding: Encoding, schema: pa.Schema) -> pa.RecordBatch:
    """A stored batch under the numeric schema, without copying."""
    arrays = []
    for field in schema:
        column = batch.column(field.name)
        width = encoding.width if field.name in VALUES else 8
        arrays.append(array_over(column_buffer(column, width), field.type, len(column)))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def format_raw(raw: int, scale: int, decimals: int | None = None) -> str:
    """A raw value as decimal text: the fewest decimals, or as many as asked for.

    Raises:
        BarrowArgumentError: Digits that are not zero would be lost.
    """
    text = native.format_value(
        _word(raw >> 64), _word(raw), scale == 16, raw < 0, -1 if decimals is None else decimals
    )
    if text is None:
        raise BarrowArgumentError(
            message("format", f"{format_raw(raw, scale)} has more than {decimals} decimals")
        )
    return text


def _word(value: int) -> int:
    """The low 64 bits as a signed integer."""
    return (value + 2**63) % 2**64 - 2**63


def format_stamp(nanoseconds: int) -> str:
    """An instant as ISO 8601 text; a number where it is beyond 2262."""
    if nanoseconds < 2**63:
        return native.format_time(nanoseconds)
    return f"{nanoseconds} ns"


def parse_raw(
    text: str,
    encoding: Encoding,
    *,
    signed: bool = True,
    precision: int | None = None,
    rounding: str = "exact",
) -> tuple[int, int, bool]:
    """Reads decimal text exactly.

    Args:
        text: A decimal number, with an exponent or not.
        encoding: Decides the scale and the range.
        signed: A price, or otherwise a size, which is never negative.
        precision: Decimals to keep; all the encoding has if None.
        rounding: `exact`, `half_even`, `half_away` or `truncate`.

    Returns:
        The raw value, the decimals the text shows, and whether it was rounded.

    Raises:
        BarrowParseError: The text is no number, or one that does not fit.
    """
    precision = encoding.scale if precision is None else precision
    raw, decimals, rounded, reason = native.parse_value(
        text, encoding.wide, signed, precision, rounding_code(rounding)
    )
    if reason:
        name = REASONS[reason]
        raise BarrowParseError(
            message("value", explain(name, shown(text), encoding, precision, signed)), reason=name
        )
    return raw, decimals, bool(rounded)


def rounding_code(rounding: str) -> int:
    """The number of a rounding mode.

    Raises:
        BarrowArgumentError: There is no such mode.
    """
    if rounding not in ROUNDINGS:
        raise BarrowArgumentError(
            message("rounding", f"{rounding!r} is none of {', '.join(ROUNDINGS)}")
        )
    return ROUNDINGS[rounding]


REASONS = native.reason_names()


def explain(reason: str, found: str, encoding: Encoding, precision: int, signed: bool) -> str:
    """What is wrong with a cell, in words.

    Args:
        reason: The name of the reason.
        found: The text of the cell.
        encoding: What it was to be stored as.
        precision: The decimals that were to be kept.
        signed: A price, or otherwise a size.
    """
    largest = encoding.price_max if signed else encoding.size_max
    texts = {
        "empty": "the cell is empty, expected a value",
        "not_a_decimal": f'"{found}" is not a decimal number',
        "not_finite": f'"{found}" is not a finite number',
        "overflow": f'"{found}" is beyond the largest value of {encoding.name}, {largest:_}',
        "decimals": f'"{found}" has more than {precision} decimals',
        "negative": f'"{found}" is negative, expected a volume of zero or more',
        "not_a_time": f'"{found}" is not a date and time in a form that is known',
        "ambiguous_time": f'"{found}" could be day first or month first',
        "time_range": f'"{found}" is not an instant from 1970 to 2262',
        "not_in_zone": f'"{found}" does not exist: clocks were set forward past it',
        "twice_in_zone": f'"{found}" came twice: clocks were set back',
    }
    return texts[reason]
