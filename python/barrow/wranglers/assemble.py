"""Columns of a frame to records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import (
    ENCODINGS,
    Encoding,
    Field,
    Meta,
    RecordKind,
    array_over,
    parse_raw,
    put_raw,
    record_schema,
    stored_batch,
    undefined_raw,
)
from barrow._memory import Block
from barrow.bars import Records
from barrow.errors import BarrowArgumentError, BarrowParseError, message
from barrow.wranglers.extras import fill_extra
from barrow.wranglers.frames import Column, Frame
from barrow.wranglers.gaps import fill_gaps
from barrow.wranglers.names import Names
from barrow.wranglers.options import WranglerOptions
from barrow.wranglers.report import WrangleReport
from barrow.wranglers.times import add_delay, fill_times, stored_times
from barrow.wranglers.values import Target, fill, stored_values


@dataclass(frozen=True)
class Recipe:
    """How the columns of a frame become records.

    Attributes:
        container: The class of the result, which says what they are.
        names: What texts in columns of numbers mean, what columns that are missing hold.
        meta: What they have in common.
        options: Encoding, rounding, unit of times.
        default_size: The size where there is no such column, or None.
        ts_init_delta: Nanoseconds from `ts_event` to `ts_init` where there is no
            `ts_init`.
        stored: Whether frames are in a stored schema, where null is undefined; it is a
            gap otherwise, which becomes 0.
    """

    container: type[Records[Any]]
    names: Names
    meta: Meta
    options: WranglerOptions
    default_size: Any = None
    ts_init_delta: int = 0
    stored: bool = False

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
    def kind(self) -> RecordKind:
        """What the records are."""
        return self.container.kind

    @property
    def optional(self) -> tuple[str, ...]:
        """Columns that may be missing."""
        sizes = self.kind.sizes if self.default_size is not None else ()
        return (*sizes, *self.names.optional)

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

    def make(self, frame: Frame, first_row: int = 0) -> Records[Any]:
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

    def make_in(self, frame: Frame, encoding: Encoding, first_row: int = 0) -> Records[Any]:
        """Records in an encoding.

        Args:
            frame: The columns.
            encoding: How to store them.
            first_row: The number of the first row, for errors.

        Raises:
            What `make` raises.
        """
        report = WrangleReport(frame.rows)
        values = self._values(frame, encoding, first_row, report)
        made: dict[str, Any] = {name: value.data for name, value in values.items()}
        for name in self.kind.extras:
            made[name] = self._extra(frame, self.kind.field(name), first_row)
        if gaps := {name: value.gaps for name, value in values.items() if value.gaps is not None}:
            self.names.check_gaps(gaps, _raw_of(made, values, encoding), first_row)
        made |= self._times(frame, first_row)
        schema = record_schema(self.kind, encoding, self.meta)
        for name, value in values.items():
            if value.undefined is not None and schema.field(name).nullable:
                made[name] = array_over(
                    value.data, encoding.value_type, frame.rows, value.undefined
                )
        buffers = [made[name] for name in self.kind.columns]
        records = self.container([stored_batch(schema, buffers, frame.rows)], schema)
        records.report = report
        return records

    def _values(
        self, frame: Frame, encoding: Encoding, first_row: int, report: WrangleReport
    ) -> dict[str, _Made]:
        made = {}
        for name in self.kind.values:
            field = self.kind.field(name)
            signed = field.signed
            precision = self.meta.price_precision if signed else self.meta.size_precision
            column = frame.columns.get(name)
            target = Target(name, encoding, signed, precision, self.options.rounding)
            gaps = undefined = None
            if column is not None and field.optional:
                filled = fill_gaps(column, field, stored=self.stored)
                column, gaps, undefined = filled.column, filled.gaps, filled.undefined
            if column is not None and frame.constant and undefined is None:
                there = stored_values(column, target)
                if there is not None:
                    made[name] = _Made(there, gaps, None)
                    continue
            block = Block(frame.rows * encoding.width)
            room = block.array[: frame.rows * encoding.width]
            if column is None:
                _fill_default(self._default(field, encoding, precision), encoding, room)
            else:
                rounded = fill(column, target, first_row, room)
                if rounded is not None:
                    report.rounded.append(rounded)
                if undefined is not None:
                    raw = undefined_raw(encoding.width, signed)
                    put_raw(room, undefined, raw, encoding.width)
            made[name] = _Made(block.buffer(frame.rows * encoding.width), gaps, undefined)
        return made

    def _default(self, field: Field, encoding: Encoding, precision: int) -> int:
        if field.signed or self.default_size is None:
            return 0
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

    def _extra(self, frame: Frame, field: Field, first_row: int) -> Any:
        column = frame.columns.get(field.name)
        if column is not None:
            return fill_extra(column, field, self.names, first_row)
        assert field.dtype is not None
        number = self.names.default(field.name, frame.columns)
        return np.full(frame.rows, number, field.dtype.to_pandas_dtype())

    def _times(self, frame: Frame, first_row: int) -> dict[str, Any]:
        unit = self.options.time_unit
        if unit == "auto" and all(
            pa.types.is_fixed_size_binary(frame.columns[name].data.type)
            for name in self.kind.values
            if name in frame.columns
        ):
            unit = "ns"  # values as they are stored, so times are too
        size = 8 * frame.rows
        buffers: dict[str, Any] = {}
        # Others than `ts_init` never follow from another one.
        for name in sorted(self.kind.times, key="ts_init".__eq__):
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
        return buffers


@dataclass(frozen=True)
class _Made:
    """A column of raw values: its memory, and rows without a value of their own."""

    data: pa.Buffer | memoryview
    gaps: np.ndarray[Any, Any] | None
    undefined: np.ndarray[Any, Any] | None


def _raw_of(
    made: Mapping[str, Any], values: Mapping[str, _Made], encoding: Encoding
) -> dict[str, np.ndarray[Any, Any]]:
    """What columns were made, as arrays: bytes of values, and integers."""
    raw = {name: data for name, data in made.items() if isinstance(data, np.ndarray)}
    for name, value in values.items():
        raw[name] = np.frombuffer(value.data, np.uint8).reshape(-1, encoding.width)
    return raw


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
