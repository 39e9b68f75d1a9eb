"""Bars whose rows all lie in one block, many at a time."""

from std.math import iota

from barrow.fence import Scratch
from barrow.fixed import largest_raw

from barrow.resample.rows import Rows, Sink, Ways

comptime _LANES = 8


def fold_whole[
    counted: Bool, price: DType, size: DType
](
    rows: Rows[price, size],
    begin: Int,
    stops: Scratch[DType.int64],
    count: Int,
    ways: Ways,
    mut sink: Sink[price, size],
) -> Int:
    """Makes bars of rows that follow each other, and appends them.

    Parameters:
        counted: Whether rows are bars that know how many rows they are made of.
        price: The type of a raw price.
        size: The type of a raw volume.

    Args:
        rows: The rows.
        begin: The first row of the first bar.
        stops: For every bar, the row after its last one.
        count: How many bars.
        ways: What holds for the rows.
        sink: Where the bars go; their `ts_event` is there, and the end of their
            interval as `ts_init`.

    Returns:
        The number in the sink of the first bar whose volume does not fit into its type;
        -1 if all do.
    """
    var too_large = -1
    comptime if price == DType.int64:
        if ways.small:
            _ = _reduce[counted, True](rows, begin, stops, count, sink)
        else:
            too_large = _reduce[counted, False](rows, begin, stops, count, sink)
    else:
        too_large = _reduce_wide[counted](rows, begin, stops, count, sink)
    # Loops of their own: together they need more registers than there are.
    var at = begin
    for i in range(count):
        var stop = Int(stops.load(i))
        var to = sink.filled + i
        sink.open.store(to, rows.open[at])
        sink.close.store(to, rows.close[stop - 1])
        comptime if not counted:
            sink.count.store(to, Int64(stop - at))
        if ways.rising:
            sink.ts_init.store(
                to, max(sink.ts_init.load(to), rows.ts_init[stop - 1])
            )
        at = stop
    if not ways.rising:
        _latest(rows, begin, stops, count, sink)
    sink.filled += count
    return too_large


def _reduce[
    counted: Bool, small: Bool, price: DType, size: DType
](
    rows: Rows[price, size],
    begin: Int,
    stops: Scratch[DType.int64],
    count: Int,
    mut sink: Sink[price, size],
) -> Int:
    """Highest, lowest and sums of values of 64 bits."""
    var too_large = -1
    var at = begin
    var i = 0
    while i < count:
        if i + _LANES <= count:
            var ends = stops.load[_LANES](i)
            var starts = ends.shift_right[1]()
            starts[0] = Int64(at)
            if all((ends - starts).le(_LANES)) and Int(
                starts[_LANES - 1]
            ) + _LANES <= len(rows):
                var over = _reduce_eight[counted, small](
                    rows, starts, ends - starts, sink.filled + i, sink
                )
                if over >= 0 and too_large < 0:
                    too_large = sink.filled + i + over
                at = Int(ends[_LANES - 1])
                i += _LANES
                continue
        var stop = Int(stops.load(i))
        var fits = _reduce_one[counted](rows, at, stop, sink.filled + i, sink)
        if not fits and too_large < 0:
            too_large = sink.filled + i
        at = stop
        i += 1
    return too_large


@always_inline
def _reduce_eight[
    counted: Bool, small: Bool, price: DType, size: DType
](
    rows: Rows[price, size],
    starts: SIMD[DType.int64, _LANES],
    lengths: SIMD[DType.int64, _LANES],
    to: Int,
    mut sink: Sink[price, size],
) -> Int:
    """Eight bars of at most eight rows each: one vector a bar, then one of all bars.

    Returns the first whose volume does not fit, or -1.
    """
    var over = -1
    var high = _Eight[price](uninitialized=True)
    var low = _Eight[price](uninitialized=True)
    var volume = _Eight[size](uninitialized=True)
    comptime for k in range(_LANES):
        var at = Int(starts[k])
        var here = iota[DType.int64, _LANES]().lt(lengths[k])
        high[k] = here.select(rows.high.load[_LANES](at), Scalar[price].MIN)
        low[k] = here.select(rows.low.load[_LANES](at), Scalar[price].MAX)
        volume[k] = here.select(rows.volume.load[_LANES](at), 0)
    sink.high.store[_LANES](to, _across[_larger[price]](high))
    sink.low.store[_LANES](to, _across[_smaller[price]](low))
    comptime if small:
        sink.volume.store[_LANES](to, _across[_sum[size]](volume))
    else:
        comptime for k in range(_LANES):
            var sum = wide_sum(volume[k])
            if sum >> 64 != 0 and over < 0:
                over = k
            sink.volume.store(to + k, sum.cast[size]())
    comptime if counted:
        var counts = _Eight[DType.int64](uninitialized=True)
        comptime for k in range(_LANES):
            var here = iota[DType.int64, _LANES]().lt(lengths[k])
            counts[k] = here.select(rows.count.load[_LANES](Int(starts[k])), 0)
        sink.count.store[_LANES](to, _across[_sum[DType.int64]](counts))
    return over


comptime _Eight[dtype: DType] = Array[SIMD[dtype, _LANES], _LANES]


@always_inline
def _larger[
    dtype: DType
](a: SIMD[dtype, _LANES], b: SIMD[dtype, _LANES]) -> SIMD[dtype, _LANES]:
    return max(a, b)


@always_inline
def _smaller[
    dtype: DType
](a: SIMD[dtype, _LANES], b: SIMD[dtype, _LANES]) -> SIMD[dtype, _LANES]:
    return min(a, b)


@always_inline
def _sum[
    dtype: DType
](a: SIMD[dtype, _LANES], b: SIMD[dtype, _LANES]) -> SIMD[dtype, _LANES]:
    return a + b


@always_inline
def _across[
    dtype: DType,
    //,
    fold: def(SIMD[dtype, _LANES], SIMD[dtype, _LANES]) thin -> SIMD[
        dtype, _LANES
    ],
](vectors: _Eight[dtype]) -> SIMD[dtype, _LANES]:
    """Folds every vector to one value, all eight together.

    Lanes of two vectors are interleaved and folded, then pairs of lanes of what is
    left, so that 21 instructions do what 48 would.
    """
    var pairs = Array[SIMD[dtype, _LANES], 4](uninitialized=True)
    comptime for k in range(4):
        var a = vectors[2 * k]
        var b = vectors[2 * k + 1]
        pairs[k] = fold(
            a.shuffle[0, 8, 2, 10, 4, 12, 6, 14](b),
            a.shuffle[1, 9, 3, 11, 5, 13, 7, 15](b),
        )
    var fours = Array[SIMD[dtype, _LANES], 2](uninitialized=True)
    comptime for k in range(2):
        var a = pairs[2 * k]
        var b = pairs[2 * k + 1]
        fours[k] = fold(
            a.shuffle[0, 1, 4, 5, 8, 9, 12, 13](b),
            a.shuffle[2, 3, 6, 7, 10, 11, 14, 15](b),
        )
    return fold(
        fours[0].shuffle[0, 1, 4, 5, 8, 9, 12, 13](fours[1]),
        fours[0].shuffle[2, 3, 6, 7, 10, 11, 14, 15](fours[1]),
    )


def _reduce_one[
    counted: Bool, price: DType, size: DType
](
    rows: Rows[price, size],
    begin: Int,
    stop: Int,
    to: Int,
    mut sink: Sink[price, size],
) -> Bool:
    var at = begin
    var high = SIMD[price, _LANES](Scalar[price].MIN)
    var low = SIMD[price, _LANES](Scalar[price].MAX)
    # Sums of halves of 32 bits do not overflow before 2^32 vectors.
    var low_sum = SIMD[size, _LANES](0)
    var high_sum = SIMD[size, _LANES](0)
    var count = SIMD[DType.int64, _LANES](0)
    while at + _LANES <= stop:
        high = max(high, rows.high.load[_LANES](at))
        low = min(low, rows.low.load[_LANES](at))
        var volume = rows.volume.load[_LANES](at)
        low_sum += volume & 0xFFFF_FFFF
        high_sum += volume >> 32
        comptime if counted:
            count += rows.count.load[_LANES](at)
        at += _LANES
    var highest = high.reduce_max()
    var lowest = low.reduce_min()
    var volume = low_sum.reduce_add().cast[DType.uint128]() + (
        high_sum.reduce_add().cast[DType.uint128]() << 32
    )
    var counts = count.reduce_add()
    while at < stop:
        highest = max(highest, rows.high[at])
        lowest = min(lowest, rows.low[at])
        volume += rows.volume[at].cast[DType.uint128]()
        comptime if counted:
            counts += rows.count[at]
        at += 1
    sink.high.store(to, highest)
    sink.low.store(to, lowest)
    sink.volume.store(to, volume.cast[size]())
    comptime if counted:
        sink.count.store(to, counts)
    return (volume >> 64) == 0


def _reduce_wide[
    counted: Bool, price: DType, size: DType
](
    rows: Rows[price, size],
    begin: Int,
    stops: Scratch[DType.int64],
    count: Int,
    mut sink: Sink[price, size],
) -> Int:
    """The same of values of 128 bits, for which there are no vectors."""
    var too_large = -1
    var at = begin
    for i in range(count):
        var stop = Int(stops.load(i))
        var to = sink.filled + i
        var high = rows.high[at]
        var low = rows.low[at]
        var volume = rows.volume[at]
        var counts = Int64(0)
        comptime if counted:
            counts = rows.count[at]
        for row in range(at + 1, stop):
            high = max(high, rows.high[row])
            low = min(low, rows.low[row])
            volume += rows.volume[row]
            if volume < rows.volume[row] and too_large < 0:
                too_large = to
            comptime if counted:
                counts += rows.count[row]
        sink.high.store(to, high)
        sink.low.store(to, low)
        sink.volume.store(to, volume)
        comptime if counted:
            sink.count.store(to, counts)
        at = stop
    return too_large


def _latest[
    price: DType, size: DType
](
    rows: Rows[price, size],
    begin: Int,
    stops: Scratch[DType.int64],
    count: Int,
    mut sink: Sink[price, size],
):
    """The latest `ts_init` of every bar, where they do not rise."""
    var at = begin
    for i in range(count):
        var to = sink.filled + i
        var known = sink.ts_init.load(to)
        for row in range(at, Int(stops.load(i))):
            known = max(known, rows.ts_init[row])
        sink.ts_init.store(to, known)
        at = Int(stops.load(i))


@always_inline
def wide_sum[dtype: DType](volumes: SIMD[dtype, _LANES]) -> UInt128:
    """Adds eight values of 64 bits in 128.

    Parameters:
        dtype: Their type.

    Args:
        volumes: The values.

    Returns:
        Their sum.
    """
    var low = (volumes & 0xFFFF_FFFF).reduce_add().cast[DType.uint128]()
    return low + ((volumes >> 32).reduce_add().cast[DType.uint128]() << 32)


def first_unsound[
    price: DType, size: DType
](bars: Rows[price, size], begin: Int, end: Int) -> Int:
    """Finds a bar that its encoding does not hold.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.

    Args:
        bars: The bars.
        begin: The first one to look at.
        end: The one after the last one.

    Returns:
        The first bar with a price or a volume out of range; -1 if there is none.
    """
    comptime largest = largest_raw[price]().cast[price]()
    comptime largest_size = largest_raw[size]().cast[size]()
    var at = begin
    comptime if price == DType.int64:
        while at + _LANES <= end:
            var open = bars.open.load[_LANES](at)
            var close = bars.close.load[_LANES](at)
            var most = max(bars.high.load[_LANES](at), max(open, close))
            var least = min(bars.low.load[_LANES](at), min(open, close))
            var bad = (
                most.gt(largest)
                | least.lt(-largest)
                | bars.volume.load[_LANES](at).gt(largest_size)
            )
            if any(bad):
                break
            at += _LANES
    while at < end:
        if (
            max(bars.high[at], max(bars.open[at], bars.close[at])) > largest
            or min(bars.low[at], min(bars.open[at], bars.close[at])) < -largest
            or bars.volume[at] > largest_size
        ):
            return at
        at += 1
    return -1
