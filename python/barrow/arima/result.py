"""What a fitted model tells: parameters, criteria, residuals, forecasts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np

from barrow._lib import native
from barrow.arima.order import Doubles, Order
from barrow.arima.work import CONVERGED, PERFECT, STATUS, Packed, ahead_of, filter_all, levels_of


class Forecast:
    """Forecasts with their intervals; as an array it is the means.

    Attributes:
        mean: Expected values, float64.
        se: Standard deviations of the errors.
        level: The levels of the intervals, in percent.
    """

    def __init__(self, mean: Doubles, variance: Doubles, level: tuple[float, ...]) -> None:
        self.mean = mean
        self.se = np.sqrt(variance)
        self.level = level

    def _bounds(self, sign: float) -> dict[float, Doubles]:
        normal = NormalDist()
        return {
            level: self.mean + sign * normal.inv_cdf(0.5 + level / 200) * self.se
            for level in self.level
        }

    @property
    def lower(self) -> dict[float, Doubles]:
        """Lower ends of the intervals, by level; parameters count as known."""
        return self._bounds(-1.0)

    @property
    def upper(self) -> dict[float, Doubles]:
        """Upper ends of the intervals, by level; parameters count as known."""
        return self._bounds(1.0)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        return np.array(self.mean, dtype, copy=True if copy is None else copy)

    def __len__(self) -> int:
        return len(self.mean)

    def __getitem__(self, at: Any) -> Any:
        return self.mean[at]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.mean)

    def __repr__(self) -> str:
        return f"Forecast({np.array2string(self.mean, threshold=8)}, level={self.level})"


class ArimaResult:
    """A model with its parameters, and the series it was fitted to.

    Attributes:
        order: The model.
        method: "mle", "css", or "given" if the parameters were.
        loglik: The logarithm of the likelihood of the differenced series; conditional for "css".
        nobs: Innovations in the likelihood: values less those that differencing takes.
        first: The index of the first value used. Values before a gap are left out if there are
            fewer than the differences take.
        iterations: Directions that the best search took.
        evaluations: Passes over the series in all searches.
        gradient: The largest derivative of the log likelihood at the end, by the unbounded numbers
            that the search works with; NaN if parameters were given.
        search: Of `auto_arima` the models that were tried with their criteria; otherwise empty.
    """

    def __init__(
        self, order: Order, method: str, values: Doubles, vector: Doubles, facts: Doubles
    ) -> None:
        self.order = order
        self.method = method
        self._values = values
        self._vector = vector
        self._status = int(facts[0])
        self.loglik = float(facts[1])
        self.nobs = int(facts[2])
        self.first = int(facts[3])
        self.iterations = int(facts[4])
        self.evaluations = int(facts[5])
        self.gradient = float(facts[6])
        self.search: list[tuple[Order, float]] = []

    @property
    def log_likelihood(self) -> float:
        """The same as `loglik`."""
        return self.loglik

    @property
    def converged(self) -> bool:
        """Whether the search ended where the gradient is as good as zero."""
        return self._status in (CONVERGED, PERFECT)

    @property
    def status(self) -> str:
        """How the search ended, in words."""
        return "parameters were given" if self.method == "given" else STATUS[self._status]

    @property
    def params(self) -> dict[str, float]:
        """`ar.L1`, `ma.L1`, `ar.S.L12`, `ma.S.L12`, `const` or `drift`, `slope`, `sigma2`."""
        values = self.order.shown(self._vector)
        return dict(zip(self.order.names, values.tolist(), strict=True))

    @property
    def sigma2(self) -> float:
        """The variance of the noise."""
        return float(self._vector[-1])

    @property
    def aic(self) -> float:
        """Akaike's criterion: 2 k - 2 loglik, the variance counting as a parameter."""
        return 2.0 * self.order.estimated - 2.0 * self.loglik

    @property
    def aicc(self) -> float:
        """Akaike's criterion corrected for few values (Hurvich and Tsai 1989)."""
        k, room = self.order.estimated, self.nobs - self.order.estimated - 1
        return self.aic + 2.0 * k * (k + 1) / room if room > 0 else float("inf")

    @property
    def bic(self) -> float:
        """Schwarz's criterion: k log(nobs) - 2 loglik."""
        return float(self.order.estimated * np.log(self.nobs) - 2.0 * self.loglik)

    @cached_property
    def residuals(self) -> Doubles:
        """Values less what was expected one step before; NaN where nothing could be expected."""
        return self._filter(0, True)[0]

    @property
    def fitted_values(self) -> Doubles:
        """What was expected of every value one step before; NaN where there is no residual."""
        return self._values - self.residuals

    def forecast(self, h: int = 1, level: float | Sequence[float] = (80, 95)) -> Forecast:
        """Forecasts the values after the last one.

        Args:
            h: How many steps.
            level: Levels of intervals in percent.

        Raises:
            BarrowArgumentError: h is less than 1, or a level is not between 0 and 100.
        """
        _, means, variances, _ = self._filter(ahead_of(h), False)
        return Forecast(means[0], variances[0], levels_of(level))

    def _filter(self, ahead: int, residuals: bool) -> tuple[Doubles, Doubles, Doubles, Doubles]:
        packed = Packed(self._values, np.array([0, len(self._values)], np.int64))
        return filter_all(packed, self.order, self._vector[None], ahead, residuals, 1, False)

    @cached_property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors by the curvature of the likelihood; NaN where it has none.

        Coefficients of the polynomials: the inverse of the second derivatives of the likelihood,
        trend and variance being the best ones. Trend: generalized least squares. Variance:
        sigma2 sqrt(2 / n).
        """
        order = self.order
        size = order.free
        hessian, products = np.full((size, size), np.nan), np.full(3, np.nan)
        if self.sigma2 > 0:
            conditional = self.method == "css"
            native.arima_curvature(
                self._values, order.numbers(), self._vector, conditional, hessian, products
            )
        errors = [*_roots(hessian), *self._trend_errors(products)]
        errors.append(self.sigma2 * (2.0 / self.nobs) ** 0.5)
        return dict(zip(order.names, map(float, errors), strict=True))

    def _trend_errors(self, products: Doubles) -> Doubles:
        # The columns are scaled as `trend_at` in mojo_src/barrow/arima/order.mojo says.
        count = len(self._values) - int(np.isnan(self._values[::-1]).argmin())
        length = count - self.first - self.order.lost
        trend = self.order.trend
        if trend == "n":
            return np.empty(0)
        if trend != "ct":
            scale = length if trend == "t" else 1.0
            return np.sqrt(self.sigma2 / products[:1]) / scale
        middle = 0.5 * (length - 1)
        turn = np.array([[1.0, -1.0 - 1.0 / middle], [0.0, 1.0 / middle]])
        covariance = _inverse(products[[0, 1, 1, 2]].reshape(2, 2)) * self.sigma2
        return np.sqrt(np.diag(turn @ covariance @ turn.T))

    def summary(self) -> str:
        """A table of the parameters with their errors, the criteria, and how the search ended."""
        errors = self.standard_errors
        lines = [
            str(self.order),
            f"{self.nobs} observations, {self.method}, {self.status}",
            f"log likelihood {self.loglik:.4f}   aic {self.aic:.4f}   "
            f"aicc {self.aicc:.4f}   bic {self.bic:.4f}",
            f"iterations {self.iterations}   evaluations {self.evaluations}   "
            f"gradient {self.gradient:.1e}",
            "",
            f"{'':>10} {'estimate':>14} {'std. error':>14} {'z':>9}",
        ]
        for name, value in self.params.items():
            ratio = value / errors[name] if errors[name] > 0 else float("nan")
            lines.append(f"{name:>10} {value:>14.6g} {errors[name]:>14.6g} {ratio:>9.3f}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        state = "" if self.converged else f", {self.status}"
        return f"<{self.order}: loglik {self.loglik:.4f}, aic {self.aic:.4f}{state}>"


def _inverse(matrix: Doubles) -> Doubles:
    try:
        return np.asarray(np.linalg.inv(matrix), np.float64)
    except np.linalg.LinAlgError:
        return np.full_like(matrix, np.nan)


def _roots(hessian: Doubles) -> Doubles:
    """Standard errors, NaN where the curvature has the wrong sign."""
    variances = np.diag(_inverse(hessian)) if len(hessian) else np.empty(0)
    return np.sqrt(np.where(variances > 0, variances, np.nan))
