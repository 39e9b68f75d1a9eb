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
    before: Ways,
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
        before: What held for all rows before.

    Returns:
        What holds for them.
    """
    var stamps = rows.ts_event
    var inits = rows.ts_init
    var volumes = rows.volume
    var bits = SIMD[DType.uint64, _LANES](0)
    bits[0] = _low_bits(volumes[begin])
    var wrong = SIMD[DType.bool, _LANES](fill=False)
    var slack = 1 - rise
    var apart = SIMD[DType.uint64, _LANES](0)
    apart[0] = inits[begin] ^ UInt64(stamps[begin])
    var at = begin + 1
    while at + _LANES <= end:
        var now = stamps.load[_LANES](at)
        # The least stamp would wrap, but it is negative and wrong itself.
        wrong |= now.le(stamps.load[_LANES](at - 1) - slack)
        apart |= now.cast[DType.uint64]() ^ inits.load[_LANES](at)
        comptime if size == DType.uint64:
            bits |= volumes.load[_LANES](at).cast[DType.uint64]()
        at += _LANES
    var rest = at
    while at < end:
        apart[0] |= inits[at] ^ UInt64(stamps[at])
        bits[0] |= _low_bits(volumes[at])
        at += 1
    # Where stamps rise, none is too late if the last one is not.
    if (
        any(wrong)
        or stamps[begin] < least
        or first_out_of_order(stamps, rest - 1, end, 0, rise) >= 0
    ):
        var bad = first_out_of_order(stamps, begin, end, least, rise)
        return Look(bad, before)
    var together = apart.reduce_or() == 0
    var rises = before.rising and inits[begin] >= init
    if rises and not together:
        rises = _rises(inits, begin, end)
    var small = size == DType.uint64 and bits.reduce_or() < SMALL_VOLUME
    return Look(-1, Ways(small, rises, before.prompt and together))


def _rises(inits: ColumnView[DType.uint64], begin: Int, end: Int) -> Bool:
    var falls = SIMD[DType.bool, _LANES](fill=False)
    var at = begin + 1
    while at + _LANES <= end:
        falls |= inits.load[_LANES](at).lt(inits.load[_LANES](at - 1))
        at += _LANES
    var rises = not any(falls)
    while at < end:
        rises &= inits[at] >= inits[at - 1]
        at += 1
    return rises


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
