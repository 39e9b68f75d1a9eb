"""`convert` and the command: any file into CSV, Arrow or Parquet."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import barrow as bw
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from barrow._arrow import FIXED16, encoding_named
from children import BARROW, assert_plain_failure, names, run_barrow, run_python
from test_write import HEADER, LAST, PRICE_LIMIT, SIZE_LIMIT, bars_of, canonical

BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "bars.csv"
    path.write_text(canonical(1000, 5, 2, 60 * 10**9))
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize(
    "name", ["a.csv", "a.csv.gz", "a.txt", "a.csv.bz2", "a.csv.zst", "a.arrow", "a.parquet", "a.pq"]
)
def test_every_format_and_back(source: Path, out: Path, name: str) -> None:
    report = bw.convert(source, out / name)
    assert (report.rows, report.output) == (1000, str(out / name))
    assert report.bytes_out == (out / name).stat().st_size
    assert bw.open(out / name) == bw.read_csv(source)
    bw.convert(out / name, out / "back.csv")
    assert (out / "back.csv").read_bytes() == source.read_bytes()
    assert names(out) == {name, "back.csv"}


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
def test_extremes_survive_parquet(out: Path, encoding: str) -> None:
    scale = 9 if encoding == "fixed8" else 16
    limit, most = PRICE_LIMIT[scale], SIZE_LIMIT[scale]
    rows = [(limit, -limit, 1, -1, most, 0, LAST), (0, 0, 0, 0, 0, LAST, 0)]
    bars = bars_of(rows, encoding_named(encoding))
    bw.convert(_arrow(bars, out), out / "a.parquet")
    again = bw.open(out / "a.parquet")
    assert again == bars
    assert (again.price_precision, again.size_precision) == (5, 0)


def _arrow(bars: bw.Bars, folder: Path) -> Path:
    path = folder / "source.arrow"
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, bars.schema) as writer:
        writer.write_table(bars.to_arrow())
    return path


def test_parquet_is_numbers_for_other_tools(source: Path, out: Path) -> None:
    bw.convert(source, out / "a.parquet", bar_type=BAR_TYPE)
    frame = pl.read_parquet(out / "a.parquet")
    assert frame["close"].dtype == pl.Decimal(38, 16)
    assert str(frame["close"][0]) == "-2.4999900000000000"
    assert frame["ts_event"].dtype == pl.Datetime("ns", "UTC")
    schema = pq.read_schema(out / "a.parquet")
    assert schema.metadata[b"bar_type"] == BAR_TYPE.encode()
    assert bw.open(out / "a.parquet").bar_type == BAR_TYPE
    with pytest.raises(bw.BarrowSchemaError, match=r"the bars are EUR/USD\.SIM"):
        bw.open(out / "a.parquet", bar_type="A.B-1-DAY-LAST-EXTERNAL")


def test_parquet_with_the_stored_binary_opens_too(source: Path, out: Path) -> None:
    bars = bw.read_csv(source)
    pq.write_table(bars.to_arrow(), out / "a.parquet", row_group_size=100)
    assert bw.open(out / "a.parquet") == bars
    assert bw.open(out / "a.parquet").encoding == "fixed8"
    assert bw.open(out / "a.parquet", bar_type=BAR_TYPE).bar_type == BAR_TYPE


def test_parquet_files_that_are_none(source: Path, out: Path) -> None:
    with pytest.raises(bw.BarrowIoError) as raised:
        bw.open(out / "a.parquet")
    assert str(raised.value) == f"{out}/a.parquet: cannot be read: No such file or directory"
    (out / "a.parquet").write_text("PAR1 and nothing else, but long enough PAR1")
    with pytest.raises(bw.BarrowCorruptError, match="no whole Parquet file: "):
        bw.open(out / "a.parquet")
    bw.convert(source, out / "a.parquet", overwrite=True)
    whole = (out / "a.parquet").read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 1):
        (out / "a.parquet").write_bytes(whole[:cut])
        with pytest.raises(bw.BarrowCorruptError, match="no whole Parquet file: "):
            bw.open(out / "a.parquet")
    (out / "a.parquet").write_bytes(whole)
    table = bw.open(out / "a.parquet").to_arrow()
    cells = pa.array([None] * len(table), table.schema.field("open").type)
    pq.write_table(table.set_column(0, "open", cells), out / "a.parquet")
    with pytest.raises(bw.BarrowSchemaError, match=r'parquet column "open": holds \d+ nulls, exp'):
        bw.open(out / "a.parquet")
    pq.write_table(pa.table({"x": [1]}), out / "a.parquet")
    with pytest.raises(bw.BarrowSchemaError, match="no records that are known"):
        bw.open(out / "a.parquet")


def test_arrow_output_in_another_encoding(source: Path, out: Path) -> None:
    for encoding in ("fixed16", "decimal128", "fixed8"):
        bw.convert(source, out / "a.arrow", encoding=encoding, overwrite=True)
        assert bw.open(out / "a.arrow").encoding == encoding
        assert bw.open(out / "a.arrow") == bw.read_csv(source)


def test_a_value_that_does_not_fit_is_named_by_its_row_in_the_file(out: Path) -> None:
    rows = [(0, 0, 0, 0, 0, 0, 0)] * 150 + [(0, 0, 1, 0, 0, 0, 0)]
    path = _arrow(bars_of(rows, FIXED16, batch_rows=100), out)
    with pytest.raises(bw.BarrowParseError, match=r"row 150 column 'low': 0\.0{15}1 does"):
        bw.convert(path, out / "a.arrow", encoding="fixed8")
    assert names(out) == {"source.arrow"}


def test_a_tsv_has_tabs(source: Path, out: Path) -> None:
    bw.convert(source, out / "a.tsv")
    assert (out / "a.tsv").read_text() == source.read_text().replace(",", "\t")
    bw.convert(source, out / "b.tsv", delimiter=";")
    assert (out / "b.tsv").read_text() == source.read_text().replace(",", ";")


# ---------------------------------------------------------------------- the command


def test_the_command(source: Path, out: Path) -> None:
    done = run_barrow("convert", source, "-o", out / "a.parquet", "--bar-type", BAR_TYPE)
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith(f"{out}/a.parquet: 1,000 records, parquet, ")
    done = run_barrow("convert", out / "a.parquet", "-o", out / "a.bin", "--to", "csv", "--json")
    facts = json.loads(done.stdout)
    assert (facts["rows"], facts["format"], facts["output"]) == (1000, "csv", f"{out}/a.bin")
    assert (out / "a.bin").read_bytes() == source.read_bytes()


def test_the_options_of_csv(source: Path, out: Path) -> None:
    options = ("--delimiter", "tab", "--time", "ms", "--no-header", "--decimals", "shortest")
    done = run_barrow("convert", source, "-o", out / "a.csv", *options, "--ts-init", "always", "-q")
    assert (done.stdout, done.stderr) == ("", "")
    first = (out / "a.csv").read_text().split("\n")[0]
    assert first == "1704187800000\t-2.5\t-2.49991\t-2.50009\t-2.49999\t0\t1704187800000"


def test_standard_output(source: Path, out: Path) -> None:
    done = run_barrow("convert", source, "-o", "-")
    assert done.stdout == source.read_text()
    assert done.stderr.startswith("-: 1,000 records, csv, ")
    done = run_barrow("convert", source, "-o", "-", "--json")
    assert_plain = "ArgumentError: --json: standard output takes either the report or the records\n"
    assert (done.returncode, done.stderr) == (2, assert_plain)
    assert names(out) == set()


def test_standard_output_that_is_full_or_left(source: Path) -> None:
    command = [*BARROW, "convert", str(source), "-q", "-o", "-"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("IoError: standard output: cannot be written: No space left on")
    source.write_text(HEADER + source.read_text().partition("\n")[2] * 50)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as left:
        assert left.stdout.readline() == HEADER.encode()
        left.stdout.close()
        assert left.stderr.read() == b""
    assert left.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("a.xyz",), "output: the suffix of "),
        (("a.arrow", "--time", "ns"), "time: is an option of CSV, not of arrow"),
        (
            ("a.csv", "--encoding", "fixed8"),
            "encoding: is an option of Arrow files and catalogs, not of csv",
        ),
        (("a.csv", "--delimiter", "x"), "delimiter: 'x' is none of "),
        (("bars.csv", "--overwrite"), "output: "),
    ],
)
def test_wrong_use(source: Path, out: Path, arguments: tuple[str, ...], told: str) -> None:
    name, *options = arguments
    target = source if name == source.name else out / name
    done = run_barrow("convert", source, "-o", target, *options)
    assert_plain_failure(done, 2)
    assert done.stderr.startswith(f"ArgumentError: {told}")
    assert names(out) == set()
    done = run_barrow("convert", source, "-o", "-", "--to", "parquet")
    assert_plain_failure(done, 2)


def test_problems_with_files(source: Path, out: Path) -> None:
    assert_plain_failure(run_barrow("convert", out / "none.arrow", "-o", out / "a.csv"))
    (out / "a.csv").write_text("mine")
    done = run_barrow("convert", source, "-o", out / "a.csv")
    assert done.stderr == (
        f"IoError: {out}/a.csv: the file exists\n  try: overwrite=True (--overwrite)\n"
    )
    assert done.returncode == 1
    assert (out / "a.csv").read_text() == "mine"
    assert run_barrow("convert", source, "-o", out / "a.csv", "--overwrite").returncode == 0


LIMITED = """
    import resource, sys
    limit = int(sys.argv.pop(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    from barrow.cli import main
    main()
"""


@pytest.mark.parametrize("limit", [0, 3, 1000])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.arrow", "a.parquet"])
def test_a_full_disk_leaves_nothing(source: Path, out: Path, limit: int, name: str) -> None:
    done = run_python(LIMITED, limit, "convert", source, "-o", out / name)
    assert_plain_failure(done)
    assert done.stderr == (
        f"IoError: {out}/{name}: cannot be written: File too large\n"
        "  try: free some space, or write elsewhere\n"
    )
    assert names(out) == set()


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.arrow", "a.parquet"])
def test_an_interrupted_convert_leaves_nothing(tmp_path: Path, out: Path, name: str) -> None:
    source = tmp_path / "large.csv"
    source.write_text(HEADER + canonical(20_000, 5, 2, 60 * 10**9).partition("\n")[2] * 40)
    rng = random.Random(name)
    for number in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen(
            [sys.executable, "-m", "barrow.cli", "convert", str(source), "-o", str(out / name)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 30
        while not names(out) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.0005)
        time.sleep(rng.uniform(0, 0.01))
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert "Traceback" not in errors
        if process.returncode == 0:  # it was faster
            (out / name).unlink()
        else:
            assert (process.returncode, errors) == (130, "interrupted: nothing was written\n")
        assert names(out) == set()
