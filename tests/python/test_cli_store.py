"""The commands `barrow store ...`, and the others on the folder of a store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from children import assert_plain_failure, run_barrow

BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
HEADER = "ts_event,open,high,low,close,volume\n"
ROWS = [f"2024-01-02T09:3{i}:00Z,1.5,2.0,1.0,1.5,{i}\n" for i in range(4)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    text = tmp_path / "bars.csv"
    text.write_text(HEADER + "".join(ROWS[:2]))
    done = append(tmp_path / "store", text)
    assert done.stdout == f"{tmp_path / 'store'}: 2 bars added, 0 replaced\n", done.stderr
    return tmp_path / "store"


def append(root: Path, text: Path, *options: str):
    return run_barrow("store", "append", root, text, "--bar-type", BAR_TYPE, *options)


def test_what_is_appended_is_read_and_listed(root: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    more.write_text(HEADER + "".join(ROWS[2:]))
    done = append(root, more, "--json")
    facts = json.loads(done.stdout)
    assert (facts["rows"], facts["replaced"], facts["parts"]) == (2, 0, 1)
    assert run_barrow("store", "read", root, BAR_TYPE).stdout == HEADER + "".join(ROWS)
    some = ("--start", "2024-01-02T09:31", "--end", "2024-01-02T09:33")
    assert run_barrow("store", "read", root, BAR_TYPE, *some).stdout == HEADER + "".join(ROWS[1:3])
    assert run_barrow("store", "list", root).stdout.startswith(f"{BAR_TYPE}: 4 bars, 2024-01-02T0")
    [listed] = json.loads(run_barrow("store", "list", root, "--json").stdout)
    assert (listed["rows"], listed["parts"], listed["encodings"]) == (4, 2, ["fixed8"])
    done = run_barrow("store", "compact", root)
    assert done.stdout.endswith("EXTERNAL: 2 parts to 1, 2 files removed\n")
    done = run_barrow("store", "compact", root, BAR_TYPE, "--json")
    [compacted] = json.loads(done.stdout).values()
    assert compacted == {"before": 1, "after": 1, "removed": 0}
    assert run_barrow("store", "verify", root).stdout == f"{root}: 4 records, 0 errors\n"


def test_an_overlap_is_an_error_unless_it_shall_be_replaced(root: Path, tmp_path: Path) -> None:
    done = append(root, tmp_path / "bars.csv")
    assert_plain_failure(done, 2)
    assert "overlap those in the store" in done.stderr
    done = append(root, tmp_path / "bars.csv", "--replace")
    assert done.stdout.endswith("2 bars added, 2 replaced\n")


def test_damage_is_told_with_exit_status_one(root: Path) -> None:
    [part] = root.rglob("*.arrow")
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    done = run_barrow("store", "verify", root)
    assert done.returncode == 1
    assert f"error: part_checksum: {part}: has " in done.stdout
    done = run_barrow("store", "verify", root, "--json")
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (1, False)


def test_other_commands_take_the_folder(root: Path) -> None:
    facts = json.loads(run_barrow("info", root, "--json").stdout)
    assert (facts["rows"], facts["bar_type"]) == (2, BAR_TYPE)
    assert json.loads(run_barrow("head", root, "-n", "1", "--json").stdout)[0]["close"] == "1.5"
    assert run_barrow("check", root).stdout == f"{root}: 2 bars, 0 errors, 0 warnings\n"
    assert run_barrow("check", root, "--bar-type", BAR_TYPE).returncode == 0
    assert_plain_failure(run_barrow("store", "list", root.parent), 2)
