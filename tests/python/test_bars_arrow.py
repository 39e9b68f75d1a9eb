from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import barrow as bw
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from barrow import Bars
from bars_fixtures import (
    BAR_TYPE,
    MINUTE,
    START,
    STEMS,
    expected_raw,
)
from reference import COLUMNS, PRICES, VALUES, integers

# ---------------------------------------------------------------------- Arrow


def test_stored_schema(bars: Bars, encoding: str) -> None:
    value = {"fixed8": pa.binary(8), "fixed16": pa.binary(16)}.get(encoding, pa.decimal128(38, 16))
    time = pa.timestamp("ns", "UTC") if encoding == "decimal128" else pa.uint64()
    expected = pa.schema(
        [pa.field(n, value, nullable=False) for n in VALUES]
        + [pa.field(n, time, nullable=False) for n in ("ts_event", "ts_init")],
        metadata={"bar_type": BAR_TYPE, "price_precision": "9", "size_precision": "0"},
    )
    assert bars.schema.equals(expected, check_metadata=True)
    assert bars.to_arrow().schema.equals(expected, check_metadata=True)
    bars.to_arrow().validate(full=True)


def test_values_are_little_endian_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("timestamp,open,high,low,close,volume\n2024-01-02,100.50,101,-1,100,1\n")
    table = bw.read_csv(path).to_arrow()
    assert table["open"][0].as_py() == bytes.fromhex("004d446617000000")
    assert table["low"][0].as_py() == (-(10**9)).to_bytes(8, "little", signed=True)
    wide = bw.read_csv(path, encoding="fixed16").to_arrow()
    assert wide["low"][0].as_py() == (-(10**16)).to_bytes(16, "little", signed=True)


def test_pyarrow_receives_numbers(bars: Bars, encoding: str) -> None:
    table = pa.table(bars)
    table.validate(full=True)
    assert table.schema.equals(pa.schema(bars), check_metadata=True)
    assert table.schema.metadata == bars.schema.metadata
    if encoding == "fixed8":
        assert table.schema.field("open").type == pa.int64()
        assert table.schema.field("volume").type == pa.uint64()
        assert table.schema.field("open").metadata == {b"scale": b"9"}
        assert table["open"].to_pylist() == expected_raw("open", 9)
    else:
        assert table.schema.field("open").type == pa.decimal128(38, 16)
        assert table["volume"].to_pylist() == [Decimal(STEMS[i % 3][4]) for i in range(20)]
    assert table.schema.field("ts_event").type == pa.timestamp("ns", "UTC")


def test_polars_receives_numbers(bars: Bars, split: Bars, encoding: str) -> None:
    for source in (bars, split):
        frame = pl.DataFrame(source)
        assert frame.shape == (20, 7)
        assert frame["ts_event"].dtype == pl.Datetime("ns", "UTC")
        if encoding == "fixed8":
            assert frame["close"].to_list() == expected_raw("close", 9)
        else:
            assert frame["close"].to_list() == [Decimal(STEMS[i % 3][3]) for i in range(20)]


def test_duckdb_receives_numbers(bars: Bars, split: Bars, encoding: str) -> None:
    unit = 10**9 if encoding == "fixed8" else 1
    expected = sum(Decimal(STEMS[i % 3][4]) for i in range(20)) * unit
    for source in (bars, split):
        rows, total, last = duckdb.sql(
            "select count(*), sum(volume), max(epoch_ns(ts_event)) from source"
        ).fetchall()[0]
        assert (rows, last) == (20, START + 19 * MINUTE)
        assert Decimal(total) == expected
        closes = duckdb.sql("select close from (from source)").fetchall()
        assert closes == [(raw,) for raw in pl.DataFrame(source)["close"]]


def test_pandas_receives_doubles_decimals_or_integers(bars: Bars) -> None:
    frame = bars.to_pandas()
    assert list(frame.columns) == [*VALUES, "ts_init"]
    assert frame.index.name == "ts_event"
    assert str(frame.index.tz) == "UTC"
    assert frame.index[0] == pd.Timestamp("2024-01-02T09:30:00Z")
    assert frame["open"].tolist() == bars.to_float64("open").tolist()
    exact = bars.to_pandas("decimal")
    assert exact["low"].tolist() == [Decimal(STEMS[i % 3][2]) for i in range(20)]
    raw = bars.to_pandas("raw")
    for name in PRICES:
        assert raw[name].tolist() == expected_raw(name, bars.scale)
    assert frame["ts_init"].tolist() == frame.index.tolist()


def test_writing_into_a_frame_leaves_the_bars_alone(bars: Bars) -> None:
    before = integers(bars, "open")
    frame = bars.to_pandas("raw")
    frame.loc[frame.index[0], "open"] = 7
    assert integers(bars, "open") == before


def test_pandas_knows_three_kinds_of_values(bars: Bars) -> None:
    with pytest.raises(bw.BarrowArgumentError, match="values='float32'"):
        bars.to_pandas("float32")


def test_from_arrow_takes_any_producer(bars: Bars) -> None:
    table = bars.to_arrow()

    class Producer:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return table.__arrow_c_stream__(requested_schema)

    batch = table.to_batches()[0]
    for source in (table, batch, batch.slice(2), Producer(), table.to_reader()):
        taken = Bars.from_arrow(source)
        assert taken == bars[20 - len(taken) :]
    shuffled = table.select([*COLUMNS[::-1]]).append_column("extra", pa.array(range(20)))
    assert Bars.from_arrow(shuffled) == bars


def test_from_arrow_refuses_what_is_no_bars(narrow: Bars) -> None:
    table = narrow.to_arrow()
    with pytest.raises(bw.BarrowSchemaError, match="column volume missing, found open, high"):
        Bars.from_arrow(table.drop_columns(["volume"]))
    with pytest.raises(bw.BarrowSchemaError, match='column "open" is int64, expected one of'):
        Bars.from_arrow(pa.table(narrow))
    with pytest.raises(bw.BarrowSchemaError, match="metadata price_precision is ''"):
        Bars.from_arrow(table.replace_schema_metadata({}))
    bad = table.replace_schema_metadata({"price_precision": "10", "size_precision": "0"})
    with pytest.raises(bw.BarrowSchemaError, match="price_precision is '10', expected a number"):
        Bars.from_arrow(bad)
    wide = narrow.to_arrow("fixed16")
    mixed = table.set_column(1, "high", wide["high"])
    with pytest.raises(bw.BarrowSchemaError, match=r'column "high" is fixed_size_binary\[16\]'):
        Bars.from_arrow(mixed)


def test_from_arrow_refuses_nulls(narrow: Bars) -> None:
    table = narrow.to_arrow()
    nulls = pa.array([None, *table["high"].to_pylist()[1:]], pa.binary(8))
    with pytest.raises(bw.BarrowSchemaError, match='column "high": holds 1 nulls'):
        Bars.from_arrow(table.set_column(1, pa.field("high", pa.binary(8)), nulls))


def test_from_arrow_refuses_a_column_that_is_there_twice(narrow: Bars) -> None:
    table = narrow.to_arrow()
    with pytest.raises(bw.BarrowSchemaError):
        Bars.from_arrow(table.append_column("open", table["open"]))


def test_from_arrow_refuses_metadata_that_is_no_text(narrow: Bars) -> None:
    table = narrow.to_arrow()
    metadata = {**table.schema.metadata, b"bar_type": b"\xff\xfe"}
    with pytest.raises(bw.BarrowSchemaError):
        Bars.from_arrow(table.replace_schema_metadata(metadata))


@pytest.mark.parametrize("data", [None, 7, "bars.arrow", object()])
def test_from_arrow_refuses_what_is_no_arrow(data: object) -> None:
    with pytest.raises((bw.BarrowError, TypeError)):
        Bars.from_arrow(data)


def test_sentinels_of_others_are_read(narrow: Bars) -> None:
    table = narrow[:1].to_arrow()
    undefined = [bw.PRICE_UNDEF_64.to_bytes(8, "little", signed=True)]
    size = [bw.QUANTITY_UNDEF_64.to_bytes(8, "little")]
    table = table.set_column(0, table.schema.field(0), pa.array(undefined, pa.binary(8)))
    table = table.set_column(4, table.schema.field(4), pa.array(size, pa.binary(8)))
    bars = Bars.from_arrow(table)
    assert bars.raw("open").tolist() == [2**63 - 1]
    assert bars.raw("volume").tolist() == [2**64 - 1]
    assert str(bars[0].open) == "undefined"
    assert [f.check for f in bw.validate(bars).findings] == ["ohlc_high", "value_range"]


def test_columns_that_could_hold_nulls_but_do_not_are_taken(tmp_path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("timestamp,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,7\n")
    bars = bw.read_csv(path)
    table = bars.to_arrow()
    loose = pa.schema([f.with_nullable(True) for f in table.schema], metadata=table.schema.metadata)
    again = bw.Bars.from_arrow(pa.table(table.columns, schema=loose))
    assert again == bars
    assert again.to_arrow().schema == table.schema
    assert again[:1] == bars


def marked(column: str, raw: int) -> bw.Bars:
    """Three bars, the second of which has a raw value that is no number."""
    columns = {name: np.full(3, 10**9, np.int64) for name in VALUES}
    columns[column][1] = np.uint64(raw % 2**64).view(np.int64)
    arrays = [
        pa.Array.from_buffers(pa.binary(8), 3, [None, pa.py_buffer(v)]) for v in columns.values()
    ]
    stamps = pa.array(np.arange(3, dtype=np.uint64) * 60 * 10**9)
    fields = [pa.field(name, pa.binary(8), nullable=False) for name in columns]
    fields += [pa.field(name, pa.uint64(), nullable=False) for name in ("ts_event", "ts_init")]
    known = {"price_precision": "0", "size_precision": "0"}
    schema = pa.schema(fields, metadata=known)
    return bw.Bars.from_arrow(pa.Table.from_arrays([*arrays, stamps, stamps], schema=schema))


@pytest.mark.parametrize(
    ("column", "narrow", "wide", "what"),
    [
        ("high", bw.PRICE_UNDEF_64, bw.PRICE_UNDEF_128, "undefined"),
        ("high", bw.PRICE_ERROR_64, bw.PRICE_ERROR_128, "an erroneous price"),
        ("volume", bw.QUANTITY_UNDEF_64, bw.QUANTITY_UNDEF_128, "undefined"),
    ],
)
def test_values_that_are_no_numbers_stay_so_in_every_width(
    column: str, narrow: int, wide: int, what: str
) -> None:
    bars = marked(column, narrow)
    table = bars.to_arrow("fixed16")
    signed = column != "volume"
    found = [int.from_bytes(v, "little", signed=signed) for v in table[column].to_pylist()]
    assert found == [10**16, wide, 10**16]
    assert bw.Bars.from_arrow(table).to_arrow("fixed8").equals(bars.to_arrow())
    for source in (bars, bw.Bars.from_arrow(table)):
        with pytest.raises(bw.BarrowParseError) as caught:
            source.to_arrow("decimal128")
        assert str(caught.value) == (
            f"row 1 column '{column}': is {what}, which decimal128 has no number for\n"
            "  try: encoding='fixed16'\n"
            "   or: bw.validate(records) shows the rows"
        )
