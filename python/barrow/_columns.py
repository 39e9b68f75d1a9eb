"""The memory of Arrow columns: views, arrays over buffers, values that are undefined.

A value that is undefined is a sentinel where values are binary and a null where they are
decimals. In memory it is both: what lies under such a null is the sentinel, so that raw
values tell the same whatever the encoding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

Array = np.ndarray[Any, Any]

# Named sentinels. Only columns of order books may hold those of undefined values.
PRICE_UNDEF_64, PRICE_ERROR_64 = 2**63 - 1, -(2**63)
PRICE_UNDEF_128, PRICE_ERROR_128 = 2**127 - 1, -(2**127)
QUANTITY_UNDEF_64, QUANTITY_UNDEF_128 = 2**64 - 1, 2**128 - 1


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


def array_over(data: Any, dtype: pa.DataType, length: int, nulls: Array | None = None) -> pa.Array:
    """An Arrow array over memory, without copying.

    Args:
        data: A buffer; for text a pair of them, `int32` offsets and bytes.
        dtype: The type of the array.
        length: Rows.
        nulls: Which of them are null; none if None.
    """
    parts = data if is_text(dtype) else (data,)
    valid, count = None, 0
    if nulls is not None:
        bits = np.packbits(~nulls, bitorder="little")
        # As long as pyarrow would have it, so that files stay aligned.
        valid = pa.py_buffer(np.pad(bits, (0, padded(len(bits)) - len(bits))))
        count = int(nulls.sum())
    buffers = [valid, *(pa.py_buffer(part) for part in parts)]
    return pa.Array.from_buffers(dtype, length, buffers, null_count=count)


def undefined_raw(width: int, signed: bool) -> int:
    """The raw value that says there is none.

    Args:
        width: Bytes of a value.
        signed: A price, or otherwise a size.
    """
    if width == 8:
        return PRICE_UNDEF_64 if signed else QUANTITY_UNDEF_64
    return PRICE_UNDEF_128 if signed else QUANTITY_UNDEF_128


def erroneous_raw(width: int) -> int:
    """The raw price that says it is an error; `width` in bytes."""
    return PRICE_ERROR_64 if width == 8 else PRICE_ERROR_128


def undefined_rows(values: Any, width: int, signed: bool) -> Array | None:
    """Which raw values are undefined; None if all are defined.

    Args:
        values: A buffer of raw values.
        width: Bytes of a value.
        signed: Prices, or otherwise sizes.
    """
    return rows_of(values, width, undefined_raw(width, signed))


def rows_of(values: Any, width: int, raw: int) -> Array | None:
    """Which values are one raw value; None if none is.

    Args:
        values: A buffer of raw values.
        width: Bytes of a value.
        raw: The value, of either sign.
    """
    bits = raw % 2 ** (8 * width)
    words = np.frombuffer(values, "<u8")
    if width == 8:
        found = words == bits
    else:
        high = words[1::2] == bits >> 64
        found = high & (words[::2] == bits & (2**64 - 1)) if high.any() else high
    return found if found.any() else None


def put_raw(room: Any, rows: Array, raw: int, width: int) -> None:
    """Writes one raw value into several rows.

    Args:
        room: A buffer of raw values that can be written to.
        rows: Which ones.
        raw: The value, of either sign.
        width: Bytes of a value.
    """
    cells = np.frombuffer(room, np.dtype((np.void, width)))
    cells[rows] = np.void((raw % 2 ** (8 * width)).to_bytes(width, "little"))


def settled_nulls(column: pa.Array, signed: bool) -> pa.Array:
    """The column with sentinels under its nulls, copied if it has any.

    Args:
        column: Decimals.
        signed: Prices, or otherwise sizes.
    """
    if not column.null_count:
        return column
    nulls = column.is_null().to_numpy(zero_copy_only=False)
    data = np.frombuffer(column_buffer(column), np.uint8).copy()
    put_raw(data, nulls, undefined_raw(16, signed), 16)
    return array_over(data, column.type, len(column), nulls)
