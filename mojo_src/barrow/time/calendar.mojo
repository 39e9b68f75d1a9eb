"""Days of the Gregorian calendar, and instants as text."""

comptime NANOSECONDS_PER_SECOND = Int64(1_000_000_000)
"""Nanoseconds in a second."""
comptime NANOSECONDS_PER_DAY = 86_400 * NANOSECONDS_PER_SECOND
"""Nanoseconds in a day without leap seconds, as in Unix time."""


def days_from_civil(year: Int, month: Int, day: Int) -> Int:
    """Counts days in the Gregorian calendar.

    The source is Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms":
    years start in March, so that the leap day is the last.

    Args:
        year: The year.
        month: From 1 to 12.
        day: From 1 to the length of the month.

    Returns:
        Days since 1970-01-01.
    """
    var y = year - Int(month <= 2)
    var era = y // 400
    var year_of_era = y - era * 400
    var day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    var day_of_era = (
        year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    )
    return era * 146_097 + day_of_era - 719_468


@fieldwise_init
struct Civil(TrivialRegisterPassable):
    """A day of the Gregorian calendar."""

    var year: Int
    """The year."""
    var month: Int
    """From 1 to 12."""
    var day: Int
    """From 1 to 31."""


def civil_from_days(days: Int) -> Civil:
    """Finds the calendar day of a day number; the inverse of `days_from_civil`.

    Args:
        days: Days since 1970-01-01.

    Returns:
        The day.
    """
    var z = days + 719_468
    var era = z // 146_097
    var day_of_era = z - era * 146_097
    var year_of_era = (
        day_of_era
        - day_of_era // 1_460
        + day_of_era // 36_524
        - day_of_era // 146_096
    ) // 365
    var day_of_year = day_of_era - (
        365 * year_of_era + year_of_era // 4 - year_of_era // 100
    )
    var shifted = (5 * day_of_year + 2) // 153
    var month = shifted + 3 if shifted < 10 else shifted - 9
    return Civil(
        year_of_era + era * 400 + Int(month <= 2),
        month,
        day_of_year - (153 * shifted + 2) // 5 + 1,
    )


def days_in_month(year: Int, month: Int) -> Int:
    """Tells the length of a month.

    Args:
        year: The year.
        month: From 1 to 12.

    Returns:
        How many days it has.
    """
    if month == 2:
        var leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in (4, 6, 9, 11) else 31


def format_instant(nanoseconds: Int64, mut into: String):
    """Appends an instant as ISO 8601 text with a `Z`.

    The fraction has as many digits as it needs, in threes, and none if it is zero.

    Args:
        nanoseconds: Since 1970-01-01 00:00 UTC.
        into: Where to append.
    """
    var days = nanoseconds // NANOSECONDS_PER_DAY
    var rest = Int(nanoseconds - days * NANOSECONDS_PER_DAY)
    var civil = civil_from_days(Int(days))
    _pad(into, civil.year, 4)
    into += "-"
    _pad(into, civil.month, 2)
    into += "-"
    _pad(into, civil.day, 2)
    into += "T"
    var seconds = rest // 1_000_000_000
    _pad(into, seconds // 3600, 2)
    into += ":"
    _pad(into, seconds // 60 % 60, 2)
    into += ":"
    _pad(into, seconds % 60, 2)
    var fraction = rest % 1_000_000_000
    if fraction:
        var width = 9
        while fraction % 1000 == 0:
            fraction //= 1000
            width -= 3
        into += "."
        _pad(into, fraction, width)
    into += "Z"


def _pad(mut into: String, value: Int, width: Int):
    var digits = String(value)
    for _ in range(width - digits.byte_length()):
        into += "0"
    into += digits
