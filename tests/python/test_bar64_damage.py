"""Damaged bar64 files: a clean error, or exactly the bars that were written."""

from __future__ import annotations

import json
from pathlib import Path

import barrow as bw
import pytest
from bar64_page import crc32c
from barrow.bar64 import Bar64Reader, Bar64Writer, Condition, Header, cut_tail, write_bar64
from children import run_barrow
from test_bar64 import BAR_TYPE, make_bars

AGAIN = "\n  try: write it again from its source"
CUT = "\n  try: barrow check --cut-tail (barrow.bar64.cut_tail) cuts off what was not completed"
HEAD = 128


@pytest.fixture
def bars(tmp_path: Path) -> bw.Bars:
    return make_bars(tmp_path / "bars.csv", 40)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bars.bar64"


def created(bars: bw.Bars, path: Path) -> bytes:
    """A file that was created as a whole."""
    write_bar64(bars, path, overwrite=True)
    return path.read_bytes()


def appended(bars: bw.Bars, path: Path) -> bytes:
    """A file of the same bars that was appended to."""
    with Bar64Writer.create(path, Header.of(bars.schema, "bars"), overwrite=True) as writer:
        writer.write(bars)
    return path.read_bytes()


def error_of(path: Path) -> str:
    with pytest.raises(bw.BarrowCorruptError) as caught:
        bw.open(path)
    return str(caught.value)


def test_a_created_file_that_is_cut_anywhere_is_an_error(bars: bw.Bars, path: Path) -> None:
    whole = created(bars, path)
    for size in [*range(HEAD + 64), *range(len(whole) - 1024, len(whole))]:
        path.write_bytes(whole[:size])
        rows = (size - HEAD) // 64
        if size < HEAD:
            assert error_of(path) == f"{path}: the file is cut off within its header{AGAIN}"
            continue
        text = f"{path}: the file is cut off: it holds {rows} whole records, expected at least 40"
        assert error_of(path) == f"{text}{AGAIN}"
        with Bar64Reader(path, torn="leave") as reader:
            assert reader.bars() == bars[:rows]
            assert reader.torn_bytes == (size - HEAD) % 64
        for mend in (cut_tail, Bar64Writer):
            with pytest.raises(bw.BarrowCorruptError, match="the file is cut off"):
                mend(path)
        assert path.stat().st_size == size


def test_an_appended_file_that_is_cut_anywhere_holds_what_is_whole(
    bars: bw.Bars, path: Path
) -> None:
    whole = appended(bars, path)
    for size in [*range(HEAD, HEAD + 64), *range(len(whole) - 1024, len(whole))]:
        path.write_bytes(whole[:size])
        rows, torn = divmod(size - HEAD, 64)
        if torn:
            text = f"its end is torn: the {torn} bytes behind {rows} records are no whole record"
            assert error_of(path) == f"{path}: {text}{CUT}"
            with pytest.raises(bw.BarrowCorruptError, match="its end is torn"):
                Bar64Writer(path)
        assert path.stat().st_size == size
        assert cut_tail(path) == torn
        assert bw.open(path) == bars[:rows]
        with Bar64Writer(path) as writer:
            writer.write(bars[rows:])
        assert path.read_bytes() == whole


@pytest.mark.parametrize("make", [created, appended])
def test_every_flipped_bit_is_found(tmp_path: Path, path: Path, make) -> None:
    bars = make_bars(tmp_path / "few.csv", 3)
    whole = make(bars, path)
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        row = (bit // 8 - HEAD) // 64
        text = error_of(path)
        if 0 <= row < 2:
            assert text.startswith(f"{path} record {row}: its checksum is 0x")
        elif row == 2 and make is appended:
            assert text.startswith(f"{path}: its end is torn: the 64 bytes behind 2 records")
        elif row == 2:
            assert text.startswith(f"{path}: the file is cut off: it holds 2 whole records")
        else:
            assert text.startswith(f"{path}: the ")


def test_a_header_of_another_version_is_not_guessed_at(bars: bw.Bars, path: Path) -> None:
    whole = bytearray(created(bars, path))
    whole[8] = 2
    whole[HEAD - 4 : HEAD] = crc32c(whole[: HEAD - 4]).to_bytes(4, "little")
    path.write_bytes(whole)
    with pytest.raises(bw.BarrowUnsupportedError) as caught:
        bw.open(path)
    assert str(caught.value) == (
        f"{path}: it is version 2 of bar64, this barrow reads version 1\n  try: a newer barrow"
    )


@pytest.mark.parametrize(
    ("at", "value"),
    [(12, b"\x10"), (13, b"\x0a"), (14, b"\xff"), (15, b"\x03"), (16, b"\xff\xff"), (32, b"\xff")],
)
def test_a_header_that_cannot_be_is_an_error(
    bars: bw.Bars, path: Path, at: int, value: bytes
) -> None:
    whole = bytearray(created(bars, path))
    whole[at : at + len(value)] = value
    whole[HEAD - 4 : HEAD] = crc32c(whole[: HEAD - 4]).to_bytes(4, "little")
    path.write_bytes(whole)
    assert "which cannot be" in error_of(path) or "is not UTF-8" in error_of(path)


def test_a_damaged_record_is_named(bars: bw.Bars, path: Path) -> None:
    whole = bytearray(created(bars, path))
    for row in (30, 17):
        whole[HEAD + 64 * row + 9] ^= 1
    path.write_bytes(whole)
    text = error_of(path)
    assert text.startswith(f"{path} record 17: its checksum is 0x")
    with Bar64Reader(path) as reader:
        assert reader.condition() == Condition(40, 2, 17, 0, 0)
        assert reader.bars(0, 17) == bars[:17]
        assert reader.bars(18, 30) == bars[18:30]
        with pytest.raises(bw.BarrowCorruptError, match="record 30: its checksum"):
            reader.bars(18)
        with pytest.raises(bw.BarrowCorruptError, match="record 17: its checksum"):
            reader.verify()
        assert len(reader.bars(verify=False)) == 40


@pytest.mark.parametrize("tail", [b"x", bytes(63), bytes(64), bytes(6400), b"\xff" * 130])
def test_a_torn_tail_is_found_reported_and_cut(bars: bw.Bars, path: Path, tail: bytes) -> None:
    whole = created(bars, path)
    path.write_bytes(whole + tail)
    text = f"{path}: its end is torn: the {len(tail):,} bytes behind 40 records are no whole record"
    assert error_of(path) == text + CUT
    with Bar64Reader(path, torn="leave") as reader:
        assert reader.bars() == bars
        assert reader.condition() == Condition(40, 0, None, len(tail), 0)
        reader.verify()
    with Bar64Writer(path, cut=True) as writer:
        assert (writer.cut, len(writer)) == (len(tail), 40)
    assert path.read_bytes() == whole
    assert cut_tail(path) == 0


# ---------------------------------------------------------------------- barrow check


def printed(*arguments: object, status: int = 0) -> str:
    """What a command prints, once it ended as it should."""
    done = run_barrow(*arguments)
    assert done.returncode == status, done.stderr
    return done.stdout


def test_check_says_what_is_wrong(bars: bw.Bars, path: Path) -> None:
    whole = appended(bars, path)
    # The bars of the fixture have lows below and highs above: they are good.
    report = json.loads(printed("check", path, "--json"))
    assert (report["rows"], report["ok"], report["findings"]) == (40, True, [])
    path.write_bytes(whole + b"xyz")
    assert printed("check", path, status=1).splitlines() == [
        f"{path}: 40 bars, 1 errors, 0 warnings",
        "  error: torn_tail: 3 bytes at the end are no whole record",
    ]
    damaged = bytearray(whole)
    damaged[HEAD + 64 * 7] ^= 128
    path.write_bytes(damaged)
    assert printed("check", path, status=1).splitlines() == [
        f"{path}: 40 bars, 1 errors, 0 warnings",
        "  error: checksum, 1 rows, first at row 7: the checksum of the record is wrong",
    ]
    created(bars, path)
    path.write_bytes(path.read_bytes()[: -64 * 3])
    assert printed("check", path, status=1).splitlines() == [
        f"{path}: 37 bars, 3 errors, 0 warnings",
        "  error: cut_off, 3 rows, first at row 37: records are gone that were there when the "
        "file was created: 3",
    ]


def test_check_cuts_a_tail_when_asked(bars: bw.Bars, path: Path) -> None:
    whole = appended(bars, path)
    path.write_bytes(whole + b"xyz")
    assert printed("check", path, "--cut-tail").splitlines() == [
        f"{path}: 40 bars, 0 errors, 1 warnings",
        "  warning: torn_tail: 3 bytes at the end are no whole record: they were cut off",
    ]
    assert path.read_bytes() == whole


def test_check_looks_at_the_bars_too(path: Path, tmp_path: Path) -> None:
    source = tmp_path / "bad.csv"
    source.write_text(
        "timestamp,open,high,low,close,volume\n"
        "1704187860,1,2,0.5,1.5,1\n1704187800,1,0.9,0.5,1.5,1\n"
    )
    write_bar64(bw.read_csv(source), path)
    names = [f["check"] for f in json.loads(printed("check", path, "--json", status=1))["findings"]]
    assert sorted(names) == ["ohlc_high", "ts_order"]
    assert BAR_TYPE not in path.read_bytes().decode("latin-1")


def test_the_commands_read_and_write_the_format(bars: bw.Bars, tmp_path: Path, path: Path) -> None:
    source, back = tmp_path / "bars.csv", tmp_path / "back.csv"
    text = printed("convert", source, "-o", path, "--bar-type", BAR_TYPE)
    assert text.startswith(f"{path}: 40 records, bar64, ")
    assert bw.open(path) == bars
    printed("convert", path, "-o", back)
    assert bw.read_csv(back, bar_type=BAR_TYPE) == bars
    facts = json.loads(printed("info", path, "--json"))
    assert (facts["rows"], facts["bar_type"], facts["encoding"]) == (40, BAR_TYPE, "fixed8")
    assert len(json.loads(printed("head", path, "-n", "3", "--json"))) == 3
    assert printed("check", source, "--cut-tail", status=2) == ""
