"""The forms of instants that are read without being told.

They are: ISO 8601 dates and times with `-`, `.` or `/`
(`2024-01-02T09:30:00.123+01:00`, `2024.1.2 9:30`), the compact `20240102`,
`20240102 093000`, `202401020930` and `20240102093000`, day first with points
(`31.12.2024`), and epochs by their number of digits: 10 seconds (with a fraction
or not), 13 milliseconds, 16 microseconds, 19 nanoseconds. `T` and `Z` may be
lower case, fractions may follow a comma, blanks may precede an offset.
`01/02/2024` could be two days and is refused as ambiguous.
"""

from barrow.errors import Reason
from barrow.fence import ByteView
from barrow.time.calendar import (
    NANOSECONDS_PER_DAY,
    NANOSECONDS_PER_SECOND,
    days_from_civil,
    days_in_month,
)

comptime _ZERO = UInt8(ord("0"))
comptime _LAST_DAY = 106_751  # 2262-04-11, of which 63 bits hold 23 h 47 min


@fieldwise_init
struct Instant(TrivialRegisterPassable):
    """What a text turned out to be."""

    var nanoseconds: Int64
    """Since 1970-01-01 00:00 UTC; zero unless `reason` is `OK`."""
    var zoned: Bool
    """Whether the text fixes the zone: an offset, a `Z`, or an epoch."""
    var reason: Reason
    """`OK`, or why there is no instant."""


@always_inline
def _refused(reason: Reason) -> Instant:
    return Instant(0, False, reason)


struct Cursor[origin: ImmOrigin]:
    """A place in a text and the means to read on from it.

    Parameters:
        origin: The owner of the text.
    """

    var text: ByteView[Self.origin]
    """The text."""
    var at: Int
    """The byte that comes next."""

    def __init__(out self, text: ByteView[Self.origin]):
        """Starts at the first byte.

        Args:
            text: The text.
        """
        self.text = text
        self.at = 0

    def done(self) -> Bool:
        """Tells whether the text has been read.

        Returns:
            Whether nothing comes next.
        """
        return self.at == len(self.text)

    def byte(self) -> UInt8:
        """Looks at the next byte.

        Returns:
            The byte, or 0 at the end.
        """
        return self.text[self.at] if self.at < len(self.text) else 0

    def take(mut self, byte: UInt8) -> Bool:
        """Goes past a byte if it is next.

        Args:
            byte: The byte.

        Returns:
            Whether it was.
        """
        if self.byte() != byte:
            return False
        self.at += 1
        return True

    def digits(self) -> Int:
        """Counts the digits that come next.

        Returns:
            Their number.
        """
        var end = self.at
        while end < len(self.text) and self.text[end] - _ZERO <= 9:
            end += 1
        return end - self.at

    def number(mut self, count: Int) -> Int:
        """Reads digits as a number.

        Args:
            count: How many; they are there.

        Returns:
            The number.
        """
        var value = 0
        for _ in range(count):
            value = value * 10 + Int(self.text[self.at] - _ZERO)
            self.at += 1
        return value

    def short(mut self) -> Int:
        """Reads a number of one or two digits.

        Returns:
            The number, or -1 if there is none.
        """
        var count = self.digits()
        return self.number(count) if 1 <= count <= 2 else -1


def parse_instant(text: ByteView) -> Instant:
    """Reads a date, a date with a time, or an epoch.

    A time without an offset is read as UTC; `zoned` says which it was.

    Args:
        text: The instant and nothing else.

    Returns:
        The instant, or the reason why there is none.
    """
    if len(text) == 0:
        return _refused(Reason.EMPTY)
    var cursor = Cursor(text)
    var run = cursor.digits()
    if run >= 10 and (run == len(text) or text[run] == UInt8(ord("."))):
        return _parse_epoch(cursor)
    var day = _parse_date(cursor)
    if day.reason != Reason.OK:
        return day
    if cursor.done():
        return _checked(day.nanoseconds, False)
    var marked = cursor.take(UInt8(ord("T"))) or cursor.take(UInt8(ord("t")))
    while not marked and cursor.take(UInt8(ord(" "))):
        pass
    var clock = _parse_clock(cursor)
    return join_date_and_time(day, clock)


def parse_date(text: ByteView) -> Instant:
    """Reads a day, as midnight UTC.

    Args:
        text: The date and nothing else.

    Returns:
        Its first nanosecond, or the reason why there is none.
    """
    if len(text) == 0:
        return _refused(Reason.EMPTY)
    var cursor = Cursor(text)
    var day = _parse_date(cursor)
    if day.reason == Reason.OK and not cursor.done():
        return _refused(Reason.NOT_A_TIME)
    return day


def parse_time_of_day(text: ByteView) -> Instant:
    """Reads a time of day, as nanoseconds since midnight less its offset.

    Args:
        text: The time and nothing else: `9:30`, `09:30:00.5`, `093000`, with an
            offset if there is one.

    Returns:
        Nanoseconds, negative with some offsets, or the reason why there are none.
    """
    if len(text) == 0:
        return _refused(Reason.EMPTY)
    var cursor = Cursor(text)
    return _parse_clock(cursor)


def join_date_and_time(day: Instant, clock: Instant) -> Instant:
    """Adds a time of day to a day.

    Args:
        day: From `parse_date`.
        clock: From `parse_time_of_day`.

    Returns:
        The instant, or the reason why there is none.
    """
    if day.reason != Reason.OK:
        return day
    if clock.reason != Reason.OK:
        return clock
    return _checked(day.nanoseconds + clock.nanoseconds, clock.zoned)


def _checked(nanoseconds: Int64, zoned: Bool) -> Instant:
    # Beyond the last nanosecond the sum has wrapped round, too.
    if nanoseconds < 0:
        return _refused(Reason.TIME_RANGE)
    return Instant(nanoseconds, zoned, Reason.OK)


def _parse_epoch(mut cursor: Cursor) -> Instant:
    """Seconds, milliseconds, microseconds or nanoseconds by number of digits.

    A fraction below one nanosecond must be zero.
    """
    var count = cursor.digits()
    var unit: Int64
    if count == 10:
        unit = NANOSECONDS_PER_SECOND
    elif count == 13:
        unit = 1_000_000
    elif count == 16:
        unit = 1_000
    elif count == 19:
        unit = 1
    else:
        return _parse_compact(cursor)
    var whole = UInt64(0)
    for _ in range(count):
        whole = whole * 10 + UInt64(cursor.number(1))
    if whole > UInt64(Int64.MAX) // UInt64(unit):
        return _refused(Reason.TIME_RANGE)
    var nanoseconds = Int64(whole) * unit
    if cursor.take(UInt8(ord("."))):
        if cursor.digits() == 0:
            return _refused(Reason.NOT_A_TIME)
        while cursor.digits() > 0:
            unit //= 10
            var digit = cursor.number(1)
            if unit == 0 and digit != 0:
                return _refused(Reason.DECIMALS)
            nanoseconds += Int64(digit) * unit
    if not cursor.done():
        return _refused(Reason.NOT_A_TIME)
    return _checked(nanoseconds, True)


def _parse_compact(mut cursor: Cursor) -> Instant:
    """Twelve or fourteen digits: YYYYMMDDHHMM with or without SS."""
    var count = cursor.digits()
    if (count != 12 and count != 14) or count != len(cursor.text):
        return _refused(Reason.NOT_A_TIME)
    var year = cursor.number(4)
    var month = cursor.number(2)
    var day = civil_day(year, month, cursor.number(2))
    return join_date_and_time(day, _parse_clock(cursor))


def _parse_date(mut cursor: Cursor) -> Instant:
    var count = cursor.digits()
    if count == 8:
        var year = cursor.number(4)
        var month = cursor.number(2)
        return civil_day(year, month, cursor.number(2))
    if count != 4 and count != 2 and count != 1:
        return _refused(Reason.NOT_A_TIME)
    var first = cursor.number(count)
    var separator = cursor.byte()
    if (
        separator != UInt8(ord("-"))
        and separator != UInt8(ord("."))
        and separator != UInt8(ord("/"))
    ):
        return _refused(Reason.NOT_A_TIME)
    cursor.at += 1
    var second = cursor.short()
    if second < 0 or not cursor.take(separator):
        return _refused(Reason.NOT_A_TIME)
    if count == 4:
        var third = cursor.short()
        if third < 0:
            return _refused(Reason.NOT_A_TIME)
        return civil_day(first, second, third)
    if cursor.digits() != 4:
        return _refused(Reason.NOT_A_TIME)
    var year = cursor.number(4)
    # Points are day first wherever they are used; the others are not.
    if separator == UInt8(ord(".")):
        return civil_day(year, second, first)
    return _refused(Reason.AMBIGUOUS_TIME)


def civil_day(year: Int, month: Int, day: Int) -> Instant:
    """Finds midnight UTC of a day.

    Args:
        year: The year.
        month: The month, not checked yet.
        day: The day, not checked yet.

    Returns:
        Its first nanosecond, or `TIME_RANGE`.
    """
    if month < 1 or month > 12 or day < 1 or day > days_in_month(year, month):
        return _refused(Reason.TIME_RANGE)
    var days = days_from_civil(year, month, day)
    # The day before 1970 may still be in range with a negative offset.
    if days < -1 or days > _LAST_DAY:
        return _refused(Reason.TIME_RANGE)
    return Instant(Int64(days) * NANOSECONDS_PER_DAY, False, Reason.OK)


def _parse_clock(mut cursor: Cursor) -> Instant:
    var hour: Int
    var minute: Int
    var second = 0
    var run = cursor.digits()
    var more: Bool
    if run == 6 or run == 4:
        hour = cursor.number(2)
        minute = cursor.number(2)
        second = cursor.number(2) if run == 6 else 0
        more = run == 6
    else:
        hour = cursor.short()
        if hour < 0 or not cursor.take(UInt8(ord(":"))) or cursor.digits() != 2:
            return _refused(Reason.NOT_A_TIME)
        minute = cursor.number(2)
        more = cursor.take(UInt8(ord(":")))
        if more:
            if cursor.digits() != 2:
                return _refused(Reason.NOT_A_TIME)
            second = cursor.number(2)
    if hour > 23 or minute > 59 or second > 59:
        return _refused(Reason.TIME_RANGE)
    var nanoseconds = (
        Int64(hour * 3600 + minute * 60 + second) * NANOSECONDS_PER_SECOND
    )
    if more and (cursor.take(UInt8(ord("."))) or cursor.take(UInt8(ord(",")))):
        var unit = NANOSECONDS_PER_SECOND
        if cursor.digits() == 0:
            return _refused(Reason.NOT_A_TIME)
        while cursor.digits() > 0:
            unit //= 10
            var digit = cursor.number(1)
            if unit == 0 and digit != 0:
                return _refused(Reason.DECIMALS)
            nanoseconds += Int64(digit) * unit
    if cursor.done():
        return Instant(nanoseconds, False, Reason.OK)
    return parse_offset(cursor, nanoseconds)


def parse_offset(mut cursor: Cursor, nanoseconds: Int64) -> Instant:
    """Reads `Z`, `+01:00`, `-0530` or `+01`, after blanks or not, to the end.

    Args:
        cursor: Where the offset starts.
        nanoseconds: The time without it.

    Returns:
        The time in UTC, or the reason why there is none.
    """
    while cursor.take(UInt8(ord(" "))):
        pass
    if cursor.take(UInt8(ord("Z"))) or cursor.take(UInt8(ord("z"))):
        if not cursor.done():
            return _refused(Reason.NOT_A_TIME)
        return Instant(nanoseconds, True, Reason.OK)
    var west = cursor.take(UInt8(ord("-")))
    if not west and not cursor.take(UInt8(ord("+"))):
        return _refused(Reason.NOT_A_TIME)
    var hours: Int
    var minutes = 0
    if cursor.digits() == 4:
        hours = cursor.number(2)
        minutes = cursor.number(2)
    elif cursor.digits() == 2:
        hours = cursor.number(2)
        if cursor.take(UInt8(ord(":"))):
            if cursor.digits() != 2:
                return _refused(Reason.NOT_A_TIME)
            minutes = cursor.number(2)
    else:
        return _refused(Reason.NOT_A_TIME)
    if not cursor.done():
        return _refused(Reason.NOT_A_TIME)
    if hours > 23 or minutes > 59:
        return _refused(Reason.TIME_RANGE)
    var offset = Int64(hours * 3600 + minutes * 60) * NANOSECONDS_PER_SECOND
    return Instant(
        nanoseconds + offset if west else nanoseconds - offset, True, Reason.OK
    )
