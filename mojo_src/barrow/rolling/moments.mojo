"""Variance, skewness, kurtosis, covariance and correlation of windows.

The series is cut into blocks as long as the window. A window ends in one block and
begins in the one before, so that the first number of the block it ends in, the pivot, is
always among its numbers. What is needed are sums of powers of distances from the pivot:
of the numbers from the window's first one to the end of its block, which are found
backward, and of those from the pivot to the window's last one, which are found forward.

Sums are only ever added to, so what has left the window leaves no trace, and of equal
numbers all distances are zero. Since the pivot is in the window, the sum of squared
deviations from the mean is at least 1 / (2 * window) of that of the distances from the
pivot: the subtraction S2 - S1 * S1 / n loses at most that factor, whatever the level of the
numbers. A variance is off by at most 4 * window**2 * 2**-53 of itself (roughly 2**-49 times
the window in practice, as errors have either sign).

Eight blocks go together, one in each lane; columns are turned into lanes by transposing
squares of 8 by 8. Where values are missing, the pivot may be of another window: where the
subtraction then loses more than three digits, the window is computed by itself.
"""

from std.math import sqrt

from barrow.fence import MutColumnView, Scratch, SeriesView
from barrow.rolling.lanes import (
    finite_lanes,
    LaneBlocks,
    Row,
    SQUARE,
    transpose,
)
from barrow.rolling.staged import is_streamed, write_past_caches

comptime _NAN = Float64(0) / Float64(0)
# Longer windows are done one block after another, for the memory.
comptime _LONG = 1 << 15
# The least part of the distances that deviations may be where values are missing.
comptime _LEAST_PART = 1e-3


@fieldwise_init
struct Moment(Equatable, TrivialRegisterPassable):
    """What is computed of a window."""

    var code: Int
    """One of the constants."""

    comptime VAR = Self(0)
    """The variance."""
    comptime STD = Self(1)
    """The standard deviation."""
    comptime SKEW = Self(2)
    """The skewness, without bias."""
    comptime KURT = Self(3)
    """The excess kurtosis, without bias."""
    comptime COV = Self(4)
    """The covariance of two series."""
    comptime CORR = Self(5)
    """Pearson's correlation of two series."""

    def pair(self) -> Bool:
        """Tells whether it is of two series.

        Returns:
            Whether it is.
        """
        return self == Self.COV or self == Self.CORR

    def terms(self) -> Int:
        """Counts the sums it takes.

        Returns:
            Their number.
        """
        if self == Self.SKEW:
            return 3
        if self == Self.KURT:
            return 4
        if self.pair():
            return 5
        return 2


struct _Sums[moment: Moment, width: Int](ImplicitlyCopyable):
    """Sums of distances from a pivot; for pairs y, z, y * z, y * y, z * z."""

    comptime Lanes = SIMD[DType.float64, Self.width]
    comptime TERMS = Self.moment.terms()
    var terms: Array[Self.Lanes, Self.TERMS]

    @always_inline
    def __init__(out self):
        self.terms = Array[Self.Lanes, Self.TERMS](fill=Self.Lanes(0))

    @always_inline
    def __init__(out self, *, copy: Self):
        self.terms = copy.terms.copy()

    @always_inline
    def add(mut self, y: Self.Lanes, z: Self.Lanes):
        """Takes the next distances; `z` counts for pairs only."""
        comptime if Self.moment.pair():
            self.terms[0] += y
            self.terms[1] += z
            self.terms[2] += y * z
            self.terms[3] += y * y
            self.terms[4] += z * z
        else:
            var power = y
            self.terms[0] += power
            comptime for k in range(1, Self.TERMS):
                power *= y
                self.terms[k] += power

    @always_inline
    def __add__(self, other: Self) -> Self:
        var both = Self()
        comptime for k in range(Self.TERMS):
            both.terms[k] = self.terms[k] + other.terms[k]
        return both

    @always_inline
    def value(
        self, n: Self.Lanes, inverse: Self.Lanes, freedom: Self.Lanes
    ) -> Self.Lanes:
        """Computes the statistic of n values; NaN where there is none.

        The inverses of n and of n - ddof are given, since divisions take long.
        """
        comptime nan = Self.Lanes(_NAN)
        comptime zero = Self.Lanes(0)
        var mean = self.terms[0] * inverse
        comptime if Self.moment == Moment.VAR or Self.moment == Moment.STD:
            # Not `max`, which would make zero of what sums that overflow leave.
            var square = self.terms[1] - mean * self.terms[0]
            square = square.lt(zero).select(zero, square)
            var variance = square * freedom
            comptime if Self.moment == Moment.STD:
                variance = sqrt(variance)
            return _positive(freedom).select(variance, nan)
        elif Self.moment == Moment.SKEW:
            var m2 = self.terms[1] - mean * self.terms[0]
            var m3 = self.terms[2] - mean * (
                3 * self.terms[1] - 2 * mean * self.terms[0]
            )
            var scale = n * sqrt(n - 1) / (n - 2)
            var known = n.ge(3) & m2.gt(0)
            return known.select(scale * m3 / (m2 * sqrt(m2)), nan)
        elif Self.moment == Moment.KURT:
            var m2 = self.terms[1] - mean * self.terms[0]
            var m4 = self.terms[3] - mean * (
                4 * self.terms[2]
                - mean * (6 * self.terms[1] - 3 * mean * self.terms[0])
            )
            var below = (n - 2) * (n - 3)
            var value = (n * (n + 1) * (n - 1) / below) * (m4 / (m2 * m2))
            var known = n.ge(4) & m2.gt(0)
            return known.select(value - 3 * (n - 1) * (n - 1) / below, nan)
        elif Self.moment == Moment.COV:
            var product = self.terms[2] - mean * self.terms[1]
            return _positive(freedom).select(product * freedom, nan)
        else:
            var product = self.terms[2] - mean * self.terms[1]
            var first = self.terms[3] - mean * self.terms[0]
            var second = self.terms[4] - self.terms[1] * inverse * self.terms[1]
            var value = product / (sqrt(first) * sqrt(second))
            value = value.gt(1).select(Self.Lanes(1), value)
            value = value.lt(-1).select(Self.Lanes(-1), value)
            return (first.gt(0) & second.gt(0)).select(value, nan)

    @always_inline
    def too_far(self, inverse: Self.Lanes) -> SIMD[DType.bool, Self.width]:
        """Tells where the pivot is too far from the values."""
        var mean = self.terms[0] * inverse
        comptime if Self.moment.pair():
            var first = self.terms[3] - mean * self.terms[0]
            var other = self.terms[1] * inverse
            var second = self.terms[4] - other * self.terms[1]
            return first.lt(_LEAST_PART * self.terms[3]) | second.lt(
                _LEAST_PART * self.terms[4]
            )
        else:
            var square = self.terms[1] - mean * self.terms[0]
            return square.lt(_LEAST_PART * self.terms[1])


def rolling_moment[
    moment: Moment
](
    x: SeriesView,
    y: SeriesView,
    window: Int,
    min_periods: Int,
    ddof: Int,
    result: MutColumnView[DType.float64],
):
    """Computes a moment of every window.

    NaN and infinities are missing values, as in pandas; of a pair both are missing where
    one is.

    Parameters:
        moment: Which one.

    Args:
        x: The numbers.
        y: The numbers of the second series, as many; looked at for pairs only.
        window: How many a window holds, at least 1.
        min_periods: How many of them a result needs.
        ddof: What is taken off the number of values in the divisor.
        result: Where the results go; as long as `x`, in other memory.
    """
    # In a window longer than the series only the first block is ever used.
    var length = min(window, max(len(x), 1))
    if length > _LONG or len(x) < SQUARE * length:
        var run = _Blocks[moment, 1](x, y, length, min_periods, ddof, result)
        run.all()
    else:
        var run = _Blocks[moment, 8](x, y, length, min_periods, ddof, result)
        run.all()


@always_inline
def _positive[
    width: Int
](inverse: SIMD[DType.float64, width]) -> SIMD[DType.bool, width]:
    """Tells where there are degrees of freedom."""
    return inverse.gt(0) & inverse.lt(Float64.MAX)


struct _Blocks[moment: Moment, width: Int]:
    """One pass over a series."""

    comptime Lanes = SIMD[DType.float64, Self.width]
    comptime TERMS = Self.moment.terms()
    comptime PAIR = Self.moment.pair()
    comptime Total = _Sums[Self.moment, Self.width]
    var x: LaneBlocks[Self.width]
    var y: LaneBlocks[Self.width]
    var window: Int
    var least: Float64
    var ddof: Float64
    var result: MutColumnView[DType.float64]
    # Sums from each place to the end of the block before, and how many values those are.
    var sums: Scratch[DType.float64]
    var counts: Scratch[DType.float64]

    def __init__(
        out self,
        x: SeriesView,
        y: SeriesView,
        window: Int,
        min_periods: Int,
        ddof: Int,
        result: MutColumnView[DType.float64],
    ):
        self.window = window
        self.least = Float64(max(min_periods, 1))
        self.ddof = Float64(ddof)
        self.result = result
        self.x = LaneBlocks[Self.width](x, window)
        self.y = LaneBlocks[Self.width](y, window if Self.PAIR else 0)
        var rows = (window + SQUARE) * Self.width
        self.sums = Scratch[DType.float64](length=rows * Self.TERMS)
        self.counts = Scratch[DType.float64](length=rows)

    def all(mut self):
        """Computes every window."""
        var begin = 0
        while begin < len(self.result):
            self.x.fill(begin)
            self.x.settle()
            var whole = self.x.whole and self.x.before_whole
            comptime if Self.PAIR:
                self.y.fill(begin)
                self.y.settle()
                whole = whole and self.y.whole and self.y.before_whole
            if whole:
                self._backward[False](begin)
                self._turn()
                self._forward[False](begin)
            else:
                self._backward[True](begin)
                self._turn()
                self._forward[True](begin)
            self._write(begin)
            begin += Self.width * self.window

    def _turn(mut self):
        self.x.turn()
        comptime if Self.PAIR:
            self.y.turn()

    @always_inline
    def _distances[
        gaps: Bool
    ](
        self,
        x: Self.Lanes,
        y: Self.Lanes,
        x_pivot: Self.Lanes,
        y_pivot: Self.Lanes,
        mut count: Self.Lanes,
        mut sums: Self.Total,
    ):
        var first = x - x_pivot
        var second = first
        comptime if Self.PAIR:
            second = y - y_pivot
        comptime if gaps:
            var there = finite_lanes(x)
            comptime if Self.PAIR:
                there &= finite_lanes(y)
            first = there.select(first, Self.Lanes(0))
            second = there.select(second, Self.Lanes(0))
            count += there.select(Self.Lanes(1), Self.Lanes(0))
        sums.add(first, second)

    @no_inline
    def _backward[gaps: Bool](mut self, begin: Int):
        var x_pivot = self.x.pivot
        var y_pivot = self.y.pivot
        var count = Self.Lanes(0)
        var sums = Self.Total()
        self._keep[gaps](self.window, count, sums)
        # What is read next comes into the cache meanwhile, a line for each place.
        var next = begin + Self.width * self.window
        for t in range(self.window - 1, 0, -1):
            comptime if Self.width == SQUARE:
                self.x.x.expect(next)
                comptime if Self.PAIR:
                    self.y.x.expect(next)
                next += Self.width
            var x = self.x.earlier(t)
            var y = x
            comptime if Self.PAIR:
                y = self.y.earlier(t)
            self._distances[gaps](x, y, x_pivot, y_pivot, count, sums)
            self._keep[gaps](t, count, sums)

    @always_inline
    def _keep[
        gaps: Bool
    ](mut self, t: Int, count: Self.Lanes, sums: Self.Total):
        comptime for k in range(Self.TERMS):
            self.sums.store[Self.width](
                (t * Self.TERMS + k) * Self.width, sums.terms[k]
            )
        comptime if gaps:
            self.counts.store[Self.width](t * Self.width, count)

    @no_inline
    def _forward[gaps: Bool](mut self, begin: Int):
        var x_pivot = self.x.pivot
        var y_pivot = self.y.pivot
        var count = Self.Lanes(0)
        var sums = Self.Total()
        var n = Self.Lanes(Float64(self.window))
        var inverse = 1 / n
        var freedom = 1 / (n - self.ddof)
        for t in range(self.window):
            var x = self.x.at(t)
            var y = x
            comptime if Self.PAIR:
                y = self.y.at(t)
            self._distances[gaps](x, y, x_pivot, y_pivot, count, sums)
            var both = Self.Total()
            comptime for k in range(Self.TERMS):
                both.terms[k] = sums.terms[k] + self.sums.load[Self.width](
                    ((t + 1) * Self.TERMS + k) * Self.width
                )
            comptime if gaps:
                n = count + self.counts.load[Self.width]((t + 1) * Self.width)
            comptime if gaps:
                inverse = 1 / n
                freedom = 1 / (n - self.ddof)
            var value = both.value(n, inverse, freedom)
            comptime if gaps:
                var bad = both.too_far(inverse)
                if any(bad):
                    for lane in range(Self.width):
                        var at = begin + lane * self.window + t
                        if bad[lane] and at < len(self.result):
                            value[lane] = self._alone(at)
                value = n.ge(self.least).select(value, Self.Lanes(_NAN))
            # In the place of the number, which is not needed any more.
            self.x.values.store[Self.width](t * Self.width, value)

    def _alone(self, at: Int) -> Float64:
        """Computes one window in two passes."""
        var x_pivot = _NAN
        var y_pivot = _NAN
        var n = Float64(0)
        var sums = _Sums[Self.moment, 1]()
        for turn in range(2):
            n = 0
            sums = _Sums[Self.moment, 1]()
            for i in range(max(0, at + 1 - self.window), at + 1):
                var x = self.x.x.double(i)
                var y = x
                comptime if Self.PAIR:
                    y = self.y.x.double(i)
                if (x - x) != 0 or (y - y) != 0:
                    continue
                if x_pivot != x_pivot:
                    x_pivot = x
                    y_pivot = y
                n += 1
                sums.add(x - x_pivot, y - y_pivot)
            if turn == 0 and n > 0:
                x_pivot += sums.terms[0][0] / n
                comptime if Self.PAIR:
                    y_pivot += sums.terms[1][0] / n
        return sums.value(n, 1 / n, 1 / (n - self.ddof))[0]

    def _write(mut self, begin: Int):
        comptime if Self.width == SQUARE:
            var rows = -(-self.window // SQUARE) * SQUARE
            var size = Self.width * self.window
            if begin + size <= len(self.result):
                # Backward: what is stored behind a block's end is overwritten by the
                # beginning of the next one.
                for t in range(rows - SQUARE, -1, -SQUARE):
                    var square = Array[Row, SQUARE](fill=Row(0))
                    comptime for i in range(SQUARE):
                        square[i] = self.x.values.load[SQUARE]((t + i) * SQUARE)
                    transpose(square)
                    comptime for lane in range(SQUARE):
                        self.x.stage.store[SQUARE](
                            lane * self.window + t, square[lane]
                        )
                self._copy(begin, size)
                return
        for lane in range(Self.width):
            for t in range(self.window):
                var at = begin + lane * self.window + t
                if at < len(self.result):
                    self.result.store(
                        at, self.x.values.load(t * Self.width + lane)
                    )

    @always_inline
    def _copy(self, begin: Int, size: Int):
        """Writes staged results; where there are many, past the caches."""
        var i = 0
        if is_streamed(self.result):
            write_past_caches(self.x.stage, self.result, begin, size)
            return
        while i < size:
            self.result.store[SQUARE](begin + i, self.x.stage.load[SQUARE](i))
            i += SQUARE
