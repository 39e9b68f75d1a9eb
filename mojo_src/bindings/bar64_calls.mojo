"""Records of 64 bytes, as functions of the extension module."""

from barrow.bar64 import (
    COLUMNS,
    LANES,
    RECORD_BYTES,
    Columns,
    Lanes,
    MutColumns,
    crc32c,
    damage,
    fingerprint,
    pack,
    unpack,
)
from barrow.fence import ByteView, ColumnView, MutColumnView

from capi import *


def _words(buffer: PyBuffer) -> ColumnView[DType.uint64]:
    return ColumnView[DType.uint64](
        address=buffer.address(), length=buffer.nbytes() // 8
    )


def _room(buffer: PyBuffer) -> MutColumnView[DType.uint64]:
    return MutColumnView[DType.uint64](
        address=buffer.address(), length=buffer.nbytes() // 8
    )


def _buffers(
    columns: Obj, rows: Int, *, writable: Bool
) raises PyErr -> List[PyBuffer]:
    """The columns of a tuple, each of which must have that many rows."""
    var buffers = List[PyBuffer](capacity=COLUMNS)
    for i in range(COLUMNS):
        buffers.append(PyBuffer(item(columns, i), writable=writable))
        if buffers[i].nbytes() != 8 * rows:
            raise PyErr.argument(
                String("column ", i, " has another length than the records")
            )
    return buffers^


def bar64_pack(args: Args, n: Int) raises PyErr -> Obj:
    """Args: columns (tuple of seven), records (writable)."""
    var target = PyBuffer(args[unsafe_offset=1], writable=True)
    var rows = target.nbytes() // RECORD_BYTES
    var buffers = _buffers(args[], rows, writable=False)
    var columns = Columns(fill=_words(buffers[0]))
    for i in range(1, COLUMNS):
        columns[i] = _words(buffers[i])
    var state = gil_release()
    pack(columns, _room(target))
    gil_acquire(state)
    _ = buffers^
    _ = target^
    return py_none()


def bar64_unpack(args: Args, n: Int) raises PyErr -> Obj:
    """Args: records, columns (tuple of seven, writable), checked, lanes (writable).
    Returns -1, or the first damaged record."""
    var source = PyBuffer(args[])
    var rows = source.nbytes() // RECORD_BYTES
    var buffers = _buffers(args[unsafe_offset=1], rows, writable=True)
    var columns = MutColumns(fill=_room(buffers[0]))
    for i in range(1, COLUMNS):
        columns[i] = _room(buffers[i])
    var checked = to_bool(args[unsafe_offset=2])
    var told = PyBuffer(args[unsafe_offset=3], writable=True)
    var room = lanes_in(told)
    var lanes = room.load[LANES](0)
    var damaged: Int
    var state = gil_release()
    if checked:
        damaged = unpack[True](_words(source), columns, lanes)
    else:
        damaged = unpack[False](_words(source), columns, lanes)
    gil_acquire(state)
    room.store[LANES](0, lanes)
    _ = buffers^
    _ = source^
    _ = told^
    return py_int(damaged)


def lanes_in(buffer: PyBuffer) raises PyErr -> MutColumnView[DType.uint64]:
    """The eight words of a fingerprint."""
    if buffer.nbytes() != 8 * LANES:
        raise PyErr.argument(
            String(buffer.nbytes(), " bytes for the lanes of a fingerprint")
        )
    return _room(buffer)


def fingerprint_add(args: Args, n: Int) raises PyErr -> Obj:
    """Args: bytes (a multiple of 64), lanes (writable)."""
    var source = PyBuffer(args[])
    var told = PyBuffer(args[unsafe_offset=1], writable=True)
    if source.nbytes() % (8 * LANES) != 0:
        raise PyErr.argument(String(source.nbytes(), " bytes, no multiple"))
    var room = lanes_in(told)
    var state = gil_release()
    room.store[LANES](0, fingerprint(_words(source), room.load[LANES](0)))
    gil_acquire(state)
    _ = source^
    _ = told^
    return py_none()


def bar64_damage(args: Args, n: Int) raises PyErr -> Obj:
    """Args: records. Returns how many are damaged, the first of them and the last
    whole one, -1 where there is none."""
    var source = PyBuffer(args[])
    var first = -1
    var last_good = -1
    var state = gil_release()
    var damaged = damage(_words(source), first, last_good)
    gil_acquire(state)
    _ = source^
    return py_ints(damaged, first, last_good)


def checksum(args: Args, n: Int) raises PyErr -> Obj:
    """Args: bytes. Returns their CRC-32C."""
    var source = PyBuffer(args[])
    var state = gil_release()
    var value = crc32c(
        ByteView(address=source.address(), length=source.nbytes())
    )
    gil_acquire(state)
    _ = source^
    return py_int(Int(value))
