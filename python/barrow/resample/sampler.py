"""The kernel's sampler of one threshold over one source, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import BAR, TRADE, record_schema
from barrow._lib import native
from barrow.errors import BarrowArgumentError, message
from barrow.resample.information_options import SIDES, InformationOptions
from barrow.resample.inputs import Source
from barrow.resample.outputs import row_bytes
from barrow.resample.report import ResampleReport
from barrow.resample.threshold import (
    EXPECTED_IMBALANCE,
    IMBALANCE,
    KINDS,
    MOST_ROWS,
    PLAIN,
    RENKO,
    TICK,
    VALUE,
    VOLUME,
    AnyThreshold,
    ExpectedThreshold,
    Threshold,
    scaled,
)

Array = np.ndarray[Any, Any]
# Bars that the kernel leaves before they are copied out: a multiple of 8.
ROOM = 8192
_MOST = 2**126 - 1
_MOST_VALUE = 2**200
_EXACT = Context(prec=200)


@dataclass(frozen=True)
class _Length:
    """What `Source.meta_of` asks for: the step and the unit of a bar type."""

    aggregation: tuple[int, str]


@dataclass
class Sampler:
    """One threshold over one source: the sampler, and what comes out of it.

    Attributes:
        name: The threshold as the caller wrote it.
        schema: Of its bars, stored.
        sided: Whether it asks for the sides of trades.
        handle: The sampler.
        memory: Where the kernel leaves bars; used again.
        places: Room and bars in it: `int64` of shape (1, 2).
        report: What happened.
        found: Batches that were not handed out yet, with the rows of each bar.
    """

    name: str
    schema: pa.Schema
    sided: bool
    handle: Any
    memory: Any
    places: Array
    report: ResampleReport
    found: list[tuple[pa.RecordBatch, Array]] = field(default_factory=list)


@dataclass(frozen=True)
class _Raw:
    """A threshold as the kernel takes it.

    Attributes:
        step: What ends a bar, in raw units; the rows of the first bar of an expected one.
        unit: What parts of a size are multiples of, raw.
        amount: The step of the bar type; 0 if there is none.
    """

    step: int
    unit: int
    amount: int


def make_sampler(
    name: str, threshold: AnyThreshold, source: Source, options: InformationOptions
) -> Sampler:
    """Makes the sampler of a threshold.

    Args:
        name: The threshold as the caller wrote it.
        threshold: What it is.
        source: What the rows are.
        options: What the caller wants.

    Raises:
        BarrowArgumentError: The threshold is none of these records.
    """
    where = f'threshold "{name}"'
    measure, rule = KINDS[threshold.aggregation]
    if rule != PLAIN and source.kind != TRADE:
        raise BarrowArgumentError(
            message(where, f"needs trades; {source.kind.plural} have no side", tries=["Trades"])
        )
    span, (least, most) = 1, (1, MOST_ROWS)
    if isinstance(threshold, ExpectedThreshold):
        kernel_rule = rule + EXPECTED_IMBALANCE - IMBALANCE
        span, (least, most) = threshold.span, threshold.bounds or (least, most)
        raw = _Raw(threshold.rows, 1, 0)
    else:
        kernel_rule, raw = rule, _raw(where, threshold, source, options.price_increment)
    typical = source.kind == BAR and measure == VALUE
    nautilus = options.rules == "nautilus"
    sides = SIDES.index(options.sides)
    choices = (measure, kernel_rule, sides, int(typical), int(nautilus), span, least, most)
    wide = source.encoding.wide
    handle = native.information_new(wide, choices, _words(raw.step), _words(raw.unit))
    meta = source.meta_of(_Length((raw.amount, threshold.aggregation)))
    schema = record_schema(BAR, source.encoding, meta)
    memory = np.empty(ROOM * row_bytes(source.encoding), np.uint8)
    places = np.array([[ROOM, 0]], np.int64)
    report = ResampleReport(name, "rows")
    return Sampler(name, schema, rule != PLAIN, handle, memory, places, report)


def _raw(where: str, threshold: Threshold, source: Source, increment: Decimal | None) -> _Raw:
    """A threshold in raw units; only those that sizes and prices have."""
    measure, _ = KINDS[threshold.aggregation]
    if measure == TICK:
        step = scaled(where, threshold.amount, 0, _MOST, "rows")
        return _Raw(step, 1, step)
    encoding = source.encoding
    finest = source.meta_of(_Length((0, threshold.aggregation)))
    if measure == RENKO:
        unit = 10 ** (encoding.scale - finest.price_precision)
        most = encoding.price_max * 10**encoding.scale // unit
        brick, amount = _brick(threshold, increment)
        prices = f"prices of precision {finest.price_precision}"
        return _Raw(scaled(where, brick, finest.price_precision, most, prices) * unit, 1, amount)
    unit = 10 ** (encoding.scale - finest.size_precision)
    if measure == VOLUME:
        sizes = f"sizes of precision {finest.size_precision}"
        step = scaled(where, threshold.amount, finest.size_precision, _MOST // unit, sizes) * unit
    else:
        # Of bars three times as much: high plus low plus close instead of their mean.
        times = 3 if source.kind == BAR else 1
        most = (_MOST_VALUE if encoding.wide or times > 1 else _MOST) // times
        products = f"raw prices times sizes in {encoding.name}"
        step = times * scaled(where, threshold.amount, 2 * encoding.scale, most, products)
    return _Raw(step, unit, _whole(threshold.amount))


def _whole(amount: Decimal) -> int:
    """An amount as the step of a bar type; 0, which is none, if it has decimals."""
    return int(amount) if amount == int(amount) else 0


def _brick(threshold: Threshold, increment: Decimal | None) -> tuple[Decimal, int]:
    """The size of a brick as a price, and the step of its bar type, 0 if it has none."""
    if not threshold.increments:
        steps = Fraction(threshold.amount) / Fraction(increment) if increment else Fraction()
        return threshold.amount, int(steps) if steps.denominator == 1 else 0
    assert increment is not None
    return _EXACT.multiply(threshold.amount, increment), _whole(threshold.amount)


def _words(number: int) -> tuple[int, ...]:
    """Four words of 64 bits, signed, the lowest first."""
    return tuple(np.frombuffer(number.to_bytes(32, "little"), np.int64).tolist())
