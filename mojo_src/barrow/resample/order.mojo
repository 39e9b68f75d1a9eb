"""Whether stamps rise."""

from barrow.fence import ColumnView

from barrow.resample.bucket import LAST_STAMP


def first_out_of_order(
    stamps: ColumnView[DType.int64],
    begin: Int,
    end: Int,
    least: Int64,
    rise: Int64,
) -> Int:
    """Finds the first stamp that may not be where it is.

    Args:
        stamps: Nanoseconds UTC, the bits of unsigned ones.
        begin: The first row to look at.
        end: The row after the last one.
        least: The least the first stamp may be; not negative.
        rise: By how much every stamp must exceed the one before: 0 or 1.

    Returns:
        The first row whose stamp is before the one of the row before, or the same
        where it has to rise, or after 2261; -1 if there is none.
    """
    comptime width = 8
    if begin == end:
        return -1
    if stamps[begin] < least or stamps[begin] > LAST_STAMP:
        return begin
    var at = begin + 1
    while at + width <= end:
        var now = stamps.load[width](at)
        var bad = now.lt(stamps.load[width](at - 1) + rise) | now.gt(LAST_STAMP)
        if any(bad):
            break
        at += width
    while at < end:
        if stamps[at] < stamps[at - 1] + rise or stamps[at] > LAST_STAMP:
            return at
        at += 1
    return -1
