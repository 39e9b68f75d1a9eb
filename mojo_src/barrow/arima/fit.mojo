"""Fitting one series: where to start, how often, and what is told about it."""

from std.math import cos, log

from barrow.arima.coefficients import (
    F64,
    factors_from_free,
    free_from_factors,
    from_partial,
)
from barrow.arima.likelihood import Likelihood
from barrow.arima.minimize import Descent, Point, look, minimize
from barrow.arima.order import Order
from barrow.arima.prepare import Prepared, Status
from barrow.arima.regress import guess
from barrow.arima.sums import LOG_2_PI
from barrow.fence import ColumnView, Scratch


comptime _LINES = 32
comptime _NEAR = 0.25


@fieldwise_init
struct Settings(ImplicitlyCopyable):
    """How to fit."""

    var conditional: Bool
    """Minimize the conditional sum of squares instead of the likelihood."""
    var starts: Int
    """Descents from different places; 0 for as many as the model usually needs."""
    var limit: Int
    """Directions that a descent may search."""


struct Fitted(Movable):
    """What became of one series."""

    var status: Int
    """A `Status`."""
    var factors: Scratch[F64]
    """AR, MA, seasonal AR, seasonal MA coefficients."""
    var constant: Float64
    """The constant of the trend of the differences."""
    var slope: Float64
    """The slope of that trend; the first difference is at time 1."""
    var variance: Float64
    """The variance of the noise."""
    var loglik: Float64
    """The logarithm of the likelihood; of the conditional one for CSS."""
    var observed: Int
    """How many innovations the likelihood has."""
    var first: Int
    """The index of the first value used; of the infinite one if there is one."""
    var iterations: Int
    """Directions searched by the best descent."""
    var passes: Int
    """Passes over the series in all descents."""
    var gradient: Float64
    """The largest derivative of the log likelihood by a number without bounds."""

    def __init__(out self, order: Order):
        """Makes a result that knows nothing.

        Args:
            order: The model.
        """
        self.status = Status.SHORT
        self.factors = Scratch[F64](length=order.free() + 1)
        self.constant = 0.0
        self.slope = 0.0
        self.variance = 0.0
        self.loglik = 0.0
        self.observed = 0
        self.first = 0
        self.iterations = 0
        self.passes = 0
        self.gradient = 0.0


def fit_series(
    values: ColumnView[F64], order: Order, settings: Settings
) -> Fitted:
    """Finds the coefficients of the largest likelihood.

    Args:
        values: The series; NaN where it is missing.
        order: The model.
        settings: How.

    Returns:
        The coefficients, and how they were found; why there are none otherwise.
    """
    var fitted = Fitted(order)
    var prepared = Prepared(values, order)
    fitted.status = prepared.status
    fitted.first = prepared.first
    fitted.observed = prepared.observed - order.lost()
    if prepared.status == Status.PERFECT:
        var trend = order.plain_trend(
            prepared.trend[0], prepared.trend[1], prepared.differences
        )
        fitted.constant = trend[0]
        fitted.slope = trend[1]
        fitted.loglik = 1.0 / Float64(0.0)
    elif prepared.status == Status.CONVERGED:
        if order.free() < 4:
            _search[8](prepared, order, settings, fitted)
        else:
            _search[16](prepared, order, settings, fitted)
    return fitted^


def _search[
    lanes: Int
](
    mut prepared: Prepared,
    order: Order,
    settings: Settings,
    mut fitted: Fitted,
):
    var series = Scratch[F64](length=0)
    swap(series, prepared.series)
    var likelihood = Likelihood[lanes](
        order,
        series^,
        prepared.length,
        gaps=prepared.gaps,
        conditional=settings.conditional,
    )
    var starts = _starts(likelihood, settings)
    var best = minimize(likelihood, starts[0].copy(), settings.limit)
    for i in range(1, len(starts)):
        var other = minimize(likelihood, starts[i].copy(), settings.limit)
        if other.point.value < best.point.value or not (
            best.point.value == best.point.value
        ):
            best = other^
    look(likelihood, best.point)
    var count = Float64(likelihood.sums.count)
    fitted.status = best.status
    if not best.point.value == best.point.value:
        fitted.status = Status.STALLED
    fitted.iterations = best.iterations
    fitted.passes = likelihood.passes
    fitted.observed = likelihood.sums.count
    fitted.gradient = best.point.steepest() * count
    fitted.variance = likelihood.variance()[0] * prepared.scale * prepared.scale
    fitted.loglik = -count * (
        0.5 * (LOG_2_PI + 1.0) + best.point.value + log(prepared.scale)
    )
    var found = likelihood.trend()
    var trend = order.plain_trend(
        prepared.trend[0] + prepared.scale * found[0][0],
        prepared.trend[1] + prepared.scale * found[1][0],
        prepared.differences,
    )
    fitted.constant = trend[0]
    fitted.slope = trend[1]
    for i in range(order.free()):
        fitted.factors.store(i, likelihood.factors.load(i * lanes))


def _starts[
    lanes: Int
](mut likelihood: Likelihood[lanes], settings: Settings) -> List[Point]:
    """Places to start from, best first: a regression, CSS, and the best of many."""
    var order = likelihood.order
    var size = order.free()
    var places = List[Point]()
    if size == 0:
        places.append(Point(0))
        return places^
    var regressed = Point(size)
    if not likelihood.gaps and _regressed(likelihood, regressed):
        places.append(regressed.copy())
        if not settings.conditional:
            likelihood.conditional = True
            var rough = minimize(likelihood, regressed.copy(), 30)
            likelihood.conditional = False
            places[0] = rough.point.copy()
    var wanted = settings.starts
    if wanted == 0:
        wanted = min(4 * size, 12)
    _screen(likelihood, wanted, places)
    return places^


def _regressed[
    lanes: Int
](likelihood: Likelihood[lanes], mut point: Point) -> Bool:
    var order = likelihood.order
    var size = order.free()
    var factors = Scratch[F64](length=size)
    var free = Scratch[F64](length=size)
    if not guess(order, likelihood.series, likelihood.length, factors):
        return False
    if not free_from_factors(order, factors, free):
        return False
    for i in range(size):
        # Not on the boundary itself, where derivatives by these numbers are zero.
        point.at[i] = min(max(free.load(i), -0.9), 0.9)
    return True


def _screen[
    lanes: Int
](mut likelihood: Likelihood[lanes], wanted: Int, mut places: List[Point]):
    """Adds the best of many places until there are as many as wanted."""
    comptime V = SIMD[F64, lanes]
    var order = likelihood.order
    var size = order.free()
    var spread = min(64 * size, 32 * wanted)
    var lines = _LINES if order.p > 0 and order.q > 0 else 0
    # An additive recurrence fills a box evenly: powers of the inverse of the root of
    # x^(size + 1) = x + 1 (Roberts 2018).
    var root = 2.0
    for _ in range(40):
        root = (1.0 + root) ** (1.0 / Float64(size + 1))
    var candidates = List[Point]()
    for number in range(0, spread + lines, lanes):
        var phase = 1.0
        for i in range(size):
            phase /= root
            var numbers = V(0)
            for lane in range(lanes):
                var at = number + lane
                if at >= spread:
                    numbers[lane] = _line(order, at - spread, i)
                    continue
                # The first place of all is the origin.
                var x = 0.5 + Float64(at) * phase
                var r = 1.9 * (x - Float64(Int(x))) - 0.95
                numbers[lane] = from_partial(r, 1.0)
            likelihood.free.store[lanes](i * lanes, numbers)
        var values = likelihood.at_free()
        for lane in range(lanes):
            if not values[lane] == values[lane]:
                continue
            var point = Point(size)
            point.value = values[lane]
            for i in range(size):
                point.at[i] = likelihood.free.load(i * lanes + lane)
            _insert(candidates, point^, 8 * wanted)
    # Neighbors go down to the same minimum: first the best that are none.
    for near in range(2):
        for i in range(len(candidates)):
            if len(places) >= wanted:
                break
            if near == 1 or _apart(candidates[i], places):
                places.append(candidates[i].copy())
    if len(places) == 0:
        places.append(Point(size))


def _apart(point: Point, places: List[Point]) -> Bool:
    for i in range(len(places)):
        var far = 0.0
        for j in range(len(point.at)):
            far = max(far, abs(point.at[j] - places[i].at[j]))
        if far < _NEAR:
            return False
    return True


def _line(order: Order, number: Int, dimension: Int) -> Float64:
    """A place where roots of both polynomials nearly cancel: a line in the spectrum.

    Such maxima are narrow, and no even spread of places finds them.
    """
    var half = _LINES // 2
    var stronger = number < half
    var turn = cos(
        3.141592653589793 * (Float64(number % half) + 0.5) / Float64(half)
    )
    var first = -1
    var radius = 0.95
    if dimension < order.p:
        first = dimension
        radius = 0.97 if stronger else 0.9
    elif dimension < order.p + order.q:
        first = dimension - order.p
        radius = 0.9 if stronger else 0.97
    if first < 0 or first > 1:
        return 0.0
    if order.p == 1 or order.q == 1:
        # One real root each.
        return from_partial(radius * turn, 1.0) if first == 0 else 0.0
    if first == 1:
        return from_partial(-radius * radius, 1.0)
    return from_partial(2.0 * radius * turn / (1.0 + radius * radius), 1.0)


def _insert(mut sorted: List[Point], var point: Point, limit: Int):
    var at = len(sorted)
    while at > 0 and sorted[at - 1].value > point.value:
        at -= 1
    if at >= limit:
        return
    sorted.insert(at, point^)
    if len(sorted) > limit:
        _ = sorted.pop()
