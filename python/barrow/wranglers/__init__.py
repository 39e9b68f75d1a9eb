"""Frames and streams of others to records: the wranglers of trading systems.

The room finds columns by the names people use, turns what is in them into raw values
exactly, and says where it could not.
"""

from barrow.wranglers.inner import (
    BarDataWrangler,
    QuoteTickDataWrangler,
    TradeTickDataWrangler,
)
from barrow.wranglers.options import WranglerKeywords, WranglerOptions
from barrow.wranglers.report import Rounded, WrangleReport
from barrow.wranglers.v2 import (
    BarDataWranglerV2,
    QuoteTickDataWranglerV2,
    TradeTickDataWranglerV2,
)

__all__ = [
    "BarDataWrangler",
    "BarDataWranglerV2",
    "QuoteTickDataWrangler",
    "QuoteTickDataWranglerV2",
    "Rounded",
    "TradeTickDataWrangler",
    "TradeTickDataWranglerV2",
    "WrangleReport",
    "WranglerKeywords",
    "WranglerOptions",
]
