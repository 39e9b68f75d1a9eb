"""Parquet files of records, through pyarrow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pyarrow as pa

from barrow._arrow import check_nulls, read_schema, record_schema
from barrow.bars import (
    Records,
    StoredRecords,
    make_records,
    settle_identity,
    stored_schema,
    stored_tables,
)
from barrow.errors import BarrowCorruptError, BarrowError, message
from barrow.files import AtomicFile, Output, error_number, unreadable, unwritable

# Decimals are what every reader of Parquet knows; opaque binary is not.
_ENCODING = "decimal128"
_GROUP_ROWS = 1 << 20
_SCAN_ROWS = 65_536


def write_parquet(
    records: StoredRecords,
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Writes records into a Parquet file, wholly or not at all.

    Values are `decimal128(38, 16)`, which holds those of every encoding, times are
    `timestamp[ns, UTC]`, compressed with Zstandard.

    Args:
        records: What to write.
        path: The file.
        overwrite: Whether it may replace one that is there.
        progress: Called with rows written and rows in all.

    Raises:
        BarrowIoError: The file is there already, or cannot be written.
    """
    import pyarrow.parquet as pq  # takes time to import

    name = os.fspath(path)
    schema = stored_schema(records, _ENCODING)
    rows = 0
    try:
        with (
            AtomicFile(name, overwrite=overwrite) as whole,
            Output(whole.temporary) as file,
            pq.ParquetWriter(file, schema, compression="zstd") as writer,
        ):
            for table in stored_tables(records, _ENCODING):
                writer.write_table(table, row_group_size=_GROUP_ROWS)
                rows += table.num_rows
                if progress is not None:
                    progress(rows, len(records))
            writer.close()
            file.close()
            whole.commit()
    except BarrowError:
        raise
    except OSError as error:
        raise unwritable(name, error) from error


def open_parquet(
    path: str | os.PathLike[str],
    *,
    bar_type: str | None = None,
    instrument_id: str | None = None,
    container: type[Records[Any]] | None = None,
) -> Records[Any]:
    """Reads records from a Parquet file that holds a stored schema.

    Args:
        path: The file.
        bar_type: The bar type, where a file of bars does not say it.
        instrument_id: The instrument id, where a file of others does not.
        container: The class of the result; by the columns of the file if None.

    Returns:
        `Bars`, `Quotes` or whatever else the file holds.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is no whole Parquet file.
        BarrowSchemaError: It holds no records, or those of something else.
        BarrowArgumentError: The bar type or the instrument id is none.
    """
    name = os.fspath(path)
    with _opened(name) as file:
        kind, encoding, meta = read_schema(
            file.schema_arrow, name, None if container is None else container.kind
        )
        table: Any = file.read(columns=list(kind.columns))
    identity = settle_identity(kind, meta.identity, name, bar_type, instrument_id)
    schema = record_schema(kind, encoding, replace(meta, identity=identity))
    check_nulls(table, kind, encoding, name)
    # One batch, since `raw` gives views of one only.
    table = table.select(list(kind.columns)).combine_chunks().cast(schema)
    return make_records(table.to_batches(), schema, container=container)


def scan_parquet(
    path: str | os.PathLike[str],
    *,
    bar_type: str | None = None,
    instrument_id: str | None = None,
) -> Iterator[Records[Any]]:
    """Reads records from a Parquet file batch by batch, in bounded memory.

    Args:
        path: As in `open_parquet`.
        bar_type: As in `open_parquet`.
        instrument_id: As in `open_parquet`.

    Raises:
        What `open_parquet` raises; about rows, when their batch is reached.
    """
    name = os.fspath(path)
    with _opened(name) as file:
        kind, encoding, meta = read_schema(file.schema_arrow, name)
        identity = settle_identity(kind, meta.identity, name, bar_type, instrument_id)
        schema = record_schema(kind, encoding, replace(meta, identity=identity))
        columns = list(kind.columns)
        for batch in file.iter_batches(batch_size=_SCAN_ROWS, columns=columns):
            table = pa.Table.from_batches([batch]).select(columns)
            check_nulls(table, kind, encoding, name)
            yield make_records(table.cast(schema).to_batches(), schema)


def parquet_schema(path: str | os.PathLike[str]) -> pa.Schema:
    """The Arrow schema of a Parquet file, with its metadata.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is no whole Parquet file.
    """
    with _opened(os.fspath(path)) as file:
        return file.schema_arrow


@contextmanager
def _opened(name: str) -> Iterator[Any]:
    """A Parquet file, and what goes wrong in it as errors that name it."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(name, memory_map=True) as file:
            yield file
    except BarrowError:
        raise
    except OSError as error:
        if error_number(error) is None:
            raise _damaged(name, error) from error
        raise unreadable(name, error) from error
    except pa.ArrowInvalid as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> BarrowCorruptError:
    return BarrowCorruptError(
        message(name, f"no whole Parquet file: {error}", tries=["write it again from its source"])
    )
