"""From numbers without bounds to stationary, invertible polynomials, many at once.

A vector holds one number of each of `lanes` parameter sets: what an optimizer asks
for, a value and all differences around it, is one pass over a series.
"""

from barrow.arima.order import Order
from barrow.fence import Scratch

comptime F64 = DType.float64
"""What everything here is computed in."""

comptime LARGEST_AR = 1.0 - 1e-6
"""Partial autocorrelations of series stay below this, so that variances stay finite."""
comptime LARGEST_MA = 1.0 - 1e-7
"""The same numbers of moving averages do, whose variances are always."""


def to_partial[
    lanes: Int
](free: SIMD[F64, lanes], largest: Float64) -> SIMD[F64, lanes]:
    """Maps any number to a partial autocorrelation.

    2u / (1 + u^2) reaches 1 at a finite u, smoothly: an optimum on the boundary is an
    ordinary stationary point, not one at infinity.

    Parameters:
        lanes: How many at once.

    Args:
        free: The numbers.
        largest: What results are at most; below 1.

    Returns:
        Numbers between -1 and 1 exclusive.
    """
    return 2.0 * largest * free / (1.0 + free * free)


def from_partial(partial: Float64, largest: Float64) -> Float64:
    """Inverts `to_partial` on its branch around zero.

    Args:
        partial: A number between -1 and 1; beyond the largest one counts as that.
        largest: As in `to_partial`.

    Returns:
        A number from -1 to 1.
    """
    var r = min(max(partial / largest, -1.0), 1.0)
    return r / (1.0 + (max(1.0 - r * r, 0.0)) ** 0.5)


def step_up[lanes: Int](mut coefficients: Scratch[F64], begin: Int, count: Int):
    """Turns partial autocorrelations into coefficients, in place (Monahan 1984).

    Parameters:
        lanes: How many polynomials at once.

    Args:
        coefficients: Where they are, a vector each.
        begin: The index of the first vector.
        count: How many.
    """
    for k in range(1, count):
        var partial = coefficients.load[lanes]((begin + k) * lanes)
        var i = 0
        var j = k - 1
        while i <= j:
            var a = coefficients.load[lanes]((begin + i) * lanes)
            var b = coefficients.load[lanes]((begin + j) * lanes)
            coefficients.store[lanes]((begin + i) * lanes, a - partial * b)
            if i != j:
                coefficients.store[lanes]((begin + j) * lanes, b - partial * a)
            i += 1
            j -= 1


def step_down(mut coefficients: Scratch[F64], begin: Int, count: Int) -> Bool:
    """Turns coefficients into partial autocorrelations, in place.

    Args:
        coefficients: Where they are, a number each.
        begin: The index of the first one.
        count: How many.

    Returns:
        Whether the process is stationary; if not, what is left means nothing.
    """
    var k = count - 1
    while k >= 0:
        var partial = coefficients.load(begin + k)
        var rest = 1.0 - partial * partial
        if not rest > 0.0:
            return False
        var i = 0
        var j = k - 1
        while i <= j:
            var a = coefficients.load(begin + i)
            var b = coefficients.load(begin + j)
            coefficients.store(begin + i, (a + partial * b) / rest)
            if i != j:
                coefficients.store(begin + j, (b + partial * a) / rest)
            i += 1
            j -= 1
        k -= 1
    return True


def _largest(order: Order, at: Int) -> Float64:
    var seasonal = order.p + order.q
    var series = at < order.p or seasonal <= at < seasonal + order.seasonal_p
    return LARGEST_AR if series else LARGEST_MA


def factors_from_free[
    lanes: Int
](order: Order, free: Scratch[F64], mut factors: Scratch[F64]):
    """Makes the coefficients of the four polynomials.

    Parameters:
        lanes: How many parameter sets.

    Args:
        order: The model.
        free: Numbers without bounds: AR, MA, seasonal AR, seasonal MA.
        factors: Gets the coefficients in the same order.
    """
    for i in range(order.free()):
        factors.store[lanes](
            i * lanes,
            to_partial[lanes](free.load[lanes](i * lanes), _largest(order, i)),
        )
    var at = 0
    step_up[lanes](factors, at, order.p)
    at += order.p
    step_up[lanes](factors, at, order.q)
    _negate[lanes](factors, at, order.q)
    at += order.q
    step_up[lanes](factors, at, order.seasonal_p)
    at += order.seasonal_p
    step_up[lanes](factors, at, order.seasonal_q)
    _negate[lanes](factors, at, order.seasonal_q)


def free_from_factors(
    order: Order, factors: Scratch[F64], mut free: Scratch[F64]
) -> Bool:
    """Inverts `factors_from_free`, for one parameter set.

    Args:
        order: The model.
        factors: The coefficients.
        free: Gets numbers without bounds.

    Returns:
        Whether all polynomials are stationary or invertible.
    """
    for i in range(order.free()):
        free.store(i, factors.load(i))
    var at = 0
    var fine = step_down(free, at, order.p)
    at += order.p
    _negate[1](free, at, order.q)
    fine = step_down(free, at, order.q) and fine
    at += order.q
    fine = step_down(free, at, order.seasonal_p) and fine
    at += order.seasonal_p
    _negate[1](free, at, order.seasonal_q)
    fine = step_down(free, at, order.seasonal_q) and fine
    for i in range(order.free()):
        free.store(i, from_partial(free.load(i), _largest(order, i)))
    return fine


def _negate[lanes: Int](mut numbers: Scratch[F64], begin: Int, count: Int):
    for i in range(begin, begin + count):
        numbers.store[lanes](i * lanes, -numbers.load[lanes](i * lanes))


def multiply_out[
    lanes: Int
](
    order: Order,
    factors: Scratch[F64],
    mut phi: Scratch[F64],
    mut theta: Scratch[F64],
):
    """Makes the products phi(B) Phi(B^s) and theta(B) Theta(B^s).

    Parameters:
        lanes: How many parameter sets.

    Args:
        order: The model.
        factors: The coefficients of the four polynomials.
        phi: Gets the coefficients of lag 1 and on, zero up to its end.
        theta: The same for the moving average.
    """
    var q = order.p
    var seasonal_p = order.p + order.q
    _product[lanes](
        factors,
        0,
        order.p,
        seasonal_p,
        order.seasonal_p,
        order.season,
        -1.0,
        phi,
    )
    _product[lanes](
        factors,
        q,
        order.q,
        seasonal_p + order.seasonal_p,
        order.seasonal_q,
        order.season,
        1.0,
        theta,
    )


def _product[
    lanes: Int
](
    factors: Scratch[F64],
    short: Int,
    shorts: Int,
    long: Int,
    longs: Int,
    season: Int,
    sign: Float64,
    mut product: Scratch[F64],
):
    comptime V = SIMD[F64, lanes]
    for i in range(len(product) // lanes):
        product.store[lanes](i * lanes, V(0))
    for i in range(shorts):
        product.store[lanes](
            i * lanes, factors.load[lanes]((short + i) * lanes)
        )
    for j in range(longs):
        var far = factors.load[lanes]((long + j) * lanes)
        var at = season * (j + 1) - 1
        product.store[lanes](at * lanes, product.load[lanes](at * lanes) + far)
        for i in range(shorts):
            var near = factors.load[lanes]((short + i) * lanes)
            var to = (at + i + 1) * lanes
            product.store[lanes](
                to, product.load[lanes](to) + sign * near * far
            )
