"""Series to the kernels and back: what they may be, threads, what went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._lib import native
from barrow.arima.order import Doubles, Order
from barrow.errors import BarrowArgumentError, BarrowSchemaError, message

Progress = bool | Callable[[int, int], None]
# As in mojo_src/barrow/arima/prepare.mojo.
CONVERGED, LIMIT, STALLED, PERFECT = 0, 1, 2, 3
SHORT, CONSTANT, INFINITE, HOLES = 10, 11, 12, 13
STATUS = {
    CONVERGED: "converged",
    LIMIT: "stopped at the limit of iterations",
    STALLED: "no step improved the likelihood, and its gradient is not zero",
    PERFECT: "the trend leaves nothing: the variance is 0",
    SHORT: "too short",
    CONSTANT: "constant",
    INFINITE: "infinite",
    HOLES: "too many missing values",
}
_FACTS = 8
_CHUNK = 32


def doubles(values: Any, where: str) -> Doubles:
    """One series as contiguous doubles; missing values are NaN.

    Args:
        values: An array, an Arrow array, a series of a frame, or a list of numbers.
        where: What it is called in errors.

    Raises:
        BarrowSchemaError: It is not one-dimensional, or has no numbers.
    """
    if isinstance(values, pa.Array | pa.ChunkedArray):
        if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
            raise BarrowSchemaError(message(where, f"{values.type} are no numbers"))
        values = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "iufb":
        what = f"wanted numbers in one dimension, found {array.dtype} of shape {array.shape}"
        tries = ["bars.to_float64(name), or .ravel()"]
        raise BarrowSchemaError(message(where, what, tries=tries))
    return np.ascontiguousarray(array, np.float64)


def refusal(order: Order, status: int, first: int, count: int, where: str) -> BarrowArgumentError:
    """The error for a series that cannot be fitted.

    Args:
        order: The model.
        status: What the kernel said.
        first: The index it said.
        count: How many values there are that are not missing.
        where: What the series is called.
    """
    if status == SHORT:
        what = f"{count} values are too few for {order}: it takes at least {order.fewest}"
        tries = ["a longer series, or a smaller model"]
    elif status == CONSTANT:
        what = (
            f"it does not change after d={order.d}, D={order.seasonal[1]}: {order} has no optimum"
        )
        tries = ["p = q = 0, which takes any series: its variance may be 0"]
    elif status == INFINITE:
        what = f"value {first} is infinite"
        tries = ["NaN where a value is missing"]
    else:
        what = f"nowhere are {order.lost} values in a row, from which {order} could start"
        tries = ["fewer differences, or fill the gaps"]
    return BarrowArgumentError(message(where, what, tries=tries))


@dataclass(frozen=True)
class Packed:
    """Many series one after another."""

    values: Doubles
    bounds: np.ndarray[Any, np.dtype[np.int64]]

    @classmethod
    def of(cls, series: Iterable[Any] | Any) -> Packed:
        """Packs the rows of a 2-D array, or a list of series.

        Raises:
            BarrowSchemaError: One of them is no series of numbers.
        """
        if isinstance(series, np.ndarray) and series.ndim == 2:
            if series.dtype.kind not in "iufb":
                raise BarrowSchemaError(message("series", f"{series.dtype} are no numbers"))
            rows, length = series.shape
            flat = np.ascontiguousarray(series, np.float64).reshape(-1)
            return cls(flat, np.arange(rows + 1, dtype=np.int64) * length)
        arrays = [doubles(values, f"series {i}") for i, values in enumerate(series)]
        bounds = np.zeros(len(arrays) + 1, np.int64)
        np.cumsum([len(array) for array in arrays], out=bounds[1:])
        return cls(np.concatenate([np.empty(0), *arrays]), bounds)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def one(self, at: int) -> Doubles:
        """A view of one series."""
        return self.values[self.bounds[at] : self.bounds[at + 1]]


def fit_all(
    packed: Packed,
    order: Order,
    method: str,
    starts: int,
    limit: int,
    threads: int | None,
    progress: Progress,
) -> tuple[Doubles, Doubles]:
    """Fits every series; gives parameters and facts, a row each."""
    conditional = {"mle": 0, "css": 1}.get(method)
    if conditional is None:
        raise BarrowArgumentError(message("method", f'{method!r} is neither "mle" nor "css"'))
    if starts < 0 or limit < 1:
        what = f"starts={starts}, max_iter={limit}: at least 0 and 1"
        raise BarrowArgumentError(message("fit", what))
    numbers = order.numbers()
    settings = np.array([conditional, starts, limit], np.int64)
    parameters = np.empty((len(packed), order.free + 3))
    facts = np.empty((len(packed), _FACTS))

    def work(begin: int, end: int) -> None:
        native.arima_fit(
            packed.values,
            packed.bounds[begin : end + 1],
            numbers,
            settings,
            parameters[begin:end],
            facts[begin:end],
        )

    in_parts(work, len(packed), threads, progress)
    return parameters, facts


def filter_all(
    packed: Packed,
    order: Order,
    parameters: Doubles,
    ahead: int,
    residuals: bool,
    threads: int | None,
    progress: Progress,
) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """Residuals of all values, means and variances of forecasts, facts.

    Facts are status, loglik and number of innovations, a row for each series.
    """
    numbers = order.numbers()
    left = np.empty(len(packed.values) if residuals else 0)
    means = np.empty((len(packed), ahead))
    variances = np.empty((len(packed), ahead))
    facts = np.empty((len(packed), 3))

    def work(begin: int, end: int) -> None:
        bounds = packed.bounds[begin : end + 1]
        # Residuals lie as the values do, so both start where this part starts.
        low, high = int(bounds[0]), int(bounds[-1])
        native.arima_filter(
            packed.values[low:high],
            bounds - low,
            numbers,
            parameters[begin:end],
            left[low:high] if residuals else left,
            means[begin:end],
            variances[begin:end],
            facts[begin:end],
        )

    in_parts(work, len(packed), threads, progress)
    return left, means, variances, facts


def in_parts(
    work: Callable[[int, int], None], count: int, threads: int | None, progress: Progress
) -> None:
    """Runs work over ranges of series on threads; an interrupt stops it within a part.

    Args:
        work: Takes the first series of a part and the one after its last.
        count: How many series there are.
        threads: How many threads; as many as processors, if None.
        progress: True for a line on standard error, or what is called with (done, count).
    """
    if threads is not None and threads < 1:
        raise BarrowArgumentError(message("threads", f"{threads}: at least 1"))
    many = min(threads or len(os.sched_getaffinity(0)), max(count, 1))
    size = max(1, min(_CHUNK, count // (4 * many)))
    parts = [(begin, min(begin + size, count)) for begin in range(0, count, size)]
    tell = _teller(progress)
    if many == 1:
        for begin, end in parts:
            work(begin, end)
            tell(end, count)
        return
    with ThreadPoolExecutor(many) as pool:
        sizes = {pool.submit(work, begin, end): end - begin for begin, end in parts}
        open_parts: set[Future[None]] = set(sizes)
        done = 0
        try:
            while open_parts:
                ended, open_parts = wait(open_parts, return_when=FIRST_COMPLETED)
                for part in ended:
                    part.result()
                    done += sizes[part]
                tell(done, count)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _teller(progress: Progress) -> Callable[[int, int], None]:
    if callable(progress):
        return progress
    if not progress:
        return lambda done, count: None

    def tell(done: int, count: int) -> None:
        end = "\n" if done == count else ""
        print(f"\r{done:,} of {count:,} series", end=end, file=sys.stderr, flush=True)

    return tell


def levels_of(level: float | Sequence[float]) -> tuple[float, ...]:
    """Looks at levels of intervals, in percent.

    Raises:
        BarrowArgumentError: One is not between 0 and 100.
    """
    given = tuple(level) if isinstance(level, Sequence | np.ndarray) else (level,)
    for one in given:
        if not 0 < one < 100:
            raise BarrowArgumentError(message("level", f"{one} is not between 0 and 100 percent"))
    return given


def ahead_of(h: int) -> int:
    """Looks at how far to forecast.

    Raises:
        BarrowArgumentError: It is less than one step.
    """
    if h < 1:
        raise BarrowArgumentError(message("h", f"{h} steps ahead: at least 1"))
    return h
