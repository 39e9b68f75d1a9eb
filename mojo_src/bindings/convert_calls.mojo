"""Columns of numbers and times to raw values, as functions of the extension module.

All return (first row refused or -1, reason, rows rounded, first row rounded or -1).
"""

from std.sys import size_of

from barrow.arrow import (
    Outcome,
    from_decimals,
    from_floats,
    from_texts,
    from_times,
)
from barrow.fence import ByteView, TextColumnView
from barrow.fixed import Rounding, scale_of

from capi import *
from column_calls import _read, _write


struct _Target[dtype: DType](Movable):
    """The arguments all have: precision, rounding, raw (writable)."""

    var buffer: PyBuffer
    var precision: Int
    var rounding: Rounding

    def __init__(out self, args: Args, first: Int, rows: Int) raises PyErr:
        var precision = to_int(args[unsafe_offset=first])
        if precision < 0 or precision > scale_of[Self.dtype]():
            raise PyErr.argument(String("precision ", precision))
        var rounding = to_int(args[unsafe_offset=first + 1])
        if rounding < 0 or rounding > 3:
            raise PyErr.argument(String("rounding ", rounding))
        var buffer = PyBuffer(args[unsafe_offset=first + 2], writable=True)
        if buffer.nbytes() != rows * size_of[Scalar[Self.dtype]]():
            raise PyErr.argument(
                String(rows, " values, room for ", buffer.nbytes(), " bytes")
            )
        self.precision = precision
        self.rounding = Rounding(UInt8(rounding))
        self.buffer = buffer^


def _tuple(outcome: Outcome) -> Obj:
    return py_ints(
        outcome.bad_row,
        Int(outcome.reason.code),
        outcome.rounded,
        outcome.first_rounded,
    )


def column_from_floats(args: Args, n: Int) raises PyErr -> Obj:
    """Args: values, single, wide, signed, precision, rounding, raw (writable)."""
    if to_bool(args[unsafe_offset=1]):
        return _from_floats[DType.float32](args)
    return _from_floats[DType.float64](args)


def _from_floats[source: DType](args: Args) raises PyErr -> Obj:
    var signed = to_bool(args[unsafe_offset=3])
    if to_bool(args[unsafe_offset=2]):
        if signed:
            return _floats[source, DType.int128](args)
        return _floats[source, DType.uint128](args)
    if signed:
        return _floats[source, DType.int64](args)
    return _floats[source, DType.uint64](args)


def _floats[source: DType, dtype: DType](args: Args) raises PyErr -> Obj:
    var buffer = PyBuffer(args[])
    var values = _read[source](buffer)
    var target = _Target[dtype](args, 4, len(values))
    var state = gil_release()
    var outcome = from_floats(
        values, _write[dtype](target.buffer), target.precision, target.rounding
    )
    gil_acquire(state)
    _ = buffer^
    _ = target^
    return _tuple(outcome)


def column_from_decimals(args: Args, n: Int) raises PyErr -> Obj:
    """Args: values, bits (64 or 128; negative if unsigned), source_scale, wide, signed,
    precision, rounding, raw (writable)."""
    var bits = to_int(args[unsafe_offset=1])
    if bits == 64:
        return _from_decimals[DType.int64](args)
    if bits == -64:
        return _from_decimals[DType.uint64](args)
    if bits == 128:
        return _from_decimals[DType.int128](args)
    if bits == -128:
        return _from_decimals[DType.uint128](args)
    raise PyErr.argument(String("integers of ", bits, " bits"))


def _from_decimals[source: DType](args: Args) raises PyErr -> Obj:
    var signed = to_bool(args[unsafe_offset=4])
    if to_bool(args[unsafe_offset=3]):
        if signed:
            return _decimals[source, DType.int128](args)
        return _decimals[source, DType.uint128](args)
    if signed:
        return _decimals[source, DType.int64](args)
    return _decimals[source, DType.uint64](args)


def _decimals[source: DType, dtype: DType](args: Args) raises PyErr -> Obj:
    var scale = to_int(args[unsafe_offset=2])
    if scale < 0 or scale > 38:
        raise PyErr.argument(String("scale ", scale))
    var buffer = PyBuffer(args[])
    var values = _read[source](buffer)
    var target = _Target[dtype](args, 5, len(values))
    var state = gil_release()
    var outcome = from_decimals(
        values,
        _write[dtype](target.buffer),
        scale,
        target.precision,
        target.rounding,
    )
    gil_acquire(state)
    _ = buffer^
    _ = target^
    return _tuple(outcome)


def column_from_texts(args: Args, n: Int) raises PyErr -> Obj:
    """Args: offsets (int32), bytes, wide, signed, precision, rounding, raw (writable)."""
    var signed = to_bool(args[unsafe_offset=3])
    if to_bool(args[unsafe_offset=2]):
        if signed:
            return _texts[DType.int128](args)
        return _texts[DType.uint128](args)
    if signed:
        return _texts[DType.int64](args)
    return _texts[DType.uint64](args)


def _texts[dtype: DType](args: Args) raises PyErr -> Obj:
    var ends = PyBuffer(args[])
    var data = PyBuffer(args[unsafe_offset=1])
    var bytes = ByteView(address=data.address(), length=data.nbytes())
    var texts = TextColumnView(_read[DType.int32](ends), bytes)
    var target = _Target[dtype](args, 4, len(texts))
    var state = gil_release()
    var outcome = from_texts(
        texts, _write[dtype](target.buffer), target.precision, target.rounding
    )
    gil_acquire(state)
    _ = ends^
    _ = data^
    _ = target^
    return _tuple(outcome)


def column_from_times(args: Args, n: Int) raises PyErr -> Obj:
    """Args: offsets (int32), bytes, nanoseconds (writable)."""
    var ends = PyBuffer(args[])
    var data = PyBuffer(args[unsafe_offset=1])
    var bytes = ByteView(address=data.address(), length=data.nbytes())
    var texts = TextColumnView(_read[DType.int32](ends), bytes)
    var target = PyBuffer(args[unsafe_offset=2], writable=True)
    if target.nbytes() != 8 * len(texts):
        raise PyErr.argument(
            String(len(texts), " times, room for ", target.nbytes(), " bytes")
        )
    var state = gil_release()
    var outcome = from_times(texts, _write[DType.int64](target))
    gil_acquire(state)
    _ = ends^
    _ = data^
    _ = target^
    return _tuple(outcome)
