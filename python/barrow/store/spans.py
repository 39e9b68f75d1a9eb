"""What a series covers, and what is missing in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from barrow._arrow import format_stamp
from barrow.bars import BarType
from barrow.errors import BarrowArgumentError, message
from barrow.store.manifest import State
from barrow.store.parts import Stamps
from barrow.store.series import Series


@dataclass(frozen=True)
class Coverage:
    """What the manifest of a series says; no records are read to find it out.

    Attributes:
        kind: The name of the kind of records.
        identity: The bar type or the instrument id.
        order: The column that orders rows, which all stamps here are of.
        rows: How many there are.
        first: The first stamp.
        last: The last stamp.
        ranges: First and last stamps of runs of appends. Bars that follow each other
            without a gap are one run; of others every append is one.
        parts: Files that hold the rows.
        bytes: Bytes of these files.
        encodings: How their values are stored.
    """

    kind: str
    identity: str
    order: str
    rows: int
    first: int
    last: int
    ranges: tuple[tuple[int, int], ...]
    parts: int
    bytes: int
    encodings: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.identity}: {self.rows:,} {self.kind}s, {format_stamp(self.first)} to "
            f"{format_stamp(self.last)}, {self.parts} parts, {self.bytes:,} bytes, "
            f"{' '.join(self.encodings)}"
        )


@dataclass(frozen=True)
class Gap:
    """Two neighbors with more between their stamps than there should be.

    Attributes:
        after: The stamp of the last record before the gap.
        before: The stamp of the first one behind it.
        missing: How many bars there would be between them; None of other records, and
            where the length of a bar is not fixed.
    """

    after: int
    before: int
    missing: int | None

    @property
    def span_ns(self) -> int:
        """Nanoseconds between the two stamps."""
        return self.before - self.after


def coverage(series: Series, state: State) -> Coverage:
    """What a series covers, by its manifest."""
    step = step_of(series) or 0
    ranges: list[tuple[int, int]] = []
    for entry in state.entries:
        if ranges and step and entry.first - ranges[-1][1] <= step:
            ranges[-1] = (ranges[-1][0], entry.last)
        else:
            ranges.append((entry.first, entry.last))
    parts = {entry.part: entry.bytes for entry in state.entries}
    return Coverage(
        state.header.kind,
        state.header.identity,
        state.header.order,
        sum(map(len, state.entries)),
        state.firsts[0],
        state.entries[-1].last,
        tuple(ranges),
        len(parts),
        sum(parts.values()),
        tuple(sorted({entry.encoding for entry in state.entries})),
    )


def step_of(series: Series) -> int | None:
    """The length of a bar in nanoseconds; None if it is not fixed, and of others."""
    if series.kind.key != "bar_type":
        return None
    return BarType.parse(series.identity).step_ns


def gaps(series: Series, longer_than: int | None) -> list[Gap]:
    """Steps between neighbors that are too long; see `Store.gaps`."""
    step = step_of(series)
    limit = step if longer_than is None else longer_than
    if limit is None:
        raise BarrowArgumentError(
            message(
                "gaps",
                f"{series.kind.plural} have no length of their own",
                tries=["longer_than=3600 * 10**9 for more than an hour"],
            )
        )
    found: list[Gap] = []
    last: int | None = None
    for stamps in stamps_of(series):
        if last is not None and int(stamps[0]) - last > limit:
            found.append(_gap(last, int(stamps[0]), step))
        for at in np.flatnonzero(np.diff(stamps) > np.uint64(limit)).tolist():
            found.append(_gap(int(stamps[at]), int(stamps[at + 1]), step))
        last = int(stamps[-1])
    return found


def _gap(after: int, before: int, step: int | None) -> Gap:
    return Gap(after, before, None if step is None else (before - after - 1) // step)


def stamps_of(series: Series) -> Iterator[Stamps]:
    """All stamps of a series in the column that orders it, batch by batch."""
    order = series.existing().header.order
    for batch in series.read(None, None).batches():
        yield batch.raw(order)
