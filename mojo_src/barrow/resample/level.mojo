"""One timeframe: its intervals, and the bar that is open."""

from std.bit import count_trailing_zeros
from std.math import iota
from std.memory import pack_bits

from barrow.fence import ColumnView, Scratch
from barrow.fixed import largest_raw

from barrow.resample.bar import OpenBar
from barrow.resample.bucket import Bucket, Buckets, LAST_STAMP
from barrow.resample.ends import find_ends
from barrow.resample.rows import Rows, Sink, Ways
from barrow.resample.whole import first_unsound, fold_whole

comptime _LANES = 8
# Bars that are made together: those of a block, unless they have few rows.
comptime _TOGETHER = 2048
# Bars of so many rows or fewer have their ends found by looking at every row.
comptime _SHORT = 24


struct Level[price: DType, size: DType](Movable):
    """One timeframe: where its intervals are, the one it is in, and the bar so far.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.
    """

    var buckets: Buckets
    """The intervals."""
    var source: Int
    """The level whose bars it reads; -1 if it reads the input."""
    var live: Bool
    """Whether it is in an interval."""
    var bucket: Bucket
    """The interval it is in."""
    var bar: OpenBar[Self.price, Self.size]
    """The bar of that interval; without those rows a finer level has not handed on."""
    var read: Int
    """How many bars of the finer level's sink it has read."""
    var left_out: Int
    """Rows in intervals that are left out."""
    var full: Bool
    """Whether a bar found no room."""
    var unsound: Int
    """The first bar that its encoding does not hold; -1 if there is none."""
    var unsound_start: Int64
    """Where its interval starts."""
    var too_large: Bool
    """Whether it is the volume that is not held."""
    var usual: Int
    """How many rows an interval mostly has."""
    var misses: Int
    """How many intervals since then had another number of rows."""
    var bounds: Scratch[DType.int64]
    """Where the rows of bars that are made together begin, and the last one's end."""

    def __init__(out self, var buckets: Buckets, source: Int):
        """Starts before the first row.

        Args:
            buckets: The intervals.
            source: The level whose bars it reads, or -1.
        """
        self.buckets = buckets^
        self.source = source
        self.live = False
        # None that a stamp could follow on.
        self.bucket = Bucket(0, LAST_STAMP + 1, False)
        self.bar = OpenBar[Self.price, Self.size]()
        self.read = 0
        self.left_out = 0
        self.full = False
        self.unsound = -1
        self.unsound_start = 0
        self.too_large = False
        self.usual = 1
        self.misses = 0
        # Up to 64 are found before anything asks how many there are.
        self.bounds = Scratch[DType.int64](length=_TOGETHER + 64)

    def fold[
        counted: Bool
    ](
        mut self,
        rows: Rows[Self.price, Self.size],
        begin: Int,
        end: Int,
        bias: Int64,
        ways: Ways,
        mut sink: Sink[Self.price, Self.size],
    ):
        """Adds rows, and appends the bars they finish.

        Parameters:
            counted: Whether rows are bars that know how many rows they are made of.

        Args:
            rows: The rows, their stamps rising.
            begin: The first one to add.
            end: The one after the last one.
            bias: 1 where a stamp at a boundary belongs to what is before it, else 0.
            ways: What holds for all rows.
            sink: Where finished bars go.
        """
        var at = begin
        while at < end:
            var stamp = rows.ts_event[at] - bias
            if stamp >= self.bucket.end or not self.live:
                self.advance(stamp, sink)
            if self.bar.count == 0 and self.usual <= _SHORT:
                var next = self._fold_short[counted](
                    rows, at, end, bias, ways, sink
                )
                if next > at:
                    at = next
                    continue
            var stop = self._stop(rows.ts_event, at, end, bias)
            if self.bucket.left_out:
                self.left_out += stop - at
                at = stop
            elif stop == end or self.bar.count > 0 or sink.filled == len(sink):
                self.bar.add[counted](rows, at, stop)
                at = stop
            else:
                at = self._fold_whole[counted](
                    rows, at, stop, end, bias, ways, sink
                )

    @always_inline
    def _fold_whole[
        counted: Bool
    ](
        mut self,
        rows: Rows[Self.price, Self.size],
        begin: Int,
        first_stop: Int,
        end: Int,
        bias: Int64,
        ways: Ways,
        mut sink: Sink[Self.price, Self.size],
    ) -> Int:
        """Appends bars whose rows are all there; returns the row after them."""
        var most = min(_TOGETHER, len(sink) - sink.filled)
        var count = 0
        var at = first_stop
        self.bounds.store(0, Int64(begin))
        while True:
            var to = sink.filled + count
            sink.ts_event.store(to, self.bucket.start)
            sink.ts_init.store(to, UInt64(self.bucket.end))
            count += 1
            self.bounds.store(count, Int64(at))
            self.bucket = self.buckets.find(
                rows.ts_event[at] - bias, self.bucket
            )
            if self.bucket.left_out or count == most:
                break
            var stop = self._stop(rows.ts_event, at, end, bias)
            if stop == end:
                break
            at = stop
        var first = sink.filled
        var too_large = fold_whole[counted](
            rows, self.bounds, count, ways, sink
        )
        self._check(sink, first, too_large)
        return at

    @always_inline
    def _fold_short[
        counted: Bool
    ](
        mut self,
        rows: Rows[Self.price, Self.size],
        begin: Int,
        end: Int,
        bias: Int64,
        ways: Ways,
        mut sink: Sink[Self.price, Self.size],
    ) -> Int:
        """The same of bars of few rows; returns `begin` if it cannot make one."""
        comptime if Self.price != DType.int64:
            return begin
        var step = self.buckets.even_step()
        var most = min(_TOGETHER, len(sink) - sink.filled)
        var base = self.bucket.start
        if step == 0 or most <= 0 or base > LAST_STAMP - step:
            return begin
        var found = find_ends(
            rows.ts_event, begin, end, base + bias, step, self.bounds
        )
        var count = min(found, most)
        if count == 0:
            return begin
        var at = Int(self.bounds.load(count))
        var first = sink.filled
        self.usual = max((at - begin) // count, 1)
        var last = self.bucket
        self.bucket = self.buckets.find(rows.ts_event[at] - bias, last)
        if self.bucket.start - base == Int64(count) * step:
            _count_up(base, step, count, sink)
        else:
            for i in range(count):
                sink.ts_event.store(first + i, last.start)
                sink.ts_init.store(first + i, UInt64(last.end))
                last = self.buckets.find(
                    rows.ts_event[Int(self.bounds.load(i + 1))] - bias, last
                )
        var too_large = fold_whole[counted](
            rows, self.bounds, count, ways, sink
        )
        self._check(sink, first, too_large)
        return at

    @always_inline
    def _stop(
        mut self,
        stamps: ColumnView[DType.int64],
        at: Int,
        end: Int,
        bias: Int64,
    ) -> Int:
        """The first row after `at` that is not in its interval, or `end`."""
        var bound = self.bucket.end + bias
        # Intervals mostly have as many rows as the one before. Looking whether this
        # one has costs no waiting, as the processor guesses the answer.
        var stop = at + self.usual
        if stop < end and stamps[stop - 1] < bound and stamps[stop] >= bound:
            return stop
        stop = _first_at_least(stamps, at, end, bound)
        self.misses += 1
        if stop - at > self.usual or self.misses > 4:
            self.usual = stop - at
            self.misses = 0
        return stop

    def _check(
        mut self,
        sink: Sink[Self.price, Self.size],
        first: Int,
        too_large: Int,
    ):
        """Takes note of the first bar, from one on, that its encoding does not hold.

        `too_large` is the first whose volume passed the bits of its type, or -1.
        """
        if self.unsound >= 0 or first == sink.filled:
            return
        var bars = sink.rows()
        var at = first_unsound(bars, first, sink.filled)
        var passed = too_large >= 0 and (at < 0 or too_large <= at)
        if passed:
            at = too_large
        if at >= 0:
            comptime largest = largest_raw[Self.size]().cast[Self.size]()
            self.unsound = at
            self.unsound_start = bars.ts_event[at]
            self.too_large = passed or bars.volume[at] > largest

    @always_inline
    def advance(mut self, stamp: Int64, mut sink: Sink[Self.price, Self.size]):
        """Goes to the interval of a stamp, and appends the bar before it.

        Args:
            stamp: Nanoseconds UTC; not before the interval it is in.
            sink: Where the finished bar goes.
        """
        if self.live:
            if stamp < self.bucket.end:
                return
            if self.bar.count > 0:
                var bar = self.bar
                self.append(bar, sink, True)
                self.bar = OpenBar[Self.price, Self.size]()
        self.bucket = self.buckets.find(stamp, self.bucket)
        self.live = True

    @always_inline
    def append(
        mut self,
        bar: OpenBar[Self.price, Self.size],
        mut sink: Sink[Self.price, Self.size],
        ended: Bool,
    ):
        """Appends a bar of the interval it is in.

        Args:
            bar: The bar.
            sink: Where it goes.
            ended: Whether the interval is known to be over, so that the bar could not
                be known before its end.
        """
        var at = sink.filled
        if at >= len(sink):
            self.full = True
            return
        sink.open.store(at, bar.open)
        sink.high.store(at, bar.high)
        sink.low.store(at, bar.low)
        sink.close.store(at, bar.close)
        sink.volume.store(at, bar.volume.cast[Self.size]())
        sink.ts_event.store(at, self.bucket.start)
        var known = bar.known
        if ended:
            known = max(known, UInt64(self.bucket.end))
        sink.ts_init.store(at, known)
        sink.count.store(at, bar.count)
        sink.filled = at + 1
        self._check(sink, at, -1 if bar.fits() else at)

    def forget_trouble(mut self):
        """Goes on as if every bar so far could be held."""
        self.full = False
        self.unsound = -1
        self.too_large = False


@always_inline
def _count_up[
    price: DType, size: DType
](base: Int64, step: Int64, count: Int, mut sink: Sink[price, size]):
    """Intervals that follow each other: where they start and end."""
    var starts = sink.ts_event
    var ends = sink.ts_init
    var start = base + step * iota[DType.int64, _LANES]()
    var i = 0
    while i + _LANES <= count:
        starts.store[_LANES](sink.filled + i, start)
        ends.store[_LANES](sink.filled + i, (start + step).cast[DType.uint64]())
        start += _LANES * step
        i += _LANES
    for k in range(count - i):
        starts.store(sink.filled + i + k, base + step * Int64(i + k))
        ends.store(sink.filled + i + k, UInt64(base + step * Int64(i + k + 1)))


@always_inline
def _first_at_least(
    stamps: ColumnView[DType.int64], begin: Int, end: Int, bound: Int64
) -> Int:
    """The first row from `begin` to `end` whose stamp is not below `bound`."""
    var at = begin
    while at + _LANES <= len(stamps):
        var reached = pack_bits(stamps.load[_LANES](at).ge(bound))
        if reached != 0:
            return min(at + Int(count_trailing_zeros(reached)), end)
        at += _LANES
        if at >= end:
            return end
    while at < end and stamps[at] < bound:
        at += 1
    return at
