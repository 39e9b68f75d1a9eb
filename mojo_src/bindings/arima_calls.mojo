"""ARIMA models, as functions of the extension module.

An order is nine int64: p, d, q, P, D, Q, season, constant (0 or 1), slope (0 or 1).
Parameters of a series are doubles: AR, MA, seasonal AR, seasonal MA, constant, slope,
variance. Many series lie one after another; `bounds` (int64) says where each begins,
and where the last one ends.
"""

from barrow.arima import (
    F64,
    Order,
    Settings,
    curvature,
    filter_series,
    fit_series,
)
from barrow.fence import ColumnView, MutColumnView

from capi import *
from column_calls import _read, _write

comptime _FACTS = 8
comptime _LONGEST = 1 << 16


def _order(given: Obj) raises PyErr -> Order:
    var buffer = PyBuffer(given)
    var numbers = _read[DType.int64](buffer)
    if len(numbers) != 9:
        raise PyErr.argument(String(len(numbers), " numbers of an order"))
    for i in range(9):
        if numbers[i] < 0 or numbers[i] > _LONGEST:
            raise PyErr.argument(String("an order of ", numbers[i]))
    if numbers[6] < 1:
        raise PyErr.argument("a season of 0")
    var order = Order(
        Int(numbers[0]),
        Int(numbers[1]),
        Int(numbers[2]),
        Int(numbers[3]),
        Int(numbers[4]),
        Int(numbers[5]),
        Int(numbers[6]),
        numbers[7] != 0,
        numbers[8] != 0,
    )
    _ = buffer^
    return order


def _part(
    values: ColumnView[F64], bounds: ColumnView[DType.int64], at: Int
) -> ColumnView[F64]:
    return values.part(Int(bounds[at]), Int(bounds[at + 1]))


def _check_bounds(
    bounds: ColumnView[DType.int64], length: Int
) raises PyErr -> Int:
    var count = len(bounds) - 1
    if count < 0 or bounds[0] < 0 or Int(bounds[count]) > length:
        raise PyErr.argument("bounds that are not those of the values")
    for i in range(count):
        if bounds[i + 1] < bounds[i]:
            raise PyErr.argument(String("bound ", i + 1, " goes back"))
    return count


def arima_fit(args: Args, n: Int) raises PyErr -> Obj:
    """Args: values (float64), bounds, order, settings (int64: conditional, starts, limit), parameters (writable
    float64), facts (writable float64: status, loglik, observed, first, iterations, passes, gradient, 0 a series).
    """
    var source = PyBuffer(args[])
    var places = PyBuffer(args[unsafe_offset=1])
    var order = _order(args[unsafe_offset=2])
    var options = PyBuffer(args[unsafe_offset=3])
    var target = PyBuffer(args[unsafe_offset=4], writable=True)
    var told = PyBuffer(args[unsafe_offset=5], writable=True)
    var values = _read[F64](source)
    var bounds = _read[DType.int64](places)
    var count = _check_bounds(bounds, len(values))
    var given = _read[DType.int64](options)
    var parameters = _write[F64](target)
    var facts = _write[F64](told)
    var size = order.free() + 3
    if (
        len(given) != 3
        or len(parameters) != count * size
        or len(facts) != count * _FACTS
    ):
        raise PyErr.argument(String("room for other than ", count, " series"))
    var settings = Settings(given[0] != 0, Int(given[1]), Int(given[2]))
    var state = gil_release()
    for i in range(count):
        var fitted = fit_series(_part(values, bounds, i), order, settings)
        for k in range(size - 3):
            parameters.store(i * size + k, fitted.factors.load(k))
        parameters.store(i * size + size - 3, fitted.constant)
        parameters.store(i * size + size - 2, fitted.slope)
        parameters.store(i * size + size - 1, fitted.variance)
        facts.store(i * _FACTS, Float64(fitted.status))
        facts.store(i * _FACTS + 1, fitted.loglik)
        facts.store(i * _FACTS + 2, Float64(fitted.observed))
        facts.store(i * _FACTS + 3, Float64(fitted.first))
        facts.store(i * _FACTS + 4, Float64(fitted.iterations))
        facts.store(i * _FACTS + 5, Float64(fitted.passes))
        facts.store(i * _FACTS + 6, fitted.gradient)
        facts.store(i * _FACTS + 7, 0.0)
    gil_acquire(state)
    _ = source^
    _ = places^
    _ = options^
    _ = target^
    _ = told^
    return py_none()


def arima_filter(args: Args, n: Int) raises PyErr -> Obj:
    """Args: values (float64), bounds, order, parameters (float64), residuals (writable float64, as many as values, or
    none at all), means, variances (writable float64, a row for every series), facts (writable float64: status, loglik,
    observed a series)."""
    var source = PyBuffer(args[])
    var places = PyBuffer(args[unsafe_offset=1])
    var order = _order(args[unsafe_offset=2])
    var given = PyBuffer(args[unsafe_offset=3])
    var left = PyBuffer(args[unsafe_offset=4], writable=True)
    var middle = PyBuffer(args[unsafe_offset=5], writable=True)
    var spread = PyBuffer(args[unsafe_offset=6], writable=True)
    var told = PyBuffer(args[unsafe_offset=7], writable=True)
    var values = _read[F64](source)
    var bounds = _read[DType.int64](places)
    var count = _check_bounds(bounds, len(values))
    var parameters = _read[F64](given)
    var residuals = _write[F64](left)
    var means = _write[F64](middle)
    var variances = _write[F64](spread)
    var facts = _write[F64](told)
    var size = order.free() + 3
    var ahead = len(means) // max(count, 1)
    if (
        len(parameters) != count * size
        or len(facts) != count * 3
        or len(means) != count * ahead
        or len(variances) != len(means)
        or (len(residuals) != 0 and len(residuals) != len(values))
    ):
        raise PyErr.argument(String("room for other than ", count, " series"))
    var state = gil_release()
    for i in range(count):
        var wanted = len(residuals) > 0
        var begin = Int(bounds[i]) if wanted else 0
        var end = Int(bounds[i + 1]) if wanted else 0
        var filtered = filter_series(
            _part(values, bounds, i),
            order,
            parameters.part(i * size, (i + 1) * size),
            residuals.part(begin, end),
            means.part(i * ahead, (i + 1) * ahead),
            variances.part(i * ahead, (i + 1) * ahead),
        )
        facts.store(3 * i, Float64(filtered.status))
        facts.store(3 * i + 1, filtered.loglik)
        facts.store(3 * i + 2, Float64(filtered.observed))
    gil_acquire(state)
    _ = source^
    _ = places^
    _ = given^
    _ = left^
    _ = middle^
    _ = spread^
    _ = told^
    return py_none()


def arima_curvature(args: Args, n: Int) raises PyErr -> Obj:
    """Args: values (float64, one series), order, parameters, conditional, hessian (writable float64), products
    (writable, three doubles). Returns the status."""
    var source = PyBuffer(args[])
    var order = _order(args[unsafe_offset=1])
    var given = PyBuffer(args[unsafe_offset=2])
    var conditional = to_bool(args[unsafe_offset=3])
    var bent = PyBuffer(args[unsafe_offset=4], writable=True)
    var summed = PyBuffer(args[unsafe_offset=5], writable=True)
    var values = _read[F64](source)
    var parameters = _read[F64](given)
    var hessian = _write[F64](bent)
    var products = _write[F64](summed)
    var size = order.free()
    if (
        len(parameters) != size + 3
        or len(hessian) != size * size
        or len(products) != 3
    ):
        raise PyErr.argument("room for another model")
    var state = gil_release()
    var status = curvature(
        values, order, parameters, conditional, hessian, products
    )
    gil_acquire(state)
    _ = source^
    _ = given^
    _ = bent^
    _ = summed^
    return py_int(status)
