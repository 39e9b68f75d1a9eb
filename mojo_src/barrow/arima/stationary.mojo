"""Second moments of a stationary ARMA process, for the start of a filter."""

from barrow.arima.coefficients import F64
from barrow.arima.order import Order
from barrow.fence import Scratch


struct Moments[lanes: Int](Movable):
    """Covariances of Harvey's state with the observation, innovations of variance 1.

    The autoregressive part is stepped down to its partial autocorrelations, whose
    recursion gives its covariances without solving equations; those of the ARMA
    process are their convolution with the moving average.

    Parameters:
        lanes: How many parameter sets at once.
    """

    var partials: Scratch[F64]
    """Partial autocorrelations of the autoregressive part, where `known`."""
    var known: Bool
    """Whether `partials` need not be found by stepping down, which loses digits near 1."""
    var _triangle: Scratch[F64]
    var _own: Scratch[F64]
    var _moving: Scratch[F64]
    var _all: Scratch[F64]
    var _weights: Scratch[F64]

    def __init__(out self, order: Order):
        """Makes room.

        Args:
            order: The model.
        """
        var ar = order.ar()
        var ma = order.ma()
        self.partials = Scratch[F64](length=(ar + 1) * Self.lanes)
        self.known = False
        self._triangle = Scratch[F64](
            length=(ar * (ar + 1) // 2 + 1) * Self.lanes
        )
        self._own = Scratch[F64](length=(ar + ma + 2) * Self.lanes)
        self._moving = Scratch[F64](length=(ma + 1) * Self.lanes)
        self._all = Scratch[F64](length=(ar + 1) * Self.lanes)
        self._weights = Scratch[F64](length=(ma + 1) * Self.lanes)

    def column(
        mut self,
        order: Order,
        phi: Scratch[F64],
        theta: Scratch[F64],
        mut covariances: Scratch[F64],
    ) -> SIMD[F64, Self.lanes]:
        """Computes the covariances of every state with the observation.

        Args:
            order: The model.
            phi: Autoregressive coefficients, zeros up to the number of states.
            theta: Moving average coefficients, the same.
            covariances: Gets a vector for every state.

        Returns:
            The smallest `1 - partial^2` of each lane: not positive where the process is not
            stationary, and then the covariances mean nothing.
        """
        comptime V = SIMD[F64, Self.lanes]
        comptime W = Self.lanes
        var ar = order.ar()
        var ma = order.ma()
        var least = V(1)
        var variance = V(1)
        # Row k of the triangle has the k coefficients of the process of order k.
        if self.known:
            self._climb(ar)
        else:
            self._descend(ar, phi)
        for k in range(1, ar + 1):
            var partial = self._triangle.load[W]((k * (k - 1) // 2 + k - 1) * W)
            var rest = (1.0 - partial) * (1.0 + partial)
            least = min(least, rest)
            variance /= rest
        self._own.store[W](0, variance)
        var left = variance
        for k in range(1, ar + ma + 1):
            var total = V(0)
            if k <= ar:
                var row = k * (k - 1) // 2
                var above = (k - 1) * (k - 2) // 2
                var partial = self._triangle.load[W]((row + k - 1) * W)
                for j in range(1, k):
                    total = self._triangle.load[W]((above + j - 1) * W).fma(
                        self._own.load[W]((k - j) * W), total
                    )
                total += partial * left
                left *= 1.0 - partial * partial
            else:
                for j in range(1, ar + 1):
                    total = phi.load[W]((j - 1) * W).fma(
                        self._own.load[W]((k - j) * W), total
                    )
            self._own.store[W](k * W, total)
        for m in range(ma + 1):
            var total = V(1) if m == 0 else theta.load[W]((m - 1) * W)
            for i in range(1, ma + 1 - m):
                total = theta.load[W]((i - 1) * W).fma(
                    theta.load[W]((i + m - 1) * W), total
                )
            self._moving.store[W](m * W, total)
        for k in range(ar + 1):
            var total = self._moving.load[W](0) * self._own.load[W](k * W)
            for m in range(1, ma + 1):
                var pair = self._own.load[W]((k + m) * W) + self._own.load[W](
                    abs(k - m) * W
                )
                total = self._moving.load[W](m * W).fma(pair, total)
            self._all.store[W](k * W, total)
        self._weights.store[W](0, V(1))
        for k in range(1, ma + 1):
            var total = theta.load[W]((k - 1) * W)
            for j in range(1, min(k, ar) + 1):
                total = phi.load[W]((j - 1) * W).fma(
                    self._weights.load[W]((k - j) * W), total
                )
            self._weights.store[W](k * W, total)
        covariances.store[W](0, self._all.load[W](0))
        for i in range(1, order.states()):
            var total = V(0)
            for j in range(i + 1, ar + 1):
                total = phi.load[W]((j - 1) * W).fma(
                    self._all.load[W]((j - i) * W), total
                )
            for j in range(i, ma + 1):
                total = theta.load[W]((j - 1) * W).fma(
                    self._weights.load[W]((j - i) * W), total
                )
            covariances.store[W](i * W, total)
        return least

    def _descend(mut self, ar: Int, phi: Scratch[F64]):
        """From the coefficients down to those of order 1."""
        comptime W = Self.lanes
        var last = ar * (ar - 1) // 2
        for i in range(ar):
            self._triangle.store[W]((last + i) * W, phi.load[W](i * W))
        for k in range(ar, 1, -1):
            var row = k * (k - 1) // 2
            var partial = self._triangle.load[W]((row + k - 1) * W)
            var above = (k - 1) * (k - 2) // 2
            var scale = 1.0 / (1.0 - partial * partial)
            for i in range(k - 1):
                var a = self._triangle.load[W]((row + i) * W)
                var b = self._triangle.load[W]((row + k - 2 - i) * W)
                self._triangle.store[W](
                    (above + i) * W, (a + partial * b) * scale
                )

    def _climb(mut self, ar: Int):
        """From the partial autocorrelations up to the coefficients."""
        comptime W = Self.lanes
        for k in range(1, ar + 1):
            var row = k * (k - 1) // 2
            var partial = self.partials.load[W]((k - 1) * W)
            var above = (k - 1) * (k - 2) // 2
            for i in range(k - 1):
                var a = self._triangle.load[W]((above + i) * W)
                var b = self._triangle.load[W]((above + k - 2 - i) * W)
                self._triangle.store[W]((row + i) * W, a - partial * b)
            self._triangle.store[W]((row + k - 1) * W, partial)
