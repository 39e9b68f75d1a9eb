"""Several indicators at once, and one indicator of many series."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa

from barrow._lib import native
from barrow.bars import Bars
from barrow.errors import BarrowArgumentError, message
from barrow.indicators.inputs import Doubles, columns_of, rooms
from barrow.indicators.options import skips
from barrow.indicators.run import compute
from barrow.indicators.streaming import Indicator


def together(
    indicators: Iterable[Indicator], data: Any, *, out: Mapping[str, Doubles] | None = None
) -> dict[str, Doubles]:
    """Computes several indicators in one pass over the rows, from the start.

    All take a few rows in turn, so that the processor works on one while additions of another
    wait for each other. Results are those of one call each, bit for bit; the indicators
    themselves take no rows.

    Args:
        indicators: Which ones, with their parameters: `[RSI(14), EMA(20)]`.
        data: Bars, a table, or one array if all of them read one series. Columns are converted
            once.
        out: Where results go: what an earlier call for as many rows returned, or arrays like
            that. Memory that was touched before is several times faster to fill.

    Returns:
        Arrays of float64 of shape (n,) by name: `rsi_14`, `macd_12_26_9.signal`, ...

    Raises:
        BarrowArgumentError: Two are the same, one is no indicator, or `out` is not as it must be.
        BarrowSchemaError: A column is missing or holds no numbers.
    """
    chosen = list(indicators)
    for one in chosen:
        if not isinstance(one, Indicator):
            raise BarrowArgumentError(
                message(
                    "indicators",
                    f"expected indicators, got {one!r}",
                    tries=["together([RSI(14), EMA(20)], data)"],
                )
            )
    if not chosen:
        return {}
    labels = [label for one in chosen for label in one.labels]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise BarrowArgumentError(message("indicators", f"{twice} is there twice"))
    inputs = sorted({name for one in chosen for name in one.definition.inputs})
    columns, rows = columns_of(data, inputs)
    results = rooms(None if out is None else _given(out, labels), labels, rows, columns)
    machines = tuple(one.new_machine() for one in chosen)
    native.indicator_run(machines, columns, rows, results)
    return dict(zip(labels, results, strict=True))


def _given(out: Mapping[str, Doubles], labels: Sequence[str]) -> Any:
    missing = [label for label in labels if label not in out]
    if missing:
        raise BarrowArgumentError(message("out", f"no array {missing[0]!r} among {', '.join(out)}"))
    return tuple(out[label] for label in labels) if len(labels) > 1 else out[labels[0]]


def attach(indicators: Iterable[Indicator], data: Any) -> pa.Table:
    """A table with the values of indicators as further columns, NaN in the warm-up.

    Args:
        indicators: As in `together`.
        data: Bars or an Arrow table.

    Raises:
        What `together` raises.
    """
    table = data.to_arrow() if isinstance(data, Bars) else data
    for name, values in together(indicators, data).items():
        table = table.append_column(name, pa.array(values))
    return table


def over(indicator: Indicator, series: Sequence[Any], *, threads: int | None = None) -> list[Any]:
    """Computes an indicator of many series, each from the start, over threads.

    Args:
        indicator: Which one, with its parameters; it takes no rows itself.
        series: What the function of the same name takes, as often as wanted.
        threads: How many at once; as many as there are cores if None.

    Returns:
        What the function returns, for each series.

    Raises:
        What the function raises.
    """
    definition, skip = indicator.definition, skips(indicator.nan)
    numbers = indicator._numbers
    most = len(os.sched_getaffinity(0)) if threads is None else threads
    if most < 1:
        raise BarrowArgumentError(message("threads", f"expected 1 or more, got {threads!r}"))

    def one(data: Any) -> Any:
        return compute(definition, numbers, skip, data, None)

    if most == 1 or len(series) < 2:
        return [one(data) for data in series]
    with ThreadPoolExecutor(min(most, len(series)), "barrow") as pool:
        return list(pool.map(one, series))
