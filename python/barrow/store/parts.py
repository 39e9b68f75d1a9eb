"""Parts: sealed Arrow files of a series, written once and mapped."""

from __future__ import annotations

import errno
import mmap
import os
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import ENCODINGS, RecordKind, column_buffer, is_text
from barrow.errors import BarrowCorruptError, BarrowSchemaError, message
from barrow.files import discard, io_error, unreadable
from barrow.ipc import ArrowFileWriter, check_columns
from barrow.store.manifest import Entry, part_name

# Bytes of a batch, about; what an append takes in memory if it has to gather rows.
_BATCH_BYTES = 1 << 26
_PART_BATCHES = 4
_TEXT_BYTES = 32  # of a row, a guess that only decides how many rows a batch has

# Before Python 3.13 every mapping keeps a descriptor of its own.
_UNTRACKED: dict[str, Any] = {"trackfd": False} if sys.version_info >= (3, 13) else {}

# Files this small are read: a mapping costs a descriptor, and there may be thousands.
_SMALL = 1 << 18
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
        rows, first, last = 0, None, 0
        with ArrowFileWriter(
            path, schema, overwrite=True, temporary=f"{path}.partial", checksum=True
        ) as writer:
            while batch is not None and rows + batch.num_rows <= most:
                writer.write(batch)
                stamps = stamps_of(batch, self._order)
                first = int(stamps[0]) if first is None else first
                last = int(stamps[-1])
                rows += batch.num_rows
                batch = next(source, None)
            writer.commit()
        self.number += 1
        checksum = f"{writer.crc32:08x}"
        self.entries.append(
            Entry(name, 0, rows, first or 0, last, *facts, rows, writer.size, checksum)
        )
        return batch

    def discard(self) -> None:
        """Removes the parts that were written."""
        for entry in self.entries:
            discard(os.path.join(self._folder, entry.part))


class Part:
    """A sealed file, mapped unless it is small: nothing is read but what is asked for.

    Args:
        folder: The folder of the series.
        entry: What the manifest says of it.
        kind: What its rows are.
        schema: The stored schema it has to have.
        order: The column that orders rows.

    Raises:
        FileNotFoundError: It is gone; a compaction has replaced it.
        BarrowIoError: It cannot be read.
        BarrowCorruptError: It is not what the manifest says.

    Attributes:
        batches: All its batches.
    """

    def __init__(
        self, folder: str, entry: Entry, kind: RecordKind, schema: pa.Schema, order: str
    ) -> None:
        self.path = os.path.join(folder, entry.part)
        buffer = _mapped(self.path, entry.bytes)
        try:
            reader = pa.ipc.open_file(buffer)
            batches = [reader.get_batch(at) for at in range(reader.num_record_batches)]
            for batch in batches:
                batch.validate()
                check_columns(batch, kind, ENCODINGS[entry.encoding], self.path)
        except (pa.ArrowInvalid, BarrowSchemaError, OSError) as error:
            raise _damaged(self.path, str(error)) from error
        rows = sum(batch.num_rows for batch in batches)
        if rows != entry.rows or not reader.schema.equals(schema, check_metadata=True):
            raise _damaged(self.path, "it does not hold the records the manifest lists")
        self.batches = batches
        self._starts: list[int] = [0, *accumulate(batch.num_rows for batch in batches)]
        self._order = order
        self._stamps: list[Stamps] = []

    @property
    def stamps(self) -> list[Stamps]:
        """The stamps of every batch, in the column that orders rows."""
        if not self._stamps:
            self._stamps = [stamps_of(batch, self._order) for batch in self.batches]
        return self._stamps

    def find(self, stamp: int, begin: int, end: int) -> int:
        """The first row from `begin` whose stamp is not before one; `end` if all are."""
        if stamp > _LATEST:
            return end
        wanted: Any = np.uint64(max(stamp, 0))
        for start, stamps in zip(self._starts, self.stamps, strict=False):
            low, high = max(begin - start, 0), min(end - start, len(stamps))
            if low < high and stamps[high - 1] >= wanted:
                return start + low + int(stamps[low:high].searchsorted(wanted))
        return end

    def rows(self, begin: int, end: int) -> Iterator[pa.RecordBatch]:
        """Some rows as slices of batches, without copying."""
        if begin >= end:
            return
        for at in range(bisect_right(self._starts, begin) - 1, len(self.batches)):
            start, batch = self._starts[at], self.batches[at]
            if start >= end:
                return
            low, high = max(begin - start, 0), min(end - start, batch.num_rows)
            yield batch if high - low == batch.num_rows else batch.slice(low, high - low)

    def stamp(self, row: int) -> int:
        """The stamp of a row."""
        at = bisect_right(self._starts, row) - 1
        stamp: int = self.stamps[at][row - self._starts[at]].item()
        return stamp


_LATEST = 2**64 - 1


def _damaged(path: str, what: str) -> BarrowCorruptError:
    return BarrowCorruptError(
        message(path, f"the part is damaged: {what}", tries=["restore it from a copy"])
    )


def _mapped(path: str, size: int) -> pa.Buffer:
    """A file of a known size; one that is mapped is as long as somebody looks at it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            found = os.fstat(descriptor).st_size
            if found != size:
                raise _damaged(path, f"it has {found:,} bytes, expected {size:,}")
            if size <= _SMALL and len(data := os.pread(descriptor, size, 0)) == size:
                return pa.py_buffer(data)
            mapping = mmap.mmap(descriptor, size, access=mmap.ACCESS_READ, **_UNTRACKED)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unmappable(path, error) from error
    return pa.py_buffer(mapping)


def _unmappable(path: str, error: OSError) -> OSError:
    if isinstance(error, FileNotFoundError):
        return error
    if error.errno in (errno.EMFILE, errno.ENFILE):
        tries = ["store.compact(), so that there are fewer parts", "ulimit -n 65536"]
        what = "cannot be mapped: too many files are open"
        return io_error(path, what, error.errno, tries)
    return unreadable(path, error)
