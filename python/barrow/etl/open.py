"""Opens records by what a file holds."""

from __future__ import annotations

import os
from pathlib import Path

from barrow.bars import AnyRecords
from barrow.csv import read_csv
from barrow.ipc import open_arrow
from barrow.parquet import open_parquet
from barrow.store import is_store, open_store

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".gz", ".bz2", ".zst", ".xz", ".zip")
PARQUET_SUFFIXES = (".parquet", ".pq")


def open_records(
    path: str | os.PathLike[str],
    *,
    bar_type: str | None = None,
    instrument_id: str | None = None,
) -> AnyRecords:
    """Opens records from a file: Arrow IPC memory-mapped, text and Parquet read whole.

    Args:
        path: The file. Text and Parquet are told by their suffixes; everything else
            must be Arrow, or the folder of a store with one series, or with the one
            that is named.
        bar_type: Goes into the metadata of bars that have none.
        instrument_id: Goes into the metadata of quotes and trades that have none.

    Returns:
        `Bars`, `Quotes` or `Trades`, by what the file holds.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is no whole Arrow IPC or Parquet file.
        BarrowSchemaError: It holds no records.
        BarrowParseError: It is text, and a row is bad.
    """
    if is_store(path):
        return open_store(path, bar_type=bar_type, instrument_id=instrument_id)
    suffix = Path(path).suffix.lower()
    if suffix in TEXT_SUFFIXES:
        return read_csv(path, bar_type=bar_type, instrument_id=instrument_id)
    opener = open_parquet if suffix in PARQUET_SUFFIXES else open_arrow
    return opener(path, bar_type=bar_type, instrument_id=instrument_id)
