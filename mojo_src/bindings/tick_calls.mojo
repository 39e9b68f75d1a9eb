"""Checks of quotes and trades, as functions of the extension module."""

from std.sys import size_of

from barrow.fence import ByteView, TextColumnView
from barrow.model import (
    QuoteColumns,
    TickCheck,
    TickChecks,
    TradeColumns,
    check_quotes,
    check_trades,
)

from capi import *
from column_calls import _read

comptime _CHECKS: StaticString = "barrow.TickChecks"


def tick_checks_new(args: Args, n: Int) raises PyErr -> Obj:
    """Returns counts of nothing yet."""
    return new_handle[_CHECKS](TickChecks())


def _buffers(columns: Obj, count: Int) raises PyErr -> List[PyBuffer]:
    var buffers = List[PyBuffer](capacity=count)
    for i in range(count):
        buffers.append(PyBuffer(item(columns, i)))
    return buffers^


def _check_length(buffer: PyBuffer, at: Int, expected: Int) raises PyErr:
    if buffer.nbytes() != expected:
        raise PyErr.argument(
            String("column ", at, " has another length than ts_event")
        )


def quote_checks_push(args: Args, n: Int) raises PyErr -> Obj:
    """Args: checks, columns (tuple of six buffers), wide."""
    if to_bool(args[unsafe_offset=2]):
        return _check_quotes[DType.int128, DType.uint128](args)
    return _check_quotes[DType.int64, DType.uint64](args)


def _check_quotes[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[TickChecks, _CHECKS](args[])
    var buffers = _buffers(args[unsafe_offset=1], 6)
    var rows = buffers[4].nbytes() // 8
    for i in range(6):
        var width = size_of[Scalar[price]]() if i < 4 else 8
        _check_length(buffers[i], i, rows * width)
    var quotes = QuoteColumns[price, size](
        _read[price](buffers[0]),
        _read[price](buffers[1]),
        _read[size](buffers[2]),
        _read[size](buffers[3]),
        _read[DType.uint64](buffers[4]),
        _read[DType.uint64](buffers[5]),
    )
    handle[].busy = True
    var state = gil_release()
    check_quotes(quotes, handle[].value)
    gil_acquire(state)
    handle[].busy = False
    _ = buffers^
    return py_none()


def trade_checks_push(args: Args, n: Int) raises PyErr -> Obj:
    """Args: checks, columns (tuple of seven buffers: the ids are two, offsets that
    do not fall and the bytes they lie within), wide."""
    if to_bool(args[unsafe_offset=2]):
        return _check_trades[DType.int128, DType.uint128](args)
    return _check_trades[DType.int64, DType.uint64](args)


def _check_trades[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[TickChecks, _CHECKS](args[])
    var buffers = _buffers(args[unsafe_offset=1], 7)
    var rows = buffers[5].nbytes() // 8
    _check_length(buffers[0], 0, rows * size_of[Scalar[price]]())
    _check_length(buffers[1], 1, rows * size_of[Scalar[size]]())
    _check_length(buffers[2], 2, rows)
    _check_length(buffers[3], 3, 4 * (rows + 1) if rows > 0 else 0)
    _check_length(buffers[6], 6, rows * 8)
    var ids = TextColumnView(
        _read[DType.int32](buffers[3]),
        ByteView(address=buffers[4].address(), length=buffers[4].nbytes()),
    )
    var trades = TradeColumns[price, size](
        _read[price](buffers[0]),
        _read[size](buffers[1]),
        _read[DType.uint8](buffers[2]),
        ids,
        _read[DType.uint64](buffers[5]),
        _read[DType.uint64](buffers[6]),
    )
    handle[].busy = True
    var state = gil_release()
    check_trades(trades, handle[].value)
    gil_acquire(state)
    handle[].busy = False
    _ = buffers^
    return py_none()


def tick_checks_counts(args: Args, n: Int) raises PyErr -> Obj:
    """Args: checks. Returns (rows, then a count and a first row for every check,
    by code)."""
    var handle = handle_of[TickChecks, _CHECKS](args[])
    ref c = handle[].value
    var result = external_call["PyTuple_New", Obj](1 + 2 * TickCheck.COUNT)
    put(result, 0, py_int(c.rows))
    for i in range(TickCheck.COUNT):
        put(result, 1 + 2 * i, py_int(c.counts[i]))
        put(result, 2 + 2 * i, py_int(c.first_rows[i]))
    return result
