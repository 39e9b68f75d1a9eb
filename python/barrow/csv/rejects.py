"""Rows that could not be read: the error for the first one, a file for all."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import IO

from barrow._arrow import REASONS, VALUES, explain
from barrow.csv.dialect import ROLES
from barrow.csv.header import Header
from barrow.csv.hints import option
from barrow.csv.options import CsvOptions
from barrow.csv.report import RejectCount
from barrow.csv.source import TextSource
from barrow.errors import BarrowIoError, BarrowParseError, Place, message, shown
from barrow.files import AtomicFile, error_number, io_error

# As csv_rejects of the extension gives it: line, begin, length, field, cell_begin,
# cell_length, reason.
Reject = tuple[int, int, int, int, int, int, int]


class RejectLog:
    """Keeps an account of refused rows, as the policy of the caller wants it.

    Args:
        options: Holds the policy.
        header: Names the columns.
        source: Holds the text of the rows.
    """

    def __init__(self, options: CsvOptions, header: Header, source: TextSource) -> None:
        self._options = options
        self._header = header
        self._source = source
        self.counts: dict[tuple[str, str | None], RejectCount] = {}
        self.file: RejectsFile | None = None
        if options.rejects is not None:
            self.file = RejectsFile(options.rejects)

    def add(self, rejects: tuple[Reject, ...]) -> None:
        """Takes what a push refused, while its text is still in the window.

        Raises:
            BarrowParseError: The policy is to raise; tells about the first one.
        """
        for reject in rejects:
            line, begin, length, field, *_ = reject
            reason = REASONS[reject[6]]
            what, column = self._explain(reject)
            if self._options.on_error == "raise":
                raise self._error(reject, what)
            key = (reason, column)
            if key not in self.counts:
                self.counts[key] = RejectCount(reason, column, 0, line, what)
            self.counts[key].count += 1
            if self.file is not None:
                at = self._source.begin + begin
                row = bytes(self._source.buffer[at : at + length])
                number = field + 1 if column is not None else 0
                self.file.write(
                    line, self._source.offset + at, number, column or "", reason, what, row
                )

    def _cell(self, reject: Reject) -> bytes:
        at = self._source.begin + reject[4]
        return bytes(self._source.buffer[at : at + reject[5]])

    def _explain(self, reject: Reject) -> tuple[str, str | None]:
        """What is wrong, in words, and the name of the column if it is one's fault."""
        reason, field = REASONS[reject[6]], reject[3]
        encoding = self._options.widest
        expected = len(self._header.names)
        if reason == "field_count":
            return f"the row has {field} fields, the header has {expected}", None
        whole_rows = {
            "text_after_quote": "a closing quote is followed by text",
            "unclosed_quote": "a quote opens a field and is never closed",
            "nul_byte": "the row holds a zero byte",
        }
        if reason in whole_rows:
            return whole_rows[reason], None
        if field < 0:  # the default volume
            found = self._options.default_volume_text
            return explain(reason, found, encoding, self._precision("volume"), False), None
        role = self._role(field)
        precision = self._precision(role)
        text = explain(reason, shown(self._cell(reject), 60), encoding, precision, role != "volume")
        return text, self._header.names[field]

    def _role(self, field: int) -> str:
        return ROLES[self._header.fields.index(field)]

    def _precision(self, role: str) -> int:
        options = self._options
        precision = options.size_precision if role == "volume" else options.price_precision
        return precision if isinstance(precision, int) else options.widest.scale

    def _error(self, reject: Reject, what: str) -> BarrowParseError:
        line, begin, length, field, *_ = reject
        reason = REASONS[reject[6]]
        at = self._source.begin + begin
        row = shown(bytes(self._source.buffer[at : at + min(length, 4096)]))
        column = None
        if reason != "field_count" and field >= 0:
            column = self._header.names[field]
        place = Place(self._source.path, line, field + 1 if column is not None else None, column)
        tries = [*self._hints(reason, field), option("on_error", "skip")]
        return BarrowParseError(message(place, what, row=row, tries=tries), place, reason, row)

    def _hints(self, reason: str, field: int) -> list[str]:
        hints = []
        narrow = not self._options.widest.wide
        if reason == "overflow" and narrow:
            hints.append(option("encoding", "fixed16"))
        if reason == "decimals" and field >= 0 and self._role(field) in VALUES:
            volume = self._role(field) == "volume"
            name = "size_precision" if volume else "price_precision"
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
        return hints


class RejectsFile:
    """A CSV file of refused rows; it appears under its name when it is whole.

    Columns: line (from 1), offset (bytes into the text), field (from 1; 0 for the
    whole row), column, reason, found, row. The row is there byte for byte without
    its line end, quoted as RFC 4180 has it. Without refused rows there is no file.

    Args:
        path: Where.

    Raises:
        BarrowIoError: There is such a file already.
    """

    HEADER = b"line,offset,field,column,reason,found,row\n"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._output: IO[bytes] | None = None
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
        self, line: int, offset: int, field: int, column: str, reason: str, found: str, row: bytes
    ) -> None:
        """Appends a row.

        Raises:
            BarrowIoError: It cannot be written.
        """
        cells = [str(line), str(offset), str(field), column, reason, found]
        text = b",".join([*(_quoted(cell.encode()) for cell in cells), _quoted(row)]) + b"\n"
        try:
            if self._output is None:
                self._file.create()
                self._output = Path(self._file.temporary).open("wb")  # noqa: SIM115
                self._output.write(self.HEADER)
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
            Path(self.path).unlink(missing_ok=True)

    def _unwritable(self, error: OSError) -> BarrowIoError:
        number = error_number(error)
        if number == errno.EEXIST:
            what, tries = "the file for rejected rows exists", ["remove it"]
        else:
            what = f"rejected rows cannot be written: {error.strerror}"
            tries = ["write them elsewhere"]
        return io_error(self.path, what, number, tries)


def _quoted(cell: bytes) -> bytes:
    if any(mark in cell for mark in (b",", b'"', b"\n", b"\r", b"\0")):
        return b'"' + cell.replace(b'"', b'""') + b'"'
    return cell
