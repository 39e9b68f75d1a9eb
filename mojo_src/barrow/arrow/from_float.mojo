"""Doubles and floats to raw values: the number a float stands for is its shortest text.

0.1 as a double is 0.1000000000000000055511151231257827...; nobody means that. The
shortest decimal text that reads back as the same float, which Python, pandas and
polars print, is what was meant: 0.1. So the shortest text is the value, and what it
does not hold in the precision asked for is rounded or refused as in any other text.

Text is slow to make, and seldom needed. Let a float have a significand of b bits (53,
or 24), let p be the precision, and let k be an integer with |k| < 2**(b-1) for which
k / 10**p, divided in that type, is x. Then the shortest text of x is the decimal k / 10**p:

1. 10**p is exact in the type (p <= 22, or p <= 10) and so is k, so the division rounds
   once: the decimal k / 10**p lies in the interval of reals that round to x.
2. That interval is no longer than the distance u of x to its neighbor away from zero,
   u <= |x| * 2**(1-b). As x is k / 10**p up to half of u, u is at most
   |k| * 2**(1-b) * (1 + 2**-b) / 10**p, which is less than 1 / 10**p, because |k| is
   at most 2**(b-1) - 1. So no other multiple of 1 / 10**p rounds to x.
3. A text of x that is not longer has no more decimals than k / 10**p without its
   trailing zeros: the two have the same number of digits before the point, or there
   is a power of ten between them, which is then in the interval, is itself a multiple
   of 1 / 10**p, and so is k / 10**p. With at most p decimals it is such a multiple,
   hence the same number.

The bound 2**b would not do: at p = 1 both 562949953421312.2 and 562949953421312.3 are
562949953421312.25. How k is found does not matter: a k that is off by one fails
the division, and the value goes the slow way, through its text.
"""

from std.memory import bitcast

from barrow.arrow.outcome import Outcome
from barrow.errors import Reason
from barrow.fence import ColumnView, MutColumnView
from barrow.fixed import (
    Fixed,
    Rounding,
    largest_raw,
    power_of_ten,
    scale_of,
)

comptime _WIDTH = 8
comptime _Lanes = SIMD[DType.float64, _WIDTH]
comptime _Ints = SIMD[DType.int64, _WIDTH]
# Added to a double of less than 2**51, it leaves the nearest integer in the low bits:
# doubles from 2**52 to 2**53 are whole. Also works where no instruction converts.
comptime _MAGIC = 6755399441055744.0
comptime _MAGIC_BITS = 0x4338_0000_0000_0000


def from_floats[
    source: DType, dtype: DType
](
    values: ColumnView[source],
    raw: MutColumnView[dtype],
    precision: Int,
    rounding: Rounding,
) -> Outcome:
    """Turns floats into raw values, each by its shortest decimal text.

    Parameters:
        source: `float64` or `float32`.
        dtype: The type of a raw value; unsigned types refuse negative numbers.

    Args:
        values: Floats; NaN and infinity are refused.
        raw: Where the raw values go; as long as `values`.
        precision: Decimals to keep, from 0 to the scale of `dtype`.
        rounding: What to do with further decimals.

    Returns:
        The first value refused, or how many were rounded.
    """
    var power = _Lanes(Float64(power_of_ten(precision)))
    var divisor = power.cast[source]()
    var limit = _Lanes(_limit[source, dtype](precision))
    var unit = Int64(power_of_ten(scale_of[dtype]() - precision))
    var outcome = Outcome()
    var at = 0
    while at + _WIDTH <= len(values):
        var x = values.load[_WIDTH](at)
        # Rounds to the nearest integer, unless it is beyond the limit anyway.
        var shifted = x.cast[DType.float64]() * power + _MAGIC
        var k = shifted - _MAGIC
        var good = (k.cast[source]() / divisor).eq(x) & abs(k).lt(limit)
        comptime if dtype.is_unsigned():
            good &= k.ge(0)
        var ints = bitcast[DType.int64](shifted) - _Ints(_MAGIC_BITS)
        if all(good):
            comptime if dtype == DType.int64 or dtype == DType.uint64:
                raw.store[_WIDTH](at, (ints * unit).cast[dtype]())
            else:
                comptime for i in range(_WIDTH):
                    raw.store(
                        at + i, ints[i].cast[dtype]() * unit.cast[dtype]()
                    )
        else:
            comptime for i in range(_WIDTH):
                if good[i]:
                    raw.store(
                        at + i, ints[i].cast[dtype]() * unit.cast[dtype]()
                    )
                elif not _slowly(
                    values, raw, at + i, precision, rounding, outcome
                ):
                    return outcome
        at += _WIDTH
    while at < len(values):
        if not _slowly(values, raw, at, precision, rounding, outcome):
            return outcome
        at += 1
    return outcome


def _limit[source: DType, dtype: DType](precision: Int) -> Float64:
    """No `k` of the proof is this large, nor one beyond the range of raw values.

    2**51 instead of 2**52, as the rounding by addition asks for.
    """
    # Whole numbers end the range, and their product with 10**16 is near enough.
    var range = Float64(
        largest_raw[dtype]() // power_of_ten(scale_of[dtype]())
    ) * Float64(power_of_ten(precision))
    comptime if source == DType.float32:
        return min(range, Float64(1 << 23)) if precision <= 10 else 0
    else:
        comptime assert source == DType.float64, "not a type of floats"
        return min(range, Float64(1 << 51))


@no_inline
def _slowly[
    source: DType, dtype: DType
](
    values: ColumnView[source],
    raw: MutColumnView[dtype],
    at: Int,
    precision: Int,
    rounding: Rounding,
    mut outcome: Outcome,
) -> Bool:
    """Turns one float into a raw value; False if it is refused."""
    var value = from_float[source, dtype](values[at], precision, rounding)
    if value.reason != Reason.OK:
        outcome.refuse(at, value.reason)
        return False
    raw.store(at, value.raw)
    if value.rounded:
        outcome.round(at)
    return True


def from_float[
    source: DType, dtype: DType
](x: Scalar[source], precision: Int, rounding: Rounding) -> Fixed[dtype]:
    """Turns any float into a raw value, by its shortest decimal text.

    Parameters:
        source: `float64` or `float32`.
        dtype: The type of a raw value; unsigned types refuse negative numbers.

    Args:
        x: The float.
        precision: Decimals to keep, from 0 to the scale of `dtype`.
        rounding: What to do with further decimals.

    Returns:
        The raw value; its `decimals` are the precision, whatever the text shows.
    """
    comptime scale = scale_of[dtype]()
    if not (x - x).eq(0):  # NaN or infinity
        return _refused[dtype](Reason.NOT_FINITE)
    var parts = _Float.of[source](x)
    if parts.fraction_bits < 0:  # 2**24 at least, or 2**53
        comptime if source == DType.float64:
            return _refused[dtype](Reason.OVERFLOW)
        # Enough bits for all digits of the range; what is larger overflows.
        if parts.fraction_bits < -24:
            return _refused[dtype](Reason.OVERFLOW)

    var kept = parts.nearest(precision)
    var magnitude = kept.magnitude
    var rounded = False
    if kept.reads_back:
        # Several multiples of the last place may read back: the text is the one
        # with the fewest digits.
        if magnitude >= 1 << 52 or source == DType.float32:
            for decimals in range(precision):
                var shorter = parts.nearest(decimals)
                if shorter.reads_back:
                    magnitude = shorter.magnitude * power_of_ten(
                        precision - decimals
                    )
                    break
    else:
        # The text has more decimals. Rounding it is rounding the float: what lies
        # between the two reads back as the float, so a multiple of the last place
        # would be the text, and a tie with one more decimal is it.
        rounded = True
        var tie = parts.nearest(precision + 1)
        var is_tie = tie.reads_back and tie.magnitude % 10 == 5
        magnitude = tie.magnitude // 10 if is_tie else kept.floor
        if rounding == Rounding.EXACT:
            return _refused[dtype](
                Reason.OVERFLOW if magnitude
                > largest_raw[dtype]()
                // power_of_ten(scale - precision) else Reason.DECIMALS
            )
        var up = kept.above_half
        if is_tie:
            up = rounding == Rounding.HALF_AWAY or magnitude & 1 == 1
        if up and rounding != Rounding.TRUNCATE:
            magnitude += 1
    var unit = power_of_ten(scale - precision)
    if magnitude > largest_raw[dtype]() // unit:
        return _refused[dtype](Reason.OVERFLOW)
    var negative = x < 0
    comptime if dtype.is_unsigned():
        if negative:
            return _refused[dtype](Reason.NEGATIVE)
    var result = (magnitude * unit).cast[dtype]()
    return Fixed[dtype](
        -result if negative else result, precision, rounded, Reason.OK
    )


@always_inline
def _refused[dtype: DType](reason: Reason) -> Fixed[dtype]:
    return Fixed[dtype](0, 0, False, reason)


@fieldwise_init
struct _Multiple(TrivialRegisterPassable):
    """The multiple of a power of ten that comes nearest to a float."""

    var magnitude: UInt128
    """The multiple; of two equally near ones the even one."""
    var floor: UInt128
    """The largest multiple that is not above the float."""
    var above_half: Bool
    """Whether the float is nearer to the one above `floor`."""
    var reads_back: Bool
    """Whether `magnitude` as text reads back as the float."""


@fieldwise_init
struct _Float(TrivialRegisterPassable):
    """The magnitude of a finite float, taken apart: significand / 2**fraction_bits."""

    var significand: UInt64
    var fraction_bits: Int
    var is_power: Bool
    """Whether the neighbor below is only half as far as the one above."""

    @staticmethod
    def of[source: DType](x: Scalar[source]) -> Self:
        comptime if source == DType.float64:
            var bits = bitcast[DType.uint64](x.cast[DType.float64]())
            return Self._of(bits << 1 >> 53, bits & ((1 << 52) - 1), 52, 1023)
        else:
            var bits = UInt64(bitcast[DType.uint32](x.cast[DType.float32]()))
            return Self._of(
                (bits >> 23) & 0xFF, bits & ((1 << 23) - 1), 23, 127
            )

    @staticmethod
    def _of(exponent: UInt64, low: UInt64, bits: Int, bias: Int) -> Self:
        if exponent == 0:  # zero and subnormals
            return Self(low, bits + bias - 1, False)
        return Self(
            low | (UInt64(1) << UInt64(bits)),
            bits + bias - Int(exponent),
            low == 0 and exponent > 1,
        )

    def nearest(self, decimals: Int) -> _Multiple:
        """Finds the nearest multiple of 10**-decimals, exactly.

        The significand has at most 53 bits and 10**17 has 57, so all fits into 128.
        Prefers a multiple that reads back to a nearer one that does not.
        """
        var power = power_of_ten(decimals)
        var product = UInt128(self.significand) * power
        if self.fraction_bits > 120:  # less than 2**-64: rounds to nothing
            return _Multiple(0, 0, False, product == 0)
        if self.fraction_bits <= 0:
            var whole = self._shortest_whole() * power
            return _Multiple(whole, whole, False, True)
        var shift = UInt128(self.fraction_bits)
        var below = product >> shift
        var rest = product - (below << shift)
        var missing = (UInt128(1) << shift) - rest
        # What reads back is at most half the way to a neighbor off, and the ends
        # of that interval belong to it where the significand is even.
        var strict = UInt128(self.significand & 1)
        var below_reads = (
            rest * UInt128(4 if self.is_power else 2) + strict <= power
        )
        var above_reads = missing * 2 + strict <= power
        var up = rest > missing or (rest == missing and below & 1 == 1)
        var nearest_reads = above_reads if up else below_reads
        if not nearest_reads and above_reads:
            up = True
            nearest_reads = True
        return _Multiple(
            below + UInt128(Int(up)), below, rest > missing, nearest_reads
        )

    def _shortest_whole(self) -> UInt128:
        """The text with the fewest digits of a float without a fraction.

        Its neighbors are 1 or more away, so zeros may stand for its last digits:
        134217728 as a `float32` is 1.3421773e+08.
        """
        var gap = UInt128(1) << UInt128(-self.fraction_bits)
        var whole = UInt128(self.significand) * gap
        var strict = UInt128(self.significand & 1)
        for zeros in range(14, 0, -1):
            var unit = power_of_ten(zeros)
            var below = whole // unit
            var rest = whole - below * unit
            var missing = unit - rest
            var below_reads = (
                rest * UInt128(4 if self.is_power else 2) + strict <= gap
            )
            var above_reads = missing * 2 + strict <= gap
            var up = rest > missing or (rest == missing and below & 1 == 1)
            if above_reads and (up or not below_reads):
                return (below + 1) * unit
            if below_reads:
                return below * unit
        return whole
