"""Frames and streams of others to records: the wranglers of trading systems.

The room finds columns by the names people use, turns what is in them into raw values
exactly, and says where it could not.
"""

from barrow.wranglers.base import DataWranglerV2
from barrow.wranglers.inner import (
    BarDataWrangler,
    OrderBookDeltaDataWrangler,
    OrderBookDepth10DataWrangler,
    QuoteTickDataWrangler,
    StreamWrangler,
    TradeTickDataWrangler,
)
from barrow.wranglers.names import Names, Words
from barrow.wranglers.options import WranglerKeywords, WranglerOptions
from barrow.wranglers.report import Rounded, WrangleReport
from barrow.wranglers.v2 import (
    BarDataWranglerV2,
    OrderBookDeltaDataWranglerV2,
    OrderBookDepth10DataWranglerV2,
    QuoteTickDataWranglerV2,
    TradeTickDataWranglerV2,
)

__all__ = [
    "BarDataWrangler",
    "BarDataWranglerV2",
    "DataWranglerV2",
    "Names",
    "OrderBookDeltaDataWrangler",
    "OrderBookDeltaDataWranglerV2",
    "OrderBookDepth10DataWrangler",
    "OrderBookDepth10DataWranglerV2",
    "QuoteTickDataWrangler",
    "QuoteTickDataWranglerV2",
    "Rounded",
    "StreamWrangler",
    "TradeTickDataWrangler",
    "TradeTickDataWranglerV2",
    "Words",
    "WrangleReport",
    "WranglerKeywords",
    "WranglerOptions",
]
