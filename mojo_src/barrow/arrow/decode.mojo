"""Kernels over columns of raw values: to doubles, between widths, sums.

A `FixedSizeBinary(8)` column is a column of little-endian 64-bit integers under
another name, and `FixedSizeBinary(16)` one of 128-bit integers, so decoding reads
the buffer as it is.

The double nearest to x / 10**s, for an integer x of more bits than a double has, takes
one division. Let u be 2**-53 and D = 10**s, an exact double (s is 9 or 16), and let
q = x / D be below 2**(53 - s), which holds for all of 64 bits at s = 9 and for
|x| < 2**90 at s = 16.

1. x is the sum a + b of two doubles, |b| at most the distance between doubles at a:
   its parts of 32 and 64 bits are exact doubles, and what an addition of a larger and
   a smaller one loses is found by two subtractions.
2. With q0 = a / D rounded, r = a - q0 * D is a double, which a fused multiply-add
   finds. So q is q0 + (r + b) / D, without an error.
3. t = (r + b) * (1 / D), three roundings, is off by at most 4 * u * |r + b| / D. With w
   the distance between doubles at q0, |r| / D is at most w / 2, and |b| / D at most 2 * w
   and a little: t is off by less than 2**-49 * w.
4. q0 + t, rounded once, is the double nearest to q if no midpoint between doubles lies
   between q0 + t and q. A midpoint is M * 2**e with an odd M and 2**e = w / 2, and
   e < -s because q is below 2**(53 - s). Its distance from q is the absolute value of
   x * 2**(-e - s) - M * 5**s, divided by 5**s * 2**-e. The first term is even, the
   second odd: the distance is at least 2**e / 5**s, more than 2**-39 * w. In
   particular there are no ties.
"""

from std.math import fma
from std.memory import bitcast
from std.utils.numerics import nan

from barrow.fence import ColumnView, MutColumnView
from barrow.fixed import (
    SCALE_64,
    SCALE_128,
    largest_raw,
    to_nearest_float64,
)

comptime _WIDENING = 10 ** (SCALE_128 - SCALE_64)
comptime _WIDTH = 8
comptime _Doubles = SIMD[DType.float64, _WIDTH]
comptime _Ints = SIMD[DType.int64, _WIDTH]
# Columns of more doubles than these, 16 MiB, are larger than what a core has of the caches.
comptime _STREAMED = 1 << 21
comptime _TWO_32 = _Doubles(1 << 32)
comptime _LOW_32 = 0xFFFF_FFFF
comptime _SMALL = 1 << 51
# Added to an integer below 2**51, the bits of a double that is that much above 1.5 times
# 2**52; AVX2 has no instruction that converts 64 bits.
comptime _MAGIC = 6755399441055744.0
comptime _MAGIC_BITS = 0x4338_0000_0000_0000


def to_float64[
    dtype: DType
](raw: ColumnView[dtype], values: MutColumnView[DType.float64]):
    """Converts raw values to the nearest doubles, and those that are no numbers to NaN.

    Parameters:
        dtype: The type of a raw value. Its largest one is undefined, and of signed types the
            smallest one an erroneous price.

    Args:
        raw: Raw values.
        values: Where the doubles go; as long as `raw`.
    """
    var at = 0
    if len(raw) >= _STREAMED:
        while at < values.before_line():
            values.store(at, _nearest_of(raw[at]))
            at += 1
        while at + _WIDTH <= len(raw):
            values.stream[_WIDTH](at, _nearest(raw, at))
            at += _WIDTH
    while at + _WIDTH <= len(raw):
        values.store[_WIDTH](at, _nearest(raw, at))
        at += _WIDTH
    while at < len(raw):
        values.store(at, _nearest_of(raw[at]))
        at += 1


@always_inline
def _nearest_of[dtype: DType](raw: Scalar[dtype]) -> Float64:
    var number = raw != Scalar[dtype].MAX
    comptime if dtype.is_signed():
        number = number and raw != Scalar[dtype].MIN
    return to_nearest_float64[dtype](raw) if number else nan[DType.float64]()


@always_inline
def _nearest[dtype: DType](raw: ColumnView[dtype], at: Int) -> _Doubles:
    var lanes = raw.load[_WIDTH](at)
    comptime if dtype == DType.int64 or dtype == DType.uint64:
        return _narrow_quotient(lanes)
    else:
        var halves = bitcast[DType.int64, 2 * _WIDTH](lanes).deinterleave()
        comptime least = _Ints(-(1 << 26) if dtype.is_signed() else 0)
        if all(halves[1].ge(least) & halves[1].lt(1 << 26)):
            return _wide_quotient(halves[0], halves[1])
        var doubles = _Doubles(0)
        comptime for i in range(_WIDTH):
            doubles[i] = _nearest_of(raw[at + i])
        return doubles


@always_inline
def _narrow_quotient[dtype: DType](raw: SIMD[dtype, _WIDTH]) -> _Doubles:
    var whole = raw.cast[DType.int64]()
    # The common case: exact doubles, of which one division rounds once. An unsigned
    # value must not look like a negative one.
    comptime least = -_SMALL if dtype.is_signed() else 0
    if all(whole.ge(_Ints(least)) & whole.lt(_Ints(_SMALL))):
        comptime divisor = _Doubles(10**SCALE_64)
        return _exact(whole) / divisor
    var high = _exact((raw >> 32).cast[DType.int64]()) * _TWO_32
    var low = _exact(whole & _LOW_32)
    var sum = high + low
    var quotient = _quotient[SCALE_64](sum, low - (sum - high))
    var number = raw.ne(SIMD[dtype, _WIDTH](Scalar[dtype].MAX))
    comptime if dtype.is_signed():
        number &= raw.ne(SIMD[dtype, _WIDTH](Scalar[dtype].MIN))
    return number.select(quotient, _Doubles(nan[DType.float64]()))


@always_inline
def _wide_quotient(low: _Ints, high: _Ints) -> _Doubles:
    var top = _exact(high) * (_TWO_32 * _TWO_32)
    var middle = _exact((low >> 32) & _LOW_32) * _TWO_32
    var bottom = _exact(low & _LOW_32)
    var upper = top + middle
    var sum = upper + bottom
    # Both are multiples of 1 below 2**38, so their sum is exact.
    var lost = (middle - (upper - top)) + (bottom - (sum - upper))
    return _quotient[SCALE_128](sum, lost)


@always_inline
def _exact(whole: _Ints) -> _Doubles:
    """Converts integers below 2**51."""
    return bitcast[DType.float64, _WIDTH](whole + _MAGIC_BITS) - _MAGIC


@always_inline
def _quotient[scale: Int](a: _Doubles, b: _Doubles) -> _Doubles:
    """Finds the doubles nearest to (a + b) / 10**scale, as proved above."""
    comptime divisor = _Doubles(10**scale)
    comptime inverse = 1 / divisor
    var quotient = a / divisor
    return quotient + (fma(-quotient, divisor, a) + b) * inverse


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
