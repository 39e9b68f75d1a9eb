"""Bars whose rows all lie in one block, many at a time."""

from barrow.fence import Scratch
from barrow.fixed import largest_raw

from barrow.resample.reduce import reduce_narrow, reduce_wide
from barrow.resample.rows import Rows, Sink, Ways

comptime _LANES = 8


def fold_whole[
    counted: Bool, price: DType, size: DType
](
    rows: Rows[price, size],
    bounds: Scratch[DType.int64],
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
        bounds: The first row of the first bar, then for every bar the row after its
            last one.
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
            _ = reduce_narrow[counted, True](rows, bounds, count, sink)
        else:
            too_large = reduce_narrow[counted, False](rows, bounds, count, sink)
    else:
        too_large = reduce_wide[counted](rows, bounds, count, sink)
    comptime if not counted:
        _lengths(bounds, count, sink)
    if not ways.prompt:
        if ways.rising:
            _last_known(rows, bounds, count, sink)
        else:
            _latest(rows, bounds, count, sink)
    sink.filled += count
    return too_large


@always_inline
def _lengths[
    price: DType, size: DType
](bounds: Scratch[DType.int64], count: Int, mut sink: Sink[price, size]):
    var counts = sink.count
    var i = 0
    while i + _LANES <= count:
        counts.store[_LANES](
            sink.filled + i,
            bounds.load[_LANES](i + 1) - bounds.load[_LANES](i),
        )
        i += _LANES
    while i < count:
        counts.store(sink.filled + i, bounds.load(i + 1) - bounds.load(i))
        i += 1


def _last_known[
    price: DType, size: DType
](
    rows: Rows[price, size],
    bounds: Scratch[DType.int64],
    count: Int,
    mut sink: Sink[price, size],
):
    """The `ts_init` of the last row of every bar, where they rise."""
    var inits = rows.ts_init
    var known = sink.ts_init
    for i in range(count):
        var to = sink.filled + i
        known.store(to, max(known.load(to), inits[Int(bounds.load(i + 1)) - 1]))


def _latest[
    price: DType, size: DType
](
    rows: Rows[price, size],
    bounds: Scratch[DType.int64],
    count: Int,
    mut sink: Sink[price, size],
):
    """The latest `ts_init` of every bar, where they do not rise."""
    var at = Int(bounds.load(0))
    for i in range(count):
        var to = sink.filled + i
        var known = sink.ts_init.load(to)
        var stop = Int(bounds.load(i + 1))
        for row in range(at, stop):
            known = max(known, rows.ts_init[row])
        sink.ts_init.store(to, known)
        at = stop


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
