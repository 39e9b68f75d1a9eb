"""Every indicator that TA-Lib has gives its numbers, warm-up included."""

from __future__ import annotations

import barrow as bw
import numpy as np
import pytest
import talib
from barrow.indicators import catalog
from prices import random_bars

# Parameters of both, where names or defaults are not those of the table in order.
SPECIAL = {
    "kama": ((20,), (20,)),
    "t3": ((6, 0.6), (6, 0.6)),
    "stochastic": ((9, 4, 3), (9, 4, 0, 3, 0)),
    "stochastic_fast": ((9, 4), (9, 4, 0)),
    "stochastic_rsi": ((12, 6, 4), (12, 6, 4, 0)),
    "bollinger": ((20, 1.5, 2.5), (20, 1.5, 2.5, 0)),
    "psar": ((0.03, 0.25), (0.03, 0.25)),
    "stddev": ((12, 1.5), (12, 1.5)),
    "variance": ((12,), (12, 1)),
    "ppo": ((10, 21), (10, 21, 0)),
    "apo": ((10, 21), (10, 21, 0)),
}
# Where TA-Lib's own value is a small difference of large numbers: what 1e-12 is relative to there
# besides the value, for prices near `level`. Everything else is relative to the value alone.
CANCELS = {
    # Means of prices, one less another: near a crossing nothing is left of their digits.
    "macd": lambda level: level,
    "apo": lambda level: level,
    "ppo": lambda level: 100.0,
    # The RSI less its lowest, in per cent of a range that may be small too.
    "stochastic_rsi": lambda level: 100.0,
    # TA-Lib subtracts the square of a mean from a mean of squares.
    "variance": lambda level: level**2,
    "stddev": lambda level: level,
    # TA-Lib subtracts products of sums of prices.
    "linreg_slope": lambda level: level,
    "linreg_angle": lambda level: level * 180 / np.pi,
    # Means of sums of volumes, 4e4 after 3,000 rows, one less another.
    "adosc": lambda level: 1e4,
}
NAMED = [entry for entry in catalog() if entry.talib]
NUMBERS_OF_TALIB = 53


def arguments(name, defaults):
    if name in SPECIAL:
        return SPECIAL[name]
    values = tuple(defaults.values())
    return values, values


def compare(name, ours, theirs, scale=0.0):
    ours = ours if isinstance(ours, tuple) else (ours,)
    theirs = theirs if isinstance(theirs, tuple | list) else (theirs,)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(np.isnan(mine), np.isnan(other), err_msg=name)
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-12 * scale, err_msg=name)


@pytest.mark.parametrize("level", [1.2, 10_000.0])
@pytest.mark.parametrize("entry", NAMED, ids=lambda entry: entry.name)
def test_the_numbers_are_those_of_talib(entry, level):
    bars = random_bars(3000, level=level)
    mine, theirs = arguments(entry.name, entry.parameters)
    columns = tuple(bars[name] for name in entry.inputs)
    ours = getattr(bw, entry.name)(columns[0] if len(columns) == 1 else columns, *mine)
    scale = CANCELS[entry.name](level) if entry.name in CANCELS else 0.0
    compare(entry.name, ours, getattr(talib, entry.talib)(*columns, *theirs), scale)


def test_that_many_are_compared():
    assert len(NAMED) >= NUMBERS_OF_TALIB
    assert len(catalog()) >= 60


@pytest.mark.parametrize("length", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("name", ["sma", "wma", "trima", "dema", "tema", "trix", "roc", "atr"])
def test_short_and_long_windows_too(name, length):
    entry = next(entry for entry in NAMED if entry.name == name)
    if length == 1 and name not in ("sma", "roc", "atr"):
        length = 4
    bars = random_bars(400, 3)
    columns = tuple(bars[column] for column in entry.inputs)
    ours = getattr(bw, name)(columns[0] if len(columns) == 1 else columns, length)
    compare(name, ours, getattr(talib, entry.talib)(*columns, length), 0.0)


@pytest.mark.parametrize(
    "name",
    ["sma", "dema", "tema", "kama", "trima", "cmo", "momentum", "roc", "plus_di",
     "minus_di", "dx", "adx", "adxr", "cci", "aroon", "mfi", "obv", "ad", "true_range"],
)  # fmt: skip
def test_many_are_equal_to_the_last_bit(name):
    entry = next(entry for entry in NAMED if entry.name == name)
    bars = random_bars(2000, 5)
    columns = tuple(bars[column] for column in entry.inputs)
    mine, theirs = arguments(name, entry.parameters)
    ours = getattr(bw, name)(columns[0] if len(columns) == 1 else columns, *mine)
    other = getattr(talib, entry.talib)(*columns, *theirs)
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(other))


@pytest.mark.parametrize("name", ["ppo", "apo"])
def test_the_exponential_oscillators_too(name):
    close = random_bars(500)["close"]
    entry = next(entry for entry in NAMED if entry.name == name)
    ours = getattr(bw, name)(close, 12, 26, "ema")
    compare(name, ours, getattr(talib, entry.talib)(close, 12, 26, 1), 1.2)


def test_after_a_gap_talib_has_no_rsi_and_barrow_has():
    close = random_bars(100)["close"]
    close[30] = np.nan
    ours = bw.rsi(close, 5)
    assert np.isnan(ours[30:36]).all()
    np.testing.assert_array_equal(ours[31:], bw.rsi(close[31:], 5))
