"""Model inputs from columns of bars, and back."""

from __future__ import annotations

import barrow as bw
import numpy as np
import pytest
from barrow.quantize import Bins, ZScore, from_log_returns, log_returns


def test_returns_are_undone() -> None:
    prices = np.random.default_rng(1).uniform(1, 2, 1000)
    returns = log_returns(prices)
    assert returns == pytest.approx(np.log(prices[1:] / prices[:-1]), abs=1e-14)
    assert from_log_returns(returns, prices[0]) == pytest.approx(prices, rel=1e-12)
    assert from_log_returns(np.empty(0), 3.0).tolist() == [3.0]


def test_z_scores_are_undone() -> None:
    x = np.random.default_rng(2).normal(5, 3, 1000)
    scaler = ZScore.fit(x)
    inputs = scaler.encode(x)
    assert inputs.dtype == np.float32
    assert (inputs.mean(), inputs.std()) == pytest.approx((0, 1), abs=1e-5)
    assert scaler.decode(inputs) == pytest.approx(x, abs=1e-5)
    same = np.full(4, 7.0)
    assert ZScore.fit(same).decode(ZScore.fit(same).encode(same)).tolist() == same.tolist()


@pytest.mark.parametrize("count", [2, 3, 16, 256])
def test_bins_hold_equal_shares_and_stand_for_their_means(count: int) -> None:
    x = np.random.default_rng(3).normal(size=256 * 40)
    bins = Bins.fit(x, count)
    tokens = bins.encode(x)
    shares = np.bincount(tokens, minlength=count)
    assert shares.min() >= len(x) // count - 1
    assert shares.max() <= len(x) // count + 1
    centers = bins.decode(tokens)
    for i in range(count):
        assert centers[tokens == i][0] == pytest.approx(x[tokens == i].mean())
    assert (bins.encode(bins.centers) == np.arange(count)).all()


def test_equal_values_share_a_bin() -> None:
    x = np.array([1.0, 1.0, 1.0, 2.0])
    bins = Bins.fit(x, 4)
    assert bins.decode(bins.encode(x)).tolist() == x.tolist()


def test_what_is_no_number_is_named() -> None:
    for call in (ZScore.fit, log_returns, lambda x: Bins.fit(x, 2)):
        with pytest.raises(bw.BarrowArgumentError) as caught:
            call(np.array([1.0, np.nan]))
        assert str(caught.value) == "values: value 1 is nan, expected a number"
        with pytest.raises(bw.BarrowArgumentError, match="expected one axis that is not empty"):
            call(np.empty(0))
    with pytest.raises(bw.BarrowArgumentError) as caught:
        log_returns(np.array([1.0, 0.0]))
    assert str(caught.value) == "prices: value 1 is 0.0, expected more than 0"
    with pytest.raises(bw.BarrowArgumentError) as caught:
        Bins.fit(np.ones(3), 1)
    assert str(caught.value) == "count: 1, expected 2 to 65536 bins"
