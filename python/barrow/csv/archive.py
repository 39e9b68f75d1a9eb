"""The members of zip archives, one text each."""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from barrow.csv.streams import Storage, damaged, unreadable
from barrow.errors import (
    BarrowCorruptError,
    BarrowError,
    BarrowParseError,
    BarrowUnsupportedError,
    Place,
    message,
    shown,
)

_ENCRYPTED = 1  # a flag of a member
_METHODS = {
    zipfile.ZIP_STORED: 1 << 20,
    zipfile.ZIP_DEFLATED: 1 << 20,
    # These unpack all they are given at once: a little becomes at most 180 MB.
    zipfile.ZIP_BZIP2: 4096,
    zipfile.ZIP_LZMA: 4096,
}
# What the zipfile module raises about bytes that break the format.
_DAMAGE = (
    zipfile.BadZipFile,
    EOFError,
    ValueError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)


class Archive:
    """A zip archive whose members can be opened one after the other.

    Args:
        name: What messages call it.
        opener: Gives its path, or an open file that can seek.
        can_read_twice: Whether it can be opened again and gives the same.

    Raises:
        BarrowIoError: It cannot be read.
        BarrowCorruptError: Its list of members is damaged.
        BarrowParseError: It has no members.
        BarrowUnsupportedError: A member is encrypted or packed in an unusual way.

    Attributes:
        members: Its members in their order: no folders, no hidden files.
    """

    def __init__(self, name: str, opener: Callable[[], Any]) -> None:
        self.name = name
        self._opener = opener
        self._file: Any = None
        self._zip: zipfile.ZipFile | None = None
        self.members = [info for info in self._open().infolist() if not _is_junk(info)]
        self.close()
        if not self.members:
            raise BarrowParseError(
                message(name, "the archive holds no files, expected texts"), Place(name), "empty"
            )
        for info in self.members:
            self._check(info)

    def _open(self) -> zipfile.ZipFile:
        if self._zip is None:
            try:
                self._file = self._opener()
                self._zip = zipfile.ZipFile(self._file)
            except BarrowError:
                self.close()
                raise
            except _DAMAGE as error:
                self.close()
                raise _broken(self.name, error) from error
            except NotImplementedError as error:
                self.close()
                raise BarrowUnsupportedError(
                    message(self.name, f"cannot be unpacked: {error}", tries=["unpack it first"])
                ) from error
            except OSError as error:
                self.close()
                if error.errno == errno.EINVAL:  # an offset before the start
                    raise _broken(self.name, error) from error
                raise unreadable(self.name, error) from error
        return self._zip

    def _check(self, info: zipfile.ZipInfo) -> None:
        what = ""
        if info.flag_bits & _ENCRYPTED:
            what = "is encrypted"
        elif info.compress_type not in _METHODS:
            what = f"is packed by method {info.compress_type}, which few tools know"
        if what:
            raise BarrowUnsupportedError(
                message(self.member_name(info), what, tries=[f"unpack it first: 7z x {self.name}"])
            )

    def member_name(self, info: zipfile.ZipInfo) -> str:
        """What messages call a member."""
        return f"{self.name}/{shown(info.filename)}"

    def open(self, info: zipfile.ZipInfo) -> Storage:
        """Opens a member.

        Raises:
            BarrowIoError: The archive cannot be read.
            BarrowCorruptError: The member is not where the list says.
        """
        name = self.member_name(info)
        try:
            member = _Member(self, name, info, self._open().open(info))
        except BarrowError:
            self.close()
            raise
        except _DAMAGE as error:
            self.close()
            raise damaged(name, error) from error
        except (NotImplementedError, RuntimeError) as error:
            self.close()
            raise BarrowUnsupportedError(
                message(name, f"cannot be unpacked: {error}", tries=["unpack it first"])
            ) from error
        except OSError as error:
            self.close()
            if error.errno == errno.EINVAL:
                raise damaged(name, error) from error
            raise unreadable(name, error) from error
        return Storage(
            member,
            name,
            info.compress_size,
            can_read_twice=True,
            ratio=min(info.compress_size / max(info.file_size, 1), 1.0),
        )

    def member_closed(self) -> None:
        """Closes the archive with its only member; one of many is followed by others."""
        if len(self.members) == 1:
            self.close()

    def close(self) -> None:
        """Closes the file until a member is opened again."""
        if self._zip is not None:
            self._zip.close()
        if self._file is not None and not isinstance(self._file, str):
            self._file.close()
        self._zip = self._file = None


class _Member:
    """The text of a member, which must be as long as the archive says."""

    def __init__(self, archive: Archive, name: str, info: zipfile.ZipInfo, file: Any) -> None:
        self._archive = archive
        self._name = name
        self._file = file
        self._at_once = _METHODS[info.compress_type]
        self._missing = info.file_size

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        try:
            data: bytes = self._file.read1(min(size, self._at_once)) if size else b""
        except BarrowError:
            raise
        except _DAMAGE as error:
            raise damaged(self._name, error) from error
        except OSError as error:
            if error.errno is None:
                raise damaged(self._name, error) from error
            raise unreadable(self._name, error) from error
        self._missing -= len(data)
        if size and not data and self._missing:
            raise damaged(self._name, EOFError(f"{self._missing:,} bytes are missing"))
        return data

    def close(self) -> None:
        """Closes the member."""
        self._file.close()
        self._archive.member_closed()


def _is_junk(info: zipfile.ZipInfo) -> bool:
    """Folders, and what file managers leave behind."""
    names = info.filename.split("/")
    hidden = any(name.startswith(".") and name.strip(".") for name in names)
    return info.is_dir() or hidden or "__MACOSX" in names


def _broken(name: str, error: BaseException) -> BarrowCorruptError:
    return BarrowCorruptError(
        message(
            name,
            f"the zip archive is damaged: {error}",
            tries=["check that the download finished"],
        )
    )
