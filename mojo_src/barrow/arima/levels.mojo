"""The Kalman filter over the levels of a series: gaps, forecasts, residuals.

The state is Harvey's ARMA state followed by the last `lost()` levels, which undo the
differences. The filter starts where that many levels in a row are known, with their
covariance zero and the ARMA part stationary, so that without gaps the likelihood is
that of the differenced series, and a gap costs nothing but the missing value.

Where as many levels in a row were observed, only the covariance of the ARMA part is not
zero, and what an observation leaves of it is shifted by one: a step takes one pass over
half of it, and none once the gain is constant.
"""

from barrow.arima.coefficients import F64
from barrow.arima.order import Order
from barrow.arima.stationary import Moments
from barrow.arima.sums import Sums
from barrow.fence import Scratch

comptime _SETTLED = 1e-15


def differencing(order: Order) -> Scratch[F64]:
    """Expands `(1 - B)^d (1 - B^s)^D`.

    Args:
        order: The model.

    Returns:
        Coefficients c with `w_t = y_t - c_1 y_{t-1} - c_2 y_{t-2} - ...`.
    """
    var lost = order.lost()
    var polynomial = Scratch[F64](length=lost + 1)
    polynomial.store(0, 1.0)
    for _ in range(order.d):
        for i in range(lost, 0, -1):
            polynomial.store(i, polynomial.load(i) - polynomial.load(i - 1))
    for _ in range(order.seasonal_d):
        for i in range(lost, order.season - 1, -1):
            polynomial.store(
                i, polynomial.load(i) - polynomial.load(i - order.season)
            )
    var coefficients = Scratch[F64](length=lost)
    for i in range(lost):
        coefficients.store(i, -polynomial.load(i + 1))
    return coefficients^


struct Levels[lanes: Int](Movable):
    """A filter over levels, for many parameter sets at once.

    Parameters:
        lanes: How many.
    """

    comptime V = SIMD[F64, Self.lanes]
    """A number for every parameter set."""

    var moments: Moments[Self.lanes]
    """The stationary start."""
    var _undo: Scratch[F64]
    var _arma: Int
    var _size: Int
    var _covariance: Scratch[F64]
    var _state: Scratch[F64]
    var _reach: Scratch[F64]
    var _noise: Scratch[F64]
    var variance: Self.V
    """The variance of the last innovation, over that of the noise."""
    var found: Array[Self.V, 3]
    """The last innovations: of the series and of the columns of its trend."""
    var expected: Array[Self.V, 3]
    """What was expected of the same."""

    def __init__(out self, order: Order):
        """Makes room.

        Args:
            order: The model.
        """
        comptime W = Self.lanes
        self.moments = Moments[W](order)
        self._undo = differencing(order)
        self._arma = order.states()
        self._size = self._arma + order.lost()
        self._covariance = Scratch[F64](length=self._size * self._size * W)
        self._state = Scratch[F64](length=3 * self._size * W)
        self._reach = Scratch[F64](length=(self._size + 1) * W)
        self._noise = Scratch[F64](length=self._arma * W)
        self.variance = Self.V(0)
        self.found = Array[Self.V, 3](fill=Self.V(0))
        self.expected = Array[Self.V, 3](fill=Self.V(0))

    def begin(
        mut self,
        order: Order,
        series: Scratch[F64],
        length: Int,
        phi: Scratch[F64],
        theta: Scratch[F64],
    ) -> Self.V:
        """Sets the state to what is known after the first levels.

        Args:
            order: The model.
            series: The levels, then those of the columns of the trend, whose first ones are
                zero; the first `lost()` of each are taken.
            length: How long each of them is.
            phi: Autoregressive coefficients, one vector a state.
            theta: Moving average coefficients, the same.

        Returns:
            What `Moments.column` returns.
        """
        comptime W = Self.lanes
        comptime V = Self.V
        var states = self._arma
        var size = self._size
        var least = self.moments.column(order, phi, theta, self._reach)
        self._reach.store[W](states * W, V(0))
        self._noise.store[W](0, V(1))
        for i in range(1, states):
            self._noise.store[W](i * W, theta.load[W]((i - 1) * W))
        for i in range(size * size):
            self._covariance.store[W](i * W, V(0))
        for i in range(states):
            var value = self._reach.load[W](i * W)
            self._covariance.store[W](i * size * W, value)
            self._covariance.store[W](i * W, value)
        # Stationary: what the transition makes of the covariance is the covariance.
        var first = self._reach.load[W](0)
        for i in range(states - 1, 0, -1):
            for j in range(states - 1, i - 1, -1):
                var a = phi.load[W](i * W)
                var b = phi.load[W](j * W)
                var value = a * b * first
                value += a * self._reach.load[W]((j + 1) * W)
                value += b * self._reach.load[W]((i + 1) * W)
                if j + 1 < states:
                    value += self._covariance.load[W](
                        ((i + 1) * size + j + 1) * W
                    )
                value += self._noise.load[W](i * W) * self._noise.load[W](j * W)
                self._covariance.store[W]((i * size + j) * W, value)
                self._covariance.store[W]((j * size + i) * W, value)
        var lost = size - states
        for c in range(3):
            for i in range(states):
                self._state.store[W]((c * size + i) * W, V(0))
            for i in range(lost):
                var level = 0.0
                if c * length + lost - 1 - i < len(series):
                    level = series.load(c * length + lost - 1 - i)
                self._state.store[W]((c * size + states + i) * W, V(level))
        return least

    def expect[columns: Int](mut self):
        """Finds what the next observation should be, and its variance.

        Parameters:
            columns: How many columns the trend has.
        """
        comptime W = Self.lanes
        for i in range(self._size):
            self._reach.store[W](
                i * W,
                _seen[W](
                    self._covariance, i * self._size, self._undo, self._arma
                ),
            )
        self.variance = _seen[W](self._reach, 0, self._undo, self._arma)
        comptime for c in range(1 + columns):
            self.expected[c] = _seen[W](
                self._state, c * self._size, self._undo, self._arma
            )

    def take[columns: Int](mut self, values: Array[Float64, 3]):
        """Learns from an observation.

        Parameters:
            columns: How many columns the trend has.

        Args:
            values: It, and the levels of the columns of the trend.
        """
        comptime W = Self.lanes
        var size = self._size
        var inverse = 1.0 / self.variance
        comptime for c in range(1 + columns):
            self.found[c] = Self.V(values[c]) - self.expected[c]
            var scaled = self.found[c] * inverse
            for i in range(size):
                var at = (c * size + i) * W
                self._state.store[W](
                    at,
                    self._reach.load[W](i * W).fma(
                        scaled, self._state.load[W](at)
                    ),
                )
        for i in range(size):
            var gain = -self._reach.load[W](i * W) * inverse
            for j in range(size):
                var at = (i * size + j) * W
                self._covariance.store[W](
                    at,
                    gain.fma(
                        self._reach.load[W](j * W),
                        self._covariance.load[W](at),
                    ),
                )

    def move[columns: Int](mut self, phi: Scratch[F64]):
        """Goes on by one step.

        Parameters:
            columns: How many columns the trend has.

        Args:
            phi: Autoregressive coefficients, one vector a state.
        """
        comptime W = Self.lanes
        var size = self._size
        comptime for c in range(1 + columns):
            _apply[W](self._state, c * size, 1, phi, self._undo, self._arma)
        for i in range(size):
            _apply[W](self._covariance, i, size, phi, self._undo, self._arma)
        for i in range(size):
            _apply[W](
                self._covariance, i * size, 1, phi, self._undo, self._arma
            )
        for i in range(self._arma):
            var noise = self._noise.load[W](i * W)
            for j in range(self._arma):
                var at = (i * size + j) * W
                self._covariance.store[W](
                    at,
                    noise.fma(
                        self._noise.load[W](j * W),
                        self._covariance.load[W](at),
                    ),
                )

    def exact[
        columns: Int
    ](
        mut self,
        order: Order,
        series: Scratch[F64],
        length: Int,
        phi: Scratch[F64],
        theta: Scratch[F64],
    ) -> Sums[Self.lanes]:
        """Sums the innovations of the levels that are there.

        Parameters:
            columns: How many columns the trend has.

        Args:
            order: The model.
            series: The levels, NaN where they are missing, then those of the columns of the
                trend.
            length: How long each of them is.
            phi: Autoregressive coefficients, one vector a state.
            theta: Moving average coefficients, the same.

        Returns:
            The sums; of lanes that are not stationary they are NaN.
        """
        var sums = Sums[Self.lanes]()
        var least = self.begin(order, series, length, phi, theta)
        var values = Array[Float64, 3](fill=0.0)
        var lost = order.lost()
        var in_a_row = lost
        var same = 0
        for at in range(lost, length):
            var y = series.load(at)
            if y != y:
                if in_a_row >= lost:
                    self._mirror()
                self.move[columns](phi)
                in_a_row = 0
                same = 0
                continue
            comptime for c in range(1 + columns):
                values[c] = series.load(c * length + at)
            if in_a_row >= lost:
                var settled = same >= self._arma
                var still = self._step[columns](values, phi, settled)
                same = same + 1 if still else 0
            else:
                self.expect[columns]()
                self.take[columns](values)
                self.move[columns](phi)
            in_a_row += 1
            sums.determinant *= self.variance
            sums.add[columns](self.found, 1.0 / self.variance)
            sums.count += 1
            if sums.count % 8 == 0:
                sums.keep_finite()
        var nothing = Self.V(0)
        sums.yy = least.le(0.0).select(nothing / nothing, sums.yy)
        return sums

    def _step[
        columns: Int
    ](
        mut self,
        values: Array[Float64, 3],
        phi: Scratch[F64],
        settled: Bool,
    ) -> Bool:
        """Takes an observation and moves on, where all levels of the state are known.

        Reads and writes the ARMA part of the covariance above its diagonal alone. The gain
        after i steps is that of the i-th diagonal now, so one that is the same for as many
        steps as there are states will not change again: `settled`.

        Returns:
            Whether the gain is that of the step before.
        """
        comptime W = Self.lanes
        comptime V = Self.V
        var states = self._arma
        var size = self._size
        for i in range(states):
            self._reach.store[W](i * W, self._covariance.load[W](i * W))
        self._reach.store[W](states * W, V(0))
        self.variance = self._reach.load[W](0)
        var inverse = 1.0 / self.variance
        comptime for c in range(1 + columns):
            self.expected[c] = _seen[W](
                self._state, c * size, self._undo, states
            )
            self.found[c] = V(values[c]) - self.expected[c]
            var scaled = self.found[c] * inverse
            for i in range(states):
                var at = (c * size + i) * W
                self._state.store[W](
                    at,
                    self._reach.load[W](i * W).fma(
                        scaled, self._state.load[W](at)
                    ),
                )
            _apply[W](self._state, c * size, 1, phi, self._undo, states)
        if settled:
            return True
        for i in range(states):
            var noise = self._noise.load[W](i * W)
            var gain = -self._reach.load[W]((i + 1) * W) * inverse
            for j in range(i, states - 1):
                var left = gain.fma(
                    self._reach.load[W]((j + 1) * W),
                    self._covariance.load[W](((i + 1) * size + j + 1) * W),
                )
                self._covariance.store[W](
                    (i * size + j) * W,
                    noise.fma(self._noise.load[W](j * W), left),
                )
            self._covariance.store[W](
                (i * size + states - 1) * W,
                noise * self._noise.load[W]((states - 1) * W),
            )
        var change = V(0)
        for i in range(states):
            var now = self._covariance.load[W](i * W)
            change = max(change, abs(now - self._reach.load[W](i * W)))
        return change.reduce_max() < _SETTLED

    def _mirror(mut self):
        """Completes the covariance below its diagonal, and where levels are known."""
        comptime W = Self.lanes
        var size = self._size
        for i in range(size):
            for j in range(i, size):
                var value = Self.V(0)
                if j < self._arma:
                    value = self._covariance.load[W]((i * size + j) * W)
                self._covariance.store[W]((i * size + j) * W, value)
                self._covariance.store[W]((j * size + i) * W, value)


@always_inline
def _seen[
    lanes: Int
](numbers: Scratch[F64], begin: Int, undo: Scratch[F64], arma: Int) -> SIMD[
    F64, lanes
]:
    """An observation of a state: ARMA plus the levels that undo the differences."""
    var total = numbers.load[lanes](begin * lanes)
    for i in range(len(undo)):
        total = numbers.load[lanes]((begin + arma + i) * lanes).fma(
            SIMD[F64, lanes](undo.load(i)), total
        )
    return total


@always_inline
def _apply[
    lanes: Int
](
    mut numbers: Scratch[F64],
    begin: Int,
    stride: Int,
    phi: Scratch[F64],
    undo: Scratch[F64],
    arma: Int,
):
    """The transition of a state, in place."""
    var first = numbers.load[lanes](begin * lanes)
    var level = first
    var lost = len(undo)
    for i in range(lost):
        level = numbers.load[lanes]((begin + (arma + i) * stride) * lanes).fma(
            SIMD[F64, lanes](undo.load(i)), level
        )
    for i in range(arma):
        var value = phi.load[lanes](i * lanes) * first
        if i + 1 < arma:
            value += numbers.load[lanes]((begin + (i + 1) * stride) * lanes)
        numbers.store[lanes]((begin + i * stride) * lanes, value)
    for i in range(lost - 1, 0, -1):
        numbers.store[lanes](
            (begin + (arma + i) * stride) * lanes,
            numbers.load[lanes]((begin + (arma + i - 1) * stride) * lanes),
        )
    if lost > 0:
        numbers.store[lanes]((begin + arma * stride) * lanes, level)
