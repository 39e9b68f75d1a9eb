"""Folding rows into bars of longer timeframes, as functions of the extension module.

`wide` in any call chooses 128-bit raw values; it must be what the cascade was made
with. Bars come out in one buffer per level, column after column: open, high, low,
close, volume, ts_event, ts_init, count. `places` holds room and bars of every level.
"""

from std.sys import size_of

from barrow.fence import MutColumnView, Pool
from barrow.resample import (
    Buckets,
    Cascade,
    Level,
    Rows,
    Sink,
    Trouble,
    midpoints,
)

from capi import *
from column_calls import _read, _write

comptime _CASCADE_64: StaticString = "barrow.Cascade64"
comptime _CASCADE_128: StaticString = "barrow.Cascade128"


def _name[price: DType]() -> StaticString:
    comptime if price == DType.int64:
        return _CASCADE_64
    else:
        return _CASCADE_128


def resample_new(args: Args, n: Int) raises PyErr -> Obj:
    """Args: wide, closed at the right, duplicates refused, levels, each a tuple (source, step, origin, edges (int64),
    left out (bool)), sessions or None: (edges, left out, whether rows outside are wrong). A step of 0 says that there
    are edges; with another one what lies between edges is cut into intervals of it."""
    if to_bool(args[]):
        return _new[DType.int128, DType.uint128](args)
    return _new[DType.int64, DType.uint64](args)


def _new[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var given = args[unsafe_offset=3]
    var count = external_call["PyTuple_Size", Int](given)
    if count < 0:
        raise PyErr.pending()
    var levels = List[Level[price, size]]()
    for i in range(count):
        var level = item(given, i)
        var source = to_int(item(level, 0))
        if source < -1 or source >= i:
            raise PyErr.argument(String("level ", i, " reads level ", source))
        var step = to_int(item(level, 1))
        if step < 0:
            raise PyErr.argument(String("a step of ", step))
        var edges = PyBuffer(item(level, 3))
        if step > 0 and edges.nbytes() == 0:
            var origin = to_int(item(level, 2))
            levels.append(
                Level[price, size](
                    Buckets(step=Int64(step), origin=Int64(origin)), source
                )
            )
            continue
        var left_out = PyBuffer(item(level, 4))
        levels.append(
            Level[price, size](_cut(Int64(step), edges, left_out), source)
        )
        _ = edges^
        _ = left_out^
    var cascade = Cascade[price, size](
        levels^,
        Int64(to_int(args[unsafe_offset=1])),
        Int64(to_int(args[unsafe_offset=2])),
    )
    var sessions = args[unsafe_offset=4]
    if not is_none(sessions):
        var edges = PyBuffer(item(sessions, 0))
        var left_out = PyBuffer(item(sessions, 1))
        cascade.keep_to(_cut(0, edges, left_out), to_bool(item(sessions, 2)))
        _ = edges^
        _ = left_out^
    return new_handle[_name[price]()](cascade^)


def _cut(
    step: Int64, edges: PyBuffer, left_out: PyBuffer
) raises PyErr -> Buckets:
    var bounds = _read[DType.int64](edges)
    var flags = _read[DType.uint8](left_out)
    if len(bounds) == 0:
        raise PyErr.argument("there are no edges")
    if len(flags) != 0 and len(flags) != len(bounds) - 1:
        raise PyErr.argument(
            String(len(flags), " flags for ", len(bounds), " edges")
        )
    var all_bounds = Pool[Int64]()
    for i in range(len(bounds)):
        if i > 0 and bounds[i] <= bounds[i - 1]:
            raise PyErr.argument(String("edge ", i, " does not rise"))
        all_bounds.append(bounds[i])
    var all_flags = Pool[Bool]()
    for i in range(len(flags)):
        all_flags.append(flags[i] != 0)
    if step > 0:
        return Buckets(step=step, edges=all_bounds^, left_out=all_flags^)
    return Buckets(edges=all_bounds^, left_out=all_flags^)


struct _Places[price: DType, size: DType](Movable):
    """The sinks of a call, and the objects they are in."""

    var sinks: List[Sink[Self.price, Self.size]]
    var buffers: List[PyBuffer]
    var places: PyBuffer

    def __init__(out self, blocks: Obj, places: Obj, levels: Int) raises PyErr:
        var numbers = PyBuffer(places, writable=True)
        if numbers.nbytes() != levels * 16:
            raise PyErr.argument(
                String(numbers.nbytes(), " bytes for ", levels, " levels")
            )
        var view = _write[DType.int64](numbers)
        var buffers = List[PyBuffer](capacity=levels)
        var sinks = List[Sink[Self.price, Self.size]](capacity=levels)
        comptime width = size_of[Scalar[Self.price]]()
        for i in range(levels):
            var buffer = PyBuffer(item(blocks, i), writable=True)
            var room = Int(view.load(2 * i))
            var filled = Int(view.load(2 * i + 1))
            if (
                room < 0
                or filled < 0
                or filled > room
                or buffer.nbytes() < room * (5 * width + 24)
            ):
                raise PyErr.argument(
                    String("level ", i, ": no room for ", room, " bars")
                )
            var at = buffer.address()
            var times = at + 5 * width * room
            sinks.append(
                Sink[Self.price, Self.size](
                    MutColumnView[Self.price](address=at, length=room),
                    MutColumnView[Self.price](
                        address=at + width * room, length=room
                    ),
                    MutColumnView[Self.price](
                        address=at + 2 * width * room, length=room
                    ),
                    MutColumnView[Self.price](
                        address=at + 3 * width * room, length=room
                    ),
                    MutColumnView[Self.size](
                        address=at + 4 * width * room, length=room
                    ),
                    MutColumnView[DType.int64](address=times, length=room),
                    MutColumnView[DType.uint64](
                        address=times + 8 * room, length=room
                    ),
                    MutColumnView[DType.int64](
                        address=times + 16 * room, length=room
                    ),
                    filled,
                )
            )
            buffers.append(buffer^)
        self.sinks = sinks^
        self.buffers = buffers^
        self.places = numbers^

    def write_back(self) -> Int:
        """Says in `places` how many bars there are; returns how many are new."""
        var view = _write[DType.int64](self.places)
        var new = 0
        for i in range(len(self.sinks)):
            new += self.sinks[i].filled - Int(view.load(2 * i + 1))
            view.store(2 * i + 1, Int64(self.sinks[i].filled))
        return new


def _told(trouble: Trouble, new: Int) -> Obj:
    return py_ints(trouble.code, trouble.level, Int(trouble.at), new)


def resample_push(args: Args, n: Int) raises PyErr -> Obj:
    """Args: cascade, wide, columns (tuple of seven buffers), blocks (tuple of writable buffers), places (writable
    int64). Returns (trouble, level, row or start, new bars)."""
    if to_bool(args[unsafe_offset=1]):
        return _push[DType.int128, DType.uint128](args)
    return _push[DType.int64, DType.uint64](args)


def _push[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[Cascade[price, size], _name[price]()](args[])
    ref cascade = handle[].value
    var buffers = List[PyBuffer](capacity=7)
    for i in range(7):
        buffers.append(PyBuffer(item(args[unsafe_offset=2], i)))
    var rows = buffers[5].nbytes() // 8
    for i in range(7):
        var width = size_of[Scalar[price]]() if i < 5 else 8
        if buffers[i].nbytes() != rows * width:
            raise PyErr.argument(
                String("column ", i, " has another length than ts_event")
            )
    var places = _Places[price, size](
        args[unsafe_offset=3], args[unsafe_offset=4], len(cascade.levels)
    )
    var input = Rows[price, size](
        _read[price](buffers[0]),
        _read[price](buffers[1]),
        _read[price](buffers[2]),
        _read[price](buffers[3]),
        _read[size](buffers[4]),
        _read[DType.int64](buffers[5]),
        _read[DType.uint64](buffers[6]),
        # Not read: every row of the input counts one.
        _read[DType.int64](buffers[5]),
    )
    handle[].busy = True
    var trouble: Trouble
    if rows > 256:
        var state = gil_release()
        trouble = cascade.push(input, places.sinks)
        gil_acquire(state)
    else:
        trouble = cascade.push(input, places.sinks)
    handle[].busy = False
    var new = places.write_back()
    _ = buffers^
    return _told(trouble, new)


def resample_advance(args: Args, n: Int) raises PyErr -> Obj:
    """Args: cascade, wide, now, blocks, places. Returns as `resample_push` does."""
    if to_bool(args[unsafe_offset=1]):
        return _advance[DType.int128, DType.uint128](args)
    return _advance[DType.int64, DType.uint64](args)


def _advance[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[Cascade[price, size], _name[price]()](args[])
    ref cascade = handle[].value
    var now = Int64(to_int(args[unsafe_offset=2]))
    var places = _Places[price, size](
        args[unsafe_offset=3], args[unsafe_offset=4], len(cascade.levels)
    )
    var trouble = cascade.advance(now, places.sinks)
    return _told(trouble, places.write_back())


def resample_peek(args: Args, n: Int) raises PyErr -> Obj:
    """Args: cascade, wide, ended, blocks, places. Returns (trouble, level, start, then a state for every level: 0 no
    bar, 1 unfinished, 2 finished)."""
    if to_bool(args[unsafe_offset=1]):
        return _peek[DType.int128, DType.uint128](args)
    return _peek[DType.int64, DType.uint64](args)


def _peek[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[Cascade[price, size], _name[price]()](args[])
    ref cascade = handle[].value
    var ended = to_bool(args[unsafe_offset=2])
    var places = _Places[price, size](
        args[unsafe_offset=3], args[unsafe_offset=4], len(cascade.levels)
    )
    var seen = cascade.peek(places.sinks, ended)
    _ = places.write_back()
    ref trouble = seen[0]
    ref states = seen[1]
    var result = external_call["PyTuple_New", Obj](3 + len(states))
    put(result, 0, py_int(trouble.code))
    put(result, 1, py_int(trouble.level))
    put(result, 2, py_int(Int(trouble.at)))
    for i in range(len(states)):
        put(result, 3 + i, py_int(states[i].code))
    return result


def resample_facts(args: Args, n: Int) raises PyErr -> Obj:
    """Args: cascade, wide. Returns (least stamp that may follow, then for every level the rows left out, then the rows
    outside of sessions)."""
    if to_bool(args[unsafe_offset=1]):
        return _facts[DType.int128, DType.uint128](args)
    return _facts[DType.int64, DType.uint64](args)


def _facts[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[Cascade[price, size], _name[price]()](args[])
    ref levels = handle[].value.levels
    var result = external_call["PyTuple_New", Obj](2 + len(levels))
    put(result, 0, py_int(Int(handle[].value.least)))
    put(result, 1 + len(levels), py_int(handle[].value.outside))
    for i in range(len(levels)):
        put(result, 1 + i, py_int(levels[i].left_out))
    return result


def resample_save(args: Args, n: Int) raises PyErr -> Obj:
    """Args: cascade, wide. Returns its words as integers of 64 bits, signed."""
    if to_bool(args[unsafe_offset=1]):
        return _save[DType.int128, DType.uint128](args)
    return _save[DType.int64, DType.uint64](args)


def _save[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[Cascade[price, size], _name[price]()](args[])
    var words = List[UInt64]()
    handle[].value.save(words)
    var result = external_call["PyTuple_New", Obj](len(words))
    for i in range(len(words)):
        put(result, i, py_int(Int(words[i])))
    return result


def resample_restore(args: Args, n: Int) raises PyErr -> Obj:
    """Args: cascade, wide, words (tuple). Raises if they are of another one."""
    if to_bool(args[unsafe_offset=1]):
        return _restore[DType.int128, DType.uint128](args)
    return _restore[DType.int64, DType.uint64](args)


def _restore[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[Cascade[price, size], _name[price]()](args[])
    var given = args[unsafe_offset=2]
    var count = external_call["PyTuple_Size", Int](given)
    if count < 0:
        raise PyErr.pending()
    var words = List[UInt64]()
    for i in range(count):
        words.append(UInt64(to_int(item(given, i))))
    if not handle[].value.restore(words):
        raise PyErr.argument("the state is of other timeframes")
    return py_none()


def resample_midpoints(args: Args, n: Int) raises PyErr -> Obj:
    """Args: bids, asks, wide, signed, middles (writable). Returns the first row that is not exact, or -1."""
    var wide = to_bool(args[unsafe_offset=2])
    if to_bool(args[unsafe_offset=3]):
        if wide:
            return _middle[DType.int128](args)
        return _middle[DType.int64](args)
    if wide:
        return _middle[DType.uint128](args)
    return _middle[DType.uint64](args)


def _middle[dtype: DType](args: Args) raises PyErr -> Obj:
    var bids = PyBuffer(args[])
    var asks = PyBuffer(args[unsafe_offset=1])
    var middles = PyBuffer(args[unsafe_offset=4], writable=True)
    if bids.nbytes() != asks.nbytes() or bids.nbytes() != middles.nbytes():
        raise PyErr.argument("the columns are not of one length")
    var state = gil_release()
    var first = midpoints(
        _read[dtype](bids), _read[dtype](asks), _write[dtype](middles)
    )
    gil_acquire(state)
    _ = bids^
    _ = asks^
    _ = middles^
    return py_int(first)
