"""Derives the layout of a row from what the scalar parser found in it."""

from barrow.csv.builder import ZERO, LayoutBuilder, count_digits, is_digit
from barrow.csv.cells import RowValues
from barrow.csv.layout import (
    BLOCKS,
    CLOCK,
    DATE,
    FIRST_VALUE,
    FRACTION,
    INIT,
    Layout,
    hash_masks,
    marks_of,
    read_values,
)
from barrow.csv.learn_times import place_times
from barrow.csv.plan import Role, RowPlan
from barrow.csv.simd import Block, Lanes
from barrow.csv.split import FieldSpans
from barrow.fence import ByteView
from barrow.fixed import NumberForm, power_of_ten, scale_of
from barrow.time import NANOSECONDS_PER_DAY, days_from_civil


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
    var builder = LayoutBuilder(text, begin, length)
    for field in range(plan.field_count):
        _ignore(builder, text, fields.begins[field], fields.ends[field])
    # Another symbol is another layout: the scalar parser sees each first row.
    var symbol = plan.field(Role.SYMBOL)
    if symbol >= 0:
        builder.fix(text, fields.begins[symbol], fields.ends[symbol])
    if not place_times(builder, text, fields, plan):
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
    builder.layout.unusual = (
        builder.layout.has_free
        or builder.layout.has_sign
        or builder.layout.shows_more
    )
    builder.layout.key = _key_of(text, begin, length, plan.delimiter)
    if not _agrees(builder.layout, text, begin, plan, row):
        return None
    return builder.layout.copy()


def _key_of(
    text: ByteView, begin: Int, length: Int, delimiter: UInt8
) -> UInt64:
    """The key of a row of at most 256 bytes, its line end among them."""
    var masks = Array[UInt64, BLOCKS](fill=0)
    for b in range(BLOCKS):
        var bytes = Block(255)
        for i in range(min(length - 64 * b, 64)):
            bytes[i] = text[begin + 64 * b + i]
        masks[b] = marks_of(bytes, delimiter)
    return hash_masks(masks[0], masks[1], masks[2], masks[3])


def _ignore(mut builder: LayoutBuilder, text: ByteView, begin: Int, end: Int):
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
        elif is_digit(text[i]):
            builder.layout.allow(at, ZERO, 9)


def _place_trade(
    mut builder: LayoutBuilder,
    text: ByteView,
    fields: FieldSpans,
    plan: RowPlan,
    row: RowValues,
):
    """Keeps the side fixed and notes where the identifier is."""
    builder.layout.side = row.side
    var side = plan.field(Role.SIDE)
    if side >= 0:
        builder.fix(text, fields.begins[side], fields.ends[side])
    var id = plan.field(Role.ID)
    if id < 0:
        return
    builder.layout.id_begin = row.id_begin - builder.row
    builder.layout.id_length = row.id_end - row.id_begin
    for i in range(row.id_begin, row.id_end):
        var at = i - builder.row
        # Anything printable: blanks would be trimmed, and UTF-8 is to be checked.
        if builder.layout.spread[at // 64][at % 64] == 255:
            builder.layout.allow(
                at, UInt8(ord("!")), UInt8(ord("~") - ord("!"))
            )


def _place_values[
    word: DType
](
    mut builder: LayoutBuilder,
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
            builder.fix(text, fields.begins[field], fields.ends[field])
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
    mut builder: LayoutBuilder,
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
    var integers = count_digits(text, at, end)
    var point = at + integers
    var decimals = 0
    if point < end:
        if text[point] != form.point:
            return False
        decimals = count_digits(text, point + 1, end)
        if point + 1 + decimals != end:
            return False
    # Digits beyond the precision are zeros and stay fixed.
    var kept = min(decimals, max(precision + form.shift, 0))
    builder.layout.shows_more = (
        builder.layout.shows_more or kept < decimals or form.shift < 0
    )
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
    # So are the last integer digits where a shift makes decimals of them.
    var beyond = min(max(-precision - form.shift, 0), integers)
    for i in range(integers - beyond):
        builder.digit(at + i, lane, kept + integers - 1 - i)
    builder.number(point + 1, kept, lane, 0)
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
