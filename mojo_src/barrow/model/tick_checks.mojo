"""What must hold for quotes and trades, counted over batches of any size."""

from barrow.fixed import largest_raw

from barrow.model.columns import QuoteColumns, TradeColumns
from barrow.model.trade import AggressorSide

comptime _WIDTH = 8


@fieldwise_init
struct TickCheck(Equatable, TrivialRegisterPassable):
    """Something that can be wrong with a tick or with its place among others."""

    var code: Int
    """See the constants; an index into the arrays of `TickChecks`."""

    comptime CROSSED = Self(0)
    """Buyers offer more than sellers ask for."""
    comptime LOCKED = Self(1)
    """Buyers offer what sellers ask for."""
    comptime RANGE = Self(2)
    """A value is a sentinel or outside the range of its encoding, or no side."""
    comptime ORDER = Self(3)
    """The stamp is before the one of the tick before."""
    comptime SIZE = Self(4)
    """Nothing was traded."""
    comptime PRICE = Self(5)
    """The price of a trade is zero or less."""
    comptime REPEATED = Self(6)
    """The trade is the one before in everything, its id and its times included."""

    comptime COUNT = 7
    """How many checks there are."""


@fieldwise_init
struct LastTrade(Copyable):
    """What the next trade is compared with."""

    var price: Int128
    """Its raw price, at the scale of the batches."""
    var size: UInt128
    """Its raw size."""
    var aggressor_side: UInt8
    """The code of its side."""
    var trade_id: String
    """Its id."""
    var ts_event: UInt64
    """When it happened."""
    var ts_init: UInt64
    """When it could be known."""


struct TickChecks(Copyable):
    """Counts and first rows; carries what the next batch needs to go on.

    Of quotes or of trades, not of both.
    """

    var counts: Array[Int, TickCheck.COUNT]
    """Rows at fault, by check."""
    var first_rows: Array[Int, TickCheck.COUNT]
    """The first row at fault, by check; -1 if none."""
    var rows: Int
    """Rows seen so far."""
    var previous: UInt64
    """The stamp of the last row seen."""
    var last: LastTrade
    """The last trade seen."""

    def __init__(out self):
        """Starts before the first row."""
        self.counts = Array[Int, TickCheck.COUNT](fill=0)
        self.first_rows = Array[Int, TickCheck.COUNT](fill=-1)
        self.rows = 0
        self.previous = 0
        self.last = LastTrade(0, 0, 0, String(), 0, 0)

    @always_inline
    def note(mut self, check: TickCheck, row: Int):
        """Counts one row at fault.

        Args:
            check: What is wrong.
            row: The row.
        """
        if self.counts[check.code] == 0:
            self.first_rows[check.code] = row
        self.counts[check.code] += 1


def check_quotes[
    price: DType, size: DType
](quotes: QuoteColumns[price, size], mut checks: TickChecks):
    """Checks one more batch of quotes.

    A quote whose prices are out of range is not called crossed or locked as well:
    a side that is undefined is no offer.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw size.

    Args:
        quotes: The batch.
        checks: The batches before; this one is added.
    """
    comptime largest = largest_raw[price]().cast[price]()
    comptime largest_size = largest_raw[size]().cast[size]()
    var first = checks.rows
    var at = 0
    while at < len(quotes):
        # Eight quotes at a time as long as nothing is wrong with any of them.
        comptime if price == DType.int64:
            if at > 0 and at + _WIDTH <= len(quotes):
                if _eight_quotes_are_good[price, size](quotes, at):
                    at += _WIDTH
                    continue
        var end = min(at + _WIDTH, len(quotes)) if at > 0 else 1
        for i in range(at, end):
            var bid = quotes.bid_price[i]
            var ask = quotes.ask_price[i]
            if (
                max(bid, ask) > largest
                or min(bid, ask) < -largest
                or max(quotes.bid_size[i], quotes.ask_size[i]) > largest_size
            ):
                checks.note(TickCheck.RANGE, first + i)
            elif bid > ask:
                checks.note(TickCheck.CROSSED, first + i)
            elif bid == ask:
                checks.note(TickCheck.LOCKED, first + i)
            var before = quotes.ts_event[i - 1] if i > 0 else checks.previous
            if quotes.ts_event[i] < before:
                checks.note(TickCheck.ORDER, first + i)
        at = end
    if len(quotes) > 0:
        checks.previous = quotes.ts_event[len(quotes) - 1]
        checks.rows += len(quotes)


@always_inline
def _eight_quotes_are_good[
    price: DType, size: DType
](quotes: QuoteColumns[price, size], at: Int) -> Bool:
    """Whether eight quotes pass every check; `at` is not the first of the batch."""
    comptime largest = largest_raw[price]().cast[price]()
    comptime largest_size = largest_raw[size]().cast[size]()
    var bid = quotes.bid_price.load[_WIDTH](at)
    var ask = quotes.ask_price.load[_WIDTH](at)
    var sizes = max(
        quotes.bid_size.load[_WIDTH](at), quotes.ask_size.load[_WIDTH](at)
    )
    var stamps = quotes.ts_event.load[_WIDTH](at)
    var before = quotes.ts_event.load[_WIDTH](at - 1)
    # The ask bounds the bid from above, the bid the ask from below.
    return all(
        bid.lt(ask)
        & ask.le(largest)
        & bid.ge(-largest)
        & sizes.le(largest_size)
        & stamps.ge(before)
    )


def check_trades[
    price: DType, size: DType
](trades: TradeColumns[price, size], mut checks: TickChecks):
    """Checks one more batch of trades.

    Trades that share a stamp are no fault; one that repeats its neighbor in every
    column is.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw size.

    Args:
        trades: The batch.
        checks: The batches before; this one is added.
    """
    comptime largest = largest_raw[price]().cast[price]()
    comptime largest_size = largest_raw[size]().cast[size]()
    var first = checks.rows
    var at = 0
    while at < len(trades):
        # Eight trades at a time as long as nothing is wrong with any of them.
        comptime if price == DType.int64:
            if at > 0 and at + _WIDTH <= len(trades):
                if _eight_trades_are_good[price, size](trades, at):
                    at += _WIDTH
                    continue
        var end = min(at + _WIDTH, len(trades)) if at > 0 else 1
        for i in range(at, end):
            var paid = trades.price_paid[i]
            var traded = trades.size_traded[i]
            if (
                paid > largest
                or paid < -largest
                or traded > largest_size
                or Int(trades.aggressor_side[i]) >= AggressorSide.COUNT
            ):
                checks.note(TickCheck.RANGE, first + i)
            elif paid <= 0:
                checks.note(TickCheck.PRICE, first + i)
            if traded == 0:
                checks.note(TickCheck.SIZE, first + i)
            var before = trades.ts_event[i - 1] if i > 0 else checks.previous
            if trades.ts_event[i] < before:
                checks.note(TickCheck.ORDER, first + i)
            elif first + i > 0 and _repeats[price, size](trades, i, checks):
                checks.note(TickCheck.REPEATED, first + i)
        at = end
    if len(trades) > 0:
        var last = len(trades) - 1
        checks.previous = trades.ts_event[last]
        checks.rows += len(trades)
        checks.last = LastTrade(
            Int128(trades.price_paid[last]),
            UInt128(trades.size_traded[last]),
            trades.aggressor_side[last],
            trades.trade_id[last].text(),
            trades.ts_event[last],
            trades.ts_init[last],
        )


@always_inline
def _eight_trades_are_good[
    price: DType, size: DType
](trades: TradeColumns[price, size], at: Int) -> Bool:
    """Whether eight trades pass every check; `at` is not the first of the batch.

    Ids are not compared: trades that are equal in all the rest are looked at one by
    one.
    """
    comptime largest = largest_raw[price]().cast[price]()
    comptime largest_size = largest_raw[size]().cast[size]()
    comptime sides = UInt8(AggressorSide.COUNT)
    var paid = trades.price_paid.load[_WIDTH](at)
    var traded = trades.size_traded.load[_WIDTH](at)
    var stamps = trades.ts_event.load[_WIDTH](at)
    var before = trades.ts_event.load[_WIDTH](at - 1)
    var good = (
        paid.gt(0)
        & paid.le(largest)
        & traded.gt(0)
        & traded.le(largest_size)
        & trades.aggressor_side.load[_WIDTH](at).lt(sides)
        & stamps.ge(before)
    )
    var same = (
        stamps.eq(before)
        & paid.eq(trades.price_paid.load[_WIDTH](at - 1))
        & traded.eq(trades.size_traded.load[_WIDTH](at - 1))
    )
    return all(good & ~same)


def _repeats[
    price: DType, size: DType
](trades: TradeColumns[price, size], at: Int, checks: TickChecks) -> Bool:
    """Whether a trade equals the one before in every column."""
    if at == 0:
        # Ids that are no UTF-8 were copied as text, so they are compared as such.
        return (
            Int128(trades.price_paid[0]) == checks.last.price
            and UInt128(trades.size_traded[0]) == checks.last.size
            and trades.aggressor_side[0] == checks.last.aggressor_side
            and trades.ts_event[0] == checks.last.ts_event
            and trades.ts_init[0] == checks.last.ts_init
            and trades.trade_id[0].text() == checks.last.trade_id
        )
    return (
        trades.price_paid[at] == trades.price_paid[at - 1]
        and trades.size_traded[at] == trades.size_traded[at - 1]
        and trades.aggressor_side[at] == trades.aggressor_side[at - 1]
        and trades.ts_event[at] == trades.ts_event[at - 1]
        and trades.ts_init[at] == trades.ts_init[at - 1]
        and _same_bytes(trades, at)
    )


def _same_bytes[
    price: DType, size: DType
](trades: TradeColumns[price, size], at: Int) -> Bool:
    """Whether the id of a trade is the one of the trade before."""
    var mine = trades.trade_id[at]
    var before = trades.trade_id[at - 1]
    if len(mine) != len(before):
        return False
    for i in range(len(mine)):
        if mine[i] != before[i]:
            return False
    return True
