"""Derives the layout of a row from what the scalar parser found in it."""

from barrow.csv.cells import RowValues
from barrow.csv.layout import (
    BLOCKS,
    CLOCK,
    DATE,
    FIRST_VALUE,
    FRACTION,
    INIT,
    REACH,
    Layout,
    hash_masks,
    read_values,
)
from barrow.csv.plan import Role, RowPlan
from barrow.csv.simd import Block, Lanes
from barrow.csv.split import FieldSpans
from barrow.fence import ByteView
from barrow.fixed import NumberForm, power_of_ten, scale_of
from barrow.time import NANOSECONDS_PER_DAY, days_from_civil

comptime _ZERO = UInt8(ord("0"))
comptime _NOWHERE = -1


@always_inline
def _is_digit(byte: UInt8) -> Bool:
    return byte - _ZERO <= 9


struct _Builder(Movable):
    """A layout in the making, from one row of known meaning."""

    var layout: Layout
    var row: Int  # where the row starts in the chunk
    # Per half (low, high) and lane: the place of each of eight digits.
    var places: Array[Array[Array[Int, 8], 8], 2]

    def __init__(out self, text: ByteView, row: Int, length: Int):
        self.layout = Layout(length)
        self.row = row
        var none = Array[Int, 8](fill=_NOWHERE)
        var lanes = Array[Array[Int, 8], 8](fill=none)
        self.places = Array[Array[Array[Int, 8], 8], 2](fill=lanes)
        for i in range(length):
            self.layout.allow(i, text[row + i], 0)

    def digit(mut self, at: Int, lane: Int, place: Int, spread: UInt8 = 9):
        """Makes the byte at `at` of the chunk the digit `place` of a lane, counted
        from the least significant."""
        self.layout.allow(at - self.row, _ZERO, spread)
        var half = place // 8
        self.places[half][lane][7 - place % 8] = at - self.row
        if half:
            self.layout.has_high = True

    def finish(mut self) -> Bool:
        """Turns places into indexes; False if they are too far apart."""
        # A byte that is fixed, so that its difference is zero.
        var zero = -1
        for i in range(min(self.layout.length, REACH)):
            if self.layout.spread[i // 64][i % 64] == 0:
                zero = i
                break
        if zero < 0:
            return False
        for half in range(2):
            for lane in range(8):
                var first = REACH
                var last = -1
                for digit in range(8):
                    var at = self.places[half][lane][digit]
                    if at >= 0:
                        first = min(first, at)
                        last = max(last, at)
                if last >= REACH or last - first >= 16:
                    return False
                self.layout.windows[half][lane] = UInt8(
                    first if last >= 0 else 0
                )
                for digit in range(8):
                    var at = self.places[half][lane][digit]
                    var slot = 8 * lane + digit
                    var index = UInt8(at if at >= 0 else zero)
                    if half:
                        self.layout.high[slot] = index
                    else:
                        self.layout.low[slot] = index
                    if at >= 0:
                        self.layout.bias[half][slot] = _ZERO
                        if lane % 2:
                            self.layout.odd[half][slot] = UInt8(at - first)
                        else:
                            self.layout.even[half][slot] = UInt8(at - first)
        return True


def learn_layout[
    word: DType
](
    text: ByteView,
    begin: Int,
    end: Int,
    next: Int,
    fields: FieldSpans,
    plan: RowPlan,
    row: RowValues[word],
) -> Optional[Layout]:
    """Derives the layout of a row the scalar parser has read.

    Parameters:
        word: `int64` or `int128`.

    Args:
        text: The chunk.
        begin: Where the row starts.
        end: Where its line end starts.
        next: Where the next row starts.
        fields: Where its fields are.
        plan: Which field is what.
        row: What it says.

    Returns:
        The layout, or nothing for rows that are better read one by one: with
        exponents, rounded digits, a lone CR, more than 256 bytes.
    """
    var length = next - begin
    if (
        length > 64 * BLOCKS
        or next > len(text)
        or end == next
        or text[next - 1] != UInt8(ord("\n"))
        or row.rounded != 0
        or (plan.field(Role.TS_INIT) >= 0 and plan.values == Role.VALUES)
        or row.id_quote != 0
        or row.id_end - row.id_begin > 64
    ):
        return None
    var builder = _Builder(text, begin, length)
    for field in range(plan.field_count):
        _ignore(builder, text, fields.begins[field], fields.ends[field])
    # Another symbol is another layout: the scalar parser sees each first row.
    var symbol = plan.field(Role.SYMBOL)
    if symbol >= 0:
        _fix(builder, text, fields.begins[symbol], fields.ends[symbol])
    if not _place_times(builder, text, fields, plan):
        return None
    if not _place_values[word](builder, text, fields, plan, row):
        return None
    if plan.trades:
        _place_trade(builder, text, fields, plan, row)
    # A line end inside quotes would be taken for the end of a row, or would not be
    # counted as a line.
    for i in range(begin, end):
        if text[i] == UInt8(ord("\n")) or text[i] == UInt8(ord("\r")):
            return None
    if plan.comment != 0 and builder.layout.free[0] & 1 != 0:
        return None
    if not builder.finish():
        return None
    builder.layout.zoned = row.text_zoned
    builder.layout.key = key_of(text, begin, length)
    if not _agrees(builder.layout, text, begin, plan, row):
        return None
    return builder.layout.copy()


def key_of(text: ByteView, begin: Int, length: Int) -> UInt64:
    """Hashes which bytes of a row are no digits.

    Args:
        text: The chunk.
        begin: Where the row starts.
        length: Its bytes with the line end, at most 256.

    Returns:
        The key of its layout.
    """
    var masks = Array[UInt64, BLOCKS](fill=0)
    for i in range(length):
        if not _is_digit(text[begin + i]):
            masks[i // 64] |= UInt64(1) << UInt64(i % 64)
    return hash_masks(masks[0], masks[1], masks[2], masks[3])


def _ignore(mut builder: _Builder, text: ByteView, begin: Int, end: Int):
    """Lets a cell vary: digits where it has digits; all of it if it has letters."""
    var letters = False
    for i in range(begin, end):
        var byte = text[i] | 0x20
        letters = letters or byte >= UInt8(ord("a"))
    for i in range(begin, end):
        var at = i - builder.row
        if letters:
            builder.layout.allow(at, 0, 255)
            builder.layout.free[at // 64] |= UInt64(1) << UInt64(at % 64)
            builder.layout.has_free = True
        elif _is_digit(text[i]):
            builder.layout.allow(at, _ZERO, 9)


def _fix(mut builder: _Builder, text: ByteView, begin: Int, end: Int):
    """Takes back what `_ignore` allowed for a cell that is read after all."""
    for i in range(begin, end):
        var at = i - builder.row
        builder.layout.allow(at, text[i], 0)
        builder.layout.free[at // 64] &= ~(UInt64(1) << UInt64(at % 64))


def _place_trade(
    mut builder: _Builder,
    text: ByteView,
    fields: FieldSpans,
    plan: RowPlan,
    row: RowValues,
):
    """Keeps the side fixed and notes where the identifier is."""
    builder.layout.side = row.side
    var side = plan.field(Role.SIDE)
    if side >= 0:
        _fix(builder, text, fields.begins[side], fields.ends[side])
    var id = plan.field(Role.ID)
    if id < 0:
        return
    builder.layout.id_begin = row.id_begin - builder.row
    builder.layout.id_length = row.id_end - row.id_begin
    for i in range(row.id_begin, row.id_end):
        var at = i - builder.row
        # Anything printable: blanks would be trimmed, and UTF-8 is to be checked.
        if builder.layout.spread[at // 64][at % 64] == 255:
            builder.layout.allow(at, UInt8(ord("!")), UInt8(ord("~") - ord("!")))


def _place_times(
    mut builder: _Builder, text: ByteView, fields: FieldSpans, plan: RowPlan
) -> Bool:
    var init = plan.field(Role.TS_INIT)
    if init >= 0:
        var begin = fields.begins[init]
        var end = fields.ends[init]
        _fix(builder, text, begin, end)
        if _digits(text, begin, end) != end - begin:
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
    _fix(builder, text, begin, end)
    if plan.time_pattern.byte_length() > 0:
        return _place_pattern(builder, text, begin, end, plan.time_pattern)
    if _digits(text, begin, end) == end - begin and end - begin >= 10:
        builder.layout.epoch = True
        return _place_epoch(builder, text, begin, end, FRACTION)
    var at = _place_date(builder, text, begin, end)
    if at < 0:
        return False
    if at == end:
        builder.layout.scale[DATE] = 1
        return True
    while at < end and not _is_digit(text[at]):
        at += 1
    return _place_clock(builder, text, at, end)


def _place_part(
    mut builder: _Builder,
    text: ByteView,
    fields: FieldSpans,
    field: Int,
    pattern: String,
    is_date: Bool,
) -> Bool:
    """A day, or a time of day, in a field of its own."""
    var begin = fields.begins[field]
    var end = fields.ends[field]
    _fix(builder, text, begin, end)
    if pattern.byte_length() > 0:
        return _place_pattern(builder, text, begin, end, pattern)
    if is_date:
        return _place_date(builder, text, begin, end) == end
    return _place_clock(builder, text, begin, end)


def _place_pattern(
    mut builder: _Builder,
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
            var count = _digits(text, at, end)
            _place_number(builder, at, count, FRACTION, 0)
            builder.layout.scale[FRACTION] = Int64(power_of_ten(9 - count))
            at += count
            continue
        var width = 4 if directive == UInt8(ord("Y")) else 2
        var count = min(_digits(text, at, end), width)
        if directive == UInt8(ord("Y")):
            _place_number(builder, at, count, DATE, 4)
        elif directive == UInt8(ord("m")):
            _place_number(builder, at, count, DATE, 2)
        elif directive == UInt8(ord("d")):
            _place_number(builder, at, count, DATE, 0)
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
    mut builder: _Builder, at: Int, count: Int, place: Int, spread: UInt8
):
    """Hours, minutes or seconds of one or two digits."""
    if count == 2:
        builder.digit(at, CLOCK, place + 1, spread)
    builder.digit(at + count - 1, CLOCK, place)


def _digits(text: ByteView, begin: Int, end: Int) -> Int:
    """How many digits come next."""
    var at = begin
    while at < end and _is_digit(text[at]):
        at += 1
    return at - begin


def _place_epoch(
    mut builder: _Builder, text: ByteView, begin: Int, end: Int, lane: Int
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
        first = first * 10 + Int64(text[begin + i] - _ZERO)
    builder.layout.constant[lane] = first * 10_000_000_000_000_000
    for i in range(fixed, count):
        # Nine in front could be too large for 63 bits.
        var spread = UInt8(9) - UInt8(Int(i == 0))
        builder.digit(begin + i, lane, count - 1 - i, spread)
    builder.layout.scale[lane] = Int64(unit)
    # The short multiplication has 32 bits for digits and scale.
    builder.layout.has_high = True
    return fixed == 0 or first < 922


def _place_number(
    mut builder: _Builder, begin: Int, count: Int, lane: Int, place: Int
):
    """Digits of which the last has the given place."""
    for i in range(count):
        builder.digit(begin + i, lane, place + count - 1 - i)


def _place_date(
    mut builder: _Builder, text: ByteView, begin: Int, end: Int
) -> Int:
    """Returns where the date ends, or -1. The scalar parser has checked it."""
    var run = _digits(text, begin, end)
    if run == 8:
        _place_number(builder, begin, 8, DATE, 0)
        builder.layout.scale[DATE] = 1
        return begin + 8
    var second = begin + run + 1
    var run2 = _digits(text, second, end)
    var third = second + run2 + 1
    var run3 = _digits(text, third, end)
    if run == 4 and 1 <= run2 <= 2 and 1 <= run3 <= 2:
        _place_number(builder, begin, 4, DATE, 4)
        _place_number(builder, second, run2, DATE, 2)
        _place_number(builder, third, run3, DATE, 0)
    elif 1 <= run <= 2 and 1 <= run2 <= 2 and run3 == 4:
        _place_number(builder, begin, run, DATE, 0)
        _place_number(builder, second, run2, DATE, 2)
        _place_number(builder, third, 4, DATE, 4)
    else:
        return -1
    builder.layout.scale[DATE] = 1
    return third + run3


def _place_clock(
    mut builder: _Builder, text: ByteView, begin: Int, end: Int
) -> Bool:
    """Hours, minutes, seconds, a fraction; what follows is a fixed offset."""
    comptime scale = 1_000_000_000
    builder.layout.scale[DATE] = 1
    builder.layout.scale[CLOCK] = scale
    var run = _digits(text, begin, end)
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
    elif 1 <= run <= 2 and _digits(text, begin + run + 1, end) == 2:
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
            var count = _digits(text, at, end)
            if count < 1 or count > 9:
                return False
            _place_number(builder, at, count, FRACTION, 0)
            builder.layout.scale[FRACTION] = Int64(power_of_ten(9 - count))
    return True


def _place_values[
    word: DType
](
    mut builder: _Builder,
    text: ByteView,
    fields: FieldSpans,
    plan: RowPlan,
    row: RowValues[word],
) -> Bool:
    comptime wide = scale_of[word]() == 16
    for role in range(plan.values):
        var field = plan.fields[role]
        var lane = FIRST_VALUE + role
        var is_size = role >= plan.prices
        if field >= 0:
            _fix(builder, text, fields.begins[field], fields.ends[field])
        if field < 0 or plan.is_empty(
            text.slice(fields.begins[field], fields.ends[field])
        ):
            comptime if wide:
                # A constant would need 128 bits.
                if row.values[role] != 0:
                    return False
            else:
                builder.layout.constant[lane] = row.values[role].cast[
                    DType.int64
                ]()
            continue
        var precision = plan.size_precision if is_size else plan.price_precision
        if precision < 0:
            precision = scale_of[word]()
        if not _place_value[wide](
            builder,
            text,
            fields.begins[field],
            fields.ends[field],
            lane,
            precision,
            is_size,
            plan.size_form if is_size else plan.price_form,
        ):
            return False
    return True


def _place_value[
    wide: Bool
](
    mut builder: _Builder,
    text: ByteView,
    begin: Int,
    end: Int,
    lane: Int,
    precision: Int,
    is_size: Bool,
    form: NumberForm,
) -> Bool:
    var at = begin
    if text[at] == UInt8(ord("-")):
        # A size of -0 is good, but nothing else that looks like it.
        if is_size:
            return False
        builder.layout.sign[lane] = -1
        builder.layout.has_sign = True
    at += Int(text[at] == UInt8(ord("-")) or text[at] == UInt8(ord("+")))
    var integers = _digits(text, at, end)
    var point = at + integers
    var decimals = 0
    if point < end:
        if text[point] != form.point:
            return False
        decimals = _digits(text, point + 1, end)
        if point + 1 + decimals != end:
            return False
    # Digits beyond the precision are zeros and stay fixed.
    var kept = min(decimals, max(precision + form.shift, 0))
    builder.layout.shows_more = builder.layout.shows_more or kept < decimals
    # So many integer digits are within the range whatever they are.
    if integers + form.shift > (13 if wide else 9) or integers + kept > 16:
        return False
    if integers + kept == 0:
        return False
    var zeros = (16 if wide else 9) - kept + form.shift
    if zeros < 0 or zeros > 18:
        return False
    # The short multiplication has 32 bits for the scale.
    builder.layout.has_high = builder.layout.has_high or zeros > 9
    for i in range(integers):
        builder.digit(at + i, lane, kept + integers - 1 - i)
    _place_number(builder, point + 1, kept, lane, 0)
    comptime if wide:
        builder.layout.scale[lane] = 1
        builder.layout.widening[lane] = Int64(power_of_ten(zeros))
    else:
        builder.layout.scale[lane] = Int64(power_of_ten(zeros))
    return True


def _agrees[
    word: DType
](
    mut layout: Layout,
    text: ByteView,
    begin: Int,
    plan: RowPlan,
    row: RowValues[word],
) -> Bool:
    """Whether the layout gives what the scalar parser gave; settles the offset."""
    var bytes = Array[UInt8, 256](fill=0)
    for i in range(layout.length):
        bytes[i] = text[begin + i]
    var first = Block(0)
    var second = Block(0)
    for i in range(64):
        first[i] = bytes[i]
        second[i] = bytes[64 + i]
    var padded = ByteView(Span(bytes))
    var values = layout.signed(
        read_values[2, True](
            layout,
            padded,
            0,
            first - layout.lowest[0],
            second - layout.lowest[1],
            layout.low,
            layout.high,
            layout.scale,
            layout.constant,
        )
    )
    var day = Int(values[DATE])
    var stamp = values[CLOCK] + values[FRACTION]
    if not layout.epoch:
        stamp += (
            Int64(days_from_civil(day // 10_000, day // 100 % 100, day % 100))
            * NANOSECONDS_PER_DAY
        )
    # What is left over is the offset the text fixes; where it fixes none, the
    # engine applies that of the zone day by day.
    if not row.text_zoned:
        if stamp != row.local:
            return False
    elif layout.epoch:
        if stamp != row.ts_event:
            return False
    else:
        layout.constant[FRACTION] = row.ts_event - stamp
    if plan.field(Role.TS_INIT) >= 0 and values[INIT] != row.ts_init:
        return False
    for i in range(plan.values):
        var found = values[FIRST_VALUE + i].cast[word]()
        comptime if scale_of[word]() == 16:
            found *= layout.widening[FIRST_VALUE + i].cast[word]()
        if found != row.values[i]:
            return False
    return True
