"""ARIMA series to test with, and what theory says about them, with dense matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_FAR = 12_000


def products(params: dict[str, float], order: Sequence[int], season: int) -> tuple[Array, Array]:
    """The polynomials in B of u and e, constant first: phi(B) Phi(B^s) and theta(B) Theta(B^s)."""
    p, q, many, most = order

    def polynomial(names: list[str], sign: float, step: int) -> Array:
        result = np.zeros(step * len(names) + 1)
        result[0] = 1.0
        for i, name in enumerate(names):
            result[step * (i + 1)] = sign * params[name]
        return result

    ar = polynomial([f"ar.L{i + 1}" for i in range(p)], -1.0, 1)
    ma = polynomial([f"ma.L{i + 1}" for i in range(q)], 1.0, 1)
    far = polynomial([f"ar.S.L{season * (i + 1)}" for i in range(many)], -1.0, season)
    off = polynomial([f"ma.S.L{season * (i + 1)}" for i in range(most)], 1.0, season)
    return np.convolve(ar, far), np.convolve(ma, off)


def covariance(ar: Array, ma: Array, count: int) -> Array:
    """The covariance matrix of values of an ARMA process with noise of variance 1."""
    weights = np.zeros(_FAR + count)
    for k in range(len(weights)):
        weights[k] = ma[k] if k < len(ma) else 0.0
        for j in range(1, min(k, len(ar) - 1) + 1):
            weights[k] -= ar[j] * weights[k - j]
    lags = np.array([weights[k:] @ weights[: len(weights) - k] for k in range(count)])
    at = np.arange(count)
    return lags[abs(at[:, None] - at)]


def undo(d: int, more: int, season: int, count: int) -> Array:
    """The matrix that makes levels, the first ones zero, out of differences."""
    lag = np.eye(count, k=-1)
    difference = np.eye(count)
    for _ in range(d):
        difference = difference @ (np.eye(count) - lag)
    for _ in range(more):
        difference = difference @ (np.eye(count) - np.linalg.matrix_power(lag, season))
    return np.linalg.inv(difference)


def start_of(y: Array, d: int, more: int, season: int, count: int) -> Array:
    """What the first levels alone make of all levels, with differences of zero."""
    polynomial = np.ones(1)
    for step in [1] * d + [season] * more:
        factor = np.zeros(step + 1)
        factor[0], factor[-1] = 1.0, -1.0
        polynomial = np.convolve(polynomial, factor)
    lost = len(polynomial) - 1
    levels = np.zeros(count)
    levels[:lost] = y[:lost]
    for t in range(lost, count):
        levels[t] = -sum(polynomial[j] * levels[t - j] for j in range(1, lost + 1))
    return levels


class Theory:
    """A series as one normal vector: the first levels given, the future unknown."""

    def __init__(
        self,
        y: Array,
        params: dict[str, float],
        order: tuple[int, int, int],
        seasonal: tuple[int, int, int, int] = (0, 0, 0, 1),
        ahead: int = 0,
    ) -> None:
        p, d, q = order
        many, more, most, season = seasonal
        lost = d + more * season
        count = len(y) + ahead
        size = count - lost
        ar, ma = products(params, (p, q, many, most), season)
        matrix = undo(d, more, season, count)[lost:, lost:]
        time = np.arange(1, size + 1)
        constant = params.get("const", params.get("drift", 0.0))
        trend = constant + params.get("slope", 0.0) * time
        mean = start_of(y, d, more, season, count)[lost:] + matrix @ trend
        spread = params["sigma2"] * matrix @ covariance(ar, ma, size) @ matrix.T
        known = np.flatnonzero(~np.isnan(y[lost:]))
        left = y[lost:][known] - mean[known]
        inner = spread[np.ix_(known, known)]
        half = np.linalg.solve(np.linalg.cholesky(inner), left)
        determinant = np.linalg.slogdet(inner)[1]
        self.loglik = -0.5 * (half @ half + determinant + len(known) * np.log(2 * np.pi))
        future = np.arange(len(y) - lost, size)
        link = spread[np.ix_(future, known)]
        self.mean = mean[future] + link @ np.linalg.solve(inner, left)
        rest = spread[np.ix_(future, future)] - link @ np.linalg.solve(inner, link.T)
        self.variance = np.diag(rest)


def simulate(
    ar: Sequence[float],
    ma: Sequence[float],
    count: int,
    seed: int,
    *,
    d: int = 0,
    mean: float = 0.0,
    rows: int = 1,
) -> Array:
    """Series of an ARIMA process, a row each, after 100 values to forget the start."""
    e = np.random.default_rng(seed).standard_normal((rows, count + 100))
    y = np.zeros_like(e)
    for t in range(count + 100):
        y[:, t] = e[:, t]
        for i, factor in enumerate(ar[:t]):
            y[:, t] += factor * y[:, t - i - 1]
        for i, factor in enumerate(ma[:t]):
            y[:, t] += factor * e[:, t - i - 1]
    y = y[:, 100:] + mean
    for _ in range(d):
        y = np.cumsum(y, axis=1)
    return y
