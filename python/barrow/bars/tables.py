"""What writers ask of records, whatever they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pyarrow as pa

from barrow._arrow import ENCODINGS, Meta, RecordKind, read_schema
from barrow.errors import BarrowSchemaError, message


class StoredRecords(Protocol):
    """Columns in batches under a stored schema."""

    @property
    def schema(self) -> pa.Schema:
        """The stored schema with its metadata."""

    def __len__(self) -> int: ...

    def batches(self) -> Iterator[Any]:
        """The records batch by batch, each with `to_arrow`."""

    def to_arrow(self, encoding: str | None = None) -> pa.Table:
        """The stored columns, in another encoding if one is named."""


def stored_tables(records: StoredRecords, encoding: str | None) -> Iterator[pa.Table]:
    """The records in an encoding, batch by batch where that cannot fail.

    Args:
        records: The records.
        encoding: `fixed8`, `fixed16` or `decimal128`; as they are stored if None.

    Raises:
        BarrowParseError: A value does not fit; names the row, counted from the first.
    """
    target = ENCODINGS.get(encoding or "")
    if target is not None and not target.wide:
        yield records.to_arrow(encoding)
        return
    for batch in records.batches():
        yield batch.to_arrow(encoding)


def stored_schema(records: StoredRecords, encoding: str | None) -> pa.Schema:
    """The schema those tables have.

    Raises:
        BarrowArgumentError: There is no such encoding.
    """
    if encoding is None:
        return records.schema
    first: Any = records
    return first[:0].to_arrow(encoding).schema


def require_like(records: StoredRecords, kind: RecordKind, meta: Meta, path: str) -> None:
    """Refuses records that do not belong into a file of others.

    Args:
        records: What is to be added.
        kind: What the file holds.
        meta: What it says about them.
        path: The file, for errors.

    Raises:
        BarrowSchemaError: They are of another kind or of something else, or have a
            precision beyond that of the file.
    """
    _, _, theirs = read_schema(records.schema, "records", kind)
    if meta.identity and theirs.identity and meta.identity != theirs.identity:
        what = f"the {kind.plural} of the file are {meta.identity}, those to write"
        raise BarrowSchemaError(message(path, f"{what} {theirs.identity}"))
    for key in kind.precisions:
        mine, other = getattr(meta, key), getattr(theirs, key)
        if other > mine:
            raise BarrowSchemaError(
                message(
                    path,
                    f"{key} of the file is {mine}, of the {kind.plural} to write {other}",
                    tries=[f"read them with {key}={mine}"],
                )
            )
