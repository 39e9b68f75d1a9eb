"""Compaction: few large parts in the place of many small ones."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import pyarrow as pa

from barrow.files import discard, sync_folder, unwritable
from barrow.store import manifest
from barrow.store.lock import locked
from barrow.store.manifest import Entry, State
from barrow.store.parts import PartsWriter, part_rows
from barrow.store.series import LOCK, Series

_OURS = re.compile(r"part-\d{8,}\.arrow(\.partial)?|manifest\.jsonl\.partial")


@dataclass(frozen=True)
class Compacted:
    """What a compaction did.

    Attributes:
        before: Parts of the series before.
        after: Parts of it now.
        removed: Files that were removed, those an interrupted append left included.
    """

    before: int
    after: int
    removed: int


def compact(series: Series, timeout: float) -> Compacted:
    """Rewrites what is in small parts; see `Store.compact`."""
    with locked(os.path.join(series.folder, LOCK), timeout):
        state = series.existing()
        groups = list(_groups(series, state))
        writer = PartsWriter(series.folder, series.kind, state.next, state.header.order)
        entries: list[Entry] = []
        for group in groups:
            if len(group) == 1 and group[0].whole:
                entries += group
            else:
                done = len(writer.entries)
                schema = series.empty(group[0].facts).schema
                writer.write(_rows(series, state, group), schema, group[0].facts)
                entries += writer.entries[done:]
        try:
            if writer.entries:
                header = state.header
                data = manifest.snapshot(header, state.until, writer.number, entries)
                manifest.create(series.path, data)
            # The manifest must be durable before what the one before it lists is gone.
            sync_folder(series.folder)
        except OSError as error:
            raise unwritable(series.path, error) from error
        before = len({entry.part for entry in state.entries})
        kept = {entry.part for entry in entries}
        removed = _sweep(series.folder, kept)
        series.state()  # lets go of what was read
        return Compacted(before, len(kept), removed)


def _groups(series: Series, state: State) -> Iterator[list[Entry]]:
    """Neighbors to put together; parts that are whole and large stay alone."""
    most = {}
    for facts in {entry.facts for entry in state.entries}:
        most[facts] = part_rows(series.kind, series.empty(facts).schema)

    def large(entry: Entry) -> bool:
        return entry.whole and len(entry) > most[entry.facts] // 2

    for (stays, _), run in groupby(state.entries, lambda e: (large(e), e.facts)):
        if stays:
            yield from ([entry] for entry in run)
        else:
            yield list(run)


def _rows(series: Series, state: State, group: list[Entry]) -> Iterator[pa.RecordBatch]:
    for entry in group:
        yield from series.part(entry, state).rows(entry.begin, entry.end)


def _sweep(folder: str, kept: set[str]) -> int:
    """Removes parts the manifest does not list, and what crashes left."""
    gone = strays(folder, kept)
    for name in gone:
        discard(os.path.join(folder, name))
    return len(gone)


def strays(folder: str, kept: set[str]) -> list[str]:
    """Files of barrow's in a folder that the manifest does not list, in order."""
    return sorted(n for n in os.listdir(folder) if _OURS.fullmatch(n) and n not in kept)
