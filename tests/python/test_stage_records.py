"""The last stage from bar64 to bar64, which folds records as they are; fingerprints."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import barrow as bw
import numpy as np
import pytest
from barrow import etl
from barrow._lib import native
from barrow.bar64 import RECORD, Bar64Writer, Header, write_bar64
from barrow.etl.io import BinaryReader, ResampleIOFactory
from barrow.etl.io.index import fingerprint, sealed, unsealed
from barrow.etl.io.prints import linked, linked_bytes, linked_file, new_lanes
from minutes import bars_at
from rows_to_resample import BAR_TYPE, random_bars

TIMEFRAMES = ["5m", "1h", "1d", "1w", "1M"]
MINUTE = 60 * 10**9


def minutes(rows: int, seed: int = 0) -> bw.Bars:
    """Minutes with gaps, some of them twice, some known late."""
    return random_bars(seed, rows, bar_type=BAR_TYPE, late=2)


def file_of(path: Path, bars: bw.Bars) -> Path:
    write_bar64(bars, path)
    return path


def records_of(path: Path) -> np.ndarray[Any, Any]:
    """The records of a file, to be changed."""
    with BinaryReader(path) as reader:
        offset = reader.tell()
    return np.memmap(path, RECORD, "r+", offset)


def changed(path: Path, row: int, field: str, value: int) -> None:
    """Changes a value of a record, whose checksum is right again."""
    records = records_of(path)
    records[field][row] = value
    records["crc32c"][row] = native.crc32c(records[row].tobytes()[:-4])
    records.flush()


def made(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.bar64"))}


# ---------------------------------------------------------------------- the same bars


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tz": "America/New_York", "closed": "right", "partial": "keep"},
        {"session": "us-equities", "outside": "drop"},
        {"label": "right"},
        {"empty": "fill"},
        {"duplicates": "first"},
    ],
    ids=lambda options: "-".join(options) or "plain",
)
@pytest.mark.parametrize(("batch_rows", "save_rows"), [(977, 5000), (1 << 16, 1 << 20)])
def test_records_become_what_batches_become(
    tmp_path: Path, options: Any, batch_rows: int, save_rows: int
) -> None:
    if options.get("session") == "us-equities":
        pytest.importorskip("exchange_calendars")
    source = file_of(tmp_path / "x.bar64", minutes(70_001))
    sizes: Any = {"batch_rows": batch_rows, "save_rows": save_rows}
    mine = etl.resample(source, TIMEFRAMES, tmp_path / "mine", **sizes, **options)
    theirs = etl.resample(
        source, TIMEFRAMES, tmp_path / "theirs", factory=ResampleIOFactory(), **sizes, **options
    )
    assert made(tmp_path / "mine") == made(tmp_path / "theirs")
    assert len(made(tmp_path / "mine")) == len(TIMEFRAMES)
    assert (mine.rows, mine.bars) == (theirs.rows, theirs.bars)
    ledgers = [
        json.loads((tmp_path / name / "x.ledger.json").read_text()) for name in ("mine", "theirs")
    ]
    for ledger in ledgers:
        del ledger["crc32c"]
    assert ledgers[0] == ledgers[1]


def test_records_that_come_later_go_on(tmp_path: Path) -> None:
    bars = minutes(30_000, 3)
    whole = tmp_path / "whole" / "x.bar64"
    whole.parent.mkdir()
    write_bar64(bars, whole)
    etl.resample(whole, TIMEFRAMES, tmp_path / "wanted")
    source = tmp_path / "x.bar64"
    with Bar64Writer.create(source, Header.of(bars.schema, "x")) as writer:
        for begin, end in ((0, 1), (1, 9_000), (9_000, 9_001), (9_001, 30_000)):
            writer.write(bars[begin:end])
            writer.flush()
            assert etl.resample(source, TIMEFRAMES, tmp_path / "made").rows == end - begin
            assert etl.resample(source, TIMEFRAMES, tmp_path / "made").inputs == 0
    assert made(tmp_path / "made") == made(tmp_path / "wanted")


def test_outputs_may_be_links(tmp_path: Path) -> None:
    bars = minutes(70_001)
    etl.resample(file_of(tmp_path / "x.bar64", bars[:100]), ["5m"], tmp_path / "made")
    output = tmp_path / "made" / "x-5-minute.bar64"
    output.rename(tmp_path / "elsewhere")
    output.symlink_to(tmp_path / "elsewhere")
    with Bar64Writer(file_of(tmp_path / "y.bar64", bars[:100])) as writer:
        writer.write(bars[100:])
    (tmp_path / "y.bar64").replace(tmp_path / "x.bar64")
    assert etl.resample(tmp_path / "x.bar64", ["5m"], tmp_path / "made").rows == 69_901
    made_bars = bw.open(output)
    wanted = bw.resample(bars, "5m")["5m"]
    assert output.is_symlink()
    assert made_bars == wanted


# ---------------------------------------------------------------------- refusals


def test_a_damaged_record_is_an_error_with_its_number(tmp_path: Path) -> None:
    source = file_of(tmp_path / "x.bar64", minutes(20_000))
    records_of(source)["open"][12_345] += 1
    with pytest.raises(bw.BarrowCorruptError) as caught:
        etl.resample(source, TIMEFRAMES, tmp_path / "made", batch_rows=5_000)
    assert str(caught.value).startswith(f"{source} record 12345: its checksum is 0x")
    changed(source, 12_345, "open", minutes(20_000)[12_345].open.raw)
    assert etl.resample(source, TIMEFRAMES, tmp_path / "made").rows == 20_000


@pytest.mark.parametrize("row", [0, 5_000, 7_777])
def test_records_out_of_order_are_an_error(tmp_path: Path, row: int) -> None:
    source = file_of(tmp_path / "x.bar64", minutes(10_000))
    bars = minutes(10_000)
    changed(source, row + 1, "ts_event", bars[row].ts_event - 1)
    texts = []
    for factory in (None, ResampleIOFactory()):
        with pytest.raises(bw.BarrowParseError) as caught:
            etl.resample(source, TIMEFRAMES, tmp_path / "made", batch_rows=5_000, factory=factory)
        assert caught.value.reason == "order"
        texts.append(str(caught.value))
        shutil.rmtree(tmp_path / "made")
    assert texts[0] == texts[1]
    assert texts[0].startswith(f"{source}: the bar of ")


def test_stamps_that_are_there_twice_are_an_error_where_they_must_not(tmp_path: Path) -> None:
    bars = bars_at(list(range(10_000)))
    source, stamp = file_of(tmp_path / "x.bar64", bars), bars[6_000].ts_event
    changed(source, 6_001, "ts_event", stamp)
    assert etl.resample(source, TIMEFRAMES, tmp_path / "kept").rows == 10_000
    for factory in (None, ResampleIOFactory()):
        with pytest.raises(bw.BarrowArgumentError, match=r"^row 6001: ts_event .* is there twice"):
            etl.resample(source, TIMEFRAMES, tmp_path / "made", duplicates="error", factory=factory)
        shutil.rmtree(tmp_path / "made")


def test_a_bar_that_would_start_before_1970_is_an_error(tmp_path: Path) -> None:
    source = file_of(tmp_path / "x.bar64", minutes(10_000))
    changed(source, 0, "ts_event", MINUTE)
    for factory in (None, ResampleIOFactory()):
        with pytest.raises(bw.BarrowArgumentError, match="before 1970, which time stamps cannot"):
            etl.resample(
                source, ["1d"], tmp_path / "made", tz="Asia/Tokyo", offset="17h", factory=factory
            )
        shutil.rmtree(tmp_path / "made")


def test_a_file_that_is_replaced_or_cut_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = file_of(tmp_path / "x.bar64", minutes(1_000))
    with BinaryReader(path) as reader:
        shutil.copy(path, tmp_path / "other")
        (tmp_path / "other").replace(path)
        with pytest.raises(bw.BarrowCorruptError) as caught:
            reader.read_records(10)
    assert str(caught.value) == (
        f"{path}: another file has its name now, other than when it was opened\n  try: once more"
    )
    with BinaryReader(path) as reader:
        piece = reader.read_records(10)
        assert piece is not None
        assert (len(piece), piece.last) == (10, minutes(1_000)[9].ts_event)
        with path.open("r+b") as file:
            file.truncate(6_400)
        with pytest.raises(bw.BarrowCorruptError) as caught:
            reader.read_records(990)
    assert str(caught.value) == (
        f"{path}: it ends at byte 6,400 now, other than when it was opened\n  try: once more"
    )


# ---------------------------------------------------------------------- what was read


@pytest.mark.parametrize("row", [0, 100, 5_000, 9_900])
def test_records_that_were_replaced_by_whole_ones_are_noticed(tmp_path: Path, row: int) -> None:
    # A CRC of a record and of the checksum in it is the same whatever the record says.
    days = tmp_path / "day.bar64"
    file_of(days, minutes(10_000))
    source = tmp_path / "x.bar64"
    etl.aggregate([days], source)
    etl.resample(source, TIMEFRAMES, tmp_path / "made", batch_rows=1_000, save_rows=3_000)
    before = made(tmp_path / "made")
    for path, stage in (
        (source, lambda: etl.resample(source, TIMEFRAMES, tmp_path / "made")),
        (days, lambda: etl.aggregate([days], source)),
    ):
        data = path.read_bytes()
        changed(path, row, "volume", 123)
        with pytest.raises(bw.BarrowCorruptError) as caught:
            stage()
        assert str(caught.value) == (
            f"{path}: it was rewritten before byte {len(data):,}, where reading stopped\n"
            "  try: rebuild=True (--rebuild) starts over"
        )
        path.write_bytes(data)
        assert stage().rows == 0
    assert made(tmp_path / "made") == before


def test_the_fingerprint_of_reading_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = file_of(tmp_path / "x.bar64", minutes(5_003))
    for sizes in ([5_003], [1, 7, 8, 100, 4_887], [64] * 79):
        with BinaryReader(path) as reader:
            chain = 0
            for size in sizes:
                assert reader.read_batch(size) is not None
                told = reader.printed()
                chain = linked(chain, told.lanes, told.end - told.begin)
                wanted = linked_file(str(path), told.begin, told.end, 0)
                assert linked(0, told.lanes, told.end - told.begin) == wanted
                assert (told.head, told.tail) == fingerprint(path, told.end)
            position = reader.tell()
            reader.seek(0)
            assert reader.read_batch(5_003) is not None
            assert reader.printed().begin == 0
            reader.seek(position)
            assert reader.printed().lanes == new_lanes().tobytes()


def test_the_fingerprint_of_bytes_is_that_of_a_plain_loop(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    for size in (0, 1, 63, 64, 65, 1_000, (1 << 18) + 100):
        data = chance.bytes(size)
        lanes = [int(lane) for lane in new_lanes()]
        words = np.frombuffer(data[: size // 64 * 64], np.uint64).tolist()
        for at, word in enumerate(words):
            product = (lanes[at % 8] ^ word) * 0x9E3779B97F4A7C15 % 2**64
            lanes[at % 8] = product ^ (product >> 32)
        told = np.array(lanes, np.uint64).tobytes()
        wanted = linked(77, told, size, data[size // 64 * 64 :])
        path = tmp_path / "bytes"
        path.write_bytes(b"before" + data + b"behind")
        assert linked_bytes(77, data) == wanted
        assert linked_file(str(path), 6, 6 + size, 77) == wanted


def test_a_ledger_of_version_1_says_what_to_do(tmp_path: Path) -> None:
    source = file_of(tmp_path / "x.bar64", minutes(1_000))
    etl.resample(source, TIMEFRAMES, tmp_path / "made")
    ledger = tmp_path / "made" / "x.ledger.json"
    facts = unsealed("barrow_ledger", 2, ledger.read_bytes())
    assert facts is not None
    ledger.write_bytes(sealed("barrow_ledger", 1, facts))
    with pytest.raises(bw.BarrowUnsupportedError) as caught:
        etl.resample(source, TIMEFRAMES, tmp_path / "made")
    assert str(caught.value) == (
        f"{ledger}: it is version 1 of a ledger, this barrow reads 2\n"
        "  try: rebuild=True (--rebuild) starts over"
    )
    assert etl.resample(source, TIMEFRAMES, tmp_path / "made", rebuild=True).rows == 1_000


def test_a_bar_type_is_that_of_the_source(tmp_path: Path) -> None:
    source = file_of(tmp_path / "x.bar64", minutes(1_000))
    etl.resample(source, ["5m"], tmp_path / "made")
    bars = bw.open(tmp_path / "made" / "x-5-minute.bar64")
    assert str(bars.bar_type) == BAR_TYPE.replace("1-MINUTE", "5-MINUTE").replace("EX", "IN")
