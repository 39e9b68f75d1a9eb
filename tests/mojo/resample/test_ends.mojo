"""Ends of intervals found by doubles, against division of integers."""

from std.random import random_si64, random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_true

from barrow.fence import ColumnView, Scratch
from barrow.resample.ends import find_ends


def check(stamps: List[Int64], base: Int64, step: Int64, end: Int) raises:
    var bounds = Scratch[DType.int64](length=192)
    var view = ColumnView[DType.int64](
        address=Int(stamps.unsafe_ptr()), length=len(stamps)
    )
    var found = find_ends(view, 0, end, base, step, bounds)
    var wanted = List[Int]()
    for i in range(1, end):
        if (stamps[i] - base) // step != (stamps[i - 1] - base) // step:
            wanted.append(i)
    assert_equal(Int(bounds.load(0)), 0)
    assert_true(found <= len(wanted))
    for i in range(found):
        assert_equal(Int(bounds.load(i + 1)), wanted[i])
    # What is left is near the end of the memory, too far away, or for another call.
    if stamps[end - 1] - base < Int64(1) << 50 and len(wanted) < 64:
        for i in range(found, len(wanted)):
            assert_true(wanted[i] + 8 > len(stamps))


def test_stamps_beside_every_boundary() raises:
    seed(1)
    var steps: List[Int64] = [
        1,
        2,
        3,
        7,
        1000,
        999_999_937,
        300_000_000_000,
        86_400_000_000_000,
        (Int64(1) << 45) - 1,
        Int64(1) << 48,
    ]
    for step in steps:
        for round in range(40):
            var base = random_si64(-(1 << 40), 1 << 60)
            var stamps = List[Int64]()
            var number = Int64(0)
            var most = UInt64(2 if step > 1 << 40 else 1 + round * round)
            for _ in range(Int(random_ui64(1, 150))):
                number += Int64(random_ui64(0, most))
                var stamp = base + number * step + random_si64(-1, 1)
                if len(stamps) > 0:
                    stamp = max(stamp, stamps[len(stamps) - 1])
                else:
                    stamp = base + min(step - 1, 1)
                stamps.append(stamp)
            check(stamps, base, step, len(stamps))
            check(stamps, base, step, (len(stamps) + 1) // 2)


def test_what_is_too_far_away_is_left() raises:
    var stamps = List[Int64](length=200, fill=(Int64(1) << 50) + 1)
    stamps[0] = 0
    var bounds = Scratch[DType.int64](length=192)
    var view = ColumnView[DType.int64](
        address=Int(stamps.unsafe_ptr()), length=len(stamps)
    )
    assert_equal(find_ends(view, 0, 200, 0, 3, bounds), 0)
    # A power of two in the step brings it nearer.
    assert_equal(find_ends(view, 0, 200, 0, 300, bounds), 1)
    _ = stamps^


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
