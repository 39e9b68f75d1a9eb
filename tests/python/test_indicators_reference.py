"""Indicators that TA-Lib lacks, against definitions written out with NumPy."""

from __future__ import annotations

from fractions import Fraction
from statistics import pvariance

import barrow as bw
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view as windows
from prices import random_bars

BARS = random_bars(400, 21)
HIGH, LOW, CLOSE, VOLUME = (BARS[name] for name in ("high", "low", "close", "volume"))
TYPICAL = (HIGH + LOW + CLOSE) / 3


def close_to(ours, want, warm_up, tolerance=1e-12):
    assert np.isnan(ours[:warm_up]).all()
    np.testing.assert_allclose(ours[warm_up:], want, rtol=tolerance, atol=tolerance)


def weighted(values, length):
    return windows(values, length) @ np.arange(1, length + 1) / (length * (length + 1) / 2)


def ema(values, length):
    means = [values[:length].mean()]
    for value in values[length:]:
        means.append(means[-1] + (value - means[-1]) * 2 / (length + 1))
    return np.array(means)


def atr(length):
    before = CLOSE[:-1]
    ranges = np.maximum(HIGH[1:], before) - np.minimum(LOW[1:], before)
    means = [ranges[:length].mean()]
    for value in ranges[length:]:
        means.append((means[-1] * (length - 1) + value) / length)
    return np.array(means)


def test_hull():
    raw = 2 * weighted(CLOSE, 8)[8:] - weighted(CLOSE, 16)
    close_to(bw.hma(CLOSE, 16), weighted(raw, 4), 18)


def test_chandes_own_momentum():
    change = np.diff(CLOSE)
    gains, losses = (windows(np.maximum(x, 0), 9).sum(axis=1) for x in (change, -change))
    close_to(bw.cmo_sum(CLOSE, 9), 100 * (gains - losses) / (gains + losses), 9, 1e-10)


def test_keltner_and_his_own():
    upper, middle, lower = bw.keltner(BARS, 20, 10, 2.0)
    close_to(middle, ema(CLOSE, 20), 19)
    close_to(upper, ema(CLOSE, 20) + 2 * atr(10)[9:], 19)
    close_to(lower, ema(CLOSE, 20) - 2 * atr(10)[9:], 19)
    upper, middle, lower = bw.keltner_original(BARS, 10)
    mean, wide = windows(TYPICAL, 10).mean(axis=1), windows(HIGH - LOW, 10).mean(axis=1)
    close_to(upper, mean + wide, 9)
    close_to(middle, mean, 9)
    close_to(lower, mean - wide, 9)


def test_donchian_and_ichimoku():
    def middle(length):
        return (windows(HIGH, length).max(axis=1) + windows(LOW, length).min(axis=1)) / 2

    upper, half, lower = bw.donchian((HIGH, LOW), 20)
    close_to(upper, windows(HIGH, 20).max(axis=1), 19)
    close_to(half, middle(20), 19)
    close_to(lower, windows(LOW, 20).min(axis=1), 19)
    lines = bw.ichimoku((HIGH, LOW))
    close_to(lines.conversion, middle(9)[43:], 51)
    close_to(lines.base, middle(26)[26:], 51)
    close_to(lines.span_a, (middle(9)[43:] + middle(26)[26:]) / 2, 51)
    close_to(lines.span_b, middle(52), 51)


def test_supertrend():
    length, multiple = 10, 3.0
    median, wide = ((HIGH + LOW) / 2)[length:], multiple * atr(length)
    prices = CLOSE[length:]
    upper, lower = median + wide, median - wide
    direction = np.where(prices >= median, 1.0, -1.0)
    for i in range(1, len(prices)):
        if upper[i] >= upper[i - 1] and prices[i - 1] <= upper[i - 1]:
            upper[i] = upper[i - 1]
        if lower[i] <= lower[i - 1] and prices[i - 1] >= lower[i - 1]:
            lower[i] = lower[i - 1]
        direction[i] = direction[i - 1]
        if direction[i] > 0 and prices[i] < lower[i]:
            direction[i] = -1
        elif direction[i] < 0 and prices[i] > upper[i]:
            direction[i] = 1
    line, trend = bw.supertrend(BARS, length, multiple)
    close_to(line, np.where(direction > 0, lower, upper), length)
    close_to(trend, direction, length)
    assert len(set(direction)) == 2


def test_prices_by_volume():
    money = TYPICAL * VOLUME
    close_to(bw.vwap(BARS), money.cumsum() / VOLUME.cumsum(), 0)
    volume = windows(VOLUME, 15).sum(axis=1)
    close_to(bw.rolling_vwap(BARS, 15), windows(money, 15).sum(axis=1) / volume, 14)
    close_to(bw.vwma(BARS, 15), windows(CLOSE * VOLUME, 15).sum(axis=1) / volume, 14)
    flow = ((CLOSE - LOW) - (HIGH - CLOSE)) / (HIGH - LOW) * VOLUME
    close_to(bw.chaikin_money_flow(BARS, 15), windows(flow, 15).sum(axis=1) / volume, 14, 1e-11)
    force = np.diff(CLOSE) * VOLUME[1:]
    close_to(bw.force_index(BARS, 13), ema(force, 13), 13)


def test_no_volume_gives_the_price():
    flat = (HIGH, LOW, CLOSE, np.zeros_like(CLOSE))
    np.testing.assert_array_equal(bw.vwap(flat), TYPICAL)
    np.testing.assert_array_equal(bw.rolling_vwap(flat, 3)[2:], TYPICAL[2:])


def test_zscore():
    seen = windows(CLOSE, 20)
    want = (CLOSE[19:] - seen.mean(axis=1)) / seen.std(axis=1)
    close_to(bw.zscore(CLOSE, 20), want, 19, 1e-10)
    np.testing.assert_array_equal(bw.zscore(np.full(9, 0.1), 4)[3:], 0.0)


def rescaled(block):
    path = np.concatenate([[0.0], (block - block.mean()).cumsum()])
    return (path.max() - path.min()) / block.std()


def hurst(differences):
    sizes = [size for size in (8, 16, 32, 64) if size <= len(differences)]
    newest = differences[::-1]
    means = [
        np.mean([rescaled(newest[i * s : i * s + s][::-1]) for i in range(len(newest) // s)])
        for s in sizes
    ]
    return np.polyfit(np.log(sizes), np.log(means), 1)[0]


def test_hurst():
    want = [hurst(block) for block in windows(np.diff(CLOSE), 100)]
    close_to(bw.hurst(CLOSE, 100), want, 100, 1e-9)
    assert bw.hurst(np.full(20, 3.0), 16)[-1] == 0.5


def test_lines_are_those_of_polyfit():
    fits = np.array([np.polyfit(np.arange(14.0), seen, 1) for seen in windows(CLOSE, 14)])
    slope, start = fits.T
    close_to(bw.linreg_slope(CLOSE, 14), slope, 13, 1e-13)
    close_to(bw.linreg_intercept(CLOSE, 14), start, 13)
    close_to(bw.linreg(CLOSE, 14), start + 13 * slope, 13)
    close_to(bw.tsf(CLOSE, 14), start + 14 * slope, 13)
    close_to(bw.linreg_angle(CLOSE, 14), np.degrees(np.arctan(slope)), 13)


def test_variances_are_exact_ones_rounded():
    seen = [[Fraction(x) for x in window] for window in windows(CLOSE[:120], 12)]
    exact = np.array([float(pvariance(window)) for window in seen])
    found = bw.variance(CLOSE[:120], 12)
    np.testing.assert_allclose(found[11:], exact, rtol=1e-13)
    np.testing.assert_allclose(bw.stddev(CLOSE[:120], 12)[11:], np.sqrt(exact), rtol=1e-13)
    mean = np.array([float(sum(window) / 12) for window in seen])
    upper, middle, lower = bw.bollinger(CLOSE[:120], 12, 2.0, 1.5)
    np.testing.assert_allclose(middle[11:], mean, rtol=1e-15)
    np.testing.assert_allclose(upper[11:], mean + 2 * np.sqrt(exact), rtol=1e-14)
    np.testing.assert_allclose(lower[11:], mean - 1.5 * np.sqrt(exact), rtol=1e-14)


def exact_mean(values, length, share):
    """An exponential mean without any rounding but the last one."""
    numbers = [Fraction(x) for x in values]
    mean = sum(numbers[:length]) / length
    found = [float(mean)]
    for number in numbers[length:]:
        mean = mean + share * (number - mean)
        mean = Fraction(round(mean * 2**200), 2**200)  # far below what is compared
        found.append(float(mean))
    return np.array(found)


def test_exponential_means_are_exact_ones_rounded_a_few_times():
    for length in (1, 2, 14, 200):
        want = exact_mean(CLOSE, length, Fraction(2, length + 1))
        np.testing.assert_allclose(bw.ema(CLOSE, length)[length - 1 :], want, rtol=2e-15)
    slow = exact_mean(CLOSE, 26, Fraction(2, 27))
    fast = exact_mean(CLOSE[14:], 12, Fraction(2, 13))
    macd = bw.macd(CLOSE).macd
    np.testing.assert_allclose(macd[33:], (fast - slow)[8:], rtol=0, atol=2e-15)


def test_means_of_long_windows_do_not_leave_their_level():
    level = 1234.567
    values = np.full(400_000, level)
    for length in (1000, 100_000):
        values[: length // 2] = level - 1.0
        values[length // 2 : length] = level + 1.0
        found = bw.ema(values, length)
        # The first mean is a sum of as many numbers, so the start is known to 2e-12 only.
        assert np.abs(found[length:] / level - 1).max() < 2e-12
        assert np.abs(found[-1000:] / level - 1).max() < 1e-12
