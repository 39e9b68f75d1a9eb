"""The manifest of a series: which rows of which parts are in it, as lines of JSON.

A line is a change that is in force when the line is whole: it ends with a checksum of
itself and a line feed. Changes are appended, so that one costs the same however many
there are; a compaction writes the manifest anew. See docs/format.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from barrow.errors import BarrowCorruptError, BarrowUnsupportedError, message
from barrow.files import SYSTEM, replace_file, unreadable, write_all

NAME = "manifest.jsonl"
VERSION = 1
_FORMAT = "barrow series"
# Bytes of `,"crc":"01234567"}` and the line feed, which end every line.
_SEAL = 19
_CRC = slice(-11, -3)
# What is read of either end to append; a longer line has the whole manifest read.
_HEAD, _TAIL = 4096, 1 << 16


@dataclass(frozen=True)
class Header:
    """The first line: what the series is.

    Attributes:
        kind: The name of the kind of records.
        identity: The bar type or the instrument id.
        order: The column that orders rows: `ts_event` or `ts_init`.
        lines: How many further lines were written together with this one.
    """

    kind: str
    identity: str
    order: str
    lines: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Rows of a part that are in the series.

    Attributes:
        part: The name of the file.
        begin: The first row, from 0.
        end: One past the last row.
        first: The stamp of the first row, in the column that orders them.
        last: The stamp of the last row.
        encoding: How values are stored.
        price_precision: Decimals of prices that carry meaning.
        size_precision: Decimals of sizes that carry meaning.
        batches: Rows of every batch of the whole part.
        bytes: Bytes of the file.
        crc32: The checksum of the file, eight hexadecimal digits.
    """

    part: str
    begin: int
    end: int
    first: int
    last: int
    encoding: str
    price_precision: int
    size_precision: int
    batches: tuple[int, ...]
    bytes: int
    crc32: str

    def __len__(self) -> int:
        return self.end - self.begin

    @property
    def key(self) -> tuple[str, int]:
        """What a change calls it."""
        return self.part, self.begin

    @property
    def whole(self) -> bool:
        """Whether these are all rows of the part."""
        return len(self) == sum(self.batches)

    @property
    def facts(self) -> tuple[str, int, int]:
        """What the schema of the part depends on."""
        return self.encoding, self.price_precision, self.size_precision


@dataclass(frozen=True)
class Tail:
    """What an append has to know of a manifest.

    Attributes:
        header: The first line.
        line: The number of the last line; the header is line 0.
        until: The greatest stamp of the series.
        next: The number of the next part.
        size: Bytes up to the end of the last whole line.
    """

    header: Header
    line: int
    until: int
    next: int
    size: int


@dataclass(frozen=True)
class State(Tail):
    """All of a manifest.

    Attributes:
        entries: In the order of their rows.
        firsts: Their first stamps.
        lasts: Their last stamps.
        version: What tells whether the file has changed: inode, size, time of change.
        seal: The last whole line, and where it begins.
    """

    entries: tuple[Entry, ...]
    firsts: list[int]
    lasts: list[int]
    version: tuple[int, int, int]
    seal: tuple[int, bytes]


# Its bytes, and what they say.
Line = tuple[bytes, dict[str, Any]]


def part_name(number: int) -> str:
    """The file name of a part, by its number."""
    return f"part-{number:08}.arrow"


# ------------------------------------------------------------------------- writing


def sealed(facts: dict[str, Any]) -> bytes:
    """A line with its checksum."""
    body = json.dumps(facts, separators=(",", ":"))[:-1].encode()
    return b'%s,"crc":"%08x"}\n' % (body, zlib.crc32(body))


def change(
    line: int,
    until: int,
    following: int,
    add: Iterable[Entry],
    remove: Iterable[Entry] = (),
) -> bytes:
    """A line that puts rows into a series, and takes others out.

    Args:
        line: Its number.
        until: The greatest stamp afterwards.
        following: The number of the next part afterwards.
        add: What comes in.
        remove: What goes out.
    """
    return sealed(
        {
            "line": line,
            "remove": [list(entry.key) for entry in remove],
            "add": [asdict(entry) for entry in add],
            "until": until,
            "next": following,
        }
    )


def snapshot(header: Header, until: int, following: int, entries: Sequence[Entry]) -> bytes:
    """A whole manifest: a line for every entry."""
    head = {"format": _FORMAT, "version": VERSION, **asdict(header), "lines": len(entries)}
    lines = [change(at, until, following, [entry]) for at, entry in enumerate(entries, 1)]
    return b"".join([sealed(head), *lines])


def create(path: str, data: bytes) -> None:
    """Puts a whole manifest in the place of another one, or of none.

    Raises:
        OSError: It cannot be written; what was there is there.
    """
    replace_file(path, data)


def append(path: str, size: int, line: bytes) -> None:
    """Appends a line and makes it durable.

    Args:
        path: The manifest.
        size: Bytes up to the end of its last whole line; what is behind was torn off by
            a crash, and is cut.
        line: The line.

    Raises:
        OSError: It cannot be written; the manifest is as it was, as far as the system
            lets it be.
    """
    descriptor = SYSTEM.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        if os.fstat(descriptor).st_size != size:
            SYSTEM.truncate(descriptor, size)
        try:
            write_all(descriptor, memoryview(line))
            SYSTEM.fsync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                SYSTEM.truncate(descriptor, size)
                SYSTEM.fsync(descriptor)
            raise
    finally:
        SYSTEM.close(descriptor)


# ------------------------------------------------------------------------- reading


def _unsealed(line: bytes) -> dict[str, Any] | None:
    """What a line says; None if it is not whole."""
    if len(line) < _SEAL or line[-_SEAL:-11] != b',"crc":"' or line[-3:] != b'"}\n':
        return None
    if b"%08x" % zlib.crc32(line[:-_SEAL]) != line[_CRC]:
        return None
    facts: dict[str, Any] = json.loads(line)
    return facts


def _header(facts: dict[str, Any] | None, path: str) -> Header:
    if facts is None or facts.get("format") != _FORMAT:
        raise BarrowCorruptError(message(f"{path} line 1", "is no header of a series"))
    if facts["version"] != VERSION:
        raise BarrowUnsupportedError(
            message(path, f"has version {facts['version']}, expected {VERSION}")
        )
    return Header(*(facts[name] for name in ("kind", "identity", "order", "lines")))


def _whole_lines(data: bytes, path: str, first: int) -> list[Line]:
    """The lines of a manifest without a last one that was torn off.

    A crash leaves a line without an end, or with blocks of zeros. Any other line whose
    checksum is wrong was damaged.

    Args:
        data: From the beginning of a line to the end of the file.
        path: The file, for errors.
        first: The number of the first of these lines.
    """
    lines = data.splitlines(keepends=True)
    whole: list[Line] = []
    for at, line in enumerate(lines):
        facts = _unsealed(line)
        if facts is not None:
            whole.append((line, facts))
            continue
        torn = not line.endswith(b"\n") or b"\0" in line
        if at == len(lines) - 1 and torn:
            return whole
        raise BarrowCorruptError(
            message(
                f"{path} line {first + at + 1}",
                "is damaged: its checksum is wrong",
                tries=["restore the file from a copy; the parts beside it are Arrow files"],
            )
        )
    return whole


def _read(path: str, begin: int, end: int | None = None) -> tuple[bytes, os.stat_result]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        size = status.st_size if end is None else min(end, status.st_size)
        pieces = []
        while begin < size and (piece := os.pread(descriptor, size - begin, begin)):
            pieces.append(piece)
            begin += len(piece)
        return b"".join(pieces), status
    finally:
        os.close(descriptor)


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def load(path: str, old: State | None = None) -> State | None:
    """Reads a manifest, or only what was appended to it.

    Args:
        path: The file.
        old: What it was.

    Returns:
        What it is; None if there is none.

    Raises:
        BarrowCorruptError: It is damaged.
        BarrowIoError: It cannot be read.
    """
    try:
        status = os.stat(path)
        if old is not None and old.version == _version(status):
            return old
        if old is not None and old.version[0] == status.st_ino and status.st_size >= old.size:
            begin, seal = old.seal
            data, status = _read(path, begin)
            # A line that could not be made durable was taken back meanwhile if not.
            if data.startswith(seal) and old.version[0] == status.st_ino:
                return _grown(old, data[len(seal) :], _version(status), path)
        data, status = _read(path, 0)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from error
    return _parsed(data, _version(status), path)


def _parsed(data: bytes, version: tuple[int, int, int], path: str) -> State:
    lines = _whole_lines(data, path, 0)
    if not lines:
        raise BarrowCorruptError(
            message(path, "is cut off: there is no header", tries=["restore it from a copy"])
        )
    first, facts = lines[0]
    header = _header(facts, path)
    _check_lines(header, len(lines) - 1, path)
    empty = State(header, 0, 0, 1, len(first), (), [], [], version, (0, first))
    return _applied(empty, lines[1:], version, path)


def _check_lines(header: Header, lines: int, path: str) -> None:
    if lines < max(header.lines, 1):
        raise BarrowCorruptError(
            message(
                path,
                f"is cut off: {lines} of {header.lines} lines that were written at once",
                tries=["restore it from a copy; the parts beside it are Arrow files"],
            )
        )


def _grown(old: State, data: bytes, version: tuple[int, int, int], path: str) -> State:
    return _applied(old, _whole_lines(data, path, old.line + 1), version, path)


def _applied(old: State, lines: list[Line], version: tuple[int, int, int], path: str) -> State:
    """The state after further changes."""
    entries = {entry.key: entry for entry in old.entries}
    line, until, following, size = old.line, old.until, old.next, old.size
    seal = old.seal
    for text, facts in lines:
        if facts["line"] != line + 1:
            raise BarrowCorruptError(
                message(f"{path} line {line + 2}", f"says it is line {facts['line'] + 1}")
            )
        for part, begin in facts["remove"]:
            if entries.pop((part, begin), None) is None:
                what = f"takes out row {begin} of {part}, which is not in the series"
                raise BarrowCorruptError(message(f"{path} line {line + 2}", what))
        for known in facts["add"]:
            known["batches"] = tuple(known["batches"])
            entry = Entry(**known)
            entries[entry.key] = entry
        line, until, following = facts["line"], facts["until"], facts["next"]
        seal = (size, text)
        size += len(text)
    rows = sorted(entries.values(), key=lambda entry: (entry.first, entry.last, entry.key))
    firsts, lasts = [entry.first for entry in rows], [entry.last for entry in rows]
    return State(
        old.header, line, until, following, size, tuple(rows), firsts, lasts, version, seal
    )


def tail(path: str) -> Tail | None:
    """What an append has to know, without reading what is between the ends.

    Returns:
        None if there is no manifest.

    Raises:
        BarrowCorruptError: It is damaged.
        BarrowIoError: It cannot be read.
    """
    try:
        head, status = _read(path, 0, _HEAD)
        size = status.st_size
        end = head if size <= _HEAD else _read(path, max(size - _TAIL, 0))[0]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from error
    first, last = head[: head.find(b"\n") + 1], end[end.rfind(b"\n", 0, -1) + 1 :]
    facts = _unsealed(last)
    if facts is None or "line" not in facts or len(last) == len(end):
        return load(path)  # torn off by a crash, damaged, or very long
    header = _header(_unsealed(first), path)
    _check_lines(header, facts["line"], path)
    return Tail(header, facts["line"], facts["until"], facts["next"], size)
