"""Rolling sums, means and variances of integers: exact, and rounded once.

Sums of integers lose nothing, so they may be kept by adding what comes and subtracting
what leaves. A variance is N / (n * (n - ddof)) with the integer

    N = n * (sum of y * y) - (sum of y)**2,

whatever number the y are distances from; it is never negative, and 0 for equal numbers.

Where sums fit into 64 bits, eight windows go together: differences of what comes and
what leaves are added up within a vector. Whether they fit is looked at for some thousand
numbers at a time. N may be longer: 64 bits of it come from sums of squares modulo 2**64,
and the rest from doubles, which need only be right to 2**62: with n times the range of the
numbers below 2**48, N is below 2**94, and the sum of at most 2**17 rounded steps is off by
at most n * 2**17 * 2**-53 * 2**94 / n, less than 2**60. Everything else goes by 128 bits for
sums and 256 for squares, one by one.

The double nearest to S / n, of an S below 2**62 and an n below 2**47: let a be the double
nearest to S and b = S - a, an exact double; q0 = a / n rounded, r = a - q0 * n, exact by a
fused multiply-add. S / n is q0 + (r + b) / n, and r + b is exact, as both are multiples of
the lesser of 1 and the distance between doubles at q0, and less than 2**53 of those. Of two
doubles the midpoint is at a distance of S / n of at least 2**-48 of that between them, or
S / n is the midpoint; t = (r + b) / n rounded is off by less than that, and not at all
where it is half the distance. So q0 + t is rounded as the exact quotient would be.
"""

from std.math import fma, sqrt

from barrow.fence import MutColumnView, NumberType, SeriesView
from barrow.rolling.wide import Wide, ratio

comptime _NAN = Float64(0) / Float64(0)
comptime _WIDTH = 8
comptime _Ints = SIMD[DType.int64, _WIDTH]
comptime _Doubles = SIMD[DType.float64, _WIDTH]
comptime _CHUNK = 2048
comptime _EXACT = 1 << 53


@always_inline
def _running(steps: _Ints) -> _Ints:
    var sums = steps + steps.shift_right[1]()
    sums += sums.shift_right[2]()
    return sums + sums.shift_right[4]()


@always_inline
def _sums_of(steps: _Doubles) -> _Doubles:
    var sums = steps + steps.shift_right[1]()
    sums += sums.shift_right[2]()
    return sums + sums.shift_right[4]()


@always_inline
def _quotient(numerators: _Ints, divisor: Float64) -> _Doubles:
    """Divides numbers below 2**62, and rounds once."""
    var n = _Doubles(divisor)
    var a = numerators.cast[DType.float64]()
    if all(abs(numerators).lt(_Ints(_EXACT))):
        return a / n
    var b = (numerators - a.cast[DType.int64]()).cast[DType.float64]()
    var quotient = a / n
    return quotient + (fma(-quotient, n, a) + b) / n


@always_inline
def _short_quotient(
    numerators: _Ints, divisor: _Doubles, inverse: _Doubles
) -> _Doubles:
    """Divides numbers below 2**53 by one below 2**47, and rounds once.

    The product with the rounded inverse is off by less than 1.5 places, and what corrects
    it, the remainder times the inverse, by 2**-51 of a place at most. No quotient is nearer
    to the midpoint between doubles than 2**-48 of a place, as above, and none is on it: such
    a numerator has 54 bits.
    """
    var a = numerators.cast[DType.float64]()
    var quotient = a * inverse
    return fma(fma(-quotient, divisor, a), inverse, quotient)


@fieldwise_init
struct _Range(TrivialRegisterPassable):
    var least: Int64
    var greatest: Int64

    @staticmethod
    def of(x: SeriesView, begin: Int, end: Int) -> Self:
        """Finds the least and the greatest of some numbers of 64 bits."""
        var least = _Ints(Int64.MAX)
        var greatest = _Ints(Int64.MIN)
        var at = begin
        while at + _WIDTH <= end:
            var numbers = x.words[_WIDTH](at)
            least = min(least, numbers)
            greatest = max(greatest, numbers)
            at += _WIDTH
        var low = least.reduce_min()
        var high = greatest.reduce_max()
        while at < end:
            var number = x.words[1](at)
            low = min(low, number)
            high = max(high, number)
            at += 1
        return Self(low, high)


def first_too_large(x: SeriesView, window: Int) -> Int:
    """Finds a number of 128 bits of which sums might overflow.

    Args:
        x: Integers.
        window: How many are summed.

    Returns:
        The index of the first one; -1 if there is none.
    """
    if x.type != NumberType.INT128:
        return -1
    var most = (Int128(1) << 125) // Int128(window)
    for at in range(len(x)):
        var number = x.integer(at)
        if number > most or number < -most:
            return at
    return -1


def exact_sum[
    mean: Bool
](
    x: SeriesView,
    window: Int,
    min_periods: Int,
    result: MutColumnView[DType.float64],
):
    """Computes the sum or the mean of every window of integers, rounded once.

    Parameters:
        mean: Whether the sum is divided by the number of values.

    Args:
        x: Integers; none that `first_too_large` finds.
        window: How many a window holds, at least 1.
        min_periods: How many of them a result needs.
        result: Where the results go; as long as `x`, in other memory.
    """
    var length = min(window, max(len(x), 1))
    var sum = Int128(0)
    var at = 0
    while at < len(x):
        if at >= length and x.type != NumberType.INT128:
            var end = min(len(x), at + max(_CHUNK, length))
            var seen = _Range.of(x, at - length, end)
            var most = Int64((1 << 62) // length)
            var fits = seen.least > -most and seen.greatest < most
            # Unsigned numbers beyond the signed ones look negative.
            if x.type == NumberType.UINT64 and seen.least < 0:
                fits = False
            var short = Int64(_EXACT // length)
            if fits and seen.least > -short and seen.greatest < short:
                at = _sum_chunk[mean, True](x, length, at, end, sum, result)
                continue
            if fits:
                at = _sum_chunk[mean, False](x, length, at, end, sum, result)
                continue
        var stop = min(len(x), at + _CHUNK if at >= length else length)
        while at < stop:
            sum += x.integer(at)
            if at >= length:
                sum -= x.integer(at - length)
            var n = min(at + 1, length)
            var value = _NAN
            if n >= min_periods:
                value = ratio(sum, n if mean else 1)
            result.store(at, value)
            at += 1


def _sum_chunk[
    mean: Bool, short: Bool
](
    x: SeriesView,
    window: Int,
    begin: Int,
    end: Int,
    mut sum: Int128,
    result: MutColumnView[DType.float64],
) -> Int:
    """Windows whose sums fit into 64 bits, or 53 where they are short."""
    var at = begin
    var last = _Ints(sum.cast[DType.int64]())
    var divisor = _Doubles(Float64(window))
    var inverse = 1 / divisor
    while at + _WIDTH <= end:
        var steps = x.words[_WIDTH](at) - x.words[_WIDTH](at - window)
        var sums = _running(steps) + last
        last = sums.shuffle[7, 7, 7, 7, 7, 7, 7, 7]()
        comptime if mean and short:
            var means = _short_quotient(sums, divisor, inverse)
            result.store[_WIDTH](at, means)
        elif mean:
            result.store[_WIDTH](at, _quotient(sums, Float64(window)))
        else:
            result.store[_WIDTH](at, sums.cast[DType.float64]())
        at += _WIDTH
    var carry = last[0]
    while at < end:
        carry += x.words[1](at) - x.words[1](at - window)
        var value = ratio(carry.cast[DType.int128](), window if mean else 1)
        result.store(at, value)
        at += 1
    sum = carry.cast[DType.int128]()
    return at


def exact_variance[
    deviation: Bool
](
    x: SeriesView,
    window: Int,
    min_periods: Int,
    ddof: Int,
    result: MutColumnView[DType.float64],
):
    """Computes the variance of every window of integers, rounded once.

    Parameters:
        deviation: Whether its square root is taken, which rounds once more.

    Args:
        x: Integers; none that `first_too_large` finds.
        window: How many a window holds, at least 1.
        min_periods: How many of them a result needs.
        ddof: What is taken off the number of values in the divisor.
        result: Where the results go; as long as `x`, in other memory.
    """
    var length = min(window, max(len(x), 1))
    var at = 0
    var narrow = x.type != NumberType.INT128 and length < 1 << 23
    while at < len(x):
        if at < length:
            at = _wide_chunk[deviation](
                x, length, min_periods, ddof, at, min(length, len(x)), result
            )
            continue
        var end = min(len(x), at + max(_CHUNK, 2 * length))
        if narrow:
            var seen = _Range.of(x, at - length, end)
            var span = (
                seen.greatest.cast[DType.int128]()
                - seen.least.cast[DType.int128]()
            )
            var reach = span * Int128(length)
            var looks_right = x.type != NumberType.UINT64 or seen.least >= 0
            if looks_right and reach < 1 << 32:
                _narrow_chunk[deviation, False](
                    x, length, ddof, at, end, seen.least, result
                )
                at = end
                continue
            if looks_right and reach < 1 << 48 and end - at < 1 << 16:
                _narrow_chunk[deviation, True](
                    x, length, ddof, at, end, seen.least, result
                )
                at = end
                continue
        at = _wide_chunk[deviation](
            x, length, min_periods, ddof, at, end, result
        )


@always_inline
def _long_quotient(low: _Ints, about: _Doubles, divisor: Float64) -> _Doubles:
    """Divides numbers below 2**98 of which 64 bits are known, and about how large they
    are; rounds once.
    """
    comptime turn = _Doubles(18446744073709551616.0)
    var near = low.cast[DType.float64]()
    var tops = ((about - near) / turn).__round__() * turn
    var rest = (low - _whole(near)).cast[DType.float64]()
    var a = tops + near
    # What the sum lost, exactly; together with the rest below 2**46.
    var shadow = a - tops
    var b = (tops - (a - shadow)) + (near - shadow) + rest
    var n = _Doubles(divisor)
    var quotient = a / n
    return quotient + (fma(-quotient, n, a) + b) / n


@always_inline
def _whole(near: _Doubles) -> _Ints:
    """Converts doubles from -2**63 to 2**63, the latter to -2**63: modulo 2**64."""
    comptime top = _Doubles(9223372036854775808.0)
    return near.lt(top).select(near.cast[DType.int64](), _Ints(Int64.MIN))


def _narrow_chunk[
    deviation: Bool, long: Bool
](
    x: SeriesView,
    window: Int,
    ddof: Int,
    begin: Int,
    end: Int,
    pivot: Int64,
    result: MutColumnView[DType.float64],
):
    var sum = Int64(0)
    # Modulo 2**64, and about.
    var squares = Int64(0)
    var about_squares = Float64(0)
    for i in range(begin - window, begin):
        var y = x.words[1](i) - pivot
        sum += y
        squares += y * y
        about_squares += y.cast[DType.float64]() * y.cast[DType.float64]()
    var freedom = window - ddof
    var divisor = Float64(window) * Float64(max(freedom, 0))
    var n = _Ints(Int64(window))
    var at = begin
    while at < end:
        var new = _Ints(pivot)
        var old = _Ints(pivot)
        var some = min(_WIDTH, end - at)
        if some == _WIDTH:
            new = x.words[_WIDTH](at)
            old = x.words[_WIDTH](at - window)
        else:
            for i in range(some):
                new[i] = x.words[1](at + i)
                old[i] = x.words[1](at + i - window)
        var step = new - old
        var sums = _running(step) + sum
        var powers = _running(step * (new + old - 2 * pivot)) + squares
        sum = sums[_WIDTH - 1]
        squares = powers[_WIDTH - 1]
        var variances: _Doubles
        comptime if long:
            # N overflows, but not by more than a double tells.
            var total = sums.cast[DType.float64]()
            var grown = _sums_of(
                step.cast[DType.float64]()
                * (new + old - 2 * pivot).cast[DType.float64]()
            )
            var about = grown + about_squares
            about_squares = about[_WIDTH - 1]
            variances = _long_quotient(
                n * powers - sums * sums,
                Float64(window) * about - total * total,
                divisor,
            )
        else:
            variances = _quotient(n * powers - sums * sums, divisor)
        comptime if deviation:
            variances = sqrt(variances)
        if freedom <= 0:
            variances = _Doubles(_NAN)
        if some == _WIDTH:
            result.store[_WIDTH](at, variances)
        else:
            for i in range(some):
                result.store(at + i, variances[i])
        at += _WIDTH


def _wide_chunk[
    deviation: Bool
](
    x: SeriesView,
    window: Int,
    min_periods: Int,
    ddof: Int,
    begin: Int,
    end: Int,
    result: MutColumnView[DType.float64],
) -> Int:
    var pivot = x.integer(begin)
    var sum = Int128(0)
    var squares = Wide(0, 0)
    for i in range(max(0, begin - window), begin):
        var y = x.integer(i) - pivot
        sum += y
        squares = squares + Wide.square(y)
    for at in range(begin, end):
        var y = x.integer(at) - pivot
        sum += y
        squares = squares + Wide.square(y)
        if at >= window:
            y = x.integer(at - window) - pivot
            sum -= y
            squares = squares - Wide.square(y)
        var n = min(at + 1, window)
        var value = _NAN
        if n >= min_periods and n > ddof:
            var spread = squares.times(n) - Wide.square(sum)
            value = spread.over(n * (n - ddof))
            comptime if deviation:
                value = sqrt(value)
        result.store(at, value)
    return end
