"""Many series at once, and the search for orders."""

from __future__ import annotations

import subprocess
import sys
import time
from signal import SIGINT

import barrow as bw
import numpy as np
import pytest
from arima_reference import simulate
from barrow.arima.auto import kpss, seasonal_strength
from statsmodels.tsa.stattools import kpss as their_kpss


def test_a_batch_is_its_series_one_by_one() -> None:
    many = simulate([0.5], [0.3], 200, 1, d=1, rows=40)
    fits = bw.batch_fit_arima(many, 1, 1, 1)
    assert len(fits) == 40
    assert fits.names == ["ar.L1", "ma.L1", "sigma2"]
    for i in (0, 17, 39):
        alone = bw.ARIMA(1, 1, 1).fit(many[i])
        assert fits.params[i].tolist() == list(alone.params.values())
        assert (fits[i].loglik, fits[i].params) == (alone.loglik, alone.params)
        assert (fits.aic[i], fits.bic[i]) == (alone.aic, alone.bic)
        np.testing.assert_array_equal(fits[i].forecast(4), alone.forecast(4))
        np.testing.assert_array_equal(fits.forecast(4).mean[i], alone.forecast(4))
        np.testing.assert_array_equal(fits.forecast(4).upper[80][i], alone.forecast(4).upper[80])
    assert fits[-1].params == fits[39].params
    assert [fit.loglik for fit in fits[3:5]] == fits.loglik[3:5].tolist()


def test_threads_and_containers_change_nothing() -> None:
    many = simulate([0.6, -0.3], [0.4], 150, 2, rows=70)
    wanted = bw.batch_fit_arima(many, 2, 0, 1, threads=1)
    for given, threads in [(many, 3), (list(many), 2), ([row.tolist() for row in many], None)]:
        found = bw.batch_fit_arima(given, 2, 0, 1, threads=threads)
        np.testing.assert_array_equal(found.params, wanted.params)
    forecast = bw.batch_forecast_arima(many, 2, 0, 1, 5, level=[50], threads=2)
    np.testing.assert_array_equal(forecast.mean, wanted.forecast(5).mean)
    assert forecast.lower[50].shape == (70, 5)


def test_series_may_have_different_lengths() -> None:
    series = [simulate([0.5], [], n, n)[0] for n in (30, 500, 77)]
    fits = bw.batch_fit_arima(series, 1, 0, 0)
    assert fits.nobs.tolist() == [30, 500, 77]
    assert len(fits[2].residuals) == 77
    assert len(bw.batch_fit_arima([], 1, 0, 0)) == 0


def test_a_series_that_cannot_be_fitted_is_named() -> None:
    good = simulate([0.5], [], 50, 1)[0]
    with pytest.raises(bw.BarrowArgumentError) as error:
        bw.batch_fit_arima([good, np.zeros(20), good], 1, 1, 0)
    assert str(error.value) == (
        "series 1: it does not change after d=1, D=0: ARIMA(1, 1, 0) has no optimum\n"
        "  try: p = q = 0, which takes any series: its variance may be 0"
    )
    fits = bw.batch_fit_arima([good, [1.0], good], 1, 1, 0, on_error="skip")
    assert fits.status == ["converged", "too short", "converged"]
    assert np.isnan(fits.params[1]).all()
    assert np.isnan(fits.forecast(2).mean).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    with pytest.raises(bw.BarrowArgumentError, match="series 1: 1 values are too few"):
        fits[1]
    with pytest.raises(bw.BarrowSchemaError, match="series 1: wanted numbers"):
        bw.batch_fit_arima([good, "no"], 1, 0, 0)


def test_progress_is_told_and_may_stop_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    many = simulate([0.5], [], 60, 1, rows=100)
    told: list[tuple[int, int]] = []
    bw.batch_fit_arima(many, 1, 0, 0, threads=2, progress=lambda *at: told.append(at))
    assert told == sorted(told)
    assert told[-1] == (100, 100)
    bw.batch_fit_arima(many, 1, 0, 0, progress=True)
    assert capsys.readouterr().err.endswith("\r100 of 100 series\n")

    def stop(done: int, count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bw.batch_fit_arima(many, 1, 0, 0, threads=2, progress=stop)


def test_an_interrupt_ends_a_batch() -> None:
    code = (
        "import barrow as bw, numpy as np\n"
        "y = np.random.default_rng(1).standard_normal((20_000, 500))\n"
        "print('ready', flush=True)\n"
        "bw.batch_fit_arima(y, 3, 0, 3)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.5)
    child.send_signal(SIGINT)
    _, errors = child.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors


def test_the_search_finds_differences_and_season() -> None:
    walk = np.cumsum(np.random.default_rng(3).standard_normal(300))
    found = bw.auto_arima(walk)
    assert found.order.d == 1
    assert found.aicc == min(value for _, value in found.search)
    still = simulate([0.5], [], 400, 5, mean=10.0)[0]
    model = bw.auto_arima(still, criterion="bic")
    assert (model.order.p, model.order.d, model.order.q) == (1, 0, 0)
    assert model.order.trend == "c"
    wave = np.tile([0.0, 5.0, 1.0, -4.0], 50)
    noise = np.random.default_rng(5).standard_normal(200)
    seasonal = bw.auto_arima(wave + noise, 4)
    assert seasonal.order.seasonal[1] == 1
    ahead = seasonal.forecast(4)
    assert ahead.mean == pytest.approx([0.0, 5.0, 1.0, -4.0], abs=2.0)
    assert bw.auto_arima(still, d=1).order.d == 1


def test_the_search_says_why_there_is_no_model() -> None:
    with pytest.raises(bw.BarrowArgumentError) as error:
        bw.auto_arima([1.0])
    assert str(error.value) == (
        "y: 1 values are too few for ARIMA(0, 0, 0): it takes at least 2\n"
        "  try: a longer series, or a smaller model"
    )
    with pytest.raises(bw.BarrowArgumentError) as error:
        bw.auto_arima([1.0, -np.inf])
    assert str(error.value) == "y: value 1 is infinite\n  try: NaN where a value is missing"


@pytest.mark.filterwarnings("ignore:The test statistic is outside")
@pytest.mark.filterwarnings("ignore:kpss currently returns:FutureWarning")
def test_kpss_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(6)
    for y in (rng.standard_normal(200), np.cumsum(rng.standard_normal(350))):
        lags = int(3 * len(y) ** 0.5 / 13)
        assert kpss(y) == pytest.approx(their_kpss(y, "c", nlags=lags)[0], rel=1e-12)


def test_a_season_is_strong_or_not() -> None:
    noise = np.random.default_rng(7).standard_normal(240)
    wave = np.sin(2 * np.pi * np.arange(240) / 12)
    assert seasonal_strength(noise, 12) < 0.3
    assert seasonal_strength(noise + 10 * wave, 12) > 0.95
    assert seasonal_strength(np.arange(24.0), 5) == pytest.approx(0.0, abs=1e-9)
