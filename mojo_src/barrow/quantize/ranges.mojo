"""Ranges of groups: least and largest values, and where to clip them."""

from std.math import fma
from std.memory import bitcast

from barrow.fence import ColumnView, Scratch
from barrow.quantize.grid import Floats, Grid, LANES, Levels, grid_of

# GPTQ's grid: a range is shrunk in steps of a hundredth to no less than a fifth.
comptime _SHRINKS = 81


@fieldwise_init
struct Range(TrivialRegisterPassable):
    """The values of a group lie in it."""

    var low: Float32
    """The least one; 0 if there is none."""
    var high: Float32
    """The largest one; 0 if there is none."""
    var finite: Bool
    """Whether no value is NaN or infinite in float32."""


@always_inline
def at_once[
    dtype: DType, width: Int
](values: ColumnView[dtype], at: Int) -> SIMD[DType.float32, width]:
    """Loads values as float32.

    Parameters:
        dtype: How they are stored.
        width: How many.

    Args:
        values: Where they are.
        at: The index of the first one.

    Returns:
        The values.
    """
    return values.load[width](at).cast[DType.float32]()


def find_range[
    dtype: DType
](values: ColumnView[dtype], begin: Int, end: Int) -> Range:
    """Finds the least and the largest value.

    Parameters:
        dtype: How values are stored.

    Args:
        values: Values.
        begin: The first one to look at.
        end: One past the last one.

    Returns:
        The range.
    """
    if begin == end:
        return Range(0, 0, True)
    var first = at_once[dtype, 1](values, begin)
    var low = Floats(first)
    var high = Floats(first)
    # NaN as soon as a value is not finite: infinity times zero is NaN.
    var doubt = Floats(0)
    var at = begin
    var more_low = low
    var more_high = high
    var more_doubt = doubt
    while at + 2 * LANES <= end:
        var x = at_once[dtype, LANES](values, at)
        var y = at_once[dtype, LANES](values, at + LANES)
        low = x.lt(low).select(x, low)
        more_low = y.lt(more_low).select(y, more_low)
        high = x.gt(high).select(x, high)
        more_high = y.gt(more_high).select(y, more_high)
        doubt = fma(x, Floats(0), doubt)
        more_doubt = fma(y, Floats(0), more_doubt)
        at += 2 * LANES
    var least = _least[LANES](more_low.lt(low).select(more_low, low))
    var most = -_least[LANES](-more_high.gt(high).select(more_high, high))
    var finite = all((doubt + more_doubt).eq(Floats(0)))
    while at < end:
        var x = at_once[dtype, 1](values, at)
        least = min(least, x)
        most = max(most, x)
        finite = finite and x * 0 == 0
        at += 1
    return Range(least, most, finite)


@always_inline
def _least[width: Int](x: SIMD[DType.float32, width]) -> Float32:
    """The least of numbers; without a care for NaN, so that it takes one step a half."""
    comptime if width == 1:
        return x[0]
    else:
        comptime half = width // 2
        var a = x.slice[half]()
        var b = x.slice[half, offset=half]()
        return _least[half](b.lt(a).select(b, a))


def first_not_finite[
    dtype: DType
](values: ColumnView[dtype], begin: Int, end: Int) -> Int:
    """Finds a value that is NaN, or infinite in float32.

    Parameters:
        dtype: How values are stored.

    Args:
        values: Values.
        begin: The first one to look at.
        end: One past the last one.

    Returns:
        Its index, or -1.
    """
    for at in range(begin, end):
        if at_once[dtype, 1](values, at) * 0 != 0:
            return at
    return -1


def percentile_range[
    dtype: DType
](
    values: ColumnView[dtype],
    begin: Int,
    end: Int,
    fraction: Float64,
    symmetric: Bool,
) -> Range:
    """Finds the range that holds most of the values.

    Its ends are values of the group, and never clip more than was asked: of n values in
    order the one at floor((1 - fraction) * (n - 1)) and the one at
    ceil(fraction * (n - 1)). Of the symmetric scheme the magnitudes are put in order.

    Parameters:
        dtype: How values are stored.

    Args:
        values: Finite values.
        begin: The first one of the group.
        end: One past the last one, more than `begin`.
        fraction: Which part of the values lies below the upper end.
        symmetric: Whether the range is as large on both sides of 0.

    Returns:
        The range.
    """
    var last = end - begin - 1
    var rest = min(Int((1 - fraction) * Float64(last)), last)
    if symmetric:
        var most = _in_order[dtype, True](values, begin, end, last - rest)
        return Range(-most, most, True)
    return Range(
        _in_order[dtype, False](values, begin, end, rest),
        _in_order[dtype, False](values, begin, end, last - rest),
        True,
    )


def _in_order[
    dtype: DType, magnitudes: Bool
](values: ColumnView[dtype], begin: Int, end: Int, place: Int) -> Float32:
    """Selects by the bits of the values, eight at a time, so that no copy is made."""
    var counts = Scratch[DType.int64](length=256)
    var prefix = UInt32(0)
    var before = place
    comptime for step in range(4):
        comptime shift = UInt32(24 - 8 * step)
        for i in range(256):
            counts.store(i, Int64(0))
        for at in range(begin, end):
            var key = _key[magnitudes](at_once[dtype, 1](values, at))
            comptime if step > 0:
                if key >> (shift + 8) != prefix:
                    continue
            var bin = Int((key >> shift) & 255)
            counts.store(bin, counts.load(bin) + 1)
        var bin = 0
        while before >= Int(counts.load(bin)):
            before -= Int(counts.load(bin))
            bin += 1
        prefix = prefix << 8 | UInt32(bin)
    return bitcast[DType.float32](
        prefix ^ UInt32(0x8000_0000) if prefix >> 31 == 1 else ~prefix
    )


@always_inline
def _key[magnitudes: Bool](x: Float32) -> UInt32:
    """An integer that is in the same order as the values."""
    comptime if magnitudes:
        return bitcast[DType.uint32](abs(x)) | 0x8000_0000
    var bits = bitcast[DType.uint32](x)
    return ~bits if bits >> 31 == 1 else bits | 0x8000_0000


def least_squares_grid[
    dtype: DType
](
    values: ColumnView[dtype],
    begin: Int,
    end: Int,
    range_: Range,
    levels: Levels,
    half: Bool,
) -> Grid:
    """Shrinks the range in steps and takes the grid with the least squared error.

    Parameters:
        dtype: How values are stored.

    Args:
        values: Finite values.
        begin: The first one of the group.
        end: One past the last one.
        range_: The whole range of the group, which is a candidate.
        levels: Which codes there are.
        half: As `grid_of` has it.

    Returns:
        The grid.
    """
    var best = grid_of(range_.low, range_.high, levels, half)
    if range_.low == range_.high:
        return best
    var least = _squares(values, begin, end, best, levels)
    for i in range(1, _SHRINKS):
        var part = Float32(100 - i) / 100
        var grid = grid_of(range_.low * part, range_.high * part, levels, half)
        var squares = _squares(values, begin, end, grid, levels)
        if squares < least:
            least = squares
            best = grid
    return best


def _squares[
    dtype: DType
](
    values: ColumnView[dtype], begin: Int, end: Int, grid: Grid, levels: Levels
) -> Float64:
    var sum = SIMD[DType.float64, LANES](0)
    var at = begin
    while at + LANES <= end:
        var x = at_once[dtype, LANES](values, at)
        var lost = (grid.values[LANES](grid.codes[LANES](x, levels)) - x).cast[
            DType.float64
        ]()
        sum += lost * lost
        at += LANES
    var total = sum.reduce_add()
    while at < end:
        var x = at_once[dtype, 1](values, at)
        var lost = (grid.values[1](grid.codes[1](x, levels)) - x).cast[
            DType.float64
        ]()
        total += lost * lost
        at += 1
    return total
