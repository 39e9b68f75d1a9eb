"""Reads ranges of complete lines in several threads, in the order of the text.

Every thread reads the next piece of the text, joins it with what is left of the piece
before, takes the lines out of that, and parses them with a decoder of its own
straight into the rows they will have if every line is a row. Reading and parsing go
on at the same time, joining is done in order under a lock. What was parsed is
committed in order; where a range had fewer rows than lines, those after it move up.
A range that was not a whole number of rows (a quoted line end was taken for the end
of a row, a value needs 128 bits) ends the phase: what came after it is read again.
"""

from __future__ import annotations

import _thread
import contextlib
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from barrow._lib import native
from barrow.csv.columns import ColumnSet
from barrow.csv.source import Cut, Piece
from barrow.csv.stops import NO_ROOM, REJECTS
from barrow.errors import BarrowIoError

if TYPE_CHECKING:
    from barrow.csv.rows import RowReader

# Ranges parsed but not committed, per thread; their text must be kept.
_MOST_OPEN = 2
# Phases that ended early before ranges are given up for this text.
_MOST_BROKEN = 8
# Seconds after which whoever waits looks whether a phase is over.
_GLANCE = 0.05


class _Range:
    """Lines on their way to rows."""

    __slots__ = (
        "counts",
        "cut",
        "done",
        "line",
        "rejects",
        "room",
        "row",
        "rows",
        "symbol",
        "used",
    )

    def __init__(self, cut: Cut, row: int, line: int, room: Any) -> None:
        self.cut = cut
        self.row = row
        self.line = line
        self.room = room
        self.rows = 0
        self.used = cut.begin
        self.rejects: list[tuple[int, tuple[Any, ...]]] = []
        self.counts: tuple[int, ...] = ()
        self.symbol: str | None = None
        self.done = False

    def parse(self, decoder: Any, wide: bool, symbol: str | None, stops: bool) -> None:
        """Parses the lines; with `stops` no further than the first bad row."""
        native.csv_begin(decoder, self.line, symbol)
        cut, room = self.cut, self.room
        while True:
            rows, used, stop = native.csv_push(
                decoder, cut.buffer, self.used, cut.end, False, wide,
                room.buffers(), self.rows, cut.lines,
            )  # fmt: skip
            refused = native.csv_rejects(decoder)
            if refused:
                self.rejects.append((self.used, refused))
            self.rows += rows
            self.used += used
            if stop == NO_ROOM:
                room.grow_ids(self.rows)
            elif stop != REJECTS or stops:
                break
        self.counts, self.symbol = native.csv_counts(decoder), native.csv_symbol(decoder)

    @property
    def clean(self) -> bool:
        """Whether the lines were whole rows, and as many lines as were counted."""
        return self.used == self.cut.end and self.counts[0] == self.line + self.cut.lines


class RangeReader:
    """Threads, and decoders for them.

    The calling thread only waits. It may be the one that signals interrupt, at any
    place, also between taking a lock and being able to let it go; so it takes none.

    Args:
        reader: Has the source, the plan and the policy.
        threads: How many threads parse.
    """

    def __init__(self, reader: RowReader, threads: int) -> None:
        self._reader = reader
        self._decoders = [reader.new_decoder() for _ in range(threads)]
        self._broken = 0
        self._phases: SimpleQueue[_Phase | None] = SimpleQueue()
        self._ended: SimpleQueue[None] = SimpleQueue()
        _thread.start_new_thread(self._coordinate, (threads,))

    @property
    def useful(self) -> bool:
        """Whether it is worth going on like this."""
        return self._broken < _MOST_BROKEN

    def read(self, columns: ColumnSet, row: int) -> int:
        """Fills columns as far as complete lines go.

        Returns:
            The next row; the window starts behind the text of the last one.
        """
        self._reader.source.check_process()
        phase = _Phase(self._reader, columns, row, _MOST_OPEN * len(self._decoders))
        try:
            self._phases.put(phase)
            self._wait(phase)
        except BaseException:
            phase.ended = True
            # Again, since nobody knows whether it was put there: one that is over is
            # not begun again, one that is to end does nothing.
            self._phases.put(phase)
            self._wait(phase)
            raise
        if phase.error is not None:
            raise phase.error
        if phase.broken is not None:
            phase.put_back()
            self._broken += 1
            # What they learned from text cut in the wrong place must not count.
            self._decoders = [self._reader.new_decoder() for _ in self._decoders]
        return phase.committed

    def _wait(self, phase: _Phase) -> None:
        while not phase.over:
            # An interrupt may come between getting and looking: look again then.
            with contextlib.suppress(Empty):
                self._ended.get(timeout=_GLANCE)

    def _coordinate(self, threads: int) -> None:
        """Runs phase after phase in the threads of a pool."""
        with ThreadPoolExecutor(threads, "barrow") as pool:
            while (phase := self._phases.get()) is not None:
                if phase.over:
                    continue
                workers = [pool.submit(phase.work, decoder) for decoder in self._decoders]
                errors = [worker.exception() for worker in workers]
                phase.error = next((error for error in errors if error is not None), None)
                phase.over = True
                self._ended.put(None)

    def close(self) -> None:
        """Ends the threads, which have nothing to do any more."""
        self._phases.put(None)


class _Phase:
    """One filling of columns by all threads."""

    def __init__(self, reader: RowReader, columns: ColumnSet, row: int, most_open: int) -> None:
        self._reader = reader
        self._columns = columns
        self._row = self.committed = row
        self._line = reader.account.line
        self._symbol = reader.account.symbol
        self._wide = reader.encoding.wide
        self._raises = reader.options.on_error == "raise"
        self._most_open = most_open
        self._open: deque[_Range] = deque()
        self._pieces: deque[Piece] = deque()  # read, but not joined with what is before
        self._sound = True
        self._changed = threading.Condition()
        self.broken: _Range | None = None
        self.error: BaseException | None = None
        self.ended = False  # no further range is begun
        self.over = False  # nobody works on it any more

    def work(self, decoder: Any) -> None:
        """Parses ranges until there are none."""
        try:
            while (taken := self._take()) is not None:
                taken.parse(decoder, self._wide, self._symbol, self._raises)
                self._finish(taken)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Lets no thread begin another range."""
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _take(self) -> _Range | None:
        """The next lines; None where there are none, or no more are wanted."""
        source = self._reader.source
        with self._changed:
            while not self.ended and len(self._open) + len(self._pieces) >= self._most_open:
                self._changed.wait()
            if not self.ended and not self._pieces:
                taken = self._begin()
                if taken is None and not source.has_places and not source.final:
                    source.refill()
                    taken = self._begin()
                if taken is not None:
                    return taken
                self.ended = self._row == self._columns.capacity or not source.has_places
            if self.ended or source.final:
                self.ended = True
                return None
            piece = source.fetch()
            self._pieces.append(piece)
        return self._join(piece)

    def _join(self, piece: Piece) -> _Range | None:
        """Reads a piece, and takes its lines when all text before it was taken."""
        source, readable = self._reader.source, True
        try:
            source.load(piece, count_lines=True)
        except BarrowIoError:  # comes again where it is its turn, if it is there to stay
            readable = False
        with self._changed:
            while not self.ended and self._pieces[0] is not piece:
                self._changed.wait()
            taken = None
            if self.ended or not readable or not source.link(piece):
                source.drop(piece)
            else:
                taken = self._begin()
            self._pieces.remove(piece)
            self.ended = self.ended or taken is None
            self._changed.notify_all()
            return taken

    def _begin(self) -> _Range | None:
        """Takes complete lines out of the window, if there are any."""
        cut = self._reader.source.cut(self._columns.capacity - self._row)
        if cut is None:
            return None
        part = self._columns.part(self._row, cut.lines)
        taken = _Range(cut, self._row, self._line, part)
        self._open.append(taken)
        self._row += cut.lines
        self._line += cut.lines
        return taken

    def _finish(self, taken: _Range) -> None:
        with self._changed:
            taken.done = True
            while self._sound and self._open and self._open[0].done:
                # An error in here must be the last thing that happens to the text.
                self._sound = False
                self._commit(self._open.popleft())
                self._sound = self.broken is None
            self._changed.notify_all()

    def _commit(self, done: _Range) -> None:
        reader, source = self._reader, self._reader.source
        if done.rows:
            self._columns.place(done.room, done.row, self.committed, done.rows)
            stamps = self._columns.stamps
            last = self.committed + done.rows - 1
            reader.account.note_stamps(int(stamps[self.committed]), int(stamps[last]))
            self.committed += done.rows
        reader.account.add(done.counts, done.symbol)
        for begin, rejects in done.rejects:
            reader.log.add(rejects, done.cut.buffer, begin, done.cut.offset)
        if done.clean:
            source.give_back(done.cut.buffer)
        else:
            self.broken = done
            self.ended = True

    def put_back(self) -> None:
        """Gives the source what was not committed."""
        if self.broken is not None:
            cuts = [self.broken.cut, *(taken.cut for taken in self._open)]
            self._reader.source.put_back(cuts, self.broken.used)
