"""Finding the orders of a model: the stepwise search of Hyndman and Khandakar (2008)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from barrow.arima.model import ARIMA
from barrow.arima.order import Doubles, Order
from barrow.arima.result import ArimaResult
from barrow.arima.work import doubles
from barrow.errors import BarrowArgumentError, message

Criterion = Literal["aicc", "aic", "bic"]
# Of the KPSS statistic around a level, at 5 percent.
_KPSS_5 = 0.463
# Seasons of at least this strength are differenced (Wang, Smith and Hyndman 2006).
_STRONG = 0.64
# Roots nearer to the unit circle make a model that no longer tells anything.
_CLOSEST_ROOT = 1.01
# Starts of a model that is only compared with others.
_FEW = 2


@dataclass(frozen=True)
class _Limits:
    """How large each order may be: p, q, P, Q."""

    most: tuple[int, int, int, int]
    together: int

    def allow(self, orders: tuple[int, ...]) -> bool:
        within = all(0 <= n <= most for n, most in zip(orders, self.most, strict=True))
        return within and sum(orders) <= self.together


_Key = tuple[tuple[int, int, int, int], bool]


def kpss(y: Doubles) -> float:
    """The statistic of Kwiatkowski, Phillips, Schmidt and Shin (1992) around a level.

    The long-run variance has Bartlett weights over `int(3 sqrt(n) / 13)` lags, as in the search of
    R's `forecast`; the lags of the paper grow with n^0.25 and find too few differences in
    series of a hundred values.

    Args:
        y: A series; missing values are left out.
    """
    y = y[~np.isnan(y)]
    n = len(y)
    e = y - y.mean()
    lags = int(3 * math.sqrt(n) / 13)
    variance = e @ e / n
    for k in range(1, lags + 1):
        variance += 2.0 * (1.0 - k / (lags + 1)) * (e[k:] @ e[:-k]) / n
    return float((np.cumsum(e) ** 2).sum() / (n * n * variance)) if variance > 0 else 0.0


def seasonal_strength(y: Doubles, season: int) -> float:
    """How much of what a moving average leaves is the season: 1 - var(rest) / var(season + rest).

    The season is the mean of each phase; Wang, Smith and Hyndman (2006) take it from STL.

    Args:
        y: A series of at least two seasons.
        season: Values in a season.
    """
    weights = np.full(season, 1.0 / season)
    if season % 2 == 0:
        weights = np.concatenate([weights[:-1], [0.5 / season]])
        weights = np.concatenate([[0.5 / season], weights])
    half = len(weights) // 2
    left = y[half : len(y) - half] - np.convolve(y, weights, "valid")
    phase = np.arange(len(left)) % season
    mean = np.array([_mean(left[phase == i]) for i in range(season)])
    whole, rest = np.nanvar(left), np.nanvar(left - mean[phase])
    return max(0.0, 1.0 - float(rest / whole)) if whole > 1e-12 * np.nanvar(y) else 0.0


def _mean(values: Doubles) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def differences(
    y: Doubles, season: int, d: int | None, seasonal_d: int | None, most: tuple[int, int]
) -> tuple[int, int]:
    """How often to difference: d by KPSS at 5 percent, D by the strength of the season.

    Args:
        y: The series.
        season: Values in a season; 1 without one.
        d: Given, or None.
        seasonal_d: Given, or None.
        most: The largest d and D.
    """
    more = seasonal_d or 0
    w = y
    if season > 1 and seasonal_d is None:
        while more < most[1] and len(w) > 2 * season and seasonal_strength(w, season) > _STRONG:
            w = w[season:] - w[:-season]
            more += 1
    else:
        for _ in range(more):
            w = w[season:] - w[:-season]
    if d is not None:
        return d, more
    times = 0
    while times < most[0] and len(w) > 10 and np.nanvar(w) > 0 and kpss(w) > _KPSS_5:
        w = np.diff(w)
        times += 1
    return times, more


def auto_arima(
    y: Any,
    season: int = 1,
    *,
    d: int | None = None,
    D: int | None = None,
    max_p: int = 5,
    max_q: int = 5,
    max_P: int = 2,
    max_Q: int = 2,
    max_d: int = 2,
    max_D: int = 1,
    max_order: int = 8,
    criterion: Criterion = "aicc",
    max_models: int = 94,
) -> ArimaResult:
    """Chooses the orders of a model and fits it, by exact maximum likelihood.

    The stepwise search of Hyndman and Khandakar, Automatic time series forecasting, 2008: d by
    KPSS tests, D by the strength of the season, four models to begin with, then steps to better
    neighbors, with and without a constant, until there is none. Models with a root within 1.01
    of the unit circle are passed over.

    Args:
        y: As `ARIMA.fit` takes it.
        season: Values in a season; 1 for none.
        d: Differences; None to find out.
        D: Seasonal differences; None to find out.
        max_p: The most autoregressive coefficients.
        max_q: The most moving average coefficients.
        max_P: The most seasonal autoregressive coefficients.
        max_Q: The most seasonal moving average coefficients.
        max_d: The most differences.
        max_D: The most seasonal differences.
        max_order: The most coefficients of all four polynomials.
        criterion: What is made small: "aicc", "aic" or "bic".
        max_models: Models to try at most.

    Returns:
        The best model; its `search` is a list of (order, criterion) of all that were tried.

    Raises:
        BarrowSchemaError: y is not one-dimensional or holds no numbers.
        BarrowArgumentError: y is too short or infinite, or no model could be fitted.
    """
    values = doubles(y, "y")
    if np.isinf(values).any():
        first = int(np.flatnonzero(np.isinf(values))[0])
        tries = ["NaN where a value is missing"]
        raise BarrowArgumentError(message("y", f"value {first} is infinite", tries=tries))
    if criterion not in ("aicc", "aic", "bic"):
        raise BarrowArgumentError(message("criterion", f"{criterion!r} is none of aicc, aic, bic"))
    if season < 1:
        raise BarrowArgumentError(message("season", f"{season}: at least 1"))
    times, more = differences(values, season, d, D, (max_d, max_D))
    seasonal = (max_P, max_Q) if season > 1 else (0, 0)
    search = _Search(values, season, (times, more), criterion, max_models)
    best = search.run(_Limits((max_p, max_q, *seasonal), max_order))
    best.search = search.tried
    return best


class _Search:
    """Models tried so far, and the best of them."""

    def __init__(
        self, values: Doubles, season: int, times: tuple[int, int], criterion: str, most: int
    ) -> None:
        self._values = values
        self._season = season
        self._times = times
        self._criterion = criterion
        self._most = most
        self._seen: set[_Key] = set()
        self._best: tuple[float, _Key, ArimaResult] | None = None
        self.tried: list[tuple[Order, float]] = []

    def run(self, limits: _Limits) -> ArimaResult:
        constant = sum(self._times) <= 1
        for orders in ((2, 2, 1, 1), (0, 0, 0, 0), (1, 0, 1, 0), (0, 1, 0, 1)):
            capped = tuple(min(n, most) for n, most in zip(orders, limits.most, strict=True))
            self._try((capped, constant), limits)  # type: ignore[arg-type]
        if constant:
            self._try(((0, 0, 0, 0), False), limits)
        moved = True
        while moved and self._best:
            moved = any(self._try(key, limits) for key in _neighbors(self._best[1], constant))
        if self._best is None:
            # Says why: the smallest model of all.
            return self._fit(((0, 0, 0, 0), False), 0)
        # The search started each model from few places; the one it found is worth more.
        return self._fit(self._best[1], 0)

    def _fit(self, key: _Key, starts: int) -> ArimaResult:
        (p, q, many, most), constant = key
        d, more = self._times
        seasonal = (many, more, most, self._season) if self._season > 1 else None
        model = ARIMA(p, d, q, seasonal, "c" if constant else "n")
        return model.fit(self._values, starts=starts)

    def _try(self, key: _Key, limits: _Limits) -> bool:
        """Whether a model is better than all before."""
        if key in self._seen or not limits.allow(key[0]) or len(self.tried) >= self._most:
            return False
        self._seen.add(key)
        try:
            result = self._fit(key, _FEW)
        except BarrowArgumentError:
            return False  # too many coefficients for so few values, or none to be found
        value = float(getattr(result, self._criterion))
        if not result.converged or _closest_root(result) < _CLOSEST_ROOT:
            value = float("inf")
        self.tried.append((result.order, value))
        if value == float("inf") or (self._best is not None and value >= self._best[0]):
            return False
        self._best = (value, key, result)
        return True


def _neighbors(key: _Key, constant: bool) -> Iterator[_Key]:
    orders, has = key
    p, q, many, most = orders
    for i in (2, 3, 0, 1):
        for step in (-1, 1):
            changed = list(orders)
            changed[i] += step
            yield (changed[0], changed[1], changed[2], changed[3]), has
    for a in (-1, 1):
        for b in (-1, 1):
            yield (p, q, many + a, most + b), has
            yield (p + a, q + b, many, most), has
    if constant:
        yield orders, not has


def _closest_root(result: ArimaResult) -> float:
    """The modulus of the root of any polynomial that is nearest to the unit circle."""
    values = np.array(list(result.params.values()))
    order = result.order
    closest = float("inf")
    begin = 0
    sizes = (order.p, order.q, order.seasonal[0], order.seasonal[2])
    for i, size in enumerate(sizes):
        factors = values[begin : begin + size] * (-1.0 if i % 2 == 0 else 1.0)
        begin += size
        if factors.any():
            roots = np.roots(np.concatenate([factors[::-1], [1.0]]))
            power = 1.0 / order.seasonal[3] if i > 1 else 1.0
            closest = min(closest, float(np.abs(roots).min()) ** power)
    return closest
