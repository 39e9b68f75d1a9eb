"""The containers people use: bars, quotes, trades, and what order books are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, overload

import pyarrow as pa

from barrow._arrow import read_schema
from barrow.bars.book import OrderBookDelta, OrderBookDepth10
from barrow.bars.items import Bar, QuoteTick, TradeTick
from barrow.bars.records import Records

C = TypeVar("C", bound=Records[Any])


class Bars(Records[Bar]):
    """Bars as columns: immutable, sliced without copying, decoded when asked.

    Holds record batches in one of the stored encodings. `bw.read_csv` and `bw.open`
    make them; `Bars.from_arrow` takes any Arrow data with the stored schema.

    Attributes:
        bar_type: The bar type, or None where nobody said it.
    """

    __slots__ = ()
    item = Bar

    @property
    def bar_type(self) -> str | None:
        """The bar type as text."""
        return self._meta.identity


class Quotes(Records[QuoteTick]):
    """Best bids and offers as columns; see `Bars` for what they can do.

    Attributes:
        instrument_id: The instrument id, or None where nobody said it.
    """

    __slots__ = ()
    item = QuoteTick

    @property
    def instrument_id(self) -> str | None:
        """The instrument id as text."""
        return self._meta.identity


class Trades(Records[TradeTick]):
    """Trades as columns; see `Bars` for what they can do.

    Attributes:
        instrument_id: The instrument id, or None where nobody said it.
    """

    __slots__ = ()
    item = TradeTick

    @property
    def instrument_id(self) -> str | None:
        """The instrument id as text."""
        return self._meta.identity

    def trade_ids(self) -> pa.ChunkedArray:
        """What the venue calls each trade, without copying.

        Returns:
            Strings, one chunk per batch.

        Raises:
            BarrowCorruptError: They come from a file whose offsets are damaged.
        """
        return self.to_arrow()["trade_id"]


class OrderBookDeltas(Records[OrderBookDelta]):
    """Changes of an order book as columns; see `Bars` for what they can do.

    Attributes:
        instrument_id: The instrument id, or None where nobody said it.
    """

    __slots__ = ()
    item = OrderBookDelta

    @property
    def instrument_id(self) -> str | None:
        """The instrument id as text."""
        return self._meta.identity


class OrderBookDepths(Records[OrderBookDepth10]):
    """The best ten levels of an order book, again and again; see `Bars`.

    Attributes:
        instrument_id: The instrument id, or None where nobody said it.
    """

    __slots__ = ()
    item = OrderBookDepth10

    @property
    def instrument_id(self) -> str | None:
        """The instrument id as text."""
        return self._meta.identity


AnyRecords = Bars | Quotes | Trades | OrderBookDeltas | OrderBookDepths
_CONTAINERS: tuple[type[AnyRecords], ...] = (Bars, Quotes, Trades, OrderBookDeltas, OrderBookDepths)
CONTAINERS: dict[str, type[AnyRecords]] = {cls.kind.name: cls for cls in _CONTAINERS}


@overload
def make_records(
    batches: Sequence[pa.RecordBatch],
    schema: pa.Schema,
    *,
    checked: bool = ...,
    container: None = ...,
) -> AnyRecords: ...
@overload
def make_records(
    batches: Sequence[pa.RecordBatch],
    schema: pa.Schema,
    *,
    checked: bool = ...,
    container: type[C] | None,
) -> C: ...


def make_records(
    batches: Sequence[pa.RecordBatch],
    schema: pa.Schema,
    *,
    checked: bool = True,
    container: type[Any] | None = None,
) -> Any:
    """The container that fits a schema.

    Args:
        batches: Record batches, each with the columns of `schema`.
        schema: A stored schema with its metadata.
        checked: As in `Records`.
        container: The class, where it is none of barrow's own.

    Raises:
        BarrowSchemaError: The schema is not one of such records.
    """
    if container is None:
        kind, _, _ = read_schema(schema, "schema")
        container = CONTAINERS[kind.name]
    return container(batches, schema, checked=checked)
