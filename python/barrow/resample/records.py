"""Memory for folding records of 64 bytes into such records, used again and again."""

from __future__ import annotations

from typing import Any

import numpy as np

from barrow._memory import Block

Array = np.ndarray[Any, Any]
# As the kernel has them: records that are folded at once, and its columns with a line more.
PIECE = 4096
_SCRATCH = 7 * (PIECE + 8) * 8
_BARS = PIECE + 8  # one more is needed, and whole lines
_BAR_BYTES = 8 * 8  # eight columns of eight bytes
RECORD_BYTES = 64
# 1 MiB for each timeframe.
_OUTPUT_RECORDS = 1 << 14
_PAGE = 4096


class RecordSpace:
    """What the kernel works in, and where the records of the bars come to lie.

    Args:
        levels: How many timeframes.

    Attributes:
        scratch: Where rows are columns for a moment.
        blocks: Where bars of every level are columns for a moment.
        places: Room and bars of these: `int64` of shape (levels, 2).
        outputs: The records of every level, from a page of memory on.
        filled: How many there are: `int64`. Whoever has written them sets it back.
    """

    def __init__(self, levels: int) -> None:
        sizes = [_SCRATCH, *[_BARS * _BAR_BYTES] * levels]
        sizes += [_OUTPUT_RECORDS * RECORD_BYTES] * levels
        ends = np.cumsum([-(-size // _PAGE) * _PAGE for size in sizes])
        self._block = Block(int(ends[-1]) + _PAGE)
        first = -self._block.array.ctypes.data % _PAGE
        begins = [first, *(first + ends[:-1]).tolist()]
        parts = [
            self._block.array[begin : begin + size]
            for begin, size in zip(begins, sizes, strict=True)
        ]
        self.scratch: Array = parts[0]
        self.blocks: tuple[Array, ...] = tuple(parts[1 : 1 + levels])
        self.outputs: tuple[Array, ...] = tuple(parts[1 + levels :])
        self.places: Array = np.array([[_BARS, 0]] * levels, np.int64)
        self.filled: Array = np.zeros(levels, np.int64)
