"""Prices and sizes multiplied by fractions, rounded at most once.

A fraction n / d is used as an integer r = ceil(n * 2**k / d). For a magnitude m,
m * r = m * n / d * 2**k + e with 0 <= e < m. Of m * n / d the part behind the point is
zero or at least 1 / d, and one half or at least 1 / (2 * d) away from it. With
2**k > 2 * d * m the error e / 2**k is less than that, so the lowest k bits of m * r tell
all: below m the product is whole; from 2**(k - 1) on and less than m above that it is a
tie; otherwise they are on the side of one half that they seem to be on.

Nothing is divided per row, and d may have any number of digits, as the product of the
ratios of many rolls has.
"""

from barrow.arrow import Outcome
from barrow.errors import Reason
from barrow.fence import ColumnView, MutColumnView
from barrow.fixed import Rounding, largest_raw, power_of_ten

from barrow.adjust.runs import Runs

comptime _HALF = UInt64(1) << 63


@fieldwise_init
struct Scaled(TrivialRegisterPassable):
    """A product: what is before the point, and where it lies between integers."""

    var whole: UInt128
    """The integer at it or below it."""
    var part: UInt8
    """See the constants."""

    comptime EXACT = UInt8(0)
    """The product is the integer."""
    comptime BELOW = UInt8(1)
    """Nearer to the integer than to the next one."""
    comptime TIE = UInt8(2)
    """Half way to the next one."""
    comptime ABOVE = UInt8(3)
    """Nearer to the next one."""
    comptime TOO_LARGE = UInt8(4)
    """It has more than 128 bits before the point."""


@fieldwise_init
struct Factor(ImplicitlyCopyable):
    """A fraction: the words of r from `begin` on, the one before the point first."""

    var words: ColumnView[DType.uint64]
    """Words of several fractions."""
    var begin: Int
    """The word before the point."""
    var stop: Int
    """The word after the last one; `begin` if the fraction is one."""

    def times_wide(self, magnitude: UInt128) -> Scaled:
        """Multiplies, whatever the magnitude; three words behind the point at least.

        Args:
            magnitude: Any number the fraction was made for.

        Returns:
            The product.
        """
        var low = magnitude.cast[DType.uint64]().cast[DType.uint128]()
        var high = magnitude >> 64
        var last = UInt128(0)
        var between = UInt64(0)
        var top = UInt64(0)
        var carry = UInt128(0)
        var at = self.stop - 1
        while at > self.begin:
            var word = self.words[at].cast[DType.uint128]()
            var product = low * word
            var sum = UInt128(product.cast[DType.uint64]()) + UInt128(
                carry.cast[DType.uint64]()
            )
            # Less than 128 bits: the whole is less than 2**192.
            carry = high * word + (product >> 64) + (carry >> 64) + (sum >> 64)
            var out = sum.cast[DType.uint64]()
            if at == self.stop - 1:
                last = UInt128(out)
            elif at == self.stop - 2:
                last |= UInt128(out) << 64
            elif at == self.begin + 1:
                top = out
            else:
                between |= out
            at -= 1
        var word = self.words[self.begin].cast[DType.uint128]()
        var product = low * word
        var sum = UInt128(product.cast[DType.uint64]()) + UInt128(
            carry.cast[DType.uint64]()
        )
        carry = high * word + (product >> 64) + (carry >> 64) + (sum >> 64)
        if carry >> 64 != 0:
            return Scaled(0, Scaled.TOO_LARGE)
        var whole = UInt128(sum.cast[DType.uint64]()) | (carry << 64)
        var near = between == 0 and last < magnitude
        if near and top == 0 or magnitude == 0:
            return Scaled(whole, Scaled.EXACT)
        if near and top == _HALF:
            return Scaled(whole, Scaled.TIE)
        return Scaled(whole, Scaled.ABOVE if top >= _HALF else Scaled.BELOW)

    @always_inline
    def times(self, magnitude: UInt64) -> Scaled:
        """Multiplies a magnitude of 64 bits.

        Args:
            magnitude: Any number the fraction was made for.

        Returns:
            The product.
        """
        # The words after these two add less than the magnitude to the last place.
        var wide = UInt128(magnitude)
        var first = wide * UInt128(self.words[self.begin + 1])
        var second = wide * UInt128(self.words[self.begin + 2])
        var shifted = first << 64
        var behind = shifted + second
        var most = behind + wide
        comptime half = UInt128(1) << 127
        if behind != 0 and most >= behind and (behind > half or most < half):
            var whole = wide * UInt128(self.words[self.begin])
            whole += (first >> 64) + UInt128(Int(behind < shifted))
            return Scaled(
                whole, Scaled.ABOVE if behind > half else Scaled.BELOW
            )
        return self.times_wide(UInt128(magnitude))


@fieldwise_init
struct Factors(ImplicitlyCopyable):
    """The fraction of every segment."""

    var words: ColumnView[DType.uint64]
    """The words of all of them, one after another."""
    var starts: ColumnView[DType.int64]
    """Where the words of each start, and where the last ones end; those of a
    fraction of one have no words."""

    def of(self, segment: Int) -> Factor:
        """Shows one.

        Args:
            segment: The number of the segment.

        Returns:
            Its fraction.
        """
        return Factor(
            self.words,
            Int(self.starts[segment]),
            Int(self.starts[segment + 1]),
        )


def multiply_rows[
    dtype: DType
](
    raw: ColumnView[dtype],
    runs: Runs,
    factors: Factors,
    unit: UInt128,
    rounding: Rounding,
    into: MutColumnView[dtype],
) -> Outcome:
    """Multiplies the values of every segment by its fraction; sentinels stay.

    Parameters:
        dtype: The type of a raw value.

    Args:
        raw: Prices or sizes.
        runs: The segments of all of them.
        factors: The fractions, each divided by `unit`.
        unit: What results are multiples of: a power of ten.
        rounding: What to do with products between two of those.
        into: Where results go; room for as many.

    Returns:
        The first row that was refused, or how many were rounded.
    """
    var outcome = Outcome()
    var largest = largest_raw[dtype]() // unit
    var begin = 0
    for i in range(len(runs)):
        var stop = runs.stops[i]
        var factor = factors.of(runs.segments[i])
        if factor.begin == factor.stop:
            for row in range(begin, stop):
                into.store(row, raw[row])
        else:
            _multiply(
                raw, begin, stop, factor, unit, largest, rounding, into, outcome
            )
            if outcome.bad_row >= 0:
                return outcome
        begin = stop
    return outcome


def _multiply[
    dtype: DType
](
    raw: ColumnView[dtype],
    begin: Int,
    stop: Int,
    factor: Factor,
    unit: UInt128,
    largest: UInt128,
    rounding: Rounding,
    into: MutColumnView[dtype],
    mut outcome: Outcome,
):
    for row in range(begin, stop):
        var value = raw[row]
        if _is_sentinel(value):
            into.store(row, value)
            continue
        var negative = value < 0
        var scaled: Scaled
        comptime if dtype == DType.int64 or dtype == DType.uint64:
            var bits = value.cast[DType.uint64]()
            scaled = factor.times(UInt64(0) - bits if negative else bits)
        else:
            var bits = value.cast[DType.uint128]()
            scaled = factor.times_wide(UInt128(0) - bits if negative else bits)
        var whole = scaled.whole
        if scaled.part == Scaled.TOO_LARGE or whole > largest:
            return outcome.refuse(row, Reason.OVERFLOW)
        if scaled.part != Scaled.EXACT:
            if rounding == Rounding.EXACT:
                return outcome.refuse(row, Reason.DECIMALS)
            outcome.round(row)
            if _rounds_up(scaled, rounding):
                whole += 1
                if whole > largest:
                    return outcome.refuse(row, Reason.OVERFLOW)
        var result = (whole * unit).cast[dtype]()
        into.store(row, Scalar[dtype](0) - result if negative else result)


@always_inline
def _is_sentinel[dtype: DType](value: Scalar[dtype]) -> Bool:
    """Whether a price is undefined or an error, or a size undefined."""
    comptime if dtype.is_signed():
        return value == Scalar[dtype].MAX or value == Scalar[dtype].MIN
    else:
        return value == Scalar[dtype].MAX


@always_inline
def _rounds_up(scaled: Scaled, rounding: Rounding) -> Bool:
    if rounding == Rounding.TRUNCATE:
        return False
    if scaled.part != Scaled.TIE:
        return scaled.part == Scaled.ABOVE
    return rounding == Rounding.HALF_AWAY or scaled.whole & 1 == 1
