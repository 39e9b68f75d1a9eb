"""The guide's record type, built from the guide's own text outside of the package."""

from __future__ import annotations

import gc
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import barrow as bw
import pandas as pd
import pyarrow as pa
import pytest
from children import run_python

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guide" / "new-record-type.md"
ENCODINGS = ("fixed8", "fixed16", "decimal128")
METADATA = {"instrument_id": "BTC-PERP.DYDX", "price_precision": "2"}
# The largest and the smallest raw price that each encoding stores.
ENDS = {
    "fixed8": (2**63 - 1, -(2**63)),
    "fixed16": (2**127 - 1, -(2**127)),
    "decimal128": (10**38 - 1, -(10**38) + 1),
}
LAST = {"fixed8": 2**64 - 1, "fixed16": 2**64 - 1, "decimal128": 2**63 - 1}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.S)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the guide's files, the extension compiled as the guide says."""
    folder = tmp_path_factory.mktemp("outside")
    (mojo,), (command,) = blocks("mojo"), blocks("sh")
    (folder / "mark_price.mojo").write_text(mojo)
    (folder / "mark_prices.py").write_text(blocks("python")[0])
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "BARROW": str(ROOT), "PATH": path}
    done = subprocess.run(
        ["sh", "-ec", command], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def marks(place: Path) -> Any:
    """The guide's Python file, imported."""
    sys.path.insert(0, str(place))
    try:
        return importlib.import_module("mark_prices")
    finally:
        sys.path.remove(str(place))


def rows_in(encoding: str) -> list[tuple[int, int, int]]:
    highest, lowest = ENDS[encoding]
    last = LAST[encoding]
    middle = [(0, 1, 2), (-1, 3, 3), (42_000_500_000_000, 5, 6)]
    return [(highest, 0, last), (lowest, last, 0), *middle]


def batch_in(encoding: str, rows: list[tuple[int, int, int]] | None = None) -> pa.RecordBatch:
    """The batch that pyarrow makes, without the code under test."""
    rows = rows_in(encoding) if rows is None else rows
    values, events, inits = zip(*rows, strict=True)
    width = 8 if encoding == "fixed8" else 16
    decimal = encoding == "decimal128"
    dtype = pa.decimal128(38, 16) if decimal else pa.binary(width)
    raw = b"".join(value.to_bytes(width, "little", signed=True) for value in values)
    columns = [pa.Array.from_buffers(dtype, len(rows), [None, pa.py_buffer(raw)])]
    for stamps in (events, inits):
        columns.append(pa.array(stamps, pa.timestamp("ns", "UTC") if decimal else pa.uint64()))
    fields = [
        pa.field(name, column.type, nullable=False)
        for name, column in zip(("value", "ts_event", "ts_init"), columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields, METADATA))


def test_the_use_the_guide_shows_works(
    place: Path, marks: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    use = blocks("python")[1:]
    assert len(use) == 3
    for block in use:
        exec(compile(block, str(GUIDE), "exec"), names)
    assert names["MarkPriceUpdates"] is marks.MarkPriceUpdates


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_values_come_back_as_they_were(marks: Any, encoding: str) -> None:
    rows = rows_in(encoding)
    batch = marks.MOJO.encode_batch(METADATA, rows, encoding)
    batch.validate(full=True)
    assert batch.equals(batch_in(encoding), check_metadata=True)
    assert batch.schema.equals(marks.MOJO.get_schema(METADATA, encoding), check_metadata=True)
    assert marks.MOJO.decode_batch(batch) == rows
    assert marks.MOJO.decode_batch(batch.slice(1, 3)) == rows[1:4]
    assert marks.MOJO.decode_batch(batch.slice(5)) == []
    turned = batch.select(["ts_init", "value", "ts_event"])
    assert marks.MOJO.decode_batch(turned.append_column("more", pa.array("abcde"))) == rows
    assert marks.MOJO.encode_batch(METADATA, [], encoding).num_rows == 0


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_mojo_and_python_read_the_same(marks: Any, encoding: str) -> None:
    rows = [(i * 10**7 * (10**7 if encoding != "fixed8" else 1), i, i + 1) for i in range(-50, 50)]
    rows = [(value, event + 50, init + 50) for value, event, init in rows]
    batch = marks.MOJO.encode_batch(METADATA, rows, encoding)
    prices = marks.MarkPriceUpdates.from_arrow(batch)
    assert prices.encoding == encoding
    assert [(r.value.raw, r.ts_event, r.ts_init) for r in prices] == rows
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    wrangler = marks.MarkPriceUpdateDataWranglerV2.from_schema(batch.schema)
    records = wrangler._inner.process_record_batch_bytes(sink.getvalue().to_pybytes())
    assert records == prices.to_list()
    assert str(records[3]) == f"BTC-PERP.DYDX,{-0.47:.2f},3"


def test_frames_go_through_the_wrangler(marks: Any) -> None:
    wrangler = marks.MarkPriceUpdateDataWranglerV2("BTC-PERP.DYDX", 2)
    index = pd.to_datetime(["2024-01-02T09:30", "2024-01-02T09:31"], utc=True)
    frame = pd.DataFrame({"value": [42000.5, 0.1]}, index=index.rename("timestamp"))
    first, second = wrangler.from_pandas(frame, ts_init_delta=5)
    assert (str(first.value), str(second.value)) == ("42000.50", "0.10")
    assert second.ts_init == second.ts_event + 5 == index[1].value + 5
    assert list(wrangler.from_pandas_iter(frame, chunk_size=1, ts_init_delta=5)) == [first, second]
    with pytest.raises(bw.BarrowParseError, match='row 1 column "value"'):
        wrangler.from_pandas(pd.DataFrame({"value": [1.0, 0.125]}, index=index))
    with pytest.raises(bw.BarrowArgumentError, match="size_precision"):
        marks.MarkPriceUpdateDataWranglerV2("BTC-PERP.DYDX", 2, 0)


def test_what_the_extension_is_not_is_told_in_words(marks: Any) -> None:
    mojo = marks.MOJO
    with pytest.raises(bw.BarrowArgumentError, match="'fixed9' is none of the encodings"):
        mojo.get_schema_map("fixed9")
    with pytest.raises(bw.BarrowArgumentError, match="a Table has no __arrow_c_array__"):
        mojo.decode_batch(pa.table({"value": [1]}))
    with pytest.raises(bw.BarrowSchemaError, match="expected texts for both"):
        mojo.get_schema({"instrument_id": 5})


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(1, 2)], "row 0: 2 values, expected 3: value, ts_event, ts_init"),
        ([(1, 2, 3), (1, 2, 3, 4)], "row 1: 4 values, expected 3: value, ts_event, ts_init"),
        ([(1.5, 2, 3)], 'row 0, column "value": no integer, expected a raw value'),
        ([(1, 2, 3), (None, 2, 3)], 'row 1, column "value": no integer, expected a raw value'),
        (
            [(1, -2, 3)],
            'row 0, column "ts_event": -2, expected an unsigned integer of 64 bits',
        ),
        (
            [(2**63, 2, 3)],
            f'row 0, column "value": {2**63}, expected a signed integer of 64 bits',
        ),
        (
            [(-(2**200), 2, 3)],
            f'row 0, column "value": {-(2**200)}, expected a signed integer of 64 bits',
        ),
    ],
)
def test_rows_that_are_none_are_refused(marks: Any, rows: list[Any], said: str) -> None:
    with pytest.raises(bw.BarrowArgumentError) as raised:
        marks.MOJO.encode_batch(METADATA, rows)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("encoding", "row", "said"),
    [
        ("decimal128", (10**38, 0, 0), f'column "value": row 0 holds {10**38}, expected -9'),
        ("decimal128", (0, 2**63, 0), f'column "ts_event": row 0 holds {-(2**63)}, expected 0 '),
    ],
)
def test_what_an_encoding_does_not_store_is_refused(
    marks: Any, encoding: str, row: tuple[int, int, int], said: str
) -> None:
    with pytest.raises(bw.BarrowSchemaError) as raised:
        marks.MOJO.encode_batch(METADATA, [row], encoding)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: b.drop_columns(["value"]), 'record batch: no column "value"'),
        (lambda b: b.append_column("value", b["value"]), 'are both called "value"'),
        (
            lambda b: b.set_column(0, "value", pa.array([1.0] * 5)),
            'column "value": it is Float64, expected FixedSizeBinary(8)',
        ),
        (
            lambda b: b.set_column(0, "value", pa.array([b"1234"] * 5, pa.binary(4))),
            'column "value": it is FixedSizeBinary(4), expected FixedSizeBinary(8)',
        ),
        (
            lambda b: b.set_column(1, "ts_event", pa.array([1, None, 2, 3, None], pa.uint64())),
            'column "ts_event": 2 of 5 rows are null, expected none',
        ),
        (lambda b: b.replace_schema_metadata({}), "metadata: no instrument_id, found nothing"),
        (
            lambda b: b.replace_schema_metadata(METADATA | {"price_precision": "x"}),
            'metadata: price_precision is "x", expected a number from 0 to 9 as in fixed8',
        ),
        (
            lambda b: b.replace_schema_metadata(METADATA | {"instrument_id": "BTC"}),
            'metadata: instrument_id is "BTC", expected a symbol and a venue',
        ),
        (
            lambda b: b.replace_schema_metadata({b"instrument_id": b"\xff.X"}),
            "Arrow schema: its metadata is not UTF-8",
        ),
    ],
)
def test_batches_that_are_none_are_refused(marks: Any, change: Any, said: str) -> None:
    with pytest.raises(bw.BarrowSchemaError) as raised:
        marks.MOJO.decode_batch(change(batch_in("fixed8")))
    assert said in str(raised.value)


DAMAGE = """
import sys
sys.path.insert(0, sys.argv[1])
import barrow as bw, pyarrow as pa
import mark_prices as marks

MOJO, rows = marks.MOJO, [(i * 10**7, i, i) for i in range(8)]
metadata = {"instrument_id": "BTC-PERP.DYDX", "price_precision": "9"}
for encoding in ("fixed8", "decimal128"):
    batch = MOJO.encode_batch(metadata, rows, encoding)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data = sink.getvalue().to_pybytes()
    inner = marks.MarkPriceUpdateDataWranglerV2.from_schema(batch.schema)._inner
    assert len(inner.process_record_batch_bytes(data)) == 8
    read = refused = 0
    for at in range(len(data)):
        worse = bytearray(data)
        worse[at] ^= 1 << at % 8
        try:
            inner.process_record_batch_bytes(worse)
        except bw.BarrowError:
            refused += 1
        try:
            damaged = pa.ipc.open_stream(bytes(worse)).read_next_batch()
            damaged.validate()
            read += len(MOJO.decode_batch(damaged)) == 8
        except (bw.BarrowError, pa.ArrowException, OSError, StopIteration, UnicodeDecodeError):
            refused += 1
    for cut in range(len(data)):
        try:
            inner.process_record_batch_bytes(data[:cut])
            print("a stream that is cut off was read", cut)
        except bw.BarrowCorruptError:
            refused += 1
    print(encoding, read > 100, refused > 1000)
"""


def test_damaged_streams_do_not_crash(place: Path, marks: Any) -> None:
    done = run_python(DAMAGE, place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == ["fixed8 True True", "decimal128 True True", ""]


def test_a_released_capsule_is_refused(marks: Any, place: Path) -> None:
    compiled = importlib.import_module("mark_price")
    schema, array = batch_in("fixed8").__arrow_c_array__()
    assert len(compiled.decode_batch(schema, array)) == 5
    with pytest.raises(bw.BarrowCorruptError, match="released or moved before"):
        compiled.decode_batch(schema, array)
    with pytest.raises(bw.BarrowArgumentError, match='expected a capsule called "arrow_schema"'):
        compiled.decode_batch(array, schema)


def test_batches_are_released_once(marks: Any) -> None:
    gc.collect()
    before = pa.total_allocated_bytes()
    for _ in range(50):
        batch = batch_in("fixed16")
        marks.MOJO.decode_batch(batch)
        marks.MOJO.encode_batch(METADATA, rows_in("fixed8"))
        with pytest.raises(bw.BarrowSchemaError):
            marks.MOJO.decode_batch(batch.drop_columns(["ts_init"]))
        del batch
    assert pa.total_allocated_bytes() == before
