"""Frames and streams become records of order books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import barrow as bw
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from barrow.wranglers import OrderBookDeltaDataWranglerV2, OrderBookDepth10DataWranglerV2, Rounded
from books import (
    COLUMNS,
    ENCODINGS,
    INSTRUMENT,
    LEVELS,
    START,
    UNDEFINED,
    Row,
    clear,
    delta,
    depth,
    random_rows,
    records_of,
    table_of,
)

WRANGLERS: dict[str, Any] = {
    "deltas": OrderBookDeltaDataWranglerV2,
    "depths": OrderBookDepth10DataWranglerV2,
}
KINDS = tuple(WRANGLERS)


def wrangler(kind: str, **options: Any) -> Any:
    return WRANGLERS[kind](INSTRUMENT, 2, 1, **options)


def frame_of(kind: str, rows: list[Row], number: Any = Decimal, **columns: Any) -> pd.DataFrame:
    """A frame of numbers as users have them."""
    data: dict[str, Any] = {}
    for name, role in COLUMNS[kind].items():
        cells = [row[name] for row in rows]
        if role in ("price", "size"):
            cells = [cell if cell is UNDEFINED else number(cell) for cell in cells]
        data[name] = pd.to_datetime(cells, utc=True) if role == "time" else cells
    return pd.DataFrame(data | columns)


def refusal(kind: type[Exception], call: Any, *arguments: Any) -> str:
    with pytest.raises(kind) as raised:
        call(*arguments)
    return str(raised.value)


def stream(table: pa.Table, rows: int | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue().to_pybytes()


# ---------------------------------------------------------------- frames


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_frames_of_every_library(kind: str, encoding: str) -> None:
    rows = random_rows(kind, 1, 20, undefined=False)
    expected = records_of(kind, rows, encoding)
    made = wrangler(kind, encoding=encoding)
    flat = frame_of(kind, rows)
    table = pa.Table.from_pandas(flat, preserve_index=False)
    frames = {
        "pandas": flat,
        "text": frame_of(kind, rows, str),
        "polars": pl.from_pandas(flat),
        "pyarrow, chunks": pa.concat_tables([table.slice(0, 7), table.slice(7)]),
        "duckdb": duckdb.sql("select * from flat"),
        "barrow": expected,
        "stored": expected.to_arrow(),
    }
    for name, frame in frames.items():
        columns = made.to_columns(frame)
        assert columns == expected, name
        assert columns.schema == expected.schema
        assert made.from_pandas(frame) == list(expected)
        for chunk_size in (1, 6, 100):
            assert list(made.from_pandas_iter(frame, chunk_size)) == list(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_floats_are_their_shortest_text(kind: str) -> None:
    row = (delta if kind == "deltas" else depth)()
    expected = records_of(kind, [row] * 3)
    assert wrangler(kind).to_columns(frame_of(kind, [row] * 3, float)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_auto_takes_the_narrowest_that_holds_all(kind: str) -> None:
    rows = random_rows(kind, 2, 9, undefined=False)
    name = "size" if kind == "deltas" else "ask_size_7"
    assert wrangler(kind).to_columns(frame_of(kind, rows)).encoding == "fixed8"
    rows[7][name] = "18446744074"
    records = wrangler(kind).to_columns(frame_of(kind, rows))
    assert (records.encoding, records) == ("fixed16", records_of(kind, rows, "fixed16"))
    assert {
        r.owner.encoding.name for r in wrangler(kind).from_pandas_iter(frame_of(kind, rows), 2)
    } == {"fixed16"}


@pytest.mark.parametrize("kind", KINDS)
def test_facts_and_schemas(kind: str) -> None:
    table = table_of(kind, random_rows(kind, 0, 4))
    made = type(wrangler(kind)).from_schema(table.schema)
    assert (made.instrument_id, made.price_precision, made.size_precision) == (INSTRUMENT, 2, 1)
    assert made.from_arrow(table) == list(records_of(kind, random_rows(kind, 0, 4)))
    with pytest.raises(bw.BarrowSchemaError, match="metadata size_precision missing"):
        type(made).from_schema(
            table.schema.with_metadata({"instrument_id": INSTRUMENT, "price_precision": "2"})
        )
    with pytest.raises(bw.BarrowArgumentError, match="size_precision: None is no number"):
        type(made)(INSTRUMENT, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_no_csv_of_order_books(kind: str) -> None:
    text = refusal(bw.BarrowUnsupportedError, wrangler(kind).from_csv_iter, "x.csv")
    assert text == (
        f"from_csv_iter: there is no dialect of CSV for order book {kind}\n"
        "  try: from_pandas(df) of a frame another library has read, as text"
    )


def test_an_empty_frame() -> None:
    for kind in KINDS:
        frame = frame_of(kind, random_rows(kind, 0, 2)).iloc[:0]
        assert len(wrangler(kind).to_columns(frame)) == 0
        assert wrangler(kind).from_pandas(frame) == []


# ---------------------------------------------------------------- deltas


@pytest.mark.parametrize(
    ("actions", "sides"),
    [
        ([1, 2, 3, 4], [1, 2, 1, 0]),
        (["ADD", "UPDATE", "DELETE", "CLEAR"], ["BUY", "SELL", "buy", "NO_ORDER_SIDE"]),
        (["add", "modify", "cancel", "reset"], ["bid", "ask", "Buyer", "none"]),
        (["A", "M", "C", "R"], ["B", "A", "B", "N"]),
        (pd.Categorical(["new", "change", "remove", "clear"]), ["bids", "asks", "b", ""]),
    ],
)
@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_actions_and_sides(library: Any, actions: Any, sides: Any) -> None:
    data = {
        "timestamp": pd.to_datetime([START] * 4).tolist(),
        "action": actions if library is pd.DataFrame else list(actions),
        "side": sides,
        "price": [1.25] * 4,
        "quantity": [3] * 4,
    }
    records = wrangler("deltas").to_columns(library(data))
    assert records.raw("action").tolist() == [1, 2, 3, 4]
    assert records.raw("side").tolist() == [1, 2, 1, 0]
    for name in ("order_id", "flags", "sequence"):
        assert records.raw(name).tolist() == [0] * 4


def test_nulls_of_a_cleared_book_are_what_nautilus_trader_writes() -> None:
    rows = [clear(), delta(1)]
    for number, gap in ((float, np.nan), (str, None), (Decimal, None)):
        frame = frame_of("deltas", rows, number)
        for name in ("price", "size"):
            frame[name] = [gap, number(rows[1][name])]
        for encoding in ENCODINGS:
            records = wrangler("deltas", encoding=encoding).to_columns(frame)
            assert records == records_of("deltas", rows, encoding)
    texts = {"action": ["update", "clear"], "price": ["1.0", None]}
    frame = frame_of("deltas", [delta(), delta()], **texts).astype({"price": "string"})
    assert str(wrangler("deltas").to_columns(frame)[1].order) == "BUY,0.00,5.0,12"


def bad(**columns: Any) -> pd.DataFrame:
    rows = [delta(), delta(1), delta(2)]
    return frame_of("deltas", rows, **{k: [rows[0][k], v, rows[2][k]] for k, v in columns.items()})


SIDES = "expected 0 (NO_ORDER_SIDE), 1 (BUY), 2 (SELL), or text such as buy or sell"
ACTIONS = (
    "expected 1 (ADD), 2 (UPDATE), 3 (DELETE), 4 (CLEAR), or text such as add, update, "
    "delete or clear"
)


@pytest.mark.parametrize(
    ("columns", "error", "text"),
    [
        ({"price": None}, bw.BarrowParseError,
         'row 1 column "price": holds a null or NaN, expected a value unless the action is CLEAR'),
        ({"size": None}, bw.BarrowParseError,
         'row 1 column "size": holds a null or NaN, expected a value unless the action is CLEAR'),
        ({"side": 3}, bw.BarrowParseError, f'row 1 column "side": 3 is no side: {SIDES}'),
        ({"action": 0}, bw.BarrowParseError, f'row 1 column "action": 0 is no action: {ACTIONS}'),
        ({"flags": 256}, bw.BarrowParseError, 'row 1 column "flags": 256 is no uint8'),
        ({"flags": -1}, bw.BarrowParseError, 'row 1 column "flags": -1 is no uint8'),
        ({"sequence": 1.5}, bw.BarrowParseError, 'row 1 column "sequence": 1.5 is no uint64'),
        ({"order_id": float(2**60)}, bw.BarrowParseError,
         'row 1 column "order_id": 1.152921504606847e+18 is no uint64'),
    ],
)  # fmt: skip
def test_deltas_that_are_none(columns: Any, error: Any, text: str) -> None:
    assert refusal(error, wrangler("deltas").to_columns, bad(**columns)) == text
    for chunk_size in (1, 2, 5):
        records = wrangler("deltas").from_pandas_iter(bad(**columns), chunk_size)
        assert refusal(error, list, records) == text


def test_texts_that_are_none() -> None:
    texts = {"action": ["add", "trade", "add"]}
    frame = frame_of("deltas", [delta()] * 3, **texts)
    assert refusal(bw.BarrowParseError, wrangler("deltas").to_columns, frame) == (
        f'row 1 column "action": "trade" is no action: {ACTIONS}'
    )
    frame = frame_of("deltas", [delta()] * 3, order_id=["1", "0x1F", "3"])
    assert refusal(bw.BarrowParseError, wrangler("deltas").to_columns, frame) == (
        'row 1 column "order_id": "0x1F" is no uint64'
    )
    frame["order_id"] = ["1", str(2**64 - 1), "3"]
    assert wrangler("deltas").to_columns(frame).raw("order_id").tolist() == [1, 2**64 - 1, 3]


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"action": True}, 'column "action" is bool, expected text such as add, update, delete or '
                           "clear, or the numbers 1, 2, 3, 4"),
        ({"flags": True}, 'column "flags" is bool, expected integers'),
        ({"side": None}, 'row 0 column "side": holds a null'),
        ({"sequence": None}, 'row 0 column "sequence": holds a null'),
        ({"price": True}, 'column "price" is bool, expected floats, integers, decimals or text'),
    ],
)  # fmt: skip
def test_columns_of_the_wrong_type(columns: Any, text: str) -> None:
    rows = frame_of("deltas", [delta()] * 2)
    for name, cell in columns.items():
        rows[name] = pd.Series([cell] * 2, dtype="boolean" if cell is True else "Int64")
    found = refusal(bw.BarrowSchemaError, wrangler("deltas").to_columns, rows)
    assert found.replace(": is ", " is ").startswith(text)


def test_columns_that_are_missing() -> None:
    frame = frame_of("deltas", [delta()]).drop(columns=["action", "price"])
    assert "no order book deltas: column action, price missing" in refusal(
        bw.BarrowSchemaError, wrangler("deltas").to_columns, frame
    )


def test_rounding_is_counted() -> None:
    frame = frame_of("deltas", [delta(), delta(price="1.005"), clear()])
    frame.loc[2, "price"] = None
    text = refusal(bw.BarrowParseError, wrangler("deltas").to_columns, frame)
    assert text.startswith('row 1 column "price": "1.005" has more than 2 decimals')
    records = wrangler("deltas", rounding="half_even").to_columns(frame)
    assert [str(record.price) for record in records] == ["100.10", "1.00", "0.00"]
    assert records.report.rounded == [Rounded("price", 1, 1)]


# ---------------------------------------------------------------- depths


def levels_of(count: int, names: str = "{side}_{of}_{at}") -> pd.DataFrame:
    """A frame that has only some levels."""
    whole = frame_of("depths", [depth(), depth(1)])
    data = {"ts_event": whole["ts_event"], "ts_init": whole["ts_init"]}
    for side in ("bid", "ask"):
        for of in ("price", "size"):
            for at in range(count):
                data[names.format(side=side, of=of, at=at)] = whole[f"{side}_{of}_{at}"]
    return pd.DataFrame(data)


@pytest.mark.parametrize("count", [1, 4, 10])
def test_levels_that_are_not_there(count: int) -> None:
    records = wrangler("depths").to_columns(levels_of(count))
    for row, record in enumerate(records):
        there = depth(row, levels=count)
        assert record.bid_counts == record.ask_counts == (*[1] * count, *[0] * (10 - count))
        for at in LEVELS:
            assert record.bids[at].price == Decimal(there[f"bid_price_{at}"])
            assert record.asks[at].size == Decimal(there[f"ask_size_{at}"])
        assert (record.flags, record.sequence) == (0, 0)
    assert bw.validate(records).ok


def test_nulls_of_levels_are_what_nautilus_trader_writes() -> None:
    rows = [depth(levels=4), depth(1, levels=9)]
    for number, gap in ((float, np.nan), (Decimal, None)):
        frame = frame_of("depths", rows, number)
        for at in range(4, 10):
            for side in ("bid", "ask"):
                for of in ("price", "size"):
                    cells = frame[f"{side}_{of}_{at}"].tolist()
                    frame[f"{side}_{of}_{at}"] = [gap, gap if at == 9 else cells[1]]
        assert wrangler("depths").to_columns(frame) == records_of("depths", rows)
    frame["bid_size_9"] = [0.0, 1.0]
    assert refusal(bw.BarrowParseError, wrangler("depths").to_columns, frame) == (
        'row 1 column "bid_price_9": holds a null or NaN, expected a value since there is a size'
    )


def test_names_of_others() -> None:
    rows = [depth(), depth(1)]
    whole = frame_of("depths", rows)
    databento = {"price": "px", "size": "sz", "count": "ct"}
    tardis = {"price": "price", "size": "amount"}
    renamed = whole.rename(columns={
        f"{side}_{of}_{at}": f"{side}_{databento[of]}_{at:02}"
        for of in databento for side in ("bid", "ask") for at in LEVELS
    })  # fmt: skip
    assert wrangler("depths").to_columns(renamed) == records_of("depths", rows)
    renamed = whole.rename(columns={
        f"{side}_{of}_{at}": f"{side}s[{at}].{tardis[of]}"
        for of in tardis for side in ("bid", "ask") for at in LEVELS
    })  # fmt: skip
    assert wrangler("depths").to_columns(renamed) == records_of("depths", rows)


@pytest.mark.parametrize(
    ("drop", "text"),
    [
        (["bid_price_3"], "frame: levels of bids are incomplete: expected bid_price_ and"),
        (["ask_price_3", "ask_size_3"], "frame: levels of asks are incomplete"),
        (["bid_price_0"], "no order book depths: column bid_price_0 missing"),
    ],
)
def test_levels_that_are_incomplete(drop: list[str], text: str) -> None:
    frame = frame_of("depths", [depth()]).drop(columns=drop)
    assert text in refusal(bw.BarrowSchemaError, wrangler("depths").to_columns, frame)


# ---------------------------------------------------------------- streams


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("seed", range(3))
def test_streams_keep_what_is_undefined(kind: str, encoding: str, seed: int) -> None:
    rows = random_rows(kind, seed, 21)
    table = table_of(kind, rows, encoding)
    expected = list(records_of(kind, rows, encoding))
    made = wrangler(kind)
    for batch_rows in (None, 8):
        data = stream(table, batch_rows)
        assert made._inner.process_record_batch_bytes(data) == expected
        assert list(made._inner.process_record_batch_bytes_iter(data)) == expected
    assert made.from_arrow(table) == expected
    turned = table.select(table.column_names[::-1])
    assert made._inner.process_record_batch_bytes(stream(turned)) == expected
    for target in ENCODINGS:
        other = wrangler(kind, encoding=target)._inner
        batch = next(other.process_batches(stream(table)))
        assert batch.to_arrow() == table_of(kind, rows, target)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (delta(action=99), 'row 1 column "action": 99 is no action: expected 1 (ADD)'),
        (delta(side=3), 'row 1 column "side": 3 is no side: expected 0 (NO_ORDER_SIDE)'),
        (delta(price="1.005"), 'row 1 column "price": "1.005'),
    ],
)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_streams_of_other_things(row: Row, text: str, encoding: str) -> None:
    data = stream(table_of("deltas", [delta(), row], encoding))
    inner = wrangler("deltas")._inner
    assert refusal(bw.BarrowParseError, inner.process_record_batch_bytes, data).startswith(text)
    records = inner.process_record_batch_bytes_iter(data)
    assert refusal(bw.BarrowParseError, list, records).startswith(text)


def test_streams_with_an_erroneous_price() -> None:
    table = table_of("deltas", [delta()])
    error = pa.array([bw.PRICE_ERROR_64.to_bytes(8, "little", signed=True)], pa.binary(8))
    table = table.set_column(2, table.schema.field(2), error)
    inner = wrangler("deltas")._inner
    assert refusal(bw.BarrowParseError, inner.process_record_batch_bytes, stream(table)) == (
        'row 0 column "price": holds an erroneous price, a sentinel, expected a value'
    )


def test_streams_of_another_instrument() -> None:
    data = stream(table_of("deltas", [delta()]))
    other = OrderBookDeltaDataWranglerV2("MSFT.XNAS", 2, 1)._inner
    text = refusal(bw.BarrowSchemaError, other.process_record_batch_bytes, data)
    assert text.startswith("Arrow stream: metadata instrument_id is 'AAPL.XNAS', expected 'MSFT")
    with pytest.raises(bw.BarrowSchemaError, match="these are order book deltas: use OrderBookD"):
        wrangler("depths")._inner.process_record_batch_bytes(data)
