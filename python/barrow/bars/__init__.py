"""Bars in memory: an immutable container of columns, and the values in it."""

from barrow.bars.bar_type import BarType
from barrow.bars.checks import Finding, Report, validate
from barrow.bars.container import Bars
from barrow.bars.tables import Records, stored_schema, stored_tables
from barrow.bars.values import Bar, Price, Quantity

__all__ = [
    "Bar",
    "BarType",
    "Bars",
    "Finding",
    "Price",
    "Quantity",
    "Records",
    "Report",
    "stored_schema",
    "stored_tables",
    "validate",
]
