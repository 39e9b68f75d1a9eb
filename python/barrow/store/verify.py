"""Proves that every byte of a series is what was written."""

from __future__ import annotations

import os
import zlib

import pyarrow as pa

from barrow._arrow import format_stamp, is_text
from barrow.bars import Finding
from barrow.bars.items import check_text
from barrow.errors import BarrowCorruptError, BarrowError
from barrow.files import unreadable
from barrow.store.compact import strays
from barrow.store.manifest import Entry, State
from barrow.store.parts import Part, first_disorder
from barrow.store.series import Series

_PIECE = 1 << 22


def verify(series: Series) -> tuple[list[Finding], int]:
    """Everything that is wrong with a series, and how many rows it has.

    Reads every file once: its checksum, then its structure and its stamps.
    """
    try:
        state = series.existing()
    except BarrowCorruptError as error:
        return [_finding("manifest", str(error), series.path)], 0
    while True:
        try:
            return _check(series, state), sum(map(len, state.entries))
        except FileNotFoundError as error:
            newer = series.existing()
            if newer.entries == state.entries:
                what = "the manifest lists it, and it is gone"
                return [_finding("part_missing", what, str(error.filename))], 0
            state = newer


def _check(series: Series, state: State) -> list[Finding]:
    findings: list[Finding] = []
    sound: set[str] = set()
    for entry in {entry.part: entry for entry in state.entries}.values():
        if (fault := _checksum(series, entry)) is not None:
            findings.append(fault)
        else:
            sound.add(entry.part)
    before: Entry | None = None
    alone = series.kind.key == "bar_type"
    for entry in state.entries:
        path = os.path.join(series.folder, entry.part)
        if entry.part in sound:
            findings += _rows(series, state, entry, path)
        if before is not None and entry.first < before.last + alone:
            what = f"starts at {format_stamp(entry.first)}, before the end of {before.part}"
            findings.append(_finding("overlap", what, path))
        before = entry
    for name in strays(series.folder, {entry.part for entry in state.entries}):
        what = "the manifest does not list it: an append or a compaction did not finish"
        path = os.path.join(series.folder, name)
        findings.append(_finding("stray_file", what, path, "warning"))
    return findings


def _checksum(series: Series, entry: Entry) -> Finding | None:
    path = os.path.join(series.folder, entry.part)
    checksum = size = 0
    try:
        with open(path, "rb", buffering=0) as file:
            while piece := file.read(_PIECE):
                checksum = zlib.crc32(piece, checksum)
                size += len(piece)
    except FileNotFoundError:
        raise
    except OSError as error:
        return _finding("part_unreadable", str(unreadable(path, error)), path)
    if (size, f"{checksum:08x}") == (entry.bytes, entry.crc32):
        return None
    found = f"{size:,} bytes with the checksum {checksum:08x}"
    what = f"has {found}, expected {entry.bytes:,} with {entry.crc32}"
    return _finding("part_checksum", what, path)


def _rows(series: Series, state: State, entry: Entry, path: str) -> list[Finding]:
    """What is wrong with rows of a part whose bytes are as they were written."""
    try:
        part = series.part(entry, state)
        for batch in part.batches():
            _check_texts(batch)
    except BarrowError as error:
        return [_finding("part", str(error), path)]
    if (part.stamp(entry.begin), part.stamp(entry.end - 1)) != (entry.first, entry.last):
        return [_finding("stamps", "its first or last stamp is not the one listed", path)]
    row = _disorder(part, series.kind.key == "bar_type")
    if row is not None:
        stamps = f"{format_stamp(part.stamp(row - 1))} then {format_stamp(part.stamp(row))}"
        return [Finding("ts_order", "error", 1, row, None, stamps, "rows out of order", path)]
    return []


def _check_texts(batch: pa.RecordBatch) -> None:
    for column in batch.columns:
        if is_text(column.type):
            check_text(column)


def _disorder(part: Part, alone: bool) -> int | None:
    start, last = 0, -1
    for at in range(len(part.starts) - 1):
        stamps = part.stamps(at)
        row = first_disorder(stamps, last, alone)
        if row is not None:
            return start + row
        start, last = start + len(stamps), int(stamps[-1])
    return None


def _finding(check: str, meaning: str, path: str, severity: str = "error") -> Finding:
    return Finding(check, severity, 1, None, None, "", meaning, path)
