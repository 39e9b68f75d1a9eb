"""Opens records by what a file holds."""

from __future__ import annotations

import os
from pathlib import Path

from barrow.bars import AnyRecords
from barrow.csv import read_csv
from barrow.etl.catalog import is_catalog, open_catalog
from barrow.etl.formats import PARQUET_SUFFIXES, TEXT_SUFFIXES
from barrow.ipc import open_arrow
from barrow.parquet import open_parquet


def open_records(
    path: str | os.PathLike[str],
    *,
    bar_type: str | None = None,
    instrument_id: str | None = None,
) -> AnyRecords:
    """Opens records from a file: Arrow IPC memory-mapped, text and Parquet read whole.

    Args:
        path: The file. Text and Parquet are told by their suffixes; everything else
            must be Arrow. Of a catalog of NautilusTrader, a folder with `data` in it,
            the files of one bar type or instrument are read.
        bar_type: Goes into the metadata of bars that have none; says which ones of a
            catalog.
        instrument_id: The same for quotes and trades.

    Returns:
        `Bars`, `Quotes` or `Trades`, by what the file holds.

    Raises:
        BarrowArgumentError: A catalog holds no such records, or several of whom none were
            named.
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is no whole Arrow IPC or Parquet file.
        BarrowSchemaError: It holds no records.
        BarrowParseError: It is text, and a row is bad.
    """
    if is_catalog(path):
        return open_catalog(path, bar_type=bar_type, instrument_id=instrument_id)
    suffix = Path(path).suffix.lower()
    if suffix in TEXT_SUFFIXES:
        return read_csv(path, bar_type=bar_type, instrument_id=instrument_id)
    opener = open_parquet if suffix in PARQUET_SUFFIXES else open_arrow
    return opener(path, bar_type=bar_type, instrument_id=instrument_id)
