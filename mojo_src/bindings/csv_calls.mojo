"""The CSV row parser, as functions of the extension module."""

from barrow.csv import BarSink, Role, RowDecoder, RowPlan
from barrow.errors import Reason
from barrow.fence import ByteView, MutColumnView
from barrow.fixed import Rounding

from capi import *

comptime _NAME: StaticString = "barrow.RowDecoder"


def csv_new(args: Args, n: Int) raises PyErr -> Obj:
    """Args: delimiter, quote, field_count, fields (tuple by role),
    price_precision, size_precision, rounding, default_volume, ts_init_delta,
    may_widen, reject_limit, line, use_layouts."""
    var plan = RowPlan(to_int(args[unsafe_offset=2]))
    plan.delimiter = UInt8(to_int(args[]))
    plan.quote = UInt8(to_int(args[unsafe_offset=1]))
    for role in range(Role.COUNT):
        var field = to_int(item(args[unsafe_offset=3], role))
        if field < -1 or field >= plan.field_count:
            raise PyErr.argument(String("no field ", field))
        plan.fields[role] = field
    for role in range(4):
        if plan.fields[role] < 0:
            raise PyErr.argument("a price column has no field")
    if plan.field(Role.TS_EVENT) < 0 and (
        plan.field(Role.DATE) < 0 or plan.field(Role.TIME) < 0
    ):
        raise PyErr.argument("no field holds the time")
    plan.price_precision = to_int(args[unsafe_offset=4])
    plan.size_precision = to_int(args[unsafe_offset=5])
    plan.rounding = Rounding(UInt8(to_int(args[unsafe_offset=6])))
    plan.default_volume = to_string(args[unsafe_offset=7])
    plan.ts_init_delta = Int64(to_int(args[unsafe_offset=8]))
    plan.may_widen = to_bool(args[unsafe_offset=9])
    plan.reject_limit = max(to_int(args[unsafe_offset=10]), 1)
    plan.use_layouts = to_bool(args[unsafe_offset=12])
    return new_handle[_NAME](RowDecoder(plan^, to_int(args[unsafe_offset=11])))


def csv_push(args: Args, n: Int) raises PyErr -> Obj:
    """Args: decoder, chunk, begin, end, final, wide, columns (tuple of eight
    writable buffers), first_row. Returns (rows, used, stop)."""
    if to_bool(args[unsafe_offset=5]):
        return _push[DType.int128, DType.uint128](args)
    return _push[DType.int64, DType.uint64](args)


def _push[price: DType, size: DType](args: Args) raises PyErr -> Obj:
    var handle = handle_of[RowDecoder, _NAME](args[])
    var chunk = PyBuffer(args[unsafe_offset=1])
    var begin = to_int(args[unsafe_offset=2])
    var end = to_int(args[unsafe_offset=3])
    if begin < 0 or end < begin or end > chunk.nbytes():
        raise PyErr.argument(
            String("no bytes ", begin, " to ", end, " in the chunk")
        )
    var final = to_bool(args[unsafe_offset=4])
    var first_row = to_int(args[unsafe_offset=7])
    var buffers = List[PyBuffer](capacity=8)
    for i in range(8):
        buffers.append(PyBuffer(item(args[unsafe_offset=6], i), writable=True))
    var rows = buffers[5].nbytes() // 8
    var lines = buffers[7].nbytes() // 8
    if first_row < 0 or first_row > rows or (lines != 0 and lines < rows):
        raise PyErr.argument("no room for the rows")
    comptime width = 16 if price == DType.int128 else 8
    for i in range(7):
        if buffers[i].nbytes() != rows * (width if i < 5 else 8):
            raise PyErr.argument(
                String("column ", i, " has another length than ts_event")
            )
    var sink = BarSink[price, size](
        [
            MutColumnView[price](address=buffers[0].address(), length=rows),
            MutColumnView[price](address=buffers[1].address(), length=rows),
            MutColumnView[price](address=buffers[2].address(), length=rows),
            MutColumnView[price](address=buffers[3].address(), length=rows),
        ],
        MutColumnView[size](address=buffers[4].address(), length=rows),
        MutColumnView[DType.uint64](address=buffers[5].address(), length=rows),
        MutColumnView[DType.uint64](address=buffers[6].address(), length=rows),
        MutColumnView[DType.uint64](address=buffers[7].address(), length=lines),
    )
    var text = ByteView(address=chunk.address() + begin, length=end - begin)
    handle[].busy = True
    var state = gil_release()
    var progress = handle[].value.push(text, final, sink, first_row)
    gil_acquire(state)
    handle[].busy = False
    _ = buffers^
    _ = chunk^
    return py_ints(progress.rows, progress.used, Int(progress.stop.code))


def csv_rejects(args: Args, n: Int) raises PyErr -> Obj:
    """Args: decoder. Returns a tuple of (line, begin, length, field, cell_begin,
    cell_length, reason) for what the last push refused."""
    var handle = handle_of[RowDecoder, _NAME](args[])
    ref rejects = handle[].value.rejects
    var result = external_call["PyTuple_New", Obj](len(rejects))
    for i in range(len(rejects)):
        var r = rejects[i]
        put(
            result,
            i,
            py_ints(
                r.line,
                r.begin,
                r.length,
                r.field,
                r.cell_begin,
                r.cell_length,
                Int(r.reason.code),
            ),
        )
    return result


def csv_counts(args: Args, n: Int) raises PyErr -> Obj:
    """Args: decoder. Returns (line, rows, blank_lines, rejected, unzoned,
    price_decimals, size_decimals, five roundings, five first lines)."""
    var handle = handle_of[RowDecoder, _NAME](args[])
    ref d = handle[].value
    return py_ints(
        d.line,
        d.rows,
        d.blank_lines,
        d.rejected,
        d.unzoned,
        d.price_decimals,
        d.size_decimals,
        d.roundings[0],
        d.roundings[1],
        d.roundings[2],
        d.roundings[3],
        d.roundings[4],
        d.rounded_lines[0],
        d.rounded_lines[1],
        d.rounded_lines[2],
        d.rounded_lines[3],
        d.rounded_lines[4],
    )


def reason_names(args: Args, n: Int) raises PyErr -> Obj:
    """Returns the name of every reason, by code."""
    var result = external_call["PyTuple_New", Obj](Reason.COUNT)
    for code in range(Reason.COUNT):
        put(result, code, py_str(Reason(UInt8(code)).name()))
    return result
