"""Records in memory: immutable containers of columns, and the values in them."""

from barrow.bars.bar_spec import AggregationSource, BarAggregation, BarSpecification, PriceType
from barrow.bars.bar_type import BarType, parse_instrument_id, settle_identity
from barrow.bars.batches import Batches
from barrow.bars.book import BookOrder, OrderBookDelta, OrderBookDepth10
from barrow.bars.checks import Finding, Report, validate
from barrow.bars.container import (
    AnyRecords,
    Bars,
    OrderBookDeltas,
    OrderBookDepths,
    Quotes,
    Trades,
    make_records,
)
from barrow.bars.instants import to_nanoseconds
from barrow.bars.items import Bar, QuoteTick, Record, TradeTick, numbers_of
from barrow.bars.records import Records
from barrow.bars.tables import StoredRecords, require_like, stored_schema, stored_tables
from barrow.bars.values import Price, Quantity

__all__ = [
    "AggregationSource",
    "AnyRecords",
    "Bar",
    "BarAggregation",
    "BarSpecification",
    "BarType",
    "Bars",
    "Batches",
    "BookOrder",
    "Finding",
    "OrderBookDelta",
    "OrderBookDeltas",
    "OrderBookDepth10",
    "OrderBookDepths",
    "Price",
    "PriceType",
    "Quantity",
    "QuoteTick",
    "Quotes",
    "Record",
    "Records",
    "Report",
    "StoredRecords",
    "TradeTick",
    "Trades",
    "make_records",
    "numbers_of",
    "parse_instrument_id",
    "require_like",
    "settle_identity",
    "stored_schema",
    "stored_tables",
    "to_nanoseconds",
    "validate",
]
