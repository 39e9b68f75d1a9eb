"""Options, sources, errors and rejects of the CSV reader."""

from __future__ import annotations

import bz2
import csv
import gzip
import os
import pickle
import threading
from io import StringIO
from pathlib import Path

import barrow as bw
import pyarrow as pa
import pytest
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
        ({"dialect": "binance"}, "dialect: there is no 'binance'"),
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
        ({"chunk_bytes": 0}, "chunk_bytes: 0 is no number from 1"),
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
            'default_volume: -1 is no volume: value: "-1" is negative, expected zero or more',
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
    assert str(caught.value).splitlines()[0] == text.splitlines()[0]


def test_an_unknown_option_names_the_known_ones() -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.read_csv("no such file", seperator=";")
    assert "there is no option seperator" in str(caught.value)
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
    "utf32": (
        (HEADER + ROW).encode("utf-32"),
        bw.BarrowUnsupportedError,
        "{path}: the text is UTF-32, expected UTF-8 or UTF-16\n  try: iconv -f UTF-32-LE -t UTF-8",
    ),
    "utf16_cut": (
        (HEADER + ROW).encode("utf-16")[:-1],
        bw.BarrowParseError,
        "{path}: the text is UTF-16-LE, but not at byte 180: truncated data\n"
        "  try: check that the file is whole\n"
        "   or: iconv -c -f UTF-16-LE -t UTF-8",
    ),
    "packed_twice": (
        gzip.compress(gzip.compress(HEADER.encode())),
        bw.BarrowUnsupportedError,
        "{path}: this is packed twice, expected CSV text\n  try: unpack it first",
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
    assert str(caught.value) == (f"{rejects}: the file for rejected rows exists\n  try: remove it")
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
            "file": None,
        }
    ]


def test_all_rows_rejected_leaves_empty_bars(csv_file) -> None:
    bars = bw.read_csv(csv_file(HEADER + "x\ny\n"), on_error="skip")
    assert (len(bars), bars.report.rows_in, bars.report.rows_rejected) == (0, 2, 2)
    assert list(bw.scan_csv(csv_file(HEADER + "x\ny\n"), on_error="skip")) == []
