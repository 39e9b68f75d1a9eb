"""Arrow data in and out through the C Data and C Stream Interfaces, without copying.

Anything with `__arrow_c_array__` or `__arrow_c_stream__` comes in: pyarrow, polars,
DuckDB, pandas 3, nanoarrow and others. What comes in is owned by Mojo, checked before it
is believed, and goes out again to any of them:

    table = import_pyarrow_table(frame)
    table.column("close")[0].buffers     # addresses: the producer's own memory
    pa.table(table), pl.DataFrame(table)

Taking over and handing out cost the same whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from barrow._lib import native
from barrow.errors import BarrowArgumentError, message

if TYPE_CHECKING:
    from barrow._native import _ArrowBatch, _ArrowField, _ArrowSchema

__all__ = [
    "ImportedArray",
    "ImportedBatch",
    "ImportedColumn",
    "ImportedTable",
    "export_recordbatch_to_pyarrow",
    "import_pyarrow_array",
    "import_pyarrow_recordbatch",
    "import_pyarrow_table",
]


@dataclass(frozen=True, slots=True)
class ImportedColumn:
    """Where a column is in memory; keep what it came from as long as you use it.

    Attributes:
        name: Its name.
        type: Its type as the C Data Interface spells it, such as `tsn:UTC`.
        nullable: Whether it may hold nulls.
        length: Rows.
        offset: Values to leave out at the start of every buffer.
        null_count: How many rows are null; counted if the producer did not say.
        buffers: Their addresses, validity first; None where there is none.
    """

    name: str
    type: str
    nullable: bool
    length: int
    offset: int
    null_count: int
    buffers: tuple[int | None, ...]

    def __len__(self) -> int:
        return self.length


def _located(batch: _ArrowBatch, field: _ArrowField, index: int) -> ImportedColumn:
    name, dtype, nullable = field
    length, offset, nulls, *buffers = native.arrow_column(batch, index)
    # Addresses cross as signed integers.
    addresses = tuple(address % 2**64 or None for address in buffers)
    return ImportedColumn(name, dtype, bool(nullable), length, offset, nulls, addresses)


class ImportedArray:
    """A single array, owned by Mojo, in the memory of whoever made it."""

    __slots__ = ("_batch", "_schema")

    def __init__(self, schema: _ArrowSchema, batch: _ArrowBatch) -> None:
        """Wraps what `import_pyarrow_array` took over."""
        self._schema = schema
        self._batch = batch

    def __len__(self) -> int:
        return native.arrow_rows(self._batch)

    def __repr__(self) -> str:
        return f"ImportedArray({self.type!r}, {len(self)} rows)"

    @property
    def type(self) -> str:
        """The type as the C Data Interface spells it."""
        return native.arrow_fields(self._schema)[1][1]

    @property
    def null_count(self) -> int:
        """How many values are null; counted if the producer did not say."""
        return self.column().null_count

    def column(self) -> ImportedColumn:
        """Where the values are; of structs, where their validity is."""
        return _located(self._batch, native.arrow_fields(self._schema)[1], -1)

    def __arrow_c_schema__(self) -> object:
        return native.arrow_lend_schema(self._schema)

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        # The interface allows to hand out data as it is, whatever was requested.
        return native.arrow_lend_array(self._batch)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return native.arrow_lend_stream(self._schema, (self._batch,))


class _Columns:
    """What batches and tables have in common: a schema with named columns."""

    __slots__ = ("_schema",)

    def __init__(self, schema: _ArrowSchema) -> None:
        self._schema = schema

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in their order."""
        return [name for name, _, _ in native.arrow_fields(self._schema)[2]]

    @property
    def num_columns(self) -> int:
        """Columns."""
        return len(native.arrow_fields(self._schema)[2])

    def _index(self, column: str | int) -> int:
        if isinstance(column, str):
            return native.arrow_find(self._schema, column)
        if not 0 <= column < self.num_columns:
            raise BarrowArgumentError(
                message("column", f"there is no column {column}, there are {self.num_columns}")
            )
        return column

    def __arrow_c_schema__(self) -> object:
        return native.arrow_lend_schema(self._schema)


class ImportedBatch(_Columns):
    """A record batch, owned by Mojo, in the memory of whoever made it."""

    __slots__ = ("_batch",)

    def __init__(self, schema: _ArrowSchema, batch: _ArrowBatch) -> None:
        """Wraps what `import_pyarrow_recordbatch` took over."""
        super().__init__(schema)
        self._batch = batch

    def __len__(self) -> int:
        return native.arrow_rows(self._batch)

    def __repr__(self) -> str:
        return f"ImportedBatch({len(self)} rows, {self.column_names})"

    @property
    def num_rows(self) -> int:
        """Rows."""
        return len(self)

    def column(self, column: str | int) -> ImportedColumn:
        """Where a column is.

        Args:
            column: Its name, or its index.

        Raises:
            BarrowSchemaError: No column, or more than one, has this name.
            BarrowArgumentError: There is no column of this index.
        """
        index = self._index(column)
        return _located(self._batch, native.arrow_fields(self._schema)[2][index], index)

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        return native.arrow_lend_array(self._batch)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return native.arrow_lend_stream(self._schema, (self._batch,))


class ImportedTable(_Columns):
    """Record batches of one schema, owned by Mojo, in the memory of whoever made them."""

    __slots__ = ("_batches",)

    def __init__(self, schema: _ArrowSchema, batches: tuple[_ArrowBatch, ...]) -> None:
        """Wraps what `import_pyarrow_table` took over."""
        super().__init__(schema)
        self._batches = batches

    def __len__(self) -> int:
        return sum(map(native.arrow_rows, self._batches))

    def __iter__(self) -> Iterator[ImportedBatch]:
        return iter(self.batches)

    def __repr__(self) -> str:
        return f"ImportedTable({len(self)} rows, {self.column_names})"

    @property
    def num_rows(self) -> int:
        """Rows of all batches."""
        return len(self)

    @property
    def batches(self) -> list[ImportedBatch]:
        """The batches, in their order."""
        return [ImportedBatch(self._schema, batch) for batch in self._batches]

    def column(self, column: str | int) -> list[ImportedColumn]:
        """Where a column is, once for every batch.

        Args:
            column: Its name, or its index.

        Raises:
            BarrowSchemaError: No column, or more than one, has this name.
            BarrowArgumentError: There is no column of this index.
        """
        index = self._index(column)
        field = native.arrow_fields(self._schema)[2][index]
        return [_located(batch, field, index) for batch in self._batches]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return native.arrow_lend_stream(self._schema, self._batches)


def import_pyarrow_array(data: Any) -> ImportedArray:
    """Takes over a single array without copying.

    Args:
        data: Whatever has `__arrow_c_array__`, or `__arrow_c_stream__` and at most one chunk.

    Raises:
        BarrowArgumentError: It has neither, or several chunks.
        BarrowCorruptError: It breaks the C Data Interface.
        BarrowUnsupportedError: It is legal, but of a type that is not read.
    """
    return ImportedArray(*_single(data, "array", False))


def import_pyarrow_recordbatch(data: Any) -> ImportedBatch:
    """Takes over a record batch without copying.

    Args:
        data: Whatever has `__arrow_c_array__`, or `__arrow_c_stream__` and at most one batch.

    Raises:
        BarrowArgumentError: It has neither, or several batches.
        BarrowCorruptError: It breaks the C Data Interface.
        BarrowSchemaError: It is an array, but not of structs.
        BarrowUnsupportedError: It is legal, but has a type that is not read.
    """
    return ImportedBatch(*_single(data, "record batch", True))


def import_pyarrow_table(data: Any) -> ImportedTable:
    """Takes over all batches of a table or a reader without copying.

    Args:
        data: Whatever has `__arrow_c_stream__`, or `__arrow_c_array__`.

    Raises:
        BarrowArgumentError: It has neither.
        BarrowCorruptError: It breaks the C Data or the C Stream Interface.
        BarrowIoError: The producer failed.
        BarrowSchemaError: It holds arrays, but not of structs.
        BarrowUnsupportedError: It is legal, but has a type that is not read.
    """
    if hasattr(data, "__arrow_c_stream__"):
        return ImportedTable(*native.arrow_take_stream(data.__arrow_c_stream__(), True))
    schema, batch = _single(data, "table", True)
    return ImportedTable(schema, (batch,))


def export_recordbatch_to_pyarrow(batch: ImportedBatch) -> pa.RecordBatch:
    """Hands a record batch to pyarrow without copying.

    Args:
        batch: A batch; whatever has `__arrow_c_array__` will do.
    """
    if not hasattr(batch, "__arrow_c_array__"):
        raise _no_producer(batch, "record batch", "__arrow_c_array__")
    return pa.record_batch(batch)


def _single(data: Any, what: str, struct: bool) -> tuple[_ArrowSchema, _ArrowBatch]:
    if hasattr(data, "__arrow_c_array__"):
        pair = data.__arrow_c_array__()
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise BarrowArgumentError(
                message(what, f"__arrow_c_array__ gave {pair!r}, expected a pair of capsules")
            )
        return native.arrow_take_array(*pair, struct)
    if not hasattr(data, "__arrow_c_stream__"):
        raise _no_producer(data, what, "__arrow_c_array__ or __arrow_c_stream__")
    schema, batches = native.arrow_take_stream(data.__arrow_c_stream__(), struct)
    if not batches:
        # How streams say that there are no rows.
        return schema, native.arrow_empty(schema)
    if len(batches) != 1:
        raise BarrowArgumentError(
            message(
                what,
                f"{type(data).__name__} came in {len(batches)} chunks, expected one",
                tries=["import_pyarrow_table", "joining the chunks: rechunk(), combine_chunks()"],
            )
        )
    return schema, batches[0]


def _no_producer(data: object, what: str, expected: str) -> BarrowArgumentError:
    return BarrowArgumentError(
        message(
            what,
            f"{type(data).__name__} has no {expected}",
            tries=["an object of pyarrow, polars, DuckDB or pandas 3"],
        )
    )
