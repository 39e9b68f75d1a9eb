"""A file of records to files of bars, from Python and by the command line."""

from __future__ import annotations

import json

import barrow as bw
import pytest
from children import assert_plain_failure, run_barrow
from rows_to_resample import BAR_TYPE, random_bars
from test_information import trades


@pytest.fixture
def source(tmp_path):
    bw.write_csv(random_bars(1, 2000, longest=30), tmp_path / "eurusd.csv")
    bw.ingest(tmp_path / "eurusd.csv", tmp_path / "eurusd.arrow", bar_type=BAR_TYPE)
    return tmp_path / "eurusd.arrow"


def test_files_hold_what_resample_makes(source, tmp_path):
    names = ["5m", "1h", "1M"]
    written = bw.resample_file(source, names, tmp_path / "out" / "bars", tz="America/New_York")
    found = sorted(path.name for path in (tmp_path / "out" / "bars").iterdir())
    assert found == ["eurusd-1-hour.arrow", "eurusd-1-month.arrow", "eurusd-5-minute.arrow"]
    made = bw.resample(bw.open(source), names, tz="America/New_York")
    for one, name in zip(written, names, strict=True):
        assert bw.open(one.path) == made[name]
        assert bw.open(one.path).bar_type == made[name].bar_type
        assert one.report.bars == len(made[name])


def test_the_command(source, tmp_path):
    arguments = ("resample", source, "--to", "5m,1d", "-o", tmp_path / "out")
    done = run_barrow(*arguments, "--tz", "America/New_York", "--offset", "17h")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.endswith(" bars of 2,000 rows, the last one unfinished")
    days = bw.resample(bw.open(source), "1d", tz="America/New_York", offset="17h")["1d"]
    assert bw.open(tmp_path / "out" / "eurusd-1-day.arrow") == days
    again = run_barrow(*arguments)
    assert_plain_failure(again)
    assert "eurusd-5-minute.arrow: is there already" in again.stderr
    told = run_barrow(*arguments, "--overwrite", "--json", "--empty", "fill", "--partial", "drop")
    facts = json.loads(told.stdout)
    assert [fact["timeframe"] for fact in facts] == ["5m", "1d"]
    assert facts[0]["filled"] > 0
    assert facts[1]["rows_dropped"]["unfinished"] > 0
    assert second


def test_the_command_with_a_session(source, tmp_path):
    arguments = ("resample", source, "--to", "1h,1d", "-o", tmp_path / "out")
    done = run_barrow(*arguments, "--session", "cme-globex")
    assert done.returncode == 0, done.stderr
    made = bw.resample(bw.open(source), ["1h", "1d"], session="cme-globex")
    assert bw.open(tmp_path / "out" / "eurusd-1-hour.arrow") == made["1h"]
    outside = made["1d"].report.rows_dropped["outside session"]
    assert f", {outside:,} outside session" in done.stdout.splitlines()[1]
    mine = tmp_path / "mine.toml"
    mine.write_text('zone = "America/New_York+7h"\nranges = ["Mon-Fri 00:00 - 24:00"]\n')
    done = run_barrow(*arguments, "--session", mine, "--outside", "keep", "--overwrite", "--json")
    assert [fact["rows_dropped"] for fact in json.loads(done.stdout)] == [{}, {}]
    failed = run_barrow(*arguments, "--session", mine, "--outside", "error", "--overwrite")
    assert_plain_failure(failed, 2)
    assert 'is outside session "mine"' in failed.stderr
    noted = run_barrow(*arguments, "--session", "us-equities", "--overwrite")
    assert noted.returncode == 0
    assert "note:" not in noted.stdout


def test_the_command_says_what_is_wrong(source, tmp_path):
    for timeframes, what in (("5x", '"x" is no unit'), ("1q,3M", "is of another, too")):
        done = run_barrow("resample", source, "--to", timeframes, "-o", tmp_path / "out")
        assert_plain_failure(done, 2)
        assert what in done.stderr
    assert not (tmp_path / "out").exists()


def test_information_bars_are_written_beside_timeframes(tmp_path):
    bw.write_arrow(trades(21, 800), tmp_path / "btc.arrow")
    done = run_barrow(
        "resample", tmp_path / "btc.arrow", "--to", "1h,50-TICK,0.5-VOLUME_IMBALANCE,7-RENKO",
        "-o", tmp_path / "out", "--price-increment", "0.00001", "--sides", "tick_rule",
        "--rules", "nautilus", "--partial", "keep",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [line.split(": ")[0].rsplit("/", 1)[1] for line in done.stdout.splitlines()] == [
        "btc-1-hour.arrow",
        "btc-50-tick.arrow",
        "btc-0.5-volume_imbalance.arrow",
        "btc-7-renko.arrow",
    ]
    made = bw.information_bars(
        bw.open(tmp_path / "btc.arrow"), ["50-TICK", "0.5-VOLUME_IMBALANCE", "7-RENKO"],
        price_increment="0.00001", sides="tick_rule", rules="nautilus", partial="keep",
    )  # fmt: skip
    for name, bars in made.items():
        assert bw.open(tmp_path / "out" / f"btc-{name.lower()}.arrow") == bars
    assert made["50-TICK"].report.bars == 16
    only = bw.resample_file(tmp_path / "btc.arrow", ["50-TICK"], tmp_path / "one")
    assert bw.open(only[0].path) == made["50-TICK"]
