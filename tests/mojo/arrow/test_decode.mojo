"""Kernels over columns, against a value-by-value twin."""

from std.random import random_ui64, seed
from std.utils.numerics import isnan
from std.testing import TestSuite, assert_equal

from barrow.arrow import narrow, to_float64, total, widen
from barrow.fence import ColumnView, MutColumnView
from barrow.fixed import largest_raw, to_nearest_float64


def view[dtype: DType](values: List[Scalar[dtype]]) -> ColumnView[dtype]:
    return ColumnView[dtype](
        address=Int(values.unsafe_ptr()), length=len(values)
    )


def room[dtype: DType](mut values: List[Scalar[dtype]]) -> MutColumnView[dtype]:
    return MutColumnView[dtype](
        address=Int(values.unsafe_ptr()), length=len(values)
    )


def random_raws[dtype: DType](rows: Int) -> List[Scalar[dtype]]:
    """Values of every magnitude, at times near 2**53, negative ones too."""
    var raws = List[Scalar[dtype]](capacity=rows)
    for _ in range(rows):
        var bits = UInt128(random_ui64(0, UInt64.MAX)) << 64
        bits |= UInt128(random_ui64(0, UInt64.MAX))
        bits >>= UInt128(random_ui64(0, 127))
        if random_ui64(0, 3) == 0:
            bits = (UInt128(1) << 53) + UInt128(random_ui64(0, 4)) - 2
        bits %= largest_raw[dtype]() + 1
        var raw = bits.cast[dtype]()
        comptime if dtype.is_signed():
            raw = -raw if random_ui64(0, 1) == 0 else raw
        raws.append(raw)
    return raws^


def check_doubles[dtype: DType]() raises:
    for rows in [0, 1, 7, 8, 9, 16, 1_000]:
        var raws = random_raws[dtype](rows)
        if rows == 16:
            # All small: the eight lanes of 128-bit values go together.
            for i in range(rows):
                raws[i] %= 1 << 62
        var values = List[Float64](length=rows, fill=-1)
        to_float64(view(raws), room[DType.float64](values))
        for i in range(rows):
            assert_equal(
                values[i], to_nearest_float64[dtype](raws[i]), String(raws[i])
            )


def test_lanes_give_the_doubles_single_values_give() raises:
    seed(20240102)
    for _ in range(50):
        check_doubles[DType.int64]()
        check_doubles[DType.uint64]()
        check_doubles[DType.int128]()
        check_doubles[DType.uint128]()


def check_long_column[dtype: DType](skipped: Int) raises:
    """A column long enough to be written past the caches, begun anywhere."""
    var pattern = random_raws[dtype](1_000)
    var rows = (1 << 21) + 9
    var raws = List[Scalar[dtype]](capacity=rows)
    for i in range(rows):
        raws.append(pattern[i % 1_000])
    var values = List[Float64](length=rows + skipped, fill=-1)
    var begin = Int(values.unsafe_ptr()) + 8 * skipped
    to_float64(
        view(raws), MutColumnView[DType.float64](address=begin, length=rows)
    )
    for i in range(skipped):
        assert_equal(values[i], -1)
    for i in range(rows):
        var wanted = to_nearest_float64[dtype](raws[i])
        assert_equal(values[skipped + i], wanted, String(raws[i]))


def test_long_columns_are_written_whole() raises:
    seed(8)
    for skipped in [0, 1, 7]:
        check_long_column[DType.int64](skipped)
        check_long_column[DType.uint128](skipped)


def test_columns_out_of_line_know_it() raises:
    var bytes = List[UInt8](length=256, fill=0)
    var line = (Int(bytes.unsafe_ptr()) + 63) // 64 * 64
    for gap in [(0, 0), (8, 7), (56, 1), (4, 9)]:
        var column = MutColumnView[DType.float64](
            address=line + gap[0], length=9
        )
        assert_equal(column.before_line(), gap[1])
    _ = bytes^


def test_doubles_of_known_values() raises:
    var raws: List[Int128] = [
        0,
        1,
        -15 * 10**15,
        3 * 10**16 + 1,
        Int128.MIN + 1,
    ]
    var values = List[Float64](length=5, fill=-1)
    to_float64(view(raws), room[DType.float64](values))
    for i in range(5):
        var wanted = [0.0, 1e-16, -1.5, 3.0, -1.7014118346046923e22][i]
        assert_equal(values[i], wanted)
    _ = raws^


def check_marks[dtype: DType](raw: Scalar[dtype]) raises:
    """What is no number, in a vector of eight and behind it."""
    var raws = List[Scalar[dtype]](length=11, fill=10**9)
    raws[3] = raw
    raws[9] = raw
    var values = List[Float64](length=11, fill=-1)
    to_float64(view(raws), room[DType.float64](values))
    for i in range(11):
        assert_equal(isnan(values[i]), i == 3 or i == 9)


def test_what_is_no_number_is_nan() raises:
    check_marks[DType.int64](Int64.MAX)
    check_marks[DType.int64](Int64.MIN)
    check_marks[DType.uint64](UInt64.MAX)
    check_marks[DType.int128](Int128.MAX)
    check_marks[DType.int128](Int128.MIN)
    check_marks[DType.uint128](UInt128.MAX)


def test_values_need_no_alignment_to_their_width() raises:
    var words: List[UInt64] = [7, 5 * 10**15, 0, 10**16, 0]
    var raw = ColumnView[DType.uint128](
        address=Int(words.unsafe_ptr().unsafe_offset(1)), length=2
    )
    var values = List[Float64](length=2, fill=-1)
    to_float64(raw, room[DType.float64](values))
    assert_equal(values[0], 0.5)
    assert_equal(values[1], 1.0)
    _ = words^


def check_there_and_back[small: DType, large: DType]() raises:
    var raws = random_raws[small](500)
    raws.append(largest_raw[small]().cast[small]())
    raws.append(0)
    var wide = List[Scalar[large]](length=len(raws), fill=-1)
    widen[small, large](view(raws), room[large](wide))
    var again = List[Scalar[small]](length=len(raws), fill=1)
    assert_equal(narrow[large, small](view(wide), room[small](again)), -1)
    for i in range(len(raws)):
        assert_equal(wide[i], raws[i].cast[large]() * 10_000_000)
        assert_equal(again[i], raws[i])


def test_widening_is_undone_by_narrowing() raises:
    seed(5)
    check_there_and_back[DType.int64, DType.int128]()
    check_there_and_back[DType.uint64, DType.uint128]()


def first_unfit[
    large: DType, small: DType
](bad: Scalar[large]) -> Tuple[Int, Int]:
    """The row narrowing stops at, and how many rows it wrote before."""
    var wide: List[Scalar[large]] = [10**7, 2 * 10**7, bad, 10**7]
    var raws = List[Scalar[small]](length=4, fill=99)
    var at = narrow[large, small](view(wide), room[small](raws))
    var written = 0
    for raw in raws:
        written += Int(raw != 99)
    _ = wide^
    return (at, written)


def test_narrowing_stops_at_the_first_value_that_does_not_fit() raises:
    var most = Int128(9_223_372_036) * 10**16
    for bad in [Int128(1), -1, 10**7 + 1, most + 1, -most - 10**7]:
        var found = first_unfit[DType.int128, DType.int64](bad)
        assert_equal(found[0], 2, String(bad))
        assert_equal(found[1], 2)
    for bad in [Int128.MIN, Int128.MAX]:
        assert_equal(first_unfit[DType.int128, DType.int64](bad)[0], 2)
    var size = UInt128(18_446_744_073) * 10**16
    for bad in [UInt128(1), size + 10**7, UInt128.MAX]:
        assert_equal(first_unfit[DType.uint128, DType.uint64](bad)[0], 2)
    for good in [most, -most, Int128(0)]:
        assert_equal(first_unfit[DType.int128, DType.int64](good)[0], -1)
    assert_equal(first_unfit[DType.uint128, DType.uint64](size)[0], -1)


def check_total[dtype: DType](raws: List[Scalar[dtype]]) raises:
    var sum = Int128(0)
    for raw in raws:
        sum += Int128(raw)
    assert_equal(total(view(raws)), sum)


def test_a_total_is_exact_at_any_length() raises:
    seed(11)
    for rows in range(40):
        check_total(random_raws[DType.int64](rows))
        check_total(random_raws[DType.uint64](rows))
    check_total(List[Int64](length=1_001, fill=Int64.MIN))
    check_total(List[Int64](length=1_001, fill=-1))
    check_total(List[UInt64](length=1_001, fill=UInt64.MAX))


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
