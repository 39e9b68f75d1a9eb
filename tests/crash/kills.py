"""Kills writers, at random moments and at every system call, and looks at what is left.

    python tests/crash/kills.py [--kills N] [--seed N] [--when before after amid] [--outputs]
        [--folder F]

Children are forked, so that they begin at once. The exit status is that of the first thing
that does not hold, with its traceback.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import barrow as bw
import outputs
from faults import Counting, calls_through, dying
from outputs import Job
from stages import StageWork
from work import Work, contents, some_bars, some_trades

_FORMAT = "<i"


class Child:
    """A forked process that says numbers until it is done or killed."""

    def __init__(self, work: Callable[[Callable[[int], None]], None]) -> None:
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                work(lambda number: void(os.write(writer, struct.pack(_FORMAT, number))))
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        os.close(writer)
        self._reader = reader

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def result(self) -> tuple[bool, int]:
        """Whether it came to its end, and the last number it said."""
        with os.fdopen(self._reader, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(self.pid, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"status {status}"
        size = struct.calcsize(_FORMAT)
        last = said[len(said) // size * size - size :][:size]
        return not os.WIFSIGNALED(status), struct.unpack(_FORMAT, last)[0] if last else 0


def void(_: object) -> None:
    pass


def reference(work: Work | StageWork, folder: Path) -> tuple[dict[str, bytes], float]:
    """What an undisturbed run leaves, and the seconds it takes."""
    for root in (folder / "first", folder / "undisturbed"):  # the first one warms up
        started = time.monotonic()
        done, _ = Child(lambda say, root=root: work.run(root, say)).result()
        assert done
    return work.contents(root), time.monotonic() - started


def kill_writer(work: Work | StageWork, folder: Path, kills: int, chance: random.Random) -> int:
    """Kills a writer again and again until its work is done, and over; returns the runs."""
    wanted, seconds = reference(work, folder)
    killed = runs = 0
    while killed < kills:
        root = folder / f"run-{runs}"
        sure, done, latest = 0, False, 0.6 * seconds
        while not done:
            child = Child(lambda say, root=root: work.run(root, say))
            time.sleep(chance.uniform(0, latest))
            latest *= 1.1  # or a writer that takes long to begin would never come to its end
            child.kill()
            done, last = child.result()
            killed += not done
            sure = max(sure, last)
            if root.exists():
                work.check(root, sure)
        assert work.contents(root) == wanted, f"run {runs} differs from an undisturbed one"
        shutil.rmtree(root)
        runs += 1
    return runs


def kill_calls(
    work: Work | StageWork, folder: Path, when: str, first: int = 1, every: int = 1
) -> int:
    """Kills a writer at its first, second, ... system call; returns how many there are."""
    wanted, _ = reference(work, folder)
    at = first - every
    while True:
        at += every
        root = folder / f"call-{when}-{at}"

        def dies(say: Callable[[int], None], at: int = at, root: Path = root) -> None:
            with calls_through(Counting(at, dying(when))):
                work.run(root, say)

        done, sure = Child(dies).result()
        if root.exists():
            work.check(root, sure)
        work.run(root)
        assert work.contents(root) == wanted, f"killed {when} call {at}, then different"
        shutil.rmtree(root)
        if done:
            return at - 1


def kill_ingest(folder: Path, kills: int, chance: random.Random) -> None:
    """Kills `ingest`: its output is whole, or not there."""
    text, output = folder / "bars.csv", folder / "bars.arrow"
    rows = [f"2024-01-{1 + i // 1440:02}T{i // 60 % 24:02}:{i % 60:02}:00,1,2,0.5,1.{i % 1000},{i}"
            for i in range(40_000)]  # fmt: skip
    text.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows[: 31 * 1440]]) + "\n")
    options = {"overwrite": True, "batch_rows": 512}

    def ingest(say: Callable[[int], None]) -> None:
        bw.ingest(text, output, **options)
        say(1)

    started = time.monotonic()
    assert Child(ingest).result() == (True, 1)
    seconds, wanted = time.monotonic() - started, output.read_bytes()
    output.unlink()
    for _ in range(kills):
        child = Child(ingest)
        time.sleep(chance.uniform(0, 1.1 * seconds))
        child.kill()
        _, said = child.result()
        assert output.exists() or not said
        if output.exists():
            assert output.read_bytes() == wanted
            output.unlink()
    assert Child(ingest).result() == (True, 1)
    assert output.read_bytes() == wanted


def kill_job(job: Job, source: Path, folder: Path, when: str) -> int:
    """Kills what writes files at its first, second, ... system call; returns how many."""
    place = folder / f"{job.name} {when}".replace(" ", "-")
    place.mkdir()
    wanted = outputs.reference(job, source, place / "undisturbed")
    at = 0
    while True:
        at += 1
        output = place / f"{at}"
        output.mkdir()

        def dies(say: Callable[[int], None], at: int = at, output: Path = output) -> None:
            with calls_through(Counting(at, dying(when))):
                job.run(source, output)
            say(1)

        done, said = Child(dies).result()
        assert done == bool(said)
        job.check(output, wanted, killed=not done)
        job.again(source, output, wanted)
        shutil.rmtree(output)
        if done:
            return at - 1


def kill_job_at_random(
    job: Job, source: Path, folder: Path, kills: int, chance: random.Random
) -> None:
    """Kills what writes files at random moments."""
    place = folder / f"{job.name} at random".replace(" ", "-")
    place.mkdir()
    wanted = outputs.reference(job, source, place / "undisturbed")
    output = place / "output"
    output.mkdir()
    started = time.monotonic()
    assert Child(lambda _: void(job.run(source, output))).result()[0]
    seconds = time.monotonic() - started
    for _ in range(kills):
        shutil.rmtree(output)
        output.mkdir()
        child = Child(lambda say: void(job.run(source, output)) or say(1))
        time.sleep(chance.uniform(0, 1.1 * seconds))
        child.kill()
        done, said = child.result()
        assert set(wanted) <= set(contents(output)) or not said
        job.check(output, wanted, killed=not done)
    job.again(source, output, wanted)


def kill_jobs(folder: Path, whens: list[str], kills: int, chance: random.Random) -> None:
    """Kills everything that writes whole files, at every call and at random."""
    source = folder / "source"
    source.mkdir()
    outputs.make_sources(source)
    for job in outputs.JOBS:
        calls = [kill_job(job, source, folder, when) for when in whens]
        kill_job_at_random(job, source, folder, kills // 10, chance)
        print(f"{job.name}: killed {', '.join(whens)} each of {calls} calls", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300, help="random kills of each kind of work")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--when", nargs="*", default=["before", "after", "amid"])
    parser.add_argument("--every", type=int, default=1, help="so many calls of stages apart")
    parser.add_argument("--formats", nargs="*", default=["binary", "text", "arrow"])
    parser.add_argument("--outputs", action="store_true", help="also all that writes whole files")
    parser.add_argument("--folder", help="where to write; memory is faster than a disk")
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    chance = random.Random(seed)
    works: dict[str, Work | StageWork] = {"bars": some_bars(), "trades": some_trades()}
    for format in given.formats:
        works[f"stages, {format}"] = StageWork(format)
    for name, work in works.items():
        with tempfile.TemporaryDirectory(dir=given.folder) as place:
            runs = kill_writer(work, Path(place), given.kills, chance)
            print(f"{name}: {given.kills} kills in {runs} runs", flush=True)
    for when in given.when:
        with tempfile.TemporaryDirectory(dir=given.folder) as place:
            work = some_bars(4, 10) if when == "amid" else some_trades(4, 9)
            print(f"killed {when} each of {kill_calls(work, Path(place), when)} calls", flush=True)
        for format in given.formats:
            with tempfile.TemporaryDirectory(dir=given.folder) as place:
                first = chance.randint(1, given.every)
                count = kill_calls(StageWork(format, 40, 2), Path(place), when, first, given.every)
                print(f"killed {when} each of {count} calls of stages, {format}", flush=True)
    with tempfile.TemporaryDirectory(dir=given.folder) as place:
        kill_ingest(Path(place), given.kills, chance)
        print(f"ingest: {given.kills} kills", flush=True)
    if given.outputs:
        with tempfile.TemporaryDirectory(dir=given.folder) as place:
            kill_jobs(Path(place), given.when, given.kills, chance)


if __name__ == "__main__":
    main()
