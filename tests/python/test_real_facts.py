"""All 33 real files: what SOURCES.md counted, rows looked up by hand, every tick."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import barrow as bw
import numpy as np
import pytest
from reference import integers, raw_integer
from sample_rows import ROWS
from test_real_data import vendor_stamp

# What `auto` cannot tell apart: the message names each of them.
TIED = {
    "fx_quotes_sample_2010.csv": ("day-first-quotes", "month-first-quotes"),
    "ninjatrader_spy_1m_201101.csv": ("histdata-m1", "ninjatrader"),
    "sp500_1m_201911.csv": ("day-first-minutes", "month-first-minutes", "us-intraday"),
}
KINDS = {bw.Bars: "bar", bw.Quotes: "quote", bw.Trades: "trade"}
# Delimiter comma, lines before the rows, columns of the stamp, its form, of the values,
# of the side, of the id; a form is `strptime`'s, or ms, us or s for an epoch.
TICKS = {
    "bitstamp_btcusd_trades_2011.csv": (0, 0, "s", (1, 2), None, None),
    "ccxt_binance_ethusdt_trades_20230202.csv": (1, 1, "ms", (5, 6), 4, 2),
    "fx_quotes_sample_2010.csv": (1, 0, "%d/%m/%Y %H:%M:%S", (1, 2, None, None), None, None),
    "histdata_eurusd_ticks_20200101.csv": (0, 0, "est", (1, 2, None, None), None, None),
    "tardis_bitmex_xbtusd_trades.csv": (1, 2, "us", (6, 7), 5, 4),
    "tardis_huobi_btcusd_quotes.csv": (1, 2, "us", (6, 5, 7, 4), None, None),
    "truefx_usdjpy_ticks_201301.csv": (1, 0, "iso", (1, 2, None, None), None, None),
}
UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3}


def read(folder: Path, name: str, **options: object):
    """A file, with the dialect that is its own where it cannot be guessed."""
    if name in TIED:
        options = {"dialect": ROWS[name][0], **options}
    if name.startswith(("fxcm", "tradingview")):
        options["default_volume"] = 0
    return bw.read_csv(folder / name, **options)


def facts_of_sources(folder: Path) -> dict[str, tuple[int, str, str]]:
    """Rows, first and last stamp of every file, as SOURCES.md has them."""
    text = (folder / "SOURCES.md").read_text()
    parts = re.split(r"^### (\S+)$", text, flags=re.MULTILINE)[1:]
    found = {}
    for name, part in zip(parts[::2], parts[1::2], strict=True):
        rows = re.search(r"^- rows: ([\d,]+); first (\S+)Z, last (\S+)Z$", part, re.MULTILINE)
        assert rows is not None, name
        found[name] = (int(rows[1].replace(",", "")), rows[2], rows[3])
    return found


def iso_ns(text: str) -> int:
    """Nanoseconds of an ISO stamp in UTC with up to nine decimals."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * 10**9 + int(fraction.ljust(9, "0"))


@pytest.mark.parametrize("name", ROWS)
def test_counts_and_ends_are_those_of_the_sources(sample_data: Path, name: str) -> None:
    facts = facts_of_sources(sample_data)
    assert set(facts) == set(ROWS)
    options = {"symbol": "AAPL"} if name.startswith("bokeh") else {}
    records = read(sample_data, name, **options)
    stamps = np.sort(records.raw("ts_event"))
    rows, first, last = facts[name]
    assert (len(records), int(stamps[0]), int(stamps[-1])) == (rows, iso_ns(first), iso_ns(last))
    report = records.report
    assert (report.rows_out, report.rows_rejected, report.rejects) == (rows, 0, [])
    assert report.rows_in == rows + report.rows_filtered
    assert report.rows_filtered == (8_884 if options else 0)
    assert report.record == KINDS[type(records)]


@pytest.mark.parametrize("name", ROWS)
def test_rows_looked_up_by_hand(sample_data: Path, name: str) -> None:
    _, rows = ROWS[name]
    records = read(sample_data, name)
    first = rows[0][0]
    for line, stamp, cells in rows:
        row = records[line - first]
        assert row.ts_event == iso_ns(stamp)
        found = list(row.texts().values())
        expected = [*cells.split(" "), ""][: len(found)]
        values = len(records.kind.values)
        assert [Decimal(v) for v in found[:values]] == [Decimal(v) for v in expected[:values]]
        assert found[values:] == expected[values:]
    assert rows[-1][0] - first == len(records) - 1


@pytest.mark.parametrize("name", ROWS)
def test_auto_chooses_the_dialect_or_names_all_that_fit(sample_data: Path, name: str) -> None:
    if name not in TIED:
        assert bw.sniff_csv(sample_data / name).dialect.name == ROWS[name][0]
        return
    for reading in (bw.read_csv, bw.sniff_csv):
        with pytest.raises(bw.BarrowSchemaError) as caught:
            reading(sample_data / name)
        text = str(caught.value)
        assert f"dialects {' and '.join(TIED[name])} fit equally well" in text
        assert all(f'dialect="{dialect}"' in text for dialect in TIED[name])


def tick_stamp(text: str, form: str) -> int:
    if form in UNITS:
        return int(text) * UNITS[form]
    if form == "iso":
        local, _, _ = text.partition("+")
        return iso_ns(local.replace(" ", "T"))
    if form == "est":  # five hours behind UTC all year
        seconds = vendor_stamp(text[:-3], "%Y%m%d %H%M%S", "UTC") + 5 * 3600 * 10**9
        return seconds + int(text[-3:]) * 10**6
    return vendor_stamp(text, form, "UTC")


@pytest.mark.parametrize("name", TICKS)
def test_every_tick_is_what_its_text_says(sample_data: Path, name: str) -> None:
    skip, stamp, form, values, side, trade_id = TICKS[name]
    lines = (sample_data / name).read_text().splitlines()[skip:]
    cells = [line.split(",") for line in lines]
    for encoding in ("fixed8", "fixed16"):
        records = read(sample_data, name, encoding=encoding)
        assert records.raw("ts_event").tolist() == [tick_stamp(row[stamp], form) for row in cells]
        kind = records.kind
        for column, at in zip(kind.values, values, strict=True):
            signed = column in kind.prices
            texts = ["0" if at is None else row[at] for row in cells]
            expected = [raw_integer(Decimal(text), encoding, signed) for text in texts]
            assert integers(records, column) == expected, column
        if kind.name == "trade":
            table = records.to_arrow()
            codes = {"buy": 1, "sell": 2, None: 0}
            sides = [codes[None if side is None else row[side]] for row in cells]
            ids = ["" if trade_id is None else row[trade_id] for row in cells]
            assert table["aggressor_side"].to_pylist() == sides
            assert table["trade_id"].to_pylist() == ids
        init = 3 if name.startswith("tardis") else stamp
        made = [tick_stamp(row[init], form) for row in cells]
        assert records.raw("ts_init").tolist() == made


def test_trades_with_the_same_stamp_are_all_kept(sample_data: Path) -> None:
    trades = read(sample_data, "bitstamp_btcusd_trades_2011.csv")
    stamps = Counter(trades.raw("ts_event").tolist())
    assert len(trades) - len(stamps) == 4_243
    rows = Counter(map(str, trades))
    assert len(trades) - len(rows) == 1_695
    assert trades.raw("size").tolist().count(0) == 1


def test_bokeh_is_five_symbols_one_after_the_other(sample_data: Path) -> None:
    path = sample_data / "bokeh_stocks_1d.csv.gz"
    counts = {"AAPL": 3_270, "FB": 196, "GOOG": 2_148, "IBM": 3_270, "MSFT": 3_270}
    for symbol, count in counts.items():
        bars = bw.read_csv(path, symbol=symbol)
        report = bars.report
        assert (len(bars), report.rows_filtered) == (count, 12_154 - count)
        assert bars.schema.metadata[b"symbol"] == symbol.encode()
        assert not [note for note in report.notes if "symbols are mixed" in note]
    assert sum(counts.values()) == 12_154
    whole = bw.read_csv(path)
    assert whole.report.notes[0].startswith("several symbols are mixed: AAPL first")
    assert b"symbol" not in whole.schema.metadata
