"""Times barrow against the alternatives, side by side in one process.

    python benchmarks/compare.py read_csv
    python benchmarks/compare.py ingest --megabytes 50 --only barrow_1,pyarrow_float64

Answers are compared before any clock starts; a wrong one is never timed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import make_data
from compare import Floor, Rival, Task, Unavailable, Verdict
from compare.measure import Samples, memory_of, read_through, touch_memory

_HERE = Path(__file__).resolve()
_TASKS = _HERE.with_suffix("")
_BASELINE = "barrow_1"
_MEGABYTES = 300
_SMOKE_MEGABYTES = 2


@dataclass
class Entry:
    """A rival and what became of it."""

    module: str
    rival: Rival | None = None
    verdict: Verdict | None = None
    problem: str = ""
    failed: bool = False
    peak: float | None = None
    held: float | None = None
    samples: Samples | None = None

    @property
    def timed(self) -> bool:
        return self.verdict is not None and self.verdict.right

    @property
    def fraction(self) -> float:
        part: Callable[[], float] | None = getattr(self.rival, "fraction", None)
        return part() if part else 1.0


def rival_names(task: str) -> list[str]:
    """The rivals of a task, barrow first."""
    names = [path.stem for path in (_TASKS / task).glob("[a-z]*.py")]
    return sorted(names, key=lambda name: (not name.startswith("barrow"), name))


def load(task: str, module: str) -> Entry:
    """Imports a rival; one that is not installed is no failure."""
    try:
        return Entry(module, import_module(f"compare.{task}.{module}"))
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in ("barrow", "compare"):
            raise
        return Entry(module, problem=f"not installed: {error.name}")
    except Unavailable as error:
        return Entry(module, problem=f"not available: {error}")


def check(task: Task, entry: Entry, path: Path, reference: Any) -> None:
    """Runs a rival once and compares its answer."""
    rival = entry.rival
    if rival is None:
        return
    try:
        rival.setup(path)
        entry.verdict = task.judge(reference, rival.answer(rival.run()))
    except Exception as error:  # noqa: BLE001 - whatever a rival raises belongs in the table
        entry.failed = True
        entry.problem = "FAILED: " + " ".join(f"{type(error).__name__}: {error}".split())[:160]
        return
    if not entry.verdict.right:
        entry.failed = True
        entry.problem = f"WRONG: {entry.verdict.note}"


def measure_memory(task: str, entry: Entry, path: Path) -> None:
    """Runs a rival once in a process of its own, which says why if it cannot."""
    command = [sys.executable, str(_HERE), task, "--input", str(path), "--child", entry.module]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode == 0:
        entry.peak, entry.held = (int(part) / entry.fraction for part in done.stdout.split())


def memory_in_this_process(task: str, module: str, path: Path) -> tuple[int, int]:
    """What the child of `measure_memory` does."""
    rival: Rival = import_module(f"compare.{task}.{module}")
    rival.setup(path)
    return memory_of(rival.run)


def take_rounds(
    entries: list[Entry], floors: list[Floor], path: Path, rounds: int
) -> dict[str, Samples]:
    """Times everything once a round, forward and backward in turn."""
    floor_samples = {floor.name: Samples() for floor in floors}
    turns: list[Callable[[], None]] = [
        partial(floor_samples[floor.name].take, floor.run) for floor in floors
    ]
    for entry in entries:
        if entry.timed:
            entry.samples = Samples(entry.fraction)
            turns.append(partial(_take_turn, entry, path))
    for number in range(rounds):
        for turn in turns if number % 2 == 0 else reversed(turns):
            touch_memory(4 * path.stat().st_size)
            turn()
    return floor_samples


def _take_turn(entry: Entry, path: Path) -> None:
    assert entry.rival is not None
    assert entry.samples is not None
    entry.rival.setup(path)
    entry.samples.take(entry.rival.run)


def compare(task_name: str, modules: list[str], path: Path, rounds: int) -> dict[str, Any]:
    """The whole comparison on one file, as a report."""
    task: Task = import_module(f"compare.{task_name}")
    load_before = os.getloadavg()[0]
    read_through(path)
    _say("finding the reference answer")
    reference = task.reference(path)
    entries = [load(task_name, module) for module in modules]
    for entry in entries:
        _say(f"checking {entry.module}")
        check(task, entry, path, reference)
    for entry in filter(lambda entry: entry.timed, entries):
        _say(f"measuring the memory of {entry.module}")
        measure_memory(task_name, entry, path)
    _say(f"timing {rounds} round{'s' if rounds > 1 else ''}")
    floors = take_rounds(entries, task.floors(path, reference), path, rounds)
    source = {
        "name": path.name,
        "bytes": path.stat().st_size,
        "rate_of": "text",
        **task.describe(reference),
    }
    size = source["bytes"]
    return {
        "task": task_name,
        "title": task.TITLE,
        "input": source,
        "rounds": rounds,
        "machine": {
            "cpu": _cpu_name(),
            "cpus": len(os.sched_getaffinity(0)),
            "python": platform.python_version(),
            "load_before": load_before,
            "load_after": os.getloadavg()[0],
        },
        "rivals": _rows(entries, size),
        "floors": [{"name": name, **samples.summary(size)} for name, samples in floors.items()],
        "failed": any(entry.failed for entry in entries),
    }


def _rows(entries: list[Entry], size: int) -> list[dict[str, Any]]:
    rows = [_row(entry, size) for entry in entries]
    base = next((r["cpu_ms"] for r in rows if r["module"] == _BASELINE and "cpu_ms" in r), None)
    for row in rows:
        if base and "cpu_ms" in row:
            row["cpu_ratio"] = row["cpu_ms"] / base
    return rows


def _row(entry: Entry, size: int) -> dict[str, Any]:
    row: dict[str, Any] = {"module": entry.module, "problem": entry.problem}
    if entry.rival is not None:
        row |= {
            "name": entry.rival.NAME,
            "version": entry.rival.VERSION,
            "threads": entry.rival.THREADS,
        }
    if not entry.timed:
        return row
    assert entry.verdict is not None
    assert entry.samples is not None
    row |= {"values": entry.verdict.values, "note": entry.verdict.note, "peak_bytes": entry.peak}
    row["held_bytes"] = entry.held
    if entry.fraction < 1:
        row["fraction"] = entry.fraction
    return row | entry.samples.summary(size)


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def as_text(report: dict[str, Any]) -> str:
    """The report for people."""
    machine, source = report["machine"], report["input"]
    head = [
        f"{report['task']}: {report['title']}",
        f"input    {source['name']}, {source['rows']:,} rows, {source['bytes'] / 1e6:.1f} MB of "
        f"{source['rate_of']}",
        f"answers  compared with {source['checked']}",
        f"machine  {machine['cpu']}, {machine['cpus']} CPUs, Python {machine['python']}, "
        f"load {machine['load_before']:.2f} before, {machine['load_after']:.2f} after",
        f"rounds   {report['rounds']}, interleaved, order alternating; medians",
        "",
    ]
    titles = "rival version threads values wall_ms CPU_ms spread MB/s peak_MB held_MB CPU/barrow_1"
    lines = [titles.split()]
    lines += [_cells(row) for row in report["rivals"] if "wall_ms" in row]
    lines += [_cells(floor | {"name": f"floor: {floor['name']}"}) for floor in report["floors"]]
    return "\n".join([*head, *_aligned(lines), "", *_notes(report["rivals"])]).rstrip()


def _cells(row: dict[str, Any]) -> list[str]:
    about = "~" if "fraction" in row else ""
    ratio = row.get("cpu_ratio")
    return [
        row["name"],
        row.get("version", ""),
        str(row.get("threads", "")),
        row.get("values", ""),
        f"{about}{row['wall_ms']:.1f}",
        f"{about}{row['cpu_ms']:.1f}",
        f"{row['spread']:.0%}",
        f"{row['mb_per_s']:,.0f}",
        *(_megabytes(row.get(key), about) for key in ("peak_bytes", "held_bytes")),
        "" if ratio is None else f"{about}{ratio:.2f}",
    ]


def _megabytes(size: float | None, about: str) -> str:
    return "" if size is None else f"{about}{size / 1e6:,.0f}"


def _aligned(lines: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text_columns = (0, 1, 3)
    for line in lines:
        yield "  ".join(
            cell.ljust(width) if at in text_columns else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()


def _notes(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        name = row.get("name", row["module"])
        if row["problem"]:
            yield f"{name}: {row['problem']}"
        if row.get("note"):
            yield f"{name}: {row['note']}"
        if "fraction" in row:
            yield f"{name}: ran on {row['fraction']:.1%} of the rows, scaled to all of them (~)"


def _say(text: str) -> None:
    print(f"{text} ...", file=sys.stderr, flush=True)


@contextmanager
def input_file(given: Path | None, kind: str, size: dict[str, Any]) -> Iterator[Path]:
    """The file to read: the caller's, or a generated one.

    What is generated stays in $BARROW_BENCH_DIR, if that is set, for the next run.
    """
    kept = os.environ.get("BARROW_BENCH_DIR")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
    if given is not None:
        yield given.resolve()
    elif kept:
        yield _generated(Path(kept), kind, size)
    else:
        with TemporaryDirectory(prefix="barrow-bench-") as folder:
            yield _generated(Path(folder), kind, size)


def _generated(folder: Path, kind: str, size: dict[str, Any]) -> Path:
    [(unit, amount)] = size.items()
    generator = Path(make_data.__file__).read_bytes()
    stamp = hashlib.sha256(generator).hexdigest()[:8]
    path = (folder / f"{kind}-{amount:.10g}-{unit}-{stamp}.csv").resolve()
    if not path.exists():
        _say(f"generating {amount:,g} {unit} of {kind}")
        unfinished = path.with_suffix(".partial")
        make_data.make_file(unfinished, kind, **size)
        unfinished.replace(path)
    return path


def _arguments() -> argparse.Namespace:
    tasks = sorted(path.parent.name for path in _TASKS.glob("*/__init__.py"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=tasks)
    parser.add_argument("--smoke", action="store_true", help="2 MB, one round: does it work?")
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("--megabytes", type=float, help="size of the generated file (300)")
    amount.add_argument("--rows", type=int, help="its rows, instead")
    parser.add_argument("--kind", choices=list(make_data.KINDS), default="bars")
    parser.add_argument("--rounds", type=int, help="runs of every rival (5)")
    parser.add_argument("--only", metavar="A,B", help="these rivals, by the names of their files")
    parser.add_argument("--input", type=Path, metavar="FILE", help="read this file instead")
    parser.add_argument("--json", action="store_true", help="the report for machines")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.size = _size(arguments)
    if arguments.rounds is None:
        arguments.rounds = 1 if arguments.smoke else 5
    if arguments.rounds < 1:
        parser.error("--rounds: at least 1")
    known = rival_names(arguments.task)
    arguments.modules = arguments.only.split(",") if arguments.only else known
    unknown = set(arguments.modules) - set(known)
    if unknown:
        parser.error(f"--only: no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return arguments


def _size(arguments: argparse.Namespace) -> dict[str, Any]:
    """How large the generated file is, as `make_data.make_file` takes it."""
    if arguments.rows is not None:
        return {"rows": arguments.rows}
    if arguments.megabytes is None and not arguments.smoke:
        rows = getattr(import_module(f"compare.{arguments.task}"), "ROWS", None)
        if rows is not None:
            return {"rows": rows}
    usual = getattr(import_module(f"compare.{arguments.task}"), "MEGABYTES", _MEGABYTES)
    default = _SMOKE_MEGABYTES if arguments.smoke else usual
    return {"megabytes": arguments.megabytes or default}


def main() -> int:
    arguments = _arguments()
    if arguments.child:
        print(*memory_in_this_process(arguments.task, arguments.child, arguments.input))
        return 0
    with input_file(arguments.input, arguments.kind, arguments.size) as path:
        report = compare(arguments.task, arguments.modules, path, arguments.rounds)
    print(json.dumps(report, indent=2) if arguments.json else as_text(report))
    return 1 if report["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
