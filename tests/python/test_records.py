"""Quotes and trades do what bars do: see test_bars.py for the rest of it."""

from __future__ import annotations

import pickle
from decimal import Decimal

import barrow as bw
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from barrow import AggressorSide, Quotes, Trades
from barrow._arrow import (
    BAR,
    FIXED8,
    KINDS,
    TRADE,
    Meta,
    read_schema,
    record_schema,
    stored_batch,
)
from barrow.bars import parse_instrument_id
from reference import integers
from ticks import (
    CLASSES,
    COLUMNS,
    ENCODINGS,
    INSTRUMENT,
    PRICES,
    SECOND,
    START,
    VALUES,
    Row,
    records_of,
    schema_of,
    table_of,
)

ROWS: dict[str, list[Row]] = {
    "quotes": [
        ("1.0842", "1.0844", "5", "7"),
        ("-2.5", "3", "0", "0.25"),
        ("-9223372036", "9223372036", "18446744073", "0.000000001"),
    ],
    "trades": [
        ("1.0842", "5", 0, "T-1"),
        ("-2.5", "0.25", 1, ""),
        ("9223372036", "18446744073", 2, "Größe 3 €"),
    ],
}
KIND_NAMES = tuple(ROWS)


def rows_of(kind: str, count: int = 20) -> list[Row]:
    return [ROWS[kind][i % 3] for i in range(count)]


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


@pytest.fixture(params=KIND_NAMES)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=ENCODINGS)
def encoding(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def records(kind: str, encoding: str):
    return records_of(kind, rows_of(kind), encoding)


@pytest.fixture
def split(kind: str, encoding: str):
    """The same records in batches of 7, 7 and 6."""
    return records_of(kind, rows_of(kind), encoding, batch_rows=7)


# ---------------------------------------------------------------------- columns


def test_facts(records, kind: str, encoding: str) -> None:
    width = 8 if encoding == "fixed8" else 16
    extra = 0 if kind == "quotes" else 20 + 4 * 20 + sum(len(r[3].encode()) for r in rows_of(kind))
    assert (len(records), records.encoding, records.kind.plural) == (20, encoding, kind)
    assert records.identity == records.instrument_id == INSTRUMENT
    assert (records.price_precision, records.size_precision) == (4, 0)
    assert records.scale == (9 if encoding == "fixed8" else 16)
    assert records.nbytes == 20 * (len(VALUES[kind]) * width + 16) + extra
    assert records.schema.equals(schema_of(kind, encoding), check_metadata=True)


def test_raw_integers(records, split, kind: str) -> None:
    for source in (records, split):
        for at, name in enumerate(VALUES[kind]):
            expected = [int(Decimal(row[at]).scaleb(source.scale)) for row in rows_of(kind)]
            assert integers(source, name) == expected
        stamps = [START + SECOND * i for i in range(20)]
        assert source.raw("ts_event").tolist() == source.raw("ts_init").tolist() == stamps


def test_raw_types(records, kind: str, encoding: str) -> None:
    for name in VALUES[kind]:
        raw = records.raw(name)
        if encoding == "fixed8":
            assert (raw.dtype, raw.shape) == (np.int64 if name in PRICES else np.uint64, (20,))
        else:
            assert (raw.dtype, raw.shape) == (np.dtype("<u8"), (20, 2))
        assert not raw.flags.writeable


def test_raw_is_a_view_and_slices_share_it(records, kind: str, encoding: str) -> None:
    width = 8 if encoding == "fixed8" else 16
    for name in VALUES[kind]:
        column = records.to_arrow()[name].chunk(0)
        assert address(records.raw(name)) == column.buffers()[1].address
        assert address(records[5:12].raw(name)) == address(records.raw(name)) + 5 * width
    assert np.shares_memory(records.timestamps(), records.raw("ts_event"))


def test_doubles_are_the_nearest(records, split, kind: str) -> None:
    for source in (records, split):
        for at, name in enumerate(VALUES[kind]):
            assert source.to_float64(name).tolist() == [float(row[at]) for row in rows_of(kind)]


def test_columns_go_into_given_buffers(records, split, kind: str) -> None:
    for source in (records, split, records[3:9], records[:0]):
        for name in VALUES[kind]:
            doubles = np.full(len(source), -1.0)
            assert source.to_float64(name, out=doubles) is doubles
            assert doubles.tolist() == source.to_float64(name).tolist()
        for name in (*VALUES[kind], "ts_event", "ts_init"):
            wanted = source.raw(name)
            room = np.ones_like(wanted)
            assert source.raw(name, out=room) is room
            assert np.array_equal(room, wanted)


def test_a_buffer_that_does_not_fit_is_refused(records, kind: str) -> None:
    fixed = np.zeros(20)
    fixed.flags.writeable = False
    for out, found in (
        (np.zeros(19), "float64 of shape (19,)"),
        (np.zeros((20, 1)), "float64 of shape (20, 1)"),
        (np.zeros(20, np.float32), "float32 of shape (20,)"),
        (np.zeros(20, ">f8"), ">f8 of shape (20,)"),
        (np.zeros(40)[::2], "float64 of shape (20,), not contiguous"),
        (fixed, "float64 of shape (20,), read-only"),
        ([0.0] * 20, "a list"),
    ):
        with pytest.raises(bw.BarrowArgumentError) as caught:
            records.to_float64(VALUES[kind][0], out=out)
        assert str(caught.value) == (
            f"to_float64: out is {found}, expected a contiguous, writable float64 of shape (20,)"
            "\n  try: np.empty((20,), np.float64)"
        )
    wrong = np.zeros(20, np.int64)
    with pytest.raises(bw.BarrowArgumentError, match="raw: out is int64"):
        records.raw("ts_event", out=wrong)
    assert not wrong.any()


def test_unknown_columns_are_argument_errors(records) -> None:
    with pytest.raises(bw.BarrowArgumentError, match="raw: no column 'open'"):
        records.raw("open")
    with pytest.raises(bw.BarrowArgumentError, match="no value column 'aggressor_side'"):
        records.to_float64("aggressor_side")
    with pytest.raises(bw.BarrowArgumentError, match="no time column 'price'"):
        records.timestamps("price")


def test_sides_and_ids_of_trades(encoding: str) -> None:
    for rows in (None, 7):
        trades = records_of("trades", rows_of("trades"), encoding, batch_rows=rows)
        side = trades.raw("aggressor_side")
        assert (side.dtype, side.shape) == (np.uint8, (20,))
        assert side.tolist() == [row[2] for row in rows_of("trades")]
        assert not side.flags.writeable
        ids = trades.trade_ids()
        assert (ids.type, ids.num_chunks) == (pa.string(), 1 if rows is None else 3)
        assert ids.to_pylist() == [row[3] for row in rows_of("trades")]
        assert trades[6:9].trade_ids().to_pylist() == [row[3] for row in rows_of("trades")][6:9]


def test_ids_are_not_copied() -> None:
    table = table_of("trades", rows_of("trades"))
    source = table["trade_id"].chunk(0).buffers()
    trades = Trades.from_arrow(table)
    for column in (
        trades.trade_ids().chunk(0),
        trades[3:].trade_ids().chunk(0),
        pa.table(trades)["trade_id"].chunk(0),
        trades.to_arrow("fixed16")["trade_id"].chunk(0),
    ):
        assert [b.address for b in column.buffers()[1:]] == [b.address for b in source[1:]]


def test_ids_are_no_raw_integers() -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        records_of("trades", rows_of("trades")).raw("trade_id")
    assert str(caught.value) == "raw: column 'trade_id' is text\n  try: trade_ids()"


# ---------------------------------------------------------------------- rows


def test_quotes(encoding: str) -> None:
    quotes = records_of("quotes", rows_of("quotes"), encoding)
    tick = quotes[0]
    assert isinstance(tick, bw.QuoteTick)
    assert (str(tick.bid_price), str(tick.ask_price)) == ("1.0842", "1.0844")
    assert (str(tick.bid_size), str(tick.ask_size)) == ("5", "7")
    assert isinstance(tick.bid_price, bw.Price)
    assert isinstance(tick.ask_size, bw.Quantity)
    assert (tick.ts_event, tick.ts_init, tick.instrument_id) == (START, START, INSTRUMENT)
    assert str(tick) == f"{INSTRUMENT},1.0842,1.0844,5,7,{START}"
    assert repr(tick) == (
        "QuoteTick(2024-01-02T09:30:00Z bid_price=1.0842 ask_price=1.0844 bid_size=5 ask_size=7)"
    )


def test_trades(encoding: str) -> None:
    trades = records_of("trades", rows_of("trades"), encoding)
    tick = trades[1]
    assert isinstance(tick, bw.TradeTick)
    assert (tick.price, tick.size) == (Decimal("-2.5"), Decimal("0.25"))
    assert tick.aggressor_side is AggressorSide.BUYER
    assert (tick.trade_id, trades[2].trade_id) == ("", "Größe 3 €")
    assert (tick.ts_event, tick.instrument_id) == (START + SECOND, INSTRUMENT)
    assert str(trades[0]) == f"{INSTRUMENT},1.0842,5,NO_AGGRESSOR,T-1,{START}"
    assert repr(trades[0]) == (
        "TradeTick(2024-01-02T09:30:00Z price=1.0842 size=5 aggressor_side=NO_AGGRESSOR "
        "trade_id=T-1)"
    )


def test_single_records_compare_hash_and_pickle(records, kind: str) -> None:
    wide = records_of(kind, rows_of(kind), "fixed16")
    assert records[4] == wide[4]
    assert hash(records[4]) == hash(wide[4])
    assert records[4] != records[5]
    assert pickle.loads(pickle.dumps(records[4])) == records[4]
    with pytest.raises(AttributeError):
        records[4].price = 1
    assert not hasattr(records[4], "__dict__")


@pytest.mark.parametrize(
    "cells",
    [("1.0842", "5", 1, "T-1"), ("1.0842", "5", 0, "T-2"), ("1.0842", "5", 0, "T-1")],
)
def test_trades_differ_by_side_and_id(cells: Row) -> None:
    one, other = records_of("trades", ROWS["trades"][:1]), records_of("trades", [cells])
    same = cells == ROWS["trades"][0]
    assert (one[0] == other[0]) is same
    assert (one == other) is same


def test_a_quote_is_no_trade() -> None:
    quotes, trades = (records_of(kind, []) for kind in KIND_NAMES)
    assert quotes != trades


def test_iteration_and_items(records, split) -> None:
    assert list(records) == list(split) == [records[i] for i in range(20)]
    assert records[-1] == records[19]
    for at in (20, -21):
        with pytest.raises(IndexError, match=rf"{records.kind.name} {at} of 20"):
            records[at]


@pytest.mark.parametrize("at", [slice(3, 17), slice(0, 0), slice(None, None, -2)], ids=str)
def test_slices(records, split, at: slice) -> None:
    for source in (records, split):
        part = source[at]
        assert type(part) is type(source)
        assert list(part) == list(records)[at]
        assert part.instrument_id == INSTRUMENT
        assert pickle.loads(pickle.dumps(part)) == part


def test_empty_records_answer_every_question(records, kind: str) -> None:
    none = records[:0]
    assert list(none) == list(none.batches()) == []
    for name in (*VALUES[kind], "ts_event", "ts_init"):
        assert none.raw(name).dtype == records.raw(name).dtype
        assert none.raw(name).ndim == records.raw(name).ndim
    assert none.to_arrow("fixed16").num_rows == pa.table(none).num_rows == 0
    for values in ("float64", "decimal", "raw"):
        assert len(none.to_pandas(values)) == 0
    assert pickle.loads(pickle.dumps(none)) == none
    assert f"0 {kind}" in repr(none)
    assert f"0 {kind}" in none._repr_html_()
    if kind == "trades":
        assert none.trade_ids().to_pylist() == none.raw("aggressor_side").tolist() == []


def test_repr_shows_every_column(kind: str) -> None:
    records = records_of(kind, rows_of(kind))
    lines = repr(records).splitlines()
    title = kind.title()
    assert lines[0] == f"{title} {INSTRUMENT} · 20 {kind} · fixed8 · precision 4/0"
    assert lines[1].split() == ["ts_event", *COLUMNS[kind][:4]]
    shown = ["1.0842", "1.0844", "5", "7"]
    if kind == "trades":
        shown = ["1.0842", "5", "NO_AGGRESSOR", "T-1"]
    assert lines[2].split() == ["2024-01-02T09:30:00Z", *shown]
    assert lines[5].strip() == "…"
    html = records._repr_html_()
    assert f"<b>{title}</b>" in html
    assert html.count("<tr>") == 8
    unnamed = table_of(kind, rows_of(kind)).replace_schema_metadata(
        {"price_precision": "4", "size_precision": "0"}
    )
    assert "no instrument id · 20" in repr(CLASSES[kind].from_arrow(unnamed))


def test_html_escapes_ids() -> None:
    assert "&lt;b&gt;" in records_of("trades", [("1", "2", 0, "<b>")])._repr_html_()


# ---------------------------------------------------------------------- Arrow


@pytest.mark.parametrize("target", ENCODINGS)
def test_every_encoding_converts_to_every_other(records, kind: str, target: str) -> None:
    table = records.to_arrow(target)
    assert table.schema.equals(schema_of(kind, target), check_metadata=True)
    table.validate(full=True)
    assert table.equals(table_of(kind, rows_of(kind), target))
    assert CLASSES[kind].from_arrow(table) == records


def test_a_value_that_does_not_fit_names_row_and_column() -> None:
    rows = rows_of("quotes", 9)
    rows[8] = ("1", "2", "3", "18446744074")
    with pytest.raises(bw.BarrowParseError) as caught:
        records_of("quotes", rows, "fixed16", batch_rows=5).to_arrow("fixed8")
    assert str(caught.value) == (
        "row 8 column 'ask_size': 18446744074 does not fit into fixed8 (9 decimals, at most "
        "18446744073)\n  try: encoding='fixed16'"
    )


def test_tools_receive_numbers(records, split, kind: str, encoding: str) -> None:
    for source in (records, split):
        table = pa.table(source)
        table.validate(full=True)
        assert table.schema.equals(pa.schema(source), check_metadata=True)
        for at, name in enumerate(VALUES[kind]):
            if encoding == "fixed8":
                assert table[name].to_pylist() == integers(source, name)
                assert table.schema.field(name).metadata == {b"scale": b"9"}
            else:
                assert table[name].to_pylist() == [Decimal(r[at]) for r in rows_of(kind)]
        assert table.schema.field("ts_event").type == pa.timestamp("ns", "UTC")
        frame = pl.DataFrame(source)
        assert frame.columns == list(COLUMNS[kind])
        for at, name in enumerate(COLUMNS[kind][:4]):
            if name not in VALUES[kind]:
                assert frame[name].to_list() == [row[at] for row in rows_of(kind)]
        count = duckdb.sql("select count(*), max(epoch_ns(ts_event)) from source").fetchall()
        assert count == [(20, START + 19 * SECOND)]


@pytest.mark.parametrize("values", ["float64", "decimal", "raw"])
def test_pandas_receives_every_column(records, split, kind: str, values: str) -> None:
    for source in (records, split):
        frame = source.to_pandas(values)
        assert list(frame.columns) == [*COLUMNS[kind][:4], "ts_init"]
        assert frame.index[0] == pd.Timestamp("2024-01-02T09:30:00Z")
        assert frame["ts_init"].tolist() == frame.index.tolist()
        for at, name in enumerate(COLUMNS[kind][:4]):
            cells = [row[at] for row in rows_of(kind)]
            if name not in VALUES[kind]:
                assert frame[name].tolist() == cells
            elif values == "raw":
                assert frame[name].tolist() == integers(source, name)
            else:
                number = float if values == "float64" else Decimal
                assert frame[name].tolist() == [number(cell) for cell in cells]


def test_equality_is_about_numbers(records, kind: str) -> None:
    assert all(records == records_of(kind, rows_of(kind), e) for e in ENCODINGS)
    assert records == records_of(kind, rows_of(kind), batch_rows=3)
    assert records != records[1:]
    assert records != list(records)
    with pytest.raises(TypeError, match="unhashable"):
        hash(records)


def test_from_arrow_takes_shuffled_and_more_columns(kind: str) -> None:
    table = table_of(kind, rows_of(kind))
    shuffled = table.select(list(COLUMNS[kind][::-1])).append_column("x", pa.array(range(20)))
    assert CLASSES[kind].from_arrow(shuffled) == CLASSES[kind].from_arrow(table)
    assert (
        CLASSES[kind].from_arrow(table.to_batches()[0].slice(5))[0]
        == CLASSES[kind].from_arrow(table)[5]
    )


def test_from_arrow_refuses_other_records() -> None:
    quotes, trades = (table_of(kind, rows_of(kind)) for kind in KIND_NAMES)
    with pytest.raises(bw.BarrowSchemaError) as caught:
        Trades.from_arrow(quotes)
    assert str(caught.value) == (
        "Table: no trades: column price, size, aggressor_side, trade_id missing, found "
        "bid_price, ask_price, bid_size, ask_size, ts_event, ts_init\n"
        "  try: these are quotes: use Quotes"
    )
    with pytest.raises(bw.BarrowSchemaError, match="these are trades: use Trades"):
        bw.Bars.from_arrow(trades)
    with pytest.raises(bw.BarrowSchemaError, match='column "trade_id" is int64, expected string'):
        Trades.from_arrow(trades.set_column(3, "trade_id", pa.array(range(20))))
    with pytest.raises(bw.BarrowSchemaError, match='column "aggressor_side" is int8'):
        Trades.from_arrow(trades.set_column(2, "aggressor_side", trades[2].cast(pa.int8())))
    with pytest.raises(bw.BarrowSchemaError, match='column "trade_id": holds 20 nulls'):
        Trades.from_arrow(trades.set_column(3, "trade_id", pa.nulls(20, pa.string())))
    with pytest.raises(bw.BarrowSchemaError, match="no quotes: column bid_size, ask_size missing"):
        Quotes.from_arrow(quotes.drop_columns(["bid_size", "ask_size"]))


# ---------------------------------------------------------------------- schemas


def test_the_kind_is_found_by_the_columns() -> None:
    meta = Meta("EUR/USD.SIM", 4, 0)
    for kind in KINDS.values():
        schema = record_schema(kind, FIXED8, meta)
        assert read_schema(schema, "x") == (kind, FIXED8, meta)
        assert schema.metadata[kind.key.encode()] == b"EUR/USD.SIM"


def test_a_schema_of_nothing_known_says_what_there_could_be() -> None:
    for names, found in (({"a": 1, "ts_event": 2}, "a, ts_event"), ({}, "no columns")):
        schema = pa.schema([pa.field(name, pa.int64()) for name in names])
        with pytest.raises(bw.BarrowSchemaError) as caught:
            read_schema(schema, "x.arrow")
        assert str(caught.value) == (
            f"x.arrow: no records that are known: found {found}\n"
            "  try: bars have open, high, low, close, volume, ts_event, ts_init\n"
            "   or: quotes have bid_price, ask_price, bid_size, ask_size, ts_event, ts_init\n"
            "   or: trades have price, size, aggressor_side, trade_id, ts_event, ts_init\n"
            "   or: order book deltas have action, side, price, size, order_id, flags, sequence, "
            "ts_event, ts_init\n"
            "   or: order book depths have bid_price_0..9, ask_price_0..9, bid_size_0..9, "
            "ask_size_0..9, bid_count_0..9, ask_count_0..9, flags, sequence, ts_event, ts_init\n"
            "   or: container=... for a class of your own"
        )


def test_a_symbol_is_kept_where_there_is_no_instrument_id() -> None:
    schema = record_schema(TRADE, FIXED8, Meta(None, 2, 0, "EUR/USD"))
    assert schema.metadata[b"symbol"] == b"EUR/USD"
    assert read_schema(schema, "x")[2] == Meta(None, 2, 0, "EUR/USD")
    assert "EUR/USD · 0 trades" in repr(Trades([], schema))


def test_a_batch_lies_over_the_memory_of_its_columns() -> None:
    schema = record_schema(TRADE, FIXED8, Meta(None, 0, 0))
    values = np.arange(3) * 10**9
    side, times = np.zeros(3, np.uint8), np.arange(3, dtype=np.uint64)
    ids = (np.array([0, 1, 1, 4], np.int32), np.frombuffer(b"abcd", np.uint8))
    batch = stored_batch(schema, [values, values, side, ids, times, times], 3)
    batch.validate(full=True)
    assert batch["trade_id"].to_pylist() == ["a", "", "bcd"]
    buffers = [b.address for b in batch["trade_id"].buffers()[1:]]
    assert buffers == [address(ids[0]), address(ids[1])]
    assert address(Trades([batch], schema).raw("price")) == address(values)


def test_kinds_say_how_many_rows_leave_columns_aligned() -> None:
    assert BAR.aligned_rows(65_536) == 65_536
    assert [TRADE.aligned_rows(n) for n in (1, 14, 15, 16, 31, 65_536)] == [
        *(1, 14, 15, 15, 31, 65_535)
    ]


# ---------------------------------------------------------------------- instrument ids


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("EUR/USD.SIM", ("EUR/USD", "SIM")),
        ("BRK.B.XNYS", ("BRK.B", "XNYS")),
        ("BTC-USD-PERP.DYDX", ("BTC-USD-PERP", "DYDX")),
        ("..X", (".", "X")),
    ],
)
def test_instrument_ids_split_at_the_last_dot(text: str, parts: tuple[str, str]) -> None:
    assert parse_instrument_id(text) == parts


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("EURUSD", "there is no dot before a venue"),
        ("", "there is no dot before a venue"),
        ("EURUSD.", "the venue after the last dot is empty"),
        (".SIM", "the symbol before the last dot is empty"),
        (".", "the symbol before the last dot is empty"),
    ],
)
def test_what_is_no_instrument_id_is_an_argument_error(text: str, what: str) -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        parse_instrument_id(text)
    assert str(caught.value) == (
        f'instrument id "{text}": {what}\n  try: {{SYMBOL}}.{{VENUE}}, such as EUR/USD.SIM'
    )


def test_an_instrument_id_is_text() -> None:
    with pytest.raises(bw.BarrowArgumentError, match="expected text, got int"):
        parse_instrument_id(7)
