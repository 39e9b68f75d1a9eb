"""The command line on quotes and trades, and its options of what to read."""

from __future__ import annotations

import json
from pathlib import Path

import barrow as bw
import pytest
from children import assert_plain_failure, names, run_barrow
from test_cli import succeed

TRADES = (
    "symbol,timestamp,price,size,side,trade_id\n"
    "A,2024-01-02T09:30:00Z,100.5,3,buy,T-1\n"
    "B,2024-01-02T09:30:01Z,200.5,4,sell,T-2\n"
    "A,2024-01-02T09:30:02Z,100.25,0,sell,T-3\n"
    "A,bad,100.25,1,sell,T-4\n"
)
BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "trades.csv"
    path.write_text(TRADES)
    return path


def test_ingest_of_one_symbol(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.arrow"
    options = ("--symbol", "A", "--instrument-id", "A.SIM", "--on-error", "skip")
    text = succeed("ingest", source, "-o", out, *options, "--max-errors", "1", "--threads", "3")
    lines = text.splitlines()
    assert lines[0].startswith(
        f"{out}: 2 trades of 4 rows, fixed8, precision 2/0, 2024-01-02T09:30"
    )
    assert "  left out 1 rows of other symbols" in lines
    trades = bw.open(out)
    assert trades.instrument_id == "A.SIM"
    assert [trade.trade_id for trade in trades] == ["T-1", "T-3"]
    facts = json.loads(succeed("ingest", source, "-o", out, *options, "--overwrite", "--json"))
    assert (facts["record"], facts["rows_in"], facts["rows_filtered"]) == ("trade", 4, 1)


def test_ingest_gives_up_after_max_errors(source: Path, tmp_path: Path) -> None:
    done = run_barrow(
        *("ingest", source, "-o", tmp_path / "a.arrow", "--on-error", "skip", "--max-errors", 0)
    )
    assert_plain_failure(done)
    assert 'line 5 column 2 "timestamp": more than 0 rows cannot be read' in done.stderr
    assert names(tmp_path) == {"trades.csv"}


def test_check_of_trades_in_text(source: Path) -> None:
    done = run_barrow("check", source)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        f"{source}: 3 trades, 1 errors, 1 warnings",
        '  error: not_a_time, 1 rows, first at line 5: the row cannot be read: column "timestamp"',
        '    "bad" is not a date and time in a form that is known',
        "  warning: zero_size, 1 rows, first at line 4: nothing was traded",
        f"    {bw.read_csv(source, on_error='skip')[2]!r}",
    ]
    assert succeed("check", source, "--symbol", "B").startswith(f"{source}: 1 trades, 0 errors")


def test_check_takes_the_options_of_values(source: Path) -> None:
    source.write_text(TRADES.replace("A,bad", "A,2024-01-03"))
    assert succeed("check", source).startswith(f"{source}: 4 trades, 0 errors")
    done = run_barrow("check", source, "--price-precision", "1")
    assert done.returncode == 1
    assert '"100.25" has more than 1 decimals' in done.stdout
    rounded = ("--price-precision", "1", "--rounding", "half_even", "--threads", "2")
    assert succeed("check", source, *rounded).startswith(f"{source}: 4 trades, 0 errors")
    source.write_text(TRADES.splitlines()[0] + "\nA,2024-01-02,9223372037,1,buy,T\n")
    assert succeed("check", source).startswith(f"{source}: 1 trades, 0 errors")
    done = run_barrow("check", source, "--encoding", "fixed8")
    assert "overflow" in done.stdout
    source.write_text(TRADES.splitlines()[0] + "\nA,2024-01-02,1,1.5,buy,T\n")
    assert run_barrow("check", source, "--size-precision", "0").returncode == 1


def test_check_gives_up_after_max_errors(source: Path) -> None:
    done = run_barrow("check", source, "--max-errors", "0")
    assert_plain_failure(done)
    assert "more than 0 rows cannot be read" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--bar-type", BAR_TYPE], "bar_type: trades.csv holds trades (dialect generic-trades)"),
        (["--instrument-id", "A"], 'instrument id "A": there is no dot before a venue'),
        (["--symbol", ""], "symbol: '' is no text"),
        (["--max-errors", "-1"], "Invalid value for '--max-errors'"),
        (["--threads", "0"], "Invalid value for '--threads'"),
    ],
    ids=str,
)
@pytest.mark.parametrize("command", [["check"], ["ingest", "-o", "out.arrow"]], ids=str)
def test_wrong_use_is_status_2(
    source: Path, command: list[str], arguments: list[str], problem: str
) -> None:
    done = run_barrow(*command, "trades.csv", *arguments, cwd=source.parent)
    assert_plain_failure(done, 2)
    assert problem in done.stderr
    assert names(source.parent) == {"trades.csv"}


def test_max_errors_wants_a_policy_that_allows_any(source: Path) -> None:
    done = run_barrow(
        *("ingest", "trades.csv", "-o", "out.arrow", "--max-errors", "1"), cwd=source.parent
    )
    assert_plain_failure(done, 2)
    assert "--on-error skip" in done.stderr


def test_check_of_arrow_has_no_symbols_and_one_instrument(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.arrow"
    bw.ingest(source, out, symbol="A", instrument_id="A.SIM", on_error="skip")
    assert succeed("check", out, "--instrument-id", "A.SIM").startswith(f"{out}: 2 trades, 0 er")
    assert_plain_failure(run_barrow("check", out, "--instrument-id", "B.SIM"))
    done = run_barrow("check", out, "--symbol", "A")
    assert_plain_failure(done, 2)
    assert done.stderr == f"ArgumentError: symbol: {out} is no text with a column of them\n"


def test_the_version_is_an_option_too() -> None:
    assert succeed("--version") == succeed("version")
