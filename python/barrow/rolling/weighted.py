"""The public functions over weights that fade."""

from __future__ import annotations

from math import exp, inf, isfinite, log
from typing import Any

from barrow.errors import BarrowArgumentError, message
from barrow.rolling._run import EWM_MEAN, EWM_STD, EWM_VAR, Doubles, run, whole_number

_ADJUST, _IGNORE, _BIAS = 1, 2, 4
# Larger than any number of values that are needed: what is seen is all there was.
_ALL = 2**62


def ewm_mean(
    values: Any,
    *,
    com: float | None = None,
    span: float | None = None,
    halflife: float | None = None,
    alpha: float | None = None,
    min_periods: int = 0,
    adjust: bool = True,
    ignore_na: bool = False,
    out: Doubles | None = None,
) -> Doubles:
    """The mean of all values so far, exponentially weighted.

    A value that is k steps old has the weight (1 - alpha)**k, relative to the sum of
    all weights (`adjust`); without `adjust`, the mean is alpha times the new value and
    1 - alpha times the mean before. The definitions are those of pandas' `ewm`.

    Args:
        values: As `rolling_sum` takes them; NaN and infinities are missing.
        com: The center of mass, at least 0: alpha is 1 / (1 + com).
        span: At least 1: alpha is 2 / (span + 1).
        halflife: Steps after which a weight has halved, above 0.
        alpha: Above 0, at most 1. One of the four must be given.
        min_periods: How many values a result needs; 0 and 1 are the same.
        adjust: Whether weights are relative to all so far.
        ignore_na: Whether a missing value takes no time.
        out: As of `rolling_sum`.

    Returns:
        float64, in the unit of the values.

    Raises:
        BarrowArgumentError: Not one of the four was given, or one is out of its range.
        BarrowSchemaError: The values are no numbers in one dimension.
    """
    fade = _alpha(com, span, halflife, alpha)
    least = whole_number("min_periods", min_periods, 0)
    choice = _ADJUST * bool(adjust) + _IGNORE * bool(ignore_na)
    return run(EWM_MEAN, values, _ALL, least, out, choice, fade)


def ewm_var(
    values: Any,
    *,
    com: float | None = None,
    span: float | None = None,
    halflife: float | None = None,
    alpha: float | None = None,
    min_periods: int = 0,
    adjust: bool = True,
    ignore_na: bool = False,
    bias: bool = False,
    out: Doubles | None = None,
) -> Doubles:
    """The variance of all values so far, exponentially weighted.

    Args:
        values: As of `ewm_mean`.
        com: As of `ewm_mean`.
        span: As of `ewm_mean`.
        halflife: As of `ewm_mean`.
        alpha: As of `ewm_mean`.
        min_periods: As of `ewm_mean`.
        adjust: As of `ewm_mean`.
        ignore_na: As of `ewm_mean`.
        bias: Whether it is that of the weights themselves; if not, one value has none.
        out: As of `rolling_sum`.

    Returns:
        float64, in the square of the unit of the values; never negative.

    Raises:
        BarrowArgumentError: As of `ewm_mean`.
        BarrowSchemaError: As of `ewm_mean`.
    """
    fade = _alpha(com, span, halflife, alpha)
    return _spread(EWM_VAR, values, fade, min_periods, adjust, ignore_na, bias, out)


def ewm_std(
    values: Any,
    *,
    com: float | None = None,
    span: float | None = None,
    halflife: float | None = None,
    alpha: float | None = None,
    min_periods: int = 0,
    adjust: bool = True,
    ignore_na: bool = False,
    bias: bool = False,
    out: Doubles | None = None,
) -> Doubles:
    """The square root of `ewm_var`, with the same arguments."""
    fade = _alpha(com, span, halflife, alpha)
    return _spread(EWM_STD, values, fade, min_periods, adjust, ignore_na, bias, out)


def _spread(
    statistic: int,
    values: Any,
    fade: float,
    min_periods: int,
    adjust: bool,
    ignore_na: bool,
    bias: bool,
    out: Doubles | None,
) -> Doubles:
    least = whole_number("min_periods", min_periods, 0)
    choice = _ADJUST * bool(adjust) + _IGNORE * bool(ignore_na) + _BIAS * bool(bias)
    return run(statistic, values, _ALL, least, out, choice, fade)


def _alpha(
    com: float | None, span: float | None, halflife: float | None, alpha: float | None
) -> float:
    if span is not None and com is halflife is alpha is None and 1.0 <= span < inf:
        return 2.0 / (span + 1.0)  # the short way for what is common
    given = [
        (name, value)
        for name, value in (("com", com), ("span", span), ("halflife", halflife), ("alpha", alpha))
        if value is not None
    ]
    if len(given) != 1:
        names = " and ".join(name for name, _ in given) or "none"
        raise BarrowArgumentError(
            message("alpha", f"expected one of com, span, halflife and alpha, got {names}")
        )
    [(name, value)] = given
    lowest, open_end = {"com": (0.0, False), "span": (1.0, False)}.get(name, (0.0, True))
    if not isfinite(value) or value < lowest or (open_end and value == lowest):
        wanted = f"{'above' if open_end else 'at least'} {lowest:g}"
        raise BarrowArgumentError(message(name, f"expected a number {wanted}, got {value!r}"))
    if name == "com":
        return 1.0 / (1.0 + value)
    if name == "span":
        return 2.0 / (value + 1.0)
    if name == "halflife":
        return 1.0 - exp(log(0.5) / value)
    if value > 1.0:
        raise BarrowArgumentError(message(name, f"expected a number of at most 1, got {value!r}"))
    return float(value)
