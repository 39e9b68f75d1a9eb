"""Raw values as decimal text, sixteen digits at a time.

A value is first divided by the power of ten that separates its scale from the
decimals to show. Multiplying by an inverse modulo two to the power of the word's
bits does that and tells, in one comparison, whether anything was left over.
"""

from std.bit import count_leading_zeros, count_trailing_zeros
from std.memory import bitcast, pack_bits

from barrow.fence import ByteView, MutColumnView
from barrow.fixed import power_of_ten, scale_of

comptime Digits = SIMD[DType.uint8, 16]
"""Sixteen digits, the highest first, as numbers from 0 to 9."""

comptime _ZERO = UInt8(ord("0"))
comptime _POINT = UInt8(ord("."))
comptime _MINUS = UInt8(ord("-"))
comptime _SIXTEEN = UInt64(10**16)
# Digits the quick way shows: with a point they still fit into one vector.
comptime _QUICK_DIGITS = 15

comptime LONGEST_NUMBER = 64
"""Bytes a number may take, with what vectors write beyond its end."""


@always_inline
def eight_digits[
    width: Int
](values: SIMD[DType.uint64, width]) -> SIMD[DType.uint8, 8 * width]:
    """Splits numbers into digits.

    Every step halves the groups of digits: eight, four, two, one. The products
    with rounded reciprocals are exact for groups of that size.

    Parameters:
        width: How many numbers.

    Args:
        values: Less than ten to the power of 8.

    Returns:
        Eight digits for each, the highest first.
    """
    # The masks tell the compiler that 32 bits multiply 32 bits.
    comptime low = SIMD[DType.uint64, width](0xFFFF_FFFF)
    var thousands = ((values & low) * 109_951_163) >> 40
    var fours = bitcast[DType.uint16, 4 * width](
        thousands | ((values - (thousands & low) * 10_000) << 32)
    )
    var hundreds = ((fours.cast[DType.uint32]() * 5_243) >> 16).cast[
        DType.uint16
    ]() >> 3
    var rests = bitcast[DType.uint32, 2 * width](fours - hundreds * 100)
    var twos = bitcast[DType.uint16, 4 * width](
        bitcast[DType.uint32, 2 * width](hundreds) | (rests << 16)
    )
    var tens = (twos * 103) >> 10
    return bitcast[DType.uint8, 8 * width](tens | ((twos - tens * 10) << 8))


@always_inline
def sixteen_digits(value: UInt64) -> Digits:
    """Splits a number into digits.

    Args:
        value: Less than ten to the power of 16.

    Returns:
        Its digits with leading zeros.
    """
    var high = value // 100_000_000
    return eight_digits[2](
        SIMD[DType.uint64, 2](high, value - high * 100_000_000)
    )


@always_inline
def nonzero(digits: Digits) -> UInt32:
    """Tells which digits are not zero.

    Args:
        digits: The digits.

    Returns:
        Bit `i` for digit `i`.
    """
    return UInt32(pack_bits(digits.ne(0)))


@always_inline
def shifted(digits: Digits, by: Int) -> Digits:
    """Moves digits to the front; those before them come round to the end.

    Args:
        digits: The digits.
        by: How many to leave out, from 0 to 15.

    Returns:
        The digits from `by` on.
    """
    comptime places = Digits(
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    )
    return digits._dynamic_shuffle((places + UInt8(by)) & 15)


@always_inline
def _write_whole(
    value: UInt64, into: MutColumnView[DType.uint8], at: Int
) -> Int:
    """Writes a number below ten to the power of 16 without leading zeros."""
    var digits = sixteen_digits(value)
    var start = Int(count_trailing_zeros(nonzero(digits) | 1 << 15))
    into.store[16](at, shifted(digits, start) + _ZERO)
    return at + 16 - start


struct Division[dtype: DType](TrivialRegisterPassable):
    """Divides by a power of ten where nothing is left over, and tells where it is.

    With `n` bits, the product of a multiple of 10**k and the inverse of 5**k modulo
    2**n, rotated right by k, is the quotient. Of other numbers it is larger than any
    quotient. See Granlund and Montgomery, "Division by invariant integers using
    multiplication", section 9.

    Parameters:
        dtype: `uint64` or `uint128`.
    """

    var _inverse: Scalar[Self.dtype]
    var _down: Scalar[Self.dtype]
    var _up: Scalar[Self.dtype]
    var largest: Scalar[Self.dtype]
    """The largest quotient; what is larger is none."""

    def __init__(out self, power: Int):
        """Prepares the division by a power of ten.

        Args:
            power: The exponent, from 0 to 16.
        """
        comptime bits = 128 if Self.dtype == DType.uint128 else 64
        var fives = Scalar[Self.dtype](1)
        for _ in range(power):
            fives *= 5
        # Every step doubles the number of bits that are right; three are at first.
        var inverse = fives
        for _ in range(6):
            inverse *= 2 - fives * inverse
        self._inverse = inverse
        self._down = Scalar[Self.dtype](power)
        self._up = Scalar[Self.dtype]((bits - power) % bits)
        self.largest = (
            Scalar[Self.dtype].MAX // power_of_ten(power).cast[Self.dtype]()
        )

    @always_inline
    def divide[
        width: Int = 1
    ](self, values: SIMD[Self.dtype, width]) -> SIMD[Self.dtype, width]:
        """Divides.

        Parameters:
            width: How many numbers.

        Args:
            values: The numbers.

        Returns:
            The quotients, or more than `largest` where something is left over.
        """
        var product = values * self._inverse
        return (product >> self._down) | (product << self._up)


struct DecimalForm[dtype: DType](Copyable):
    """How the values of a column are shown.

    Parameters:
        dtype: The type of a magnitude, `uint64` or `uint128`.
    """

    var decimals: Int
    """Decimals to show at least; more are shown where a value has more."""
    var division: Division[Self.dtype]
    """Leaves as many decimals."""
    var fewest: Bool
    """Whether trailing zeros are left out."""
    # Quotients below it go the quick way; zero if none do.
    var _bound: Scalar[Self.dtype]
    # The bit of the ones: it ends the search for the first digit that is shown.
    var _ones: UInt32
    # By first digit: where every byte of the text comes from, and what to add to it.
    var _moves: List[UInt8]

    def __init__(out self, decimals: Int, fewest: Bool):
        """Decides how values are shown.

        Args:
            decimals: How many, from 0 to the scale of the type.
            fewest: Show as few as lose nothing instead.
        """
        comptime scale = scale_of[Self.dtype]()
        self.decimals = 0 if fewest else decimals
        self.fewest = fewest
        self.division = Division[Self.dtype](scale - self.decimals)
        self._bound = (
            min(
                self.division.largest,
                power_of_ten(_QUICK_DIGITS).cast[Self.dtype]() - 1,
            )
            + 1
        )
        if fewest or self.decimals >= _QUICK_DIGITS:
            self._bound = 0
        var last_start = max(_QUICK_DIGITS - self.decimals, 0)
        self._ones = UInt32(1) << UInt32(last_start)
        self._moves = List[UInt8](length=16 * 32, fill=0)
        for start in range(1, last_start + 1):
            var point = 16 - start - self.decimals
            for i in range(16):
                var is_point = i == point and self.decimals > 0
                # The first of sixteen digits is always zero here.
                var source = start + i - Int(i > point and self.decimals > 0)
                self._moves[32 * start + i] = UInt8(
                    0 if is_point else min(source, 15)
                )
                self._moves[32 * start + 16 + i] = _POINT if is_point else _ZERO

    @always_inline
    def write(
        self,
        magnitude: Scalar[Self.dtype],
        negative: Bool,
        into: MutColumnView[DType.uint8],
        at: Int,
    ) -> Int:
        """Writes a number.

        Args:
            magnitude: Its raw value without the sign.
            negative: Whether it has a minus.
            into: Where; at least `LONGEST_NUMBER` bytes from `at` on.
            at: Where the first byte goes.

        Returns:
            Where the next byte goes.
        """
        into.store(at, _MINUS)
        var begin = at + Int(negative)
        var quotient = self.division.divide(magnitude)
        if quotient >= self._bound:
            return self._write_any(magnitude, into, begin)
        var digits = sixteen_digits(quotient.cast[DType.uint64]())
        var start = Int(count_trailing_zeros(nonzero(digits) | self._ones))
        var moves = ByteView(Span(self._moves))
        into.store[16](
            begin,
            digits._dynamic_shuffle(moves.load[16](32 * start))
            + moves.load[16](32 * start + 16),
        )
        return begin + 16 - start + Int(self.decimals > 0)

    def _write_any(
        self,
        magnitude: Scalar[Self.dtype],
        into: MutColumnView[DType.uint8],
        begin: Int,
    ) -> Int:
        """Writes any number: many digits, or more decimals than most have."""
        comptime scale = scale_of[Self.dtype]()
        comptime unit = Scalar[Self.dtype](10**scale)
        var at = begin
        var whole = magnitude // unit
        var fraction = (magnitude - whole * unit).cast[DType.uint64]()
        comptime if Self.dtype == DType.uint128:
            # Beyond the ranges of barrow, but a number all the same.
            if whole >= _SIXTEEN.cast[Self.dtype]():
                var high = whole // _SIXTEEN.cast[Self.dtype]()
                at = _write_whole(high.cast[DType.uint64](), into, at)
                var low = (whole - high * _SIXTEEN.cast[Self.dtype]()).cast[
                    DType.uint64
                ]()
                into.store[16](at, sixteen_digits(low) + _ZERO)
                at += 16
            else:
                at = _write_whole(whole.cast[DType.uint64](), into, at)
        else:
            at = _write_whole(whole.cast[DType.uint64](), into, at)
        var digits = sixteen_digits(fraction * UInt64(10 ** (16 - scale)))
        var needed = 32 - Int(count_leading_zeros(nonzero(digits)))
        var shown = max(needed, self.decimals)
        into.store(at, _POINT)
        into.store[16](at + 1, digits + _ZERO)
        return at + shown + Int(shown > 0)
