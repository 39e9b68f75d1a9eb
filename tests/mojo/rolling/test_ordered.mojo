"""Values in order, against a list that is sorted each time."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal

from barrow.rolling import Interpolation, OrderedWindow, RankMethod


def check(window: OrderedWindow, values: List[Float64]) raises:
    var wanted = values.copy()
    sort(wanted)
    assert_equal(window.count, len(wanted))
    for i in range(len(wanted)):
        assert_equal(window[i], wanted[i])


def test_values_come_and_go() raises:
    seed(3)
    for most in [1, 7, 8, 9, 40, 200]:
        var window = OrderedWindow(most)
        var values = List[Float64]()
        for _ in range(600):
            var new = Float64(Int(random_ui64(0, 100)))
            if len(values) == most or (
                len(values) > 0 and random_ui64(0, 3) == 0
            ):
                var place = Int(random_ui64(0, UInt64(len(values) - 1)))
                var old = values[place]
                if random_ui64(0, 2) > 0:
                    values[place] = new
                    window.replace(old, new)
                else:
                    _ = values.pop(place)
                    window.erase(old)
            else:
                values.append(new)
                window.insert(new)
            check(window, values)


def test_quantiles_and_ranks() raises:
    var window = OrderedWindow(5)
    for value in [Float64(4), Float64(1), Float64(4), Float64(2)]:
        window.insert(value)
    assert_equal(window.quantile(0.5, Interpolation.LINEAR), 3)
    assert_equal(window.quantile(0.5, Interpolation.LOWER), 2)
    assert_equal(window.quantile(0.5, Interpolation.HIGHER), 4)
    assert_equal(window.quantile(0.5, Interpolation.NEAREST), 4)
    assert_equal(window.rank(4, RankMethod.AVERAGE), 3.5)
    assert_equal(window.rank(4, RankMethod.MIN), 3)
    assert_equal(window.rank(4, RankMethod.MAX), 4)
    assert_equal(window.rank(1, RankMethod.AVERAGE), 1)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
