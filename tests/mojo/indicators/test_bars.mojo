"""Indicators of bars, by hand."""

from std.testing import TestSuite

from barrow.indicators import Indicator, Parameters
from barrow.indicators.bars import (
    _Aroon,
    _Cci,
    _DirectionalIndicator,
    _Stochastic,
    _Williams,
)
from barrow.indicators.ranges import (
    _Atr,
    _Donchian,
    _Ichimoku,
    _Keltner,
    _Psar,
    _Supertrend,
    _TrueRange,
)
from barrow.indicators.volume import (
    _Ad,
    _BarPrice,
    _ForceIndex,
    _Mfi,
    _Obv,
    _RollingRatio,
    _Vwap,
)
from feed import NAN, Feed, assert_near, at_once


def bars() -> Feed:
    """Four bars; the third one gaps up, the fourth one falls."""
    var feed = Feed([2, 3, 7, 5])
    feed.open = [1, 2, 6, 7]
    feed.high = [3, 4, 8, 7]
    feed.low = [1, 2, 6, 4]
    feed.volume = [10, 20, 30, 40]
    return feed^


def expect[
    I: Indicator
](parameters: Parameters, expected: List[Float64], output: Int = 0) raises:
    var feed = bars()
    var found = at_once[I](feed, parameters)
    for at in range(4):
        var value = found.columns[output][at]
        assert_near(value, expected[at], String("row ", at))


def one(length: Float64) -> Parameters:
    return Parameters(length, 0, 0, 0, 0, 0, 0, 0)


def test_ranges() raises:
    # The third bar's range is from the close before it, 3, to its high.
    expect[_TrueRange](one(0), [NAN, 2, 5, 3])
    expect[_Atr[False]](one(2), [NAN, NAN, 3.5, 3.25])
    expect[_Atr[True]](one(2), [NAN, NAN, 50, 65])


def test_channels() raises:
    expect[_Donchian](one(2), [NAN, 4, 8, 8])
    expect[_Donchian](one(2), [NAN, 2.5, 5, 6], 1)
    expect[_Donchian](one(2), [NAN, 1, 2, 4], 2)
    var three = Parameters(1, 2, 3, 0, 0, 0, 0, 0)
    expect[_Ichimoku](three, [NAN, NAN, 7, 5.5])
    expect[_Ichimoku](three, [NAN, NAN, 5, 6], 1)
    expect[_Ichimoku](three, [NAN, NAN, 6, 5.75], 2)
    expect[_Ichimoku](three, [NAN, NAN, 4.5, 5], 3)
    # EMA 5 and 5 at half shares, 2 ranges of 3.5 and 3.25 away.
    var wide = Parameters(3, 2, 2, 0, 0, 0, 0, 0)
    expect[_Keltner](wide, [NAN, NAN, 11, 11])
    expect[_Keltner](wide, [NAN, NAN, 4, 4.5], 1)


def test_trends() raises:
    expect[_Supertrend](
        Parameters(2, 1, 0, 0, 0, 0, 0, 0), [NAN, NAN, 3.5, 3.5]
    )
    expect[_Supertrend](Parameters(2, 1, 0, 0, 0, 0, 0, 0), [NAN, NAN, 1, 1], 1)
    # Long from the first low on; the stop never passes the lows of the last two bars.
    expect[_Psar](Parameters(0.25, 0.5, 0, 0, 0, 0, 0, 0), [NAN, 1, 1.75, 2])


def test_places_in_the_range() raises:
    expect[_Williams](one(2), [NAN, -100.0 / 3, -100.0 / 6, -75])
    var fast = Parameters(2, 1, 0, 0, 0, 0, 0, 0)
    expect[_Stochastic[False]](fast, [NAN, 2 / 0.03, 5 / 0.06, 25])
    expect[_Aroon[True]](one(2), [NAN, NAN, 100, 50])
    expect[_Cci](one(2), [NAN, 1 / 0.015, 1 / 0.015, -1 / 0.015])


def test_directions() raises:
    # Upward movements 1 and 4, then 2 downwards; ranges 2, 5 and 3. The first sums are
    # of one row.
    expect[_DirectionalIndicator[True]](
        one(2), [NAN, NAN, 75, 100 * (2.25 / 6)]
    )
    expect[_DirectionalIndicator[False]](one(2), [NAN, NAN, 0, 100 * (2.0 / 6)])


def test_volumes() raises:
    expect[_Obv](one(0), [10, 30, 60, 20])
    # Closes in the middle of the range flow nowhere, the last one a third down.
    expect[_Ad](one(0), [0, 0, 0, (-1.0 / 3) * 40])
    expect[_ForceIndex](one(1), [NAN, 20, 120, -80])
    expect[_RollingRatio[1]](one(2), [NAN, 80.0 / 30, 270.0 / 50, 410.0 / 70])
    expect[_Vwap](one(0), [2, 80.0 / 30, 290.0 / 60, (290 + 640.0 / 3) / 100])
    expect[_Mfi](one(2), [NAN, NAN, 100, 100 * (210 / (210 + 640.0 / 3))])


def test_prices_of_one_bar() raises:
    expect[_BarPrice[0]](one(0), [2, 3, 7, 16.0 / 3])
    expect[_BarPrice[1]](one(0), [2, 3, 7, 5.5])
    expect[_BarPrice[2]](one(0), [2, 3, 7, 5.25])
    expect[_BarPrice[3]](one(0), [1.75, 2.75, 6.75, 5.75])
    expect[_BarPrice[4]](one(0), [0.5, 0.5, 0.5, -2.0 / 3])


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
