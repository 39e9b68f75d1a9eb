"""Times quantization against NumPy, numba and torch, answers compared first.

    python benchmarks/quantize.py --megabytes 4 40 400 --rounds 7

All in one process, taking turns forward and backward; medians of wall and CPU time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from importlib import import_module
from statistics import median
from typing import Any

import barrow as bw
import numpy as np
from barrow._lib import native

Array = np.ndarray[Any, Any]
Run = Callable[[], Array]
GROUP = 128


class NumpyInPlace:
    """What NumPy needs, with every buffer made before."""

    def __init__(self, x: Array) -> None:
        self.x = x
        self.t = np.empty_like(x)
        self.q = np.empty(len(x), np.uint8)
        self.half = np.empty(len(x) // 2, np.uint8)

    def tensor(self) -> Array:
        scale = np.float32((np.float64(self.x.max()) - self.x.min()) / 255)
        zero = -np.rint(self.x.min() / scale)
        self._codes(self.t, self.x, scale, zero, 255)
        np.copyto(self.q, self.t, casting="unsafe")
        return self.q

    def groups(self) -> Array:
        x, t = self.x.reshape(-1, GROUP), self.t.reshape(-1, GROUP)
        low, high = x.min(1, keepdims=True), x.max(1, keepdims=True)
        scale = ((high.astype(np.float64) - low) / 15).astype(np.float32)
        self._codes(t, x, scale, -np.rint(low / scale), 15)
        np.copyto(self.q, self.t, casting="unsafe")
        np.left_shift(self.q[1::2], 4, out=self.half)
        np.bitwise_or(self.half, self.q[::2], out=self.half)
        return self.half

    @staticmethod
    def _codes(t: Array, x: Array, scale: Any, zero: Any, most: int) -> None:
        np.divide(x, scale, out=t)
        np.rint(t, out=t)
        np.add(t, zero, out=t)
        np.clip(t, 0, most, out=t)


def numba_runs(x: Array, threads: int) -> dict[str, Run]:
    """A loop for each, compiled, on two threads."""
    numba = import_module("numba")
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    codes, half = np.empty(len(x), np.uint8), np.empty(len(x) // 2, np.uint8)

    @numba.njit(parallel=True, fastmath={"nnan", "ninf", "nsz"})  # type: ignore[untyped-decorator]
    def tensor(x, out):  # type: ignore[no-untyped-def]
        low, high = np.float32(np.inf), np.float32(-np.inf)
        for i in numba.prange(len(x)):
            low = min(low, x[i])
            high = max(high, x[i])
        scale = np.float32((np.float64(high) - np.float64(low)) / 255)
        zero = -np.rint(low / scale)
        for i in numba.prange(len(x)):
            q = np.rint(x[i] / scale) + zero
            out[i] = np.uint8(min(max(q, np.float32(0)), np.float32(255)))
        return out

    @numba.njit(parallel=True, fastmath={"nnan", "ninf", "nsz"})  # type: ignore[untyped-decorator]
    def groups(x, out):  # type: ignore[no-untyped-def]
        for g in numba.prange(len(x) // 128):
            part = x[g * 128 : g * 128 + 128]
            low, high = part[0], part[0]
            for i in range(128):
                low = min(low, part[i])
                high = max(high, part[i])
            scale = np.float32((np.float64(high) - np.float64(low)) / 15)
            zero = -np.rint(low / scale)
            for i in range(64):
                a = np.rint(part[2 * i] / scale) + zero
                b = np.rint(part[2 * i + 1] / scale) + zero
                a = min(max(a, np.float32(0)), np.float32(15))
                b = min(max(b, np.float32(0)), np.float32(15))
                out[g * 64 + i] = np.uint8(a) | np.uint8(np.uint8(b) << 4)
        return out

    return {"tensor": lambda: tensor(x, codes), "groups": lambda: groups(x, half)}


def torch_runs(x: Array) -> dict[str, Run]:
    """torch.quantize_per_tensor with the scale found by aminmax; it has no packed groups."""
    torch = import_module("torch")
    values = torch.from_numpy(x)

    def tensor() -> Array:
        low, high = torch.aminmax(values)
        scale = np.float32((float(high) - float(low)) / 255)
        zero = int(-np.rint(np.float32(low) / scale))
        q = torch.quantize_per_tensor(values, float(scale), zero, torch.quint8)
        codes: Array = q.int_repr().numpy()
        return codes

    return {"tensor": tensor}


def barrow_runs(x: Array, threads: int) -> dict[str, Run]:
    """The public function, which makes its output."""
    groups: dict[str, Any] = {"bit_width": 4, "granularity": "group", "group_size": GROUP}
    return {
        "tensor": lambda: bw.quantize(x, bit_width=8, threads=threads).codes,
        "groups": lambda: bw.quantize(x, threads=threads, **groups).codes,
    }


def rivals_of(x: Array) -> dict[str, dict[str, Run]]:
    """All that are installed."""
    plain = NumpyInPlace(x)
    found = {
        "numpy in place": {"tensor": plain.tensor, "groups": plain.groups},
        "barrow, 1 thread": barrow_runs(x, 1),
        "barrow, 2 threads": barrow_runs(x, 2),
    }
    others: dict[str, Callable[[], dict[str, Run]]] = {
        "numba, 2 threads": lambda: numba_runs(x, 2),
        "torch": lambda: torch_runs(x),
    }
    for name, make in others.items():
        try:
            found[name] = make()
        except ModuleNotFoundError as error:
            print(f"{name}: not installed: {error.name}")
    return found


def decoders(x: Array, threads: int) -> dict[str, Run]:
    """Back to float32, into memory that was touched before."""
    out = np.ones_like(x)
    whole = bw.quantize(x, bit_width=8)
    groups = bw.quantize(x, bit_width=4, granularity="group")
    return {
        f"dequantize int8, {threads} thread(s)": lambda: bw.dequantize(
            whole, out=out, threads=threads
        ),
        f"dequantize int4, {threads} thread(s)": lambda: bw.dequantize(
            groups, out=out, threads=threads
        ),
    }


def judged(name: str, answer: Array, reference: Array) -> bool:
    """Whether codes are those of NumPy; torch multiplies by an inverse, so ties may differ."""
    different = np.count_nonzero(answer != reference) / len(reference)
    if different > (1e-4 if name == "torch" else 0):
        print(f"{name}: WRONG, {different:.2%} of the bytes differ")
        return False
    return True


def timed(runs: dict[str, Run], rounds: int, size: int) -> None:
    """Prints medians."""
    wall: dict[str, list[float]] = {name: [] for name in runs}
    cpu: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds):
        for name in list(runs) if turn % 2 == 0 else reversed(list(runs)):
            before = time.process_time(), time.perf_counter()
            runs[name]()
            cpu[name].append(time.process_time() - before[0])
            wall[name].append(time.perf_counter() - before[1])
    for name in runs:
        rate = size / median(wall[name]) / 1e9
        print(
            f"  {name:38} {median(wall[name]) * 1e3:9.2f} ms wall"
            f" {median(cpu[name]) * 1e3:9.2f} ms CPU {rate:7.2f} GB/s"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[4, 40, 400])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    for megabytes in options.megabytes:
        count = megabytes * 1_000_000 // 4 // 1024 * 1024
        x = np.random.default_rng(1).standard_normal(count, np.float32)
        copy = np.ones_like(x)
        runs: dict[str, Run] = {
            "floor: one read": lambda x=x: native.quantize_range(x, 0),  # type: ignore[dict-item,misc]
            "floor: memcpy": lambda x=x, copy=copy: np.copyto(copy, x),  # type: ignore[dict-item,misc]
        }
        rivals = rivals_of(x)
        for task, label in (("tensor", "int8 per tensor"), ("groups", "int4 per group of 128")):
            reference = rivals["numpy in place"][task]().copy()
            for name, ways in rivals.items():
                if task in ways and judged(name, ways[task](), reference):
                    runs[f"{label}, {name}"] = ways[task]
        print(f"{megabytes} MB of float32, {options.rounds} rounds")
        timed(runs | decoders(x, 1) | decoders(x, 2), options.rounds, 4 * count)


if __name__ == "__main__":
    main()
