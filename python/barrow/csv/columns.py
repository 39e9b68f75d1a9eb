"""Columns that rows are read into."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import FIXED16, TRADE, Encoding, RecordKind, stored_batch
from barrow._lib import native
from barrow._memory import Block
from barrow.errors import BarrowUnsupportedError, message

Array = np.ndarray[Any, Any]
# Bytes of identifiers per row to begin with, and one vector the parser may write
# behind the last one.
_ID_BYTES = 24
_ID_MARGIN = 64
_MOST_ID_BYTES = 2**31 - 1


class ColumnSet:
    """Writable columns with room for a number of rows.

    Args:
        kind: What the rows are.
        encoding: Decides the width of values.
        capacity: How many rows there is room for.
        lines: Whether to keep the line of every row.
    """

    def __init__(
        self, kind: RecordKind, encoding: Encoding, capacity: int, lines: bool = False
    ) -> None:
        self.kind = kind
        self.encoding = encoding
        self.capacity = capacity
        self.lines = np.empty(capacity if lines else 0, np.uint64)
        self._widths = [*[encoding.width] * len(kind.values), 8, 8]
        self._blocks = [Block(capacity * width) for width in self._widths]
        self._sides = self._offsets = self._ids = Block(0)
        if kind is TRADE:
            self._sides, self._offsets = Block(capacity), Block(4 * (capacity + 1))
            self._offsets.array[:4] = 0
            self._ids = Block(min(capacity * _ID_BYTES + _ID_MARGIN, _MOST_ID_BYTES))

    def buffers(self) -> tuple[Any, ...]:
        """The columns as the parser takes them."""
        arrays = (*(block.array for block in self._blocks), self.lines)
        if self.kind is not TRADE:
            return arrays
        return (*arrays, self._sides.array, self._offsets.array, self._ids.array)

    @property
    def stamps(self) -> Array:
        """The column `ts_event`; not to be kept longer than the columns."""
        return self._blocks[-2].array.view(np.uint64)

    def widen(self, rows: int) -> ColumnSet:
        """The first rows again, with 128-bit values."""
        wide = ColumnSet(self.kind, FIXED16, self.capacity, len(self.lines) > 0)
        count = len(self.kind.values)
        for i in range(count):
            native.column_widen(
                self._blocks[i].array[: 8 * rows],
                i < len(self.kind.prices),
                wide._blocks[i].array[: 16 * rows],
            )
        for i in (count, count + 1):
            wide._blocks[i] = self._blocks[i]
        wide.lines, wide._ids = self.lines, self._ids
        wide._sides, wide._offsets = self._sides, self._offsets
        return wide

    def resize(self, capacity: int, rows: int) -> None:
        """Gives room for more or fewer rows; the first ones stay."""
        self._blocks = [
            block.resized(capacity * width, rows * width)
            for block, width in zip(self._blocks, self._widths, strict=True)
        ]
        if len(self.lines):
            self.lines = np.resize(self.lines, capacity)
        if self.kind is TRADE:
            self._sides = self._sides.resized(capacity, rows)
            self._offsets = self._offsets.resized(4 * (capacity + 1), 4 * (rows + 1))
        self.capacity = capacity

    def grow_ids(self, rows: int) -> None:
        """Gives more room for identifiers.

        Raises:
            BarrowUnsupportedError: A batch would have more bytes of them than Arrow's
                strings allow.
        """
        size = self._ids.size
        if size == _MOST_ID_BYTES:
            raise BarrowUnsupportedError(
                message(
                    "trade_id",
                    f"the identifiers of {rows:,} trades take 2 GiB, all that one batch can hold",
                    tries=["scan_csv or ingest, which make smaller batches"],
                )
            )
        used = int(self._offsets.array.view(np.int32)[rows])
        self._ids = self._ids.resized(min(2 * size + _ID_MARGIN, _MOST_ID_BYTES), used)

    def part(self, row: int, rows: int) -> Part:
        """Rows that are read apart from the others."""
        return Part(self, row, rows)

    def place(self, part: Part, source: int, target: int, rows: int) -> None:
        """Puts rows of a part where they belong: behind all those before them.

        Args:
            part: Where they were read.
            source: Its first row.
            target: Where the first one goes, at most `source`.
            rows: How many.
        """
        if source != target:
            for block, width in zip(self._blocks, self._widths, strict=True):
                moved = block.array[source * width : (source + rows) * width]
                block.array[target * width : target * width + len(moved)] = moved
            if len(self.lines):
                self.lines[target : target + rows] = self.lines[source : source + rows]
            if self.kind is TRADE:
                sides = self._sides.array
                sides[target : target + rows] = sides[source : source + rows]
        if self.kind is TRADE:
            offsets = self._offsets.array.view(np.int32)
            begin, used = int(offsets[target]), int(part.offsets[rows])
            while begin + used > self._ids.size - _ID_MARGIN:
                self.grow_ids(target)
            self._ids.array[begin : begin + used] = part.ids[:used]
            offsets[target + 1 : target + rows + 1] = part.offsets[1 : rows + 1] + begin

    def batch(self, schema: pa.Schema, rows: int) -> pa.RecordBatch:
        """The first rows as a batch over the columns' own memory."""
        pairs = zip(self._blocks, self._widths, strict=True)
        *values, event, init = (block.buffer(rows * width) for block, width in pairs)
        extras: list[Any] = []
        if self.kind is TRADE:
            used = int(self._offsets.array.view(np.int32)[rows])
            ids = (self._offsets.buffer(4 * (rows + 1)), self._ids.buffer(used))
            extras = [self._sides.buffer(rows), ids]
        return stored_batch(schema, [*values, *extras, event, init], rows)


class Part:
    """Columns of some rows only, and identifiers of their own.

    Args:
        columns: All of the columns.
        row: The first row.
        rows: How many.
    """

    def __init__(self, columns: ColumnSet, row: int, rows: int) -> None:
        pairs = zip(columns._blocks, columns._widths, strict=True)
        views: list[Array] = [b.array[row * w : (row + rows) * w] for b, w in pairs]
        views.append(columns.lines[row : row + rows])
        self._views = views
        self.offsets: Array = np.empty(0, np.int32)
        self.ids: Array = np.empty(0, np.uint8)
        self._trades = columns.kind is TRADE
        if self._trades:
            views.append(columns._sides.array[row : row + rows])
            self.offsets = np.empty(rows + 1, np.int32)
            self.offsets[0] = 0
            self.ids = np.empty(rows * _ID_BYTES + _ID_MARGIN, np.uint8)

    def buffers(self) -> tuple[Any, ...]:
        """The columns as the parser takes them."""
        return (*self._views, self.offsets, self.ids) if self._trades else tuple(self._views)

    def grow_ids(self, rows: int) -> None:
        """Gives more room for identifiers."""
        grown = np.empty(2 * len(self.ids) + _ID_MARGIN, np.uint8)
        used = int(self.offsets[rows])
        grown[:used] = self.ids[:used]
        self.ids = grown
