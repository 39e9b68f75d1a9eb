"""Folding records of 64 bytes into such records, as a function of the extension module."""

from barrow.bar64 import LANES
from barrow.fence import MutColumnView
from barrow.resample import (
    Cascade,
    Folded,
    PIECE,
    SCRATCH,
    fold_records,
)

from bar64_calls import lanes_in
from capi import *
from column_calls import _read, _write
from resample_calls import _CASCADE_64, _Places


def resample_records(args: Args, n: Int) raises PyErr -> Obj:
    """Args: cascade (of 64 bits), records, lanes (writable), scratch (writable), blocks and places as in
    `resample_push`, outputs (tuple of writable buffers), filled (writable int64). Returns (trouble, level, row or
    start, damaged record or -1, rows folded)."""
    var handle = handle_of[Cascade[DType.int64, DType.uint64], _CASCADE_64](
        args[]
    )
    ref cascade = handle[].value
    var levels = len(cascade.levels)
    var source = PyBuffer(args[unsafe_offset=1])
    var told = PyBuffer(args[unsafe_offset=2], writable=True)
    var room = lanes_in(told)
    var work = PyBuffer(args[unsafe_offset=3], writable=True)
    if work.nbytes() < 8 * SCRATCH:
        raise PyErr.argument(String(work.nbytes(), " bytes to work in"))
    var places = _Places[DType.int64, DType.uint64](
        args[unsafe_offset=4], args[unsafe_offset=5], levels
    )
    var counts = PyBuffer(args[unsafe_offset=7], writable=True)
    if counts.nbytes() != 8 * levels:
        raise PyErr.argument(String(counts.nbytes(), " bytes of counts"))
    var filled = _write[DType.int64](counts)
    var buffers = List[PyBuffer](capacity=levels)
    var outputs = List[MutColumnView[DType.uint64]](capacity=levels)
    for i in range(levels):
        if len(places.sinks[i]) <= PIECE or places.sinks[i].filled != 0:
            raise PyErr.argument(String("level ", i, ": no room for bars"))
        buffers.append(PyBuffer(item(args[unsafe_offset=6], i), writable=True))
        outputs.append(_write[DType.uint64](buffers[i]))
        if filled.load(i) < 0:
            raise PyErr.argument(String("level ", i, ": less than no records"))
    var lanes = room.load[LANES](0)
    handle[].busy = True
    var state = gil_release()
    var folded = fold_records(
        cascade,
        _read[DType.uint64](source),
        lanes,
        _write[DType.uint64](work),
        places.sinks,
        outputs,
        filled,
    )
    gil_acquire(state)
    handle[].busy = False
    room.store[LANES](0, lanes)
    _ = source^
    _ = told^
    _ = work^
    _ = counts^
    _ = buffers^
    _ = places^
    return py_ints(
        folded.trouble.code,
        folded.trouble.level,
        Int(folded.trouble.at),
        folded.damaged,
        folded.rows,
    )
