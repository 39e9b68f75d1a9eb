"""Information bars, as functions of the extension module.

`wide` in any call chooses 128-bit raw values; it must be what the sampler was made
with. Bars come out in one buffer as those of a resampling do; `places` has its room
and its bars.
"""

from std.sys import size_of

from barrow.fence import ColumnView
from barrow.resample import (
    Amount,
    Rows,
    Sampler,
    Threshold,
    first_out_of_order,
    first_unsound,
)

from capi import *
from resample_calls import _Places

comptime _SAMPLER_64: StaticString = "barrow.Sampler64"
comptime _SAMPLER_128: StaticString = "barrow.Sampler128"


def _name[price: DType]() -> StaticString:
    comptime if price == DType.int64:
        return _SAMPLER_64
    else:
        return _SAMPLER_128


def _amount(text: Obj) raises PyErr -> Amount:
    """An amount from the tuple of its four words, the lowest first."""
    var amount = Amount(0)
    for i in range(4):
        var word = UInt64(to_int(item(text, i)))
        amount |= word.cast[DType.int256]() << Amount(64 * i)
    return amount


def information_new(args: Args, n: Int) raises PyErr -> Obj:
    """Args: wide, (measure, rule, sides, typical, nautilus, span, least, most), step, unit; the latter two as four
    words of 64 bits, signed."""
    var numbers = List[Int]()
    for i in range(8):
        numbers.append(to_int(item(args[unsafe_offset=1], i)))
    var threshold = Threshold(
        numbers[0],
        numbers[1],
        _amount(args[unsafe_offset=2]),
        _amount(args[unsafe_offset=3]),
        numbers[2],
        numbers[3] != 0,
        numbers[4] != 0,
        numbers[5],
        numbers[6],
        numbers[7],
    )
    if threshold.step <= 0 or threshold.unit <= 0:
        raise PyErr.argument("a threshold that is not above 0")
    if to_bool(args[]):
        return new_handle[_SAMPLER_128](
            Sampler[DType.int128, DType.uint128](threshold)
        )
    return new_handle[_SAMPLER_64](
        Sampler[DType.int64, DType.uint64](threshold)
    )


struct _Input[price: DType, size: DType](Movable):
    """The rows of a call, and the objects they are in."""

    var buffers: List[PyBuffer]
    var rows: Rows[Self.price, Self.size]

    def __init__(out self, columns: Obj, first: Int, last: Int) raises PyErr:
        var buffers = List[PyBuffer](capacity=7)
        for i in range(7):
            buffers.append(PyBuffer(item(columns, i)))
        var count = buffers[5].nbytes() // 8
        for i in range(7):
            var width = size_of[Scalar[Self.price]]() if i < 5 else 8
            if buffers[i].nbytes() != count * width:
                raise PyErr.argument(
                    String("column ", i, " has another length than ts_event")
                )
        if first < 0 or first > last or last > count:
            raise PyErr.argument(
                String("rows ", first, " to ", last, " of ", count)
            )
        self.rows = Rows[Self.price, Self.size](
            _part[Self.price](buffers[0], first, last),
            _part[Self.price](buffers[1], first, last),
            _part[Self.price](buffers[2], first, last),
            _part[Self.price](buffers[3], first, last),
            _part[Self.size](buffers[4], first, last),
            _part[DType.int64](buffers[5], first, last),
            _part[DType.uint64](buffers[6], first, last),
            # Not read: every row of the input counts one.
            _part[DType.int64](buffers[5], first, last),
        )
        self.buffers = buffers^


def _part[
    dtype: DType
](buffer: PyBuffer, first: Int, last: Int) -> ColumnView[dtype]:
    comptime width = size_of[Scalar[dtype]]()
    return ColumnView[dtype](
        address=buffer.address() + first * width, length=last - first
    )


def information_check(args: Args, n: Int) raises PyErr -> Obj:
    """Args: wide, columns (tuple of seven buffers), first and last row, least stamp. Returns (first row out of order,
    first row that is undefined or out of range), counted from the first one, each -1 if there is none."""
    if to_bool(args[]):
        return _check[DType.int128, DType.uint128](args)
    return _check[DType.int64, DType.uint64](args)


def _check[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var input = _Input[price, size](
        args[unsafe_offset=1],
        to_int(args[unsafe_offset=2]),
        to_int(args[unsafe_offset=3]),
    )
    var least = Int64(to_int(args[unsafe_offset=4]))
    var count = len(input.rows)
    var state = gil_release()
    var disorder = first_out_of_order(input.rows.ts_event, 0, count, least, 0)
    var unsound = first_unsound(input.rows, 0, count)
    gil_acquire(state)
    _ = input^
    return py_ints(disorder, unsound)


def information_push(args: Args, n: Int) raises PyErr -> Obj:
    """Args: sampler, wide, columns (tuple of seven buffers), sides (uint8, as many or none), first and last row, where
    between them to go on, blocks (tuple of one, writable), places (writable int64). Returns (trouble, row or stamp,
    next row, rows dropped so far); rows are counted from the first one."""
    if to_bool(args[unsafe_offset=1]):
        return _push[DType.int128, DType.uint128](args)
    return _push[DType.int64, DType.uint64](args)


def _push[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[Sampler[price, size], _name[price]()](args[])
    ref sampler = handle[].value
    var first = to_int(args[unsafe_offset=4])
    var last = to_int(args[unsafe_offset=5])
    var input = _Input[price, size](args[unsafe_offset=2], first, last)
    var sides = PyBuffer(args[unsafe_offset=3])
    var begin = to_int(args[unsafe_offset=6])
    var count = last - first
    if begin < 0 or begin > count:
        raise PyErr.argument(String("row ", begin, " of ", count))
    var sided = sampler.threshold.rule != 0
    if sided and sides.nbytes() < last:
        raise PyErr.argument(
            String(sides.nbytes(), " sides for ", last, " rows")
        )
    var places = _Places[price, size](
        args[unsafe_offset=7], args[unsafe_offset=8], 1
    )
    var view = _part[DType.uint8](sides, first, last)
    handle[].busy = True
    var next: Int
    if count > 256:
        var state = gil_release()
        next = sampler.push(input.rows, view, begin, places.sinks[0])
        gil_acquire(state)
    else:
        next = sampler.push(input.rows, view, begin, places.sinks[0])
    handle[].busy = False
    _ = places.write_back()
    _ = input^
    _ = sides^
    return py_ints(
        sampler.trouble, Int(sampler.trouble_at), next, sampler.dropped
    )


def information_peek(args: Args, n: Int) raises PyErr -> Obj:
    """Args: sampler, wide, blocks, places. Returns (trouble, stamp, whether there was a bar)."""
    if to_bool(args[unsafe_offset=1]):
        return _peek[DType.int128, DType.uint128](args)
    return _peek[DType.int64, DType.uint64](args)


def _peek[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[Sampler[price, size], _name[price]()](args[])
    ref sampler = handle[].value
    var places = _Places[price, size](
        args[unsafe_offset=2], args[unsafe_offset=3], 1
    )
    var found = sampler.peek(places.sinks[0])
    _ = places.write_back()
    return py_ints(sampler.trouble, Int(sampler.trouble_at), Int(found))


def information_save(args: Args, n: Int) raises PyErr -> Obj:
    """Args: sampler, wide. Returns its words as integers of 64 bits, signed."""
    if to_bool(args[unsafe_offset=1]):
        return _save[DType.int128, DType.uint128](args)
    return _save[DType.int64, DType.uint64](args)


def _save[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[Sampler[price, size], _name[price]()](args[])
    var words = List[UInt64]()
    handle[].value.save(words)
    var result = external_call["PyTuple_New", Obj](len(words))
    for i in range(len(words)):
        put(result, i, py_int(Int(words[i])))
    return result


def information_restore(args: Args, n: Int) raises PyErr -> Obj:
    """Args: sampler, wide, words (tuple). Raises if they are none of a sampler."""
    if to_bool(args[unsafe_offset=1]):
        return _restore[DType.int128, DType.uint128](args)
    return _restore[DType.int64, DType.uint64](args)


def _restore[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[Sampler[price, size], _name[price]()](args[])
    var given = args[unsafe_offset=2]
    var count = external_call["PyTuple_Size", Int](given)
    if count < 0:
        raise PyErr.pending()
    var words = List[UInt64]()
    for i in range(count):
        words.append(UInt64(to_int(item(given, i))))
    if not handle[].value.restore(words):
        raise PyErr.argument("these are no words of a sampler")
    return py_none()
