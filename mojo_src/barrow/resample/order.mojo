"""Whether stamps rise, and what else is to be known before rows are folded."""

from barrow.fence import ColumnView

from barrow.resample.bucket import LAST_STAMP
from barrow.resample.rows import Rows, SMALL_VOLUME, Ways

comptime _LANES = 8


@fieldwise_init
struct Look(ImplicitlyCopyable):
    """What a look through rows found."""

    var bad: Int
    """The first row whose stamp may not be where it is; -1 if there is none."""
    var ways: Ways
    """What holds for the rows."""


def look_through[
    price: DType, size: DType
](
    rows: Rows[price, size],
    begin: Int,
    end: Int,
    least: Int64,
    rise: Int64,
    init: UInt64,
    rising: Bool,
) -> Look:
    """Looks at the times and volumes of rows, all in one pass.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.

    Args:
        rows: The rows.
        begin: The first row to look at.
        end: The row after the last one; more than `begin`.
        least: The least the first stamp may be; not negative.
        rise: By how much every stamp must exceed the one before: 0 or 1.
        init: The `ts_init` before the first row.
        rising: Whether `ts_init` has never fallen before.

    Returns:
        What holds for them.
    """
    var bits = SIMD[DType.uint64, _LANES](0)
    var bad = rows.ts_event[begin] < least or rows.ts_event[begin] > LAST_STAMP
    var fell = rows.ts_init[begin] < init
    bits[0] = _low_bits(rows.volume[begin])
    var wrong = SIMD[DType.bool, _LANES](fill=bad)
    var falls = SIMD[DType.bool, _LANES](fill=fell)
    var at = begin + 1
    while at + _LANES <= end:
        var now = rows.ts_event.load[_LANES](at)
        wrong |= now.lt(rows.ts_event.load[_LANES](at - 1) + rise)
        wrong |= now.gt(LAST_STAMP)
        falls |= rows.ts_init.load[_LANES](at).lt(
            rows.ts_init.load[_LANES](at - 1)
        )
        comptime if size == DType.uint64:
            bits |= rows.volume.load[_LANES](at).cast[DType.uint64]()
        at += _LANES
    var first: Int
    if any(wrong):
        first = first_out_of_order(rows.ts_event, begin, end, least, rise)
    else:
        first = first_out_of_order(
            rows.ts_event, at - 1, end, rows.ts_event[at - 1], rise
        )
    var rises = rising and not any(falls)
    while at < end:
        rises &= rows.ts_init[at] >= rows.ts_init[at - 1]
        bits[0] |= _low_bits(rows.volume[at])
        at += 1
    var small = size == DType.uint64 and bits.reduce_or() < SMALL_VOLUME
    return Look(first, Ways(small, rises))


@always_inline
def _low_bits[size: DType](volume: Scalar[size]) -> UInt64:
    return volume.cast[DType.uint64]()


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
    if begin == end:
        return -1
    if stamps[begin] < least or stamps[begin] > LAST_STAMP:
        return begin
    for at in range(begin + 1, end):
        if stamps[at] < stamps[at - 1] + rise or stamps[at] > LAST_STAMP:
            return at
    return -1
