"""Records to the seven columns that are folded into bars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
import pyarrow as pa

from barrow._arrow import BAR, QUOTE, TIMES, Encoding, Meta, RecordKind, column_buffer, read_schema
from barrow._lib import native
from barrow.bars import (
    AggregationSource,
    AnyRecords,
    BarAggregation,
    Bars,
    BarSpecification,
    BarType,
    PriceType,
    Quotes,
    Trades,
    parse_instrument_id,
)
from barrow.errors import BarrowArgumentError, BarrowParseError, BarrowSchemaError, message
from barrow.resample.timeframe import Timeframe

Array = np.ndarray[Any, Any]
PriceName = Literal["bid", "ask", "mid"]
PRICES = ("bid", "ask", "mid")


class HasAggregation(Protocol):
    """A timeframe, or anything else that bars are made to."""

    @property
    def aggregation(self) -> tuple[int, str]:
        """Step and unit as bar types have them."""


@dataclass(frozen=True)
class Columns:
    """Rows to fold: open, high, low, close, volume, ts_event, ts_init as buffers."""

    buffers: tuple[Any, ...]
    stamps: Array

    def __len__(self) -> int:
        return len(self.stamps)


@dataclass(frozen=True)
class Source:
    """What the rows are.

    Attributes:
        kind: Bars, quotes or trades.
        encoding: How their values are stored.
        meta: What the metadata says.
        price: Which price of quotes; `last` of trades; empty of bars.
    """

    kind: RecordKind
    encoding: Encoding
    meta: Meta
    price: str

    @classmethod
    def of(cls, schema: pa.Schema, price: str | None) -> Source:
        """Looks at a stored schema.

        Raises:
            BarrowSchemaError: It is none of records.
            BarrowArgumentError: The price is none, or none that they have.
        """
        kind, encoding, meta = read_schema(schema, "resample")
        if kind == QUOTE:
            if price not in PRICES:
                raise BarrowArgumentError(
                    message(
                        "price", f"quotes have no {price!r}", tries=[f"price={p!r}" for p in PRICES]
                    )
                )
            return cls(kind, encoding, meta, price)
        if price is not None:
            raise BarrowArgumentError(message("price", f"{kind.plural} have no {price!r}"))
        return cls(kind, encoding, meta, "" if kind == BAR else "last")

    def columns(self, batch: pa.RecordBatch, first_row: int = 0) -> Columns:
        """The columns of a batch; copies only what lies between a bid and an ask.

        Args:
            batch: Records of this kind and encoding.
            first_row: The number of its first row, for errors.

        Raises:
            BarrowParseError: What lies between a bid and an ask needs one more digit.
        """
        times = tuple(column_buffer(batch.column(name)) for name in TIMES)
        stamps = np.frombuffer(times[0], np.int64)
        if self.kind == BAR:
            values = tuple(column_buffer(batch.column(name)) for name in BAR.values)
            return Columns((*values, *times), stamps)
        if self.price == "mid":
            price, size = (self._middle(batch, what, first_row) for what in ("price", "size"))
        else:
            names = {"last": ("price", "size")}.get(
                self.price, (f"{self.price}_price", f"{self.price}_size")
            )
            price, size = (column_buffer(batch.column(name)) for name in names)
        return Columns((price, price, price, price, size, *times), stamps)

    def _middle(self, batch: pa.RecordBatch, what: str, first_row: int) -> Any:
        bids, asks = (column_buffer(batch.column(f"{side}_{what}")) for side in ("bid", "ask"))
        middle = np.empty(len(bids), np.uint8)
        wide = self.encoding.wide
        inexact = native.resample_midpoints(bids, asks, wide, what == "price", middle)
        if inexact >= 0:
            raise BarrowParseError(
                message(
                    f"row {first_row + inexact}",
                    f"the middle {what} needs more than {self.encoding.scale} decimals",
                    tries=["price='bid'", "encoding='fixed16'"],
                ),
                reason="decimals",
            )
        return middle

    def meta_of(self, timeframe: HasAggregation) -> Meta:
        """What the metadata of bars of a timeframe, or of a threshold, says."""
        meta = self.meta
        if self.price == "mid":
            finest = self.encoding.scale
            meta = replace(
                meta,
                price_precision=min(meta.price_precision + 1, finest),
                size_precision=min(meta.size_precision + 1, finest),
            )
        if meta.identity is None:
            return meta
        told = BarType.parse(meta.identity) if self.kind == BAR else None
        instrument = told.instrument_id if told else meta.identity
        price_type = told.spec.price_type if told else PriceType(self.price.upper())
        step, unit = timeframe.aggregation
        try:
            spec = BarSpecification(step, BarAggregation(unit), price_type)
        except BarrowArgumentError:  # bar types have no such step: 7 minutes, say
            return replace(meta, identity=None, symbol=parse_instrument_id(instrument)[0])
        bar_type = BarType(instrument, spec, AggregationSource.INTERNAL)
        return replace(meta, identity=str(bar_type))

    @property
    def days(self) -> bool:
        """Whether the rows are bars of a day or more."""
        if self.kind != BAR or self.meta.identity is None:
            return False
        length = BarType.parse(self.meta.identity).spec.step_ns
        return length is None or length >= Timeframe(1, "d").nanoseconds

    def check(self, timeframe: Timeframe) -> None:
        """Refuses a timeframe that bars of a known length do not fit into.

        Raises:
            BarrowArgumentError: It is finer than the bars, or would split one.
        """
        if self.kind != BAR or self.meta.identity is None:
            return
        told = BarType.parse(self.meta.identity)
        unit = told.spec.step_ns
        if unit is None:
            months = {"MONTH": 1, "YEAR": 12}.get(told.spec.aggregation, 0) * told.spec.step
            if months and (not timeframe.months or timeframe.months % months):
                raise _refused(timeframe, told)
            return
        if timeframe.nanoseconds < unit:
            raise _refused(timeframe, told)
        day = Timeframe(1, "d").nanoseconds
        length = day if timeframe.months else timeframe.nanoseconds
        if length % unit:
            raise _refused(timeframe, told)


def _refused(timeframe: Timeframe, told: BarType) -> BarrowArgumentError:
    return BarrowArgumentError(
        message(
            f'timeframe "{timeframe}"',
            f"bars of {told.spec.step} {told.spec.aggregation} cannot be put together to it",
            tries=["a whole multiple of their length"],
        )
    )


def as_records(value: Any) -> Any:
    """Batches and tables of pyarrow as the records that their schema is of.

    Others are given back as they are.

    Raises:
        BarrowSchemaError: It is of no bars, quotes or trades, or holds nulls.
    """
    if not isinstance(value, (pa.RecordBatch, pa.Table)):
        return value
    kind, _, _ = read_schema(value.schema, "resample")
    container = next((c for c in (Bars, Quotes, Trades) if c.kind == kind), None)
    return value if container is None else container.from_arrow(value)


def batches_of(records: Any) -> Iterator[pa.RecordBatch]:
    """The stored batches of records, without copying.

    Raises:
        BarrowSchemaError: These are no records.
    """
    if not isinstance(records, Bars | Quotes | Trades):
        raise BarrowSchemaError(
            message(
                "resample",
                f"expected bars, quotes or trades, got {type(records).__name__}",
                tries=["Bars.from_arrow(...)"],
            )
        )
    return iter(records.to_arrow().to_batches())


def is_records(value: Any) -> bool:
    """Whether a value is bars, quotes or trades."""
    return isinstance(value, Bars | Quotes | Trades)


def in_order(records: AnyRecords) -> AnyRecords:
    """The records by `ts_event`, those of one stamp as they were; copies if it has to."""
    stamps = records.raw("ts_event")
    if not np.any(stamps[1:] < stamps[:-1]):
        return records
    order = np.argsort(stamps, kind="stable")
    table = records.to_arrow().take(pa.array(order)).combine_chunks()
    return type(records)(table.to_batches(), records.schema)


def without_duplicates(batch: pa.RecordBatch, keep: str, before: int | None) -> pa.RecordBatch:
    """Leaves one row of those that have one stamp.

    Args:
        batch: Records in order.
        keep: `first` or `last`.
        before: The stamp of the row before the batch, for `first`.
    """
    stamps = np.frombuffer(column_buffer(batch.column("ts_event")), np.uint64)
    if not len(stamps):
        return batch
    same = stamps[1:] == stamps[:-1]
    first = keep == "first"
    kept = np.ones(len(stamps), bool)
    (kept[1:] if first else kept[:-1])[same] = False
    if first and before is not None and int(stamps[0]) == before:
        kept[: int(np.argmax(stamps != stamps[0])) or len(stamps)] = False
    return batch if kept.all() else batch.filter(pa.array(kept))
