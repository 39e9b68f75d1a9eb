"""Columns of frames that are neither values nor times: numbers with a meaning, texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import AggressorSide, Field, Role, column_buffer, is_text, text_buffers
from barrow.bars import numbers_of
from barrow.errors import BarrowParseError, BarrowSchemaError, message, shown
from barrow.wranglers.frames import Column
from barrow.wranglers.names import FLAGS, Names, Words
from barrow.wranglers.values import check_nulls

Array = np.ndarray[Any, Any]
_LARGEST_WHOLE_DOUBLE = 2**53


def fill_extra(column: Column, field: Field, names: Names, first_row: int) -> Any:
    """What a column becomes in memory, as `array_over` takes it.

    Args:
        column: What the frame has.
        field: What records have.
        names: What its texts mean.
        first_row: The number of the first row, for errors.

    Raises:
        BarrowSchemaError: The column has a type that is no good, or nulls.
        BarrowParseError: A value is no good; names row and column.
    """
    if field.role is Role.TEXT:
        return text_buffers(identifiers(column, first_row))
    if field.enum is not None:
        words = names.words_of(field.name, field.enum)
        return _by_chunk(column, field, first_row, partial(_members, field=field, words=words))
    return _by_chunk(column, field, first_row, partial(_numbers, field=field))


def _by_chunk(
    column: Column, field: Field, first_row: int, convert: Callable[[pa.Array, Column, int], Array]
) -> Array:
    parts = [np.empty(0, _numpy_type(field))]
    begin = first_row
    for chunk in column.data.chunks:
        check_nulls(chunk, column.name, begin)
        parts.append(convert(chunk, column, begin))
        begin += len(chunk)
    return np.concatenate(parts)


def _numpy_type(field: Field) -> Any:
    return np.dtype((pa.uint8() if field.dtype is None else field.dtype).to_pandas_dtype())


# ---------------------------------------------------------------- numbers that mean something


def _members(chunk: pa.Array, column: Column, first_row: int, field: Field, words: Words) -> Array:
    dtype, target = chunk.type, _numpy_type(field)
    assert field.enum is not None
    if field.enum is AggressorSide and column.name.lower() in FLAGS:
        if not pa.types.is_boolean(dtype):
            raise _wrong_type(column, "flags: true where the buyer was the maker")
        maker = chunk.to_numpy(zero_copy_only=False)
        return np.where(maker, AggressorSide.SELLER, AggressorSide.BUYER).astype(target)
    if pa.types.is_integer(dtype):
        values = np.frombuffer(column_buffer(chunk), dtype.to_pandas_dtype())
        bad = ~np.isin(values, [int(member) for member in field.enum])
        if bad.any():
            at = int(bad.argmax())
            raise _no_member(str(values[at]), column, field, words, first_row + at)
        return values.astype(target)
    if is_text(dtype):
        # They repeat: the few texts are looked up once each.
        encoded = chunk.dictionary_encode()
        texts = [text.lower() for text in encoded.dictionary.to_pylist()]
        known = words.codes(field.enum)
        codes = np.array([known.get(text, 0) for text in texts], target)
        strange = np.array([text not in known for text in texts], bool)
        places = encoded.indices.to_numpy()
        if strange.any():
            at = int(strange[places].argmax())
            raise _no_member(f'"{shown(chunk[at].as_py())}"', column, field, words, first_row + at)
        return codes[places] if len(texts) else np.empty(0, target)
    numbers = ", ".join(str(int(member)) for member in field.enum)
    raise _wrong_type(column, f"text such as {words.example}, or the numbers {numbers}")


def _wrong_type(column: Column, expected: str) -> BarrowSchemaError:
    return BarrowSchemaError(
        message(f'column "{column.name}"', f"is {column.data.type}, expected {expected}")
    )


def _no_member(
    found: str, column: Column, field: Field, words: Words, row: int
) -> BarrowParseError:
    article = "an" if words.noun[0] in "aeiou" else "a"
    return BarrowParseError(
        message(
            f'row {row} column "{column.name}"',
            f"{found} is no {words.noun}: expected {numbers_of(field.enum)}, or text such as "
            f"{words.example}",
        ),
        reason=f"not_{article}_{words.noun}",
    )


# ---------------------------------------------------------------- numbers as they are


def _numbers(chunk: pa.Array, column: Column, first_row: int, field: Field) -> Array:
    """Numbers of another type, where none is changed by it."""
    dtype, target = chunk.type, field.dtype
    whole = pa.types.is_integer(target)
    if is_text(dtype) and whole:
        import pyarrow.compute as pc  # takes time to import

        digits = pc.match_substring_regex(chunk, r"^-?[0-9]+$").to_numpy(zero_copy_only=False)
        if not digits.all():
            at = int((~digits).argmax())
            raise _no_number(f'"{shown(chunk[at].as_py())}"', column, field, first_row + at)
    elif not (pa.types.is_integer(dtype) or pa.types.is_floating(dtype)):
        raise _wrong_type(column, "integers" if whole else "numbers")
    if pa.types.is_floating(dtype) and whole:
        values = chunk.to_numpy()
        # Beyond them a float may be another integer than the one that was meant.
        bad = ~(np.abs(values) <= _LARGEST_WHOLE_DOUBLE) | (values != np.floor(values))
        if bad.any():
            at = int(bad.argmax())
            raise _no_number(str(values[at]), column, field, first_row + at)
    try:
        cast = chunk.cast(target, safe=whole)
    except pa.ArrowInvalid as error:
        at = _first_misfit(chunk, target)
        raise _no_number(str(chunk[at].as_py()), column, field, first_row + at) from error
    return np.frombuffer(column_buffer(cast), _numpy_type(field))


def _first_misfit(chunk: pa.Array, target: pa.DataType) -> int:
    """The first value that cannot be cast, found by halves."""
    begin, end = 0, len(chunk)
    while end - begin > 1:
        middle = (begin + end) // 2
        try:
            chunk.slice(begin, middle - begin).cast(target)
        except pa.ArrowInvalid:
            end = middle
        else:
            begin = middle
    return begin


def _no_number(found: str, column: Column, field: Field, row: int) -> BarrowParseError:
    return BarrowParseError(
        message(f'row {row} column "{column.name}"', f"{found} is no {field.dtype}"),
        reason="overflow",
    )


# ---------------------------------------------------------------- texts


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
