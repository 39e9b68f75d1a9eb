"""Medians and quantiles of long series, where windows are kept in other ways than of short ones."""

from __future__ import annotations

from typing import Any

import barrow as bw
import numpy as np
import pandas as pd
import pytest

# Either side of what tells the ways apart: 256 numbers, windows of 128, 8 windows.
SIZES = (255, 256, 1_000, 1_024, 5_001)
WINDOWS = (1, 2, 3, 8, 20, 31, 64, 127, 128, 129, 500, 999, 6_000)


def numbers(size: int, kind: str) -> Any:
    """Random numbers of which the order is hard to find in one way or another."""
    rng = np.random.default_rng([size, 7])
    values = rng.standard_normal(size) * 3 + 10
    if kind == "gaps":
        values[rng.random(size) < 0.1] = np.nan
        values[rng.random(size) < 0.05] = np.inf
        values[rng.random(size) < 0.05] = -np.inf
    elif kind == "equal":
        values = np.round(values)
    elif kind == "walk":
        values = np.cumsum(values - 10)
        values[size // 2] = 1e17
    elif kind == "close":
        # Neighbors of 1, and some that are far away: no digit tells many of them apart.
        values = 1 + rng.integers(0, 200, size) * 2.0**-52
        values[5::97] = 1e300
        values[7::97] = -1e-300
    elif kind == "zeros":
        values = rng.choice([0.0, -0.0, 5e-324, -5e-324], size)
    elif kind == "missing":
        values[10:] = np.nan
    return values


KINDS = ("normal", "gaps", "equal", "walk", "close", "zeros", "missing")


@pytest.mark.parametrize("kind", KINDS)
def test_medians_are_those_of_pandas_bit_for_bit(kind: str) -> None:
    for size in SIZES:
        values = numbers(size, kind)
        for window in WINDOWS:
            for least in (None, 1):
                wanted = pd.Series(values).rolling(window, min_periods=least).median()
                found = bw.rolling_median(values, window, min_periods=least)
                what = f"{size} numbers, window {window}, min_periods {least}"
                np.testing.assert_array_equal(found, wanted, err_msg=what)


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "nearest", "midpoint"])
def test_quantiles_are_those_of_sorted_windows(interpolation: Any) -> None:
    for kind in ("gaps", "close"):
        values = numbers(1_100, kind)
        kept = np.where(np.isfinite(values), values, np.nan)
        for window in (5, 20, 128, 130):
            for q in (0.0, 0.3, 0.5, 0.9, 1.0):
                found = bw.rolling_quantile(
                    values, window, q, interpolation=interpolation, min_periods=1
                )
                for at in (0, 4, 19, 129, 500, 777, 1_099):
                    part = kept[max(0, at + 1 - window) : at + 1]
                    part = part[~np.isnan(part)]
                    if len(part) == 0:
                        assert np.isnan(found[at])
                        continue
                    wanted = np.quantile(part, q, method=interpolation)
                    assert found[at] == pytest.approx(wanted, rel=1e-15), (kind, window, q, at)


@pytest.mark.parametrize("window", [1, 20, 128, 129, 700])
def test_medians_do_not_depend_on_what_comes_later(window: int) -> None:
    values = numbers(9_001, "zeros")
    values[::3] = numbers(9_001, "normal")[::3]
    whole = bw.rolling_median(values, window)
    for size in (10, 255, 300, 1_500, 7_777):
        part = bw.rolling_median(values[:size].copy(), window)
        assert part.tobytes() == whole[:size].tobytes()


@pytest.mark.parametrize("dtype", ["f4", "i8", "u8", "i2"])
def test_other_types_are_taken(dtype: str) -> None:
    values = np.random.default_rng(1).integers(0, 1_000, 3_000).astype(dtype)
    for window in (20, 300):
        np.testing.assert_array_equal(
            bw.rolling_median(values[::2], window),
            bw.rolling_median(values[::2].astype(float), window),
        )


def test_means_of_equal_values_are_that_value_also_beside_gaps() -> None:
    # Three times 0.1 is not 0.3, and a third of that is not 0.1.
    values = np.full(200, 0.1)
    values[[40, 41, 90, 130]] = np.nan
    values[60:63] = 0.7
    for window in (3, 5, 20, 64, 150):
        found = bw.rolling_mean(values, window, min_periods=1)
        for at in range(len(values)):
            part = values[max(0, at + 1 - window) : at + 1]
            part = part[~np.isnan(part)]
            if len(part) and part.min() == part.max():
                assert found[at] == part[0], (window, at)
            elif len(part):
                assert found[at] == pytest.approx(part.mean(), rel=1e-14)
            else:
                assert np.isnan(found[at])
