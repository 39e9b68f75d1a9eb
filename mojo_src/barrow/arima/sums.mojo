"""What a likelihood needs of the innovations: squares, products, determinants."""

from std.math import log

from barrow.arima.coefficients import F64

comptime LOG_2_PI = 1.8378770664093453
"""The logarithm of 2 pi."""


struct Sums[lanes: Int](ImplicitlyCopyable):
    """Products of the innovations of a series and of the columns of its trend.

    The coefficients of the trend and the variance that maximize the likelihood follow
    from them, so that an optimizer never sees either (generalized least squares).

    Parameters:
        lanes: How many parameter sets at once.
    """

    comptime V = SIMD[F64, Self.lanes]
    """A number for every parameter set."""

    var yy: Self.V
    """Series with series."""
    var ya: Self.V
    """Series with the first column."""
    var yb: Self.V
    """Series with the second column."""
    var aa: Self.V
    """First column with itself."""
    var ab: Self.V
    """First column with the second."""
    var bb: Self.V
    """Second column with itself."""
    var determinant: Self.V
    """The product of the variances of the innovations, what is not in `logs`."""
    var logs: Self.V
    """The logarithm of the rest of that product."""
    var count: Int
    """How many innovations there are."""

    def __init__(out self):
        """Makes sums of nothing."""
        self.yy = Self.V(0)
        self.ya = Self.V(0)
        self.yb = Self.V(0)
        self.aa = Self.V(0)
        self.ab = Self.V(0)
        self.bb = Self.V(0)
        self.determinant = Self.V(1)
        self.logs = Self.V(0)
        self.count = 0

    @always_inline
    def keep_finite(mut self):
        """Moves a large determinant into its logarithm; to be called every few factors."""
        if self.determinant.reduce_max() > 1e100:
            self.logs += log(self.determinant)
            self.determinant = Self.V(1)

    @always_inline
    def add[columns: Int](mut self, found: Array[Self.V, 3], inverse: Self.V):
        """Adds the innovations of one step.

        Parameters:
            columns: How many columns the trend has.

        Args:
            found: Those of the series and of the columns.
            inverse: One over their variance.
        """
        var y = found[0] * inverse
        self.yy = y.fma(found[0], self.yy)
        comptime if columns > 0:
            var a = found[1] * inverse
            self.ya = y.fma(found[1], self.ya)
            self.aa = a.fma(found[1], self.aa)
            comptime if columns > 1:
                self.yb = y.fma(found[2], self.yb)
                self.ab = a.fma(found[2], self.ab)
                self.bb = (found[2] * inverse).fma(found[2], self.bb)

    def join(mut self, other: Self, inverse: Self.V):
        """Adds the products of other steps, whose variance was the same.

        Args:
            other: Their sums.
            inverse: One over the variance.
        """
        self.yy = other.yy.fma(inverse, self.yy)
        self.ya = other.ya.fma(inverse, self.ya)
        self.yb = other.yb.fma(inverse, self.yb)
        self.aa = other.aa.fma(inverse, self.aa)
        self.ab = other.ab.fma(inverse, self.ab)
        self.bb = other.bb.fma(inverse, self.bb)

    def trend[columns: Int](self) -> Tuple[Self.V, Self.V]:
        """Finds the coefficients of the trend.

        Parameters:
            columns: How many there are.

        Returns:
            Both; 0 where there is none.
        """
        comptime if columns == 0:
            return (Self.V(0), Self.V(0))
        elif columns == 1:
            return (self.ya / self.aa, Self.V(0))
        else:
            var determinant = self.aa * self.bb - self.ab * self.ab
            return (
                (self.ya * self.bb - self.yb * self.ab) / determinant,
                (self.yb * self.aa - self.ya * self.ab) / determinant,
            )

    def squares[columns: Int](self) -> Self.V:
        """Sums the squared innovations without the trend, each over its variance.

        Parameters:
            columns: How many columns the trend has.

        Returns:
            The sum.
        """
        var found = self.trend[columns]()
        comptime if columns == 0:
            return self.yy
        elif columns == 1:
            return self.yy - found[0] * self.ya
        else:
            return self.yy - found[0] * self.ya - found[1] * self.yb

    def objective[columns: Int](self) -> Self.V:
        """Gives half the logarithm of the variance, with the determinant.

        Parameters:
            columns: How many columns the trend has.

        Returns:
            `-loglik / count` without its constant, the variance being the best one.
        """
        var n = Float64(self.count)
        var variance = self.squares[columns]() / n
        return 0.5 * (log(variance) + (log(self.determinant) + self.logs) / n)
