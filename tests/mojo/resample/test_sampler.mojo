"""Information bars: any room and any batches give the same, and volume is kept."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_false, assert_true

from barrow.fence import ColumnView, MutColumnView
from barrow.resample import Amount, Rows, Sampler, Sink, Threshold
from barrow.resample.sampler import BARS_TROUBLE, SOUND, VOLUME_TROUBLE
from barrow.resample.threshold import (
    EXPECTED_IMBALANCE,
    EXPECTED_RUNS,
    IMBALANCE,
    PLAIN,
    RENKO,
    REPORTED_OR_TICK_RULE,
    RUNS,
    Signs,
    TICK,
    TICK_RULE,
    VALUE,
    VOLUME,
)

comptime ROWS = 203


def view[dtype: DType](mut values: List[Scalar[dtype]]) -> ColumnView[dtype]:
    return ColumnView[dtype](
        address=Int(values.unsafe_ptr()), length=len(values)
    )


def room[dtype: DType](mut values: List[Scalar[dtype]]) -> MutColumnView[dtype]:
    return MutColumnView[dtype](
        address=Int(values.unsafe_ptr()), length=len(values)
    )


struct Trades[price: DType, size: DType](Movable):
    """Columns of random trades."""

    var prices: List[Scalar[Self.price]]
    var sizes: List[Scalar[Self.size]]
    var sides: List[UInt8]
    var stamps: List[Int64]
    var inits: List[UInt64]

    def __init__(out self, count: Int, largest: Int):
        self.prices = List[Scalar[Self.price]]()
        self.sizes = List[Scalar[Self.size]]()
        self.sides = List[UInt8]()
        self.stamps = List[Int64]()
        self.inits = List[UInt64]()
        var paid = 1000
        for i in range(count):
            paid += Int(random_ui64(0, 6)) - 3
            self.prices.append(Scalar[Self.price](paid))
            self.sizes.append(
                Scalar[Self.size](Int(random_ui64(0, UInt64(largest))))
            )
            self.sides.append(UInt8(Int(random_ui64(0, 2))))
            self.stamps.append(Int64(i))
            self.inits.append(UInt64(i))

    def rows(mut self) -> Rows[Self.price, Self.size]:
        return Rows[Self.price, Self.size](
            view(self.prices),
            view(self.prices),
            view(self.prices),
            view(self.prices),
            view(self.sizes),
            view(self.stamps),
            view(self.inits),
            view(self.stamps),
        )

    def volume(self) -> Int:
        var sum = 0
        for i in range(len(self.sizes)):
            sum += Int(self.sizes[i])
        return sum


struct Bars[price: DType, size: DType](Movable):
    """Room for bars, used again whenever it is full."""

    var prices: List[Scalar[Self.price]]
    var sizes: List[Scalar[Self.size]]
    var stamps: List[Int64]
    var inits: List[UInt64]
    var counts: List[Int64]
    var all: List[Int]
    """Open, close, volume, stamp and count of every bar."""

    def __init__(out self, count: Int):
        self.prices = List[Scalar[Self.price]](length=4 * count, fill=0)
        self.sizes = List[Scalar[Self.size]](length=count, fill=0)
        self.stamps = List[Int64](length=count, fill=0)
        self.inits = List[UInt64](length=count, fill=0)
        self.counts = List[Int64](length=count, fill=0)
        self.all = List[Int]()

    def sink(mut self) -> Sink[Self.price, Self.size]:
        var count = len(self.sizes)
        var at = Int(self.prices.unsafe_ptr())
        comptime width = 8 if Self.price == DType.int64 else 16
        return Sink[Self.price, Self.size](
            MutColumnView[Self.price](address=at, length=count),
            MutColumnView[Self.price](address=at + width * count, length=count),
            MutColumnView[Self.price](
                address=at + 2 * width * count, length=count
            ),
            MutColumnView[Self.price](
                address=at + 3 * width * count, length=count
            ),
            room(self.sizes),
            room(self.stamps),
            room(self.inits),
            room(self.counts),
            0,
        )

    def take(mut self, filled: Int):
        var count = len(self.sizes)
        for i in range(filled):
            self.all.append(Int(self.prices[i]))
            self.all.append(Int(self.prices[3 * count + i]))
            self.all.append(Int(self.sizes[i]))
            self.all.append(Int(self.stamps[i]))
            self.all.append(Int(self.counts[i]))


def threshold(
    measure: Int, rule: Int, step: Int, nautilus: Bool = False
) -> Threshold:
    return Threshold(
        measure,
        rule,
        Amount(step),
        1,
        REPORTED_OR_TICK_RULE,
        False,
        nautilus,
        5,
        1,
        1000,
    )


def fold[
    price: DType, size: DType
](
    mut trades: Trades[price, size], wanted: Threshold, space: Int, saved: Bool
) -> List[Int]:
    """All bars, made with so much room; the sampler goes on from a saved state."""
    var bars = Bars[price, size](space)
    var sampler = Sampler[price, size](wanted)
    var rows = trades.rows()
    var sides = view(trades.sides)
    var at = 0
    while at < len(rows):
        var sink = bars.sink()
        at = sampler.push(rows, sides, at, sink)
        bars.take(sink.filled)
        if sampler.trouble != SOUND:
            break
    if saved:
        var words = List[UInt64]()
        sampler.save(words)
        var other = Sampler[price, size](wanted)
        if not other.restore(words):
            return List[Int]()
        sampler = other^
    var last = bars.sink()
    _ = sampler.peek(last)
    bars.take(last.filled)
    var all = bars.all.copy()
    _ = trades.volume()
    return all^


def check[price: DType, size: DType](wanted: Threshold) raises:
    var trades = Trades[price, size](ROWS, 40)
    var whole = fold(trades, wanted, 20_000, False)
    assert_true(len(whole) > 0)
    for space in [1, 2, 7, 64]:
        var found = fold(trades, wanted, space, space == 7)
        assert_equal(len(found), len(whole))
        for i in range(len(whole)):
            assert_equal(found[i], whole[i])
    if not wanted.nautilus:
        var volume = 0
        for i in range(2, len(whole), 5):
            volume += whole[i]
        assert_equal(volume, trades.volume())


def test_any_room_gives_the_same_bars_and_all_volume() raises:
    seed(20240102)
    for measure in [TICK, VOLUME, VALUE]:
        for rule in [
            PLAIN,
            IMBALANCE,
            RUNS,
            EXPECTED_IMBALANCE,
            EXPECTED_RUNS,
        ]:
            for times in [1, 3, 20]:
                var step = times * 997 if measure == VALUE else times
                for nautilus in [False, rule == RUNS]:
                    check[DType.int64, DType.uint64](
                        threshold(measure, rule, step, nautilus)
                    )
                    check[DType.int128, DType.uint128](
                        threshold(measure, rule, step, nautilus)
                    )
    for step in [1, 4]:
        for nautilus in [False, True]:
            check[DType.int64, DType.uint64](
                threshold(RENKO, PLAIN, step, nautilus)
            )
            check[DType.int128, DType.uint128](
                threshold(RENKO, PLAIN, step, nautilus)
            )


def test_parts_of_a_size_are_whole_units() raises:
    var trades = Trades[DType.int64, DType.uint64](ROWS, 40)
    for i in range(ROWS):
        trades.sizes[i] *= 8
    var wanted = threshold(VALUE, PLAIN, 12_345)
    wanted.unit = 8
    var bars = fold(trades, wanted, 64, False)
    var volume = 0
    for i in range(2, len(bars), 5):
        assert_equal(bars[i] % 8, 0)
        volume += bars[i]
    assert_equal(volume, trades.volume())


def test_a_row_does_not_fill_bars_without_end() raises:
    var trades = Trades[DType.int64, DType.uint64](4, 40)
    trades.sizes[2] = UInt64(1) << 40
    var bars = Bars[DType.int64, DType.uint64](10_000)
    var sampler = Sampler[DType.int64, DType.uint64](
        threshold(VOLUME, PLAIN, 1)
    )
    var sink = bars.sink()
    var at = sampler.push(trades.rows(), view(trades.sides), 0, sink)
    assert_equal(at, 2)
    assert_equal(sampler.trouble, BARS_TROUBLE)
    assert_equal(sampler.trouble_at, 2)
    _ = trades.volume()


def test_a_volume_that_is_not_held_is_noted() raises:
    var trades = Trades[DType.int64, DType.uint64](3, 40)
    for i in range(3):
        trades.sizes[i] = UInt64(18_446_744_073) * 10**9
    var bars = Bars[DType.int64, DType.uint64](10)
    var sampler = Sampler[DType.int64, DType.uint64](threshold(TICK, PLAIN, 2))
    var sink = bars.sink()
    _ = sampler.push(trades.rows(), view(trades.sides), 0, sink)
    assert_equal(sampler.trouble, VOLUME_TROUBLE)
    assert_equal(sampler.trouble_at, 1)
    _ = trades.volume()


def test_the_tick_rule_goes_by_the_last_change() raises:
    var signs = Signs[DType.int64]()
    var prices: List[Int64] = [5, 5, 6, 6, 4, 4, 7]
    var wanted: List[Int] = [0, 0, 1, 1, -1, -1, 1]
    for i in range(len(prices)):
        assert_equal(signs.next(TICK_RULE, 1, prices[i]), wanted[i])
        assert_equal(signs.next(TICK_RULE, 2, prices[i]), wanted[i])


def test_words_of_something_else_are_refused() raises:
    var sampler = Sampler[DType.int64, DType.uint64](threshold(TICK, PLAIN, 5))
    var words = List[UInt64]()
    assert_false(sampler.restore(words))
    sampler.save(words)
    assert_equal(len(words), Sampler[DType.int64, DType.uint64].WORDS)
    assert_true(sampler.restore(words))
    words[4] = 5  # as much as the threshold
    assert_false(sampler.restore(words))


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
