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
# Of the scale of oscillators, and of what the columns are multiplied to.
SCALES = {"oscillator": 100.0}
# What is of the size of volumes.
VOLUMES = {"ad", "adosc", "obv"}
NAMED = [entry for entry in catalog() if entry.talib]
NUMBERS_OF_TALIB = 53


def arguments(name, defaults):
    if name in SPECIAL:
        return SPECIAL[name]
    values = tuple(defaults.values())
    return values, values


def compare(name, ours, theirs, scale):
    ours = ours if isinstance(ours, tuple) else (ours,)
    theirs = theirs if isinstance(theirs, tuple | list) else (theirs,)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(np.isnan(mine), np.isnan(other), err_msg=name)
        # Relative to the value, or to what it is a difference of: the slope of a line through
        # prices of 1.2 is known to 1e-12 of those, not of itself, and TA-Lib's is rounded so.
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-12 * scale, err_msg=name)


@pytest.mark.parametrize("level", [1.2, 10_000.0])
@pytest.mark.parametrize("entry", NAMED, ids=lambda entry: entry.name)
def test_the_numbers_are_those_of_talib(entry, level):
    bars = random_bars(3000, level=level)
    mine, theirs = arguments(entry.name, entry.parameters)
    columns = tuple(bars[name] for name in entry.inputs)
    ours = getattr(bw, entry.name)(columns[0] if len(columns) == 1 else columns, *mine)
    scale = level if level > 100 else 100.0
    if entry.name == "variance":
        scale = level**2
    if entry.name in VOLUMES:
        scale = float(np.abs(bw.ad(bars)).max())
    if entry.name.startswith("linreg_angle"):
        scale *= 60
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
    compare(name, ours, getattr(talib, entry.talib)(*columns, length), 1.2)


@pytest.mark.parametrize(
    "name",
    ["sma", "ema", "dema", "tema", "kama", "trima", "cmo", "momentum", "roc", "plus_di",
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
