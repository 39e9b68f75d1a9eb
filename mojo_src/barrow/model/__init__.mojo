"""Records of market data and what must hold for them."""

from barrow.model.bar import Bar
from barrow.model.checks import BarChecks, Check, check_bars
from barrow.model.columns import BarColumns, QuoteColumns, TradeColumns
from barrow.model.delta import (
    BookAction,
    OrderBookDelta,
    OrderSide,
    RecordFlag,
)
from barrow.model.depth import OrderBookDepth10
from barrow.model.encoding import Encoding
from barrow.model.quote import QuoteTick
from barrow.model.record import Record, write_record
from barrow.model.subject import Subject
from barrow.model.tick_checks import (
    TickCheck,
    TickChecks,
    check_quotes,
    check_trades,
)
from barrow.model.trade import AggressorSide, TradeTick
from barrow.model.values import (
    Levels,
    Price,
    Quantity,
    UnixNanos,
    write_code,
)
