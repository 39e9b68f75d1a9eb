"""Types of records made in Mojo outside of barrow; see `docs/guide/new-record-type.md`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from barrow._records import Field, RecordKind
from barrow.errors import BarrowArgumentError, BarrowSchemaError, message

Row = tuple[int | float | str | None, ...]


class CompiledRecord(Protocol):
    """What `record_module` of Mojo's bindings puts into an extension."""

    def columns(self) -> tuple[tuple[str, str, str, int], ...]: ...
    def keys(self) -> tuple[str, ...]: ...
    def get_schema_map(self, encoding: str, /) -> tuple[tuple[str, str], ...]: ...
    def get_schema(self, encoding: str, metadata: object, /) -> object: ...
    def encode_batch(self, encoding: str, metadata: object, rows: object, /) -> Any: ...
    def decode_batch(self, schema: object, array: object, /) -> tuple[Row, ...]: ...


class _Lent:
    """Capsules, as libraries ask for them."""

    def __init__(self, schema: object, array: object = None) -> None:
        self._schema = schema
        self._array = array

    def __arrow_c_schema__(self) -> object:
        return self._schema

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        return self._schema, self._array


class RecordModule:
    """A type of record that an extension written in Mojo defines.

    The functions are those of the three traits, in each of the encodings. A row is a tuple of
    raw values in the order of the columns: integers at the scale of the encoding,
    nanoseconds, texts; None where `decimal128` has a null.

    Args:
        compiled: The extension, as `import` gives it.
    """

    def __init__(self, compiled: Any) -> None:
        self._compiled: CompiledRecord = compiled

    def kind(self, name: str, *, shown: Sequence[str] = ()) -> RecordKind:
        """What a record consists of, for classes of records, containers and wranglers.

        Args:
            name: What one is called in a sentence, such as `mark price update`.
            shown: Columns that tables show where all would not fit; all if empty.

        Raises:
            BarrowArgumentError: There is no `ts_event` or `ts_init`, nor a price or size,
                or what records are of is neither a bar type nor an instrument.
        """
        fields = tuple(_field(*column) for column in self._compiled.columns())
        return RecordKind(name, fields, self._compiled.keys()[0], tuple(shown))

    def get_schema_map(self, encoding: str = "fixed8") -> dict[str, str]:
        """The type of every column, by name, as Arrow's Rust library calls it.

        Raises:
            BarrowArgumentError: There is no such encoding.
        """
        return dict(self._compiled.get_schema_map(encoding))

    def get_schema(
        self, metadata: Mapping[str, str] | None = None, encoding: str = "fixed8"
    ) -> pa.Schema:
        """The stored schema; the metadata is not looked at.

        Raises:
            BarrowArgumentError: There is no such encoding.
        """
        return pa.schema(_Lent(self._compiled.get_schema(encoding, _pairs(metadata or {}))))

    def encode_batch(
        self, metadata: Mapping[str, str], rows: Iterable[Sequence[Any]], encoding: str = "fixed8"
    ) -> pa.RecordBatch:
        """Records to a batch.

        Raises:
            BarrowArgumentError: There is no such encoding, or a row is not one of such a
                record; says which row and column.
            BarrowSchemaError: Metadata is missing or no good, or a value is none of its
                column.
        """
        stored = tuple(tuple(row) for row in rows)
        capsules = self._compiled.encode_batch(encoding, _pairs(metadata), stored)
        return pa.record_batch(_Lent(*capsules))

    def decode_batch(self, batch: Any) -> list[Row]:
        """A batch to rows; the encoding is that of its columns.

        Args:
            batch: Anything with `__arrow_c_array__` whose columns have the stored types, in
                any order; others are ignored.

        Raises:
            BarrowSchemaError: A column is missing, has another type, or holds nulls;
                metadata is missing or no good; or a value is none of its column.
            BarrowCorruptError: The structs of the producer are damaged.
        """
        if not hasattr(batch, "__arrow_c_array__"):
            raise BarrowArgumentError(
                message(
                    "decode_batch",
                    f"a {type(batch).__name__} has no __arrow_c_array__",
                    tries=["one batch of table.to_batches() at a time"],
                )
            )
        return list(self._compiled.decode_batch(*batch.__arrow_c_array__()))


def _pairs(metadata: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    for key, value in metadata.items():
        if not (isinstance(key, str) and isinstance(value, str)):
            raise BarrowSchemaError(
                message("metadata", f"{key!r} is {value!r}, expected texts for both")
            )
    return tuple(metadata.items())


def _field(name: str, role: str, type_name: str, optional: int) -> Field:
    if role == "price":
        return Field.price(name, optional=bool(optional))
    if role == "size":
        return Field.size(name, optional=bool(optional))
    if role == "time":
        return Field.time(name)
    if role == "text":
        return Field.text(name)
    return Field.plain(name, pa.type_for_alias(type_name.lower()))
