"""Indicators: batch and stream, missing values, states, inputs."""

from __future__ import annotations

import json
import pickle

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow import indicators
from barrow.indicators import ATR, EMA, MACD, RSI, attach, catalog, over, together
from prices import COLUMNS, random_bars

ENTRIES = catalog()
by_name = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def bits(values):
    return np.ascontiguousarray(np.stack(values if isinstance(values, tuple) else (values,))).view(
        np.uint64
    )


def same(one, other):
    np.testing.assert_array_equal(bits(one), bits(other))


def streamed(indicator, bars):
    """The values of updates, one row at a time."""
    rows = []
    for i in range(len(bars["close"])):
        value = indicator.update(tuple(bars[name][i] for name in indicator.definition.inputs))
        rows.append(value if isinstance(value, tuple) else (value,))
    return tuple(np.array(column) for column in zip(*rows, strict=True))


@by_name
def test_rows_one_by_one_give_the_bits_of_all_at_once(entry):
    bars = random_bars(300, 2)
    bars["close"][[50, 51, 170]] = [np.nan, np.inf, -np.inf]
    for nan in ("propagate", "skip"):
        whole = getattr(bw, entry.name)(bars, nan=nan)
        same(streamed(getattr(indicators, entry.title)(nan=nan), bars), whole)


@by_name
def test_chunks_of_any_size_give_the_bits_of_all_at_once(entry):
    bars = random_bars(700, 3)
    bars["high"][60] = np.nan
    whole = bits(getattr(bw, entry.name)(bars))
    rng = np.random.default_rng(4)
    indicator = getattr(indicators, entry.title)()
    parts, at = [], 0
    while at < 700:
        end = min(at + int(rng.integers(0, 90)), 700)
        parts.append(bits(indicator.extend({k: v[at:end] for k, v in bars.items()})))
        at = end
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


@by_name
def test_a_restored_one_goes_on_with_the_same_bits(entry):
    bars = random_bars(400, 5)
    make = getattr(indicators, entry.title)
    indicator = make()
    head = {k: v[:217] for k, v in bars.items()}
    tail = {k: v[217:] for k, v in bars.items()}
    indicator.extend(head)
    text = json.dumps(indicator.state())
    other = make().restore(json.loads(text))
    third = pickle.loads(pickle.dumps(indicator))
    assert str(other.value) == str(indicator.value) == str(third.value)
    want = indicator.extend(tail)
    same(other.extend(tail), want)
    same(third.extend(tail), want)


@by_name
def test_the_warm_up_is_as_long_as_the_catalog_says(entry):
    values = getattr(bw, entry.name)(random_bars(300, 6))
    for column in values if isinstance(values, tuple) else (values,):
        assert np.isnan(column[: entry.warm_up]).all()
        assert not np.isnan(column[entry.warm_up :]).any()


@by_name
def test_after_a_gap_values_are_those_of_the_rows_after_it(entry):
    bars = random_bars(500, 7)
    for column in bars.values():
        column[200] = np.nan
    ours = bits(getattr(bw, entry.name)(bars))[:, 201:]
    after = {k: v[201:] for k, v in bars.items()}
    np.testing.assert_array_equal(ours, bits(getattr(bw, entry.name)(after)))


@by_name
def test_a_skipped_row_changes_nothing(entry):
    bars = random_bars(500, 8)
    gap = {k: np.insert(v, 250, np.nan) for k, v in bars.items()}
    ours = bits(getattr(bw, entry.name)(gap, nan="skip"))
    assert np.isnan(ours.view(np.float64)[:, 250]).all()
    want = bits(getattr(bw, entry.name)(bars))
    np.testing.assert_array_equal(np.delete(ours, 250, axis=1), want)


@by_name
def test_no_rows_and_few_rows_give_nothing(entry):
    for rows in (0, 1):
        values = bits(getattr(bw, entry.name)(random_bars(rows)))
        assert values.shape == (len(entry.outputs), rows)
        assert entry.warm_up == 0 or np.isnan(values.view(np.float64)).all()


@by_name
def test_one_pass_gives_the_bits_of_one_call_each(entry):
    bars = random_bars(300, 9)
    one = getattr(indicators, entry.title)()
    found = together([one, EMA(7)], bars)
    if entry.name != "ema":
        same(tuple(found[label] for label in one.labels), getattr(bw, entry.name)(bars))
    same(found["ema_7"], bw.ema(bars["close"], 7))


def test_one_pass_may_fill_what_another_returned():
    one, other = random_bars(100, 1), random_bars(100, 2)
    found = together([RSI(5), MACD()], one)
    again = together([RSI(5), MACD()], other, out=found)
    assert all(again[label] is found[label] for label in found)
    same(again["rsi_5"], bw.rsi(other, 5))


def test_bars_arrays_tables_and_bars_one_by_one_agree(quote_bars):
    columns = {name: quote_bars.to_float64(name) for name in COLUMNS}
    table = pa.table(columns)
    want = bw.atr(quote_bars, 5)
    three = ("high", "low", "close")
    same(bw.atr(tuple(columns[name] for name in three), 5), want)
    same(bw.atr(table, 5), want)
    same(bw.atr(table.to_batches()[0], 5), want)
    same(bw.atr(table.to_pandas(), 5), want)
    atr = ATR(5)
    same(np.array([atr.update(bar) for bar in quote_bars]), want)
    same(bw.ema(quote_bars, 5), bw.ema(pa.chunked_array([columns["close"]]), 5))


@pytest.fixture
def quote_bars(tmp_path):
    bars = random_bars(60, 11)
    path = tmp_path / "bars.csv"
    lines = ["timestamp,open,high,low,close,volume"]
    for i in range(60):
        prices = ",".join(f"{bars[name][i]:.5f}" for name in COLUMNS[:4])
        lines.append(f"2024-01-02T00:{i:02}:00Z,{prices},{int(bars['volume'][i])}")
    path.write_text("\n".join(lines) + "\n")
    return bw.read_csv(path, bar_type="EUR/USD.SIM-1-MINUTE-BID-EXTERNAL")


def test_other_numbers_are_taken_as_doubles():
    values = np.arange(1, 30, dtype=np.int32)
    want = bw.wma(values.astype(np.float64), 4)
    for given in (values, values.astype(np.float32), values.astype(">f8"), pa.array(values),
                  list(map(float, values)), np.repeat(values.astype(float), 2)[::2]):  # fmt: skip
        same(bw.wma(given, 4), want)
    holed = pa.array([1.0, None, 3.0, 4.0])
    np.testing.assert_array_equal(bw.sma(holed, 2), [np.nan, np.nan, np.nan, 3.5])


def test_results_go_where_they_are_wanted():
    close = random_bars(100)["close"]
    out = np.empty(100)
    assert bw.ema(close, 5, out=out) is out
    same(out, bw.ema(close, 5))
    three = (np.empty(100), np.empty(100), np.empty(100))
    values = bw.macd(close, out=three)
    assert values.signal is three[1]
    same(values, bw.macd(close))


def test_many_series_over_threads_give_what_one_call_each_gives():
    series = [random_bars(5000, seed)["close"] for seed in range(6)]
    for threads in (1, 2, None):
        for values, one in zip(over(RSI(9), series, threads=threads), series, strict=True):
            same(values, bw.rsi(one, 9))


def test_columns_are_attached_to_a_table(quote_bars):
    table = attach([RSI(5), MACD(3, 6, 2)], quote_bars)
    added = table.schema.names[-4:]
    assert added == ["rsi_5", "macd_3_6_2.macd", "macd_3_6_2.signal", "macd_3_6_2.histogram"]
    same(table["rsi_5"].to_numpy(), bw.rsi(quote_bars, 5))


def test_an_indicator_says_what_it_is():
    macd = MACD(3, slow=6)
    assert repr(macd) == "MACD(fast=3, slow=6, signal=9)"
    assert macd.label == "macd_3_6_9"
    assert indicators.PPO(ma="ema").label == "ppo_12_26_ema"
    assert str(macd.value) == "MACDValues(macd=nan, signal=nan, histogram=nan)"
    assert RSI(20).warm_up == 20
    rsi = RSI(2)
    for x in (1.0, 2.0, 3.0):
        rsi.update(x)
    assert rsi.value == 100.0
    rsi.reset()
    assert np.isnan(rsi.value)
    assert np.isnan(rsi.update({"close": 5.0}))


def test_flat_windows_have_no_deviation_and_variances_no_drift():
    close = np.concatenate([random_bars(3000, 12, 10_000.0)["close"], np.full(400, 10_000.1)])
    close[1000] = 1e9
    variance = bw.variance(close, 20)
    assert (variance[19:] >= 0).all()
    assert (variance[-200:] == 0).all()
    windows = np.lib.stride_tricks.sliding_window_view(close[1200:], 20)
    exact = windows.astype(np.longdouble).var(axis=1).astype(np.float64)
    # Sums that held squares of 500 are made anew 80 rows later at the latest.
    np.testing.assert_allclose(variance[1219:], exact, rtol=1e-9, atol=2e-14 * exact.max())
