"""The same model for thousands of series."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, overload

import numpy as np

from barrow.arima.order import Doubles, Order
from barrow.arima.result import ArimaResult, Forecast
from barrow.arima.work import (
    CONVERGED,
    PERFECT,
    STATUS,
    Packed,
    Progress,
    ahead_of,
    filter_all,
    fit_all,
    levels_of,
    refusal,
)
from barrow.errors import BarrowArgumentError, message

OnError = Literal["raise", "skip"]


class BatchForecast(Forecast):
    """Forecasts of many series: all arrays have a row for each of them."""


class BatchFit(Sequence[ArimaResult]):
    """Models of many series: a sequence of `ArimaResult`, and arrays over all of them.

    Attributes:
        order: The model.
        method: "mle" or "css".
        params: float64, a row for each series, columns as `names`; NaN if it was skipped.
        loglik: float64, one for each series.
        nobs: Innovations of each.
        iterations: Directions that the best search of each took.
        gradient: The largest derivative of each log likelihood at the end.
    """

    def __init__(
        self, order: Order, method: str, packed: Packed, vectors: Doubles, facts: Doubles
    ) -> None:
        self.order = order
        self.method = method
        self._packed = packed
        self._facts = facts
        self._failed = facts[:, 0] > PERFECT
        self._vectors = np.where(self._failed[:, None], np.nan, vectors)
        self.params = order.shown(self._vectors)
        self.loglik = np.where(self._failed, np.nan, facts[:, 1])
        self.nobs = facts[:, 2].astype(np.int64)
        self.iterations = facts[:, 4].astype(np.int64)
        self.gradient = facts[:, 6]

    @property
    def names(self) -> list[str]:
        """Names of the columns of `params`."""
        return self.order.names

    @property
    def aic(self) -> Doubles:
        """Akaike's criterion of each series."""
        return 2.0 * self.order.estimated - 2.0 * self.loglik

    @property
    def bic(self) -> Doubles:
        """Schwarz's criterion of each series."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.order.estimated * np.log(self.nobs) - 2.0 * self.loglik

    @property
    def converged(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Whether the search of each series ended where the gradient is as good as zero."""
        return np.isin(self._facts[:, 0], (CONVERGED, PERFECT))

    @property
    def status(self) -> list[str]:
        """How each search ended, or why there was none, in words."""
        return [STATUS[int(code)] for code in self._facts[:, 0]]

    def __len__(self) -> int:
        return len(self._facts)

    @overload
    def __getitem__(self, at: int) -> ArimaResult: ...
    @overload
    def __getitem__(self, at: slice) -> list[ArimaResult]: ...
    def __getitem__(self, at: int | slice) -> ArimaResult | list[ArimaResult]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        place = range(len(self))[at]
        if self._failed[place]:
            raise self._refusal(place)
        return ArimaResult(
            self.order,
            self.method,
            self._packed.one(place),
            self._vectors[place],
            self._facts[place],
        )

    def _refusal(self, at: int) -> BarrowArgumentError:
        code, first = int(self._facts[at, 0]), int(self._facts[at, 3])
        observed = int(np.isfinite(self._packed.one(at)).sum())
        return refusal(self.order, code, first, observed, f"series {at}")

    def raise_failed(self) -> None:
        """Raises for the first series that could not be fitted, if there is one.

        Raises:
            BarrowArgumentError: It says which series, and why.
        """
        if self._failed.any():
            raise self._refusal(int(self._failed.argmax()))

    def forecast(
        self,
        h: int = 1,
        level: float | Sequence[float] = (80, 95),
        *,
        threads: int | None = None,
        progress: Progress = False,
    ) -> BatchForecast:
        """Forecasts all series; rows of series that were skipped are NaN.

        Args:
            h: How many steps.
            level: Levels of intervals in percent.
            threads: How many; as many as processors, if None.
            progress: As in `batch_fit_arima`.

        Raises:
            BarrowArgumentError: h is less than 1, or a level is not between 0 and 100.
        """
        levels = levels_of(level)
        _, means, variances, _ = filter_all(
            self._packed, self.order, self._vectors, ahead_of(h), False, threads, progress
        )
        means[self._failed] = variances[self._failed] = np.nan
        return BatchForecast(means, variances, levels)

    def __repr__(self) -> str:
        return f"<{self.order} of {len(self)} series, {int(self.converged.sum())} converged>"


def batch_fit_arima(
    series: Iterable[Any],
    p: int,
    d: int,
    q: int,
    seasonal: tuple[int, ...] | None = None,
    trend: str | None = None,
    *,
    method: str = "mle",
    starts: int = 0,
    max_iter: int = 200,
    threads: int | None = None,
    progress: Progress = False,
    on_error: OnError = "raise",
) -> BatchFit:
    """Fits one model to many series, on threads, without the interpreter's lock.

    Args:
        series: A 2-D array with a series in each row, or a list of what `ARIMA.fit` takes; lengths
            may differ.
        p: Autoregressive coefficients.
        d: Differences.
        q: Moving average coefficients.
        seasonal: (P, D, Q, s), as `ARIMA` takes it.
        trend: As `ARIMA` takes it.
        method: "mle" or "css".
        starts: Places to start from; 0 for as many as such models usually need.
        max_iter: Directions that one search may take.
        threads: How many; as many as processors, if None. Results are the same with any number.
        progress: True for a line on standard error, or a function of (done, all).
        on_error: "raise" at the first series that cannot be fitted, or "skip" it: NaN, `status`.

    Raises:
        BarrowSchemaError: A series is not one-dimensional or holds no numbers.
        BarrowArgumentError: A series is too short, infinite, or constant after differencing; an
            option is wrong.

    Ctrl-C ends the work after the parts at hand, 32 series at most.
    """
    if on_error not in ("raise", "skip"):
        what = f'{on_error!r} is neither "raise" nor "skip"'
        raise BarrowArgumentError(message("on_error", what))
    order = Order.of(p, d, q, seasonal, trend)
    packed = Packed.of(series)
    vectors, facts = fit_all(packed, order, method, starts, max_iter, threads, progress)
    fits = BatchFit(order, method, packed, vectors, facts)
    if on_error == "raise":
        fits.raise_failed()
    return fits


def batch_forecast_arima(
    series: Iterable[Any],
    p: int,
    d: int,
    q: int,
    h: int,
    seasonal: tuple[int, ...] | None = None,
    trend: str | None = None,
    *,
    level: float | Sequence[float] = (80, 95),
    method: str = "mle",
    starts: int = 0,
    max_iter: int = 200,
    threads: int | None = None,
    progress: Progress = False,
    on_error: OnError = "raise",
) -> BatchForecast:
    """Fits one model to many series and forecasts each: `batch_fit_arima(...).forecast(h, level)`.

    Args:
        series: As `batch_fit_arima` takes it, and so are all other options.
        p: Autoregressive coefficients.
        d: Differences.
        q: Moving average coefficients.
        h: How many steps to forecast.
        seasonal: (P, D, Q, s).
        trend: As `ARIMA` takes it.
        level: Levels of intervals in percent.
        method: "mle" or "css".
        starts: Places to start from.
        max_iter: Directions that one search may take.
        threads: How many threads.
        progress: True, or a function of (done, all), of the fits.
        on_error: "raise" or "skip".

    Raises:
        BarrowSchemaError: A series is not one-dimensional or holds no numbers.
        BarrowArgumentError: A series cannot be fitted, or an option is wrong.
    """
    ahead_of(h)
    levels_of(level)
    fits = batch_fit_arima(
        series,
        p,
        d,
        q,
        seasonal,
        trend,
        method=method,
        starts=starts,
        max_iter=max_iter,
        threads=threads,
        progress=progress,
        on_error=on_error,
    )
    return fits.forecast(h, level, threads=threads)
