"""A sliding window over text, and cuts of complete lines for other threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from barrow._lib import native
from barrow.csv.inputs import Given, Part, only_part
from barrow.errors import BarrowParseError, BarrowUnsupportedError, Place, message

# A row longer than this is an unclosed quote or no text at all.
LONGEST_ROW = 16 << 20
# Chunks are read behind this much room for the start of a row.
_ROOM = 1 << 14
_LEAST_CHUNK = 1 << 16


@dataclass(slots=True)
class Piece:
    """Text on its way into a window.

    Attributes:
        buffer: Where it is, behind room for the start of a row.
        room: Where it begins.
        place: Where it begins in the file.
        count: Its bytes.
        lines: How many line feeds it has.
        end: One past the last of them.
    """

    buffer: bytearray
    room: int
    place: int
    count: int = 0
    lines: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """Complete lines taken out of a window.

    Attributes:
        buffer: Where the text is; not used again before it is given back.
        begin: The first byte.
        end: One past the last byte, which is a line feed.
        offset: How far into the text the buffer starts.
        lines: How many line feeds there are.
    """

    buffer: bytearray
    begin: int
    end: int
    offset: int
    lines: int


class TextSource:
    """A sliding window over the text of one file.

    The window is `buffer[begin:end]`; `refill` drops what was used and reads on.

    Args:
        given: The file, pipe or member of an archive, as `barrow.csv.inputs` has it.
        chunk_bytes: How much to read at once.

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
        may_wait: Whether reading may wait forever, as for the writer of a pipe.
        buffer: Where the text is.
        begin: The first byte not used yet.
        end: One past the last byte read.
        final: Whether the text ends with the window.
        offset: How far into the text the buffer starts; chunks are read behind
            room for the start of a row, so this may be negative. The text is UTF-8:
            where a file is packed or UTF-16, places in it are others.
    """

    def __init__(self, given: Part | Given, chunk_bytes: int) -> None:
        part = given if isinstance(given, Part) else only_part(given)
        self._stream = part.open()
        self.path = self._stream.path
        self.size = self._stream.size
        self.compressed = self._stream.compressed
        self.can_read_twice = self._stream.can_read_twice
        self.may_wait = self._stream.may_wait
        if self.size and self._stream.has_places:
            # Room that a small file does not need would only be cleared.
            chunk_bytes = min(chunk_bytes, max(self.size + 1, _LEAST_CHUNK))
        self._chunk = chunk_bytes
        self._room = min(chunk_bytes, _ROOM)
        self.buffer = bytearray(self._room + chunk_bytes)
        # How many hold a buffer, the window itself among them; and those nobody holds.
        self._holders = {id(self.buffer): 1}
        self._spare: list[bytearray] = []
        self.begin = self.end = self._room
        self.offset = -self._room
        self.final = False
        # Where in the file the window ends, and what is read next begins.
        self._shown = self._next = 0
        self._limit = sys.maxsize
        self._counted: tuple[int, int] | None = None
        self._process = os.getpid()
        try:
            self.refill()
        except BaseException:
            self.close()
            raise

    @property
    def remaining(self) -> int:
        """Bytes of text that are still to come, if that is known; else very many."""
        known = self.size and not self.compressed
        return self.size - self.position if known else sys.maxsize

    @property
    def position(self) -> int:
        """Bytes of the file on disk read so far."""
        return self._shown if self.has_places else self._stream.position

    @property
    def has_places(self) -> bool:
        """Whether pieces can be read by several threads at a time."""
        return self._stream.has_places

    def seek(self, place: int, limit: int) -> None:
        """Goes on at another place of a text that `has_places`.

        Args:
            place: The byte to go on at.
            limit: The byte the text ends at, or before.

        Raises:
            What `refill` raises.
        """
        self._shown = self._next = place
        self._limit = limit
        self.final = False
        self._show(self._take_spare(), self._room, self._room, place)
        self.refill()

    def refill(self) -> None:
        """Drops the used part of the window and reads more behind the rest.

        Raises:
            BarrowParseError: One row fills more than 16 MiB.
            BarrowUnsupportedError: This is another process than the one it began in.
            What `Stream.readinto` raises.
        """
        self.check_process()
        kept = self.end - self.begin
        row_start = self.offset + self.begin
        if kept > self._room:
            self._check_length(kept, row_start)
            # Room for rows like this one; twice, so that it seldom happens again.
            self._room = 2 * kept
        piece = self.fetch()
        try:
            self.load(piece)
        except BaseException:
            self.drop(piece)
            raise
        self._append(piece)

    def fetch(self) -> Piece:
        """Says what to read next; not while another thread does."""
        piece = Piece(self._take_spare(), self._room, self._next)
        self._next += self._chunk
        return piece

    def load(self, piece: Piece, count_lines: bool = False) -> None:
        """Reads a piece: where the text `has_places`, several threads may do so.

        Args:
            piece: What to read.
            count_lines: Whether to count its lines, which `cut` does otherwise.

        Raises:
            What `Stream.readinto` raises.
        """
        with memoryview(piece.buffer) as buffer:
            target = buffer[piece.room : piece.room + self._chunk]
            if self.has_places:
                most = max(self._limit - piece.place, 0)
                piece.count = self._stream.readinto_at(target[:most], piece.place)
            else:
                piece.count = self._stream.readinto(target)
        if count_lines:
            end = piece.room + piece.count
            piece.lines, piece.end = native.csv_lines(piece.buffer, piece.room, end, piece.count)

    def link(self, piece: Piece) -> bool:
        """Makes a piece whose lines are counted the window, behind what is left of it.

        Args:
            piece: The oldest that was fetched and not linked.

        Returns:
            False if it does not fit there, and has to be dropped.
        """
        kept = self.end - self.begin
        if piece.place != self._shown or kept > piece.room:
            return False
        if self.buffer.find(b"\n", self.begin, self.end) >= 0:
            return False
        self._append(piece)
        self._counted = (piece.lines, piece.end)
        return True

    def drop(self, piece: Piece) -> None:
        """Forgets a piece, which is to be read again; those behind it follow."""
        self._next = min(self._next, piece.place)
        self._spare.append(piece.buffer)

    def _append(self, piece: Piece) -> None:
        kept = self.end - self.begin
        start = self.offset + self.begin
        begin, end = piece.room - kept, piece.room + piece.count
        piece.buffer[begin : piece.room] = memoryview(self.buffer)[self.begin : self.end]
        self._show(piece.buffer, begin, end, start)
        self._shown += piece.count
        # Short of the chunk it was the end, or a pipe; go on where it stopped.
        self._next = max(self._shown, self._next) if piece.count == self._chunk else self._shown
        self.final = piece.count == 0

    def _take_spare(self) -> bytearray:
        size = self._room + self._chunk
        self._spare = [buffer for buffer in self._spare if len(buffer) == size]
        return self._spare.pop() if self._spare else bytearray(size)

    def _show(self, buffer: bytearray, begin: int, end: int, start: int) -> None:
        """Makes a part of a buffer, which starts at a place of the text, the window."""
        self._counted = None
        self._holders[id(buffer)] = 1
        self.give_back(self.buffer)
        self.buffer, self.begin, self.end = buffer, begin, end
        self.offset = start - begin

    def cut(self, most: int) -> Cut | None:
        """Takes complete lines out of the window.

        Args:
            most: The most lines wanted.

        Returns:
            The lines; None if not even one ends within it.
        """
        counted, self._counted = self._counted, None
        if counted is None or counted[0] > most:
            counted = native.csv_lines(self.buffer, self.begin, self.end, most)
        lines, end = counted
        if not lines:
            return None
        taken = Cut(self.buffer, self.begin, end, self.offset, lines)
        self._holders[id(self.buffer)] += 1
        self.begin = end
        return taken

    def give_back(self, buffer: bytearray) -> None:
        """Says that a buffer is not used any more by one of its holders."""
        self._holders[id(buffer)] -= 1
        if not self._holders[id(buffer)]:
            del self._holders[id(buffer)]
            self._spare.append(buffer)

    def put_back(self, cuts: Sequence[Cut], begin: int) -> None:
        """Takes cuts back that follow each other and end where the window starts.

        Args:
            cuts: At least one, in their order.
            begin: The first byte of the first one that is still wanted.
        """
        first = cuts[0]
        pieces = [memoryview(first.buffer)[begin : first.end]]
        pieces += [memoryview(cut.buffer)[cut.begin : cut.end] for cut in cuts[1:]]
        pieces.append(memoryview(self.buffer)[self.begin : self.end])
        text = bytearray(b"".join(pieces))
        for cut in cuts:
            self.give_back(cut.buffer)
        self._show(text, 0, len(text), first.offset + begin)

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

    def check_process(self) -> None:
        """Refuses to go on in a process that was forked off.

        Raises:
            BarrowUnsupportedError: It was.
        """
        if os.getpid() != self._process:
            raise BarrowUnsupportedError(
                message(
                    self.path,
                    "reading goes on in another process than it began in",
                    tries=["open the file again after fork"],
                )
            )

    def close(self) -> None:
        """Closes the file."""
        self._stream.close()
