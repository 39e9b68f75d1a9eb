"""Statistics of windows that move over series of numbers, as pandas defines them."""

from barrow.rolling.functions import (
    rolling_argmax,
    rolling_argmin,
    rolling_corr,
    rolling_cov,
    rolling_kurt,
    rolling_max,
    rolling_mean,
    rolling_median,
    rolling_min,
    rolling_quantile,
    rolling_rank,
    rolling_skew,
    rolling_std,
    rolling_sum,
    rolling_var,
)
from barrow.rolling.weighted import ewm_mean, ewm_std, ewm_var

__all__ = [
    "ewm_mean",
    "ewm_std",
    "ewm_var",
    "rolling_argmax",
    "rolling_argmin",
    "rolling_corr",
    "rolling_cov",
    "rolling_kurt",
    "rolling_max",
    "rolling_mean",
    "rolling_median",
    "rolling_min",
    "rolling_quantile",
    "rolling_rank",
    "rolling_skew",
    "rolling_std",
    "rolling_sum",
    "rolling_var",
]
