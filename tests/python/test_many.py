"""Several texts read as one: lists, patterns and archives with several members."""

from __future__ import annotations

import csv
import errno
import gzip
import os
import zipfile
from pathlib import Path

import barrow as bw
import pytest
from barrow.csv.inputs import expand
from children import assert_plain_failure, names, run_barrow
from random_csv import HEADER, facts, random_text
from reference import COLUMNS, integers
from sources import make_zip

TURNED = "volume,close,low,high,open,timestamp\n"
SYMBOLS = "symbol,timestamp,open,high,low,close,volume\n"


def row(minute: int, close: str = "1.5", volume: str = "7") -> str:
    return f"2024-01-02T09:{minute:02}:00Z,1.25,2.5,1,{close},{volume}\n"


def turned(minute: int) -> str:
    return ",".join(reversed(row(minute).strip().split(","))) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """part1, part2 and part10, each with another order of columns or delimiter."""
    texts = {
        "part1.csv": HEADER + row(1) + row(2),
        "part2.csv": TURNED + turned(3),
        "part10.csv": (HEADER + row(4) + row(5)).replace(",", ";"),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def minutes(bars: bw.Bars) -> list[int]:
    return [int(at) // 60_000_000_000 % 60 for at in bars.raw("ts_event")]


def same(bars: bw.Bars, other: bw.Bars) -> bool:
    return all(integers(bars, name) == integers(other, name) for name in COLUMNS)


# ---------------------------------------------------------------------- what is meant


def test_a_pattern_gives_files_in_natural_order(folder: Path) -> None:
    inputs = expand(f"{folder}/part*.csv")
    assert [part.name for part in inputs.parts] == [
        f"{folder}/part1.csv",
        f"{folder}/part2.csv",
        f"{folder}/part10.csv",
    ]
    (folder / "part3.csv").mkdir()  # a folder is no file
    bars = bw.read_csv(f"{folder}/part[0-9]*.csv")
    assert minutes(bars) == [1, 2, 3, 4, 5]
    assert bars.report.path == f"{folder}/part[0-9]*.csv"
    assert minutes(bw.read_csv(folder / "part?.csv")) == [1, 2, 3]


def test_a_list_is_read_in_its_order(folder: Path) -> None:
    paths = [folder / f"part{number}.csv" for number in (10, 1, 2)]
    for given in (paths, tuple(paths), [str(paths[0]), f"{folder}/part?.csv"]):
        bars = bw.read_csv(given)
        assert minutes(bars) == [4, 5, 1, 2, 3]
        assert bars.report.path == str(paths[0])


def test_a_list_of_one_is_one(folder: Path) -> None:
    one = folder / "part1.csv"
    for given in ([one], f"{folder}/part1*.csv", (str(one),)):
        report = bw.read_csv(given if given != f"{folder}/part1*.csv" else one).report
        assert report == bw.read_csv(one).report
        assert report.parts == []


def test_a_file_named_like_a_pattern_is_a_file(folder: Path) -> None:
    (folder / "part[1].csv").write_text(HEADER + row(30))
    assert minutes(bw.read_csv(folder / "part[1].csv")) == [30]


def test_a_pattern_nothing_fits_is_an_io_error(folder: Path) -> None:
    with pytest.raises(bw.BarrowIoError) as caught:
        bw.read_csv(f"{folder}/none*.csv")
    assert str(caught.value) == (
        f"{folder}/none*.csv: no file fits the pattern\n  try: check the spelling and the folder"
    )
    assert (caught.value.errno, caught.value.filename) == (errno.ENOENT, f"{folder}/none*.csv")


def test_a_missing_file_is_told_before_any_is_read(folder: Path) -> None:
    (folder / "part1.csv").write_text("this would be an error too")
    with pytest.raises(bw.BarrowIoError, match=r"none\.csv: cannot be read: No such file"):
        bw.read_csv([folder / "part1.csv", folder / "none.csv"])


@pytest.mark.parametrize("given", [[], (), 7, None, [["a.csv"]], [7], b"bars.csv", ["-", "-"]])
def test_what_names_no_text_is_an_argument_error(given: object) -> None:
    with pytest.raises(bw.BarrowArgumentError, match=r"^path: "):
        bw.read_csv(given)


# ---------------------------------------------------------------------- what comes out


@pytest.mark.parametrize("chunk", [1, 7, 4096])
def test_files_of_different_columns_are_one(folder: Path, chunk: int) -> None:
    whole = folder / "whole.csv"
    whole.write_text(HEADER + "".join(map(row, range(1, 6))))
    bars = bw.read_csv(f"{folder}/part*.csv", chunk_bytes=chunk)
    assert bars == bw.read_csv(whole)
    assert len(list(bars.batches())) == 1


@pytest.mark.parametrize("chunk", [7, 4096])
@pytest.mark.parametrize("batch_rows", [1, 3, 1000])
def test_all_ways_of_reading_agree(tmp_path: Path, chunk: int, batch_rows: int) -> None:
    texts = [random_text(seed, 60 * seed, wide=seed == 2) for seed in (1, 2, 3)]
    paths = [tmp_path / f"{at}.csv" for at in range(3)]
    paths[1] = tmp_path / "1.gz"
    for at, path in enumerate(paths):
        path.write_bytes(gzip.compress(texts[at]) if at == 1 else texts[at])
    alone = [bw.read_csv(path, on_error="skip", encoding="fixed16") for path in paths]
    bars = bw.read_csv(paths, on_error="skip", chunk_bytes=chunk)
    assert bars.encoding == "fixed16"
    for name in COLUMNS:
        assert integers(bars, name) == [raw for one in alone for raw in integers(one, name)]
    assert bars.price_precision == max(one.price_precision for one in alone)
    for field in ("rows_in", "rows_out", "rows_rejected", "blank_lines"):
        assert getattr(bars.report, field) == sum(getattr(b.report, field) for b in alone)
    for part, path, one in zip(bars.report.parts, paths, alone, strict=True):
        assert (part.name, part.bytes) == (str(path), path.stat().st_size)
        report = one.report
        counts = (report.rows_in, report.rows_out, report.rows_rejected)
        assert (part.rows_in, part.rows_out, part.rows_rejected) == counts

    options = {"on_error": "skip", "chunk_bytes": chunk, "batch_rows": batch_rows}
    scanned = list(bw.scan_csv(paths, **options))
    assert {len(batch) for batch in scanned[:-1]} <= {batch_rows}
    for name in COLUMNS:
        assert [raw for b in scanned for raw in integers(b, name)] == integers(bars, name)
    assert facts(scanned[-1].report) == facts(bars.report)

    calls: list[tuple[int, int, int]] = []
    out = tmp_path / "out.arrow"
    report = bw.ingest(paths, out, progress=lambda *call: calls.append(call), **options)
    assert same(bw.open(out), bars)
    assert (report.parts, report.rejects) == (bars.report.parts, bars.report.rejects)
    sizes = sum(path.stat().st_size for path in paths)
    assert report.bytes_in == sizes
    assert {total for _, total, _ in calls} == {sizes}
    assert [done for done, *_ in calls] == sorted(done for done, *_ in calls)
    assert calls[-1][0] == sizes


def test_a_width_found_once_stays(tmp_path: Path) -> None:
    for at, volume in enumerate(("1", "31200000000", "2.5")):
        (tmp_path / f"{at}.csv").write_text(HEADER + row(at, volume=volume))
    bars = bw.read_csv(f"{tmp_path}/*.csv")
    assert (bars.encoding, bars.size_precision, bars.price_precision) == ("fixed16", 1, 2)
    assert integers(bars, "volume") == [10**16, 312 * 10**24, 25 * 10**15]
    report = bw.ingest(f"{tmp_path}/*.csv", tmp_path / "out.arrow", batch_rows=1)
    assert same(bw.open(tmp_path / "out.arrow"), bars)
    assert (report.encoding, report.size_precision) == ("fixed16", 1)


def test_the_members_of_an_archive_are_one(folder: Path) -> None:
    members = {f"{n}.csv": (folder / f"part{n}.csv").read_bytes() for n in (2, 10, 1)}
    path = make_zip(folder / "a.zip", {**members, "__MACOSX/._1.csv": b"\0", ".x": b"y"})
    bars = bw.read_csv(path)
    assert minutes(bars) == [3, 4, 5, 1, 2]
    assert [part.name for part in bars.report.parts] == [f"{path}/{name}" for name in members]
    with zipfile.ZipFile(path) as archive:
        packed = [archive.getinfo(name).compress_size for name in members]
    assert [part.bytes for part in bars.report.parts] == packed
    assert minutes(bw.read_csv([path, folder / "part1.csv"])) == [3, 4, 5, 1, 2, 1, 2]
    assert [minutes(batch) for batch in bw.scan_csv(path, batch_rows=4)] == [[3, 4, 5, 1], [2]]


def test_nothing_stays_open(folder: Path) -> None:
    path = make_zip(folder / "a.zip", {"1.csv": (HEADER + row(1)).encode(), "2.csv": b"x\n"})
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        bw.read_csv(f"{folder}/part*.csv")
        bw.sniff_csv([path, path])
        with pytest.raises(bw.BarrowError):
            bw.read_csv(path)
        scan = bw.scan_csv([folder / "part1.csv", path], batch_rows=1, encoding="fixed8")
        scan.close()
    assert len(os.listdir("/proc/self/fd")) == before


# ---------------------------------------------------------------------- empty texts


def test_texts_without_rows_are_noted(folder: Path) -> None:
    (folder / "part0.csv").write_text("")
    (folder / "part3.csv").write_text(HEADER)
    (folder / "part11.csv").write_text("\n\n")
    bars = bw.read_csv(f"{folder}/part*.csv")
    assert minutes(bars) == [1, 2, 3, 4, 5]
    assert bars.report.notes == [
        f"no rows in {folder}/part0.csv, {folder}/part3.csv, {folder}/part11.csv"
    ]
    assert [(os.path.basename(p.name), p.rows_in) for p in bars.report.parts] == [
        ("part0.csv", 0),
        ("part1.csv", 2),
        ("part2.csv", 1),
        ("part3.csv", 0),
        ("part10.csv", 2),
        ("part11.csv", 0),
    ]


@pytest.mark.parametrize("texts", [["", ""], [HEADER, HEADER], ["", HEADER, "\n"]])
def test_texts_that_are_all_without_rows_are_an_error(tmp_path: Path, texts: list[str]) -> None:
    for at, text in enumerate(texts):
        (tmp_path / f"{at}.csv").write_text(text)
    for read in (bw.read_csv, bw.check_csv, lambda p: list(bw.scan_csv(p))):
        with pytest.raises(bw.BarrowParseError) as caught:
            read(f"{tmp_path}/*.csv")
        assert str(caught.value) == (
            f"{tmp_path}/*.csv: none of the {len(texts)} texts has rows\n"
            "  try: check that the download finished"
        )
        assert caught.value.reason == "empty"


def test_a_field_without_text_is_no_empty_file(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text(HEADER + row(1, close=""))
    (tmp_path / "2.csv").write_text(HEADER + row(2))
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.read_csv(f"{tmp_path}/*.csv")
    assert caught.value.place == bw.errors.Place(f"{tmp_path}/1.csv", 2, 5, "close")


# ---------------------------------------------------------------------- errors, rejects


def test_errors_name_the_text_and_the_line_in_it(folder: Path) -> None:
    (folder / "part2.csv").write_text(TURNED + turned(3) + "x\n")
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.read_csv(f"{folder}/part*.csv")
    assert str(caught.value).startswith(f"{folder}/part2.csv line 3: the row has 1 fields")
    path = make_zip(folder / "a.zip", {"1": (HEADER + row(1)).encode(), "2": b"a,b\n1,2\n"})
    with pytest.raises(bw.BarrowSchemaError, match=r"a\.zip/2 line 1: no column named "):
        bw.read_csv(path)


def test_rejects_are_in_one_file_that_names_the_texts(folder: Path) -> None:
    (folder / "part1.csv").write_text(HEADER + "x\n" + row(1) + 'a,"b\n')
    (folder / "part10.csv").write_text(HEADER + row(4) + row(5, close="y"))
    rejects = folder / "rejects.out"
    bars = bw.read_csv(f"{folder}/part*.csv", on_error="quarantine", rejects=rejects)
    assert minutes(bars) == [1, 3, 4]
    found = list(csv.reader(rejects.read_text().splitlines()))
    assert found[0] == ["file", "line", "offset", "field", "column", "reason", "found", "row"]
    assert [(cells[0], *cells[1:4]) for cells in found[1:]] == [
        (f"{folder}/part1.csv", "2", "37", "0"),
        (f"{folder}/part1.csv", "4", "77", "0"),
        (f"{folder}/part10.csv", "3", "75", "5"),
    ]
    assert [(r.reason, r.count, r.file, r.first_line) for r in bars.report.rejects] == [
        ("field_count", 1, f"{folder}/part1.csv", 2),
        ("unclosed_quote", 1, f"{folder}/part1.csv", 4),
        ("not_a_decimal", 1, f"{folder}/part10.csv", 3),
    ]
    again = folder / "again.out"
    out = folder / "out.arrow"
    bw.ingest(f"{folder}/part*.csv", out, on_error="quarantine", rejects=again, batch_rows=1)
    assert again.read_bytes() == rejects.read_bytes()
    scanned = folder / "scanned.out"
    list(bw.scan_csv(f"{folder}/part*.csv", on_error="quarantine", rejects=scanned))
    assert scanned.read_bytes() == rejects.read_bytes()


def test_bad_rows_of_all_texts_count_together(tmp_path: Path) -> None:
    for name in ("1.csv", "2.csv", "3.csv"):
        (tmp_path / name).write_text(HEADER + row(1) + "x\n")
    assert len(bw.read_csv(f"{tmp_path}/*.csv", on_error="skip", max_errors=3)) == 3
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.read_csv(f"{tmp_path}/*.csv", on_error="skip", max_errors=2)
    assert str(caught.value).startswith(
        f"{tmp_path}/3.csv line 3: more than 2 rows cannot be read; this one: "
    )


def test_an_error_in_a_later_text_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "part10.csv").write_text("a,b\n1,2\n")
    (folder / "part1.csv").write_text(HEADER + row(1) + "bad\n")
    target = folder / "out"
    target.mkdir()
    options = {"on_error": "quarantine", "rejects": target / "rejects.csv"}
    with pytest.raises(bw.BarrowSchemaError):
        bw.ingest(f"{folder}/part*.csv", target / "out.arrow", batch_rows=1, **options)
    assert names(target) == set()


def test_rows_that_are_all_bad_name_the_first_text(tmp_path: Path) -> None:
    for name in ("1.csv", "2.csv"):
        (tmp_path / name).write_text(HEADER + "x\n")
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.ingest(f"{tmp_path}/*.csv", tmp_path / "out.arrow", on_error="skip")
    assert str(caught.value) == (
        f"{tmp_path}/1.csv: none of the 2 rows can be read; the first at line 2: "
        "the row has 1 fields, the header has 6"
    )


def test_no_input_is_ever_overwritten(folder: Path) -> None:
    before = (folder / "part10.csv").read_bytes()
    archive = make_zip(folder / "a.zip", {"1.csv": (HEADER + row(1)).encode()})
    for given, output in (
        (f"{folder}/part*.csv", folder / "part10.csv"),
        ([folder / "part1.csv", folder / "." / "part10.csv"], folder / "part10.csv"),
        ([folder / "part1.csv", archive], archive),
        ([folder / "part1.csv", archive.as_uri()], archive),
    ):
        with pytest.raises(bw.BarrowArgumentError, match="is the input too"):
            bw.ingest(given, output, overwrite=True)
        options = {"on_error": "quarantine", "rejects": output}
        with pytest.raises(bw.BarrowArgumentError, match="is the input too"):
            bw.ingest(given, folder / "out.arrow", **options)
    assert (folder / "part10.csv").read_bytes() == before


# ---------------------------------------------------------------------- notes, dialects


def test_a_note_is_there_once_with_counts_added_up(tmp_path: Path) -> None:
    bare = HEADER + row(1).replace("Z", "") * 1200
    for at, text in enumerate((bare, bare, HEADER + row(3))):
        (tmp_path / f"{at}.csv").write_text(text)
    paths = [tmp_path / f"{at}.csv" for at in range(3)]
    assert bw.read_csv(paths[:2]).report.notes == [
        "2,400 time stamps have no zone and were read as UTC"
    ]
    assert bw.read_csv(paths).report.notes == [
        f"2,400 time stamps have no zone and were read as UTC ({tmp_path}/0.csv, {tmp_path}/1.csv)"
    ]
    assert bw.read_csv([paths[2], paths[2]]).report.notes == [f"read more than once: {paths[2]}"]


def test_mixed_symbols_are_noted(tmp_path: Path) -> None:
    for name in ("AAA", "BBB"):
        (tmp_path / f"{name}.csv").write_text(SYMBOLS + f"{name},{row(1)}")
    bars = bw.read_csv(f"{tmp_path}/*.csv")
    mixed = f"several symbols are mixed: AAA in {tmp_path}/AAA.csv, BBB in {tmp_path}/BBB.csv"
    assert b"symbol" not in bars.schema.metadata  # as for one text with several
    assert bars.report.notes == [mixed]
    alone = bw.read_csv([tmp_path / "AAA.csv", tmp_path / "AAA.csv"])
    assert alone.schema.metadata[b"symbol"] == b"AAA"
    assert not any(note.startswith("several") for note in alone.report.notes)
    report = bw.read_csv(f"{tmp_path}/*.csv", symbol="BBB").report
    assert (report.rows_in, report.rows_out, report.rows_filtered) == (2, 1, 1)
    assert [part.rows_filtered for part in report.parts] == [1, 0]


KLINE = "17041878{:02}000,1.25,2.5,1,1.5,7,1704187859999,10,3,1,1,0\n"


def test_texts_without_header_are_read(tmp_path: Path) -> None:
    for at in (1, 2):
        rows = "".join(KLINE.format(10 * at + i) for i in range(3))
        (tmp_path / f"{at}.csv").write_text(rows)
    alone = bw.read_csv(tmp_path / "1.csv")
    for dialect in ("auto", bw.sniff_csv(tmp_path / "1.csv").dialect.name):
        bars = bw.read_csv(f"{tmp_path}/*.csv", dialect=dialect)
        assert (len(bars), bars.report.rows_rejected) == (6, 0)
        assert bars.raw("ts_event")[:3].tolist() == alone.raw("ts_event").tolist()
        assert sum("dialect binance-klines" in note for note in bars.report.notes) == 1


def test_a_text_in_another_dialect_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("".join(KLINE.format(at) for at in range(3)))
    (tmp_path / "2.csv").write_text(HEADER + row(1) + row(2))
    name = bw.sniff_csv(tmp_path / "1.csv").dialect.name
    for given, late, other, first in (
        (["1.csv", "2.csv"], "2.csv", "generic", name),
        (["2.csv", "1.csv"], "1.csv", name, "generic"),
    ):
        with pytest.raises(bw.BarrowSchemaError) as caught:
            bw.read_csv([tmp_path / file for file in given], on_error="skip")
        assert str(caught.value) == (
            f"{tmp_path}/{late}: this looks like dialect {other}, "
            f"the text before it like {first}\n"
            "  try: read it on its own\n"
            f'   or: dialect="{first}" (--dialect {first}) if they are alike'
        )


def test_the_first_text_with_rows_decides_the_dialect(tmp_path: Path) -> None:
    (tmp_path / "0.csv").write_text("")
    (tmp_path / "1.csv").write_text(HEADER)
    (tmp_path / "2.csv").write_text("".join(KLINE.format(at) for at in range(3)))
    assert len(bw.read_csv(f"{tmp_path}/*.csv")) == 3


TRADES = "timestamp,price,size\n2024-01-02,1.5,{}\n"


def test_trades_are_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "0.csv").write_text(HEADER)  # tells nothing, since it has no rows
    for at in (1, 2):
        (tmp_path / f"{at}.csv").write_text(TRADES.format(at))
    trades = bw.read_csv(f"{tmp_path}/*.csv")
    assert isinstance(trades, bw.Trades)
    assert trades.raw("size").tolist() == [10**9, 2 * 10**9]
    bw.ingest(f"{tmp_path}/*.csv", tmp_path / "out.arrow", batch_rows=1)
    assert bw.open(tmp_path / "out.arrow").raw("size").tolist() == [10**9, 2 * 10**9]


def test_threads_within_several_texts_change_nothing(tmp_path: Path) -> None:
    for at in range(3):
        rows = (row(minute % 60, volume=str(at * minute)) for minute in range(4000))
        (tmp_path / f"{at}.csv").write_text(HEADER + "x\n" + "".join(rows) + "y\n")
    found = []
    for threads in (1, 2, 4):
        rejects = tmp_path / f"{threads}.out"
        options = {"on_error": "quarantine", "rejects": rejects, "chunk_bytes": 4096}
        bars = bw.read_csv(f"{tmp_path}/*.csv", threads=threads, **options)
        found.append((bars, facts(bars.report), bars.report.parts, rejects.read_bytes()))
    assert found[0] == found[1] == found[2]
    assert len(found[0][0]) == 12_000


# ---------------------------------------------------------------------- check, sniff, CLI


def test_check_names_the_texts(folder: Path) -> None:
    (folder / "part2.csv").write_text(TURNED + turned(3) + turned(3).replace("2.5", "1.1"))
    (folder / "part10.csv").write_text(HEADER + row(2) + "x\n" + row(9, volume="-1"))
    report, account = bw.check_csv(f"{folder}/part*.csv")
    found = {f.check: (os.path.basename(f.file or ""), f.first_line) for f in report.findings}
    assert found == {
        "ohlc_high": ("part2.csv", 3),
        "ts_duplicate": ("part2.csv", 3),
        "ts_order": ("part10.csv", 2),
        "field_count": ("part10.csv", 3),
        "negative_volume": ("part10.csv", 4),
    }
    counts = {f.check: f.count for f in report.findings}
    assert counts["ts_duplicate"] == 2  # 3 twice in one text, 2 in two texts
    assert (report.source, account.rows_in) == (f"{folder}/part*.csv", 7)
    assert {row["file"] for row in report.to_arrow().to_pylist()} == {
        f"{folder}/part2.csv",
        f"{folder}/part10.csv",
    }


def test_check_tells_a_missing_column_of_any_text(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("timestamp,open,high,low,close\n2024-01-02,1,1,1,1\n")
    (tmp_path / "2.csv").write_text(HEADER + row(1))
    report, _ = bw.check_csv(f"{tmp_path}/*.csv", default_volume=0)
    assert "missing_column" in {finding.check for finding in report.findings}


def test_the_commands_take_several_files(folder: Path) -> None:
    paths = [folder / f"part{number}.csv" for number in (1, 2, 10)]
    done = run_barrow("ingest", *paths, "-o", folder / "out.arrow")
    assert (done.returncode, done.stderr) == (0, "")
    assert minutes(bw.open(folder / "out.arrow")) == [1, 2, 3, 4, 5]
    done = run_barrow("check", f"{folder}/part*.csv")
    assert (done.returncode, done.stdout) == (
        0,
        f"{folder}/part*.csv: 5 bars, 0 errors, 0 warnings\n",
    )
    paths[1].write_text(TURNED + "x\n")
    done = run_barrow("ingest", *paths, "-o", folder / "b.arrow", "--on-error", "skip")
    assert f"first at {paths[1]} line 2: the row has 1 fields" in done.stdout
    done = run_barrow("ingest", folder / "none*.csv", "-o", folder / "c.arrow")
    assert_plain_failure(done)
    assert done.stderr.startswith(f"IoError: {folder}/none*.csv: no file fits the pattern")


def test_sniff_looks_at_the_first_text(folder: Path) -> None:
    archive = make_zip(folder / "a.zip", {"1": (HEADER + row(1)).encode(), "2": b"x"})
    for given in (f"{folder}/part*.csv", archive, [archive, folder / "part1.csv"]):
        assert bw.sniff_csv(given).dialect.name == "generic"
