"""What wranglers refuse, and how they say it; whole messages."""

from __future__ import annotations

from decimal import Decimal

import barrow as bw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from barrow.wranglers import (
    BarDataWranglerV2,
    QuoteTickDataWranglerV2,
    TradeTickDataWranglerV2,
)

BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
DROP = "\n  try: drop or fill such rows first, such as df.dropna()"


def wrangler(**options) -> BarDataWranglerV2:
    return BarDataWranglerV2(BAR_TYPE, 5, 0, **options)


def frame(rows: int = 20, **columns) -> pd.DataFrame:
    index = pd.date_range("2024-01-02", periods=rows, freq="min")
    data = {name: [1.1] * rows for name in ("open", "high", "low", "close")}
    return pd.DataFrame({**data, "volume": [5.0] * rows, **columns}, index=index)


def column(bad, at=17, good=1.1, rows=20):
    cells = [good] * rows
    cells[at] = bad
    return cells


def refusal(kind, call, *arguments, **keywords) -> str:
    with pytest.raises(kind) as raised:
        call(*arguments, **keywords)
    return str(raised.value)


VALUES = [
    (
        {"close": column(1.0842155)},
        'row 17 column "close": "1.0842155" has more than 5 decimals\n'
        '  try: a larger price_precision\n   or: rounding="half_even"',
    ),
    ({"close": column(np.nan)}, f'row 17 column "close": "nan" is not a finite number{DROP}'),
    ({"low": column(-np.inf)}, f'row 17 column "low": "-inf" is not a finite number{DROP}'),
    ({"volume": column(-1.0, good=5.0)}, 'row 17 column "volume": "-1.0" is negative, '
     "expected zero or more"),
    (
        {"open": column(1e14)},
        'row 17 column "open": "100000000000000.0" is beyond the largest value of fixed16, '
        "17_014_118_346_046",
    ),
    ({"open": column("1.1x", good="1.1")}, 'row 17 column "open": "1.1x" is not a decimal number'),
    ({"open": column("", good="1.1")}, 'row 17 column "open": the cell is empty, expected a value'),
    (
        {"open": column(Decimal("1.000001"), good=Decimal(1))},
        'row 17 column "open": "1.000001" has more than 5 decimals\n'
        '  try: a larger price_precision\n   or: rounding="half_even"',
    ),
    ({"volume": column(-3, good=1)}, 'row 17 column "volume": "-3" is negative, '
     "expected zero or more"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "text"), VALUES)
def test_a_value_that_does_not_fit(columns, text):
    data = frame(**columns)
    assert refusal(bw.BarrowParseError, wrangler().to_columns, data) == text
    assert refusal(bw.BarrowParseError, wrangler().from_pandas, data) == text
    # Rows count from the first of the frame, whatever the chunk.
    for chunk_size in (1, 7, 17, 18):
        records = wrangler().from_pandas_iter(data, chunk_size)
        assert refusal(bw.BarrowParseError, list, records) == text


def test_an_iterator_that_fails_gives_what_came_before_and_raises():
    records = wrangler(encoding="fixed8").from_pandas_iter(frame(close=column(np.nan)), 5)
    assert [next(records).ts_event for _ in range(15)]
    with pytest.raises(bw.BarrowParseError, match=r"row 17"):
        next(records)


def test_a_range_that_is_too_small_names_the_larger_one():
    data = frame(volume=column(2e10, good=5.0))
    text = refusal(bw.BarrowParseError, wrangler(encoding="fixed8").to_columns, data)
    assert text == (
        'row 17 column "volume": "20000000000.0" is beyond the largest value of fixed8, '
        '18_446_744_073\n  try: encoding="fixed16"'
    )


NULLS = [
    {"volume": pd.array(column(None, good=1), "Int64")},
    {"open": pd.array(column(None), "double[pyarrow]")},
    {"close": column(None, good="1.1")},
    {"high": column(None, good=Decimal(1))},
    {"ts_event": column(pd.NaT, good=pd.Timestamp("2024-01-02"))},
    {"ts_init": column(pd.NaT, good=pd.Timestamp("2024-01-02", tz="UTC"))},
]


@pytest.mark.parametrize("columns", NULLS)
def test_nulls(columns):
    name = next(iter(columns))
    text = f'row 17 column "{name}": holds a null, expected a value{DROP}'
    assert refusal(bw.BarrowSchemaError, wrangler().to_columns, frame(**columns)) == text
    records = wrangler().from_pandas_iter(frame(**columns), 6)
    assert refusal(bw.BarrowSchemaError, list, records) == text


def test_a_stamp_of_the_index_that_is_none():
    data = frame(3)
    data.index = pd.DatetimeIndex(["2024-01-02", None, None])
    assert refusal(bw.BarrowSchemaError, wrangler().to_columns, data) == (
        f'row 1 column "index": holds a null (and 1 more), expected a value{DROP}'
    )


def test_names_that_are_missing_or_several():
    data = frame(2).rename(columns={"close": "last"})
    assert refusal(bw.BarrowSchemaError, wrangler().to_columns, data) == (
        "frame: no bars: column close missing, found open, high, low, last, volume, index\n"
        '  try: rename it "close"'
    )
    flat = frame(2).reset_index(drop=True)
    assert refusal(bw.BarrowSchemaError, wrangler().to_columns, flat) == (
        "frame: no bars: column ts_event missing, found open, high, low, close, volume\n"
        "  try: ts_event may be called timestamp, datetime, date, time"
    )
    twice = frame(2, Open=[1.0, 2.0]).rename(columns={"open": "OPEN"})
    assert refusal(bw.BarrowSchemaError, wrangler().to_columns, twice) == (
        'frame: "OPEN", "Open" could all be open\n'
        '  try: rename the right one to "open", or drop the others'
    )
    trades = pl.DataFrame({"timestamp": [0], "price": [1], "quantity": [1], "amount": [2]})
    ticks = TradeTickDataWranglerV2("A.B", 0, 0)
    assert '"quantity", "amount" could all be size' in refusal(
        bw.BarrowSchemaError, ticks.to_columns, trades
    )


@pytest.mark.parametrize("thing", [None, 5, {"open": [1]}, pl.LazyFrame({"open": [1.0]})])
def test_what_is_no_frame(thing):
    text = refusal(bw.BarrowSchemaError, wrangler().to_columns, thing)
    assert text.startswith(f"frame: {type(thing).__name__} is no frame that is known\n  try: ")
    assert ("collect() it" in text) == isinstance(thing, pl.LazyFrame)


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"open": [True, False]}, 'column "open": is bool, expected floats, integers, decimals'),
        ({"open": pd.date_range("2024", periods=2)}, 'column "open": is timestamp[ns]'),
        ({"open": [1.5, "x"]}, 'frame column "open": object of no one type'),
        ({"open": [1, 2**70]}, 'frame column "open": object of no one type'),
        ({"open": [b"1", b"2"]}, 'column "open": is binary'),
        ({"open": np.ones(2, np.float16)}, 'column "open": is halffloat'),
        ({"ts_event": [1.5, 2.5]}, 'column "ts_event": is double, expected times'),
    ],
)
def test_types_that_hold_no_values(columns, text):
    found = refusal(bw.BarrowSchemaError, wrangler().to_columns, frame(2, **columns))
    assert found.startswith(text.replace("timestamp[ns]", "timestamp["))


def test_times_out_of_range():
    early = frame(2).set_index(pd.DatetimeIndex(["2024-01-02", "1969-12-31"]))
    late = frame(2).set_index(pd.DatetimeIndex(["2024-01-02", "2300-01-01"], dtype="M8[s]"))
    for data in (early, late):
        text = refusal(bw.BarrowParseError, wrangler().to_columns, data)
        assert text.startswith('row 1 column "index": "')
        assert text.endswith('" is not an instant from 1970 to 2262')
    text = refusal(bw.BarrowParseError, wrangler().to_columns, frame(2, ts_event=[10**18, 12345]))
    assert text.startswith(
        'row 1 column "ts_event": 12345 could be seconds or nanoseconds: '
        "expected 10, 13, 16 or 19 digits\n  try: time_unit="
    )
    delta = -(2**62)
    text = refusal(bw.BarrowParseError, wrangler().to_columns, frame(2), ts_init_delta=delta)
    assert text.startswith(
        'row 0 column "ts_init": "1704153600000000000 + -4611686018427387904 ns"'
    )
    text = refusal(bw.BarrowParseError, wrangler().to_columns, frame(1, ts_event=["yesterday"]))
    assert text == (
        'row 0 column "ts_event": "yesterday" is not a date and time in a form that is known'
    )


def trades(**columns) -> pd.DataFrame:
    stamps = pd.date_range("2024-01-02", periods=2)
    data = {"price": [1, 2], "size": [1, 2], "side": ["buy", "sell"], "trade_id": ["a", "b"]}
    return pd.DataFrame({**data, **columns}, index=stamps)


@pytest.mark.parametrize(
    ("columns", "kind", "text"),
    [
        ({"side": ["buy", "up"]}, bw.BarrowParseError, 'row 1 column "side": "up" is no side: '),
        ({"side": [1, 3]}, bw.BarrowParseError, 'row 1 column "side": 3 is no side: '),
        ({"side": [1, -1]}, bw.BarrowParseError, 'row 1 column "side": -1 is no side: '),
        ({"side": [1.0, 2.0]}, bw.BarrowSchemaError, 'column "side": is double, expected text'),
        ({"side": [True, False]}, bw.BarrowSchemaError, 'column "side": is bool, expected text'),
        ({"side": ["buy", None]}, bw.BarrowSchemaError, 'row 1 column "side": holds a null'),
        ({"trade_id": ["a", None]}, bw.BarrowSchemaError, 'row 1 column "trade_id": holds a null'),
        ({"trade_id": [1.5, 2]}, bw.BarrowSchemaError, 'column "trade_id": is double, expected'),
    ],
)
def test_trades_that_are_none(columns, kind, text):
    ticks = TradeTickDataWranglerV2("A.B", 0, 0)
    assert refusal(kind, ticks.to_columns, trades(**columns)).startswith(text)
    flags = trades().drop(columns="side").assign(buyer_maker=["yes", "no"])
    assert refusal(bw.BarrowSchemaError, ticks.to_columns, flags) == (
        'column "buyer_maker": is string, expected flags: true where the buyer was the maker'
    )


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        (("EURUSD", 5, 0), {}, 'bar type "EURUSD": has 1 of the 5 parts between dashes'),
        ((BAR_TYPE, 17, 0), {}, "price_precision: 17 is no number from 0 to 16"),
        ((BAR_TYPE, 10, 0), {"encoding": "fixed8"}, "price_precision: 10 is no number from 0 to 9"),
        ((BAR_TYPE, 5, -1), {}, "size_precision: -1 is no number from 0 to 16"),
        ((BAR_TYPE, 5, True), {}, "size_precision: True is no number from 0 to 16"),
        ((BAR_TYPE, 5, 0), {"encoding": "float"}, "encoding: 'float' is none of auto, fixed8"),
        ((BAR_TYPE, 5, 0), {"rounding": "up"}, "rounding: 'up' is none of exact, half_even"),
        ((BAR_TYPE, 5, 0), {"invalid_raw": "x"}, "invalid_raw: 'x' is none of error, repair"),
        ((BAR_TYPE, 5, 0), {"time_unit": "h"}, "time_unit: 'h' is none of auto, s, ms, us, ns"),
        ((BAR_TYPE, 5, 0), {"colour": 1}, "options: there is no option colour"),
    ],
)
def test_wranglers_that_cannot_be(arguments, options, text):
    found = refusal(bw.BarrowArgumentError, BarDataWranglerV2, *arguments, **options)
    assert found.startswith(text)


def test_arguments_of_a_call():
    for chunk_size in (0, -1, 1.5, True):
        with pytest.raises(bw.BarrowArgumentError, match=r"^chunk_size: "):
            wrangler().from_pandas_iter(frame(2), chunk_size)
        with pytest.raises(bw.BarrowArgumentError, match=r"^chunk_size: "):
            wrangler().from_csv_iter("x.csv", chunk_size)
    for delta in (1.5, "1", 2**63):
        with pytest.raises(bw.BarrowArgumentError, match=r"^ts_init_delta: "):
            wrangler().to_columns(frame(2), ts_init_delta=delta)
    with pytest.raises(bw.BarrowArgumentError, match=r"^instrument id"):
        QuoteTickDataWranglerV2("EURUSD", 5, 0)


def test_from_schema():
    schema = pa.schema([], {"bar_type": BAR_TYPE, "price_precision": "5", "size_precision": "2"})
    made = BarDataWranglerV2.from_schema(schema, encoding="fixed16")
    assert (made.bar_type, made.price_precision, made.size_precision) == (BAR_TYPE, 5, 2)
    assert made.to_columns(frame(2)).encoding == "fixed16"
    call = BarDataWranglerV2.from_schema
    assert refusal(bw.BarrowSchemaError, call, pa.schema([], {"bar_type": BAR_TYPE})) == (
        "schema: metadata price_precision, size_precision missing, expected bar_type, "
        "price_precision, size_precision\n"
        "  try: BarDataWranglerV2(bar_type, price_precision, size_precision)"
    )
    for key, value, text in (
        (
            "price_precision",
            "five",
            "schema: metadata price_precision is 'five', expected a number",
        ),
        ("price_precision", "99", "schema: metadata is no good: price_precision: 99 is no number"),
        ("bar_type", "EURUSD", 'schema: metadata is no good: bar type "EURUSD": has 1 of'),
        ("bar_type", b"\xff", "schema: metadata is no UTF-8: "),
    ):
        bad = schema.with_metadata({**schema.metadata, key.encode(): value})
        assert refusal(bw.BarrowSchemaError, call, bad).startswith(text)
