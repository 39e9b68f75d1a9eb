"""`read_csv` and `scan_csv`: text to records, whole or in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Self, Unpack

from barrow._arrow import Encoding, Meta
from barrow.bars import AnyRecords, make_records
from barrow.csv.columns import ColumnSet
from barrow.csv.inputs import Given, Inputs, expand
from barrow.csv.many import ManyReader, ManySource, open_rows
from barrow.csv.options import CsvKeywords, CsvOptions, make_options
from barrow.csv.report import CsvReport
from barrow.csv.rows import RowReader
from barrow.errors import BarrowArgumentError, BarrowUnsupportedError, message

_SAMPLE_BYTES = 1 << 16
_GROWTH = 1.5


def read_csv(path: Given, **options: Unpack[CsvKeywords]) -> AnyRecords:
    """Reads bars, quotes or trades from CSV text, exactly.

    In the generic dialect a header names a time stamp (`timestamp`, `ts_event`,
    `datetime`, `date` and `time`), `open`, `high`, `low`, `close` and `volume`, in
    any order and case; other columns are not read. In the same way `bid` and `ask` make
    quotes, `price` and `size` (`amount`, `quantity`) trades. Other layouts are dialects of
    vendors; see `docs/dialects.md`. Times without a zone are read as UTC, and the
    report says so.

    Args:
        path: A file, a pattern such as `bars-*.csv`, a URL such as `s3://bucket/key`,
            `-` for standard input, or a list of these, which are read as one. A pattern
            gives its files in natural order, part2 before part10. gzip, bzip2,
            Zstandard, xz, zip archives and UTF-16 are recognized by content.
        **options: What `CsvOptions` lists and explains.

    Returns:
        `Bars`, `Quotes` or `Trades`, by what the dialect holds, with contiguous columns;
        their `report` tells about every row.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowParseError: A row is bad, with line, column and reason.
        BarrowSchemaError: The header lacks a column, or several dialects fit.
        BarrowArgumentError: An option has a value that is not allowed.
    """
    reader = open_rows(path, make_options(options))
    try:
        columns, rows = _read_all(reader)
        records = make_records([columns.batch(reader.schema(), rows)], reader.schema())
        records.report = reader.report()
        if reader.rejects_file is not None:
            reader.rejects_file.commit()
        return records
    finally:
        reader.close()


def _read_all(reader: RowReader | ManyReader) -> tuple[ColumnSet, int]:
    columns = reader.new_columns(_expected_rows(reader))
    rows = 0
    while True:
        columns, rows = reader.read(columns, rows)
        if reader.ended:
            return columns, rows
        columns.resize(int(columns.capacity * _GROWTH) + 1, rows)


def _expected_rows(reader: RowReader | ManyReader) -> int:
    """A little more rows than there seem to be; memory never touched costs nothing."""
    source = reader.source
    if isinstance(source, ManySource):
        sample = source.sample[:_SAMPLE_BYTES]
    else:
        sample = bytes(source.buffer[source.begin : min(source.end, source.begin + _SAMPLE_BYTES)])
    lines = sample.count(b"\n") + sample.count(b"\r")
    text = source.size * (6 if source.compressed else 1)
    return int(1.1 * text * (lines + 1) / (len(sample) + 1)) + 16


def scan_csv(path: Given, *, batch_rows: int = 65_536, **options: Unpack[CsvKeywords]) -> BatchScan:
    """Reads bars, quotes or trades from CSV text batch by batch, in bounded memory.

    All batches have one encoding and one precision. Where those are `auto`, the
    text is read twice, first to find them; give all three to have it read once, as a
    pipe needs it.

    Args:
        path: As in `read_csv`.
        batch_rows: Rows per batch; the last one may have fewer.
        **options: As in `read_csv`.

    Returns:
        An iterator of records that own their memory. Its `report` covers everything in
        the end; that of a batch, what was read up to its last row.

    Raises:
        BarrowArgumentError: `batch_rows` is less than 1.
        What `read_csv` raises; about rows, when the first batch is asked for.
    """
    if not isinstance(batch_rows, int) or batch_rows < 1:
        raise BarrowArgumentError(message("batch_rows", f"{batch_rows!r} is no number from 1"))
    checked = make_options(options)
    inputs = expand(path)
    return BatchScan(inputs, open_rows(inputs, checked), batch_rows)


class BatchScan(Iterator[AnyRecords]):
    """Batches of records as they are read. Closes its file at the end, when it is left
    in a `with` statement, or when nobody holds it any more."""

    def __init__(self, inputs: Inputs, reader: RowReader | ManyReader, batch_rows: int) -> None:
        self._inputs = inputs
        self._reader = reader
        self._batch_rows = batch_rows
        self._settled = False

    def __next__(self) -> AnyRecords:
        try:
            if not self._settled:
                self._settle()
            while not self._reader.ended:
                reader = self._reader
                columns = reader.new_columns(self._batch_rows)
                columns, rows = reader.read(columns, 0)
                if rows:
                    batch = columns.batch(reader.schema(), rows)
                    records = make_records([batch], reader.schema())
                    records.report = reader.report()
                    return records
            if self._reader.rejects_file is not None:
                self._reader.rejects_file.commit()
        except BaseException:
            self.close()
            raise
        self.close()
        raise StopIteration

    def _settle(self) -> None:
        """Goes on with a reader that has nothing left to find out."""
        self._settled = True
        options = self._reader.options
        if "auto" not in (options.encoding, options.price_precision, options.size_precision):
            return
        source = self._reader.source
        if not source.can_read_twice:
            raise BarrowUnsupportedError(
                message(
                    source.path,
                    "a pipe can be read once only, and encoding and precisions are to be found",
                    tries=["give encoding, price_precision and size_precision"],
                )
            )
        self._reader.close()
        self._reader = open_rows(self._inputs, options, self._scout(options))

    def _scout(self, options: CsvOptions) -> tuple[Encoding, Meta]:
        """Reads all rows once; what that takes is given back before the next reader."""
        on_error = "skip" if options.rejects else options.on_error
        scout = open_rows(self._inputs, replace(options, rejects=None, on_error=on_error))
        try:
            columns = scout.new_columns(self._batch_rows)
            while not scout.ended:
                columns, _ = scout.read(columns, 0)
        finally:
            scout.close()
        return scout.encoding, scout.meta

    @property
    def report(self) -> CsvReport:
        """The account of the rows read so far; behind the last batch, of all of them."""
        return self._reader.report()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; further batches are not read."""
        self._reader.close()
