"""What is refused of information bars, and how it is said."""

from __future__ import annotations

from decimal import Decimal

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow._arrow import ENCODINGS, TRADE, Meta, record_schema
from rows_to_resample import SECOND, random_bars, random_quotes, records
from test_information import encoded, trades

MOST_64 = 18_446_744_073 * 10**9


def few(price, size, stamps=None):
    count = len(price)
    at = (np.arange(1, count + 1) if stamps is None else np.array(stamps)) * SECOND
    columns = [np.array(price, np.int64), np.array(size, np.uint64)]
    names = [str(i) for i in range(count)]
    return records(TRADE, [*columns, np.ones(count, np.uint8), names, at, at], "BTC.SIM")


def stored(prices, sizes, encoding):
    """Trades of any raw values, valid or not."""
    schema = record_schema(TRADE, encoding, Meta("BTC.SIM", 5, 3))
    count = len(prices)
    columns = [
        pa.array([v.to_bytes(encoding.width, "little", signed=signed) for v in values], field.type)
        for values, signed, field in ((prices, True, schema[0]), (sizes, False, schema[1]))
    ]
    at = pa.array([SECOND] * count, pa.uint64())
    columns += [pa.array([1] * count, pa.uint8()), pa.array(["x"] * count), at, at]
    return bw.Trades([pa.RecordBatch.from_arrays(columns, schema=schema)], schema)


def refused(call, error=bw.BarrowArgumentError) -> str:
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("5m", 'threshold "5m": is none\n  try: {step}-{AGGREGATION}, such as 1000-TICK or '
         "100-VOLUME_IMBALANCE"),
        ("5-MINUTE", 'threshold "5-MINUTE": is none\n  try: {step}-{AGGREGATION}, such as '
         "1000-TICK or 100-VOLUME_IMBALANCE"),
        ("5-MINUTE-LAST", 'threshold "5-MINUTE-LAST": ends with time\n'
         "  try: resample(..., '5-MINUTE-LAST')"),
        ("0-TICK", 'threshold "0-TICK": expected a whole number above 0'),
        ("1.5-TICK", 'threshold "1.5-TICK": expected a whole number above 0'),
        ("0.0-VALUE", 'threshold "0.0-VALUE": expected a number above 0'),
        ("x-VALUE", "threshold: 'x' is no decimal number"),
        ("1e99-VALUE", "threshold: '1e99' is no decimal number"),
        ("NaN-VALUE", "threshold: 'NaN' is no decimal number"),
        ("5-RENKO", 'threshold "5-RENKO": counts price increments, which records do not tell\n'
         "  try: price_increment='0.01'\n   or: Threshold('RENKO', '0.20')"),
        ("0.0005-VOLUME", 'threshold "0.0005-VOLUME": 0.0005 has more than the 3 decimals of '
         "sizes of precision 3"),
        ("0.0000000000000000001-VALUE", 'threshold "0.0000000000000000001-VALUE": '
         "0.0000000000000000001 has more than the 18 decimals of raw prices times sizes in fixed8"),
        ("99999999999999999999999999999999999999-VOLUME",
         'threshold "99999999999999999999999999999999999999-VOLUME": '
         "99999999999999999999999999999999999999 is more than any bar has"),
    ],
)  # fmt: skip
def test_thresholds_that_are_none(text, told):
    assert refused(lambda: bw.information_bars(trades(1, 9), text)) == told


def test_floats_are_refused():
    assert refused(lambda: bw.Threshold("VOLUME", 0.5)) == (
        "amount: expected a whole number, a Decimal or decimal text, got float"
    )
    assert bw.Threshold("VOLUME", "0.5") == bw.Threshold("volume", Decimal("0.50"))
    assert refused(lambda: bw.information_bars(trades(1, 9), [0.5])) == (
        "threshold: expected text, got float"
    )
    call = lambda: bw.information_bars(trades(1, 9), "5-RENKO", price_increment=0.01)  # noqa: E731
    assert refused(call) == "amount: expected a whole number, a Decimal or decimal text, got float"


def test_bricks_that_prices_do_not_have():
    brick = bw.Threshold("RENKO", "0.000015")
    assert refused(lambda: bw.information_bars(trades(1, 9), brick)) == (
        'threshold "0.000015-RENKO (price)": 0.000015 has more than the 5 decimals of prices of '
        "precision 5"
    )


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: bw.ExpectedThreshold("TICK", 5),
         "ExpectedThreshold: TICK has no expected threshold\n  try: TICK_IMBALANCE\n"
         "   or: VOLUME_RUNS"),
        (lambda: bw.ExpectedThreshold("TICK_RUNS", 0),
         "ExpectedThreshold: rows 0: expected a whole number from 1 to 2^40"),
        (lambda: bw.ExpectedThreshold("TICK_RUNS", 5, span=True),
         "ExpectedThreshold: span True: expected a whole number from 1 to 2^40"),
        (lambda: bw.ExpectedThreshold("TICK_RUNS", 5, bounds=(5, 2)),
         "ExpectedThreshold: bounds 5 and 2 fall"),
        (lambda: bw.information_bars(trades(1, 9), []),
         "thresholds: there are none\n  try: '1000-TICK'"),
        (lambda: bw.information_bars(trades(1, 9), ["5-TICK", "5-TICK"]),
         "thresholds: 5-TICK twice"),
        (lambda: bw.information_bars(trades(1, 9), "5-TICK", sides="both"),
         "sides: 'both' is none of reported, reported_or_tick_rule, tick_rule"),
        (lambda: bw.information_bars(trades(1, 9), "5-TICK", rules="none"),
         "rules: 'none' is none of conserve, nautilus"),
        (lambda: bw.information_bars(trades(1, 9), "5-TICK", partial="none"),
         "partial: 'none' is none of flag, keep, drop"),
        (lambda: bw.information_bars(trades(1, 9), "5-TICK", tz="UTC"),
         "information_bars: no option tz"),
        (lambda: bw.information_bars(trades(1, 9), ["5-TICK-LAST", "5-VOLUME-BID"]),
         "thresholds: one price at a time, got BID, LAST"),
        (lambda: bw.information_bars(random_quotes(1, 9), "5-TICK-BID", price="ask"),
         "thresholds: one price at a time, got ASK, BID"),
        (lambda: bw.information_bars(random_quotes(1, 9), "5-TICK"),
         "price: quotes have no None\n  try: price='bid'\n   or: price='ask'\n   or: price='mid'"),
        (lambda: bw.information_bars(iter([]), "5-TICK", sort=True),
         "sort: an iterator cannot be sorted\n  try: records in memory"),
        (lambda: bw.information_bars(random_quotes(1, 9), "5-TICK_IMBALANCE", price="bid"),
         'threshold "5-TICK_IMBALANCE": needs trades; quotes have no side\n  try: Trades'),
        (lambda: bw.information_bars(random_bars(1, 9), bw.ExpectedThreshold("VALUE_RUNS", 5)),
         'threshold "5-VALUE_RUNS expected": needs trades; bars have no side\n  try: Trades'),
    ],
)  # fmt: skip
def test_arguments_that_are_wrong(made, told):
    assert refused(made) == told


def test_rows_out_of_order_are_named():
    made = few([10**9] * 4, [10**9] * 4, [5, 6, 5, 7])
    assert refused(lambda: bw.information_bars(made, "2-TICK")) == (
        "row 2: ts_event 1970-01-01T00:00:05Z is before 1970-01-01T00:00:06Z of the row before\n"
        "  try: sort=True"
    )
    assert len(bw.information_bars(made, "2-TICK", sort=True)["2-TICK"]) == 2
    aggregator = bw.BarAggregator("2-TICK")
    aggregator.push(made[:2])
    assert refused(lambda: aggregator.push(made[2:])).startswith("row 2: ts_event")


@pytest.mark.parametrize("kind", ["TICK", "VOLUME", "VALUE", "RENKO", "VALUE_RUNS"])
@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
def test_undefined_prices_and_sizes_are_named(kind, encoding):
    wide = encoding == "fixed16"
    undefined = bw.PRICE_UNDEF_128 if wide else bw.PRICE_UNDEF_64
    size = bw.QUANTITY_UNDEF_128 if wide else bw.QUANTITY_UNDEF_64
    one = 10**16 if wide else 10**9
    told = (
        "row 1: a price or a size is undefined, or out of range\n"
        "  try: bw.validate(trades) shows the rows"
    )
    for prices, sizes in (
        ([one, undefined, one], [one] * 3),
        ([one, -undefined - 1, one], [one] * 3),
        ([one] * 3, [one, size, one]),
    ):
        made = stored(prices, sizes, ENCODINGS[encoding])
        call = lambda: bw.information_bars(made, bw.Threshold(kind, 1))  # noqa: B023, E731
        assert refused(call, bw.BarrowParseError) == told


def test_a_volume_that_no_encoding_holds_names_the_bar():
    made = few([10**9] * 3, [MOST_64] * 3)
    assert refused(lambda: bw.information_bars(made, "2-TICK"), bw.BarrowParseError) == (
        "2-TICK bar of 1970-01-01T00:00:02Z: volumes sum to more than fixed8 holds, "
        "18_446_744_073\n  try: a lower threshold\n   or: the records in encoding='fixed16'"
    )
    bars = bw.information_bars(encoded(made, "fixed16"), "2-TICK")["2-TICK"]
    assert int(bars[0].volume.raw) == 2 * MOST_64 * 10**7
    cut = bw.information_bars(made, "10000000000-VOLUME")["10000000000-VOLUME"]
    assert int(cut.raw("volume").astype(object).sum()) == 3 * MOST_64


def test_the_largest_values_are_held():
    most_price, step = 9_223_372_036 * 10**9, 85 * 10**18
    made = few([most_price, -most_price, most_price], [MOST_64] * 3)
    name = f"{step}-VALUE"
    bars = bw.information_bars(made, name)[name]
    assert int(bars.raw("volume").astype(object).sum()) == 3 * MOST_64
    wide = bw.information_bars(encoded(made, "fixed16"), name)[name]
    assert [bar.volume.raw for bar in wide] == [int(v) * 10**7 for v in bars.raw("volume")]


@pytest.mark.parametrize(
    ("threshold", "price", "size"),
    [
        ("0.001-VOLUME", [10**9] * 2, [10**9, 20_000 * 10**9]),
        ("0.001-VALUE_IMBALANCE", [10**9, 20_000 * 10**9], [10**9] * 2),
        (bw.Threshold("RENKO", "0.00001"), [10**9, 200 * 10**9], [10**9] * 2),
    ],
)
def test_a_row_that_would_fill_too_many_bars_is_named(threshold, price, size):
    assert refused(lambda: bw.information_bars(few(price, size), threshold)) == (
        f'threshold "{threshold}": row 1 alone would fill more than 16_777_216 bars\n'
        "  try: a higher threshold"
    )


def test_what_is_no_record_is_refused():
    text = refused(lambda: bw.information_bars([1], "5-TICK"), bw.BarrowSchemaError)
    assert text == (
        "resample: expected bars, quotes or trades, got int\n  try: Bars.from_arrow(...)"
    )
