"""Text from a file, plain or compressed, into a buffer that is used again."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pyarrow as pa

from barrow.errors import BarrowCorruptError, BarrowIoError, BarrowParseError, Place, message

_CODECS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
# A row longer than this is an unclosed quote or no text at all.
LONGEST_ROW = 64 << 20


class TextSource:
    """A sliding window over the text of one file.

    The window is `buffer[begin:end]`; `refill` drops what was used and reads on.

    Args:
        path: The file; gzip, bzip2 and Zstandard are recognized by their content.
        chunk_bytes: How much to read at once.

    Raises:
        BarrowIoError: The file cannot be opened.

    Attributes:
        path: The file as the caller named it.
        size: Bytes of the file on disk; 0 if it has none, like a pipe.
        buffer: Where the text is.
        begin: The first byte not used yet.
        end: One past the last byte read.
        final: Whether the text ends with the window.
        offset: How far into the text the buffer starts.
    """

    def __init__(self, path: str | os.PathLike[str], chunk_bytes: int) -> None:
        self.path = os.fspath(path)
        try:
            self._file: Any = Path(self.path).open("rb", buffering=0)  # noqa: SIM115
            head = self._file.read(4) if self._file.seekable() else b""
            if head:
                self._file.seek(0)
            self.size = os.fstat(self._file.fileno()).st_size
        except OSError as error:
            raise unreadable(self.path, error) from error
        self._raw = self._file
        codec = next((c for magic, c in _CODECS.items() if head.startswith(magic)), None)
        if codec:
            self._file = pa.CompressedInputStream(pa.PythonFile(self._raw, "r"), codec)
        self.compressed = codec is not None
        self.buffer = bytearray(chunk_bytes)
        self.begin = self.end = self.offset = 0
        self.final = False
        self.refill()

    @property
    def position(self) -> int:
        """Bytes of the file on disk read so far."""
        return int(self._raw.tell()) if self.size else 0

    def refill(self) -> None:
        """Drops the used part of the window and reads more behind the rest.

        Raises:
            BarrowParseError: One row fills more than 64 MiB.
            BarrowIoError: Reading failed.
            BarrowCorruptError: The compressed data is damaged.
        """
        kept = self.end - self.begin
        if kept == len(self.buffer):
            if kept >= LONGEST_ROW:
                raise BarrowParseError(
                    message(
                        self.path,
                        f"the row at byte {self.offset + self.begin} has no end within "
                        f"{LONGEST_ROW >> 20} MiB",
                        tries=["look for a quote that is never closed"],
                    ),
                    Place(self.path),
                    "unclosed_quote",
                )
            self.buffer.extend(bytes(kept))
        self.buffer[:kept] = self.buffer[self.begin : self.end]
        self.offset += self.begin
        self.begin, self.end = 0, kept
        try:
            with memoryview(self.buffer) as view:
                count = self._file.readinto(view[kept:])
        except OSError as error:
            if self.compressed and error.errno is None:
                raise BarrowCorruptError(
                    message(self.path, f"the compressed data is damaged: {error}")
                ) from error
            raise unreadable(self.path, error) from error
        self.end += count
        self.final = count == 0

    def close(self) -> None:
        """Closes the file."""
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
