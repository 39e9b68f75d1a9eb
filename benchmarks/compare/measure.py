"""Clocks, memory, and the work that no rival can avoid."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa

from compare import Floor

_CHUNK = 1 << 18
_TOUCHED_AT_MOST = 1_500_000_000


class Samples:
    """Wall and CPU seconds of repeated runs; CPU counts all threads.

    Args:
        fraction: The part of the task a run does; times are scaled to all of it.
    """

    def __init__(self, fraction: float = 1.0) -> None:
        self._fraction = fraction
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def take(self, run: Callable[[], Any]) -> None:
        """Runs once; the result is freed after the clocks stop."""
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        result = run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        del result
        self.wall.append(wall / self._fraction)
        self.cpu.append(cpu / self._fraction)

    def summary(self, size: int) -> dict[str, Any]:
        """Medians, spread, and the rate at which `size` bytes are read."""
        wall = median(self.wall)
        return {
            "wall_ms": wall * 1e3,
            "cpu_ms": median(self.cpu) * 1e3,
            "spread": (max(self.wall) - min(self.wall)) / wall,
            "mb_per_s": size / wall / 1e6,
            "wall_runs_ms": [t * 1e3 for t in self.wall],
            "cpu_runs_ms": [t * 1e3 for t in self.cpu],
        }


def touch_memory(size: int) -> None:
    """Makes the host give the machine memory back that it may have taken away.

    On a virtual machine whoever first touches such memory waits for the host, which
    says nothing about a reader of CSV.
    """
    np.empty(min(size, _TOUCHED_AT_MOST), np.uint8).fill(1)


def read_through(path: Path) -> None:
    """Brings a file into the page cache."""
    pread_all(path, bytearray(_CHUNK))


def pread_all(path: Path, buffer: bytearray) -> None:
    """Reads a file into one buffer over and over."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        at = 0
        while count := os.preadv(descriptor, [buffer], at):
            at += count
    finally:
        os.close(descriptor)


def memory_floors(path: Path, output_bytes: int) -> list[Floor]:
    """Reading the text, copying as much, and touching as much as the output."""
    size = path.stat().st_size
    buffer = bytearray(_CHUNK)
    source, target = np.ones(size, np.uint8), np.ones(size, np.uint8)
    return [
        Floor("pread of the file into a reused buffer", lambda: pread_all(path, buffer)),
        Floor("memcpy of the file size", lambda: np.copyto(target, source)),
        touch_floor(output_bytes),
    ]


def touch_floor(output_bytes: int) -> Floor:
    """Touching as much as the output for the first time."""
    return Floor("first touch of the output", lambda: _touched(output_bytes))


def _touched(size: int) -> Any:
    memory = np.empty(size, np.uint8)
    memory.fill(1)
    return memory


def memory_of(run: Callable[[], Any]) -> tuple[int, int]:
    """The most memory a run takes above what is held before it, and what its result holds.

    In bytes; for a fresh process. The kernel's high-water mark is reset first, because
    imports may have peaked higher; `ru_maxrss` cannot be, and inherits the parent's.
    Memory that allocators kept when the input was made would hide what the run takes.
    """
    gc.collect()
    pa.default_memory_pool().release_unused()
    if keeper := sys.modules.get("barrow._memory"):
        keeper.release_unused()
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    result = run()
    peak = _status("VmHWM")
    gc.collect()
    held = _status("VmRSS")
    del result
    return max(peak - before, 0), max(held - before, 0)


def _status(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise OSError(f"/proc/self/status has no {field}")
