"""Damaged inputs in child processes: an error of barrow, or records, but never a crash."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow._arrow import FIXED8, TRADE, Meta, record_schema, stored_batch
from barrow.ipc import ArrowFileWriter

CHILD = Path(__file__).with_name("child.py")
BATCH = 400


def run_batch(mode: str, case: Path, lines: list[object]) -> list[dict]:
    """Runs one child over some mutations and gives a verdict for each."""
    command = [sys.executable, "-W", "error", str(CHILD), mode, str(case)]
    work = "\n".join(json.dumps(line) for line in lines)
    done = subprocess.run(command, input=work, capture_output=True, text=True, timeout=300)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    begun = lines[len(verdicts)] if len(verdicts) < len(lines) else None
    assert done.returncode == 0, f"status {done.returncode} at {begun}: {done.stderr[-2000:]}"
    assert len(verdicts) == len(lines)
    return verdicts


def run_all(mode: str, case: Path, lines: list[object]) -> list[dict]:
    return [
        verdict
        for begin in range(0, len(lines), BATCH)
        for verdict in run_batch(mode, case, lines[begin : begin + BATCH])
    ]


def write_trades(path: Path) -> Path:
    """600 trades in three batches; ids are of many lengths."""
    schema = record_schema(TRADE, FIXED8, Meta("EUR/USD.SIM", 2, 0))
    values = np.arange(1, 201) * 10**9
    times = np.arange(200, dtype=np.uint64)
    ids = pa.array([str(i**3) for i in range(200)]).buffers()[1:]
    columns = [values, values, np.arange(200, dtype=np.uint8) % 3, ids, times, times]
    with ArrowFileWriter(path, schema) as writer:
        for _ in range(3):
            writer.write(stored_batch(schema, columns, 200))
        writer.commit()
    return path


@pytest.fixture(scope="module", params=["fixed8", "fixed16", "decimal128", "trades"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    if request.param == "trades":
        return write_trades(folder / "whole.arrow")
    rows = (f"{1_704_187_800 + 60 * i},{i}.25,{i + 1}.5,-{i},{i}.125,{i}\n" for i in range(600))
    (folder / "bars.csv").write_text("timestamp,open,high,low,close,volume\n" + "".join(rows))
    path = folder / "whole.arrow"
    bar_type = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
    bw.ingest(folder / "bars.csv", path, batch_rows=200, bar_type=bar_type, encoding=request.param)
    return path


def refused(verdicts: list[dict]) -> list[dict]:
    return [verdict for verdict in verdicts if verdict["error"]]


def foreign(verdicts: list[dict]) -> list[str]:
    """Errors that are none of barrow's."""
    return sorted({v["error"] for v in verdicts if v["error"] and not v["ours"]})


def test_a_whole_file_is_read(whole: Path) -> None:
    [verdict] = run_batch("arrow", whole, [["cut", whole.stat().st_size]])
    assert verdict == {"error": None, "ours": False, "rows": 600}


def test_a_file_cut_off_anywhere_is_refused(whole: Path) -> None:
    size = whole.stat().st_size
    rng = random.Random(1)
    lengths = [*range(size - 1024, size), *(rng.randrange(size) for _ in range(200))]
    verdicts = run_all("arrow", whole, [["cut", length] for length in lengths])
    assert foreign(verdicts) == []
    assert len(refused(verdicts)) == len(lengths)


def test_a_flipped_byte_never_crashes(whole: Path) -> None:
    size = whole.stat().st_size
    rng = random.Random(2)
    places = [*range(1024), *range(size - 1024, size)]
    flips = [["flip", rng.choice(places), rng.randrange(1, 256)] for _ in range(300)]
    verdicts = run_all("arrow", whole, flips)
    assert foreign(verdicts) == []
    assert 30 < len(refused(verdicts)) < 300


@pytest.mark.slow
def test_every_flipped_bit_of_both_ends_never_crashes(whole: Path) -> None:
    size = whole.stat().st_size
    places = [*range(1024), *range(size - 1024, size)]
    flips = [["flip", place, 1 << bit] for place in places for bit in range(8)]
    assert foreign(run_all("arrow", whole, flips)) == []


def test_bytes_flipped_anywhere_never_crash(whole: Path) -> None:
    size = whole.stat().st_size
    rng = random.Random(4)
    flips = [
        ["flip", *(n for _ in range(8) for n in (rng.randrange(size), rng.randrange(1, 256)))]
        for _ in range(120)
    ]
    assert foreign(run_all("arrow", whole, flips)) == []


def test_several_flipped_bytes_never_crash(whole: Path) -> None:
    size = whole.stat().st_size
    rng = random.Random(3)
    places = [*range(1024), *range(size - 1024, size)]
    flips = [
        ["flip", *(n for _ in range(4) for n in (rng.choice(places), rng.randrange(1, 256)))]
        for _ in range(120)
    ]
    assert foreign(run_all("arrow", whole, flips)) == []


def test_random_bytes_behind_the_magic_are_refused(whole: Path) -> None:
    verdicts = run_all("arrow", whole, [["noise", seed] for seed in range(60)])
    assert foreign(verdicts) == []
    assert len(refused(verdicts)) == 60


# ---------------------------------------------------------------------- text


@pytest.mark.parametrize("mode", ["bytes", "alphabet", "mutated"])
def test_random_text_never_crashes_and_the_account_adds_up(tmp_path: Path, mode: str) -> None:
    verdicts = run_all("csv", tmp_path, [[mode, seed] for seed in range(180)])
    assert foreign(verdicts) == []
    assert all(v["error"] or v["adds_up"] for v in verdicts)
    assert any(v["error"] for v in verdicts) or mode != "bytes"
    assert any(not v["error"] for v in verdicts) or mode == "bytes"
