"""Mojo's records and Python's are the same: columns, types, metadata and values."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from typing import Any

import barrow as bw
import pyarrow as pa
import pytest
from barrow._records import ENCODINGS, Field, Meta, Role, record_schema
from barrow.bars.container import CONTAINERS

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "tests" / "mojo" / "model" / "all_types.mojo"
CONTAINER_OF = {
    "bar": bw.Bars,
    "quote": bw.Quotes,
    "trade": bw.Trades,
    "delta": bw.OrderBookDeltas,
    "depth": bw.OrderBookDepths,
}
IDENTITY = {"bar_type": "A.B-1-MINUTE-LAST-EXTERNAL", "instrument_id": "A.B"}
LOWEST = {"action": 1}
HIGHEST = {"action": 4, "side": 2, "aggressor_side": 2}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bw.RecordModule]:
    """A module for each type of record, of one extension."""
    copy = tmp_path_factory.mktemp("types") / SOURCE.name
    copy.write_text(SOURCE.read_text())
    command = [sys.executable, str(ROOT / "hatch_build.py"), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {}
    for name in CONTAINER_OF:
        loader = ExtensionFileLoader(name, str(copy.with_suffix(".so")))
        spec = importlib.util.spec_from_loader(name, loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        found[name] = bw.RecordModule(module)
    return found


@pytest.fixture(params=list(CONTAINER_OF))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=list(ENCODINGS))
def encoding(request: pytest.FixtureRequest) -> str:
    return request.param


def raw_cell(field: Field, encoding: str, rng: random.Random) -> Any:
    """A raw value the column may hold, often one of the ends."""
    bits = 64 if encoding == "fixed8" else 128
    decimal = encoding == "decimal128"
    if field.role is Role.TEXT:
        return "".join(rng.choices("aé€🙂-1", k=rng.randrange(12)))
    if field.role is Role.PRICE:
        highest = 10**38 - 1 if decimal else 2 ** (bits - 1) - 1
        lowest = -highest - (not decimal)
    elif field.role is Role.SIZE:
        lowest, highest = 0, 10**38 - 1 if decimal else 2**bits - 1
    elif field.role is Role.TIME:
        lowest, highest = 0, 2**63 - 1 if decimal else 2**64 - 1
    else:
        lowest = LOWEST.get(field.name, 0)
        highest = HIGHEST.get(field.name, 2**field.dtype.bit_width - 1)
    if decimal and field.optional and rng.random() < 0.2:
        return None
    return rng.choice([lowest, highest, 0 if lowest <= 0 else lowest, rng.randint(lowest, highest)])


def rows_of(kind: bw.RecordKind, encoding: str, count: int) -> list[tuple[Any, ...]]:
    rng = random.Random(f"{kind.name} {encoding}")
    return [tuple(raw_cell(f, encoding, rng) for f in kind.fields) for _ in range(count)]


def test_every_type_of_record_is_checked() -> None:
    assert set(CONTAINER_OF.values()) == set(CONTAINERS.values())


def test_kinds_are_the_same(modules: dict[str, bw.RecordModule], name: str) -> None:
    expected = CONTAINER_OF[name].kind
    found = modules[name].kind(expected.name)
    assert found.key == expected.key
    assert found.precisions == expected.precisions
    # Mojo does not tell what numbers mean, only which are allowed.
    plain = [(f.name, f.role, f.dtype, f.optional) for f in found.fields]
    assert plain == [(f.name, f.role, f.dtype, f.optional) for f in expected.fields]


def test_schemas_are_the_same(
    modules: dict[str, bw.RecordModule], name: str, encoding: str
) -> None:
    kind = CONTAINER_OF[name].kind
    meta = Meta(IDENTITY[kind.key], 3, 2)
    expected = record_schema(kind, ENCODINGS[encoding], meta)
    found = modules[name].get_schema(meta.to_dict(kind), encoding)
    assert found.equals(expected, check_metadata=True)
    assert list(modules[name].get_schema_map(encoding)) == expected.names


def test_values_are_the_same(modules: dict[str, bw.RecordModule], name: str, encoding: str) -> None:
    container = CONTAINER_OF[name]
    kind, mojo = container.kind, modules[name]
    metadata = Meta(IDENTITY[kind.key], 3, 2).to_dict(kind)
    rows = rows_of(kind, encoding, 700)  # more than one block of the decoder
    batch = mojo.encode_batch(metadata, rows, encoding)
    batch.validate(full=True)
    assert mojo.decode_batch(batch) == rows
    records = container.from_arrow(batch)
    assert (records.encoding, len(records)) == (encoding, len(rows))
    for at, field in enumerate(kind.fields):
        expected = [row[at] for row in rows]
        if field.role is Role.TEXT:
            assert records.to_arrow()[field.name].to_pylist() == expected
            continue
        if field.is_value and encoding != "fixed8":
            words = records.raw(field.name).tolist()
            wide = [(high << 64 | low) for low, high in words]
            undefined = 2**127 - 1 if field.signed else 2**128 - 1
            shown = [undefined if e is None else e % 2**128 for e in expected]
            assert wide == shown, field.name
        else:
            assert records.raw(field.name).tolist() == expected, field.name
    # What Python holds goes back to Mojo as the same rows, also as a part.
    (stored,) = records.to_arrow().to_batches()
    assert mojo.decode_batch(stored) == rows
    (part,) = records[100:650].to_arrow().to_batches()
    assert mojo.decode_batch(part) == rows[100:650]


def test_mojo_reads_what_the_wranglers_make(modules: dict[str, bw.RecordModule]) -> None:
    table = pa.table(
        {
            "timestamp": ["2024-01-02T09:30:00Z", "2024-01-02T09:30:01Z"],
            "action": ["add", "clear"],
            "side": ["buy", "none"],
            "price": [1.25, None],
            "size": [3.0, None],
        }
    )
    wrangler = bw.wranglers.OrderBookDeltaDataWranglerV2("A.B", 2, 0)
    (batch,) = wrangler.to_columns(table).to_arrow().to_batches()
    start = 1_704_187_800 * 10**9
    assert modules["delta"].decode_batch(batch) == [
        (1, 1, 1_250_000_000, 3_000_000_000, 0, 0, 0, start, start),
        (4, 0, 0, 0, 0, 0, 0, start + 10**9, start + 10**9),
    ]
