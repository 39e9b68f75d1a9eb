"""Rows that follow each other in one stretch of time."""

from std.bit import count_trailing_zeros
from std.memory import pack_bits

from barrow.fence import ColumnView, Pool

comptime _LANES = 8


struct Runs(Movable, Sized):
    """Runs of rows, each in one segment; together all rows, in order.

    Segment 0 is what is before the first bound, segment `i` starts at bound `i - 1`.
    """

    var stops: Pool[Int]
    """For every run, the row after its last one."""
    var segments: Pool[Int]
    """For every run, the segment."""

    def __init__(out self):
        """Starts without a row."""
        self.stops = Pool[Int]()
        self.segments = Pool[Int]()

    def __len__(self) -> Int:
        """Counts the runs.

        Returns:
            Their number.
        """
        return len(self.stops)

    def rows(self) -> Int:
        """Counts the rows.

        Returns:
            How many all runs have.
        """
        return self.stops[len(self) - 1] if len(self) > 0 else 0

    def append(mut self, stop: Int, segment: Int):
        """Adds a run.

        Args:
            stop: The row after its last one.
            segment: Its segment.
        """
        self.stops.append(stop)
        self.segments.append(segment)


def runs_of(
    stamps: ColumnView[DType.uint64], bounds: ColumnView[DType.uint64]
) -> Runs:
    """Finds which rows are in which segment.

    A bound is looked for once a run, not once a row. Stamps need not be in order;
    where they are there are no more runs than segments.

    Args:
        stamps: Nanoseconds UTC.
        bounds: Where segments start: nanoseconds UTC, rising.

    Returns:
        The runs.
    """
    var runs = Runs()
    var at = 0
    while at < len(stamps):
        var segment = _segment_of(stamps[at], bounds)
        var first = bounds[segment - 1] if segment > 0 else 0
        var last = bounds[segment] - 1 if segment < len(bounds) else UInt64.MAX
        at = _leaves(stamps, at + 1, first, last)
        runs.append(at, segment)
    return runs^


def _segment_of(stamp: UInt64, bounds: ColumnView[DType.uint64]) -> Int:
    """How many bounds are at a stamp or before it."""
    var low = 0
    var high = len(bounds)
    while low < high:
        var middle = (low + high) // 2
        if bounds[middle] <= stamp:
            low = middle + 1
        else:
            high = middle
    return low


def _leaves(
    stamps: ColumnView[DType.uint64], begin: Int, first: UInt64, last: UInt64
) -> Int:
    """The first row from `begin` on that is not from one stamp to another."""
    var at = begin
    while at + _LANES <= len(stamps):
        var now = stamps.load[_LANES](at)
        var out = pack_bits(now.lt(first) | now.gt(last))
        if out != 0:
            return at + Int(count_trailing_zeros(out))
        at += _LANES
    while at < len(stamps) and first <= stamps[at] <= last:
        at += 1
    return at
