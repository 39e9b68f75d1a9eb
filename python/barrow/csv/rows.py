"""Feeds the Mojo row parser and keeps the account of what it read."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Any

import pyarrow as pa

from barrow._arrow import BAR, TRADE, Encoding, Meta, record_schema, rounding_code
from barrow._lib import native
from barrow.bars import BarType
from barrow.csv.account import Account
from barrow.csv.columns import ColumnSet
from barrow.csv.dialect import Dialect, find_dialect
from barrow.csv.header import Header, read_header
from barrow.csv.hints import option
from barrow.csv.options import FOLDS, CsvOptions
from barrow.csv.parallel import RangeReader
from barrow.csv.rejects import RejectLog, RejectsFile
from barrow.csv.report import CsvReport, Rounded
from barrow.csv.sniff import sniff
from barrow.csv.source import TextSource
from barrow.csv.stops import FULL, INPUT, NO_ROOM, WIDER
from barrow.errors import (
    BarrowArgumentError,
    BarrowParseError,
    BarrowSchemaError,
    Place,
    message,
    shown,
)
from barrow.zones import offsets

_HEADER_BYTES = 1 << 16
_HEADER_LINES = 3
_LINE_END = re.compile(rb"[\r\n]")
_REJECTS_AT_ONCE = 1024
# Threads are worth waking for this many chunks; rows are seldom shorter than this.
_CHUNKS_IN_PARALLEL = 4
_ROW_BYTES = 40


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
        BarrowArgumentError: An option is about other records than it holds.

    Attributes:
        encoding: The encoding rows are read in; widens when a row needs it and
            the options leave it open.
    """

    def __init__(
        self, path: Any, options: CsvOptions, settled: tuple[Encoding, Meta] | None = None
    ) -> None:
        self.options = options
        self._settled = settled
        self.encoding = settled[0] if settled else options.first_encoding
        self.source = TextSource(path, options.chunk_bytes)
        self._ranges: RangeReader | None = None
        try:
            self.header = self._read_header()
            self.kind = self.dialect.kind
            self._check_options()
            self._decoder = self.new_decoder()
            self.log = RejectLog(options, self.header, self.source.path)
        except BaseException:
            self.source.close()
            raise
        self.account = Account(self.header.line)
        self.source.begin += self.header.end
        self._ended = self._may_be_empty = False

    def _read_header(self) -> Header:
        source = self.source
        wanted = _HEADER_BYTES
        while True:
            while not source.final and source.end - source.begin < wanted:
                source.refill()
            start = bytes(memoryview(source.buffer)[source.begin : source.end])
            wanted = 2 * len(start)
            ends = list(islice(_LINE_END.finditer(start), _HEADER_LINES))
            if not source.final and len(ends) < _HEADER_LINES:
                continue  # long lines: the header may be cut off
            self.dialect = self._choose(start)
            needs_volume = self.options.default_volume is None and not self.dialect.volume_optional
            header = read_header(start, source.path, self.dialect, needs_volume)
            # Without names the first row says how many columns there are: it must be whole.
            if source.final or _LINE_END.search(start, header.end):
                return header

    def _check_options(self) -> None:
        """Refuses options that are about other records than the text holds."""
        options, path = self.options, self.source.path
        holds = f"{path} holds {self.kind.plural} (dialect {self.dialect.name})"
        if self.kind is BAR and options.instrument_id is not None:
            name = f"{options.instrument_id}-1-MINUTE-LAST-EXTERNAL"
            raise BarrowArgumentError(
                message(
                    "instrument_id",
                    f"{holds}, which have a bar type",
                    tries=[f"{option('bar_type', name)} if they are minutes"],
                )
            )
        if self.kind is not BAR and options.bar_type is not None:
            of = BarType.parse(options.bar_type)
            raise BarrowArgumentError(
                message(
                    "bar_type",
                    f"{holds}, which have an instrument id",
                    tries=[option("instrument_id", of.instrument_id)],
                )
            )
        if options.symbol is not None and "symbol" not in self.header.role_names:
            known = self.dialect.columns.get("symbol")
            names = f"called {' or '.join(known)}" if isinstance(known, list) else "in the dialect"
            raise BarrowSchemaError(
                message(
                    path,
                    f"there is no column of symbols {names} to find {options.symbol!r} in; "
                    f"the columns are: {shown(','.join(self.header.names))}",
                    tries=["leave symbol out", "a dialect that names the column"],
                )
            )

    def _choose(self, start: bytes) -> Dialect:
        if self.options.dialect != "auto":
            return find_dialect(self.options.dialect)
        return sniff(start, self.source.path, self.options).dialect

    def new_decoder(self) -> Any:
        """A decoder that has read nothing yet."""
        options, dialect = self.options, self.dialect

        def precision(value: Any) -> int:
            return -1 if value == "auto" else int(value)

        plan = {
            "delimiter": ord(self.header.delimiter),
            "quote": ord(dialect.quote) if dialect.quote else 0,
            "comment": ord(dialect.comment) if dialect.comment else 0,
            "field_count": len(self.header.names),
            "pad_short": dialect.pad_short,
            "fields": self.header.fields,
            "prices": len(self.kind.prices),
            "values": len(self.kind.values),
            "trades": self.kind is TRADE,
            "sides": tuple(dialect.side_codes.items()),
            "nulls": tuple(dialect.nulls),
            "symbol": options.symbol or "",
            "price_precision": precision(options.price_precision),
            "size_precision": precision(options.size_precision),
            "rounding": rounding_code(options.rounding),
            "point": ord(dialect.decimal) if dialect.decimal else 0,
            "mark": ord(dialect.thousands) if dialect.thousands else 0,
            "price_shift": dialect.price_shift,
            "size_shift": dialect.volume_shift,
            "currency": ord(dialect.currency) if dialect.currency else 0,
            "suffixes": dialect.volume_suffixes,
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

    def new_columns(self, capacity: int, *, lines: bool = False) -> ColumnSet:
        """Columns to read into.

        Args:
            capacity: How many rows there is room for.
            lines: Whether to keep the line of every row.
        """
        return ColumnSet(self.kind, self.encoding, capacity, lines)

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
        row, stop = first_row, INPUT
        while stop != FULL and not self._ended:
            ranges = self._wanted_ranges(columns.capacity - row)
            if ranges is not None:
                row = ranges.read(columns, row)
                native.csv_begin(self._decoder, self.account.line, self.account.symbol)
            columns, row, stop = self._read_window(columns, row)
        return columns, row

    def _wanted_ranges(self, room: int) -> RangeReader | None:
        """Threads, where they are worth it: not before the first rows are read, which
        tell the symbol, and not for a few chunks."""
        options, source = self.options, self.source
        if options.threads == 1 or not self.account.rows or source.final:
            return None
        if source.may_wait:
            return None  # a thread that waits for a pipe could not be told to stop
        least = _CHUNKS_IN_PARALLEL * options.chunk_bytes
        if room * _ROW_BYTES < least or source.remaining < least:
            return None
        if self._ranges is None:
            self._ranges = RangeReader(self, options.threads)
        return self._ranges if self._ranges.useful else None

    def _read_window(self, columns: ColumnSet, row: int) -> tuple[ColumnSet, int, int]:
        """Reads what the window has, in this thread."""
        source = self.source
        rows, used, stop = native.csv_push(
            self._decoder,
            source.buffer,
            source.begin,
            source.end,
            source.final,
            self.encoding.wide,
            columns.buffers(),
            row,
            columns.capacity,
        )
        if rows:
            stamps = columns.stamps
            self.account.note_stamps(int(stamps[row]), int(stamps[row + rows - 1]))
        row += rows
        self.account.take(self._decoder)
        rejects = native.csv_rejects(self._decoder)
        if rejects:
            self.log.add(rejects, source.buffer, source.begin, source.offset)
        source.begin += used
        if stop == WIDER:
            columns = columns.widen(row)
            self.encoding = columns.encoding
        elif stop == NO_ROOM:
            columns.grow_ids(row)
        elif stop == INPUT:
            if source.final:
                self._finish()
            else:
                source.refill()
        return columns, row, stop

    def _finish(self) -> None:
        account = self.account
        if account.rows + account.rejected + account.filtered == 0 and not self._may_be_empty:
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
    def place(self) -> int:
        """The byte of the text behind the last row read."""
        return self.source.offset + self.source.begin

    def seek(self, place: int, limit: int, line: int) -> None:
        """Goes on at another row of a text whose source `has_places`.

        That no row follows is no error then.

        Args:
            place: The first byte of the row.
            limit: The byte the text ends at, or before.
            line: The number of its line.
        """
        self.source.seek(place, limit)
        native.csv_begin(self._decoder, line, self.account.symbol)
        self.account.line = line
        self._ended, self._may_be_empty = False, True

    @property
    def ended(self) -> bool:
        """Whether the text has been read to its end."""
        return self._ended

    @property
    def meta(self) -> Meta:
        """The metadata of the rows read so far."""
        if self._settled:
            return self._settled[1]
        options, account = self.options, self.account
        prices, sizes = options.price_precision, options.size_precision
        return Meta(
            options.identity,
            account.price_decimals if prices == "auto" else prices,
            account.size_decimals if sizes == "auto" else sizes,
            self._symbol(),
        )

    def _symbol(self) -> str | None:
        if self.account.other_symbol_line:
            return None
        return self.account.symbol or self.dialect.symbol_of(self.source.path)

    def schema(self) -> pa.Schema:
        """The stored schema of the rows read so far."""
        return record_schema(self.kind, self.encoding, self.meta)

    def report(self) -> CsvReport:
        """The account of the rows read so far."""
        account, meta = self.account, self.meta
        counted = zip(self.kind.values, account.roundings, account.rounded_lines, strict=False)
        return CsvReport(
            path=self.source.path,
            record=self.kind.name,
            rows_in=account.rows + account.rejected + account.filtered,
            rows_out=account.rows,
            rows_rejected=account.rejected,
            rows_filtered=account.filtered,
            blank_lines=account.blank_lines,
            encoding=self.encoding.name,
            price_precision=meta.price_precision,
            size_precision=meta.size_precision,
            rejects=list(self.log.counts.values()),
            roundings=[
                Rounded(self.header.role_name(role), count, line)
                for role, count, line in counted
                if count
            ],
            notes=self._notes(),
        )

    def _notes(self) -> list[str]:
        account, dialect, options = self.account, self.dialect, self.options
        notes = []
        if account.other_symbol_line:
            notes.append(
                f"several symbols are mixed: {account.symbol} first, another one at line "
                f"{account.other_symbol_line}; symbol={account.symbol!r} reads one of them"
            )
        if account.filtered and not account.rows + account.rejected:
            notes.append(f"no row has the symbol {options.symbol!r}")
        if not dialect.is_generic:
            notes.append(f"dialect {dialect.name}: {dialect.title}")
        notes += self.header.notes
        if dialect.zone and options.timezone is None:
            notes.append(f"times are in the zone of the dialect, {dialect.zone}")
        if account.first_ts > account.last_ts:
            notes.append(f"the text is newest first, and so are the {self.kind.plural}")
        if account.unzoned:
            notes.append(f"{account.unzoned:,} time stamps have no zone and were read as UTC")
        absent = [name for name in self.kind.sizes if name not in self.header.role_names]
        if absent:
            default = f"the default {options.default_volume_text}"
            if options.default_volume is None:
                default = "0, since there is no such column"
            notes.append(f"every {' and '.join(absent)} is {default}")
        there = [name for name in self.kind.sizes if name not in absent]
        if dialect.volume_optional and there:
            notes.append(f"where {' or '.join(there)} is missing it is 0")
        if self.kind is TRADE:
            for role, what in (("side", "aggressor_side is 0"), ("trade_id", "trade_id is empty")):
                if role not in self.header.role_names:
                    notes.append(f"there is no {role} column: {what} in every trade")
        return notes

    @property
    def rejects_file(self) -> RejectsFile | None:
        """The file of rejected rows, if one was asked for."""
        return self.log.file

    def keep_rejects(self, keep: Callable[..., None]) -> None:
        """Hands refused rows to someone who takes what `RejectsFile.write` does."""
        self.log.keep = keep

    def close(self) -> None:
        """Closes the file, and removes rejected rows that were not committed."""
        if self._ranges is not None:
            self._ranges.close()
        self.source.close()
        if self.log.file is not None:
            self.log.file.abort()
