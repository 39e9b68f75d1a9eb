"""What is read of a text and under which name: symbol, instrument id, max_errors."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
import pytest
from barrow.csv import CsvOptions

BARS = "ticker,timestamp,open,high,low,close,volume\n"
BAR = "{},2024-01-0{},1,2,0.5,1.5,7\n"
QUOTES = "timestamp,bid,ask\n2024-01-02,1,2\n"
TRADES = "timestamp,price,size\n2024-01-02,1,2\n"
BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"instrument_id": "EURUSD"},
            'instrument id "EURUSD": there is no dot before a venue\n'
            "  try: {SYMBOL}.{VENUE}, such as EUR/USD.SIM",
        ),
        (
            {"instrument_id": ".SIM"},
            'instrument id ".SIM": the symbol before the last dot is empty',
        ),
        ({"instrument_id": 7}, "instrument id: expected text, got int"),
        (
            {"instrument_id": "A.B", "bar_type": BAR_TYPE},
            "instrument_id: the bar type names the instrument already",
        ),
        ({"symbol": ""}, "symbol: '' is no text without blanks around it"),
        ({"symbol": " A"}, "symbol: ' A' is no text without blanks around it"),
        ({"symbol": "A\t"}, "symbol: 'A\\t' is no text without blanks around it"),
        ({"symbol": 7}, "symbol: 7 is no text without blanks around it"),
        ({"symbol": b"A"}, "symbol: b'A' is no text without blanks around it"),
        ({"symbol": "\ud800"}, "symbol: '\\ud800' is no Unicode"),
        (
            {"max_errors": 5},
            "max_errors: 5 is no number from 0, or on_error is raise, which allows none\n"
            '  try: on_error="skip" (--on-error skip)',
        ),
        (
            {"max_errors": -1, "on_error": "skip"},
            "max_errors: -1 is no number from 0, or on_error is raise, which allows none",
        ),
        (
            {"max_errors": "5", "on_error": "skip"},
            "max_errors: '5' is no number from 0, or on_error is raise, which allows none",
        ),
        ({"threads": 0}, "threads: 0 is no number from 1"),
    ],
    ids=str,
)
def test_bad_choices_are_argument_errors(options: dict, text: str) -> None:
    for use in (lambda: CsvOptions(**options), lambda: bw.read_csv("no such file", **options)):
        with pytest.raises(bw.BarrowArgumentError) as caught:
            use()
        assert str(caught.value).startswith(text)


@pytest.mark.parametrize(("text", "kind"), [(QUOTES, "quotes"), (TRADES, "trades")])
def test_ticks_have_no_bar_type(csv_file, tmp_path: Path, text: str, kind: str) -> None:
    path = csv_file(text)
    uses = (
        lambda: bw.read_csv(path, bar_type=BAR_TYPE),
        lambda: list(bw.scan_csv(path, bar_type=BAR_TYPE)),
        lambda: bw.ingest(path, tmp_path / "out.arrow", bar_type=BAR_TYPE),
        lambda: bw.check_csv(path, bar_type=BAR_TYPE),
        lambda: bw.open(path, bar_type=BAR_TYPE),
    )
    for use in uses:
        with pytest.raises(bw.BarrowArgumentError) as caught:
            use()
        assert str(caught.value) == (
            f"bar_type: {path} holds {kind} (dialect generic-{kind}), which have an instrument id\n"
            '  try: instrument_id="EUR/USD.SIM" (--instrument-id EUR/USD.SIM)'
        )
    assert not (tmp_path / "out.arrow").exists()
    records = bw.read_csv(path, instrument_id="EUR/USD.SIM")
    assert records.instrument_id == "EUR/USD.SIM"
    assert records.schema.metadata[b"instrument_id"] == b"EUR/USD.SIM"


def test_bars_have_no_instrument_id(csv_file) -> None:
    path = csv_file(BARS + BAR.format("A", 2))
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.read_csv(path, instrument_id="A.B")
    name = "A.B-1-MINUTE-LAST-EXTERNAL"
    assert str(caught.value) == (
        f"instrument_id: {path} holds bars (dialect generic), which have a bar type\n"
        f'  try: bar_type="{name}" (--bar-type {name}) if they are minutes'
    )


@pytest.mark.parametrize("layouts", [True, False])
def test_a_symbol_needs_a_column(csv_file, layouts: bool) -> None:
    path = csv_file(QUOTES)
    for use in (bw.read_csv, bw.check_csv, lambda *a, **k: list(bw.scan_csv(*a, **k))):
        with pytest.raises(bw.BarrowSchemaError) as caught:
            use(path, symbol="A", layouts=layouts)
        assert str(caught.value) == (
            f"{path}: there is no column of symbols called symbol or ticker or instrument or pair "
            "to find 'A' in; the columns are: timestamp,bid,ask\n"
            "  try: leave symbol out\n   or: a dialect that names the column"
        )
    nameless = csv_file("1315922016,5.8,1.0\n")
    with pytest.raises(bw.BarrowSchemaError, match="no column of symbols in the dialect to find"):
        bw.read_csv(nameless, dialect="bitcoincharts", symbol="A")


@pytest.mark.parametrize("layouts", [True, False])
def test_a_symbol_filters_rows_and_is_the_one_of_the_metadata(csv_file, layouts: bool) -> None:
    rows = "".join(BAR.format(("A", "B", "é")[i % 3], 1 + i % 9) for i in range(900))
    path = csv_file(BARS + rows)
    for symbol in ("A", "B", "é"):
        bars = bw.read_csv(path, symbol=symbol, layouts=layouts)
        assert (len(bars), bars.report.rows_filtered, bars.report.rows_in) == (300, 600, 900)
        assert bars.schema.metadata[b"symbol"].decode() == symbol
        assert "symbols" not in " ".join(bars.report.notes)
    none = bw.read_csv(path, symbol="a", layouts=layouts)
    assert (len(none), none.report.rows_filtered) == (0, 900)
    assert "no row has the symbol 'a'" in none.report.notes


@pytest.mark.usefixtures("tiny_windows")
@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("limit", [0, 1, 99, 100])
def test_max_errors_allows_that_many_and_no_more(csv_file, threads: int, limit: int) -> None:
    rows = [QUOTES.splitlines()[1]] * 500
    rows[250:350] = ["bad"] * 100
    path = csv_file("timestamp,bid,ask\n" + "\n".join(rows) + "\n")
    options = {"on_error": "skip", "chunk_bytes": 64, "threads": threads, "max_errors": limit}
    if limit == 100:
        assert len(bw.read_csv(path, **options)) == 400
        return
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.read_csv(path, **options)
    assert caught.value.place.line == 252 + limit
    more = 10 * limit or 10
    assert f"more than {limit:,} rows cannot be read; this one: the row has 1 fie" in str(
        caught.value
    )
    assert f"max_errors={more} (--max-errors {more})" in str(caught.value)


def test_max_errors_counts_the_rows_of_all_files(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.csv").write_text(QUOTES + "bad\n")
    files = [tmp_path / f"{name}.csv" for name in "abc"]
    report = bw.read_csv(files, on_error="skip", max_errors=3).report
    assert (report.rows_rejected, report.rows_in) == (3, 6)
    with pytest.raises(bw.BarrowParseError, match=r"c\.csv line 3: more than 2 rows"):
        bw.read_csv(files, on_error="skip", max_errors=2)


def test_what_max_errors_stops_leaves_nothing(tmp_path: Path, csv_file) -> None:
    path, out, rejects = csv_file(QUOTES + "bad\n" * 9), tmp_path / "o.arrow", tmp_path / "r.csv"
    options = {"on_error": "quarantine", "rejects": rejects}
    with pytest.raises(bw.BarrowParseError, match="more than 8 rows"):
        bw.ingest(path, out, max_errors=8, **options)
    assert not out.exists()
    assert not rejects.exists()
    bw.ingest(path, out, max_errors=9, **options)
    assert len(bw.open(out)) == 1


def test_parts_add_up_with_a_symbol(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(BARS + BAR.format("A", 2) + BAR.format("B", 3))
    report = bw.read_csv([tmp_path / "a.csv", tmp_path / "b.csv"], symbol="A").report
    assert (report.rows_in, report.rows_out, report.rows_filtered) == (4, 2, 2)
    for part in report.parts:
        assert part.rows_in == part.rows_out + part.rows_rejected + part.rows_filtered


@pytest.mark.parametrize("layouts", [True, False])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_megabyte_in_a_column_that_is_not_read_is_no_trouble(
    csv_file, layouts: bool, threads: int
) -> None:
    note = "n" * 1_000_000
    quoted = '"' + 'q,""\n' * 10 + "r" * 1_000_000 + '"'
    rows = [f"2024-01-0{i % 9 + 1},{i},{(note, 'x', quoted)[i % 3]},{i + 1}\n" for i in range(12)]
    path = csv_file("timestamp,bid,note,ask\n" + "".join(rows))
    for chunk_bytes in (1 << 12, 1 << 20, 1 << 23):
        quotes = bw.read_csv(path, layouts=layouts, threads=threads, chunk_bytes=chunk_bytes)
        assert quotes.raw("bid_price").tolist() == [i * 10**9 for i in range(12)]
        assert quotes.raw("ask_price").tolist() == [i * 10**9 for i in range(1, 13)]


@pytest.mark.parametrize("layouts", [True, False])
def test_a_megabyte_of_an_identifier_is_kept(csv_file, layouts: bool) -> None:
    ids = ["i" * 1_000_000, "short", "ü" * 300_000, "", "z" * 64, "z" * 65]
    rows = [f"2024-01-02,1,2,{text}\n" for text in ids * 4]
    path = csv_file("timestamp,price,size,trade_id\n" + "".join(rows))
    trades = bw.read_csv(path, layouts=layouts)
    assert trades.to_arrow()["trade_id"].to_pylist() == ids * 4
