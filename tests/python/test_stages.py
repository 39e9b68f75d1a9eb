"""Stages of a pipeline: each goes on where it stopped, and says when it cannot."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path
from typing import Any

import barrow as bw
import pyarrow as pa
import pytest
from barrow import etl
from barrow.append_file import AppendFile
from barrow.etl.io import BinaryReader, BinaryWriter, Format, ResampleIOFactory, TextReader
from barrow.store import locked

BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
HEADER = "timestamp,open,high,low,close,volume\n"
START = 1_704_187_800
SUFFIXES = {"binary": ".bar64", "text": ".csv", "arrow": ".arrows"}
TOLD: dict[str, Any] = {
    "bar_type": BAR_TYPE, "price_precision": 2, "size_precision": 0, "encoding": "fixed8"
}  # fmt: skip


def rows(begin: int, end: int) -> str:
    """Bars of 7 minutes each, whose every value follows from their number."""
    return "".join(
        f"{START + 420 * i},{i % 50 + 1}.25,{i % 50 + 2}.5,{i % 50}.75,{i % 50 + 1}.01,{i}\n"
        for i in range(begin, end)
    )


class Place:
    """A pipeline in a folder."""

    def __init__(self, root: Path, format: str = "binary", **options: Any) -> None:
        self.root, self.format = root, format
        self.suffix = SUFFIXES[format]
        self.sources = root / "sources"
        self.sources.mkdir()
        self.options = {"bar_type": BAR_TYPE, **options}

    def source(self, name: str, begin: int, end: int) -> Path:
        path = self.sources / name
        path.write_text(HEADER + rows(begin, end))
        return path

    def add(self, name: str, begin: int, end: int) -> None:
        with (self.sources / name).open("a") as file:
            file.write(rows(begin, end))

    def transform(self, **options: Any) -> etl.StageReport:
        return etl.transform(
            str(self.sources / "*"), self.root / "days", format=self.format,
            **{**self.options, **options},
        )  # fmt: skip

    def aggregate(self, **options: Any) -> etl.StageReport:
        told = TOLD if self.format == "text" else {}
        pattern = str(self.root / "days" / f"????-??-??{self.suffix}")
        return etl.aggregate(pattern, self.root / f"x{self.suffix}", **told, **options)

    def resample(
        self, timeframes: tuple[str, ...] = ("1h", "1d"), **options: Any
    ) -> etl.StageReport:
        told: Any = TOLD if self.format == "text" else {}
        return etl.resample(
            self.root / f"x{self.suffix}", timeframes, self.root / "made",
            format=self.format, text=told, **options,
        )  # fmt: skip

    def all(self) -> tuple[int, int, int]:
        return self.transform().rows, self.aggregate().rows, self.resample().rows

    def read(self, name: str, bar_type: str = BAR_TYPE) -> bw.Bars:
        parts = []
        path = self.root / f"{name}{self.suffix}"
        told: Any = {**TOLD, "bar_type": bar_type} if self.format == "text" else {}
        with ResampleIOFactory().reader(path, whole=False, **told) as reader:
            while (bars := reader.read_batch(1000)) is not None:
                parts.append(bars.to_arrow())
        return bw.Bars.from_arrow(pa.concat_tables(parts))

    def files(self) -> dict[str, tuple[int, bytes]]:
        """When every file was changed, and what is in it."""
        paths = [path for path in self.root.rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


@pytest.fixture(params=list(SUFFIXES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(tmp_path, request.param)


@pytest.fixture
def binary(tmp_path: Path) -> Place:
    return Place(tmp_path)


def all_bars(begin: int, end: int, folder: Path) -> bw.Bars:
    path = folder / "all.txt"
    path.write_text(HEADER + rows(begin, end))
    bars = bw.read_csv(path, **TOLD)
    assert isinstance(bars, bw.Bars)
    return bars


# ---------------------------------------------------------------------- going on


def test_stages_go_on_where_they_stopped(place: Place) -> None:
    place.source("1.csv", 0, 300)
    assert place.all() == (300, 300, 300)
    place.add("1.csv", 300, 310)
    assert place.all() == (10, 10, 10)
    place.source("2.csv", 310, 900)
    place.source("10.csv", 900, 1000)
    assert place.all() == (690, 690, 690)
    bars = all_bars(0, 1000, place.root)
    assert place.read("x") == bars
    made = bw.resample(bars, ["1h", "1d"])
    for name, timeframe in (("made/x-1-hour", "1h"), ("made/x-1-day", "1d")):
        assert place.read(name, str(made[timeframe].bar_type)) == made[timeframe]
    days = sorted(path.name for path in (place.root / "days").glob("2*"))
    assert days == [f"2024-01-0{day}{place.suffix}" for day in range(2, 8)]
    first = place.read("days/2024-01-02")
    assert first == bars[: len(first)]
    assert bars[len(first)].ts_event // (86_400 * 10**9) == bars[0].ts_event // (86_400 * 10**9) + 1


def test_nothing_is_touched_when_nothing_is_new(place: Place) -> None:
    place.source("1.csv", 0, 300)
    place.all()
    before = place.files()
    report = place.transform()
    assert (report.inputs, report.rows, report.bars) == (0, 0, {})
    assert (place.aggregate().inputs, place.resample().inputs) == (0, 0)
    assert place.files() == before


def test_sources_that_were_read_may_be_removed_or_copied(binary: Place) -> None:
    binary.source("1.csv", 0, 300)
    binary.source("2.csv", 300, 400)
    binary.all()
    (binary.sources / "1.csv").unlink()
    other = binary.root / "copy"
    shutil.copy(binary.sources / "2.csv", other)
    other.replace(binary.sources / "2.csv")
    binary.source("3.csv", 400, 500)
    assert binary.all() == (100, 100, 100)
    assert binary.read("x") == all_bars(0, 500, binary.root)


def test_a_live_source_keeps_a_line_without_an_end(binary: Place) -> None:
    path = binary.source("1.csv", 0, 10)
    text = path.read_text() + rows(10, 11)
    path.write_text(text[:-3])
    assert binary.transform(live=True).rows == 10
    assert binary.transform(live=True).rows == 0
    path.write_text(text)
    assert binary.transform(live=True).rows == 1
    assert binary.aggregate().rows == 11
    assert binary.read("x") == all_bars(0, 11, binary.root)


def test_packed_sources_are_read_whole(binary: Place) -> None:
    path = binary.sources / "1.csv.gz"
    path.write_bytes(gzip.compress((HEADER + rows(0, 300)).encode()))
    assert binary.transform(batch_rows=70, save_rows=50).rows == 300
    assert binary.transform().rows == 0
    binary.source("2.csv", 300, 310)
    assert binary.transform().rows == 10
    packed = path.read_bytes()
    path.write_bytes(packed + gzip.compress(rows(310, 315).encode()))
    with pytest.raises(bw.BarrowCorruptError) as caught:
        binary.transform()
    assert str(caught.value) == (
        f"{path}: it grew since it had {len(packed):,} bytes, and is read whole\n"
        "  try: rebuild=True (--rebuild) starts over"
    )
    path.write_bytes(gzip.compress((HEADER + rows(0, 305)).encode()) + bytes(100))
    with pytest.raises(bw.BarrowCorruptError, match="it was rewritten before byte"):
        binary.transform()


def test_sources_newest_first_are_sorted_when_asked(binary: Place) -> None:
    path = binary.sources / "1.csv"
    lines = rows(0, 300).splitlines(keepends=True)
    path.write_text(HEADER + "".join(reversed(lines)))
    with pytest.raises(bw.BarrowParseError) as caught:
        binary.transform()
    assert caught.value.reason == "order"
    assert str(caught.value) == (
        f"{path}: the bar of 2024-01-03T20:16:00Z comes after that of 2024-01-03T20:23:00Z\n"
        "  try: sort=True puts the bars of a file in order\n"
        "   or: rebuild=True (--rebuild) reads all files again, in their order"
    )
    shutil.rmtree(binary.root / "days")
    assert binary.transform(sort=True, batch_rows=64).rows == 300
    binary.aggregate()
    assert binary.read("x") == all_bars(0, 300, binary.root)


def test_refused_rows_are_kept_with_their_place(binary: Place) -> None:
    path = binary.source("1.csv", 0, 3)
    path.write_text(path.read_text() + "x,1,1,1,1,1\n")
    assert binary.transform(on_error="quarantine").rejected == 1
    with path.open("a") as file:
        file.write(rows(3, 4) + "y,1,1,1,1,1\n")
    report = binary.transform(on_error="quarantine")
    assert (report.rows, report.rejected) == (1, 1)
    what = "is not a date and time in a form that is known"
    assert (binary.root / "days" / "rejects.csv").read_text().splitlines() == [
        "file,line,offset,field,column,reason,found,row",
        f'../sources/1.csv,5,133,1,timestamp,not_a_time,"""x"" {what}","x,1,1,1,1,1"',
        f'../sources/1.csv,7,177,1,timestamp,not_a_time,"""y"" {what}","y,1,1,1,1,1"',
    ]


def test_precisions_are_found_before_the_first_bar_is_written(binary: Place) -> None:
    binary.source("1.csv", 0, 300)
    path = binary.source("2.csv", 300, 301)
    path.write_text(path.read_text().replace("1.25", "1.12345"))
    binary.transform(batch_rows=10)
    with BinaryReader(binary.root / "days" / "2024-01-02.bar64") as reader:
        bars = reader.read_batch(1)
    assert bars is not None
    assert (bars.price_precision, bars.size_precision) == (5, 0)
    path = binary.source("3.csv", 301, 302)
    path.write_text(path.read_text().replace("2.25", "2.123456"))
    with pytest.raises(bw.BarrowParseError, match="has more than 5 decimals"):
        binary.transform()


def test_an_open_bar_is_written_again_and_finished_ones_are_not(binary: Place) -> None:
    binary.source("1.csv", 0, 20)
    binary.all()
    before = (binary.root / "made" / "x-1-hour.bar64").read_bytes()
    binary.add("1.csv", 20, 21)
    assert binary.transform().rows == binary.aggregate().rows == 1
    report = binary.resample()
    assert report.bars == {"x-1-hour.bar64": 0, "x-1-day.bar64": 0}
    after = (binary.root / "made" / "x-1-hour.bar64").read_bytes()
    assert len(after) == len(before)
    assert after[:-64] == before[:-64]
    assert after != before


@pytest.mark.parametrize("partial", ["flag", "keep", "drop"])
def test_options_of_resample_are_those_of_one_call(binary: Place, partial: str) -> None:
    options: Any = {"tz": "America/New_York", "offset": "17h", "label": "right", "partial": partial}
    for end in (100, 250, 600):
        binary.source("1.csv", 0, end)
        binary.transform()
        binary.aggregate()
        binary.resample(("1h", "1d", "1M"), batch_rows=33, save_rows=70, **options)
    made = bw.resample(all_bars(0, 600, binary.root), ["1h", "1d", "1M"], **options)
    for name, timeframe in (("hour", "1h"), ("day", "1d"), ("month", "1M")):
        path = binary.root / "made" / f"x-1-{name}.bar64"
        if len(made[timeframe]):
            assert bw.open(path) == made[timeframe]
        else:
            assert not path.exists()


def test_other_timeframes_start_the_last_stage_over(binary: Place) -> None:
    binary.source("1.csv", 0, 300)
    binary.all()
    report = binary.resample(("1h", "1w"))
    assert report.rows == 300
    assert report.notes == ["started over: other timeframes than before"]
    assert binary.resample(("1h", "1w")).rows == 0
    report = binary.resample(("1h", "1w"), tz="Asia/Tokyo")
    assert report.notes == ["started over: other options than before"]
    week = bw.resample(all_bars(0, 300, binary.root), "1w", tz="Asia/Tokyo")["1w"]
    assert bw.open(binary.root / "made" / "x-1-week.bar64") == week


def test_another_text_of_a_session_starts_the_last_stage_over(binary: Place) -> None:
    binary.source("1.csv", 0, 600)
    binary.transform()
    binary.aggregate()
    path = binary.root / "hours.toml"
    text = 'zone = "America/New_York"\nranges = ["Mon-Fri 09:30-16:00"]\n'
    path.write_text(text)
    assert binary.resample(session=str(path)).rows == 600
    assert binary.resample(session=str(path)).rows == 0
    path.write_text(text.replace("09:30", "08:00"))
    report = binary.resample(session=str(path))
    assert report.notes == ["started over: other options than before"]
    made = bw.resample(all_bars(0, 600, binary.root), "1h", session=str(path))["1h"]
    assert bw.open(binary.root / "made" / "x-1-hour.bar64") == made


# ---------------------------------------------------------------------- refusals


def rewritten(path: Path, how: str) -> None:
    """Changes what was read already."""
    text = path.read_text()
    middle = len(text) // 2 // 8 * 8
    path.write_text({
        "start": "#" + text,
        "end": text[:-2] + "8\n" + rows(900, 901),
        "middle": text[:middle] + text[middle:].replace("1.25", "1.26", 1),
        "cut": text[:-10],
    }[how])  # fmt: skip


@pytest.mark.parametrize("how", ["start", "end", "middle", "cut"])
def test_a_source_that_was_rewritten_is_an_error(binary: Place, how: str) -> None:
    path = binary.source("1.csv", 0, 600)
    binary.transform()
    size = path.stat().st_size
    before = binary.files()
    rewritten(path, how)
    with pytest.raises(bw.BarrowCorruptError) as caught:
        binary.transform()
    what = f"it was rewritten before byte {size:,}, where reading stopped"
    if how == "cut":
        what = f"it has {size - 10:,} bytes, expected at least {size:,}: somebody cut it"
    assert str(caught.value) == f"{path}: {what}\n  try: rebuild=True (--rebuild) starts over"
    del before[str(path)]
    after = binary.files()
    del after[str(path)]
    assert after == before


def test_a_day_that_was_changed_is_an_error_until_it_is_rebuilt(binary: Place) -> None:
    binary.source("1.csv", 0, 600)
    binary.all()
    text = (binary.sources / "1.csv").read_text()
    (binary.sources / "1.csv").write_text(text.replace(",3\n", ",4\n"))
    assert binary.transform(rebuild=True).rows == 600
    with pytest.raises(bw.BarrowCorruptError, match=r"2024-01-02\.bar64: it was rewritten"):
        binary.aggregate()
    assert binary.aggregate(rebuild=True).rows == 600
    with pytest.raises(bw.BarrowCorruptError, match=r"x\.bar64: it was rewritten"):
        binary.resample()
    assert binary.resample(rebuild=True).rows == 600
    assert binary.all() == (0, 0, 0)
    bars = bw.read_csv(binary.sources / "1.csv", **TOLD)
    assert binary.read("made/x-1-hour") == bw.resample(bars, "1h")["1h"]


def test_what_others_have_written_is_not_replaced(binary: Place) -> None:
    binary.source("1.csv", 0, 10)
    days = binary.root / "days"
    days.mkdir()
    (days / "2024-01-02.bar64").write_bytes(b"mine")
    with pytest.raises(bw.BarrowIoError) as caught:
        binary.transform()
    assert str(caught.value) == (
        f"{days}/2024-01-02.bar64: is there already, and no ledger.json that tells of it\n"
        "  try: another output\n"
        "   or: rebuild=True (--rebuild) replaces it"
    )
    assert (days / "2024-01-02.bar64").read_bytes() == b"mine"
    assert binary.transform(rebuild=True).rows == 10
    (binary.root / "x.bar64").write_bytes(b"mine")
    with pytest.raises(bw.BarrowIoError, match=r"no x\.bar64\.ledger\.json that tells"):
        binary.aggregate()
    assert binary.aggregate(rebuild=True).rows == 10
    (binary.root / "made").mkdir()
    (binary.root / "made" / "x-1-hour.bar64").write_bytes(b"mine")
    with pytest.raises(bw.BarrowIoError, match=r"no x\.ledger\.json that tells"):
        binary.resample()


def test_a_timeframe_that_is_added_replaces_no_file_of_others(binary: Place) -> None:
    binary.source("1.csv", 0, 300)
    binary.all()
    other = binary.root / "made" / "x-1-week.bar64"
    other.write_bytes(b"mine")
    before = binary.files()
    with pytest.raises(bw.BarrowIoError, match=r"x-1-week\.bar64: is there already, and no"):
        binary.resample(("1h", "1w"))
    assert binary.files() == before
    assert binary.resample(("1h", "1w"), rebuild=True).rows == 300


def test_other_options_than_before_are_refused(binary: Place) -> None:
    binary.source("1.csv", 0, 10)
    binary.transform()
    with pytest.raises(bw.BarrowArgumentError) as caught:
        binary.transform(timezone="Asia/Tokyo")
    assert str(caught.value) == (
        f"{binary.root}/days/ledger.json: was begun with options {{'bar_type': '{BAR_TYPE}'}}, "
        f"not {{'bar_type': '{BAR_TYPE}', 'timezone': 'Asia/Tokyo'}}\n"
        "  try: rebuild=True (--rebuild) starts over\n"
        "   or: another output"
    )
    assert binary.transform(threads=2, chunk_bytes=1 << 16).rows == 0


def test_one_run_at_a_time(binary: Place) -> None:
    binary.source("1.csv", 0, 10)
    binary.transform()
    lock = binary.root / "days" / ".ledger.json.lock"
    with locked(str(lock), 0), pytest.raises(bw.BarrowIoError, match="is locked: another writer"):
        binary.transform()
    binary.aggregate()
    binary.add("1.csv", 10, 11)
    binary.transform()
    with AppendFile(binary.root / "x.bar64"), pytest.raises(bw.BarrowIoError, match="has it open"):
        binary.aggregate()


def test_a_damaged_ledger_is_an_error(binary: Place) -> None:
    binary.source("1.csv", 0, 10)
    binary.transform()
    ledger = binary.root / "days" / "ledger.json"
    data = ledger.read_bytes()
    for damaged in (data[:-20], data.replace(b'"line": 12', b'"line": 13'), b"{}", b""):
        assert damaged != data
        ledger.write_bytes(damaged)
        with pytest.raises(bw.BarrowCorruptError, match=r"ledger\.json: it is no whole index"):
            binary.transform()


@pytest.mark.parametrize(
    ("sources", "text"),
    [
        ([], "sources: there are none\n  try: 'bars/*.csv'"),
        (["a.csv", "a.csv"], "sources: a.csv is there twice"),
        (["none.csv"], "none.csv: is no file\n  try: a pattern: bars/*.csv"),
        (
            "none*.csv",
            "none*.csv: no file fits the pattern\n  try: check the spelling and the folder",
        ),
    ],
)
def test_sources_that_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: Any, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(HEADER + rows(0, 2))
    with pytest.raises(bw.BarrowError) as caught:
        etl.transform(sources, "days")
    assert str(caught.value) == text


def test_a_format_of_ones_own_takes_part(binary: Place) -> None:
    class Reader(BinaryReader):
        pass

    class Writer(BinaryWriter):
        pass

    own = Format("own", (".own",), lambda head: head.startswith(b"\x89BAR64"), Reader, Writer)
    factory = ResampleIOFactory(own)
    binary.source("1.csv", 0, 300)
    binary.transform()
    out = binary.root / "x.own"
    days = str(binary.root / "days" / "*.bar64")
    assert etl.aggregate(days, out, factory=factory).rows == 300
    assert bw.open(out) == all_bars(0, 300, binary.root)


def test_text_tells_the_line_it_goes_on_at(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEADER + rows(0, 5) + "x,1,1,1,1,1\n")
    with TextReader(path, **TOLD) as reader:
        assert reader.read_batch(3) is not None
        position, line = reader.tell(), reader.line
        assert line == 5
        reader.seek(position, line)
        with pytest.raises(bw.BarrowParseError) as caught:
            reader.read_batch(10)
    assert str(caught.value).startswith(f"{path} line 7 column 1")
    assert os.fspath(path) == reader.path
