"""Intervals inside of ranges, and rows that are outside of them."""

from std.random import random_si64, seed
from std.testing import TestSuite, assert_equal, assert_false, assert_true

from barrow.fence import ColumnView, MutColumnView, Pool
from barrow.resample import Bucket, Buckets, Cascade, Level, Rows, Sink, Trouble


def edges_of(values: List[Int64]) -> Pool[Int64]:
    var edges = Pool[Int64]()
    for value in values:
        edges.append(value)
    return edges^


def flags_of(values: List[Bool]) -> Pool[Bool]:
    var flags = Pool[Bool]()
    for value in values:
        flags.append(value)
    return flags^


def ranges(step: Int64) -> Buckets:
    """Ranges from 100 to 125 and from 200 to 230."""
    return Buckets(
        step=step,
        edges=edges_of([0, 100, 125, 200, 230, 1000]),
        left_out=flags_of([True, False, True, False, True]),
    )


def check(found: Bucket, start: Int64, end: Int64, left_out: Bool) raises:
    assert_equal(found.start, start)
    assert_equal(found.end, end)
    assert_equal(found.left_out, left_out)


def test_intervals_start_with_a_range_and_end_with_it() raises:
    var buckets = ranges(10)
    var last = Bucket(0, Int64.MAX, False)
    last = buckets.find(7, last)
    check(last, 0, 10, True)
    last = buckets.find(100, last)
    check(last, 100, 110, False)
    last = buckets.find(110, last)
    check(last, 110, 120, False)
    last = buckets.find(124, last)
    check(last, 120, 125, False)
    last = buckets.find(125, last)
    check(last, 125, 135, True)
    last = buckets.find(229, last)
    check(last, 220, 230, False)
    last = buckets.find(5000, last)
    assert_equal(last.start, 5000)
    assert_false(last.left_out)


def test_any_stamps_are_where_counting_puts_them() raises:
    seed(1)
    var bounds: List[Int64] = [0, 100, 125, 200, 230, 1000]
    for _ in range(200):
        var step = random_si64(1, 60)
        var buckets = ranges(step)
        var last = Bucket(0, Int64.MAX, False)
        var stamp = Int64(0)
        while True:
            stamp += random_si64(0, 40)
            if stamp >= 1000:
                break
            last = buckets.find(stamp, last)
            var at = 0
            while bounds[at + 1] <= stamp:
                at += 1
            var start = stamp - (stamp - bounds[at]) % step
            check(last, start, min(start + step, bounds[at + 1]), at % 2 == 0)


def test_rows_outside_are_counted_or_refused() raises:
    comptime rows = 60
    var stamps = List[Int64]()
    var values = List[Int64]()
    var sizes = List[UInt64]()
    var inits = List[UInt64]()
    for i in range(rows):
        stamps.append(Int64(5 * i))
        values.append(Int64(i))
        sizes.append(1)
        inits.append(UInt64(5 * i))
    var prices = ColumnView[DType.int64](
        address=Int(values.unsafe_ptr()), length=rows
    )
    var times = ColumnView[DType.int64](
        address=Int(stamps.unsafe_ptr()), length=rows
    )
    var input = Rows[DType.int64, DType.uint64](
        prices,
        prices,
        prices,
        prices,
        ColumnView[DType.uint64](address=Int(sizes.unsafe_ptr()), length=rows),
        times,
        ColumnView[DType.uint64](address=Int(inits.unsafe_ptr()), length=rows),
        times,
    )
    for refuses in [False, True]:
        var memory = List[UInt64](length=8 * (rows + 1), fill=0)
        var sinks: List[Sink[DType.int64, DType.uint64]] = [
            sink_over(Int(memory.unsafe_ptr()), rows + 1)
        ]
        var levels = List[Level[DType.int64, DType.uint64]]()
        levels.append(Level[DType.int64, DType.uint64](ranges(10), -1))
        var cascade = Cascade[DType.int64, DType.uint64](levels^, 0, 0)
        cascade.keep_to(ranges(1000), refuses)
        var told = cascade.push(input, sinks)
        if refuses:
            assert_equal(told.code, Trouble.OUTSIDE)
            assert_equal(told.at, 0)
        else:
            assert_equal(told.code, Trouble.NONE)
            # Five rows from 100 on and six from 200 on are inside.
            assert_equal(cascade.outside, rows - 11)
            assert_equal(sinks[0].filled, 6)
            var counts = [Int64(2), 2, 1, 2, 2, 2]
            for i in range(6):
                assert_equal(sinks[0].count.load(i), counts[i])
            # It goes on from what was saved.
            var words = List[UInt64]()
            cascade.save(words)
            cascade.outside = 0
            assert_true(cascade.restore(words))
            assert_equal(cascade.outside, rows - 11)
        _ = memory^
    _ = values^
    _ = stamps^
    _ = sizes^
    _ = inits^


def sink_over(address: Int, room: Int) -> Sink[DType.int64, DType.uint64]:
    var prices = List[MutColumnView[DType.int64]]()
    for i in range(4):
        prices.append(
            MutColumnView[DType.int64](
                address=address + 8 * room * i, length=room
            )
        )
    return Sink[DType.int64, DType.uint64](
        prices[0],
        prices[1],
        prices[2],
        prices[3],
        MutColumnView[DType.uint64](
            address=address + 8 * room * 4, length=room
        ),
        MutColumnView[DType.int64](address=address + 8 * room * 5, length=room),
        MutColumnView[DType.uint64](
            address=address + 8 * room * 6, length=room
        ),
        MutColumnView[DType.int64](address=address + 8 * room * 7, length=room),
        0,
    )


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
