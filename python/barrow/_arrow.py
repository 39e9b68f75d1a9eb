"""Stored records in memory: views of columns, conversions, and single values as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._columns import (
    PRICE_ERROR_64,
    PRICE_ERROR_128,
    PRICE_UNDEF_64,
    PRICE_UNDEF_128,
    QUANTITY_UNDEF_64,
    QUANTITY_UNDEF_128,
    array_over,
    column_buffer,
    erroneous_raw,
    is_text,
    padded,
    put_raw,
    rows_of,
    settled_nulls,
    text_buffers,
    undefined_raw,
    undefined_rows,
)
from barrow._lib import native
from barrow._records import (
    BAR,
    DECIMAL128,
    DELTA,
    DEPTH,
    DEPTH_LEVELS,
    ENCODINGS,
    FIXED8,
    FIXED16,
    KINDS,
    QUOTE,
    TIMES,
    TRADE,
    AggressorSide,
    BookAction,
    Encoding,
    EncodingName,
    Field,
    Meta,
    OrderSide,
    RecordFlag,
    RecordKind,
    Role,
    check_nulls,
    encoding_named,
    listed,
    numeric_schema,
    read_schema,
    record_schema,
)
from barrow.errors import BarrowArgumentError, BarrowParseError, message, shown

__all__ = [
    "BAR",
    "DECIMAL128",
    "DELTA",
    "DEPTH",
    "DEPTH_LEVELS",
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
    "BookAction",
    "Encoding",
    "EncodingName",
    "Field",
    "Meta",
    "OrderSide",
    "RecordFlag",
    "RecordKind",
    "Role",
    "array_over",
    "check_nulls",
    "column_buffer",
    "convert_batch",
    "encoding_named",
    "explain",
    "format_raw",
    "format_stamp",
    "is_text",
    "listed",
    "numeric_batch",
    "numeric_schema",
    "padded",
    "parse_raw",
    "put_raw",
    "raw_view",
    "read_schema",
    "record_schema",
    "rounding_code",
    "settled_nulls",
    "stored_batch",
    "text_buffers",
    "undefined_raw",
    "undefined_rows",
]

ROUNDINGS = {"exact": 0, "half_even": 1, "half_away": 2, "truncate": 3}


def raw_view(field: Field, array: pa.Array) -> np.ndarray[Any, Any]:
    """A stored column as NumPy sees it, without copying and read-only.

    Args:
        field: What it is; no text.
        array: The column.

    Returns:
        For 8-byte values `int64` prices and `uint64` sizes of shape (n,); for
        16-byte values little-endian 64-bit words of shape (n, 2); `uint64` times;
        other columns as they are.
    """
    data = column_buffer(array)
    if field.role is Role.PLAIN:
        return np.frombuffer(data, array.type.to_pandas_dtype())
    if field.is_value and array.type.bit_width == 128:
        return np.frombuffer(data, "<u8").reshape(-1, 2)
    return np.frombuffer(data, np.int64 if field.signed else np.uint64)


def stored_batch(schema: pa.Schema, buffers: Sequence[Any], length: int) -> pa.RecordBatch:
    """A batch over the memory of its columns, without copying.

    Args:
        schema: A stored schema.
        buffers: As `array_over` takes them, or arrays, in the order of the schema.
        length: Rows.
    """
    arrays = [
        data if isinstance(data, pa.Array) else array_over(data, field.type, length)
        for data, field in zip(buffers, schema, strict=True)
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
    for field in kind.fields:
        column = batch.column(field.name)
        wanted = schema.field(field.name).type
        if not field.is_value:
            arrays.append(_retyped(column, wanted))
            continue
        width = source.width
        marks = _marks(field, column_buffer(column), width)
        nulls = marks.get(undefined_raw(width, field.signed))
        if target.name == "decimal128":
            _check_numbers(field, marks, width, first_row)
        if width == target.width:
            data: Any = column_buffer(column)
        else:
            data = _resized(field, column, source, target, marks, first_row)
        if target.name != "decimal128":
            nulls = None
        arrays.append(array_over(data, wanted, len(column), nulls))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


Marks = dict[int, np.ndarray[Any, Any]]


def _marks(field: Field, values: Any, width: int) -> Marks:
    """Raw values that are no numbers, and the rows they are in."""
    raws = [undefined_raw(width, field.signed), *([erroneous_raw(width)] if field.signed else [])]
    found = {raw: rows_of(values, width, raw) for raw in raws}
    return {raw: rows for raw, rows in found.items() if rows is not None}


def _check_numbers(field: Field, marks: Marks, width: int, first_row: int) -> None:
    """Refuses what decimals have no number for, and nulls have no place for."""
    for raw, rows in marks.items():
        if raw == undefined_raw(width, field.signed) and field.optional:
            continue
        what = "undefined" if raw == undefined_raw(width, field.signed) else "an erroneous price"
        raise BarrowParseError(
            message(
                f"row {first_row + int(np.argmax(rows))} column {field.name!r}",
                f"is {what}, which decimal128 has no number for",
                tries=["encoding='fixed16'", "bw.validate(records) shows the rows"],
            ),
            reason="overflow",
        )


def _resized(
    field: Field,
    column: pa.Array,
    source: Encoding,
    target: Encoding,
    marks: Marks,
    first_row: int,
) -> np.ndarray[Any, Any]:
    """Values of 8 bytes in 16, or the other way round."""
    signed = field.signed
    values: Any = column_buffer(column)
    if marks:  # neither width can tell them from values of the other
        values = np.frombuffer(values, np.uint8).copy()
        for rows in marks.values():
            put_raw(values, rows, 0, source.width)
    data = np.empty(len(column) * target.width, np.uint8)
    if target.wide:
        native.column_widen(values, signed, data)
    elif (bad := native.column_narrow(values, signed, data)) >= 0:
        raw = int.from_bytes(bytes(values[bad * 16 : bad * 16 + 16]), "little", signed=signed)
        raise BarrowParseError(
            message(
                f"row {first_row + bad} column {field.name!r}",
                f"{format_raw(raw, source.scale)} does not fit into {target.name} "
                f"({target.scale} decimals, at most "
                f"{target.price_max if signed else target.size_max})",
                tries=[f"encoding='{source.name}'"],
            ),
            reason="overflow",
        )
    for raw, rows in marks.items():
        undefined = raw == undefined_raw(source.width, signed)
        wanted = undefined_raw(target.width, signed) if undefined else erroneous_raw(target.width)
        put_raw(data, rows, wanted, target.width)
    return data


def numeric_batch(kind: RecordKind, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A stored batch under the numeric schema, without copying values."""
    arrays = []
    for field in kind.fields:
        column, wanted = batch.column(field.name), schema.field(field.name).type
        if not field.optional:
            arrays.append(_retyped(column, wanted))
            continue
        data = column_buffer(column)
        nulls = undefined_rows(data, wanted.bit_width // 8, field.signed)
        arrays.append(array_over(data, wanted, len(column), nulls))
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
