"""Values of order books that are not there: gaps in frames, undefined ones in streams."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import Field, column_buffer, undefined_rows
from barrow.wranglers.frames import Column

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Filled:
    """A column without gaps.

    Attributes:
        column: The column, with zeros for what is not there.
        gaps: Rows where a frame has a null or a NaN; None without any.
        undefined: Rows that are stored as undefined; None without any.
    """

    column: Column
    gaps: Array | None
    undefined: Array | None


def fill_gaps(column: Column, field: Field, *, stored: bool) -> Filled:
    """Takes out of a column what is no value.

    Args:
        column: Numbers or text.
        field: What it becomes.
        stored: Whether it is of a stored schema, in which null is undefined.
    """
    if pa.types.is_null(column.data.type):  # what frames make of nothing but nulls
        column = Column(column.name, column.data.cast(pa.int64()), column.scale)
    chunks, gaps, undefined = [], [], []
    for chunk in column.data.chunks:
        gap, absent = _absent(chunk, field)
        if stored:
            gap, absent = np.zeros(len(chunk), bool), gap | absent
        chunks.append(_zeroed(chunk, gap | absent))
        gaps.append(gap)
        undefined.append(absent)
    masks = [np.concatenate(m) if m else np.zeros(0, bool) for m in (gaps, undefined)]
    if not any(mask.any() for mask in masks):
        return Filled(column, None, None)
    data = pa.chunked_array(chunks, column.data.type)
    found = [mask if mask.any() else None for mask in masks]
    return Filled(Column(column.name, data, column.scale), *found)


def _absent(chunk: pa.Array, field: Field) -> tuple[Array, Array]:
    """Nulls and NaN, and sentinels."""
    nothing = np.zeros(len(chunk), bool)
    gap, sentinel = nothing, None
    if chunk.null_count:
        gap = chunk.is_null().to_numpy(zero_copy_only=False)
    dtype = chunk.type
    if pa.types.is_floating(dtype):
        gap = gap | np.isnan(np.frombuffer(column_buffer(chunk), dtype.to_pandas_dtype()))
    elif pa.types.is_fixed_size_binary(dtype) and dtype.byte_width in (8, 16):
        sentinel = undefined_rows(column_buffer(chunk), dtype.byte_width, field.signed)
    return gap, nothing if sentinel is None else sentinel & ~gap


def _zeroed(chunk: pa.Array, rows: Array) -> pa.Array:
    if not rows.any():
        return chunk
    import pyarrow.compute as pc  # takes time to import

    dtype = chunk.type
    zero: Any = 0
    if pa.types.is_string(dtype):
        zero = "0"
    elif pa.types.is_decimal(dtype):
        zero = Decimal(0)
    elif pa.types.is_fixed_size_binary(dtype):
        zero = bytes(dtype.byte_width)
    elif not (pa.types.is_integer(dtype) or pa.types.is_floating(dtype)):
        return chunk  # refused for its type
    return pc.if_else(pa.array(rows), pa.scalar(zero, dtype), chunk)
