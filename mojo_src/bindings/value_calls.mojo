"""Single values: text to integer and back, as functions of the extension module."""

from barrow.fence import ByteView
from barrow.fixed import Rounding, format_fixed, parse_fixed, scale_of
from barrow.time import (
    format_instant,
    is_pattern,
    parse_instant,
    parse_with_pattern,
)

from capi import *


def parse_value(args: Args, n: Int) raises PyErr -> Obj:
    """Args: text, wide, signed, precision, rounding.
    Returns (raw, decimals, rounded, reason)."""
    var wide = to_bool(args[unsafe_offset=1])
    if to_bool(args[unsafe_offset=2]):
        return _parse[DType.int128](args) if wide else _parse[DType.int64](args)
    return _parse[DType.uint128](args) if wide else _parse[DType.uint64](args)


def _parse[dtype: DType](args: Args) raises PyErr -> Obj:
    var text = to_string(args[])
    var precision = to_int(args[unsafe_offset=3])
    if precision < 0 or precision > scale_of[dtype]():
        raise PyErr.argument(
            String(
                "precision must be from 0 to ",
                scale_of[dtype](),
                ", got ",
                precision,
            )
        )
    var value = parse_fixed[dtype](
        ByteView(text.as_bytes()),
        precision,
        Rounding(UInt8(to_int(args[unsafe_offset=4]))),
    )
    var result = external_call["PyTuple_New", Obj](4)
    # A raw value uses at most 115 bits, so the signed type holds all of them.
    put(result, 0, py_wide(value.raw.cast[DType.int128]()))
    put(result, 1, py_int(value.decimals))
    put(result, 2, py_int(Int(value.rounded)))
    put(result, 3, py_int(Int(value.reason.code)))
    return result


def format_value(args: Args, n: Int) raises PyErr -> Obj:
    """Args: high 64 bits, low 64 bits (both as signed), wide, negative, decimals.
    Returns the text, or None if digits would be lost."""
    var raw = (Int128(to_int(args[])) << 64) | Int128(
        UInt64(to_int(args[unsafe_offset=1]))
    )
    var negative = to_bool(args[unsafe_offset=3])
    var decimals = to_int(args[unsafe_offset=4])
    var text = String()
    var whole: Bool
    if to_bool(args[unsafe_offset=2]):
        if negative:
            whole = format_fixed[DType.int128](raw, text, decimals)
        else:
            whole = format_fixed[DType.uint128](
                raw.cast[DType.uint128](), text, decimals
            )
    elif negative:
        whole = format_fixed[DType.int64](
            raw.cast[DType.int64](), text, decimals
        )
    else:
        whole = format_fixed[DType.uint64](
            raw.cast[DType.uint64](), text, decimals
        )
    return py_str(text) if whole else py_none()


def parse_time(args: Args, n: Int) raises PyErr -> Obj:
    """Args: text, pattern (may be empty). Returns (nanoseconds, zoned, reason)."""
    var text = to_string(args[])
    var pattern = to_string(args[unsafe_offset=1])
    var form = ByteView(pattern.as_bytes())
    if len(form) > 0 and not is_pattern(form):
        raise PyErr.argument(String('"', pattern, '" is no pattern of times'))
    var view = ByteView(text.as_bytes())
    var instant = parse_instant(view) if len(form) == 0 else parse_with_pattern(
        view, form
    )
    return py_ints(
        Int(instant.nanoseconds), Int(instant.zoned), Int(instant.reason.code)
    )


def format_time(args: Args, n: Int) raises PyErr -> Obj:
    """Args: nanoseconds. Returns ISO 8601 text."""
    var text = String()
    format_instant(Int64(to_int(args[])), text)
    return py_str(text)
