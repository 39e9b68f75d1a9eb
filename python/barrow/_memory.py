"""Large blocks of memory in huge pages, used again once nobody holds them.

Touching fresh memory costs more than parsing into it: 300 MB in pages of 4 KiB took
130 to 180 ms here, 27 ms in huge pages, nothing at all where it had been touched
before. So up to 512 MiB are kept when they are given back, as pyarrow's pool does.
"""

from __future__ import annotations

import contextlib
import mmap
from typing import Any

import numpy as np
import pyarrow as pa

_HUGE_PAGE = 2 << 20
# Smaller blocks come from pyarrow's pool, which keeps those itself.
_SMALLEST = 2 * _HUGE_PAGE
_MOST_KEPT = 512 << 20


class Block:
    """Writable bytes that other code may go on reading after the block is gone.

    Args:
        size: How many bytes.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._lease: _Lease | None = None
        self._pooled: pa.Buffer | None = None
        if size < _SMALLEST or not hasattr(mmap, "MADV_HUGEPAGE"):
            self._pooled = pa.allocate_buffer(size)
            self.array = np.frombuffer(self._pooled, np.uint8)
        else:
            self._lease = _Lease(_take(size))
            # NumPy views of this one would not keep the lease: they stay in here.
            self.array = np.frombuffer(self._lease.mapping, np.uint8, size)

    def buffer(self, size: int) -> pa.Buffer:
        """The first bytes for others to read; keeps the memory alive."""
        if self._pooled is not None:
            return self._pooled.slice(0, size)
        return pa.foreign_buffer(self.array.ctypes.data, size, base=self._lease)

    def resized(self, size: int, used: int) -> Block:
        """A block of another size with the same first bytes.

        Args:
            size: How many bytes.
            used: How many of them to take along.
        """
        other = Block(size)
        other.array[:used] = self.array[:used]
        return other


def owned_doubles(count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """An array of doubles, not set to anything, that keeps its memory itself.

    Args:
        count: How many.
    """
    if 8 * count < _SMALLEST or not hasattr(mmap, "MADV_HUGEPAGE"):
        return np.empty(count)
    return np.asarray(_Doubles(count))


class _Doubles:
    """A mapping as NumPy takes it over: the array holds this, and this the lease."""

    def __init__(self, count: int) -> None:
        self.lease = _Lease(_take(8 * count))
        address = np.frombuffer(self.lease.mapping, np.uint8).ctypes.data
        self.__array_interface__ = {
            "data": (address, False),
            "shape": (count,),
            "typestr": "<f8",
            "version": 3,
        }


class _Lease:
    """Gives a mapping back when the last holder is gone."""

    def __init__(self, mapping: mmap.mmap) -> None:
        self.mapping = mapping

    def __del__(self) -> None:
        _give_back(self.mapping)


# No lock: leases end in the garbage collector, which may run at any place below.
# Appending to and removing from a list are atomic.
_kept: list[mmap.mmap] = []


def _take(size: int) -> mmap.mmap:
    whole = -(-size // _HUGE_PAGE) * _HUGE_PAGE
    for mapping in sorted(_kept, key=len):
        if whole <= len(mapping) <= 2 * whole:
            with contextlib.suppress(ValueError):  # another thread took it
                _kept.remove(mapping)
                return mapping
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    mapping = mmap.mmap(-1, whole, flags=flags, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    mapping.madvise(mmap.MADV_HUGEPAGE)
    return mapping


def _give_back(mapping: mmap.mmap) -> None:
    if len(mapping) > _MOST_KEPT:
        return
    _kept.append(mapping)
    # What was given back last is asked for again first. Room is made for it by what
    # nobody wanted for longest, or one file read would fill it for good.
    while sum(map(len, tuple(_kept))) > _MOST_KEPT:
        with contextlib.suppress(IndexError):  # another thread emptied it
            del _kept[0]


def release_unused() -> None:
    """Gives kept memory back to the system, as pyarrow's pools do under this name."""
    _kept.clear()
