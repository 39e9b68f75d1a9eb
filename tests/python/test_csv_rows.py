"""Random and look-alike rows against an independent reader; scans against reads."""

from __future__ import annotations

import gc
import os
import random
import warnings
from pathlib import Path

import barrow as bw
import pyarrow as pa
import pytest
from children import run_python
from random_csv import (
    HEADER,
    ROW,
    assert_same,
    facts,
    random_text,
    read_rejects,
)
from reference import read_bars

RAISE = 'on_error="skip" (--on-error skip)'


@pytest.mark.parametrize("seed", range(12))
def test_random_rows_are_read_as_the_reference_reads_them(csv_file, tmp_path, seed: int) -> None:
    text = random_text(seed, 600, wide=seed % 3 != 0)
    expected = read_bars(text)
    rejects = tmp_path / "rejects.csv"
    bars = bw.read_csv(csv_file(text), on_error="quarantine", rejects=rejects)
    assert_same(bars, expected)
    assert read_rejects(rejects) == [
        (row.line, row.offset, reason, column, row.text) for row, reason, column in expected.refused
    ]
    report = bars.report
    assert (report.rows_out, report.rows_rejected) == (len(bars), len(expected.refused))
    assert report.rows_in == report.rows_out + report.rows_rejected
    assert sum(r.count for r in report.rejects) == report.rows_rejected
    reasons = {(reason, column) for _, reason, column in expected.refused}
    assert {(r.reason, r.column) for r in report.rejects} == reasons
    for reject in report.rejects:
        lines = [r.line for r, *why in expected.refused if why == [reject.reason, reject.column]]
        assert (reject.count, reject.first_line) == (len(lines), lines[0])


@pytest.mark.usefixtures("tiny_windows")
@pytest.mark.parametrize("chunk_bytes", [16, 17, 64, 4096, 1 << 24])
@pytest.mark.parametrize("seed", [1, 2])
def test_any_chunk_gives_the_same(csv_file, tmp_path, chunk_bytes: int, seed: int) -> None:
    text = random_text(seed, 500)
    path = csv_file(text)
    rejects = tmp_path / "rejects.csv"
    whole = bw.read_csv(path, on_error="quarantine", rejects=tmp_path / "whole.csv")
    bars = bw.read_csv(path, chunk_bytes=chunk_bytes, on_error="quarantine", rejects=rejects)
    assert_same(bars, read_bars(text))
    assert facts(bars.report) == facts(whole.report)
    assert rejects.read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.usefixtures("tiny_windows")
def test_every_chunk_size_up_to_a_row_gives_the_same(csv_file) -> None:
    text = random_text(3, 40)
    path = csv_file(text)
    whole = bw.read_csv(path, on_error="skip")
    for chunk_bytes in range(1, 130):
        bars = bw.read_csv(path, on_error="skip", chunk_bytes=chunk_bytes)
        assert bars == whole
        assert facts(bars.report) == facts(whole.report)


@pytest.mark.usefixtures("tiny_windows")
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_boundary_inside_a_line_end_is_no_line_of_its_own(csv_file, ends: str) -> None:
    text = random_text(4, 60, wide=False, ends=ends)
    path = csv_file(text)
    whole = bw.read_csv(path, on_error="skip")
    for chunk_bytes in range(16, 90):
        bars = bw.read_csv(path, on_error="skip", chunk_bytes=chunk_bytes)
        assert facts(bars.report) == facts(whole.report)
        assert bars == whole


@pytest.mark.usefixtures("tiny_windows")
@pytest.mark.parametrize("batch_rows", [1, 7, 64, 1000])
@pytest.mark.parametrize("chunk_bytes", [16, 64, 1 << 20])
def test_scan_gives_what_read_gives(csv_file, tmp_path, batch_rows: int, chunk_bytes: int) -> None:
    path = csv_file(random_text(5, 400, wide=False))
    read = bw.read_csv(path, on_error="quarantine", rejects=tmp_path / "read.csv")
    options = {"on_error": "quarantine", "rejects": tmp_path / "scan.csv"}
    parts = list(bw.scan_csv(path, batch_rows=batch_rows, chunk_bytes=chunk_bytes, **options))
    assert [len(part) for part in parts[:-1]] == [batch_rows] * (len(parts) - 1)
    assert {part.schema for part in parts} == {read.schema}
    assert bw.Bars.from_arrow(pa.concat_tables([p.to_arrow() for p in parts])) == read
    last = facts(parts[-1].report)
    assert (last["rows_in"], last["rows_rejected"]) == (
        read.report.rows_in,
        read.report.rows_rejected,
    )
    ours, theirs = (read_rejects(tmp_path / f"{name}.csv") for name in ("scan", "read"))
    assert [(r[0], r[1], r[4]) for r in ours] == [(r[0], r[1], r[4]) for r in theirs]


ALIKE = (
    ("2024-{m:02}-{d:02}T{h:02}:{n:02}:00Z", 5, 0),
    ("2024-{m:02}-{d:02} {h:02}:{n:02}:{n:02}.{ms:03}", 2, 4),
    ("2024-{m:02}-{d:02}T{h:02}:{n:02}:00+01:00", 0, 0),
    ("2024.{m:02}.{d:02} {h:02}:{n:02}", 3, 1),
    ("{d:02}.{m:02}.2024 {h:02}:{n:02}:00.{ms:03}", 9, 9),
    ("2024{m:02}{d:02} {h:02}{n:02}00", 4, 0),
    ("{s}", 2, 2),
    ("{s}{ms:03}", 8, 8),
    ("{s}{ms:03}000000", 1, 0),
    ("2024-{m:02}-{d:02}", 12, 0),
)
DAMAGE = b'0123456789.-+eETtZz:, "\t/;\r\nx\xff'


def rows_that_look_alike(rng: random.Random, rows: int) -> list[bytes]:
    """Rows of one layout, whose numbers are now and then longer or shorter."""
    stamp, decimals, size_decimals = rng.choice(ALIKE)
    whole, comma = rng.choice([9, 99, 9_999, 99_999, 999_999_999]), rng.choice([",", ",", ", "])

    def number(places: int) -> str:
        sign = "-" if rng.random() < 0.05 else ""
        text = f"{sign}{rng.randrange(whole // 2, whole)}.{rng.randrange(10**places):0{places}}"
        return text if places else text.partition(".")[0]

    made = []
    for _ in range(rows):
        when = {
            "m": rng.randrange(1, 13),
            "d": rng.randrange(1, 29),
            "h": rng.randrange(24),
            "n": rng.randrange(60),
            "ms": rng.randrange(1000),
            "s": rng.randrange(10**9, 2 * 10**9),
        }
        prices = [number(decimals) for _ in range(4)]
        cells = [stamp.format(**when), *prices, number(size_decimals).lstrip("-")]
        made.append(comma.join(cells).encode())
    return made


def damaged(rng: random.Random, row: bytes) -> bytes:
    """A row with one byte replaced, dropped or put in."""
    at, new = rng.randrange(len(row)), bytes([rng.choice(DAMAGE)])
    return row[:at] + rng.choice([new, new, new, b"", new + row[at : at + 1]]) + row[at + 1 :]


def on_stamps(reject: tuple) -> tuple:
    """A reject; which of two faults of a stamp is named first does not matter."""
    line, offset, reason, column, row = reject
    return (line, offset, reason.replace("time_range", "not_a_time"), column, row)


@pytest.mark.parametrize("header", [HEADER, "close,low,timestamp,note,volume,open,high\n"])
@pytest.mark.parametrize("seed", range(30))
def test_one_changed_byte_in_rows_that_look_alike_is_seen(
    csv_file, tmp_path, seed: int, header: str
) -> None:
    rng = random.Random(f"alike {seed} {header}")
    end = rng.choice([b"\n", b"\n", b"\r\n"])
    rows = [row for _ in range(3) for row in rows_that_look_alike(rng, rng.randrange(50, 150))]
    if header != HEADER:
        order = (4, 3, 0, None, 5, 1, 2)
        cells = [row.split(b",") for row in rows]
        rows = [b",".join(b"n" if i is None else row[i] for i in order) for row in cells]
    share = rng.choice([0, 0.02, 0.2])
    rows = [damaged(rng, row) if rng.random() < share else row for row in rows]
    text = header.encode() + end.join(rows) + end
    expected = read_bars(text)
    path = csv_file(text)
    for chunk_bytes in (300, 1 << 20):
        rejects = tmp_path / f"rejects-{chunk_bytes}.csv"
        options = {"on_error": "quarantine", "rejects": rejects, "chunk_bytes": chunk_bytes}
        bars = bw.read_csv(path, **options)
        found = read_rejects(rejects) if rejects.exists() else []
        assert [on_stamps(row) for row in found] == [
            on_stamps((row.line, row.offset, reason, column, row.text))
            for row, reason, column in expected.refused
        ]
        assert_same(bars, expected)
        assert bars.report.rows_in == len(bars) + len(found)


def test_scan_widens_every_batch(csv_file) -> None:
    path = csv_file(HEADER + ROW * 20 + ROW.replace("1.0848", "1.08480000000001") + ROW)
    parts = list(bw.scan_csv(path, batch_rows=4))
    assert {(p.encoding, p.price_precision) for p in parts} == {("fixed16", 14)}
    assert sum(len(p) for p in parts) == 22


def test_scan_and_read_give_the_same_reasons(csv_file, tmp_path) -> None:
    path = csv_file(
        HEADER
        + ROW
        + "2024-01-02T09:31:00Z,1.123456,1.0850,1.0840,1.0848,abc\n"
        + "2024-01-02T09:32:00Z,1.12345678901,1.0850,1.0840,1.0848,-1\n"
        + "2024-01-02T09:33:00Z,x,1,1,1,1\n"
        + ROW.replace("312", "31200000000")
    )
    read = bw.read_csv(path, on_error="quarantine", rejects=tmp_path / "read.csv")
    last = list(bw.scan_csv(path, on_error="quarantine", rejects=tmp_path / "scan.csv"))[-1]
    assert facts(last.report)["rejects"] == facts(read.report)["rejects"]
    assert (tmp_path / "scan.csv").read_bytes() == (tmp_path / "read.csv").read_bytes()


def test_scan_batches_own_their_memory(csv_file) -> None:
    path = csv_file(HEADER + "".join(f"{1_704_187_800 + i},1,1,1,1,{i}\n" for i in range(30)))
    parts = list(bw.scan_csv(path, batch_rows=10))
    volumes = [v // 10**9 for part in parts for v in part.raw("volume").tolist()]
    assert volumes == list(range(30))


def test_scan_finds_errors_of_options_and_files_at_once(tmp_path, csv_file) -> None:
    with pytest.raises(bw.BarrowArgumentError, match="batch_rows: 0 is no number from 1"):
        bw.scan_csv(csv_file(HEADER + ROW), batch_rows=0)
    with pytest.raises(bw.BarrowIoError):
        bw.scan_csv(tmp_path / "none.csv")
    with pytest.raises(bw.BarrowSchemaError):
        bw.scan_csv(csv_file("a,b\n1,2\n"))


def test_a_scan_that_is_dropped_closes_its_file(csv_file) -> None:
    path = csv_file(HEADER + ROW * 100)

    def opened() -> list[str]:
        links = [Path(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
        return [link for link in links if link.exists() and os.readlink(link) == str(path)]

    scan = bw.scan_csv(path, batch_rows=10)
    next(scan)
    assert opened()
    scan.close()
    assert opened() == []


def test_a_scan_that_never_begins_closes_its_file(csv_file) -> None:
    path = csv_file(HEADER + ROW)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bw.scan_csv(path)
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_a_scan_of_a_pipe_reads_it_or_says_why_not(tmp_path: Path) -> None:
    code = """
        import barrow as bw
        try:
            print(sum(len(part) for part in bw.scan_csv("/dev/stdin")))
        except bw.BarrowUnsupportedError:
            print(3)
    """
    assert run_python(code, input=HEADER + ROW * 3).stdout == "3\n"
