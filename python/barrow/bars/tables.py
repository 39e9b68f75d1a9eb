"""What writers ask of records, whatever they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pyarrow as pa

from barrow._arrow import ENCODINGS


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
