"""Levels over rows in pieces of any size, against a plain loop."""

from std.random import random_si64, random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_true

from barrow.fence import ColumnView, MutColumnView, Pool
from barrow.resample import Buckets, Cascade, Level, Rows, Sink, Trouble

comptime MINUTE = Int64(60_000_000_000)


struct Table[price: DType, size: DType](Movable):
    """Columns that are read as rows and written as a sink."""

    var values: List[List[Scalar[Self.price]]]
    var volume: List[Scalar[Self.size]]
    var stamps: List[Int64]
    var inits: List[UInt64]
    var counts: List[Int64]

    def __init__(out self, rows: Int):
        self.values = List[List[Scalar[Self.price]]]()
        for _ in range(4):
            self.values.append(List[Scalar[Self.price]](length=rows, fill=0))
        self.volume = List[Scalar[Self.size]](length=rows, fill=0)
        self.stamps = List[Int64](length=rows, fill=0)
        self.inits = List[UInt64](length=rows, fill=0)
        self.counts = List[Int64](length=rows, fill=0)

    def price_at(self, column: Int, first: Int) -> Int:
        return Int(self.values[column].unsafe_ptr().unsafe_offset(first))

    def rows(self, begin: Int, end: Int) -> Rows[Self.price, Self.size]:
        var n = end - begin
        return Rows[Self.price, Self.size](
            ColumnView[Self.price](address=self.price_at(0, begin), length=n),
            ColumnView[Self.price](address=self.price_at(1, begin), length=n),
            ColumnView[Self.price](address=self.price_at(2, begin), length=n),
            ColumnView[Self.price](address=self.price_at(3, begin), length=n),
            ColumnView[Self.size](
                address=Int(self.volume.unsafe_ptr().unsafe_offset(begin)),
                length=n,
            ),
            ColumnView[DType.int64](
                address=Int(self.stamps.unsafe_ptr().unsafe_offset(begin)),
                length=n,
            ),
            ColumnView[DType.uint64](
                address=Int(self.inits.unsafe_ptr().unsafe_offset(begin)),
                length=n,
            ),
            ColumnView[DType.int64](
                address=Int(self.counts.unsafe_ptr().unsafe_offset(begin)),
                length=n,
            ),
        )

    def sink(self) -> Sink[Self.price, Self.size]:
        var n = len(self.stamps)
        return Sink[Self.price, Self.size](
            MutColumnView[Self.price](address=self.price_at(0, 0), length=n),
            MutColumnView[Self.price](address=self.price_at(1, 0), length=n),
            MutColumnView[Self.price](address=self.price_at(2, 0), length=n),
            MutColumnView[Self.price](address=self.price_at(3, 0), length=n),
            MutColumnView[Self.size](
                address=Int(self.volume.unsafe_ptr()), length=n
            ),
            MutColumnView[DType.int64](
                address=Int(self.stamps.unsafe_ptr()), length=n
            ),
            MutColumnView[DType.uint64](
                address=Int(self.inits.unsafe_ptr()), length=n
            ),
            MutColumnView[DType.int64](
                address=Int(self.counts.unsafe_ptr()), length=n
            ),
            0,
        )


@fieldwise_init
struct Made(Copyable, Equatable, Writable):
    """A bar as plain numbers."""

    var start: Int64
    var open: Int64
    var high: Int64
    var low: Int64
    var close: Int64
    var volume: UInt64
    var init: UInt64
    var count: Int64


def random_rows[
    price: DType, size: DType
](rows: Int, longest: Int) -> Table[price, size]:
    var table = Table[price, size](rows)
    var stamp = 1_000 * MINUTE + 7
    for i in range(rows):
        stamp += Int64(random_ui64(0, UInt64(longest))) * MINUTE
        if random_ui64(0, 99) == 0:
            stamp += 3000 * MINUTE
        table.stamps[i] = stamp
        table.inits[i] = UInt64(stamp) + random_ui64(0, 3) * UInt64(MINUTE)
        for k in range(4):
            table.values[k][i] = random_si64(-900, 900).cast[price]()
        table.volume[i] = random_ui64(0, 50).cast[size]()
    return table^


def of_step(stamp: Int64, step: Int64, origin: Int64) -> Int64:
    return stamp - (stamp - origin) % step


def plainly[
    price: DType, size: DType
](table: Table[price, size], edges: List[Int64], left_out: List[Bool]) -> List[
    Made
]:
    """Bars between edges, one row at a time; the last one as it is so far."""
    var bars = List[Made]()
    var at = 0
    for i in range(len(table.stamps)):
        while at + 1 < len(edges) and edges[at + 1] <= table.stamps[i]:
            at += 1
        if at < len(left_out) and left_out[at]:
            continue
        var high = table.values[1][i].cast[DType.int64]()
        var low = table.values[2][i].cast[DType.int64]()
        var known = max(UInt64(table.stamps[i]), table.inits[i])
        var n = len(bars)
        if n == 0 or bars[n - 1].start != edges[at]:
            if n > 0:
                var before = at - 1
                while edges[before] != bars[n - 1].start:
                    before -= 1
                bars[n - 1].init = max(
                    bars[n - 1].init, UInt64(edges[before + 1])
                )
            bars.append(
                Made(
                    edges[at],
                    table.values[0][i].cast[DType.int64](),
                    high,
                    low,
                    0,
                    0,
                    known,
                    0,
                )
            )
            n += 1
        ref bar = bars[n - 1]
        bar.high = max(bar.high, high)
        bar.low = min(bar.low, low)
        bar.close = table.values[3][i].cast[DType.int64]()
        bar.volume += table.volume[i].cast[DType.uint64]()
        bar.init = max(bar.init, known)
        bar.count += 1
    return bars^


def edges_of(first: Int64, last: Int64, step: Int64) -> List[Int64]:
    var edges: List[Int64] = [of_step(first, step, 0)]
    while edges[len(edges) - 1] <= last:
        edges.append(edges[len(edges) - 1] + step)
    return edges^


def as_pool[T: ImplicitlyCopyable & Deinitable](items: List[T]) -> Pool[T]:
    var pool = Pool[T]()
    for item in items:
        pool.append(item)
    return pool^


struct Driver[price: DType, size: DType](Movable):
    """A cascade, its sinks, and what came out of them so far."""

    var cascade: Cascade[Self.price, Self.size]
    var rooms: List[Table[Self.price, Self.size]]
    var sinks: List[Sink[Self.price, Self.size]]
    var bars: List[List[Made]]

    def __init__(
        out self, var levels: List[Level[Self.price, Self.size]], room: Int
    ):
        self.rooms = List[Table[Self.price, Self.size]]()
        self.sinks = List[Sink[Self.price, Self.size]]()
        self.bars = List[List[Made]]()
        for _ in range(len(levels)):
            self.rooms.append(Table[Self.price, Self.size](room))
            self.bars.append(List[Made]())
        for i in range(len(levels)):
            self.sinks.append(self.rooms[i].sink())
        self.cascade = Cascade[Self.price, Self.size](levels^, 0, 0)

    def collect(mut self):
        """Takes the bars out and clears the sinks, as the caller of a push does."""
        for i in range(len(self.sinks)):
            ref room = self.rooms[i]
            for at in range(self.sinks[i].filled):
                self.bars[i].append(
                    Made(
                        room.stamps[at],
                        room.values[0][at].cast[DType.int64](),
                        room.values[1][at].cast[DType.int64](),
                        room.values[2][at].cast[DType.int64](),
                        room.values[3][at].cast[DType.int64](),
                        room.volume[at].cast[DType.uint64](),
                        room.inits[at],
                        room.counts[at],
                    )
                )
            self.sinks[i].filled = 0

    def push(
        mut self, table: Table[Self.price, Self.size], begin: Int, end: Int
    ) raises:
        var trouble = self.cascade.push(table.rows(begin, end), self.sinks)
        assert_equal(trouble.code, Trouble.NONE)
        self.collect()

    def finish(mut self) raises:
        var seen = self.cascade.peek(self.sinks, False)
        assert_equal(seen[0].code, Trouble.NONE)
        self.collect()


def three_levels[
    price: DType, size: DType
](table: Table[price, size], left_out: List[Bool]) -> List[Level[price, size]]:
    """5 minutes; 15 minutes from those; an hour from edges, with some left out."""
    var levels = List[Level[price, size]]()
    levels.append(Level[price, size](Buckets(step=5 * MINUTE, origin=0), -1))
    levels.append(Level[price, size](Buckets(step=15 * MINUTE, origin=0), 0))
    var n = len(table.stamps)
    var edges = edges_of(table.stamps[0], table.stamps[n - 1], 60 * MINUTE)
    levels.append(
        Level[price, size](
            Buckets(edges=as_pool(edges), left_out=as_pool(left_out)), -1
        )
    )
    return levels^


def check_all[price: DType, size: DType](rows: Int, longest: Int) raises:
    var table = random_rows[price, size](rows, longest)
    var first = table.stamps[0]
    var last = table.stamps[rows - 1]
    var left_out = List[Bool]()
    for i in range(len(edges_of(first, last, 60 * MINUTE)) - 1):
        left_out.append(i % 5 == 2)
    var none = List[Bool]()
    for piece in [1, 3, 64, rows]:
        var driver = Driver[price, size](
            three_levels(table, left_out), piece + 2
        )
        var at = 0
        while at < rows:
            driver.push(table, at, min(at + piece, rows))
            at += piece
        driver.finish()
        for each in [(0, Int64(5)), (1, Int64(15)), (2, Int64(60))]:
            var edges = edges_of(first, last, each[1] * MINUTE)
            var wanted = plainly(
                table, edges, left_out if each[0] == 2 else none
            )
            assert_equal(len(driver.bars[each[0]]), len(wanted))
            for i in range(len(wanted)):
                assert_equal(driver.bars[each[0]][i], wanted[i])
        var out = 0
        for i in range(rows):
            var hour = (
                of_step(table.stamps[i], 60 * MINUTE, 0)
                - of_step(first, 60 * MINUTE, 0)
            ) // (60 * MINUTE)
            out += Int(hour % 5 == 2)
        assert_equal(driver.cascade.levels[2].left_out, out)


def test_levels_of_64_bits() raises:
    seed(1)
    check_all[DType.int64, DType.uint64](1, 1)
    check_all[DType.int64, DType.uint64](700, 1)
    check_all[DType.int64, DType.uint64](700, 9)
    check_all[DType.int64, DType.uint64](9000, 2)


def test_levels_of_128_bits() raises:
    seed(2)
    check_all[DType.int128, DType.uint128](700, 1)
    check_all[DType.int128, DType.uint128](5000, 3)


def check_restored[price: DType, size: DType]() raises:
    seed(3)
    var table = random_rows[price, size](400, 2)
    var none = List[Bool]()
    var whole = Driver[price, size](three_levels(table, none), 500)
    whole.push(table, 0, 400)
    whole.finish()
    var driver = Driver[price, size](three_levels(table, none), 500)
    var at = 0
    while at < 400:
        driver.push(table, at, at + 40)
        at += 40
        var words = List[UInt64]()
        driver.cascade.save(words)
        assert_equal(
            len(words),
            Cascade[price, size].WORDS
            + 3 * Cascade[price, size].WORDS_OF_LEVEL,
        )
        var other = Driver[price, size](three_levels(table, none), 500)
        assert_true(other.cascade.restore(words))
        other.bars = driver.bars.copy()
        driver = other^
        words.append(0)
        assert_true(not driver.cascade.restore(words))
    driver.finish()
    for i in range(3):
        assert_equal(len(driver.bars[i]), len(whole.bars[i]))
        for k in range(len(whole.bars[i])):
            assert_equal(driver.bars[i][k], whole.bars[i][k])


def test_a_state_goes_on_where_it_was_saved() raises:
    check_restored[DType.int64, DType.uint64]()
    check_restored[DType.int128, DType.uint128]()


def minute_rows[price: DType, size: DType](rows: Int) -> Table[price, size]:
    """A row a minute from an hour on, all alike."""
    var table = Table[price, size](rows)
    for i in range(rows):
        table.stamps[i] = 1200 * MINUTE + Int64(i) * MINUTE
        table.inits[i] = UInt64(table.stamps[i])
        table.volume[i] = 1
    return table^


def test_peeking_changes_nothing_and_advancing_ends_bars() raises:
    var table = minute_rows[DType.int64, DType.uint64](7)
    var none = List[Bool]()
    var driver = Driver[DType.int64, DType.uint64](three_levels(table, none), 9)
    driver.push(table, 0, 7)
    assert_equal(len(driver.bars[0]), 1)
    for _ in range(2):
        var seen = driver.cascade.peek(driver.sinks, False)
        for state in seen[1]:
            assert_equal(state.code, 1)
        assert_equal(driver.sinks[0].filled, 1)
        assert_equal(driver.rooms[0].counts[0], 2)
        # The level above has those that the finer one has not handed on.
        assert_equal(driver.rooms[1].counts[0], 7)
        for i in range(3):
            driver.sinks[i].filled = 0
    var ended = driver.cascade.peek(driver.sinks, True)
    assert_equal(ended[0].code, Trouble.NONE)
    assert_equal(driver.rooms[1].inits[0], UInt64(1215 * MINUTE))
    for i in range(3):
        driver.sinks[i].filled = 0
    var trouble = driver.cascade.advance(1215 * MINUTE, driver.sinks)
    assert_equal(trouble.code, Trouble.NONE)
    driver.collect()
    assert_equal(len(driver.bars[0]), 2)
    assert_equal(len(driver.bars[1]), 1)
    assert_equal(driver.bars[1][0].count, 7)
    assert_equal(len(driver.bars[2]), 0)
    # Rows may not be earlier any more.
    var late = driver.cascade.push(table.rows(6, 7), driver.sinks)
    assert_equal(late.code, Trouble.ORDER)
    assert_equal(late.at, 0)
    _ = table^


def test_trouble_is_told_by_code_level_and_place() raises:
    comptime largest = Int64(9_223_372_036_000_000_000)
    var none = List[Bool]()
    for rows in [40, 6000]:
        for bad in [1, 7, 8, 9, 30, rows - 1]:
            var table = minute_rows[DType.int64, DType.uint64](rows)
            var stamp = table.stamps[bad]
            table.stamps[bad] = table.stamps[bad - 1] - 1
            var driver = Driver[DType.int64, DType.uint64](
                three_levels(table, none), rows + 1
            )
            var told = driver.cascade.push(table.rows(0, rows), driver.sinks)
            assert_equal(told.code, Trouble.ORDER)
            assert_equal(told.at, Int64(bad))
            assert_equal(told.level, -1)
            table.stamps[bad] = stamp
            table.values[1][bad] = largest + 1
            driver = Driver[DType.int64, DType.uint64](
                three_levels(table, none), rows + 1
            )
            told = driver.cascade.push(table.rows(0, rows), driver.sinks)
            if told.code == Trouble.NONE:  # in the bar that is still open
                told = driver.cascade.peek(driver.sinks, False)[0]
            assert_equal(told.code, Trouble.PRICE)
            assert_equal(told.level, 0)
            assert_equal(told.at, of_step(stamp, 5 * MINUTE, 0))
            table.values[1][bad] = 0
            table.volume[bad] = UInt64.MAX
            driver = Driver[DType.int64, DType.uint64](
                three_levels(table, none), rows + 1
            )
            told = driver.cascade.push(table.rows(0, rows), driver.sinks)
            if told.code == Trouble.NONE:
                told = driver.cascade.peek(driver.sinks, False)[0]
            assert_equal(told.code, Trouble.VOLUME)
            assert_equal(told.at, of_step(stamp, 5 * MINUTE, 0))
            _ = table^
    var table = minute_rows[DType.int64, DType.uint64](40)
    var driver = Driver[DType.int64, DType.uint64](three_levels(table, none), 3)
    var full = driver.cascade.push(table.rows(0, 40), driver.sinks)
    assert_equal(full.code, Trouble.FULL)
    assert_equal(full.level, 0)
    _ = table^


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
