"""Writing bar64 files: whole ones under a temporary name, and appending in place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Self

import numpy as np

from barrow._arrow import BAR, column_buffer
from barrow._lib import native
from barrow.append_file import AppendFile
from barrow.bar64.header import RECORD_BYTES, Header, Stamp
from barrow.bar64.reader import COLUMNS, Bar64Reader
from barrow.bars import StoredRecords, require_like, stored_tables
from barrow.errors import BarrowArgumentError, message
from barrow.files import AtomicFile, Output, unwritable

_ENCODING = "fixed8"
# Records are made in so much memory, 512 KiB, which stays in the cache of a core, and
# written from there. A thread that makes the next ones meanwhile costs more than it saves.
_ROWS_AT_ONCE = 1 << 13


def write_bar64(
    records: StoredRecords,
    path: str | os.PathLike[str],
    *,
    stamp: Stamp | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Writes bars into a bar64 file, wholly or not at all.

    Args:
        records: Bars in any encoding.
        path: The file. It gets its name when it is whole and durable.
        stamp: Which end of a bar `ts_event` is, if known.
        overwrite: Whether it may replace one that is there.
        progress: Called with rows written and rows in all.

    Raises:
        BarrowIoError: The file is there already, or cannot be written.
        BarrowParseError: A value has more than 9 decimals, or is too large for 64 bits.
        BarrowSchemaError: These are no bars.
        BarrowArgumentError: The header cannot hold the bar type, or the stamp is none.
    """
    name = os.fspath(path)
    header = Header.of(records.schema, name, stamp)
    head = replace(header, sealed=len(records)).encode()
    rows = 0
    try:
        with (
            AtomicFile(name, overwrite=overwrite) as whole,
            Output(whole.temporary) as file,
        ):
            file.write(head)
            for piece in _pieces(stored_tables(records, _ENCODING)):
                file.write(piece)
                rows += len(piece) // RECORD_BYTES
                if progress is not None:
                    progress(rows, len(records))
            file.close()
            whole.commit()
    except OSError as error:
        raise unwritable(name, error) from error


def append_bar64(
    records: StoredRecords, path: str | os.PathLike[str], *, fsync: bool = True
) -> int:
    """Adds bars to the end of a bar64 file.

    Args:
        records: Bars in any encoding, of the bar type of the file.
        path: The file.
        fsync: Whether the bars are durable when this returns.

    Returns:
        How many records the file has.

    Raises:
        What `Bar64Writer` and its `write` raise.
    """
    with Bar64Writer(path) as writer:
        writer.write(records)
        writer.flush(fsync=fsync)
        return len(writer)


def cut_tail(path: str | os.PathLike[str]) -> int:
    """Cuts off what is behind the last whole record, and makes that durable.

    Args:
        path: The file.

    Returns:
        How many bytes that were.

    Raises:
        BarrowCorruptError: Records are missing that were there when the file was created.
        What `Bar64Writer` raises.
    """
    with Bar64Writer(path, cut=True) as writer:
        return writer.cut


class Bar64Writer:
    """Appends to a bar64 file in place, one writer at a time.

    What `flush` has made durable survives a crash. What was written since may be torn;
    whoever opens the file next is told so, and `cut=True` cuts it off.

    Args:
        path: The file, which is there; `create` makes one.
        cut: Whether to cut off a torn tail rather than to raise.

    Raises:
        BarrowIoError: The file cannot be opened, or another writer has it open.
        BarrowCorruptError: It is no bar64 file, or its end is torn.
        BarrowUnsupportedError: It is of another version.

    Attributes:
        path: The file as the caller named it.
        header: What the header says.
        offset: Where the first record is, in bytes.
        cut: How many bytes were cut off when it was opened.
    """

    def __init__(self, path: str | os.PathLike[str], *, cut: bool = False) -> None:
        self.path = os.fspath(path)
        self._file = AppendFile(path)
        try:
            self._find_end(cut)
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], header: Header, *, overwrite: bool = False
    ) -> Self:
        """A writer of a new file without records.

        Args:
            path: The file; it is there when this returns, and `flush` makes it durable.
            header: What it says; `sealed` becomes 0.
            overwrite: Whether it may replace one that is there.

        Raises:
            BarrowIoError: The file is there already, or cannot be written.
            What `Header.encode` raises.
        """
        header = replace(header, sealed=0)
        head = header.encode()
        self = cls.__new__(cls)
        self.path = os.fspath(path)
        self._file = AppendFile.create(path, head, overwrite=overwrite)
        self.header, self.offset, self._count, self.cut = header, len(head), 0, 0
        if self._file.size != len(head):  # another writer was faster
            self._find_end(cut=False)
        return self

    def _find_end(self, cut: bool) -> None:
        with Bar64Reader(self.path, torn="leave") as reader:
            self.header, self.offset = reader.header, reader.offset
            self._count, self.cut = len(reader), reader.torn_bytes
            if (self.cut and not cut) or self._count < self.header.sealed:
                raise reader.torn_error()
        if self.cut:
            self._file.truncate(self._end(self._count))
            self.flush(fsync=True)

    def _end(self, count: int) -> int:
        """How long the file is with so many records."""
        return self.offset + count * RECORD_BYTES

    def __len__(self) -> int:
        return self._count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file without making anything durable; see `flush`."""
        self._file.close()

    def write(self, records: StoredRecords) -> int:
        """Writes bars behind the last record.

        Args:
            records: Bars in any encoding.

        Returns:
            How many bars that were.

        Raises:
            BarrowIoError: They cannot be written; the file is as long as before.
            BarrowParseError: A value has more than 9 decimals, or is too large for 64 bits.
            BarrowSchemaError: These are no bars, bars of another bar type, or their
                precision is beyond that of the file.
        """
        require_like(records, BAR, self.header.meta, self.path)
        rows = self._file.write(_pieces(stored_tables(records, _ENCODING))) // RECORD_BYTES
        self._count += rows
        return rows

    def write_records(self, data: Any) -> int:
        """Writes records as they are behind the last one.

        Args:
            data: Whole records with their checksums, of the bar type and the precisions
                of the file; nothing is looked at.

        Returns:
            How many bars that were.

        Raises:
            BarrowIoError: They cannot be written; the file is as long as before.
        """
        return self._count_bytes(self._file.write([data]))

    def write_blocks(self, data: memoryview) -> int:
        """The same past the caches of the system, as `AppendFile.write_blocks` does.

        Args:
            data: A number of blocks of 4096 bytes; the first begins with `last_block`.
        """
        return self._count_bytes(self._file.write_blocks(data))

    def last_block(self) -> bytes:
        """The bytes behind the last whole block of 4096 bytes, header included.

        Raises:
            BarrowIoError: They cannot be read.
        """
        return self._file.last_block()

    def _count_bytes(self, count: int) -> int:
        rows = count // RECORD_BYTES
        self._count += rows
        return rows

    def flush(self, *, fsync: bool = True) -> None:
        """Makes what was written durable.

        Args:
            fsync: Whether to wait until it is; otherwise nothing is left to be done.

        Raises:
            BarrowIoError: The system cannot say that it is durable. Do not rely on
                what was written since the last flush.
        """
        self._file.flush(fsync=fsync)

    def truncate(self, count: int) -> None:
        """Drops records from the end.

        Args:
            count: How many records to keep.

        Raises:
            BarrowArgumentError: There are not so many.
            BarrowIoError: The file cannot be cut.
        """
        if not 0 <= count <= self._count:
            raise BarrowArgumentError(
                message("count", f"{count:,}, expected 0 to {self._count:,}, the records there are")
            )
        if count < self.header.sealed:
            # First, so that a crash in between leaves no file that seems cut off.
            self.header = replace(self.header, sealed=count)
            self._file.rewrite_start(self.header.encode())
        self._file.truncate(self._end(count))
        self._count = count


def _pieces(tables: Iterable[Any]) -> Iterator[Any]:
    """Records as bytes, some thousand at a time; each is good until the next is asked for.

    Args:
        tables: Bars of `fixed8`.
    """
    room = np.empty(_ROWS_AT_ONCE * RECORD_BYTES, np.uint8)
    for table in tables:
        for batch in table.to_batches():
            columns = [np.frombuffer(column_buffer(batch.column(n)), np.uint64) for n in COLUMNS]
            for begin in range(0, batch.num_rows, _ROWS_AT_ONCE):
                parts = tuple(column[begin : begin + _ROWS_AT_ONCE] for column in columns)
                piece = room[: len(parts[0]) * RECORD_BYTES]
                native.bar64_pack(parts, piece)
                yield piece.data
