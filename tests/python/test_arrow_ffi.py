"""Arrow data in and out through capsules: what comes out, where it is, who releases it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from ctypes import c_int64, c_uint8
from decimal import Decimal
from typing import Any

import barrow as bw
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from barrow.arrow_ffi import (
    ImportedBatch,
    export_recordbatch_to_pyarrow,
    import_pyarrow_array,
    import_pyarrow_recordbatch,
    import_pyarrow_table,
)
from c_structs import Array, ArrayOf, Producer, Schema, Stream, StreamOf, address

VALUES: list[pa.Array] = [
    pa.array([b"12345678", None, b"abcdefgh"], pa.binary(8)),
    pa.array([b"0" * 16, b"1" * 16, None], pa.binary(16)),
    pa.array([Decimal("1.5"), None, Decimal("-2")], pa.decimal128(38, 16)),
    pa.array([Decimal("1.5"), None, Decimal("-2")], pa.decimal256(76, 16)),
    pa.array([1, None, 2**64 - 1], pa.uint64()),
    pa.array([1, None, -(2**63)], pa.int64()),
    pa.array([1, None, 3], pa.timestamp("ns", "UTC")),
    pa.array([1, None, 3], pa.timestamp("us", "Europe/Berlin")),
    pa.array([1, None, 3], pa.timestamp("ms")),
    pa.array([1, None, 3], pa.timestamp("s", "+01:00")),
    pa.array([1, None, 3], pa.date32()),
    pa.array([1, None, 3], pa.duration("ns")),
    pa.array([1, None, 3], pa.time64("us")),
    pa.array([1, None, 255], pa.uint8()),
    pa.array([1, None, -128], pa.int8()),
    pa.array([1, None, -3], pa.int16()),
    pa.array([1, None, 3], pa.uint16()),
    pa.array([1, None, -3], pa.int32()),
    pa.array([1, None, 3], pa.uint32()),
    pa.array([1.5, None, -0.0], pa.float64()),
    pa.array([1.5, None, -0.0], pa.float32()),
    pa.array([True, None, False]),
    pa.array(["a", None, "déjà vu"]),
    pa.array(["a", None, "ccc"], pa.large_string()),
    pa.array([b"a", None, b"\xff"], pa.binary()),
    pa.array(["a", None, "longer than twelve bytes"], pa.string_view()),
    pa.array([{"x": 1, "y": "a"}, None, {"x": None, "y": "c"}]),
]


def types(values: list[pa.Array]) -> list[str]:
    return [str(array.type) for array in values]


@pytest.mark.parametrize("array", VALUES, ids=types(VALUES))
def test_an_array_of_any_type_goes_round_without_a_copy(array: pa.Array) -> None:
    for part in (array, array.slice(1), array.slice(2, 1), array.slice(1, 0), array.slice(3)):
        handle = import_pyarrow_array(part)
        assert len(handle) == len(part)
        assert handle.null_count == part.null_count
        again = pa.array(handle)
        if len(part):  # pyarrow finds fault with its own empty slices of views
            again.validate(full=True)
        assert again.equals(part)
        assert again.type == part.type
        if part.null_count:  # pyarrow drops validity that it does not need
            assert addresses(again) == addresses(part)
        elif len(part):
            assert addresses(again)[1:] == addresses(part)[1:]
        column = handle.column()
        assert (column.length, column.offset) == (len(part), part.offset)
        own = [b.address if b else None for b in part.buffers()]
        if not pa.types.is_struct(part.type) and array.type != pa.string_view():
            assert list(column.buffers) == own


def addresses(array: pa.Array) -> list[int | None]:
    return [buffer.address if buffer else None for buffer in array.buffers()]


def sample(rows: int = 5) -> pa.RecordBatch:
    numbers = pa.array(range(rows), pa.int64())
    texts = pa.array([None if i % 3 == 1 else f"id {i}" for i in range(rows)], pa.string())
    schema = pa.schema(
        [pa.field("close", pa.int64(), False), pa.field("id", pa.string(), True, {"k": "v"})],
        metadata={"bar_type": "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL", "empty": ""},
    )
    return pa.RecordBatch.from_arrays([numbers, texts], schema=schema)


def test_a_batch_goes_round_with_its_metadata() -> None:
    for batch in (sample(), sample().slice(2), sample().slice(5), sample(0)):
        handle = import_pyarrow_recordbatch(batch)
        again = export_recordbatch_to_pyarrow(handle)
        again.validate(full=True)
        assert again.equals(batch)
        assert again.schema.equals(batch.schema, check_metadata=True)
        assert pa.schema(handle).equals(batch.schema, check_metadata=True)
        for mine, theirs in zip(again.columns, batch.columns, strict=True):
            assert not len(batch) or addresses(mine)[1:] == addresses(theirs)[1:]


def test_a_batch_says_what_it_holds() -> None:
    batch = sample()
    handle = import_pyarrow_recordbatch(batch)
    assert (len(handle), handle.num_rows, handle.num_columns) == (5, 5, 2)
    assert handle.column_names == ["close", "id"]
    assert repr(handle) == "ImportedBatch(5 rows, ['close', 'id'])"
    column = handle.column("id")
    assert column == handle.column(1)
    assert (column.name, column.type, column.nullable) == ("id", "u", True)
    assert (len(column), column.offset, column.null_count) == (5, 0, 2)
    assert list(column.buffers) == addresses(batch.column("id"))
    assert not handle.column("close").nullable


def test_columns_that_are_not_there_are_named() -> None:
    handle = import_pyarrow_recordbatch(sample())
    with pytest.raises(bw.BarrowSchemaError) as found:
        handle.column("open")
    assert str(found.value) == 'record batch: no column "open"\n  try: one of close, id'
    with pytest.raises(bw.BarrowArgumentError) as wrong:
        handle.column(2)
    assert str(wrong.value) == "column: there is no column 2, there are 2"
    twice = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(bw.BarrowSchemaError) as both:
        import_pyarrow_recordbatch(twice).column("a")
    assert str(both.value) == 'record batch: columns 1 and 2 are both called "a"'


def test_a_table_keeps_its_chunks() -> None:
    table = pa.Table.from_batches([sample(), sample().slice(3)])
    handle = import_pyarrow_table(table)
    assert (len(handle), handle.num_rows, handle.column_names) == (7, 7, ["close", "id"])
    assert repr(handle) == "ImportedTable(7 rows, ['close', 'id'])"
    assert [len(batch) for batch in handle] == [5, 2]
    assert [column.offset for column in handle.column("close")] == [0, 3]
    again = pa.table(handle)
    assert again.equals(table)
    assert again.schema.equals(table.schema, check_metadata=True)
    assert again["id"].chunk(1).buffers()[2].address == table["id"].chunk(1).buffers()[2].address
    assert pa.RecordBatchReader.from_stream(handle).read_all().equals(table)


def test_tables_and_streams_without_a_row_keep_their_columns() -> None:
    table = pa.Table.from_batches([], schema=sample().schema)
    handle = import_pyarrow_table(table)
    assert pa.table(handle).equals(table)
    batch = import_pyarrow_recordbatch(table)
    assert (len(batch), batch.column_names) == (0, ["close", "id"])
    assert pa.record_batch(batch).equals(sample(0))
    nested = pa.table({"s": pa.array([], pa.struct([("x", pa.int8()), ("y", pa.string())]))})
    assert pa.record_batch(import_pyarrow_recordbatch(nested)).schema == nested.schema
    assert len(import_pyarrow_recordbatch(pl.DataFrame({"a": []}, {"a": pl.Int64}))) == 0
    assert import_pyarrow_recordbatch(pa.table({})).num_columns == 0


def test_memory_outlives_the_producer_and_the_handle() -> None:
    gc.collect()
    before = pa.total_allocated_bytes()
    batch = sample(1000)
    handle = import_pyarrow_recordbatch(batch)
    where = handle.column("close").buffers[1]
    del batch
    out = pa.record_batch(handle)
    del handle
    gc.collect()
    assert out["close"].buffers()[1].address == where
    assert out["close"].to_pylist() == list(range(1000))
    del out
    gc.collect()
    assert pa.total_allocated_bytes() <= before


def test_frames_of_other_libraries_come_in_and_go_out() -> None:
    expected = {"close": [1, 2, 3], "id": ["a", None, "a text beyond twelve bytes"]}
    frames = [
        pa.table(expected),
        pl.DataFrame(expected),
        pd.DataFrame({"close": [1, 2, 3], "id": pd.array(expected["id"], "str")}),
        duckdb.from_arrow(pa.table(expected)),
    ]
    for frame in frames:
        handle = import_pyarrow_table(frame)
        assert pa.table(handle).to_pydict() == expected
        assert pl.DataFrame(handle).to_dict(as_series=False) == expected
        assert duckdb.sql("select sum(close) from handle").fetchall() == [(6,)]
        assert pd.DataFrame.from_arrow(handle)["close"].tolist() == [1, 2, 3]
        assert pa.record_batch(import_pyarrow_recordbatch(frame)).to_pydict() == expected
    for series in (pl.Series([1, 2]), pd.Series([1, 2]), pa.chunked_array([[1, 2]])):
        assert pa.array(import_pyarrow_array(series)).to_pylist() == [1, 2]


def test_bars_come_in(tmp_path: Any) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("timestamp,open,high,low,close,volume\n1704187800,1.5,2,1,1.25,7\n")
    bars = bw.read_csv(path, bar_type="EUR/USD.SIM-1-MINUTE-BID-EXTERNAL")
    assert pa.table(import_pyarrow_table(bars)).equals(pa.table(bars))


def refusal(of: Any, take: Callable[[Any], object]) -> str:
    with pytest.raises(bw.BarrowError) as found:
        take(of)
    return f"{found.value.kind}: {found.value}"


def test_what_cannot_come_in_is_refused_with_a_reason() -> None:
    assert refusal(1, import_pyarrow_array) == (
        "ArgumentError: array: int has no __arrow_c_array__ or __arrow_c_stream__\n"
        "  try: an object of pyarrow, polars, DuckDB or pandas 3"
    )
    assert refusal(pa.chunked_array([[1], [2]]), import_pyarrow_array) == (
        "ArgumentError: array: ChunkedArray came in 2 chunks, expected one\n"
        "  try: import_pyarrow_table\n   or: joining the chunks: rechunk(), combine_chunks()"
    )
    assert refusal(pa.array([1]), import_pyarrow_recordbatch) == (
        'SchemaError: record batch: the Arrow type is "l", expected the struct "+s"\n'
        "  try: import it as an array"
    )
    assert refusal(pa.chunked_array([[1]]), import_pyarrow_table).startswith("SchemaError")
    nulls = pa.array([{"x": 1}, None])
    assert refusal(nulls, import_pyarrow_recordbatch) == (
        "UnsupportedError: record batch: 1 rows are null as a whole\n  try: import it as an array"
    )
    assert pa.record_batch(import_pyarrow_recordbatch(nulls.slice(0, 1))).to_pydict() == {"x": [1]}
    assert refusal(1, export_recordbatch_to_pyarrow).startswith("ArgumentError: record batch: int")


def test_types_that_are_not_read_are_named() -> None:
    words = pa.table({"side": pa.array(["a", "b", "a"]).dictionary_encode()})
    assert refusal(words, import_pyarrow_table) == (
        'UnsupportedError: Arrow schema "side": dictionaries are not read\n'
        "  try: decode the column first, as `dictionary_decode()` of pyarrow does"
    )
    views = pa.array([{"l": [1]}], pa.struct([("l", pa.list_view(pa.int64()))]))
    nested = pa.table({"s": views})
    assert refusal(nested, import_pyarrow_table) == (
        'UnsupportedError: Arrow schema "s.l": type "+vl" is not read\n'
        "  try: cast the column, or leave it out"
    )
    for values in (pa.nulls(2), pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8()))):
        assert "is not read" in refusal(values, import_pyarrow_array)


def one_column(producer: Producer, **changed: Any) -> tuple[Schema, Array]:
    """A batch of one int64 column; `changed` writes over the column's fields."""
    values = producer.numbers([10, 11, 12, 13, 14])
    column = producer.array(5, [0, values], label="column", **changed)
    return (
        producer.schema("+s", children=[producer.schema("l", "close")]),
        producer.array(5, [0], [column]),
    )


def test_a_batch_is_released_once_when_the_last_share_is_dropped() -> None:
    producer = Producer()
    handle = import_pyarrow_recordbatch(ArrayOf(*one_column(producer)))
    outs = [pa.record_batch(handle) for _ in range(3)]
    handle.__arrow_c_array__()  # capsules that nobody consumes
    handle.__arrow_c_stream__()
    kept = outs[1]["close"]
    del handle, outs
    assert producer.released == {"schema": 1}  # pyarrow keeps schemas of its own
    assert kept.to_pylist() == [10, 11, 12, 13, 14]
    del kept
    assert producer.released == {"schema": 1, "array": 1}


def test_a_struct_that_was_taken_is_not_taken_again() -> None:
    producer = Producer()
    pair = ArrayOf(*one_column(producer))
    handle = import_pyarrow_recordbatch(pair)
    assert refusal(pair, import_pyarrow_recordbatch) == (
        "CorruptError: Arrow schema: it was released or moved before\n"
        "  try: a fresh capsule; each can be consumed once"
    )
    assert len(handle) == 5
    del handle
    assert producer.released == {"schema": 1, "array": 1}


def test_a_refused_batch_is_released_once() -> None:
    for take in (import_pyarrow_recordbatch, import_pyarrow_array, import_pyarrow_table):
        producer = Producer()
        schema, array = one_column(producer, length=3)
        assert refusal(ArrayOf(schema, array), take) == (
            'CorruptError: Arrow array "close": 3 rows, but the batch reaches to row 5'
        )
        assert producer.released == {"schema": 1, "array": 1}
    producer = Producer()
    pair = ArrayOf(producer.schema("?"), one_column(producer)[1])
    assert refusal(pair, import_pyarrow_array) == 'CorruptError: Arrow schema: there is no type "?"'
    assert producer.released == {"schema": 1, "array": 1}


def test_a_stream_is_released_once_with_everything_it_gave() -> None:
    producer = Producer()
    schema, first = one_column(producer)
    stream = producer.stream(schema, [first, one_column(producer)[1]])
    table = import_pyarrow_table(StreamOf(stream))
    assert producer.released == {"stream": 1}
    reader = pa.RecordBatchReader.from_stream(table)
    half = reader.read_next_batch()
    del table, reader
    assert half["close"].to_pylist() == [10, 11, 12, 13, 14]
    # pyarrow keeps a schema of its own.
    assert producer.released == {"stream": 1, "schema": 1, "array": 1}
    del half
    assert producer.released == {"stream": 1, "schema": 1, "array": 2}


def test_a_stream_that_fails_half_way_is_released_once() -> None:
    producer = Producer()
    schema, first = one_column(producer)
    stream = producer.stream(schema, [first, 5])
    assert refusal(StreamOf(stream), import_pyarrow_table) == (
        "IoError: Arrow stream: its producer failed to give the next array (error 5): "
        "the disk is on fire"
    )
    assert producer.released == {"stream": 1, "schema": 1, "array": 1}
    producer = Producer()
    schema, first = one_column(producer)
    stream = producer.stream(schema, [first, one_column(producer, offset=-1)[1]])
    assert refusal(StreamOf(stream), import_pyarrow_table).startswith("CorruptError")
    assert producer.released == {"stream": 1, "schema": 1, "array": 2}
    assert refusal(StreamOf(stream), import_pyarrow_table) == (
        "CorruptError: Arrow stream: it was released or moved before\n"
        "  try: a fresh stream; each can be consumed once"
    )
    assert refusal(StreamOf(Stream()), import_pyarrow_table).startswith("CorruptError")


def test_a_stream_without_reason_still_says_what_failed() -> None:
    producer = Producer()
    stream = producer.stream(producer.schema("l"), [22])
    stream.get_last_error = None
    assert "(error 22): no reason given" in refusal(StreamOf(stream), import_pyarrow_array)
    assert producer.released == {"stream": 1, "schema": 1}


def test_nulls_are_counted_where_the_producer_did_not() -> None:
    producer = Producer()
    bits = producer.numbers([0b1110_1010, 0b1], kind=c_uint8)
    values = producer.numbers(range(9))
    array = producer.array(6, [bits, values], null_count=-1, offset=3)
    handle = import_pyarrow_array(ArrayOf(producer.schema("l"), array))
    assert handle.null_count == 1
    assert pa.array(handle).to_pylist() == [3, None, 5, 6, 7, 8]
    none = producer.array(2, [0, values], null_count=-1)
    assert import_pyarrow_array(ArrayOf(producer.schema("l"), none)).null_count == 0


def test_a_struct_with_an_offset_shifts_its_columns() -> None:
    producer = Producer()
    schema, array = one_column(producer)
    array.offset, array.length = 2, 3
    handle = import_pyarrow_recordbatch(ArrayOf(schema, array))
    column = handle.column("close")
    assert (column.length, column.offset) == (3, 2)
    assert pa.array(import_pyarrow_array(handle)).to_pylist() == [
        {"close": 12}, {"close": 13}, {"close": 14}
    ]  # fmt: skip


def test_arrays_without_values_need_no_buffers() -> None:
    for fmt, buffers in (("l", 2), ("b", 2), ("u", 3), ("Z", 3), ("w:16", 2)):
        producer = Producer()
        array = producer.array(0, [0] * buffers)
        handle = import_pyarrow_array(ArrayOf(producer.schema(fmt), array))
        assert (len(handle), handle.null_count, set(handle.column().buffers)) == (0, 0, {None})
        del handle
        assert producer.released == {"schema": 1, "array": 1}


def test_capsules_of_another_kind_are_refused() -> None:
    pair = ArrayOf(Schema(), Array())
    pair.pair = (pair.pair[1], pair.pair[0])
    assert refusal(pair, import_pyarrow_array).startswith(
        'ArgumentError: Arrow capsule: expected a capsule called "arrow_schema"'
    )
    pair.pair = None  # type: ignore[assignment]
    assert refusal(pair, import_pyarrow_array) == (
        "ArgumentError: array: __arrow_c_array__ gave None, expected a pair of capsules"
    )


def test_threads_share_a_batch() -> None:
    producer = Producer()
    handle = import_pyarrow_recordbatch(ArrayOf(*one_column(producer)))
    failed: list[object] = []

    def work(shared: ImportedBatch) -> None:
        for _ in range(300):
            if pa.record_batch(shared)["close"][4].as_py() != 14:
                failed.append(shared)

    threads = [threading.Thread(target=work, args=(handle,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert not producer.released
    del handle, threads
    gc.collect()
    assert producer.released == {"schema": 1, "array": 1}


def test_addresses_of_the_producer_are_those_of_the_column() -> None:
    producer = Producer()
    values = (c_int64 * 3)(7, 8, 9)
    array = producer.array(3, [0, address(values)])
    handle = import_pyarrow_array(ArrayOf(producer.schema("l"), array))
    assert handle.column().buffers == (None, address(values))
    assert pa.array(handle).buffers()[1].address == address(values)
