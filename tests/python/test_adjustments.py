"""Tables of adjustments: what they say, in every form, and what is wrong with them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import barrow as bw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from rows_to_resample import DAY, random_bars, stamp

ROLLS = [("2024-03-11", "101.25", "103.5"), ("2024-06-10", "99", "98.75")]
FORMS = ("date", "old", "new")


def of(rows, columns=None, **options):
    return bw.Adjustments.of(rows, columns=columns, **options)


def test_rolls_add_up_backward_and_forward():
    back = of(ROLLS, FORMS, method="additive")
    assert back.bounds == (stamp("2024-03-11"), stamp("2024-06-10"))
    assert back.values == (Fraction(2), Fraction(-1, 4), 0)
    ahead = of(ROLLS, FORMS, method="additive", direction="forward")
    assert ahead.values == (0, Fraction(-9, 4), Fraction(-2))
    ratio = of(ROLLS, FORMS, method="ratio")
    assert ratio.values == (Fraction("103.5") / Fraction("101.25") * Fraction("98.75") / 99,
                            Fraction("98.75") / 99, 1)  # fmt: skip
    turned = of(ROLLS[::-1], FORMS, method="ratio")
    assert turned == ratio
    assert hash(turned) == hash(ratio)
    assert ratio.inverse().inverse() == ratio
    assert back.inverse().values == (Fraction(-2), Fraction(1, 4), 0)
    assert back.at("2024-03-10T23:59:59.999999999") == 2
    assert back.at(date(2024, 3, 11)) == Fraction(-1, 4)
    assert repr(back) == (
        "Adjustments additive\n  the beginning to 2024-03-11T00:00:00Z: 2\n"
        "  2024-03-11T00:00:00Z to 2024-06-10T00:00:00Z: -0.25"
    )
    assert repr(of([("2024-03-11", "1/3")], ("date", "ratio"))).endswith(": 1/3")


def test_every_form_of_a_table_is_read(tmp_path):
    wanted = of(ROLLS, FORMS, method="ratio")
    path = tmp_path / "rolls.csv"
    path.write_text("Date, old_price,new_price,contract\n"
                    "2024-03-11,101.25,103.5,H\n\n2024-06-10, 99 ,98.75,M\n")  # fmt: skip
    assert of(path, method="ratio") == of(str(path), method="ratio") == wanted
    columns = dict(zip(FORMS, zip(*ROLLS, strict=True), strict=True))
    frame = pd.DataFrame(columns)
    assert of(frame, method="ratio") == wanted
    frame["date"] = pd.to_datetime(frame["date"])
    for name in ("old", "new"):
        frame[name] = frame[name].map(Decimal)
    assert of(frame, method="ratio") == wanted
    table = pa.table({
        "date": pa.array([date(2024, 3, 11), date(2024, 6, 10)]),
        "old": pa.array([Decimal("101.25"), Decimal(99)], pa.decimal128(12, 4)),
        "new": pa.array(["103.5", "98.75"]),
    })  # fmt: skip
    assert of(table, method="ratio") == of(pl.DataFrame(table), method="ratio") == wanted
    assert of([dict(zip(FORMS, row, strict=True)) for row in ROLLS], method="ratio") == wanted
    exact = [(datetime(2024, 3, 11, tzinfo=UTC), Fraction("101.25"), bw.Price.parse("103.5")),
             (np.datetime64("2024-06-10"), 99, Decimal("98.75"))]  # fmt: skip
    assert of(exact, FORMS, method="ratio") == wanted


def test_windows():
    given = [("2024-06-10", None, "1.5"), (None, "2024-03-11", -1), ("2024-03-11", "2024-04-01", 0)]
    made = of(given)
    assert made.method == "additive"
    assert made.bounds == (stamp("2024-03-11"), stamp("2024-06-10"))
    assert made.values == (-1, 0, Fraction(3, 2))
    assert [str(window) for window in made.windows()] == [
        "the beginning to 2024-03-11T00:00:00Z: -1",
        "2024-06-10T00:00:00Z to the end: 1.5",
    ]
    ratios = of([("2024-03-11", "2024-04-01", 3, 4)], ("start", "end", "numerator", "denominator"))
    assert ratios.values == (1, Fraction(3, 4), 1)
    assert of([]).windows() == []
    assert of([(date(1960, 1, 1), date(1969, 12, 31), 5)]).windows() == []
    assert of([(date(1960, 1, 1), date(1980, 1, 1), 5)]).values == (5, 0)
    assert of([("1970-01-01", None, 5)]).values == (5,)


def test_dates_are_of_a_zone():
    made = of([("2024-03-11", 1)], ("date", "amount"), tz="America/New_York")
    assert made.bounds == (stamp("2024-03-11T04:00"),)
    told = of([("2024-03-11T00:00:00Z", 1)], ("date", "amount"), tz="America/New_York")
    assert told.bounds == (stamp("2024-03-11"),)
    with pytest.raises(bw.BarrowArgumentError) as caught:
        of([("2024-03-10T02:30", 1)], ("date", "amount"), tz="America/New_York")
    assert str(caught.value) == (
        "row 0 date: 2024-03-10T02:30:00 does not exist in America/New_York: clocks skip it"
    )
    with pytest.raises(bw.BarrowArgumentError, match="there is no zone 'Mars'"):
        of([("2024-03-10", 1)], ("date", "amount"), tz="Mars")


@pytest.mark.parametrize(
    ("rows", "options", "what"),
    [
        ([("x", 1, 2)], {"columns": FORMS, "method": "ratio"}, "row 0 date: 'x' is no instant"),
        (ROLLS, {"columns": FORMS}, "method: rolls can be adjusted by the difference"),
        (ROLLS, {"columns": FORMS, "method": "spread"}, "method: 'spread' is none of additive"),
        (
            ROLLS,
            {"columns": FORMS, "method": "ratio", "direction": "up"},
            "direction: 'up' is none of backward, forward",
        ),
        (
            [("2024-03-11", 0, 3)],
            {"columns": FORMS, "method": "ratio"},
            "row 0 old: 0 is not above zero, as ratios are\n  try: method='additive'",
        ),
        (
            [("2024-03-11", 5, "-37.63")],
            {"columns": FORMS, "method": "ratio"},
            "row 0 new: -37.63 is not above zero",
        ),
        (
            [("2024-03-11", 1.5)],
            {"columns": ("date", "amount")},
            "row 0 amount: 1.5 is a float, which is seldom the number that was meant\n"
            "  try: text: '1.5'\n   or: decimal.Decimal\n   or: integers, or a fraction",
        ),
        (
            [("2024-03-11", "1,5")],
            {"columns": ("date", "amount")},
            "row 0 amount: '1,5' is no exact number",
        ),
        ([("2024-03-11", True)], {"columns": ("date", "amount")}, "row 0 amount: True is no"),
        ([("2024-03-11", "1/0")], {"columns": ("date", "amount")}, "row 0 amount: '1/0' is no"),
        ([("2024-03-11", "1e9999")], {"columns": ("date", "amount")}, "row 0 amount: '1e9999'"),
        ([("2024-03-11", None)], {"columns": ("date", "amount")}, "row 0 amount: None is no"),
        ([(None, 1)], {"columns": ("date", "amount")}, "row 0 date: None is no instant"),
        (
            [("2024-03-11", 1), ("2024-03-11T00:00Z", 1)],
            {"columns": ("date", "amount")},
            "row 1: 2024-03-11T00:00:00Z is there twice\n"
            "  try: one row with the whole amount or ratio of that date",
        ),
        ([("2024-03-11", "2024-03-11", 1)], {}, "row 0: the window ends before it begins"),
        (
            [("2024-03-11", "2024-03-13", 1), ("2024-03-10", "2024-03-12", 1)],
            {},
            "row 0: the window overlaps the one of row 1\n  try: cut one",
        ),
        ([("2024-03-11", 1)], {}, "row 0: ('2024-03-11', 1) is no row of from, to, amount"),
        ([(1, 2)], {"columns": ("date", "price")}, "adjustments: columns date, price do not say"),
        (
            [(1, 2, 3, 4)],
            {"columns": ("from", "to", "old", "new")},
            "adjustments: columns from, to, old, new do not say",
        ),
        ([(1, 2)], {"columns": ("date", "ratio"), "method": "additive"}, "method: is additive,"),
        (7, {}, "adjustments: int is no table"),
    ],
)
def test_tables_that_are_wrong(rows, options, what):
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.Adjustments.of(rows, **options)
    assert str(caught.value).startswith(what)


def test_files_that_are_wrong(tmp_path):
    path = tmp_path / "rolls.csv"
    with pytest.raises(bw.BarrowIoError):
        of(path)
    path.write_text("date,amount\n2024-03-11,1\n2024-03-12\n")
    with pytest.raises(bw.BarrowParseError) as caught:
        of(path)
    assert str(caught.value) == f"{path} line 3: has 1 fields, the header has 2"
    path.write_text("date,amount\n2024-03-11,x\n")
    with pytest.raises(bw.BarrowArgumentError, match=r"rolls.csv line 2 amount: 'x' is no exact"):
        of(path)
    path.write_text("")
    with pytest.raises(bw.BarrowArgumentError, match="columns missing do not say"):
        of(path)
    path.write_bytes(b"date,amount\n\xff\n")
    with pytest.raises(bw.BarrowParseError, match="is not UTF-8"):
        of(path)


def test_a_frame_of_floats_is_refused():
    frame = pd.DataFrame({"date": ["2024-03-11"], "ratio": [0.25]})
    with pytest.raises(bw.BarrowArgumentError, match=r"^row 0 ratio: 0.25 is a float"):
        of(frame)


def test_values_as_they_are():
    made = bw.Adjustments("ratio", [DAY], [Fraction(1, 2), Fraction(1)])
    [window] = made.windows()
    assert (window.start, window.end, window.value) == (None, DAY, Fraction(1, 2))
    for bounds, values in (([DAY], [1]), ([2, 1], [1, 1, 1]), ([0], [1, 1]), ([2**64], [1, 1])):
        with pytest.raises(bw.BarrowArgumentError, match="bounds: do not rise"):
            bw.Adjustments("ratio", bounds, [Fraction(value) for value in values])
    with pytest.raises(bw.BarrowArgumentError, match="ratio: -1 is not above zero"):
        bw.Adjustments("ratio", [], [Fraction(-1)])
    with pytest.raises(bw.BarrowArgumentError, match="method: 'x' is none of"):
        bw.Adjustments("x", [], [Fraction(1)])


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"volume": "double"}, "volume: 'double' is none of keep, inverse"),
        ({"volume": "inverse"}, "volume: only a ratio has an inverse"),
        ({"rounding": "up"}, "rounding: 'up' is none of exact"),
        ({"method": "ratio"}, "method: is ratio, the adjustments are additive"),
        ({"price_precision": 4}, "price_precision: 4 is not from 5, which there are, to 9"),
        ({"price_precision": 10}, "price_precision: 10 is not from 5"),
        ({"size_precision": 1.5}, "size_precision: 1.5 is no number of decimals"),
    ],
)
def test_arguments_that_are_wrong(options, what):
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.adjust(random_bars(1, 5), of([(None, None, 1)]), **options)
    assert str(caught.value).startswith(what)


def test_amounts_that_prices_cannot_take():
    bars = random_bars(1, 5)
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.adjust(bars, [(None, None, "0.000001")])
    assert str(caught.value) == (
        "amount: 0.000001 has more than 5 decimals\n  try: price_precision=6"
    )
    for amount, what in (("1/3", "1/3 has more than 5 decimals$"), (10**10, "is beyond the prices"),
                         (-(10**30), "is beyond the prices of fixed8, 9_223_372_036")):  # fmt: skip
        with pytest.raises(bw.BarrowArgumentError, match=what):
            bw.adjust(bars, [(None, None, amount)])
    with pytest.raises(bw.BarrowArgumentError, match="more than any price can be multiplied by"):
        bw.adjust(bars, [(None, None, 10**25)], method="ratio")
    with pytest.raises(
        bw.BarrowSchemaError, match="expected bars, quotes or trades, got DataFrame"
    ):
        bw.adjust(bars.to_pandas(), [])
