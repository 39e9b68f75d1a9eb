"""Kernels over columns of raw values: to doubles, between widths, sums.

A `FixedSizeBinary(8)` column is a column of little-endian 64-bit integers under
another name, and `FixedSizeBinary(16)` one of 128-bit integers, so decoding reads
the buffer as it is.
"""

from barrow.fence import ColumnView, MutColumnView
from barrow.fixed import (
    SCALE_64,
    SCALE_128,
    largest_raw,
    power_of_ten,
    to_nearest_float64,
)

comptime _WIDENING = 10 ** (SCALE_128 - SCALE_64)
# Doubles hold every integer up to this one.
comptime _EXACT = 1 << 53


def to_float64[
    dtype: DType
](raw: ColumnView[dtype], values: MutColumnView[DType.float64], precision: Int):
    """Converts raw values to the nearest doubles.

    Parameters:
        dtype: The type of a raw value.

    Args:
        raw: Raw values.
        values: Where the doubles go; as long as `raw`.
        precision: Decimals that carry meaning; a hint that saves time with 128
            bits, the result is the same without it.
    """
    comptime if dtype == DType.int64 or dtype == DType.uint64:
        _narrow_to_float64(raw, values)
    else:
        _wide_to_float64(raw, values, precision)


def _narrow_to_float64[
    dtype: DType
](raw: ColumnView[dtype], values: MutColumnView[DType.float64]):
    comptime width = 8
    comptime divisor = SIMD[DType.float64, width](10**SCALE_64)
    var at = 0
    while at + width <= len(raw):
        var lanes = raw.load[width](at)
        # One unsigned comparison for both ends of the range.
        var offset = lanes.cast[DType.uint64]()
        comptime if dtype == DType.int64:
            offset += _EXACT
            if all(offset.le(2 * _EXACT)):
                values.store[width](at, lanes.cast[DType.float64]() / divisor)
                at += width
                continue
        else:
            if all(offset.le(_EXACT)):
                # As signed integers: AVX2 converts those without a detour.
                values.store[width](
                    at,
                    lanes.cast[DType.int64]().cast[DType.float64]() / divisor,
                )
                at += width
                continue
        comptime for i in range(width):
            values.store(at + i, to_nearest_float64[dtype](lanes[i]))
        at += width
    while at < len(raw):
        values.store(at, to_nearest_float64[dtype](raw[at]))
        at += 1


def _wide_to_float64[
    dtype: DType
](
    raw: ColumnView[dtype],
    values: MutColumnView[DType.float64],
    precision: Int,
):
    # Most raw values end in scale - precision zeros. Without them a price fits
    # into 53 bits, where one division is exact enough.
    var strip = Int64(power_of_ten(SCALE_128 - precision))
    var divisor = Float64(power_of_ten(precision))
    for at in range(len(raw)):
        var wide = raw[at]
        var narrow = wide.cast[DType.int64]()
        if narrow.cast[dtype]() == wide and narrow >= 0:
            var stripped = narrow // strip
            if stripped * strip == narrow and stripped <= _EXACT:
                values.store(at, Float64(stripped) / divisor)
                continue
        values.store(at, to_nearest_float64[dtype](wide))


def widen[
    narrow_type: DType, wide_type: DType
](raw: ColumnView[narrow_type], wide: MutColumnView[wide_type]):
    """Converts 64-bit raw values to 128-bit ones; always exact.

    Parameters:
        narrow_type: `int64` or `uint64`.
        wide_type: `int128` or `uint128`.

    Args:
        raw: 64-bit raw values.
        wide: Where the 128-bit ones go; as long as `raw`.
    """
    for at in range(len(raw)):
        wide.store(at, raw[at].cast[wide_type]() * _WIDENING)


def narrow[
    wide_type: DType, narrow_type: DType
](wide: ColumnView[wide_type], raw: MutColumnView[narrow_type]) -> Int:
    """Converts 128-bit raw values to 64-bit ones, as long as it is exact.

    Parameters:
        wide_type: `int128` or `uint128`.
        narrow_type: `int64` or `uint64`.

    Args:
        wide: 128-bit raw values.
        raw: Where the 64-bit ones go; as long as `wide`.

    Returns:
        -1, or the index of the first value that does not fit.
    """
    comptime largest = largest_raw[narrow_type]().cast[wide_type]()
    for at in range(len(wide)):
        var value = wide[at]
        # Toward zero, so that a remainder keeps its sign.
        var negative = value < 0
        var magnitude = -value if negative else value
        var quotient = magnitude // _WIDENING
        if (
            magnitude < 0
            or quotient * _WIDENING != magnitude
            or quotient > largest
        ):
            return at
        var small = quotient.cast[narrow_type]()
        raw.store(at, -small if negative else small)
    return -1


def total[dtype: DType](raw: ColumnView[dtype]) -> Int128:
    """Sums 64-bit raw values exactly.

    Lanes add up the low and the high halves apart; a block is short enough that
    no lane overflows.

    Parameters:
        dtype: `int64` or `uint64`.

    Args:
        raw: Raw values at scale 9.

    Returns:
        The sum at scale 9.
    """
    comptime width = 8
    comptime block = 1 << 30
    var sum = Int128(0)
    var at = 0
    while at < len(raw):
        var low = SIMD[DType.uint64, width](0)
        var high = SIMD[DType.int64, width](0)
        var end = min(len(raw), at + block)
        while at + width <= end:
            var lanes = raw.load[width](at)
            low += lanes.cast[DType.uint64]() & 0xFFFF_FFFF
            high += (lanes >> 32).cast[DType.int64]()
            at += width
        sum += Int128(low.cast[DType.int128]().reduce_add())
        sum += high.cast[DType.int128]().reduce_add() << 32
        while at < end:
            sum += raw[at].cast[DType.int128]()
            at += 1
    return sum
