"""Opens bars by what a file holds."""

from __future__ import annotations

import os
from pathlib import Path

from barrow.bars import Bars
from barrow.csv import read_csv
from barrow.ipc import open_arrow
from barrow.parquet import open_parquet

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".gz", ".bz2", ".zst")
PARQUET_SUFFIXES = (".parquet", ".pq")


def open_bars(path: str | os.PathLike[str], *, bar_type: str | None = None) -> Bars:
    """Opens bars from a file: Arrow IPC memory-mapped, text and Parquet read whole.

    Args:
        path: The file. Text and Parquet are told by their suffixes; everything else
            must be Arrow.
        bar_type: Goes into the metadata of bars that have none.

    Returns:
        The bars.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is no whole Arrow IPC or Parquet file.
        BarrowSchemaError: It holds no bars.
        BarrowParseError: It is text, and a row is bad.
    """
    suffix = Path(path).suffix.lower()
    if suffix in TEXT_SUFFIXES:
        return read_csv(path, bar_type=bar_type)
    if suffix in PARQUET_SUFFIXES:
        return open_parquet(path, bar_type=bar_type)
    return open_arrow(path, bar_type=bar_type)
