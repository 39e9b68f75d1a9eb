"""Records of order books: columns, encodings, undefined values, single records, files."""

from __future__ import annotations

import pickle
from decimal import Decimal
from typing import Any

import barrow as bw
import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from barrow import BookAction, BookOrder, OrderSide, RecordFlag
from barrow.ipc import write_arrow
from barrow.parquet import write_parquet
from books import (
    CLASSES,
    COLUMNS,
    ENCODINGS,
    INSTRUMENT,
    LEVELS,
    START,
    UNDEFINED,
    clear,
    delta,
    depth,
    random_rows,
    raw_of,
    records_of,
    schema_of,
    table_of,
)

KINDS = tuple(COLUMNS)
VALUES = {
    kind: [name for name, role in columns.items() if role in ("price", "size")]
    for kind, columns in COLUMNS.items()
}
SEEDS = range(3)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=ENCODINGS)
def encoding(request: pytest.FixtureRequest) -> str:
    return request.param


def check_columns(records: Any, kind: str, rows: list[dict[str, Any]], encoding: str) -> None:
    """Every column against the rows it was made of."""
    assert (len(records), records.encoding) == (len(rows), encoding)
    for name, role in COLUMNS[kind].items():
        if role in ("price", "size"):
            expected = [raw_of(row[name], role, encoding) for row in rows]
            width = 8 if encoding == "fixed8" else 16
            stored = [raw.to_bytes(width, "little", signed=role == "price") for raw in expected]
            assert records.raw(name).tobytes() == b"".join(stored), name
        else:
            assert records.raw(name).tolist() == [row[name] for row in rows], name


# ---------------------------------------------------------------------- columns


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_and_conversions(kind: str, encoding: str, seed: int) -> None:
    rows = random_rows(kind, seed, 40)
    for batch_rows in (None, 7):
        records = records_of(kind, rows, encoding, batch_rows=batch_rows)
        check_columns(records, kind, rows, encoding)
        assert records.schema.equals(schema_of(kind, encoding), check_metadata=True)
        for target in ENCODINGS:
            table = records.to_arrow(target)
            assert table == table_of(kind, rows, target, batch_rows=batch_rows)
            table.validate(full=target == "decimal128")
            again = type(records).from_arrow(table)
            check_columns(again, kind, rows, target)
            assert again == records


def test_facts(kind: str, encoding: str) -> None:
    records = records_of(kind, random_rows(kind, 0, 5), encoding)
    assert records.instrument_id == records.identity == INSTRUMENT
    assert (records.price_precision, records.size_precision) == (2, 1)
    head = repr(records).splitlines()[0]
    assert head == (
        f"{type(records).__name__} {INSTRUMENT} · 5 order book {kind} · {encoding} · precision 2/1"
    )
    assert INSTRUMENT in records._repr_html_()


def test_doubles_frames_and_streams_know_what_is_undefined(kind: str, encoding: str) -> None:
    rows = random_rows(kind, 5, 30)
    records = records_of(kind, rows, encoding, batch_rows=11)
    name = VALUES[kind][0]
    told = [row[name] for row in rows]
    assert UNDEFINED in told
    floats = [np.nan if cell is UNDEFINED else float(cell) for cell in told]
    np.testing.assert_array_equal(records.to_float64(name), floats)
    np.testing.assert_array_equal(records.to_pandas()[name], floats)
    decimals = [None if cell is UNDEFINED else Decimal(cell) for cell in told]
    assert records.to_pandas("decimal")[name].tolist() == decimals
    raw = [raw_of(cell, "price", encoding) for cell in told]
    assert records.to_pandas("raw")[name].tolist() == raw
    assert list(records.to_pandas().columns) == [c for c in COLUMNS[kind] if c != "ts_event"]
    scale = 9 if encoding == "fixed8" else 0
    numbers = [None if d is None else int(d.scaleb(scale)) if scale else d for d in decimals]
    assert pa.table(records)[name].to_pylist() == numbers
    assert pl.DataFrame(records)[name].to_list() == numbers
    assert [row[0] for row in duckdb.sql(f"select {name} from records").fetchall()] == numbers


def test_handing_over_is_no_copy_where_all_is_defined(kind: str, encoding: str) -> None:
    rows = random_rows(kind, 1, 30, undefined=False)
    records = records_of(kind, rows, encoding)
    for name in VALUES[kind]:
        lent, kept = pa.table(records)[name].chunk(0), records.to_arrow()[name].chunk(0)
        assert lent.buffers()[1].address == kept.buffers()[1].address
        assert lent.null_count == 0


def test_slices_and_pickles(kind: str, encoding: str) -> None:
    rows = random_rows(kind, 2, 40)
    records = records_of(kind, rows, encoding, batch_rows=9)
    for part in (slice(3, 29), slice(None, None, 3), slice(30, 2, -4), slice(5, 5)):
        check_columns(records[part], kind, rows[part], encoding)
        assert pickle.loads(pickle.dumps(records[part])) == records[part]
    assert records[3:20] != records[4:21]
    assert records.to_list() == list(records) == [records[at] for at in range(40)]


@pytest.mark.parametrize("seed", SEEDS)
def test_files(kind: str, encoding: str, seed: int, tmp_path) -> None:
    rows = random_rows(kind, seed, 33 + seed)
    records = records_of(kind, rows, encoding, batch_rows=10)
    write_arrow(records, tmp_path / "a.arrow")
    opened = bw.open(tmp_path / "a.arrow")
    assert isinstance(opened, CLASSES[kind])
    check_columns(opened, kind, rows, encoding)
    stored = pa.ipc.open_file(pa.memory_map(str(tmp_path / "a.arrow"))).read_all()
    for batch in stored.to_batches():
        assert all(c.buffers()[1].address % 64 == 0 for c in batch.columns)
    assert bw.open(tmp_path / "a.arrow", container=CLASSES[kind]) == records
    write_parquet(records, tmp_path / "a.parquet")
    check_columns(bw.open(tmp_path / "a.parquet"), kind, rows, "decimal128")
    for target in ENCODINGS:
        bw.convert(tmp_path / "a.parquet", tmp_path / f"{target}.arrow", encoding=target)
        check_columns(bw.open(tmp_path / f"{target}.arrow"), kind, rows, target)


def test_files_of_others_with_the_columns_in_another_order(
    kind: str, encoding: str, tmp_path
) -> None:
    rows = random_rows(kind, 3, 12)
    table = table_of(kind, rows, encoding)
    table = table.select(table.column_names[::-1]).append_column("note", pa.array(["x"] * 12))
    with pa.ipc.new_file(tmp_path / "a.arrow", table.schema) as writer:
        writer.write_table(table)
    check_columns(bw.open(tmp_path / "a.arrow"), kind, rows, encoding)
    check_columns(CLASSES[kind].from_arrow(table), kind, rows, encoding)


def test_values_that_do_not_fit_name_row_and_column() -> None:
    rows = [delta(), delta(price=UNDEFINED), delta(price="9223372037")]
    with pytest.raises(bw.BarrowParseError, match="row 2 column 'price': 9223372037 does not fit"):
        records_of("deltas", rows, "fixed16").to_arrow("fixed8")


# ---------------------------------------------------------------------- schemas


def test_nulls_are_for_values_of_decimals_only(kind: str) -> None:
    for encoding, name in (("fixed8", VALUES[kind][0]), ("decimal128", "flags")):
        table = table_of(kind, random_rows(kind, 0, 3), encoding)
        at = table.column_names.index(name)
        holey = pa.array([None, *table[name].to_pylist()[1:]], table[name].type)
        table = table.set_column(at, pa.field(name, table[name].type), holey)
        with pytest.raises(bw.BarrowSchemaError, match=f'column "{name}": holds 1 nulls'):
            CLASSES[kind].from_arrow(table)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda t: t.drop_columns(["flags", "sequence"]), "column flags, sequence missing"),
        (lambda t: t.set_column(t.column_names.index("flags"), "flags", pa.array([1, 2])),
         'column "flags" is int64, expected uint8 as in fixed8'),
        (lambda t: t.replace_schema_metadata({"price_precision": "2"}), "metadata size_precision"),
        (lambda t: t.append_column("flags", t["flags"]), "column flags is there twice"),
    ],
)  # fmt: skip
def test_bad_schemas(kind: str, change, what: str) -> None:
    with pytest.raises(bw.BarrowSchemaError, match=what):
        CLASSES[kind].from_arrow(change(table_of(kind, random_rows(kind, 0, 2))))


def test_missing_levels_are_told_in_short(tmp_path) -> None:
    table = table_of("depths", [depth()])
    less = [name for name in table.column_names if not name.startswith("bid_size")]
    with pytest.raises(bw.BarrowSchemaError, match=r"column bid_size_0\.\.9 missing, found bid_"):
        bw.OrderBookDepths.from_arrow(table.select(less))


# ---------------------------------------------------------------------- single records


def test_a_delta(encoding: str) -> None:
    record = records_of("deltas", [delta()], encoding)[0]
    assert isinstance(record, bw.OrderBookDelta)
    assert (record.action, record.side) == (BookAction.ADD, OrderSide.BUY)
    assert (str(record.price), str(record.size)) == ("100.10", "5.0")
    assert (record.order_id, record.flags, record.sequence) == (12, RecordFlag.F_LAST, 7)
    assert record.order == BookOrder(OrderSide.BUY, record.price, record.size, 12)
    assert str(record.order) == "BUY,100.10,5.0,12"
    assert repr(record.order) == "BookOrder(side=BUY, price=100.10, size=5.0, order_id=12)"
    assert str(record) == f"AAPL.XNAS,ADD,BUY,100.10,5.0,12,128,7,{START},{START + 1}"
    assert repr(record) == (
        "OrderBookDelta(instrument_id=AAPL.XNAS, action=ADD, order=BookOrder(side=BUY, "
        "price=100.10, size=5.0, order_id=12), flags=128, sequence=7, "
        f"ts_event={START}, ts_init={START + 1})"
    )
    assert record.to_dict() == {
        "type": "OrderBookDelta",
        "instrument_id": "AAPL.XNAS",
        "action": "ADD",
        "order": {"side": "BUY", "price": "100.10", "size": "5.0", "order_id": 12},
        "flags": 128,
        "sequence": 7,
        "ts_event": START,
        "ts_init": START + 1,
    }


def test_a_cleared_book(encoding: str) -> None:
    zero, undefined = records_of(
        "deltas", [clear(), clear(price=UNDEFINED, size=UNDEFINED)], encoding
    )
    assert str(zero.order) == "NO_ORDER_SIDE,0.00,0.0,0"
    assert str(undefined.order) == "NO_ORDER_SIDE,undefined,undefined,0"
    assert undefined.price.is_undefined
    assert undefined.size.is_undefined
    assert undefined.to_dict()["order"]["price"] is None
    assert zero != undefined


def test_a_depth(encoding: str) -> None:
    record = records_of("depths", [depth(levels=3)], encoding)[0]
    assert [str(order) for order in record.bids[:4]] == [
        "BUY,99.99,1.5,0", "BUY,99.98,2.5,0", "BUY,99.97,3.5,0", "BUY,0.00,0.0,0",
    ]  # fmt: skip
    assert [str(order.price) for order in record.asks[:3]] == ["100.01", "100.02", "100.03"]
    assert len(record.bids) == len(record.asks) == 10
    assert record.bid_counts == record.ask_counts == (1, 2, 3, *[0] * 7)
    assert (str(record.bid_price_1), record.ask_count_2) == ("99.98", 3)
    assert str(record) == (f"AAPL.XNAS,flags=32,sequence=0,ts_event={START},ts_init={START + 1}")
    assert repr(record).startswith(
        "OrderBookDepth10(instrument_id=AAPL.XNAS, bids=[BookOrder(side=BUY, price=99.99, "
    )
    told = record.to_dict()
    assert list(told) == [
        "type", "instrument_id", "bids", "asks", "bid_counts", "ask_counts", "flags", "sequence",
        "ts_event", "ts_init",
    ]  # fmt: skip
    assert told["asks"][0] == {
        "type": "BookOrder", "side": "SELL", "price": "100.01", "size": "1.5", "order_id": 0,
    }  # fmt: skip
    short = told | {name: told[name][:3] for name in ("bids", "asks", "bid_counts", "ask_counts")}
    assert bw.OrderBookDepth10.from_dict(short) == record


@pytest.mark.parametrize("seed", SEEDS)
def test_single_records_compare_hash_and_come_back(kind: str, seed: int) -> None:
    rows = random_rows(kind, seed, 25)
    by_encoding = [records_of(kind, rows, encoding).to_list() for encoding in ENCODINGS]
    for several in zip(*by_encoding, strict=True):
        assert len(set(several)) == 1
        for record in several:
            assert type(record).from_dict(record.to_dict()) == record
            again = pickle.loads(pickle.dumps(record))
            assert (again, hash(again), str(again)) == (record, hash(record), str(record))
    assert len(set(by_encoding[0])) == 25


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"action": "TRADE"}, "'TRADE' is none of ADD, UPDATE, DELETE, CLEAR"),
        ({"action": 0}, "0 is none of ADD"),
        ({"flags": 256}, "256 is no uint8"),
        ({"sequence": "x"}, "'x' is no uint64"),
        ({"order": {"price": "1"}}, "expected a dictionary with side, price, size, order_id"),
        ({"order": None}, "expected a dictionary"),
        ({"type": "OrderBookDepth10"}, "is a OrderBookDepth10"),
    ],
)
def test_bad_dictionaries_of_deltas(change: dict[str, Any], what: str) -> None:
    good = records_of("deltas", [delta()])[0].to_dict()
    with pytest.raises(bw.BarrowArgumentError, match=what):
        bw.OrderBookDelta.from_dict(good | change)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"bids": None}, "bids: expected a list of up to 10"),
        ({"asks": [1]}, "expected a dictionary with price, size"),
        ({"bid_counts": [1] * 11}, "bid_counts: expected a list of up to 10"),
        ({"ask_counts": [2**32] * 10}, "4294967296 is no uint32"),
    ],
)
def test_bad_dictionaries_of_depths(change: dict[str, Any], what: str) -> None:
    good = records_of("depths", [depth()])[0].to_dict()
    with pytest.raises(bw.BarrowArgumentError, match=what):
        bw.OrderBookDepth10.from_dict(good | change)


def test_numbers_that_mean_nothing_are_told_when_asked_for() -> None:
    record = records_of("deltas", [delta(action=99, side=9)])[0]
    with pytest.raises(bw.BarrowCorruptError, match=r"action: 99 is none of 1 \(ADD\), 2"):
        _ = record.action
    with pytest.raises(bw.BarrowCorruptError, match=r"side: 9 is none of 0 \(NO_ORDER_SIDE\)"):
        _ = record.order
    assert ",99,9,100.10," in str(record)


def test_undefined_values_are_equal_to_each_other_only() -> None:
    undefined = [records_of("deltas", [clear(price=UNDEFINED)], e)[0].price for e in ENCODINGS]
    price = bw.Price.parse("1")
    assert len(set(undefined)) == 1
    for value in undefined:
        assert value == undefined[0]
        assert value != price
        assert price != value
        assert not (value < price)
        assert not (value > price)
        assert not (value <= price)
        assert not (price >= value)
        assert np.isnan(float(value))
        assert value.as_decimal().is_nan()
        assert value != Decimal("NaN")


# ---------------------------------------------------------------------- empty


def test_no_records(kind: str, encoding: str, tmp_path) -> None:
    records = records_of(kind, [], encoding)
    assert (len(records), list(records), records.to_list()) == (0, [], [])
    for target in ENCODINGS:
        assert len(type(records).from_arrow(records.to_arrow(target))) == 0
    for name in VALUES[kind]:
        assert len(records.raw(name)) == len(records.to_float64(name)) == 0
    write_arrow(records, tmp_path / "a.arrow")
    assert bw.open(tmp_path / "a.arrow") == records
    assert bw.validate(records).ok
    assert len(LEVELS) == 10
