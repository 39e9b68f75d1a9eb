"""The CSV row parser, as functions of the extension module."""

from barrow.csv import (
    IdColumn,
    RecordSink,
    Role,
    RowDecoder,
    RowPlan,
    SideToken,
    count_lines,
)
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
    plan.prices = to_int(_get(config, "prices"))
    plan.values = to_int(_get(config, "values"))
    if not 0 < plan.prices <= plan.values <= Role.VALUES:
        raise PyErr.argument("no such value columns")
    for column in range(plan.prices):
        if plan.fields[column] < 0:
            raise PyErr.argument("a price column has no field")
    plan.trades = to_bool(_get(config, "trades"))
    var sides = _get(config, "sides")
    for i in range(external_call["PyTuple_Size", Int](sides)):
        var pair = item(sides, i)
        plan.sides.append(
            SideToken(to_string(item(pair, 0)), UInt8(to_int(item(pair, 1))))
        )
    var nulls = _get(config, "nulls")
    for i in range(external_call["PyTuple_Size", Int](nulls)):
        plan.nulls.append(to_string(item(nulls, i)))
    plan.symbol = to_string(_get(config, "symbol"))
    if plan.symbol.byte_length() > 0 and plan.field(Role.SYMBOL) < 0:
        raise PyErr.argument("no field holds the symbol")
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
        point,
        mark,
        to_int(_get(config, "price_shift")),
        UInt8(to_int(_get(config, "currency"))),
        False,
    )
    plan.size_form = NumberForm(
        point,
        mark,
        to_int(_get(config, "size_shift")),
        0,
        to_bool(_get(config, "suffixes")),
    )
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
    """Args: decoder, chunk, begin, end, final, wide, columns, first_row, end_row.

    The columns are a tuple of writable buffers: the value columns, ts_event,
    ts_init, lines, and for trades sides, offsets of the identifiers (one more than
    rows) and their bytes. Returns (rows, used, stop).
    """
    if to_bool(args[unsafe_offset=5]):
        return _push[DType.int128](args)
    return _push[DType.int64](args)


def _push[word: DType](args: Args) raises PyErr -> Obj:
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
    var end_row = to_int(args[unsafe_offset=8])
    var values = handle[].value.plan.values
    var trades = handle[].value.plan.trades
    var columns = args[unsafe_offset=6]
    var count = values + (6 if trades else 3)
    if external_call["PyTuple_Size", Int](columns) != count:
        raise PyErr.argument(String("expected ", count, " columns"))
    var buffers = List[PyBuffer](capacity=count)
    for i in range(count):
        buffers.append(PyBuffer(item(columns, i), writable=True))
    var rows = buffers[values].nbytes() // 8
    var lines = buffers[values + 2].nbytes() // 8
    if not 0 <= first_row <= end_row <= rows or (lines != 0 and lines < rows):
        raise PyErr.argument("no room for the rows")
    comptime width = 16 if word == DType.int128 else 8
    for i in range(values + 2):
        if buffers[i].nbytes() != rows * (width if i < values else 8):
            raise PyErr.argument(
                String("column ", i, " has another length than ts_event")
            )
    if trades and (
        buffers[values + 3].nbytes() != rows
        or buffers[values + 4].nbytes() != 4 * (rows + 1)
    ):
        raise PyErr.argument("sides or identifiers have another length")

    def stamps(at: Int, length: Int) {imm} -> MutColumnView[DType.uint64]:
        return MutColumnView[DType.uint64](
            address=buffers[at].address(), length=length
        )

    # Columns that are not there have length zero; their address is never used.
    comptime somewhere = 64
    var sink = RecordSink[word](
        Array[MutColumnView[word], Role.VALUES](
            fill=MutColumnView[word](address=somewhere, length=0)
        ),
        stamps(values, rows),
        stamps(values + 1, rows),
        stamps(values + 2, lines),
        MutColumnView[DType.uint8](address=somewhere, length=0),
        IdColumn(
            MutColumnView[DType.int32](address=somewhere, length=0),
            MutColumnView[DType.uint8](address=somewhere, length=0),
        ),
        end_row,
    )
    for i in range(values):
        sink.values[i] = MutColumnView[word](
            address=buffers[i].address(), length=rows
        )
    if trades:
        sink.sides = MutColumnView[DType.uint8](
            address=buffers[values + 3].address(), length=rows
        )
        sink.ids.offsets = MutColumnView[DType.int32](
            address=buffers[values + 4].address(), length=rows + 1
        )
        sink.ids.bytes = MutColumnView[DType.uint8](
            address=buffers[values + 5].address(),
            length=min(buffers[values + 5].nbytes(), Int(Int32.MAX)),
        )
        var used = Int(sink.ids.offsets.load(first_row))
        if not 0 <= used <= len(sink.ids.bytes):
            raise PyErr.argument("the identifiers so far do not fit")
    var text = ByteView(address=chunk.address() + begin, length=end - begin)
    handle[].busy = True
    var state = gil_release()
    var progress = handle[].value.push(text, final, sink, first_row)
    gil_acquire(state)
    handle[].busy = False
    _ = buffers^
    _ = chunk^
    return py_ints(progress.rows, progress.used, Int(progress.stop.code))


def csv_begin(args: Args, n: Int) raises PyErr -> Obj:
    """Args: decoder, the line of the next row, the symbol of the first row or None.
    Counts from zero again."""
    var handle = handle_of[RowDecoder, _NAME](args[])
    var symbol: Optional[String] = None
    if not is_none(args[unsafe_offset=2]):
        symbol = to_string(args[unsafe_offset=2])
    handle[].value.begin(to_int(args[unsafe_offset=1]), symbol)
    return py_none()


def csv_lines(args: Args, n: Int) raises PyErr -> Obj:
    """Args: chunk, begin, end, most. Counts line feeds, at most so many. Returns
    (line feeds, one past the last one counted)."""
    var chunk = PyBuffer(args[])
    var begin = to_int(args[unsafe_offset=1])
    var end = to_int(args[unsafe_offset=2])
    if begin < 0 or end < begin or end > chunk.nbytes():
        raise PyErr.argument(
            String("no bytes ", begin, " to ", end, " in the chunk")
        )
    var most = to_int(args[unsafe_offset=3])
    var text = ByteView(address=chunk.address() + begin, length=end - begin)
    var state = gil_release()
    var found = count_lines(text, most)
    gil_acquire(state)
    _ = chunk^
    return py_ints(found.lines, begin + found.used)


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
    first other symbol, filtered)."""
    var handle = handle_of[RowDecoder, _NAME](args[])
    ref t = handle[].value.tally
    return py_ints(
        handle[].value.line,
        t.rows,
        t.blank_lines,
        t.rejected,
        t.unzoned,
        t.price_decimals,
        t.size_decimals,
        t.roundings[0],
        t.roundings[1],
        t.roundings[2],
        t.roundings[3],
        t.roundings[4],
        t.rounded_lines[0],
        t.rounded_lines[1],
        t.rounded_lines[2],
        t.rounded_lines[3],
        t.rounded_lines[4],
        t.other_symbol_line,
        t.filtered,
    )


def csv_symbol(args: Args, n: Int) raises PyErr -> Obj:
    """Args: decoder. Returns the symbol of the first row, or None."""
    var handle = handle_of[RowDecoder, _NAME](args[])
    ref symbol = handle[].value.symbol
    return py_str(symbol.value()) if symbol else py_none()


def reason_names(args: Args, n: Int) raises PyErr -> Obj:
    """Returns the name of every reason, by code."""
    var result = external_call["PyTuple_New", Obj](Reason.COUNT)
    for code in range(Reason.COUNT):
        put(result, code, py_str(Reason(UInt8(code)).name()))
    return result
