"""Frames of every library become records: names, times, values, sides."""

from __future__ import annotations

from decimal import Decimal

import barrow as bw
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from barrow.wranglers import (
    BarDataWranglerV2,
    QuoteTickDataWranglerV2,
    Rounded,
    TradeTickDataWranglerV2,
)

BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
START = 1_704_187_800 * 10**9
MINUTE = 60 * 10**9
ROWS = 5
PRICES = {
    "open": [1.08421, 1.1, 1.2, 0.1, 0.3],
    "high": [1.0843, 1.1, 1.2, 0.1, 0.3],
    "low": [1.084, 1.1, 1.2, 0.1, 0.3],
    "close": [1.08413, 1.1, 1.2, 0.1, 0.3],
}
STAMPS = [START + i * MINUTE for i in range(ROWS)]


def bar_wrangler(**options) -> BarDataWranglerV2:
    return BarDataWranglerV2(BAR_TYPE, 5, 0, **options)


def bar_frame(**columns) -> pd.DataFrame:
    index = pd.to_datetime(STAMPS, utc=True)
    return pd.DataFrame({**PRICES, "volume": [312.0, 1.0, 2.0, 3.0, 0.0], **columns}, index=index)


def quote_frame(**columns) -> pd.DataFrame:
    data = {"timestamp": pd.to_datetime(STAMPS), "bid": [1.1] * ROWS, "ask": [1.2] * ROWS}
    return pd.DataFrame({**data, **columns})


def trade_frame(**columns) -> pd.DataFrame:
    data = {
        "ts_event": pd.to_datetime(STAMPS),
        "price": [1.1] * ROWS,
        "quantity": [3] * ROWS,
        "buyer_maker": [True, False, True, False, True],
        "trade_id": [f"T-{i}" for i in range(ROWS)],
    }
    return pd.DataFrame({**data, **columns})


def check_bars(bars: bw.Bars) -> None:
    assert bars.bar_type == BAR_TYPE
    for name, values in PRICES.items():
        assert bars.raw(name).tolist() == [int(Decimal(repr(v)) * 10**9) for v in values]
    assert bars.raw("volume").tolist() == [v * 10**9 for v in (312, 1, 2, 3, 0)]
    assert bars.raw("ts_event").tolist() == STAMPS


# ---------------------------------------------------------------- frames


def as_frames():
    flat = bar_frame().reset_index(names="timestamp")
    table = pa.Table.from_pandas(flat, preserve_index=False)
    return {
        "pandas": bar_frame(),
        "pandas, column": flat,
        "pandas, arrow types": flat.convert_dtypes(dtype_backend="pyarrow"),
        "pandas, nullable types": flat.convert_dtypes(dtype_backend="numpy_nullable"),
        "pandas, float32": None,
        "pandas, strided": pd.DataFrame(
            np.column_stack([*PRICES.values(), [312.0, 1, 2, 3, 0]]),
            columns=[*PRICES, "volume"],
            index=pd.to_datetime(STAMPS),
        ),
        "polars": pl.from_pandas(flat),
        "pyarrow": table,
        "pyarrow, chunks": pa.concat_tables([table.slice(0, 2), table.slice(2)]),
        "pyarrow, batch": table.to_batches()[0].slice(0),
        "pyarrow, reader": table.to_reader(2),
        "duckdb": duckdb.sql("select * from flat"),
    }


@pytest.mark.parametrize("name", [n for n in as_frames() if n != "pandas, float32"])
def test_bars_of_any_frame(name):
    check_bars(bar_wrangler().to_columns(as_frames()[name]))


def test_float32_columns_mean_their_shortest_text():
    check_bars(bar_wrangler().to_columns(bar_frame().astype(np.float32)))


def test_big_endian_columns():
    check_bars(bar_wrangler().to_columns(bar_frame().astype(">f8")))


def test_records_of_a_frame_whole_and_by_chunks():
    wrangler, frame = bar_wrangler(), bar_frame()
    records = wrangler.from_pandas(frame)
    assert [str(bar.open) for bar in records] == [
        "1.08421", "1.10000", "1.20000", "0.10000", "0.30000",
    ]  # fmt: skip
    assert isinstance(records, list)
    for chunk_size in (1, 2, 3, 5, 100):
        for data in (frame, pl.from_pandas(frame.reset_index(names="timestamp"))):
            chunks = wrangler.from_pandas_iter(data, chunk_size)
            assert iter(chunks) is chunks
            assert list(chunks) == records


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
def test_every_encoding(encoding):
    bars = bar_wrangler(encoding=encoding).to_columns(bar_frame())
    assert bars.encoding == encoding
    assert bars == bar_wrangler().to_columns(bar_frame())


def test_auto_takes_the_narrowest_that_holds_all():
    big = bar_frame(volume=[1.0, 2, 3, 4, 20_000_000_000.0])
    wrangler = bar_wrangler()
    assert wrangler.to_columns(bar_frame()).encoding == "fixed8"
    assert wrangler.to_columns(big).encoding == "fixed16"
    # The same for every record, though only the last chunk needs it.
    assert {bar.open.scale for bar in wrangler.from_pandas_iter(big, 2)} == {16}
    assert BarDataWranglerV2(BAR_TYPE, 12, 0).to_columns(bar_frame()).encoding == "fixed16"


def test_the_frame_is_not_changed():
    frames = [bar_frame(), bar_frame().reset_index(names="timestamp")]
    for frame in frames:
        before = frame.copy(deep=True)
        bars = bar_wrangler().to_columns(frame)
        list(bar_wrangler().from_pandas_iter(frame, 2))
        pd.testing.assert_frame_equal(frame, before)
        # Nor do bars change with it.
        frame.loc[:, "open"] = 7.0
        check_bars(bars)


def test_an_empty_frame():
    empty = bar_frame().iloc[:0]
    assert len(bar_wrangler().to_columns(empty)) == 0
    assert bar_wrangler().from_pandas(empty) == []
    assert list(bar_wrangler().from_pandas_iter(empty)) == []
    assert TradeTickDataWranglerV2("A.B", 1, 0).from_pandas(trade_frame().iloc[:0]) == []
    assert len(bar_wrangler().to_columns(pl.from_pandas(empty.reset_index(names="time")))) == 0


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("old", "new"),
    [("timestamp", "ts_event"), ("timestamp", "datetime"), ("timestamp", "Time"),
     ("open", "Open"), ("volume", "VOLUME")],
)  # fmt: skip
def test_names_of_bars(old, new):
    flat = bar_frame().reset_index(names="timestamp")
    check_bars(bar_wrangler().to_columns(flat.rename(columns={old: new})))


def test_time_of_receipt_is_ts_init():
    later = pd.to_datetime([s + 5 for s in STAMPS])
    for name in ("ts_init", "ts_recv"):
        bars = bar_wrangler().to_columns(bar_frame(**{name: later}), ts_init_delta=7)
        assert bars.raw("ts_init").tolist() == [s + 5 for s in STAMPS]
    assert bar_wrangler().from_pandas(bar_frame(), ts_init_delta=7)[0].ts_init == START + 7
    assert bar_wrangler().from_pandas(bar_frame())[0].ts_init == START


def test_an_index_with_a_name_is_a_column():
    frame = bar_frame(ts_event=pd.to_datetime(STAMPS)).rename_axis("ts_recv")
    frame.index = frame.index + pd.Timedelta(5, "ns")
    bars = bar_wrangler().to_columns(frame)
    assert bars.raw("ts_init").tolist() == [s + 5 for s in STAMPS]
    check_bars(bars)
    symbols = pd.Index(["EURUSD"] * ROWS, name="symbol")
    check_bars(bar_wrangler().to_columns(bar_frame().set_index(symbols, append=True)))


def test_a_volume_that_is_not_there():
    frame = bar_frame().drop(columns="volume")
    assert set(bar_wrangler().to_columns(frame).raw("volume").tolist()) == {10**15}
    bars = bar_wrangler(encoding="fixed16").to_columns(frame, default_volume=7)
    assert str(bars[4].volume) == "7"
    big = bar_wrangler().to_columns(frame, default_volume=20_000_000_000)
    assert (big.encoding, str(big[0].volume)) == ("fixed16", "20000000000")
    with pytest.raises(bw.BarrowSchemaError, match="column volume missing"):
        bar_wrangler().to_columns(frame, default_volume=None)
    for bad in (-1, "x", 0.5):
        with pytest.raises(bw.BarrowArgumentError, match=r"^default_volume: "):
            bar_wrangler().to_columns(frame, default_volume=bad)


def test_quotes():
    wrangler = QuoteTickDataWranglerV2("EUR/USD.SIM", 5, 2)
    quote = wrangler.from_pandas(quote_frame(), default_volume=1.25)[0]
    assert quote.texts() == {
        "bid_price": "1.10000", "ask_price": "1.20000", "bid_size": "1.25", "ask_size": "1.25",
    }  # fmt: skip
    for names in (("bid_size", "ask_size"), ("bid_amount", "ask_quantity")):
        frame = quote_frame(**{names[0]: [2] * ROWS, names[1]: [3.5] * ROWS})
        quote = next(wrangler.from_pandas_iter(frame.rename(columns={"bid": "bid_price"})))
        assert (str(quote.bid_size), str(quote.ask_size)) == ("2.00", "3.50")
    assert isinstance(wrangler.to_columns(quote_frame()), bw.Quotes)
    assert wrangler.instrument_id == "EUR/USD.SIM"


SIDES = {
    "buyer_maker": [True, False, True, False, True],
    "side": ["sell", "Buy", "SELLER", "b", "a"],
    "aggressor_side": [2, 1, 2, 1, 2],
}


@pytest.mark.parametrize("name", SIDES)
@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_trades(name, library):
    data = trade_frame().drop(columns="buyer_maker").to_dict("list")
    trades = TradeTickDataWranglerV2("EUR/USD.SIM", 1, 0).to_columns(
        library({**data, name: SIDES[name]})
    )
    assert trades.raw("aggressor_side").tolist() == [2, 1, 2, 1, 2]
    assert trades.trade_ids().to_pylist() == [f"T-{i}" for i in range(ROWS)]
    assert (str(trades[0].size), str(trades[0].price)) == ("3", "1.1")


def test_trades_by_other_names():
    wrangler = TradeTickDataWranglerV2("EUR/USD.SIM", 1, 0)
    frame = trade_frame(side=pd.Categorical(["buy", "sell", "", "none", "NO_AGGRESSOR"]))
    frame = frame.drop(columns="buyer_maker").rename(columns={"quantity": "amount"})
    frame["trade_id"] = range(ROWS)
    trades = wrangler.to_columns(frame)
    assert trades.raw("aggressor_side").tolist() == [1, 2, 0, 0, 0]
    assert trades.trade_ids().to_pylist() == ["0", "1", "2", "3", "4"]
    assert list(wrangler.from_pandas_iter(frame, 2)) == list(trades)
    with pytest.raises(bw.BarrowSchemaError, match="column size missing"):
        wrangler.to_columns(frame.drop(columns="amount"))


# ---------------------------------------------------------------- times


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
@pytest.mark.parametrize("library", ["pandas", "polars", "index"])
def test_times_of_every_unit_and_zone(unit, zone, library):
    index = pd.to_datetime(STAMPS).as_unit(unit)
    index = index if zone is None else index.tz_localize("UTC").tz_convert(zone)
    frame = bar_frame().set_index(index)
    if library != "index":
        frame = frame.reset_index(names="timestamp")
    if library == "polars" and unit != "s":
        frame = pl.from_pandas(frame)
    check_bars(bar_wrangler().to_columns(frame))


@pytest.mark.parametrize("factor", [1, 10**3, 10**6, 10**9])
def test_whole_numbers_are_told_by_their_digits(factor):
    stamps = [s // factor for s in STAMPS]
    check_bars(bar_wrangler().to_columns(bar_frame(ts_event=stamps)))
    unsigned = bar_frame(ts_event=np.array(stamps, np.uint64))
    check_bars(bar_wrangler().to_columns(unsigned))


def test_whole_numbers_of_a_unit():
    bars = bar_wrangler(time_unit="ns").to_columns(bar_frame(ts_event=range(ROWS)))
    assert bars.raw("ts_event").tolist() == list(range(ROWS))
    mixed = [s // f for s, f in zip(STAMPS, (1, 10**3, 10**6, 10**9, 1), strict=True)]
    check_bars(bar_wrangler().to_columns(bar_frame(ts_event=mixed)))


def test_dates_and_text():
    days = pd.date_range("2024-01-02", periods=ROWS)
    expected = days.as_unit("ns").astype(np.int64).tolist()
    for column in (days.date, days.strftime("%Y-%m-%dT00:00:00Z"), days.astype("date64[pyarrow]")):
        frame = bar_frame(ts_event=list(column))
        assert bar_wrangler().to_columns(frame).raw("ts_event").tolist() == expected
        parts = bar_wrangler().from_pandas_iter(frame, chunk_size=2)
        assert [bar.ts_event for bar in parts] == expected


# ---------------------------------------------------------------- values


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
def test_text_integers_and_decimals_are_exact(encoding):
    texts = ["1.08421", "1e-3", "12345678.9", "0", "-5.5"]
    wanted = [Decimal(t) for t in texts]
    columns = {
        "text": texts,
        "large text": pd.array(texts, pd.ArrowDtype(pa.large_string())),
        "python": wanted,
        "decimal128": pd.array(pa.array(wanted), pd.ArrowDtype(pa.decimal128(38, 12))),
        "decimal256": pd.array(pa.array(wanted), pd.ArrowDtype(pa.decimal256(60, 12))),
    }
    for name, column in columns.items():
        bars = bar_wrangler(encoding=encoding).to_columns(bar_frame(low=column))
        assert [bar.low.as_decimal() for bar in bars] == wanted, name
    for dtype in ("int8", "uint8", "int32", "int64", "uint64", "Int64"):
        bars = bar_wrangler(encoding=encoding).to_columns(
            bar_frame(open=np.arange(ROWS)).astype({"open": dtype})
        )
        assert [int(bar.open.as_decimal()) for bar in bars] == [0, 1, 2, 3, 4], dtype


def test_integers_that_say_their_scale():
    bars = bar_wrangler().to_columns(bar_frame())
    assert bar_wrangler().to_columns(pa.table(bars)) == bars  # "scale" of the fields
    assert bar_wrangler().to_columns(bars) == bars
    for encoding in ("fixed8", "fixed16", "decimal128"):
        assert bar_wrangler().to_columns(bars.to_arrow(encoding)) == bars


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [("half_even", ["0.12", "0.12", "0.14"]), ("half_away", ["0.12", "0.13", "0.14"]),
     ("truncate", ["0.12", "0.12", "0.13"])],
)  # fmt: skip
@pytest.mark.parametrize("kind", [float, str, Decimal])
def test_rounding_by_name_is_counted(rounding, expected, kind):
    cells = ["1", "0.123", "0.125", "0.135", "2.5"]
    column = [kind(c) for c in cells]
    wrangler = BarDataWranglerV2(BAR_TYPE, 2, 0, rounding=rounding)
    bars = wrangler.to_columns(bar_frame(open=column, high=1.0, low=1.0, close=1.0))
    assert [str(bar.open) for bar in bars[1:4]] == expected
    assert bars.report.rounded == [Rounded("open", 3, 1)]
    chunks = list(wrangler.from_pandas_iter(bar_frame(open=column, high=1, low=1, close=1), 2))
    assert chunks == list(bars)


def test_text_from_csv(tmp_path):
    path = tmp_path / "bars.csv"
    frame = bar_frame()
    frame.to_csv(path, index_label="timestamp")
    wrangler = bar_wrangler()
    for chunk_size in (1, 2, 100):
        assert list(wrangler.from_csv_iter(path, chunk_size)) == wrangler.from_pandas(frame)
    delayed = next(wrangler.from_csv_iter(path, ts_init_delta=3))
    assert delayed.ts_init == START + 3
    with pytest.raises(bw.BarrowArgumentError, match="price_precision: the wrangler has 5"):
        wrangler.from_csv_iter(path, price_precision=3)
    quotes = tmp_path / "quotes.csv"
    quotes.write_text("timestamp,bid,ask\n2024-01-02T09:30:00Z,1.1,1.2\n")
    with pytest.raises((bw.BarrowSchemaError, bw.BarrowArgumentError)):
        list(wrangler.from_csv_iter(quotes))
    ticks = QuoteTickDataWranglerV2("EUR/USD.SIM", 5, 0).from_csv_iter(quotes, default_volume=5)
    assert [str(q.ask_price) for q in ticks] == ["1.20000"]
    path.write_text(path.read_text() + "2024-01-02T09:40:00Z,x,1,1,1,1\n")
    bars = wrangler.from_csv_iter(path, 2)
    with pytest.raises(bw.BarrowParseError, match="line 7"):
        list(bars)
