"""Every check of quotes and trades fires on what it is for, and on nothing else."""

from __future__ import annotations

import barrow as bw
import pytest
from ticks import ENCODINGS, QUOTE, START, TRADE, Row, records_of

ROWS = 20


def rows_of(kind: str) -> list[Row]:
    """Good rows: trades that differ by their id only."""
    if kind == "quotes":
        return [QUOTE] * ROWS
    return [(*TRADE[:3], f"T-{i}") for i in range(ROWS)]


def sentinel(encoding: str, signed: bool) -> int | str:
    """An undefined value; decimals of 38 digits hold none, but do hold too much."""
    if encoding == "decimal128":
        return "34028236692094" if not signed else "17014118346047"
    if encoding == "fixed8":
        return bw.PRICE_UNDEF_64 if signed else bw.QUANTITY_UNDEF_64
    return bw.PRICE_UNDEF_128 if signed else bw.QUANTITY_UNDEF_128


def findings(records: bw.Quotes | bw.Trades) -> list[tuple[str, str, int, int | None]]:
    report = bw.validate(records)
    assert report.rows == len(records)
    assert (report.step_ns, report.longest_gap_ns) == (None, 0)
    return [(f.check, f.severity, f.count, f.first_row) for f in report.findings]


@pytest.fixture(params=ENCODINGS)
def encoding(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("batch_rows", [1, 7, 8, 9, None])
@pytest.mark.parametrize("kind", ["quotes", "trades"])
def test_good_ticks_have_no_findings(kind: str, encoding: str, batch_rows: int | None) -> None:
    records = records_of(kind, rows_of(kind), encoding, batch_rows=batch_rows)
    assert findings(records) == []
    assert bw.validate(records).ok
    assert bw.validate(records).source == "EUR/USD.SIM"


@pytest.mark.parametrize("kind", ["quotes", "trades"])
def test_equal_stamps_are_fine(kind: str, encoding: str) -> None:
    assert findings(records_of(kind, rows_of(kind), encoding, stamps=[START] * ROWS)) == []


@pytest.mark.parametrize("at", [0, 1, 7, 8, 9, 19])
@pytest.mark.parametrize("batch_rows", [1, 8, None])
@pytest.mark.parametrize(
    ("kind", "cells", "check", "severity"),
    [
        ("quotes", ("1.0845", "1.0844", "5", "7"), "crossed_quote", "warning"),
        ("quotes", ("1.0844", "1.0844", "5", "7"), "locked_quote", "warning"),
        ("quotes", (True, "1.0844", "5", "7"), "value_range", "error"),
        ("quotes", ("1.0842", True, "5", "7"), "value_range", "error"),
        ("quotes", ("1.0842", "1.0844", False, "7"), "value_range", "error"),
        ("quotes", ("1.0842", "1.0844", "5", False), "value_range", "error"),
        ("trades", ("1.0843", "0", 1, "x"), "zero_size", "warning"),
        ("trades", ("0", "3", 1, "x"), "price_not_positive", "warning"),
        ("trades", ("-1.5", "3", 1, "x"), "price_not_positive", "warning"),
        ("trades", (True, "3", 1, "x"), "value_range", "error"),
        ("trades", ("1.0843", False, 1, "x"), "value_range", "error"),
        ("trades", ("1.0843", "3", 3, "x"), "value_range", "error"),
    ],
)
def test_a_check_fires_once(
    kind: str,
    cells: Row,
    check: str,
    severity: str,
    encoding: str,
    at: int,
    batch_rows: int | None,
) -> None:
    rows = rows_of(kind)
    # True and False stand for a price and a size nobody defined.
    rows[at] = tuple(sentinel(encoding, c) if isinstance(c, bool) else c for c in cells)
    records = records_of(kind, rows, encoding, batch_rows=batch_rows)
    assert findings(records) == [(check, severity, 1, at)]
    assert bw.validate(records).ok is (severity == "warning")


@pytest.mark.parametrize("at", [1, 7, 8, 9, 19])
@pytest.mark.parametrize("batch_rows", [1, 8, None])
@pytest.mark.parametrize("kind", ["quotes", "trades"])
def test_a_stamp_that_goes_back_is_an_error(
    kind: str, encoding: str, at: int, batch_rows: int | None
) -> None:
    stamps = [START + 10**9 * i - 10**10 * (i >= at) for i in range(ROWS)]
    records = records_of(kind, rows_of(kind), encoding, stamps=stamps, batch_rows=batch_rows)
    assert findings(records) == [("ts_order", "error", 1, at)]
    (finding,) = bw.validate(records).findings
    assert finding.meaning == f"the stamp is before the one of the {kind[:-1]} before"
    assert " then 2024-01-02T" in finding.sample


@pytest.mark.parametrize("kind", ["quotes", "trades"])
def test_newest_first_is_said_so(kind: str) -> None:
    stamps = [START - i for i in range(ROWS)]
    (finding,) = bw.validate(records_of(kind, rows_of(kind), stamps=stamps)).findings
    assert finding.meaning.endswith(f"every {kind[:-1]} is: the source is newest first")


@pytest.mark.parametrize("at", [1, 7, 8, 9, 19])
@pytest.mark.parametrize("batch_rows", [1, 8, None])
def test_a_trade_that_repeats_its_neighbor_is_a_warning(
    encoding: str, at: int, batch_rows: int | None
) -> None:
    rows, stamps = rows_of("trades"), [START + i for i in range(ROWS)]
    rows[at], stamps[at] = rows[at - 1], stamps[at - 1]
    records = records_of("trades", rows, encoding, stamps=stamps, batch_rows=batch_rows)
    assert findings(records) == [("repeated_trade", "warning", 1, at)]
    (finding,) = bw.validate(records).findings
    assert finding.sample.endswith(f"price=1.0843 size=3 aggressor_side=BUYER trade_id=T-{at - 1})")


@pytest.mark.parametrize(
    "cells",
    [("1.0844", "3", 1, "T-6"), ("1.0843", "4", 1, "T-6"), ("1.0843", "3", 2, "T-6")],
)
def test_a_trade_that_shares_an_id_only_is_no_repetition(cells: Row, encoding: str) -> None:
    rows = rows_of("trades")
    rows[7] = cells
    assert findings(records_of("trades", rows, encoding, stamps=[START] * ROWS)) == []


def test_a_trade_seen_again_further_on_is_no_repetition() -> None:
    rows = rows_of("trades")
    rows[9] = rows[7]
    assert findings(records_of("trades", rows, stamps=[START] * ROWS)) == []


def test_slices_are_checked_from_their_own_first_row() -> None:
    rows = rows_of("trades")
    rows[4] = ("0", "3", 1, "x")
    trades = records_of("trades", rows, batch_rows=6)
    assert findings(trades[3:18]) == [("price_not_positive", "warning", 1, 1)]
    assert findings(trades[5:]) == []


def test_a_side_that_is_none_is_shown_as_its_number() -> None:
    rows = [*rows_of("trades")[:2], ("1.0843", "3", 9, "x")]
    trades = records_of("trades", rows)
    (finding,) = bw.validate(trades).findings
    assert "aggressor_side=9 trade_id=x" in finding.sample
    with pytest.raises(bw.BarrowCorruptError) as caught:
        _ = trades[2].aggressor_side
    assert str(caught.value) == (
        "aggressor_side: 9 is none of 0 (NO_AGGRESSOR), 1 (BUYER), 2 (SELLER)"
    )


def test_ticks_have_no_bar_type() -> None:
    with pytest.raises(bw.BarrowArgumentError, match="bar_type: quotes have none"):
        bw.validate(records_of("quotes", [QUOTE]), bar_type="A.B-1-DAY-LAST-EXTERNAL")


def test_no_ticks_have_no_findings() -> None:
    assert findings(records_of("quotes", [])) == []
    assert findings(records_of("trades", [])) == []
