"""The command `adjust`: the same as the function, and its exit status."""

from __future__ import annotations

import json

import barrow as bw
from rows_to_resample import random_bars
from test_cli import assert_plain_failure, run_barrow


def test_a_file_is_adjusted_there_and_back(tmp_path):
    bars = random_bars(1, 300)
    source, table, out = (tmp_path / name for name in ("a.arrow", "rolls.csv", "b.arrow"))
    bw.write_arrow(bars, source)
    table.write_text("date,old,new\n2024-03-07T02:00,101,102.5\n")
    done = run_barrow("adjust", source, "--table", table, "--method", "additive", "-o", out)
    assert done.returncode == 0, done.stderr
    wanted = bw.adjust(bars, table, method="additive")
    assert done.stdout == f"{out}: {wanted.report.rows_adjusted} of 300 rows adjusted\n"
    assert bw.open(out) == wanted
    back = tmp_path / "c.arrow"
    args = ("--table", table, "--method", "additive", "--inverse", "--json", "-o", back)
    done = run_barrow("adjust", out, *args)
    assert json.loads(done.stdout)["rows"] == 300
    assert bw.open(back) == bars


def test_what_is_wrong_is_told(tmp_path):
    source, table = tmp_path / "a.arrow", tmp_path / "rolls.csv"
    bw.write_arrow(random_bars(1, 5), source)
    table.write_text("date,ratio\n2025-01-01,1/3\n")
    done = run_barrow("adjust", source, "--table", table, "-o", tmp_path / "b.arrow")
    assert_plain_failure(done, 1)
    assert "has more than 5 decimals" in done.stderr
    rounded = ("--rounding", "truncate", "-o", tmp_path / "b.arrow")
    done = run_barrow("adjust", source, "--table", table, *rounded)
    assert "5 of 5 rows adjusted, " in done.stdout
    done = run_barrow("adjust", source, "--table", tmp_path / "none.csv", *rounded)
    assert_plain_failure(done, 1)
