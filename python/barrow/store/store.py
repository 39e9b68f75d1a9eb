"""The store: a folder of series, each a folder of sealed Arrow parts with a manifest."""

from __future__ import annotations

import builtins
import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

from barrow._arrow import TIMES, format_stamp
from barrow.bars import AnyRecords, BarType, Report, to_nanoseconds
from barrow.bars.container import CONTAINERS
from barrow.bars.records import Records
from barrow.errors import (
    BarrowArgumentError,
    BarrowCorruptError,
    BarrowUnsupportedError,
    message,
)
from barrow.files import SYSTEM, replace_file, sync_folder, unreadable, unwritable
from barrow.store import compact, manifest, spans, verify
from barrow.store.lock import locked
from barrow.store.names import check_identity, folder_name
from barrow.store.parts import first_disorder
from barrow.store.series import LOCK, Appended, Parts, Series, Span

MARK = "store.json"
_FORMAT = {"format": "barrow store", "version": 1}
_TIMEOUT = 10.0

C = TypeVar("C", bound=Records[Any])


def is_store(path: str | os.PathLike[str]) -> bool:
    """Whether a path is the folder of a store."""
    return (Path(path) / MARK).is_file()


class Store:
    """Records on disk: appended, read memory-mapped, never seen half-written.

    A series is all records of one kind (bars, quotes, trades and so on) of one bar type
    or instrument. Every append adds a file that never changes and then one line to the
    manifest of the series; see docs/format.md. One writer per series works at a time,
    readers wait for nobody, and what was appended when a process dies or the power
    fails is there when it comes back. A store belongs on a local file system.

    Args:
        root: The folder; the first append makes it.
        containers: Classes of your own whose records are in the store, besides `Bars`,
            `Quotes` and so on. An append makes its class known, too.

    Raises:
        BarrowArgumentError: It is a folder of something else, or no folder.
        BarrowUnsupportedError: A newer barrow made it.
        BarrowIoError: It cannot be read.

    Attributes:
        root: The folder.
    """

    def __init__(
        self, root: str | os.PathLike[str], *, containers: Iterable[type[Records[Any]]] = ()
    ) -> None:
        self.root = os.fspath(root)
        self._containers: dict[str, type[Records[Any]]] = {
            cls.kind.name: cls for cls in (*CONTAINERS.values(), *containers)
        }
        self._series: dict[tuple[type[Any], str], Series] = {}
        self._parts: Parts = {}
        self._check_root()

    def __repr__(self) -> str:
        return f"Store({self.root!r})"

    def _check_root(self) -> None:
        mark = Path(self.root, MARK)
        try:
            facts = json.loads(mark.read_bytes())
        except FileNotFoundError:
            with contextlib.suppress(FileNotFoundError):
                if strangers := set(os.listdir(self.root)) - {LOCK, f"{MARK}.partial"}:
                    raise BarrowArgumentError(
                        message(
                            self.root,
                            f"is no store: it has no {MARK}, and holds {min(strangers)}",
                            tries=["a folder of its own"],
                        )
                    ) from None
            return
        except NotADirectoryError as error:
            raise BarrowArgumentError(message(self.root, "is no folder")) from error
        except OSError as error:
            raise unreadable(str(mark), error) from error
        except ValueError as error:
            raise BarrowCorruptError(message(str(mark), f"is no JSON: {error}")) from error
        if facts != _FORMAT:
            raise BarrowUnsupportedError(message(str(mark), f"is {facts}, expected {_FORMAT}"))

    def _make_root(self) -> None:
        if is_store(self.root):
            return
        try:
            if not os.path.isdir(self.root):
                with contextlib.suppress(FileExistsError):
                    SYSTEM.mkdir(self.root)
            with locked(os.path.join(self.root, LOCK), _TIMEOUT):
                if not is_store(self.root):
                    sync_folder(os.path.dirname(os.path.abspath(self.root)))
                    data = json.dumps(_FORMAT).encode() + b"\n"
                    replace_file(os.path.join(self.root, MARK), data)
        except OSError as error:
            raise unwritable(self.root, error, "cannot be made") from error

    # ---------------------------------------------------------------- writing

    def append(
        self,
        records: Records[Any],
        *,
        overlap: Literal["error", "replace"] = "error",
        order_by: Literal["ts_event", "ts_init"] | None = None,
        timeout: float = _TIMEOUT,
    ) -> Appended:
        """Adds records to the series of their bar type or instrument.

        They are durable when this returns, all of them; if it raises, none are in the
        store. They may lie before, between and behind those that are there, in any
        encoding and with any precision.

        Args:
            records: In order; bars with a stamp each. None at all change nothing.
            overlap: What happens if there are records from their first stamp to their
                last: `error` refuses them; `replace` takes those out, both stamps
                included. Quotes, trades and the like may share the stamp at an end.
            order_by: The column that orders a new series, `ts_event` if None. The one
                of an old series stays.
            timeout: The most seconds to wait for another writer of the series.

        Returns:
            What came in and what went out.

        Raises:
            BarrowArgumentError: Records are out of order (the error names the row),
                overlap, or do not say what they are of.
            BarrowIoError: They cannot be written, or another writer does not end.
            BarrowCorruptError: The manifest is damaged.
        """
        if not isinstance(records, Records):
            raise BarrowArgumentError(
                message("append", f"expected records such as Bars, got {type(records).__name__}")
            )
        if overlap not in ("error", "replace"):
            raise BarrowArgumentError(
                message("overlap", f"{overlap!r} is none", tries=["error", "replace"])
            )
        if order_by is not None and order_by not in TIMES:
            raise BarrowArgumentError(
                message("order_by", f"{order_by!r} is no time", tries=list(TIMES))
            )
        identity = check_identity(records.kind, records.identity)
        if not len(records):
            return Appended(0)
        self._containers.setdefault(records.kind.name, type(records))
        series = self._series_of(type(records), identity)
        state = manifest.tail(series.path) if order_by is None else None
        span = _span(records, order_by or (state.header.order if state else "ts_event"))
        self._make_root()
        return series.append(span, order_by, overlap == "replace", timeout)

    def compact(
        self,
        identity: str | BarType | None = None,
        *,
        kind: str | None = None,
        timeout: float = _TIMEOUT,
    ) -> dict[str, compact.Compacted]:
        """Puts small parts together, and removes files that are in no series any more.

        Readers that are at work go on with the files they have mapped. Nothing is
        rewritten that is in a large part already; parts of different encodings or
        precisions stay apart.

        Args:
            identity: The bar type or the instrument id; all series if None.
            kind: As in `read`.
            timeout: The most seconds to wait for another writer of a series.

        Returns:
            What was done, by the folder of the series.

        Raises:
            BarrowArgumentError: There is no such series.
            BarrowIoError: A file cannot be read or written; all rows are still there.
            BarrowCorruptError: A file is damaged; nothing was changed.
        """
        return {
            os.path.relpath(series.folder, self.root): compact.compact(series, timeout)
            for series in self._chosen(identity, kind)
        }

    # ---------------------------------------------------------------- reading

    @overload
    def read(
        self,
        identity: str | BarType,
        start: Any = ...,
        end: Any = ...,
        *,
        kind: str | None = ...,
        container: None = ...,
    ) -> AnyRecords: ...
    @overload
    def read(
        self,
        identity: str | BarType,
        start: Any = ...,
        end: Any = ...,
        *,
        kind: str | None = ...,
        container: type[C],
    ) -> C: ...

    def read(
        self,
        identity: str | BarType,
        start: Any = None,
        end: Any = None,
        *,
        kind: str | None = None,
        container: type[Any] | None = None,
    ) -> Any:
        """The records from one instant to another, memory-mapped.

        Nothing is copied where all parts store values in one way; otherwise those that
        are narrower than the widest are. The files are found by the manifest, the rows
        at both ends by a binary search over stamps. Records stay what they are, whatever
        is appended, replaced or compacted meanwhile.

        Args:
            identity: The bar type or the instrument id.
            start: The first stamp; from the beginning if None. Nanoseconds, ISO 8601
                text, a `datetime`, a `date`, a pandas `Timestamp` or a `datetime64`;
                in UTC if it does not say.
            end: One past the last stamp; to the end if None.
            kind: `bar`, `quote`, `trade` and so on, where the store has several of one
                instrument.
            container: The class of the result, such as `Trades`, or one of your own;
                another way to say the kind.

        Returns:
            `Bars`, `Quotes`, `Trades` or whatever they are, as of now.

        Raises:
            BarrowArgumentError: There is no such series, or there are several; a stamp
                is no instant.
            BarrowCorruptError: A file is gone, or has another size; that one is damaged
                inside is raised when its rows are first looked at.
            BarrowIoError: A file cannot be read.
        """
        series = self._one(str(identity), kind, container)
        return series.read(
            None if start is None else to_nanoseconds(start, "start"),
            None if end is None else to_nanoseconds(end, "end"),
        )

    def scan(
        self,
        identity: str | BarType,
        start: Any = None,
        end: Any = None,
        *,
        kind: str | None = None,
        container: type[Any] | None = None,
    ) -> Iterator[Any]:
        """The same records as `read`, a batch at a time, for work in bounded memory.

        What is stored is as of the call, whatever is appended meanwhile. Batches that are
        narrower than the widest are converted when their turn comes, where `read`
        converts all.

        Args:
            identity: As in `read`, as are the others.

        Yields:
            `Bars`, `Quotes`, `Trades` or whatever they are, all of one schema; none with
            rows if there are none.

        Raises:
            What `read` does.
        """
        series = self._one(str(identity), kind, container)
        return series.scan(
            None if start is None else to_nanoseconds(start, "start"),
            None if end is None else to_nanoseconds(end, "end"),
        )

    def list(self) -> builtins.list[spans.Coverage]:
        """What is in the store, one entry per series, in the order of their names.

        Raises:
            BarrowCorruptError: A manifest is damaged.
            BarrowIoError: A file cannot be read.
        """
        return [spans.coverage(series, series.existing()) for series in self._chosen(None, None)]

    def coverage(self, identity: str | BarType, *, kind: str | None = None) -> spans.Coverage:
        """What there is of one series, by its manifest alone.

        Args:
            identity: The bar type or the instrument id.
            kind: As in `read`.

        Raises:
            BarrowArgumentError: There is no such series, or there are several.
            BarrowCorruptError: The manifest is damaged.
            BarrowIoError: It cannot be read.
        """
        series = self._one(str(identity), kind, None)
        return spans.coverage(series, series.existing())

    def gaps(
        self,
        identity: str | BarType,
        *,
        longer_than: int | None = None,
        kind: str | None = None,
    ) -> builtins.list[spans.Gap]:
        """Neighbors that are further apart than they should be; reads all stamps.

        Args:
            identity: The bar type or the instrument id.
            longer_than: Nanoseconds between stamps that are no gap yet; the length of a
                bar if None. Needed where there is no such length.
            kind: As in `read`.

        Raises:
            BarrowArgumentError: There is no such series, or no length of a bar.
            BarrowCorruptError: A file is damaged or gone.
            BarrowIoError: A file cannot be read.
        """
        return spans.gaps(self._one(str(identity), kind, None), longer_than)

    def parts(self, identity: str | BarType, *, kind: str | None = None) -> builtins.list[Path]:
        """The Arrow files a series is in, for other tools, in the order of their rows.

        After an append with `overlap="replace"`, and until the next `compact`, a file
        may hold rows that are not in the series any more.

        Args:
            identity: The bar type or the instrument id.
            kind: As in `read`.

        Raises:
            BarrowArgumentError: There is no such series, or there are several.
            BarrowCorruptError: The manifest is damaged.
            BarrowIoError: It cannot be read.
        """
        series = self._one(str(identity), kind, None)
        names = dict.fromkeys(entry.part for entry in series.existing().entries)
        return [Path(series.folder, name) for name in names]

    def verify(self, identity: str | BarType | None = None, *, kind: str | None = None) -> Report:
        """Reads every byte, and says what is not as it was written.

        Files that a crash left behind are warnings: nothing in the store refers to
        them, and the next append or `compact` removes them.

        Args:
            identity: The bar type or the instrument id; all series if None.
            kind: As in `read`.

        Returns:
            The findings; `ok` if there are no errors.

        Raises:
            BarrowArgumentError: There is no such series.
            BarrowIoError: The folder cannot be read.
        """
        report = Report(self.root, 0)
        for series in self._chosen(identity, kind):
            findings, rows = verify.verify(series)
            report.findings += findings
            report.rows += rows
        report.sort()
        return report

    # ---------------------------------------------------------------- series

    def _series_of(self, container: type[Records[Any]], identity: str) -> Series:
        series = self._series.get((container, identity))
        if series is None:
            folder = os.path.join(
                self.root, folder_name(container.kind.name), folder_name(identity)
            )
            series = Series(folder, container, identity, self._parts)
            self._series[container, identity] = series
        return series

    def _one(self, identity: str, kind: str | None, container: type[Any] | None) -> Series:
        """The series of that name that exists."""
        found = list(self._named(identity, kind, container))
        if len(found) == 1:
            return found[0]
        if found:
            raise BarrowArgumentError(
                message(
                    identity,
                    f"the store has {' and '.join(s.kind.plural for s in found)} of it",
                    tries=[f"kind={s.kind.name!r}" for s in found],
                )
            )
        what = "records" if kind is None else f"{kind}s"
        there = sorted({series.identity for series in self._all()})
        shown = [*there[:5], *(["..."] if len(there) > 5 else [])]
        tries = [f"store.list(): {', '.join(shown)}"] if there else ["store.append(records)"]
        raise BarrowArgumentError(message(identity, f"no {what} of it in {self.root}", tries=tries))

    def _named(
        self, identity: str, kind: str | None, container: type[Any] | None
    ) -> Iterator[Series]:
        known = self._containers.values() if container is None else [container]
        for cls in known:
            if kind in (None, cls.kind.name):
                series = self._series_of(cls, identity)
                if os.access(series.path, os.F_OK):
                    yield series

    def _chosen(self, identity: str | BarType | None, kind: str | None) -> builtins.list[Series]:
        if identity is not None:
            return [self._one(str(identity), kind, None)]
        return [series for series in self._all() if kind in (None, series.kind.name)]

    def _all(self) -> Iterator[Series]:
        """All series of kinds that are known, in the order of their folders."""
        containers = {folder_name(name): cls for name, cls in self._containers.items()}
        for kind in sorted(_folders(self.root)):
            for name in sorted(_folders(os.path.join(self.root, kind))):
                path = os.path.join(self.root, kind, name, manifest.NAME)
                known = manifest.tail(path) if kind in containers else None
                if known is not None:
                    yield self._series_of(containers[kind], known.header.identity)


def _folders(path: str) -> builtins.list[str]:
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in entries if entry.is_dir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(path, error) from error


def _span(records: Records[Any], order: str) -> Span:
    """The records with their first and last stamp, once they are known to be in order."""
    alone = records.kind.key == "bar_type"
    row, first, last = 0, -1, -1
    for batch in records.batches():
        stamps = batch.raw(order)
        at = first_disorder(stamps, last, alone)
        if at is not None:
            before = last if at == 0 else int(stamps[at - 1])
            raise _disorder(records, order, row + at, before, int(stamps[at]))
        first = int(stamps[0]) if first < 0 else first
        row, last = row + len(stamps), int(stamps[-1])
    return Span(records, first, last)


def _disorder(
    records: Records[Any], order: str, row: int, before: int, stamp: int
) -> BarrowArgumentError:
    same = before == stamp
    what = "the one of" if same else f"before {format_stamp(before)} of"
    tries = ["take out the rows that are there twice" if same else "sort the rows"]
    if order == "ts_event" and not same:
        other = all(
            first_disorder(batch.raw("ts_init"), -1, False) is None for batch in records.batches()
        )
        tries += ['order_by="ts_init", by which they are in order'] if other else []
    return BarrowArgumentError(
        message(
            f"{records.kind.name} {row}",
            f"{order} {format_stamp(stamp)} is {what} the {records.kind.name} before it",
            tries=tries,
        )
    )


def open_store(
    path: str | os.PathLike[str], *, bar_type: str | None = None, instrument_id: str | None = None
) -> AnyRecords:
    """All records of the only series of a store, or of the one that is named.

    Args:
        path: The folder of a store.
        bar_type: The bar type of bars.
        instrument_id: The instrument id of others.

    Raises:
        BarrowArgumentError: There is no such series, or there are several.
        BarrowCorruptError: A file is damaged or gone.
        BarrowIoError: A file cannot be read.
    """
    store = Store(path)
    identity = bar_type or instrument_id
    if identity is None:
        there = store.list()
        if len(there) != 1:
            named = [f"bw.Store(...).read({each.identity!r})" for each in there[:5]]
            raise BarrowArgumentError(
                message(store.root, f"the store holds {len(there)} series", tries=named)
            )
        identity = there[0].identity
    return store.read(identity)
