"""Bytes of text from wherever it is kept: unpacked by content, UTF-16 made UTF-8."""

from __future__ import annotations

import bz2
import codecs
import errno
import lzma
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from barrow.errors import (
    BarrowCorruptError,
    BarrowError,
    BarrowIoError,
    BarrowParseError,
    BarrowUnsupportedError,
    Place,
    message,
)

ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_CODECS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
}
_MARK_BYTES = max(map(len, _CODECS))
# Enough of a text to see that every other byte is zero.
_SAMPLE_BYTES = 256
_PIECE = 1 << 16
# What `xz -9` needs is 65 MiB; a file may ask for 4 GiB.
_XZ_MEMORY = 256 << 20


@dataclass(frozen=True)
class Storage:
    """An opened file, member of an archive, pipe or remote object.

    Attributes:
        file: Gives the bytes: has `readinto` or `read`, and `close`.
        path: What messages call it.
        size: How many bytes are stored; 0 if that is not known.
        can_read_twice: Whether it can be opened again and gives the same.
        may_wait: Whether a read may wait forever, as for the writer of a pipe.
        ratio: Stored bytes for every byte that `file` gives.
        local: The path of a regular file, which others may open as well.
        owned: Whether `file` is closed at the end.
    """

    file: Any
    path: str
    size: int = 0
    can_read_twice: bool = False
    may_wait: bool = False
    ratio: float = 1.0
    local: str | None = None
    owned: bool = True


class Tap:
    """Bytes that can be looked at before they are read, from a pipe as well.

    Args:
        file: Has `readinto1`, `readinto` or `read`.
        path: What messages call it.
        owned: Whether to close the file at the end.

    Attributes:
        count: Bytes taken from the file so far.
        closed: Whether it is closed.
    """

    def __init__(self, file: Any, path: str, *, owned: bool = True) -> None:
        self._file = file
        self._path = path
        self._owned = owned
        # A pipe gives what is there rather than wait until the buffer is full.
        self._into = getattr(file, "readinto1", None) or getattr(file, "readinto", None)
        self._head = b""
        self.count = 0
        self.closed = False

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay to be read; fewer only at the end."""
        while len(self._head) < size:
            piece = bytearray(size - len(self._head))
            count = self._take(memoryview(piece))
            if not count:
                break
            self._head += piece[:count]
        return self._head

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer and gives how many bytes that were; 0 at the end."""
        view = memoryview(buffer)
        count = min(len(self._head), len(view))
        if count:
            view[:count] = self._head[:count]
            self._head = self._head[count:]
        return count + self._take(view[count:]) if count < len(view) else count

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        piece = bytearray(size)
        return bytes(memoryview(piece)[: self.readinto(piece)])

    def _take(self, view: memoryview) -> int:
        if self._into is not None:
            count = self._into(view)
        else:
            data = self._file.read(len(view))
            count = None if data is None else len(data)
            view[: count or 0] = data or b""
        if count is None:  # nothing is there yet, which must not look like the end
            text = "its writer does not wait to be read (O_NONBLOCK)"
            raise unreadable(self._path, BlockingIOError(errno.EAGAIN, text))
        self.count += count
        return int(count)

    def close(self) -> None:
        """Closes the file, if it is owned."""
        if self._owned and not self.closed:
            self._file.close()
        self.closed = True


class Stream:
    """The text of one input as UTF-8.

    gzip, bzip2, Zstandard and xz are recognized by their content, in pipes too, and
    so are UTF-16 without a mark and UTF-16 with one. Only a few bytes are kept.

    Args:
        storage: Where the bytes come from; it is closed with the stream.

    Raises:
        BarrowIoError: The first bytes cannot be read.
        BarrowCorruptError: The compressed data is damaged or cut off.
        BarrowUnsupportedError: It is a zip archive in a pipe or in another archive, or
            text in UTF-32.

    Attributes:
        path: What messages call it.
        size: How many bytes are stored; 0 if that is not known.
        compressed: Whether the text is longer than what is stored.
        can_read_twice: Whether it can be opened again and gives the same.
        may_wait: Whether a read may wait forever, as for the writer of a pipe.
        has_places: Whether any place can be read at any time, by several threads: it is
            a plain file.
    """

    def __init__(self, storage: Storage) -> None:
        self.path = storage.path
        self.size = storage.size
        self.can_read_twice = storage.can_read_twice
        self.may_wait = storage.may_wait
        self.compressed = storage.ratio < 1
        self._ratio = storage.ratio
        self._tap = Tap(storage.file, self.path, owned=storage.owned)
        self._stored: Any = None  # the same bytes as a file of Arrow
        self._unpacked = self._tap
        try:
            with self._told():
                self._unpack(storage)
                self._text = self._in_utf8(self._unpacked)
        except BaseException:
            self.close()
            raise
        self.has_places = storage.local is not None and self._text is self._tap
        self._file = storage.file

    @property
    def position(self) -> int:
        """How many of the stored bytes have been read by `readinto`."""
        if self._stored is not None and not self._stored.closed:
            return int(self._stored.tell())
        return int(self._tap.count * self._ratio)

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer and gives how many bytes that were; 0 at the end.

        Raises:
            BarrowIoError: Reading failed.
            BarrowCorruptError: The compressed data is damaged or cut off.
            BarrowParseError: The text is not the UTF-16 it began as.
        """
        with self._told():
            return self._text.readinto(buffer)

    def readinto_at(self, buffer: memoryview, place: int) -> int:
        """Fills a buffer with the bytes from a place on, where `has_places`.

        Returns:
            How many there were; fewer than the buffer holds only at the end.

        Raises:
            BarrowIoError: Reading failed.
        """
        count = 0
        with self._told():
            while count < len(buffer):
                got = os.preadv(self._file.fileno(), [buffer[count:]], place + count)
                if not got:
                    break
                count += got
        return count

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Makes what libraries raise errors of barrow."""
        try:
            yield
        except BarrowError:
            raise
        except (EOFError, lzma.LZMAError, pa.ArrowException) as error:
            raise damaged(self.path, error) from error
        except OSError as error:
            if self._unpacked is not self._tap and error.errno is None:
                raise damaged(self.path, error) from error
            raise unreadable(self.path, error) from error

    def _unpack(self, storage: Storage) -> None:
        head = self._tap.peek(_MARK_BYTES)
        if head.startswith(ZIP_MARKS):
            raise BarrowUnsupportedError(
                message(
                    self.path,
                    "this is a zip archive, which is read from its end: "
                    "not from a pipe, not in another archive",
                    tries=["give the archive as a file", "unpack it first"],
                )
            )
        codec = next((c for mark, c in _CODECS.items() if head.startswith(mark)), None)
        if codec is None:
            return
        self.compressed = True
        if codec in ("bz2", "xz"):
            self._unpacked = Tap(_Unpacker(self._tap, codec, self.path), self.path)
            return
        if storage.local is not None:  # Arrow reads it without the interpreter's lock
            self._tap.close()
            self._stored = pa.OSFile(storage.local, "rb")
            stored = self._stored
        else:
            stored = pa.PythonFile(self._tap, "r")
        self._unpacked = Tap(pa.CompressedInputStream(stored, codec), self.path)

    def _in_utf8(self, text: Tap) -> Tap | _Utf16:
        head = text.peek(_SAMPLE_BYTES)
        name, mark = _wide_encoding(head)
        if name == "":
            return text
        if name.startswith("utf-32"):
            raise BarrowUnsupportedError(
                message(
                    self.path,
                    "the text is UTF-32, expected UTF-8 or UTF-16",
                    tries=[f"iconv -f {name.upper()} -t UTF-8"],
                )
            )
        return _Utf16(text, name, mark, self.path)

    def close(self) -> None:
        """Closes what the bytes come from."""
        if self._unpacked is not self._tap:
            self._unpacked.close()
        if self._stored is not None:
            self._stored.close()
        self._tap.close()


class _Unpacker:
    """Unpacks bzip2 and xz: everything in a file, however it is pieced together.

    Arrow has no xz and fails at an empty piece of bzip2; `LZMAFile` takes a damaged
    piece for the end.
    """

    def __init__(self, packed: Tap, codec: str, path: str) -> None:
        self._packed = packed
        self._path = path
        self._codec = codec
        self._decoder = self._new_decoder()

    def _new_decoder(self) -> bz2.BZ2Decompressor | lzma.LZMADecompressor:
        if self._codec == "bz2":
            return bz2.BZ2Decompressor()
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        while True:
            more = b""
            if self._decoder.eof:
                more = self._without_padding(self._decoder.unused_data)
                while not more:
                    following = self._packed.read(_PIECE)
                    if not following:
                        return b""
                    more = self._without_padding(following)
                self._decoder = self._new_decoder()
            elif self._decoder.needs_input:
                more = self._packed.read(_PIECE)
                if not more:
                    raise EOFError("it ends too early")
            data = self._decode(more, size)
            if data:
                return data

    def _without_padding(self, data: bytes) -> bytes:
        return data.lstrip(b"\0") if self._codec == "xz" else data

    def _decode(self, more: bytes, size: int) -> bytes:
        try:
            return self._decoder.decompress(more, size)
        except lzma.LZMAError as error:
            if "limit" not in str(error):
                raise
            what = f"to unpack it takes more than {_XZ_MEMORY >> 20} MiB of memory"
            raise BarrowUnsupportedError(
                message(self._path, what, tries=["unpack it first: xz -d"])
            ) from error

    def close(self) -> None:
        """Nothing to do: the packed bytes belong to others."""


class _Utf16:
    """UTF-16 as UTF-8, piece by piece."""

    def __init__(self, text: Tap, encoding: str, mark: int, path: str) -> None:
        self._text = text
        self._path = path
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._taken = len(text.read(mark)) if mark else 0
        self._ready = memoryview(b"")
        self._ended = False

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer and gives how many bytes that were; 0 at the end."""
        while not self._ready and not self._ended:
            data = self._text.read(_PIECE)
            self._ended = not data
            self._ready = memoryview(self._decoded(data).encode())
            self._taken += len(data)
        count = min(len(self._ready), len(buffer))
        memoryview(buffer)[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _decoded(self, data: bytes) -> str:
        pending = self._decoder.getstate()[0]
        try:
            return self._decoder.decode(data, self._ended)
        except UnicodeDecodeError as error:
            at = self._taken - len(pending) + error.start
            name = self._encoding.upper()
            raise BarrowParseError(
                message(
                    self._path,
                    f"the text is {name}, but not at byte {at}: {error.reason}",
                    tries=["check that the file is whole", f"iconv -c -f {name} -t UTF-8"],
                ),
                Place(self._path),
                "not_utf16",
            ) from error


def _wide_encoding(head: bytes) -> tuple[str, int]:
    """The name of an encoding of two or four bytes a character, and the length of its
    mark; an empty name for others."""
    for mark, name in (
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return name, len(mark)
    if len(head) < 10 or head.startswith((b"ARROW1", b"PAR1")):
        return "", 0
    # Without a mark: the upper bytes of plain ASCII are zero.
    zero = [head[at::4].count(0) > 0.8 * len(head[at::4]) for at in range(4)]
    names = {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }
    return names.get((zero[0], zero[1], zero[2], zero[3]), ""), 0


def damaged(path: str, error: BaseException) -> BarrowCorruptError:
    """The error for compressed data that is damaged or cut off."""
    return BarrowCorruptError(
        message(
            path,
            f"the compressed data is damaged: {error}",
            tries=["check that the download finished"],
        )
    )


def unreadable(path: str, error: OSError) -> BarrowIoError:
    """The error for a file that cannot be read, with what to try."""
    hints = {
        errno.ENOENT: "check the spelling and the folder",
        errno.EISDIR: "name a file in it",
        errno.EACCES: "check the permissions of the file and its folder",
    }
    what = error.strerror or str(error)
    hint = hints.get(error.errno or 0)
    problem = BarrowIoError(message(path, f"cannot be read: {what}", tries=[hint] if hint else []))
    problem.errno, problem.filename = error.errno, path
    return problem
