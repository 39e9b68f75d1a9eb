"""The test of raw values by one multiplication, against divisions."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal

from barrow.arrow import first_unfit
from barrow.fence import ColumnView
from barrow.fixed import largest_raw, power_of_ten, scale_of


def is_stored[dtype: DType](raw: Scalar[dtype], precision: Int) -> Bool:
    var magnitude = raw.cast[DType.uint128]()
    if raw < 0:
        magnitude = UInt128(0) - magnitude
    var unit = power_of_ten(scale_of[dtype]() - precision)
    return magnitude <= largest_raw[dtype]() and magnitude % unit == 0


def unfit[dtype: DType](raws: List[Scalar[dtype]], precision: Int) -> Int:
    return first_unfit(
        ColumnView[dtype](address=Int(raws.unsafe_ptr()), length=len(raws)),
        precision,
    )


def some_raw[dtype: DType](precision: Int) -> Scalar[dtype]:
    """Multiples of the unit, values next to them, and any bits at all."""
    var bits = UInt128(random_ui64(0, UInt64.MAX)) << 64
    bits |= UInt128(random_ui64(0, UInt64.MAX))
    bits >>= UInt128(random_ui64(0, 127))
    var unit = power_of_ten(scale_of[dtype]() - precision)
    var choice = random_ui64(0, 3)
    if choice > 0:
        bits = bits % (largest_raw[dtype]() // unit + 2) * unit
    if choice == 3:
        bits += UInt128(random_ui64(0, 2)) - 1
    var raw = bits.cast[dtype]()
    comptime if dtype.is_signed():
        return -raw if random_ui64(0, 1) == 0 else raw
    else:
        return raw


def check_singles[dtype: DType]() raises:
    for precision in range(scale_of[dtype]() + 1):
        for _ in range(2_000):
            var raw = some_raw[dtype](precision)
            var wanted = -1 if is_stored(raw, precision) else 0
            var found = unfit[dtype]([raw], precision)
            assert_equal(found, wanted, String(raw, " at ", precision))
        var largest = largest_raw[dtype]().cast[dtype]()
        var unit = power_of_ten(scale_of[dtype]() - precision)
        for raw in [
            Scalar[dtype].MIN,
            Scalar[dtype].MAX,
            0,
            largest,
            largest + 1,
            largest + unit.cast[dtype](),
            0 - largest,
            0 - largest - 1,
            0 - largest - unit.cast[dtype](),
        ]:
            var wanted = -1 if is_stored[dtype](raw, precision) else 0
            var found = unfit[dtype]([raw], precision)
            assert_equal(found, wanted, String(raw, " at ", precision))


def test_a_value_is_told_as_division_tells_it() raises:
    seed(20240102)
    check_singles[DType.int64]()
    check_singles[DType.uint64]()
    check_singles[DType.int128]()
    check_singles[DType.uint128]()


def check_places[dtype: DType]() raises:
    for rows in [0, 1, 7, 8, 9, 31]:
        assert_equal(unfit(List[Scalar[dtype]](length=rows, fill=0), 2), -1)
        for bad in range(rows):
            var raws = List[Scalar[dtype]](length=rows, fill=0)
            raws[bad] = 1
            raws[rows - 1] = 1
            assert_equal(unfit(raws, 2), bad)


def test_the_first_one_is_found_anywhere() raises:
    check_places[DType.int64]()
    check_places[DType.uint128]()


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
