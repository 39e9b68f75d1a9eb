"""Turns the fields of one row into the values of one bar."""

from barrow.errors import Reason
from barrow.fence import ByteView
from barrow.fixed import SCALE_128, Fixed, Rounding, parse_fixed, scale_of
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


struct RowValues[price: DType, size: DType](Movable):
    """One bar as raw values, or the reason why there is none.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.
    """

    var prices: Array[Scalar[Self.price], 4]
    """Open, high, low, close."""
    var volume: Scalar[Self.size]
    """Volume."""
    var ts_event: Int64
    """Nanoseconds UTC."""
    var ts_init: Int64
    """Nanoseconds UTC."""
    var zoned: Bool
    """Whether the text or the plan fixes the zone of `ts_event`."""
    var text_zoned: Bool
    """Whether the text fixes it."""
    var local: Int64
    """`ts_event` on the clock the text shows, where it fixes no zone."""
    var price_decimals: Int
    """The most decimals any price shows."""
    var size_decimals: Int
    """The decimals the volume shows."""
    var rounded: UInt8
    """Bit `i` is set if value column `i` was rounded."""
    var reason: Reason
    """`OK`, or what is wrong with `field`."""
    var field: Int
    """The field at fault; -1 for none of its own."""

    def __init__(out self):
        """Makes a bar of zeros."""
        self.prices = Array[Scalar[Self.price], 4](fill=0)
        self.volume = 0
        self.ts_event = 0
        self.ts_init = 0
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
    price: DType, size: DType
](
    text: ByteView,
    fields: FieldSpans,
    plan: RowPlan,
    mut row: RowValues[price, size],
):
    """Reads the cells of a row that has as many fields as the plan says.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.

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

    var precision = plan.price_precision
    var rounding = plan.rounding
    if precision < 0:
        precision = scale_of[price]()
        if plan.may_widen and precision < SCALE_128:
            rounding = Rounding.EXACT
    comptime for i in range(4):
        var field = plan.fields[i]
        var value = parse_fixed[price](
            _cell(text, fields, field),
            precision,
            rounding,
            plan.price_form,
        )
        if value.reason != Reason.OK:
            row.refuse(value.reason, field)
            return
        row.prices[i] = value.raw
        row.price_decimals = max(row.price_decimals, value.decimals)
        row.rounded |= UInt8(Int(value.rounded)) << UInt8(i)

    precision = plan.size_precision
    rounding = plan.rounding
    if precision < 0:
        precision = scale_of[size]()
        if plan.may_widen and precision < SCALE_128:
            rounding = Rounding.EXACT
    var field = plan.field(Role.VOLUME)
    var volume: Fixed[size]
    if field >= 0 and not (
        plan.empty_volume and fields.begins[field] == fields.ends[field]
    ):
        volume = parse_fixed[size](
            _cell(text, fields, field),
            precision,
            rounding,
            plan.size_form,
        )
    else:
        volume = parse_fixed[size](
            ByteView(plan.default_volume.as_bytes()), precision, rounding
        )
    if volume.reason != Reason.OK:
        row.refuse(volume.reason, field)
        return
    row.volume = volume.raw
    row.size_decimals = volume.decimals
    row.rounded |= UInt8(Int(volume.rounded)) << 4


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
