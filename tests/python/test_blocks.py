"""Rows of batches, read from an Arrow file without reading batches."""

from __future__ import annotations

import io
import random

import numpy as np
import pyarrow as pa
import pytest
from barrow._blocks import BadBlocks, batch_rows


def file_of(lengths: list[int], columns: int = 3, **options: object) -> bytes:
    schema = pa.schema([(f"c{i}", pa.int64()) for i in range(columns)], metadata={"a": "b"})
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for number, length in enumerate(lengths):
            arrays = [pa.array(range(length), pa.int64())] * columns
            batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
            writer.write_batch(batch, custom_metadata={"blanks": " " * number})
    return sink.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_legacy_format": True},
        {"metadata_version": pa.ipc.MetadataVersion.V4},
        {"compression": "lz4"},
        {"compression": "zstd"},
    ],
)
@pytest.mark.parametrize("lengths", [[], [0], [5], [3, 0, 1_000, 1, 0], [*range(70)]])
def test_rows_of_every_batch(lengths: list[int], options: dict[str, object]) -> None:
    rows = batch_rows(file_of(lengths, **options))
    assert rows.dtype == np.int64
    assert rows.tolist() == lengths


def test_dictionaries_are_no_batches() -> None:
    words = pa.array(["a", "b", "a"]).dictionary_encode()
    sink = io.BytesIO()
    batch = pa.record_batch([words], names=["word"])
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
        writer.write_batch(batch.slice(1))
    assert batch_rows(sink.getvalue()).tolist() == [3, 2]


def test_a_file_cut_off_is_refused() -> None:
    whole = file_of([5, 7])
    for size in range(len(whole)):
        with pytest.raises(BadBlocks):
            batch_rows(whole[:size])


def test_damage_is_refused_or_harmless() -> None:
    whole = bytearray(file_of([5, 7, 1_000]))
    rng = random.Random(4)
    for _ in range(5_000):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            damaged[rng.randrange(len(whole))] = rng.choice([0, 0xFF, rng.randrange(256)])
        try:
            rows = batch_rows(bytes(damaged))
        except BadBlocks:
            continue
        assert (rows >= 0).all()
        assert len(rows) <= len(whole)
