"""Every row of every real bar file against `csv`, `decimal` and `datetime`."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import barrow as bw
import pytest
from reference import (
    COLUMNS,
    VALUES,
    Refused,
    integers,
    raw_integer,
    read_number,
    read_stamp,
    shown_decimals,
)

# The names of stamp, open, high, low, close and volume; two names for a stamp in two columns.
PLAIN = ("date", "open", "high", "low", "close", "volume")
READ = {
    "alphavantage_equity_1d.csv": PLAIN,
    "bokeh_stocks_1d.csv.gz": PLAIN,
    "btc_perp_1m_202201.csv": ("timestamp", *PLAIN[1:]),
    "dukascopy_eurusd_1d_202102.csv": ("timestamp", *PLAIN[1:]),
    "dukascopy_eurusd_1h_ask_2017.csv": ("time", *PLAIN[1:]),
    "eurostoxx_1d_2006.csv": PLAIN,
    "eurostoxx_5m_200601.csv": (("date", "time"), *PLAIN[1:]),
    "fesx_ticks_20150923.csv": ("datetime", *PLAIN[1:]),
    "fxcm_gbpusd_1m_ask_201202.csv": ("timestamp", *PLAIN[1:5], None),
    "fxcm_gbpusd_1m_bid_201202.csv": ("timestamp", *PLAIN[1:5], None),
    "msft_1m_201604.tsv": PLAIN,
    "mt4_eurusd_1h_2019.csv": (("date", "time"), *PLAIN[1:]),
    "tradingview_btcusdt_1h_2025.csv": ("time", *PLAIN[1:5], None),
    "xcme_6eh4_1m_202401.csv.gz": ("timestamp_utc", *PLAIN[1:]),
    "yahoo_spy_1d_2008_2017.csv": PLAIN,
}
ROWS = {
    "alphavantage_equity_1d.csv": 100,
    "bokeh_stocks_1d.csv.gz": 12_154,
    "btc_perp_1m_202201.csv": 45_031,
    "dukascopy_eurusd_1d_202102.csv": 24,
    "dukascopy_eurusd_1h_ask_2017.csv": 6_225,
    "eurostoxx_1d_2006.csv": 255,
    "eurostoxx_5m_200601.csv": 2_142,
    "fesx_ticks_20150923.csv": 135,
    "fxcm_gbpusd_1m_ask_201202.csv": 30_117,
    "fxcm_gbpusd_1m_bid_201202.csv": 30_117,
    "msft_1m_201604.tsv": 8_211,
    "mt4_eurusd_1h_2019.csv": 3_728,
    "tradingview_btcusdt_1h_2025.csv": 1_907,
    "xcme_6eh4_1m_202401.csv.gz": 29_996,
    "yahoo_spy_1d_2008_2017.csv": 2_519,
}
# What fixed8 cannot hold: the first line at fault, its column and why.
TOO_WIDE = {
    "btc_perp_1m_202201.csv": ("volume", "decimals"),
    "dukascopy_eurusd_1h_ask_2017.csv": ("volume", "overflow"),
}
# Quotes and trades: tests/python/test_real_ticks.py.
TICKS = {
    "bitstamp_btcusd_trades_2011.csv",
    "ccxt_binance_ethusdt_trades_20230202.csv",
    "fx_quotes_sample_2010.csv",
    "histdata_eurusd_ticks_20200101.csv",
    "tardis_bitmex_xbtusd_trades.csv",
    "tardis_huobi_btcusd_quotes.csv",
    "truefx_usdjpy_ticks_201301.csv",
}
# Vendor layouts: dialect (found by itself if True), lines before the rows, delimiter,
# columns of the stamp, its strptime form, its zone, columns of the values.
VENDORS = {
    "barchart_jpyusd_1d.csv": ("barchart", True, 1, ",", (0,), "%m/%d/%Y", "UTC", (1, 2, 3, 4, 6)),
    "binance_adabtc_1m_20211127.csv": (
        "binance-klines", True, 0, ",", (0,), "ms", "UTC", (1, 2, 3, 4, 5),
    ),
    "binance_adabtc_1m_20211128.csv": (
        "binance-klines", True, 0, ",", (0,), "ms", "UTC", (1, 2, 3, 4, 5),
    ),
    "cryptodatadownload_btcusd_1h.csv": (
        "cryptodatadownload", True, 2, ",", (0,), "%Y-%m-%d %I-%p", "UTC", (2, 3, 4, 5, 6),
    ),
    "eurex_fesx_1m_200601.csv": (
        "backtrader-minutes", True, 1, ",", (0, 1), "%Y-%m-%d %H:%M:%S", "UTC", (2, 3, 4, 5, 6),
    ),
    "googlefinance_orcl_1d_2010.csv": (
        "google-finance", True, 1, ",", (0,), "%d-%b-%y", "UTC", (1, 2, 3, 4, 5),
    ),
    "mt4_eurusd_1m_201312.csv": (
        "metatrader4", True, 0, ",", (0, 1), "%Y.%m.%d %H:%M", "UTC", (2, 3, 4, 5, 6),
    ),
    "ninjatrader_spy_1m_201101.csv": (
        "ninjatrader", False, 0, ";", (0,), "%Y%m%d %H%M%S", "UTC", (1, 2, 3, 4, 5),
    ),
    "plotly_aapl_1d_2015_2017.csv": (
        "plotly", True, 1, ",", (0,), "%Y-%m-%d", "UTC", (1, 2, 3, 4, 5),
    ),
    # The columns are open, close, high, low.
    "sp500_1m_201911.csv": (
        "us-intraday", False, 1, ",", (0,), "%m/%d/%Y %H:%M", "America/New_York", (1, 3, 4, 2, 5),
    ),
    "stooq_djia_1d_2007_2018.csv": (
        "stooq", True, 1, ",", (0,), "%Y-%m-%d", "UTC", (1, 2, 3, 4, 5),
    ),
}  # fmt: skip
# Rows, first and last stamp of SOURCES.md, in the order of time.
VENDOR_FACTS = {
    "barchart_jpyusd_1d.csv": (519, "2018-03-12 00:00:00", "2020-03-11 00:00:00"),
    "binance_adabtc_1m_20211127.csv": (10, "2021-11-27 00:00:00", "2021-11-27 00:09:00"),
    "binance_adabtc_1m_20211128.csv": (11, "2021-11-28 00:00:00", "2021-11-28 00:10:00"),
    "cryptodatadownload_btcusd_1h.csv": (20_111, "2017-07-01 11:00:00", "2019-10-17 09:00:00"),
    "eurex_fesx_1m_200601.csv": (30_889, "2006-01-02 09:01:00", "2006-02-27 22:00:00"),
    "googlefinance_orcl_1d_2010.csv": (252, "2010-01-04 00:00:00", "2010-12-31 00:00:00"),
    "mt4_eurusd_1m_201312.csv": (3_851, "2013-12-11 17:20:00", "2013-12-16 09:53:00"),
    "ninjatrader_spy_1m_201101.csv": (14_180, "2011-01-03 09:01:00", "2011-02-01 01:00:00"),
    "plotly_aapl_1d_2015_2017.csv": (506, "2015-02-17 00:00:00", "2017-02-16 00:00:00"),
    "sp500_1m_201911.csv": (1_563, "2019-11-05 14:30:00", "2019-11-08 20:59:00"),
    "stooq_djia_1d_2007_2018.csv": (3_020, "2007-01-03 00:00:00", "2018-12-31 00:00:00"),
}


def vendor_stamp(text: str, form: str, zone: str) -> int:
    if form == "ms":
        return int(text) * 10**6
    local = datetime.strptime(text, form).replace(tzinfo=ZoneInfo(zone))
    return int(local.timestamp()) * 10**9


def read_exactly(path: Path, names: tuple[object, ...]) -> tuple[list[int], list[list[str]]]:
    """Stamps in nanoseconds, and the cells of every value column as text."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    reader = csv.reader(StringIO(text), delimiter="\t" if path.suffix == ".tsv" else ",")
    header = [name.strip().lower() for name in next(reader)]
    rows = [[cell.strip() for cell in row] for row in reader if row]
    stamp, *values = names
    parts = [header.index(name) for name in ((stamp,) if isinstance(stamp, str) else stamp)]
    stamps = [read_stamp(" ".join(row[i] for i in parts)) for row in rows]
    cells = []
    for name in values:
        cells.append([row[header.index(name)] for row in rows] if name else ["0"] * len(rows))
    return stamps, cells


def first_misfit(cells: list[list[str]], encoding: str) -> tuple[int, int, str] | None:
    """Row, column and reason of the first cell that does not fit, row by row."""
    found = []
    for column, texts in enumerate(cells):
        for row, text in enumerate(texts):
            try:
                raw_integer(read_number(text), encoding, column < 4)
            except Refused as problem:
                found.append((row, column, problem.reason))
                break
    return min(found, default=None)


def test_every_file_is_known(sample_data: Path) -> None:
    files = {path.name for path in sample_data.iterdir()} - {"SOURCES.md"}
    assert files == set(READ) | set(VENDORS) | TICKS
    assert len(files) == 33


@pytest.mark.parametrize("name", VENDORS)
def test_vendor_files_are_read_as_their_dialect_says(sample_data: Path, name: str) -> None:
    dialect, found, skip, delimiter, stamp, form, zone, columns = VENDORS[name]
    path = sample_data / name
    bars = bw.read_csv(path, dialect=dialect)
    lines = path.read_text(encoding="utf-8-sig").splitlines()[skip:]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    stamps = [vendor_stamp(" ".join(row[i] for i in stamp), form, zone) for row in rows]
    assert bars.raw("ts_event").tolist() == stamps
    for column, at in zip(VALUES, columns, strict=True):
        # Stooq leaves a missing volume out.
        texts = [row[at] if at < len(row) else "0" for row in rows]
        expected = [raw_integer(Decimal(t), bars.encoding, column != "volume") for t in texts]
        assert integers(bars, column) == expected
    times = sorted(bars.timestamps().astype("datetime64[s]"))
    shown = [str(t).replace("T", " ") for t in (times[0], times[-1])]
    assert (len(bars), *shown) == VENDOR_FACTS[name]
    if found:
        assert bw.sniff_csv(path).dialect.name == dialect
        assert bw.read_csv(path) == bars
    else:
        with pytest.raises(bw.BarrowSchemaError, match=f"{dialect}.* fit equally well"):
            bw.read_csv(path)


@pytest.mark.parametrize("name", READ)
def test_every_row_is_the_same_integer_as_decimal_says(sample_data: Path, name: str) -> None:
    path = sample_data / name
    stamps, cells = read_exactly(path, READ[name])
    assert len(stamps) == ROWS[name]
    for encoding in ("fixed8", "fixed16"):
        misfit = first_misfit(cells, encoding)
        if misfit is not None:
            assert (encoding, *TOO_WIDE[name]) == ("fixed8", VALUES[misfit[1]], misfit[2])
            with pytest.raises(bw.BarrowParseError) as caught:
                bw.read_csv(path, default_volume=0, encoding=encoding)
            assert caught.value.reason == misfit[2]
            assert caught.value.place.line == misfit[0] + 2
            assert caught.value.place.name.lower() == "volume"
            continue
        bars = bw.read_csv(path, default_volume=0, encoding=encoding)
        for column, texts in zip(VALUES, cells, strict=True):
            expected = [raw_integer(Decimal(t), encoding, column != "volume") for t in texts]
            assert integers(bars, column) == expected, column
        assert integers(bars, "ts_event") == stamps
        assert integers(bars, "ts_init") == stamps
        assert bars.price_precision == max(shown_decimals(t) for c in cells[:4] for t in c)
        assert bars.size_precision == max(shown_decimals(t) for t in cells[4])


@pytest.mark.parametrize("name", READ)
def test_auto_takes_the_narrowest_encoding(sample_data: Path, name: str) -> None:
    bars = bw.read_csv(sample_data / name, default_volume=0)
    assert bars.encoding == ("fixed16" if name in TOO_WIDE else "fixed8")
    assert bars.report.rows_in == bars.report.rows_out == len(bars) == ROWS[name]
    wide = bw.read_csv(sample_data / name, default_volume=0, encoding="fixed16")
    assert bars == wide


@pytest.mark.parametrize("name", READ)
def test_ingest_keeps_every_integer(sample_data: Path, tmp_path: Path, name: str) -> None:
    bars = bw.read_csv(sample_data / name, default_volume=0)
    bw.ingest(sample_data / name, tmp_path / "out.arrow", default_volume=0, batch_rows=4096)
    opened = bw.open(tmp_path / "out.arrow")
    assert opened.encoding == bars.encoding
    for column in COLUMNS:
        assert (opened.raw(column) == bars.raw(column)).all()
