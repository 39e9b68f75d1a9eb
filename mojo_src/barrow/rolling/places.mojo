"""Where in a window the least or the greatest value is."""

from barrow.fence import MutColumnView, Scratch, SeriesView

comptime _NAN = Float64(0) / Float64(0)


def rolling_place[
    greatest: Bool
](
    x: SeriesView,
    window: Int,
    min_periods: Int,
    result: MutColumnView[DType.float64],
):
    """Finds the place of the least or greatest value of every window.

    It is counted from the first number of the window, which near the beginning is the
    first of the series; of equal values it is the first one. NaN and infinities are
    missing values.

    Candidates lie in a ring: each is less (greater) than those before it, since a later
    one that is no greater (less) throws out those before it.

    Parameters:
        greatest: Whether the greatest is looked for, or the least.

    Args:
        x: The numbers.
        window: How many a window holds, at least 1.
        min_periods: How many of them a result needs.
        result: Where the results go; as long as `x`, in other memory.
    """
    var size = 1
    while size <= min(window, len(x)):
        size *= 2
    var values = Scratch[DType.float64](length=size)
    var places = Scratch[DType.int64](length=size)
    var first = 0
    var end = 0
    var count = 0
    for at in range(len(x)):
        if at >= window:
            var old = x.double(at - window)
            if (old - old) == 0:
                count -= 1
        while first < end and places.load(first & (size - 1)) <= Int64(
            at - window
        ):
            first += 1
        var value = x.double(at)
        if (value - value) == 0:
            count += 1
            while first < end:
                var last = values.load((end - 1) & (size - 1))
                comptime if greatest:
                    if last >= value:
                        break
                else:
                    if last <= value:
                        break
                end -= 1
            values.store(end & (size - 1), value)
            places.store(end & (size - 1), Int64(at))
            end += 1
        var place = _NAN
        if count >= max(min_periods, 1):
            var begin = max(0, at + 1 - window)
            place = Float64(Int(places.load(first & (size - 1))) - begin)
        result.store(at, place)
