"""A model, before it has seen a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from barrow.arima.order import Order
from barrow.arima.result import ArimaResult
from barrow.arima.work import PERFECT, Packed, doubles, filter_all, fit_all, refusal
from barrow.errors import BarrowArgumentError, message


class ARIMA:
    """A seasonal ARIMA model.

    Args:
        p: Autoregressive coefficients.
        d: Differences.
        q: Moving average coefficients.
        seasonal: (P, D, Q, s): the same for multiples of a season of s values.
        trend: Of the differenced series: "n" none, "c" a constant, "t" a slope, "ct" both. With one
            difference the constant is a drift. None is "c" without differences, otherwise "n".
        method: "mle", the exact Gaussian likelihood of the differenced series, its largest value
            found from several starts; or "css", the conditional sum of squares.

    Raises:
        BarrowArgumentError: An order is negative or too large, the trend or method is none.

    Box, Jenkins, Reinsel and Ljung, Time Series Analysis, 2015; `docs/guide/arima.md`.
    """

    def __init__(
        self,
        p: int = 0,
        d: int = 0,
        q: int = 0,
        seasonal: tuple[int, ...] | None = None,
        trend: str | None = None,
        *,
        method: str = "mle",
    ) -> None:
        self.order = Order.of(p, d, q, seasonal, trend)
        if method not in ("mle", "css"):
            raise BarrowArgumentError(message("method", f'{method!r} is neither "mle" nor "css"'))
        self.method = method

    def __repr__(self) -> str:
        return str(self.order)

    def fit(self, y: Any, *, starts: int = 0, max_iter: int = 200) -> ArimaResult:
        """Finds the parameters of the largest likelihood.

        Args:
            y: Numbers in one dimension, as an array, an Arrow array, a series or a list; NaN or
                null where one is missing, which is then no observation.
            starts: Places to start from; 0 for as many as such models usually need. Likelihoods
                of many coefficients have several maxima, and more starts may find higher ones.
            max_iter: Directions that one search may take.

        Raises:
            BarrowSchemaError: y is not one-dimensional or holds no numbers.
            BarrowArgumentError: y is too short, infinite, or constant after differencing.
        """
        values = doubles(y, "y")
        packed = Packed(values, np.array([0, len(values)], np.int64))
        found = fit_all(packed, self.order, self.method, starts, max_iter, 1, False)
        facts = found[1][0]
        if facts[0] > PERFECT:
            observed = int(np.isfinite(values).sum())
            raise refusal(self.order, int(facts[0]), int(facts[3]), observed, "y")
        return ArimaResult(self.order, self.method, values, found[0][0], facts)

    def filter(self, y: Any, params: Mapping[str, float] | Sequence[float]) -> ArimaResult:
        """Applies given parameters to a series: likelihood, residuals, forecasts.

        Args:
            y: As in `fit`.
            params: By name, or in the order of `ArimaResult.params`.

        Raises:
            BarrowSchemaError: y is not one-dimensional or holds no numbers.
            BarrowArgumentError: y is too short or infinite, parameters are missing, or the process
                is not stationary.
        """
        names = self.order.names
        given = list(params.values()) if isinstance(params, Mapping) else list(params)
        if isinstance(params, Mapping) and set(params) == set(names):
            given = [params[name] for name in names]
        elif isinstance(params, Mapping) or len(given) != len(names):
            raise BarrowArgumentError(message("params", f"wanted {', '.join(names)}"))
        values = doubles(y, "y")
        vector = self.order.vector(np.array(given, np.float64))
        packed = Packed(values, np.array([0, len(values)], np.int64))
        told = filter_all(packed, self.order, vector[None], 0, False, 1, False)[3][0]
        status = int(told[0])
        if status > PERFECT:
            observed = int(np.isfinite(values).sum())
            infinite = np.flatnonzero(np.isinf(values))
            first = int(infinite[0]) if len(infinite) else 0
            raise refusal(self.order, status, first, observed, "y")
        if status:
            raise BarrowArgumentError(message("params", "the process is not stationary"))
        facts = np.array([0, told[1], told[2], 0, 0, 0, np.nan, 0])
        return ArimaResult(self.order, "given", values, vector, facts)
