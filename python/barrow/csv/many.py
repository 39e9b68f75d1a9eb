"""Several texts read as one: each has its own header, lines and columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import Encoding, Meta, RecordKind, record_schema
from barrow.csv.columns import ColumnSet
from barrow.csv.dialect import Dialect
from barrow.csv.header import Header
from barrow.csv.inputs import Given, Inputs, Part, expand
from barrow.csv.options import CsvOptions
from barrow.csv.rejects import RejectsFile
from barrow.csv.report import CsvReport, PartReport, RejectCount, Rounded
from barrow.csv.rows import RowReader
from barrow.csv.sniff import check_fit
from barrow.errors import BarrowParseError, Place, message

# Lines of several texts in one column: the number of the text, from 1, stands above.
_LINE_BITS = 40
_COUNTED = re.compile(r"([\d,]+) (.*)", re.DOTALL)


def open_rows(
    given: Given, options: CsvOptions, settled: tuple[Encoding, Meta] | None = None
) -> RowReader | ManyReader:
    """Opens what the caller named: one text as it is, several as one.

    Args:
        given: As `expand` takes it.
        options: How to read it.
        settled: Encoding and metadata, where an earlier pass has found them.

    Raises:
        What `expand`, `RowReader` and `ManyReader` raise.
    """
    inputs = expand(given)
    if len(inputs.parts) == 1:
        return RowReader(inputs.parts[0], options, settled)
    return ManyReader(inputs, options, settled)


class _PartReader(RowReader):
    """Reads one text of several; without a dialect, it is guessed."""

    def __init__(
        self,
        part: Part,
        options: CsvOptions,
        settled: tuple[Encoding, Meta] | None,
        dialect: Dialect | None,
    ) -> None:
        self._before = dialect
        self.doubts: list[str] = []
        super().__init__(part, options, settled)

    def _choose(self, start: bytes) -> Dialect:
        if self._before is None:
            return super()._choose(start)
        doubt = check_fit(self._before, start, self.source.path, self.options)
        self.doubts = [doubt] if doubt else []
        return self._before

    @property
    def is_empty(self) -> bool:
        """Whether nothing follows the header, which can be seen if it is short. The kind
        of record and the dialect are then left to a text that has rows."""
        source = self.source
        return source.final and not bytes(source.buffer[source.begin : source.end]).strip()


@dataclass(frozen=True)
class _Account:
    """What is kept of a text that has been read."""

    number: int
    report: CsvReport
    meta: Meta

    @property
    def name(self) -> str:
        """What messages call the text."""
        return self.report.path


class ManySource:
    """Stands for the sources of all texts.

    Attributes:
        path: What messages call them.
        size: Bytes of all that are known.
        can_read_twice: Whether all texts can be read again.
    """

    def __init__(self, inputs: Inputs) -> None:
        self.path = inputs.name
        self.size = sum(part.size for part in inputs.parts)
        self.can_read_twice = all(part.can_read_twice for part in inputs.parts)
        self.finished = 0  # bytes of the texts that have been read
        self.current: RowReader | None = None

    @property
    def position(self) -> int:
        """Bytes read so far."""
        return self.finished + (self.current.source.position if self.current else 0)

    @property
    def compressed(self) -> bool:
        """Whether the text being read is compressed."""
        return self.current is not None and self.current.source.compressed

    @property
    def sample(self) -> bytes:
        """What is in the window of the text being read."""
        if self.current is None:
            return b""
        source = self.current.source
        return bytes(memoryview(source.buffer)[source.begin : source.end])


class ManyReader:
    """Reads the rows of several texts into columns, in one go.

    Every text has its own header and its own line numbers; columns may be in another
    order. Texts without rows are noted. The width of values found in one text goes on
    in the next. With `dialect="auto"` that of the first text with rows is used for all.

    Args:
        inputs: The texts.
        options: How to read them.
        settled: Encoding and metadata, where an earlier pass has found them.

    Raises:
        BarrowParseError: No text has rows.
        What `RowReader` raises, with the name of the text.

    Attributes:
        encoding: The encoding rows are read in.
        options: How the texts are read.
        source: What all texts are like together.
        rejects_file: The file of rejected rows of all texts, if one was asked for.
    """

    def __init__(
        self, inputs: Inputs, options: CsvOptions, settled: tuple[Encoding, Meta] | None = None
    ) -> None:
        self.options = options
        self.encoding = settled[0] if settled else options.first_encoding
        self.source = ManySource(inputs)
        self.rejects_file: RejectsFile | None = None
        self._inputs = inputs
        self._settled = settled
        self._number = 0  # of the text being read, from 1
        self._reader: _PartReader | None = None
        self._accounts: list[_Account] = []
        self._headers: list[Header] = []
        self._dialect: Dialect | None = None
        self._empty: list[str] = []
        self._doubts: list[str] = []
        self._rejected = 0  # rows of the texts that have been read
        # Rows that are refused go to one file, which the readers must not open.
        self._part_options = options
        if options.rejects is not None:
            self._part_options = replace(options, rejects=None, on_error="skip")
            self.rejects_file = RejectsFile(options.rejects, several=True)
        try:
            self._open_next()
        except BaseException:
            self.close()
            raise

    @property
    def ended(self) -> bool:
        """Whether all texts have been read to their end."""
        return self._reader is None

    @property
    def header(self) -> Header:
        """The header with the fewest columns that are read."""
        return min(self._headers, key=lambda header: len(header.role_names))

    @property
    def kind(self) -> RecordKind:
        """What the rows are; the first text decides for all."""
        header = self._headers[0] if self._reader is None else self._reader.header
        return header.kind

    def new_columns(self, capacity: int, *, lines: bool = False) -> ColumnSet:
        """Columns to read into; see `RowReader.new_columns`."""
        return ColumnSet(self.kind, self.encoding, capacity, lines)

    def _open_next(self) -> None:
        """Opens the next text that is not empty."""
        while self._number < len(self._inputs.parts):
            part = self._inputs.parts[self._number]
            self._number += 1
            try:
                reader = _PartReader(part, self._part_options, self._settled, self._dialect)
            except BarrowParseError as error:
                if not _is_empty(error):
                    raise
                self._leave_out(part)
                continue
            if reader.is_empty:
                reader.close()
                self._leave_out(part)
                continue
            self._reader = self.source.current = reader
            reader.encoding = self.encoding
            reader.log.total = self._rejected
            if self.rejects_file is not None:
                reader.keep_rejects(partial(self.rejects_file.write, file=part.name))
            return
        if not self._accounts:
            name = self._inputs.name
            raise BarrowParseError(
                message(
                    name,
                    f"none of the {len(self._inputs.parts)} texts has rows",
                    tries=["check that the download finished"],
                ),
                Place(name),
                "empty",
            )

    def _leave_out(self, part: Part) -> None:
        self._empty.append(part.name)
        self.source.finished += part.size

    def read(self, columns: ColumnSet, first_row: int) -> tuple[ColumnSet, int]:
        """Fills columns until they are full or the last text ends.

        Args:
            columns: Where rows go.
            first_row: Where the first one goes.

        Returns:
            The columns, which are others if they had to be widened, and how many
            rows they hold. They are not full only at the end of the last text.

        Raises:
            BarrowParseError: A row cannot be read and the policy is to raise; no text
                has rows.
            What `RowReader` raises about a text as a whole.
        """
        row = first_row
        while self._reader is not None:
            reader, begin = self._reader, row
            try:
                columns, row = reader.read(columns, row)
            except BarrowParseError as error:
                if not _is_empty(error):
                    raise
            else:
                self.encoding = reader.encoding
                # The first text with rows decides for all.
                if self.options.dialect == "auto":
                    self._dialect = reader.dialect
                if len(columns.lines):
                    columns.lines[begin:row] += np.uint64(self._number << _LINE_BITS)
                if not reader.ended:
                    return columns, row
            self._close_part(reader)
            self._open_next()
        return columns, row

    def _close_part(self, reader: _PartReader) -> None:
        part = self._inputs.parts[self._number - 1]
        reader.close()
        self._rejected = reader.log.total
        self._reader = self.source.current = None
        if reader.ended:
            self._accounts.append(self._account(reader))
            self._headers.append(reader.header)
            self._doubts += [f"{part.name} {doubt}" for doubt in reader.doubts]
            self.source.finished += part.size
        else:
            self._leave_out(part)

    def place(self, line: int) -> tuple[str, int]:
        """The name of a text and the line in it, for a line as `read` gives it."""
        number, within = divmod(line, 1 << _LINE_BITS)
        return self._inputs.parts[number - 1].name, within

    def _read_so_far(self) -> list[_Account]:
        if self._reader is None:
            return self._accounts
        return [*self._accounts, self._account(self._reader)]

    def _account(self, reader: RowReader) -> _Account:
        return _Account(self._number, reader.report(), reader.meta)

    @property
    def meta(self) -> Meta:
        """The metadata of the rows read so far."""
        if self._settled:
            return self._settled[1]
        accounts = self._read_so_far()
        metas = [account.meta for account in accounts]
        symbols = {account.meta.symbol for account in accounts if account.report.rows_out}
        return replace(
            metas[0],
            price_precision=max(meta.price_precision for meta in metas),
            size_precision=max(meta.size_precision for meta in metas),
            symbol=symbols.pop() if len(symbols) == 1 else None,
        )

    def schema(self) -> pa.Schema:
        """The stored schema of the rows read so far."""
        return record_schema(self.kind, self.encoding, self.meta)

    def report(self) -> CsvReport:
        """The account of the rows read so far."""
        accounts = self._read_so_far()
        reports = [account.report for account in accounts]
        meta = self.meta
        return CsvReport(
            path=self._inputs.name,
            record=self.kind.name,
            rows_in=sum(report.rows_in for report in reports),
            rows_out=sum(report.rows_out for report in reports),
            rows_rejected=sum(report.rows_rejected for report in reports),
            rows_filtered=sum(report.rows_filtered for report in reports),
            blank_lines=sum(report.blank_lines for report in reports),
            encoding=self.encoding.name,
            price_precision=meta.price_precision,
            size_precision=meta.size_precision,
            rejects=_merged_rejects(reports),
            roundings=_merged_roundings(reports),
            notes=self._notes(accounts),
            parts=self._part_reports(accounts),
        )

    def _notes(self, accounts: list[_Account]) -> list[str]:
        notes = [*_mixed_symbols(accounts), *_merged_notes(accounts), *self._doubts]
        if self._reader is not None:
            name = self._inputs.parts[self._number - 1].name
            notes += [f"{name} {doubt}" for doubt in self._reader.doubts]
        if self._empty:
            notes.append(f"no rows in {_some(self._empty)}")
        names = [part.name for part in self._inputs.parts]
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        if len(set(names)) < len(names):
            notes.append(f"read more than once: {_some(twice)}")
        return notes

    def _part_reports(self, accounts: list[_Account]) -> list[PartReport]:
        found = {account.number: account.report for account in accounts}
        parts = []
        for number, part in enumerate(self._inputs.parts[: self._number], 1):
            report = found.get(number, CsvReport(part.name))
            counts = (report.rows_in, report.rows_out, report.rows_rejected, report.rows_filtered)
            parts.append(PartReport(part.name, *counts, part.size))
        return parts

    def close(self) -> None:
        """Closes files, and removes rejected rows that were not committed."""
        if self._reader is not None:
            self._reader.close()
        if self.rejects_file is not None:
            self.rejects_file.abort()
        self._inputs.close()


def _is_empty(error: BarrowParseError) -> bool:
    """Whether a text has no rows at all, which is no trouble among others; a field
    without text has the same reason, and a line."""
    return error.reason == "empty" and error.place is not None and error.place.line is None


def _merged_rejects(reports: Sequence[CsvReport]) -> list[RejectCount]:
    merged: dict[tuple[str, str | None], RejectCount] = {}
    for report in reports:
        for reject in report.rejects:
            known = merged.setdefault(
                (reject.reason, reject.column), replace(reject, count=0, file=report.path)
            )
            known.count += reject.count
    return list(merged.values())


def _merged_roundings(reports: Sequence[CsvReport]) -> list[Rounded]:
    merged: dict[str, Rounded] = {}
    for report in reports:
        for rounded in report.roundings:
            known = merged.setdefault(rounded.column, replace(rounded, count=0, file=report.path))
            known.count += rounded.count
    return list(merged.values())


def _mixed_symbols(accounts: Sequence[_Account]) -> list[str]:
    first: dict[str, str] = {}
    for account in accounts:
        if account.meta.symbol:
            first.setdefault(account.meta.symbol, account.name)
    if len(first) < 2:
        return []
    told = [f"{symbol} in {name}" for symbol, name in first.items()]
    return [f"several symbols are mixed: {_some(told)}"]


def _merged_notes(accounts: Sequence[_Account]) -> list[str]:
    """Every note once: counts are added up, and what is not true of all texts says of
    which."""
    names: dict[str, list[str]] = {}
    totals: dict[str, int] = {}
    for account in accounts:
        for note in account.report.notes:
            counted = _COUNTED.fullmatch(note)
            text = counted[2] if counted else note
            names.setdefault(text, []).append(account.name)
            if counted:
                totals[text] = totals.get(text, 0) + int(counted[1].replace(",", ""))
    notes = []
    for text, where in names.items():
        note = f"{totals[text]:,} {text}" if text in totals else text
        notes.append(note if len(where) == len(accounts) else f"{note} ({_some(where)})")
    return notes


def _some(names: Sequence[Any]) -> str:
    """Names, the first ones if there are many."""
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
