"""Kernels over whole columns, as functions of the extension module."""

from std.sys import simd_width_of, size_of

from barrow.arrow import first_unfit, narrow, to_float64, widen
from barrow.fence import ColumnView, MutColumnView
from barrow.fixed import scale_of
from barrow.model import BarChecks, BarColumns, Check, check_bars

from capi import *

comptime _CHECKS: StaticString = "barrow.BarChecks"


def _read[dtype: DType](buffer: PyBuffer) -> ColumnView[dtype]:
    return ColumnView[dtype](
        address=buffer.address(),
        length=buffer.nbytes() // size_of[Scalar[dtype]](),
    )


def _write[dtype: DType](buffer: PyBuffer) -> MutColumnView[dtype]:
    return MutColumnView[dtype](
        address=buffer.address(),
        length=buffer.nbytes() // size_of[Scalar[dtype]](),
    )


def column_to_float64(args: Args, n: Int) raises PyErr -> Obj:
    """Args: raw, wide, signed, values (writable float64)."""
    var wide = to_bool(args[unsafe_offset=1])
    if to_bool(args[unsafe_offset=2]):
        if wide:
            return _to_float64[DType.int128](args)
        return _to_float64[DType.int64](args)
    if wide:
        return _to_float64[DType.uint128](args)
    return _to_float64[DType.uint64](args)


def _to_float64[dtype: DType](args: Args) raises PyErr -> Obj:
    var source = PyBuffer(args[])
    var target = PyBuffer(args[unsafe_offset=3], writable=True)
    var raw = _read[dtype](source)
    var values = _write[DType.float64](target)
    if len(raw) != len(values):
        raise PyErr.argument(
            String(len(raw), " raw values, room for ", len(values))
        )
    var state = gil_release()
    to_float64(raw, values)
    gil_acquire(state)
    _ = source^
    _ = target^
    return py_none()


def column_widen(args: Args, n: Int) raises PyErr -> Obj:
    """Args: raw (64 bits), signed, wide (writable, 128 bits)."""
    var source = PyBuffer(args[])
    var target = PyBuffer(args[unsafe_offset=2], writable=True)
    if target.nbytes() != 2 * source.nbytes():
        raise PyErr.argument("the wide column has another length")
    var signed = to_bool(args[unsafe_offset=1])
    var state = gil_release()
    if signed:
        widen(_read[DType.int64](source), _write[DType.int128](target))
    else:
        widen(_read[DType.uint64](source), _write[DType.uint128](target))
    gil_acquire(state)
    _ = source^
    _ = target^
    return py_none()


def column_narrow(args: Args, n: Int) raises PyErr -> Obj:
    """Args: wide (128 bits), signed, raw (writable, 64 bits).
    Returns -1, or the first row that does not fit."""
    var source = PyBuffer(args[])
    var target = PyBuffer(args[unsafe_offset=2], writable=True)
    if source.nbytes() != 2 * target.nbytes():
        raise PyErr.argument("the narrow column has another length")
    var signed = to_bool(args[unsafe_offset=1])
    var bad: Int
    var state = gil_release()
    if signed:
        bad = narrow(_read[DType.int128](source), _write[DType.int64](target))
    else:
        bad = narrow(_read[DType.uint128](source), _write[DType.uint64](target))
    gil_acquire(state)
    _ = source^
    _ = target^
    return py_int(bad)


def column_unfit(args: Args, n: Int) raises PyErr -> Obj:
    """Args: raw, wide, signed, precision.
    Returns -1, or the first row that is out of range or has more decimals."""
    var wide = to_bool(args[unsafe_offset=1])
    if to_bool(args[unsafe_offset=2]):
        return _unfit[DType.int128](args) if wide else _unfit[DType.int64](args)
    return _unfit[DType.uint128](args) if wide else _unfit[DType.uint64](args)


def _unfit[dtype: DType](args: Args) raises PyErr -> Obj:
    var precision = to_int(args[unsafe_offset=3])
    if precision < 0 or precision > scale_of[dtype]():
        raise PyErr.argument(String("precision ", precision))
    var source = PyBuffer(args[])
    var state = gil_release()
    var bad = first_unfit(_read[dtype](source), precision)
    gil_acquire(state)
    _ = source^
    return py_int(bad)


def checks_new(args: Args, n: Int) raises PyErr -> Obj:
    """Returns counts of nothing yet."""
    return new_handle[_CHECKS](BarChecks())


def checks_push(args: Args, n: Int) raises PyErr -> Obj:
    """Args: checks, columns (tuple of seven buffers), wide, step."""
    if to_bool(args[unsafe_offset=2]):
        return _check[DType.int128, DType.uint128](args)
    return _check[DType.int64, DType.uint64](args)


def _check[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[BarChecks, _CHECKS](args[])
    var step = UInt64(to_int(args[unsafe_offset=3]))
    var buffers = List[PyBuffer](capacity=7)
    for i in range(7):
        buffers.append(PyBuffer(item(args[unsafe_offset=1], i)))
    var rows = buffers[5].nbytes() // 8
    for i in range(7):
        var width = size_of[Scalar[price]]() if i < 5 else 8
        if buffers[i].nbytes() != rows * width:
            raise PyErr.argument(
                String("column ", i, " has another length than ts_event")
            )
    var bars = BarColumns[price, size](
        _read[price](buffers[0]),
        _read[price](buffers[1]),
        _read[price](buffers[2]),
        _read[price](buffers[3]),
        _read[size](buffers[4]),
        _read[DType.uint64](buffers[5]),
        _read[DType.uint64](buffers[6]),
    )
    handle[].busy = True
    var state = gil_release()
    check_bars(bars, step, handle[].value)
    gil_acquire(state)
    handle[].busy = False
    _ = buffers^
    return py_none()


def checks_counts(args: Args, n: Int) raises PyErr -> Obj:
    """Args: checks. Returns (rows, longest_gap, longest_gap_row, then a count
    and a first row for every check, by code)."""
    var handle = handle_of[BarChecks, _CHECKS](args[])
    ref c = handle[].value
    var result = external_call["PyTuple_New", Obj](3 + 2 * Check.COUNT)
    put(result, 0, py_int(c.rows))
    put(result, 1, py_int(c.longest_gap))
    put(result, 2, py_int(c.longest_gap_row))
    for i in range(Check.COUNT):
        put(result, 3 + 2 * i, py_int(c.counts[i]))
        put(result, 4 + 2 * i, py_int(c.first_rows[i]))
    return result


def simd_bits(args: Args, n: Int) raises PyErr -> Obj:
    """Returns the width of the vector registers this was compiled for."""
    return py_int(simd_width_of[DType.int64]() * 64)
