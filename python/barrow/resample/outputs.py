"""Bars as the kernel leaves them, to batches under the stored schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import Encoding, format_stamp, stored_batch
from barrow.errors import BarrowArgumentError, message
from barrow.resample.grid import Grid

Array = np.ndarray[Any, Any]


def row_bytes(encoding: Encoding) -> int:
    """Bytes of a bar as the kernel leaves it: five values, two times and a count."""
    return 5 * encoding.width + 3 * 8


def whole_lines(rows: int) -> int:
    """So many rows or a few more, so that every column is aligned to 64 bytes."""
    return -(-rows // 8) * 8


@dataclass
class Bunch:
    """Bars of one timeframe, as arrays.

    Attributes:
        values: Open, high, low, close and volume: shape (n,) words of 64 bits, or (n, 2).
        starts: Where their intervals start: `int64` nanoseconds UTC.
        inits: `ts_init`: `uint64`.
        counts: Rows of each: `int64`.
    """

    values: list[Array]
    starts: Array
    inits: Array
    counts: Array

    def __len__(self) -> int:
        return len(self.starts)


def bunch_in(memory: Any, encoding: Encoding, room: int, first: int, filled: int) -> Bunch:
    """Looks at bars in a block, without copying.

    Args:
        memory: The block: bytes, column after column.
        encoding: How values are stored.
        room: How many bars there is room for.
        first: The first one to show.
        filled: The one after the last one.
    """
    width = encoding.width
    values = []
    for at in range(5):
        begin = at * room * width
        words = np.frombuffer(memory, np.uint64, room * width // 8, begin)
        words = words.reshape(-1, 2) if encoding.wide else words
        values.append(words[first:filled])
    times = 5 * room * width
    starts, inits, counts = (
        np.frombuffer(memory, dtype, room, times + at * room * 8)[first:filled]
        for at, dtype in enumerate((np.int64, np.uint64, np.int64))
    )
    return Bunch(values, starts, inits, counts)


def bunch_of(memory: Any, encoding: Encoding, room: int, filled: int) -> Bunch:
    """Copies the first bars of a block that is used again, all into one piece of memory.

    Args:
        memory: The block: an array of bytes.
        encoding: How values are stored.
        room: How many bars there is room for.
        filled: How many bars there are.
    """
    words = memory.view(np.uint64)
    values = 5 * room * encoding.width // 8
    if encoding.wide:
        prices = words[:values].reshape(5, room, 2)[:, :filled].copy()
        starts, inits, counts = words[values:].reshape(3, room)[:, :filled].copy()
    else:
        own = words.reshape(8, room)[:, :filled].copy()
        prices, (starts, inits, counts) = own[:5], own[5:]
    return Bunch(list(prices), starts.view(np.int64), inits, counts.view(np.int64))


@dataclass
class Filler:
    """Makes up bars for intervals without a row, from one bunch to the next.

    Attributes:
        grid: The intervals.
        number: The number of the last bar's interval; None before the first one.
        close: Its closing price: words of 64 bits.
        init: Its `ts_init`.
    """

    grid: Grid
    number: int | None = None
    close: tuple[int, ...] = ()
    init: int = 0

    def fill(self, bunch: Bunch) -> tuple[Bunch, int]:
        """The bars with those made up before and between them, and how many those are.

        A made-up bar has the closing price before it and no volume; it is known when
        its interval ends, but not before the bar before it.
        """
        if not len(bunch):
            return bunch, 0
        numbers = self.grid.numbers(bunch.starts)
        values, inits, counts = bunch.values, bunch.inits, bunch.counts
        known = self.number is not None
        if known:
            # The last bar before goes first, and out again at the end.
            close = np.array(self.close, np.uint64).reshape(1, *values[3].shape[1:])
            values = [np.concatenate([close, column]) for column in values]
            numbers = np.concatenate([[self.number], numbers])
            inits = np.concatenate([np.array([self.init], np.uint64), inits])
            counts = np.concatenate([[0], counts])
        # Every bar is followed by as many copies as there are intervals to the next.
        copies = np.append(np.diff(numbers), 1)
        rows = np.repeat(np.arange(len(numbers)), copies)
        made_up = np.append(False, rows[1:] == rows[:-1])
        starts = self.grid.starts(np.arange(numbers[0], numbers[-1] + 1))
        closes = values[3][rows]
        filled = [column[rows] for column in values]
        for column in filled[:4]:
            column[made_up] = closes[made_up]
        filled[4][made_up] = 0
        inits, counts = inits[rows], counts[rows]
        ends = self.grid.ends(starts[made_up]).astype(np.uint64)
        inits[made_up] = np.maximum(inits[made_up], ends)
        counts[made_up] = 0
        self.number, self.init = int(numbers[-1]), int(inits[-1])
        self.close = tuple(int(word) for word in np.atleast_1d(closes[-1]))
        new = slice(int(known), None)
        bars = Bunch([c[new] for c in filled], starts[new], inits[new], counts[new])
        return bars, int(np.count_nonzero(made_up))


def labels(grid: Grid, bunch: Bunch, label: str, timeframe: str) -> Array:
    """The `ts_event` of bars: where their intervals start, or end.

    Raises:
        BarrowArgumentError: One starts before 1970.
    """
    if label == "right":
        return grid.ends(bunch.starts).view(np.uint64)
    if len(bunch) and bunch.starts[0] < 0:
        raise before_1970(timeframe, int(bunch.starts[0]))
    return bunch.starts.view(np.uint64)


def before_1970(timeframe: str, start: int) -> BarrowArgumentError:
    """The error of a bar that starts too early.

    Args:
        timeframe: As the caller wrote it.
        start: Where the bar starts: nanoseconds UTC.
    """
    return BarrowArgumentError(
        message(
            f'timeframe "{timeframe}"',
            f"the first bar starts {format_stamp(start)}, before 1970, which "
            "time stamps cannot say: they are unsigned",
            tries=["label='right'"],
        )
    )


def batch_of(schema: pa.Schema, bunch: Bunch, stamps: Array) -> pa.RecordBatch:
    """A batch over arrays of bars, without copying them if they are contiguous.

    Args:
        schema: The stored schema.
        bunch: The bars.
        stamps: Their `ts_event`.
    """
    columns = (*bunch.values, stamps, bunch.inits)
    buffers = [np.ascontiguousarray(column) for column in columns]
    return stored_batch(schema, buffers, len(bunch))


def batch_over(
    schema: pa.Schema, bunch: Bunch, stamps: Array, buffer: pa.Buffer
) -> tuple[pa.RecordBatch, Array]:
    """A batch over the block that bars are in, from its first row on; and their counts.

    Args:
        schema: The stored schema.
        bunch: The bars: views of the block.
        stamps: Their `ts_event`; replaces where intervals start.
        buffer: The block; the batch and the counts keep it.
    """
    rows = len(bunch)
    if stamps.base is not bunch.starts.base:
        bunch.starts[:] = stamps.view(np.int64)
    width = bunch.values[0].itemsize * (2 if bunch.values[0].ndim == 2 else 1)
    room = buffer.size // (5 * width + 3 * 8)
    begins = [*range(0, 5 * width * room, width * room), 5 * width * room, (5 * width + 8) * room]
    sizes = [*[rows * width] * 5, rows * 8, rows * 8]
    parts = [buffer.slice(begin, size) for begin, size in zip(begins, sizes, strict=True)]
    counts = np.frombuffer(buffer, np.int64, rows, (5 * width + 16) * room)
    return stored_batch(schema, parts, rows), counts
