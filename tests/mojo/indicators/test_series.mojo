"""Indicators of one series, by hand."""

from std.testing import TestSuite, assert_equal, assert_true

from barrow.indicators import Parameters
from barrow.indicators.averages import (
    _Ema,
    _Hma,
    _Sma,
    _Trima,
    _Wma,
)
from barrow.indicators.momentum import _Change, _Cmo, _Macd, _Rsi
from barrow.indicators.ranges import _Bollinger, _Midprice
from barrow.indicators.statistics import (
    _Hurst,
    _Regression,
    _Variance,
    _Zscore,
)
from feed import NAN, Feed, at_once, check


def one(length: Float64) -> Parameters:
    return Parameters(length, 0, 0, 0, 0, 0, 0, 0)


def test_means() raises:
    check[_Sma]([1, 2, 3, 7], one(3), [NAN, NAN, 2, 4])
    check[_Wma]([1, 1, 4, 7], one(3), [NAN, NAN, 2.5, 5])
    check[_Trima]([1, 3, 5, 9], one(3), [NAN, NAN, 3, 5.5])
    # The mean of the first three, then half of the distance.
    check[_Ema]([1, 2, 3, 8, 5], one(3), [NAN, NAN, 2, 5, 5])
    check[_Ema]([4, 6, 5], one(1), [4, 6, 5])
    # 2 WMA(2) - WMA(4), then WMA(2) of that: straight lines are kept.
    check[_Hma]([3, 6, 9, 12, 15, 18], one(4), [NAN, NAN, NAN, NAN, 15, 18])


def test_a_gap_starts_over_or_is_passed_over() raises:
    check[_Sma]([1, 3, NAN, 5, 9], one(2), [NAN, 2, NAN, NAN, 7])
    var feed = Feed([1, 3, NAN, 5, 9])
    var skipped = at_once[_Sma](feed, one(2), skip=True)
    assert_equal(skipped.columns[0][1], 2)
    assert_true(skipped.columns[0][2] != skipped.columns[0][2])
    assert_equal(skipped.columns[0][3], 4)


def test_strength() raises:
    # Gains 1 and 1, then losses 1: half of each mean is left.
    check[_Rsi]([1, 2, 3, 2], one(2), [NAN, NAN, 100, 50])
    check[_Rsi]([5, 5, 5], one(2), [NAN, NAN, 0])
    check[_Cmo[False]]([1, 3, 2, 4], one(2), [NAN, NAN, 100.0 / 3, 100.0 / 3])
    check[_Cmo[True]]([1, 2, 3, 2], one(2), [NAN, NAN, 100, 0])


def test_changes() raises:
    check[_Change[0]]([4, 5, 8], one(2), [NAN, NAN, 4])
    check[_Change[1]]([4, 5, 8], one(2), [NAN, NAN, 100])
    check[_Change[3]]([0, 5, 8], one(2), [NAN, NAN, 0])


def test_convergence() raises:
    # A straight line: means lag behind it by (length - 1) / 2.
    var feed = Feed([1, 2, 3, 4, 5, 6, 7, 8])
    var found = at_once[_Macd](feed, Parameters(3, 5, 2, 0, 0, 0, 0, 0))
    for at in range(8):
        var wanted = at >= 5
        for k in range(3):
            var value = found.columns[k][at]
            assert_equal(value == value, wanted)
            if wanted:
                assert_equal(value, 0.0 if k == 2 else 1.0)


def test_spreads() raises:
    check[_Variance[False]]([1, 3, 3, 7], one(2), [NAN, 1, 0, 4])
    check[_Variance[True]](
        [1, 3, 3, 7], Parameters(2, 3, 0, 0, 0, 0, 0, 0), [NAN, 3, 0, 6]
    )
    check[_Bollinger](
        [1, 3, 3, 7], Parameters(2, 2, 1, 0, 0, 0, 0, 0), [NAN, 4, 3, 9]
    )
    check[_Zscore]([1, 3, 3, 3], one(2), [NAN, 1, 0, 0])
    check[_Midprice[False]]([1, 5, 2, 4], one(3), [NAN, NAN, 3, 3.5])


def test_lines() raises:
    var x: List[Float64] = [2, 4, 6, 5]
    check[_Regression[0]](x, one(3), [NAN, NAN, 6, 5.5])
    check[_Regression[1]](x, one(3), [NAN, NAN, 2, 0.5])
    check[_Regression[2]](x, one(3), [NAN, NAN, 2, 4.5])
    check[_Regression[4]](x, one(3), [NAN, NAN, 8, 6])


def test_a_flat_series_has_no_memory() raises:
    var flat = List[Float64](length=18, fill=3)
    var feed = Feed(flat^)
    var found = at_once[_Hurst](feed, one(16))
    assert_equal(found.columns[0][17], 0.5)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
