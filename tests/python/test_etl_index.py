"""Notes of how far a stage has come: never half, never about what is not durable."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import barrow as bw
import pytest
from bar64_page import crc32c
from barrow.etl import ResampleIOFactory, ResampleIOIndex
from barrow.etl.io import (
    BinaryIndex,
    Checkpoint,
    ResampleIOWriter,
    TextIndex,
    advance,
    check_input,
    fingerprint,
)
from test_bar64 import make_bars
from test_etl_io import FACTORY, TOLD, all_of, reader_of

SAVED = Checkpoint(2**63 - 1, 12_345, 1_704_187_800_000_000_000, 2**64 - 1, 1)
BAD = "it is no whole index\n  try: start over: remove it and the output"


@pytest.fixture(params=[TextIndex, BinaryIndex])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return request.param(tmp_path / "stage.index")


# ---------------------------------------------------------------------- the file


def test_what_was_saved_is_loaded(index: ResampleIOIndex) -> None:
    assert isinstance(index, ResampleIOIndex)
    assert index.load() is None
    for saved in (SAVED, Checkpoint(), SAVED):
        index.save(saved)
        assert index.load() == saved
    index.clear()
    assert index.load() is None
    index.clear()
    assert os.listdir(os.path.dirname(index.path)) == []


def test_the_forms_are_as_documented(tmp_path: Path) -> None:
    BinaryIndex(tmp_path / "b").save(SAVED)
    data = (tmp_path / "b").read_bytes()
    assert len(data) == 64
    magic, version, *values, zero, checksum = struct.unpack("<8sIQQQQQQI", data)
    assert (magic, version, zero) == (b"\x89BARIX\r\n", 1, 0)
    assert Checkpoint(*values) == SAVED
    assert checksum == crc32c(data[:60])
    TextIndex(tmp_path / "t").save(SAVED)
    facts = json.loads((tmp_path / "t").read_text())
    assert facts["input_position"] == SAVED.input_position
    assert next(iter(facts)) == "barrow_index"


def test_every_flipped_bit_and_every_cut_is_found(index: ResampleIOIndex) -> None:
    index.save(SAVED)
    path = Path(index.path)
    whole = path.read_bytes()
    for size in range(len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(bw.BarrowCorruptError) as caught:
            index.load()
        assert str(caught.value) == f"{path}: {BAD}"
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        found = SAVED
        with contextlib.suppress(bw.BarrowCorruptError):
            found = index.load()
        assert found == SAVED  # a blank of the text may be another


def test_what_cannot_be_saved_leaves_what_was_there(
    index: ResampleIOIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.save(SAVED)

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(os, name, broken)
            with pytest.raises(bw.BarrowIoError, match="No space left on device"):
                index.save(Checkpoint())
        assert index.load() == SAVED
    assert os.listdir(os.path.dirname(index.path)) == ["stage.index"]


def test_the_factory_knows_both_forms(tmp_path: Path) -> None:
    factory = ResampleIOFactory()
    for name, kind in (("a.json", TextIndex), ("a.index", BinaryIndex)):
        made = factory.index(tmp_path / name)
        assert type(made) is kind
        made.save(SAVED)
        (tmp_path / name).rename(tmp_path / "other")
        assert type(factory.index(tmp_path / "other")) is kind
        assert factory.index(tmp_path / "other").load() == SAVED


# ---------------------------------------------------------------------- the input


def test_an_input_that_was_rewritten_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "input"
    data = random.Random(1).randbytes(20_000)
    path.write_bytes(data)
    for position in (1, 100, 4096, 5000, 20_000):
        saved = Checkpoint(position, 0, 0, *fingerprint(path, position))
        check_input(path, saved)
        path.write_bytes(data + b"more")
        check_input(path, saved)
        for at in {0, position // 2 if position <= 4096 else 17, position - 1}:
            changed = bytearray(data)
            changed[at] ^= 1
            path.write_bytes(changed)
            with pytest.raises(bw.BarrowCorruptError) as caught:
                check_input(path, saved)
            assert str(caught.value) == (
                f"{path}: it was rewritten before byte {position:,}, where reading stopped\n"
                "  try: start over: clear the index and remove the output"
            )
        path.write_bytes(data[: position - 1])
        with pytest.raises(bw.BarrowCorruptError, match=f"expected at least {position:,}"):
            check_input(path, saved)
        path.write_bytes(data)
    path.write_bytes(b"")
    check_input(path, Checkpoint())


# ---------------------------------------------------------------------- a stage


@pytest.mark.parametrize("suffix", [".csv", ".bar64", ".arrows"])
@pytest.mark.parametrize("of", [".csv", ".bar64", ".arrows"])
def test_a_chain_goes_on_where_it_stopped(tmp_path: Path, of: str, suffix: str) -> None:
    bars = make_bars(tmp_path / "source.csv", 1000)
    source, out = tmp_path / f"in{of}", tmp_path / f"out{suffix}"
    index = BinaryIndex(tmp_path / "out.index")
    known = 0
    for end in (100, 100, 450, 1000, 1000):
        if end > known:
            with FACTORY.writer(source) as writer:
                writer.write_batch(bars[known:end])
        place = (index.load() or Checkpoint()).output_position
        with reader_of(source, whole=False) as reader, FACTORY.writer(out, at=place) as writer:
            assert advance(reader, writer, index, batch_rows=64, save_rows=128) == end - known
        known = end
    with reader_of(out, whole=False) as reader:
        assert all_of(reader) == bars
    saved = index.load()
    assert saved is not None
    assert saved.last_stamp == bars[-1].ts_event
    damaged = bytearray(source.read_bytes())
    damaged[saved.input_position - 1] ^= 1
    source.write_bytes(damaged)
    with (
        FACTORY.writer(out) as writer,
        pytest.raises(bw.BarrowCorruptError, match="it was rewritten before byte"),
    ):
        advance(_Untouched(str(source)), writer, index)


class _Untouched:
    """A reader that is asked for its path only."""

    def __init__(self, path: str) -> None:
        self.path = path


def test_bars_can_be_changed_on_their_way(tmp_path: Path) -> None:
    bars = make_bars(tmp_path / "source.csv", 100)
    index = TextIndex(tmp_path / "x.json")
    with reader_of(tmp_path / "source.csv") as reader, FACTORY.writer(tmp_path / "x.bar64") as out:
        assert advance(reader, out, index, lambda part: part[::2], batch_rows=10) == 100
    assert bw.open(tmp_path / "x.bar64", bar_type=TOLD["bar_type"]) == bars[::2]


def test_data_is_durable_before_the_index_speaks_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = make_bars(tmp_path / "source.csv", 1000)
    calls: list[str] = []
    out = FACTORY.writer(tmp_path / "x.bar64")
    out.write_batch(bars[:0])
    index = BinaryIndex(tmp_path / "x.index")

    def noted(name: str, real: Any) -> Any:
        def call(*arguments: Any) -> Any:
            calls.append(name)
            return real(*arguments)

        return call

    for name in ("pwrite", "fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    with reader_of(tmp_path / "source.csv") as reader, out:
        advance(reader, out, index, batch_rows=500, save_rows=500)
    once = ["pwrite", "fsync", "fsync", "replace", "fsync"]
    # The first time the name of the new file, too.
    assert calls == [*once[:2], "fsync", *once[2:], *once]


STAGE = """
import sys
from barrow.etl.io import *
source, out, index, told = sys.argv[1], sys.argv[2], BinaryIndex(sys.argv[3]), eval(sys.argv[4])
place = (index.load() or Checkpoint()).output_position
factory = ResampleIOFactory()
with factory.reader(source, **told) as reader, factory.writer(out, at=place) as writer:
    print("ready", flush=True)
    advance(reader, writer, index, batch_rows=16, save_rows=48)
"""


@pytest.mark.parametrize("suffix", [".csv", ".bar64", ".arrows"])
def test_a_killed_stage_goes_on_to_the_same_result(tmp_path: Path, suffix: str) -> None:
    rows = 4_000
    bars = make_bars(tmp_path / "source.csv", rows)
    source, out, index = (tmp_path / name for name in ("source.csv", f"out{suffix}", "i.index"))
    command = [sys.executable, "-c", STAGE, str(source), str(out), str(index), repr(TOLD)]
    chance = random.Random(7)
    kills = 0
    for _ in range(4):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(chance.uniform(0, 0.3))
            child.send_signal(signal.SIGKILL)
        kills += child.returncode == -signal.SIGKILL
        saved = BinaryIndex(index).load()
        if saved is not None:  # what was acknowledged is there
            with FACTORY.writer(out, at=saved.output_position):
                pass
            with reader_of(out, whole=False) as reader:
                found = all_of(reader)
            assert found == bars[: len(found)]
            assert found[-1].ts_event == saved.last_stamp
    assert kills
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with reader_of(out, whole=False) as reader:
        assert all_of(reader) == bars
    undisturbed = tmp_path / f"other{suffix}"
    again = [*command[:3], str(source), str(undisturbed), str(tmp_path / "j"), repr(TOLD)]
    subprocess.run(again, check=True, stdout=subprocess.DEVNULL)
    assert out.read_bytes() == undisturbed.read_bytes()


def test_the_writer_protocol_is_what_the_stage_asks_for(tmp_path: Path) -> None:
    with FACTORY.writer(tmp_path / "x.bar64") as writer:
        assert isinstance(writer, ResampleIOWriter)
