"""Layers of a table, seen where the producer has them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._columns import Array
from barrow._lib import native
from barrow.arrow_ffi import ImportedBatch, import_pyarrow_table
from barrow.errors import BarrowError, BarrowSchemaError, message, shown
from barrow.quantize.schema import kind_of, table_of, validate_quantization_schema

# Bytes of a value, by the kind kernels know it as.
WIDTH = (4, 8, 2, 2)


@dataclass(frozen=True, slots=True)
class Layer:
    """The values of a layer.

    Attributes:
        row: Its row in the table.
        name: Its name.
        values: Its bytes, in the memory of whoever made them, which this keeps alive.
        kind: How values are stored.
        shape: The axes; their product is the number of values.
        fault: What is wrong with it, if something is.
    """

    row: int
    name: str
    values: Array
    kind: int
    shape: tuple[int, ...]
    fault: BarrowError | None = None

    @property
    def count(self) -> int:
        """Values."""
        return len(self.values) // WIDTH[self.kind]

    def part(self, begin: int, end: int) -> Array:
        """The bytes of some of the values."""
        width = WIDTH[self.kind]
        return self.values[begin * width : end * width]


def layers_of(table: Any, bfloat16: bool) -> list[Layer]:
    """The layers of a table, none of them copied.

    Args:
        table: A table, a record batch, a reader, or whatever has `__arrow_c_stream__`.
        bfloat16: Whether FixedSizeBinary(2) is bfloat16.

    Raises:
        BarrowSchemaError: It has other columns.
    """
    table = table_of(table)
    validate_quantization_schema(table.schema, bfloat16=bfloat16)
    kind = kind_of(table.schema.field("weights").type.value_type, bfloat16)
    assert kind is not None, "the schema was checked"
    names = table.column("layer_name").to_pylist()
    shapes = table.column("shape").to_pylist() if "shape" in table.schema.names else None
    result: list[Layer] = []
    for values, row_fault in _values(table.select(["weights"]), WIDTH[kind]):
        row = len(result)
        name = "" if names[row] is None else names[row]
        count = len(values) // WIDTH[kind]
        shape = shapes[row] if shapes is not None else None
        axes = (count,) if shape is None else tuple(shape)
        fault = _fault(name if names[row] is not None else None, row, axes, count, row_fault)
        result.append(Layer(row, name, values, kind, axes, fault))
    return result


def _values(table: pa.Table, width: int) -> Iterator[tuple[Array, str | None]]:
    """The bytes of every list, and what is wrong with it."""
    for batch in import_pyarrow_table(table).batches:
        yield from _lists(batch, width)


def _lists(batch: ImportedBatch, width: int) -> Iterator[tuple[Array, str | None]]:
    rows = len(batch)
    ends = np.zeros(rows + 1, np.int64)
    address, count, null_row, _place = native.quantize_lists(batch._batch, 0, ends)
    values: Array = np.empty(0, np.uint8)
    if count:
        # The buffer keeps the batch, and the batch what the producer lent.
        memory = pa.foreign_buffer(address % 2**64, count * width, base=batch)
        values = np.frombuffer(memory, np.uint8)
    # Further nulls are looked for by pyarrow, where there is one.
    nulls = pa.record_batch(batch).column(0) if null_row >= 0 else None
    for row in range(rows):
        fault = None
        if nulls is not None:
            fault = _null_fault(nulls[row])
        yield values[width * ends[row] : width * ends[row + 1]], fault


def _null_fault(value: Any) -> str | None:
    if not value.is_valid:
        return "its weights are null"
    if not value.values.null_count:
        return None
    place = value.values.is_null().index(True).as_py()
    return f"value {place} is null"


def _fault(
    name: str | None, row: int, axes: tuple[int | None, ...], count: int, null: str | None
) -> BarrowError | None:
    what, tries = "", []
    if name is None:
        what = "it has no name"
    elif null is not None:
        what, tries = null, ["fill or drop it first"]
    elif told := _wrong_axes(axes, count):
        what = f"{count} values, but its shape is {list(axes)}, {told}"
    return BarrowSchemaError(message(place(name, row), what, tries=tries)) if what else None


def _wrong_axes(axes: tuple[int | None, ...], count: int) -> str | None:
    there = [axis for axis in axes if axis is not None]
    if len(there) < len(axes):
        return "with an axis that is null"
    if min(there, default=1) < 0:
        return "with an axis below 0"
    found = math.prod(there)
    return None if found == count else f"of {found}"


def place(name: str | None, row: int) -> str:
    """How errors name a layer."""
    return f"layer of row {row}" if name is None else f'layer "{shown(name)}" of row {row}'
