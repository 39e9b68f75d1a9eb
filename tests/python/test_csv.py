from __future__ import annotations

import bz2
import csv
import gc
import gzip
import os
import pickle
import random
import threading
import warnings
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import barrow as bw
import pyarrow as pa
import pytest
from children import run_python
from reference import COLUMNS, Reading, integers, read_bars

HEADER = "timestamp,open,high,low,close,volume\n"
ROW = "2024-01-02T09:30:00Z,1.0842,1.0850,1.0840,1.0848,312\n"
RAISE = 'on_error="skip" (--on-error skip)'


@pytest.fixture
def csv_file(tmp_path: Path):
    def write(text: str | bytes, name: str = "bars.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def tiny_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets small chunks be small: the header is otherwise looked for in 64 KiB."""
    monkeypatch.setattr("barrow.csv.rows._HEADER_BYTES", 160)


# ---------------------------------------------------------------------- random rows

STAMPS = (
    lambda i: f"2024-01-{1 + i % 28:02}T{i % 24:02}:{i % 60:02}:00Z",
    lambda i: f"2024-02-{1 + i % 28:02} {i % 24:02}:{i % 60:02}:{i % 60:02}.{i % 1000:03}",
    lambda i: f"2024-03-{1 + i % 28:02}",
    lambda i: str(1_704_187_800 + i),
    lambda i: str((1_704_187_800 + i) * 1000 + i % 1000),
    lambda i: str((1_704_187_800 + i) * 10**9 + i),
    lambda i: f"2024-01-02T12:00:00{'+-'[i % 2]}{i % 12:02}:{'03'[i % 2]}0",
)
BAD_CELLS = ("", "x", "1.2.3", "--1", "1e", "nan", "-Inf", "1,5", "12345678901234567890", "1 2")
BAD_STAMPS = ("", "yesterday", "2024-13-01", "2024-02-30 10:00", "2024-01-02T25:00", "123")


def a_number(rng: random.Random, wide: bool) -> str:
    if wide and rng.random() < 0.02:
        return f"{rng.randrange(10**10)}.{rng.randrange(10**16):016}"
    text = f"{rng.randrange(10 ** rng.randrange(1, 8))}.{rng.randrange(10**5):05}"
    text = text[: len(text) - rng.randrange(6)]
    kind = rng.random()
    if kind < 0.05:
        return f"{rng.randrange(1, 10**6)}e{rng.randrange(-4, 3)}"
    return f"{'+' if kind < 0.1 else ''}{text}"


def a_row(rng: random.Random, i: int, wide: bool) -> str:
    stamp = rng.choice(STAMPS)(i)
    note = rng.choice(["", "plain", '"a, b"', '"say ""hi"""', '"two\nlines"', '"\r\n"', 'in"side'])
    prices = [rng.choice(["", "-"]) + a_number(rng, wide) for _ in range(4)]
    cells = [stamp, note, *prices, a_number(rng, False)]
    for at in (0, 2, 3, 4, 5, 6):
        if rng.random() < 0.03:
            cells[at] = rng.choice([" {} ", '"{}"', '" {}" ', "\t{}"]).format(cells[at])
    if rng.random() < 0.12:
        spoil(rng, cells)
    return ",".join(cells)


def spoil(rng: random.Random, cells: list[str]) -> None:
    """Makes one thing wrong with a row."""
    kind = rng.randrange(7)
    if kind == 0:
        cells[0] = rng.choice(BAD_STAMPS)
    elif kind <= 3:
        cell = rng.choice(BAD_CELLS)
        cells[rng.randrange(2, 7)] = f'"{cell}"' if "," in cell else cell
    elif kind == 4:
        cells[6] = "-1"
    elif kind == 5:
        del cells[rng.randrange(len(cells)) :]
        cells.append("tail")
    else:
        cells[1] = rng.choice(['"quoted" then', "nul\0", '""""x'])


def random_text(seed: int, rows: int, wide: bool = True, ends: str = "") -> bytes:
    rng = random.Random(seed)
    parts = ["timestamp,note,open,high,low,close,volume\n"]
    for i in range(rows):
        parts.append(a_row(rng, i, wide) + (ends or rng.choice(["\n", "\n", "\r\n", "\r"])))
        if rng.random() < 0.05:
            parts.append(rng.choice(["\n", " \t\r\n", "\r"]))
    text = "".join(parts)
    return text.rstrip("\r\n").encode() if seed % 2 else text.encode()


def read_rejects(path: Path) -> list[tuple[int, int, str, str | None, bytes]]:
    """Line, offset, reason, column and the bytes of every rejected row."""
    with path.open(newline="", encoding="latin-1") as file:
        rows = list(csv.DictReader(file, lineterminator="\n"))
    return [
        (
            int(row["line"]),
            int(row["offset"]),
            row["reason"],
            row["column"] or None,
            row["row"].encode("latin-1"),
        )
        for row in rows
    ]


def facts(report: bw.CsvReport) -> dict:
    return {k: v for k, v in asdict(report).items() if k != "path"}


def assert_same(bars: bw.Bars, expected: Reading) -> None:
    assert bars.encoding == expected.encoding
    for name in COLUMNS:
        assert integers(bars, name) == expected.columns[name], name
    assert bars.price_precision == expected.price_precision
    assert bars.size_precision == expected.size_precision


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
    with pytest.raises(bw.BarrowArgumentError, match="batch_rows: 0 is less than 1"):
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


# ---------------------------------------------------------------------- options


def test_precision_can_be_set(csv_file) -> None:
    bars = bw.read_csv(csv_file(HEADER + ROW), price_precision=6, size_precision=2)
    assert (bars.price_precision, bars.size_precision) == (6, 2)
    assert bars.raw("open").tolist() == [1_084_200_000]
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.read_csv(csv_file(HEADER + ROW), price_precision=3)
    assert str(caught.value).splitlines()[0] == (
        f'{csv_file(HEADER + ROW)} line 2 column 2 "open": "1.0842" has more than 3 decimals'
    )


def test_the_hints_of_a_precision_error_all_help(csv_file) -> None:
    path = csv_file(HEADER + ROW)
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.read_csv(path, price_precision=3)
    text = str(caught.value)
    assert '"1.0842" has more than 3 decimals' in text
    assert 'price_precision="auto"' in text
    assert "fixed16" not in text  # has more decimals, but three were asked for


def test_a_precision_above_nine_takes_fixed16(csv_file) -> None:
    bars = bw.read_csv(csv_file(HEADER + ROW), price_precision=12)
    assert (bars.encoding, bars.price_precision) == ("fixed16", 12)


def test_ts_init_delta_out_of_range_refuses_the_row(csv_file) -> None:
    path = csv_file(HEADER + ROW)
    for delta in (-(2**62), 2**63 - 1):
        with pytest.raises(bw.BarrowParseError) as caught:
            bw.read_csv(path, ts_init_delta=delta)
        assert caught.value.reason == "time_range"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"encoding": "fixed9"}, "encoding: 'fixed9' is none of auto, fixed8, fixed16, decimal128"),
        ({"dialect": "binance"}, "dialect: 'binance' is none of auto, generic"),
        ({"on_error": "ignore"}, "on_error: 'ignore' is none of raise, skip, quarantine"),
        (
            {"rounding": "up"},
            "rounding: 'up' is none of exact, half_even, half_away, truncate",
        ),
        (
            {"price_precision": 17},
            "price_precision: 17 is not auto or a number from 0 to 16",
        ),
        (
            {"size_precision": 10, "encoding": "fixed8"},
            "size_precision: 10 is not auto or a number from 0 to 9",
        ),
        ({"price_precision": -1}, "price_precision: -1 is not auto or a number from 0 to 16"),
        (
            {"price_precision": "4"},
            "price_precision: '4' is not auto or a number from 0 to 16",
        ),
        ({"chunk_bytes": 0}, "chunk_bytes: 0 is less than 1"),
        (
            {"on_error": "quarantine"},
            "rejects: a file for rejected rows and on_error='quarantine' go together\n"
            '  try: on_error="quarantine", rejects="rejects.csv"',
        ),
        (
            {"rejects": "r.csv"},
            "rejects: a file for rejected rows and on_error='quarantine' go together\n"
            '  try: on_error="quarantine", rejects="rejects.csv"',
        ),
        (
            {"default_volume": -1},
            "default_volume: -1 is no volume: "
            'value: "-1" is negative, expected a volume of zero or more',
        ),
        (
            {"default_volume": float("nan")},
            'default_volume: nan is no volume: value: "nan" is not a finite number',
        ),
    ],
)
def test_bad_options_are_argument_errors(options: dict, text: str) -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.read_csv("no such file", **options)
    assert str(caught.value) == text


def test_an_unknown_option_names_the_known_ones() -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.read_csv("no such file", seperator=";")
    assert "unexpected keyword argument 'seperator'" in str(caught.value)
    assert "chunk_bytes" in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"ts_init_delta": 1.5},
        {"ts_init_delta": 2**63},
        {"chunk_bytes": "64"},
        {"price_precision": None},
        {"bar_type": 7},
        {"encoding": None},
    ],
    ids=str,
)
def test_options_of_a_wrong_type_are_argument_errors(csv_file, options: dict) -> None:
    with pytest.raises(bw.BarrowArgumentError):
        bw.read_csv(csv_file(HEADER + ROW), **options)


@pytest.mark.parametrize("volume", [1_000_000.0, "1000000", 1_000_000, "1e6"])
def test_default_volume_may_be_any_number(csv_file, volume: object) -> None:
    path = csv_file("timestamp,open,high,low,close\n2024-01-02,1,1,1,1\n")
    assert bw.read_csv(path, default_volume=volume)[0].volume == 1_000_000


# ---------------------------------------------------------------------- sources


def test_compressed_text_reads_like_plain_text(csv_file) -> None:
    text = random_text(8, 3000)
    plain = bw.read_csv(csv_file(text), on_error="skip")
    packed = {
        "gz": gzip.compress(text),
        "bz2": bz2.compress(text),
        "zst": pa.compress(text, codec="zstd", asbytes=True),
        "dat": gzip.compress(text),
    }
    for suffix, data in packed.items():
        bars = bw.read_csv(csv_file(data, f"bars.csv.{suffix}"), on_error="skip")
        assert bars == plain
        assert facts(bars.report) == facts(plain.report)


def test_damaged_compression_is_a_corrupt_error(csv_file) -> None:
    data = bytearray(gzip.compress(random_text(9, 3000)))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(bw.BarrowCorruptError, match="the compressed data is damaged"):
        bw.read_csv(csv_file(bytes(data), "bars.csv.gz"), on_error="skip")


@pytest.mark.parametrize("keep", [5, 20, 0.5, 0.9, -1])
def test_cut_off_compression_is_an_error(csv_file, keep: float) -> None:
    data = gzip.compress(random_text(9, 3000))
    data = data[: int(len(data) * keep) if isinstance(keep, float) else keep]
    with pytest.raises(bw.BarrowError):
        bw.read_csv(csv_file(data, "bars.csv.gz"), on_error="skip")


def test_gzip_members_are_read_one_after_the_other(csv_file) -> None:
    data = gzip.compress((HEADER + ROW).encode()) + gzip.compress(ROW.encode() * 2)
    assert len(bw.read_csv(csv_file(data, "bars.csv.gz"))) == 3


def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = random_text(10, 400, wide=False)

    def feed() -> None:
        with pipe.open("wb", buffering=0) as file:
            for at in range(0, len(text), 777):
                file.write(text[at : at + 777])

    thread = threading.Thread(target=feed)
    thread.start()
    bars = bw.read_csv(pipe, on_error="skip")
    thread.join()
    assert_same(bars, read_bars(text))


def test_a_row_longer_than_any_window_is_read(csv_file) -> None:
    note = "n" * 300_000
    path = csv_file(f"note,{HEADER}{note},{ROW}")
    assert bw.read_csv(path, chunk_bytes=16)[0].close.raw == 1_084_800_000


def test_a_wide_header_is_read(csv_file) -> None:
    names = ",".join(f"column_{i}" for i in range(12_000))
    row = "," * 12_000
    bars = bw.read_csv(csv_file(f"{names},{HEADER}{row}{ROW}"))
    assert bars[0].close.raw == 1_084_800_000


def test_a_delimiter_inside_quotes_of_the_header_is_none(csv_file) -> None:
    path = csv_file(f'{HEADER.strip()},"a;b;c;d;e;f;g;h"\n{ROW.strip()},x\n')
    assert len(bw.read_csv(path)) == 1


def test_a_line_end_inside_quotes_of_the_header_is_none(csv_file) -> None:
    path = csv_file(f'"two\nlines",{HEADER}x,{ROW}')
    assert len(bw.read_csv(path)) == 1


def test_a_line_with_quotes_is_not_blank(csv_file) -> None:
    report = bw.read_csv(csv_file(f'{HEADER}{ROW}""\n'), on_error="skip").report
    assert (report.rows_in, report.blank_lines) == (2, 0)


# ---------------------------------------------------------------------- errors

BAD_FILES = {
    "column": (
        b"timestamp,open,high,low,volume\n",
        bw.BarrowSchemaError,
        "{path} line 1: no column named close; the header is: timestamp,open,high,low,volume\n"
        "  try: name the columns timestamp,open,high,low,close,volume in the first line",
    ),
    "empty": (
        b"",
        bw.BarrowParseError,
        "{path}: the file is empty, expected a header and rows\n"
        "  try: check that the download finished",
    ),
    "blank": (
        b"\n\r\n  \n",
        bw.BarrowParseError,
        "{path}: the file is empty, expected a header and rows\n"
        "  try: check that the download finished",
    ),
    "header_only": (
        HEADER.encode(),
        bw.BarrowParseError,
        "{path}: there is a header but no rows\n  try: check that the download finished",
    ),
    "text": (
        (HEADER + ROW + ROW.replace("1.0850", "1.08421x")).encode(),
        bw.BarrowParseError,
        '{path} line 3 column 3 "high": "1.08421x" is not a decimal number\n'
        "  row: 2024-01-02T09:30:00Z,1.0842,1.08421x,1.0840,1.0848,312\n"
        f"  try: {RAISE}",
    ),
    "nul": (
        (HEADER + ROW * 9 + ROW.replace("1.0850", "1.08\0")).encode(),
        bw.BarrowParseError,
        "{path} line 11: the row holds a zero byte\n"
        "  row: 2024-01-02T09:30:00Z,1.0842,1.08\\x00,1.0840,1.0848,312\n"
        f"  try: {RAISE}",
    ),
    "utf16_le": (
        b"\xff\xfe" + (HEADER + ROW).encode("utf-16-le"),
        bw.BarrowUnsupportedError,
        "{path}: the text is UTF-16, expected UTF-8\n"
        "  try: iconv -f UTF-16 -t UTF-8 '{path}' > utf8.csv",
    ),
    "utf16_without_mark": (
        (HEADER + ROW).encode("utf-16-be"),
        bw.BarrowUnsupportedError,
        "{path}: the text is UTF-16, expected UTF-8\n"
        "  try: iconv -f UTF-16 -t UTF-8 '{path}' > utf8.csv",
    ),
    "arrow": (
        b"ARROW1\0\0",
        bw.BarrowUnsupportedError,
        "{path}: this is an Arrow IPC file, expected CSV text\n  try: bw.open() or barrow info",
    ),
    "parquet": (
        b"PAR1....",
        bw.BarrowUnsupportedError,
        "{path}: this is a Parquet file, expected CSV text\n  try: pyarrow.parquet.read_table",
    ),
    "decimals": (
        (HEADER + ROW.replace("1.0842", "0.00000000000000001")).encode(),
        bw.BarrowParseError,
        '{path} line 2 column 2 "open": "0.00000000000000001" has more than 16 decimals\n'
        "  row: 2024-01-02T09:30:00Z,0.00000000000000001,1.0850,1.0840,1.0848,312\n"
        '  try: rounding="half_even" (--rounding half_even)\n'
        f"   or: {RAISE}",
    ),
    "many_digits": (
        (HEADER + ROW.replace("1.0842", "12345678901234567890")).encode(),
        bw.BarrowParseError,
        '{path} line 2 column 2 "open": "12345678901234567890" is beyond the largest value of '
        "fixed16, 17_014_118_346_046\n"
        "  row: 2024-01-02T09:30:00Z,12345678901234567890,1.0850,1.0840,1.0848,312\n"
        f"  try: {RAISE}",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_a_typed_error(csv_file, name: str) -> None:
    data, kind, text = BAD_FILES[name]
    path = csv_file(data)
    with pytest.raises(kind) as caught:
        bw.read_csv(path)
    assert str(caught.value) == text.replace("{path}", str(path))


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(bw.BarrowIoError) as caught:
        bw.read_csv(tmp_path / "none.csv")
    assert str(caught.value) == (
        f"{tmp_path}/none.csv: cannot be read: No such file or directory\n"
        "  try: check the spelling and the folder"
    )
    assert isinstance(caught.value, OSError)
    assert caught.value.filename == f"{tmp_path}/none.csv"
    with pytest.raises(bw.BarrowIoError) as caught:
        bw.read_csv(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: cannot be read: Is a directory\n  try: name a file in it"
    )


def test_a_path_that_is_none_of_this_world(tmp_path: Path) -> None:
    for path in ("nul\0byte.csv", "x" * 300 + ".csv"):
        with pytest.raises(bw.BarrowError):
            bw.read_csv(path)


def test_a_parse_error_holds_its_place_and_survives_pickle(csv_file) -> None:
    path = csv_file(HEADER + ROW + ROW.replace("1.0850", "x"))
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.read_csv(path)
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        place = error.place
        assert (place.path, place.line, place.column, place.name) == (str(path), 3, 3, "high")
        assert (error.reason, error.kind) == ("not_a_decimal", "ParseError")
        assert error.row == "2024-01-02T09:30:00Z,1.0842,x,1.0840,1.0848,312"
        assert isinstance(error, ValueError)


def test_io_errors_survive_pickle(tmp_path: Path) -> None:
    with pytest.raises(bw.BarrowIoError) as caught:
        bw.read_csv(tmp_path / "none.csv")
    twin = pickle.loads(pickle.dumps(caught.value))
    assert (str(twin), twin.errno) == (str(caught.value), 2)


def test_long_and_strange_rows_are_shown_shortened(csv_file) -> None:
    path = csv_file(HEADER.encode() + b"2024-01-02,\xff\x1b[31m,1,1,1," + b"9" * 500 + b"\n")
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.read_csv(path)
    row = str(caught.value).splitlines()[1]
    assert row.isprintable()
    assert row.startswith(r"  row: 2024-01-02,\xff\x1b[31m,1,1,1,999")
    assert len(row) < 140


# ---------------------------------------------------------------------- rejects


def test_rejects_hold_rows_byte_for_byte(csv_file, tmp_path) -> None:
    bad = [
        b'2024-01-02,"a, ""b""",1,1,1,1',
        b"2024-01-02, x\t,1,1,1,1 ",
        b"\xff\xfe,1,1,1,1,1",
        b'"two\r\nlines",1,1,1,1,1',
        b"\0,1,1,1,1,1",
        b"short",
        b'2024-01-02,1,1,1,"1"x,1',
        b" ,,,,,",
    ]
    path = csv_file(b"\n" * 300 + HEADER.encode() + b"\n".join([*bad, ROW.encode()]))
    rejects = tmp_path / "rejects.csv"
    bars = bw.read_csv(path, on_error="quarantine", rejects=rejects)
    assert (len(bars), bars.report.rows_rejected) == (1, 8)
    found = read_rejects(rejects)
    assert [row for *_, row in found] == bad
    assert [line for line, *_ in found] == [302, 303, 304, 305, 307, 308, 309, 310]
    text = path.read_bytes()
    assert all(text[at : at + len(row)] == row for _, at, *_, row in found)


def test_rejects_say_what_is_wrong(csv_file, tmp_path) -> None:
    rejects = tmp_path / "rejects.csv"
    path = csv_file(HEADER + ROW + ROW.replace("1.0840", "low") + "2024\n")
    bw.read_csv(path, on_error="quarantine", rejects=rejects)
    assert list(csv.reader(StringIO(rejects.read_text()))) == [
        ["line", "offset", "field", "column", "reason", "found", "row"],
        [
            "3",
            "90",
            "4",
            "low",
            "not_a_decimal",
            '"low" is not a decimal number',
            "2024-01-02T09:30:00Z,1.0842,1.0850,low,1.0848,312",
        ],
        ["4", "140", "0", "", "field_count", "the row has 1 fields, the header has 6", "2024"],
    ]


def test_no_rejects_file_without_rejects(csv_file, tmp_path) -> None:
    rejects = tmp_path / "rejects.csv"
    bw.read_csv(csv_file(HEADER + ROW), on_error="quarantine", rejects=rejects)
    assert not rejects.exists()


def test_a_rejects_file_is_never_overwritten(csv_file, tmp_path) -> None:
    rejects = tmp_path / "rejects.csv"
    rejects.write_text("mine")
    with pytest.raises(bw.BarrowIoError) as caught:
        bw.read_csv(csv_file(HEADER + ROW), on_error="quarantine", rejects=rejects)
    assert str(caught.value) == (
        f"{rejects}: the file for rejected rows is there already\n  try: remove it"
    )
    assert rejects.read_text() == "mine"


def test_a_rejects_file_that_cannot_be_written(csv_file, tmp_path) -> None:
    path = csv_file(HEADER + ROW + "bad\n")
    with pytest.raises(bw.BarrowIoError, match="rejected rows cannot be written: No such file"):
        bw.read_csv(path, on_error="quarantine", rejects=tmp_path / "none" / "rejects.csv")


def test_thousands_of_rejects_are_all_there(csv_file, tmp_path) -> None:
    rejects = tmp_path / "rejects.csv"
    path = csv_file(HEADER + "".join(f"{i},x\n{ROW}" for i in range(5000)))
    bars = bw.read_csv(path, on_error="quarantine", rejects=rejects)
    assert len(bars) == 5000
    assert [row for *_, row in read_rejects(rejects)] == [f"{i},x".encode() for i in range(5000)]


def test_the_report_is_a_table(csv_file) -> None:
    bars = bw.read_csv(csv_file(HEADER + ROW + "x\nx,y\n" + ROW), on_error="skip")
    assert bars.report.to_arrow().to_pylist() == [
        {
            "reason": "field_count",
            "column": None,
            "count": 2,
            "first_line": 3,
            "sample": "the row has 1 fields, the header has 6",
        }
    ]


def test_all_rows_rejected_leaves_empty_bars(csv_file) -> None:
    bars = bw.read_csv(csv_file(HEADER + "x\ny\n"), on_error="skip")
    assert (len(bars), bars.report.rows_in, bars.report.rows_rejected) == (0, 2, 2)
    assert list(bw.scan_csv(csv_file(HEADER + "x\ny\n"), on_error="skip")) == []
