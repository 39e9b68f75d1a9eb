"""Exponentially weighted means and variances."""

from std.math import sqrt

from barrow.fence import MutColumnView, SeriesView

comptime _NAN = Float64(0) / Float64(0)


struct WeightedMoments(TrivialRegisterPassable):
    """The mean and the variance of values whose weights fade.

    A step multiplies all weights by 1 - alpha and adds a value of weight 1 (`adjust`), or
    of weight alpha. With W the sum of weights and w that of the new value, the mean
    moves by w / (W + w) of the new value's distance from it, and the weighted sum of
    squared distances is kept as the variance times W: of equal values both stay as they
    are, exactly.
    """

    var decay: Float64
    """What remains of a weight at the next step, 1 - alpha."""
    var fresh: Float64
    """The weight of a new value."""
    var ignore_missing: Bool
    """Whether a missing value takes no time."""
    var mean: Float64
    """The mean so far; NaN before the first value."""
    var spread: Float64
    """The variance so far, of the weights as they are."""
    var weight: Float64
    """The sum of the weights."""
    var pairs: Float64
    """The sum of the products of two different weights, each pair once."""
    var count: Int
    """How many values there were."""

    def __init__(
        out self, alpha: Float64, *, adjust: Bool, ignore_missing: Bool
    ):
        """Makes moments of nothing.

        Args:
            alpha: The weight of the newest value, above 0 and at most 1.
            adjust: Whether weights are relative to all weights so far.
            ignore_missing: Whether a missing value takes no time.
        """
        self.decay = 1 - alpha
        self.fresh = 1.0 if adjust else alpha
        self.ignore_missing = ignore_missing
        self.mean = _NAN
        self.spread = 0
        self.weight = 1
        self.pairs = 0
        self.count = 0

    @always_inline
    def push(mut self, value: Float64, adjust: Bool):
        """Takes the next value.

        Args:
            value: The value; NaN and infinities are missing.
            adjust: As it was made with.
        """
        var there = (value - value) == 0
        if there:
            self.count += 1
        if self.count == 0 or (there and self.count == 1):
            if there:
                self.mean = value
            return
        if not there and self.ignore_missing:
            return
        self.weight *= self.decay
        self.pairs *= self.decay * self.decay
        if not there:
            return
        var total = self.weight + self.fresh
        var distance = value - self.mean
        var step = distance * (self.fresh / total)
        var kept = self.weight / total
        # The variance of two groups: of the old ones, and between them and the new one.
        self.spread = kept * (self.spread + distance * step)
        self.mean += step
        self.pairs += self.fresh * self.weight
        self.weight = total
        if not adjust:
            self.pairs /= total * total
            self.weight = 1

    @always_inline
    def variance(self, bias: Bool) -> Float64:
        """Returns the variance so far.

        Args:
            bias: Whether it is that of the weights, or of what they are a sample of.

        Returns:
            The variance; NaN without bias of less than two values.
        """
        if self.count == 0:
            return _NAN
        if bias:
            return self.spread
        # The square of the sum without the squares, of which the difference would lose
        # all digits where one weight is far above the others.
        var freedom = 2 * self.pairs
        if self.count < 2 or freedom <= 0:
            return _NAN
        return self.spread * (self.weight * self.weight / freedom)


@fieldwise_init
struct Weighted(Equatable, TrivialRegisterPassable):
    """What is computed of weighted values."""

    var code: Int
    """One of the constants."""

    comptime MEAN = Self(0)
    """The mean."""
    comptime VAR = Self(1)
    """The variance."""
    comptime STD = Self(2)
    """The standard deviation."""


def weighted_moment[
    what: Weighted
](
    x: SeriesView,
    alpha: Float64,
    min_periods: Int,
    adjust: Bool,
    ignore_missing: Bool,
    bias: Bool,
    result: MutColumnView[DType.float64],
):
    """Computes a moment of all numbers up to each, weighted by their age.

    Parameters:
        what: Which one.

    Args:
        x: The numbers; NaN and infinities are missing, as in pandas.
        alpha: The weight of the newest one, above 0 and at most 1.
        min_periods: How many values a result needs.
        adjust: Whether weights are relative to all weights so far.
        ignore_missing: Whether a missing value takes no time.
        bias: Whether a variance is that of the weights themselves.
        result: Where the results go; as long as `x`.
    """
    var moments = WeightedMoments(
        alpha, adjust=adjust, ignore_missing=ignore_missing
    )
    var least = max(min_periods, 1)
    for at in range(len(x)):
        moments.push(x.double(at), adjust)
        var value = _NAN
        if moments.count >= least:
            comptime if what == Weighted.MEAN:
                value = moments.mean
            else:
                value = moments.variance(bias)
                comptime if what == Weighted.STD:
                    value = sqrt(value)
        result.store(at, value)
