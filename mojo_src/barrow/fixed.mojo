"""Decimal text to integers and back, exactly.

A raw value is the number times ten to the power of the scale: 9 for 64-bit
values, 16 for 128-bit values. No float stands between the text and the integer.
What cannot be held is refused with a `Reason`, or rounded when that was asked for
by name, and then the caller is told so.
"""

from std.bit import count_leading_zeros
from std.math import ldexp

from barrow.errors import Reason
from barrow.fence import ByteView

comptime SCALE_64 = 9
"""Decimals of a 64-bit raw value."""
comptime SCALE_128 = 16
"""Decimals of a 128-bit raw value."""

comptime _ZERO = UInt8(ord("0"))
# Positions far outside of what any range can hold; keeps sums of exponents small.
comptime _EXPONENT_LIMIT = 10**15


@fieldwise_init
struct Rounding(Equatable, TrivialRegisterPassable):
    """What to do with digits beyond the precision."""

    var code: UInt8
    """See the constants."""

    comptime EXACT = Self(0)
    """Refuse them unless they are zeros."""
    comptime HALF_EVEN = Self(1)
    """To nearest; a tie goes to the even neighbor."""
    comptime HALF_AWAY = Self(2)
    """To nearest; a tie goes away from zero."""
    comptime TRUNCATE = Self(3)
    """Toward zero."""


@always_inline
def scale_of[dtype: DType]() -> Int:
    """Tells the scale of raw values of a type.

    Parameters:
        dtype: `int64`, `uint64`, `int128` or `uint128`.

    Returns:
        9, or 16 for 128 bits.
    """
    comptime if dtype == DType.int128 or dtype == DType.uint128:
        return SCALE_128
    else:
        return SCALE_64


@always_inline
def largest_raw[dtype: DType]() -> UInt128:
    """Tells the range of raw values of a type.

    The ends are NautilusTrader's `PRICE_MAX` and `QUANTITY_MAX` for its standard and
    high precision, so that what barrow writes is never refused there. They leave
    the sentinels (largest and smallest integer) free.

    Parameters:
        dtype: `int64`, `uint64`, `int128` or `uint128`.

    Returns:
        The largest magnitude a raw value may have.
    """
    comptime if dtype == DType.int64:
        return 9_223_372_036 * 10**SCALE_64
    elif dtype == DType.uint64:
        return 18_446_744_073 * 10**SCALE_64
    elif dtype == DType.int128:
        return 17_014_118_346_046 * 10**SCALE_128
    else:
        comptime assert dtype == DType.uint128, "not a type of raw values"
        return 34_028_236_692_093 * 10**SCALE_128


@fieldwise_init
struct NumberForm(TrivialRegisterPassable):
    """How a file writes numbers."""

    var point: UInt8
    """The decimal mark."""
    var mark: UInt8
    """The thousands mark before the decimal mark; 0 for none."""
    var shift: Int
    """The power of ten every number is multiplied by."""
    var currency: UInt8
    """What may stand before the digits, such as a dollar sign; 0 for nothing."""
    var suffixes: Bool
    """Whether a number may end in K, M, B or T: thousands to trillions."""

    comptime PLAIN = Self(UInt8(ord(".")), 0, 0, 0, False)
    """A point, no thousands marks, numbers as they stand."""

    @always_inline
    def is_plain(self) -> Bool:
        """Tells the common case.

        Returns:
            Whether there are no thousands marks, nothing stands around a number, and nothing
            is multiplied.
        """
        return (
            self.mark == 0
            and self.shift == 0
            and self.currency == 0
            and not self.suffixes
        )


@fieldwise_init
struct Fixed[dtype: DType](TrivialRegisterPassable):
    """What a text turned out to be.

    Parameters:
        dtype: The type of the raw value.
    """

    var raw: Scalar[Self.dtype]
    """The number at the type's scale; zero unless `reason` is `OK`."""
    var decimals: Int
    """Decimals the text shows, written zeros included; where it shows more than the
    precision, those up to the last that is not zero."""
    var rounded: Bool
    """Whether digits that are not zero were dropped."""
    var reason: Reason
    """`OK`, or why there is no value."""


@always_inline
def _refused[dtype: DType](reason: Reason) -> Fixed[dtype]:
    return Fixed[dtype](0, 0, False, reason)


@always_inline
def _is_digit(byte: UInt8) -> Bool:
    return byte - _ZERO <= 9


def power_of_ten(exponent: Int) -> UInt128:
    """Computes a power of ten.

    Args:
        exponent: From 0 to 38.

    Returns:
        Ten to the power of `exponent`.
    """
    var power = UInt128(1)
    for _ in range(exponent):
        power *= 10
    return power


def parse_fixed[
    dtype: DType
](
    text: ByteView,
    precision: Int,
    rounding: Rounding,
    form: NumberForm = NumberForm.PLAIN,
) -> Fixed[dtype]:
    """Reads a decimal number.

    Takes an optional sign, digits with at most one point (`5.` and `.5` too) and
    an optional exponent, and what else `form` says. Takes no blanks, no hexadecimal.

    Parameters:
        dtype: The type of the raw value; unsigned types refuse negative numbers.

    Args:
        text: The number and nothing else.
        precision: Decimals to keep, from 0 to the scale of the type.
        rounding: What to do with further decimals.
        form: How the file writes numbers.

    Returns:
        The raw value, a multiple of ten to the power of scale minus precision.
    """
    comptime scale = scale_of[dtype]()
    var length = len(text)
    if length == 0:
        return _refused[dtype](Reason.EMPTY)
    var negative = text[0] == UInt8(ord("-"))
    var at = Int(negative or text[0] == UInt8(ord("+")))

    # The common case: up to 18 digits, a point among them, no exponent.
    var quick = UInt64(0)
    var point = -1
    var begin = at
    while at < length and at - begin <= 18:
        var byte = text[at]
        if _is_digit(byte):
            quick = quick * 10 + UInt64(byte - _ZERO)
        elif byte == form.point and point < 0:
            point = at
        else:
            break
        at += 1
    if at == length and form.is_plain():
        var digits = length - begin - Int(point >= 0)
        var decimals = length - point - 1 if point >= 0 else 0
        if 1 <= digits <= 18 and decimals <= precision:
            var magnitude = UInt128(quick) * power_of_ten(scale - decimals)
            return _signed[dtype](magnitude, negative, decimals, False)
    return _parse_any[dtype](text, begin, negative, precision, rounding, form)


def _parse_any[
    dtype: DType
](
    text: ByteView,
    start: Int,
    negative: Bool,
    precision: Int,
    rounding: Rounding,
    form: NumberForm,
) -> Fixed[dtype]:
    """Reads what the quick way does not: any length, exponents, rounding."""
    comptime scale = scale_of[dtype]()
    var begin = start
    if (
        form.currency != 0
        and begin < len(text)
        and text[begin] == form.currency
    ):
        begin += 1
    # Where the digits end, how many stand before the point, what follows.
    var at = begin
    var point = -1
    var marks = 0
    var grouped = begin
    while at < len(text):
        if text[at] == form.point and point < 0:
            point = at
        elif text[at] == form.mark and form.mark != 0 and point < 0:
            # Groups of three, or of two as in India; a decimal comma is neither.
            var group = at - grouped
            if group == 0 or group > 3 or (marks > 0 and group == 1):
                return _refused[dtype](Reason.NOT_A_DECIMAL)
            marks += 1
            grouped = at + 1
        elif not _is_digit(text[at]):
            break
        at += 1
    var end = at
    if marks > 0 and (point if point >= 0 else end) - grouped != 3:
        return _refused[dtype](Reason.NOT_A_DECIMAL)
    var digits = end - begin - Int(point >= 0) - marks
    if digits == 0:
        return _refused[dtype](_what_else(text, begin))
    var exponent = 0
    if form.suffixes and at + 1 == len(text):
        exponent = _suffix(text[at])
        at += Int(exponent > 0)
    if at < len(text):
        if text[at] != UInt8(ord("e")) and text[at] != UInt8(ord("E")):
            return _refused[dtype](Reason.NOT_A_DECIMAL)
        at += 1
        var sign = 1
        if at < len(text) and (
            text[at] == UInt8(ord("+")) or text[at] == UInt8(ord("-"))
        ):
            sign = -1 if text[at] == UInt8(ord("-")) else 1
            at += 1
        if at == len(text):
            return _refused[dtype](Reason.NOT_A_DECIMAL)
        while at < len(text):
            if not _is_digit(text[at]):
                return _refused[dtype](Reason.NOT_A_DECIMAL)
            exponent = min(
                exponent * 10 + Int(text[at] - _ZERO), _EXPONENT_LIMIT
            )
            at += 1
        exponent *= sign
    exponent += form.shift

    # Every digit has a place: 0 for ones, 1 for tens, -1 for tenths. Those at or
    # above -precision are kept, the first one below decides the rounding
    # together with whether any later one is not zero.
    var integers = (point if point >= 0 else end) - begin - marks
    var place = integers - 1 + exponent
    var magnitude = UInt128(0)
    var significant = 0
    var first_dropped = UInt8(0)
    var more_dropped = False
    var last_nonzero = 0
    for i in range(begin, end):
        if i == point or not _is_digit(text[i]):
            continue
        var digit = text[i] - _ZERO
        if digit != 0:
            last_nonzero = min(last_nonzero, place)
        if place >= -precision:
            if significant > 0 or digit != 0:
                significant += 1
            # 34 digits are more than any range holds and fit into 128 bits.
            if significant > 34:
                return _refused[dtype](Reason.OVERFLOW)
            magnitude = magnitude * 10 + UInt128(digit)
        elif place == -precision - 1:
            first_dropped = digit
        elif digit != 0:
            more_dropped = True
        place -= 1
    var written = max(-(place + 1), 0)
    # Where units are shifted, as in whole billionths, zeros at the end are no claim.
    var decimals = min(-last_nonzero, precision)
    if written <= precision and form.shift >= 0:
        decimals = written
    # Zeros between the last digit and the last place kept.
    var missing = place + 1 + precision
    if missing > 0 and magnitude != 0:
        if significant + missing > 34:
            return _refused[dtype](Reason.OVERFLOW)
        magnitude *= power_of_ten(missing)
    # The largest raw values are whole numbers, so this division is exact.
    var largest = largest_raw[dtype]() // power_of_ten(scale - precision)
    if magnitude > largest:
        return _refused[dtype](Reason.OVERFLOW)
    var rounded = first_dropped != 0 or more_dropped
    if rounded:
        if rounding == Rounding.EXACT:
            return _refused[dtype](Reason.DECIMALS)
        magnitude += UInt128(
            Int(_rounds_up(magnitude, first_dropped, more_dropped, rounding))
        )
        if magnitude > largest:
            return _refused[dtype](Reason.OVERFLOW)
    magnitude *= power_of_ten(scale - precision)
    return _signed[dtype](magnitude, negative, decimals, rounded)


def _suffix(letter: UInt8) -> Int:
    """The power of ten of K, M, B or T; 0 for other letters."""
    comptime letters: StaticString = "kmbt"
    for i in range(4):
        if letter | 0x20 == letters.as_bytes()[i]:
            return 3 * (i + 1)
    return 0


@always_inline
def _rounds_up(
    kept: UInt128, first_dropped: UInt8, more_dropped: Bool, rounding: Rounding
) -> Bool:
    if rounding == Rounding.TRUNCATE:
        return False
    if first_dropped != 5:
        return first_dropped > 5
    if more_dropped or rounding == Rounding.HALF_AWAY:
        return True
    return kept & 1 == 1


@always_inline
def _signed[
    dtype: DType
](magnitude: UInt128, negative: Bool, decimals: Int, rounded: Bool) -> Fixed[
    dtype
]:
    if magnitude > largest_raw[dtype]():
        return _refused[dtype](Reason.OVERFLOW)
    comptime if dtype.is_unsigned():
        if negative and (magnitude != 0 or rounded):
            return _refused[dtype](Reason.NEGATIVE)
    var raw = magnitude.cast[dtype]()
    return Fixed[dtype](-raw if negative else raw, decimals, rounded, Reason.OK)


def _what_else(text: ByteView, begin: Int) -> Reason:
    """Tells NaN and infinity from other text without digits."""
    comptime words: List[StaticString] = ["nan", "inf", "infinity"]
    for word in materialize[words]():
        if len(text) - begin == word.byte_length():
            var same = True
            for i in range(word.byte_length()):
                if text[begin + i] | 0x20 != word.as_bytes()[i]:
                    same = False
            if same:
                return Reason.NOT_FINITE
    return Reason.NOT_A_DECIMAL


def format_fixed[
    dtype: DType
](raw: Scalar[dtype], mut into: String, decimals: Int = -1) -> Bool:
    """Appends a raw value as decimal text.

    Parameters:
        dtype: The type of the raw value.

    Args:
        raw: The number at the scale of its type.
        into: Where to append.
        decimals: How many decimals to show, at most the scale; -1 for the fewest
            that lose nothing.

    Returns:
        False, with nothing appended, if digits that are not zero would be lost.
    """
    comptime scale = scale_of[dtype]()
    var negative = raw < 0
    # Two's complement: also right for the smallest integer.
    var magnitude = (
        UInt128(0)
        - raw.cast[DType.uint128]() if negative else raw.cast[DType.uint128]()
    )
    var unit = power_of_ten(scale)
    var whole = magnitude // unit
    var fraction = magnitude % unit
    var shown = scale
    if decimals < 0:
        while shown > 0 and fraction % 10 == 0:
            fraction //= 10
            shown -= 1
    else:
        while shown > decimals:
            if fraction % 10 != 0:
                return False
            fraction //= 10
            shown -= 1
    if negative:
        into += "-"
    into += String(whole)
    if shown > 0:
        into += "."
        var digits = String(fraction)
        for _ in range(shown - digits.byte_length()):
            into += "0"
        into += digits
    return True


def to_nearest_float64[dtype: DType](raw: Scalar[dtype]) -> Float64:
    """Converts a raw value to the double nearest to the number it stands for.

    Both the raw value and the divisor are exact doubles below 2**53, so one
    division rounds once. Larger ones are divided as integers, with enough bits
    and a sticky bit, and rounded once.

    Parameters:
        dtype: The type of the raw value.

    Args:
        raw: The number at the scale of its type.

    Returns:
        The nearest double; of two equally near ones the even one.
    """
    comptime scale = scale_of[dtype]()
    comptime divisor = 10**scale
    var negative = raw < 0
    var magnitude = (
        UInt128(0)
        - raw.cast[DType.uint128]() if negative else raw.cast[DType.uint128]()
    )
    var value: Float64
    if magnitude <= 1 << 53:
        # 10**16 is 2**16 * 5**16, and 5**16 has 38 bits: an exact double too.
        value = Float64(UInt64(magnitude)) / Float64(divisor)
    else:
        # At least 54 bits above the divisor's, then the highest 63 and a sticky
        # one: converting 64 bits to a double rounds half to even.
        var shift = Int(count_leading_zeros(magnitude))
        var shifted = magnitude << UInt128(shift)
        var quotient = shifted // UInt128(divisor)
        var sticky = quotient * UInt128(divisor) != shifted
        var excess = 64 - Int(count_leading_zeros(UInt64(quotient >> 64)))
        if quotient >> 64 == 0:
            excess = 0
        if excess > 0:
            var dropped = quotient & ((UInt128(1) << UInt128(excess)) - 1)
            sticky = sticky or dropped != 0
            quotient >>= UInt128(excess)
        var bits = UInt64(quotient) | UInt64(Int(sticky))
        value = ldexp(Float64(bits), Int32(excess - shift))
    return -value if negative else value
