"""Pipelines from a configuration: all stages of many symbols, and the command line."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import barrow as bw
import pytest
from barrow import etl
from barrow.store import locked
from children import run_barrow
from test_stages import BAR_TYPE, HEADER, rows

CONFIG = f"""
output = "out"
timeframes = ["1h", "1d"]

[csv]
timezone = "UTC"

[[symbols]]
name = "EURUSD"
bar_type = "{BAR_TYPE}"
sources = ["eurusd/*.csv"]

[[symbols]]
name = "GBPUSD"
bar_type = "GBP/USD.SIM-1-MINUTE-BID-EXTERNAL"
sources = ["gbpusd.csv"]
timeframes = ["4h"]
csv = {{ default_volume = 7 }}
resample = {{ tz = "America/New_York" }}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "eurusd").mkdir()
    (tmp_path / "eurusd" / "1.csv").write_text(HEADER + rows(0, 300))
    (tmp_path / "gbpusd.csv").write_text(HEADER + rows(5, 200))
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


def found(report: etl.RunReport) -> dict[str, list[int]]:
    return {each.name: [stage.rows for stage in each.stages] for each in report.symbols}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("format", ["binary", "text", "arrow"])
def test_a_pipeline_is_brought_up_to_date(config: Path, threads: int, format: str) -> None:
    config.write_text(f'format = "{format}"\n' + config.read_text())
    told: list[str] = []
    report = etl.run(
        config, threads=threads, progress=lambda each: told.append(each.stages[-1].stage)
    )
    assert report.ok
    assert found(report) == {"EURUSD": [300] * 3, "GBPUSD": [195] * 3}
    assert sorted(told) == sorted(2 * ["transform", "aggregate", "resample"])
    out = config.parent / "out"
    suffix = {"binary": "bar64", "text": "csv", "arrow": "arrows"}[format]
    assert {path.name for path in (out / "resampled").glob(f"*.{suffix}")} == {
        f"{name}.{suffix}" for name in ("EURUSD-1-hour", "EURUSD-1-day", "GBPUSD-4-hour")
    }
    assert (out / "days" / "EURUSD" / f"2024-01-02.{suffix}").exists()
    with (config.parent / "gbpusd.csv").open("a") as file:
        file.write(rows(200, 203))
    assert found(etl.run(config)) == {"EURUSD": [0] * 3, "GBPUSD": [3] * 3}
    if format == "binary":
        bars = bw.read_csv(
            config.parent / "gbpusd.csv", bar_type="GBP/USD.SIM-1-MINUTE-BID-EXTERNAL"
        )
        made = bw.resample(bars, "4h", tz="America/New_York")["4h"]
        assert bw.open(out / "resampled" / "GBPUSD-4-hour.bar64") == made


def test_a_symbol_that_fails_leaves_the_others_alone(config: Path) -> None:
    (config.parent / "eurusd" / "2.csv").write_text(HEADER + rows(300, 301) + "x,1,1,1,1,1\n")
    report = etl.run(config)
    assert not report.ok
    assert found(report) == {"EURUSD": [], "GBPUSD": [195] * 3}
    assert isinstance(report.symbols[0].error, bw.BarrowParseError)
    told = json.loads(report.to_json())["symbols"][0]
    assert told["error"]["kind"] == "ParseError"
    assert told["error"]["message"].startswith(f"{config.parent}/eurusd/2.csv line 3 column 1")


def test_symbols_and_stages_are_chosen(config: Path) -> None:
    assert found(etl.run(config, symbols=["GBPUSD"], stages=["transform"])) == {"GBPUSD": [195]}
    report = etl.run(config, symbols=["GBPUSD"], stages=["resample", "aggregate"], rebuild=True)
    assert found(report) == {"GBPUSD": [195, 195]}
    with pytest.raises(bw.BarrowArgumentError) as caught:
        etl.run(config, symbols=["X"])
    assert str(caught.value) == "symbol: there is no 'X'; there are EURUSD, GBPUSD"
    with pytest.raises(bw.BarrowArgumentError, match="stage: there is no 'x'"):
        etl.run(config, stages=["x"])


def test_two_runs_are_kept_apart(config: Path) -> None:
    begun, over = threading.Event(), threading.Event()

    def slow(_: etl.SymbolReport) -> None:
        begun.set()
        over.wait(60)

    thread = threading.Thread(target=etl.run, args=(config,), kwargs={"progress": slow})
    thread.start()
    begun.wait(60)
    with pytest.raises(bw.BarrowIoError, match=r"out/\.lock: is locked: another writer"):
        etl.run(config)
    over.set()
    thread.join()
    assert etl.run(config).ok


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('output = "out"', "", "{} output: is not there"),
        ('output = "out"', "output = 1", "{} output: 1 is no text"),
        ('output = "out"', 'output = "out"\nlive = 1', "{} live: 1 is not true or false"),
        ('output = "out"', 'output = "out"\nformat = "x"',
         "{} format: 'x' is none of binary, text, arrow"),
        ('["1h", "1d"]', '["1h", 1]', "{} timeframes: ['1h', 1] is no list of texts"),
        ('["1h", "1d"]', "[]", "{} symbols[0] timeframes: there are none\n"
         '  try: ["5m", "1h", "1d"]'),
        ('["1h", "1d"]', '["1h", "1x"]', 'timeframe "1x": "x" is no unit\n'
         "  try: 5m\n   or: 1h\n   or: 1d\n   or: 1w\n   or: 1M"),
        ('name = "GBPUSD"', 'name = "EURUSD"', "{} symbols[1] name: 'EURUSD' is there twice"),
        ('name = "GBPUSD"', 'name = "a/b"',
         "{} symbols[1] name: 'a/b' cannot be the name of a file\n  try: EURUSD"),
        ('name = "GBPUSD"', "name = '..'",
         "{} symbols[1] name: '..' cannot be the name of a file\n  try: EURUSD"),
        ('["gbpusd.csv"]', "[]", '{} symbols[1] sources: there are none\n  try: ["data/*.csv"]'),
        ('tz = "America/New_York"', 'zone = "x"',
         "{} symbols[1] resample.zone: is no option; there are tz,"),
        ('timezone = "UTC"', 'time_zone = "UTC"',
         "{} symbols[0] csv.time_zone: is no option; there are bar_type,"),
        ("[csv]", "[cvs]", "{} cvs: is no key; there are output, format, timeframes, live, sort, "
         "csv, resample, symbols"),
        ("[[symbols]]", "[[symbol]]", "{} symbol: is no key; there are output,"),
        ('output = "out"', "output", "{}: is no TOML: "),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_configuration_is_named(
    config: Path, old: str, new: str, text: str
) -> None:
    config.write_text(CONFIG.replace(old, new))
    with pytest.raises(bw.BarrowArgumentError) as caught:
        etl.load_pipeline(config)
    assert str(caught.value).startswith(text.format(config))


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(bw.BarrowIoError, match="cannot be read: No such file"):
        etl.run(tmp_path / "config.toml")


# ---------------------------------------------------------------------- the command line


def barrow(*arguments: Any, rc: int = 0) -> str:
    done = run_barrow(*arguments)
    assert done.returncode == rc, done.stderr
    return done.stdout if rc == 0 else done.stderr


def test_the_command_tells_what_it_did(config: Path) -> None:
    lines = barrow("etl", "run", config, "--threads", "1").splitlines()
    assert lines[:3] == [
        "EURUSD: transform: 300 bars of 1 inputs to 2 files",
        "EURUSD: aggregate: 300 bars of 2 inputs to 1 files",
        "EURUSD: resample: 300 bars of 1 inputs to 2 files",
    ]
    assert lines[-1].startswith(f"{config.parent}/out: 2 symbols, 495 bars, ")
    lines = barrow("etl", "run", config, "--symbol", "EURUSD").splitlines()
    assert lines[:3] == [
        f"EURUSD: {stage}: nothing new" for stage in ("transform", "aggregate", "resample")
    ]
    assert barrow("etl", "run", config, "--quiet", "--rebuild") == ""
    told = json.loads(barrow("etl", "run", config, "--json", "--stages", "aggregate, resample"))
    assert [each["stages"][0]["rows"] for each in told["symbols"]] == [0, 0]


def test_the_command_fails_where_a_symbol_fails(config: Path) -> None:
    (config.parent / "gbpusd.csv").unlink()
    text = barrow("etl", "run", config, rc=1)
    assert text == (
        f"GBPUSD: IoError: {config.parent}/gbpusd.csv: is no file\n  try: a pattern: bars/*.csv\n"
    )
    assert (config.parent / "out" / "resampled" / "EURUSD-1-day.bar64").exists()
    assert barrow("etl", "run", config, "--symbol", "X", rc=2).startswith(
        "ArgumentError: symbol: there is no 'X'"
    )
    with locked(str(config.parent / "out" / ".lock"), 0):
        begun = time.monotonic()
        assert "is locked" in barrow("etl", "run", config, rc=1)
        assert time.monotonic() - begun < 60
