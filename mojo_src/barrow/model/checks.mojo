"""What must hold for bars, counted over batches of any size."""

from std.memory import pack_bits

from barrow.fixed import largest_raw

from barrow.model.columns import BarColumns


@fieldwise_init
struct Check(Equatable, TrivialRegisterPassable):
    """Something that can be wrong with a bar or with its place among others."""

    var code: Int
    """See the constants; an index into the arrays of `BarChecks`."""

    comptime HIGH = Self(0)
    """High is below open, low or close."""
    comptime LOW = Self(1)
    """Low is above open or close."""
    comptime RANGE = Self(2)
    """A value is a sentinel or outside the range of its encoding."""
    comptime ORDER = Self(3)
    """The stamp is before the one of the bar before."""
    comptime DUPLICATE = Self(4)
    """The stamp is the one of the bar before."""
    comptime GAP = Self(5)
    """The stamp is more than one bar length after the one of the bar before."""

    comptime COUNT = 6
    """How many checks there are."""


struct BarChecks(Copyable):
    """Counts and first rows; carries what the next batch needs to go on."""

    var counts: Array[Int, Check.COUNT]
    """Rows at fault, by check."""
    var first_rows: Array[Int, Check.COUNT]
    """The first row at fault, by check; -1 if none."""
    var longest_gap: Int
    """Nanoseconds; 0 if there is no gap."""
    var longest_gap_row: Int
    """The row after the longest gap; -1 if none."""
    var rows: Int
    """Rows seen so far."""
    var previous: UInt64
    """The stamp of the last row seen."""

    def __init__(out self):
        """Starts before the first row."""
        self.counts = Array[Int, Check.COUNT](fill=0)
        self.first_rows = Array[Int, Check.COUNT](fill=-1)
        self.longest_gap = 0
        self.longest_gap_row = -1
        self.rows = 0
        self.previous = 0

    @always_inline
    def note(mut self, check: Check, row: Int):
        """Counts one row at fault.

        Args:
            check: What is wrong.
            row: The row.
        """
        if self.counts[check.code] == 0:
            self.first_rows[check.code] = row
        self.counts[check.code] += 1


def check_bars[
    price: DType, size: DType
](bars: BarColumns[price, size], step: UInt64, mut checks: BarChecks):
    """Checks one more batch.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.

    Args:
        bars: The batch.
        step: The length of a bar in nanoseconds; 0 to look for no gaps.
        checks: The batches before; this one is added.
    """
    comptime width = 8
    comptime largest = largest_raw[price]().cast[price]()
    comptime largest_size = largest_raw[size]().cast[size]()
    var first = checks.rows
    var at = 0
    while at < len(bars):
        # Eight bars at a time as long as nothing is wrong with any of them.
        comptime if price == DType.int64:
            if at > 0 and at + width <= len(bars):
                if _eight_are_good[price, size](bars, at, step):
                    at += width
                    continue
        var end = min(at + width, len(bars)) if at > 0 else 1
        for i in range(at, end):
            var open = bars.open[i]
            var high = bars.high[i]
            var low = bars.low[i]
            var close = bars.close[i]
            if high < max(open, max(low, close)):
                checks.note(Check.HIGH, first + i)
            if low > min(open, close):
                checks.note(Check.LOW, first + i)
            if (
                max(max(open, high), max(low, close)) > largest
                or min(min(open, high), min(low, close)) < -largest
                or bars.volume[i] > largest_size
            ):
                checks.note(Check.RANGE, first + i)
            var stamp = bars.ts_event[i]
            var before = bars.ts_event[i - 1] if i > 0 else checks.previous
            if first + i == 0:
                continue
            if stamp < before:
                checks.note(Check.ORDER, first + i)
            elif stamp == before:
                checks.note(Check.DUPLICATE, first + i)
            elif step > 0 and stamp - before > step:
                checks.note(Check.GAP, first + i)
                if Int(stamp - before) > checks.longest_gap:
                    checks.longest_gap = Int(stamp - before)
                    checks.longest_gap_row = first + i
        at = end
    if len(bars) > 0:
        checks.previous = bars.ts_event[len(bars) - 1]
        checks.rows += len(bars)


@always_inline
def _eight_are_good[
    price: DType, size: DType
](bars: BarColumns[price, size], at: Int, step: UInt64) -> Bool:
    """Whether eight bars pass every check; `at` is not the first of the batch."""
    comptime width = 8
    comptime largest = largest_raw[price]().cast[price]()
    comptime largest_size = largest_raw[size]().cast[size]()
    var open = bars.open.load[width](at)
    var high = bars.high.load[width](at)
    var low = bars.low.load[width](at)
    var close = bars.close.load[width](at)
    # High at or above everything and within range bounds the others from above,
    # low from below.
    var good = (
        high.ge(max(open, max(low, close)))
        & low.le(min(open, close))
        & high.le(largest)
        & low.ge(-largest)
        & bars.volume.load[width](at).le(largest_size)
    )
    var stamps = bars.ts_event.load[width](at)
    var before = bars.ts_event.load[width](at - 1)
    good &= stamps.gt(before)
    if step > 0:
        good &= (stamps - before).le(step)
    return all(good)
