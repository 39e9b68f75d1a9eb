"""Instants as text: ISO 8601 of one width, and epochs."""

from std.memory import bitcast

from barrow.csv.digits import Division, nonzero, shifted, sixteen_digits
from barrow.fence import ColumnView, MutColumnView
from barrow.time import NANOSECONDS_PER_DAY, civil_from_days

comptime _ZERO = UInt8(ord("0"))
comptime _UNDEFINED = UInt64.MAX
comptime _DATE_BYTES = 11

comptime LONGEST_TIME = 64
"""Bytes an instant may take, with what vectors write beyond its end."""


struct TimeForm(TrivialRegisterPassable):
    """How the instants of a column are shown."""

    var epoch: Bool
    """As a number since 1970, or otherwise as ISO 8601."""
    var digits: Int
    """Digits of the fraction of a second that are shown: 0, 3, 6 or 9."""
    var _division: Division[DType.uint64]

    def __init__(out self, epoch: Bool, digits: Int):
        """Decides how instants are shown.

        Args:
            epoch: As a number since 1970, or otherwise as ISO 8601.
            digits: 0, 3, 6 or 9 digits of the fraction of a second.
        """
        self.epoch = epoch
        self.digits = digits
        self._division = Division[DType.uint64](9 - digits)


struct Clock(Movable):
    """Writes instants; remembers the text of the day it wrote last."""

    var _begin: UInt64
    var _date: SIMD[DType.uint8, 16]

    def __init__(out self):
        """Starts on 1970-01-01."""
        self._begin = 0
        self._date = _date_text(0)

    @always_inline
    def write(
        mut self,
        instant: UInt64,
        form: TimeForm,
        into: MutColumnView[DType.uint8],
        at: Int,
    ) -> Int:
        """Writes an instant between 1970 and 2262.

        Args:
            instant: Nanoseconds since 1970-01-01 UTC.
            form: How to show it.
            into: Where; at least `LONGEST_TIME` bytes from `at` on.
            at: Where the first byte goes.

        Returns:
            Where the next byte goes, or -1 if the form cannot show it.
        """
        if Int64(instant) < 0:
            return -1
        if form.epoch:
            return _write_epoch(instant, form, into, at)
        comptime day = UInt64(NANOSECONDS_PER_DAY)
        # An earlier day gives a huge difference, too.
        if instant - self._begin >= day:
            var number = instant // day
            self._begin = number * day
            self._date = _date_text(Int(number))
        var rest = instant - self._begin
        var seconds = rest // 1_000_000_000
        into.store[16](at, self._date)
        into.store[8](at + _DATE_BYTES, _time_text(seconds))
        var end = at + _DATE_BYTES + 8
        var fraction = rest - seconds * 1_000_000_000
        if form.digits == 0:
            if fraction != 0:
                return -1
        else:
            # As sixteen digits the first is zero: there the point goes.
            var digits = sixteen_digits(fraction * 1_000_000)
            if nonzero(digits) >> UInt32(1 + form.digits) != 0:
                return -1
            into.store[16](end, digits + _ZERO)
            into.store(end, UInt8(ord(".")))
            end += 1 + form.digits
        into.store(end, UInt8(ord("Z")))
        return end + 1


@always_inline
def _write_epoch(
    instant: UInt64, form: TimeForm, into: MutColumnView[DType.uint8], at: Int
) -> Int:
    """Writes as many digits as readers tell the unit by: 10, 13, 16 or 19."""
    var number = form._division.divide(instant)
    if number > form._division.largest:
        return -1
    var begin = at
    if form.digits == 9:
        comptime sixteen = UInt64(10**16)
        var high = number // sixteen
        number -= high * sixteen
        into.store[16](begin, shifted(sixteen_digits(high), 13) + _ZERO)
        begin += 3
    var width = min(10 + form.digits, 16)
    into.store[16](begin, shifted(sixteen_digits(number), 16 - width) + _ZERO)
    return begin + width


@always_inline
def _time_text(seconds: UInt64) -> SIMD[DType.uint8, 8]:
    """Writes `HH:MM:SS`."""
    var hours = seconds // 3600
    var minutes = seconds // 60 - hours * 60
    var parts = hours | minutes << 24 | (seconds % 60) << 48
    # Tenths of all three at once; none reaches into its neighbor.
    var tens = (parts * 103) >> 10 & 0x000F_0000_0F00_000F
    var text = tens | (parts - tens * 10) << 8
    return bitcast[DType.uint8, 8](text | 0x3030_3A30_303A_3030)


def _date_text(days: Int) -> SIMD[DType.uint8, 16]:
    """Writes `YYYY-MM-DDT`."""
    var civil = civil_from_days(days)
    var digits = sixteen_digits(
        UInt64((civil.year * 100 + civil.month) * 100 + civil.day)
    )
    var text = SIMD[DType.uint8, 16](_ZERO)
    var at = 0
    for i in range(8, 16):
        text[at] = digits[i] + _ZERO
        at += 1
        if i == 11 or i == 13:
            text[at] = UInt8(ord("-"))
            at += 1
    text[at] = UInt8(ord("T"))
    return text


def fraction_digits(instants: ColumnView[DType.uint64]) -> Int:
    """Finds the fewest digits of a second's fraction that lose nothing.

    Args:
        instants: Nanoseconds since 1970-01-01 UTC; undefined ones do not count.

    Returns:
        0, 3, 6 or 9.
    """
    var division = Division[DType.uint64](9)
    var digits = 0
    for at in range(len(instants)):
        var instant = instants[at]
        while (
            division.divide(instant) > division.largest
            and instant != _UNDEFINED
        ):
            digits += 3
            if digits == 9:
                return 9
            division = Division[DType.uint64](9 - digits)
    return digits
