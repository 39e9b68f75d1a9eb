from __future__ import annotations

import barrow as bw
import pytest
from barrow import BarType


@pytest.mark.parametrize(
    ("text", "parts", "step_ns"),
    [
        (
            "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL",
            ("EUR/USD", "SIM", 1, "MINUTE", "BID", "EXTERNAL", None),
            60 * 10**9,
        ),
        (
            "BTC-USD-PERP.DYDX-5-MINUTE-LAST-EXTERNAL",
            ("BTC-USD-PERP", "DYDX", 5, "MINUTE", "LAST", "EXTERNAL", None),
            300 * 10**9,
        ),
        (
            "BRK.B.NYSE-1-DAY-MID-INTERNAL",
            ("BRK.B", "NYSE", 1, "DAY", "MID", "INTERNAL", None),
            86_400 * 10**9,
        ),
        ("A.B-100-TICK-LAST-INTERNAL", ("A", "B", 100, "TICK", "LAST", "INTERNAL", None), None),
        ("A.B-1-MONTH-LAST-EXTERNAL", ("A", "B", 1, "MONTH", "LAST", "EXTERNAL", None), None),
        (
            "A.B-250-MILLISECOND-ASK-INTERNAL",
            ("A", "B", 250, "MILLISECOND", "ASK", "INTERNAL", None),
            250 * 10**6,
        ),
        (
            "A.B-5-MINUTE-LAST-INTERNAL@1-MINUTE-EXTERNAL",
            ("A", "B", 5, "MINUTE", "LAST", "INTERNAL", "1-MINUTE-EXTERNAL"),
            300 * 10**9,
        ),
    ],
)
def test_a_bar_type_is_split_from_the_right(text: str, parts: tuple, step_ns: int | None) -> None:
    parsed = BarType.parse(text)
    assert parsed == BarType(*parts)
    assert parsed.step_ns == step_ns
    assert str(parsed) == text


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "has 1 of the 5 parts between dashes"),
        ("EUR/USD.SIM", "has 1 of the 5 parts between dashes"),
        ("EURUSD-1-MINUTE-BID-EXTERNAL", '"EURUSD" is no SYMBOL.VENUE'),
        (".SIM-1-MINUTE-BID-EXTERNAL", '".SIM" is no SYMBOL.VENUE'),
        ("EURUSD.-1-MINUTE-BID-EXTERNAL", '"EURUSD." is no SYMBOL.VENUE'),
        ("A.B-0-MINUTE-BID-EXTERNAL", '"0" is no step from 1 to 999999999'),
        ("A.B-x-MINUTE-BID-EXTERNAL", '"x" is no step from 1 to 999999999'),
        ("A.B-1-MINUTE-PAID-EXTERNAL", '"PAID" is none of BID, ASK, MID, LAST, MARK'),
        ("A.B-1-MINUTE-BID-OUTSIDE", '"OUTSIDE" is none of INTERNAL, EXTERNAL'),
        (
            "A.B-1-MINUTE-BID-EXTERNAL@1-MINUTE",
            '"@1-MINUTE" is no @STEP-AGGREGATION-SOURCE',
        ),
        ("A.B-1-MINUTE-BID-EXTERNAL@", '"@" is no @STEP-AGGREGATION-SOURCE'),
    ],
)
def test_the_error_points_at_the_token(text: str, what: str) -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        BarType.parse(text)
    assert str(caught.value) == (
        f'bar type "{text}": {what}\n  try: {{SYMBOL}}.{{VENUE}}-1-MINUTE-'
        "{BID|ASK|MID|LAST|MARK}-EXTERNAL"
    )


@pytest.mark.parametrize("unit", ["minute", "MINUTES", "FORTNIGHT"])
def test_an_unknown_unit_is_refused(unit: str) -> None:
    with pytest.raises(bw.BarrowArgumentError, match=f'"{unit}" is none of TICK, '):
        BarType.parse(f"A.B-1-{unit}-BID-EXTERNAL")


def test_a_step_of_thousands_of_digits_is_an_argument_error() -> None:
    with pytest.raises(bw.BarrowArgumentError):
        BarType.parse(f"A.B-{'9' * 5000}-MINUTE-BID-EXTERNAL")


def test_read_csv_refuses_a_bad_bar_type_before_it_opens_the_file() -> None:
    with pytest.raises(bw.BarrowArgumentError, match="bar type"):
        bw.read_csv("no such file", bar_type="EURUSD")
