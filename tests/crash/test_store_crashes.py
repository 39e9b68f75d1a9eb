"""A store after SIGKILL, failing system calls, a loss of power, and damaged files."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import barrow as bw
import pytest
from faults import Counting, calls_through, failing, half_failing, half_writing
from power import Disk, Recorder, restore
from work import Work, bars, contents, some_bars, some_trades

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here loses its power for real, and disks are slow."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    folder = memory if os.access(memory, os.W_OK) else tmp_path
    command = [sys.executable, HERE / "kills.py", "--kills", "5", "--when", "amid"]
    command += ["--formats", "binary", "--every", "9"]
    done = subprocess.run(
        [*command, "--folder", folder], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr


# ---------------------------------------------------------------- failing calls


def tried(step, root: Path, handler: Counting) -> bool:
    """Whether a step came to its end in spite of a call that fails."""
    problem: bw.BarrowIoError | None = None
    with calls_through(handler):
        try:
            step()
        except bw.BarrowIoError as error:
            problem = error
    if problem is not None:
        assert problem.filename
        assert str(root) in str(problem)
    return problem is None


@pytest.mark.parametrize("kind", ["failing", "half"])
def test_every_call_that_fails_is_an_error_that_changes_nothing(tmp_path: Path, kind: str) -> None:
    work = some_bars(4, 10)
    work.run(tmp_path / "undisturbed")
    wanted = contents(tmp_path / "undisturbed")
    instead = failing(errno.EIO) if kind == "failing" else half_failing(errno.ENOSPC)
    failed: set[str] = set()
    at, ended = 0, False
    while not ended:
        at += 1
        root = tmp_path / f"{kind}-{at}"
        said: list[int] = [0]
        handler = Counting(at, instead)
        ended = tried(lambda: work.run(root, said.append), root, handler) and not handler.name  # noqa: B023
        failed.add(handler.name)
        if (root / "store.json").exists():
            work.check(root, said[-1])
            assert work.count(bw.Store(root)) == said[-1]
        work.run(root)
        assert contents(root) == wanted, f"{handler.name}, call {at}"
        shutil.rmtree(root)
    assert failed >= {"open", "write", "fsync", "replace", "unlink", "mkdir", "lock"}


def test_a_full_disk_refuses_appends_until_there_is_space(tmp_path: Path) -> None:
    work = some_trades(5, 9)
    work.run(tmp_path / "undisturbed")
    root, store = tmp_path / "store", bw.Store(tmp_path / "store")
    for chunk in range(2):
        store.append(work.chunk_at(chunk))
    before = contents(root)

    def full(name, real, *arguments):
        if name == "write":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments)

    with calls_through(full), pytest.raises(bw.BarrowIoError) as raised:
        store.append(work.chunk_at(2))
    assert raised.value.errno == errno.ENOSPC
    assert "No space left on device\n  try: free some space" in str(raised.value)
    assert contents(root) == before
    with calls_through(full), pytest.raises(bw.BarrowIoError):
        store.compact()
    assert contents(root) == before
    work.run(root)
    assert contents(root) == contents(tmp_path / "undisturbed")


def test_writes_that_are_cut_short_are_taken_up_again(tmp_path: Path) -> None:
    work = some_bars(4, 10)
    work.run(tmp_path / "undisturbed")
    with calls_through(half_writing):
        work.run(tmp_path / "store")
    assert contents(tmp_path / "store") == contents(tmp_path / "undisturbed")


@pytest.mark.parametrize("call", ["open", "write", "fsync", "link"])
def test_ingest_leaves_nothing_when_a_call_fails(tmp_path: Path, call: str) -> None:
    text, output = tmp_path / "bars.csv", tmp_path / "out" / "bars.arrow"
    text.write_text("timestamp,open,high,low,close,volume\n2024-01-02,1,2,0.5,1.5,3\n" * 1)
    output.parent.mkdir()

    def fails(name, real, *arguments):
        if name == call:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(*arguments)

    with calls_through(fails):
        if call == "link":  # some file systems have none
            bw.ingest(text, output)
            assert [path.name for path in output.parent.iterdir()] == [output.name]
            return
        with pytest.raises(bw.BarrowIoError, match="Input/output error"):
            bw.ingest(text, output)
    assert list(output.parent.iterdir()) == []


# ---------------------------------------------------------------- loss of power


@pytest.mark.parametrize("make", [some_bars, some_trades])
def test_a_loss_of_power_loses_nothing_that_was_acknowledged(tmp_path: Path, make) -> None:
    work: Work = make(4, 9)
    root, recorder, chance = tmp_path / "store", Recorder(), random.Random(20240102)
    with calls_through(recorder):
        work.run(root, recorder.say)
    wanted = contents(root)
    disk, seen = Disk(), set()
    for done, call in enumerate([None, *recorder.calls]):
        if call is not None:
            disk.play(call)
        sure = max((number for at, number in recorder.said if at <= done), default=0)
        for names in ("all", "none", "first", "some"):
            for data in ("kept", "lost", "half", "zeros"):
                files = disk.after_loss(names, data, chance)
                state = (sure, frozenset(files.items()))
                if state in seen:
                    continue
                seen.add(state)
                left = restore(files, root, tmp_path / "left")
                if left.exists():
                    work.check(left, sure)
                    if len(seen) % 10 == 0:
                        work.run(left)
                        assert contents(left) == wanted, (done, names, data)
                    shutil.rmtree(left)
                else:
                    assert not sure
    assert len(seen) > 100


def test_the_simulated_disk_finds_a_missing_fsync(tmp_path: Path) -> None:
    work = some_bars(3, 9)
    root, recorder = tmp_path / "store", Recorder()
    with calls_through(recorder):
        work.run(root, recorder.say)
    disk = Disk()
    for call in recorder.calls:
        if call.name != "fsync" or not call.path.endswith(".partial"):
            disk.play(call)
    files = disk.after_loss("all", "lost", random.Random(1))
    left = restore(files, root, tmp_path / "left")
    with pytest.raises((bw.BarrowError, AssertionError)):
        work.check(left, 3)


# ---------------------------------------------------------------- damaged files


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of three appends, one of them replaced, not compacted."""
    root = tmp_path_factory.mktemp("grown") / "store"
    store = bw.Store(root)
    for chunk in range(3):
        store.append(bars(chunk * 10, chunk * 10 + 10))
    return root


def outcome(root: Path) -> int | None:
    """How many chunks are read of a damaged store; None if that is an error."""
    try:
        store = bw.Store(root)
        if not store.list():
            return 0
        found = store.read(some_bars().name)
    except bw.BarrowError:
        return None
    assert found == bars(0, len(found))
    assert len(found) % 10 == 0
    return len(found) // 10


def test_a_file_cut_anywhere_is_an_error_or_an_earlier_state(grown: Path, tmp_path: Path) -> None:
    root = tmp_path / "store"
    shutil.copytree(grown, root)
    manifest = next(root.rglob("manifest.jsonl"))
    last = max(root.rglob("*.arrow"))
    for path in (manifest, last, root / "store.json"):
        data = path.read_bytes()
        for size in range(max(len(data) - 1024, 0), len(data)):
            path.write_bytes(data[:size])
            count = outcome(root)
            if path == manifest:
                lines = data[:size].count(b"\n") - 1
                assert count == (lines if lines > 0 else None)
            elif path == last or size < len(data) - 1:
                assert count is None
            if path == last and size % 50 == 0:
                assert not bw.Store(root).verify().ok
        path.write_bytes(data)
    assert outcome(root) == 3


def test_a_cut_manifest_goes_on_where_it_was_cut(grown: Path, tmp_path: Path) -> None:
    wanted = contents(grown)
    name = next(name for name in wanted if name.endswith("manifest.jsonl"))
    for size in range(wanted[name].rfind(b"\n", 0, -1) + 1, len(wanted[name])):
        root = tmp_path / str(size)
        shutil.copytree(grown, root)
        (root / name).write_bytes(wanted[name][:size])
        report = bw.Store(root).verify()
        assert report.ok
        assert [finding.check for finding in report.findings] == ["stray_file"]
        bw.Store(root).append(bars(20, 30))
        assert contents(root) == wanted


def test_a_flipped_bit_is_found(grown: Path, tmp_path: Path) -> None:
    root, chance = tmp_path / "store", random.Random(7)
    shutil.copytree(grown, root)
    for path in (*root.rglob("manifest.jsonl"), max(root.rglob("*.arrow")), root / "store.json"):
        data = path.read_bytes()
        places = range(8 * len(data))
        for place in chance.sample(places, min(600, len(places))):
            flipped = bytearray(data)
            flipped[place // 8] ^= 1 << place % 8
            path.write_bytes(flipped)
            if path.suffix == ".arrow":
                assert not bw.Store(root).verify().ok
            else:
                assert outcome(root) is None or place // 8 == len(data) - 1
        path.write_bytes(data)
    assert outcome(root) == 3
