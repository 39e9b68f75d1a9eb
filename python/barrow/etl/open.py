"""Opens records by what a file holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar, overload

from barrow.bars import AnyRecords, Records
from barrow.csv import read_csv
from barrow.errors import BarrowSchemaError, message
from barrow.etl.catalog import is_catalog, open_catalog
from barrow.etl.formats import PARQUET_SUFFIXES, TEXT_SUFFIXES
from barrow.ipc import open_arrow
from barrow.parquet import open_parquet
from barrow.store import is_store, open_store

C = TypeVar("C", bound=Records[Any])


@overload
def open_records(
    path: str | os.PathLike[str],
    *,
    bar_type: str | None = ...,
    instrument_id: str | None = ...,
    container: None = ...,
) -> AnyRecords: ...
@overload
def open_records(
    path: str | os.PathLike[str],
    *,
    bar_type: str | None = ...,
    instrument_id: str | None = ...,
    container: type[C],
) -> C: ...


def open_records(
    path: str | os.PathLike[str],
    *,
    bar_type: str | None = None,
    instrument_id: str | None = None,
    container: type[Any] | None = None,
) -> Any:
    """Opens records from a file: Arrow IPC memory-mapped, text and Parquet read whole.

    Args:
        path: The file. Text and Parquet are told by their suffixes; everything else
            must be Arrow. Of a catalog of NautilusTrader, a folder with `data` in it,
            the files of one bar type or instrument are read; of the folder of a store
            the only series, or the one that is named.
        bar_type: Goes into the metadata of bars that have none; says which ones of a
            catalog or a store.
        instrument_id: The same for others.
        container: The class of the result, such as `Bars` or one of your own; by what
            the file holds if None.

    Returns:
        `Bars`, `Quotes`, `Trades`, `OrderBookDeltas` or `OrderBookDepths`, by what the
        file holds; or the class that was asked for.

    Raises:
        BarrowArgumentError: A catalog holds no such records, or several of whom none were
            named.
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is no whole Arrow IPC or Parquet file.
        BarrowSchemaError: It holds no records, or others than asked for.
        BarrowParseError: It is text, and a row is bad.
    """
    if is_catalog(path):
        return _checked(
            path, open_catalog(path, bar_type=bar_type, instrument_id=instrument_id), container
        )
    if is_store(path):
        return _checked(
            path, open_store(path, bar_type=bar_type, instrument_id=instrument_id), container
        )
    suffix = Path(path).suffix.lower()
    if suffix in TEXT_SUFFIXES:
        return _checked(
            path, read_csv(path, bar_type=bar_type, instrument_id=instrument_id), container
        )
    opener = open_parquet if suffix in PARQUET_SUFFIXES else open_arrow
    return opener(path, bar_type=bar_type, instrument_id=instrument_id, container=container)


def _checked(
    path: str | os.PathLike[str], records: Records[Any], container: type[Records[Any]] | None
) -> Any:
    if container is not None and not isinstance(records, container):
        what = f"it holds {records.kind.plural}, expected {container.kind.plural}"
        raise BarrowSchemaError(message(os.fspath(path), what))
    return records
