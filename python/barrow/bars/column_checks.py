"""Checks that follow from what columns are, and those of order books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import (
    DELTA,
    DEPTH,
    DEPTH_LEVELS,
    BookAction,
    Encoding,
    Field,
    RecordKind,
    is_text,
    raw_view,
    undefined_raw,
)

Array = np.ndarray[Any, Any]
OUT_OF_RANGE = "a value is a sentinel or outside the range of its encoding"


@dataclass(frozen=True)
class Check:
    """One of the checks that are counted.

    Attributes:
        code: That of the Mojo `Check` of bars, or `TickCheck` of quotes and trades; of
            other kinds the position of the check.
        name: What a finding is called.
        severity: `error` or `warning`.
        meaning: What it found, in words.
        pair: Whether it is about two neighbors, and not about a record alone.
    """

    code: int
    name: str
    severity: str
    meaning: str
    pair: bool = False


def checks_of(kind: RecordKind) -> tuple[Check, ...]:
    """The checks `ColumnChecks` makes of a kind, errors first."""
    told = [
        ("value_range", "error", OUT_OF_RANGE, False),
        ("ts_order", "error", f"the stamp is before the one of the {kind.name} before", True),
        *(
            (
                f"unknown_{field.name}",
                "error",
                f"{field.name} is a number that means nothing",
                False,
            )
            for field in kind.fields
            if field.enum is not None
        ),
        *_BOOK_CHECKS.get(kind, ()),
        ("repeated", "warning", f"every column is as in the {kind.name} before", False),
    ]
    return tuple(Check(code, *rest) for code, rest in enumerate(told))


_BOOK_CHECKS: dict[RecordKind, tuple[tuple[str, str, str, bool], ...]] = {
    DELTA: (
        ("no_order", "warning", "price or size is undefined, and it is no CLEAR", False),
        ("zero_size", "warning", "an ADD or UPDATE of size 0", False),
    ),
    DEPTH: (
        ("level_order", "error", "a level is better than the one before it", False),
        ("crossed_book", "warning", "the best bid is above the best ask", False),
        ("locked_book", "warning", "the best bid is the best ask", False),
    ),
}


class ColumnChecks:
    """Counts what is wrong in batches of records that follow each other.

    Args:
        kind: What they are.
    """

    def __init__(self, kind: RecordKind) -> None:
        self._kind = kind
        self.checks = checks_of(kind)
        self._found: dict[str, tuple[int, int]] = {}
        self._rows = 0
        self._last: pa.RecordBatch | None = None

    def counted(self, check: Check) -> tuple[int, int]:
        """How many rows are at fault, and the first one."""
        return self._found.get(check.name, (0, -1))

    def push(self, batch: pa.RecordBatch, encoding: Encoding) -> None:
        """Checks a further batch.

        Args:
            batch: Records, with the columns of the stored schema.
            encoding: How they are stored.
        """
        for name, bad in self._faults(batch, encoding):
            if bad.any():
                count, first = self.counted(next(c for c in self.checks if c.name == name))
                at = self._rows + int(bad.argmax())
                self._found[name] = count + int(bad.sum()), at if count == 0 else first
        self._rows += batch.num_rows
        if batch.num_rows:
            self._last = batch.slice(batch.num_rows - 1)

    def _faults(self, batch: pa.RecordBatch, encoding: Encoding) -> Iterator[tuple[str, Array]]:
        cells = {
            field.name: _Values(raw_view(field, batch.column(field.name)), field, encoding)
            for field in self._kind.fields
            if field.is_value
        }
        yield "value_range", np.any([cell.out_of_range() for cell in cells.values()], axis=0)
        before = self._before(batch)
        stamps = [_plain(part, self._kind, "ts_event") for part in (before, batch)]
        yield "ts_order", stamps[1] < stamps[0]
        for field in self._kind.fields:
            if field.enum is not None:
                numbers = _plain(batch, self._kind, field.name)
                yield f"unknown_{field.name}", ~np.isin(numbers, [int(m) for m in field.enum])
        if self._kind == DELTA:
            yield from _delta_faults(_plain(batch, self._kind, "action"), cells)
        if self._kind == DEPTH:
            yield from _depth_faults(cells)
        same = _same_rows(before, batch)
        if self._last is None:
            same[:1] = False
        yield "repeated", same

    def _before(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """For every row the one before it; for the very first one itself."""
        first = batch.slice(0, 1) if self._last is None else self._last
        table = pa.Table.from_batches([first, batch.slice(0, max(batch.num_rows - 1, 0))])
        return table.slice(0, batch.num_rows).combine_chunks().to_batches()[0]


class _Values:
    """A column of raw values that can be compared, of either width."""

    def __init__(self, raw: Array, field: Field, encoding: Encoding) -> None:
        self._field = field
        self._encoding = encoding
        # Of 128 bits the upper word decides, with its sign; the lower one has none.
        words = (raw,) if raw.ndim == 1 else (raw[:, 1], raw[:, 0])
        sign = np.int64 if field.signed else np.uint64
        self.words = (words[0].view(sign), *words[1:])

    def _constant(self, raw: int) -> tuple[Any, ...]:
        upper = np.int64 if self._field.signed else np.uint64
        if not self._encoding.wide:
            return (upper(raw),)
        return upper(raw >> 64), np.uint64(raw & (2**64 - 1))

    def is_raw(self, raw: int) -> Array:
        """Where it is that raw value."""
        return _equal(self.words, self._constant(raw))

    def undefined(self) -> Array:
        """Where there is no value."""
        return self.is_raw(undefined_raw(self._encoding.width, self._field.signed))

    def given(self) -> Array:
        """Where there is a value other than 0."""
        return ~(self.undefined() | self.is_raw(0))

    def out_of_range(self) -> Array:
        """Where it is neither in range nor, if it may be, undefined."""
        largest = self._encoding.price_max if self._field.signed else self._encoding.size_max
        limit = largest * 10**self._encoding.scale
        bad = _less(self._constant(limit), self.words)
        if self._field.signed:
            bad = bad | _less(self.words, self._constant(-limit))
        return bad & ~self.undefined() if self._field.optional else bad


def _equal(a: tuple[Any, ...], b: tuple[Any, ...]) -> Array:
    return np.asarray(np.all([x == y for x, y in zip(a, b, strict=True)], axis=0))


def _less(a: tuple[Any, ...], b: tuple[Any, ...]) -> Array:
    if len(a) == 1:
        return np.asarray(a[0] < b[0])
    return np.asarray((a[0] < b[0]) | ((a[0] == b[0]) & (a[1] < b[1])))


def _plain(batch: pa.RecordBatch, kind: RecordKind, name: str) -> Array:
    values: Array = raw_view(kind.field(name), batch.column(name))
    return values


def _same_rows(before: pa.RecordBatch, batch: pa.RecordBatch) -> Array:
    import pyarrow.compute as pc  # takes time to import

    same = np.ones(batch.num_rows, bool)
    for mine, theirs in zip(before.columns, batch.columns, strict=True):
        if is_text(mine.type):
            same &= pc.equal(mine, theirs).to_numpy(zero_copy_only=False)
            continue
        width = mine.type.bit_width // 8
        pair = [np.frombuffer(c.buffers()[1], np.uint8)[c.offset * width :] for c in (mine, theirs)]
        cells = [part[: len(same) * width].reshape(-1, width) for part in pair]
        same &= (cells[0] == cells[1]).all(axis=1)
    return same


def _delta_faults(action: Array, cells: dict[str, _Values]) -> Iterator[tuple[str, Array]]:
    undefined = cells["price"].undefined() | cells["size"].undefined()
    yield "no_order", undefined & (action != BookAction.CLEAR)
    adds = np.isin(action, (BookAction.ADD, BookAction.UPDATE))
    yield "zero_size", adds & cells["size"].is_raw(0)


def _depth_faults(cells: dict[str, _Values]) -> Iterator[tuple[str, Array]]:
    disordered = np.zeros(len(cells["bid_price_0"].words[0]), bool)
    for side in ("bid", "ask"):
        for level in range(1, DEPTH_LEVELS):
            better, worse = (cells[f"{side}_price_{at}"].words for at in (level - 1, level))
            if side == "ask":
                better, worse = worse, better
            there = (
                cells[f"{side}_size_{level - 1}"].given() & cells[f"{side}_size_{level}"].given()
            )
            disordered |= there & _less(better, worse)
    yield "level_order", disordered
    bid, ask = (cells[f"{side}_price_0"].words for side in ("bid", "ask"))
    both = cells["bid_size_0"].given() & cells["ask_size_0"].given()
    yield "crossed_book", both & _less(ask, bid)
    yield "locked_book", both & _equal(ask, bid)
