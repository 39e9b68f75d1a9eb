"""Reading bar64 files through a memory mapping."""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from barrow._arrow import BAR, padded, stored_batch
from barrow._lib import native
from barrow._memory import Block
from barrow.bar64.header import RECORD, RECORD_BYTES, Header, header_bytes
from barrow.bars import Bars, Records, settle_identity
from barrow.errors import BarrowCorruptError, BarrowSchemaError, message
from barrow.files import unreadable

Array = np.ndarray[Any, Any]
# The columns of a record, in its order.
COLUMNS = ("ts_event", "open", "high", "low", "close", "volume", "ts_init")
_CUT_TAIL = "barrow check --cut-tail (barrow.bar64.cut_tail) cuts off what was not completed"
_AGAIN = "write it again from its source"


@dataclass(frozen=True)
class Condition:
    """What a look at every checksum has found.

    Attributes:
        records: Records that are whole and come before the torn tail.
        damaged: Records among these whose checksums are wrong.
        first_damaged: The number of the first of them, from 0; None if there is none.
        torn_bytes: Bytes behind the last whole record: what an append left that did not
            end, or what a cut left of a record.
        missing: Records that must have been there when the file was created.
    """

    records: int
    damaged: int
    first_damaged: int | None
    torn_bytes: int
    missing: int

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.damaged or self.torn_bytes or self.missing)


class Bar64Reader:
    """A bar64 file, mapped. Nothing is read but the header until something is asked for.

    Records that are appended later are not seen. Do not cut the file while it is in
    use: the system ends a process that looks at what is gone.

    Args:
        path: The file.
        torn: What to do about a tail that is no whole record: `raise`, or `leave` it
            out; then records that are missing since the file was created are no error
            either.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is no bar64 file, its header is damaged, or its end is torn.
        BarrowUnsupportedError: It is of another version.
        BarrowArgumentError: `torn` is none of these.

    Attributes:
        path: The file as the caller named it.
        header: What the header says.
        offset: Where the first record is, in bytes.
        torn_bytes: What is behind the records and is none.
        head: The bytes of the header.
        records: The records without copying: a read-only `np.memmap` of `RECORD`. Their
            checksums have not been looked at.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, torn: Literal["raise", "leave"] = "raise"
    ) -> None:
        self.path = os.fspath(path)
        try:
            with Path(path).open("rb") as file:
                start = file.read(RECORD_BYTES)
                start += file.read(max(header_bytes(start) - len(start), 0))
                self.header, self.offset = Header.decode(start, self.path)
                self.head = start
                self._status = os.fstat(file.fileno())
                size = self._status.st_size
                count = (size - self.offset) // RECORD_BYTES
                self.records: Array = (
                    np.memmap(file, RECORD, "r", self.offset, (count,))
                    if count
                    else np.empty(0, RECORD)
                )
        except OSError as error:
            raise unreadable(self.path, error) from error
        self._descriptor = -1
        self._raises = torn == "raise"
        self.torn_bytes = size - self.offset - count * RECORD_BYTES
        if not self._raises:
            end = last_whole(self.records) + 1
            self.torn_bytes += (count - end) * RECORD_BYTES
            self.records = self.records[:end]
        elif self.torn_bytes or count < self.header.sealed:
            raise self.torn_error(last_whole(self.records) + 1)

    def __len__(self) -> int:
        return len(self.records)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets the mapping go; what was made of it lives on."""
        self.records = np.empty(0, RECORD)
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def bars(
        self,
        begin: int = 0,
        end: int | None = None,
        *,
        verify: bool = True,
        lanes: Array | None = None,
    ) -> Bars:
        """Records as columns of their own, in one pass over the memory.

        Args:
            begin: The first record.
            end: One past the last record; all if None.
            verify: Whether to look at every checksum.
            lanes: Eight words of 64 bits, a fingerprint that the records are added to.

        Raises:
            BarrowCorruptError: A record is damaged.
        """
        begin, end, _ = slice(begin, end).indices(len(self))
        part = self.records[begin : max(begin, end)]
        stride = padded(8 * len(part))
        block = Block(max(len(COLUMNS) * stride, 1))
        words = block.array[: len(COLUMNS) * stride].view(np.uint64).reshape(len(COLUMNS), -1)
        columns = tuple(column[: len(part)] for column in words)
        told = np.zeros(8, np.uint64) if lanes is None else lanes
        bad = native.bar64_unpack(part, columns, verify, told)
        if bad >= 0:
            raise self.damaged(begin + bad)
        buffer = block.buffer(len(COLUMNS) * stride)
        parts = {name: buffer.slice(at * stride, 8 * len(part)) for at, name in enumerate(COLUMNS)}
        schema = self.header.schema()
        batch = stored_batch(schema, [parts[name] for name in BAR.columns], len(part))
        return Bars([batch], schema)

    def read_into(self, room: Any, begin: int) -> None:
        """Copies records as they are, which costs less than seeing them for the first time.

        Args:
            room: A buffer for whole records, as many as are wanted.
            begin: The first record.

        Raises:
            BarrowIoError: The file cannot be read.
            BarrowCorruptError: It was cut off or replaced meanwhile.
        """
        rest, at = memoryview(room).cast("B"), self.offset + begin * RECORD_BYTES
        try:
            if self._descriptor < 0:
                self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
                now = os.fstat(self._descriptor)
                if (now.st_dev, now.st_ino) != (self._status.st_dev, self._status.st_ino):
                    raise self._changed("another file has its name now")
            while rest:
                count = os.preadv(self._descriptor, [rest], at)
                if not count:
                    raise self._changed(f"it ends at byte {at:,} now")
                rest, at = rest[count:], at + count
        except OSError as error:
            raise unreadable(self.path, error) from error

    def _changed(self, what: str) -> BarrowCorruptError:
        return BarrowCorruptError(
            message(self.path, f"{what}, other than when it was opened", tries=["once more"])
        )

    def release(self, begin: int, end: int) -> None:
        """Gives back the memory that records are seen through; they can be read again.

        A process that goes through a large file otherwise seems to hold all of it.

        Args:
            begin: The first record.
            end: One past the last record.
        """
        mapping = getattr(self.records, "_mmap", None)
        if mapping is not None and end > begin:
            first = (self.offset + begin * RECORD_BYTES) // mmap.PAGESIZE * mmap.PAGESIZE
            last = self.offset + end * RECORD_BYTES
            mapping.madvise(mmap.MADV_DONTNEED, first, last - first)

    def condition(self) -> Condition:
        """Looks at every checksum."""
        damaged, first, last = native.bar64_damage(self.records)
        tail = len(self) - (last + 1)
        # A damaged record with none behind it that is whole is the tail's.
        damaged -= tail
        return Condition(
            records=last + 1,
            damaged=damaged,
            first_damaged=first if damaged else None,
            torn_bytes=tail * RECORD_BYTES + self.torn_bytes,
            missing=max(self.header.sealed - (last + 1), 0),
        )

    def verify(self) -> None:
        """Looks at every checksum.

        Raises:
            BarrowCorruptError: A record is damaged, or the end is torn.
        """
        found = self.condition()
        if found.first_damaged is not None:
            raise self.damaged(found.first_damaged)
        if self._raises and found.torn_bytes:
            raise self.torn_error(found.records)

    def damaged(self, number: int) -> BarrowCorruptError:
        """The error for a record whose checksum is wrong.

        Args:
            number: Which, from 0.
        """
        if number > last_whole(self.records):
            return self.torn_error(number)
        record = self.records[number]
        wanted = native.crc32c(record.tobytes()[:-4])
        what = f"its checksum is {record['crc32c']:#010x}, its bytes give {wanted:#010x}"
        where = f"{self.path} record {number}"
        return BarrowCorruptError(message(where, what, tries=[_AGAIN]))

    def torn_error(self, end: int | None = None) -> BarrowCorruptError:
        """The error for an end that is torn, or cut off before `header.sealed`.

        Args:
            end: The first record that is not whole; that behind `records` if None.
        """
        end = len(self) if end is None else end
        if end < self.header.sealed:
            what = f"the file is cut off: it holds {end:,} whole records, expected at least"
            return BarrowCorruptError(
                message(self.path, f"{what} {self.header.sealed:,}", tries=[_AGAIN])
            )
        count = (len(self) - end) * RECORD_BYTES + self.torn_bytes
        what = f"its end is torn: the {count:,} bytes behind {end:,} records are no whole record"
        return BarrowCorruptError(message(self.path, what, tries=[_CUT_TAIL]))


def last_whole(records: Array) -> int:
    """The last record whose checksum is right, or -1; looks at those behind it only."""
    step = 1
    end = len(records)
    while end > 0:
        begin = max(end - step, 0)
        _, _, last = native.bar64_damage(records[begin:end])
        if last >= 0:
            return int(begin + last)
        end, step = begin, 2 * step
    return -1


def open_bar64(
    path: str | os.PathLike[str],
    *,
    bar_type: str | None = None,
    instrument_id: str | None = None,
    container: type[Records[Any]] | None = None,
) -> Bars:
    """Reads a bar64 file, every checksum included.

    Args:
        path: The file.
        bar_type: The bar type, where the file does not say it.
        instrument_id: Of bars there is none.
        container: The class of the result: `Bars`, or None.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is no bar64 file, or not a whole one, or damaged.
        BarrowSchemaError: Something else than bars was asked for.
        BarrowArgumentError: The bar type is none, or an instrument id was given.
        BarrowUnsupportedError: It is of another version.
    """
    kind = BAR if container is None else container.kind
    with Bar64Reader(path) as reader:
        if kind is not BAR:
            raise BarrowSchemaError(message(reader.path, f"it holds bars, expected {kind.plural}"))
        told = reader.header.bar_type
        identity = settle_identity(BAR, told, reader.path, bar_type, instrument_id)
        reader.header = replace(reader.header, bar_type=identity)
        bars = reader.bars()
    if container is None or isinstance(bars, container):
        return bars
    return container(bars.to_arrow().to_batches(), bars.schema)  # type: ignore[return-value]
