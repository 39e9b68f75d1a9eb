"""A series made ready: differenced, without its least squares trend, scaled."""

from std.math import isfinite, sqrt

from barrow.arima.coefficients import F64
from barrow.arima.levels import differencing
from barrow.arima.order import Order
from barrow.fence import ColumnView, Scratch

comptime _EPSILON = 2.220446049250313e-16


struct Status:
    """What became of a series; a number that goes to Python as it is."""

    comptime CONVERGED = 0
    """The gradient is as good as zero."""
    comptime LIMIT = 1
    """The iterations came to their limit."""
    comptime STALLED = 2
    """No step made the function smaller, and the gradient is not zero."""
    comptime PERFECT = 3
    """The trend leaves nothing: the variance is 0."""
    comptime SHORT = 10
    """There are too few values."""
    comptime CONSTANT = 11
    """The differenced series does not change, so it has no coefficients."""
    comptime INFINITE = 12
    """A value is infinite."""
    comptime HOLES = 13
    """Nowhere are enough values in a row to start from."""


struct Prepared(Movable):
    """What a likelihood takes, and how to undo it."""

    var status: Int
    """`CONVERGED` if the series can be fitted, `PERFECT`, or why it cannot be."""
    var first: Int
    """The index of the first value that is used."""
    var last: Int
    """One past the last value."""
    var observed: Int
    """Values that are not missing, from the first one on."""
    var gaps: Bool
    """Whether values are missing between them."""
    var length: Int
    """The length of what is in `series`."""
    var differences: Int
    """The length of the differenced series, missing ones included."""
    var series: Scratch[F64]
    """The series, then the columns of the trend: differences, or levels if there are gaps."""
    var scale: Float64
    """What the series was divided by."""
    var trend: Array[Float64, 2]
    """Coefficients of the columns that were taken off before."""

    def __init__(out self, values: ColumnView[F64], order: Order):
        """Looks at a series and makes it ready.

        Args:
            values: The series; NaN where it is missing.
            order: The model.
        """
        self.status = Status.CONVERGED
        self.first = 0
        self.last = 0
        self.observed = 0
        self.gaps = False
        self.length = 0
        self.differences = 0
        self.series = Scratch[F64](length=0)
        self.scale = 1.0
        self.trend = Array[Float64, 2](fill=0.0)
        var lost = order.lost()
        self._place(values, lost)
        if self.status != Status.CONVERGED:
            return
        var length = self.last - self.first
        self.differences = length - lost
        # Constants and variance too, and at least one innovation beyond them.
        if self.observed - lost < order.free() + order.columns() + 2:
            self.status = Status.SHORT
            return
        self._make(values, order)

    def _place(mut self, values: ColumnView[F64], lost: Int):
        """Finds the part between missing ends that starts with enough values."""
        var run = 0
        var started = False
        for at in range(len(values)):
            var y = values[at]
            if y == y:
                if not isfinite(y):
                    self.status = Status.INFINITE
                    self.first = at
                    return
                run += 1
                self.last = at + 1
            else:
                run = 0
            if not started and run > 0 and run >= lost:
                started = True
                self.first = at + 1 - max(lost, 1)
        if self.last == 0 or len(values) <= lost:
            self.status = Status.SHORT
            return
        if not started:
            self.status = Status.HOLES
            return
        for at in range(self.first, self.last):
            var y = values[at]
            if y == y:
                self.observed += 1
            else:
                self.gaps = True

    def _make(mut self, values: ColumnView[F64], order: Order):
        var undo = differencing(order)
        var lost = order.lost()
        var columns = order.columns()
        var count = self.differences
        var differences = Scratch[F64](length=count)
        var size = 0.0
        for t in range(count):
            var at = self.first + lost + t
            var w = values[at]
            size = max(size, abs(w)) if w == w else size
            # Differences of what is near to each other are exact: no loss here.
            w -= values[at - lost] if lost == 1 else _past(values, undo, at)
            differences.store(t, w)
        self._regress(differences, order)
        var squares = 0.0
        var largest = 0.0
        var middle = 0.0
        var found = 0
        for t in range(count):
            var w = differences.load(t)
            if w == w:
                middle += w
                found += 1
        middle = middle / Float64(max(found, 1)) if columns == 0 else 0.0
        var spread = 0.0
        for t in range(count):
            var w = differences.load(t)
            if w != w:
                continue
            for c in range(columns):
                w -= self.trend[c] * order.trend_at(c, t, count)
            spread = max(spread, abs(w - middle))
            largest = max(largest, abs(w))
            differences.store(t, w)
        var noise = (
            8.0 * _EPSILON * size * Float64(1 << (order.d + order.seasonal_d))
        )
        if spread <= noise and order.free() > 0:
            self.status = Status.CONSTANT
            return
        if largest <= noise:
            self.status = Status.PERFECT
            return
        # Squares of very large and very small numbers are no doubles.
        for t in range(count):
            var w = differences.load(t) / largest
            squares += w * w if w == w else 0.0
        self.scale = largest * sqrt(squares / Float64(found))
        var by = 1.0 / self.scale
        if not self.gaps:
            self.length = count
            self.series = Scratch[F64](length=(1 + columns) * count)
            for t in range(count):
                self.series.store(t, differences.load(t) * by)
                for c in range(columns):
                    self.series.store(
                        (c + 1) * count + t, order.trend_at(c, t, count)
                    )
            return
        var length = self.last - self.first
        self.length = length
        self.series = Scratch[F64](length=(1 + columns) * length)
        for c in range(columns):
            _integrate(self.series, (c + 1) * length, length, undo, order, c)
        var base = values[self.first] if lost > 0 else 0.0
        for t in range(length):
            var y = values[self.first + t] - base
            for c in range(columns):
                y -= self.trend[c] * self.series.load((c + 1) * length + t)
            self.series.store(t, y * by)

    def _regress(mut self, w: Scratch[F64], order: Order):
        """Least squares of the differences on the columns of the trend."""
        var columns = order.columns()
        if columns == 0:
            return
        var count = self.differences
        # Sums of large numbers lose digits that a second look at what is left recovers.
        for _ in range(2):
            var aa = 0.0
            var ab = 0.0
            var bb = 0.0
            var ya = 0.0
            var yb = 0.0
            for t in range(count):
                var y = w.load(t)
                if y != y:
                    continue
                var a = order.trend_at(0, t, count)
                var b = order.trend_at(1, t, count) if columns == 2 else 0.0
                y -= self.trend[0] * a + self.trend[1] * b
                aa += a * a
                ab += a * b
                bb += b * b
                ya += y * a
                yb += y * b
            if columns == 1:
                self.trend[0] += ya / aa if aa > 0.0 else 0.0
                continue
            var determinant = aa * bb - ab * ab
            if determinant > 0.0:
                self.trend[0] += (ya * bb - yb * ab) / determinant
                self.trend[1] += (yb * aa - ya * ab) / determinant


def _past(values: ColumnView[F64], undo: Scratch[F64], at: Int) -> Float64:
    var total = 0.0
    for i in range(len(undo)):
        var factor = undo.load(i)
        if factor != 0.0:
            total += factor * values[at - 1 - i]
    return total


def _integrate(
    mut series: Scratch[F64],
    begin: Int,
    length: Int,
    undo: Scratch[F64],
    order: Order,
    column: Int,
):
    """The levels of a column of the trend, the first ones zero."""
    var lost = len(undo)
    var count = length - lost
    for t in range(count):
        var level = order.trend_at(column, t, count)
        for i in range(lost):
            level += undo.load(i) * series.load(begin + lost + t - 1 - i)
        series.store(begin + lost + t, level)
