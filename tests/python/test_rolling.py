"""Rolling statistics give what pandas gives, on random numbers with gaps."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import barrow as bw
import numpy as np
import pandas as pd
import pytest

NAMES = ["sum", "mean", "min", "max", "var", "std", "skew", "kurt", "median"]
SIZES = (0, 1, 3, 10, 65, 300)
WINDOWS = (1, 2, 3, 4, 5, 7, 8, 9, 16, 20, 31, 32, 33, 64, 100, 250, 400)


def numbers(size: int, kind: str, seed: int = 0) -> np.ndarray[Any, Any]:
    """Random numbers: whole, with gaps, mostly gaps, steps of equal ones."""
    rng = np.random.default_rng([size, seed])
    values = rng.standard_normal(size) * 3 + 10
    if kind == "gaps":
        values[rng.random(size) < 0.15] = np.nan
        values[rng.random(size) < 0.03] = np.inf
        values[rng.random(size) < 0.03] = -np.inf
    elif kind == "few":
        values[rng.random(size) < 0.8] = np.nan
    elif kind == "equal":
        values = np.repeat(values, 5)[:size]
        values[rng.random(size) < 0.05] = np.nan
    elif kind == "whole":
        values = rng.integers(-5, 5, size).astype(float)
    return values


KINDS = ("normal", "gaps", "few", "equal", "whole")


def least_of(window: int) -> list[int | None]:
    return [None, *sorted({0, 1, 2, window // 2, window} & set(range(window + 1)))]


def check(found: Any, wanted: Any, what: str, rtol: float = 1e-9, atol: float = 1e-9) -> None:
    np.testing.assert_allclose(found, wanted, rtol=rtol, atol=atol, err_msg=what)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_window_and_min_periods_give_what_pandas_gives(name: str, kind: str) -> None:
    ours = getattr(bw, f"rolling_{name}")
    for size in SIZES:
        values = numbers(size, kind)
        for window in WINDOWS:
            for least in least_of(window):
                rolling = pd.Series(values).rolling(window, min_periods=least)
                what = f"{size} numbers, window {window}, min_periods {least}"
                wanted = getattr(rolling, name)().to_numpy()
                found = ours(values, window, min_periods=least)
                if name in ("skew", "kurt"):
                    # pandas loses digits where values are nearly equal.
                    wanted, found = settled(rolling, wanted, found)
                check(found, wanted, what)


def settled(rolling: Any, wanted: Any, found: Any) -> tuple[Any, Any]:
    """Leaves out windows of equal values, where pandas has 0, NaN or noise."""
    equal = (rolling.max() - rolling.min() == 0).to_numpy()
    assert np.isnan(found[equal]).all()
    return np.where(equal, np.nan, wanted), found


@pytest.mark.parametrize("every", range(1, 13))
def test_all_min_periods_of_a_window_give_what_pandas_gives(every: int) -> None:
    values = numbers(80, "gaps", every)
    for name in NAMES:
        wanted = getattr(pd.Series(values).rolling(12, min_periods=every), name)()
        found = getattr(bw, f"rolling_{name}")(values, 12, min_periods=every)
        check(found, wanted, name)


@pytest.mark.parametrize("ddof", [0, 1, 2, 5])
def test_ddof_is_that_of_pandas(ddof: int) -> None:
    for kind in KINDS:
        values, others = numbers(200, kind), numbers(200, kind, 1)
        for window in (1, 4, 5, 6, 20):
            rolling = pd.Series(values).rolling(window, min_periods=1)
            check(
                bw.rolling_var(values, window, min_periods=1, ddof=ddof),
                rolling.var(ddof=ddof),
                "var",
            )
            check(
                bw.rolling_std(values, window, min_periods=1, ddof=ddof),
                rolling.std(ddof=ddof),
                "std",
                atol=1e-7,
            )
            found = bw.rolling_cov(values, others, window, min_periods=1, ddof=ddof)
            wanted = rolling.cov(pd.Series(others), ddof=ddof).to_numpy()
            pairs = pd.Series(values * others).replace([np.inf, -np.inf], np.nan)
            enough = (pairs.rolling(window, min_periods=0).count() > ddof).to_numpy()
            check(found[enough], wanted[enough], "cov")
            assert np.isnan(found[~enough]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_correlation_is_that_of_pandas(kind: str) -> None:
    values = numbers(300, kind)
    others = values * 0.5 + numbers(300, "gaps", 1)
    for window in (2, 3, 8, 20, 100, 400):
        for least in (None, 1, 2):
            rolling = pd.Series(values).rolling(window, min_periods=least)
            with np.errstate(invalid="ignore", divide="ignore"):
                wanted = rolling.corr(pd.Series(others)).to_numpy()
            found = bw.rolling_corr(values, others, window, min_periods=least)
            both = pd.Series(np.where(np.isfinite(others), values, np.nan))
            flat = both.rolling(window, min_periods=1)
            known = (flat.max() - flat.min() > 0).to_numpy() & np.isfinite(wanted)
            check(found[known], wanted[known], f"window {window}")
            assert (np.abs(found[np.isfinite(found)]) <= 1).all()


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "nearest", "midpoint"])
def test_quantiles_are_those_of_pandas(interpolation: Any) -> None:
    for kind in KINDS:
        values = numbers(250, kind)
        for window in (1, 2, 5, 20, 65, 300):
            for q in (0.0, 0.1, 0.25, 0.5, 0.75, 0.99, 1.0):
                for least in (None, 1, 3):
                    if least is not None and least > window:
                        continue
                    rolling = pd.Series(values).rolling(window, min_periods=least)
                    wanted = rolling.quantile(q, interpolation=interpolation)
                    found = bw.rolling_quantile(
                        values, window, q, interpolation=interpolation, min_periods=least
                    )
                    check(found, wanted, f"{kind}, window {window}, q {q}", rtol=1e-13)


@pytest.mark.parametrize("method", ["average", "min", "max"])
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("pct", [True, False])
def test_ranks_are_those_of_pandas(method: Any, ascending: bool, pct: bool) -> None:
    for kind in KINDS:
        values = numbers(250, kind)
        values = np.where(np.isinf(values), np.nan, values)
        for window in (1, 2, 5, 20, 65, 300):
            for least in (None, 0, 1, 3):
                if least is not None and least > window:
                    continue
                rolling = pd.Series(values).rolling(window, min_periods=least)
                wanted = rolling.rank(method=method, ascending=ascending, pct=pct)
                found = bw.rolling_rank(
                    values, window, method=method, ascending=ascending, pct=pct, min_periods=least
                )
                check(found, wanted, f"{kind}, window {window}, {least}", rtol=1e-15)


def test_places_are_those_of_numpy() -> None:
    for kind in KINDS:
        values = numbers(120, kind)
        finite = np.where(np.isfinite(values), values, np.nan)
        for window in (1, 2, 5, 20, 130):
            for least in (1, 3):
                if least > window:
                    continue
                lowest = bw.rolling_argmin(values, window, min_periods=least)
                highest = bw.rolling_argmax(values, window, min_periods=least)
                for at in range(len(values)):
                    part = finite[max(0, at + 1 - window) : at + 1]
                    if np.isfinite(part).sum() < least:
                        assert np.isnan([lowest[at], highest[at]]).all()
                    else:
                        assert lowest[at] == np.nanargmin(part)
                        assert highest[at] == np.nanargmax(part)


@pytest.mark.parametrize("adjust", [True, False])
@pytest.mark.parametrize("ignore_na", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_weighted_moments_are_those_of_pandas(adjust: bool, ignore_na: bool, bias: bool) -> None:
    for kind in KINDS:
        values = numbers(200, kind)
        for option in ({"com": 0.5}, {"span": 20}, {"halflife": 3}, {"alpha": 0.9}, {"alpha": 1}):
            for least in (0, 1, 4):
                options: dict[str, Any] = {
                    **option, "min_periods": least, "adjust": adjust, "ignore_na": ignore_na
                }  # fmt: skip
                ewm = pd.Series(values).ewm(**options)
                what = f"{kind} {options}"
                check(bw.ewm_mean(values, **options), ewm.mean(), what)
                found, wanted = bw.ewm_var(values, bias=bias, **options), ewm.var(bias=bias)
                deviation = ewm.std(bias=bias)
                if not bias:
                    # pandas subtracts the squares of the weights from the square of their
                    # sum: nothing is left where one weight is far above all others.
                    lost = np.full(len(values), kind == "few")
                    lost |= np.isfinite(values).cumsum() < 2
                    assert np.isnan(found[np.isfinite(values).cumsum() < 2]).all()
                    found[lost] = wanted[lost] = deviation[lost] = np.nan
                    spread = np.where(lost, np.nan, bw.ewm_std(values, bias=bias, **options))
                else:
                    spread = bw.ewm_std(values, bias=bias, **options)
                check(found, wanted, what)
                check(spread, deviation, what, atol=1e-7)


@pytest.mark.parametrize("ignore_na", [True, False])
@pytest.mark.parametrize("adjust", [True, False])
def test_weighted_variances_of_old_values_are_exact(adjust: bool, ignore_na: bool) -> None:
    values = numbers(60, "few", 3)
    values[:2] = 1.5, 2.5
    alpha = Fraction(15, 16)
    found = bw.ewm_var(values, alpha=float(alpha), adjust=adjust, ignore_na=ignore_na)
    weights: list[Fraction] = []
    seen: list[Fraction] = []
    for at, value in enumerate(values.tolist()):
        there = np.isfinite(value)
        if there or not ignore_na:
            weights = [weight * (1 - alpha) for weight in weights]
        if there:
            fresh = Fraction(1) if adjust or not seen else alpha
            weights.append(fresh)
            seen.append(Fraction(value))
            if not adjust:
                whole = sum(weights)
                weights = [weight / whole for weight in weights]
        if len(seen) > 1:
            total = sum(weights)
            mean = sum(w * v for w, v in zip(weights, seen, strict=True)) / total
            spread = sum(w * (v - mean) ** 2 for w, v in zip(weights, seen, strict=True))
            freedom = total - sum(w * w for w in weights) / total
            assert found[at] == pytest.approx(float(spread / freedom), rel=1e-12)
