"""Results written past the caches, where there are more than those hold."""

from barrow.fence import MutColumnView, Scratch

# Columns of more doubles than these, 16 MiB, are larger than what a core has of the caches.
comptime _STREAMED = 1 << 21
comptime _LINE = 8


def is_streamed(result: MutColumnView[DType.float64]) -> Bool:
    """Tells whether results should be written past the caches, and can be.

    Args:
        result: Where they go.

    Returns:
        Whether there are many, and some begin a cache line.
    """
    return len(result) >= _STREAMED and result.before_line() < _LINE


@always_inline
def write_past_caches(
    stage: Scratch[DType.float64],
    result: MutColumnView[DType.float64],
    begin: Int,
    size: Int,
):
    """Writes staged results.

    Args:
        stage: The results, from the first one on.
        result: Where they go; `is_streamed` holds.
        begin: Where the first one goes.
        size: How many there are.
    """
    var i = 0
    while i < size and (result.address() + 8 * (begin + i)) % 64 != 0:
        result.store(begin + i, stage.load(i))
        i += 1
    while i + _LINE <= size:
        result.stream[_LINE](begin + i, stage.load[_LINE](i))
        i += _LINE
    while i < size:
        result.store(begin + i, stage.load(i))
        i += 1
