"""Rows that could not be read: the error for the first one, a file for all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from barrow._arrow import REASONS, VALUES, Encoding, explain
from barrow.csv.header import ROLES, Header
from barrow.csv.options import CsvOptions, option
from barrow.csv.report import RejectCount
from barrow.csv.source import TextSource
from barrow.errors import BarrowIoError, BarrowParseError, Place, message, shown

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

    def add(self, rejects: tuple[Reject, ...], encoding: Encoding) -> None:
        """Takes what a push refused, while its text is still in the window.

        Raises:
            BarrowParseError: The policy is to raise; tells about the first one.
        """
        for reject in rejects:
            line, begin, length, field, *_ = reject
            reason = REASONS[reject[6]]
            what, column = self._explain(reject, encoding)
            if self._options.on_error == "raise":
                raise self._error(reject, what, encoding)
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

    def _explain(self, reject: Reject, encoding: Encoding) -> tuple[str, str | None]:
        """What is wrong, in words, and the name of the column if it is one's fault."""
        reason, field = REASONS[reject[6]], reject[3]
        expected = len(self._header.names)
        if reason == "field_count":
            return f"the row has {field} fields, the header has {expected}", None
        whole_rows = {
            "text_after_quote": "a closing quote is followed by text",
            "unclosed_quote": "the file ends inside a quoted field",
            "nul_byte": "the row holds a zero byte",
        }
        if reason in whole_rows:
            return whole_rows[reason], None
        if field < 0:  # the default volume
            found = self._options.default_volume_text
            return explain(
                reason, found, encoding, self._precision("volume", encoding), False
            ), None
        role = self._role(field)
        precision = self._precision(role, encoding)
        text = explain(reason, shown(self._cell(reject), 60), encoding, precision, role != "volume")
        return text, self._header.names[field]

    def _role(self, field: int) -> str:
        return ROLES[self._header.fields.index(field)]

    def _precision(self, role: str, encoding: Encoding) -> int:
        options = self._options
        precision = options.size_precision if role == "volume" else options.price_precision
        return precision if isinstance(precision, int) else encoding.scale

    def _error(self, reject: Reject, what: str, encoding: Encoding) -> BarrowParseError:
        line, begin, length, field, *_ = reject
        reason = REASONS[reject[6]]
        at = self._source.begin + begin
        row = shown(bytes(self._source.buffer[at : at + min(length, 4096)]))
        column = None
        if reason != "field_count" and field >= 0:
            column = self._header.names[field]
        place = Place(self._source.path, line, field + 1 if column is not None else None, column)
        tries = [*self._hints(reason, field, encoding), option("on_error", "skip")]
        return BarrowParseError(message(place, what, row=row, tries=tries), place, reason, row)

    def _hints(self, reason: str, field: int, encoding: Encoding) -> list[str]:
        hints = []
        if reason in ("overflow", "decimals") and not encoding.wide:
            hints.append(option("encoding", "fixed16"))
        if reason == "decimals":
            hints.append(option("rounding", "half_even"))
            if field >= 0:
                role = self._role(field)
                name = "size_precision" if role == "volume" else "price_precision"
                if role in VALUES and getattr(self._options, name) != "auto":
                    hints.insert(0, option(name, "auto"))
        if reason == "ambiguous_time":
            hints.append("write dates as YYYY-MM-DD")
        return hints


class RejectsFile:
    """A CSV file of refused rows, made when the first one comes.

    Columns: line (from 1), offset (bytes into the text), field (from 1; 0 for the
    whole row), column, reason, found, row. The row is there byte for byte without
    its line end, quoted as RFC 4180 has it.

    Args:
        path: Where; an existing file is refused when the first row comes.
    """

    HEADER = b"line,offset,field,column,reason,found,row\n"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.rows = 0
        self._file: IO[bytes] | None = None
        if Path(self.path).exists():
            raise BarrowIoError(
                message(
                    self.path, "the file for rejected rows is there already", tries=["remove it"]
                )
            )

    def write(
        self, line: int, offset: int, field: int, column: str, reason: str, found: str, row: bytes
    ) -> None:
        """Appends a row.

        Raises:
            BarrowIoError: It cannot be written.
        """
        try:
            if self._file is None:
                self._file = Path(self.path).open("xb")  # noqa: SIM115
                self._file.write(self.HEADER)
            cells = [str(line), str(offset), str(field), column, reason, found]
            text = [_quoted(cell.encode()) for cell in cells]
            self._file.write(b",".join([*text, _quoted(row)]) + b"\n")
        except OSError as error:
            raise BarrowIoError(
                message(self.path, f"rejected rows cannot be written: {error.strerror}")
            ) from error
        self.rows += 1

    def close(self, *, keep: bool) -> None:
        """Closes the file; without `keep` it is removed."""
        if self._file is None:
            return
        if keep:
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        if not keep:
            Path(self.path).unlink(missing_ok=True)


def _quoted(cell: bytes) -> bytes:
    if any(mark in cell for mark in (b",", b'"', b"\n", b"\r", b"\0")):
        return b'"' + cell.replace(b'"', b'""') + b'"'
    return cell
