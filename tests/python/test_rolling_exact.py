"""Rolling sums, means and variances against exact fractions, where others go wrong."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import isnan, sqrt
from typing import Any

import barrow as bw
import numpy as np
import pytest

WINDOWS = (1, 2, 3, 7, 8, 20, 33, 64)


def windows(values: Any, window: int) -> list[list[Fraction]]:
    exact = [Fraction(int(v)) if isinstance(v, int) else Fraction(float(v)) for v in values]
    return [exact[max(0, at + 1 - window) : at + 1] for at in range(len(exact))]


def mean_of(part: list[Fraction]) -> Fraction:
    return sum(part, Fraction(0)) / len(part)


def var_of(part: list[Fraction], ddof: int = 1) -> Fraction:
    mean = mean_of(part)
    return sum(((v - mean) ** 2 for v in part), Fraction(0)) / (len(part) - ddof)


def worst(found: Any, wanted: list[Fraction]) -> float:
    """The largest relative difference; where 0 is wanted, it must be 0."""
    most = 0.0
    for value, exact in zip(found, wanted, strict=True):
        if exact == 0:
            assert value == 0
        else:
            most = max(most, abs(float((Fraction(float(value)) - exact) / exact)))
    return most


def integers(kind: str, size: int = 300) -> Any:
    rng = np.random.default_rng(5)
    if kind == "small":
        return 1_084_210_000 + 10_000 * np.cumsum(rng.integers(-3, 4, size))
    if kind == "large":
        return rng.integers(-(2**62), 2**62, size)
    if kind == "ends":
        return rng.choice([-(2**63), 2**63 - 1, 0, 5], size)
    if kind == "middle":
        return 64_000 * 10**9 + 10**7 * np.cumsum(rng.integers(-9999, 9999, size))
    if kind == "unsigned":
        return rng.integers(0, 2**64 - 1, size, dtype=np.uint64, endpoint=True)
    if kind == "flat":
        return np.repeat(rng.integers(-(10**15), 10**15, size // 50), 50)
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", ["small", "middle", "large", "ends", "unsigned", "flat"])
def test_integers_are_exact_and_rounded_once(kind: str) -> None:
    raw = integers(kind)
    listed = raw.tolist()
    for window in WINDOWS:
        for least in (1, window):
            parts = windows(listed, window)
            sums = bw.rolling_sum(raw, window, min_periods=least)
            means = bw.rolling_mean(raw, window, min_periods=least)
            variances = bw.rolling_var(raw, window, min_periods=least)
            for at, part in enumerate(parts):
                if len(part) < least:
                    assert isnan(sums[at])
                    assert isnan(means[at])
                    assert isnan(variances[at])
                    continue
                assert sums[at] == float(sum(part))
                assert means[at] == float(mean_of(part))
                if len(part) < 2:
                    assert isnan(variances[at])
                else:
                    assert variances[at] == float(var_of(part))
        deviations = bw.rolling_std(raw, window)
        np.testing.assert_array_equal(deviations, np.sqrt(bw.rolling_var(raw, window)))


def test_ties_between_doubles_go_to_the_even_one() -> None:
    # Quotients of two: half way between doubles above 2**53.
    raw = np.array([2**54 + 2, 2**54 + 4, 2**54 + 6, 2**54 + 9, 2**60, 2**60 + 256], np.int64)
    means = bw.rolling_mean(np.tile(raw, 10), 2)[1:]
    listed = np.tile(raw, 10).tolist()
    wanted = [float(Fraction(a + b, 2)) for a, b in pairwise(listed)]
    assert means.tolist() == wanted


def test_many_chunks_of_integers_do_not_drift() -> None:
    rng = np.random.default_rng(1)
    raw = 10**12 + np.cumsum(rng.integers(-50, 51, 20_000))
    raw[7_000:7_050] = 2**61
    means, variances = bw.rolling_mean(raw, 500), bw.rolling_var(raw, 500)
    for at in [499, 500, 2_547, 2_548, 7_000, 7_049, 7_549, 7_550, 9_999, 19_999]:
        part = [Fraction(v) for v in raw[at - 499 : at + 1].tolist()]
        assert means[at] == float(mean_of(part))
        assert variances[at] == float(var_of(part))
    assert (variances[499:] >= 0).all()


def words(numbers: list[int]) -> Any:
    data = b"".join(n.to_bytes(16, "little", signed=True) for n in numbers)
    return np.frombuffer(data, "<u8").reshape(-1, 2)


def test_raw_values_of_128_bits_are_exact() -> None:
    rng = np.random.default_rng(2)
    level = 98_765 * 10**16
    numbers = [level + int(step) for step in rng.integers(-(10**18), 10**18, 200)]
    numbers += [-numbers[0], 0, 17_014_118_346_046 * 10**16, -17_014_118_346_046 * 10**16]
    raw = words(numbers)
    for window in (1, 3, 8, 50):
        means = bw.rolling_mean(raw, window, min_periods=1)
        variances = bw.rolling_var(raw, window, min_periods=1, ddof=0)
        lowest = bw.rolling_min(raw, window, min_periods=1)
        for at, part in enumerate(windows(numbers, window)):
            assert means[at] == float(mean_of(part))
            assert variances[at] == float(var_of(part, 0))
            assert lowest[at] == float(min(part))


def test_sentinels_of_128_bits_are_refused() -> None:
    raw = words([1, 2**127 - 1, 3])
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.rolling_mean(raw, 2)
    assert str(caught.value) == (
        f"value 1: {2**127 - 1} is too large for sums of 128 bits\n"
        "  try: undefined values are sentinels: take rows without them"
    )


def test_ticks_far_from_zero() -> None:
    # Ticks of 1e-5 at level 10,000: pandas and bottleneck are off by percents here.
    rng = np.random.default_rng(3)
    values = 10_000 + 1e-5 * rng.integers(0, 3, 3_000)
    for window in (5, 20, 500):
        parts = windows(values[:1_500].tolist(), window)[window - 1 :]
        variances = bw.rolling_var(values, window)[window - 1 : 1_500]
        assert worst(variances, [var_of(part) for part in parts]) < 1e-12
        means = bw.rolling_mean(values, window)[window - 1 : 1_500]
        assert worst(means, [mean_of(part) for part in parts]) < 1e-15 * 3


def test_a_large_value_leaves_no_trace() -> None:
    rng = np.random.default_rng(4)
    values = rng.standard_normal(2_000)
    spoiled = values.copy()
    spoiled[700] = 1e300
    spoiled[701] = -1e17
    for name in ("sum", "mean", "var", "std", "skew", "kurt", "median", "min", "max"):
        for window in (3, 20, 64, 500):
            statistic = getattr(bw, f"rolling_{name}")
            clean, found = statistic(values, window), statistic(spoiled, window)
            after = 701 + window
            np.testing.assert_allclose(found[after:], clean[after:], rtol=1e-11, atol=1e-12)
            np.testing.assert_array_equal(found[:700], clean[:700])


def test_constant_tails_are_flat() -> None:
    rng = np.random.default_rng(6)
    for size in (100, 1_000):
        values = np.concatenate([1e6 * rng.standard_normal(size), np.full(1_200, 0.1)])
        for window in (2, 7, 20, 64, 500):
            tail = slice(size + window - 1, None)
            assert (bw.rolling_var(values, window)[tail] == 0).all()
            assert (bw.rolling_std(values, window, ddof=0)[tail] == 0).all()
            found = bw.rolling_mean(values, window)[tail]
            assert (found == 0.1).all()


def test_gaps_lose_no_digits() -> None:
    # The first number of a block is missing, so distances are from another one.
    rng = np.random.default_rng(7)
    values = 10_000 + 1e-5 * rng.integers(0, 3, 400)
    values[rng.random(400) < 0.3] = np.nan
    values[100:140] = np.nan
    values[150] = 1e9
    for window in (4, 20, 45):
        found = bw.rolling_var(values, window, min_periods=2)
        for at in range(400):
            part = values[max(0, at + 1 - window) : at + 1]
            part = part[np.isfinite(part)]
            if len(part) < 2:
                assert isnan(found[at])
                continue
            exact = var_of([Fraction(v) for v in part.tolist()])
            if exact == 0:
                assert found[at] == 0
            else:
                assert abs(found[at] / float(exact) - 1) < 1e-11


def test_covariance_far_from_zero() -> None:
    rng = np.random.default_rng(8)
    x = 10_000 + 1e-5 * rng.integers(0, 9, 400)
    y = 5_000 + 1e-5 * rng.integers(0, 9, 400) + (x - 10_000)
    found, related = bw.rolling_cov(x, y, 20), bw.rolling_corr(x, y, 20)
    for at in range(19, 400):
        first = [Fraction(v) for v in x[at - 19 : at + 1].tolist()]
        second = [Fraction(v) for v in y[at - 19 : at + 1].tolist()]
        middle, other = mean_of(first), mean_of(second)
        pairs = zip(first, second, strict=True)
        exact = sum((a - middle) * (b - other) for a, b in pairs) / 19
        scale = sqrt(float(var_of(first)) * float(var_of(second)))
        assert abs(found[at] - float(exact)) < 1e-12 * scale
        assert abs(related[at] - float(exact) / scale) < 1e-12


def test_the_bound_of_sums_holds() -> None:
    rng = np.random.default_rng(9)
    values = rng.standard_normal(9_000) * 10.0 ** rng.integers(-8, 9, 9_000)
    for window in (20, 500, 2_000):
        found = bw.rolling_sum(values, window)
        factor = min(window / 32, 256) + 2 * np.log2(window)
        for at in range(window - 1, 9_000, 487):
            part = [Fraction(v) for v in values[at + 1 - window : at + 1].tolist()]
            size = float(sum(map(abs, part)))
            assert abs(float(Fraction(found[at]) - sum(part))) <= factor * 2**-53 * size


@pytest.mark.parametrize("name", ["sum", "mean", "min", "max", "var", "std", "median"])
def test_what_comes_later_changes_nothing(name: str) -> None:
    # Batch equals streaming: the result of the first rows is that of the rows alone.
    rng = np.random.default_rng(10)
    values = rng.standard_normal(3_000)
    statistic = getattr(bw, f"rolling_{name}")
    for window in (3, 20, 33, 500):
        whole = statistic(values, window, min_periods=1)
        for rows in (1, 31, 32, 33, 400, 1_777):
            alone = statistic(values[:rows], window, min_periods=1)
            np.testing.assert_array_equal(alone, whole[:rows])


def test_sums_that_overflow_never_look_like_equal_values() -> None:
    values = np.array([1e308, 1e308, -1e308, 1.7e308] * 30)
    other = np.arange(120.0) ** 2
    for window in (3, 5, 20):
        assert np.isnan(bw.rolling_var(values, window)).all()
        assert np.isnan(bw.rolling_std(values, window)).all()
        assert np.isnan(bw.rolling_corr(values, other, window)).all()
