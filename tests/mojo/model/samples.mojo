"""Records of every type with extreme values, and batches made worse on purpose."""

from barrow.arrow import Batch, BatchMaker, slots_of
from barrow.errors import Fault
from barrow.model import (
    AggressorSide,
    Bar,
    BookAction,
    Encoding,
    Levels,
    OrderBookDelta,
    OrderBookDepth10,
    OrderSide,
    Price,
    Quantity,
    QuoteTick,
    Record,
    Subject,
    TradeTick,
    UnixNanos,
)

comptime ROWS = 11
comptime BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"


def price[E: Encoding, optional: Bool = False](at: Int) -> Price[E, optional]:
    """Ends, their neighbors, small ones, and undefined where that can be stored."""
    comptime P = Price[E, optional]
    comptime dtype = P.dtype
    var highest = Scalar[dtype].MAX
    comptime if E == Encoding.DECIMAL128:
        highest = Scalar[dtype](10**38 - 1)
    var kind = at % 6
    if kind == 0:
        return P(highest - Scalar[dtype](at // 6))
    if kind == 1:
        return P(-highest)
    if kind == 2:
        return P(0)
    if kind == 3:
        return P(Scalar[dtype](-at))
    if kind == 4:
        comptime if E != Encoding.DECIMAL128:
            return P.ERROR
    else:
        comptime if E != Encoding.DECIMAL128 or optional:
            return P.UNDEFINED
    return P(Scalar[dtype](100_500_000_000))


def size[E: Encoding, optional: Bool = False](at: Int) -> Quantity[E, optional]:
    """As `price`."""
    comptime Q = Quantity[E, optional]
    comptime dtype = Q.dtype
    var highest = Scalar[dtype].MAX - 1
    comptime if E == Encoding.DECIMAL128:
        highest = Scalar[dtype](10**38 - 1)
    var kind = at % 4
    if kind == 0:
        return Q(highest)
    if kind == 1:
        return Q(Scalar[dtype](at))
    if kind == 2:
        comptime if E != Encoding.DECIMAL128 or optional:
            return Q.UNDEFINED
    return Q(0)


def time[E: Encoding](at: Int) -> UnixNanos[E]:
    """The first and the last instant, and some between."""
    if at % 3 == 0:
        return UnixNanos[E](UInt64(at))
    if at % 3 == 1:
        comptime if E != Encoding.DECIMAL128:
            return UnixNanos[E](UInt64.MAX)
        return UnixNanos[E](UInt64.MAX >> 1)
    return UnixNanos[E](UInt64(1_704_196_800_000_000_000 + at))


def instrument[E: Encoding]() raises Fault -> Subject[E]:
    return Subject[E]("BRK.B.XNYS", 2, 3)


def bars[E: Encoding](rows: Int = ROWS) raises Fault -> List[Bar[E]]:
    var of = Subject[E, "bar_type"](BAR_TYPE, 5, 0)
    var result = List[Bar[E]]()
    for i in range(rows):
        result.append(
            Bar[E](
                of,
                price[E](i),
                price[E](i + 1),
                price[E](i + 2),
                price[E](i + 3),
                size[E](i),
                time[E](i),
                time[E](i + 1),
            )
        )
    return result^


def quotes[E: Encoding](rows: Int = ROWS) raises Fault -> List[QuoteTick[E]]:
    var of = instrument[E]()
    var result = List[QuoteTick[E]]()
    for i in range(rows):
        result.append(
            QuoteTick[E](
                of,
                price[E](i),
                price[E](i + 1),
                size[E](i),
                size[E](i + 1),
                time[E](i),
                time[E](i + 1),
            )
        )
    return result^


def trades[E: Encoding](rows: Int = ROWS) raises Fault -> List[TradeTick[E]]:
    var of = instrument[E]()
    var result = List[TradeTick[E]]()
    for i in range(rows):
        result.append(
            TradeTick[E](
                of,
                price[E](i),
                size[E](i),
                AggressorSide(UInt8(i % 3)),
                String("é") * i,
                time[E](i),
                time[E](i + 1),
            )
        )
    return result^


def deltas[
    E: Encoding
](rows: Int = ROWS) raises Fault -> List[OrderBookDelta[E]]:
    var of = instrument[E]()
    var result = List[OrderBookDelta[E]]()
    for i in range(rows):
        result.append(
            OrderBookDelta[E](
                of,
                BookAction(UInt8(1 + i % 4)),
                OrderSide(UInt8(i % 3)),
                price[E, True](i),
                size[E, True](i),
                UInt64.MAX - UInt64(i),
                UInt8(255 - i),
                UInt64(i),
                time[E](i),
                time[E](i + 1),
            )
        )
    return result^


def depths[
    E: Encoding
](rows: Int = ROWS) raises Fault -> List[OrderBookDepth10[E]]:
    var of = instrument[E]()
    var result = List[OrderBookDepth10[E]]()
    for i in range(rows):
        var bids = Levels(fill=price[E, True](0))
        var asks = bids.copy()
        var bid_sizes = Levels(fill=size[E, True](0))
        var ask_sizes = bid_sizes.copy()
        var bid_counts = Levels(fill=UInt32(0))
        var ask_counts = bid_counts.copy()
        for level in range(10):
            bids.values[level] = price[E, True](i + level)
            asks.values[level] = price[E, True](i + 2 * level)
            bid_sizes.values[level] = size[E, True](i + level)
            ask_sizes.values[level] = size[E, True](i + 3 * level)
            bid_counts.values[level] = UInt32(100 * i + level)
            ask_counts.values[level] = UInt32.MAX - UInt32(level)
        result.append(
            OrderBookDepth10[E](
                of,
                bids^,
                asks^,
                bid_sizes^,
                ask_sizes^,
                bid_counts^,
                ask_counts^,
                UInt8(i),
                UInt64.MAX,
                time[E](i),
                time[E](i + 1),
            )
        )
    return result^


@fieldwise_init
struct Change(Equatable, TrivialRegisterPassable):
    """What is done to one column of a batch."""

    var code: Int
    comptime NONE = Self(0)
    comptime DROPPED = Self(1)
    comptime OF_ANOTHER_TYPE = Self(2)
    comptime OF_ANOTHER_WIDTH = Self(3)
    comptime WITH_A_NULL = Self(4)
    comptime TWICE = Self(5)


def altered[
    T: Record
](
    batch: Batch, at: Int, change: Change, *, reverse: Bool = False
) raises Fault -> Batch:
    """The columns of a batch, one of them changed; with one more column if reversed."""
    var maker = BatchMaker(rows=batch.rows())
    if reverse:
        maker.add("more", "g", List[Float64](length=batch.rows(), fill=0.5))
    var count = batch.columns()
    for i in range(count):
        var index = count - 1 - i if reverse else i
        var found = change if index == at else Change.NONE
        if found == Change.DROPPED:
            continue
        _copy(maker, batch, index, found)
        if found == Change.TWICE:
            _copy(maker, batch, index, Change.NONE)
    return maker^.finish(batch.schema[].metadata())


def _copy(
    mut maker: BatchMaker, batch: Batch, at: Int, change: Change
) raises Fault:
    var rows = batch.rows()
    var name = batch.schema[].fields[batch.schema[].field_index(at)].name
    var column = batch.column(at)
    var type = column.type.copy()
    if change == Change.OF_ANOTHER_TYPE:
        maker.add(name, "s", List[Int16](length=rows, fill=1))
        return
    if change == Change.OF_ANOTHER_WIDTH:
        if type.width == 16:
            maker.add(name, "w:8", List[Int64](length=rows, fill=1))
        else:
            maker.add(name, "w:16", List[Int128](length=rows, fill=1))
        return
    var validity = List[UInt8]()
    if column.null_count() > 0 or change == Change.WITH_A_NULL:
        validity = List[UInt8](length=(rows + 7) // 8, fill=0)
        for row in range(rows):
            if column.validity()[row]:
                validity[row // 8] |= UInt8(1) << UInt8(row % 8)
    if change == Change.WITH_A_NULL:
        validity[0] &= 0b1111_1101
    if type.format == "u":
        var texts = column.texts(name)
        var offsets: List[Int32] = [0]
        var bytes = List[UInt8]()
        for row in range(rows):
            bytes.extend(texts[row].span())
            offsets.append(Int32(len(bytes)))
        maker.add_texts(name, offsets^, bytes^, validity^)
        return
    comptime for dtype in [
        DType.uint8,
        DType.uint32,
        DType.uint64,
        DType.int64,
        DType.int128,
    ]:
        if type.holds[dtype]() and (type.dtype or not dtype.is_unsigned()):
            var values = List[Scalar[dtype]]()
            var view = column.values[dtype](name)
            for row in range(rows):
                values.append(view[row])
            maker.add(name, type.format, values^, validity^)
            return
