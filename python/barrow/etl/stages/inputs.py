"""The inputs of a stage: which files they are, and what is new in each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import format_stamp
from barrow.bars import Bars
from barrow.csv import is_pattern, matching
from barrow.errors import (
    BarrowArgumentError,
    BarrowCorruptError,
    BarrowIoError,
    BarrowParseError,
    message,
)
from barrow.etl.io import BinaryReader, ResampleIOFactory, ResampleIOReader, TextReader
from barrow.etl.io.binary import RecordPiece
from barrow.etl.io.prints import Printed
from barrow.etl.stages.ledger import Consumed, Ledger, LedgerFile, status_of
from barrow.etl.stages.settings import REBUILD

Sources = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def find_files(sources: Sources) -> list[str]:
    """The files that are meant, each once.

    Args:
        sources: A file, a pattern such as `bars/*.csv` whose files are taken in natural
            order, or several of these.

    Raises:
        BarrowArgumentError: There is none, or one twice.
        BarrowIoError: No file fits a pattern, or one is not there.
    """
    given = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    paths: list[str] = []
    for source in given:
        one = os.fspath(source)
        paths += matching(one) if is_pattern(one) else [one]
    if not paths:
        raise BarrowArgumentError(message("sources", "there are none", tries=["'bars/*.csv'"]))
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            raise BarrowArgumentError(message("sources", f"{path} is there twice"))
        seen.add(path)
        if not os.path.isfile(path):
            raise BarrowIoError(message(path, "is no file", tries=["a pattern: bars/*.csv"]))
    return paths


@dataclass(frozen=True)
class Batch:
    """Bars that are new.

    Attributes:
        bars: The bars; None where rows were read that became none, or there are records.
        whole: Whether reading may stop behind them; not within packed text.
        records: The records that they are; None if there are bars.
    """

    bars: Bars | None
    whole: bool = True
    records: RecordPiece | None = None


@dataclass(frozen=True)
class _Place:
    """Where reading of an input has come to.

    Attributes:
        path: The input.
        position: Where that is.
        line: The number of the line there.
        status: What the input was before it was read, if this is its end.
        printed: The fingerprint of what was read last; None if it is not known.
        reader: Who knows it, if it goes on.
    """

    path: str
    position: int
    line: int = 0
    status: os.stat_result | None = None
    printed: Printed | None = None
    reader: BinaryReader | None = None

    def consumed(self, before: Consumed) -> Consumed:
        """The input, read so far."""
        printed = self.reader.printed() if self.reader else self.printed
        return before.read_to(self.path, self.position, self.line, self.status, printed)


@dataclass
class NewRows:
    """Reads what came to inputs since the ledger was written.

    Args:
        ledger: How far they were read.
        ledger_file: Where it is, for the names of inputs.
        batch_rows: How many bars to read at once.
        sort: Whether bars of an input are put in order first; it is then read whole.
        whole: Whether texts end with their files; see `TextReader`.
        options: Of texts: what `TextReader` takes.
        factory: Knows the formats.
        keep: Takes refused rows of texts, after the name of the input; None if those are
            errors.
        as_records: Whether records of bar64 files are handed on as they are; whoever takes
            them sees that they are whole and follow each other.

    Attributes:
        inputs: How many inputs had anything new.
        rejected: Refused rows.
        notes: What readers of texts had to say.
    """

    ledger: Ledger
    ledger_file: LedgerFile
    batch_rows: int
    factory: ResampleIOFactory
    options: dict[str, Any] = field(default_factory=dict)
    sort: bool = False
    whole: bool = True
    keep: Callable[..., None] | None = None
    as_records: bool = False
    inputs: int = 0
    rejected: int = 0
    notes: list[str] = field(default_factory=list)
    _known: dict[str, Consumed] = field(default_factory=dict)
    _places: dict[str, _Place] = field(default_factory=dict)

    def of(self, paths: Sequence[str]) -> Iterator[Batch]:
        """The new bars, one input after the other; every stamp is checked to follow.

        Raises:
            BarrowCorruptError: An input was rewritten before where reading stopped.
            BarrowParseError: A stamp is before the one before it.
            What the readers raise.
        """
        last = self.ledger.last_stamp
        self._known = {consumed.name: consumed for consumed in self.ledger.inputs}
        for path in paths:
            name = self.ledger_file.name_of(path)
            consumed = self._known.get(name)
            # Before it is read: what comes while it is read is there the next time.
            status = status_of(path)
            if consumed is not None and not consumed.has_more(path, status):
                continue
            self.inputs += 1
            for batch in self._batches(path, consumed or Consumed(name), status):
                if batch.bars is not None:
                    last = check_order(batch.bars, last, path)
                elif batch.records is not None:
                    batch.records.before, last = last, batch.records.last
                yield batch

    def consumed(self) -> tuple[Consumed, ...]:
        """All inputs of the ledger and those read since, as far as they are read now.

        Raises:
            BarrowIoError: One of them cannot be read.
        """
        for name, place in self._places.items():
            self._known[name] = place.consumed(self._known.get(name, Consumed(name)))
        self._places.clear()
        return tuple(self._known.values())

    def _batches(self, path: str, consumed: Consumed, status: os.stat_result) -> Iterator[Batch]:
        name = consumed.name
        with self.open(path) as reader:
            text = reader if isinstance(reader, TextReader) else None
            in_pieces = not self.sort and (text is None or text.has_positions)
            if consumed.position and not in_pieces:
                what = f"it grew since it had {consumed.position:,} bytes, and is read whole"
                raise BarrowCorruptError(message(path, what, tries=[f"{REBUILD} starts over"]))
            if text is not None and self.keep is not None:
                keep = self.keep
                text.keep_rejects(lambda *facts: keep(name, *facts))
            if consumed.position and text is not None:
                text.seek(consumed.position, consumed.line)
            elif consumed.position:
                reader.seek(consumed.position)
            # Classes made of it may read in their own way.
            binary = reader if type(reader) is BinaryReader and in_pieces else None
            if binary is not None:
                yield from self._of_records(binary, name, status)
                return
            parts: list[Bars] = []
            while (bars := reader.read_batch(self.batch_rows)) is not None:
                if in_pieces:
                    line = text.line if text else 0
                    self._places[name] = _Place(path, reader.tell(), line)
                    yield Batch(bars)
                else:
                    parts.append(bars)
            if text is not None:
                self._note(text)
            if in_pieces:
                # Behind the last bar may be rows that became none.
                self._places[name] = _Place(path, reader.tell(), text.line if text else 0, status)
                yield Batch(None)
            else:
                self._places[name] = _Place(path, status.st_size, 0, status)
                yield from self._as_batches(parts)

    def _of_records(
        self, reader: BinaryReader, name: str, status: os.stat_result
    ) -> Iterator[Batch]:
        """The rows of a bar64 file, whose fingerprint comes of reading it."""
        path = reader.path
        while True:
            piece = reader.read_records(self.batch_rows) if self.as_records else None
            bars = None if self.as_records else reader.read_batch(self.batch_rows)
            if piece is None and bars is None:
                break
            self._places[name] = _Place(path, reader.tell(), reader=reader)
            yield Batch(bars, records=piece)
        printed = reader.printed() if name in self._places else None
        self._places[name] = _Place(path, reader.tell(), 0, status, printed)
        yield Batch(None)

    def open(self, path: str, **others: Any) -> ResampleIOReader:
        """A reader of an input.

        Args:
            path: The input.
            **others: Of text: what to read with instead of `options`.
        """
        name = self.factory.format_of(path).name
        if name == "text":
            return self.factory.reader(path, whole=self.whole, **{**self.options, **others})
        # Stages do not end streams, since they go on with them.
        return self.factory.reader(path, **({"ended": False} if name == "arrow" else {}))

    def _note(self, text: TextReader) -> None:
        report = text.report
        self.rejected += report.rows_rejected
        self.notes += [f"{text.path}: {note}" for note in report.notes]

    def _as_batches(self, parts: list[Bars]) -> Iterator[Batch]:
        """The bars of an input that is read whole, of which no part can be gone back to."""
        if not parts:
            yield Batch(None)
            return
        table = pa.concat_tables([part.to_arrow() for part in _alike(parts)])
        stamps = np.concatenate([part.raw("ts_event") for part in parts])
        if self.sort and np.any(stamps[1:] < stamps[:-1]):
            table = table.take(pa.array(np.argsort(stamps, kind="stable")))
        bars = Bars(table.combine_chunks().to_batches(), table.schema)
        for begin in range(0, len(bars), self.batch_rows):
            end = begin + self.batch_rows
            yield Batch(bars[begin:end], whole=end >= len(bars))


def _alike(parts: list[Bars]) -> list[Bars]:
    """The parts under the schema of the last one, which has the most decimals."""
    schema = parts[-1].schema
    return [Bars(part.to_arrow().cast(schema).to_batches(), schema) for part in parts]


def check_order(bars: Bars, last: int, path: str) -> int:
    """Refuses bars that do not follow those before.

    Args:
        bars: The bars.
        last: The stamp before them: nanoseconds UTC.
        path: Where they are from.

    Returns:
        Their last stamp.

    Raises:
        BarrowParseError: A stamp is before the one before it.
    """
    stamps = bars.raw("ts_event")
    before = np.concatenate([np.array([last], np.uint64), stamps[:-1]])
    falls = stamps < before
    if falls.any():
        row = int(np.argmax(falls))
        raise BarrowParseError(
            message(
                path,
                f"the bar of {format_stamp(int(stamps[row]))} comes after that of "
                f"{format_stamp(int(before[row]))}",
                tries=[
                    "sort=True puts the bars of a file in order",
                    f"{REBUILD} reads all files again, in their order",
                ],
            ),
            reason="order",
        )
    return int(stamps[-1])


def drain(
    new: NewRows,
    paths: Sequence[str],
    take: Callable[[Bars], object],
    save: Callable[[int, bool], None],
    *,
    save_rows: int,
    fold: Callable[[RecordPiece], object] | None = None,
) -> int:
    """Hands on what is new, and saves now and then, and at the end.

    Args:
        new: Reads it.
        paths: Of these inputs.
        take: Called with bars.
        fold: Called with records, where `new` hands on such.
        save: Called with the last stamp of the bars taken so far, where reading can go on
            behind them, and whether nothing follows; not at all if nothing was new.
        save_rows: After how many bars, at least.

    Returns:
        How many bars there were.
    """
    rows = unsaved = 0
    last, anything = new.ledger.last_stamp, False
    for batch in new.of(paths):
        anything = True
        if batch.bars is not None:
            take(batch.bars)
            last, count = int(batch.bars[-1].ts_event), len(batch.bars)
            rows, unsaved = rows + count, unsaved + count
        elif batch.records is not None and fold is not None:
            fold(batch.records)
            last, count = batch.records.last, len(batch.records)
            rows, unsaved = rows + count, unsaved + count
        if batch.whole and unsaved >= save_rows:
            save(last, False)
            unsaved = 0
    if anything:
        save(last, True)
    return rows
