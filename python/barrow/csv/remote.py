"""Objects behind URLs: through Arrow where it knows the scheme, else through fsspec."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from barrow.csv.streams import unreadable
from barrow.errors import BarrowIoError, BarrowUnsupportedError, message

_URL = re.compile(r"[A-Za-z][\w+.-]+(::[\w+.-]+)*://")
_ARROW_SCHEMES = {"file", "s3", "gs", "gcs", "abfs", "abfss", "hdfs", "viewfs"}
_NUMBERS = {
    FileNotFoundError: errno.ENOENT,
    PermissionError: errno.EACCES,
    IsADirectoryError: errno.EISDIR,
}


@dataclass(frozen=True)
class Remote:
    """An object behind a URL that is there.

    Attributes:
        name: The URL as messages show it, without secrets.
        size: How many bytes it has; 0 if the server does not say.
        open: Opens it; the file can seek wherever the server allows it.
        local: Its path, if it is a file of this machine.
    """

    name: str
    size: int
    open: Callable[[], Any]
    local: str | None = None


def is_url(text: str) -> bool:
    """Whether a text is a URL rather than a path."""
    return _URL.match(text) is not None


def find(url: str) -> Remote:
    """Finds the object behind a URL.

    Raises:
        BarrowIoError: There is none, or it cannot be reached.
        BarrowUnsupportedError: What reads such URLs is not installed.
    """
    scheme = url.split("://")[0].lower()
    return _find_by_arrow(url) if scheme in _ARROW_SCHEMES else _find_by_fsspec(url)


def _find_by_arrow(url: str) -> Remote:
    from pyarrow import fs

    name = _without_secrets(url)
    try:
        system, path = fs.FileSystem.from_uri(url)
        info = system.get_file_info(path)
    except pa.ArrowNotImplementedError as error:
        raise BarrowUnsupportedError(message(name, f"cannot be read: {error}")) from error
    except (OSError, pa.ArrowInvalid) as error:
        raise _unreachable(name, url, error) from error
    if info.type == fs.FileType.NotFound:
        raise unreadable(name, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
    if info.type == fs.FileType.Directory:
        raise unreadable(name, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    local = path if isinstance(system, fs.LocalFileSystem) else None

    def opened() -> Any:
        try:
            return _RemoteFile(system.open_input_file(path), name, url)
        except (OSError, pa.ArrowInvalid) as error:
            raise _unreachable(name, url, error) from error

    return Remote(name, info.size or 0, opened, local)


def _find_by_fsspec(url: str) -> Remote:
    name = _without_secrets(url)
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise BarrowUnsupportedError(
            message(
                name,
                "reading this URL takes fsspec, which is not installed",
                tries=["pip install fsspec aiohttp", "download it first"],
            )
        ) from error
    try:
        system, path = url_to_fs(url)
        facts = system.info(path)
    except ImportError as error:  # the package that fsspec wants for this scheme
        raise BarrowUnsupportedError(
            message(
                name,
                f"fsspec cannot read this URL: {error}",
                tries=["pip install fsspec aiohttp", "pip install what the message names"],
            )
        ) from error
    except _errors() as error:
        raise _unreachable(name, url, error) from error
    if facts.get("type") == "directory":
        raise unreadable(name, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))

    def opened() -> Any:
        try:
            return _RemoteFile(system.open(path, "rb"), name, url)
        except _errors() as error:
            raise _unreachable(name, url, error) from error

    return Remote(name, int(facts.get("size") or 0), opened)


class _RemoteFile:
    """A file whose errors say which URL failed."""

    def __init__(self, file: Any, name: str, url: str) -> None:
        self._file = file
        self._name = name
        self._url = url

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, all of them for -1; none at the end."""
        try:
            data: bytes = self._file.read() if size < 0 else self._file.read(size)
        except _errors() as error:
            raise _unreachable(self._name, self._url, error) from error
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Moves to an offset and gives it."""
        try:
            self._file.seek(offset, whence)
        except _errors() as error:
            raise _unreachable(self._name, self._url, error) from error
        return self.tell()

    def tell(self) -> int:
        """How far the file has been read."""
        return int(self._file.tell())

    def seekable(self) -> bool:
        """Whether `seek` works."""
        return bool(self._file.seekable())

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def _errors() -> tuple[type[BaseException], ...]:
    """What reading may raise. Errors of aiohttp are no `OSError`, and it may be absent."""
    aiohttp = sys.modules.get("aiohttp")
    web = () if aiohttp is None else (aiohttp.ClientError,)
    return (OSError, ValueError, *web)


def _unreachable(name: str, url: str, error: BaseException) -> BarrowIoError:
    if isinstance(error, BarrowIoError):
        return error
    number = error.errno if isinstance(error, OSError) else None
    if number is None:
        number = next((n for kind, n in _NUMBERS.items() if isinstance(error, kind)), None)
    if number is not None:
        return unreadable(name, OSError(number, os.strerror(number)))
    text = str(error) or type(error).__name__
    return unreadable(name, OSError(text.replace(url, name)))


def _without_secrets(url: str) -> str:
    """A URL without a password, and without a query, which may hold a signature."""
    return re.sub(r"(://[^/:@]*):[^/@]*@", r"\1:***@", url).partition("?")[0]
