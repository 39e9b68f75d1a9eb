"""The public functions over windows of a fixed number of values."""

from __future__ import annotations

from math import nan
from typing import Any, Literal

from barrow.errors import BarrowArgumentError, message
from barrow.rolling._run import (
    ARGMAX,
    ARGMIN,
    CORR,
    COV,
    KURT,
    MAX,
    MEAN,
    MIN,
    QUANTILE,
    RANK,
    SKEW,
    STD,
    SUM,
    VAR,
    Doubles,
    run,
    run_pair,
    whole_number,
)

Interpolation = Literal["linear", "lower", "higher", "nearest", "midpoint"]
RankMethod = Literal["average", "min", "max"]
_INTERPOLATIONS = ("linear", "lower", "higher", "nearest", "midpoint")
_RANK_METHODS = ("average", "min", "max")
_MIDPOINT = _INTERPOLATIONS.index("midpoint")
_PERCENT, _DESCENDING = 4, 8


def rolling_sum(
    values: Any, window: int, *, min_periods: int | None = None, out: Doubles | None = None
) -> Doubles:
    """The sum of every window.

    The window at i holds the values from i - window + 1 to i. NaN and infinities are missing
    values, as in pandas. Of integers the sum is exact and rounded once; of floats nothing is
    ever subtracted, so that nothing drifts: `docs/guide/rolling.md` has the bound.

    Args:
        values: Numbers in one dimension, contiguous or strided: a NumPy or Arrow array, raw
            values of a column, (n, 2) words of 128-bit ones. A 2-D array (one series a row)
            or a list of series of one length is computed by several threads. float64,
            float32, int64 and uint64 are read where they lie.
        window: How many numbers a window holds, at least 1.
        min_periods: How many values a result needs, else it is NaN; all of the window if None.
        out: Where the results go: contiguous float64 as long as the values, elsewhere in
            memory. It is returned.

    Returns:
        float64, in the unit of the values, one for each of them; (series, n) of several.

    Raises:
        BarrowArgumentError: An option is out of its range, or `out` does not fit.
        BarrowSchemaError: The values are no numbers in one dimension.
    """
    return run(SUM, values, window, min_periods, out)


def rolling_mean(
    values: Any, window: int, *, min_periods: int | None = None, out: Doubles | None = None
) -> Doubles:
    """The mean of every window; arguments, result and errors as of `rolling_sum`."""
    return run(MEAN, values, window, min_periods, out)


def rolling_min(
    values: Any, window: int, *, min_periods: int | None = None, out: Doubles | None = None
) -> Doubles:
    """The least value of every window; arguments, result and errors as of `rolling_sum`.

    Integers beyond 2**53 come out as the nearest double.
    """
    return run(MIN, values, window, min_periods, out)


def rolling_max(
    values: Any, window: int, *, min_periods: int | None = None, out: Doubles | None = None
) -> Doubles:
    """The greatest value of every window; as `rolling_min`."""
    return run(MAX, values, window, min_periods, out)


def rolling_var(
    values: Any,
    window: int,
    *,
    min_periods: int | None = None,
    ddof: int = 1,
    out: Doubles | None = None,
) -> Doubles:
    """The variance of every window.

    Never negative, and 0 for equal values. Of integers it is exact and rounded once. Of
    floats it is computed from distances from a value of the window itself, so that neither
    the level of the values nor what has left the window matters.

    Args:
        values: As of `rolling_sum`.
        window: As of `rolling_sum`.
        min_periods: As of `rolling_sum`.
        ddof: What is taken off the number of values in the divisor; a window of no more
            values has no variance.
        out: As of `rolling_sum`.

    Returns:
        float64, in the square of the unit of the values.

    Raises:
        BarrowArgumentError: As of `rolling_sum`, or a raw value is too large to be summed.
        BarrowSchemaError: As of `rolling_sum`.
    """
    return run(VAR, values, window, min_periods, out, _ddof(ddof))


def rolling_std(
    values: Any,
    window: int,
    *,
    min_periods: int | None = None,
    ddof: int = 1,
    out: Doubles | None = None,
) -> Doubles:
    """The standard deviation of every window: the square root of `rolling_var`."""
    return run(STD, values, window, min_periods, out, _ddof(ddof))


def rolling_skew(
    values: Any, window: int, *, min_periods: int | None = None, out: Doubles | None = None
) -> Doubles:
    """The sample skewness of every window, corrected for bias.

    NaN of fewer than 3 values, and of equal ones. Arguments, result and errors as of
    `rolling_sum`.
    """
    return run(SKEW, values, window, min_periods, out)


def rolling_kurt(
    values: Any, window: int, *, min_periods: int | None = None, out: Doubles | None = None
) -> Doubles:
    """The sample excess kurtosis of every window, corrected for bias.

    NaN of fewer than 4 values, and of equal ones. Arguments, result and errors as of
    `rolling_sum`.
    """
    return run(KURT, values, window, min_periods, out)


def rolling_median(
    values: Any, window: int, *, min_periods: int | None = None, out: Doubles | None = None
) -> Doubles:
    """The median of every window; arguments, result and errors as of `rolling_sum`."""
    return run(QUANTILE, values, window, min_periods, out, _MIDPOINT, 0.5)


def rolling_quantile(
    values: Any,
    window: int,
    q: float,
    *,
    interpolation: Interpolation = "linear",
    min_periods: int | None = None,
    out: Doubles | None = None,
) -> Doubles:
    """A quantile of every window.

    Args:
        values: As of `rolling_sum`.
        window: As of `rolling_sum`.
        q: Which quantile, from 0 to 1.
        interpolation: What lies between two values: `linear`, `lower`, `higher`, `nearest`
            or `midpoint`.
        min_periods: As of `rolling_sum`.
        out: As of `rolling_sum`.

    Returns:
        float64, in the unit of the values.

    Raises:
        BarrowArgumentError: As of `rolling_sum`, or q or the interpolation is none.
        BarrowSchemaError: As of `rolling_sum`.
    """
    part = _number(q)
    if not 0.0 <= part <= 1.0:
        raise BarrowArgumentError(message("q", f"expected a number from 0 to 1, got {q!r}"))
    code = _code("interpolation", interpolation, _INTERPOLATIONS)
    return run(QUANTILE, values, window, min_periods, out, code, part)


def rolling_rank(
    values: Any,
    window: int,
    *,
    method: RankMethod = "average",
    ascending: bool = True,
    pct: bool = False,
    min_periods: int | None = None,
    out: Doubles | None = None,
) -> Doubles:
    """The rank of the last value of every window in it.

    Args:
        values: As of `rolling_sum`.
        window: As of `rolling_sum`.
        method: The rank of equal values: their `average`, `min` or `max`.
        ascending: Whether the least value has rank 1, or the greatest.
        pct: Whether ranks are parts of the number of values.
        min_periods: As of `rolling_sum`.
        out: As of `rolling_sum`.

    Returns:
        float64 from 1 on, or from 0 to 1; NaN where the last value is missing.

    Raises:
        BarrowArgumentError: As of `rolling_sum`, or there is no such method.
        BarrowSchemaError: As of `rolling_sum`.
    """
    code = _code("method", method, _RANK_METHODS)
    code += (_PERCENT if pct else 0) + (0 if ascending else _DESCENDING)
    return run(RANK, values, window, min_periods, out, code)


def rolling_argmin(
    values: Any, window: int, *, min_periods: int | None = None, out: Doubles | None = None
) -> Doubles:
    """The place of the least value of every window.

    It is counted from the first number of the window, missing ones too, as NumPy's
    `argmin` of the window does; near the beginning the window is what there is. Of equal
    values it is the first. Arguments and errors as of `rolling_sum`.

    Returns:
        float64 from 0 to window - 1; NaN where there are too few values.
    """
    return run(ARGMIN, values, window, min_periods, out)


def rolling_argmax(
    values: Any, window: int, *, min_periods: int | None = None, out: Doubles | None = None
) -> Doubles:
    """The place of the greatest value of every window; as `rolling_argmin`."""
    return run(ARGMAX, values, window, min_periods, out)


def rolling_cov(
    values: Any,
    other: Any,
    window: int,
    *,
    min_periods: int | None = None,
    ddof: int = 1,
    out: Doubles | None = None,
) -> Doubles:
    """The covariance of the windows of two series.

    Where one value is missing, both are.

    Args:
        values: As of `rolling_sum`.
        other: As much, of the second series.
        window: As of `rolling_sum`.
        min_periods: How many pairs a result needs.
        ddof: As of `rolling_var`.
        out: As of `rolling_sum`.

    Returns:
        float64, in the product of the units.

    Raises:
        BarrowArgumentError: As of `rolling_sum`, or the series are not of one length.
        BarrowSchemaError: As of `rolling_sum`.
    """
    return run_pair(COV, values, other, window, min_periods, out, _ddof(ddof))


def rolling_corr(
    values: Any,
    other: Any,
    window: int,
    *,
    min_periods: int | None = None,
    out: Doubles | None = None,
) -> Doubles:
    """Pearson's correlation of the windows of two series, from -1 to 1.

    NaN where the values of one of them are equal. Arguments and errors as of `rolling_cov`.
    """
    return run_pair(CORR, values, other, window, min_periods, out, 0)


def _ddof(ddof: int) -> int:
    return ddof if type(ddof) is int and ddof >= 0 else whole_number("ddof", ddof, 0)


def _number(value: Any) -> float:
    """What a caller gave as a number; NaN if it is none."""
    try:
        return nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError, OverflowError):
        return nan


def _code(name: str, value: str, known: tuple[str, ...]) -> int:
    if value not in known:
        raise BarrowArgumentError(
            message(name, f"there is no {value!r}", tries=[f"{name}={one!r}" for one in known])
        )
    return known.index(value)
