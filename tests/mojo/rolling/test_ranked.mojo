"""Keys put in order, and windows in lanes, against what is sorted each time."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal

from barrow.rolling.lanes import Row, SQUARE
from barrow.rolling.ranked import KeyOrder, ordered_key
from barrow.rolling.sorted_lanes import SortedLanes


def check(keys: List[UInt64]) raises:
    var order = KeyOrder(len(keys))
    var least = UInt64.MAX
    var greatest = UInt64(0)
    for i in range(len(keys)):
        order.keys.store(i, keys[i])
        order.places.store(i, UInt32(i))
        least = min(least, keys[i])
        greatest = max(greatest, keys[i])
    order.arrange(len(keys), least, greatest)
    for rank in range(len(keys)):
        var place = Int(order.places.load(rank))
        assert_equal(Int(order.ranks.load(place)), rank)
        if rank > 0:
            var before = Int(order.places.load(rank - 1))
            assert_equal(keys[before] <= keys[place], True)
            if keys[before] == keys[place]:
                # Equal ones stay as they were.
                assert_equal(before < place, True)


def test_keys_of_any_spread_are_sorted() raises:
    seed(5)
    for size in [1, 2, 63, 1_024, 3_000]:
        for bits in [0, 1, 8, 21, 22, 23, 44, 63, 64]:
            var most = (
                UInt64.MAX if bits == 64 else (UInt64(1) << UInt64(bits)) - 1
            )
            var keys = List[UInt64](capacity=size)
            for _ in range(size):
                keys.append(random_ui64(0, most))
            check(keys)
            # A single one that is far away.
            keys[size // 2] = UInt64.MAX
            check(keys)


def test_keys_are_in_the_order_of_numbers() raises:
    var numbers: List[Float64] = [-1e300, -2, -1, -5e-324, 0, 5e-324, 1, 1e300]
    for i in range(1, len(numbers)):
        var before = ordered_key[1](numbers[i - 1])
        assert_equal(before < ordered_key[1](numbers[i]), True)


def test_lanes_stay_in_order() raises:
    seed(6)
    comptime most = 11
    var lanes = SortedLanes(most)
    var windows = List[List[Float64]]()
    for _ in range(SQUARE):
        windows.append(List[Float64]())
    for _ in range(300):
        var old = Row(Float64.MAX)
        var new = Row(Float64.MAX)
        for lane in range(SQUARE):
            ref window = windows[lane]
            if len(window) == most or random_ui64(0, 2) == 0 and len(window):
                var place = Int(random_ui64(0, UInt64(len(window) - 1)))
                old[lane] = window.pop(place)
            if len(window) < most and random_ui64(0, 3) > 0:
                new[lane] = Float64(Int(random_ui64(0, 9)))
                window.append(new[lane])
        lanes.replace(old, new)
        for lane in range(SQUARE):
            var wanted = windows[lane].copy()
            sort(wanted)
            for i in range(len(wanted)):
                assert_equal(lanes.lane(i, lane), wanted[i])


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
