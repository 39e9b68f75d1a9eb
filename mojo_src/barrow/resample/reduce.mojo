"""Prices and sums of bars whose rows follow each other."""

from std.math import iota

from barrow.fence import ColumnView, Scratch

from barrow.resample.rows import Rows, Sink

comptime _LANES = 8
comptime _HALF = 4
# What becomes of two values.
comptime _HIGHEST = 0
comptime _LOWEST = 1
comptime _TOTAL = 2


def reduce_narrow[
    counted: Bool, small: Bool, price: DType, size: DType
](
    rows: Rows[price, size],
    bounds: Scratch[DType.int64],
    count: Int,
    mut sink: Sink[price, size],
) -> Int:
    """Makes prices, volumes and counts of values of 64 bits.

    All columns are read side by side, in one loop over many bars: one after the other,
    a few bars of each, they arrive a quarter slower.

    Parameters:
        counted: Whether rows are bars that know how many rows they are made of.
        small: Whether volumes can be added in 64 bits.
        price: The type of a raw price.
        size: The type of a raw volume.

    Args:
        rows: The rows.
        bounds: The first row of the first bar, then for every bar the row after its
            last one.
        count: How many bars.
        sink: Where the bars go, from its end on; `filled` stays.

    Returns:
        The number in the sink of the first bar whose volume passed its type; or -1.
    """
    var too_large = -1
    var i = 0
    while i < count:
        if i + _LANES <= count:
            var lengths = bounds.load[_LANES](i + 1) - bounds.load[_LANES](i)
            var to = sink.filled + i
            comptime if small:
                var done = True
                if _within[4](lengths):
                    _eight[counted, 4](rows, bounds, i, to, sink)
                elif _within[2](lengths):
                    _eight[counted, 2](rows, bounds, i, to, sink)
                elif _within[8](lengths):
                    _eight[counted, 8](rows, bounds, i, to, sink)
                else:
                    done = False
                if done:
                    _first_and_last[_LANES](rows, bounds, i, to, sink)
                    i += _LANES
                    continue
            var starts = bounds.load[_LANES](i)
            if all(lengths.le(_LANES)) and Int(
                starts[_LANES - 1]
            ) + _LANES <= len(rows):
                var over = _masked_eight[counted, small](
                    rows, starts, lengths, to, sink
                )
                if over >= 0 and too_large < 0:
                    too_large = to + over
                _first_and_last[_LANES](rows, bounds, i, to, sink)
                i += _LANES
                continue
        var fits = _reduce_one[counted, small](
            rows,
            Int(bounds.load(i)),
            Int(bounds.load(i + 1)),
            sink.filled + i,
            sink,
        )
        if not fits and too_large < 0:
            too_large = sink.filled + i
        _first_and_last[1](rows, bounds, i, sink.filled + i, sink)
        i += 1
    return too_large


@always_inline
def _first_and_last[
    price: DType, size: DType, //, bars: Int
](
    rows: Rows[price, size],
    bounds: Scratch[DType.int64],
    first: Int,
    to: Int,
    mut sink: Sink[price, size],
):
    """The first opening and the last closing price of some bars."""
    comptime for k in range(bars):
        var at = Int(bounds.load(first + k))
        var stop = Int(bounds.load(first + k + 1))
        sink.open.store(to + k, rows.open[at])
        sink.close.store(to + k, rows.close[stop - 1])


@always_inline
def _within[width: Int](lengths: SIMD[DType.int64, _LANES]) -> Bool:
    """Whether every bar has from `width` to twice as many rows."""
    var more = (lengths - Int64(width)).cast[DType.uint64]()
    return not any(more.gt(UInt64(width)))


@always_inline
def _eight[
    counted: Bool, width: Int, price: DType, size: DType
](
    rows: Rows[price, size],
    bounds: Scratch[DType.int64],
    first: Int,
    to: Int,
    mut sink: Sink[price, size],
):
    """Eight bars of `width` to twice as many rows each.

    Two short vectors hold all rows of a bar: its first ones and its last ones. Some rows
    may be in both, which the highest and the lowest price do not mind.
    """
    comptime for k in range(0, _LANES, _HALF):
        var high = _four[_HIGHEST, width](rows.high, bounds, first + k)
        sink.high.store[_HALF](to + k, high)
        var low = _four[_LOWEST, width](rows.low, bounds, first + k)
        sink.low.store[_HALF](to + k, low)
        var volume = _four_sums[width](rows.volume, bounds, first + k)
        sink.volume.store[_HALF](to + k, volume)
        comptime if counted:
            var counts = _four_sums[width](rows.count, bounds, first + k)
            sink.count.store[_HALF](to + k, counts)


@always_inline
def _four[
    dtype: DType,
    //,
    what: Int,
    width: Int,
](column: ColumnView[dtype], bounds: Scratch[DType.int64], first: Int) -> SIMD[
    dtype, _HALF
]:
    var vectors = Array[SIMD[dtype, width], _HALF](uninitialized=True)
    comptime for k in range(_HALF):
        var at = Int(bounds.load(first + k))
        var stop = Int(bounds.load(first + k + 1))
        vectors[k] = _fold[what, width](
            column.load[width](at), column.load[width](stop - width)
        )
    return _across[what, width](vectors)


@always_inline
def _four_sums[
    dtype: DType, //, width: Int
](column: ColumnView[dtype], bounds: Scratch[DType.int64], first: Int) -> SIMD[
    dtype, _HALF
]:
    var vectors = Array[SIMD[dtype, width], _HALF](uninitialized=True)
    comptime for k in range(_HALF):
        var at = Int(bounds.load(first + k))
        var stop = Int(bounds.load(first + k + 1))
        # Rows that are in both vectors count once.
        var here = iota[DType.int64, width]().ge(Int64(2 * width - (stop - at)))
        vectors[k] = column.load[width](at) + here.select(
            column.load[width](stop - width), 0
        )
    return _across[_TOTAL, width](vectors)


@always_inline
def _across[
    dtype: DType, //, what: Int, width: Int
](vectors: Array[SIMD[dtype, width], _HALF]) -> SIMD[dtype, _HALF]:
    """Folds each of four vectors to one value."""
    comptime if width == 2:
        var a = rebind[SIMD[dtype, 2]](vectors[0])
        var b = rebind[SIMD[dtype, 2]](vectors[1])
        var c = rebind[SIMD[dtype, 2]](vectors[2])
        var d = rebind[SIMD[dtype, 2]](vectors[3])
        var ab = a.shuffle[0, 2](b).join(c.shuffle[0, 2](d))
        var rest = a.shuffle[1, 3](b).join(c.shuffle[1, 3](d))
        return rebind[SIMD[dtype, _HALF]](_fold[what, 4](ab, rest))
    elif width == 8:
        var halves = Array[SIMD[dtype, 4], _HALF](uninitialized=True)
        comptime for k in range(_HALF):
            var whole = rebind[SIMD[dtype, 8]](vectors[k])
            halves[k] = _fold[what, 4](
                whole.slice[4](), whole.slice[4, offset=4]()
            )
        return _across[what, 4](halves)
    else:
        var a = rebind[SIMD[dtype, 4]](vectors[0])
        var b = rebind[SIMD[dtype, 4]](vectors[1])
        var c = rebind[SIMD[dtype, 4]](vectors[2])
        var d = rebind[SIMD[dtype, 4]](vectors[3])
        var ab = _fold[what, 4](
            a.shuffle[0, 4, 2, 6](b), a.shuffle[1, 5, 3, 7](b)
        )
        var cd = _fold[what, 4](
            c.shuffle[0, 4, 2, 6](d), c.shuffle[1, 5, 3, 7](d)
        )
        return _fold[what, 4](
            ab.shuffle[0, 1, 4, 5](cd), ab.shuffle[2, 3, 6, 7](cd)
        )


@always_inline
def _masked_eight[
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
    sink.high.store[_LANES](to, _across_eight[_HIGHEST](high))
    sink.low.store[_LANES](to, _across_eight[_LOWEST](low))
    comptime if small:
        sink.volume.store[_LANES](to, _across_eight[_TOTAL](volume))
    else:
        comptime for k in range(_LANES):
            var sum = _wide_sum(volume[k])
            if sum >> 64 != 0 and over < 0:
                over = k
            sink.volume.store(to + k, sum.cast[size]())
    comptime if counted:
        var counts = _Eight[DType.int64](uninitialized=True)
        comptime for k in range(_LANES):
            var here = iota[DType.int64, _LANES]().lt(lengths[k])
            counts[k] = here.select(rows.count.load[_LANES](Int(starts[k])), 0)
        sink.count.store[_LANES](to, _across_eight[_TOTAL](counts))
    return over


comptime _Eight[dtype: DType] = Array[SIMD[dtype, _LANES], _LANES]


@always_inline
def _fold[
    dtype: DType, //, what: Int, width: Int
](a: SIMD[dtype, width], b: SIMD[dtype, width]) -> SIMD[dtype, width]:
    comptime if what == _HIGHEST:
        return max(a, b)
    elif what == _LOWEST:
        return min(a, b)
    else:
        return a + b


@always_inline
def _across_eight[
    dtype: DType,
    //,
    what: Int,
](vectors: _Eight[dtype]) -> SIMD[dtype, _LANES]:
    """Folds every vector to one value, all eight together.

    Lanes of two vectors are interleaved and folded, then pairs of lanes of what is
    left, so that 21 instructions do what 48 would.
    """
    var pairs = Array[SIMD[dtype, _LANES], 4](uninitialized=True)
    comptime for k in range(4):
        var a = vectors[2 * k]
        var b = vectors[2 * k + 1]
        pairs[k] = _fold[what, _LANES](
            a.shuffle[0, 8, 2, 10, 4, 12, 6, 14](b),
            a.shuffle[1, 9, 3, 11, 5, 13, 7, 15](b),
        )
    var fours = Array[SIMD[dtype, _LANES], 2](uninitialized=True)
    comptime for k in range(2):
        var a = pairs[2 * k]
        var b = pairs[2 * k + 1]
        fours[k] = _fold[what, _LANES](
            a.shuffle[0, 1, 4, 5, 8, 9, 12, 13](b),
            a.shuffle[2, 3, 6, 7, 10, 11, 14, 15](b),
        )
    return _fold[what, _LANES](
        fours[0].shuffle[0, 1, 4, 5, 8, 9, 12, 13](fours[1]),
        fours[0].shuffle[2, 3, 6, 7, 10, 11, 14, 15](fours[1]),
    )


def _reduce_one[
    counted: Bool, small: Bool, price: DType, size: DType
](
    rows: Rows[price, size],
    begin: Int,
    stop: Int,
    to: Int,
    mut sink: Sink[price, size],
) -> Bool:
    """One bar of any number of rows; returns whether its volume fits."""
    if stop - begin < _LANES:
        return _reduce_few[counted](rows, begin, stop, to, sink)
    var highs = rows.high
    var lows = rows.low
    var volumes = rows.volume
    var all_counts = rows.count
    var high = SIMD[price, _LANES](Scalar[price].MIN)
    var low = SIMD[price, _LANES](Scalar[price].MAX)
    # Sums of halves of 32 bits do not overflow before 2^32 vectors.
    var sum = SIMD[size, _LANES](0)
    var high_sum = SIMD[size, _LANES](0)
    var count = SIMD[DType.int64, _LANES](0)
    var at = begin
    while True:
        # The last vector goes back, to rows that prices do not mind and sums leave out.
        var from_row = min(at, stop - _LANES)
        var here = iota[DType.int64, _LANES]().ge(Int64(at - from_row))
        high = max(high, highs.load[_LANES](from_row))
        low = min(low, lows.load[_LANES](from_row))
        var volume = here.select(volumes.load[_LANES](from_row), 0)
        comptime if small:
            sum += volume
        else:
            sum += volume & 0xFFFF_FFFF
            high_sum += volume >> 32
        comptime if counted:
            count += here.select(all_counts.load[_LANES](from_row), 0)
        at += _LANES
        if at >= stop:
            break
    sink.high.store(to, high.reduce_max())
    sink.low.store(to, low.reduce_min())
    comptime if counted:
        sink.count.store(to, count.reduce_add())
    comptime if small:
        # All rows are of one block: see `SMALL_VOLUME`.
        sink.volume.store(to, sum.reduce_add())
        return True
    var whole = sum.reduce_add().cast[DType.uint128]() + (
        high_sum.reduce_add().cast[DType.uint128]() << 32
    )
    sink.volume.store(to, whole.cast[size]())
    return (whole >> 64) == 0


def _reduce_few[
    counted: Bool, price: DType, size: DType
](
    rows: Rows[price, size],
    begin: Int,
    stop: Int,
    to: Int,
    mut sink: Sink[price, size],
) -> Bool:
    """The same of fewer than eight rows."""
    var highest = Scalar[price].MIN
    var lowest = Scalar[price].MAX
    var volume = UInt128(0)
    var counts = Int64(0)
    for at in range(begin, stop):
        highest = max(highest, rows.high[at])
        lowest = min(lowest, rows.low[at])
        volume += rows.volume[at].cast[DType.uint128]()
        comptime if counted:
            counts += rows.count[at]
    sink.high.store(to, highest)
    sink.low.store(to, lowest)
    sink.volume.store(to, volume.cast[size]())
    comptime if counted:
        sink.count.store(to, counts)
    return (volume >> 64) == 0


def reduce_wide[
    counted: Bool, price: DType, size: DType
](
    rows: Rows[price, size],
    bounds: Scratch[DType.int64],
    count: Int,
    mut sink: Sink[price, size],
) -> Int:
    """The same of values of 128 bits, for which there are no vectors.

    Parameters:
        counted: Whether rows are bars that know how many rows they are made of.
        price: The type of a raw price.
        size: The type of a raw volume.

    Args:
        rows: The rows.
        bounds: The first row of the first bar, then for every bar the row after its
            last one.
        count: How many bars.
        sink: Where the bars go, from its end on; `filled` stays.

    Returns:
        The number in the sink of the first bar whose volume passed its type; or -1.
    """
    var too_large = -1
    var at = Int(bounds.load(0))
    for i in range(count):
        var stop = Int(bounds.load(i + 1))
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
        sink.open.store(to, rows.open[at])
        sink.close.store(to, rows.close[stop - 1])
        sink.high.store(to, high)
        sink.low.store(to, low)
        sink.volume.store(to, volume)
        comptime if counted:
            sink.count.store(to, counts)
        at = stop
    return too_large


@always_inline
def _wide_sum[dtype: DType](volumes: SIMD[dtype, _LANES]) -> UInt128:
    """Adds eight values of 64 bits in 128."""
    var low = (volumes & 0xFFFF_FFFF).reduce_add().cast[DType.uint128]()
    return low + ((volumes >> 32).reduce_add().cast[DType.uint128]() << 32)
