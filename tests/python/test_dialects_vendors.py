"""Layouts as vendors document them: each is told by its header and read as it stands."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
import numpy as np
import pytest

# Dialect, text, stamp of the first row, its values.
VENDORS = [
    (
        "metastock",
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
        "AAPL.US,D,20240102,000000,187.15,188.44,183.885,185.64,82488674,0\n",
        "2024-01-02T00:00:00",
        "187.150 188.440 183.885 185.640 82488674",
    ),
    (
        "metastock",
        "<TICKER>;<PER>;<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<VOL>\n"
        "SBER;1;20240103;100100;271.9;272.5;271.8;272.3;123450\n",
        "2024-01-03T10:01:00",
        "271.9 272.5 271.8 272.3 123450",
    ),
    (
        "metastock-minutes",
        "<TICKER>,<PER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
        "ES,1,20240103,0931,4800,4801,4799.5,4800.25,123,0\n",
        "2024-01-03T09:31:00",
        "4800.00 4801.00 4799.50 4800.25 123",
    ),
    (
        "metatrader5",
        "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
        "2024.01.02\t00:05:00\t1.10412\t1.1042\t1.104\t1.10414\t55\t0\t6\n",
        "2024-01-02T00:05:00",
        "1.10412 1.10420 1.10400 1.10414 55",
    ),
    (
        "metatrader5-ticks",
        "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\n"
        "2024.01.02\t00:05:01.123\t1.10412\t1.10414\t\t\t6\n",
        "2024-01-02T00:05:01.123",
        "1.10412 1.10414 0 0",
    ),
    (
        "nasdaq",
        "Date,Close/Last,Volume,Open,High,Low\n"
        '01/03/2024,"$1,184.25",58414460,"$1,184.22","$1,185.88","$1,183.43"\n'
        "01/02/2024,$185.64,82488670,$187.15,$188.44,$183.885\n",
        "2024-01-03T00:00:00",
        "1184.220 1185.880 1183.430 1184.250 58414460",
    ),
    (
        "investing",
        '\ufeff"Date","Price","Open","High","Low","Vol.","Change %"\n'
        '"01/03/2024","1,184.25","1,184.22","1,185.88","1,183.43","58.41M","-0.75%"\n'
        '"01/02/2024","185.64","187.15","188.44","183.88","-","-3.58%"\n',
        "2024-01-03T00:00:00",
        "1184.22 1185.88 1183.43 1184.25 58410000",
    ),
    (
        "cryptodatadownload-unix",
        "https://www.CryptoDataDownload.com\n"
        "unix,date,symbol,open,high,low,close,Volume ETH,Volume USDT,tradecount\n"
        "1704240000000,2024-01-03 00:00:00,ETHUSDT,2344.9,2350,2310,2342.8,104.5,240000.1,25\n",
        "2024-01-03T00:00:00",
        "2344.9 2350.0 2310.0 2342.8 104.5",
    ),
    (
        "cryptodatadownload-gemini",
        "https://www.CryptoDataDownload.com\n"
        "Unix Timestamp,Date,Symbol,Open,High,Low,Close,Volume\n"
        "1704153660000,2024-01-02 00:01:00,BTCUSD,42283.5,42290.1,42280.0,42285.5,10.5\n",
        "2024-01-02T00:01:00",
        "42283.5 42290.1 42280.0 42285.5 10.5",
    ),
    (
        "sierra-chart",
        "Date, Time, Open, High, Low, Last, Volume, NumberOfTrades, BidVolume, AskVolume\n"
        "2024/1/2, 09:30:00.000000, 4800.25, 4801.00, 4799.75, 4800.50, 1234, 500, 600, 634\n",
        "2024-01-02T09:30:00",
        "4800.25 4801.00 4799.75 4800.50 1234",
    ),
    (
        "sierra-chart-seconds",
        "Date, Time, Open, High, Low, Last, Volume, NumberOfTrades, BidVolume, AskVolume\n"
        "2024/01/02, 09:30:00, 4800.25, 4801.00, 4799.75, 4800.50, 1234, 500, 600, 634\n",
        "2024-01-02T09:30:00",
        "4800.25 4801.00 4799.75 4800.50 1234",
    ),
    (
        "bitmex-trades",
        "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional\n"
        "2024-01-02D00:00:01.123456000,XBTUSD,Sell,100,42283.5,ZeroMinusTick,0a-1b,23,0.0023\n",
        "2024-01-02T00:00:01.123456",
        "42283.5 100",
    ),
    (
        "bybit-trades",
        "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional\n"
        "1704153600.1234,BTCUSDT,Buy,0.013,42283.5,PlusTick,0a-1b,5.4e+10,0.013\n",
        "2024-01-02T00:00:00.1234",
        "42283.5 0.013",
    ),
    (
        "okx-trades",
        "trade_id/撮合id,side/交易方向,size/数量,price/价格,created_time/成交时间\n"
        "531,sell,0.01,42283.5,1704153600123\n",
        "2024-01-02T00:00:00.123",
        "42283.5 0.01",
    ),
    (
        "kaiko-trades",
        "id,exchange,symbol,date,price,amount,sell\n"
        "123,cb,btcusd,1704153600123,42283.5,0.01,true\n",
        "2024-01-02T00:00:00.123",
        "42283.5 0.01",
    ),
    (
        "coinapi",
        "time_period_start;time_period_end;px_open;px_high;px_low;px_close;sx_sum;cnt\n"
        "2024-01-02T09:30:00.0000000Z;2024-01-02T09:31:00.0000000Z;187.15;187.2;186.9;187;1.5;5\n",
        "2024-01-02T09:30:00",
        "187.15 187.20 186.90 187.00 1.5",
    ),
    (
        "coinapi-trades",
        "time_exchange;time_coinapi;guid;price;base_amount;taker_side\n"
        "2024-01-02T00:00:01.1234567;2024-01-02T00:00:01.2234567;ab-c;42283.5;0.01;SELL\n",
        "2024-01-02T00:00:01.1234567",
        "42283.5 0.01",
    ),
    (
        "gain-quotes",
        "lTid,cDealable,CurrencyPair,RateDateTime,RateBid,RateAsk\n"
        "7001,D,EUR/USD,2024-01-02 17:00:15.123000000,1.10412,1.10414\n",
        "2024-01-02T17:00:15.123",
        "1.10412 1.10414 0 0",
    ),
    (
        "nse-bhavcopy",
        "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,ISIN,\n"
        "INFY,EQ,1545.0,1560.0,1540.1,1555.5,1556.0,1543.0,5034567,7812.9,02-JAN-2024,INE0,\n",
        "2024-01-02T00:00:00",
        "1545.0 1560.0 1540.1 1555.5 5034567",
    ),
    (
        "nse-udiff",
        "TradDt,BizDt,TckrSymb,OpnPric,HghPric,LwPric,ClsPric,LastPric,TtlTradgVol\n"
        "2024-07-08,2024-07-08,INFY,1545.0,1560.0,1540.1,1555.5,1556.0,5034567\n",
        "2024-07-08T00:00:00",
        "1545.0 1560.0 1540.1 1555.5 5034567",
    ),
    (
        "algoseek",
        "Date,Ticker,TimeBarStart,FirstTradePrice,HighTradePrice,LowTradePrice,LastTradePrice,"
        "VolumeWeightPrice,Volume,TotalTrades\n"
        "20240102,AAPL,09:30,187.15,187.2,186.9,187.0,187.05,100234,500\n",
        "2024-01-02T14:30:00",
        "187.15 187.20 186.90 187.00 100234",
    ),
    (
        "ninjatrader-ticks",
        "20240102 093000 0320001;4800.25;4800.25;4800.50;3\n",
        "2024-01-02T09:30:00.0320001",
        "4800.25 3",
    ),
    (
        "tickstory",
        "Date,Timestamp,Open,High,Low,Close,Volume\n"
        "20240102,00:01:00,1.10412,1.1042,1.104,1.10414,55\n",
        "2024-01-02T00:01:00",
        "1.10412 1.10420 1.10400 1.10414 55",
    ),
    (
        "kaggle-bitcoin",
        "Timestamp,Open,High,Low,Close,Volume_(BTC),Volume_(Currency),Weighted_Price\n"
        "1325317920,4.39,4.39,4.39,4.39,0.45558087,2.0000000193,4.39\n",
        "2011-12-31T07:52:00",
        "4.39 4.39 4.39 4.39 0.45558087",
    ),
    (
        "month-names",
        'Date,Open,High,Low,Close,Volume\n"Jan 02, 2024",187.15,187.2,186.9,187.0,"1,100,234"\n',
        "2024-01-02T00:00:00",
        "187.15 187.20 186.90 187.00 1100234",
    ),
    (
        "month-first-short",
        "Date, Open, High, Low, Close, Volume\n01/23/24, 187.15, 187.2, 186.9, 187, 5\n",
        "2024-01-23T00:00:00",
        "187.15 187.20 186.90 187.00 5",
    ),
    (
        "month-first-pm",
        "Date,Open,High,Low,Close,Volume\n1/13/2024 9:30 PM,2,3,1,2.5,7\n",
        "2024-01-13T21:30:00",
        "2.0 3.0 1.0 2.5 7",
    ),
    (
        "month-first-pm-seconds",
        "Time,Open,High,Low,Close,Volume\n1/13/2024 12:30:05 AM,2,3,1,2.5,7\n",
        "2024-01-13T00:30:05",
        "2.0 3.0 1.0 2.5 7",
    ),
    (
        "day-first-pm",
        "Date,Open,High,Low,Close,Volume\n13/01/2024 9:30 PM,2,3,1,2.5,7\n",
        "2024-01-13T21:30:00",
        "2.0 3.0 1.0 2.5 7",
    ),
    (
        "dates-pm",
        "Date,Time,Open,High,Low,Close,Volume\n2024-01-13,09:30 PM,2,3,1,2.5,7\n",
        "2024-01-13T21:30:00",
        "2.0 3.0 1.0 2.5 7",
    ),
    (
        "month-first-dates-pm",
        "Date,Time,Open,High,Low,Close,Volume\n1/13/2024,4:05 PM,2,3,1,2.5,7\n",
        "2024-01-13T16:05:00",
        "2.0 3.0 1.0 2.5 7",
    ),
    (
        "day-first-short",
        "Date,Open,High,Low,Close,Volume\n23/01/24,187.15,187.2,186.9,187,5\n",
        "2024-01-23T00:00:00",
        "187.15 187.20 186.90 187.00 5",
    ),
    (
        "databento-quotes-decimal",
        "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,"
        "ts_in_delta,sequence,bid_px_00,ask_px_00,bid_sz_00,ask_sz_00,symbol\n"
        "2024-01-02T00:00:00.004120255Z,2024-01-02T00:00:00.003120255Z,1,1,5482,A,A,0,4800.25,1,"
        "128,13000,100,4800.000000000,4800.250000000,10,12,ESH4\n",
        "2024-01-02T00:00:00.003120255",
        "4800.000000000 4800.250000000 10 12",
    ),
    (
        "databento-trades-decimal",
        "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,"
        "ts_in_delta,sequence,symbol\n"
        "2024-01-02T00:00:00.004120255Z,2024-01-02T00:00:00.003120255Z,0,1,5482,T,A,0,"
        "4800.250000000,1,0,13000,100,ESH4\n",
        "2024-01-02T00:00:00.003120255",
        "4800.250000000 1",
    ),
]


@pytest.mark.parametrize(("name", "text", "stamp", "values"), VENDORS)
def test_a_vendors_layout_is_told_and_read(
    tmp_path: Path, name: str, text: str, stamp: str, values: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    assert bw.sniff_csv(path).dialect.name == name
    found = bw.read_csv(path)
    assert found.timestamps()[0] == np.datetime64(stamp, "ns")
    row = found[0]
    assert " ".join(str(getattr(row, column)) for column in found.kind.values) == values


def test_the_aggressor_of_kaiko_and_coinapi(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    for name in ("kaiko-trades", "coinapi-trades"):
        [text] = [text for other, text, _, _ in VENDORS if other == name]
        path.write_text(text)
        assert bw.read_csv(path)[0].aggressor_side == bw.AggressorSide.SELLER


def test_an_index_as_pandas_writes_it_is_the_time_stamp(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(",open,high,low,close,volume\n2024-01-02 09:30:00,2,3,1,2.5,7\n")
    bars = bw.read_csv(path)
    assert str(bars.timestamps()[0])[:19] == "2024-01-02T09:30:00"
    assert "the first column has no name and is the time stamp" in bars.report.notes
    # A count of rows beside a time stamp stays what it is.
    path.write_text(",date,open,high,low,close,volume\n0,2024-01-02,2,3,1,2.5,7\n")
    assert str(bw.read_csv(path).timestamps()[0])[:10] == "2024-01-02"


def test_volumes_of_up_and_down_ticks_are_not_taken_for_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(
        '"Date","Time","Open","High","Low","Close","Up","Down"\n01/02/2024,09:31,2,3,1,2,100,200\n'
    )
    with pytest.raises(bw.BarrowSchemaError, match="no column named volume"):
        bw.read_csv(path)


def test_a_mark_that_may_be_either_speaks_for_no_dialect(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(
        "Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n13.01.2024;187.150;188.440;183.885;185.640;7\n"
    )
    with pytest.raises(bw.BarrowSchemaError):
        bw.read_csv(path)
    assert str(bw.read_csv(path, dialect="europe")[0].open) == "187150"
    path.write_text(
        "Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n13.01.2024;7.150,5;8.440,5;3.885;5.640;7\n"
    )
    assert str(bw.read_csv(path)[0].open) == "7150.5"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234", "1234"),
        ("12.34.567", "1234567"),
        ("1.234.567,5", "1234567.5"),
        ("-1.234", "-1234"),
    ],
)
def test_groups_of_digits(tmp_path: Path, text: str, value: str) -> None:
    assert str(group(tmp_path, text)[0].open) == value


@pytest.mark.parametrize(
    "text", ["1.08", "1.0842", "1234.567", ".123", "1.2.345", "1.234.56", "1..234"]
)
def test_what_is_no_group_of_digits(tmp_path: Path, text: str) -> None:
    with pytest.raises(bw.BarrowParseError, match="is not a decimal number"):
        group(tmp_path, text)


def group(folder: Path, text: str) -> bw.Bars:
    path = folder / "file.csv"
    row = f"13.01.2024;{text};{text};{text};{text};7\n"
    path.write_text("Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n" + row)
    return bw.read_csv(path, dialect="europe")


@pytest.mark.parametrize(
    ("text", "value"),
    [("58.41M", "58410000"), ("1.5k", "1500"), ("2B", "2000000000"), ("0.001T", "1000000000")],
)
def test_suffixes_of_volumes(tmp_path: Path, text: str, value: str) -> None:
    assert str(suffixed(tmp_path, text)[0].volume) == value


@pytest.mark.parametrize("text", ["5X", "M", "5MM", "5 M", "$5"])
def test_what_is_no_suffix(tmp_path: Path, text: str) -> None:
    with pytest.raises(bw.BarrowParseError, match="is not a decimal number"):
        suffixed(tmp_path, text)


def suffixed(folder: Path, text: str) -> bw.Bars:
    path = folder / "file.csv"
    path.write_text(f"Date,Price,Open,High,Low,Vol.,Change %\n01/03/2024,2,2,2,2,{text},1%\n")
    return bw.read_csv(path, dialect="investing")


@pytest.mark.parametrize("clock", ["Hour", "Timestamp", "Time"])
def test_a_time_of_day_is_never_left_out(tmp_path: Path, clock: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(f"Date,{clock},Open,High,Low,Close,Volume\n2024-01-13,4h,2,3,1,2,5\n")
    with pytest.raises((bw.BarrowSchemaError, bw.BarrowParseError)) as error:
        bw.read_csv(path)
    if clock == "Hour":
        assert str(error.value) == (
            f'{path}: there are days, and no dialect reads the time of day in "Hour"\n'
            "  try: a dialect of your own, see docs/dialects.md\n"
            '   or: dialect="generic" (--dialect generic) reads days alone'
        )
        assert len(bw.read_csv(path, dialect="generic")) == 1


def test_volumes_that_were_made_up_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("Date,Open,High,Low,Close,Volume\n2024-01-13,2,3,1,2,5\n2024-01-14,2,3,1,2,\n")
    bars = bw.read_csv(path)
    assert bars.raw("volume").tolist() == [5 * 10**9, 0]
    assert "where volume is missing it is 0" in bars.report.notes


def test_a_header_in_latin_1_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("Datum;Eröffnung;Hoch\n13.01.2024;1,5;2\n".encode("latin-1"))
    with pytest.raises(bw.BarrowSchemaError) as error:
        bw.read_csv(path)
    assert "header is: Datum,Er\\xf6ffnung,Hoch\n" in str(error.value)
    assert "  try: convert the text to UTF-8, as with iconv -f latin1 -t utf-8\n" in str(
        error.value
    )
