"""Records of market data and what must hold for them."""

from .bar import Bar, BarColumns
from .checks import BarChecks, Check, check_bars
