"""Records of market data and what must hold for them."""

from barrow.model.bar import Bar, BarColumns
from barrow.model.checks import BarChecks, Check, check_bars
from barrow.model.quote import QuoteColumns, QuoteTick
from barrow.model.tick_checks import (
    TickCheck,
    TickChecks,
    check_quotes,
    check_trades,
)
from barrow.model.trade import AggressorSide, TradeColumns, TradeTick
