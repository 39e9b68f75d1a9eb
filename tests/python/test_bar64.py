"""bar64 files: the format as its page has it, reading, writing and appending."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import barrow as bw
import numpy as np
import pytest
from bar64_page import crc32c, read_page
from barrow.bar64 import (
    RECORD,
    Bar64Reader,
    Bar64Writer,
    Header,
    append_bar64,
    open_bar64,
    write_bar64,
)
from reference import COLUMNS, integers

HEADER = "timestamp,open,high,low,close,volume\n"
BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"


def make_bars(path: Path, rows: int, **options: object) -> bw.Bars:
    text = (
        f"{1_704_187_800 + 60 * i},{i}.25,{i + 1}.5,-{i},{i}.125,{7 * i}.5\n" for i in range(rows)
    )
    path.write_text(HEADER + "".join(text))
    bars = bw.read_csv(path, **{"bar_type": BAR_TYPE, **options})
    assert isinstance(bars, bw.Bars)
    return bars


@pytest.fixture
def bars(tmp_path: Path) -> bw.Bars:
    return make_bars(tmp_path / "bars.csv", 1000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bars.bar64"


# ---------------------------------------------------------------------- the format


def test_a_reader_written_from_the_page_reads_the_file(bars: bw.Bars, path: Path) -> None:
    write_bar64(bars, path, stamp="close")
    facts, records = read_page(path.read_bytes())
    assert facts == {
        "scale": 9,
        "price_precision": 3,
        "size_precision": 1,
        "stamp": 2,
        "created_with": 1000,
        "bar_type": BAR_TYPE,
        "symbol": "",
    }
    names = ("ts_event", "open", "high", "low", "close", "volume", "ts_init")
    for at, name in enumerate(names):
        assert [record[at] for record in records] == integers(bars, name)
    assert {record[7] for record in records} == {0}


def test_a_writer_written_from_the_page_is_read(path: Path) -> None:
    name = b"X.Y-1-DAY-LAST-EXTERNAL"
    head = struct.pack("<8sHHBBBBHHIQ", b"\x89BAR64\r\n", 1, 1, 9, 2, 0, 1, len(name), 2, 0, 0)
    head += name + b"XY"
    head += bytes(60 - len(head))
    record = struct.pack("<QqqqqQQI", 5, -1, 2**63 - 1, -(2**63), 0, 2**64 - 1, 6, 77)
    parts = [data + struct.pack("<I", crc32c(data)) for data in (head, record, record)]
    path.write_bytes(b"".join(parts))
    with Bar64Reader(path) as reader:
        assert reader.header == Header("X.Y-1-DAY-LAST-EXTERNAL", 2, 0, "XY", "open")
        assert reader.records["flags"].tolist() == [77, 77]
        found = reader.bars()
    values = {"ts_event": 5, "open": -1, "high": 2**63 - 1, "low": -(2**63), "close": 0}
    values |= {"volume": 2**64 - 1, "ts_init": 6}
    for column, value in values.items():
        assert integers(found, column) == [value, value]


def test_records_are_a_view_of_the_file(bars: bw.Bars, path: Path) -> None:
    write_bar64(bars, path)
    with Bar64Reader(path) as reader:
        records = reader.records
        assert isinstance(records, np.memmap)
        assert (records.dtype, records.dtype.itemsize, len(records)) == (RECORD, 64, 1000)
        assert not records.flags.writeable
        at = records.__array_interface__["data"][0]
        assert at % 64 == 0
        ranges = [
            [int(end, 16) for end in line.split()[0].split("-")]
            for line in Path("/proc/self/maps").read_text().splitlines()
            if line.endswith(str(path))
        ]
        assert any(begin <= at < end for begin, end in ranges)
        for name in COLUMNS:
            assert records[name].tolist() == integers(bars, name)


@pytest.mark.parametrize("length", [1, 27, 28, 29, 100, 1000])
def test_texts_of_any_length_fit(bars: bw.Bars, path: Path, length: int) -> None:
    header = Header(bar_type="é" * length, symbol="S", price_precision=9)
    with Bar64Writer.create(path, header) as writer:
        writer.write(bw.Bars.from_arrow(bars.to_arrow().replace_schema_metadata(
            {"price_precision": "3", "size_precision": "0"}
        )))  # fmt: skip
    facts, records = read_page(path.read_bytes())
    assert (facts["bar_type"], facts["symbol"], len(records)) == ("é" * length, "S", 1000)
    with Bar64Reader(path) as reader:
        assert reader.header == header


def test_headers_that_cannot_be_are_refused(path: Path) -> None:
    wrong = {
        "bar_type: 4,061 bytes of text, expected at most 4,060": Header(bar_type="x" * 4061),
        "stamp: 'shut' is none of open, close, None": Header(stamp="shut"),  # type: ignore[arg-type]
        "price_precision: 10, expected 0 to 9": Header(price_precision=10),
        "size_precision: -1, expected 0 to 9": Header(size_precision=-1),
    }
    for text, header in wrong.items():
        with pytest.raises(bw.BarrowArgumentError) as caught:
            Bar64Writer.create(path, header)
        assert str(caught.value) == text
    assert not path.exists()


# ---------------------------------------------------------------------- there and back


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 63, 1000, 32_768, 32_769, 150_000])
def test_bars_come_back(tmp_path: Path, path: Path, rows: int) -> None:
    bars = make_bars(tmp_path / "bars.csv", rows)
    write_bar64(bars, path)
    found = bw.open(path)
    assert found == bars
    assert found.schema.equals(bars.schema, check_metadata=True)
    assert len(list(found.batches())) == 1


def test_no_bars_come_back_too(bars: bw.Bars, path: Path) -> None:
    write_bar64(bars[:0], path)
    assert len(bw.open(path)) == 0
    assert bw.open(path).schema.equals(bars.schema, check_metadata=True)
    assert append_bar64(bars, path) == 1000
    assert bw.open(path) == bars


def test_batches_of_any_size_give_the_same_file(bars: bw.Bars, path: Path) -> None:
    write_bar64(bars, path)
    whole = path.read_bytes()
    for rows in (1, 3, 64, 333):
        batches = bars.to_arrow().to_batches(max_chunksize=rows)
        write_bar64(bw.Bars(batches, bars.schema), path, overwrite=True)
        assert path.read_bytes() == whole


@pytest.mark.parametrize("encoding", ["fixed16", "decimal128"])
def test_wide_values_that_fit_are_stored(tmp_path: Path, path: Path, encoding: str) -> None:
    bars = make_bars(tmp_path / "bars.csv", 1000, encoding=encoding)
    write_bar64(bars, path)
    assert bw.open(path) == bars
    assert bw.open(path).encoding == "fixed8"


def test_a_wide_value_that_does_not_fit_is_an_error(tmp_path: Path, path: Path) -> None:
    source = tmp_path / "wide.csv"
    for bad in ("1.0000000001", "9223372037"):
        source.write_text(f"{HEADER}1704187800,1,1,1,1,1\n1704187860,1,{bad},1,1,1\n")
        wide = bw.read_csv(source, encoding="fixed16")
        with pytest.raises(bw.BarrowParseError) as caught:
            write_bar64(wide, path)
        assert str(caught.value) == (
            f"row 1 column 'high': {bad} does not fit into fixed8 (9 decimals, at most "
            "9223372036)\n  try: encoding='fixed16'"
        )
        assert not path.exists()
    assert os.listdir(tmp_path) == ["wide.csv"]


def test_parts_are_read(bars: bw.Bars, path: Path) -> None:
    write_bar64(bars, path)
    with Bar64Reader(path) as reader:
        for begin, end in ((0, 10), (3, 3), (990, None), (-5, None), (5, 2), (0, 5000)):
            assert reader.bars(begin, end) == bars[begin:end]
            assert reader.bars(begin, end, verify=False) == bars[begin:end]


def test_what_was_read_outlives_the_reader(bars: bw.Bars, path: Path) -> None:
    write_bar64(bars, path)
    with Bar64Reader(path) as reader:
        found = reader.bars()
    path.unlink()
    assert len(reader) == 0
    assert found == bars


def test_the_caller_may_say_the_bar_type(bars: bw.Bars, path: Path) -> None:
    write_bar64(make_bars(path.with_suffix(".csv"), 3, bar_type=None), path)
    assert bw.open(path).bar_type is None
    assert bw.open(path, bar_type=BAR_TYPE) == bars[:3]
    write_bar64(bars, path, overwrite=True)
    with pytest.raises(bw.BarrowSchemaError, match="the bars are EUR/USD"):
        bw.open(path, bar_type="GBP/USD.SIM-1-MINUTE-BID-EXTERNAL")
    with pytest.raises(bw.BarrowSchemaError, match="which have no instrument id"):
        bw.open(path, instrument_id="EUR/USD.SIM")
    with pytest.raises(bw.BarrowSchemaError, match="it holds bars, expected trades"):
        bw.open(path, container=bw.Trades)


def test_the_file_is_told_by_content_and_by_suffix(bars: bw.Bars, tmp_path: Path) -> None:
    for name in ("bars.arrow", "bars.csv.gz", "bars", "bars.parquet"):
        write_bar64(bars, tmp_path / name)
        assert bw.open(tmp_path / name) == bars
    (tmp_path / "text.bar64").write_text(HEADER)
    with pytest.raises(bw.BarrowCorruptError) as caught:
        bw.open(tmp_path / "text.bar64")
    assert str(caught.value) == (
        f'{tmp_path}/text.bar64: the file starts with "timestam", expected "\\x89BAR64\\r\\n"\n'
        "  try: barrow convert FILE -o OTHER.bar64 makes such files"
    )
    with pytest.raises(bw.BarrowIoError, match=r"none\.bar64: cannot be read: No such file"):
        bw.open(tmp_path / "none.bar64")


def test_only_bars_are_written(tmp_path: Path, path: Path) -> None:
    source = tmp_path / "trades.csv"
    source.write_text("timestamp,price,size\n1704187800,1,1\n")
    with pytest.raises(bw.BarrowSchemaError, match="no bars: column open"):
        write_bar64(bw.read_csv(source), path)
    assert not path.exists()


# ---------------------------------------------------------------------- whole files


def test_a_file_is_not_replaced_unless_it_may_be(bars: bw.Bars, path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(bw.BarrowIoError) as caught:
        write_bar64(bars, path)
    assert str(caught.value) == (f"{path}: the file exists\n  try: overwrite=True (--overwrite)")
    assert path.read_text() == "mine"
    write_bar64(bars, path, overwrite=True)
    assert bw.open(path) == bars


def test_progress_is_told(tmp_path: Path, path: Path) -> None:
    seen: list[tuple[int, int]] = []
    bars = make_bars(tmp_path / "bars.csv", 40_000)
    write_bar64(bars, path, progress=lambda *told: seen.append(told))
    assert seen == [(rows, 40_000) for rows in (8_192, 16_384, 24_576, 32_768, 40_000)]


def test_what_cannot_be_written_leaves_nothing(bars: bw.Bars, tmp_path: Path) -> None:
    with pytest.raises(bw.BarrowIoError, match="cannot be written: No such file"):
        write_bar64(bars, tmp_path / "none" / "x.bar64")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_bar64(bars, tmp_path / "x.bar64", progress=stop)
    assert os.listdir(tmp_path) == ["bars.csv"]


# ---------------------------------------------------------------------- appending


def test_appending_in_any_pieces_gives_the_same_records(bars: bw.Bars, path: Path) -> None:
    header = Header.of(bars.schema, "bars")
    with Bar64Writer.create(path, header) as writer:
        writer.write(bars)
        writer.flush()
    whole = path.read_bytes()
    for step in (1, 7, 64, 999):
        with Bar64Writer.create(path, header, overwrite=True) as writer:
            for begin in range(0, 1000, step):
                writer.write(bars[begin : begin + step])
        assert path.read_bytes() == whole
    write_bar64(bars[:1], path, overwrite=True)
    for begin in range(1, 1000, 333):
        assert append_bar64(bars[begin : begin + 333], path, fsync=False) == begin + 333
    assert bw.open(path) == bars


def test_a_reader_sees_what_was_there_when_it_opened(bars: bw.Bars, path: Path) -> None:
    write_bar64(bars[:10], path)
    with Bar64Reader(path) as reader:
        append_bar64(bars[10:], path)
        assert reader.bars() == bars[:10]
    assert bw.open(path) == bars


def test_records_are_dropped_from_the_end(bars: bw.Bars, path: Path) -> None:
    write_bar64(bars, path)
    with Bar64Writer(path) as writer:
        writer.truncate(998)
        assert len(writer) == 998
        writer.write(bars[:2])
        with pytest.raises(bw.BarrowArgumentError) as caught:
            writer.truncate(1001)
    assert str(caught.value) == "count: 1,001, expected 0 to 1,000, the records there are"
    assert open_bar64(path)[:998] == bars[:998]
    assert open_bar64(path)[998:] == bars[:2]
    with Bar64Reader(path) as reader:
        assert reader.header.sealed == 998


def test_two_writers_are_kept_apart(bars: bw.Bars, path: Path) -> None:
    write_bar64(bars, path)
    with Bar64Writer(path) as writer:
        with pytest.raises(bw.BarrowIoError) as caught:
            append_bar64(bars, path)
        assert str(caught.value) == (
            f"{path}: another writer has it open\n  try: wait until it is done"
        )
        writer.write(bars[:5])
    assert append_bar64(bars, path) == 2005


def test_bars_of_something_else_are_not_appended(tmp_path: Path, bars: bw.Bars, path: Path) -> None:
    write_bar64(bars, path)
    other = make_bars(tmp_path / "o.csv", 3, bar_type="GBP/USD.SIM-1-MINUTE-BID-EXTERNAL")
    finer = make_bars(tmp_path / "f.csv", 3, price_precision=5)
    trades = tmp_path / "trades.csv"
    trades.write_text("timestamp,price,size\n1704187800,1,1\n")
    wrong = {
        f"{path}: the bars of the file are {BAR_TYPE}, those to write {other.bar_type}": other,
        f"{path}: price_precision of the file is 3, of the bars to write 5\n"
        "  try: read them with price_precision=3": finer,
    }
    for text, records in wrong.items():
        with pytest.raises(bw.BarrowSchemaError) as caught:
            append_bar64(records, path)
        assert str(caught.value) == text
    with pytest.raises(bw.BarrowSchemaError, match="records: no bars"):
        append_bar64(bw.read_csv(trades), path)
    assert bw.open(path) == bars


def test_a_full_disk_leaves_the_file_as_it_was(
    bars: bw.Bars, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bar64(bars, path)
    before = path.read_bytes()
    real = os.pwrite

    def full(file: int, data: bytes, place: int) -> int:
        if place > len(before):
            raise OSError(28, "No space left on device")
        return real(file, bytes(data)[:1000], place)

    with Bar64Writer(path) as writer:
        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(bw.BarrowIoError) as caught:
            writer.write(bars)
        assert str(caught.value) == (
            f"{path}: cannot be written: No space left on device\n"
            "  try: free some space, or write elsewhere"
        )
        assert path.read_bytes() == before
        monkeypatch.setattr(os, "pwrite", lambda f, data, at: real(f, bytes(data)[:1000], at))
        assert writer.write(bars) == 1000
    assert open_bar64(path)[1000:] == bars


def test_a_disk_that_fails_to_sync_is_told(
    bars: bw.Bars, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bar64(bars, path)

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(bw.BarrowIoError) as caught:
        append_bar64(bars, path)
    assert str(caught.value) == f"{path}: cannot be made durable: Input/output error"
    assert append_bar64(bars, path, fsync=False) == 3000
