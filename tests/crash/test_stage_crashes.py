"""Stages of a pipeline after failing system calls and cut files; `kills.py` kills them."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import barrow as bw
import pytest
from barrow.etl.stages.ledger import LedgerFile
from barrow.files import System
from faults import Counting, calls_through, failing, half_failing, half_writing
from stages import SUFFIXES, StageWork

# Calls that are let fail are so many apart; all of them are when `make crash` kills.
EVERY = 11


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here loses its power for real, and disks are slow."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(System, "sync", lambda *_: None)


@pytest.mark.parametrize(("format", "first"), [("binary", 1), ("text", 3), ("arrow", 5)])
@pytest.mark.parametrize("kind", ["failing", "half"])
def test_a_stage_goes_on_after_any_call_that_failed(
    tmp_path: Path, format: str, first: int, kind: str
) -> None:
    work = StageWork(format, 24, 2)
    work.run(tmp_path / "undisturbed")
    wanted = work.contents(tmp_path / "undisturbed")
    instead = failing(errno.EIO) if kind == "failing" else half_failing(errno.ENOSPC)
    failed: set[str] = set()
    at = first - EVERY
    while True:
        at += EVERY
        root = tmp_path / f"{kind}-{at}"
        said = [0]
        handler = Counting(at, instead)
        problem: bw.BarrowIoError | None = None
        with calls_through(handler):
            try:
                work.run(root, said.append)
            except bw.BarrowIoError as error:
                problem = error
        if problem is not None:
            assert problem.filename
            assert str(root) in str(problem)
        if not handler.name:
            break
        failed.add(handler.name)
        if root.exists():
            work.check(root, said[-1])
        work.run(root)
        assert work.contents(root) == wanted, f"{handler.name}, call {at}"
        shutil.rmtree(root)
    assert len(failed - {""}) > 4


def test_bars_that_go_past_the_caches_are_whole_after_any_call_that_failed(
    tmp_path: Path,
) -> None:
    work = StageWork("binary", 2000, 1)
    work.run(tmp_path / "undisturbed")
    wanted = work.contents(tmp_path / "undisturbed")
    for number in (errno.EIO, errno.EINVAL, errno.ENOSPC):
        # EINVAL is what a file system without such a way says: then there is another one.
        for at in (1, 4):
            root = tmp_path / f"{number}-{at}"
            handler = OnlyBlocks(at, half_failing(number))
            with calls_through(handler):
                if number == errno.EINVAL:
                    work.run(root)
                else:
                    with pytest.raises(bw.BarrowIoError) as caught:
                        work.run(root)
                    assert "made/bars-" in str(caught.value)
            assert handler.count >= at
            work.run(root)
            assert work.contents(root) == wanted
            shutil.rmtree(root)


class OnlyBlocks(Counting):
    """Counts the writes past the caches only."""

    def __init__(self, at: int, instead: Callable[..., Any]) -> None:
        super().__init__(at, instead)
        self.past: set[int] = set()

    def __call__(self, name: str, real: Callable[..., Any], *arguments: Any) -> Any:
        if name == "open":
            descriptor = real(*arguments)
            self.past.discard(descriptor)
            if arguments[1] & os.O_DIRECT:
                self.past.add(descriptor)
            return descriptor
        if name == "write_at" and arguments[0] in self.past:
            return super().__call__(name, real, *arguments)
        return real(*arguments)


@pytest.mark.parametrize("rows", [24, 400])
def test_writes_that_are_cut_short_are_taken_up_again(tmp_path: Path, rows: int) -> None:
    work = StageWork("binary", rows, 2)
    work.run(tmp_path / "undisturbed")
    with calls_through(half_writing):
        work.run(tmp_path / "other")
    assert work.contents(tmp_path / "other") == work.contents(tmp_path / "undisturbed")


@pytest.mark.parametrize("step", [101, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("format", SUFFIXES)
@pytest.mark.parametrize("name", ["bars{}", "made/bars-5-minute{}", "days/2024-01-03{}"])
def test_a_cut_file_is_an_error_or_is_written_again(
    tmp_path: Path, format: str, name: str, step: int
) -> None:
    work = StageWork(format, 400, 1)
    work.run(tmp_path / "whole")
    wanted = work.contents(tmp_path / "whole")
    path = name.format(SUFFIXES[format])
    data = wanted[path]
    assert len(data) > 1024
    for size in range(len(data) - 1024, len(data), step):
        root = tmp_path / str(size)
        shutil.copytree(tmp_path / "whole", root)
        (root / path).write_bytes(data[:size])
        problem: bw.BarrowCorruptError | None = None
        try:
            work.stages(root)
        except bw.BarrowCorruptError as error:
            problem = error
        if problem is not None:
            assert str(root / path) in str(problem)
            assert "--rebuild" in str(problem) or "write it again" in str(problem)
        else:
            # What was cut off was the bar that is open.
            assert work.contents(root) == wanted
        shutil.rmtree(root)


def test_a_ledger_that_is_cut_is_an_error(tmp_path: Path) -> None:
    work = StageWork("binary", 24, 1)
    work.run(tmp_path)
    for path in tmp_path.rglob("*ledger.json"):
        data = path.read_bytes()
        for size in range(0, len(data) - 1, 7):  # the last byte ends the line
            path.write_bytes(data[:size])
            with pytest.raises(bw.BarrowCorruptError, match=r"ledger\.json: it is no whole index"):
                LedgerFile(path).load()
        path.write_bytes(data)
    work.stages(tmp_path)
