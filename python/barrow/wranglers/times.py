"""Columns of times to nanoseconds since 1970."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import FIXED8, REASONS, column_buffer, explain, text_buffers
from barrow._lib import native
from barrow.errors import BarrowParseError, BarrowSchemaError, message, shown
from barrow.wranglers.frames import Column
from barrow.wranglers.values import check_nulls

Array = np.ndarray[Any, Any]
_LARGEST = 2**63 - 1
_FACTORS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_STORED = (pa.uint64(), pa.int64(), pa.timestamp("ns"), pa.timestamp("ns", "UTC"))
_DAY = 86_400 * 10**9
# Seconds, milliseconds, ... of 2001 to 2286 have these many digits, as in CSV.
_DIGITS = {"s": 10, "ms": 13, "us": 16, "ns": 19}


def fill_times(column: Column, first_row: int, unit: str, room: Array) -> None:
    """Turns a column of times into nanoseconds.

    Args:
        column: Time stamps with a zone or in UTC, dates, integers, or ISO 8601 text.
        first_row: The number of the first row, for errors.
        unit: What integers count, or `auto`.
        room: `int64`, as many as there are rows.

    Raises:
        BarrowSchemaError: The column has a type that holds no times, or nulls (NaT).
        BarrowParseError: A time is before 1970 or after 2262, or none.
    """
    begin = 0
    for chunk in column.data.chunks:
        rows = len(chunk)
        if rows:
            check_nulls(chunk, column.name, first_row + begin)
            _fill(chunk, column, first_row + begin, unit, room[begin : begin + rows])
        begin += rows


def stored_times(column: Column) -> memoryview | None:
    """The memory of a column that holds just what records store.

    Returns:
        None where it does not, or has several parts.
    """
    data = column.data
    if data.num_chunks != 1 or data.null_count or data.type not in _STORED:
        return None
    values = column_buffer(data.chunk(0))
    # As signed integers, times after 2262 are negative.
    stamps = np.frombuffer(values, np.int64)
    good = stamps.flags.aligned and (not len(stamps) or int(stamps.min()) >= 0)
    return values if good else None


def add_delay(stamps: Array, delta: int, first_row: int, room: Array) -> None:
    """Adds a delay to times.

    Raises:
        BarrowParseError: A sum is before 1970 or after 2262.
    """
    if len(stamps):
        low, high = int(stamps.min()) + delta, int(stamps.max()) + delta
        if low < 0 or high > _LARGEST:
            at = int(stamps.argmin() if low < 0 else stamps.argmax())
            raise _out_of_range(f"{int(stamps[at])} + {delta} ns", first_row + at, "ts_init")
    np.add(stamps, delta, out=room)


def _fill(chunk: pa.Array, column: Column, first_row: int, unit: str, room: Array) -> None:
    dtype = chunk.type
    if pa.types.is_timestamp(dtype):
        values = np.frombuffer(column_buffer(chunk), np.int64)
        _scale(values, _FACTORS[dtype.unit], column, first_row, room)
    elif pa.types.is_date32(dtype):
        days = np.frombuffer(column_buffer(chunk), np.int32).astype(np.int64)
        _scale(days, _DAY, column, first_row, room)
    elif pa.types.is_date64(dtype):
        values = np.frombuffer(column_buffer(chunk), np.int64)
        _scale(values, _FACTORS["ms"], column, first_row, room)
    elif pa.types.is_integer(dtype):
        plain = np.int64 if pa.types.is_signed_integer(dtype) else np.uint64
        values = np.frombuffer(column_buffer(chunk), dtype.to_pandas_dtype()).astype(plain)
        if unit == "auto":
            _scale_by_digits(values, column, first_row, room)
        else:
            _scale(values, _FACTORS[unit], column, first_row, room)
    elif pa.types.is_string(dtype):
        _parse(chunk, column, first_row, room)
    else:
        raise BarrowSchemaError(
            message(
                f'column "{column.name}"',
                f"is {dtype}, expected times, dates, integers or text",
                tries=["pd.to_datetime(...)"],
            )
        )


def _scale(values: Array, factor: int, column: Column, first_row: int, room: Array) -> None:
    if int(values.min()) < 0 or int(values.max()) > _LARGEST // factor:
        bad = np.flatnonzero((values < 0) | (values > _LARGEST // factor))
        at = int(bad[0])
        raise _out_of_range(str(int(values[at])), first_row + at, column.name)
    np.multiply(values, factor, out=room, casting="unsafe")


def _scale_by_digits(values: Array, column: Column, first_row: int, room: Array) -> None:
    done = np.zeros(len(values), bool)
    for unit, digits in _DIGITS.items():
        these = (values >= 10 ** (digits - 1)) & (values <= min(10**digits - 1, _LARGEST))
        if these.all():
            _scale(values, _FACTORS[unit], column, first_row, room)
            return
        room[these] = values[these].astype(np.int64) * _FACTORS[unit]
        done |= these
    if not done.all():
        at = int(np.flatnonzero(~done)[0])
        raise BarrowParseError(
            message(
                f'row {first_row + at} column "{column.name}"',
                f"{int(values[at])} could be seconds or nanoseconds: expected 10, 13, 16 or "
                "19 digits",
                tries=['time_unit="ns" if it counts nanoseconds', "pd.to_datetime(..., unit=...)"],
            ),
            reason="not_a_time",
        )


def _parse(chunk: pa.Array, column: Column, first_row: int, room: Array) -> None:
    bad, reason, _, _ = native.column_from_times(*text_buffers(chunk), room)
    if bad >= 0:
        name = REASONS[reason]
        raise BarrowParseError(
            message(
                f'row {first_row + bad} column "{column.name}"',
                explain(name, shown(chunk[bad].as_py()), FIXED8, 0, True),
            ),
            reason=name,
        )


def _out_of_range(found: str, row: int, name: str) -> BarrowParseError:
    return BarrowParseError(
        message(f'row {row} column "{name}"', explain("time_range", found, FIXED8, 0, True)),
        reason="time_range",
    )
