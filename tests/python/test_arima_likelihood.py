"""Likelihood, residuals and forecasts of ARIMA models against theory and statsmodels."""

from __future__ import annotations

import warnings
from typing import Any

import barrow as bw
import numpy as np
import pytest
from arima_reference import Array, Theory, simulate
from statsmodels.tsa.statespace.sarimax import SARIMAX

# Order, season, trend, parameters.
MODELS: list[Any] = [
    ((1, 0, 0), None, "n", [0.7, 1.3]),
    ((0, 0, 1), None, "c", [-0.8, 5.0, 0.2]),
    ((2, 0, 2), None, "c", [0.5, -0.3, 0.4, 0.2, -1.0, 2.0]),
    ((3, 0, 1), None, "ct", [0.3, 0.2, -0.4, 0.6, 1.0, 0.05, 1.0]),
    ((0, 0, 0), None, "t", [0.1, 0.7]),
    ((1, 1, 1), None, "n", [0.95, -0.6, 1.0]),
    ((1, 1, 0), None, "c", [-0.5, 0.1, 1.0]),
    ((0, 2, 2), None, "n", [-1.2, 0.4, 0.5]),
    ((1, 0, 1), (1, 0, 1, 4), "c", [0.5, 0.3, 0.6, -0.4, 2.0, 1.0]),
    ((0, 1, 1), (0, 1, 1, 12), "n", [-0.4, -0.6, 1.0]),
    ((2, 1, 0), (1, 1, 0, 4), "c", [0.3, 0.2, -0.5, 0.02, 1.0]),
    ((1, 0, 0), None, "n", [0.999, 1.0]),
    ((0, 0, 1), None, "n", [-0.9999, 1.0]),
]
IDS = [f"{order}{seasonal or ''}{trend}" for order, seasonal, trend, _ in MODELS]


def series(count: int = 60, seed: int = 5) -> Array:
    return simulate([0.6], [0.3], count, seed, mean=3.0)[0]


@pytest.mark.parametrize("gaps", [(), (20, 21, 22, 40)], ids=["whole", "gaps"])
@pytest.mark.parametrize(("order", "seasonal", "trend", "params"), MODELS, ids=IDS)
def test_a_series_is_one_normal_vector(
    order: Any, seasonal: Any, trend: str, params: list[float], gaps: tuple[int, ...]
) -> None:
    y = series()
    y[list(gaps)] = np.nan
    found = bw.ARIMA(*order, seasonal, trend).filter(y, params)
    theory = Theory(y, found.params, order, seasonal or (0, 0, 0, 1), ahead=6)
    # Covariances of roots near 1 lose digits where matrices are inverted, not here.
    near = 1e-6 if np.abs(params).max() > 0.99 and len(params) == 2 else 1e-9
    assert found.loglik == pytest.approx(theory.loglik, rel=near)
    forecast = found.forecast(6)
    np.testing.assert_allclose(forecast.mean, theory.mean, rtol=near, atol=near)
    np.testing.assert_allclose(forecast.se**2, theory.variance, rtol=near)


@pytest.mark.parametrize(("order", "seasonal", "trend", "params"), MODELS, ids=IDS)
def test_statsmodels_says_the_same_of_the_same_parameters(
    order: Any, seasonal: Any, trend: str, params: list[float]
) -> None:
    p, d, q = order
    many, more, most, season = seasonal or (0, 0, 0, 1)
    y = series(150)
    ours = bw.ARIMA(*order, seasonal, trend).filter(y, params)
    lost = d + more * season
    time = np.arange(1.0, len(y) + 7 - lost)
    columns = [np.ones(len(time))] * ("c" in trend) + [time] * ("t" in trend)
    design = np.column_stack(columns) if columns else None
    size = len(y) - lost
    w = y.copy()
    for _ in range(d):
        w = np.diff(w)
    for _ in range(more):
        w = w[season:] - w[:-season]
    theirs = SARIMAX(
        w,
        exog=None if design is None else design[:size],
        order=(p, 0, q),
        seasonal_order=(many, 0, most, season if season > 1 else 0),
        simple_differencing=True,
    )
    # Theirs has the trend first and the seasonal coefficients after all others.
    free = p + q + many + most
    given = [*params[free:-1], *params[:free], params[-1]]
    result = theirs.smooth(given)
    assert ours.loglik == pytest.approx(result.llf, rel=1e-8)
    np.testing.assert_allclose(ours.residuals[lost:], result.resid, rtol=0, atol=1e-8)
    future = None if design is None else design[size:]
    forecast = result.get_forecast(6, exog=future)
    if lost == 0:
        mine = ours.forecast(6, level=(80, 95))
        np.testing.assert_allclose(mine.mean, forecast.predicted_mean, atol=1e-8)
        for level in (80, 95):
            bounds = forecast.conf_int(alpha=1 - level / 100)
            np.testing.assert_allclose(mine.lower[level], bounds[:, 0], atol=1e-8)
            np.testing.assert_allclose(mine.upper[level], bounds[:, 1], atol=1e-8)
        return
    # Their forecasts are differences: add them up.
    levels = list(y)
    for value in forecast.predicted_mean:
        expected = value
        polynomial = np.ones(1)
        for step in [1] * d + [season] * more:
            factor = np.zeros(step + 1)
            factor[0], factor[-1] = 1.0, -1.0
            polynomial = np.convolve(polynomial, factor)
        for lag in range(1, len(polynomial)):
            expected -= polynomial[lag] * levels[-lag]
        levels.append(expected)
    np.testing.assert_allclose(ours.forecast(6).mean, levels[len(y) :], rtol=0, atol=1e-8)


def test_what_a_fit_says_is_what_its_parameters_say() -> None:
    y = series(200)
    for order, trend in [((2, 0, 1), "ct"), ((1, 1, 1), "c"), ((0, 2, 1), "n")]:
        fitted = bw.ARIMA(*order, trend=trend).fit(y)
        again = bw.ARIMA(*order, trend=trend).filter(y, fitted.params)
        assert again.loglik == pytest.approx(fitted.loglik, rel=1e-10)


@pytest.mark.parametrize(("order", "seasonal", "trend"), [model[:3] for model in MODELS], ids=IDS)
def test_gaps_near_each_other_and_far_apart(order: Any, seasonal: Any, trend: str) -> None:
    y = series(400)
    # After the first ones the filter has not settled yet, before the last one it has.
    y[[30, 31, 33, 90, 350]] = np.nan
    fitted = bw.ARIMA(*order, seasonal, trend).fit(y, starts=1)
    theory = Theory(y, fitted.params, order, seasonal or (0, 0, 0, 1), ahead=1)
    assert fitted.loglik == pytest.approx(theory.loglik, rel=1e-7)


def test_standard_errors_are_those_of_statsmodels() -> None:
    y = simulate([0.6, -0.2], [0.3], 800, 3, mean=2.0)[0]
    ours = bw.ARIMA(2, 0, 1).fit(y)
    model = SARIMAX(y, exog=np.ones(len(y)), order=(2, 0, 1))
    given = [ours.params[n] for n in ("const", "ar.L1", "ar.L2", "ma.L1", "sigma2")]
    theirs = model.smooth(given, cov_type="oim").bse
    errors = ours.standard_errors
    mine = [errors[n] for n in ("const", "ar.L1", "ar.L2", "ma.L1", "sigma2")]
    np.testing.assert_allclose(mine, theirs, rtol=0.02)


SIMULATED: list[Any] = [
    ((1, 1, 1), [0.5], [0.3]),
    ((2, 0, 2), [0.6, -0.3], [0.4, 0.2]),
    ((1, 0, 0), [0.7], []),
    ((0, 1, 1), [], [-0.6]),
    ((2, 1, 0), [0.4, 0.2], []),
    ((3, 1, 2), [0.4, 0.2, -0.1], [0.3, 0.2]),
]


def best_of_statsmodels(y: Array, order: tuple[int, int, int]) -> float:
    w = np.diff(y, n=order[1])
    exog = None if order[1] else np.ones(len(w))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where it starts and where it fails
        model = SARIMAX(w, exog=exog, order=(order[0], 0, order[2]))
        return float(model.fit(disp=0, maxiter=500).llf)


@pytest.mark.parametrize(("order", "ar", "ma"), SIMULATED)
def test_no_optimum_of_statsmodels_is_higher(
    order: Any, ar: list[float], ma: list[float], request: pytest.FixtureRequest
) -> None:
    rows = 200 if request.config.getoption("--slow") else 4
    many = simulate(ar, ma, 500, 7, d=order[1], rows=rows)
    fits = bw.batch_fit_arima(many, *order)
    assert fits.converged.all()
    short = [i for i in range(rows) if fits.loglik[i] < best_of_statsmodels(many[i], order) - 1e-4]
    assert short == []


REAL = ["dukascopy_eurusd_1h_ask_2017.csv", "yahoo_spy_1d_2008_2017.csv", "msft_1m_201604.tsv"]


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_no_optimum_of_statsmodels_on_real_closes_is_higher(name: str, sample_data: Any) -> None:
    close = bw.read_csv(sample_data / name).to_float64("close")[:1500]
    for order in [(1, 1, 1), (2, 1, 2), (0, 1, 1), (2, 1, 0)]:
        ours = bw.ARIMA(*order).fit(close)
        scale = np.diff(close).std()
        theirs = best_of_statsmodels(close / scale, order)
        assert ours.loglik >= theirs - ours.nobs * np.log(scale) - 1e-4, order
