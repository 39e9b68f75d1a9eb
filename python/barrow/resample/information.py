"""Trades, quotes or bars to bars that end when enough has happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Unpack

import numpy as np
import pyarrow as pa

from barrow.bars import AnyRecords, Bars
from barrow.errors import BarrowArgumentError, message
from barrow.resample.aggregator import BarAggregator
from barrow.resample.information_options import Given, InformationKeywords
from barrow.resample.inputs import batches_of, in_order, is_records


def information_bars(
    records: AnyRecords | Iterable[AnyRecords],
    thresholds: Given | Sequence[Given],
    *,
    sort: bool = False,
    **keywords: Unpack[InformationKeywords],
) -> dict[str, Bars]:
    """Makes bars that end when enough was traded, on exact integers.

    A trade that is more than its bar needs is cut: sums of volumes over bars are those over
    trades. `ts_event` is that of the last row that has a part in a bar, `ts_init` the latest
    of all of them. What ends a bar, and how that differs between NautilusTrader and López de
    Prado's book, is in `docs/guide/information-bars.md`.

    Args:
        records: Trades, in any encoding, or an iterator of them. For TICK, VOLUME, VALUE and
            RENKO also quotes, or bars: these count as one row each, with their volume, the
            mean of high, low and close times their volume, or their close.
        thresholds: Such as `["1000-TICK", "100-VOLUME", "50000-VALUE_IMBALANCE"]`, or
            `Threshold`, `ExpectedThreshold` or `BarSpecification`.
        sort: Whether rows are put in order of `ts_event` first; it is an error otherwise if
            they are not. Not for iterators.
        sides: What imbalances and runs take for the side of a trade: `reported`, where trades
            that report none count for none; `tick_rule`, the way the price went last;
            `reported_or_tick_rule`.
        rules: `conserve`: all volume is in one bar; a change of sides begins a run anew but
            leaves in the bar what was traded; of several bricks the first has the volume.
            `nautilus`: rows before a change of sides are dropped, and counted in the report,
            and each brick has all volume since the last one, as NautilusTrader 1.231 does it.
        price_increment: Of the instrument, for RENKO in a bar type's form: `20-RENKO` has
            bricks of 20 of them.
        partial: What becomes of a last bar that is not full: `flag` keeps it and says so in
            the report, `keep` takes it for whole, `drop` leaves it out.
        price: `bid`, `ask` or `mid` of quotes.

    Returns:
        Bars by threshold as it was given, each with a `ResampleReport` in `report`; its
        `counts` are the rows that have a part in a bar. The bar type has the threshold as its
        step and is `INTERNAL`; where that is no whole number, or an expected one, there is
        none.

    Raises:
        BarrowArgumentError: An argument is wrong, a threshold has decimals that sizes or
            prices do not have, or is of sides and records are no trades; rows are out of
            order; one row would fill more than 16,777,216 bars.
        BarrowParseError: A price or a size is undefined, or a bar's volume cannot be held by
            the encoding; names it.
        BarrowSchemaError: These are no records.
    """
    aggregator = BarAggregator(thresholds, **keywords)
    if not is_records(records):
        if sort:
            raise BarrowArgumentError(
                message("sort", "an iterator cannot be sorted", tries=["records in memory"])
            )
        parts: Iterable[AnyRecords] = records  # type: ignore[assignment]
    else:
        batches_of(records)
        parts = [in_order(records) if sort else records]  # type: ignore[arg-type, list-item]
    found: dict[str, list[Bars]] = {name: [] for name in aggregator.options.names}
    for part in parts:
        for name, bars in aggregator.push(part).items():
            found[name].append(bars)
    for name, bars in aggregator.finish().items():
        found[name].append(bars)
    return {name: _joined(several) for name, several in found.items()}


def _joined(several: list[Bars]) -> Bars:
    """All bars of one threshold as one batch, with the last report."""
    batches = [batch for bars in several for batch in batches_of(bars)]
    if len(batches) > 1:
        batches = pa.Table.from_batches(batches).combine_chunks().to_batches()
    joined = Bars(batches, several[-1].schema)
    joined.report = several[-1].report
    joined.report.counts = np.concatenate([bars.report.counts for bars in several])
    return joined
