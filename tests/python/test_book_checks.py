"""What validation finds in records of order books, and what the command line does with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import barrow as bw
import pyarrow as pa
import pytest
from barrow.bars.checks import Validator
from barrow.ipc import write_arrow
from books import (
    ENCODINGS,
    START,
    UNDEFINED,
    Row,
    clear,
    delta,
    depth,
    random_rows,
    records_of,
    schema_of,
    table_of,
)
from children import assert_plain_failure, run_barrow
from test_cli import succeed

KINDS = ("deltas", "depths")


def found(records: Any) -> dict[str, tuple[str, int, int | None]]:
    return {f.check: (f.severity, f.count, f.first_row) for f in bw.validate(records).findings}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("batch_rows", [None, 1, 3])
def test_deltas_without_fault(encoding: str, batch_rows: int | None) -> None:
    rows = [
        clear(), clear(1, price=UNDEFINED, size=UNDEFINED), delta(2), delta(2, action=2),
        delta(3, action=3, size="0"), delta(4, price="-9223372036", size="18446744073"),
    ]  # fmt: skip
    assert found(records_of("deltas", rows, encoding, batch_rows=batch_rows)) == {}


FAULTY = [
    ({"action": 0}, "unknown_action", "error"),
    ({"action": 5}, "unknown_action", "error"),
    ({"side": 3}, "unknown_side", "error"),
    ({"size": UNDEFINED}, "no_order", "warning"),
    ({"price": UNDEFINED}, "no_order", "warning"),
    ({"size": "0"}, "zero_size", "warning"),
    ({"action": 2, "size": "0"}, "zero_size", "warning"),
    ({"price": "9223372036.000000001"}, "value_range", "error"),
    ({"price": "-9223372036.000000001"}, "value_range", "error"),
    ({"size": "18446744073.000000001"}, "value_range", "error"),
    ({"ts_event": START - 1}, "ts_order", "error"),
]


@pytest.mark.parametrize(("cells", "check", "severity"), FAULTY)
@pytest.mark.parametrize("batch_rows", [None, 1, 2])
def test_deltas_at_fault(cells: Row, check: str, severity: str, batch_rows: int | None) -> None:
    rows = [delta(), delta(1, **cells), delta(2), delta(3, **cells)]
    records = records_of("deltas", rows, batch_rows=batch_rows)
    assert found(records) == {check: (severity, 2, 1)}


@pytest.mark.parametrize("wide", ["fixed16", "decimal128"])
def test_ranges_of_128_bits(wide: str) -> None:
    for name, limit in (("price", 17_014_118_346_046), ("size", 34_028_236_692_093)):
        for cell, expected in ((limit, {}), (f"{limit}.0000000000000001", {"value_range"})):
            rows = [delta(), delta(1, **{name: cell})]
            assert set(found(records_of("deltas", rows, wide))) == set(expected)
    rows = [delta(price=f"-{17_014_118_346_046}.0000000000000001")]
    assert found(records_of("deltas", rows, wide)) == {"value_range": ("error", 1, 0)}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("batch_rows", [None, 1, 2])
def test_repeated_records(encoding: str, batch_rows: int | None) -> None:
    for make in (delta, depth):
        rows = [make(), make(), make(1), make(1), make(1), make(2)]
        name = f"{make.__name__}s"
        records = records_of(name, rows, encoding, batch_rows=batch_rows)
        assert found(records) == {"repeated": ("warning", 3, 1)}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, {}),
        ({"bid_price_0": "100.01"}, {"locked_book": "warning"}),
        ({"bid_price_0": "100.02"}, {"crossed_book": "warning"}),
        ({"bid_price_0": "100.02", "bid_size_0": "0"}, {}),
        ({"bid_price_0": UNDEFINED, "bid_size_0": UNDEFINED}, {}),
        ({"bid_price_4": "99.99"}, {"level_order": "error"}),
        ({"ask_price_9": "-1"}, {"level_order": "error"}),
        ({"ask_price_9": "-1", "ask_size_9": UNDEFINED}, {}),
        ({"ask_price_3": "100.03"}, {}),
    ],
)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_depths(cells: Row, expected: dict[str, str], encoding: str) -> None:
    rows = [depth(), depth(1, levels=4), depth(2, **cells), depth(3, levels=0)]
    told = {name: (severity, 1, 2) for name, severity in expected.items()}
    assert found(records_of("depths", rows, encoding)) == told


def test_samples_are_short_and_stamps_are_told() -> None:
    report = bw.validate(records_of("depths", [depth(1, bid_price_0="100.02"), depth()]))
    samples = {finding.check: finding.sample for finding in report.findings}
    assert samples == {
        "ts_order": "2024-01-02T09:30:00.000000001Z then 2024-01-02T09:30:00Z",
        "crossed_book": "OrderBookDepth10(2024-01-02T09:30:00.000000001Z bid_size_0=1.5 "
        "bid_price_0=100.02 ask_price_0=100.01 ask_size_0=1.5 flags=32 sequence=1)",
    }
    assert not report.ok
    assert "the source is newest first" in report.findings[0].meaning


@pytest.mark.parametrize("kind", KINDS)
def test_any_batches_give_the_same_report(kind: str) -> None:
    rows = random_rows(kind, 7, 60)
    for at in (5, 20, 33):
        rows[at] = rows[at - 1]
    reports = []
    for batch_rows in (None, 1, 7):
        records = records_of(kind, rows, batch_rows=batch_rows)
        validator = Validator(kind=records.kind)
        for part in records.batches():
            validator.push(part)
        reports.append(validator.report("x").to_json())
    assert len(set(reports)) == 1
    assert '"repeated"' in reports[0]


# ---------------------------------------------------------------------- the command line


@pytest.fixture(params=KINDS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"{request.param}.arrow"
    make = delta if request.param == "deltas" else depth
    rows = [make(), make(1), make(2)]
    write_arrow(records_of(request.param, rows), path)
    return path


def test_info_head_and_check(file: Path) -> None:
    facts = json.loads(succeed("info", file, "--json"))
    assert (facts["rows"], facts["instrument_id"], facts["size_precision"]) == (3, "AAPL.XNAS", 1)
    assert list(facts["columns"]) == schema_of(file.stem, "fixed8").names
    lines = succeed("head", file, "-n", "2").splitlines()
    assert len(lines) == 3
    assert all(len(line) < 120 for line in lines)
    shown = {
        "deltas": "ts_event action side price size order_id flags sequence",
        "depths": "ts_event bid_size_0 bid_price_0 ask_price_0 ask_size_0 flags sequence",
    }
    assert " ".join(lines[0].split()) == shown[file.stem]
    cells = json.loads(succeed("head", file, "-n", "1", "--json"))[0]
    assert len(cells) == len(facts["columns"]) - 1
    assert succeed("check", file).splitlines() == [
        f"{file}: 3 order book {file.stem}, 0 errors, 0 warnings"
    ]


@pytest.mark.parametrize("suffix", ["arrow", "parquet"])
def test_convert(file: Path, suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"out.{suffix}"
    encoding = ("--encoding", "fixed16") if suffix == "arrow" else ()
    assert "3 records" in succeed("convert", file, "-o", out, *encoding)
    assert bw.open(out) == bw.open(file)
    assert bw.open(out).encoding == ("fixed16" if suffix == "arrow" else "decimal128")


def test_there_is_no_csv(file: Path, tmp_path: Path) -> None:
    done = run_barrow("convert", file, "-o", tmp_path / "out.csv")
    assert_plain_failure(done)
    name = "action" if file.stem == "deltas" else "bid_count_0"
    assert done.stderr.startswith(f'UnsupportedError: column "{name}": is uint')
    assert "an Arrow or a Parquet file, which hold every column" in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_a_crossed_book_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.arrow"
    table = table_of("depths", [depth(), depth(1, bid_price_3="100.00")])
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    done = run_barrow("check", path)
    assert done.returncode == 1
    assert "error: level_order, 1 rows, first at row 1: a level is better" in done.stdout
