"""Quantization, as functions of the extension module."""

from std.sys import size_of

from barrow.arrow import Batch, list_values
from barrow.fence import ColumnView, MutColumnView
from barrow.quantize import (
    GGUF_BLOCK,
    Choices,
    Clip,
    Levels,
    Range,
    Stop,
    dequantize,
    errors,
    find_range,
    first_not_finite,
    from_gguf,
    gguf_block_bytes,
    grid_of,
    packed_length,
    quantize,
    to_gguf,
)

from capi import *
from capsules import fault_error

comptime _BATCH: StaticString = "barrow.ArrowBatch"
# How values are stored, by the numbers Python has for it.
comptime _KINDS = [
    DType.float32,
    DType.float64,
    DType.float16,
    DType.bfloat16,
]


def _to_float(o: Obj) raises PyErr -> Float64:
    var value = external_call["PyFloat_AsDouble", Float64](o)
    if value == -1 and has_error():
        raise PyErr.pending()
    return value


def _py_floats(*values: Float64) -> Obj:
    var result = external_call["PyTuple_New", Obj](len(values))
    for i in range(len(values)):
        put(result, i, external_call["PyFloat_FromDouble", Obj](values[i]))
    return result


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


def _levels(bits: Obj, symmetric: Obj) raises PyErr -> Levels:
    var width = to_int(bits)
    if width < 2 or width > 8:
        raise PyErr.argument(String("codes of ", width, " bits"))
    return Levels(width, to_bool(symmetric))


def _group(value: Obj) raises PyErr -> Int:
    var group = to_int(value)
    if group < 1:
        raise PyErr.argument(String("groups of ", group, " values"))
    return group


def _check_room(
    values: Int, levels: Levels, group: Int, scales: Int, zeros: Int, codes: Int
) raises PyErr:
    var groups = (values + group - 1) // group
    if (
        codes != packed_length(values, levels.bits)
        or scales < groups
        or zeros < groups
    ):
        raise PyErr.argument(
            String(
                values,
                " values, but ",
                codes,
                " bytes of codes, ",
                scales,
                " scales and ",
                zeros,
                " zeros",
            )
        )


def quantize_lists(args: Args, n: Int) raises PyErr -> Obj:
    """Args: batch, index of a column, ends (writable int64, rows + 1).
    Returns (address of the first value, values, row of a null, its place)."""
    var handle = handle_of[Batch, _BATCH](args[])
    ref batch = handle[].value
    var at = to_int(args[unsafe_offset=1])
    var target = PyBuffer(args[unsafe_offset=2], writable=True)
    var ends = _write[DType.int64](target)
    if at < 0 or at >= batch.columns() or len(ends) != batch.rows() + 1:
        raise PyErr.argument("no such column, or no room for its offsets")
    try:
        var lists = list_values(batch, at, ends)
        ref values = lists.values
        var address = 0
        if values.length > 0:
            address = values.buffers[1] + values.offset * values.type.width
        _ = target^
        return py_ints(address, values.length, lists.row, lists.place)
    except fault:
        raise fault_error(fault)


def quantize_range(args: Args, n: Int) raises PyErr -> Obj:
    """Args: values, kind. Returns (least, largest, the first value that is not finite,
    or -1)."""
    var source = PyBuffer(args[])
    var kind = to_int(args[unsafe_offset=1])
    var range_ = Range(0, 0, True)
    var bad = -1
    var state = gil_release()
    comptime for i in range(len(_KINDS)):
        if kind == i:
            var values = _read[_KINDS[i]](source)
            range_ = find_range(values, 0, len(values))
            if not range_.finite:
                bad = first_not_finite(values, 0, len(values))
    gil_acquire(state)
    _ = source^
    return _py_floats(
        range_.low.cast[DType.float64](),
        range_.high.cast[DType.float64](),
        Float64(bad),
    )


def quantize_grid(args: Args, n: Int) raises PyErr -> Obj:
    """Args: low, high, bits, symmetric, half. Returns (scale, zero)."""
    var grid = grid_of(
        _to_float(args[]).cast[DType.float32](),
        _to_float(args[unsafe_offset=1]).cast[DType.float32](),
        _levels(args[unsafe_offset=2], args[unsafe_offset=3]),
        to_bool(args[unsafe_offset=4]),
    )
    return _py_floats(
        grid.scale.cast[DType.float64](), grid.zero.cast[DType.float64]()
    )


def quantize_groups(args: Args, n: Int) raises PyErr -> Obj:
    """Args: values, kind, (bits, symmetric, group, half, clip, fraction, past caches),
    scales, zeros, codes (writable). Returns (where it stopped, whether a scale did not fit)."""
    var source = PyBuffer(args[])
    var kind = to_int(args[unsafe_offset=1])
    var tuple = args[unsafe_offset=2]
    var choices = Choices(
        _levels(item(tuple, 0), item(tuple, 1)),
        _group(item(tuple, 2)),
        to_bool(item(tuple, 3)),
        Clip(to_int(item(tuple, 4))),
        _to_float(item(tuple, 5)),
        to_bool(item(tuple, 6)),
    )
    if not (Float64(0) <= choices.fraction <= Float64(1)):
        raise PyErr.argument("a fraction outside of 0 to 1")
    var scale_buffer = PyBuffer(args[unsafe_offset=3], writable=True)
    var zero_buffer = PyBuffer(args[unsafe_offset=4], writable=True)
    var code_buffer = PyBuffer(args[unsafe_offset=5], writable=True)
    var scales = _write[DType.float32](scale_buffer)
    var zeros = _write[DType.float32](zero_buffer)
    var codes = _write[DType.uint8](code_buffer)
    var stop = Stop.NOWHERE
    comptime for i in range(len(_KINDS)):
        if kind == i:
            var values = _read[_KINDS[i]](source)
            _check_room(
                len(values),
                choices.levels,
                choices.group,
                len(scales),
                len(zeros),
                len(codes),
            )
            var state = gil_release()
            stop = quantize(values, choices, scales, zeros, codes)
            gil_acquire(state)
    _ = source^
    _ = scale_buffer^
    _ = zero_buffer^
    _ = code_buffer^
    return py_ints(stop.at, Int(stop.scale))


def quantize_values(args: Args, n: Int) raises PyErr -> Obj:
    """Args: codes, (bits, symmetric, past caches), group, scales, zeros, values (writable
    float32)."""
    var code_buffer = PyBuffer(args[])
    var tuple = args[unsafe_offset=1]
    var levels = _levels(item(tuple, 0), item(tuple, 1))
    var past_caches = to_bool(item(tuple, 2))
    var group = _group(args[unsafe_offset=2])
    var scale_buffer = PyBuffer(args[unsafe_offset=3])
    var zero_buffer = PyBuffer(args[unsafe_offset=4])
    var target = PyBuffer(args[unsafe_offset=5], writable=True)
    var codes = _read[DType.uint8](code_buffer)
    var scales = _read[DType.float32](scale_buffer)
    var zeros = _read[DType.float32](zero_buffer)
    var values = _write[DType.float32](target)
    _check_room(len(values), levels, group, len(scales), len(zeros), len(codes))
    var state = gil_release()
    dequantize(codes, levels, group, scales, zeros, values, past_caches)
    gil_acquire(state)
    _ = code_buffer^
    _ = scale_buffer^
    _ = zero_buffer^
    _ = target^
    return py_none()


def quantize_errors(args: Args, n: Int) raises PyErr -> Obj:
    """Args: values, kind, codes, (bits, symmetric), group, scales, zeros. Returns sums:
    squared errors, squares, squares of what codes stand for, products, and the largest
    error."""
    var source = PyBuffer(args[])
    var kind = to_int(args[unsafe_offset=1])
    var code_buffer = PyBuffer(args[unsafe_offset=2])
    var tuple = args[unsafe_offset=3]
    var levels = _levels(item(tuple, 0), item(tuple, 1))
    var group = _group(args[unsafe_offset=4])
    var scale_buffer = PyBuffer(args[unsafe_offset=5])
    var zero_buffer = PyBuffer(args[unsafe_offset=6])
    var codes = _read[DType.uint8](code_buffer)
    var scales = _read[DType.float32](scale_buffer)
    var zeros = _read[DType.float32](zero_buffer)
    comptime for i in range(len(_KINDS)):
        if kind == i:
            var values = _read[_KINDS[i]](source)
            _check_room(
                len(values), levels, group, len(scales), len(zeros), len(codes)
            )
            var state = gil_release()
            var sums = errors(values, codes, levels, group, scales, zeros)
            gil_acquire(state)
            _ = source^
            _ = code_buffer^
            _ = scale_buffer^
            _ = zero_buffer^
            return _py_floats(
                sums.lost,
                sums.values,
                sums.stood,
                sums.products,
                sums.largest,
            )
    raise PyErr.argument(String("there is no kind ", kind, " of values"))


def _check_blocks(values: Int, bits: Int, blocks: Int) raises PyErr:
    var whole = values // GGUF_BLOCK
    if (
        (bits != 4 and bits != 8)
        or values % GGUF_BLOCK != 0
        or blocks != whole * gguf_block_bytes(bits)
    ):
        raise PyErr.argument(
            String(values, " values, ", blocks, " bytes of blocks")
        )


def quantize_to_gguf(args: Args, n: Int) raises PyErr -> Obj:
    """Args: values (float32), bits, blocks (writable). Returns -1, or the first value
    that no block holds."""
    var source = PyBuffer(args[])
    var bits = to_int(args[unsafe_offset=1])
    var target = PyBuffer(args[unsafe_offset=2], writable=True)
    var values = _read[DType.float32](source)
    var blocks = _write[DType.uint8](target)
    _check_blocks(len(values), bits, len(blocks))
    var state = gil_release()
    var bad = to_gguf(values, bits, blocks)
    gil_acquire(state)
    _ = source^
    _ = target^
    return py_int(bad)


def quantize_from_gguf(args: Args, n: Int) raises PyErr -> Obj:
    """Args: blocks, bits, values (writable float32)."""
    var source = PyBuffer(args[])
    var bits = to_int(args[unsafe_offset=1])
    var target = PyBuffer(args[unsafe_offset=2], writable=True)
    var blocks = _read[DType.uint8](source)
    var values = _write[DType.float32](target)
    _check_blocks(len(values), bits, len(blocks))
    var state = gil_release()
    from_gguf(blocks, bits, values)
    gil_acquire(state)
    _ = source^
    _ = target^
    return py_none()
