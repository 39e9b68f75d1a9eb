"""Technical indicators: a function for whole columns, a class for rows as they come.

from barrow.indicators import RSI, together

bw.rsi(bars, 14)                    # an array
rsi = RSI(14)
rsi.update(bar)                     # a number, the same to the last bit
together([RSI(14), RSI(20)], bars)  # one pass over the bars
"""

from barrow.indicators.catalog import CatalogEntry, catalog
from barrow.indicators.classes import *  # noqa: F403
from barrow.indicators.classes import __all__ as _classes
from barrow.indicators.functions import *  # noqa: F403
from barrow.indicators.functions import __all__ as _functions
from barrow.indicators.streaming import Indicator
from barrow.indicators.together import attach, over, together

__all__ = [
    "CatalogEntry",
    "Indicator",
    "attach",
    "catalog",
    "over",
    "together",
    *_classes,
    *_functions,
]
