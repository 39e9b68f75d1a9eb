"""Files that appear under their name only when they are whole, and what went wrong."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from barrow.errors import BarrowIoError, message

_NO_SPACE = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class AtomicFile:
    """A file that is written under a temporary name in the folder of its own.

    The temporary name is settled before anything of that name exists, so whoever is
    interrupted while it is created can still remove it. `commit` makes the file
    durable and renames it; leaving the `with` block without it removes it.

    Operations raise `OSError` as the system tells it; `unwritable` lays it out.

    Args:
        path: The final name.
        overwrite: Whether a file of that name may be replaced.

    Raises:
        FileExistsError: There is one, and it may not.
        IsADirectoryError: The name is that of a folder.
        BarrowIoError: It is that of a device or a pipe.

    Attributes:
        path: The final name.
        temporary: The name until then; empty once there is nothing to remove.
    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        self.path = os.fspath(path)
        self._overwrite = overwrite
        self._refuse_existing()
        folder, name = os.path.split(self.path)
        self.temporary = str(Path(folder) / f".{name}.{secrets.token_hex(4)}.partial")

    def _refuse_existing(self) -> None:
        target = Path(self.path)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self.path)
        if target.exists() and not target.is_file():
            # Renaming would put a file in the place of a device or a pipe.
            raise io_error(self.path, "cannot be written: it is no regular file", errno.EINVAL)
        if target.exists() and not self._overwrite:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self.path)

    def create(self) -> None:
        """Creates the temporary file, empty; follows no link somebody put there."""
        try:
            os.close(os.open(self.temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except BaseException:
            self.abort()
            raise

    def commit(self) -> None:
        """Makes the file durable and gives it its name.

        A file that came to be under that name meanwhile is replaced only if it may.
        """
        _fsync(self.temporary)
        self._publish()
        self.temporary = ""
        fsync_folder(self.path)

    def _publish(self) -> None:
        if self._overwrite:
            os.replace(self.temporary, self.path)
            return
        try:
            os.link(self.temporary, self.path)
        except FileExistsError:
            self._refuse_existing()
            raise
        except OSError:  # a file system without links
            self._refuse_existing()
            os.replace(self.temporary, self.path)
            return
        os.unlink(self.temporary)

    def abort(self) -> None:
        """Removes what was written, unless it was committed."""
        if self.temporary:
            # The folder may be gone, or forbidden; then there is nothing to remove.
            with contextlib.suppress(OSError):
                os.unlink(self.temporary)
            self.temporary = ""

    def __enter__(self) -> Self:
        self.create()
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()


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
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise unreadable(self.path, error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
        """A new file, which is there, whole and durable, when this returns.

        Args:
            path: The file.
            start: What it begins with.
            overwrite: Whether it may replace one that is there.

        Raises:
            BarrowIoError: The file is there already, or cannot be written.
        """
        try:
            with AtomicFile(path, overwrite=overwrite) as whole:
                Path(whole.temporary).write_bytes(start)
                whole.commit()
        except OSError as error:
            raise unwritable(os.fspath(path), error) from error
        return cls(path)

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
                os.ftruncate(self._file, self.size)
            if isinstance(error, OSError):
                raise unwritable(self.path, error) from error
            raise
        written, self.size = end - self.size, end
        return written

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
            count = os.pwrite(self._file, rest, place)
            rest, place = rest[count:], place + count

    def truncate(self, size: int) -> None:
        """Cuts the file to so many bytes; not durable before `flush`.

        Raises:
            BarrowIoError: It cannot be cut.
        """
        try:
            os.ftruncate(self._file, size)
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
            os.fdatasync(self._file)
        except OSError as error:
            raise unwritable(self.path, error, "cannot be made durable") from error

    def close(self) -> None:
        """Closes the file without making anything durable; see `flush`."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fsync_folder(path: str) -> None:
    """Makes durable that a file was created, renamed or removed."""
    _fsync(os.path.dirname(path) or ".")


def _fsync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: str, error: OSError, what: str = "cannot be written") -> BarrowIoError:
    """The error to raise for what the system said about an output.

    Args:
        path: The file as the caller named it.
        error: What the system, or pyarrow, said.
        what: What could not be done.
    """
    if isinstance(error, BarrowIoError) and error.filename:  # laid out already
        return error
    number = error_number(error)
    if number == errno.EEXIST:
        return io_error(path, "the file exists", number, ["overwrite=True (--overwrite)"])
    tries = ["free some space, or write elsewhere"] if number in _NO_SPACE else []
    return io_error(path, f"{what}: {_told(error, number)}", number, tries)


def unreadable(path: str, error: OSError) -> BarrowIoError:
    """The error to raise for what the system said about an input.

    Args:
        path: The file as the caller named it.
        error: What the system, or pyarrow, said.
    """
    number = error_number(error)
    return io_error(path, f"cannot be read: {_told(error, number)}", number)


def error_number(error: OSError) -> int | None:
    """The `errno` of an error; pyarrow has it in the text only."""
    told = re.search(r"\[?[Ee]rrno (\d+)\]?", str(error))
    return error.errno or (int(told[1]) if told else None)


def _told(error: OSError, number: int | None) -> str:
    return os.strerror(number) if number else str(error)


def io_error(path: str, what: str, number: int | None, tries: Sequence[str] = ()) -> BarrowIoError:
    """A `BarrowIoError` that knows its file and its number."""
    problem = BarrowIoError(message(path, what, tries=tries))
    problem.errno, problem.filename = number, path
    return problem
