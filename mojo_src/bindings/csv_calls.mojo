"""The CSV row parser, as functions of the extension module."""

from barrow.csv import BarSink, Role, RowDecoder, RowPlan
from barrow.errors import Reason
from barrow.fence import ByteView, MutColumnView
from barrow.fixed import NumberForm, Rounding
from barrow.time import Fold, is_pattern

from capi import *

comptime _NAME: StaticString = "barrow.RowDecoder"


def csv_new(args: Args, n: Int) raises PyErr -> Obj:
    """Args: the plan as a dict, the line of the first row."""
    var config = args[]
    var plan = RowPlan(to_int(_get(config, "field_count")))
    plan.delimiter = UInt8(to_int(_get(config, "delimiter")))
    plan.quote = UInt8(to_int(_get(config, "quote")))
    plan.comment = UInt8(to_int(_get(config, "comment")))
    plan.pad_short = to_bool(_get(config, "pad_short"))
    var fields = _get(config, "fields")
    for role in range(Role.COUNT):
        var field = to_int(item(fields, role))
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
    plan.price_precision = to_int(_get(config, "price_precision"))
    plan.size_precision = to_int(_get(config, "size_precision"))
    plan.rounding = Rounding(UInt8(to_int(_get(config, "rounding"))))
    var point = UInt8(to_int(_get(config, "point")))
    var mark = UInt8(to_int(_get(config, "mark")))
    plan.price_form = NumberForm(
        point, mark, to_int(_get(config, "price_shift"))
    )
    plan.size_form = NumberForm(point, mark, to_int(_get(config, "size_shift")))
    plan.default_volume = to_string(_get(config, "default_volume"))
    plan.empty_volume = to_bool(_get(config, "empty_volume"))
    plan.time_pattern = _pattern(_get(config, "time_pattern"))
    plan.date_pattern = _pattern(_get(config, "date_pattern"))
    _read_zone(config, plan)
    plan.ts_init_delta = Int64(to_int(_get(config, "ts_init_delta")))
    plan.may_widen = to_bool(_get(config, "may_widen"))
    plan.reject_limit = max(to_int(_get(config, "reject_limit")), 1)
    plan.use_layouts = to_bool(_get(config, "use_layouts"))
    return new_handle[_NAME](RowDecoder(plan^, to_int(args[unsafe_offset=1])))


def _get(config: Obj, key: StaticString) raises PyErr -> Obj:
    """A borrowed value of a dict."""
    var value = external_call["PyDict_GetItemString", Obj](config, cstr(key))
    if not value:
        raise PyErr.argument(String("the plan lacks ", key))
    return value


def _pattern(text: Obj) raises PyErr -> String:
    var pattern = to_string(text)
    if pattern.byte_length() > 0 and not is_pattern(
        ByteView(pattern.as_bytes())
    ):
        raise PyErr.argument(
            String('"', pattern, '" is no pattern; see the docs of dialects')
        )
    return pattern


def _read_zone(config: Obj, mut plan: RowPlan) raises PyErr:
    """Takes `zone`: None, or (starts, offsets, fold) with one start more than
    offsets."""
    var zone = _get(config, "zone")
    if external_call["PyTuple_Size", Int](zone) == 0:
        return
    var starts = item(zone, 0)
    var offsets = item(zone, 1)
    var count = external_call["PyTuple_Size", Int](offsets)
    if count < 1 or external_call["PyTuple_Size", Int](starts) != count + 1:
        raise PyErr.argument("a zone has one start more than offsets")
    plan.zone.starts.clear()
    plan.zone.offsets.clear()
    for i in range(count):
        plan.zone.starts.append(Int64(to_int(item(starts, i))))
        plan.zone.offsets.append(Int64(to_int(item(offsets, i))))
    plan.zone.starts.append(Int64(to_int(item(starts, count))))
    plan.zone.fold = Fold(UInt8(to_int(item(zone, 2))))
    plan.zone.named = True


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
    price_decimals, size_decimals, five roundings, five first lines, line of the
    first other symbol)."""
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
        d.other_symbol_line,
    )


def csv_symbol(args: Args, n: Int) raises PyErr -> Obj:
    """Args: decoder. Returns the symbol of the first row, or an empty text."""
    var handle = handle_of[RowDecoder, _NAME](args[])
    return py_str(handle[].value.symbol)


def reason_names(args: Args, n: Int) raises PyErr -> Obj:
    """Returns the name of every reason, by code."""
    var result = external_call["PyTuple_New", Obj](Reason.COUNT)
    for code in range(Reason.COUNT):
        put(result, code, py_str(Reason(UInt8(code)).name()))
    return result
