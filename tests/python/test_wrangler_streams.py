"""Arrow IPC streams to records: encodings, order, metadata, damage, raw values."""

from __future__ import annotations

from decimal import Decimal

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
import ticks
from barrow.wranglers import (
    BarDataWranglerV2,
    QuoteTickDataWranglerV2,
    Rounded,
    TradeTickDataWranglerV2,
)

ENCODINGS = ("fixed8", "fixed16", "decimal128")
BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
TEXT = "timestamp,open,high,low,close,volume\n" + "".join(
    f"2024-01-02T09:{i:02}:00Z,1.084{i:02},1.09,1.08,1.085,{i}\n" for i in range(50)
)
WRANGLERS = {"quotes": QuoteTickDataWranglerV2, "trades": TradeTickDataWranglerV2}


@pytest.fixture(scope="module")
def bars(tmp_path_factory) -> bw.Bars:
    path = tmp_path_factory.mktemp("bars") / "bars.csv"
    path.write_text(TEXT)
    return bw.read_csv(path, bar_type=BAR_TYPE)


def wrangler(**options) -> BarDataWranglerV2:
    return BarDataWranglerV2(BAR_TYPE, 5, 0, **options)


def stream(table: pa.Table, rows: int | None = None, **options) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue().to_pybytes()


def refusal(kind, data, **options) -> str:
    inner = wrangler(**options)._inner
    with pytest.raises(kind) as raised:
        inner.process_record_batch_bytes(data)
    with pytest.raises(kind) as again:
        list(inner.process_record_batch_bytes_iter(data))
    assert str(again.value) == str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("rows", [None, 7])
def test_bars_of_every_encoding(bars, encoding, rows):
    table = bars.to_arrow(encoding)
    data = stream(table, rows)
    inner = wrangler()._inner
    assert inner.process_record_batch_bytes(data) == list(bars)
    assert list(inner.process_record_batch_bytes_iter(data)) == list(bars)
    assert wrangler().from_arrow(table) == list(bars)
    for form in (bytearray(data), memoryview(data), pa.py_buffer(data)):
        assert inner.process_record_batch_bytes(form) == list(bars)
    assert BarDataWranglerV2.from_schema(table.schema).from_arrow(table) == list(bars)
    kept = next(inner.process_batches(data))
    assert kept.encoding == encoding
    for target in ENCODINGS:
        batch = next(wrangler(encoding=target)._inner.process_batches(data))
        assert batch.encoding == target
        assert batch.to_arrow() == bars[: len(batch)].to_arrow(target)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_records_look_into_constant_bytes_and_copy_others(bars, encoding):
    table = bars.to_arrow(encoding)
    data = stream(table)
    batch = next(wrangler()._inner.process_batches(data))
    begin = pa.py_buffer(data).address
    for name in table.column_names:
        place = batch.raw(name).__array_interface__["data"][0]
        assert begin <= place < begin + len(data), name
    (taken,) = wrangler()._inner.process_table(table)
    for name in table.column_names:
        there = table[name].chunk(0).buffers()[1].address
        assert taken.raw(name).__array_interface__["data"][0] == there, name

    for form in (bytearray, lambda data: np.frombuffer(bytearray(data), np.uint8)):
        changing = form(data)
        kept = wrangler()._inner.process_record_batch_bytes(changing)
        readonly = wrangler()._inner.process_record_batch_bytes(memoryview(changing).toreadonly())
        changing[: len(data)] = type(changing)(len(data)) if form is bytearray else 0
        assert kept == readonly == list(bars)


def test_bytes_at_odd_places_are_copied(bars):
    data = b"x" + stream(bars.to_arrow("fixed16"))
    odd = pa.py_buffer(data).slice(1)
    batch = next(wrangler()._inner.process_batches(odd))
    assert list(batch) == list(bars)
    assert batch.raw("open").flags.aligned


@pytest.mark.parametrize("kind", WRANGLERS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_ticks_of_every_encoding(kind, encoding):
    row = ticks.QUOTE if kind == "quotes" else ticks.TRADE
    table = ticks.table_of(kind, [row] * 5, encoding)
    made = WRANGLERS[kind](ticks.INSTRUMENT, 4, 0)
    expected = list(ticks.CLASSES[kind].from_arrow(table))
    assert made.from_arrow(table) == expected
    assert made._inner.process_record_batch_bytes(stream(table, 2)) == expected


def test_columns_in_any_order_among_others(bars):
    table = bars.to_arrow()
    turned = table.select(table.column_names[::-1]).append_column("note", [["x"] * 50])
    assert wrangler()._inner.process_record_batch_bytes(stream(turned)) == list(bars)
    packed = stream(table, 9, compression="zstd")
    assert wrangler()._inner.process_record_batch_bytes(packed) == list(bars)
    empty = stream(table.slice(0, 0))
    assert wrangler()._inner.process_record_batch_bytes(empty) == []
    assert wrangler()._inner.process_record_batch_bytes(stream(table, use_legacy_format=True))


def test_a_stream_cut_off_anywhere_is_an_error(bars):
    data = stream(bars.to_arrow(), 20)
    for size in range(len(data)):
        with pytest.raises(bw.BarrowCorruptError) as raised:
            wrangler()._inner.process_record_batch_bytes(data[:size])
        assert str(raised.value).startswith("Arrow stream: ")
    # At the boundary of a batch, where pyarrow itself says nothing.
    cut = len(data) - 8
    assert len(pa.ipc.open_stream(data[:cut]).read_all()) == 50
    assert refusal(bw.BarrowCorruptError, data[:cut]) == (
        f"Arrow stream: is cut off or damaged behind 3 batches, at byte {cut:,} of {cut:,}: "
        "the mark of its end is missing\n  try: write the stream again, and close its writer"
    )
    assert refusal(bw.BarrowCorruptError, data + b"more") == (
        f"Arrow stream: 4 bytes follow its end at byte {len(data):,}\n"
        "  try: pass streams one by one"
    )
    assert "hold no schema" in refusal(bw.BarrowCorruptError, b"")


def test_an_iterator_says_at_once_that_its_stream_is_cut_off(bars):
    data = stream(bars.to_arrow(), 20)
    with pytest.raises(bw.BarrowCorruptError):
        wrangler()._inner.process_record_batch_bytes_iter(data[:-8])


def with_column(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    at = table.column_names.index(name)
    return table.set_column(at, pa.field(name, column.type), column)


def test_columns_that_are_wrong(bars):
    table = bars.to_arrow()
    text = refusal(bw.BarrowSchemaError, stream(table.drop_columns("low")))
    assert text.startswith("Arrow stream: no bars: column low missing, found open, high, close")
    wide = with_column(table, "low", bars.to_arrow("fixed16")["low"])
    assert refusal(bw.BarrowSchemaError, stream(wide)) == (
        'Arrow stream: column "low" is fixed_size_binary[16], expected fixed_size_binary[8] '
        "as in fixed8"
    )
    floats = with_column(table, "open", pa.array([1.0] * 50))
    assert refusal(bw.BarrowSchemaError, stream(floats)).startswith(
        'Arrow stream: column "open" is double, expected one of fixed_size_binary[8] (fixed8), '
    )
    raws = table["close"].to_pylist()
    nulls = with_column(table, "close", pa.array([*raws[:9], None, *raws[10:]], pa.binary(8)))
    assert refusal(bw.BarrowSchemaError, stream(nulls, 4)).startswith(
        'row 9 column "close": holds a null, expected a value'
    )


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("bar_type", None, "metadata bar_type is missing, expected"),
        ("bar_type", "A.B-1-DAY-BID-EXTERNAL", "is 'A.B-1-DAY-BID-EXTERNAL', expected"),
        ("price_precision", "3", "metadata price_precision is 3, expected 5 as in the wrangler"),
        ("price_precision", None, "metadata price_precision is '', expected a number from 0 to 9"),
        ("size_precision", "x", "metadata size_precision is 'x', expected a number from 0 to 9"),
    ],
)
def test_metadata_that_is_missing_or_of_something_else(bars, key, value, text):
    table = bars.to_arrow()
    metadata = {k.decode(): v for k, v in table.schema.metadata.items()}
    metadata.pop(key)
    if value:
        metadata[key] = value
    metadata["pandas"] = metadata["class"] = "ignored"
    data = table.replace_schema_metadata(metadata)
    assert text in refusal(bw.BarrowSchemaError, stream(data))


def with_raw(bars: bw.Bars, name: str, raw: int, encoding: str = "fixed8") -> pa.Table:
    table = bars.to_arrow(encoding)
    width = 8 if encoding == "fixed8" else 16
    cells = table[name].to_pylist()
    cells[30] = raw.to_bytes(width, "little", signed=name != "volume")
    return with_column(table, name, pa.array(cells, pa.binary(width)))


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
def test_a_raw_value_finer_than_the_precision(bars, encoding):
    scale = 9 if encoding == "fixed8" else 16
    table = with_raw(bars, "open", 108421 * 10 ** (scale - 5) + 1, encoding)
    value = Decimal(108421 * 10 ** (scale - 5) + 1).scaleb(-scale)
    text = refusal(bw.BarrowParseError, stream(table, 8))
    assert text.startswith(f'row 30 column "open": "{value}" has more than 5 decimals\n')
    with pytest.raises(bw.BarrowParseError, match=r"row 30"):
        wrangler().from_arrow(table)
    repairing = wrangler(invalid_raw="repair")
    repaired = repairing._inner.process_record_batch_bytes(stream(table))
    assert str(repaired[30].open) == "1.08421"
    assert repaired[:30] == list(bars[:30])
    assert repairing.from_arrow(table) == repaired
    report = next(repairing._inner.process_table(table)).report
    assert report.rounded == [Rounded("open", 1, 30)]


@pytest.mark.parametrize("target", ["auto", "fixed8", "fixed16"])
@pytest.mark.parametrize(
    ("name", "raw", "encoding", "what"),
    [
        ("open", bw.PRICE_UNDEF_64, "fixed8", "an undefined price"),
        ("open", bw.PRICE_ERROR_64, "fixed8", "an erroneous price"),
        ("volume", bw.QUANTITY_UNDEF_64, "fixed8", "an undefined size"),
        ("open", bw.PRICE_UNDEF_128, "fixed16", "an undefined price"),
        ("open", bw.PRICE_ERROR_128, "fixed16", "an erroneous price"),
        ("volume", bw.QUANTITY_UNDEF_128, "fixed16", "an undefined size"),
    ],
)
def test_sentinels_are_no_values(bars, name, raw, encoding, what, target):
    table = with_raw(bars, name, raw, encoding)
    expected = f'row 30 column "{name}": holds {what}, a sentinel, expected a value'
    for policy in ("error", "repair"):
        text = refusal(bw.BarrowParseError, stream(table), encoding=target, invalid_raw=policy)
        assert text == expected


def test_times_that_are_none(bars):
    table = bars.to_arrow()
    stamps = [*bars.raw("ts_event").tolist()[:-1], 2**64 - 1]
    table = with_column(table, "ts_init", pa.array(stamps, pa.uint64()))
    assert refusal(bw.BarrowParseError, stream(table)) == (
        'row 49 column "ts_init": "18446744073709551615" is not an instant from 1970 to 2262'
    )


def test_a_side_that_is_none():
    table = ticks.table_of("trades", [ticks.TRADE, ("1", "1", 7, "T")])
    made = TradeTickDataWranglerV2(ticks.INSTRUMENT, 4, 0)
    with pytest.raises(bw.BarrowParseError, match='row 1 column "aggressor_side": 7 is no side'):
        made._inner.process_record_batch_bytes(stream(table))


def test_damaged_bytes_never_crash(bars):
    data = stream(bars.to_arrow(), 20)
    for at in range(0, len(data), 7):
        bad = bytearray(data)
        bad[at] ^= 0xFF
        try:
            wrangler()._inner.process_record_batch_bytes(bad)
        except (bw.BarrowCorruptError, bw.BarrowSchemaError, bw.BarrowParseError):
            continue
