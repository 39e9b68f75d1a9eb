"""What every rolling statistic does: take numbers, look at the options, call Mojo."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import index
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa

from barrow._lib import native
from barrow._memory import owned_doubles
from barrow.errors import BarrowArgumentError, BarrowSchemaError, message

Array = np.ndarray[Any, Any]
Doubles = np.ndarray[Any, np.dtype[np.float64]]

# As in mojo_src/bindings/rolling_calls.mojo.
(SUM, MEAN, MIN, MAX, VAR, STD, SKEW, KURT, COV, CORR, QUANTILE, RANK, ARGMIN, ARGMAX,
 EWM_MEAN, EWM_VAR, EWM_STD) = range(17)  # fmt: skip

# What the kernels read where it lies: by the letters of `dtype.char`.
_READ = frozenset("dflLqQ")
_LARGE = 1 << 17
_MOST = 1 << 62
_ndarray = np.ndarray
_empty = np.empty


def run(
    statistic: int,
    values: Any,
    window: int,
    min_periods: int | None,
    out: Doubles | None,
    choice: int = 0,
    parameter: float = 0.0,
) -> Doubles:
    """Computes a statistic of every window of one series or of several.

    This is the short way for one array of numbers; `_with_care` takes everything else, and
    says what is wrong.

    Args:
        statistic: One of the numbers above.
        values: As the public functions take them.
        window: How many numbers a window holds.
        min_periods: How many values a result needs; all of them, if None.
        out: Where the results go.
        choice: ddof, or a code.
        parameter: A quantile, or alpha.
    """
    if (
        type(values) is _ndarray
        and values.ndim == 1
        and type(window) is int
        and (min_periods is None or type(min_periods) is int)
        and values.dtype.char in _READ
        and values.dtype.isnative
    ):
        least = window if min_periods is None else min_periods
        if 0 <= least <= window and window > 0:
            result = out
            if result is None:
                size = len(values)
                result = _empty(size) if size < _LARGE else owned_doubles(size)
            try:
                large = native.rolling(
                    statistic, values, values, window, least, choice, parameter, result
                )
            except (ValueError, TypeError, BufferError, OverflowError):
                # A wrong result array, or values or options that take a closer look.
                return _with_care(
                    statistic, values, None, window, min_periods, out, choice, parameter
                )
            if large >= 0:
                _refuse_large(values, large)
            return result
    return _with_care(statistic, values, None, window, min_periods, out, choice, parameter)


def run_pair(
    statistic: int,
    x: Any,
    y: Any,
    window: int,
    min_periods: int | None,
    out: Doubles | None,
    ddof: int,
) -> Doubles:
    """As `run`, of two series at a time."""
    if (
        type(x) is _ndarray
        and type(y) is _ndarray
        and x.ndim == 1
        and x.shape == y.shape
        and out is None
        and type(window) is int
        and (min_periods is None or type(min_periods) is int)
        and x.dtype.char in _READ
        and y.dtype.char in _READ
        and x.dtype.isnative
        and y.dtype.isnative
        and x.flags.aligned
        and y.flags.aligned
        and window <= _MOST
        and ddof <= _MOST
    ):
        least = window if min_periods is None else min_periods
        if 0 <= least <= window and window > 0:
            size = len(x)
            result = _empty(size) if size < _LARGE else owned_doubles(size)
            native.rolling(statistic, x, y, window, least, ddof, 0.0, result)
            return result
    return _with_care(statistic, x, y, window, min_periods, out, ddof, 0.0)


def _with_care(
    statistic: int,
    values: Any,
    others: Any,
    window: int,
    min_periods: int | None,
    out: Doubles | None,
    choice: int,
    parameter: float,
) -> Doubles:
    window = whole_number("window", window, 1)
    least = window if min_periods is None else whole_number("min_periods", min_periods, 0)
    if least > window:
        raise BarrowArgumentError(
            message("min_periods", f"{least} values are needed of {window} in a window")
        )
    # What is longer than any series is all the same.
    window, least, choice = min(window, _MOST), min(least, _MOST), min(choice, _MOST)
    series, many = series_of("values", values)
    seconds = series if others is None else series_of("other", others)[0]
    for x, y in zip(series, seconds, strict=True) if len(series) == len(seconds) else ():
        if len(x) != len(y):
            raise BarrowArgumentError(
                message("other", f"{len(y)} numbers, the first series has {len(x)}")
            )
    if len(series) != len(seconds):
        raise BarrowArgumentError(
            message("other", f"{len(seconds)} series, there are {len(series)} first ones")
        )
    if not series:  # a table without rows
        return np.empty(np.shape(values)) if out is None else out
    result, rows = _room(series, many, out, (*series, *seconds))

    def one(at: int) -> None:
        large = native.rolling(
            statistic, series[at], seconds[at], window, least, choice, parameter, rows[at]
        )
        if large >= 0:
            _refuse_large(series[at], large)

    threads = min(len(series), len(os.sched_getaffinity(0)))
    if threads > 1 and sum(map(len, series)) > _LARGE:
        _share(one, len(series), threads)
    else:
        for at in range(len(series)):
            one(at)
    return result


def _share(work: Callable[[int], None], count: int, threads: int) -> None:
    """Does jobs in several threads, this one among them, each the next one that is left.

    A series may take less time than handing it to another thread does.
    """
    jobs = iter(range(count))

    def take() -> None:
        for at in jobs:
            work(at)

    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(take) for _ in range(threads - 1)]
        try:
            take()
        finally:
            for _ in jobs:  # after an error or an interrupt nobody begins another one
                pass
        for other in others:
            other.result()


def _room(
    series: Sequence[Array], many: bool, out: Doubles | None, sources: Sequence[Array]
) -> tuple[Doubles, list[Doubles]]:
    """The array of the results, and the row of each series in it."""
    if not many:
        if out is None:
            out = owned_doubles(len(series[0]))
        _check_out(out, (len(series[0]),), sources)
        return out, [out]
    lengths = {len(one) for one in series}
    if len(lengths) > 1:
        raise BarrowArgumentError(
            message(
                "values",
                f"series of {min(lengths)} to {max(lengths)} numbers; one result has one length",
                tries=["a call for each series"],
            )
        )
    shape = (len(series), lengths.pop())
    if out is None:
        out = owned_doubles(shape[0] * shape[1]).reshape(shape)
    _check_out(out, shape, sources)
    return out, list(out)


def _check_out(out: Any, shape: tuple[int, ...], sources: Sequence[Array]) -> None:
    if (
        type(out) is not _ndarray
        or out.dtype != np.float64
        or out.shape != shape
        or not out.flags.c_contiguous
        or not out.flags.writeable
        or not out.flags.aligned
    ):
        what = f"{type(out)}"
        if isinstance(out, np.ndarray):
            flags = out.flags
            lacks = {
                "not contiguous": flags.c_contiguous,
                "read-only": flags.writeable,
                "not aligned": flags.aligned,
            }
            why = [f", {name}" for name, good in lacks.items() if not good]
            what = f"{out.dtype} of shape {out.shape}{''.join(why)}"
        raise BarrowArgumentError(
            message("out", f"expected writable contiguous float64 of shape {shape}, got {what}")
        )
    if any(np.may_share_memory(out, source) for source in sources):
        raise BarrowArgumentError(
            message("out", "lies in the memory of the values, which are still needed")
        )


def whole_number(name: str, value: Any, least: int) -> int:
    """An option that is a whole number.

    Raises:
        BarrowArgumentError: It is none, or too small.
    """
    try:
        number = index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise BarrowArgumentError(
            message(name, f"expected a whole number from {least} on, got {value!r}")
        )
    return number


def series_of(name: str, values: Any) -> tuple[list[Array], bool]:
    """The series of what a caller gave, and whether there may be several.

    Raises:
        BarrowSchemaError: These are no numbers.
    """
    if isinstance(values, list | tuple) and values and not np.isscalar(values[0]):
        return [_one(f"{name}[{at}]", value) for at, value in enumerate(values)], True
    if isinstance(values, np.ndarray) and values.ndim == 2 and not _is_words(values):
        return [_one(name, row) for row in values], True
    return [_one(name, values)], False


def _is_words(array: Array) -> bool:
    """Whether these are 128-bit raw values: pairs of 64-bit words."""
    return array.ndim == 2 and array.shape[1] == 2 and array.dtype == np.uint64


def _one(name: str, values: Any) -> Array:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        array = _from_arrow(name, values)
    elif isinstance(values, np.ma.MaskedArray):
        # Masked values are missing ones.
        numbers = values.dtype.kind in "fiub"
        array = np.where(values.mask, np.nan, values.data) if numbers else values.data
    elif isinstance(values, np.ndarray):
        array = values
    else:
        array = np.asarray(values)
    if not array.flags.aligned:
        array = array.copy()
    if _is_words(array) and (array.strides[1] == 8 or len(array) == 0):
        return array
    if array.ndim != 1 or array.dtype.kind not in "fiub":
        _refuse(name, array.dtype, array.shape)
    if array.dtype.char in _READ and array.dtype.isnative:
        return array
    # The rest are few: small integers, half floats, other byte orders.
    return array.astype(np.int64 if array.dtype.kind in "iub" else np.float64)


def _from_arrow(name: str, values: Any) -> Array:
    kind = values.type
    if isinstance(values, pa.ChunkedArray) and values.num_chunks == 1:
        values = values.chunk(0)
    elif isinstance(values, pa.ChunkedArray):
        # Chunks are the one case in which values are copied; pyarrow gives one array, or
        # none of no chunks.
        values = pa.concat_arrays(values.chunks) if values.chunks else pa.array([], kind)
    if pa.types.is_fixed_size_binary(kind) and kind.byte_width in (8, 16):
        return _from_binary(values, kind.byte_width)
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        _refuse(name, kind, (len(values),))
    if values.null_count:
        # Missing values are NaN, as pandas has them.
        array: Array = values.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    else:
        array = values.to_numpy()
    return array


def _from_binary(values: pa.Array, width: int) -> Array:
    """A stored column of raw values, signed, without copying."""
    data = values.buffers()[1]
    count, begin = len(values), width * values.offset
    if data is None:
        data = b""
    if width == 8:
        return np.frombuffer(data, np.int64, count, begin)
    return np.frombuffer(data, np.uint64, 2 * count, begin).reshape(-1, 2)


def _refuse(name: str, dtype: Any, shape: tuple[int, ...]) -> NoReturn:
    raise BarrowSchemaError(
        message(
            name,
            f"expected numbers in one dimension, got {dtype} of shape {shape}",
            tries=["an array of float64, float32, int64 or raw values", "a list of such arrays"],
        )
    )


def _refuse_large(values: Array, at: int) -> NoReturn:
    words = values[at].tolist()
    number = words[0] + (words[1] << 64)
    number -= (number >> 127) << 128
    raise BarrowArgumentError(
        message(
            f"value {at}",
            f"{number} is too large for sums of 128 bits",
            tries=["undefined values are sentinels: take rows without them"],
        )
    )
