"""The levels of the kernel over one source, and the bars they give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import BAR, FIXED8, FIXED16, format_stamp, record_schema
from barrow._lib import native
from barrow.bars import Bars, Batches
from barrow.errors import BarrowArgumentError, BarrowInternalError, BarrowParseError, message
from barrow.resample.grid import LAST_STAMP, Grid, make_grid, plan_cascade
from barrow.resample.inputs import Columns, Source
from barrow.resample.options import Options
from barrow.resample.outputs import Bunch, Filler, batch_of, batch_over, before_1970, labels
from barrow.resample.records import RecordSpace
from barrow.resample.report import ResampleReport
from barrow.resample.session_grid import make_plan
from barrow.resample.timeframe import Timeframe

Array = np.ndarray[Any, Any]
_ORDER, _VOLUME, _PRICE, _OUTSIDE = 1, 2, 3, 5
UNFINISHED = 1


@dataclass
class Output:
    """What becomes of one timeframe.

    Attributes:
        name: As the caller wrote it.
        timeframe: What it is.
        grid: Its intervals.
        schema: Of its bars, stored.
        label: `left` or `right`.
        filler: Makes up bars, if that was asked for.
        report: What happened.
        template: Bars under that schema, without a row.
    """

    name: str
    timeframe: Timeframe
    grid: Grid
    schema: pa.Schema
    label: str
    filler: Filler | None
    report: ResampleReport
    template: Bars

    def bars_of(self, bunch: Bunch) -> tuple[Bars, Array]:
        """Bars over arrays, with those made up; and the rows of each.

        The batch is made when somebody looks at it: that takes longer than the bars do,
        where there are few of them.

        Args:
            bunch: The bars, in arrays that nobody else writes to.

        Raises:
            BarrowArgumentError: A bar starts before 1970.
        """
        bunch = self._settled(bunch)
        stamps = labels(self.grid, bunch, self.label, self.name)
        lengths = (len(bunch),)
        batches = Batches(lambda: lengths, lambda _: batch_of(self.schema, bunch, stamps))
        return self.template.with_batches(batches), bunch.counts

    def bars_over(self, bunch: Bunch, buffer: pa.Buffer) -> tuple[Bars, Array]:
        """The same over a block, which goes into the batch as it is unless bars are made up.

        Args:
            bunch: The bars: views of the block.
            buffer: The block.

        Raises:
            BarrowArgumentError: A bar starts before 1970.
        """
        if self.filler is not None:
            return self.bars_of(bunch)
        bunch = self._settled(bunch)
        stamps = labels(self.grid, bunch, self.label, self.name)
        batch, counts = batch_over(self.schema, bunch, stamps, buffer)
        return self.template.with_batches([batch]), counts

    def _settled(self, bunch: Bunch) -> Bunch:
        if self.filler is not None:
            bunch, filled = self.filler.fill(bunch)
            self.report.filled += filled
        self.report.bars += len(bunch)
        return bunch

    def aside(self) -> Output:
        """The same for a look at what is open, after which everything goes on."""
        filler = None if self.filler is None else replace(self.filler)
        return replace(self, filler=filler, report=replace(self.report))


class Fold:
    """Timeframes over rows that come in batches.

    Args:
        source: What the rows are.
        options: What the caller wants.
        first: The first stamp: nanoseconds UTC.
        last: The last one; any that may come if None.

    Attributes:
        outputs: The timeframes in the order of the kernel's levels, finer ones first.
        session: The session with its calendar written into it, if there is one.

    Raises:
        BarrowArgumentError: A timeframe is finer than the bars, or the first stamp is after
            2261; there is no such calendar.
        BarrowUnsupportedError: The session has a calendar, and `exchange_calendars` is not
            installed.
    """

    def __init__(self, source: Source, options: Options, first: int, last: int | None) -> None:
        self.source, self.options = source, options
        self.rows = 0
        if first > LAST_STAMP:
            raise out_of_order(0, first, 0)
        for timeframe in options.timeframes:
            source.check(timeframe)
        if last is not None:
            last = min(max(last, first), LAST_STAMP)
        begin = first - options.bias
        self.session = options.session
        notes: list[str] = []
        if options.session is None:
            grids = [make_grid(t, options.rules, first, last) for t in options.timeframes]
            inside = None
        else:
            keep = options.outside == "keep"
            plan = make_plan(options.session, options.timeframes, keep, begin, last)
            self.session, notes = plan.session, plan.notes
            grids = [plan.grid(timeframe) for timeframe in options.timeframes]
            # A bar of a day cannot be outside: its stamp is not in the session.
            strict = options.outside == "error" or source.days
            inside = None if keep else (plan.edges, plan.left_out, strict)
        end = LAST_STAMP if last is None else last
        order, sources = plan_cascade(list(options.timeframes), grids, begin, end)
        self._levels = tuple(
            (at, grids[i].step, grids[i].origin, grids[i].edges, grids[i].left_out)
            for i, at in zip(order, sources, strict=True)
        )
        names = options.names
        self.outputs = [
            self._output(i, grids[i], "rows" if at < 0 else names[order[at]])
            for i, at in zip(order, sources, strict=True)
        ]
        for output in self.outputs:
            output.report.notes += notes
        self._handle = native.resample_new(
            source.encoding.wide,
            bool(options.bias),
            options.duplicates == "error",
            self._levels,
            inside,
        )

    def _output(self, i: int, grid: Grid, made_from: str) -> Output:
        options, name = self.options, self.options.names[i]
        timeframe = options.timeframes[i]
        # The kernel writes 16-byte values alike; what decimals hold is told by the schema.
        schema = record_schema(BAR, self.source.encoding, self.source.meta_of(timeframe))
        filler = Filler(grid) if options.empty == "fill" else None
        report = ResampleReport(name, made_from)
        template = Bars([], schema)
        return Output(name, timeframe, grid, schema, options.label, filler, report, template)

    @property
    def wide(self) -> bool:
        """Whether values have 128 bits."""
        return self.source.encoding.wide

    @property
    def least(self) -> int:
        """The least stamp that may come next: nanoseconds UTC."""
        return native.resample_facts(self._handle, self.wide)[0]

    @property
    def outside(self) -> int:
        """How many rows were outside of the session and are in no bar."""
        return native.resample_facts(self._handle, self.wide)[-1]

    def push(self, columns: Columns, blocks: tuple[Any, ...], places: Array) -> int:
        """Adds rows.

        Args:
            columns: The rows.
            blocks: Where bars go, one writable buffer a level.
            places: Room and bars of each: `int64` of shape (levels, 2); brought up to date.

        Returns:
            How many bars were finished.

        Raises:
            BarrowArgumentError: Rows are out of order, or a stamp is there twice and must not, or
                one is outside of the session and must not.
            BarrowParseError: A bar cannot be held by its encoding.
        """
        told = native.resample_push(self._handle, self.wide, columns.buffers, blocks, places)
        self._judge(told[:3], columns.stamps)
        self.rows += len(columns)
        return told[3]

    def push_records(self, records: Array, lanes: Array, space: RecordSpace) -> tuple[int, int]:
        """Adds bars in records of 64 bytes, each of which is proved.

        Args:
            records: Their words: `uint64` of shape (n, 8).
            lanes: The fingerprint of what is before them; becomes that with those added.
            space: Where bars go, as records, with room for at least a piece.

        Returns:
            How many were added, fewer where bars need more room; and the first damaged one,
            -1 if none is. After damage nothing can be added.

        Raises:
            What `push` raises; BarrowArgumentError: A bar starts before 1970.
        """
        before = space.filled.tolist()
        *trouble, damaged, rows = native.resample_records(
            self._handle, records, lanes, space.scratch, space.blocks, space.places,
            space.outputs, space.filled,
        )  # fmt: skip
        if trouble[0]:
            self._judge(tuple(trouble), records[:, 0].view(np.int64))
        self.rows += rows
        for level, (old, now) in enumerate(zip(before, space.filled.tolist(), strict=True)):
            if now == old:
                continue
            report = self.outputs[level].report
            if not report.bars:  # others are later
                start = int(space.outputs[level].view(np.int64)[8 * old])
                if start < 0:
                    raise before_1970(report.timeframe, start)
            report.bars += now - old
        return rows, damaged

    def _judge(self, told: tuple[int, ...], stamps: Array) -> None:
        """Raises what the kernel found.

        Args:
            told: What it says.
            stamps: Those of the rows it was given: `int64`.
        """
        code, _, at = told
        if code == _ORDER:
            before = int(stamps[at - 1].view(np.uint64)) if at else self.least
            raise out_of_order(self.rows + at, int(stamps[at].view(np.uint64)), before)
        if code == _OUTSIDE:
            raise self._outside_session(self.rows + at, int(stamps[at]))
        self._check(told)

    def advance(self, now: int, blocks: tuple[Any, ...], places: Array) -> int:
        """Ends the bars whose intervals are over at a time, and says how many.

        Args:
            now: Nanoseconds UTC.
            blocks: As in `push`.
            places: As in `push`.
        """
        told = native.resample_advance(self._handle, self.wide, now, blocks, places)
        self._check(told[:3])
        return told[3]

    def peek(self, blocks: tuple[Any, ...], places: Array) -> tuple[int, ...]:
        """Appends the bars that are open, and leaves them open.

        Returns:
            For every level 0 if there is none, 1 if it is unfinished, 2 if its interval is
            over.
        """
        ended = self.options.partial == "keep"
        told = native.resample_peek(self._handle, self.wide, ended, blocks, places)
        self._check(told[:3])
        return told[3:]

    def save(self) -> tuple[int, ...]:
        """What `restore` takes."""
        return native.resample_save(self._handle, self.wide)

    def restore(self, words: tuple[int, ...]) -> None:
        """Goes on from what `save` gave.

        Raises:
            BarrowArgumentError: It is of other timeframes.
        """
        native.resample_restore(self._handle, self.wide, words)

    def _outside_session(self, row: int, stamp: int) -> BarrowArgumentError:
        name = self.session.name if self.session else ""
        what = f'ts_event {format_stamp(stamp)} is outside session "{name}"'
        tries = ["outside='drop'", "outside='keep'"]
        if self.source.days:
            what += ", where a bar of a day or more cannot be"
            tries = ["outside='keep', which gives it to the trading day it is before"]
        return BarrowArgumentError(message(f"row {row}", what, tries=tries))

    def _check(self, told: tuple[int, ...]) -> None:
        code, level, start = told
        if code == 0:
            return
        if code not in (_VOLUME, _PRICE):
            raise BarrowInternalError(message("resample", f"trouble {code} at level {level}"))
        encoding = self.source.encoding
        where = f"{self.outputs[level].name} bar of {format_stamp(start)}"
        if code == _VOLUME:
            larger = FIXED16 if encoding == FIXED8 else None
            what = f"volumes sum to more than {encoding.name} holds, {encoding.size_max:_}"
            tries = [f"Bars.from_arrow(bars.to_arrow(encoding={larger.name!r}))"] if larger else []
            raise BarrowParseError(message(where, what, tries=tries), reason="overflow")
        raise BarrowParseError(
            message(
                where,
                f"a price is undefined, or beyond {encoding.price_max:_}",
                tries=["bw.validate(bars) shows the rows"],
            ),
            reason="overflow",
        )


def out_of_order(row: int, stamp: int, before: int) -> BarrowArgumentError:
    """The error of a row that may not be where it is.

    Args:
        row: Which, for the message.
        stamp: Its `ts_event`.
        before: That of the row before.
    """
    where = f"row {row}"
    if stamp > LAST_STAMP:
        return BarrowArgumentError(message(where, f"ts_event {format_stamp(stamp)} is after 2261"))
    if stamp == before:
        return BarrowArgumentError(
            message(
                where,
                f"ts_event {format_stamp(stamp)} is there twice",
                tries=["duplicates='keep', 'first' or 'last'"],
            )
        )
    return BarrowArgumentError(
        message(
            where,
            f"ts_event {format_stamp(stamp)} is before {format_stamp(before)} of the row before",
            tries=["sort=True"],
        )
    )
