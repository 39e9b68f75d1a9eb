"""Integers of 256 bits, and quotients rounded once."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_true

from barrow.rolling.wide import Wide, ratio


def random_wide(bits: Int) -> Int128:
    var value = (UInt128(random_ui64(0, UInt64.MAX)) << 64) | UInt128(
        random_ui64(0, UInt64.MAX)
    )
    return (value >> UInt128(128 - bits)).cast[DType.int128]()


def test_squares_of_sums() raises:
    # (a + b)**2 - (a - b)**2 is 4 * a * b.
    seed(1)
    for _ in range(1_000):
        var a = random_wide(60)
        var b = random_wide(60)
        var difference = Wide.square(a + b) - Wide.square(a - b)
        assert_equal(difference.high, 0)
        assert_equal(difference.low, (4 * a * b).cast[DType.uint128]())
        var sum = Wide.square(a) + Wide.square(b)
        assert_equal(sum.low, (a * a + b * b).cast[DType.uint128]())


def test_carries() raises:
    var most = Wide(0, UInt128.MAX)
    assert_equal((most + Wide(0, 1)).high, 1)
    assert_equal((most + Wide(0, 1)).low, 0)
    assert_equal((Wide(1, 0) - Wide(0, 1)).high, 0)
    assert_equal((Wide(1, 0) - Wide(0, 1)).low, UInt128.MAX)
    var square = Wide.square(Int128.MAX)
    # (2**127 - 1)**2 is 2**254 - 2**128 + 1.
    assert_equal(square.high, (UInt128(1) << 126) - 1)
    assert_equal(square.low, 1)
    assert_equal(Wide(0, UInt128.MAX).times(3).high, 2)


def test_quotients_are_rounded_once() raises:
    assert_equal(ratio(Int128(7), 2), 3.5)
    assert_equal(ratio(Int128(-1), 3), -1.0 / 3.0)
    assert_equal(ratio(Int128(0), 3), 0)
    # Half way between two doubles: the even one, above and below.
    var middle = (Int128(1) << 54) + 2
    assert_equal(ratio(middle, 1), Float64(1 << 54))
    assert_equal(ratio(middle + 4, 1), Float64((1 << 54) + 8))
    assert_equal(ratio(middle * 3 + 1, 3), Float64((1 << 54) + 4))
    assert_equal(ratio(middle * 3 - 1, 3), Float64(1 << 54))


def test_quotients_of_256_bits() raises:
    # What is above 128 bits differs by a power of two only.
    seed(2)
    for _ in range(500):
        var value = random_wide(120)
        var divisor = Int(random_ui64(1, 1 << 40))
        var wide = Wide.product(value.cast[DType.uint128](), UInt128(1) << 100)
        var power = Float64(1 << 50) * Float64(1 << 50)
        assert_equal(wide.over(divisor), ratio(value, divisor) * power)
    assert_true(Wide(UInt128.MAX, UInt128.MAX).over(1) > 1e77)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
