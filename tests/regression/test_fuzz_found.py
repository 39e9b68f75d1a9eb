"""Faults the fuzzer found, each with the smallest text that showed it."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
import pytest

TRADES = "timestamp,price,size\n"


@pytest.fixture
def read(tmp_path: Path):
    def reading(text: str | bytes, dialect: str = "", **options: object):
        path, own = tmp_path / "text.csv", tmp_path / "own.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        if dialect:
            own.write_text(dialect)
            options["dialect"] = str(own)
        return bw.read_csv(path, **options)

    return reading


COLUMNS = '[columns]\nts_event = ["timestamp"]\nprice = ["price"]\nsize = ["size"]\n'


@pytest.mark.parametrize("layouts", [True, False])
def test_digits_a_shift_puts_beyond_the_precision_are_no_layout(read, layouts: bool) -> None:
    """With `volume_shift` -3 and two decimals, 250 is 0.25 and 251 has one too many."""
    dialect = 'record = "trade"\nvolume_shift = -3\n' + COLUMNS
    good, bad = "2024-01-02,1.5,250\n", "2024-01-02,1.5,251\n"
    text = TRADES + good * 50 + bad + good * 50
    with pytest.raises(bw.BarrowParseError, match=r'line 52 .*"251" has more than 2 decimals'):
        read(text, dialect, size_precision=2, layouts=layouts)
    trades = read(text, dialect, size_precision=2, layouts=layouts, on_error="skip")
    assert set(trades.raw("size").tolist()) == {250_000_000}
    assert (len(trades), trades.report.rows_rejected) == (100, 1)


@pytest.mark.parametrize("layouts", [True, False])
def test_databento_prices_keep_the_precision_that_was_asked_for(read, layouts: bool) -> None:
    row = "{},1,1,1,100250000000,100500000000,100000000000,{},7\n"
    text = "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume\n"
    good = row.format(1704067200000000000, 100250000000) * 40
    text += good + row.format(1704067200000000000, 100251000000) + good
    with pytest.raises(bw.BarrowParseError, match=r"line 42 .* has more than 2 decimals"):
        read(text, price_precision=2, layouts=layouts)


@pytest.mark.parametrize("layouts", [True, False])
def test_a_default_size_above_63_bits_shows_no_decimals(read, layouts: bool) -> None:
    """Sizes in fixed8 have 64 bits: the highest one is no sign."""
    text = "timestamp,price\n" + "2024-01-02,1.1234567890\n" * 200
    dialect = 'record = "trade"\n[columns]\nts_event = ["timestamp"]\nprice = ["price"]\n'
    trades = read(text, dialect, default_volume=10**10, layouts=layouts)
    assert (trades.encoding, trades.price_precision, trades.size_precision) == ("fixed8", 9, 0)
    assert set(trades.raw("size").tolist()) == {10**19}


@pytest.mark.usefixtures("small_header")
@pytest.mark.parametrize("chunk_bytes", [16, 64, 1 << 20])
def test_a_first_row_longer_than_the_window_is_counted_whole(read, chunk_bytes: int) -> None:
    """Without names the first row tells how many columns there are."""
    dialect = 'record = "trade"\nheader = "no"\n'
    dialect += "[columns]\nts_event = 0\nprice = 1\nsize = 2\ntrade_id = 3\n"
    text = f"2024-01-02,1.5,2,{'x' * 700},a,b\n" * 3
    trades = read(text, dialect, chunk_bytes=chunk_bytes)
    assert [trade.trade_id for trade in trades] == ["x" * 700] * 3


@pytest.fixture
def small_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barrow.csv.rows._HEADER_BYTES", 160)


def test_without_quotes_no_byte_is_one(read) -> None:
    """0xFF stood for "no quote" and then opened fields of text that is no UTF-8."""
    dialect = 'record = "trade"\nquote = ""\n' + COLUMNS
    row = b"2024-01-02,1.5,2,\xffopen\n"
    trades = read(TRADES.strip().encode() + b",note\n" + row * 3, dialect)
    assert len(trades) == 3
    nul = b"\x002024-01-02\x00,1.5,2,n\n"
    with pytest.raises(bw.BarrowParseError, match="holds a zero byte"):
        read(TRADES.strip().encode() + b",note\n" + nul, dialect)


@pytest.mark.parametrize("kind", ["quotes", "trades"])
def test_ticks_in_several_batches_are_ingested(tmp_path: Path, kind: str) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "t.arrow"
    names = {"quotes": "timestamp,bid,ask", "trades": "timestamp,price,size"}[kind]
    rows = "2024-01-02,1.5,2\n" * 3 + "2024-01-02,1.12345678901,2\n" * 3
    path.write_text(names + "\n" + rows)
    report = bw.ingest(path, out, batch_rows=2)
    assert (report.batches, report.encoding, report.record) == (3, "fixed16", kind[:-1])
    assert bw.open(out) == bw.read_csv(path)


@pytest.mark.parametrize("kind", ["quotes", "trades"])
def test_ticks_in_text_are_checked_as_what_they_are(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "t.csv"
    names = {"quotes": "timestamp,bid,ask", "trades": "timestamp,price,size"}[kind]
    path.write_text(names + "\n2024-01-02,1.5,2\n2024-01-02,1.5,0\n2024-01-02,x,0\n")
    report, account = bw.check_csv(path)
    found = {finding.check: finding.first_line for finding in report.findings}
    expected = {"quotes": {"crossed_quote": 3}, "trades": {"zero_size": 3}}[kind]
    assert found == expected | {"not_a_decimal": 4}
    assert account.record == kind[:-1]


def test_an_ingest_of_a_symbol_that_is_not_there_says_so(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("symbol,timestamp,bid,ask\nA,2024-01-02,1,2\n")
    with pytest.raises(bw.BarrowParseError, match="none of the 1 rows has symbol='B'"):
        bw.ingest(path, tmp_path / "t.arrow", symbol="B")


def test_the_report_of_a_scan_covers_what_follows_the_last_batch(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TRADES + "2024-01-02,1.5,2\n" * 4 + "bad\n" * 3 + "\n")
    scan = bw.scan_csv(path, batch_rows=2, on_error="skip")
    assert [len(part) for part in scan] == [2, 2]
    assert (scan.report.rows_in, scan.report.rows_rejected) == (7, 3)
