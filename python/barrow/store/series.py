"""A series: all records of one kind of one instrument or bar type, in one folder."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from barrow._arrow import ENCODINGS, Meta, RecordKind, format_stamp, record_schema
from barrow.bars.batches import Batches
from barrow.bars.records import Records
from barrow.errors import BarrowArgumentError, BarrowCorruptError, message
from barrow.files import SYSTEM, discard, sync_folder, unwritable
from barrow.store import manifest
from barrow.store.lock import locked
from barrow.store.manifest import Entry, Header, State, Tail
from barrow.store.parts import Part, PartsWriter

LOCK = "lock"
# Parts of a store that stay mapped for the next question.
_KEPT = 2048

Parts = dict[tuple[str, str, str], Part]
# A batch of a part, or some rows of it.
Piece = tuple[Entry, Part, tuple[int, int, int]]


@dataclass(frozen=True)
class Appended:
    """What an append did.

    Attributes:
        rows: Rows that came in.
        replaced: Rows that went out for them.
        parts: Files that were added.
        first: The stamp of the first row; None if there were no rows.
        last: The stamp of the last row.
    """

    rows: int
    replaced: int = 0
    parts: int = 0
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True)
class Span:
    """Rows to append, and what was found out about them.

    Attributes:
        records: The rows.
        first: The first stamp in the column that orders them.
        last: The last one.
    """

    records: Records[Any]
    first: int
    last: int


class Series:
    """The records of one identity; made by `Store`.

    Args:
        folder: Its folder, which may not be there yet.
        container: The class of what is read.
        identity: The bar type or the instrument id.
        parts: Open parts of the store.
    """

    def __init__(
        self, folder: str, container: type[Records[Any]], identity: str, parts: Parts
    ) -> None:
        self.folder = folder
        self.container = container
        self.identity = identity
        self.kind: RecordKind = container.kind
        self.path = os.path.join(folder, manifest.NAME)
        self._state: State | None = None
        self._parts = parts
        self._empty: dict[tuple[str, int, int], Records[Any]] = {}

    # ---------------------------------------------------------------- reading

    def state(self) -> State | None:
        """What is in the series now; None if it does not exist.

        Raises:
            BarrowCorruptError: The manifest is damaged, or that of another series.
            BarrowIoError: It cannot be read.
        """
        old = self._state
        state = manifest.load(self.path, old)
        if state is not old:
            if state is not None:
                self._check_header(state.header)
                if old is not None and old.version[0] != state.version[0]:
                    self._forget(state)
            self._state = state
        return state

    def _forget(self, state: State) -> None:
        """Lets go of parts a compaction has removed, which take space until then."""
        listed = {(self.folder, entry.part, entry.crc32) for entry in state.entries}
        for key in list(self._parts):
            if key[0] == self.folder and key not in listed:
                self._parts.pop(key, None)

    def _check_header(self, header: Header) -> None:
        if (header.kind, header.identity) != (self.kind.name, self.identity):
            raise BarrowCorruptError(
                message(
                    self.path,
                    f"holds {header.kind} records of {header.identity}, "
                    f"expected {self.kind.name} records of {self.identity}",
                    tries=["rename the folder back"],
                )
            )

    def read(self, start: int | None, end: int | None) -> Records[Any]:
        """The records from one stamp to another, without copying where it can be.

        Raises:
            BarrowCorruptError: A part is damaged or gone.
            BarrowIoError: A part cannot be read.
        """
        whole, pieces = self._found(start, end)
        if not pieces:
            return whole
        lengths = [end - begin for _, _, (_, begin, end) in pieces]
        return whole.with_batches(
            Batches(lambda: lengths, lambda number: self._fetched(whole, pieces[number]))
        )

    def scan(self, start: int | None, end: int | None) -> Iterator[Records[Any]]:
        """The same a batch at a time, none of which is kept; see `Store.scan`."""
        whole, pieces = self._found(start, end)
        return self._scanned(whole, pieces)

    def _scanned(self, whole: Records[Any], pieces: list[Piece]) -> Iterator[Records[Any]]:
        if not pieces:
            yield whole
        for piece in pieces:
            yield whole.with_batches([self._fetched(whole, piece)])

    def _found(self, start: int | None, end: int | None) -> tuple[Records[Any], list[Piece]]:
        """No records, stored as all that are asked for will be, and where those are.

        All parts are mapped before the first row is asked for: a compaction may remove
        them at any time, and appends may put other rows in the place of theirs.
        """
        state = self.existing()
        while True:
            try:
                return self._pieces(state, start, end)
            except FileNotFoundError as error:
                # A compaction may have replaced the parts since.
                state = self._newer(state, error)

    def _newer(self, state: State, error: FileNotFoundError) -> State:
        newer = self.existing()
        if newer.entries == state.entries:
            what = "is gone, and the manifest lists it"
            name = str(error.filename)
            tries = ["restore it from a copy"]
            raise BarrowCorruptError(message(name, what, tries=tries)) from error
        return newer

    def existing(self) -> State:
        """The state of a series that has to be there.

        Raises:
            BarrowArgumentError: It is not.
        """
        state = self.state()
        if state is None:
            raise BarrowArgumentError(message(self.folder, f"holds no {self.kind.plural}"))
        return state

    def part(self, entry: Entry, state: State) -> Part:
        """A part, mapped; those asked for last stay mapped.

        Raises:
            FileNotFoundError: It is gone.
            BarrowCorruptError: It has another size.
            BarrowIoError: It cannot be read.
        """
        key = (self.folder, entry.part, entry.crc32)
        part = self._parts.get(key)
        if part is None:
            schema = self.empty(entry.facts).schema
            part = Part(self.folder, entry, self.kind, schema, state.header.order)
            self._parts[key] = part
            if len(self._parts) > _KEPT:
                for old in list(self._parts)[:-_KEPT]:
                    self._parts.pop(old, None)
        return part

    def empty(self, facts: tuple[str, int, int]) -> Records[Any]:
        """No records, stored as some part stores them."""
        records = self._empty.get(facts)
        if records is None:
            encoding, price_precision, size_precision = facts
            meta = Meta(self.identity, price_precision, size_precision)
            schema = record_schema(self.kind, ENCODINGS[encoding], meta)
            records = self._empty[facts] = self.container([], schema, checked=False)
        return records

    def _pieces(
        self, state: State, start: int | None, end: int | None
    ) -> tuple[Records[Any], list[Piece]]:
        low = 0 if start is None else bisect_left(state.lasts, start)
        high = len(state.entries) if end is None else bisect_left(state.firsts, end)
        found: list[Piece] = []
        for entry in state.entries[low:high]:
            part = self.part(entry, state)
            first, last = entry.begin, entry.end
            if start is not None and entry.first < start:
                first = part.find(start, first, last)
            if end is not None and entry.last >= end:
                last = part.find(end, first, last)
            found += [(entry, part, piece) for piece in part.pieces(first, last)]
        entries = [entry for entry, _, _ in found]
        entries = entries or [*(state.entries[low : low + 1] or state.entries[-1:])]
        return self.empty(self._common(entries)), found

    def _fetched(self, whole: Records[Any], found: Piece) -> pa.RecordBatch:
        """A batch, stored as all are."""
        entry, part, piece = found
        facts = (whole.encoding, whole.price_precision, whole.size_precision)
        return self._alike(part.piece(*piece), entry, facts)

    def _common(self, entries: Sequence[Entry]) -> tuple[str, int, int]:
        """How records of several parts are stored as one: the widest, the most digits."""
        facts = entries[0].facts
        if all(entry.facts == facts for entry in entries):
            return facts
        names = {entry.encoding for entry in entries}
        # Of two that are equally wide the plain integers.
        encoding = next(name for name in ("fixed16", "decimal128", "fixed8") if name in names)
        return (
            encoding,
            max(entry.price_precision for entry in entries),
            max(entry.size_precision for entry in entries),
        )

    def _alike(
        self, batch: pa.RecordBatch, entry: Entry, facts: tuple[str, int, int]
    ) -> pa.RecordBatch:
        """A batch of a part under the common schema; copies where it is wider."""
        if entry.facts == facts:
            return batch
        if entry.encoding != facts[0]:
            records = self.empty(entry.facts).with_batches([batch])
            [batch] = records.to_arrow(facts[0]).to_batches()
        return pa.RecordBatch.from_arrays(batch.columns, schema=self.empty(facts).schema)

    # ---------------------------------------------------------------- writing

    def append(self, span: Span, order: str | None, replacing: bool, timeout: float) -> Appended:
        """Adds rows that are in order; see `Store.append`."""
        self._make_folder()
        with locked(os.path.join(self.folder, LOCK), timeout):
            tail = manifest.tail(self.path)
            if tail is not None:
                self._check_header(tail.header)
                self._check_order(tail.header, order)
            added = self._write(span, tail, order or "ts_event", replacing)
        return added

    def _make_folder(self) -> None:
        try:
            for folder in (os.path.dirname(self.folder), self.folder):
                if not os.path.isdir(folder):
                    try:
                        SYSTEM.mkdir(folder)
                    except FileExistsError:
                        continue  # another writer was faster
        except OSError as error:
            raise unwritable(self.folder, error, "cannot be made") from error

    def _check_order(self, header: Header, order: str | None) -> None:
        if order is not None and order != header.order:
            raise BarrowArgumentError(
                message(
                    f"order_by {order!r}",
                    f"the {self.kind.plural} of {self.identity} are ordered by {header.order}",
                )
            )

    def _write(self, span: Span, tail: Tail | None, order: str, replacing: bool) -> Appended:
        remove, keep = self._overlapped(span, tail, replacing)
        order = order if tail is None else tail.header.order
        records = span.records
        writer = PartsWriter(self.folder, self.kind, 1 if tail is None else tail.next, order)
        facts = (records.encoding, records.price_precision, records.size_precision)
        schema = self.empty(facts).schema
        writer.write(_batches(records, schema), schema, facts)
        # What was written stays if the manifest cannot be: it may yet turn out to list it.
        try:
            if tail is None:
                self._create(order, span.last, writer)
            else:
                line = manifest.change(
                    tail.line + 1,
                    max(tail.until, span.last),
                    writer.number,
                    [*keep, *writer.entries],
                    remove,
                )
                manifest.append(self.path, tail.size, line)
        except OSError as error:
            if tail is None:
                discard(self.path)
            raise unwritable(self.path, error) from error
        replaced = sum(map(len, remove)) - sum(map(len, keep))
        return Appended(len(records), replaced, len(writer.entries), span.first, span.last)

    def _create(self, order: str, until: int, writer: PartsWriter) -> None:
        header = Header(self.kind.name, self.identity, order, len(writer.entries))
        data = manifest.snapshot(header, until, writer.number, writer.entries)
        # Whoever made these folders may have died before they were durable.
        sync_folder(self.folder)
        sync_folder(os.path.dirname(self.folder))
        sync_folder(os.path.dirname(os.path.dirname(self.folder)))
        manifest.create(self.path, data)

    def _overlapped(
        self, span: Span, tail: Tail | None, replacing: bool
    ) -> tuple[list[Entry], list[Entry]]:
        """What goes out of the series for new rows, and what of it stays."""
        # Bars have a stamp each; of others several may share one.
        shared = self.kind.key != "bar_type" and not replacing
        if tail is None or span.first > tail.until or (shared and span.first == tail.until):
            return [], []
        state = self.existing()
        if shared:
            low, high = bisect_right(state.lasts, span.first), bisect_left(state.firsts, span.last)
        else:
            low, high = bisect_left(state.lasts, span.first), bisect_right(state.firsts, span.last)
        remove = list(state.entries[low:high])
        if remove and not replacing:
            raise BarrowArgumentError(
                message(
                    f"{self.identity}",
                    f"the {self.kind.plural} from {format_stamp(span.first)} to "
                    f"{format_stamp(span.last)} overlap those in the store from "
                    f"{format_stamp(remove[0].first)} to {format_stamp(remove[-1].last)}",
                    tries=['overlap="replace" to put them in their place'],
                )
            )
        return remove, [kept for entry in remove for kept in self._outside(entry, span, state)]

    def _outside(self, entry: Entry, span: Span, state: State) -> Iterator[Entry]:
        """What of an entry lies before and behind new rows."""
        part = self.part(entry, state)
        begin = part.find(span.first, entry.begin, entry.end)
        if begin > entry.begin:
            yield replace(entry, end=begin, last=part.stamp(begin - 1))
        end = part.find(span.last + 1, begin, entry.end)
        if end < entry.end:
            yield replace(entry, begin=end, first=part.stamp(end))


def _batches(records: Records[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The stored batches, without the metadata of where they come from."""
    for records_of_batch in records.batches():
        for batch in records_of_batch.to_arrow().to_batches():
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
