"""A sliding window over text, which is read ahead while it is parsed."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor

from barrow.csv.inputs import Given, Part, only_part
from barrow.errors import BarrowParseError, BarrowUnsupportedError, Place, message

# A row longer than this is an unclosed quote or no text at all.
LONGEST_ROW = 16 << 20
# Chunks are read behind this much room for the start of a row.
_ROOM = 1 << 14


class TextSource:
    """A sliding window over the text of one file.

    The window is `buffer[begin:end]`; `refill` drops what was used and reads on.
    With `ahead` a thread reads the next chunk while this one is parsed.

    Args:
        given: The file, pipe or member of an archive, as `barrow.csv.inputs` has it.
        chunk_bytes: How much to read at once.
        ahead: Whether to read ahead in a thread.

    Raises:
        BarrowIoError: The file cannot be opened.
        BarrowArgumentError: These are several files.
        What `Stream` raises about the first bytes.

    Attributes:
        path: What messages call it.
        size: Bytes of the file on disk; 0 if it has none, like a pipe.
        compressed: Whether the text is compressed.
        can_read_twice: Whether the text can be read again from its start, unlike that
            of a pipe.
        buffer: Where the text is.
        begin: The first byte not used yet.
        end: One past the last byte read.
        final: Whether the text ends with the window.
        offset: How far into the text the buffer starts; chunks are read behind
            room for the start of a row, so this may be negative. The text is UTF-8:
            where a file is packed or UTF-16, places in it are others.
    """

    def __init__(self, given: Part | Given, chunk_bytes: int, *, ahead: bool = False) -> None:
        part = given if isinstance(given, Part) else only_part(given)
        self._stream = part.open()
        self.path = self._stream.path
        self.size = self._stream.size
        self.compressed = self._stream.compressed
        self.can_read_twice = self._stream.can_read_twice
        self._chunk = chunk_bytes
        self._room = min(chunk_bytes, _ROOM)
        self.buffer = bytearray(self._room + chunk_bytes)
        # Reading ahead pays for itself from the second chunk on. A thread that waits
        # for a pipe could not be told to stop.
        worthwhile = (self.compressed or self.size > chunk_bytes) and not self._stream.may_wait
        self._reader = ThreadPoolExecutor(1) if ahead and worthwhile else None
        self._next = bytearray(len(self.buffer)) if self._reader is not None else self.buffer
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
    def position(self) -> int:
        """Bytes of the file on disk read so far."""
        return self._stream.position

    def refill(self) -> None:
        """Drops the used part of the window and reads more behind the rest.

        Raises:
            BarrowParseError: One row fills more than 16 MiB.
            What `Stream.readinto` raises.
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
        if self._pending is not None:
            return self._pending.result()
        return self._read_into(self._next)

    def _read_into(self, buffer: bytearray) -> int:
        with memoryview(buffer) as view:
            return self._stream.readinto(view[self._room : self._room + self._chunk])

    def close(self) -> None:
        """Closes the file."""
        if self._reader is not None and os.getpid() == self._process:
            self._reader.shutdown()
        self._stream.close()
