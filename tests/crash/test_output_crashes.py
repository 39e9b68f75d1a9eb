"""Files written as a whole, when calls fail, write less than they should, or are the last."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import barrow as bw
import pytest
from faults import Counting, calls_through, failing, half_failing, half_writing
from kills import kill_job
from outputs import JOBS, Job, make_sources, reference
from work import contents

# Of these a failure is no error: there is another way, or nothing to be done.
_FORGIVEN = ("link", "unlink")


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here loses its power for real, and disks are slow."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    make_sources(folder)
    return folder


FAULTS = {"EIO": failing(errno.EIO), "half, then ENOSPC": half_failing(errno.ENOSPC)}


def tried(job: Job, source: Path, output: Path, handler: Callable[..., Any]) -> str:
    """What an error says; nothing if there is none."""
    problem: bw.BarrowIoError | None = None
    with calls_through(handler):
        try:
            job.run(source, output)
        except bw.BarrowIoError as error:
            problem = error
    if problem is None:
        return ""
    assert problem.errno in (errno.EIO, errno.ENOSPC)
    assert str(output) in str(problem)
    return str(problem)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_call_that_fails_leaves_all_or_nothing(
    source: Path, tmp_path: Path, job: Job, fault: str
) -> None:
    wanted = reference(job, source, tmp_path / "undisturbed")
    failed: set[str] = set()
    at, counting = 0, Counting()
    while at == 0 or counting.name:
        at += 1
        output = tmp_path / f"{at}"
        output.mkdir()
        counting = Counting(at, FAULTS[fault])
        problem = tried(job, source, output, counting)
        failed.add(counting.name)
        if problem:
            assert contents(output) == {}
        else:
            assert not counting.name or counting.name in _FORGIVEN
            assert set(wanted) <= set(contents(output))
        job.check(output, wanted, killed=counting.name == "unlink")
        job.again(source, output, wanted)
        shutil.rmtree(output)
    assert failed >= {"open", "write", "fsync", "link", "unlink"}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_disk_that_is_full_from_some_write_on(source: Path, tmp_path: Path, job: Job) -> None:
    wanted = reference(job, source, tmp_path / "undisturbed")
    there, problem = 0, "none yet"
    while problem:
        left = there

        def filling(name: str, real: Callable[..., Any], *arguments: Any) -> Any:
            nonlocal left
            left -= name == "write"
            if left < 0 and name == "write":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments)

        output = tmp_path / f"{there}"
        output.mkdir()
        problem = tried(job, source, output, filling)
        assert contents(output) == ({} if problem else wanted)
        assert (
            not problem
            or problem.endswith("try: free some space, or write elsewhere")
            or ("rejected rows cannot be written" in problem)
        )
        there += 1
    assert there > 1


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_writes_that_are_cut_short_are_taken_up_again(
    source: Path, tmp_path: Path, job: Job
) -> None:
    wanted = reference(job, source, tmp_path / "undisturbed")
    output = tmp_path / "output"
    output.mkdir()
    with calls_through(half_writing):
        job.run(source, output)
    job.check(output, wanted)
    assert len(list(output.iterdir())) == len(wanted)


@pytest.mark.parametrize("job", JOBS[:3], ids=lambda job: job.name)
def test_an_ingest_killed_at_any_call_leaves_all_or_nothing(
    source: Path, tmp_path: Path, job: Job
) -> None:
    assert kill_job(job, source, tmp_path, "amid") >= 8


def test_all_that_is_written_goes_through_the_calls(source: Path, tmp_path: Path) -> None:
    """As many bytes are seen to be written as there are in the files."""
    for number, job in enumerate(JOBS):
        output, written = tmp_path / f"{number}", 0
        output.mkdir()

        def counted(name: str, real: Callable[..., Any], *arguments: Any) -> Any:
            nonlocal written
            done = real(*arguments)
            written += done if name == "write" else 0
            return done

        with calls_through(counted):
            job.run(source, output)
        sizes = sum(path.stat().st_size for path in output.iterdir())
        assert written >= sizes, job.name
