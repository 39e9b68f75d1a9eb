"""CSV text for stages: every position is the end of a line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Self, Unpack

from barrow._arrow import BAR, Meta, read_schema
from barrow.append_file import AppendFile
from barrow.bars import Bars, make_records, require_like
from barrow.csv import CsvKeywords, CsvReport, RowReader, csv_texts, make_options
from barrow.csv.inputs import only_part
from barrow.errors import (
    BarrowCorruptError,
    BarrowSchemaError,
    BarrowUnsupportedError,
    message,
    shown,
)
from barrow.etl.io.checks import check_count, no_position, too_short
from barrow.files import unreadable

_HEADER = b"ts_event,open,high,low,close,volume,ts_init\n"
_LOOKED_AT = 1 << 16


class TextReader:
    """Reads bars of a CSV file in any dialect.

    Without `encoding` and precisions every batch has those found so far; give them to
    have all batches alike. Lines in messages count from where `seek` went.

    Args:
        path: A file. Packed text can be read, but has no positions.
        whole: Whether the text ends with the file; if somebody writes to it, what
            follows the last line end is left for later.
        **options: As in `read_csv`.

    Raises:
        What `read_csv` raises before the first row.

    Attributes:
        path: The file as the caller named it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        whole: bool = True,
        **options: Unpack[CsvKeywords],
    ) -> None:
        self.path = os.fspath(path)
        self._whole = whole
        # Threads read ahead of the rows that are asked for.
        self._options = make_options({**options, "threads": 1})
        self._keep: Callable[..., None] | None = None
        self._reader = self._open(self.path)
        self._start = self._reader.place
        if self._reader.source.has_places:
            self._go_to(self._start, self._reader.header.line)

    def _open(self, name: str) -> RowReader:
        reader = RowReader(only_part(self.path).called(name), self._options)
        if reader.kind is not BAR:
            reader.close()
            what = f"it holds {reader.kind.plural}, expected {BAR.plural}"
            raise BarrowSchemaError(message(self.path, what))
        return reader

    def _go_to(self, place: int, line: int) -> None:
        end = sys.maxsize if self._whole else max(self._complete(), place)
        self._reader.seek(place, end, line)

    def _complete(self) -> int:
        """The end of the last line that has one."""
        try:
            with open(self.path, "rb") as file:
                end = file.seek(0, os.SEEK_END)
                while end > 0:
                    begin = max(end - _LOOKED_AT, 0)
                    file.seek(begin)
                    found = file.read(end - begin).rfind(b"\n")
                    if found >= 0:
                        return begin + found + 1
                    end = begin
        except OSError as error:
            raise unreadable(self.path, error) from error
        return 0

    def read_batch(self, n: int) -> Bars | None:
        """The next bars, at most `n` of them; None at the end.

        Raises:
            BarrowParseError: A row is bad and `on_error` is `raise`.
            BarrowArgumentError: `n` is less than 1.
        """
        check_count(n)
        reader = self._reader
        columns, rows = reader.read(reader.new_columns(n), 0)
        if not rows:
            return None
        bars = make_records([columns.batch(reader.schema(), rows)], reader.schema())
        bars.report = reader.report()
        assert isinstance(bars, Bars)
        return bars

    @property
    def report(self) -> CsvReport:
        """The account of the rows read since the last `seek`."""
        return self._reader.report()

    @property
    def line(self) -> int:
        """The number of the line that the next row is on."""
        return self._reader.account.line

    @property
    def has_positions(self) -> bool:
        """Whether reading can go on within the text."""
        return self._reader.source.has_places

    def keep_rejects(self, keep: Callable[..., None]) -> None:
        """Hands refused rows to someone, from now on and after `seek`.

        Args:
            keep: Called with line, offset, field, column, reason, what is wrong, row.
        """
        self._keep = keep
        self._reader.keep_rejects(keep)

    def tell(self) -> int:
        """The position: behind the line of the last row that was read.

        Raises:
            BarrowUnsupportedError: The text is packed, or in UTF-16.
        """
        self._require_places()
        return self._reader.place

    def seek(self, position: int, line: int = 0) -> None:
        """Goes on at a position of `tell`.

        Args:
            position: Where.
            line: The number of the line there, for messages; they count from there if 0.

        Raises:
            BarrowArgumentError: It is not the end of a line.
            BarrowCorruptError: The file is shorter.
            BarrowUnsupportedError: The text is packed, or in UTF-16.
            What opening the file raises.
        """
        self._require_places()
        size = os.stat(self.path).st_size
        place = position or self._start
        if place > size:
            raise too_short(self.path, size, position)
        if place < self._start or not _ends_line(self.path, place):
            raise no_position(self.path, position, "is not the end of a line")
        self._reader.close()
        named = line or place == self._start
        name = self.path if named else f"{self.path} from byte {place:,}"
        self._reader = self._open(name)
        if self._keep is not None:
            self._reader.keep_rejects(self._keep)
        self._go_to(place, self._reader.header.line if place == self._start else line or 1)

    def _require_places(self) -> None:
        if not self._reader.source.has_places:
            raise BarrowUnsupportedError(
                message(
                    self.path,
                    "reading cannot go on within packed text or UTF-16",
                    tries=["unpack it first, or make it UTF-8"],
                )
            )

    def close(self) -> None:
        """Lets the file go."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class TextWriter:
    """Adds to a CSV file, which the first bars create.

    Times are nanoseconds since 1970 and `ts_init` is always there, so that the bytes do
    not depend on how bars are cut into batches.

    Args:
        path: The file.
        at: Where to go on: what lies behind is cut off. At the end of the file if None;
            a last line without an end is an error then.

    Raises:
        BarrowCorruptError: The file is shorter than `at`, or its end is torn.
        BarrowSchemaError: The file has other columns.
        BarrowIoError: It cannot be opened, or another writer has it open.

    Attributes:
        path: The file as the caller named it.
    """

    def __init__(self, path: str | os.PathLike[str], *, at: int | None = None) -> None:
        self.path = os.fspath(path)
        self._file: AppendFile | None = None
        self._meta: Meta | None = None
        if os.path.exists(self.path):
            self._file = AppendFile(self.path)
        try:
            if at is not None:
                self.truncate(at)
            elif self._file is not None and not _ends_line(self.path, self._file.size):
                raise BarrowCorruptError(
                    message(
                        self.path,
                        "its end is torn: the last line has no end",
                        tries=["cut the line off", "at=... to go on at a position"],
                    )
                )
            self._check_header()
        except BaseException:
            self.close()
            raise

    def write_batch(self, bars: Bars) -> int:
        """Writes bars behind the last one, all of them or none.

        Raises:
            BarrowIoError: They cannot be written; the file is as long as before.
            BarrowSchemaError: They are of something else than the bars before, or have
                more decimals.
        """
        if self._file is None:
            self._file = AppendFile.create(self.path, b"")
        if self._meta is None:
            _, _, self._meta = read_schema(bars.schema, "bars", BAR)
        require_like(bars, BAR, self._meta, self.path)
        texts = csv_texts(bars, header=self._file.size == 0, time="ns", ts_init="always")
        self._file.write(text for text, _ in texts)
        return len(bars)

    def _check_header(self) -> None:
        if self.tell() == 0:
            return
        with open(self.path, "rb") as file:
            found = file.readline(len(_HEADER))
        if found != _HEADER:
            raise BarrowSchemaError(
                message(
                    self.path,
                    f'the file starts with "{shown(found)}", expected "{shown(_HEADER)}"',
                    tries=["another file"],
                )
            )

    def tell(self) -> int:
        """The position: behind the last line; 0 if there is no file yet."""
        return 0 if self._file is None else self._file.size

    def truncate(self, position: int) -> None:
        """Drops lines behind a position of `tell`.

        Raises:
            BarrowArgumentError: It is not the end of a line.
            BarrowCorruptError: The file is shorter.
            BarrowIoError: The file cannot be cut.
        """
        size = self.tell()
        if position > size:
            raise too_short(self.path, size, position)
        if self._file is None:
            return
        if not _ends_line(self.path, position):
            raise no_position(self.path, position, "is not the end of a line")
        self._file.truncate(position)

    def flush(self, fsync: bool = True) -> None:
        """Hands what was written to the system, and waits for the disk if asked.

        Raises:
            BarrowIoError: The system cannot say that it is durable.
        """
        if self._file is not None:
            self._file.flush(fsync=fsync)

    def finalize(self) -> None:
        """Makes the file durable and closes it; the format has no end of its own."""
        self.flush()
        self.close()

    def close(self) -> None:
        """Lets the file go."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _ends_line(path: str, position: int) -> bool:
    """Whether a position is the start of the file or follows a line end."""
    if position <= 0:
        return position == 0
    try:
        with open(path, "rb") as file:
            file.seek(position - 1)
            return file.read(1) == b"\n"
    except OSError as error:
        raise unreadable(path, error) from error
