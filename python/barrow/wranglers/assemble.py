"""Columns of a frame to records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import (
    ENCODINGS,
    TIMES,
    Encoding,
    Meta,
    RecordKind,
    parse_raw,
    record_schema,
    stored_batch,
    text_buffers,
)
from barrow._memory import Block
from barrow.bars import AnyRecords, make_records
from barrow.errors import BarrowArgumentError, BarrowParseError, message
from barrow.wranglers.frames import Column, Frame
from barrow.wranglers.options import WranglerOptions
from barrow.wranglers.report import WrangleReport
from barrow.wranglers.sides import identifiers, sides
from barrow.wranglers.times import add_delay, fill_times, stored_times
from barrow.wranglers.values import Target, fill, stored_values


@dataclass(frozen=True)
class Recipe:
    """How the columns of a frame become records.

    Attributes:
        kind: What they are.
        meta: What they have in common.
        options: Encoding, rounding, unit of times.
        default_size: The size where there is no such column, or None.
        ts_init_delta: Nanoseconds from `ts_event` to `ts_init` where there is no
            `ts_init`.
    """

    kind: RecordKind
    meta: Meta
    options: WranglerOptions
    default_size: Any = None
    ts_init_delta: int = 0

    def __post_init__(self) -> None:
        """Checks what a call adds to the options of its wrangler.

        Raises:
            BarrowArgumentError: A value is none of those allowed.
        """
        delta = self.ts_init_delta
        if isinstance(delta, bool) or not isinstance(delta, (int, np.integer)):
            raise BarrowArgumentError(
                message("ts_init_delta", f"{delta!r} is no number of nanoseconds")
            )
        if not -(2**63) <= delta < 2**63:
            raise BarrowArgumentError(
                message("ts_init_delta", f"{delta!r} is no number of nanoseconds in 64 bits")
            )

    @property
    def optional(self) -> tuple[str, ...]:
        """Columns that may be missing."""
        return self.kind.sizes if self.default_size is not None else ()

    def settled(self, frame: Frame, rows: int) -> Encoding:
        """The encoding that holds all of a frame, found a few rows at a time."""
        candidates = self.options.candidates(self.meta)
        for encoding in candidates[:-1]:
            if self._fits(frame, rows, encoding):
                return encoding
        return candidates[-1]

    def _fits(self, frame: Frame, rows: int, encoding: Encoding) -> bool:
        for begin in range(0, frame.rows, rows):
            try:
                self._values(frame.slice(begin, rows), encoding, begin, WrangleReport())
            except BarrowParseError as error:
                # What else is wrong is found again when its turn comes.
                return error.reason != "overflow"
        return True

    def make(self, frame: Frame, first_row: int = 0) -> AnyRecords:
        """Records in the narrowest encoding the options allow.

        Raises:
            BarrowSchemaError: A column has a type that is no good, or nulls.
            BarrowParseError: A value does not fit; names row and column.
        """
        *narrow, last = self.options.candidates(self.meta)
        for encoding in narrow:
            try:
                return self.make_in(frame, encoding, first_row)
            except BarrowParseError as error:
                if error.reason != "overflow":
                    raise
        return self.make_in(frame, last, first_row)

    def make_in(self, frame: Frame, encoding: Encoding, first_row: int = 0) -> AnyRecords:
        """Records in an encoding.

        Args:
            frame: The columns.
            encoding: How to store them.
            first_row: The number of the first row, for errors.

        Raises:
            What `make` raises.
        """
        report = WrangleReport(frame.rows)
        buffers: list[Any] = self._values(frame, encoding, first_row, report)
        buffers += self._extras(frame, first_row)
        buffers += self._times(frame, first_row)
        schema = record_schema(self.kind, encoding, self.meta)
        records = make_records([stored_batch(schema, buffers, frame.rows)], schema)
        records.report = report
        return records

    def _values(
        self, frame: Frame, encoding: Encoding, first_row: int, report: WrangleReport
    ) -> list[Any]:
        buffers: list[Any] = []
        for name in self.kind.values:
            signed = name in self.kind.prices
            precision = self.meta.price_precision if signed else self.meta.size_precision
            column = frame.columns.get(name)
            target = Target(name, encoding, signed, precision, self.options.rounding)
            if column is not None and frame.constant:
                there = stored_values(column, target)
                if there is not None:
                    buffers.append(there)
                    continue
            block = Block(frame.rows * encoding.width)
            room = block.array[: frame.rows * encoding.width]
            if column is None:
                _fill_default(self._default(encoding, precision), encoding, room)
            else:
                rounded = fill(column, target, first_row, room)
                if rounded is not None:
                    report.rounded.append(rounded)
            buffers.append(block.buffer(frame.rows * encoding.width))
        return buffers

    def _default(self, encoding: Encoding, precision: int) -> int:
        rounding = self.options.rounding
        text = str(self.default_size)
        try:
            return parse_raw(text, encoding, signed=False, precision=precision, rounding=rounding)[
                0
            ]
        except BarrowParseError as error:
            if error.reason == "overflow":
                raise  # a wider encoding may hold it
            raise BarrowArgumentError(
                message("default_volume", f"{self.default_size!r} is no size: {error}")
            ) from error

    def _extras(self, frame: Frame, first_row: int) -> list[Any]:
        made: list[Any] = []
        makers: dict[str, Callable[[Column, int], Any]] = {
            "aggressor_side": sides,
            "trade_id": lambda column, row: text_buffers(identifiers(column, row)),
        }
        for name in self.kind.extras:
            made.append(makers[name](frame.columns[name], first_row))
        return made

    def _times(self, frame: Frame, first_row: int) -> list[Any]:
        unit = self.options.time_unit
        if unit == "auto" and all(
            pa.types.is_fixed_size_binary(frame.columns[name].data.type)
            for name in self.kind.values
            if name in frame.columns
        ):
            unit = "ns"  # values as they are stored, so times are too
        size = 8 * frame.rows
        buffers: dict[str, Any] = {}
        for name in TIMES:
            column = frame.columns.get(name)
            if column is None and not self.ts_init_delta:
                buffers[name] = buffers["ts_event"]
                continue
            if column is not None and frame.constant and unit == "ns":
                there = stored_times(column)
                if there is not None:
                    buffers[name] = there
                    continue
            block = Block(size)
            room = block.array[:size].view(np.int64)
            if column is not None:
                fill_times(column, first_row, unit, room)
            else:
                stamps = np.frombuffer(buffers["ts_event"], np.int64)
                add_delay(stamps, int(self.ts_init_delta), first_row, room)
            buffers[name] = block.buffer(size)
        return [buffers[name] for name in TIMES]


def _fill_default(raw: int, encoding: Encoding, room: np.ndarray[Any, Any]) -> None:
    if not encoding.wide:
        room.view(np.uint64)[:] = raw
        return
    words = room.view(np.uint64).reshape(-1, 2)
    words[:, 0], words[:, 1] = raw & (2**64 - 1), raw >> 64


def stored_frame(batch: pa.RecordBatch, kind: RecordKind, constant: bool) -> Frame:
    """The columns of a stored batch.

    Args:
        batch: A batch.
        kind: What it holds.
        constant: Whether nobody changes its memory any more.
    """
    columns = {name: Column(name, pa.chunked_array([batch.column(name)])) for name in kind.columns}
    return Frame(columns, batch.num_rows, constant)


def encoding_of(name: str, stored: Encoding) -> Encoding:
    """The encoding asked for, or the one there is with `auto`."""
    return stored if name == "auto" else ENCODINGS[name]
