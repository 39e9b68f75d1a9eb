"""ARIMA models: fits, what they tell, and what is refused."""

from __future__ import annotations

from typing import Any

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from arima_reference import simulate


def test_a_straight_line_goes_on() -> None:
    fitted = bw.ARIMA(0, 1, 0, trend="c").fit(np.arange(100))
    assert fitted.params == {"drift": 1.0, "sigma2": 0.0}
    assert (fitted.loglik, fitted.converged) == (float("inf"), True)
    forecast = fitted.forecast(5)
    assert forecast.mean.tolist() == [100, 101, 102, 103, 104]
    assert forecast.lower[95].tolist() == forecast.upper[80].tolist() == forecast.mean.tolist()
    line = bw.ARIMA(0, 0, 0, trend="ct").fit(3.0 + 0.5 * np.arange(50))
    np.testing.assert_allclose(line.forecast(2), [28.0, 28.5], rtol=1e-14)


def test_a_model_is_what_it_says() -> None:
    y = simulate([0.5], [0.3], 400, 1, d=1)[0]
    fitted = bw.ARIMA(1, 1, 1).fit(y)
    assert list(fitted.params) == ["ar.L1", "ma.L1", "sigma2"]
    assert fitted.log_likelihood == fitted.loglik
    assert fitted.nobs == 399
    assert fitted.aic == pytest.approx(6 - 2 * fitted.loglik)
    assert fitted.aicc == pytest.approx(fitted.aic + 2 * 3 * 4 / (399 - 4))
    assert fitted.bic == pytest.approx(3 * np.log(399) - 2 * fitted.loglik)
    assert (fitted.converged, fitted.status) == (True, "converged")
    assert abs(fitted.gradient) < 1e-2
    np.testing.assert_allclose(fitted.fitted_values + fitted.residuals, np.r_[np.nan, y[1:]])
    forecast = fitted.forecast(3, level=90)
    assert list(forecast) == forecast.mean.tolist() == np.asarray(forecast).tolist()
    assert len(forecast) == 3
    assert list(forecast.lower) == [90]
    text = fitted.summary().splitlines()
    assert text[:2] == ["ARIMA(1, 1, 1)", "399 observations, mle, converged"]
    assert [line.split()[0] for line in text[6:]] == ["ar.L1", "ma.L1", "sigma2"]


def test_a_drift_is_the_mean_of_the_differences() -> None:
    y = np.cumsum(np.random.default_rng(2).standard_normal(300) + 0.4)
    fitted = bw.ARIMA(0, 1, 0, trend="c").fit(y)
    assert fitted.params["drift"] == pytest.approx(np.diff(y).mean(), rel=1e-12)
    assert fitted.sigma2 == pytest.approx(np.diff(y).var(), rel=1e-12)


@pytest.mark.parametrize(
    ("base", "step"), [(1.2, 1e-3), (1e4, 1e-5), (0.0, 1e9), (0.0, 1e290), (0.0, 1e-290)]
)
@pytest.mark.parametrize("order", [(1, 1, 1), (2, 1, 2)])
def test_scales_do_not_matter(base: float, step: float, order: Any) -> None:
    y = simulate([0.5], [0.3], 500, 4, d=1)[0]
    plain = bw.ARIMA(*order).fit(y)
    scaled = bw.ARIMA(*order).fit(base + step * y)
    shift = plain.nobs * np.log(step)
    assert scaled.loglik + shift == pytest.approx(plain.loglik, abs=1e-4)
    assert scaled.converged


def test_more_coefficients_never_make_it_worse() -> None:
    y = simulate([0.5], [], 300, 9)[0]
    one = bw.ARIMA(1, 0, 0).fit(y)
    for larger in [(2, 0, 0), (1, 0, 1), (2, 0, 1), (3, 0, 2)]:
        assert bw.ARIMA(*larger).fit(y).loglik >= one.loglik - 1e-8


def test_css_is_the_plain_recursion() -> None:
    y = simulate([0.5, 0.2], [0.4], 300, 6)[0]
    fitted = bw.ARIMA(2, 0, 1, trend="n", method="css").fit(y)

    def squares(params: list[float]) -> float:
        e = np.zeros(len(y))
        for t in range(2, len(y)):
            e[t] = y[t] - params[0] * y[t - 1] - params[1] * y[t - 2] - params[2] * e[t - 1]
        return float(e @ e)

    found = [fitted.params[name] for name in ("ar.L1", "ar.L2", "ma.L1")]
    assert fitted.sigma2 == pytest.approx(squares(found) / 298, rel=1e-12)
    for i in range(3):
        for step in (-1e-3, 1e-3):
            moved = list(found)
            moved[i] += step
            assert squares(moved) > squares(found)


def test_missing_values_are_no_observations() -> None:
    y = simulate([0.7], [], 400, 8, mean=2.0)[0]
    y[[50, 51, 200]] = np.nan
    fitted = bw.ARIMA(1, 0, 0).fit(y)
    assert fitted.nobs == 397
    assert np.isnan(fitted.residuals).sum() == 3
    assert fitted.params["ar.L1"] == pytest.approx(0.7, abs=0.12)
    nulls = pa.array([None if np.isnan(v) else v for v in y])
    assert bw.ARIMA(1, 0, 0).fit(nulls).params == fitted.params
    # The end may be missing too: then the first forecast is that many steps away.
    ended = bw.ARIMA(1, 0, 0).filter(np.r_[y, [np.nan] * 3], fitted.params)
    np.testing.assert_allclose(ended.forecast(2), fitted.forecast(5)[3:], rtol=1e-12)


def test_a_start_without_enough_values_is_left_out() -> None:
    y = simulate([0.5], [], 200, 8, d=2)[0]
    y[3] = np.nan
    seasonal = bw.ARIMA(0, 1, 1, (0, 1, 0, 4)).fit(y)
    assert (seasonal.first, seasonal.nobs) == (4, 191)
    fitted = bw.ARIMA(1, 1, 0).fit(np.r_[np.nan, np.nan, y])
    assert (fitted.first, fitted.nobs) == (2, 198)


def test_a_search_that_is_cut_short_says_so() -> None:
    y = simulate([0.6, -0.3], [0.4, 0.2], 300, 1)[0]
    fitted = bw.ARIMA(2, 0, 2).fit(y, starts=1, max_iter=1)
    assert not fitted.converged
    assert fitted.status == "stopped at the limit of iterations"
    assert "stopped at the limit of iterations" in repr(fitted)
    assert fitted.gradient > 1e-3


REFUSED: list[Any] = [
    (
        [1.0, 2.0, 4.0],
        (1, 1, 1),
        "y: 3 values are too few for ARIMA(1, 1, 1): it takes at least 5\n"
        "  try: a longer series, or a smaller model",
    ),
    (
        np.full(50, 1.5),
        (1, 0, 0),
        'y: it does not change after d=0, D=0: ARIMA(1, 0, 0) trend="c" has no optimum\n'
        "  try: p = q = 0, which takes any series: its variance may be 0",
    ),
    (
        np.arange(50.0),
        (1, 1, 0),
        "y: it does not change after d=1, D=0: ARIMA(1, 1, 0) has no optimum\n"
        "  try: p = q = 0, which takes any series: its variance may be 0",
    ),
    (
        [1.0, 2.0, np.inf] * 9,
        (1, 0, 0),
        "y: value 2 is infinite\n  try: NaN where a value is missing",
    ),
    (
        [1.0, np.nan] * 30,
        (1, 2, 0),
        "y: nowhere are 2 values in a row, from which ARIMA(1, 2, 0) could start\n"
        "  try: fewer differences, or fill the gaps",
    ),
]


@pytest.mark.parametrize(("y", "order", "text"), REFUSED)
def test_a_series_without_a_fit_is_refused(y: Any, order: Any, text: str) -> None:
    with pytest.raises(bw.BarrowArgumentError) as error:
        bw.ARIMA(*order).fit(y)
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.zeros((3, 4)), "found float64 of shape (3, 4)"),
        (["a", "b"], "found <U1 of shape (2,)"),
        (5.0, "found float64 of shape ()"),
    ],
)
def test_what_is_no_series_is_refused(values: Any, found: str) -> None:
    with pytest.raises(bw.BarrowSchemaError) as error:
        bw.ARIMA(1, 0, 0).fit(values)
    assert str(error.value) == (
        f"y: wanted numbers in one dimension, {found}\n  try: bars.to_float64(name), or .ravel()"
    )


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: bw.ARIMA(-1, 0, 0), "p: -1 is negative"),
        (
            lambda: bw.ARIMA(1, 0, 0, (1, 0)),
            "seasonal: (1, 0) are not the four numbers (P, D, Q, s)",
        ),
        (lambda: bw.ARIMA(1, 0, 0, (1, 0, 0, 1)), "seasonal: a season of 1: s is at least 2"),
        (lambda: bw.ARIMA(2000, 0, 0), "order: the longest lag is above 1000"),
        (lambda: bw.ARIMA(1, 0, 0, trend="x"), "trend: 'x' is none of n, c, t, ct"),
        (
            lambda: bw.ARIMA(1, 0, 0, method="ml"),
            'method: \'ml\' is neither "mle" nor "css"',
        ),
        (
            lambda: bw.ARIMA(0, 1, 0).fit([1, 2, 4, 7]).forecast(0),
            "h: 0 steps ahead: at least 1",
        ),
        (
            lambda: bw.ARIMA(0, 1, 0).fit([1, 2, 4, 7]).forecast(1, level=0.95e3),
            "level: 950.0 is not between 0 and 100 percent",
        ),
        (
            lambda: bw.ARIMA(1, 0, 0, trend="n").filter(np.arange(9.0), [1.5, 1.0]),
            "params: the process is not stationary",
        ),
        (
            lambda: bw.ARIMA(1, 0, 0, trend="n").filter(np.arange(9.0), {"ar.L1": 0.5}),
            "params: wanted ar.L1, sigma2",
        ),
    ],
)
def test_a_wrong_argument_is_refused(make: Any, text: str) -> None:
    with pytest.raises(bw.BarrowArgumentError) as error:
        make()
    assert str(error.value) == text
