"""Where the digits of times are in a layout."""

from barrow.csv.builder import ZERO, LayoutBuilder, count_digits, is_digit
from barrow.csv.layout import CLOCK, DATE, FRACTION, INIT
from barrow.csv.plan import Role, RowPlan
from barrow.csv.split import FieldSpans
from barrow.fence import ByteView
from barrow.fixed import power_of_ten


def place_times(
    mut builder: LayoutBuilder,
    text: ByteView,
    fields: FieldSpans,
    plan: RowPlan,
) -> Bool:
    """Places the digits of all time columns of a row the scalar parser has read.

    Args:
        builder: The layout in the making.
        text: The chunk.
        fields: Where the fields of the row are.
        plan: Which field is what.

    Returns:
        False for forms the layout engine does not read.
    """
    var init = plan.field(Role.TS_INIT)
    if init >= 0:
        var begin = fields.begins[init]
        var end = fields.ends[init]
        builder.fix(text, begin, end)
        if count_digits(text, begin, end) != end - begin:
            return False
        if not _place_epoch(builder, text, begin, end, INIT):
            return False
    var field = plan.field(Role.TS_EVENT)
    if field < 0:
        var day = plan.field(Role.DATE)
        var clock = plan.field(Role.TIME)
        return _place_part(
            builder, text, fields, day, plan.date_pattern, True
        ) and _place_part(
            builder, text, fields, clock, plan.time_pattern, False
        )
    var begin = fields.begins[field]
    var end = fields.ends[field]
    builder.fix(text, begin, end)
    if plan.time_pattern.byte_length() > 0:
        return _place_pattern(builder, text, begin, end, plan.time_pattern)
    if count_digits(text, begin, end) == end - begin and end - begin >= 10:
        builder.layout.epoch = True
        return _place_epoch(builder, text, begin, end, FRACTION)
    var at = _place_date(builder, text, begin, end)
    if at < 0:
        return False
    if at == end:
        builder.layout.scale[DATE] = 1
        return True
    while at < end and not is_digit(text[at]):
        at += 1
    return _place_clock(builder, text, at, end)


def _place_part(
    mut builder: LayoutBuilder,
    text: ByteView,
    fields: FieldSpans,
    field: Int,
    pattern: String,
    is_date: Bool,
) -> Bool:
    """A day, or a time of day, in a field of its own."""
    var begin = fields.begins[field]
    var end = fields.ends[field]
    builder.fix(text, begin, end)
    if pattern.byte_length() > 0:
        return _place_pattern(builder, text, begin, end, pattern)
    if is_date:
        return _place_date(builder, text, begin, end) == end
    return _place_clock(builder, text, begin, end)


def _place_pattern(
    mut builder: LayoutBuilder,
    text: ByteView,
    begin: Int,
    end: Int,
    pattern: String,
) -> Bool:
    """Digits in the places a pattern gives them; the scalar parser has checked that
    the text fits it. False for directives that are no plain numbers."""
    var form = ByteView(pattern.as_bytes())
    var at = begin
    var i = 0
    while i < len(form):
        if form[i] == UInt8(ord(" ")):
            while at < end and text[at] == UInt8(ord(" ")):
                at += 1
            i += 1
            continue
        if form[i] != UInt8(ord("%")) or form[i + 1] == UInt8(ord("%")):
            i += 1 + Int(form[i] == UInt8(ord("%")))
            at += 1
            continue
        var directive = form[i + 1]
        i += 2
        if directive == UInt8(ord("z")):
            return True
        if directive == UInt8(ord("f")):
            var count = count_digits(text, at, end)
            builder.number(at, count, FRACTION, 0)
            builder.layout.scale[FRACTION] = Int64(power_of_ten(9 - count))
            at += count
            continue
        var width = 4 if directive == UInt8(ord("Y")) else 2
        var count = min(count_digits(text, at, end), width)
        if directive == UInt8(ord("Y")):
            builder.number(at, count, DATE, 4)
        elif directive == UInt8(ord("m")):
            builder.number(at, count, DATE, 2)
        elif directive == UInt8(ord("d")):
            builder.number(at, count, DATE, 0)
        elif directive == UInt8(ord("H")):
            _place_sixties(builder, at, count, 6, 2)
        elif directive == UInt8(ord("M")):
            _place_sixties(builder, at, count, 4, 5)
        elif directive == UInt8(ord("S")):
            _place_sixties(builder, at, count, 2, 5)
        else:
            return False
        at += count
    builder.layout.scale[DATE] = 1
    builder.layout.scale[CLOCK] = 1_000_000_000
    return True


def _place_sixties(
    mut builder: LayoutBuilder, at: Int, count: Int, place: Int, spread: UInt8
):
    """Hours, minutes or seconds of one or two digits."""
    if count == 2:
        builder.digit(at, CLOCK, place + 1, spread)
    builder.digit(at + count - 1, CLOCK, place)


def _place_epoch(
    mut builder: LayoutBuilder, text: ByteView, begin: Int, end: Int, lane: Int
) -> Bool:
    var count = end - begin
    var unit: Int
    if count == 10:
        unit = 1_000_000_000
    elif count == 13:
        unit = 1_000_000
    elif count == 16:
        unit = 1_000
    elif count == 19:
        unit = 1
    else:
        return False
    # A lane has room for 16 digits. Of 19, the first three change every 115 days:
    # they stay as they are in this layout.
    var fixed = max(count - 16, 0)
    var first = Int64(0)
    for i in range(fixed):
        first = first * 10 + Int64(text[begin + i] - ZERO)
    builder.layout.constant[lane] = first * 10_000_000_000_000_000
    for i in range(fixed, count):
        # Nine in front could be too large for 63 bits.
        var spread = UInt8(9) - UInt8(Int(i == 0))
        builder.digit(begin + i, lane, count - 1 - i, spread)
    builder.layout.scale[lane] = Int64(unit)
    # The short multiplication has 32 bits for digits and scale.
    builder.layout.has_high = True
    return fixed == 0 or first < 922


def _place_date(
    mut builder: LayoutBuilder, text: ByteView, begin: Int, end: Int
) -> Int:
    """Returns where the date ends, or -1. The scalar parser has checked it."""
    var run = count_digits(text, begin, end)
    if run == 8:
        builder.number(begin, 8, DATE, 0)
        builder.layout.scale[DATE] = 1
        return begin + 8
    var second = begin + run + 1
    var run2 = count_digits(text, second, end)
    var third = second + run2 + 1
    var run3 = count_digits(text, third, end)
    if run == 4 and 1 <= run2 <= 2 and 1 <= run3 <= 2:
        builder.number(begin, 4, DATE, 4)
        builder.number(second, run2, DATE, 2)
        builder.number(third, run3, DATE, 0)
    elif 1 <= run <= 2 and 1 <= run2 <= 2 and run3 == 4:
        builder.number(begin, run, DATE, 0)
        builder.number(second, run2, DATE, 2)
        builder.number(third, 4, DATE, 4)
    else:
        return -1
    builder.layout.scale[DATE] = 1
    return third + run3


def _place_clock(
    mut builder: LayoutBuilder, text: ByteView, begin: Int, end: Int
) -> Bool:
    """Hours, minutes, seconds, a fraction; what follows is a fixed offset."""
    comptime scale = 1_000_000_000
    builder.layout.scale[DATE] = 1
    builder.layout.scale[CLOCK] = scale
    var run = count_digits(text, begin, end)
    var at: Int
    var seconds: Bool
    # In lane 1 hours have places 6 and 7, minutes 4 and 5, seconds 2 and 3.
    if run == 4 or run == 6:
        builder.digit(begin, CLOCK, 7, 2)
        builder.digit(begin + 1, CLOCK, 6)
        builder.digit(begin + 2, CLOCK, 5, 5)
        builder.digit(begin + 3, CLOCK, 4)
        seconds = run == 6
        at = begin + 4
    elif 1 <= run <= 2 and count_digits(text, begin + run + 1, end) == 2:
        if run == 2:
            builder.digit(begin, CLOCK, 7, 2)
        builder.digit(begin + run - 1, CLOCK, 6)
        builder.digit(begin + run + 1, CLOCK, 5, 5)
        builder.digit(begin + run + 2, CLOCK, 4)
        at = begin + run + 3
        seconds = at < end and text[at] == UInt8(ord(":"))
        at += Int(seconds)
    else:
        return False
    if seconds:
        builder.digit(at, CLOCK, 3, 5)
        builder.digit(at + 1, CLOCK, 2)
        at += 2
        if at < end and (
            text[at] == UInt8(ord(".")) or text[at] == UInt8(ord(","))
        ):
            at += 1
            var count = count_digits(text, at, end)
            if count < 1 or count > 9:
                return False
            builder.number(at, count, FRACTION, 0)
            builder.layout.scale[FRACTION] = Int64(power_of_ten(9 - count))
    return True
