"""Instants in a form that has to be told, as `strptime` patterns.

| directive | reads |
| --- | --- |
| `%Y` `%y` | a year of four digits; of two, 69 to 99 being 1969 to 1999 |
| `%m` `%d` `%H` `%I` `%M` `%S` | one or two digits; two where digits follow at once |
| `%b` | the first three letters of an English month, in any case |
| `%f` | one to nine digits of a fraction |
| `%p` | `AM` or `PM`, in any case |
| `%z` | `Z` or an offset; must come last |
| `%s` `%Q` `%K` `%N` | an epoch in seconds, milli-, micro- or nanoseconds |
| a blank | one or more blanks |
| anything else | itself |
"""

from barrow.errors import Reason
from barrow.fence import ByteView
from barrow.time.calendar import NANOSECONDS_PER_SECOND
from barrow.time.forms import Cursor, Instant, civil_day, parse_offset

comptime _PERCENT = UInt8(ord("%"))
comptime _SPACE = UInt8(ord(" "))
comptime _MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"


def _refused(reason: Reason) -> Instant:
    return Instant(0, False, reason)


struct _Parts(Movable):
    """What the directives read."""

    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    var fraction: Int64
    var afternoon: Int  # -1 unless there is a %p

    def __init__(out self):
        self.year = 1970
        self.month = 1
        self.day = 1
        self.hour = 0
        self.minute = 0
        self.second = 0
        self.fraction = 0
        self.afternoon = -1


def is_pattern(pattern: ByteView) -> Bool:
    """Tells whether a text is a pattern this module can read.

    Args:
        pattern: The text.

    Returns:
        Whether every directive is known, `%z` comes last, and there is a day or
        an epoch or a time of day.
    """
    comptime known = "YymdbHIMSfpzsQKN%"
    var any = False
    var i = 0
    while i < len(pattern):
        if pattern[i] == _PERCENT:
            if i + 1 == len(pattern):
                return False
            var found = False
            for byte in known.as_bytes():
                found = found or byte == pattern[i + 1]
            if not found:
                return False
            if pattern[i + 1] == UInt8(ord("z")) and i + 2 != len(pattern):
                return False
            any = True
            i += 1
        i += 1
    return any


def parse_with_pattern(text: ByteView, pattern: ByteView) -> Instant:
    """Reads an instant, a day or a time of day in the form of a pattern.

    What the pattern leaves out is 1970-01-01 or midnight, so that a day and a time
    of day read apart add up.

    Args:
        text: The instant and nothing else.
        pattern: The form; see the module. Must pass `is_pattern`.

    Returns:
        The instant as if it were UTC, or the reason why there is none.
    """
    if len(text) == 0:
        return _refused(Reason.EMPTY)
    var cursor = Cursor(text)
    var parts = _Parts()
    var i = 0
    while i < len(pattern):
        var byte = pattern[i]
        i += 1
        if byte == _SPACE:
            if not cursor.take(_SPACE):
                return _refused(Reason.NOT_A_TIME)
            while cursor.take(_SPACE):
                pass
            continue
        if byte != _PERCENT or pattern[i] == _PERCENT:
            i += Int(byte == _PERCENT)
            if not cursor.take(byte):
                return _refused(Reason.NOT_A_TIME)
            continue
        var directive = pattern[i]
        i += 1
        # A number that touches the next one has its full width.
        var touches = (
            i + 1 < len(pattern)
            and pattern[i] == _PERCENT
            and pattern[i + 1] != UInt8(ord("p"))
            and pattern[i + 1] != UInt8(ord("b"))
            and pattern[i + 1] != UInt8(ord("z"))
        )
        if directive == UInt8(ord("z")):
            var stamp = _assemble(parts)
            if stamp.reason != Reason.OK:
                return stamp
            return parse_offset(cursor, stamp.nanoseconds)
        var epoch = _epoch_unit(directive)
        if epoch > 0:
            return _parse_epoch(cursor, epoch)
        if not _read(cursor, directive, touches, parts):
            return _refused(Reason.NOT_A_TIME)
    if not cursor.done():
        return _refused(Reason.NOT_A_TIME)
    return _assemble(parts)


def _epoch_unit(directive: UInt8) -> Int64:
    if directive == UInt8(ord("s")):
        return 1_000_000_000
    if directive == UInt8(ord("Q")):
        return 1_000_000
    if directive == UInt8(ord("K")):
        return 1_000
    if directive == UInt8(ord("N")):
        return 1
    return 0


def _parse_epoch(mut cursor: Cursor, var unit: Int64) -> Instant:
    var count = cursor.digits()
    if count == 0 or count > 19:
        return _refused(Reason.NOT_A_TIME)
    var whole = UInt64(0)
    for _ in range(count):
        whole = whole * 10 + UInt64(cursor.number(1))
    if whole > UInt64(Int64.MAX) // UInt64(unit):
        return _refused(Reason.TIME_RANGE)
    var nanoseconds = Int64(whole) * unit
    if cursor.take(UInt8(ord("."))):
        while cursor.digits() > 0:
            unit //= 10
            var digit = cursor.number(1)
            if unit == 0 and digit != 0:
                return _refused(Reason.DECIMALS)
            nanoseconds += Int64(digit) * unit
    if not cursor.done():
        return _refused(Reason.NOT_A_TIME)
    if nanoseconds < 0:
        return _refused(Reason.TIME_RANGE)
    return Instant(nanoseconds, True, Reason.OK)


def _read(
    mut cursor: Cursor, directive: UInt8, touches: Bool, mut parts: _Parts
) -> Bool:
    if directive == UInt8(ord("b")):
        return _read_month(cursor, parts)
    if directive == UInt8(ord("p")):
        var letter = cursor.byte() | 0x20
        if letter != UInt8(ord("a")) and letter != UInt8(ord("p")):
            return False
        cursor.at += 1
        if cursor.byte() | 0x20 != UInt8(ord("m")):
            return False
        cursor.at += 1
        parts.afternoon = Int(letter == UInt8(ord("p")))
        return True
    if directive == UInt8(ord("f")):
        var count = cursor.digits()
        if count < 1 or count > 9:
            return False
        var unit = NANOSECONDS_PER_SECOND
        parts.fraction = 0
        for _ in range(count):
            unit //= 10
            parts.fraction += Int64(cursor.number(1)) * unit
        return True
    var width = 4 if directive == UInt8(ord("Y")) else 2
    var count = cursor.digits()
    var fixed = touches or width == 4 or directive == UInt8(ord("y"))
    if count < width and (fixed or count == 0):
        return False
    var value = cursor.number(min(count, width))
    if directive == UInt8(ord("Y")):
        parts.year = value
    elif directive == UInt8(ord("y")):
        parts.year = value + (1900 if value >= 69 else 2000)
    elif directive == UInt8(ord("m")):
        parts.month = value
    elif directive == UInt8(ord("d")):
        parts.day = value
    elif directive == UInt8(ord("H")) or directive == UInt8(ord("I")):
        parts.hour = value
    elif directive == UInt8(ord("M")):
        parts.minute = value
    else:
        parts.second = value
    return True


def _read_month(mut cursor: Cursor, mut parts: _Parts) -> Bool:
    if cursor.at + 3 > len(cursor.text):
        return False
    for month in range(12):
        var same = True
        for i in range(3):
            var letter = cursor.text[cursor.at + i] | 0x20
            same = same and letter == _MONTHS.as_bytes()[3 * month + i]
        if same:
            parts.month = month + 1
            cursor.at += 3
            return True
    return False


def _assemble(parts: _Parts) -> Instant:
    var hour = parts.hour
    if parts.afternoon >= 0:
        if hour < 1 or hour > 12:
            return _refused(Reason.TIME_RANGE)
        hour = hour % 12 + 12 * parts.afternoon
    if hour > 23 or parts.minute > 59 or parts.second > 59:
        return _refused(Reason.TIME_RANGE)
    var day = civil_day(parts.year, parts.month, parts.day)
    if day.reason != Reason.OK:
        return day
    var seconds = Int64(hour * 3600 + parts.minute * 60 + parts.second)
    var nanoseconds = (
        day.nanoseconds + seconds * NANOSECONDS_PER_SECOND + parts.fraction
    )
    if nanoseconds < 0:
        return _refused(Reason.TIME_RANGE)
    return Instant(nanoseconds, False, Reason.OK)
