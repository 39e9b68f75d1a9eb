"""Files that appear under their name only when they are whole, and what went wrong."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import secrets
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from barrow.errors import BarrowIoError, message

_NO_SPACE = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
# Smaller pieces than this are put together before they are written.
_PIECE = 1 << 16
# So many files are made durable together rather than one by one.
_MANY_FILES = 32


class System:
    """The system calls that change files, one method each.

    Whatever must survive a crash goes through these, so that a test can let any of
    them fail, do half its work or be the last one of the process. All raise `OSError`.
    """

    def open(self, path: str, flags: int) -> int:
        """Opens a file, which those that start programs do not hand on."""
        return os.open(path, flags | os.O_CLOEXEC, 0o666)

    def write(self, descriptor: int, data: Any) -> int:
        """Writes some of the bytes; returns how many."""
        return os.write(descriptor, data)

    def write_at(self, descriptor: int, data: Any, place: int) -> int:
        """Writes some of the bytes at a place; returns how many."""
        return os.pwrite(descriptor, data, place)

    def fsync(self, descriptor: int) -> None:
        """Makes a file, or the names in a folder, survive a loss of power."""
        os.fsync(descriptor)

    def sync(self, descriptor: int) -> None:
        """Makes all files of a file system survive a loss of power."""
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syncfs(descriptor):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def truncate(self, descriptor: int, size: int) -> None:
        """Cuts a file off."""
        os.ftruncate(descriptor, size)

    def close(self, descriptor: int) -> None:
        """Closes a file."""
        os.close(descriptor)

    def replace(self, source: str, target: str) -> None:
        """Renames a file; one that has the new name already is gone at once."""
        os.replace(source, target)

    def link(self, source: str, target: str) -> None:
        """Gives a file a second name that nothing had."""
        os.link(source, target)

    def unlink(self, path: str) -> None:
        """Removes a name."""
        os.unlink(path)

    def mkdir(self, path: str) -> None:
        """Makes a folder."""
        os.mkdir(path)

    def lock(self, descriptor: int) -> None:
        """Locks a file for this descriptor alone, or fails at once."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


SYSTEM = System()


class Output:
    """A file that is written from its beginning; pyarrow takes it as a sink.

    Args:
        path: An existing file, or one to create if `create` is set.
        create: Whether to create it, or to empty it if it is there.
        checksum: Whether to keep a CRC-32 of what is written.

    Raises:
        OSError: It cannot be opened.

    Attributes:
        closed: Whether it is closed.
        crc32: The checksum so far; 0 if none is kept.
    """

    def __init__(self, path: str, *, create: bool = False, checksum: bool = False) -> None:
        flags = os.O_WRONLY | os.O_NOFOLLOW | (os.O_CREAT | os.O_TRUNC if create else 0)
        self._descriptor = SYSTEM.open(path, flags)
        self._pieces = bytearray()
        self._size = 0
        self._checksum = checksum
        self.crc32 = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Writes all the bytes of a buffer, sooner or later; returns how many."""
        view = memoryview(data)
        self._size += view.nbytes
        if self._checksum:
            self.crc32 = zlib.crc32(view, self.crc32)
        if view.nbytes < _PIECE:
            self._pieces += view
            if len(self._pieces) >= _PIECE:
                self.flush()
        else:
            self.flush()
            write_all(self._descriptor, view)
        return view.nbytes

    def tell(self) -> int:
        """How many bytes were written."""
        return self._size

    def flush(self) -> None:
        """Hands everything to the system."""
        pieces, self._pieces = self._pieces, bytearray()
        write_all(self._descriptor, memoryview(pieces))

    def fsync(self) -> None:
        """Makes everything survive a loss of power."""
        self.flush()
        SYSTEM.fsync(self._descriptor)

    def close(self) -> None:
        """Hands everything to the system, and closes the file whatever happens."""
        if self.closed:
            return
        self.closed = True
        try:
            self.flush()
        finally:
            SYSTEM.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def write_all(descriptor: int, data: memoryview) -> None:
    """Writes all the bytes, in as many calls as the system wants.

    Raises:
        OSError: They cannot be written.
    """
    data = data.cast("B")
    while data.nbytes:
        written = SYSTEM.write(descriptor, data)
        if not written:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        data = data[written:]


def sync_folder(path: str) -> None:
    """Makes the names in a folder survive a loss of power.

    Raises:
        OSError: The system cannot.
    """
    _fsync(path or ".")


def sync_files(folder: str, names: Sequence[str]) -> None:
    """Makes files of a folder, and their names, survive a loss of power.

    Of many files the system writes everything it has at once: one after the other costs
    a turn of the disk each. It says so if any could not be written since Linux 5.8.

    Raises:
        OSError: The system cannot.
    """
    if len(names) >= _MANY_FILES:
        descriptor = SYSTEM.open(folder or ".", os.O_RDONLY)
        try:
            SYSTEM.sync(descriptor)
        finally:
            SYSTEM.close(descriptor)
        return
    for name in names:
        _fsync(os.path.join(folder, name))
    sync_folder(folder)


def replace_file(path: str, data: bytes) -> None:
    """Puts a durable file in the place of one that may be there, or not at all.

    The temporary name is the same every time: whoever calls this holds a lock.

    Args:
        path: The file.
        data: All that shall be in it.

    Raises:
        OSError: It cannot be written; what was there is there.
    """
    temporary = f"{path}.partial"
    try:
        with Output(temporary, create=True) as output:
            output.write(data)
            output.fsync()
        SYSTEM.replace(temporary, path)
    except OSError:
        discard(temporary)
        raise
    sync_folder(os.path.dirname(path))


def discard(path: str) -> None:
    """Removes a file nobody needs.

    The folder may be gone, or forbidden; then there is nothing to remove.
    """
    with contextlib.suppress(OSError):
        SYSTEM.unlink(path)


class AtomicFile:
    """A file that is written under a temporary name in the folder of its own.

    The temporary name is settled before anything of that name exists, so whoever is
    interrupted while it is created can still remove it. `commit` makes the file
    durable and renames it; leaving the `with` block without it removes it.

    Operations raise `OSError` as the system tells it; `unwritable` lays it out.

    Args:
        path: The final name.
        overwrite: Whether a file of that name may be replaced.
        temporary: The name until then, where the caller holds a lock and wants the same
            one every time; one nobody has otherwise.

    Raises:
        FileExistsError: There is one, and it may not.
        IsADirectoryError: The name is that of a folder.
        BarrowIoError: It is that of a device or a pipe.

    Attributes:
        path: The final name.
        temporary: The name until then; empty once there is nothing to remove.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        temporary: str | None = None,
    ) -> None:
        self.path = os.fspath(path)
        self._overwrite = overwrite
        self._refuse_existing()
        folder, name = os.path.split(self.path)
        unique = str(Path(folder) / f".{name}.{secrets.token_hex(4)}.partial")
        self._exclusive = 0 if temporary else os.O_EXCL
        self.temporary = temporary or unique

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
            flags = os.O_CREAT | self._exclusive | os.O_WRONLY | os.O_NOFOLLOW
            SYSTEM.close(SYSTEM.open(self.temporary, flags))
        except BaseException:
            self.abort()
            raise

    def rename(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Settles another final name in the same folder.

        Args:
            path: The name.
            overwrite: Whether a file of that name may be replaced.

        Raises:
            What the constructor raises.
        """
        self.path = os.fspath(path)
        self._overwrite = overwrite
        self._refuse_existing()

    def commit(self) -> None:
        """Makes the file durable and gives it its name.

        A file that came to be under that name meanwhile is replaced only if it may. If
        the name cannot be made durable, the file is gone, unless it has replaced one.
        """
        _fsync(self.temporary)
        self.publish()
        try:
            sync_folder(os.path.dirname(self.path))
        except OSError:
            if not self._overwrite:
                discard(self.path)
            raise

    def publish(self) -> None:
        """Gives the file its name, without making anything durable."""
        self._rename()
        self.temporary = ""

    def _rename(self) -> None:
        if self._overwrite:
            SYSTEM.replace(self.temporary, self.path)
            return
        try:
            SYSTEM.link(self.temporary, self.path)
        except FileExistsError:
            self._refuse_existing()
            raise
        except OSError:  # a file system without links
            self._refuse_existing()
            SYSTEM.replace(self.temporary, self.path)
            return
        discard(self.temporary)

    def abort(self) -> None:
        """Removes what was written, unless it was committed."""
        if self.temporary:
            discard(self.temporary)
            self.temporary = ""

    def __enter__(self) -> Self:
        self.create()
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()


def _fsync(path: str) -> None:
    descriptor = SYSTEM.open(path, os.O_RDONLY)
    try:
        SYSTEM.fsync(descriptor)
    finally:
        SYSTEM.close(descriptor)


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
