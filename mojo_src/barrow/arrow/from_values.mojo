"""Exact columns to raw values: integers, decimals, and text; texts to instants."""

from barrow.arrow.outcome import Outcome
from barrow.errors import Reason
from barrow.fence import ColumnView, MutColumnView, TextColumnView
from barrow.fixed import (
    Rounding,
    largest_raw,
    parse_fixed,
    power_of_ten,
    scale_of,
)
from barrow.time import parse_instant

comptime _NARROW = UInt128(UInt64.MAX)


def from_decimals[
    source: DType, dtype: DType
](
    values: ColumnView[source],
    raw: MutColumnView[dtype],
    source_scale: Int,
    precision: Int,
    rounding: Rounding,
) -> Outcome:
    """Turns integers at any scale into raw values.

    With the scale of `dtype` as `source_scale` this checks raw values of others: they
    must be in range, and multiples of what the precision allows.

    Parameters:
        source: An integer type of 64 or 128 bits.
        dtype: The type of a raw value; unsigned types refuse negative numbers.

    Args:
        values: Integers, each the number times ten to the power of `source_scale`.
        raw: Where the raw values go; as long as `values`.
        source_scale: From 0 to 38.
        precision: Decimals to keep, from 0 to the scale of `dtype`.
        rounding: What to do with further decimals.

    Returns:
        The first value refused, or how many were rounded.
    """
    # Digits to drop, then zeros to append: of the two at most one is not zero as long
    # as the precision allows all digits the source can have.
    var divisor = power_of_ten(max(source_scale - precision, 0))
    var factor = power_of_ten(scale_of[dtype]() - min(source_scale, precision))
    var largest = largest_raw[dtype]() // factor
    var outcome = Outcome()
    for at in range(len(values)):
        var value = values[at]
        var negative = value < 0
        # Two's complement: also right for the smallest integer.
        var magnitude = value.cast[DType.uint128]()
        if negative:
            magnitude = UInt128(0) - magnitude
        if magnitude <= _NARROW and divisor <= _NARROW:
            # The common case: nothing to drop, and a division of one instruction.
            var narrow = UInt64(magnitude)
            var kept = narrow
            if divisor != 1:
                kept = narrow // UInt64(divisor)
            if (
                kept * UInt64(divisor) == narrow
                and UInt128(kept) <= largest
                and (dtype.is_signed() or not negative)
            ):
                var product = (UInt128(kept) * factor).cast[dtype]()
                raw.store(at, -product if negative else product)
                continue
        var dropped = UInt128(0)
        if divisor != 1:
            var quotient = magnitude // divisor
            dropped = magnitude - quotient * divisor
            magnitude = quotient
        if dropped != 0:
            if rounding == Rounding.EXACT:
                outcome.refuse(at, Reason.DECIMALS)
                return outcome
            magnitude += UInt128(
                Int(_rounds_up(magnitude, dropped, divisor, rounding))
            )
        if magnitude > largest:
            outcome.refuse(at, Reason.OVERFLOW)
            return outcome
        comptime if dtype.is_unsigned():
            if negative:
                outcome.refuse(at, Reason.NEGATIVE)
                return outcome
        if dropped != 0:
            outcome.round(at)
        var result = (magnitude * factor).cast[dtype]()
        raw.store(at, -result if negative else result)
    return outcome


@always_inline
def _rounds_up(
    kept: UInt128, dropped: UInt128, divisor: UInt128, rounding: Rounding
) -> Bool:
    if rounding == Rounding.TRUNCATE:
        return False
    # The divisor is at most 10**38, so twice what is dropped fits.
    var twice = dropped * 2
    if twice != divisor:
        return twice > divisor
    return rounding == Rounding.HALF_AWAY or kept & 1 == 1


def from_texts[
    dtype: DType
](
    texts: TextColumnView,
    raw: MutColumnView[dtype],
    precision: Int,
    rounding: Rounding,
) -> Outcome:
    """Turns decimal texts into raw values.

    Parameters:
        dtype: The type of a raw value; unsigned types refuse negative numbers.

    Args:
        texts: Numbers and nothing else.
        raw: Where the raw values go; as long as `texts`.
        precision: Decimals to keep, from 0 to the scale of `dtype`.
        rounding: What to do with further decimals.

    Returns:
        The first value refused, or how many were rounded.
    """
    var outcome = Outcome()
    for at in range(len(texts)):
        var value = parse_fixed[dtype](texts[at], precision, rounding)
        if value.reason != Reason.OK:
            outcome.refuse(at, value.reason)
            return outcome
        raw.store(at, value.raw)
        if value.rounded:
            outcome.round(at)
    return outcome


def from_times(
    texts: TextColumnView, nanoseconds: MutColumnView[DType.int64]
) -> Outcome:
    """Turns texts of instants into nanoseconds since 1970.

    Args:
        texts: Dates or instants as `barrow.time.parse_instant` reads them; in UTC if
            they name no zone.
        nanoseconds: Where they go; as long as `texts`.

    Returns:
        The first text refused; nothing is rounded.
    """
    var outcome = Outcome()
    for at in range(len(texts)):
        var instant = parse_instant(texts[at])
        if instant.reason != Reason.OK:
            outcome.refuse(at, instant.reason)
            return outcome
        nanoseconds.store(at, instant.nanoseconds)
    return outcome
