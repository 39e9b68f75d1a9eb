"""Coefficients, and both filters against each other."""

from std.testing import (
    TestSuite,
    assert_almost_equal,
    assert_equal,
    assert_true,
)

from barrow.arima import F64, Likelihood, Order, Settings, Status, fit_series
from barrow.arima.coefficients import factors_from_free, free_from_factors
from barrow.fence import ColumnView, Scratch


def _noise(mut seed: UInt64) -> Float64:
    """About normal: twelve uniform numbers."""
    var total = -6.0
    for _ in range(12):
        seed = seed * 6364136223846793005 + 1442695040888963407
        total += Float64(Int(seed >> 11)) / 9007199254740992.0
    return total


def _series(order: Order, count: Int) -> Scratch[F64]:
    """A series, then the columns of the trend."""
    var columns = order.columns()
    var series = Scratch[F64](length=(1 + columns) * count)
    var seed: UInt64 = 1
    var before = 0.0
    var y = 0.0
    for t in range(count):
        var e = _noise(seed)
        y = 0.6 * y + e + 0.3 * before
        before = e
        series.store(t, y)
        for c in range(columns):
            series.store((c + 1) * count + t, order.trend_at(c, t, count))
    return series^


def test_coefficients_go_back_to_what_they_are_made_of() raises:
    var order = Order(3, 0, 2, 2, 0, 1, 4, False, False)
    var free = Scratch[F64](length=order.free())
    for i in range(order.free()):
        free.store(i, 0.8 - 0.23 * Float64(i))
    var factors = Scratch[F64](length=order.free())
    factors_from_free[1](order, free, factors)
    var back = Scratch[F64](length=order.free())
    assert_true(free_from_factors(order, factors, back))
    for i in range(order.free()):
        assert_almost_equal(back.load(i), free.load(i), atol=1e-12)
    factors.store(0, 3.0)
    assert_true(not free_from_factors(order, factors, back))


def _both_filters(order: Order, step: Float64, near: Float64) raises:
    """Complete series have one likelihood, whichever filter makes it."""
    comptime lanes = 8
    var quick = Likelihood[lanes](
        order, _series(order, 90), 90, gaps=False, conditional=False
    )
    var slow = Likelihood[lanes](
        order, _series(order, 90), 90, gaps=True, conditional=False
    )
    for i in range(order.free()):
        for lane in range(lanes):
            var number = step * (2.0 * Float64(i) - Float64(lane))
            quick.free.store(i * lanes + lane, number)
            slow.free.store(i * lanes + lane, number)
    var a = quick.at_free()
    var b = slow.at_free()
    var first = quick.trend()
    var second = slow.trend()
    for lane in range(lanes):
        assert_almost_equal(a[lane], b[lane], atol=near)
        assert_almost_equal(first[0][lane], second[0][lane], atol=1e3 * near)
        assert_almost_equal(first[1][lane], second[1][lane], atol=1e3 * near)


def _all_orders(step: Float64, near: Float64) raises:
    _both_filters(Order(2, 0, 2, 0, 0, 0, 1, False, False), step, near)
    _both_filters(Order(1, 0, 0, 0, 0, 0, 1, True, False), step, near)
    _both_filters(Order(0, 0, 3, 0, 0, 0, 1, True, True), step, near)
    _both_filters(Order(1, 0, 1, 1, 0, 1, 4, True, True), step, near)
    _both_filters(Order(5, 0, 0, 0, 0, 0, 1, False, True), step, near)


def test_both_filters_find_the_same() raises:
    _all_orders(0.1, 1e-12)


def test_both_filters_find_the_same_on_the_boundary() raises:
    """One number of 1 or -1: variances are a million times those of the noise."""
    _all_orders(0.2, 1e-7)


def test_a_maximum_is_none_of_its_neighbors() raises:
    var order = Order(1, 0, 1, 0, 0, 0, 1, False, False)
    var series = _series(order, 300)
    var values = List[Float64](length=300, fill=0.0)
    for t in range(300):
        values[t] = series.load(t)
    var view = ColumnView[F64](
        address=Int(values.unsafe_ptr()), length=len(values)
    )
    var fitted = fit_series(view, order, Settings(False, 0, 100))
    _ = values^
    assert_equal(fitted.status, Status.CONVERGED)
    var likelihood = Likelihood[8](
        order, series^, 300, gaps=False, conditional=False
    )
    for i in range(2):
        var numbers = SIMD[F64, 8](fitted.factors.load(i))
        numbers[1 + 2 * i] += 1e-3
        numbers[2 + 2 * i] -= 1e-3
        likelihood.factors.store[8](i * 8, numbers)
    var found = likelihood.at_factors()
    for lane in range(1, 5):
        assert_true(found[lane] > found[0])


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
