"""What indicators read: bars, tables, tuples of arrays or one array, as columns of float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._memory import owned_doubles
from barrow.bars import Bars
from barrow.errors import BarrowArgumentError, BarrowSchemaError, message
from barrow.indicators.table import C, H, L, O, V

Doubles = np.ndarray[Any, np.dtype[np.float64]]
Columns = tuple[Any, Any, Any, Any, Any]

ORDER = (O, H, L, C, V)
_ndarray = np.ndarray
_TABLES = (pa.Table, pa.RecordBatch)
_ARRAYS = (pa.Array, pa.ChunkedArray)
LARGE = 1 << 17


def columns_of(data: Any, inputs: Sequence[str]) -> tuple[Columns, int]:
    """The columns that indicators read, and how many rows they have.

    Args:
        data: As the public functions take it.
        inputs: The names of the columns.

    Raises:
        BarrowArgumentError: There are not as many columns, or they differ in length.
        BarrowSchemaError: There is no such column, or it holds no numbers.
    """
    if isinstance(data, Bars):
        found = {name: data.to_float64(name, out=room(len(data))) for name in inputs}
    elif isinstance(data, _TABLES):
        found = {name: doubles(name, _named(data, data.schema.names, name)) for name in inputs}
    elif (names := _names_of(data)) is not None:
        found = {name: doubles(name, _named(data, names, name)) for name in inputs}
    elif tuple(inputs) == (C,):
        found = {C: doubles("values", data)}
    else:
        found = _listed(data, inputs)
    lengths = {name: len(column) for name, column in found.items()}
    rows = next(iter(lengths.values()))
    if any(length != rows for length in lengths.values()):
        shown = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise BarrowArgumentError(
            message(
                "data", f"columns differ in length: {shown}", tries=["columns of the same bars"]
            )
        )
    return tuple(found.get(name, b"") for name in ORDER), rows  # type: ignore[return-value]


def _names_of(data: Any) -> list[Any] | None:
    """The columns of a frame or of a dict; None for what is one column, as a pandas Series."""
    if getattr(data, "ndim", 2) != 2:
        return None
    if hasattr(data, "keys"):
        return list(data.keys())
    names = getattr(data, "columns", None)  # polars
    return names if isinstance(names, list) else None


def _listed(data: Any, inputs: Sequence[str]) -> dict[str, Doubles]:
    count = len(data) if isinstance(data, tuple | list) else None
    if count != len(inputs):
        got = f"{count} of them" if count is not None else type(data).__name__
        raise BarrowArgumentError(
            message(
                "data",
                f"expected the columns {', '.join(inputs)}, got {got}",
                tries=["Bars", f"a tuple ({', '.join(inputs)})", "a table with these columns"],
            )
        )
    return {name: doubles(name, column) for name, column in zip(inputs, data, strict=True)}


def _named(data: Any, names: Sequence[Any], name: str) -> Any:
    if name not in names:
        listed = ", ".join(map(str, names))
        raise BarrowSchemaError(message("data", f"no column {name!r} among {listed}"))
    return data[name]


def doubles(name: str, values: Any) -> Doubles:
    """One column as contiguous float64; without a copy where it is that already.

    Raises:
        BarrowSchemaError: It is not one column of numbers.
    """
    kind: object
    if isinstance(values, _ARRAYS):
        kind = values.type
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
            raise _refusal(name, kind, (len(values),))
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        if isinstance(values, pa.ChunkedArray):  # of some versions of pyarrow
            values = pa.concat_arrays(values.chunks)
        array = values.to_numpy(zero_copy_only=False)  # nulls are NaN
    else:
        array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "fiu":
        raise _refusal(name, array.dtype, array.shape)
    return np.ascontiguousarray(array, np.float64)


def _refusal(name: str, dtype: object, shape: tuple[int, ...]) -> BarrowSchemaError:
    return BarrowSchemaError(
        message(
            name,
            f"expected numbers in one dimension, got {dtype} of shape {shape}",
            tries=["an array of float64", "indicators.over, for several series"],
        )
    )


def room(rows: int) -> Doubles:
    """A new array; large ones lie in memory that was touched before where there is some."""
    return np.empty(rows) if rows < LARGE else owned_doubles(rows)


def rooms(out: Any, names: Sequence[str], rows: int, columns: Columns) -> tuple[Doubles, ...]:
    """Where results go: what the caller gave, if it is as it must be, or new arrays.

    Raises:
        BarrowArgumentError: It is not.
    """
    if out is None:
        return tuple(room(rows) for _ in names)
    given = (out,) if len(names) == 1 else out
    if not isinstance(given, tuple | list) or len(given) != len(names):
        raise BarrowArgumentError(
            message("out", f"expected a tuple of {len(names)} arrays: {', '.join(names)}")
        )
    for at, one in enumerate(given):
        if (
            not isinstance(one, _ndarray)
            or one.dtype != np.float64
            or one.shape != (rows,)
            or not one.flags.c_contiguous
            or not one.flags.writeable
        ):
            what = type(one).__name__
            if isinstance(one, _ndarray):
                what = f"{one.dtype} of shape {one.shape}"
            raise BarrowArgumentError(
                message(
                    "out", f"expected writable contiguous float64 of shape ({rows},), got {what}"
                )
            )
        others = [*columns, *given[:at]]
        if any(isinstance(x, _ndarray) and np.may_share_memory(one, x) for x in others):
            raise BarrowArgumentError(
                message("out", "lies in the memory of the values, or of another output")
            )
    return tuple(given)
