"""Files that appear under their name only when they are whole, and what went wrong."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Self

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

        A file that came to be under that name meanwhile is replaced only if it may.
        """
        _fsync(self.temporary)
        self._publish()
        self.temporary = ""
        _fsync(os.path.dirname(self.path) or ".")

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
