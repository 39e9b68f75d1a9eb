"""Records in memory, or a stream of them, to bars of any number of timeframes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Unpack

import numpy as np
import pyarrow as pa

from barrow._arrow import column_buffer
from barrow._memory import Block
from barrow.bars import AnyRecords, Bars
from barrow.errors import BarrowArgumentError, message
from barrow.resample.fold import UNFINISHED, Fold
from barrow.resample.inputs import (
    Source,
    as_records,
    batches_of,
    in_order,
    is_records,
    without_duplicates,
)
from barrow.resample.options import Options, ResampleKeywords, make_options
from barrow.resample.outputs import bunch_in, row_bytes, whole_lines
from barrow.resample.report import ResampleReport
from barrow.resample.resampler import Resampler
from barrow.resample.timeframe import Timeframe


def resample(
    records: AnyRecords | pa.Table | pa.RecordBatch | Iterable[Any],
    timeframes: str | Timeframe | Sequence[str | Timeframe],
    *,
    sort: bool = False,
    **keywords: Unpack[ResampleKeywords],
) -> dict[str, Bars]:
    """Makes bars of longer timeframes from bars, quotes or trades, all in one pass.

    Open is the first, high the highest, low the lowest, close the last, volume the sum,
    all on exact integers. `ts_init` is when a bar could be known: when its interval was
    over, and not before the last of its rows.

    Args:
        records: Bars, quotes or trades in any encoding; a pyarrow table or batch of the
            stored schema; or an iterator of any of these, such as `Store.scan(...)` or a
            pyarrow reader, of which one is in memory at a time.
        timeframes: Such as `["5m", "1h", "1d", "1w", "1M", "1q", "1y"]`: any number of
            seconds, minutes, hours, days, weeks from Monday, months, quarters, years.
        sort: Whether rows are put in order of `ts_event` first; it is an error otherwise
            if they are not. Not for iterators.
        tz: The zone whose midnights days and longer timeframes start at.
        origin: Where intervals are counted from: `start_day`, the first row's midnight,
            as pandas has it, or None for the same; `start`, `epoch`, `end`, `end_day`, or an
            instant. Matters where they do not divide a day.
        offset: How far intervals are moved: `17h`, `-30m`, a `timedelta`, or nanoseconds.
        closed: Which end belongs to an interval, as in pandas.
        label: Which end `ts_event` is, as in pandas.
        empty: `drop`, or `fill`: intervals without a row get a bar at the last close with
            no volume.
        partial: What becomes of a last bar whose interval may not be over: `flag` keeps it
            and says so in the report, `keep` takes it for whole, `drop` leaves it out.
        duplicates: Rows of one stamp: `keep` all, keep the `first` or `last`, or `error`.
        price: `bid`, `ask` or `mid` of quotes.
        session: When the market is open: a `Session`, the name of one that comes with barrow
            (`session_names()`), or the path of a TOML file. Bars of seconds to hours start
            with every range of it and end with it; a day is a trading day, and longer ones
            are whole trading days by their dates. Instead of `tz`, `origin` and `offset`.
        outside: Rows in no range of the session: `drop` them, counted in the report; `keep`
            them, as bars of their own up to hours and in the trading day that follows; or
            `error`.

    Returns:
        Bars by timeframe as it was given, each with a `ResampleReport` in `report`. The bar
        type has the new step and unit and is `INTERNAL`; where NautilusTrader has none of
        such a step, 7 minutes say, there is none.

    Raises:
        BarrowArgumentError: An argument is wrong, a timeframe finer than the bars or no whole
            multiple of them; rows are out of order, after 2261, or start a bar before 1970; a
            session is wrong, or a row outside of it and must not be.
        BarrowParseError: A bar cannot be held by the encoding; names it.
        BarrowSchemaError: These are no records.
        BarrowUnsupportedError: The session has a calendar, and `exchange_calendars` is not
            installed.
    """
    options = make_options(timeframes, **keywords)
    records = as_records(records)
    if not is_records(records):
        if sort:
            raise BarrowArgumentError(
                message("sort", "an iterator cannot be sorted", tries=["bars in memory"])
            )
        return _resample_stream(records, options)
    return _resample_whole(records, options, sort)


def _resample_stream(parts: Iterable[AnyRecords], options: Options) -> dict[str, Bars]:
    resampler = Resampler.with_options(options)
    found: dict[str, list[Bars]] = {name: [] for name in options.names}
    for part in parts:
        for name, bars in resampler.push(as_records(part)).items():
            found[name].append(bars)
    for name, bars in resampler.finish().items():
        found[name].append(bars)
    return {name: _joined(several) for name, several in found.items()}


def _joined(several: list[Bars]) -> Bars:
    batches = [batch for bars in several for batch in batches_of(bars)]
    last = several[-1]
    if len(batches) > 1:
        batches = pa.Table.from_batches(batches).combine_chunks().to_batches()
    joined = Bars(batches, last.schema)
    report = joined.report = last.report
    report.counts = np.concatenate([bars.report.counts for bars in several])
    return joined


def _resample_whole(records: AnyRecords, options: Options, sort: bool) -> dict[str, Bars]:
    source = Source.of(records.schema, options.price)
    if sort:
        records = in_order(records)
    rows = len(records)
    batches, duplicates = _unique(list(batches_of(records)), options)
    if not batches:
        fold = Fold(source, options, 0, 0)
        none = {output.name: _told(output.template, output.report) for output in fold.outputs}
        return _by_name(none, options)
    first, last = _stamp(batches[0], 0), _stamp(batches[-1], -1)
    fold = Fold(source, options, first, last)
    rooms = [
        whole_lines(min(rows + 1, output.grid.most(first, max(first, last)) + 1))
        for output in fold.outputs
    ]
    blocks = [Block(room * row_bytes(source.encoding)) for room in rooms]
    memory = tuple(block.array for block in blocks)
    places = np.array([[room, 0] for room in rooms], np.int64)
    for batch in batches:
        fold.push(source.columns(batch, fold.rows), memory, places)
    states = fold.peek(memory, places)
    result = {}
    for level, (output, block) in enumerate(zip(fold.outputs, blocks, strict=True)):
        room, filled = (int(number) for number in places[level])
        bunch = bunch_in(memory[level], source.encoding, room, 0, filled)
        report = output.report
        report.rows_in = rows
        if duplicates:
            report.rows_dropped["duplicate"] = duplicates
        if fold.outside:
            report.rows_dropped["outside session"] = fold.outside
        if states[level] == UNFINISHED and options.partial == "drop":
            report.rows_dropped["unfinished"] = int(bunch.counts[-1])
            bunch = bunch_in(memory[level], source.encoding, room, 0, filled - 1)
        report.unfinished = states[level] == UNFINISHED and options.partial == "flag"
        bars, report.counts = output.bars_over(bunch, block.buffer(block.size))
        result[output.name] = _told(bars, report)
    return _by_name(result, options)


def _unique(batches: list[pa.RecordBatch], options: Options) -> tuple[list[pa.RecordBatch], int]:
    """The batches without rows that must not be there, and how many those are."""
    if options.duplicates not in ("first", "last") or not batches:
        return batches, 0
    whole = pa.Table.from_batches(batches).combine_chunks().to_batches()
    kept = [without_duplicates(batch, options.duplicates, None) for batch in whole]
    return kept, sum(b.num_rows for b in whole) - sum(b.num_rows for b in kept)


def _stamp(batch: pa.RecordBatch, at: int) -> int:
    return int(np.frombuffer(column_buffer(batch.column("ts_event")), np.uint64)[at])


def _told(bars: Bars, report: ResampleReport) -> Bars:
    bars.report = report
    return bars


def _by_name(bars: dict[str, Any], options: Options) -> dict[str, Bars]:
    return {name: bars[name] for name in options.names}
