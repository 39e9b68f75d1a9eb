"""Medians and quantiles of windows."""

from barrow.fence import MutColumnView, SeriesView
from barrow.rolling.interpolation import Interpolation
from barrow.rolling.ordered import slow_quantile
from barrow.rolling.ranked import ranked_quantile
from barrow.rolling.sorted_lanes import quantile_in_lanes

# Series that are shorter take less time than what the others need to begin.
comptime _SHORT = 256
# Longer windows take more time in order than as ranks.
comptime _LONG = 128


def rolling_quantile(
    x: SeriesView,
    window: Int,
    min_periods: Int,
    q: Float64,
    interpolation: Interpolation,
    result: MutColumnView[DType.float64],
):
    """Computes a quantile of every window.

    NaN and infinities are missing values, as in pandas. A zero has no sign.

    Args:
        x: The numbers.
        window: How many a window holds, at least 1.
        min_periods: How many of them a result needs.
        q: Which quantile, from 0 to 1; 0.5 is the median.
        interpolation: What lies between two values.
        result: Where the results go; as long as `x`, in other memory.
    """
    var length = min(window, max(len(x), 1))
    if len(x) < _SHORT:
        slow_quantile(x, length, min_periods, q, interpolation, result)
    elif length <= _LONG and len(x) >= 8 * length:
        quantile_in_lanes(x, length, min_periods, q, interpolation, result)
    else:
        ranked_quantile(x, length, min_periods, q, interpolation, result)
