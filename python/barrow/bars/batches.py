"""Record batches in a row, fetched when they are first asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, overload

import pyarrow as pa


class Batches(Sequence[pa.RecordBatch]):
    """Batches that are not empty, and where the rows of each begin.

    Args:
        lengths: Says the rows of every batch; called when that is first needed.
        fetch: Gives a batch by its number among all, the empty ones included; called
            once for each that is looked at, or twice by threads at the same time.
    """

    __slots__ = ("_fetch", "_fetched", "_lengths", "_numbers", "_starts")

    def __init__(
        self, lengths: Callable[[], Iterable[int]], fetch: Callable[[int], pa.RecordBatch]
    ) -> None:
        self._lengths = lengths
        self._fetch = fetch
        self._fetched: dict[int, pa.RecordBatch] = {}
        self._numbers: Sequence[int] = ()
        self._starts: list[int] | None = None

    @classmethod
    def of(cls, batches: Sequence[pa.RecordBatch]) -> Batches:
        """Those of a list."""
        return cls(lambda: [batch.num_rows for batch in batches], batches.__getitem__)

    def each(self, change: Callable[[pa.RecordBatch], pa.RecordBatch]) -> Batches:
        """The same, changed one by one when they are fetched; no rows come or go."""
        fetch = self._fetch
        return Batches(self._lengths, lambda number: change(fetch(number)))

    @property
    def starts(self) -> list[int]:
        """The first row of every batch, and the number of all rows."""
        if self._starts is None:
            lengths = [*self._lengths()]
            self._numbers = range(len(lengths))
            if not all(lengths):
                self._numbers = [number for number, length in enumerate(lengths) if length]
                lengths = [length for length in lengths if length]
            self._starts = [0, *accumulate(lengths)]
        return self._starts

    def place(self, row: int) -> tuple[int, int]:
        """The batch a row is in, and its number there."""
        starts = self.starts
        at = bisect_right(starts, row) - 1
        return at, row - starts[at]

    def rows(self, begin: int, end: int) -> Batches:
        """Batches of some rows only, without copying and without fetching."""
        if begin >= end:
            return Batches.of([])
        starts = self.starts
        first, skipped = self.place(begin)
        last, _ = self.place(end - 1)
        cuts = [skipped] + [0] * (last - first)
        ends = [starts[at + 1] - starts[at] for at in range(first, last)] + [end - starts[last]]
        lengths = [stop - cut for cut, stop in zip(cuts, ends, strict=True)]

        def fetch(number: int) -> pa.RecordBatch:
            batch = self[first + number]
            if lengths[number] == batch.num_rows:
                return batch
            return batch.slice(cuts[number], lengths[number])

        return Batches(lambda: lengths, fetch)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, at: int) -> pa.RecordBatch: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[pa.RecordBatch]: ...

    def __getitem__(self, at: int | slice) -> Any:
        """One batch; a list for a slice."""
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(f"batch {at} of {len(self)}")
        at %= len(self)
        batch = self._fetched.get(at)
        if batch is None:
            batch = self._fetched[at] = self._fetch(self._numbers[at])
        return batch

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for at in range(len(self)):
            yield self[at]
