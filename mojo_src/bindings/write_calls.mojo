"""The CSV writer, as functions of the extension module."""

from barrow.csv import (
    CellColumn,
    CellKind,
    DecimalForm,
    TimeForm,
    fraction_digits,
    write_rows,
)
from barrow.fence import ColumnView, MutColumnView, Pool
from barrow.fixed import SCALE_64, SCALE_128

from capi import *

# Decimals, or digits of a fraction; and whether it is the fewest, or an epoch.
comptime _OTHER_FORM = 32


def csv_write(args: Args, n: Int) raises PyErr -> Obj:
    """Args: columns (tuple of (kind, form, values, validity, first_bit, text)),
    delimiter, begin, end, text (writable). Returns (rows, bytes, fault)."""
    var count = external_call["PyTuple_Size", Int](args[])
    if count < 1:
        raise PyErr.argument("no columns to write")
    var begin = to_int(args[unsafe_offset=2])
    var end = to_int(args[unsafe_offset=3])
    if begin < 0 or end < begin:
        raise PyErr.argument(String("no rows ", begin, " to ", end))
    var delimiter = UInt8(to_int(args[unsafe_offset=1]))
    var buffers = List[PyBuffer](capacity=3 * count)
    var columns = Pool[CellColumn]()
    for i in range(count):
        columns.append(_column(item(args[], i), begin, end, buffers))
    var target = PyBuffer(args[unsafe_offset=4], writable=True)
    var text = MutColumnView[DType.uint8](
        address=target.address(), length=target.nbytes()
    )
    var state = gil_release()
    var written = write_rows(columns, delimiter, begin, end, text)
    gil_acquire(state)
    _ = buffers^
    _ = target^
    return py_ints(written.rows, written.bytes, written.fault)


def _column(
    described: Obj, begin: Int, end: Int, mut buffers: List[PyBuffer]
) raises PyErr -> CellColumn:
    """Checks a column and borrows its memory; `buffers` keep it."""
    var code = to_int(item(described, 0))
    if code < 0 or code >= CellKind.COUNT:
        raise PyErr.argument(String("no kind of column ", code))
    var column = CellColumn(CellKind(UInt8(code)))
    var form = to_int(item(described, 1))
    var values = PyBuffer(item(described, 2))
    var width = 8
    if column.kind == CellKind.TIME or column.kind == CellKind.TIMESTAMP:
        var digits = form % _OTHER_FORM
        if form < 0 or digits > 9 or digits % 3 != 0:
            raise PyErr.argument(String("no form of times ", form))
        column.times = TimeForm(form >= _OTHER_FORM, digits)
    elif column.kind == CellKind.SIDE:
        width = 1
    elif column.kind == CellKind.TEXT:
        width = 4
    else:
        var wide = (
            column.kind == CellKind.WIDE_PRICE
            or column.kind == CellKind.WIDE_SIZE
        )
        width = 16 if wide else 8
        var decimals = form % _OTHER_FORM
        if form < 0 or decimals > (SCALE_128 if wide else SCALE_64):
            raise PyErr.argument(String("no number of decimals ", form))
        var fewest = form >= _OTHER_FORM
        column.decimals = DecimalForm[DType.uint64](
            min(decimals, SCALE_64), fewest
        )
        column.wide_decimals = DecimalForm[DType.uint128](decimals, fewest)
    var length = values.nbytes() // width
    if length < end + Int(column.kind == CellKind.TEXT):
        raise PyErr.argument(String("a column has less than ", end, " rows"))
    column.narrow = ColumnView[DType.uint64](
        address=values.address(), length=length
    )
    column.wide = ColumnView[DType.uint128](
        address=values.address(), length=length
    )
    column.offsets = ColumnView[DType.int32](
        address=values.address(), length=length
    )
    var bytes = PyBuffer(item(described, 5))
    if column.kind == CellKind.TEXT:
        _check_offsets(column.offsets, begin, end, bytes.nbytes())
        column.bytes = ColumnView[DType.uint8](
            address=bytes.address(), length=bytes.nbytes()
        )
    else:
        column.bytes = ColumnView[DType.uint8](
            address=values.address(), length=length
        )
    var validity = PyBuffer(item(described, 3))
    column.first_bit = to_int(item(described, 4))
    if column.first_bit < 0 or (
        validity.nbytes() > 0 and 8 * validity.nbytes() < column.first_bit + end
    ):
        raise PyErr.argument("a column has less bits than rows")
    column.validity = ColumnView[DType.uint8](
        address=validity.address(), length=validity.nbytes()
    )
    buffers.append(values^)
    buffers.append(bytes^)
    buffers.append(validity^)
    return column^


def _check_offsets(
    offsets: ColumnView[DType.int32], begin: Int, end: Int, bytes: Int
) raises PyErr:
    """Offsets come from files: what lies outside of the characters is no text."""
    var least = Int32(0)
    for i in range(begin, end + 1):
        if offsets[i] < least or Int(offsets[i]) > bytes:
            raise PyErr(
                "barrow.errors",
                "BarrowCorruptError",
                "a text lies outside the characters of its column",
            )
        least = offsets[i]


def csv_fraction_digits(args: Args, n: Int) raises PyErr -> Obj:
    """Args: instants (uint64). Returns 0, 3, 6 or 9."""
    var buffer = PyBuffer(args[])
    var instants = ColumnView[DType.uint64](
        address=buffer.address(), length=buffer.nbytes() // 8
    )
    var state = gil_release()
    var digits = fraction_digits(instants)
    gil_acquire(state)
    _ = buffer^
    return py_int(digits)
