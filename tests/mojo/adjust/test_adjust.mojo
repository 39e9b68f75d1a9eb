"""Runs of rows, sums and products against wide integers."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_true

from barrow.adjust import (
    Factor,
    Factors,
    Runs,
    Scaled,
    multiply_rows,
    runs_of,
    shift_rows,
)
from barrow.errors import Reason
from barrow.fence import ColumnView, MutColumnView
from barrow.fixed import Rounding, largest_raw


def view[dtype: DType](values: List[Scalar[dtype]]) -> ColumnView[dtype]:
    # Some address that is not zero where there is nothing.
    return ColumnView[dtype](
        address=Int(values.unsafe_ptr()) if len(values) > 0 else 64,
        length=len(values),
    )


def room[dtype: DType](mut values: List[Scalar[dtype]]) -> MutColumnView[dtype]:
    return MutColumnView[dtype](
        address=Int(values.unsafe_ptr()) if len(values) > 0 else 64,
        length=len(values),
    )


def test_runs_are_those_of_a_search_per_row() raises:
    seed(1)
    for rows in [0, 1, 7, 8, 9, 40, 300]:
        var bounds: List[UInt64] = [100, 101, 250, 900]
        var stamps = List[UInt64]()
        var stamp = UInt64(0)
        for i in range(rows):
            # In order, but for some.
            stamp += random_ui64(0, 20)
            stamps.append(stamp if i % 13 != 5 else random_ui64(0, 1000))
        var runs = runs_of(view(stamps), view(bounds))
        assert_equal(runs.rows(), rows)
        var begin = 0
        for i in range(len(runs)):
            assert_true(runs.stops[i] > begin)
            for row in range(begin, runs.stops[i]):
                var segment = 0
                for bound in bounds:
                    segment += Int(bound <= stamps[row])
                assert_equal(runs.segments[i], segment)
            begin = runs.stops[i]
        _ = stamps^
        _ = bounds^


def test_a_segment_without_bounds_has_all_rows() raises:
    var stamps: List[UInt64] = [0, 5, UInt64.MAX]
    var none = List[UInt64]()
    var runs = runs_of(view(stamps), view(none))
    assert_equal(len(runs), 1)
    assert_equal(runs.rows(), 3)
    _ = stamps^
    _ = none^


def one_run(rows: Int) -> Runs:
    var runs = Runs()
    runs.append(rows, 0)
    return runs^


def check_shift[dtype: DType](amount: Scalar[dtype]) raises:
    comptime largest = largest_raw[dtype]().cast[dtype]()
    comptime least = Scalar[dtype].MIN
    comptime most = Scalar[dtype].MAX
    var prices: List[Scalar[dtype]] = [0, 1, -1, least, most, largest // 2]
    prices.append(-largest // 2)
    for _ in range(20):
        prices.append(7)
    var amounts: List[Scalar[dtype]] = [amount]
    var sums = List[Scalar[dtype]](length=len(prices), fill=0)
    var runs = one_run(len(prices))
    var outcome = shift_rows(view(prices), runs, view(amounts), room(sums))
    assert_equal(outcome.bad_row, -1)
    for i in range(len(prices)):
        var kept = prices[i] == least or prices[i] == most
        assert_equal(sums[i], prices[i] if kept else prices[i] + amount)
    for at in [0, 3, 7, 11, 26]:
        var bad = prices.copy()
        bad[at] = largest if amount > 0 else -largest
        outcome = shift_rows(view(bad), runs, view(amounts), room(sums))
        assert_equal(outcome.bad_row, at)
        assert_true(outcome.reason == Reason.OVERFLOW)
        _ = bad^
    _ = prices^
    _ = amounts^
    _ = sums^


def test_sums_of_64_and_128_bits() raises:
    check_shift[DType.int64](12345)
    check_shift[DType.int64](-1)
    check_shift[DType.int128](10**20)
    check_shift[DType.int128](-(10**20))


def words_of(numerator: UInt64, denominator: UInt64) -> List[UInt64]:
    """A fraction below 2^64 in a word and three behind the point, rounded up."""
    var words: List[UInt64] = [numerator // denominator]
    var rest = UInt128(numerator % denominator)
    for _ in range(3):
        rest <<= 64
        words.append((rest // UInt128(denominator)).cast[DType.uint64]())
        rest %= UInt128(denominator)
    if rest != 0:
        var at = 3
        words[at] += 1
        while words[at] == 0 and at > 0:
            at -= 1
            words[at] += 1
    return words^


def part_of(rest: UInt128, denominator: UInt64) -> UInt8:
    if rest == 0:
        return Scaled.EXACT
    var twice = rest * 2
    if twice == UInt128(denominator):
        return Scaled.TIE
    return Scaled.ABOVE if twice > UInt128(denominator) else Scaled.BELOW


def test_products_are_those_of_a_division() raises:
    seed(2)
    for _ in range(20_000):
        var denominator = random_ui64(1, UInt64(1) << random_ui64(1, 62))
        var numerator = random_ui64(1, UInt64(1) << random_ui64(1, 62))
        var magnitude = random_ui64(0, UInt64(1) << random_ui64(0, 63))
        if random_ui64(0, 3) == 0:
            magnitude -= magnitude % denominator  # a product that is whole
        var words = words_of(numerator, denominator)
        var factor = Factor(view(words), 0, len(words))
        var product = UInt128(magnitude) * UInt128(numerator)
        var part = part_of(product % UInt128(denominator), denominator)
        for scaled in [
            factor.times(magnitude),
            factor.times_wide(UInt128(magnitude)),
        ]:
            assert_equal(scaled.whole, product // UInt128(denominator))
            assert_equal(scaled.part, part)
        _ = words^


def test_a_wide_magnitude_is_two_narrow_ones() raises:
    # 3 * (2^100 + 1) / 2, whose integer is beyond 64 bits and which is a tie.
    var words = words_of(3, 2)
    var factor = Factor(view(words), 0, len(words))
    var scaled = factor.times_wide((UInt128(1) << 100) + 1)
    assert_equal(scaled.whole, (UInt128(3) << 99) + 1)
    assert_equal(scaled.part, Scaled.TIE)
    assert_equal(factor.times_wide(UInt128.MAX).part, Scaled.TOO_LARGE)
    _ = words^


def test_every_rounding() raises:
    var values: List[Int64] = [10, 11, 13, -11, -13, Int64.MAX, Int64.MIN, 0]
    var words = words_of(1, 4)
    var starts: List[Int64] = [0, 4]
    var factors = Factors(view(words), view(starts))
    var results = List[Int64](length=len(values), fill=0)
    var runs = one_run(len(values))
    for each in [
        (Rounding.HALF_EVEN, 2, -3),
        (Rounding.HALF_AWAY, 3, -3),
        (Rounding.TRUNCATE, 2, -2),
    ]:
        var outcome = multiply_rows(
            view(values), runs, factors, 1, each[0], room(results)
        )
        assert_equal(outcome.bad_row, -1)
        assert_equal(outcome.rounded, 5)
        assert_equal(outcome.first_rounded, 0)
        assert_equal(results[0], Int64(each[1]))
        assert_equal(results[3], Int64(each[2]))
        assert_equal(results[5], Int64.MAX)
        assert_equal(results[6], Int64.MIN)
    var exact = multiply_rows(
        view(values), runs, factors, 1, Rounding.EXACT, room(results)
    )
    assert_equal(exact.bad_row, 0)
    assert_true(exact.reason == Reason.DECIMALS)
    _ = values^
    _ = results^
    _ = words^
    _ = starts^


def test_segments_without_words_are_copied() raises:
    var values: List[UInt64] = [8, 9, UInt64.MAX]
    var words = words_of(1, 2)
    var starts: List[Int64] = [0, 0, 4]
    var results = List[UInt64](length=3, fill=0)
    var runs = Runs()
    runs.append(2, 0)
    runs.append(3, 1)
    var outcome = multiply_rows(
        view(values),
        runs,
        Factors(view(words), view(starts)),
        1,
        Rounding.EXACT,
        room(results),
    )
    assert_equal(outcome.bad_row, -1)
    assert_equal(results[0], 8)
    assert_equal(results[1], 9)
    assert_equal(results[2], UInt64.MAX)
    _ = values^
    _ = results^
    _ = words^
    _ = starts^


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
