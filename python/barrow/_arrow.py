"""Stored records in memory: views of columns, conversions, and single values as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._lib import native
from barrow._records import (
    BAR,
    DECIMAL128,
    ENCODINGS,
    FIXED8,
    FIXED16,
    KINDS,
    PRICE_ERROR_64,
    PRICE_ERROR_128,
    PRICE_UNDEF_64,
    PRICE_UNDEF_128,
    QUANTITY_UNDEF_64,
    QUANTITY_UNDEF_128,
    QUOTE,
    TIMES,
    TRADE,
    AggressorSide,
    Encoding,
    EncodingName,
    Meta,
    RecordKind,
    encoding_named,
    numeric_schema,
    read_schema,
    record_schema,
)
from barrow.errors import BarrowArgumentError, BarrowParseError, message, shown

__all__ = [
    "BAR",
    "DECIMAL128",
    "ENCODINGS",
    "FIXED8",
    "FIXED16",
    "KINDS",
    "PRICE_ERROR_64",
    "PRICE_ERROR_128",
    "PRICE_UNDEF_64",
    "PRICE_UNDEF_128",
    "QUANTITY_UNDEF_64",
    "QUANTITY_UNDEF_128",
    "QUOTE",
    "REASONS",
    "ROUNDINGS",
    "TIMES",
    "TRADE",
    "AggressorSide",
    "Encoding",
    "EncodingName",
    "Meta",
    "RecordKind",
    "array_over",
    "column_buffer",
    "convert_batch",
    "encoding_named",
    "explain",
    "format_raw",
    "format_stamp",
    "is_text",
    "numeric_batch",
    "numeric_schema",
    "padded",
    "parse_raw",
    "raw_view",
    "read_schema",
    "record_schema",
    "rounding_code",
    "stored_batch",
    "text_buffers",
]

ROUNDINGS = {"exact": 0, "half_even": 1, "half_away": 2, "truncate": 3}


def is_text(dtype: pa.DataType) -> bool:
    """Whether a stored column is text: two buffers, offsets and bytes."""
    return bool(pa.types.is_string(dtype))


def padded(size: int) -> int:
    """The next multiple of 64, to which columns are aligned in memory and in files."""
    return -(-size // 64) * 64


def column_buffer(array: pa.Array) -> memoryview:
    """The values of a column without copying: its buffer from its offset on.

    Args:
        array: Values of one width, so no text.
    """
    buffer = array.buffers()[1]
    if buffer is None or len(array) == 0:
        return memoryview(b"")
    width = array.type.bit_width // 8
    begin = array.offset * width
    return memoryview(buffer).toreadonly()[begin : begin + len(array) * width]


def text_buffers(array: pa.Array) -> tuple[memoryview, memoryview]:
    """The offsets and the bytes of a text column without copying.

    Returns:
        `int32` offsets, one more than there are rows and the first one seldom zero,
        and all bytes they point into. No offsets at all if there are no rows.
    """
    _, offsets, data = array.buffers()
    if offsets is None or len(array) == 0:
        return memoryview(b""), memoryview(b"")
    begin = 4 * array.offset
    return (
        memoryview(offsets).toreadonly()[begin : begin + 4 * (len(array) + 1)],
        memoryview(b"" if data is None else data).toreadonly(),
    )


def raw_view(kind: RecordKind, array: pa.Array, name: str) -> np.ndarray[Any, Any]:
    """A stored column as NumPy sees it, without copying and read-only.

    Returns:
        For 8-byte values `int64` prices and `uint64` sizes of shape (n,); for
        16-byte values little-endian 64-bit words of shape (n, 2); `uint64` times;
        `uint8` aggressor sides.
    """
    data = column_buffer(array)
    if name in kind.extra_names:
        return np.frombuffer(data, array.type.to_pandas_dtype())
    if name in kind.values and array.type.bit_width == 128:
        return np.frombuffer(data, "<u8").reshape(-1, 2)
    return np.frombuffer(data, np.int64 if name in kind.prices else np.uint64)


def array_over(data: Any, dtype: pa.DataType, length: int) -> pa.Array:
    """An Arrow array without nulls over memory, without copying.

    Args:
        data: A buffer; for text a pair of them, `int32` offsets and bytes.
        dtype: The type of the array.
        length: Rows.
    """
    parts = data if is_text(dtype) else (data,)
    buffers = [None, *(pa.py_buffer(part) for part in parts)]
    return pa.Array.from_buffers(dtype, length, buffers, null_count=0)


def stored_batch(schema: pa.Schema, buffers: Sequence[Any], length: int) -> pa.RecordBatch:
    """A batch over the memory of its columns, without copying.

    Args:
        schema: A stored schema.
        buffers: As `array_over` takes them, in the order of the schema.
        length: Rows.
    """
    arrays = [
        array_over(data, field.type, length) for data, field in zip(buffers, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def convert_batch(
    kind: RecordKind,
    batch: pa.RecordBatch,
    source: Encoding,
    target: Encoding,
    schema: pa.Schema,
    first_row: int = 0,
) -> pa.RecordBatch:
    """Stores a batch in another encoding; copies only where the width changes.

    Args:
        kind: What the batch holds.
        batch: Records, with the columns of the stored schema.
        source: How they are stored.
        target: How they shall be.
        schema: The schema of the result.
        first_row: The number of the batch's first row, for errors.

    Raises:
        BarrowParseError: A value has digits or a size that do not fit.
    """
    arrays = []
    rows = batch.num_rows
    for field in schema:
        name, column = field.name, batch.column(field.name)
        if name in kind.values and source.width != target.width:
            signed = name in kind.prices
            data = np.empty(rows * target.width, np.uint8)
            values = column_buffer(column)
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
        else:
            arrays.append(_retyped(column, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def numeric_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A stored batch under the numeric schema, without copying."""
    arrays = [_retyped(batch.column(field.name), field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _retyped(column: pa.Array, dtype: pa.DataType) -> pa.Array:
    """The same memory under another type of the same width."""
    if column.type == dtype:
        return column
    return array_over(column_buffer(column), dtype, len(column))


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
        "negative": f'"{found}" is negative, expected zero or more',
        "not_a_time": f'"{found}" is not a date and time in a form that is known',
        "ambiguous_time": f'"{found}" could be day first or month first',
        "time_range": f'"{found}" is not an instant from 1970 to 2262',
        "not_in_zone": f'"{found}" does not exist: clocks were set forward past it',
        "twice_in_zone": f'"{found}" came twice: clocks were set back',
        "not_a_side": f'"{found}" is no side that is known, such as buy or sell',
        "not_utf8": f'"{found}" is not UTF-8',
    }
    return texts[reason]
