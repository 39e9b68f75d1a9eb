"""Times quantization against NumPy, numba and torch, answers compared first.

    python benchmarks/quantize.py --megabytes 4 40 400 --rounds 7
    python benchmarks/quantize.py --tasks affine rows
    python benchmarks/quantize.py --memory --hand-over

All in one process, taking turns forward and backward; medians of wall and CPU time. torch
on its own (`pip install torch`) is no part of `barrow[bench]`: it weighs too much.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import barrow as bw
import numpy as np
import pyarrow as pa
from barrow._lib import native
from barrow.quantize import kernel
from barrow.quantize.layers import layers_of
from compare.measure import memory_of
from quantize_rivals import (
    TASKS,
    Array,
    Run,
    barrow_runs,
    bytes_of,
    numba_runs,
    numpy_in_place,
    reference,
    torch_given,
    torch_runs,
)

_MOST_DIFFERENT = 1e-4


class Floors:
    """What nobody avoids, and a memcpy of the float32."""

    def __init__(self, x: Array) -> None:
        self._x = x
        self._copy = np.ones_like(x)
        self._codes = np.ones(len(x), np.uint8)

    def runs(self) -> dict[str, Callable[[], object]]:
        """Each by its name."""
        return {
            "floor: one read": lambda: native.quantize_range(self._x, 0),
            "floor: one write of int8": lambda: self._codes.fill(1),
            "floor: memcpy of float32": lambda: np.copyto(self._copy, self._x),
        }


def rivals_of(x: Array) -> dict[str, dict[str, Run]]:
    """All that are installed."""
    found = {
        "barrow, 1 thread": barrow_runs(x, 1),
        "barrow, 2 threads": barrow_runs(x, 2),
        "numpy in place": numpy_in_place(x),
    }
    others: dict[str, Callable[[Array], dict[str, Run]]] = {
        "numba, 2 threads": numba_runs,
        "torch, 2 threads": torch_runs,
        "torch, scale given": torch_given,
    }
    for name, make in others.items():
        try:
            found[name] = make(x)
        except ModuleNotFoundError as error:
            print(f"{name}: not installed: {error.name}")
    return found


def decoders(x: Array) -> dict[str, Callable[[], object]]:
    """Back to float32, into memory that was touched before; right within half a scale."""
    out = np.ones_like(x)
    found: dict[str, Callable[[], object]] = {}
    for bits, options in ((8, {}), (4, {"granularity": "group"})):
        q = bw.quantize(x, bit_width=bits, **options)  # type: ignore[arg-type]
        for threads in (1, 2):
            found[f"dequantize int{bits}, {threads} thread(s)"] = (
                lambda q=q, threads=threads: bw.dequantize(q, out=out, threads=threads)  # type: ignore[misc]
            )
            bw.dequantize(q, out=out, threads=threads)
            if not np.abs(out - x).max() <= q.scales.max() * 0.50001:
                raise SystemExit(f"WRONG: int{bits} does not come back")
    return found


def right(name: str, answer: Array, expected: Array) -> bool:
    """Whether codes are those of the reference; torch multiplies by an inverse, so that
    ties may differ."""
    different = np.count_nonzero(answer != expected) / len(expected)
    if different > (_MOST_DIFFERENT if name.startswith("torch") else 0):
        print(f"{name}: WRONG, {different:.2%} of the bytes differ")
        return False
    if different:
        print(f"{name}: {different:.1e} of the bytes differ")
    return True


def timed(runs: dict[str, Callable[[], object]], rounds: int, x: Array) -> None:
    """Prints medians; before every run the values are read once, so that all find the
    same in the caches."""
    wall: dict[str, list[float]] = {name: [] for name in runs}
    cpu: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds):
        for name in list(runs) if turn % 2 == 0 else reversed(list(runs)):
            native.quantize_range(x, 0)
            before = time.process_time(), time.perf_counter()
            runs[name]()
            cpu[name].append(time.process_time() - before[0])
            wall[name].append(time.perf_counter() - before[1])
    for name in runs:
        rate = x.nbytes / median(wall[name]) / 1e9
        print(
            f"  {name:46} {median(wall[name]) * 1e3:9.2f} ms wall {min(wall[name]) * 1e3:9.2f} best"
            f" {median(cpu[name]) * 1e3:9.2f} ms CPU {rate:7.2f} GB/s"
        )


def values_of(megabytes: int) -> Array:
    """Float32 from a normal distribution, whole rows of them."""
    count = megabytes * 1_000_000 // 4 // 4096 * 4096
    return np.random.default_rng(1).standard_normal(count, np.float32)


def table_of(x: Array) -> pa.Table:
    """A table with one layer."""
    lists = pa.ListArray.from_arrays(pa.array([0, len(x)], pa.int32()), pa.array(x))
    return pa.table({"layer_name": ["w"], "weights": lists})


class _Reached(Exception):
    """A kernel was called."""


class _NoKernels:
    """Stands in for the extension: the first kernel to be called ends the path."""

    def __getattr__(self, name: str) -> Callable[..., object]:
        def reached(*_: object) -> object:
            raise _Reached

        return reached


def hand_over(megabytes: list[int]) -> None:
    """Prints microseconds from a table to the layers in Mojo, and to the first kernel."""

    def to_kernel(table: pa.Table) -> None:
        try:
            bw.quantize_arrow(table, bit_width=8, granularity="tensor", threads=1)
        except _Reached:
            return
        raise SystemExit("WRONG: no kernel was called")

    def best(call: Callable[[pa.Table], object], table: pa.Table) -> float:
        times = []
        for _ in range(2000):
            begin = time.perf_counter_ns()
            call(table)
            times.append(time.perf_counter_ns() - begin)
        return median(times) / 1000

    for size in megabytes:
        table = table_of(values_of(size))
        address = table.column("weights").chunk(0).values.buffers()[1].address
        (layer,) = layers_of(table, False)
        if layer.values.ctypes.data != address:
            raise SystemExit("WRONG: the values were copied")
        taken = best(lambda t: layers_of(t, False), table)
        before = kernel.native
        kernel.native = _NoKernels()  # type: ignore[assignment]
        try:
            whole = best(to_kernel, table)
        finally:
            kernel.native = before
        print(
            f"{size} MB: {taken:.1f} us to the values in Mojo, {whole:.1f} us to the first kernel"
        )


def memory(megabytes: list[int]) -> None:
    """Prints the peak of memory above the input and the output, each in a fresh process."""
    for size in megabytes:
        for bits, how in ((8, "tensor"), (4, "group")):
            subprocess.run(
                [sys.executable, __file__, "--one", str(size), str(bits), how], check=True
            )


def one(size: int, bits: int, how: str) -> None:
    """What one call takes; a small call before has loaded all there is to load."""
    options: dict[str, Any] = {"bit_width": bits, "granularity": how}
    bw.quantize_arrow(table_of(values_of(1)), **options)
    table = table_of(values_of(size))
    peak, _ = memory_of(lambda: bw.quantize_arrow(table, **options))
    output = bw.quantize_arrow(table, **options).nbytes
    print(
        f"{size} MB, {bits} bits per {how}: output {output / 1e6:.1f} MB,"
        f" peak {peak / 1e6:.1f} MB, above it {(peak - output) / 1e6:.1f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[4, 40, 400])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--tasks", nargs="+", choices=[*TASKS, "values"], default=[*TASKS, "values"]
    )
    parser.add_argument("--hand-over", action="store_true", help="what taking a table over costs")
    parser.add_argument("--memory", action="store_true", help="peak memory, in fresh processes")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(int(options.one[0]), int(options.one[1]), options.one[2])
        return
    if options.hand_over or options.memory:
        if options.hand_over:
            hand_over(options.megabytes)
        if options.memory:
            memory(options.megabytes)
        return
    # Threads of OpenMP would go on spinning after their work, into the times of others.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for megabytes in options.megabytes:
        x = values_of(megabytes)
        runs = Floors(x).runs()
        rivals = rivals_of(x)
        for task, label in TASKS.items():
            if task not in options.tasks:
                continue
            expected = reference(x, task)
            for name, ways in rivals.items():
                if task in ways and right(f"{name}, {label}", bytes_of(ways[task]()), expected):
                    runs[f"{label}, {name}"] = ways[task]
            del expected
        if "values" in options.tasks:
            runs |= decoders(x)
        print(f"{megabytes} MB of float32, {options.rounds} rounds")
        timed(runs, options.rounds, x)


if __name__ == "__main__":
    main()
