"""Rows that could not be read: the error for the first one, a file for all."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from barrow._arrow import REASONS, explain
from barrow.csv.header import Header
from barrow.csv.hints import option
from barrow.csv.options import CsvOptions
from barrow.csv.report import RejectCount
from barrow.errors import BarrowIoError, BarrowParseError, Place, message, shown
from barrow.files import AtomicFile, Output, discard, error_number, io_error

# As csv_rejects of the extension gives it: line, begin, length, field, cell_begin,
# cell_length, reason.
Reject = tuple[int, int, int, int, int, int, int]
REJECTS_HEADER = b"line,offset,field,column,reason,found,row\n"
_WHOLE_ROWS = {
    "text_after_quote": "a closing quote is followed by text",
    "unclosed_quote": "a quote opens a field and is never closed",
    "nul_byte": "the row holds a zero byte",
}


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A refused row with its text."""

    line: int
    offset: int
    field: int
    reason: str
    row: bytes
    cell: bytes


class RejectLog:
    """Keeps an account of refused rows, as the policy of the caller wants it.

    Args:
        options: Holds the policy.
        header: Names the columns.
        path: The text as messages call it.

    Attributes:
        total: Refused rows, which `max_errors` limits, those of texts before included.
        counts: Refused rows by reason and column.
        file: The file for them, if the options name one.
        keep: What takes them, as `RejectsFile.write` does.
        before: Rows refused in texts that were read before, which count as well where
            there is a limit.
    """

    def __init__(self, options: CsvOptions, header: Header, path: str) -> None:
        self._options = options
        self._header = header
        self._path = path
        self.total = 0
        self.counts: dict[tuple[str, str | None], RejectCount] = {}
        self.file: RejectsFile | None = None
        self.keep: Callable[[int, int, int, str, str, str, bytes], None] | None = None
        if options.rejects is not None:
            self.file = RejectsFile(options.rejects)
            self.keep = self.file.write

    def add(self, rejects: tuple[Reject, ...], buffer: bytearray, begin: int, offset: int) -> None:
        """Takes what a push refused, while its text is still there.

        Args:
            rejects: As `csv_rejects` gives them.
            buffer: Where the text is.
            begin: The first byte that was pushed.
            offset: How far into the text the buffer starts.

        Raises:
            BarrowParseError: The policy is to raise, and this tells about the first
                one; or there are more than `max_errors`, and about the last one.
        """
        limit = self._options.max_errors
        for line, at, length, field, cell, cell_length, reason in rejects:
            row = bytes(buffer[begin + at : begin + at + length])
            text = bytes(buffer[begin + cell : begin + cell + cell_length])
            refusal = _Refusal(line, offset + begin + at, field, REASONS[reason], row, text)
            what, column = self._explain(refusal)
            if self._options.on_error == "raise":
                raise self._error(refusal, what, [option("on_error", "skip")])
            self.total += 1
            if limit is not None and self.total > limit:
                what = f"more than {limit:,} rows cannot be read; this one: {what}"
                raise self._error(refusal, what, [option("max_errors", 10 * limit or 10)])
            self._keep(refusal, what, column)

    def _keep(self, refusal: _Refusal, what: str, column: str | None) -> None:
        key = (refusal.reason, column)
        if key not in self.counts:
            self.counts[key] = RejectCount(refusal.reason, column, 0, refusal.line, what)
        self.counts[key].count += 1
        if self.keep is not None:
            number = refusal.field + 1 if column is not None else 0
            facts = (column or "", refusal.reason, what, refusal.row)
            self.keep(refusal.line, refusal.offset, number, *facts)

    def _explain(self, refusal: _Refusal) -> tuple[str, str | None]:
        """What is wrong, in words, and the name of the column if it is one's fault."""
        reason, field, header = refusal.reason, refusal.field, self._header
        encoding = self._options.widest
        if reason == "field_count":
            return f"the row has {field} fields, the header has {len(header.names)}", None
        if reason in _WHOLE_ROWS:
            return _WHOLE_ROWS[reason], None
        role = header.role_at(field) or header.kind.sizes[0]
        precision, is_price = self._precision(role), role not in header.kind.sizes
        if field < 0:  # the default volume
            found = self._options.default_volume_text
            return explain(reason, found, encoding, precision, False), None
        text = explain(reason, shown(refusal.cell, 60), encoding, precision, is_price)
        return text, header.names[field]

    def _precision(self, role: str) -> int:
        options = self._options
        is_size = role in self._header.kind.sizes
        precision = options.size_precision if is_size else options.price_precision
        return precision if isinstance(precision, int) else options.widest.scale

    def _error(self, refusal: _Refusal, what: str, tries: list[str]) -> BarrowParseError:
        column = None
        if refusal.reason != "field_count" and refusal.field >= 0:
            column = self._header.names[refusal.field]
        number = refusal.field + 1 if column is not None else None
        place = Place(self._path, refusal.line, number, column)
        row = shown(refusal.row[:4096])
        tries = [*self._hints(refusal.reason, refusal.field), *tries]
        text = message(place, what, row=row, tries=tries)
        return BarrowParseError(text, place, refusal.reason, row)

    def _hints(self, reason: str, field: int) -> list[str]:
        hints = []
        narrow = not self._options.widest.wide
        role = self._header.role_at(field)
        if reason == "overflow" and narrow:
            hints.append(option("encoding", "fixed16"))
        if reason == "decimals" and role in self._header.kind.values:
            is_size = role in self._header.kind.sizes
            name = "size_precision" if is_size else "price_precision"
            if getattr(self._options, name) != "auto":
                hints.append(option(name, "auto"))
            elif narrow:
                hints.append(option("encoding", "fixed16"))
            hints.append(option("rounding", "half_even"))
        if reason == "ambiguous_time":
            hints += [option("time_format", "%d/%m/%Y"), option("time_format", "%m/%d/%Y")]
        if reason == "twice_in_zone":
            hints.append(option("fold", "earlier"))
        if reason == "not_a_time":
            hints.append("time_format tells a form, as strptime does (--time-format)")
        if reason == "not_a_side":
            hints.append("a dialect of your own with a table of sides: see docs/dialects.md")
        return hints


class RejectsFile:
    """A CSV file of refused rows; it appears under its name when it is whole.

    Columns: line (from 1), offset (bytes into the text as UTF-8, which is not the file
    where that is packed or UTF-16), field (from 1; 0 for the
    whole row), column, reason, found, row. The row is there byte for byte without
    its line end, quoted as RFC 4180 has it. With several texts the first column is file:
    lines and offsets count within it. Without refused rows there is no file.

    Args:
        path: Where.
        several: Whether rows come from several texts.

    Raises:
        BarrowIoError: There is such a file already.
    """

    def __init__(self, path: str | os.PathLike[str], *, several: bool = False) -> None:
        self.path = os.fspath(path)
        self._header = b"file," + REJECTS_HEADER if several else REJECTS_HEADER
        self._output: Output | None = None
        self._committed = False
        try:
            if not Path(self.path).parent.is_dir():
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            self._file = AtomicFile(self.path)
        except BarrowIoError:
            raise
        except OSError as error:
            raise self._unwritable(error) from error

    def write(
        self,
        line: int,
        offset: int,
        field: int,
        column: str,
        reason: str,
        found: str,
        row: bytes,
        *,
        file: str | None = None,
    ) -> None:
        """Appends a row, with the name of its text where there are several.

        Raises:
            BarrowIoError: It cannot be written.
        """
        text = reject_line(line, offset, field, column, reason, found, row, file=file)
        try:
            if self._output is None:
                self._file.create()
                self._output = Output(self._file.temporary)
                self._output.write(self._header)
            self._output.write(text)
        except OSError as error:
            raise self._unwritable(error) from error

    def commit(self) -> None:
        """Makes the file durable and gives it its name.

        Raises:
            BarrowIoError: It cannot be written; nothing is left under its name.
        """
        if self._output is None:
            return
        try:
            self._output.close()
            self._file.commit()
            self._committed = True
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            self.abort()

    def abort(self) -> None:
        """Removes what is not committed."""
        if self._output is not None:
            # What is still in its buffer is of no use; a full disk must not matter.
            with contextlib.suppress(OSError):
                self._output.close()
            self._output = None
        self._file.abort()

    def withdraw(self) -> None:
        """Removes the file after all, since what it belongs to was not written."""
        if self._committed:
            discard(self.path)

    def _unwritable(self, error: OSError) -> BarrowIoError:
        number = error_number(error)
        if number == errno.EEXIST:
            what, tries = "the file for rejected rows exists", ["remove it"]
        else:
            what = f"rejected rows cannot be written: {error.strerror}"
            tries = ["write them elsewhere"]
        return io_error(self.path, what, number, tries)


def reject_line(
    line: int,
    offset: int,
    field: int,
    column: str,
    reason: str,
    found: str,
    row: bytes,
    *,
    file: str | None = None,
) -> bytes:
    """A refused row as a line of CSV; see `RejectsFile`."""
    named = [] if file is None else [file]
    cells = [*named, str(line), str(offset), str(field), column, reason, found]
    return b",".join([*(_quoted(os.fsencode(cell)) for cell in cells), _quoted(row)]) + b"\n"


def _quoted(cell: bytes) -> bytes:
    if any(mark in cell for mark in (b",", b'"', b"\n", b"\r", b"\0")):
        return b'"' + cell.replace(b'"', b'""') + b'"'
    return cell
