"""Columns of numbers to raw values, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import (
    PRICE_ERROR_64,
    PRICE_ERROR_128,
    PRICE_UNDEF_64,
    PRICE_UNDEF_128,
    QUANTITY_UNDEF_64,
    QUANTITY_UNDEF_128,
    REASONS,
    ROUNDINGS,
    Encoding,
    column_buffer,
    explain,
    format_raw,
    text_buffers,
)
from barrow._lib import native
from barrow.errors import BarrowParseError, BarrowSchemaError, message, shown
from barrow.wranglers.frames import Column
from barrow.wranglers.report import Rounded

Array = np.ndarray[Any, Any]
_PRICE_SENTINELS = {
    PRICE_UNDEF_64: "an undefined price",
    PRICE_ERROR_64: "an erroneous price",
    PRICE_UNDEF_128: "an undefined price",
    PRICE_ERROR_128: "an erroneous price",
}
_SIZE_SENTINELS = {
    QUANTITY_UNDEF_64: "an undefined size",
    QUANTITY_UNDEF_128: "an undefined size",
}
_EXPECTED = "floats, integers, decimals or text"


@dataclass(frozen=True)
class Target:
    """What raw values a column becomes.

    Attributes:
        name: What records call it.
        encoding: Decides width and range.
        signed: A price, or otherwise a size.
        precision: Decimals to keep.
        rounding: What to do with more of them.
    """

    name: str
    encoding: Encoding
    signed: bool
    precision: int
    rounding: str


def stored_values(column: Column, target: Target) -> memoryview | None:
    """The memory of a column that holds just the raw values records store.

    Returns:
        None where it does not, or has several parts; `fill` says what is wrong, if
        anything is.
    """
    data, encoding = column.data, target.encoding
    if data.num_chunks != 1 or data.null_count or data.type != encoding.value_type:
        return None
    values = column_buffer(data.chunk(0))
    if not np.frombuffer(values, np.uint64).flags.aligned:
        return None
    good = native.column_unfit(values, encoding.wide, target.signed, target.precision) < 0
    return values if good else None


def fill(column: Column, target: Target, first_row: int, room: Array) -> Rounded | None:
    """Turns a column into raw values.

    Args:
        column: Numbers or text.
        target: What they become.
        first_row: The number of the first row, for errors.
        room: Where they go: bytes, as many as all of them take.

    Returns:
        What was rounded, or None.

    Raises:
        BarrowSchemaError: The column has a type that holds no values, or nulls.
        BarrowParseError: A value does not fit; names row and column.
    """
    rounded, first = 0, -1
    begin = 0
    width = target.encoding.width
    for chunk in column.data.chunks:
        rows = len(chunk)
        if rows == 0:
            continue
        check_nulls(chunk, column.name, first_row + begin)
        part = room[begin * width : (begin + rows) * width]
        bad, reason, count, first_here = _convert(chunk, column, target, part)
        if bad >= 0:
            raise _refused(chunk, bad, REASONS[reason], column, target, first_row + begin + bad)
        if count and not rounded:
            first = first_row + begin + first_here
        rounded += count
        begin += rows
    return Rounded(target.name, rounded, first) if rounded else None


def _convert(
    chunk: pa.Array, column: Column, target: Target, room: Array
) -> tuple[int, int, int, int]:
    wide, signed = target.encoding.wide, target.signed
    rest = (wide, signed, target.precision, ROUNDINGS[target.rounding], room)
    dtype = chunk.type
    if pa.types.is_float64(dtype) or pa.types.is_float32(dtype):
        single = pa.types.is_float32(dtype)
        return native.column_from_floats(column_buffer(chunk), single, *rest)
    if pa.types.is_string(dtype):
        offsets, data = text_buffers(chunk)
        return native.column_from_texts(offsets, data, *rest)
    if pa.types.is_integer(dtype):
        bits, plain = (64, pa.int64()) if pa.types.is_signed_integer(dtype) else (-64, pa.uint64())
        values = column_buffer(chunk.cast(plain))
        return native.column_from_decimals(values, bits, column.scale, *rest)
    if pa.types.is_decimal(dtype):
        decimals = _as_decimal128(chunk, column)
        values, scale = column_buffer(decimals), decimals.type.scale
        return native.column_from_decimals(values, 128, scale, *rest)
    if dtype in (pa.binary(8), pa.binary(16)):
        bits, scale = (64, 9) if dtype == pa.binary(8) else (128, 16)
        values = column_buffer(chunk)
        if bits == 64 and wide and (bad := _first_sentinel(values, signed)) >= 0:
            # In 128 bits it would be a value like any other.
            return bad, REASONS.index("overflow"), 0, -1
        return native.column_from_decimals(values, bits if signed else -bits, scale, *rest)
    raise BarrowSchemaError(message(f'column "{column.name}"', f"is {dtype}, expected {_EXPECTED}"))


def _first_sentinel(values: memoryview, signed: bool) -> int:
    raw = np.frombuffer(values, np.int64 if signed else np.uint64)
    known = _PRICE_SENTINELS if signed else _SIZE_SENTINELS
    bad = np.zeros(len(raw), bool)
    for sentinel in known:
        if sentinel.bit_length() <= 64:
            bad |= raw == sentinel
    return int(bad.argmax()) if bad.any() else -1


def _as_decimal128(chunk: pa.Array, column: Column) -> pa.Array:
    dtype = chunk.type
    if pa.types.is_decimal128(dtype) and dtype.scale >= 0:
        return chunk
    try:
        return chunk.cast(pa.decimal128(38, max(dtype.scale, 0)))
    except (pa.ArrowInvalid, ValueError) as error:
        raise BarrowSchemaError(
            message(
                f'column "{column.name}"',
                f"is {dtype}, of which some values do not fit decimal128: {shown(str(error))}",
            )
        ) from error


def check_nulls(chunk: pa.Array, name: str, first_row: int) -> None:
    """Refuses nulls.

    Raises:
        BarrowSchemaError: There are some; names the first row.
    """
    if not chunk.null_count:
        return
    row = int(np.flatnonzero(chunk.is_null().to_numpy(zero_copy_only=False))[0])
    others = chunk.null_count - 1
    more = f" (and {others:,} more)" if others else ""
    raise BarrowSchemaError(
        message(
            f'row {first_row + row} column "{name}"',
            f"holds a null{more}, expected a value",
            tries=["drop or fill such rows first, such as df.dropna()"],
        )
    )


def _refused(
    chunk: pa.Array, at: int, reason: str, column: Column, target: Target, row: int
) -> BarrowParseError:
    found = _text_of(chunk, at, target.signed, column.scale)
    what = explain(reason, found, target.encoding, target.precision, target.signed)
    sentinel = _sentinel(chunk, at, target.signed)
    tries = []
    precision = "price_precision" if target.signed else "size_precision"
    if sentinel is not None:
        what, reason = f"holds {sentinel}, a sentinel, expected a value", "sentinel"
    elif reason == "decimals" and pa.types.is_fixed_size_binary(chunk.type):
        tries = [f"a larger {precision}", 'invalid_raw="repair" for the nearest value']
    elif reason == "decimals":
        tries = [f"a larger {precision}", 'rounding="half_even"']
    elif reason == "overflow" and not target.encoding.wide:
        tries = ['encoding="fixed16"']
    elif reason == "not_finite":
        tries = ["drop or fill such rows first, such as df.dropna()"]
    return BarrowParseError(
        message(f'row {row} column "{column.name}"', what, tries=tries), reason=reason
    )


def raw_at(chunk: pa.Array, at: int, signed: bool) -> int:
    """A stored raw value as an integer."""
    width = chunk.type.byte_width
    data = column_buffer(chunk)[at * width : (at + 1) * width]
    return int.from_bytes(data, "little", signed=signed)


def _sentinel(chunk: pa.Array, at: int, signed: bool) -> str | None:
    if not pa.types.is_fixed_size_binary(chunk.type):
        return None
    # The sentinel of a column has all of its bits: the narrow one is a value in the wide.
    raw, bits = raw_at(chunk, at, signed), 8 * chunk.type.byte_width
    known = _PRICE_SENTINELS if signed else _SIZE_SENTINELS
    return known.get(raw) if max(raw.bit_length(), (~raw).bit_length()) >= bits - 1 else None


def _text_of(chunk: pa.Array, at: int, signed: bool, scale: int) -> str:
    if pa.types.is_float32(chunk.type):
        return str(np.frombuffer(column_buffer(chunk), np.float32)[at])
    if pa.types.is_fixed_size_binary(chunk.type):
        raw, stored = raw_at(chunk, at, signed), 9 if chunk.type.byte_width == 8 else 16
        return format_raw(raw, stored) if raw.bit_length() < 128 else str(raw)
    value = chunk[at].as_py()
    if scale and isinstance(value, int):
        return format_raw(value, scale)
    return shown(value if isinstance(value, str) else str(value))
