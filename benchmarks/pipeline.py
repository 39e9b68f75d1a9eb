"""What a pipeline costs with each format between its stages, and the workload of the seed.

    python benchmarks/pipeline.py [--rows N] [--rounds N] [--folder F] [--smoke]
    python benchmarks/pipeline.py --symbols 42 --years 1 2 5 20 [--threads 6]

First form: text of one symbol, so many minutes, goes through transform, aggregate and
resample to ten timeframes, with files of days, in turns with every format; the bars that
come out are compared before they count. Times are medians in seconds, of the processor in brackets.

Second form: so many symbols of so many years of minutes, 360,000 in a year, lie in files; the
last stage makes ten timeframes of each, files to files, durable. A process of its own does it,
whose greatest memory is told. The files were written before, so they are in memory as far as it
goes: there are eight of them, under as many names as there are symbols. Beside it stand the
floors: as many threads read the input by plain calls and write as many bytes as came out into as
many files, durable, either by plain calls too or past the caches of the system.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import barrow as bw
import numpy as np
import pyarrow as pa
from barrow import etl
from barrow.etl.io import ResampleIOFactory
from store import BAR_TYPE, COLUMNS, MINUTE, START

TIMEFRAMES = ["5m", "15m", "30m", "1h", "2h", "4h", "8h", "1d", "1w", "1M"]
SUFFIXES = {"binary": ".bar64", "arrow": ".arrows", "text": ".csv"}
ROWS_OF_YEAR = 360_000
STAGES = ("transform", "aggregate", "resample")
# Files of the workload that differ, and bytes of the plain calls.
DISTINCT = 8
PIECE = 1 << 20


def market(begin: int, end: int, seed: int = 0) -> bw.Bars:
    """Bars of five days a week whose prices wander."""
    number = np.arange(begin, end, dtype=np.int64)
    minutes = number // 7200 * 10_080 + number % 7200
    chance = np.random.default_rng(begin + 7 * seed)
    close = 10**9 + chance.integers(-50, 51, end - begin).cumsum() * 10**4
    open_ = np.concatenate([[10**9], close[:-1]])
    spread = chance.integers(0, 60, (2, end - begin)) * 10**4
    high, low = np.maximum(open_, close) + spread[0], np.minimum(open_, close) - spread[1]
    stamps = START + minutes * MINUTE
    columns = (
        open_,
        high,
        low,
        close,
        chance.integers(1, 999, end - begin) * 10**9,
        stamps,
        stamps,
    )
    fields, arrays = [], []
    for name, values in zip(COLUMNS, columns, strict=True):
        dtype = pa.uint64() if name.startswith("ts_") else pa.binary(8)
        fields.append(pa.field(name, dtype, nullable=False))
        buffer = pa.py_buffer(np.ascontiguousarray(values))
        arrays.append(pa.Array.from_buffers(dtype, end - begin, [None, buffer]))
    known = {"bar_type": BAR_TYPE, "price_precision": "5", "size_precision": "0"}
    schema = pa.schema(fields, metadata=known)
    return bw.Bars.from_arrow(pa.Table.from_arrays(arrays, schema=schema))


def written(path: Path, rows: int, seed: int = 0) -> None:
    """A file of bars."""
    with ResampleIOFactory().writer(path) as writer:
        for begin in range(0, rows, 1 << 20):
            writer.write_batch(market(begin, min(begin + (1 << 20), rows), seed))
        writer.flush()


# ---------------------------------------------------------------- formats


def told(format: str) -> Any:
    """How the text between stages is read, which does not say it itself."""
    if format != "text":
        return {}
    return {"bar_type": BAR_TYPE, "price_precision": 5, "size_precision": 0, "encoding": "fixed8",
            "dialect": "generic"}  # fmt: skip


def run(format: str, source: Path, root: Path) -> dict[str, tuple[float, float]]:
    """All stages from nothing: seconds by the clock and of the processor, by stage."""
    suffix, times = SUFFIXES[format], {}
    bars = root / f"x{suffix}"
    precisions: Any = {"price_precision": 5, "size_precision": 0}
    days = str(root / "days" / f"2*{suffix}")
    calls = {
        "transform": lambda: etl.transform(
            source, root / "days", format=format, bar_type=BAR_TYPE, **precisions
        ),
        "aggregate": lambda: etl.aggregate(days, bars, **told(format)),
        "resample": lambda: etl.resample(
            bars, TIMEFRAMES, root / "made", format=format, text=told(format)
        ),
    }  # fmt: skip
    for stage in STAGES:
        clock, used = time.perf_counter(), time.process_time()
        calls[stage]()
        times[stage] = (time.perf_counter() - clock, time.process_time() - used)
    return times


def check(root: Path, format: str, wanted: dict[str, bw.Bars]) -> None:
    """Refuses bars that differ from those of one call."""
    paths = sorted((root / "made").glob(f"*{SUFFIXES[format]}"))
    assert len(paths) == len(TIMEFRAMES)
    by_type = {str(bars.bar_type): bars for bars in wanted.values()}
    for path in paths:
        step, unit = path.stem.split("-")[1:]
        bar_type = BAR_TYPE.replace("1-MINUTE", f"{step}-{unit.upper()}").replace("EX", "IN")
        options = {**told(format), "bar_type": bar_type} if format == "text" else {}
        parts = []
        reader_options = {"ended": False} if format == "arrow" else {}
        with ResampleIOFactory().reader(path, **options, **reader_options) as reader:
            while (bars := reader.read_batch(1 << 20)) is not None:
                parts.append(bars.to_arrow())
        assert bw.Bars.from_arrow(pa.concat_tables(parts)) == by_type[bar_type], path


def compare(rows: int, rounds: int, folder: Path) -> None:
    """The first form."""
    source = folder / "bars.csv"
    bars = market(0, rows)
    bw.write_csv(bars, source)
    wanted = bw.resample(bars, TIMEFRAMES)
    print(f"{rows:,} minutes, {source.stat().st_size / 1e6:,.0f} MB of text, {rounds} rounds")
    found: dict[str, list[dict[str, tuple[float, float]]]] = {name: [] for name in SUFFIXES}
    for number in range(rounds):
        for format in SUFFIXES:
            root = folder / f"{format}-{number}"
            found[format].append(run(format, source, root))
            if not number:
                check(root, format, wanted)
            shutil.rmtree(root)
    print(f"{'':10}" + "".join(f"{stage:>18}" for stage in (*STAGES, "all", "without transform")))
    base: list[float] = []
    for format, runs in found.items():
        cells = []
        for stages in (*((stage,) for stage in STAGES), STAGES, STAGES[1:]):
            walls, used = (
                statistics.median(sum(one[stage][at] for stage in stages) for one in runs)
                for at in (0, 1)
            )
            cells.append((walls, used))
        base = base or [wall for wall, _ in cells]
        print(f"{format:10}" + "".join(f"{f'{w:.2f} ({u:.2f})':>18}" for w, u in cells))
        ratios = [f"x{wall / first:.1f}" for (wall, _), first in zip(cells, base, strict=True)]
        print(" " * 10 + "".join(f"{ratio:>18}" for ratio in ratios))


# ---------------------------------------------------------------- the workload


def workload(symbols: int, years: list[float], threads: int, folder: Path) -> None:
    """The second form."""
    print(f"{symbols} symbols, {len(TIMEFRAMES)} timeframes, {threads} threads")
    for each in years:
        rows = int(each * ROWS_OF_YEAR)
        root = folder / f"{each}"
        (root / "bars").mkdir(parents=True)
        for number in range(symbols):
            path = root / "bars" / f"S{number:02}.bar64"
            if number < DISTINCT:
                written(path, rows, number)
            else:
                path.hardlink_to(root / "bars" / f"S{number % DISTINCT:02}.bar64")
        count = symbols * rows
        for what in ("resample", "plain", "direct"):
            os.sync()  # or writing the input would go on meanwhile
            command = [sys.executable, __file__, "--child", str(root), "--threads", str(threads)]
            done = subprocess.run(
                [*command, "--work", what], capture_output=True, text=True, check=True
            )
            facts = json.loads(done.stdout)
            size = sum(path.stat().st_size for path in (root / "made").glob("*.bar64")) / 1e6
            name = {"resample": f"{each:g} years", "plain": "floor", "direct": "floor, direct"}
            print(
                f"{name[what]:14} {count / 1e6:7.1f}M bars in, {size:7,.0f} MB out, "
                f"{facts['wall']:6.2f} s ({facts['cpu']:.2f} s), "
                f"{count / facts['wall'] / 1e6:5.1f}M bars/s, {facts['memory']:,.0f} MB"
            )
        shutil.rmtree(root)


def child(root: Path, threads: int, work: str) -> None:
    """Makes the timeframes of all symbols, or moves as many bytes; tells what that cost."""
    if work == "resample":
        symbols = tuple(
            etl.Symbol(
                path.stem, (), tuple(TIMEFRAMES), live=False, sort=False, csv={}, resample={}
            )
            for path in sorted((root / "bars").iterdir())
        )
        pipeline = etl.Pipeline(str(root), "binary", symbols)
        call: Callable[[], Any] = partial(etl.run, pipeline, stages=["resample"], threads=threads)
    else:
        (root / "floor").mkdir()
        call = partial(floor, root, threads, os.O_DIRECT if work == "direct" else 0)
    clock, used = time.perf_counter(), time.process_time()
    report = call()
    wall, cpu = time.perf_counter() - clock, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if work == "resample":
        assert report.ok, report.to_json()
        (root / "resampled").rename(root / "made")
    else:
        shutil.rmtree(root / "floor")
    print(json.dumps({"wall": wall, "cpu": cpu, "memory": memory}))


def floor(root: Path, threads: int, flags: int) -> None:
    """Reads the input and writes as many bytes as the output has, durable."""

    def one(path: Path) -> None:
        room = mmap.mmap(-1, PIECE)
        with path.open("rb", buffering=0) as file:
            while file.readinto(room):
                pass
        for made in (root / "made").glob(f"{path.stem}-*.bar64"):
            size = -(-made.stat().st_size // mmap.PAGESIZE) * mmap.PAGESIZE
            target = os.open(root / "floor" / made.name, os.O_CREAT | os.O_WRONLY | flags)
            for begin in range(0, size, PIECE):
                os.pwrite(target, memoryview(room)[: min(PIECE, size - begin)], begin)
            os.fsync(target)
            os.close(target)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, sorted((root / "bars").iterdir())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--symbols", type=int, default=0)
    parser.add_argument("--years", type=float, nargs="*", default=[0.5, 1.0, 2.0])
    parser.add_argument("--threads", type=int, default=6)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--smoke", action="store_true", help="little data, answers only")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", default="resample", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.threads, given.work)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as place:
        folder = Path(place)
        if given.smoke:
            compare(20_000, 1, folder)
            workload(4, [0.02], 2, folder)
        elif given.symbols:
            workload(given.symbols, given.years, given.threads, folder)
        else:
            compare(given.rows, given.rounds, folder)


if __name__ == "__main__":
    main()
