"""What only trades have: sides and identifiers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import AggressorSide, column_buffer
from barrow.errors import BarrowParseError, BarrowSchemaError, message, shown
from barrow.wranglers.frames import Column
from barrow.wranglers.values import check_nulls

Array = np.ndarray[Any, Any]
# As the CSV reader has it: `ask` and `a` are a trade that hit the bid.
_SIDES = {
    AggressorSide.BUYER: ("buyer", "buy", "b", "bid"),
    AggressorSide.SELLER: ("seller", "sell", "s", "ask", "a"),
    AggressorSide.NO_AGGRESSOR: ("no_aggressor", "none", "n", "unknown", "undefined", ""),
}
_CODES = {text: side.value for side, texts in _SIDES.items() for text in texts}


def sides(column: Column, first_row: int) -> Array:
    """The numbers of sides.

    Args:
        column: Text, numbers of sides, or flags that tell if the buyer was the maker.
        first_row: The number of the first row, for errors.

    Raises:
        BarrowSchemaError: The column has a type that holds no sides, or nulls.
        BarrowParseError: A value is no side.
    """
    parts = [np.empty(0, np.uint8)]
    begin = first_row
    for chunk in column.data.chunks:
        check_nulls(chunk, column.name, begin)
        parts.append(_sides(chunk, column, begin))
        begin += len(chunk)
    return np.concatenate(parts)


def _sides(chunk: pa.Array, column: Column, first_row: int) -> Array:
    dtype = chunk.type
    if column.is_flag:
        if not pa.types.is_boolean(dtype):
            raise _wrong_type(column, "flags: true where the buyer was the maker")
        maker = chunk.to_numpy(zero_copy_only=False)
        return np.where(maker, AggressorSide.SELLER, AggressorSide.BUYER).astype(np.uint8)
    if pa.types.is_integer(dtype):
        values = np.frombuffer(column_buffer(chunk), dtype.to_pandas_dtype())
        bad = (values < 0) | (values >= len(AggressorSide))
        if bad.any():
            at = int(bad.argmax())
            raise _no_side(str(values[at]), column, first_row + at)
        return values.astype(np.uint8)
    if pa.types.is_string(dtype):
        # Sides repeat: their few texts are looked up once each.
        encoded = chunk.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        codes = np.array([_CODES.get(text.lower(), 255) for text in texts], np.uint8)
        found = codes[encoded.indices.to_numpy()] if len(texts) else np.empty(0, np.uint8)
        if (bad := found == 255).any():
            at = int(bad.argmax())
            raise _no_side(f'"{shown(chunk[at].as_py())}"', column, first_row + at)
        return found
    raise _wrong_type(column, "text such as buy or sell, or the numbers 0, 1 and 2")


def _wrong_type(column: Column, expected: str) -> BarrowSchemaError:
    return BarrowSchemaError(
        message(f'column "{column.name}"', f"is {column.data.type}, expected {expected}")
    )


def _no_side(found: str, column: Column, row: int) -> BarrowParseError:
    numbers = ", ".join(f"{side.value} ({side.name})" for side in AggressorSide)
    return BarrowParseError(
        message(
            f'row {row} column "{column.name}"',
            f"{found} is no side: expected {numbers}, or text such as buy or sell",
        ),
        reason="not_a_side",
    )


def identifiers(column: Column, first_row: int) -> pa.Array:
    """Identifiers of trades: text, or integers as text.

    Raises:
        BarrowSchemaError: The column has a type that holds none, or nulls.
        BarrowParseError: They are not UTF-8.
    """
    begin = first_row
    for chunk in column.data.chunks:
        check_nulls(chunk, column.name, begin)
        begin += len(chunk)
    data = column.data
    if pa.types.is_integer(data.type):
        data = data.cast(pa.string())
    if not pa.types.is_string(data.type):
        raise _wrong_type(column, "text or integers")
    whole = data.combine_chunks() if data.num_chunks != 1 else data.chunk(0)
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays([pa.array([], pa.string()), *whole.chunks])
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid as error:
        raise BarrowParseError(
            message(f'column "{column.name}"', f"is damaged: {error}"), reason="not_utf8"
        ) from error
    return whole
