"""What indicators refuse, and what the table, the stubs and the page say."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow.indicators import ATR, EMA, RSI, catalog, functions, over, stubs, together
from barrow.indicators.table import DEFINITIONS

ROOT = Path(__file__).resolve().parents[2]
X = np.arange(10.0)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: bw.rsi(X, 1), "rsi: length: expected a whole number from 2 to 100000, got 1"),
        (lambda: bw.rsi(X, 2.5), "rsi: length: expected a whole number from 2 to 100000, got 2.5"),
        (lambda: bw.rsi(X, "3"), "rsi: length: expected a whole number from 2 to 100000, got '3'"),
        (
            lambda: bw.bollinger(X, 5, -1.0),
            "bollinger: up: expected a number from 0 to 1e+06, got -1.0",
        ),
        (lambda: bw.ppo(X, ma="wma"), "ppo: ma: expected 'sma' or 'ema', got 'wma'"),
        (lambda: bw.ema(X, 3, nan="drop"), "nan: expected 'propagate' or 'skip', got 'drop'"),
        (
            lambda: bw.atr(X),
            "data: expected the columns high, low, close, got ndarray\n"
            "  try: Bars\n   or: a tuple (high, low, close)\n"
            "   or: a table with these columns",
        ),
        (
            lambda: bw.atr((X, X[:5], X)),
            "data: columns differ in length: high 10, low 5, close 10\n"
            "  try: columns of the same bars",
        ),
        (
            lambda: bw.ema(X, 3, out=np.empty(9)),
            "out: expected writable contiguous float64 of shape (10,), got float64 of shape (9,)",
        ),
        (
            lambda: bw.macd(X, out=np.empty(10)),
            "out: expected a tuple of 3 arrays: macd, signal, histogram",
        ),
        (
            lambda: bw.ema(X, 3, out=X),
            "out: lies in the memory of the values, or of another output",
        ),
        (lambda: together([EMA(3), EMA(3)], X), "indicators: ema_3 is there twice"),
        (
            lambda: together(["ema"], X),
            "indicators: expected indicators, got 'ema'\n  try: together([RSI(14), EMA(20)], data)",
        ),
        (lambda: together([EMA(3)], X, out={"x": X}), "out: no array 'ema_3' among x"),
        (lambda: over(EMA(3), [X], threads=0), "threads: expected 1 or more, got 0"),
        (
            lambda: ATR(3).update(1.0),
            "atr.update: expected a bar, or high, low, close; got 1.0",
        ),
        (
            lambda: RSI(3).restore(RSI(4).state()),
            "state: it is of rsi {'length': 4} nan='propagate', "
            "this is rsi {'length': 3} nan='propagate'",
        ),
    ],
)
def test_a_wrong_argument_is_refused(call, text):
    with pytest.raises(bw.BarrowArgumentError) as caught:
        call()
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: bw.ema(np.zeros((2, 3)), 2),
            "values: expected numbers in one dimension, got float64 of shape (2, 3)\n"
            "  try: an array of float64\n   or: indicators.over, for several series",
        ),
        (
            lambda: bw.ema(np.array(["a"]), 2),
            "values: expected numbers in one dimension, got <U1 of shape (1,)\n"
            "  try: an array of float64\n   or: indicators.over, for several series",
        ),
        (
            lambda: bw.ema(pa.array(["a"]), 2),
            "values: expected numbers in one dimension, got string of shape (1,)\n"
            "  try: an array of float64\n   or: indicators.over, for several series",
        ),
        (lambda: bw.atr({"high": X, "low": X}), "data: no column 'close' among high, low"),
    ],
)
def test_what_is_no_column_of_numbers_is_refused(call, text):
    with pytest.raises(bw.BarrowSchemaError) as caught:
        call()
    assert str(caught.value) == text


def test_a_damaged_state_is_refused_and_forgotten():
    rsi = RSI(3)
    rsi.extend(X)
    state = rsi.state()
    for numbers in (state["numbers"][:-1], [*state["numbers"], 0.0], ["a"], [-1.0]):
        with pytest.raises(bw.BarrowCorruptError) as caught:
            rsi.restore(state | {"numbers": numbers})
        assert str(caught.value) == (
            "state: its numbers are none of rsi {'length': 3} nan='propagate'"
        )
        assert np.isnan(rsi.value)
    with pytest.raises(bw.BarrowCorruptError) as caught:
        rsi.restore({})
    assert str(caught.value) == "state: expected barrow.indicator version 1, got None version None"


def test_too_many_and_unknown_parameters_are_type_errors():
    with pytest.raises(TypeError, match="takes 1 parameters after the data, got 2"):
        bw.rsi(X, 3, 4)
    with pytest.raises(TypeError, match="has no parameter 'window'"):
        bw.rsi(X, window=3)
    with pytest.raises(TypeError, match="got 'length' twice"):
        bw.rsi(X, 3, length=3)


@pytest.mark.parametrize("name", ["functions", "classes"])
def test_the_stubs_are_made_from_the_table(name):
    path = ROOT / "python" / "barrow" / "indicators" / f"{name}.pyi"
    wanted = getattr(stubs, f"{name}_stub")()
    assert ast.dump(ast.parse(path.read_text())) == ast.dump(ast.parse(wanted))


def test_the_table_of_the_page_is_made_from_the_catalog():
    page = (ROOT / "docs" / "guide" / "indicators.md").read_text()
    assert stubs.guide_table() in page


def test_every_function_documents_itself():
    for definition in DEFINITIONS:
        function = getattr(functions, definition.name)
        assert definition.source in function.__doc__
        assert next(iter(inspect.signature(function).parameters)) == "data"


def test_the_issues_names_are_there():
    named = """sma ema wma dema tema kama rsi macd bollinger atr adx stochastic cci williams_r obv
        vwap mfi keltner donchian supertrend aroon psar ichimoku roc momentum trix stddev linreg
        hurst zscore"""
    assert set(named.split()) <= {entry.name for entry in catalog()}
    assert all(callable(getattr(bw, entry.name)) for entry in catalog())
