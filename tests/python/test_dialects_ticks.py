"""Dialects of quotes and trades: layouts from documentation, guessing, keys of their own."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
import pytest
from barrow.csv.dialect import Dialect, all_dialects, load_dialect

ROOT = Path(__file__).resolve().parents[2]
BIG = "9223372036854775807"
# Name of the file, text, and the first record as text: values, side and id, times.
DOCUMENTED = {
    "binance-trades": (
        "BTCUSDT-trades-2024-01-02.csv",
        "3328017425,42283.58,0.00123,52.0088034,1704153600012,True,True\n",
        "BTCUSDT 42283.58 0.00123 SELLER 3328017425 1704153600012000000 1704153600012000000",
    ),
    "binance-aggtrades": (
        "BTCUSDT-aggTrades-2025-01-02.csv",
        "26129,0.01633102,4.70443515,27781,27781,1735776000000123,false,true\n",
        "BTCUSDT 0.01633102 4.70443515 BUYER 26129 1735776000000123000 1735776000000123000",
    ),
    "binance-futures-trades": (
        "ETHUSDT-trades-2024-01-02.csv",
        "id,price,qty,quote_qty,time,is_buyer_maker\n5,2300.5,1.5,3450.75,1704153600012,true\n",
        "ETHUSDT 2300.5 1.5 SELLER 5 1704153600012000000 1704153600012000000",
    ),
    "binance-futures-aggtrades": (
        "ETHUSDT-aggTrades-2024-01-02.csv",
        "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
        "7,2300.5,1.5,1,2,1704153600012,false\n",
        "ETHUSDT 2300.5 1.5 BUYER 7 1704153600012000000 1704153600012000000",
    ),
    "databento-quotes": (
        "q.csv",
        "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,"
        "ts_in_delta,sequence,bid_px_00,ask_px_00,bid_sz_00,ask_sz_00,bid_ct_00,ask_ct_00,symbol\n"
        "1704153600000000200,1704153600000000100,1,1,42,A,B,0,4742250000000,1,128,165,9,"
        "4742250000000,4742500000000,12,7,3,2,ESH4\n",
        "ESH4 4742.25 4742.50 12 7 1704153600000000100 1704153600000000200",
    ),
    "duka-ticks": (
        "d.csv",
        "time,ask,bid,ask_volume,bid_volume\n2024-01-02 00:00:00.123,1.10452,1.10448,0.9,1.12\n",
        "None 1.10448 1.10452 1120000 900000 1704153600123000000 1704153600123000000",
    ),
    "dukascopy-ticks": (
        "EURUSD_Ticks_02.01.2024-02.01.2024.csv",
        "Gmt time,Ask,Bid,AskVolume,BidVolume\n02.01.2024 00:00:00.123,1.10452,1.10448,0.9,1.12\n",
        "EURUSD 1.10448 1.10452 1120000 900000 1704153600123000000 1704153600123000000",
    ),
    "fxcm-ticks": (
        "f.csv",
        "DateTime,Bid,Ask\n01/02/2024 00:00:00.123,1.10448,1.10452\n",
        "None 1.10448 1.10452 0 0 1704153600123000000 1704153600123000000",
    ),
    "histdata-ticks": (
        "DAT_ASCII_EURUSD_T_202401.csv",
        "20240101 190000123,1.104480,1.104520,0\n",
        "EURUSD 1.104480 1.104520 0 0 1704153600123000000 1704153600123000000",
    ),
    "truefx": (
        "EURUSD-2024-01.csv",
        "EUR/USD,20240102 00:00:00.123,1.10448,1.10452\n",
        "EUR/USD 1.10448 1.10452 0 0 1704153600123000000 1704153600123000000",
    ),
    "kibot-ticks": (
        "IBM.txt",
        "01/02/2024,09:30:00,160.5,160.4,160.6,200\n",
        "None 160.5 200 NO_AGGRESSOR  1704205800000000000 1704205800000000000",
    ),
    "polygon-quotes": (
        "p.csv",
        "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,conditions,"
        "indicators,participant_timestamp,sequence_number,sip_timestamp,tape,trf_timestamp\n"
        "A,1,139.6,3,2,139.5,1,1,,1704186000000000100,5,1704186000000000200,1,0\n",
        "A 139.5 139.6 1 3 1704186000000000100 1704186000000000200",
    ),
    "polygon-trades": (
        "p.csv",
        "ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,"
        "sip_timestamp,size,tape,trf_id,trf_timestamp\n"
        'A,"12,37",0,11,52983525029461,1704186000000000100,139.5,5,1704186000000000200,3,1,0,0\n',
        "A 139.5 3 NO_AGGRESSOR 52983525029461 1704186000000000100 1704186000000000200",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTED)
@pytest.mark.parametrize("guessed", [False, True])
def test_documented_layouts_are_read(tmp_path: Path, name: str, guessed: bool) -> None:
    file, text, expected = DOCUMENTED[name]
    path = tmp_path / file
    path.write_text(text)
    found = bw.sniff_csv(path).dialect.name
    if guessed and found != name:
        pytest.fail(f"{name} is taken for {found}")
    records = bw.read_csv(path, dialect="auto" if guessed else name)
    record = records[0]
    symbol = (records.schema.metadata or {}).get(b"symbol", b"None").decode()
    cells = [*record.texts().values(), str(record.ts_event), str(record.ts_init)]
    assert [symbol, *cells] == expected.split(" ")


def test_a_bad_row_in_the_sample_does_not_make_a_vendor_generic(tmp_path: Path) -> None:
    """Read as generic bars, fixed-point prices would be a billion times too large."""
    path = tmp_path / "bars.csv"
    row = "1704067200000000000,33,1,42,{},101000000000,99000000000,100000000000,7,ESH4\n"
    header = "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol\n"
    good = row.format(100000000000)
    path.write_text(header + good * 3 + row.format(BIG) + row.format("x") + good)
    bars = bw.read_csv(path, on_error="skip")
    assert bw.sniff_csv(path).dialect.name == "databento-ohlcv"
    assert {str(bar.open) for bar in bars} == {"100"}
    assert {r.reason: r.first_line for r in bars.report.rejects} == {
        "empty": 5,
        "not_a_decimal": 6,
    }
    assert bars.schema.metadata[b"symbol"] == b"ESH4"


def test_of_several_columns_of_symbols_the_best_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("pair,timestamp,ticker,bid,ask\nX,2024-01-02,A,1,2\nY,2024-01-02,B,1,2\n")
    quotes = bw.read_csv(path, symbol="B")
    assert (len(quotes), quotes.report.rows_filtered) == (1, 1)
    assert "columns not read: pair" in quotes.report.notes


def test_columns_without_a_name_are_told_by_their_number(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text(",timestamp,bid,ask,\n0,2024-01-02,1,2,\n")
    assert "columns not read: column 1, column 5" in bw.read_csv(path).report.notes


@pytest.mark.parametrize("layouts", [True, False])
def test_own_sides_come_before_the_usual_ones(tmp_path: Path, layouts: bool) -> None:
    dialect = tmp_path / "own.toml"
    dialect.write_text(
        'record = "trade"\nsides = { B = "sell", LIFT = "buy", "?" = "" }\n[columns]\n'
        'ts_event = ["t"]\nprice = ["p"]\nsize = ["q"]\nside = ["s"]\n'
    )
    sides = ["b", "B", "lift", "Lift", "?", "buy", "SELL", "", "n"] * 20
    path = tmp_path / "t.csv"
    path.write_text("t,p,q,s\n" + "".join(f"2024-01-02,1,2,{side}\n" for side in sides))
    trades = bw.read_csv(path, dialect=str(dialect), layouts=layouts)
    assert trades.raw("aggressor_side").tolist() == [2, 2, 1, 1, 0, 1, 2, 0, 0] * 20


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("record = 'book'\n", "record is 'book', expected one of bar, quote, trade"),
        ("sides = { x = 'long' }\n", "expected buy, sell or nothing for every text"),
        ("symbol_pattern = '('\n", "expected a pattern with a group"),
        ("symbol_pattern = '^x'\n", "expected a pattern with a group"),
        ("quote = '||'\n", "expected one ASCII character or nothing"),
        ("record = 'quote'\n[columns]\nopen = ['o']\n", "expected roles bid_price, ask_price"),
        ("record = 'bar'\n[columns]\nside = ['s']\n", "expected roles open, high, low, close"),
    ],
)
def test_a_bad_key_says_what_is_wrong(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(bw.BarrowArgumentError) as caught:
        load_dialect(path)
    assert problem in str(caught.value)


def test_the_page_about_dialects_lists_every_one_and_every_key() -> None:
    page = (ROOT / "docs" / "dialects.md").read_text()
    rows = {
        line.split("|")[1].strip(" `"): line for line in page.splitlines() if line.startswith("| `")
    }
    dialects = all_dialects()
    assert set(rows) == set(dialects)
    for name, dialect in dialects.items():
        _, _, record, title, sample, _ = (cell.strip() for cell in rows[name].split("|"))
        tested = "yes" if dialect.sample else "no"
        assert (record, title, sample) == (dialect.record, dialect.title, tested), name
    for key in Dialect.__dataclass_fields__:
        if key != "name":
            assert f"{key} = " in page or f"[{key}]" in page, key


@pytest.mark.parametrize("name", sorted(all_dialects()))
def test_samples_that_dialects_name_are_there(sample_data: Path, name: str) -> None:
    sample = all_dialects()[name].sample
    assert not sample or (sample_data / sample).is_file()
