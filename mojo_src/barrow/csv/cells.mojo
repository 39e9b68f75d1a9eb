"""Turns the fields of one row into the values of one record."""

from barrow.errors import Reason
from barrow.fence import ByteView
from barrow.fixed import (
    SCALE_128,
    Fixed,
    Rounding,
    parse_fixed,
    scale_of,
)
from barrow.time import (
    Instant,
    join_date_and_time,
    parse_date,
    parse_instant,
    parse_time_of_day,
    parse_with_pattern,
)

from barrow.csv.plan import Role, RowPlan
from barrow.csv.split import FieldSpans

comptime size_word[
    word: DType
] = DType.uint64 if word == DType.int64 else DType.uint128
"""The type of a raw size that is as wide as a raw price.

Parameters:
    word: The type of the raw price.
"""


struct RowValues[word: DType](Movable):
    """One record as raw values, or the reason why there is none.

    Parameters:
        word: `int64` or `int128`. Raw sizes, which have no sign, are kept by
            their bits.
    """

    var values: Array[Scalar[Self.word], Role.VALUES]
    """Prices, then sizes."""
    var ts_event: Int64
    """Nanoseconds UTC."""
    var ts_init: Int64
    """Nanoseconds UTC."""
    var side: UInt8
    """The aggressor of a trade."""
    var id_begin: Int
    """The first byte of the identifier of a trade within the chunk."""
    var id_end: Int
    """One past its last byte."""
    var id_quote: UInt8
    """The byte that stands twice for once in it; 0 if none does."""
    var zoned: Bool
    """Whether the text or the plan fixes the zone of `ts_event`."""
    var text_zoned: Bool
    """Whether the text fixes it."""
    var local: Int64
    """`ts_event` on the clock the text shows, where it fixes no zone."""
    var price_decimals: Int
    """The most decimals any price shows."""
    var size_decimals: Int
    """The most decimals any size shows."""
    var rounded: UInt8
    """Bit `i` is set if value column `i` was rounded."""
    var reason: Reason
    """`OK`, or what is wrong with `field`."""
    var field: Int
    """The field at fault; -1 for none of its own."""

    def __init__(out self):
        """Makes a record of zeros."""
        self.values = Array[Scalar[Self.word], Role.VALUES](fill=0)
        self.ts_event = 0
        self.ts_init = 0
        self.side = 0
        self.id_begin = 0
        self.id_end = 0
        self.id_quote = 0
        self.zoned = True
        self.text_zoned = True
        self.local = 0
        self.price_decimals = 0
        self.size_decimals = 0
        self.rounded = 0
        self.reason = Reason.OK
        self.field = -1

    def refuse(mut self, reason: Reason, field: Int):
        """Gives the row up.

        Args:
            reason: Why.
            field: The field at fault.
        """
        self.reason = reason
        self.field = field


@always_inline
def _cell[
    origin: ImmOrigin
](text: ByteView[origin], fields: FieldSpans, field: Int) -> ByteView[origin]:
    return text.slice(fields.begins[field], fields.ends[field])


def decode_row[
    word: DType
](text: ByteView, fields: FieldSpans, plan: RowPlan, mut row: RowValues[word],):
    """Reads the cells of a row that has as many fields as the plan says.

    Parameters:
        word: `int64` or `int128`.

    Args:
        text: The chunk the fields are in.
        fields: Where the fields are.
        plan: Which field is what.
        row: Where to put the values; `reason` tells whether they are good.
    """
    row.reason = Reason.OK
    row.field = -1
    row.rounded = 0
    row.price_decimals = 0
    row.size_decimals = 0

    if not _decode_times(text, fields, plan, row):
        return
    for i in range(plan.values):
        var good: Bool
        if i < plan.prices:
            good = _decode_value[word](text, fields, plan, i, row)
        else:
            good = _decode_value[size_word[word]](text, fields, plan, i, row)
        if not good:
            return
    if plan.trades:
        _decode_trade(text, fields, plan, row)


def _decode_value[
    dtype: DType, word: DType
](
    text: ByteView,
    fields: FieldSpans,
    plan: RowPlan,
    column: Int,
    mut row: RowValues[word],
) -> Bool:
    """Reads one value column; False if its cell was refused."""
    comptime is_price = dtype == word
    var precision = plan.price_precision if is_price else plan.size_precision
    var rounding = plan.rounding
    if precision < 0:
        precision = scale_of[dtype]()
        if plan.may_widen and precision < SCALE_128:
            rounding = Rounding.EXACT
    var field = plan.fields[column]
    var value: Fixed[dtype]
    if field < 0 or (
        not is_price
        and plan.empty_volume
        and plan.is_empty(_cell(text, fields, field))
    ):
        value = parse_fixed[dtype](
            ByteView(plan.default_volume.as_bytes()), precision, rounding
        )
    else:
        var cell = _cell(text, fields, field)
        if len(plan.nulls) > 0 and plan.is_empty(cell):
            row.refuse(Reason.EMPTY, field)
            return False
        value = parse_fixed[dtype](
            cell,
            precision,
            rounding,
            plan.price_form if is_price else plan.size_form,
        )
    if value.reason != Reason.OK:
        row.refuse(value.reason, field)
        return False
    row.values[column] = value.raw.cast[word]()
    comptime if is_price:
        row.price_decimals = max(row.price_decimals, value.decimals)
    else:
        row.size_decimals = max(row.size_decimals, value.decimals)
    row.rounded |= UInt8(Int(value.rounded)) << UInt8(column)
    return True


def _decode_trade(
    text: ByteView, fields: FieldSpans, plan: RowPlan, mut row: RowValues
):
    """Reads the side and finds the identifier."""
    row.side = 0
    var field = plan.field(Role.SIDE)
    if field >= 0:
        var side = plan.side_of(_cell(text, fields, field))
        if not side:
            row.refuse(Reason.NOT_A_SIDE, field)
            return
        row.side = side.value()
    field = plan.field(Role.ID)
    row.id_begin = 0
    row.id_end = 0
    row.id_quote = 0
    if field >= 0:
        row.id_begin = fields.begins[field]
        row.id_end = fields.ends[field]
        var cell = _cell(text, fields, field)
        if not cell.is_utf8():
            row.refuse(Reason.NOT_UTF8, field)
        elif _is_quoted(text, row.id_begin, plan):
            row.id_quote = plan.quote


def _is_quoted(text: ByteView, begin: Int, plan: RowPlan) -> Bool:
    """Whether a quote opens the cell: it stands before it, with blanks between."""
    var at = begin - 1
    while at >= 0 and (
        text[at] == UInt8(ord(" ")) or text[at] == UInt8(ord("\t"))
    ):
        if text[at] == plan.delimiter:
            return False
        at -= 1
    return at >= 0 and text[at] == plan.quote


@always_inline
def _instant(cell: ByteView, plan: RowPlan) -> Instant:
    if plan.time_pattern.byte_length() > 0:
        return parse_with_pattern(cell, ByteView(plan.time_pattern.as_bytes()))
    return parse_instant(cell)


@always_inline
def _decode_times(
    text: ByteView, fields: FieldSpans, plan: RowPlan, mut row: RowValues
) -> Bool:
    """Fills in both stamps; False if one was refused."""
    var field = plan.field(Role.TS_EVENT)
    var event: Instant
    if field >= 0:
        event = _instant(_cell(text, fields, field), plan)
    else:
        field = plan.field(Role.DATE)
        var cell = _cell(text, fields, field)
        var day: Instant
        if plan.date_pattern.byte_length() > 0:
            var pattern = ByteView(plan.date_pattern.as_bytes())
            day = parse_with_pattern(cell, pattern)
        else:
            day = parse_date(cell)
        if day.reason != Reason.OK:
            row.refuse(day.reason, field)
            return False
        field = plan.field(Role.TIME)
        cell = _cell(text, fields, field)
        if plan.time_pattern.byte_length() > 0:
            var pattern = ByteView(plan.time_pattern.as_bytes())
            event = join_date_and_time(day, parse_with_pattern(cell, pattern))
        else:
            event = join_date_and_time(day, parse_time_of_day(cell))
    row.zoned = event.zoned or plan.zone.named
    row.text_zoned = event.zoned
    row.local = event.nanoseconds
    if event.reason == Reason.OK and not event.zoned and plan.zone.named:
        event = plan.zone.to_utc(event.nanoseconds)
    if event.reason != Reason.OK:
        row.refuse(event.reason, field)
        return False
    row.ts_event = event.nanoseconds
    var init_field = plan.field(Role.TS_INIT)
    if init_field >= 0:
        var made = parse_instant(_cell(text, fields, init_field))
        if made.reason != Reason.OK:
            row.refuse(made.reason, init_field)
            return False
        row.ts_init = made.nanoseconds
        return True
    if (
        plan.ts_init_delta > Int64.MAX - row.ts_event
        or row.ts_event + plan.ts_init_delta < 0
    ):
        row.refuse(Reason.TIME_RANGE, field)
        return False
    row.ts_init = row.ts_event + plan.ts_init_delta
    return True
