"""Amounts added to prices."""

from barrow.arrow import Outcome
from barrow.errors import Reason
from barrow.fence import ColumnView, MutColumnView
from barrow.fixed import largest_raw

from barrow.adjust.runs import Runs

comptime _LANES = 8


def shift_rows[
    dtype: DType
](
    raw: ColumnView[dtype],
    runs: Runs,
    amounts: ColumnView[dtype],
    into: MutColumnView[dtype],
) -> Outcome:
    """Adds an amount to the prices of every segment; sentinels stay.

    Parameters:
        dtype: The type of a raw price: `int64` or `int128`.

    Args:
        raw: Prices.
        runs: The segments of all of them.
        amounts: For every segment what to add, at most twice the largest price.
        into: Where the sums go; room for as many.

    Returns:
        The first sum that is out of range, if there is one. Nothing is ever rounded.
    """
    var outcome = Outcome()
    var begin = 0
    for i in range(len(runs)):
        var stop = runs.stops[i]
        var bad = _shift(raw, begin, stop, amounts[runs.segments[i]], into)
        if bad >= 0:
            outcome.refuse(bad, Reason.OVERFLOW)
            return outcome
        begin = stop
    return outcome


def _shift[
    dtype: DType
](
    raw: ColumnView[dtype],
    begin: Int,
    stop: Int,
    amount: Scalar[dtype],
    into: MutColumnView[dtype],
) -> Int:
    """Adds one amount; returns the first row whose sum is out of range, or -1."""
    comptime least = Scalar[dtype].MIN
    comptime most = Scalar[dtype].MAX
    comptime largest = largest_raw[dtype]().cast[DType.int128]()
    # What may be there so that the sum is in range. No sum of these overflows 128 bits,
    # and where none of 64 bits is too low or too high any may be there.
    var wide = amount.cast[DType.int128]()
    comptime floor = least.cast[DType.int128]()
    comptime ceiling = most.cast[DType.int128]()
    var low = max(-largest - wide, floor).cast[dtype]()
    var high = min(largest - wide, ceiling).cast[dtype]()
    if wide == 0:
        # What is not moved is not judged.
        low, high = least, most
    var at = begin
    comptime if dtype == DType.int64:
        while at + _LANES <= stop:
            var prices = raw.load[_LANES](at)
            var kept = prices.eq(least) | prices.eq(most)
            var bad = (prices.lt(low) | prices.gt(high)) & ~kept
            if any(bad):
                break
            into.store[_LANES](at, kept.select(prices, prices + amount))
            at += _LANES
    while at < stop:
        var price = raw[at]
        var kept = price == least or price == most
        if not kept and (price < low or price > high):
            return at
        into.store(at, price if kept else price + amount)
        at += 1
    return -1
