"""Records in memory: immutable containers of columns, and the values in them."""

from barrow.bars.bar_spec import AggregationSource, BarAggregation, BarSpecification, PriceType
from barrow.bars.bar_type import BarType, parse_instrument_id, settle_identity
from barrow.bars.checks import Finding, Report, validate
from barrow.bars.container import AnyRecords, Bars, Quotes, Trades, make_records
from barrow.bars.items import Bar, QuoteTick, TradeTick
from barrow.bars.tables import Records, stored_schema, stored_tables
from barrow.bars.values import Price, Quantity

__all__ = [
    "AggregationSource",
    "AnyRecords",
    "Bar",
    "BarAggregation",
    "BarSpecification",
    "BarType",
    "Bars",
    "Finding",
    "Price",
    "PriceType",
    "Quantity",
    "QuoteTick",
    "Quotes",
    "Records",
    "Report",
    "TradeTick",
    "Trades",
    "make_records",
    "parse_instrument_id",
    "settle_identity",
    "stored_schema",
    "stored_tables",
    "validate",
]
