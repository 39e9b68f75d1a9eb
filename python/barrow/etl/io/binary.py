"""bar64 files for stages: every position is the end of a record."""

from __future__ import annotations

import os
from typing import Any, Self

import numpy as np
import pyarrow as pa

from barrow._lib import native
from barrow._memory import Block
from barrow.bar64 import Bar64Reader, Bar64Writer, Header
from barrow.bar64.header import RECORD_BYTES
from barrow.bars import Bars
from barrow.errors import BarrowCorruptError
from barrow.etl.io.checks import check_count, no_position, too_short
from barrow.etl.io.index import PRINTED_BYTES, hashed
from barrow.etl.io.prints import Lanes, Printed, new_lanes

# Records that are read as they are: 2 MiB, which stay in the caches.
_PIECE = 1 << 15


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
        lanes: The fingerprint of what was read since `printed` was asked for, or since
            `seek`.
    """

    def __init__(self, path: str | os.PathLike[str], *, whole: bool = True) -> None:
        self.path = os.fspath(path)
        self._whole = whole
        self._reader = self._open()
        self._row = 0
        self._begin = 0
        self._room: Block | None = None
        self.lanes: Lanes = new_lanes()
        native.fingerprint(self._reader.head, self.lanes)

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
        bars = self._reader.bars(self._row, end, lanes=self.lanes)
        self._reader.release(self._row, end)
        self._row = end
        return bars

    def read_records(self, n: int) -> RecordPiece | None:
        """The next records as they are, at most `n` of them; None at the end.

        Whoever takes them looks at their checksums and adds them to `lanes`. They are good
        until the next ones are asked for.

        Raises:
            BarrowCorruptError: The file was cut off or replaced meanwhile.
            BarrowArgumentError: `n` is less than 1.
            BarrowIoError: It cannot be read.
        """
        check_count(n)
        begin = self._row
        end = min(begin + min(n, _PIECE), len(self._reader))
        if begin == end:
            return None
        if self._room is None:
            self._room = Block(_PIECE * RECORD_BYTES)
        room = self._room.array[: (end - begin) * RECORD_BYTES]
        self._reader.read_into(room, begin)
        self._row = end
        return RecordPiece(self, self._reader, begin, room.view(np.uint64).reshape(-1, 8))

    def printed(self) -> Printed:
        """The fingerprint of what was read since this was asked for, or since `seek`."""
        begin, end = self._begin, self.tell()
        lanes, self.lanes, self._begin = self.lanes.tobytes(), new_lanes(), end
        count = min(end, PRINTED_BYTES)
        head, tail = (self._bytes(at, at + count) for at in (0, end - count))
        return Printed(begin, end, lanes, hashed(head), hashed(tail))

    def _bytes(self, begin: int, end: int) -> bytes:
        """Bytes of the file from one position to another; few."""
        head, offset = self._reader.head, self._reader.offset
        first, last = (max(at - offset, 0) // RECORD_BYTES for at in (begin, end))
        return head[begin : min(end, offset)] + self._reader.records[first:last].tobytes()

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
        self._begin, self.lanes = position, new_lanes()
        if not position:
            native.fingerprint(self._reader.head, self.lanes)

    def close(self) -> None:
        """Lets the file go."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RecordPiece:
    """Records of a file that nobody has looked at, as words.

    Args:
        reader: Where they are from.
        file: The file.
        begin: The first one.
        words: What they are.

    Attributes:
        reader: Where they are from.
        words: Their words: `uint64` of shape (records, 8).
        before: A stamp that the first one does not come before: nanoseconds UTC.
    """

    def __init__(
        self,
        reader: BinaryReader,
        file: Bar64Reader,
        begin: int,
        words: np.ndarray[Any, np.dtype[np.uint64]],
    ) -> None:
        self.reader = reader
        self.words = words
        self.before = 0
        self._file, self._begin = file, begin

    def __len__(self) -> int:
        return len(self.words)

    @property
    def schema(self) -> pa.Schema:
        """The stored schema of bars made of them."""
        return self._file.header.schema()

    @property
    def last(self) -> int:
        """The stamp of the last one: nanoseconds UTC."""
        return int(self.words[-1, 0])

    def bars(self) -> Bars:
        """The same as columns.

        Raises:
            BarrowCorruptError: A record is damaged.
        """
        return self._file.bars(self._begin, self._begin + len(self))

    def damaged(self, row: int) -> BarrowCorruptError:
        """The error for a record whose checksum is wrong.

        Args:
            row: Which of these, from 0.
        """
        return self._file.damaged(self._begin + row)


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

    def records(self, bars: Bars) -> Bar64Writer:
        """What takes records as they are.

        Args:
            bars: Bars like those that will come, or none; they are written.

        Raises:
            What `write_batch` raises.
        """
        self.write_batch(bars)
        assert self._writer is not None
        return self._writer

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
