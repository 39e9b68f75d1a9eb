"""`BarType` and `BarSpecification`: the grammar, its rules, errors that point at the token."""

from __future__ import annotations

import datetime as dt
import pickle
from pathlib import Path

import barrow as bw
import pytest
from barrow import AggregationSource, BarAggregation, BarSpecification, BarType, PriceType

MINUTE = 60 * 10**9
MICROSECOND = dt.timedelta(microseconds=1)
STEPS = "1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 for MINUTE"
LARGEST = 2**64 - 1
FORM = "{SYMBOL}.{VENUE}-{step}-{AGGREGATION}-{PRICE_TYPE}-{INTERNAL|EXTERNAL}"
UNITS = (
    "TICK, TICK_IMBALANCE, TICK_RUNS, VOLUME, VOLUME_IMBALANCE, VOLUME_RUNS, VALUE, "
    "VALUE_IMBALANCE, VALUE_RUNS, MILLISECOND, SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, YEAR, RENKO"
)


@pytest.mark.parametrize(
    ("text", "instrument", "spec", "source", "step_ns"),
    [
        ("EUR/USD.SIM-1-MINUTE-BID-EXTERNAL", "EUR/USD.SIM", (1, "MINUTE", "BID"), 1, MINUTE),
        ("BTC-USD-PERP.DYDX-5-MINUTE-LAST-EXTERNAL", "BTC-USD-PERP.DYDX", (5, "MINUTE", "LAST"),
         1, 5 * MINUTE),
        ("BRK.B.NYSE-1-DAY-MID-INTERNAL", "BRK.B.NYSE", (1, "DAY", "MID"), 0, 1440 * MINUTE),
        ("A.B-100-TICK-MARK-INTERNAL", "A.B", (100, "TICK", "MARK"), 0, None),
        ("A.B-1-MONTH-LAST-EXTERNAL", "A.B", (1, "MONTH", "LAST"), 1, None),
        ("A.B-250-MILLISECOND-ASK-INTERNAL", "A.B", (250, "MILLISECOND", "ASK"), 0, 250 * 10**6),
        ("1-DAY.B-1-DAY-LAST-EXTERNAL", "1-DAY.B", (1, "DAY", "LAST"), 1, 1440 * MINUTE),
        ("-.B-1-DAY-LAST-EXTERNAL", "-.B", (1, "DAY", "LAST"), 1, 1440 * MINUTE),
        ("A B É.C D-1-DAY-LAST-EXTERNAL", "A B É.C D", (1, "DAY", "LAST"), 1, 1440 * MINUTE),
        (f"A.B-{LARGEST}-VALUE_RUNS-LAST-INTERNAL", "A.B", (LARGEST, "VALUE_RUNS", "LAST"), 0,
         None),
    ],
)  # fmt: skip
def test_a_bar_type_is_split_from_the_right(
    text: str, instrument: str, spec: tuple, source: int, step_ns: int | None
) -> None:
    parsed = BarType.parse(text)
    name = ("INTERNAL", "EXTERNAL")[source]
    assert parsed == BarType(instrument, BarSpecification(*spec), name)
    assert (parsed.spec.step, parsed.spec.aggregation, parsed.spec.price_type) == spec
    assert parsed.aggregation_source == name
    assert (parsed.symbol, parsed.venue) == tuple(instrument.rsplit(".", 1))
    assert parsed.step_ns == step_ns
    assert (parsed.is_standard(), parsed.is_composite()) == (True, False)
    assert (parsed.is_internally_aggregated(), parsed.is_externally_aggregated()) == (
        not source,
        bool(source),
    )
    assert str(parsed) == text
    assert repr(parsed) == f"BarType({text})"
    assert pickle.loads(pickle.dumps(parsed)) == parsed
    assert hash(BarType.from_str(text)) == hash(parsed)


def test_a_composite_says_what_it_is_made_from() -> None:
    text = "A.B-5-MINUTE-LAST-INTERNAL@1-MINUTE-EXTERNAL"
    parsed = BarType.parse(text)
    assert parsed.is_composite()
    assert str(parsed) == text
    assert str(parsed.standard()) == "A.B-5-MINUTE-LAST-INTERNAL"
    assert str(parsed.composite()) == "A.B-1-MINUTE-LAST-EXTERNAL"
    assert parsed.composite().composite() == parsed.composite()
    assert parsed != parsed.standard()
    spec = BarSpecification(5, BarAggregation.MINUTE, PriceType.LAST)
    made = BarType.new_composite("A.B", spec, "internal", 1, "minute", AggregationSource.EXTERNAL)
    assert made == parsed


def test_names_and_steps_have_one_form_that_is_written(tmp_path: Path) -> None:
    loose = "A.B-005-minute-Last-internal@+1-Minute-eXternal"
    exact = "A.B-5-MINUTE-LAST-INTERNAL@1-MINUTE-EXTERNAL"
    assert BarType.parse(loose) == BarType.parse(exact)
    assert str(BarType.parse(loose)) == exact
    path = tmp_path / "a.csv"
    path.write_text("timestamp,open,high,low,close,volume\n2024-01-02,1,1,1,1,1\n")
    assert bw.read_csv(path, bar_type=loose).bar_type == exact
    bw.ingest(path, tmp_path / "a.arrow")
    assert bw.open(tmp_path / "a.arrow", bar_type=loose).bar_type == exact
    bw.ingest(path, tmp_path / "b.arrow", bar_type=loose)
    assert bw.open(tmp_path / "b.arrow", bar_type=loose).bar_type == exact


LEGAL = {
    "MILLISECOND": (1000, [1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100, 125, 200, 250, 500]),
    "SECOND": (60, [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30]),
    "MINUTE": (60, [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30]),
    "HOUR": (24, [1, 2, 3, 4, 6, 8, 12]),
    "MONTH": (12, [1, 2, 3, 4, 6, 12]),
}


@pytest.mark.parametrize("unit", list(BarAggregation))
def test_steps_divide_the_period_of_their_unit(unit: BarAggregation) -> None:
    period, legal = LEGAL.get(unit, (30, list(range(1, 3 * 30))))
    taken = []
    for step in range(3 * period):
        text = f"A.B-{step}-{unit}-LAST-EXTERNAL"
        try:
            parsed = BarType.parse(text)
        except bw.BarrowArgumentError:
            with pytest.raises(bw.BarrowArgumentError):
                BarSpecification(step, unit, PriceType.LAST)
            continue
        taken.append(step)
        assert str(parsed) == text
    assert taken == legal


def test_every_unit_is_of_one_sort_but_renko() -> None:
    sorts = {
        "is_time_aggregated": "MILLISECOND SECOND MINUTE HOUR DAY WEEK MONTH YEAR",
        "is_threshold_aggregated": "TICK TICK_IMBALANCE VOLUME VOLUME_IMBALANCE VALUE "
        "VALUE_IMBALANCE",
        "is_information_aggregated": "TICK_RUNS VOLUME_RUNS VALUE_RUNS",
    }
    assert ", ".join(BarAggregation) == UNITS
    for unit in BarAggregation:
        spec = BarSpecification(1, unit, PriceType.MID)
        told = [name for name in sorts if getattr(spec, name)()]
        assert told == [name for name, units in sorts.items() if unit in units.split()]


def test_the_length_of_time_bars() -> None:
    spec = BarSpecification.from_str("90-TICK-LAST")
    assert spec.step_ns is None
    with pytest.raises(bw.BarrowArgumentError) as caught:
        spec.get_interval_ns()
    assert str(caught.value) == (
        "90-TICK-LAST: has no fixed length in time\n"
        "  try: MILLISECOND, SECOND, MINUTE, HOUR, DAY, WEEK have one"
    )
    for text, length in (
        ("1-MILLISECOND-BID", dt.timedelta(milliseconds=1)),
        ("15-MINUTE-BID", dt.timedelta(minutes=15)),
        ("12-HOUR-BID", dt.timedelta(hours=12)),
        ("2-WEEK-BID", dt.timedelta(days=14)),
    ):
        spec = BarSpecification.parse(text)
        assert spec.timedelta == length
        assert spec.get_interval_ns() == spec.step_ns == length // MICROSECOND * 1000
        assert BarSpecification.from_timedelta(length, "bid") == spec
    with pytest.raises(bw.BarrowArgumentError, match="is too long"):
        _ = BarSpecification(LARGEST, "DAY", "LAST").timedelta
    for odd in (
        dt.timedelta(minutes=7),
        dt.timedelta(minutes=1441),
        dt.timedelta(),
        -dt.timedelta(1),
    ):
        with pytest.raises(bw.BarrowArgumentError, match="is no legal step of"):
            BarSpecification.from_timedelta(odd, PriceType.LAST)


def marked(text: str, token: str, what: str, begin: int, tries: str = "") -> str:
    lines = [
        f'bar type "{text}": {what.format(f"{token!r}".replace(chr(39), chr(34)))}',
        f"  {text}",
        "  " + " " * begin + "^" * max(len(token), 1),
    ]
    return "\n".join([*lines, *([f"  try: {tries}"] if tries else [])])


@pytest.mark.parametrize(
    ("text", "token", "what", "begin", "tries"),
    [
        ("EURUSD-1-MINUTE-BID-EXTERNAL", "EURUSD",
         "instrument id {} at character 1: there is no dot before a venue", 0,
         "{SYMBOL}.{VENUE}, such as EUR/USD.SIM"),
        ("A.-1-MINUTE-BID-EXTERNAL", "A.",
         "instrument id {} at character 1: the venue after the last dot is empty", 0,
         "{SYMBOL}.{VENUE}, such as EUR/USD.SIM"),
        ("A.B-0-MINUTE-BID-EXTERNAL", "0",
         f"step {{}} at character 5: expected a whole number from 1 to {LARGEST}", 4, ""),
        ("A.B-1_0-TICK-BID-EXTERNAL", "1_0",
         f"step {{}} at character 5: expected a whole number from 1 to {LARGEST}", 4, ""),
        ("A.B-18446744073709551616-TICK-BID-EXTERNAL", "18446744073709551616",
         f"step {{}} at character 5: expected a whole number from 1 to {LARGEST}", 4, ""),
        ("A.B-7-MINUTE-BID-EXTERNAL", "7",
         f"step {{}} at character 5: expected one of {STEPS}",
         4, ""),
        ("A.B-240-MINUTE-BID-EXTERNAL", "240",
         f"step {{}} at character 5: expected one of {STEPS}",
         4, "4-HOUR"),
        ("A.B-1-MINUTES-BID-EXTERNAL", "MINUTES",
         f"aggregation {{}} at character 7: expected one of {UNITS}", 6, "MINUTE"),
        ("A.B-1-FORTNIGHT-BID-EXTERNAL", "FORTNIGHT",
         f"aggregation {{}} at character 7: expected one of {UNITS}", 6, ""),
        ("A.B-1-MINUTE-BIDS-EXTERNAL", "BIDS",
         "price type {} at character 14: expected one of BID, ASK, MID, LAST, MARK", 13, "BID"),
        ("A.B-1-MINUTE-BID-EXTERN", "EXTERN",
         "aggregation source {} at character 18: expected one of INTERNAL, EXTERNAL", 17,
         "EXTERNAL"),
        ("A.B-1-MINUTE-BID-", "",
         "aggregation source {} at character 18: expected one of INTERNAL, EXTERNAL", 17, ""),
        ("A.B-5-MINUTE-BID-INTERNAL@", "",
         "what the bars are made from, {} at character 27: expected "
         "{{step}}-{{AGGREGATION}}-{{INTERNAL|EXTERNAL}}", 26, ""),
        ("A.B-5-MINUTE-BID-INTERNAL@1-MINUTE", "1-MINUTE",
         "what the bars are made from, {} at character 27: expected "
         "{{step}}-{{AGGREGATION}}-{{INTERNAL|EXTERNAL}}", 26, ""),
        ("A.B-5-MINUTE-BID-INTERNAL@60-SECOND-EXTERNAL", "60",
         "step {} at character 27: expected one of 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 for SECOND",
         26, "1-MINUTE"),
        ("A.B-5-MINUTE-BID-INTERNAL@1-MINUTE-EXTERNAL@x", "EXTERNAL@x",
         "aggregation source {} at character 36: expected one of INTERNAL, EXTERNAL", 35,
         "EXTERNAL"),
    ],
)  # fmt: skip
def test_the_error_points_at_the_token(
    text: str, token: str, what: str, begin: int, tries: str
) -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        BarType.parse(text)
    assert str(caught.value) == marked(text, token, what, begin, tries)


@pytest.mark.parametrize(
    ("text", "count", "tries"),
    [
        ("", 1, FORM),
        ("EUR/USD.SIM", 1, FORM),
        ("A@X.B-1-MINUTE-BID-EXTERNAL", 1, FORM),
        ("A.B-MINUTE-BID-EXTERNAL", 4, FORM),
        ("A.B-1-MINUTE-BID", 4, "A.B-1-MINUTE-BID-EXTERNAL"),
    ],
)
def test_a_bar_type_with_parts_missing(text: str, count: int, tries: str) -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        BarType.parse(text)
    assert str(caught.value) == (
        f'bar type "{text}": has {count} of the 5 parts between dashes\n  try: {tries}'
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("A.É-1-DAY-BID-EXTERNAL", "the venue after the last dot is not ASCII"),
        (" .B-1-DAY-BID-EXTERNAL", "the symbol before the last dot is empty"),
        ("A. -1-DAY-BID-EXTERNAL", "the venue after the last dot is empty"),
        ("A\n.B-1-DAY-BID-EXTERNAL", "it holds a character that cannot be printed"),
        ("\ud800.B-1-DAY-BID-EXTERNAL", "it holds a character that cannot be printed"),
    ],
)
def test_an_instrument_that_is_none(text: str, what: str) -> None:
    with pytest.raises(bw.BarrowArgumentError, match=what):
        BarType.parse(text)
    with pytest.raises(bw.BarrowArgumentError, match=what):
        BarType(text.removesuffix("-1-DAY-BID-EXTERNAL"), BarSpecification(1, "DAY", "BID"))


def test_marks_are_left_out_where_they_would_not_fit() -> None:
    for symbol in ("É", "A" * 200):
        with pytest.raises(bw.BarrowArgumentError) as caught:
            BarType.parse(f"{symbol}.B-1-DAYS-BID-EXTERNAL")
        assert "^" not in str(caught.value)
        assert str(caught.value).endswith("RENKO\n  try: DAY")


def test_a_step_of_thousands_of_digits_is_an_argument_error() -> None:
    for digits in ("9" * 5000, "+", "++1", "", " 1", "1.0", "\u0661"):
        with pytest.raises(bw.BarrowArgumentError, match="step"):
            BarType.parse(f"A.B-{digits}-TICK-BID-EXTERNAL")
    assert BarType.parse(f"A.B-{'0' * 5000}7-TICK-BID-EXTERNAL").spec.step == 7


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: BarSpecification(7, "MINUTE", "LAST"),
         f"BarSpecification: step 7: expected one of {STEPS}"),
        (lambda: BarSpecification(1.0, "MINUTE", "LAST"),
         f"BarSpecification: step 1.0: expected a whole number from 1 to {LARGEST}"),
        (lambda: BarSpecification(True, "MINUTE", "LAST"),
         f"BarSpecification: step True: expected a whole number from 1 to {LARGEST}"),
        (lambda: BarSpecification(1, "MINUT", "LAST"),
         f'aggregation "MINUT": expected one of {UNITS}\n  try: MINUTE'),
        (lambda: BarSpecification(1, "DAY", 3), "price type: expected text, got int"),
        (lambda: BarSpecification.parse("5-MINUTE"),
         'bar specification "5-MINUTE": has 2 of the 3 parts between dashes\n'
         "  try: {step}-{AGGREGATION}-{PRICE_TYPE}, such as 5-MINUTE-LAST"),
        (lambda: BarType("A@C.B", BarSpecification(1, "DAY", "MID")),
         'instrument id "A@C.B": there is an @ in it, which in a bar type comes before what it is '
         "made from"),
        (lambda: BarType("A.B", BarSpecification(1, "DAY", "MID"), "EXT"),
         'aggregation source "EXT": expected one of INTERNAL, EXTERNAL\n  try: EXTERNAL'),
        (lambda: BarType("A.B", BarSpecification(1, "DAY", "MID"), "INTERNAL",
                         BarType.parse("A.B-1-HOUR-BID-EXTERNAL")),
         "made_from: A.B-1-HOUR-BID-EXTERNAL is no bar type of A.B and MID that is no composite "
         "itself"),
        (lambda: BarType.parse(None), "bar type: expected text, got NoneType"),
    ],
)  # fmt: skip
def test_what_is_put_together_is_checked(make, error: str) -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        make()
    assert str(caught.value) == error


def test_read_csv_refuses_a_bad_bar_type_before_it_opens_the_file() -> None:
    with pytest.raises(bw.BarrowArgumentError, match="bar type"):
        bw.read_csv("no such file", bar_type="EURUSD")
