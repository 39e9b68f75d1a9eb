"""First guesses of coefficients by two regressions (Hannan and Rissanen 1982)."""

from std.math import sqrt

from barrow.arima.coefficients import F64
from barrow.arima.order import Order
from barrow.fence import Pool, Scratch


def solve(
    mut matrix: Pool[Float64], mut right: Pool[Float64], size: Int
) -> Bool:
    """Solves symmetric equations in place, by Cholesky.

    Args:
        matrix: The matrix, row after row; overwritten.
        right: The right side; becomes the solution.
        size: How many equations.

    Returns:
        Whether the matrix is positive definite.
    """
    for i in range(size):
        for j in range(i + 1):
            var total = matrix[i * size + j]
            for k in range(j):
                total -= matrix[i * size + k] * matrix[j * size + k]
            if i != j:
                matrix[i * size + j] = total / matrix[j * size + j]
                continue
            if not total > 1e-12 * abs(matrix[i * size + i]):
                return False
            matrix[i * size + i] = sqrt(total)
    for i in range(size):
        var total = right[i]
        for k in range(i):
            total -= matrix[i * size + k] * right[k]
        right[i] = total / matrix[i * size + i]
    for i in range(size - 1, -1, -1):
        var total = right[i]
        for k in range(i + 1, size):
            total -= matrix[k * size + i] * right[k]
        right[i] = total / matrix[i * size + i]
    return True


def guess(
    order: Order, series: Scratch[F64], length: Int, mut factors: Scratch[F64]
) -> Bool:
    """Guesses the coefficients of the four polynomials.

    A long autoregression gives innovations; regressing on their lags and on those of the
    series gives the coefficients. Products of the polynomials are left out.

    Args:
        order: The model.
        series: A complete series around zero.
        length: How long it is.
        factors: Gets the coefficients, stationary or not.

    Returns:
        Whether there are enough values for it.
    """
    var reach = max(order.ar(), order.ma())
    var long = min(reach + 3 + Int(sqrt(Float64(length))) // 4, length // 4)
    var size = order.free()
    if long < 1 or length - long - reach < 2 * size + 4:
        return False
    var noise = Scratch[F64](length=length)
    if order.ma() > 0 and not _innovations(series, length, long, noise):
        return False
    var begin = (long if order.ma() > 0 else 0) + reach
    var lags = Pool[Int](length=size, fill=0)
    var from_noise = Pool[Bool](length=size, fill=False)
    var at = 0
    for i in range(order.p):
        lags[at] = i + 1
        at += 1
    for i in range(order.q):
        lags[at] = i + 1
        from_noise[at] = True
        at += 1
    for i in range(order.seasonal_p):
        lags[at] = (i + 1) * order.season
        at += 1
    for i in range(order.seasonal_q):
        lags[at] = (i + 1) * order.season
        from_noise[at] = True
        at += 1
    var matrix = Pool[Float64](length=size * size, fill=0.0)
    var right = Pool[Float64](length=size, fill=0.0)
    var row = Pool[Float64](length=size, fill=0.0)
    for t in range(begin, length):
        for i in range(size):
            var past = t - lags[i]
            row[i] = noise.load(past) if from_noise[i] else series.load(past)
        for i in range(size):
            right[i] += row[i] * series.load(t)
            for j in range(i + 1):
                matrix[i * size + j] += row[i] * row[j]
    for i in range(size):
        for j in range(i):
            matrix[j * size + i] = matrix[i * size + j]
    if not solve(matrix, right, size):
        return False
    for i in range(size):
        factors.store(i, right[i])
    return True


def _innovations(
    series: Scratch[F64], length: Int, long: Int, mut noise: Scratch[F64]
) -> Bool:
    """What an autoregression by the Yule-Walker equations leaves over."""
    var covariances = Pool[Float64](length=long + 1, fill=0.0)
    for k in range(long + 1):
        for t in range(k, length):
            covariances[k] += series.load(t) * series.load(t - k)
    if not covariances[0] > 0.0:
        return False
    # Levinson and Durbin.
    var coefficients = Pool[Float64](length=long, fill=0.0)
    var before = Pool[Float64](length=long, fill=0.0)
    var variance = covariances[0]
    for k in range(long):
        var total = covariances[k + 1]
        for j in range(k):
            before[j] = coefficients[j]
            total -= coefficients[j] * covariances[k - j]
        var partial = total / variance
        for j in range(k):
            coefficients[j] = before[j] - partial * before[k - 1 - j]
        coefficients[k] = partial
        variance *= 1.0 - partial * partial
        if not variance > 0.0:
            return False
    for t in range(long, length):
        var total = series.load(t)
        for j in range(long):
            total -= coefficients[j] * series.load(t - 1 - j)
        noise.store(t, total)
    return True
