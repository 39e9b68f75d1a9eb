"""Prices and sizes adjusted in stretches of time, as functions of the extension module.

Both kernels return (first row refused or -1, reason, rows rounded, first row rounded
or -1).
"""

from barrow.adjust import Factors, Runs, multiply_rows, runs_of, shift_rows
from barrow.arrow import Outcome
from barrow.fence import Pool
from barrow.fixed import power_of_ten, scale_of

from capi import *
from column_calls import _read, _write
from convert_calls import _Target, _tuple

comptime _RUNS: StaticString = "barrow.Runs"


def adjust_runs(args: Args, n: Int) raises PyErr -> Obj:
    """Args: stamps (uint64), bounds (uint64, rising). Returns which rows are in which segment, and a tuple of how
    many are in each."""
    var stamps = PyBuffer(args[])
    var bounds = PyBuffer(args[unsafe_offset=1])
    var edges = _read[DType.uint64](bounds)
    for i in range(1, len(edges)):
        if edges[i] <= edges[i - 1]:
            raise PyErr.argument(String("bound ", i, " does not rise"))
    var state = gil_release()
    var runs = runs_of(_read[DType.uint64](stamps), edges)
    gil_acquire(state)
    _ = stamps^
    var counts = Pool[Int](length=len(edges) + 1, fill=0)
    var begin = 0
    for i in range(len(runs)):
        counts[runs.segments[i]] += runs.stops[i] - begin
        begin = runs.stops[i]
    _ = bounds^
    var rows = external_call["PyTuple_New", Obj](len(counts))
    for i in range(len(counts)):
        put(rows, i, py_int(counts[i]))
    var result = external_call["PyTuple_New", Obj](2)
    put(result, 0, new_handle[_RUNS](runs^))
    put(result, 1, rows)
    return result


def _check_segments(runs: Runs, segments: Int) raises PyErr:
    for i in range(len(runs)):
        if runs.segments[i] >= segments:
            raise PyErr.argument(
                String("segment ", runs.segments[i], " of ", segments)
            )


def adjust_shift(args: Args, n: Int) raises PyErr -> Obj:
    """Args: raw, runs, amounts (raw prices), wide, sums (writable)."""
    if to_bool(args[unsafe_offset=3]):
        return _shift[DType.int128](args)
    return _shift[DType.int64](args)


def _shift[dtype: DType](args: Args) raises PyErr -> Obj:
    var source = PyBuffer(args[])
    var handle = handle_of[Runs, _RUNS](args[unsafe_offset=1])
    ref runs = handle[].value
    var amounts = PyBuffer(args[unsafe_offset=2])
    var target = PyBuffer(args[unsafe_offset=4], writable=True)
    var raw = _read[dtype](source)
    var each = _read[dtype](amounts)
    if target.nbytes() != source.nbytes() or runs.rows() != len(raw):
        raise PyErr.argument("the columns are not of one length")
    _check_segments(runs, len(each))
    # Only read: several threads may adjust columns by the same runs.
    var state = gil_release()
    var outcome = shift_rows(raw, runs, each, _write[dtype](target))
    gil_acquire(state)
    _ = source^
    _ = amounts^
    _ = target^
    return _tuple(outcome)


def adjust_multiply(args: Args, n: Int) raises PyErr -> Obj:
    """Args: raw, runs, words (uint64), starts (int64, one more than segments), wide, signed, precision, rounding,
    products (writable). The words of a fraction are those before and behind the point of the fraction divided by
    the unit that the precision leaves, rounded up; none say one."""
    var signed = to_bool(args[unsafe_offset=5])
    if to_bool(args[unsafe_offset=4]):
        if signed:
            return _multiply[DType.int128](args)
        return _multiply[DType.uint128](args)
    if signed:
        return _multiply[DType.int64](args)
    return _multiply[DType.uint64](args)


def _multiply[dtype: DType](args: Args) raises PyErr -> Obj:
    var source = PyBuffer(args[])
    var handle = handle_of[Runs, _RUNS](args[unsafe_offset=1])
    ref runs = handle[].value
    var words = PyBuffer(args[unsafe_offset=2])
    var starts = PyBuffer(args[unsafe_offset=3])
    var raw = _read[dtype](source)
    var factors = Factors(
        _read[DType.uint64](words), _read[DType.int64](starts)
    )
    if runs.rows() != len(raw):
        raise PyErr.argument("the columns are not of one length")
    _check_segments(runs, len(factors.starts) - 1)
    _check_factors(factors)
    var target = _Target[dtype](args, 6, len(raw))
    var unit = power_of_ten(scale_of[dtype]() - target.precision)
    var state = gil_release()
    var outcome = multiply_rows(
        raw, runs, factors, unit, target.rounding, _write[dtype](target.buffer)
    )
    gil_acquire(state)
    _ = source^
    _ = words^
    _ = starts^
    _ = target^
    return _tuple(outcome)


def _check_factors(factors: Factors) raises PyErr:
    """Every fraction is one, or has a word before the point and three behind it."""
    ref starts = factors.starts
    if starts[0] != 0 or starts[len(starts) - 1] != Int64(len(factors.words)):
        raise PyErr.argument("the fractions are not all of the words")
    for i in range(1, len(starts)):
        var count = starts[i] - starts[i - 1]
        if count != 0 and count < 4:
            raise PyErr.argument(String("a fraction of ", count, " words"))
