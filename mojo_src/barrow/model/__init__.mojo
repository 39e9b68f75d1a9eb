"""Records of market data and what must hold for them."""

from barrow.model.bar import Bar, BarColumns
from barrow.model.checks import BarChecks, Check, check_bars
