from __future__ import annotations

import os
from pathlib import Path

import barrow as bw
import polars as pl
import pyarrow as pa
import pytest
from barrow.ipc import ArrowFileWriter
from reference import COLUMNS, VALUES, integers

HEADER = "timestamp,open,high,low,close,volume\n"
BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "bars.csv"
    rows = (
        f"{1_704_187_800 + 60 * i},{i}.25,{i + 1}.5,-{i},{i}.125,{7 * i}.5\n" for i in range(1000)
    )
    path.write_text(HEADER + "".join(rows))
    return path


def stored_schema(encoding: str, metadata: dict[str, str]) -> pa.Schema:
    value = {"fixed8": pa.binary(8), "fixed16": pa.binary(16)}.get(encoding, pa.decimal128(38, 16))
    time = pa.timestamp("ns", "UTC") if encoding == "decimal128" else pa.uint64()
    fields = [pa.field(name, value, nullable=False) for name in VALUES]
    fields += [pa.field(name, time, nullable=False) for name in ("ts_event", "ts_init")]
    return pa.schema(fields, metadata=metadata)


def buffers(path: Path) -> list[list[pa.Buffer]]:
    """The buffers of values of every batch of a mapped file."""
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
    return [[column.buffers()[1] for column in batch.columns] for batch in batches]


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
@pytest.mark.parametrize("batch_rows", [8, 64, 136, 65_536])
def test_every_column_of_every_full_batch_is_aligned(
    source: Path, tmp_path: Path, encoding: str, batch_rows: int
) -> None:
    out = tmp_path / "out.arrow"
    bw.ingest(source, out, encoding=encoding, batch_rows=batch_rows, bar_type=BAR_TYPE)
    found = buffers(out)
    assert len(found) == -(-1000 // batch_rows)
    assert [b.address % 64 for batch in found for b in batch] == [0] * 7 * len(found)


def test_alignment_does_not_depend_on_the_length_of_the_metadata(
    source: Path, tmp_path: Path
) -> None:
    for length in range(1, 70):
        out = tmp_path / f"{length}.arrow"
        name = f"{'X' * length}.Y-1-MINUTE-LAST-EXTERNAL"
        bw.ingest(source, out, batch_rows=200, bar_type=name)
        assert {b.address % 64 for batch in buffers(out) for b in batch} == {0}


def test_every_batch_starts_aligned_whatever_its_rows(source: Path, tmp_path: Path) -> None:
    for rows in (1, 3, 7, 13, 333):
        out = tmp_path / f"{rows}.arrow"
        bw.ingest(source, out, batch_rows=rows)
        assert {batch[0].address % 64 for batch in buffers(out)} == {0}


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
def test_plain_pyarrow_reads_the_exact_schema(source: Path, tmp_path: Path, encoding: str) -> None:
    out = tmp_path / "out.arrow"
    bw.ingest(source, out, encoding=encoding, batch_rows=300, bar_type=BAR_TYPE)
    metadata = {"bar_type": BAR_TYPE, "price_precision": "3", "size_precision": "1"}
    with pa.OSFile(str(out)) as file:
        reader = pa.ipc.open_file(file)
        assert reader.schema.equals(stored_schema(encoding, metadata), check_metadata=True)
        assert reader.num_record_batches == 4
        table = reader.read_all()
    table.validate(full=True)
    assert bw.Bars.from_arrow(table) == bw.read_csv(source, bar_type=BAR_TYPE)


def test_without_a_bar_type_the_metadata_holds_none(source: Path, tmp_path: Path) -> None:
    bw.ingest(source, tmp_path / "out.arrow")
    schema = pa.ipc.open_file(pa.memory_map(str(tmp_path / "out.arrow"))).schema
    assert schema.metadata == {b"price_precision": b"3", b"size_precision": b"1"}
    assert bw.open(tmp_path / "out.arrow").bar_type is None


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
def test_polars_reads_the_file(source: Path, tmp_path: Path, encoding: str) -> None:
    out = tmp_path / "out.arrow"
    bars = bw.read_csv(source, encoding=encoding)
    bw.ingest(source, out, encoding=encoding, batch_rows=300)
    frame = pl.read_ipc(out)
    assert frame.columns == list(COLUMNS)
    for name in VALUES:
        assert frame[name].to_list() == bars.to_arrow()[name].to_pylist()
    stamps = frame["ts_event"].cast(pl.Int64).to_list()
    assert stamps == bars.raw("ts_event").tolist()


def test_open_maps_the_file(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.arrow"
    bw.ingest(source, out, batch_rows=300)
    bars = bw.open(out)
    ranges = [
        [int(end, 16) for end in line.split()[0].split("-")]
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(str(out))
    ]
    assert ranges
    for part in bars.batches():
        for name in COLUMNS:
            at = part.raw(name).__array_interface__["data"][0]
            assert any(begin <= at < end for begin, end in ranges)
            assert not part.raw(name).flags.writeable
            with pytest.raises(ValueError, match="WRITEABLE"):
                part.raw(name).flags.writeable = True


def test_open_outlives_a_deleted_or_replaced_file(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.arrow"
    bw.ingest(source, out)
    bars, expected = bw.open(out), bw.read_csv(source)
    bw.ingest(source, out, overwrite=True, encoding="fixed16")
    assert bars.encoding == "fixed8"
    out.unlink()
    assert bars == expected


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
def test_open_gives_what_was_read(source: Path, tmp_path: Path, encoding: str) -> None:
    bw.ingest(source, tmp_path / "out.arrow", encoding=encoding, batch_rows=7)
    bars, read = bw.open(tmp_path / "out.arrow"), bw.read_csv(source, encoding=encoding)
    assert bars == read
    assert bars.schema.equals(read.schema, check_metadata=True)
    for name in COLUMNS:
        assert integers(bars, name) == integers(read, name)
    assert bars[993:] == read[993:]


def write(path: Path, table: pa.Table, **options: object) -> Path:
    with pa.ipc.new_file(path, table.schema, **options) as writer:
        writer.write_table(table)
    return path


def test_files_of_others_are_read(source: Path, tmp_path: Path) -> None:
    bars = bw.read_csv(source, bar_type=BAR_TYPE)
    table = bars.to_arrow()
    extra = table.select([*COLUMNS[::-1]]).append_column("extra", pa.array(range(1000)))
    more = {**table.schema.metadata, b"class": b"Bar", b"pandas": b"{}"}
    extra = extra.replace_schema_metadata(more)
    assert bw.open(write(tmp_path / "extra.arrow", extra)) == bars
    packed = pa.ipc.IpcWriteOptions(compression="zstd")
    assert bw.open(write(tmp_path / "packed.arrow", table, options=packed)) == bars
    none = bw.open(write(tmp_path / "none.arrow", table.slice(0, 0)))
    assert (len(none), none.bar_type) == (0, BAR_TYPE)


def test_files_without_bars_are_schema_errors(source: Path, tmp_path: Path) -> None:
    table = bw.read_csv(source).to_arrow()
    path = write(tmp_path / "few.arrow", table.select(["open", "high"]))
    with pytest.raises(bw.BarrowSchemaError) as caught:
        bw.open(path)
    assert str(caught.value) == (
        f"{path}: no bars: column low, close, volume, ts_event, ts_init missing, found open, high"
    )
    nulls = pa.array([None] * 1000, pa.binary(8))
    holed = table.set_column(0, pa.field("open", pa.binary(8)), nulls)
    path = write(tmp_path / "holed.arrow", holed)
    assert len(bw.open(path)) == 1000
    with pytest.raises(bw.BarrowSchemaError) as caught:
        bw.open(path)[0]
    assert str(caught.value) == f'{path} column "open": holds 1000 nulls, expected none'
    twice = table.append_column("open", table["open"])
    with pytest.raises(bw.BarrowSchemaError):
        bw.open(write(tmp_path / "twice.arrow", twice))


def test_what_is_no_arrow_file_is_a_corrupt_error(source: Path, tmp_path: Path) -> None:
    text = tmp_path / "bars.dat"
    text.write_text(HEADER)
    stream = tmp_path / "stream.arrows"
    table = bw.read_csv(source).to_arrow()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    empty = tmp_path / "empty.arrow"
    empty.touch()
    expected = {
        text: f'{text}: the file starts with "timestamp,open,h", expected "ARROW1"\n'
        "  try: barrow ingest turns CSV into an Arrow file",
        empty: f'{empty}: the file starts with "", expected "ARROW1"\n'
        "  try: barrow ingest turns CSV into an Arrow file",
    }
    for path, message in expected.items():
        with pytest.raises(bw.BarrowCorruptError) as caught:
            bw.open(path)
        assert str(caught.value) == message
    with pytest.raises(bw.BarrowCorruptError, match="this looks like an Arrow IPC stream"):
        bw.open(stream)


def test_a_truncated_file_is_a_corrupt_error(source: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.arrow"
    bw.ingest(source, whole)
    cut = tmp_path / "cut.arrow"
    cut.write_bytes(whole.read_bytes()[:5000])
    with pytest.raises(bw.BarrowCorruptError) as caught:
        bw.open(cut)
    assert str(caught.value) == (
        f'{cut}: the file is cut off: its 5,000 bytes do not end with "ARROW1"\n'
        "  try: write it again from its source"
    )


def test_paths_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(bw.BarrowIoError, match=r"none\.arrow: cannot be read: No such file"):
        bw.open(tmp_path / "none.arrow")
    with pytest.raises(bw.BarrowIoError, match="cannot be read: Is a directory"):
        bw.open(tmp_path)


def test_open_reads_text_by_its_suffix(source: Path) -> None:
    assert bw.open(source, bar_type=BAR_TYPE) == bw.read_csv(source, bar_type=BAR_TYPE)


# ---------------------------------------------------------------------- the writer


def test_nothing_appears_before_commit(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "bars.arrow"
    out.parent.mkdir()
    bars = bw.read_csv(source)
    with ArrowFileWriter(out, bars.schema) as writer:
        for batch in bars.to_arrow().to_batches():
            writer.write(batch)
        assert not out.exists()
        assert len(os.listdir(out.parent)) == 1
        writer.commit()
        assert os.listdir(out.parent) == ["bars.arrow"]
    assert bw.open(out) == bars


def test_leaving_without_commit_removes_everything(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "bars.arrow"
    out.parent.mkdir()
    bars = bw.read_csv(source)
    with ArrowFileWriter(out, bars.schema) as writer:
        writer.write(bars.to_arrow().to_batches()[0])
        assert os.listdir(out.parent) != []
    assert os.listdir(out.parent) == []


def test_a_file_that_appears_meanwhile_is_not_overwritten(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "bars.arrow"
    bars = bw.read_csv(source)
    with ArrowFileWriter(out, bars.schema) as writer:
        out.write_text("mine")
        with pytest.raises(bw.BarrowIoError, match="the file exists"):
            writer.commit()
    assert out.read_text() == "mine"
    assert {"bars.arrow", "bars.csv"} == set(os.listdir(tmp_path))


def test_restating_keeps_every_value_and_the_alignment(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.arrow"
    narrow = bw.read_csv(source, price_precision=5)
    wide = bw.read_csv(source, encoding="fixed16", price_precision=5)
    with ArrowFileWriter(out, narrow.schema) as writer:
        for begin in range(0, 1000, 200):
            for batch in narrow[begin : begin + 200].to_arrow().to_batches():
                writer.write(batch)
        writer.restate(wide.schema)
        writer.commit()
    assert bw.open(out).schema.equals(wide.schema, check_metadata=True)
    assert bw.open(out) == wide
    assert {b.address % 64 for batch in buffers(out) for b in batch} == {0}
    assert {"out.arrow", "bars.csv"} == set(os.listdir(tmp_path))


def test_an_output_that_cannot_be_created(source: Path, tmp_path: Path) -> None:
    with pytest.raises(bw.BarrowIoError) as caught:
        bw.ingest(source, tmp_path / "none" / "out.arrow")
    assert str(caught.value) == (
        f"{tmp_path}/none/out.arrow: cannot be written: No such file or directory"
    )
    with pytest.raises(bw.BarrowIoError, match="cannot be written: Is a directory"):
        bw.ingest(source, tmp_path)


def test_opening_reads_no_batch(source: Path, tmp_path: Path) -> None:
    table = bw.read_csv(source).to_arrow()
    path = tmp_path / "bars.arrow"
    with pa.ipc.new_file(path, table.schema) as writer:
        for begin in range(0, 1000, 100):
            writer.write_table(table.slice(begin, 100))
    bars = bw.open(path)
    assert bars._batches._fetched == {}
    assert len(bars) == 1000
    assert bars._batches._fetched == {}
    assert bars[345] == bw.read_csv(source)[345]
    assert [*bars._batches._fetched] == [3]
    part = bars[450:870]
    assert len(part) == 420
    assert len(part[100:300]) == 200
    assert [*bars._batches._fetched] == [3]
    assert list(part[100:300]) == list(bw.read_csv(source)[550:750])
    assert [*bars._batches._fetched] == [3, 5, 6, 7]


def test_a_file_whose_batches_changed_is_not_believed(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "bars.arrow"
    bw.write_arrow(bw.read_csv(source), path)
    bars = bw.open(path)
    bars._batches.starts  # noqa: B018
    bars._batches._lengths.__self__._rows[0] -= 1
    with pytest.raises(bw.BarrowCorruptError, match="batch 0 has 1,000 rows, then 999"):
        bars[0]
