"""Rows of batches, read from an Arrow file without reading batches."""

from __future__ import annotations

import io
import random
from pathlib import Path

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow import _blocks
from barrow._blocks import BadBlocks, batch_rows
from barrow.ipc import ArrowFileWriter
from minutes import bars_at, minutes_of


def file_of(
    lengths: list[int], columns: int = 3, told: str | None = None, **options: object
) -> bytes:
    schema = pa.schema([(f"c{i}", pa.int64()) for i in range(columns)], metadata={"a": "b"})
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for number, length in enumerate(lengths):
            arrays = [pa.array(range(length), pa.int64())] * columns
            batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
            metadata = {"blanks": " " * number} | ({} if told is None else {"rows_before": told})
            writer.write_batch(batch, custom_metadata=metadata)
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


@pytest.mark.parametrize("told", [None, "000000000005"])
def test_damage_is_refused_or_harmless(told: str | None) -> None:
    whole = bytearray(file_of([5, 7, 1_000] if told is None else [5] * 9, told=told))
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


# ---------------------------------------------------------------- what the last batch tells


def wider(column: pa.Array, rows: int) -> pa.Array:
    """The same values over a buffer of so many."""
    width = column.type.bit_width // 8
    data = bytearray(rows * width)
    values = column.buffers()[1][column.offset * width :][: len(column) * width]
    data[: values.size] = values
    return pa.Array.from_buffers(column.type, len(column), [None, pa.py_buffer(data)])


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages were looked at, each time."""
    seen: list[int] = []
    messages = _blocks._messages

    def noted(data: object, blocks: np.ndarray) -> np.ndarray:
        seen.append(len(blocks))
        return messages(data, blocks)

    monkeypatch.setattr(_blocks, "_messages", noted)
    return seen


@pytest.mark.parametrize(
    ("lengths", "wanted"),
    [
        ([8] * 9, [2]),
        ([8] * 9 + [3], [2]),
        ([8] * 9 + [11], [2]),
        ([8, 8, 8, 3], [4]),
        ([8] * 8 + [3, 8], [2, 10]),
        ([3] + [8] * 9, [2, 10]),
        ([8] * 9 + [0], [2, 10]),
        ([8, 8, 0, 8, 8, 8], [6]),
        ([8, 8, 9, 8, 8, 8], [6]),
        ([0, 8, 8, 8, 8, 8], [6]),
    ],
)
def test_of_equal_batches_two_messages_are_looked_at(
    tmp_path: Path, looked: list[int], lengths: list[int], wanted: list[int]
) -> None:
    bars, path = bars_at(list(range(sum(lengths)))), tmp_path / "bars.arrow"
    [batch] = bars.to_arrow().to_batches()
    with ArrowFileWriter(path, bars.schema) as writer:
        for at, length in enumerate(lengths):
            writer.write(batch.slice(sum(lengths[:at]), length))
        writer.commit()
    assert batch_rows(path.read_bytes()).tolist() == lengths
    assert looked == wanted
    assert bw.open(path) == bars


@pytest.mark.parametrize("told", ["", "5", "0", "x", "-7", "7" * 100, "000000000008"])
def test_what_does_not_fit_the_first_batch_is_not_believed(told: str) -> None:
    lengths = [7, 5, 5, 5, 5, 2]
    assert batch_rows(file_of(lengths, told=told)).tolist() == lengths


def test_a_file_that_tells_other_rows_than_it_has_is_found_out(tmp_path: Path) -> None:
    bars, path = bars_at(list(range(37))), tmp_path / "bars.arrow"
    [batch] = bars.to_arrow().to_batches()
    lengths = [8, 8, 5, 8, 8]

    def write(least: int) -> bw.Bars:
        with pa.ipc.new_file(path, batch.schema) as writer:
            for at, length in enumerate(lengths):
                begin = sum(lengths[:at])
                # More bytes than rows, as for alignment.
                columns = [wider(c.slice(begin, length), max(length, least)) for c in batch]
                taken = pa.RecordBatch.from_arrays(columns, schema=batch.schema)
                writer.write_batch(taken, custom_metadata={"rows_before": "000000000008"})
        return bw.open(path)

    # Bodies of different lengths: not believed.
    assert write(0) == bars
    found = write(8)
    assert minutes_of(found[:16]) == list(range(16))
    with pytest.raises(bw.BarrowCorruptError) as raised:
        found[20]
    assert str(raised.value) == (
        f"{path}: the file is damaged: batch 2 has 5 rows, then 8\n"
        "  try: write it again from its source"
    )
