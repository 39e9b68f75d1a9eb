"""Feeds the Mojo row parser and collects its columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import (
    FIXED16,
    VALUES,
    BarMeta,
    Encoding,
    bar_schema,
    rounding_code,
    stored_batch,
)
from barrow._lib import native
from barrow.csv.dialect import ROLES, Dialect, find_dialect
from barrow.csv.header import Header, read_header
from barrow.csv.options import FOLDS, CsvOptions
from barrow.csv.rejects import RejectLog, RejectsFile
from barrow.csv.report import CsvReport, Rounded
from barrow.csv.sniff import sniff
from barrow.csv.source import TextSource
from barrow.csv.zones import offsets
from barrow.errors import BarrowParseError, Place, message

Array = np.ndarray[Any, Any]
# Codes of `Stop` in mojo_src/barrow/csv/rows.mojo.
_INPUT, _FULL, _REJECTS, _WIDER = range(4)
_HEADER_BYTES = 1 << 16
_REJECTS_AT_ONCE = 1024


class ColumnSet:
    """Writable columns with room for a number of rows.

    Their memory comes from pyarrow's pool: it is aligned to 64 bytes, and memory freed
    before is used again without the operating system clearing it.

    Args:
        encoding: Decides the width of values.
        capacity: How many rows there is room for.
        lines: Whether to keep the line of every row.
    """

    def __init__(self, encoding: Encoding, capacity: int, lines: bool = False) -> None:
        self.encoding = encoding
        self.capacity = capacity
        self.widths = (*[encoding.width] * len(VALUES), 8, 8)
        self._buffers = [pa.allocate_buffer(capacity * w, resizable=True) for w in self.widths]
        self.lines = np.empty(capacity if lines else 0, np.uint64)

    def buffers(self) -> tuple[Any, ...]:
        """The columns in the order of the schema, then the lines."""
        return (*self._buffers, self.lines)

    @property
    def stamps(self) -> Array:
        """The column `ts_event`."""
        return np.frombuffer(self._buffers[len(VALUES)], np.uint64)

    def widen(self, rows: int) -> ColumnSet:
        """The first rows again, with 128-bit values."""
        wide = ColumnSet(FIXED16, self.capacity, len(self.lines) > 0)
        pairs = zip(self._buffers, wide._buffers, strict=True)
        for i, (old, new) in enumerate(pairs):
            source, target = memoryview(old), memoryview(new)
            if i < len(VALUES):
                native.column_widen(source[: 8 * rows], VALUES[i] != "volume", target[: 16 * rows])
            else:
                target[: 8 * rows] = source[: 8 * rows]
        wide.lines[:rows] = self.lines[:rows]
        return wide

    def resize(self, capacity: int) -> None:
        """Gives room for more or fewer rows; the first ones stay."""
        for buffer, width in zip(self._buffers, self.widths, strict=True):
            buffer.resize(capacity * width, shrink_to_fit=False)
        if len(self.lines):
            self.lines.resize(capacity, refcheck=False)
        self.capacity = capacity

    def batch(self, schema: pa.Schema, rows: int) -> pa.RecordBatch:
        """The first rows as a batch over the columns' own memory."""
        pairs = zip(self._buffers, self.widths, strict=True)
        return stored_batch(schema, [b.slice(0, rows * w) for b, w in pairs], rows)


class RowReader:
    """Reads the rows of one file into columns, as many at a time as wanted.

    Args:
        path: The file, or a `Part`.
        options: How to read it.
        settled: Encoding and metadata, where an earlier pass has found them.

    Raises:
        BarrowIoError: The file cannot be opened.
        BarrowParseError: It is empty, or no text.
        BarrowSchemaError: Its header lacks a column.

    Attributes:
        encoding: The encoding rows are read in; widens when a row needs it and
            the options leave it open.
    """

    def __init__(
        self, path: Any, options: CsvOptions, settled: tuple[Encoding, BarMeta] | None = None
    ) -> None:
        self.options = options
        self._settled = settled
        self._first_ts = self._last_ts = 0
        self.encoding = settled[0] if settled else options.first_encoding
        self.source = TextSource(path, options.chunk_bytes, ahead=options.threads > 1)
        try:
            self.header = self._read_header()
            self._decoder = self._new_decoder()
            self._log = RejectLog(options, self.header, self.source)
        except BaseException:
            self.source.close()
            raise
        self.source.begin += self.header.end
        self._ended = False

    def _read_header(self) -> Header:
        source = self.source
        while not source.final and source.end - source.begin < _HEADER_BYTES:
            source.refill()
        start = bytes(source.buffer[source.begin : source.end])
        self.dialect = self._choose(start)
        needs_volume = self.options.default_volume is None and not self.dialect.volume_optional
        return read_header(start, source.path, self.dialect, needs_volume)

    def _choose(self, start: bytes) -> Dialect:
        if self.options.dialect != "auto":
            return find_dialect(self.options.dialect)
        return sniff(start, self.source.path, self.options).dialect

    def _new_decoder(self) -> Any:
        options, dialect = self.options, self.dialect

        def precision(value: Any) -> int:
            return -1 if value == "auto" else int(value)

        plan = {
            "delimiter": ord(self.header.delimiter),
            "quote": ord('"'),
            "comment": ord(dialect.comment) if dialect.comment else 0,
            "field_count": len(self.header.names),
            "pad_short": dialect.pad_short,
            "fields": self.header.fields,
            "price_precision": precision(options.price_precision),
            "size_precision": precision(options.size_precision),
            "rounding": rounding_code(options.rounding),
            "point": ord(dialect.decimal),
            "mark": ord(dialect.thousands) if dialect.thousands else 0,
            "price_shift": dialect.price_shift,
            "size_shift": dialect.volume_shift,
            "default_volume": options.default_volume_text,
            "empty_volume": dialect.volume_optional,
            "time_pattern": options.time_format or dialect.time_format,
            "date_pattern": dialect.date_format,
            "zone": self._zone(),
            "ts_init_delta": options.delta_to_init or 0,
            "may_widen": options.encoding == "auto",
            "reject_limit": 1 if options.on_error == "raise" else _REJECTS_AT_ONCE,
            "use_layouts": options.layouts,
        }
        return native.csv_new(plan, self.header.line)

    def _zone(self) -> tuple[object, ...]:
        name = self.options.timezone or self.dialect.zone
        return (*offsets(name), FOLDS[self.options.fold]) if name else ()

    def read(self, columns: ColumnSet, first_row: int) -> tuple[ColumnSet, int]:
        """Fills columns until they are full or the text ends.

        Args:
            columns: Where rows go.
            first_row: Where the first one goes.

        Returns:
            The columns, which are others if they had to be widened, and how many
            rows they hold. They are not full only at the end of the text.

        Raises:
            BarrowParseError: A row cannot be read and the policy is to raise.
        """
        source, row = self.source, first_row
        while True:
            rows, used, stop = native.csv_push(
                self._decoder,
                source.buffer,
                source.begin,
                source.end,
                source.final,
                self.encoding.wide,
                columns.buffers(),
                row,
            )
            if rows:
                stamps = columns.stamps
                self._first_ts = self._first_ts or int(stamps[row])
                self._last_ts = int(stamps[row + rows - 1])
            row += rows
            rejects = native.csv_rejects(self._decoder)
            if rejects:
                self._log.add(rejects)
            source.begin += used
            if stop == _FULL:
                return columns, row
            if stop == _WIDER:
                columns = columns.widen(row)
                self.encoding = columns.encoding
            elif stop == _INPUT:
                if source.final:
                    self._finish()
                    return columns, row
                source.refill()

    def _finish(self) -> None:
        counts = native.csv_counts(self._decoder)
        if counts[1] + counts[3] == 0:
            raise BarrowParseError(
                message(
                    self.source.path,
                    "there is a header but no rows",
                    tries=["check that the download finished"],
                ),
                Place(self.source.path),
                "empty",
            )
        self._ended = True

    @property
    def ended(self) -> bool:
        """Whether the text has been read to its end."""
        return self._ended

    @property
    def meta(self) -> BarMeta:
        """The metadata of the rows read so far."""
        if self._settled:
            return self._settled[1]
        counts = native.csv_counts(self._decoder)
        options = self.options
        return BarMeta(
            options.bar_type,
            counts[5] if options.price_precision == "auto" else options.price_precision,
            counts[6] if options.size_precision == "auto" else options.size_precision,
            native.csv_symbol(self._decoder) or None,
        )

    def schema(self) -> pa.Schema:
        """The stored schema of the rows read so far."""
        return bar_schema(self.encoding, self.meta)

    def report(self) -> CsvReport:
        """The account of the rows read so far."""
        counts = native.csv_counts(self._decoder)
        meta = self.meta
        notes = list(self.header.notes)
        if self.dialect.name != "generic":
            notes.insert(0, f"dialect {self.dialect.name}: {self.dialect.title}")
        if self.dialect.zone and self.options.timezone is None:
            notes.append(f"times are in the zone of the dialect, {self.dialect.zone}")
        if counts[17]:
            symbol = native.csv_symbol(self._decoder)
            notes.insert(
                0, f"several symbols are mixed: {symbol} first, another one at line {counts[17]}"
            )
        if self._first_ts > self._last_ts:
            notes.append("the text is newest first, and so are the bars")
        if counts[4]:
            notes.append(f"{counts[4]:,} time stamps have no zone and were read as UTC")
        if self.options.default_volume is not None and self.header.fields[4] < 0:
            notes.append(f"every volume is the default {self.options.default_volume_text}")
        return CsvReport(
            path=self.source.path,
            rows_in=counts[1] + counts[3],
            rows_out=counts[1],
            rows_rejected=counts[3],
            blank_lines=counts[2],
            encoding=self.encoding.name,
            price_precision=meta.price_precision,
            size_precision=meta.size_precision,
            rejects=list(self._log.counts.values()),
            roundings=[
                Rounded(self.header.role_name(role), counts[7 + i], counts[12 + i])
                for i, role in enumerate(ROLES[:5])
                if counts[7 + i]
            ],
            notes=notes,
        )

    @property
    def rejects_file(self) -> RejectsFile | None:
        """The file of rejected rows, if one was asked for."""
        return self._log.file

    def keep_rejects(self, keep: Callable[..., None]) -> None:
        """Hands refused rows to someone who takes what `RejectsFile.write` does."""
        self._log.keep = keep

    def close(self) -> None:
        """Closes the file, and removes rejected rows that were not committed."""
        self.source.close()
        if self._log.file is not None:
            self._log.file.abort()
