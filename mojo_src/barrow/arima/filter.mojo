"""One series under given coefficients: innovations, forecasts, likelihood, curvature."""

from std.math import log

from barrow.arima.coefficients import F64, multiply_out
from barrow.arima.levels import Levels, differencing
from barrow.arima.likelihood import Likelihood
from barrow.arima.order import Order
from barrow.arima.prepare import Prepared, Status
from barrow.arima.sums import LOG_2_PI
from barrow.fence import ColumnView, MutColumnView, Scratch

comptime _WIDTH = 1e-4


struct Filtered(Movable):
    """What a filter found, besides the innovations."""

    var status: Int
    """`CONVERGED` if the series could be filtered, or why it could not be."""
    var loglik: Float64
    """The logarithm of the likelihood at these coefficients."""
    var observed: Int
    """How many innovations there are."""

    def __init__(out self, status: Int):
        """Makes a result of nothing.

        Args:
            status: A `Status`.
        """
        self.status = status
        self.loglik = 0.0
        self.observed = 0


def filter_series(
    values: ColumnView[F64],
    order: Order,
    parameters: ColumnView[F64],
    residuals: MutColumnView[F64],
    means: MutColumnView[F64],
    variances: MutColumnView[F64],
) -> Filtered:
    """Filters a series with given coefficients, and forecasts it.

    Args:
        values: The series; NaN where it is missing.
        order: The model.
        parameters: AR, MA, seasonal AR, seasonal MA, constant, slope, variance.
        residuals: Gets what was not expected of every value, NaN where nothing was; may be
            empty.
        means: Gets forecasts of the values after the last one given.
        variances: Gets the variances of their errors.

    Returns:
        The likelihood.
    """
    var nothing = 0.0
    nothing = nothing / nothing
    for t in range(len(residuals)):
        residuals.store(t, nothing)
    for t in range(len(means)):
        means.store(t, nothing)
        variances.store(t, nothing)
    var size = order.free()
    var prepared = Prepared(values, order)
    var filtered = Filtered(prepared.status)
    if prepared.status == Status.CONSTANT or prepared.status == Status.PERFECT:
        filtered.status = Status.CONVERGED
    if filtered.status != Status.CONVERGED:
        return filtered^
    var factors = Scratch[F64](length=size + 1)
    for i in range(size):
        factors.store(i, parameters[i])
    var constant = parameters[size]
    var slope = parameters[size + 1]
    var noise = parameters[size + 2]
    var phi = Scratch[F64](length=order.states())
    var theta = Scratch[F64](length=order.states())
    multiply_out[1](order, factors, phi, theta)
    var undo = differencing(order)
    var lost = order.lost()
    var first = prepared.first
    var length = len(values) - first
    var base = values[first] if lost > 0 else 0.0
    # Levels of the trend, to be taken off and put on again.
    var trend = Scratch[F64](length=length + len(means))
    for t in range(lost, len(trend)):
        var level = constant + slope * Float64(t - lost + 1)
        for i in range(lost):
            level += undo.load(i) * trend.load(t - 1 - i)
        trend.store(t, level)
    var levels = Levels[1](order)
    var given = Scratch[F64](length=lost)
    for t in range(lost):
        given.store(t, values[first + t] - base)
    var least = levels.begin(order, given, lost, phi, theta)
    if not least[0] > 0.0:
        filtered.status = Status.STALLED
        return filtered^
    var squares = 0.0
    var logs = 0.0
    for t in range(lost, length):
        var y = values[first + t]
        levels.expect[0]()
        if y == y:
            var plain = y - base - trend.load(t)
            levels.take[0](Array[Float64, 3](fill=plain))
            if len(residuals) > 0:
                residuals.store(first + t, levels.found[0][0])
            squares += levels.found[0][0] ** 2 / levels.variance[0]
            logs += log(levels.variance[0])
            filtered.observed += 1
        levels.move[0](phi)
    var count = Float64(filtered.observed)
    filtered.loglik = -0.5 * (
        count * (LOG_2_PI + log(noise)) + logs + squares / noise
    )
    for h in range(len(means)):
        levels.expect[0]()
        means.store(h, levels.expected[0][0] + base + trend.load(length + h))
        variances.store(h, levels.variance[0] * noise)
        levels.move[0](phi)
    return filtered^


def curvature(
    values: ColumnView[F64],
    order: Order,
    parameters: ColumnView[F64],
    conditional: Bool,
    hessian: MutColumnView[F64],
    products: MutColumnView[F64],
) -> Int:
    """Measures how sharp a maximum of the likelihood is.

    Args:
        values: The series; NaN where it is missing.
        order: The model.
        parameters: AR, MA, seasonal AR, seasonal MA coefficients; more are not read.
        conditional: Whether it is the conditional likelihood (CSS).
        hessian: Gets second derivatives of `-loglik` by them, a row each, the trend and the
            variance being the best ones.
        products: Gets sums over the innovations of the columns of the trend, each over its
            variance: constant with constant, with slope, slope with slope.

    Returns:
        A `Status`.
    """
    var prepared = Prepared(values, order)
    if prepared.status != Status.CONVERGED:
        return prepared.status
    comptime lanes = 8
    var series = Scratch[F64](length=0)
    swap(series, prepared.series)
    var likelihood = Likelihood[lanes](
        order,
        series^,
        prepared.length,
        gaps=prepared.gaps,
        conditional=conditional,
    )
    var size = order.free()
    for i in range(size):
        likelihood.factors.store[lanes](
            i * lanes, SIMD[F64, lanes](parameters[i])
        )
    var center = likelihood.at_factors()[0]
    var total = Float64(likelihood.sums.count)
    products.store(0, likelihood.sums.aa[0])
    products.store(1, likelihood.sums.ab[0])
    products.store(2, likelihood.sums.bb[0])
    for i in range(size):
        for j in range(i + 1):
            for k in range(size):
                var numbers = SIMD[F64, lanes](parameters[k])
                # A corner and its opposite, and the ends of both edges.
                if k == i:
                    numbers[0] += _WIDTH
                    numbers[1] -= _WIDTH
                    numbers[2] += _WIDTH
                    numbers[3] -= _WIDTH
                if k == j:
                    numbers[0] += _WIDTH
                    numbers[1] -= _WIDTH
                    numbers[4] += _WIDTH
                    numbers[5] -= _WIDTH
                likelihood.factors.store[lanes](k * lanes, numbers)
            var f = likelihood.at_factors()
            var second = (
                f[0] + f[1] + 2.0 * center - f[2] - f[3] - f[4] - f[5]
            ) / (2.0 * _WIDTH * _WIDTH)
            hessian.store(i * size + j, second * total)
            hessian.store(j * size + i, second * total)
    return Status.CONVERGED
