"""Parts: sealed Arrow files of a series, written once and mapped."""

from __future__ import annotations

import errno
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa

from barrow._arrow import ENCODINGS, RecordKind, column_buffer, is_text
from barrow.errors import BarrowCorruptError, BarrowSchemaError, message
from barrow.files import discard, error_number, io_error, unreadable
from barrow.ipc import ArrowFileWriter, check_columns
from barrow.store.manifest import Entry, part_name

# Bytes of a batch, about; what an append takes in memory if it has to gather rows.
_BATCH_BYTES = 1 << 26
_PART_BATCHES = 4
_TEXT_BYTES = 32  # of a row, a guess that only decides how many rows a batch has

# Files this small are read: a process has no more than 65,530 mappings by default.
_SMALL = 1 << 16
# Batches that wait to be put together are mapped files too.
_MOST_WAITING = 64

Stamps = np.ndarray[Any, Any]


def batch_rows(kind: RecordKind, schema: pa.Schema) -> int:
    """Rows of a batch in a part, by the width of a row alone."""
    width = sum(_TEXT_BYTES if is_text(f.type) else f.type.bit_width // 8 for f in schema)
    return kind.aligned_rows(1 << (_BATCH_BYTES // width).bit_length() - 1)


def part_rows(kind: RecordKind, schema: pa.Schema) -> int:
    """The most rows of a part: about 256 MiB."""
    return _PART_BATCHES * batch_rows(kind, schema)


def stamps_of(batch: pa.RecordBatch, order: str) -> Stamps:
    """A column of times as `uint64`, without copying."""
    return np.frombuffer(column_buffer(batch.column(order)), np.uint64)


def first_disorder(stamps: Stamps, last: int, alone: bool) -> int | None:
    """The first row whose stamp is before that of the row before it.

    Args:
        stamps: The stamps.
        last: The one before the first of them; -1 if there is none.
        alone: Whether equal stamps count too.
    """
    if len(stamps) and int(stamps[0]) < last + (alone and last >= 0):
        return 0
    wrong: Any = stamps[1:] <= stamps[:-1] if alone else stamps[1:] < stamps[:-1]
    at = int(wrong.argmax()) if len(wrong) else 0
    return at + 1 if len(wrong) and bool(wrong[at]) else None


def regrouped(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of so many; copies where such a batch spans several."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        begin = 0
        while begin < batch.num_rows:
            taken = batch.slice(begin, rows - count)
            waiting.append(taken)
            begin += taken.num_rows
            count += taken.num_rows
            if len(waiting) == _MOST_WAITING:
                waiting = list(_joined(waiting))
            if count == rows:
                yield from _joined(waiting)
                waiting, count = [], 0
    if waiting:
        yield from _joined(waiting)


def _joined(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if len(batches) == 1:
        yield batches[0]
        return
    # More than one only where a column of text has more than 2 GiB.
    yield from pa.Table.from_batches(batches).combine_chunks().to_batches()


class PartsWriter:
    """Writes batches into as many parts as they need.

    Args:
        folder: The folder of the series.
        kind: What the rows are.
        number: The number of the first part.
        order: The column that orders rows.

    Attributes:
        number: The number of the next part.
        entries: What was written, each part as a whole.
    """

    def __init__(self, folder: str, kind: RecordKind, number: int, order: str) -> None:
        self._folder = folder
        self._kind = kind
        self._order = order
        self.number = number
        self.entries: list[Entry] = []

    def write(
        self,
        batches: Iterable[pa.RecordBatch],
        schema: pa.Schema,
        facts: tuple[str, int, int],
    ) -> None:
        """Writes rows of one schema, ordered; every part is durable afterwards.

        Args:
            batches: The rows.
            schema: Their stored schema.
            facts: Encoding, price precision and size precision.

        Raises:
            BarrowIoError: They cannot be written; the parts that were are removed.
        """
        rows = part_rows(self._kind, schema)
        source = regrouped(batches, batch_rows(self._kind, schema))
        try:
            batch = next(source, None)
            while batch is not None:
                batch = self._write_part(batch, source, schema, facts, rows)
        except BaseException:
            self.discard()
            raise

    def _write_part(
        self,
        batch: pa.RecordBatch | None,
        source: Iterator[pa.RecordBatch],
        schema: pa.Schema,
        facts: tuple[str, int, int],
        most: int,
    ) -> pa.RecordBatch | None:
        """Writes a part that begins with a batch; returns the first one of the next."""
        name = part_name(self.number)
        path = os.path.join(self._folder, name)
        rows: list[int] = []
        first, last = None, 0
        with ArrowFileWriter(
            path, schema, overwrite=True, temporary=f"{path}.partial", checksum=True
        ) as writer:
            while batch is not None and sum(rows) + batch.num_rows <= most:
                writer.write(batch)
                stamps = stamps_of(batch, self._order)
                first = int(stamps[0]) if first is None else first
                last = int(stamps[-1])
                rows.append(batch.num_rows)
                batch = next(source, None)
            writer.commit()
        self.number += 1
        written = (tuple(rows), writer.size, f"{writer.crc32:08x}")
        self.entries.append(Entry(name, 0, sum(rows), first or 0, last, *facts, *written))
        return batch

    def discard(self) -> None:
        """Removes the parts that were written."""
        for entry in self.entries:
            discard(os.path.join(self._folder, entry.part))


class Part:
    """A sealed file, which stays as it is, whatever becomes of its name.

    It is mapped at once, or read if it is small, and looked into when rows are asked for.

    Args:
        folder: The folder of the series.
        entry: What the manifest says of it.
        kind: What its rows are.
        schema: The stored schema it has to have.
        order: The column that orders rows.

    Raises:
        FileNotFoundError: It is gone; a compaction has replaced it.
        BarrowIoError: It cannot be read.
        BarrowCorruptError: It has not as many bytes as the manifest says; that what is
            in it is something else is found when a batch is first asked for.

    Attributes:
        path: The file.
        starts: The first row of every batch, and the number of all rows.
    """

    def __init__(
        self, folder: str, entry: Entry, kind: RecordKind, schema: pa.Schema, order: str
    ) -> None:
        self.path = os.path.join(folder, entry.part)
        self.starts: list[int] = [0, *accumulate(entry.batches)]
        self._entry = entry
        self._kind = kind
        self._schema = schema
        self._order = order
        self._buffer = _mapped(self.path, entry.bytes)
        self._reader: Any = None
        self._batches: dict[int, pa.RecordBatch] = {}
        self._stamps: dict[int, Stamps] = {}

    def batch(self, at: int) -> pa.RecordBatch:
        """One of its batches, which threads may ask for at the same time.

        Raises:
            BarrowCorruptError: The part is not what the manifest says.
        """
        batch = self._batches.get(at)
        if batch is None:
            batch = self._batches[at] = self._checked(at)
        return batch

    def _checked(self, at: int) -> pa.RecordBatch:
        entry = self._entry
        try:
            if self._reader is None:
                self._reader = self._opened()
            batch = self._reader.get_batch(at)
            batch.validate()
            check_columns(batch, self._kind, ENCODINGS[entry.encoding], self.path)
        except (pa.ArrowInvalid, BarrowSchemaError, OSError) as error:
            raise _damaged(self.path, str(error)) from error
        if batch.num_rows != entry.batches[at]:
            raise self._another()
        return batch

    def _opened(self) -> Any:
        reader = pa.ipc.open_file(self._buffer)
        listed = (len(self._entry.batches), True)
        if listed != (
            reader.num_record_batches,
            reader.schema.equals(self._schema, check_metadata=True),
        ):
            raise self._another()
        return reader

    def _another(self) -> BarrowCorruptError:
        return _damaged(self.path, "it does not hold the records the manifest lists")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All of them."""
        return map(self.batch, range(len(self.starts) - 1))

    def stamps(self, at: int) -> Stamps:
        """The stamps of a batch, in the column that orders rows."""
        stamps = self._stamps.get(at)
        if stamps is None:
            stamps = self._stamps[at] = stamps_of(self.batch(at), self._order)
        return stamps

    def find(self, stamp: int, begin: int, end: int) -> int:
        """The first row from `begin` whose stamp is not before one; `end` if all are."""
        if stamp > _LATEST:
            return end
        wanted: Any = np.uint64(max(stamp, 0))
        for at, first, last in self.pieces(begin, end):
            stamps = self.stamps(at)
            if stamps[last - 1] >= wanted:
                return self.starts[at] + first + int(stamps[first:last].searchsorted(wanted))
        return end

    def pieces(self, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
        """What of which batches some rows are: batch, first row of it, one past the last."""
        if begin >= end:
            return
        for at in range(bisect_right(self.starts, begin) - 1, len(self.starts) - 1):
            start, stop = self.starts[at], self.starts[at + 1]
            if start >= end:
                return
            yield at, max(begin - start, 0), min(end, stop) - start

    def piece(self, at: int, begin: int, end: int) -> pa.RecordBatch:
        """Some rows of a batch, without copying."""
        batch = self.batch(at)
        return batch if end - begin == batch.num_rows else batch.slice(begin, end - begin)

    def rows(self, begin: int, end: int) -> Iterator[pa.RecordBatch]:
        """Some rows as slices of batches, without copying."""
        for piece in self.pieces(begin, end):
            yield self.piece(*piece)

    def stamp(self, row: int) -> int:
        """The stamp of a row."""
        at = bisect_right(self.starts, row) - 1
        stamp: int = self.stamps(at)[row - self.starts[at]].item()
        return stamp


_LATEST = 2**64 - 1


def _damaged(path: str, what: str) -> BarrowCorruptError:
    return BarrowCorruptError(
        message(path, f"the part is damaged: {what}", tries=["restore it from a copy"])
    )


def _mapped(path: str, size: int) -> pa.Buffer:
    """A file of a known size; one that is mapped is as long as somebody looks at it."""
    try:
        # Bytes, as not every name of a file is text.
        with pa.memory_map(os.fsencode(path)) as file:
            found = file.size()
            if found != size:
                raise _damaged(path, f"it has {found:,} bytes, expected {size:,}")
            if size <= _SMALL:
                return pa.py_buffer(file.read())
            # The kernel is asked for all pages of what Arrow reads: one byte of it. The
            # mapping lives as long as that byte, without a descriptor.
            start = file.read_buffer(1)
    except OSError as error:
        _unmappable(path, error)
    return pa.foreign_buffer(start.address, size, start)


def _unmappable(path: str, error: OSError) -> NoReturn:
    number = error_number(error)
    if isinstance(error, FileNotFoundError):
        error.filename = path  # pyarrow has it in the text only
        raise error
    if number == errno.ENOMEM:
        what = "cannot be mapped: there are too many mappings"
        tries = ["store.compact(), so that there are fewer parts"]
    elif number in (errno.EMFILE, errno.ENFILE):
        what = "cannot be opened: too many files are open"
        tries = ["ulimit -n 65536"]
    else:
        raise unreadable(path, error) from error
    raise io_error(path, what, number, tries) from error
