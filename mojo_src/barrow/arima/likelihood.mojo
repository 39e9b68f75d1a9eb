"""The function an optimizer makes small, for many parameter sets in one pass."""

from barrow.arima.coefficients import (
    F64,
    LARGEST_AR,
    factors_from_free,
    multiply_out,
    to_partial,
)
from barrow.arima.innovations import Innovations
from barrow.arima.levels import Levels
from barrow.arima.order import Order
from barrow.arima.sums import Sums
from barrow.fence import Scratch


struct Likelihood[lanes: Int](Movable):
    """The concentrated likelihood of one series: the variance and the trend are the best.

    Parameters:
        lanes: How many parameter sets at once.
    """

    comptime V = SIMD[F64, Self.lanes]
    """A number for every parameter set."""

    var order: Order
    """The model."""
    var series: Scratch[F64]
    """The series, then the columns of the trend: differences, or levels if there are gaps."""
    var length: Int
    """How long each of them is."""
    var gaps: Bool
    """Whether the series are levels with missing values."""
    var conditional: Bool
    """Whether the first values are taken as given (CSS)."""
    var free: Scratch[F64]
    """Numbers without bounds, a vector each: set them, then ask for `at_free`."""
    var factors: Scratch[F64]
    """Coefficients of the four polynomials: set them, then ask for `at_factors`."""
    var phi: Scratch[F64]
    """The product of the autoregressive polynomials of the last evaluation."""
    var theta: Scratch[F64]
    """The product of the moving average polynomials of the last evaluation."""
    var sums: Sums[Self.lanes]
    """What the last evaluation found."""
    var passes: Int
    """How many evaluations there were."""
    var _innovations: Innovations[Self.lanes]
    var _levels: List[Levels[Self.lanes]]

    def __init__(
        out self,
        order: Order,
        var series: Scratch[F64],
        length: Int,
        *,
        gaps: Bool,
        conditional: Bool,
    ):
        """Makes room for evaluations.

        Args:
            order: The model.
            series: The series, then the columns of the trend.
            length: How long each of them is.
            gaps: Whether the series are levels with missing values.
            conditional: Whether the first values are taken as given (CSS).
        """
        comptime W = Self.lanes
        self.order = order
        self.series = series^
        self.length = length
        self.gaps = gaps
        self.conditional = conditional
        self.free = Scratch[F64](length=(order.free() + 1) * W)
        self.factors = Scratch[F64](length=(order.free() + 1) * W)
        self.phi = Scratch[F64](length=order.states() * W)
        self.theta = Scratch[F64](length=order.states() * W)
        self.sums = Sums[W]()
        self.passes = 0
        self._innovations = Innovations[W](order)
        self._levels = List[Levels[W]]()
        if gaps:
            self._levels.append(Levels[W](order))

    def at_free(mut self) -> Self.V:
        """Evaluates at `free`.

        Returns:
            `-loglik / count` without its constant.
        """
        factors_from_free[Self.lanes](self.order, self.free, self.factors)
        # Where nothing is multiplied, the partial autocorrelations are these.
        self._know(self.order.seasonal_p == 0)
        var values = self.at_factors()
        self._know(False)
        return values

    def _know(mut self, known: Bool):
        comptime W = Self.lanes
        self._innovations.moments.known = known
        if self.gaps:
            self._levels[0].moments.known = known
        if not known:
            return
        for i in range(self.order.p):
            var partial = to_partial[W](self.free.load[W](i * W), LARGEST_AR)
            self._innovations.moments.partials.store[W](i * W, partial)
            if self.gaps:
                self._levels[0].moments.partials.store[W](i * W, partial)

    def at_factors(mut self) -> Self.V:
        """Evaluates at `factors`.

        Returns:
            `-loglik / count` without its constant; NaN where that is no stationary process.
        """
        self.passes += 1
        multiply_out[Self.lanes](self.order, self.factors, self.phi, self.theta)
        var columns = self.order.columns()
        if columns == 0:
            return self._run[0]()
        if columns == 1:
            return self._run[1]()
        return self._run[2]()

    def _run[columns: Int](mut self) -> Self.V:
        if self.gaps:
            self.sums = self._levels[0].exact[columns](
                self.order, self.series, self.length, self.phi, self.theta
            )
        elif self.conditional:
            self.sums = self._innovations.conditional[columns](
                self.order, self.series, self.length, self.phi, self.theta
            )
        else:
            self.sums = self._innovations.exact[columns](
                self.order, self.series, self.length, self.phi, self.theta
            )
        return self.sums.objective[columns]()

    def trend(self) -> Tuple[Self.V, Self.V]:
        """Gives the coefficients of the trend of the last evaluation.

        Returns:
            Both; 0 where there is none.
        """
        var columns = self.order.columns()
        if columns == 0:
            return self.sums.trend[0]()
        if columns == 1:
            return self.sums.trend[1]()
        return self.sums.trend[2]()

    def variance(self) -> Self.V:
        """Gives the variance of the noise of the last evaluation.

        Returns:
            The one that maximizes the likelihood.
        """
        var columns = self.order.columns()
        var n = Float64(self.sums.count)
        if columns == 0:
            return self.sums.squares[0]() / n
        if columns == 1:
            return self.sums.squares[1]() / n
        return self.sums.squares[2]() / n
