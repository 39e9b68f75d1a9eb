"""bar64 files for stages: every position is the end of a record."""

from __future__ import annotations

import os
from typing import Self

from barrow.bar64 import Bar64Reader, Bar64Writer, Header
from barrow.bar64.header import RECORD_BYTES
from barrow.bars import Bars
from barrow.etl.io.checks import check_count, no_position, too_short


class BinaryReader:
    """Reads a bar64 file, verifying every checksum.

    Args:
        path: The file. Records that are added later are seen after `seek`.
        whole: Whether a torn tail is an error; it is left out otherwise, as of a file
            that somebody writes to.

    Raises:
        What `Bar64Reader` raises.

    Attributes:
        path: The file as the caller named it.
    """

    def __init__(self, path: str | os.PathLike[str], *, whole: bool = True) -> None:
        self.path = os.fspath(path)
        self._whole = whole
        self._reader = self._open()
        self._row = 0

    def _open(self) -> Bar64Reader:
        return Bar64Reader(self.path, torn="raise" if self._whole else "leave")

    def read_batch(self, n: int) -> Bars | None:
        """The next bars, at most `n` of them; None at the end.

        Raises:
            BarrowCorruptError: A record is damaged.
            BarrowArgumentError: `n` is less than 1.
        """
        check_count(n)
        end = min(self._row + n, len(self._reader))
        if self._row == end:
            return None
        bars = self._reader.bars(self._row, end)
        self._reader.release(self._row, end)
        self._row = end
        return bars

    def tell(self) -> int:
        """The position: behind the last record that was read."""
        return self._reader.offset + self._row * RECORD_BYTES

    def seek(self, position: int) -> None:
        """Goes on at a position of `tell`.

        Raises:
            BarrowArgumentError: It is not between two records.
            BarrowCorruptError: The file is shorter.
        """
        with self._reader:
            self._reader = self._open()
        self._row = _row_at(self._reader, position)

    def close(self) -> None:
        """Lets the file go."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class BinaryWriter:
    """Adds to a bar64 file, which the first bars create.

    Args:
        path: The file.
        at: Where to go on: what lies behind is cut off, whole or not. At the end of the
            file if None; a torn tail is an error then.

    Raises:
        BarrowCorruptError: The file is shorter than `at`.
        What `Bar64Writer` raises.

    Attributes:
        path: The file as the caller named it.
    """

    def __init__(self, path: str | os.PathLike[str], *, at: int | None = None) -> None:
        self.path = os.fspath(path)
        self._writer: Bar64Writer | None = None
        if os.path.exists(self.path):
            self._writer = Bar64Writer(self.path, cut=at is not None)
        try:
            if at is not None:
                self.truncate(at)
        except BaseException:
            self.close()
            raise

    def write_batch(self, bars: Bars) -> int:
        """Writes bars behind the last one, all of them or none.

        Raises:
            What `Bar64Writer.write` raises.
        """
        if self._writer is None:
            self._writer = Bar64Writer.create(self.path, Header.of(bars.schema, self.path))
        return self._writer.write(bars)

    def tell(self) -> int:
        """The position: behind the last record; 0 if there is no file yet."""
        writer = self._writer
        return 0 if writer is None else writer.offset + len(writer) * RECORD_BYTES

    def truncate(self, position: int) -> None:
        """Drops records behind a position of `tell`.

        Raises:
            BarrowArgumentError: It is not between two records.
            BarrowCorruptError: The file is shorter.
            BarrowIoError: The file cannot be cut.
        """
        if self._writer is not None:
            self._writer.truncate(_row_at(self._writer, position))
        elif position:
            raise too_short(self.path, 0, position)

    def flush(self, fsync: bool = True) -> None:
        """Hands what was written to the system, and waits for the disk if asked.

        Raises:
            BarrowIoError: The system cannot say that it is durable.
        """
        if self._writer is not None:
            self._writer.flush(fsync=fsync)

    def finalize(self) -> None:
        """Makes the file durable and closes it; the format has no end of its own."""
        self.flush()
        self.close()

    def close(self) -> None:
        """Lets the file go."""
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _row_at(file: Bar64Reader | Bar64Writer, position: int) -> int:
    """The record that begins at a position."""
    row, rest = divmod(max(position - file.offset, 0), RECORD_BYTES)
    if rest or (position < file.offset and position):
        raise no_position(file.path, position, "is not between two records")
    if row > len(file):
        raise too_short(file.path, file.offset + len(file) * RECORD_BYTES, position)
    return row
