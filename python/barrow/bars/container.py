"""The containers people use: bars, quotes and trades."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from barrow._arrow import BAR, QUOTE, TRADE, read_schema
from barrow.bars.items import Bar, QuoteTick, TradeTick
from barrow.bars.records import Records


class Bars(Records[Bar]):
    """Bars as columns: immutable, sliced without copying, decoded when asked.

    Holds record batches in one of the stored encodings. `bw.read_csv` and `bw.open`
    make them; `Bars.from_arrow` takes any Arrow data with the stored schema.

    Attributes:
        bar_type: The bar type, or None where nobody said it.
    """

    __slots__ = ()
    kind = BAR
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
    kind = QUOTE
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
    kind = TRADE
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


AnyRecords = Bars | Quotes | Trades
CONTAINERS: dict[str, type[Bars] | type[Quotes] | type[Trades]] = {
    "bar": Bars,
    "quote": Quotes,
    "trade": Trades,
}


def make_records(
    batches: Sequence[pa.RecordBatch], schema: pa.Schema, *, checked: bool = True
) -> AnyRecords:
    """The container that fits a schema.

    Args:
        batches: Record batches, each with the columns of `schema`.
        schema: A stored schema with its metadata.
        checked: As in `Records`.

    Raises:
        BarrowSchemaError: The schema is not one of records.
    """
    kind, _, _ = read_schema(schema, "schema")
    return CONTAINERS[kind.name](batches, schema, checked=checked)
