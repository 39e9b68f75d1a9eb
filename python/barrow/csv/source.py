"""Text from a file, plain or compressed, into a buffer that is used again."""

from __future__ import annotations

import errno
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa

from barrow.errors import (
    BarrowCorruptError,
    BarrowIoError,
    BarrowParseError,
    BarrowUnsupportedError,
    Place,
    message,
    shown,
)

_CODECS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
# A row longer than this is an unclosed quote or no text at all.
LONGEST_ROW = 16 << 20
# Chunks are read behind this much room for the start of a row.
_ROOM = 1 << 14


class TextSource:
    """A sliding window over the text of one file.

    The window is `buffer[begin:end]`; `refill` drops what was used and reads on.
    With `ahead` a thread reads the next chunk while this one is parsed.

    Args:
        path: The file; gzip, bzip2 and Zstandard are recognized by their content.
        chunk_bytes: How much to read at once.
        ahead: Whether to read ahead in a thread.

    Raises:
        BarrowIoError: The file cannot be opened.

    Attributes:
        path: The file as the caller named it.
        size: Bytes of the file on disk; 0 if it has none, like a pipe.
        compressed: Whether the text is compressed.
        buffer: Where the text is.
        begin: The first byte not used yet.
        end: One past the last byte read.
        final: Whether the text ends with the window.
        offset: How far into the text the buffer starts; chunks are read behind
            room for the start of a row, so this may be negative.
    """

    def __init__(
        self, path: str | os.PathLike[str], chunk_bytes: int, *, ahead: bool = False
    ) -> None:
        self.path = os.fspath(path)
        try:
            self._file: Any = Path(self.path).open("rb", buffering=0)  # noqa: SIM115
            head = self._file.read(4) if self._file.seekable() else b""
            if head:
                self._file.seek(0)
            self.size = os.fstat(self._file.fileno()).st_size
        except OSError as error:
            raise unreadable(self.path, error) from error
        except ValueError as error:  # a path with a zero byte
            raise BarrowIoError(message(shown(self.path), f"cannot be read: {error}")) from error
        self._raw = self._file
        codec = next((c for magic, c in _CODECS.items() if head.startswith(magic)), None)
        if codec:
            self._file.close()
            self._raw = pa.OSFile(self.path, "rb")
            self._file = pa.CompressedInputStream(self._raw, codec)
        self.compressed = codec is not None
        self._chunk = chunk_bytes
        self._room = min(chunk_bytes, _ROOM)
        self.buffer = bytearray(self._room + chunk_bytes)
        # Reading ahead pays for itself from the second chunk on.
        worthwhile = ahead and (self.compressed or self.size > chunk_bytes)
        self._reader = ThreadPoolExecutor(1) if worthwhile else None
        self._next = bytearray(len(self.buffer)) if worthwhile else self.buffer
        self._pending: Future[int] | None = None
        self.begin = self.end = self._room
        self.offset = -self._room
        self.final = False
        self._process = os.getpid()
        try:
            self._read_ahead()
            self.refill()
        except BaseException:
            self.close()
            raise

    @property
    def can_read_twice(self) -> bool:
        """Whether the text can be read again from its start, unlike that of a pipe."""
        return bool(self._raw.seekable())

    @property
    def position(self) -> int:
        """Bytes of the file on disk read so far."""
        return int(self._raw.tell()) if self.size else 0

    def refill(self) -> None:
        """Drops the used part of the window and reads more behind the rest.

        Raises:
            BarrowParseError: One row fills more than 16 MiB.
            BarrowIoError: Reading failed.
            BarrowCorruptError: The compressed data is damaged.
        """
        kept = self.end - self.begin
        row_start = self.offset + self.begin
        rest = bytes(memoryview(self.buffer)[self.begin : self.end])
        count = self._take()
        following = self._next
        if kept > self._room:
            self._check_length(kept, row_start)
            # Room for rows like this one; twice, so that it seldom happens again.
            grown = bytearray(2 * kept + self._chunk)
            grown[2 * kept : 2 * kept + count] = memoryview(following)[
                self._room : self._room + count
            ]
            self._room, following = 2 * kept, grown
            if self._reader is not None:
                self.buffer = bytearray(len(grown))
        spare = self.buffer if self._reader is not None else following
        following[self._room - kept : self._room] = rest
        self.buffer, self._next = following, spare
        self.begin, self.end = self._room - kept, self._room + count
        self.offset = row_start - self.begin
        self.final = count == 0
        if not self.final:
            self._read_ahead()

    def _check_length(self, kept: int, row_start: int) -> None:
        if kept >= LONGEST_ROW:
            raise BarrowParseError(
                message(
                    self.path,
                    f"the row at byte {row_start} has no end within {LONGEST_ROW >> 20} MiB",
                    tries=["look for a quote that is never closed"],
                ),
                Place(self.path),
                "unclosed_quote",
            )

    def _read_ahead(self) -> None:
        if self._reader is not None:
            self._pending = self._reader.submit(self._read_into, self._next)

    def _take(self) -> int:
        """Bytes of the next chunk, which is then in `_next` behind the room."""
        if os.getpid() != self._process:
            raise BarrowUnsupportedError(
                message(
                    self.path,
                    "reading goes on in another process than it began in",
                    tries=["open the file again after fork"],
                )
            )
        try:
            if self._pending is not None:
                return self._pending.result()
            return self._read_into(self._next)
        except OSError as error:
            if self.compressed and error.errno is None:
                raise BarrowCorruptError(
                    message(self.path, f"the compressed data is damaged: {error}")
                ) from error
            raise unreadable(self.path, error) from error

    def _read_into(self, buffer: bytearray) -> int:
        with memoryview(buffer) as view:
            return int(self._file.readinto(view[self._room : self._room + self._chunk]))

    def close(self) -> None:
        """Closes the file."""
        if self._reader is not None and os.getpid() == self._process:
            self._reader.shutdown()
        self._file.close()
        self._raw.close()


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
