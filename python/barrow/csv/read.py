"""`read_csv` and `scan_csv`: text to bars, whole or in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from barrow.bars import Bars
from barrow.csv.options import CsvOptions
from barrow.csv.rows import ColumnSet, RowReader
from barrow.errors import BarrowArgumentError, message

_SAMPLE_BYTES = 1 << 16
_GROWTH = 1.5


def read_csv(path: str | os.PathLike[str], **options: Any) -> Bars:
    """Reads bars from a CSV file with a header, exactly.

    The header names a time stamp (`timestamp`, `ts_event`, `datetime`, `date` and
    `time`), `open`, `high`, `low`, `close` and `volume`, in any order and case;
    other columns are not read. Times without a zone are read as UTC, and the
    report says so.

    Args:
        path: The file, plain or compressed with gzip, bzip2 or Zstandard.
        **options: See `CsvOptions`: `bar_type`, `dialect`, `price_precision`,
            `size_precision`, `encoding`, `rounding`, `on_error`, `rejects`,
            `default_volume`, `ts_init_delta`.

    Returns:
        Bars whose columns are contiguous; `bars.report` tells about every row.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowParseError: A row is bad, with line, column and reason.
        BarrowSchemaError: The header lacks a column.
        BarrowArgumentError: An option has a value that is not allowed.
    """
    reader = _open(path, options)
    keep = False
    try:
        columns, rows = _read_all(reader)
        columns.resize(rows)
        bars = Bars([columns.batch(reader.schema(), rows)], reader.schema())
        bars.report = reader.report()
        keep = True
        return bars
    finally:
        reader.close(keep_rejects=keep)


def _open(path: str | os.PathLike[str], options: dict[str, Any]) -> RowReader:
    try:
        checked = CsvOptions(**options)
    except TypeError as error:
        known = ", ".join(CsvOptions.__dataclass_fields__)
        raise BarrowArgumentError(
            message("options", str(error).replace("CsvOptions.__init__() ", ""), tries=[known])
        ) from error
    return RowReader(path, checked)


def _read_all(reader: RowReader) -> tuple[ColumnSet, int]:
    columns = ColumnSet(reader.encoding, _expected_rows(reader))
    rows = 0
    while True:
        columns, rows = reader.read(columns, rows)
        if reader.ended:
            return columns, rows
        columns.resize(int(columns.capacity * _GROWTH) + 1)


def _expected_rows(reader: RowReader) -> int:
    """A little more rows than there seem to be; memory never touched costs nothing."""
    source = reader.source
    sample = bytes(source.buffer[source.begin : min(source.end, source.begin + _SAMPLE_BYTES)])
    lines = sample.count(b"\n") + sample.count(b"\r")
    text = source.size * (6 if source.compressed else 1)
    return int(1.1 * text * (lines + 1) / (len(sample) + 1)) + 16


def scan_csv(
    path: str | os.PathLike[str], *, batch_rows: int = 65_536, **options: Any
) -> Iterator[Bars]:
    """Reads bars from a CSV file batch by batch, in bounded memory.

    All batches have one encoding and one precision. Where those are `auto`, the
    text is read twice, first to find them; give numbers to have it read once.

    Args:
        path: As in `read_csv`.
        batch_rows: Bars per batch; the last one may have fewer.
        **options: As in `read_csv`.

    Yields:
        Bars that own their memory. `report` of the last one covers everything.

    Raises:
        BarrowArgumentError: `batch_rows` is less than 1.
        What `read_csv` raises.
    """
    if batch_rows < 1:
        raise BarrowArgumentError(message("batch_rows", f"{batch_rows} is less than 1"))
    # Errors of the options and of the file come now, not with the first batch.
    reader = _open(path, options)
    return _scan(reader, batch_rows)


def _scan(reader: RowReader, batch_rows: int) -> Iterator[Bars]:
    try:
        reader = _settled(reader, batch_rows)
        while not reader.ended:
            columns, rows = reader.read(ColumnSet(reader.encoding, batch_rows), 0)
            if rows:
                columns.resize(rows)
                bars = Bars([columns.batch(reader.schema(), rows)], reader.schema())
                bars.report = reader.report()
                yield bars
    finally:
        reader.close()


def _settled(reader: RowReader, batch_rows: int) -> RowReader:
    """A reader with nothing left to find out, at the start of the text."""
    options = reader.options
    if "auto" not in (options.encoding, options.price_precision, options.size_precision):
        return reader
    reader.close()
    first = replace(options, rejects=None, on_error="skip" if options.rejects else options.on_error)
    scout = RowReader(reader.source.path, first)
    try:
        columns = ColumnSet(scout.encoding, batch_rows)
        while not scout.ended:
            columns, _ = scout.read(columns, 0)
    finally:
        scout.close()
    settled = replace(
        options,
        encoding=scout.encoding.name,
        price_precision=scout.meta.price_precision,
        size_precision=scout.meta.size_precision,
    )
    return RowReader(reader.source.path, settled)
