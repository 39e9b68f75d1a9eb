"""What a stage remembers of many inputs and many outputs, in one file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from barrow.errors import (
    BarrowArgumentError,
    BarrowCorruptError,
    BarrowIoError,
    BarrowUnsupportedError,
    message,
)
from barrow.etl.io.checks import too_short
from barrow.etl.io.index import PRINTED_BYTES, IndexFile, fingerprint, hashed, sealed, unsealed
from barrow.etl.io.prints import Printed, linked, linked_bytes, linked_file
from barrow.etl.stages.settings import REBUILD
from barrow.files import SYSTEM, discard, unreadable, unwritable
from barrow.store import locked

_KIND = "barrow_ledger"
# Fingerprints of version 1 were of checksums, which said nothing of bar64 files.
_OLD_VERSION, _VERSION = 1, 2
_PIECE = 1 << 20
_STARTS_OVER = f"{REBUILD} starts over"


@dataclass(frozen=True)
class Consumed:
    """An input as far as it was read.

    Attributes:
        name: Its path, seen from the folder of the ledger.
        size: Bytes it had before it was read to its end; -1 if it was not.
        mtime_ns: When it was changed last before that.
        ends: Where reading stopped, one position after the other.
        chain: 64 bits that all bytes before the last of these hash to.
        head: What the first bytes hash to.
        tail: What the bytes before the position hash to.
        line: The number of the next line; 0 where there are none.
    """

    name: str
    size: int = -1
    mtime_ns: int = 0
    ends: tuple[int, ...] = ()
    chain: int = 0
    head: int = 0
    tail: int = 0
    line: int = 0

    @property
    def position(self) -> int:
        """Where to go on reading."""
        return self.ends[-1] if self.ends else 0

    def read_to(
        self,
        path: str,
        position: int,
        line: int,
        status: os.stat_result | None,
        printed: Printed | None = None,
    ) -> Consumed:
        """The same input, read further.

        Args:
            path: The input.
            position: Where reading stopped.
            line: The number of the line there.
            status: What it was before it was read, if reading came to its end.
            printed: What the reader says of the bytes from the position before to this
                one; they are read once more if None.

        Raises:
            BarrowIoError: It cannot be read.
        """
        size, mtime_ns = (status.st_size, status.st_mtime_ns) if status else (-1, 0)
        if position == self.position:
            return replace(self, size=size, mtime_ns=mtime_ns, line=line)
        ends = (*self.ends, position)
        if printed is not None and (printed.begin, printed.end) == (self.position, position):
            chain = linked(self.chain, printed.lanes, position - self.position)
            head, tail = printed.head, printed.tail
        elif self.position or position > _PIECE:
            chain = linked_file(path, self.position, position, self.chain)
            head, tail = fingerprint(path, position)
        else:  # many small files are quicker to read once
            data = _read(path, position)
            chain = linked_bytes(self.chain, data)
            head, tail = hashed(data[:PRINTED_BYTES]), hashed(data[-PRINTED_BYTES:])
        return Consumed(self.name, size, mtime_ns, ends, chain, head, tail, line)

    def has_more(self, path: str, status: os.stat_result) -> bool:
        """Whether there may be something that was not read.

        Args:
            path: The input.
            status: What it is now.

        Raises:
            BarrowCorruptError: What was read is not there any more, or other bytes are.
            BarrowIoError: It cannot be read.
        """
        if (status.st_size, status.st_mtime_ns) == (self.size, self.mtime_ns):
            return False
        if status.st_size < self.position:
            raise too_short(path, status.st_size, self.position, [_STARTS_OVER])
        if fingerprint(path, self.position) != (self.head, self.tail):
            raise self.rewritten(path)
        if status.st_size != self.size:
            return True
        # As long as before, but somebody has written to it, or copied it.
        chain = begin = 0
        for end in self.ends:
            chain, begin = linked_file(path, begin, end, chain), end
        if chain != self.chain:
            raise self.rewritten(path)
        return False

    def rewritten(self, path: str) -> BarrowCorruptError:
        """The error for an input that is not what was read."""
        what = f"it was rewritten before byte {self.position:,}, where reading stopped"
        return BarrowCorruptError(message(path, what, tries=[_STARTS_OVER]))


def status_of(path: str) -> os.stat_result:
    """What the system says about an input.

    Raises:
        BarrowIoError: It says that it cannot be read.
    """
    try:
        return os.stat(path)
    except OSError as error:
        raise unreadable(path, error) from error


def _read(path: str, position: int) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(position)
    except OSError as error:
        raise unreadable(path, error) from error


@dataclass(frozen=True)
class Ledger:
    """How far a stage has come.

    Attributes:
        inputs: What was read of every input, in the order in which they came.
        outputs: Where to go on writing in every output that is still added to, by the
            name of the file; what lies behind is not known to be whole.
        last_stamp: The last `ts_event` that was read: nanoseconds UTC; 0 if none was.
        state: What else the stage needs, as values JSON has.
    """

    inputs: tuple[Consumed, ...] = ()
    outputs: dict[str, int] = field(default_factory=dict)
    last_stamp: int = 0
    state: dict[str, Any] = field(default_factory=dict)


class LedgerFile(IndexFile[Ledger]):
    """A ledger as a JSON object with a checksum.

    Args:
        path: The file; it need not be there.
    """

    def _encoded(self, facts: Ledger) -> bytes:
        inputs = [{**vars(each), "ends": list(each.ends)} for each in facts.inputs]
        return sealed(_KIND, _VERSION, {**vars(facts), "inputs": inputs})

    def _decoded(self, data: bytes) -> Ledger | None:
        facts = unsealed(_KIND, _VERSION, data)
        if facts is None and unsealed(_KIND, _OLD_VERSION, data) is not None:
            what = f"it is version {_OLD_VERSION} of a ledger, this barrow reads {_VERSION}"
            raise BarrowUnsupportedError(message(self.path, what, tries=[_STARTS_OVER]))
        if facts is None or set(facts) != set(asdict(Ledger())):
            return None
        inputs = tuple(
            Consumed(**{**each, "ends": tuple(each["ends"])}) for each in facts.pop("inputs")
        )
        return replace(Ledger(**facts), inputs=inputs)

    def name_of(self, path: str) -> str:
        """What an input is called in the ledger."""
        return os.path.relpath(path, os.path.dirname(self.path) or ".")

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other processes away from the stage as long as the block runs.

        Raises:
            BarrowIoError: One is at work.
        """
        folder, name = os.path.split(self.path)
        make_folder(folder or ".")
        with locked(os.path.join(folder, f".{name}.lock"), 0):
            remove_partials(folder, [name])
            yield

    def started(self, outputs: Sequence[str], state: dict[str, Any], rebuild: bool) -> Ledger:
        """The ledger; a new one is saved before the first output is written.

        Args:
            outputs: What the stage writes, in the folder of the ledger.
            state: What was decided when the stage was begun.
            rebuild: Whether to forget what is there.

        Raises:
            BarrowIoError: An output is there without a ledger, or it cannot be saved.
            BarrowArgumentError: The stage was begun with other options.
            BarrowCorruptError: The ledger is damaged.
        """
        ledger = None if rebuild else self.load()
        if ledger is not None:
            for name, value in state.items():
                self._check_same(name, ledger.state.get(name), value)
            return ledger
        if not rebuild:
            self.refuse_strangers(outputs)
        ledger = Ledger(outputs=dict.fromkeys(outputs, 0), state=state)
        self.save(ledger)
        return ledger

    def refuse_strangers(self, outputs: Iterable[str]) -> None:
        """Refuses outputs that are there and of which the ledger does not know.

        Args:
            outputs: Their names, in the folder of the ledger.

        Raises:
            BarrowIoError: One is there.
        """
        folder, ledger = os.path.split(self.path)
        there = [path for name in outputs if os.path.exists(path := os.path.join(folder, name))]
        if there:
            what = f"is there already, and no {ledger} that tells of it"
            tries = ["another output", f"{REBUILD} replaces it"]
            raise BarrowIoError(message(there[0], what, tries=tries))

    def _check_same(self, name: str, found: Any, wanted: Any) -> None:
        if found != wanted:
            what = f"was begun with {name} {found!r}, not {wanted!r}"
            tries = [_STARTS_OVER, "another output"]
            raise BarrowArgumentError(message(self.path, what, tries=tries))


def check_size(path: str, least: int) -> int:
    """How many bytes an output has; none if it is not there.

    Args:
        path: The output.
        least: How many the ledger says it must have.

    Raises:
        BarrowCorruptError: It has fewer.
    """
    size = os.stat(path).st_size if os.path.exists(path) else 0
    if size < least:
        raise too_short(path, size, least, [_STARTS_OVER])
    return size


def make_folder(path: str) -> None:
    """Makes a folder, and those above it, where they are not there.

    Raises:
        BarrowIoError: It cannot be made.
    """
    if os.path.isdir(path):
        return
    make_folder(os.path.dirname(path) or ".")
    try:
        with contextlib.suppress(FileExistsError):
            SYSTEM.mkdir(path)
    except OSError as error:
        raise unwritable(path, error, "cannot be made") from error


def remove(path: str) -> None:
    """Removes an output, if it is there.

    Raises:
        BarrowIoError: It cannot be removed.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            SYSTEM.unlink(path)
    except OSError as error:
        raise unwritable(path, error, "cannot be removed") from error


def remove_partials(folder: str, names: Collection[str] | None = None) -> None:
    """Removes temporary files of writers that were killed; there is none now.

    Args:
        folder: Where.
        names: What they would have written; anything if None.
    """
    starts = (".",) if names is None else tuple(f".{name}." for name in names)
    for left in os.listdir(folder or "."):
        if left.startswith(starts) and left.endswith(".partial"):
            discard(os.path.join(folder, left))
