"""Instants, the calendar and text forms of both."""

from std.testing import TestSuite, assert_equal, assert_false, assert_true

from barrow.errors import Reason
from barrow.fence import ByteView
from barrow.time import (
    NANOSECONDS_PER_DAY,
    Instant,
    civil_from_days,
    days_from_civil,
    days_in_month,
    format_instant,
    join_date_and_time,
    parse_date,
    parse_instant,
    parse_time_of_day,
)

comptime NOON = Int64(1_704_196_800_000_000_000)
"""2024-01-02T12:00:00Z."""


def instant(text: String) -> Instant:
    return parse_instant(ByteView(text.as_bytes()))


def day(text: String) -> Instant:
    return parse_date(ByteView(text.as_bytes()))


def clock(text: String) -> Instant:
    return parse_time_of_day(ByteView(text.as_bytes()))


def test_every_day_follows_the_one_before() raises:
    var number = days_from_civil(1600, 1, 1)
    var wrong = 0
    for year in range(1600, 2401):
        for month in range(1, 13):
            for d in range(1, days_in_month(year, month) + 1):
                var civil = civil_from_days(number)
                wrong += Int(days_from_civil(year, month, d) != number)
                wrong += Int(civil.year != year or civil.month != month)
                wrong += Int(civil.day != d)
                number += 1
    assert_equal(wrong, 0)
    assert_equal(number - days_from_civil(1600, 1, 1), 801 * 365 + 195)
    assert_equal(days_from_civil(1970, 1, 1), 0)


def test_february_is_longer_in_leap_years() raises:
    assert_equal(days_in_month(2024, 2), 29)
    assert_equal(days_in_month(2023, 2), 28)
    assert_equal(days_in_month(2100, 2), 28)
    assert_equal(days_in_month(2000, 2), 29)


def test_one_instant_has_many_texts() raises:
    for text in [
        "2024-01-02T12:00:00Z",
        "2024-01-02 12:00:00.000+00:00",
        "2024.01.02 12:00",
        "2024/1/2 12:00:00",
        "2024-01-02T13:00+01:00",
        "2024-01-02T06:30:00-0530",
        "2024-01-03T02:00+14",
        "20240102 120000",
        "20240102T1200",
        "202401021200",
        "20240102120000",
        "02.01.2024 12:00",
        "1704196800",
        "1704196800000",
        "1704196800000000",
        "1704196800000000000",
        "1704196800.000000000",
    ]:
        var found = instant(text)
        assert_equal(found.reason, Reason.OK, text)
        assert_equal(found.nanoseconds, NOON, text)


def test_zoned_says_whether_the_text_fixes_the_zone() raises:
    for text in ["2024-01-02T12:00Z", "2024-01-02 12:00 -05:00", "1704196800"]:
        assert_true(instant(text).zoned, text)
    for text in ["2024-01-02", "2024-01-02T12:00:00.5", "20240102 120000"]:
        assert_false(instant(text).zoned, text)


def test_fractions_go_down_to_one_nanosecond() raises:
    assert_equal(
        instant("2024-01-02T12:00:00.123456789").nanoseconds, NOON + 123_456_789
    )
    assert_equal(
        instant("2024-01-02T12:00:00,5").nanoseconds, NOON + 5 * 10**8
    )
    assert_equal(instant("1704196800.000000001").nanoseconds, NOON + 1)
    assert_equal(instant("2024-01-02T12:00:00.0000000010").reason, Reason.OK)
    assert_equal(
        instant("2024-01-02T12:00:00.0000000001").reason, Reason.DECIMALS
    )


def test_a_refusal_names_its_reason() raises:
    for entry in [
        ("", Reason.EMPTY),
        ("noon", Reason.NOT_A_TIME),
        ("2024-01-02T", Reason.NOT_A_TIME),
        ("2024-01-02T12:00+1", Reason.NOT_A_TIME),
        ("2024-01.02", Reason.NOT_A_TIME),
        ("170419680", Reason.NOT_A_TIME),
        ("1704196800.", Reason.NOT_A_TIME),
        ("01/02/2024", Reason.AMBIGUOUS_TIME),
        ("2023-02-29", Reason.TIME_RANGE),
        ("2024-01-02T24:00", Reason.TIME_RANGE),
        ("1970-01-01T00:00+00:01", Reason.TIME_RANGE),
        ("9223372036854775808", Reason.TIME_RANGE),
        ("2262-04-10T23:59:59-23:59", Reason.TIME_RANGE),
        ("2300-01-01", Reason.TIME_RANGE),
    ]:
        var found = instant(entry[0])
        assert_equal(found.reason, entry[1], entry[0])
        assert_equal(found.nanoseconds, 0)


def test_a_day_before_1970_is_good_if_its_offset_reaches_1970() raises:
    var found = instant("1969-12-31T23:30-01:00")
    assert_equal(found.reason, Reason.OK)
    assert_equal(found.nanoseconds, NANOSECONDS_PER_DAY // 48)


def test_a_date_and_a_time_of_day_join() raises:
    var joined = join_date_and_time(day("2024-01-02"), clock("12:00"))
    assert_equal(joined.nanoseconds, NOON)
    assert_false(joined.zoned)
    joined = join_date_and_time(day("20240102"), clock("023000-0930"))
    assert_equal(joined.nanoseconds, NOON)
    assert_true(joined.zoned)
    assert_equal(
        join_date_and_time(day("2024-01-02"), clock("9")).reason,
        Reason.NOT_A_TIME,
    )
    assert_equal(
        join_date_and_time(day("1/2/2024"), clock("9:00")).reason,
        Reason.AMBIGUOUS_TIME,
    )


def test_a_date_holds_no_time_of_day() raises:
    assert_equal(day("2024-01-02 12:00").reason, Reason.NOT_A_TIME)
    assert_equal(clock("2024-01-02").reason, Reason.NOT_A_TIME)


def test_text_shows_as_many_decimals_as_needed_in_threes() raises:
    for entry in [
        (Int64(0), "1970-01-01T00:00:00Z"),
        (NOON, "2024-01-02T12:00:00Z"),
        (NOON + 500_000_000, "2024-01-02T12:00:00.500Z"),
        (NOON + 1_000, "2024-01-02T12:00:00.000001Z"),
        (NOON + 1, "2024-01-02T12:00:00.000000001Z"),
        (Int64.MAX, "2262-04-11T23:47:16.854775807Z"),
    ]:
        var text = String()
        format_instant(entry[0], text)
        assert_equal(text, entry[1])


def test_text_of_an_instant_reads_back_as_it() raises:
    for i in range(500_000):
        var moment = Int64(i) * 18_444_853_970_033
        var text = String()
        format_instant(moment, text)
        assert_equal(instant(text).nanoseconds, moment, text)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
