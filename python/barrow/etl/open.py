"""Opens records by what a file holds."""

from __future__ import annotations

import os
from pathlib import Path

from barrow.bars import AnyRecords
from barrow.csv import read_csv
from barrow.errors import BarrowUnsupportedError, message
from barrow.ipc import open_arrow

_TEXT_SUFFIXES = {".csv", ".tsv", ".txt", ".gz", ".bz2", ".zst", ".xz", ".zip"}


def open_records(
    path: str | os.PathLike[str],
    *,
    bar_type: str | None = None,
    instrument_id: str | None = None,
) -> AnyRecords:
    """Opens records from a file: Arrow IPC memory-mapped, text read whole.

    Args:
        path: The file. Text is told by its suffix; everything else must be Arrow.
        bar_type: Goes into the metadata of bars that have none.
        instrument_id: Goes into the metadata of quotes and trades that have none.

    Returns:
        `Bars`, `Quotes` or `Trades`, by what the file holds.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is no whole Arrow IPC file.
        BarrowSchemaError: It holds no records.
        BarrowParseError: It is text, and a row is bad.
    """
    if Path(path).suffix.lower() in _TEXT_SUFFIXES:
        if instrument_id is not None:
            raise BarrowUnsupportedError(
                message(os.fspath(path), "of text, only bars are read, which have a bar type")
            )
        return read_csv(path, bar_type=bar_type)
    return open_arrow(path, bar_type=bar_type, instrument_id=instrument_id)
