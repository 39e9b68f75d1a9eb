"""Decimal text to raw values and back."""

from std.random import random_si64, random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_false, assert_true

from barrow.errors import Reason
from barrow.fence import ByteView
from barrow.fixed import (
    Fixed,
    Rounding,
    format_fixed,
    largest_raw,
    parse_fixed,
    power_of_ten,
    scale_of,
    to_nearest_float64,
)


def parsed[
    dtype: DType
](text: String, precision: Int, rounding: Rounding = Rounding.EXACT) -> Fixed[
    dtype
]:
    return parse_fixed[dtype](ByteView(text.as_bytes()), precision, rounding)


def shown[dtype: DType](raw: Scalar[dtype], decimals: Int = -1) -> String:
    var text = String()
    return text if format_fixed[dtype](raw, text, decimals) else "refused"


def test_text_becomes_the_number_times_ten_to_the_scale() raises:
    for entry in [
        ("100.50", 100_500_000_000),
        ("-0.000000001", -1),
        ("+5.", 5_000_000_000),
        (".5", 500_000_000),
        ("1.5e-3", 1_500_000),
        ("000000000000000000000000012", 12_000_000_000),
        ("-9223372036", -9_223_372_036_000_000_000),
        ("0e999999999999", 0),
    ]:
        var value = parsed[DType.int64](entry[0], 9)
        assert_equal(value.reason, Reason.OK, entry[0])
        assert_equal(value.raw, Int64(entry[1]), entry[0])
        assert_false(value.rounded)


def test_wide_values_have_sixteen_decimals() raises:
    var value = parsed[DType.int128]("-17014118346046", 16)
    assert_equal(value.raw, -170_141_183_460_460_000_000_000_000_000)
    assert_equal(parsed[DType.uint128]("0.0000000000000001", 16).raw, 1)
    assert_equal(scale_of[DType.uint128](), 16)
    assert_equal(scale_of[DType.int64](), 9)


def test_a_refusal_names_its_reason() raises:
    for entry in [
        ("", Reason.EMPTY),
        (".", Reason.NOT_A_DECIMAL),
        ("1.2.3", Reason.NOT_A_DECIMAL),
        ("1e", Reason.NOT_A_DECIMAL),
        (" 1", Reason.NOT_A_DECIMAL),
        ("-Infinity", Reason.NOT_FINITE),
        ("NaN", Reason.NOT_FINITE),
        ("9223372036.000000001", Reason.OVERFLOW),
        ("1e19", Reason.OVERFLOW),
        ("1e99999999999999999999", Reason.OVERFLOW),
        ("0.0000000001", Reason.DECIMALS),
        ("1e-99999999999999999999", Reason.DECIMALS),
    ]:
        var value = parsed[DType.int64](entry[0], 9)
        assert_equal(value.reason, entry[1], entry[0])
        assert_equal(value.raw, 0)


def test_a_size_is_never_negative() raises:
    assert_equal(parsed[DType.uint64]("-1", 9).reason, Reason.NEGATIVE)
    assert_equal(parsed[DType.uint128]("-1e-16", 16).reason, Reason.NEGATIVE)
    assert_equal(parsed[DType.uint64]("-0.00", 9).reason, Reason.OK)
    assert_equal(
        parsed[DType.uint64]("-1e-30", 9, Rounding.TRUNCATE).reason,
        Reason.NEGATIVE,
    )


def test_roundings_differ_where_they_should() raises:
    for entry in [
        ("1.25", 1_200_000_000, 1_300_000_000, 1_200_000_000),
        ("1.35", 1_400_000_000, 1_400_000_000, 1_300_000_000),
        ("-1.25", -1_200_000_000, -1_300_000_000, -1_200_000_000),
        ("1.2500000000000001", 1_300_000_000, 1_300_000_000, 1_200_000_000),
        ("-1.2499999", -1_200_000_000, -1_200_000_000, -1_200_000_000),
        ("0.95", 1_000_000_000, 1_000_000_000, 900_000_000),
    ]:
        var even = parsed[DType.int64](entry[0], 1, Rounding.HALF_EVEN)
        var away = parsed[DType.int64](entry[0], 1, Rounding.HALF_AWAY)
        var cut = parsed[DType.int64](entry[0], 1, Rounding.TRUNCATE)
        assert_equal(even.raw, Int64(entry[1]), entry[0])
        assert_equal(away.raw, Int64(entry[2]), entry[0])
        assert_equal(cut.raw, Int64(entry[3]), entry[0])
        assert_true(even.rounded and away.rounded and cut.rounded)


def test_rounding_past_the_end_of_the_range_is_an_overflow() raises:
    var text = "9223372036.5"
    assert_equal(
        parsed[DType.int64](text, 0, Rounding.HALF_AWAY).reason,
        Reason.OVERFLOW,
    )
    assert_equal(
        parsed[DType.int64](text, 0, Rounding.HALF_EVEN).raw,
        9_223_372_036_000_000_000,
    )


def test_decimals_are_those_the_text_shows() raises:
    assert_equal(parsed[DType.int64]("1.500", 9).decimals, 3)
    assert_equal(parsed[DType.int64]("1", 9).decimals, 0)
    assert_equal(parsed[DType.int64]("15e-4", 9).decimals, 4)
    assert_equal(parsed[DType.int64]("1.5e3", 9).decimals, 0)
    assert_equal(parsed[DType.int64]("1.239", 2, Rounding.TRUNCATE).decimals, 2)


def test_the_quick_and_the_complete_way_agree() raises:
    # More than 18 digits leave the quick way; leading zeros change nothing.
    seed(20240102)
    var zeros = String("0") * 20
    for _ in range(200_000):
        var raw = random_si64(-(10**15), 10**15)
        var text = shown[DType.int64](raw)
        var sign = "-" if raw < 0 else ""
        var digits = String(text.removeprefix("-"))
        var quick = parsed[DType.int64](text, 9)
        var slow = parsed[DType.int64](String(sign, zeros, digits), 9)
        assert_equal(quick.raw, raw, text)
        assert_equal(slow.raw, raw, text)
        assert_equal(quick.decimals, slow.decimals, text)


def check_round_trip[dtype: DType](raw: Scalar[dtype]) raises:
    var value = parsed[dtype](shown[dtype](raw), scale_of[dtype]())
    assert_equal(value.raw, raw)
    assert_equal(value.reason, Reason.OK)


def test_text_of_a_raw_value_reads_back_as_it() raises:
    seed(7)
    for _ in range(100_000):
        var low = UInt128(random_ui64(0, UInt64.MAX))
        var bits = (UInt128(random_ui64(0, UInt64.MAX)) << 64) | low
        bits >>= UInt128(random_ui64(0, 127))
        var price = bits % (largest_raw[DType.int64]() + 1)
        check_round_trip(-price.cast[DType.int64]())
        var size = bits % (largest_raw[DType.uint64]() + 1)
        check_round_trip(size.cast[DType.uint64]())
        var wide = bits % (largest_raw[DType.int128]() + 1)
        check_round_trip(-wide.cast[DType.int128]())
        var most = bits % (largest_raw[DType.uint128]() + 1)
        check_round_trip(most)
    check_round_trip(largest_raw[DType.uint64]().cast[DType.uint64]())
    check_round_trip(largest_raw[DType.uint128]())


def test_the_fewest_decimals_are_shown_or_as_many_as_asked_for() raises:
    assert_equal(shown[DType.int64](1_500_000_000), "1.5")
    assert_equal(shown[DType.int64](1_500_000_000, 3), "1.500")
    assert_equal(shown[DType.int64](1_500_000_000, 0), "refused")
    assert_equal(shown[DType.int64](-1), "-0.000000001")
    assert_equal(shown[DType.uint128](0), "0")
    assert_equal(shown[DType.int64](Int64.MIN), "-9223372036.854775808")
    assert_equal(
        shown[DType.int128](Int128.MIN),
        "-17014118346046923173168.7303715884105728",
    )


def test_a_refused_format_appends_nothing() raises:
    var text = String("kept")
    assert_false(format_fixed[DType.int64](-15, text, 8))
    assert_equal(text, "kept")


def test_the_nearest_double_rounds_once() raises:
    assert_equal(to_nearest_float64[DType.int64](1_100_000_000), 1.1)
    assert_equal(to_nearest_float64[DType.int64](-1), -1e-9)
    # 2**53 + 1 and 2**53 + 3 units are ties between two doubles.
    var unit = Int128(power_of_ten(16))
    var tie = Int128(1) << 53
    assert_equal(
        to_nearest_float64[DType.int128]((tie + 1) * unit), Float64(1 << 53)
    )
    assert_equal(
        to_nearest_float64[DType.int128]((tie + 3) * unit),
        Float64((1 << 53) + 4),
    )
    assert_equal(
        to_nearest_float64[DType.int128](-(tie + 1) * unit - 1),
        -Float64((1 << 53) + 2),
    )


def test_powers_of_ten_reach_38() raises:
    assert_equal(power_of_ten(0), 1)
    assert_equal(
        power_of_ten(38), 100_000_000_000_000_000_000_000_000_000_000_000_000
    )


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
