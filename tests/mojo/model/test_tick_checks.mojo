"""Checks of quotes and trades: eight at a time, and one by one as twins say."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_true

from barrow.fence import ByteView, ColumnView, TextColumnView
from barrow.fixed import largest_raw
from barrow.model import (
    AggressorSide,
    QuoteColumns,
    TickCheck,
    TickChecks,
    TradeColumns,
    check_quotes,
    check_trades,
)

comptime SECOND = UInt64(1_000_000_000)
comptime START = UInt64(1_704_196_800_000_000_000)


def _view[
    dtype: DType
](mut values: List[Scalar[dtype]], begin: Int, rows: Int) -> ColumnView[dtype]:
    return ColumnView[dtype](
        address=Int(values.unsafe_ptr().unsafe_offset(begin)), length=rows
    )


struct Quotes[price: DType, size: DType](Movable):
    """Columns owned by the test; good quotes until something is changed."""

    var bids: List[Scalar[Self.price]]
    var asks: List[Scalar[Self.price]]
    var bid_sizes: List[Scalar[Self.size]]
    var ask_sizes: List[Scalar[Self.size]]
    var stamps: List[UInt64]

    def __init__(out self, rows: Int):
        self.bids = List[Scalar[Self.price]](length=rows, fill=10)
        self.asks = List[Scalar[Self.price]](length=rows, fill=12)
        self.bid_sizes = List[Scalar[Self.size]](length=rows, fill=5)
        self.ask_sizes = List[Scalar[Self.size]](length=rows, fill=0)
        self.stamps = List[UInt64](length=rows, fill=START)
        for i in range(rows):
            self.stamps[i] += UInt64(i // 3) * SECOND

    def view(
        mut self, begin: Int, end: Int
    ) -> QuoteColumns[Self.price, Self.size]:
        var rows = end - begin
        var stamps = _view[DType.uint64](self.stamps, begin, rows)
        return QuoteColumns[Self.price, Self.size](
            _view[Self.price](self.bids, begin, rows),
            _view[Self.price](self.asks, begin, rows),
            _view[Self.size](self.bid_sizes, begin, rows),
            _view[Self.size](self.ask_sizes, begin, rows),
            stamps,
            stamps,
        )


struct Trades[price: DType, size: DType](Movable):
    """Columns owned by the test; good trades until something is changed."""

    var prices: List[Scalar[Self.price]]
    var sizes: List[Scalar[Self.size]]
    var sides: List[UInt8]
    var offsets: List[Int32]
    var text: List[UInt8]
    var stamps: List[UInt64]
    var inits: List[UInt64]

    def __init__(out self, rows: Int):
        self.prices = List[Scalar[Self.price]](length=rows, fill=10)
        self.sizes = List[Scalar[Self.size]](length=rows, fill=5)
        self.sides = List[UInt8](length=rows, fill=1)
        self.offsets = List[Int32](length=rows + 1, fill=3)
        self.text = List[UInt8](length=3, fill=0x78)
        self.stamps = List[UInt64](length=rows, fill=START)
        self.inits = List[UInt64](length=rows, fill=START)
        for i in range(rows):
            self.stamps[i] += UInt64(i // 3) * SECOND
            self.inits[i] = self.stamps[i]
            for digit in String(i).as_bytes():
                self.text.append(digit)
            self.offsets[i + 1] = Int32(len(self.text))

    def rename(mut self, row: Int, of: Int):
        """Gives a trade the id of another one."""
        var text = self.text.copy()
        var offsets = self.offsets.copy()
        self.text = List[UInt8](length=3, fill=0x78)
        for i in range(len(self.stamps)):
            var source = of if i == row else i
            for at in range(offsets[source], offsets[source + 1]):
                self.text.append(text[Int(at)])
            self.offsets[i + 1] = Int32(len(self.text))

    def repeat(mut self, row: Int):
        """Makes a trade the one before."""
        self.prices[row] = self.prices[row - 1]
        self.sizes[row] = self.sizes[row - 1]
        self.sides[row] = self.sides[row - 1]
        self.stamps[row] = self.stamps[row - 1]
        self.inits[row] = self.inits[row - 1]
        self.rename(row, row - 1)

    def id(self, row: Int) -> String:
        var begin = Int(self.offsets[row])
        var end = Int(self.offsets[row + 1])
        return String(from_utf8_lossy=Span(self.text)[begin:end])

    def view(
        mut self, begin: Int, end: Int
    ) -> TradeColumns[Self.price, Self.size]:
        var rows = end - begin
        var ids = TextColumnView(
            _view[DType.int32](self.offsets, begin, rows + 1),
            ByteView(
                address=Int(self.text.unsafe_ptr()), length=len(self.text)
            ),
        )
        return TradeColumns[Self.price, Self.size](
            _view[Self.price](self.prices, begin, rows),
            _view[Self.size](self.sizes, begin, rows),
            _view[DType.uint8](self.sides, begin, rows),
            ids,
            _view[DType.uint64](self.stamps, begin, rows),
            _view[DType.uint64](self.inits, begin, rows),
        )


def checked[
    price: DType, size: DType
](mut quotes: Quotes[price, size], batch: Int) -> TickChecks:
    var checks = TickChecks()
    var rows = len(quotes.stamps)
    for begin in range(0, rows, batch):
        check_quotes(quotes.view(begin, min(begin + batch, rows)), checks)
    return checks^


def checked[
    price: DType, size: DType
](mut trades: Trades[price, size], batch: Int) -> TickChecks:
    var checks = TickChecks()
    var rows = len(trades.stamps)
    for begin in range(0, rows, batch):
        check_trades(trades.view(begin, min(begin + batch, rows)), checks)
    return checks^


def twin[price: DType, size: DType](quotes: Quotes[price, size]) -> TickChecks:
    """The same, written down as the checks are described."""
    var checks = TickChecks()
    var largest = Int128(largest_raw[price]())
    for i in range(len(quotes.stamps)):
        var bid = Int128(quotes.bids[i])
        var ask = Int128(quotes.asks[i])
        var outside = UInt128(quotes.bid_sizes[i]) > largest_raw[size]()
        outside |= UInt128(quotes.ask_sizes[i]) > largest_raw[size]()
        for value in [bid, ask]:
            outside |= value > largest or value < -largest
        if outside:
            checks.note(TickCheck.RANGE, i)
        if not outside and bid > ask:
            checks.note(TickCheck.CROSSED, i)
        if not outside and bid == ask:
            checks.note(TickCheck.LOCKED, i)
        if i > 0 and quotes.stamps[i - 1] > quotes.stamps[i]:
            checks.note(TickCheck.ORDER, i)
    checks.rows = len(quotes.stamps)
    return checks^


def twin[price: DType, size: DType](trades: Trades[price, size]) -> TickChecks:
    """The same, written down as the checks are described."""
    var checks = TickChecks()
    var largest = Int128(largest_raw[price]())
    for i in range(len(trades.stamps)):
        var paid = Int128(trades.prices[i])
        var traded = UInt128(trades.sizes[i])
        var outside = (
            traded > largest_raw[size]()
            or paid > largest
            or paid < -largest
            or trades.sides[i] > 2
        )
        if outside:
            checks.note(TickCheck.RANGE, i)
        if not outside and paid <= 0:
            checks.note(TickCheck.PRICE, i)
        if traded == 0:
            checks.note(TickCheck.SIZE, i)
        if i == 0:
            continue
        if trades.stamps[i - 1] > trades.stamps[i]:
            checks.note(TickCheck.ORDER, i)
        if (
            trades.prices[i] == trades.prices[i - 1]
            and trades.sizes[i] == trades.sizes[i - 1]
            and trades.sides[i] == trades.sides[i - 1]
            and trades.stamps[i] == trades.stamps[i - 1]
            and trades.inits[i] == trades.inits[i - 1]
            and trades.id(i) == trades.id(i - 1)
        ):
            checks.note(TickCheck.REPEATED, i)
    checks.rows = len(trades.stamps)
    return checks^


def told(checks: TickChecks) -> String:
    var text = String(checks.rows, " rows")
    for i in range(TickCheck.COUNT):
        text += String(", ", checks.counts[i], "@", checks.first_rows[i])
    return text^


def some_price[price: DType]() -> Scalar[price]:
    """A price near or far, good or not."""
    comptime largest = largest_raw[price]().cast[price]()
    comptime ends: List[Scalar[price]] = [
        largest,
        largest + 1,
        -largest,
        -largest - 1,
        Scalar[price].MAX,
        Scalar[price].MIN,
        0,
        1,
        -1,
        10,
        11,
        12,
    ]
    return materialize[ends]()[Int(random_ui64(0, 11))]


def some_size[size: DType]() -> Scalar[size]:
    var top = largest_raw[size]().cast[size]()
    return [top, top + 1, Scalar[size].MAX, 0, 5][Int(random_ui64(0, 4))]


def some_stamp(stamps: List[UInt64], row: Int) -> UInt64:
    return [
        stamps[max(row - 1, 0)],
        stamps[row] + 1,
        stamps[row] - 1,
        UInt64(0),
        UInt64.MAX,
        START,
    ][Int(random_ui64(0, 5))]


def spoil[price: DType, size: DType](mut quotes: Quotes[price, size], row: Int):
    var column = random_ui64(0, 4)
    if column == 0:
        quotes.bids[row] = some_price[price]()
    elif column == 1:
        quotes.asks[row] = some_price[price]()
    elif column == 2:
        quotes.bid_sizes[row] = some_size[size]()
    elif column == 3:
        quotes.ask_sizes[row] = some_size[size]()
    else:
        quotes.stamps[row] = some_stamp(quotes.stamps, row)


def spoil[price: DType, size: DType](mut trades: Trades[price, size], row: Int):
    var column = random_ui64(0, 6)
    if column == 0:
        trades.prices[row] = some_price[price]()
    elif column == 1:
        trades.sizes[row] = some_size[size]()
    elif column == 2:
        trades.sides[row] = UInt8(random_ui64(0, 4))
    elif column == 3:
        trades.stamps[row] = some_stamp(trades.stamps, row)
    elif column == 4:
        trades.inits[row] = some_stamp(trades.inits, row)
    elif column == 5:
        trades.rename(row, max(row - 1, 0))
    elif row > 0:
        trades.repeat(row)


def check_random[price: DType, size: DType](rounds: Int) raises:
    for round in range(rounds):
        var rows = Int(random_ui64(1, 70))
        var quotes = Quotes[price, size](rows)
        var trades = Trades[price, size](rows)
        for _ in range(round % 4):
            spoil(quotes, Int(random_ui64(0, UInt64(rows - 1))))
            spoil(trades, Int(random_ui64(0, UInt64(rows - 1))))
        for batch in [1, 7, 8, 9, 33, 100]:
            assert_equal(told(checked(quotes, batch)), told(twin(quotes)))
            assert_equal(told(checked(trades, batch)), told(twin(trades)))


comptime NONE = ", 0@-1, 0@-1, 0@-1, 0@-1, 0@-1, 0@-1, 0@-1"


def test_good_ticks_have_no_faults() raises:
    var quotes = Quotes[DType.int64, DType.uint64](1_000)
    var trades = Trades[DType.int64, DType.uint64](1_000)
    assert_equal(told(checked(quotes, 64)), String("1000 rows", NONE))
    assert_equal(told(checked(trades, 64)), String("1000 rows", NONE))


def test_a_repeated_trade_is_known_across_batches() raises:
    for row in range(1, 40):
        var trades = Trades[DType.int64, DType.uint64](40)
        trades.repeat(row)
        for batch in [1, 5, 8, 20, 40]:
            var checks = checked(trades, batch)
            assert_equal(checks.counts[TickCheck.REPEATED.code], 1)
            assert_equal(checks.first_rows[TickCheck.REPEATED.code], row)


def test_a_trade_that_differs_in_one_column_is_no_repetition() raises:
    for column in range(6):
        for batch in [1, 8, 40]:
            var trades = Trades[DType.int128, DType.uint128](40)
            trades.repeat(20)
            if column == 0:
                trades.prices[20] += 1
            elif column == 1:
                trades.sizes[20] += 1
            elif column == 2:
                trades.sides[20] = 2
            elif column == 3:
                trades.rename(20, 18)
            elif column == 4:
                trades.stamps[20] += 1
            else:
                trades.inits[20] += 1
            var checks = checked(trades, batch)
            assert_equal(checks.counts[TickCheck.REPEATED.code], 0)


def test_an_empty_batch_changes_nothing() raises:
    var trades = Trades[DType.int64, DType.uint64](9)
    var checks = checked(trades, 9)
    var before = told(checks)
    check_trades(trades.view(0, 0), checks)
    assert_equal(told(checks), before)
    assert_equal(checks.previous, trades.stamps[8])
    assert_equal(checks.last.trade_id, "8")


def test_lanes_agree_with_the_twins() raises:
    seed(20240102)
    check_random[DType.int64, DType.uint64](300)


def test_wide_ticks_agree_with_the_twins() raises:
    seed(7)
    check_random[DType.int128, DType.uint128](150)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
