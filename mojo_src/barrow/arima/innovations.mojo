"""The exact Gaussian innovations of a complete ARMA series, in O(states) a step.

The covariance of the state of a stationary process changes by a matrix of rank one from
step to step, and the Chandrasekhar recursions (Morf, Sidhu and Kailath 1974; Pearlman
1980) follow its factors instead of the matrix. Once the change is below rounding the
gain is constant, and a step is the plain ARMA recursion.
"""

from std.math import log

from barrow.arima.coefficients import F64
from barrow.arima.order import Order
from barrow.arima.stationary import Moments
from barrow.arima.sums import Sums
from barrow.fence import Scratch

comptime _SETTLED = 1e-15
comptime _LOOK = 8


struct Innovations[lanes: Int](Movable):
    """The state of a filter over one series, for many parameter sets at once.

    Parameters:
        lanes: How many.
    """

    var moments: Moments[Self.lanes]
    """The stationary start."""
    var _gain: Scratch[F64]
    var _factor: Scratch[F64]
    var _state: Scratch[F64]
    var settled_at: Int
    """After how many steps the gain was constant in the last run."""

    def __init__(out self, order: Order):
        """Makes room.

        Args:
            order: The model.
        """
        var states = order.states()
        self.moments = Moments[Self.lanes](order)
        self._gain = Scratch[F64](length=(states + 1) * Self.lanes)
        self._factor = Scratch[F64](length=(states + 1) * Self.lanes)
        self._state = Scratch[F64](length=3 * (states + 1) * Self.lanes)
        self.settled_at = 0

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
        """Sums the innovations under the stationary start.

        Parameters:
            columns: How many columns the trend has.

        Args:
            order: The model.
            series: The series, then the columns of the trend.
            length: How long each of them is.
            phi: Autoregressive coefficients, one vector a state.
            theta: Moving average coefficients, the same.

        Returns:
            The sums; of lanes that are not stationary they are NaN.
        """
        comptime W = Self.lanes
        comptime V = SIMD[F64, W]
        var states = order.states()
        var stride = (states + 1) * W
        var sums = Sums[W]()
        sums.count = length
        var least = self.moments.column(order, phi, theta, self._factor)
        var variance = self._factor.load[W](0)
        self._factor.store[W](states * W, V(0))
        for i in range(states):
            var gain = phi.load[W](i * W).fma(
                variance, self._factor.load[W]((i + 1) * W)
            )
            self._gain.store[W](i * W, gain)
        for i in range(states):
            self._factor.store[W](i * W, self._gain.load[W](i * W))
        for i in range(3 * (states + 1)):
            self._state.store[W](i * W, V(0))
        var middle = -1.0 / variance
        var at = 0
        while at < length:
            var change = V(0)
            var until = min(at + _LOOK, length)
            while at < until:
                var inverse = 1.0 / variance
                sums.determinant *= variance
                self._step[columns](
                    series, length, phi, at, stride, inverse, sums
                )
                var first = self._factor.load[W](0)
                var scaled = middle * first
                var next = scaled.fma(first, variance)
                var lowered = first * inverse
                change = abs(scaled * first)
                for i in range(states):
                    var moved = phi.load[W](i * W).fma(
                        first, self._factor.load[W]((i + 1) * W)
                    )
                    var gain = self._gain.load[W](i * W)
                    self._factor.store[W](i * W, (-gain).fma(lowered, moved))
                    var step = moved * scaled
                    change = max(change, abs(step))
                    self._gain.store[W](i * W, gain + step)
                middle -= scaled * scaled / next
                variance = next
                at += 1
            sums.keep_finite()
            if change.reduce_max() < _SETTLED:
                break
        self.settled_at = at
        var inverse = 1.0 / variance
        for i in range(states):
            self._gain.store[W](i * W, self._gain.load[W](i * W) * inverse)
        self._steady[columns](series, length, phi, at, stride, inverse, sums)
        sums.logs += Float64(length - at) * log(variance)
        var broken = least.le(0.0)
        sums.yy = broken.select(V(0) / V(0), sums.yy)
        return sums

    def conditional[
        columns: Int
    ](
        mut self,
        order: Order,
        series: Scratch[F64],
        length: Int,
        phi: Scratch[F64],
        theta: Scratch[F64],
    ) -> Sums[Self.lanes]:
        """Sums the innovations given the first values, and none before (CSS).

        Parameters:
            columns: How many columns the trend has.

        Args:
            order: The model.
            series: The series, then the columns of the trend.
            length: How long each of them is.
            phi: Autoregressive coefficients, one vector a state.
            theta: Moving average coefficients, the same.

        Returns:
            The sums.
        """
        comptime W = Self.lanes
        comptime V = SIMD[F64, W]
        var states = order.states()
        var stride = (states + 1) * W
        var ar = order.ar()
        var sums = Sums[W]()
        sums.count = length - ar
        for c in range(1 + columns):
            for i in range(states + 1):
                var total = V(0)
                for j in range(i, ar):
                    total = phi.load[W](j * W).fma(
                        V(series.load(c * length + ar + i - j - 1)), total
                    )
                self._state.store[W](c * stride + i * W, total)
        for i in range(states):
            self._gain.store[W](
                i * W, phi.load[W](i * W) + theta.load[W](i * W)
            )
        self._steady[columns](series, length, phi, ar, stride, V(1), sums)
        return sums

    @always_inline
    def _step[
        columns: Int
    ](
        mut self,
        series: Scratch[F64],
        length: Int,
        phi: Scratch[F64],
        at: Int,
        stride: Int,
        inverse: SIMD[F64, Self.lanes],
        mut sums: Sums[Self.lanes],
    ):
        """One observation; the gain still has the variance in it."""
        comptime W = Self.lanes
        comptime V = SIMD[F64, W]
        var found = Array[V, 3](fill=V(0))
        comptime for c in range(1 + columns):
            var base = c * stride
            var expected = self._state.load[W](base)
            var innovation = V(series.load(c * length + at)) - expected
            found[c] = innovation
            var scaled = innovation * inverse
            for i in range(stride // W - 1):
                var moved = phi.load[W](i * W).fma(
                    expected, self._state.load[W](base + (i + 1) * W)
                )
                self._state.store[W](
                    base + i * W,
                    self._gain.load[W](i * W).fma(scaled, moved),
                )
        sums.add[columns](found, inverse)

    def _steady[
        columns: Int
    ](
        mut self,
        series: Scratch[F64],
        length: Int,
        phi: Scratch[F64],
        begin: Int,
        stride: Int,
        inverse: SIMD[F64, Self.lanes],
        mut sums: Sums[Self.lanes],
    ):
        """The rest of the observations; the gain has been divided by the variance."""
        var states = stride // Self.lanes - 1
        if states == 1:
            self._steady_of[columns, 1](
                series, length, phi, begin, stride, inverse, sums
            )
        elif states == 2:
            self._steady_of[columns, 2](
                series, length, phi, begin, stride, inverse, sums
            )
        elif states == 3:
            self._steady_of[columns, 3](
                series, length, phi, begin, stride, inverse, sums
            )
        else:
            var own = Sums[Self.lanes]()
            for at in range(begin, length):
                self._step[columns](
                    series,
                    length,
                    phi,
                    at,
                    stride,
                    SIMD[F64, Self.lanes](1),
                    own,
                )
            sums.join(own, inverse)

    def _steady_of[
        columns: Int, states: Int
    ](
        mut self,
        series: Scratch[F64],
        length: Int,
        phi: Scratch[F64],
        begin: Int,
        stride: Int,
        inverse: SIMD[F64, Self.lanes],
        mut sums: Sums[Self.lanes],
    ):
        """The same with few states, all of them in registers."""
        comptime W = Self.lanes
        comptime V = SIMD[F64, W]
        var ar = Array[V, states](fill=V(0))
        var gain = Array[V, states](fill=V(0))
        var state = Array[V, 3 * states + 1](fill=V(0))
        comptime for i in range(states):
            ar[i] = phi.load[W](i * W)
            gain[i] = self._gain.load[W](i * W)
            comptime for c in range(1 + columns):
                state[c * states + i] = self._state.load[W](c * stride + i * W)
        var own = Sums[W]()
        for at in range(begin, length):
            var found = Array[V, 3](fill=V(0))
            comptime for c in range(1 + columns):
                var expected = state[c * states]
                var innovation = V(series.load(c * length + at)) - expected
                found[c] = innovation
                comptime for i in range(states):
                    var moved = ar[i] * expected
                    comptime if i + 1 < states:
                        moved = ar[i].fma(expected, state[c * states + i + 1])
                    state[c * states + i] = gain[i].fma(innovation, moved)
            own.add[columns](found, V(1))
        sums.join(own, inverse)
