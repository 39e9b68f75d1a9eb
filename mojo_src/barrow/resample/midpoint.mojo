"""Values half way between a bid and an ask."""

from barrow.fence import ColumnView, MutColumnView


def midpoints[
    dtype: DType
](
    bids: ColumnView[dtype],
    asks: ColumnView[dtype],
    middles: MutColumnView[dtype],
) -> Int:
    """Computes what is half way between two columns.

    Parameters:
        dtype: The type of a raw value.

    Args:
        bids: Raw values.
        asks: As many raw values.
        middles: Room for as many; rows that are not exact hold the lower neighbor.

    Returns:
        The first row whose middle needs one more digit than raw values have; -1 if
        there is none.
    """
    var first = -1
    for i in range(len(bids)):
        var differ = bids[i] ^ asks[i]
        # The bits they share, and half of those they do not: no sum to overflow.
        middles.store(i, (bids[i] & asks[i]) + (differ >> 1))
        if differ & 1 != 0 and first < 0:
            first = i
    return first
