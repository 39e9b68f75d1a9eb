from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow import Bars, Finding

HEADER = "timestamp,open,high,low,close,volume"
DAY = 86_400 * 10**9
GOOD = "1,2,0.5,1.5,10"
STEP_OF_A_DAY = "more than one bar length since the bar before (1 d); the longest takes {}"


@pytest.fixture
def csv(tmp_path: Path):
    def write(*rows: str) -> Path:
        path = tmp_path / "bars.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n")
        return path

    return write


def days(*numbers: int, values: str = GOOD) -> list[str]:
    return [f"2024-01-{number:02},{values}" for number in numbers]


def by_check(report: bw.Report) -> dict[str, Finding]:
    assert len({f.check for f in report.findings}) == len(report.findings)
    return {finding.check: finding for finding in report.findings}


def test_good_bars_have_no_findings(csv) -> None:
    report = bw.validate(bw.read_csv(csv(*days(*range(1, 29)))))
    assert report.ok
    assert report.findings == []
    assert (report.rows, report.step_ns, report.longest_gap_ns) == (28, DAY, 0)


@pytest.mark.parametrize(
    ("values", "checks"),
    [
        ("1,0.9,0.5,0.8,10", {"ohlc_high"}),
        ("1,1.2,0.5,1.3,10", {"ohlc_high"}),
        ("1,2,1.1,1.5,10", {"ohlc_low"}),
        ("2,3,1.6,1.5,10", {"ohlc_low"}),
        ("1,1,1,1,0", set()),
        ("-2,-1,-3,-2,0", set()),
        ("1,0.5,0.6,1,10", {"ohlc_high"}),
        ("1,0,2,1,1", {"ohlc_high", "ohlc_low"}),
    ],
)
@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
@pytest.mark.parametrize("at", [0, 1, 7, 8, 9, 20])
def test_prices_are_checked_against_each_other(
    csv, values: str, checks: set[str], encoding: str, at: int
) -> None:
    rows = days(*range(1, 22))
    rows[at] = days(at + 1, values=values)[0]
    report = bw.validate(bw.read_csv(csv(*rows), encoding=encoding))
    found = by_check(report)
    assert set(found) == checks
    assert report.ok is not bool(checks)
    for finding in found.values():
        assert (finding.severity, finding.count, finding.first_row) == ("error", 1, at)
        assert f"Bar(2024-01-{at + 1:02}T00:00:00Z open=" in finding.sample


def test_stamps_out_of_order_are_counted(csv) -> None:
    found = by_check(bw.validate(bw.read_csv(csv(*days(1, 2, 5, 3, 4, 2, 6)))))
    order = found["ts_order"]
    assert (order.severity, order.count, order.first_row) == ("error", 2, 3)
    assert order.sample == "2024-01-05T00:00:00Z then 2024-01-03T00:00:00Z"


def test_duplicates_next_to_each_other_are_counted(csv) -> None:
    found = by_check(bw.validate(bw.read_csv(csv(*days(1, 2, 2, 2, 3, 4, 4)))))
    assert set(found) == {"ts_duplicate"}
    duplicate = found["ts_duplicate"]
    assert (duplicate.severity, duplicate.count, duplicate.first_row) == ("error", 3, 2)
    assert duplicate.sample == "2024-01-02T00:00:00Z then 2024-01-02T00:00:00Z"


def test_duplicates_far_from_each_other_are_counted(csv) -> None:
    found = by_check(bw.validate(bw.read_csv(csv(*days(1, 2, 3, 1, 2, 3, 3)))))
    assert (found["ts_duplicate"].count, found["ts_duplicate"].first_row) == (4, 3)
    assert (found["ts_order"].count, found["ts_order"].first_row) == (1, 3)


def test_newest_first_is_said_so(csv) -> None:
    found = by_check(bw.validate(bw.read_csv(csv(*days(5, 4, 3, 2, 1)))))
    assert set(found) == {"ts_order"}
    assert found["ts_order"].count == 4
    assert found["ts_order"].meaning.endswith("every bar is: the source is newest first")


def test_gaps_are_warnings(csv) -> None:
    report = bw.validate(bw.read_csv(csv(*days(1, 2, 3, 6, 7, 8, 15, 16))))
    gap = by_check(report)["gap"]
    assert report.ok
    assert (gap.severity, gap.count, gap.first_row) == ("warning", 2, 3)
    assert gap.sample == "2024-01-03T00:00:00Z then 2024-01-06T00:00:00Z"
    assert gap.meaning == STEP_OF_A_DAY.format("7 d")
    assert (report.step_ns, report.longest_gap_ns) == (DAY, 7 * DAY)


def test_the_bar_type_says_how_long_a_bar_is(csv) -> None:
    path = csv(*days(1, 2, 3, 4))
    hourly = "A.B-1-HOUR-LAST-EXTERNAL"
    for report in (
        bw.validate(bw.read_csv(path), bar_type=hourly),
        bw.validate(bw.read_csv(path, bar_type=hourly)),
        bw.check_csv(path, bar_type=hourly)[0],
    ):
        assert by_check(report)["gap"].count == 3
    weekly = bw.validate(bw.read_csv(path), bar_type="A.B-1-WEEK-LAST-EXTERNAL")
    assert weekly.findings == []


def test_errors_come_before_warnings(csv) -> None:
    report = bw.validate(bw.read_csv(csv(*days(1, 2, 3, 9, 1, 2))))
    severities = [f.severity for f in report.findings]
    assert set(severities) == {"error", "warning"}
    assert severities == sorted(severities)


def test_a_check_of_text_names_lines(csv) -> None:
    path = csv(
        "2024-01-01," + GOOD,
        "",
        "2024-01-02,1,2,0.5,1.5,-10",
        "2024-01-03,1,0.9,0.5,0.7,10",
        "2024-01-03," + GOOD,
        "2024-01-04,x,2,0.5,1.5,10",
        "2024-01-05,1,2,0.5",
        "2024-01-09," + GOOD,
        "2024-01-10,1,2,0.5,,10",
    )
    report, account = bw.check_csv(path, bar_type="A.B-1-DAY-LAST-EXTERNAL")
    found = by_check(report)
    lines = {check: (f.count, f.first_line) for check, f in found.items()}
    assert lines == {
        "ohlc_high": (1, 5),
        "ts_duplicate": (1, 6),
        "negative_volume": (1, 4),
        "not_a_decimal": (1, 7),
        "field_count": (1, 8),
        "empty": (1, 10),
        "gap": (2, 5),
    }
    assert not report.ok
    assert (account.rows_in, account.rows_out, account.rows_rejected) == (8, 4, 4)


def test_duplicates_in_unordered_text_name_their_line(csv) -> None:
    report, _ = bw.check_csv(csv(*days(1, 2, 3, 1, 2)))
    assert by_check(report)["ts_duplicate"].count == 2
    assert by_check(report)["ts_duplicate"].first_line == 5


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 16, 40])
def test_batches_of_any_size_give_the_same_report(csv, size: int) -> None:
    rng = np.random.default_rng(7)
    rows = []
    for number in sorted(rng.integers(0, 400, 120).tolist()):
        o, h, low, c = rng.integers(1, 9, 4)
        stamp = np.datetime64("2024-01-01") + number
        rows.append(f"{stamp},{o},{max(o, h, c)},{min(o, low, c)},{c},1")
    rows[33] = f"{rows[33][:10]},5,1,4,3,1"
    table = bw.read_csv(csv(*rows)).to_arrow()
    whole = bw.validate(Bars.from_arrow(table), bar_type="A.B-1-DAY-LAST-EXTERNAL")
    parts = [b for i in range(0, 120, size) for b in table.slice(i, size).to_batches()]
    split = bw.validate(
        Bars.from_arrow(pa.Table.from_batches(parts)), bar_type="A.B-1-DAY-LAST-EXTERNAL"
    )
    assert asdict(split) == asdict(whole)
    assert {"gap", "ts_duplicate"} <= {f.check for f in whole.findings}


def test_the_report_is_a_table_and_json(csv) -> None:
    report = bw.validate(bw.read_csv(csv(*days(1, 2, 2, 9))))
    table = report.to_arrow()
    assert table.column_names == [
        "check",
        "severity",
        "count",
        "first_row",
        "first_line",
        "sample",
        "meaning",
        "file",
    ]
    assert table.to_pylist() == [asdict(finding) for finding in report.findings]
    parsed = json.loads(report.to_json())
    assert parsed["ok"] is False
    assert parsed["rows"] == 4
    assert [f["check"] for f in parsed["findings"]] == ["ts_duplicate", "gap"]
    assert bw.validate(bw.read_csv(csv(*days(1)))).to_arrow().num_rows == 0


def test_only_records_are_validated() -> None:
    with pytest.raises(
        bw.BarrowArgumentError, match="expected Bars, Quotes or other records, got list"
    ):
        bw.validate([])


def test_an_unknown_option_is_an_argument_error(csv) -> None:
    with pytest.raises(bw.BarrowArgumentError, match="encodnig"):
        bw.check_csv(csv(*days(1)), encodnig="fixed8")
