"""Floats to raw values: eight together against one alone; decimals against text."""

from std.memory import bitcast
from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_true

from barrow.arrow import from_decimals, from_floats
from barrow.arrow.from_float import from_float
from barrow.errors import Reason
from barrow.fence import ByteView, ColumnView, MutColumnView
from barrow.fixed import Rounding, parse_fixed, power_of_ten


def view[dtype: DType](values: List[Scalar[dtype]]) -> ColumnView[dtype]:
    return ColumnView[dtype](
        address=Int(values.unsafe_ptr()), length=len(values)
    )


def room[dtype: DType](mut values: List[Scalar[dtype]]) -> MutColumnView[dtype]:
    return MutColumnView[dtype](
        address=Int(values.unsafe_ptr()), length=len(values)
    )


def random_price(precision: Int) -> Float64:
    """Mostly a price of that precision, at times one that is not."""
    var whole = Float64(random_ui64(0, UInt64(1) << random_ui64(1, 52)))
    var price = whole / Float64(power_of_ten(precision))
    if random_ui64(0, 9) == 0:
        price = bitcast[DType.float64](bitcast[DType.uint64](price) + 1)
    return -price if random_ui64(0, 1) == 0 else price


def check_lanes[dtype: DType](precision: Int) raises:
    for rows in [0, 1, 7, 8, 9, 100]:
        var values = List[Float64](capacity=rows)
        for _ in range(rows):
            var price = random_price(precision)
            values.append(price if abs(price) < 9e9 else 1.5)
        var raws = List[Scalar[dtype]](length=rows, fill=0)
        var outcome = from_floats(
            view(values), room(raws), precision, Rounding.HALF_EVEN
        )
        var rounded = 0
        for i in range(rows):
            var one = from_float[DType.float64, dtype](
                values[i], precision, Rounding.HALF_EVEN
            )
            assert_equal(raws[i], one.raw, String(values[i]))
            rounded += Int(one.rounded)
        assert_equal(outcome.bad_row, -1)
        assert_equal(outcome.rounded, rounded)


def test_lanes_give_what_single_values_give() raises:
    seed(20240102)
    for precision in range(10):
        for _ in range(20):
            check_lanes[DType.int64](precision)
            check_lanes[DType.int128](precision)


def test_decimals_are_what_their_text_is() raises:
    seed(20240102)
    for scale in [0, 2, 9, 12, 20]:
        for mode in range(4):
            for _ in range(200):
                var whole = Int64(random_ui64(0, UInt64(1) << 62))
                whole >>= Int64(random_ui64(0, 60))
                var values: List[Int64] = [-whole]
                var raws: List[Int64] = [0]
                var rounding = Rounding(UInt8(mode))
                var outcome = from_decimals(
                    view(values), room(raws), scale, 5, rounding
                )
                var text = String(values[0], "e-", scale)
                var expected = parse_fixed[DType.int64](
                    ByteView(text.as_bytes()), 5, rounding
                )
                assert_true(outcome.reason == expected.reason, text)
                if expected.reason == Reason.OK:
                    assert_equal(raws[0], expected.raw, text)
                    assert_equal(outcome.rounded == 1, expected.rounded, text)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
