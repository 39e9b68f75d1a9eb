"""Files that are added to at their end, by one writer at a time."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable
from typing import Any, Self

from barrow.files import (
    SYSTEM,
    AtomicFile,
    Output,
    io_error,
    sync_folder,
    unreadable,
    unwritable,
)

BLOCK_BYTES = 4096
"""What goes past the caches of the system begins and ends with such blocks, in the file and
in memory."""


class AppendFile:
    """A file that is added to at its end, by one writer at a time.

    What `flush` has made durable survives a crash; of what was written since, any part
    may be there.

    Args:
        path: The file, which is there; `create` makes one.

    Raises:
        BarrowIoError: It cannot be opened, or another writer has it open.

    Attributes:
        path: The file as the caller named it.
        size: How many bytes it has.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._is_new = False
        self._direct = -1
        try:
            self._file = SYSTEM.open(self.path, os.O_RDWR)
        except OSError as error:
            raise unreadable(self.path, error) from error
        try:
            SYSTEM.lock(self._file)
            self.size = os.fstat(self._file).st_size
        except OSError as error:
            self.close()
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise unwritable(self.path, error) from error
            tries = ["wait until it is done"]
            told = "another writer has it open"
            raise io_error(self.path, told, error.errno, tries) from error

    @classmethod
    def create(cls, path: str | os.PathLike[str], start: bytes, *, overwrite: bool = False) -> Self:
        """A new file, which is there, whole, when this returns; `flush` makes it durable.

        Args:
            path: The file.
            start: What it begins with.
            overwrite: Whether it may replace one that is there.

        Raises:
            BarrowIoError: The file is there already, or cannot be written.
        """
        try:
            with AtomicFile(path, overwrite=overwrite) as whole:
                with Output(whole.temporary) as output:
                    output.write(start)
                whole.publish()
        except OSError as error:
            raise unwritable(os.fspath(path), error) from error
        self = cls(path)
        self._is_new = True
        return self

    def write(self, pieces: Iterable[Any]) -> int:
        """Writes behind the end; all of it, or the file is as long as before.

        Args:
            pieces: Buffers; each may be used again once the next is asked for.

        Returns:
            How many bytes that were.

        Raises:
            BarrowIoError: They cannot be written.
            What `pieces` raises.
        """
        end = self.size
        try:
            for piece in pieces:
                self._write_at(piece, end)
                end += len(piece)
        except BaseException as error:
            # What is left would look torn; there may be no room even for this.
            with contextlib.suppress(OSError):
                SYSTEM.truncate(self._file, self.size)
            if isinstance(error, OSError):
                raise unwritable(self.path, error) from error
            raise
        written, self.size = end - self.size, end
        return written

    def write_blocks(self, data: memoryview) -> int:
        """Writes whole blocks, past the caches of the system where it lets us.

        They begin with the block that the file ends in, whose bytes are there already.
        What has to be durable soon then costs no memory of the system, and no copy.

        Args:
            data: A number of blocks, in memory that begins with one.

        Returns:
            How many bytes longer the file is; it is as long as before after an error.

        Raises:
            BarrowIoError: They cannot be written.
        """
        before, place = self.size, self.size // BLOCK_BYTES * BLOCK_BYTES
        try:
            self._write_past_caches(data, place)
        except OSError as error:
            with contextlib.suppress(OSError):
                SYSTEM.truncate(self._file, before)
            raise unwritable(self.path, error) from error
        self.size = place + len(data)
        return self.size - before

    def _write_past_caches(self, data: memoryview, place: int) -> None:
        written = 0
        try:
            if self._direct < 0:
                flags = os.O_WRONLY | getattr(os, "O_DIRECT", 0)
                self._direct = SYSTEM.open(self.path, flags)
            while written < len(data):
                written += SYSTEM.write_at(self._direct, data[written:], place + written)
        except OSError as error:
            if error.errno != errno.EINVAL:  # the file system has no such way
                raise
            self._write_at(data[written:], place + written)

    def last_block(self) -> bytes:
        """The bytes of the block that the file ends in; none if it ends with a whole one.

        Raises:
            BarrowIoError: They cannot be read.
        """
        count = self.size % BLOCK_BYTES
        try:
            return os.pread(self._file, count, self.size - count)
        except OSError as error:
            raise unreadable(self.path, error) from error

    def rewrite_start(self, start: bytes) -> None:
        """Replaces the first bytes, and makes that durable.

        Within one page: a process that is killed leaves the old or the new ones.

        Raises:
            BarrowIoError: They cannot be written.
        """
        try:
            self._write_at(start, 0)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self.flush()

    def _write_at(self, data: Any, place: int) -> None:
        """Writes every byte; the system may take several goes."""
        rest = memoryview(data)
        while rest:
            count = SYSTEM.write_at(self._file, rest, place)
            rest, place = rest[count:], place + count

    def truncate(self, size: int) -> None:
        """Cuts the file to so many bytes; not durable before `flush`.

        Raises:
            BarrowIoError: It cannot be cut.
        """
        if size == self.size:
            return  # or the system would say that the file was changed
        try:
            SYSTEM.truncate(self._file, size)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self.size = size

    def flush(self, *, fsync: bool = True) -> None:
        """Makes what was written durable.

        Args:
            fsync: Whether to wait until it is; otherwise nothing is left to be done.

        Raises:
            BarrowIoError: The system cannot say that it is durable. Do not rely on
                what was written since the last flush.
        """
        if not fsync:
            return
        try:
            SYSTEM.fsync(self._file)
            if self._is_new:
                sync_folder(os.path.dirname(self.path))
                self._is_new = False
        except OSError as error:
            raise unwritable(self.path, error, "cannot be made durable") from error

    def close(self) -> None:
        """Closes the file without making anything durable; see `flush`."""
        for descriptor in (self._direct, self._file):
            if descriptor >= 0:
                SYSTEM.close(descriptor)
        self._direct = self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
