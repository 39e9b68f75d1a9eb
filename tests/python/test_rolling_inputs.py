"""What rolling statistics take, where the results go, and what is refused."""

from __future__ import annotations

import threading
from typing import Any

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow import _memory

NAMES = ["sum", "mean", "min", "max", "var", "std", "skew", "kurt", "median", "argmin", "argmax"]
RNG = np.random.default_rng(1)
VALUES = np.round(RNG.standard_normal(500), 3) * 8
WHOLE = RNG.integers(-1000, 1000, 500)


def unaligned(values: Any) -> Any:
    """The same numbers, a byte off from where they should be, as in files read as one."""
    return np.frombuffer(b"x" + values.tobytes(), np.uint8)[1:].view(values.dtype)


@pytest.mark.parametrize("name", [*NAMES, "rank"])
def test_every_form_of_the_same_numbers_gives_the_same(name: str) -> None:
    statistic = getattr(bw, f"rolling_{name}")
    spread = np.full((500, 3), np.nan)
    spread[:, 1] = VALUES
    forms: list[Any] = [
        spread[:, 1],
        VALUES[::-1].copy()[::-1],
        VALUES.astype(">f8"),
        unaligned(VALUES),
        VALUES.tolist(),
        memoryview(VALUES),
        pa.array(VALUES),
        pa.array(np.concatenate([[1.0], VALUES]))[1:],
        pa.chunked_array([VALUES[:100], VALUES[100:]]),
    ]
    wanted = statistic(VALUES, 20)
    for form in forms:
        np.testing.assert_array_equal(statistic(form, 20), wanted)
    single = VALUES.astype(np.float32)
    np.testing.assert_array_equal(statistic(single, 20), statistic(single.astype(float), 20))
    np.testing.assert_array_equal(statistic(single[::3], 7), statistic(single[::3].copy(), 7))


@pytest.mark.parametrize("name", [*NAMES, "rank"])
def test_integers_of_every_form_give_the_same(name: str) -> None:
    statistic = getattr(bw, f"rolling_{name}")
    wanted = statistic(WHOLE, 20)
    doubled = np.repeat(WHOLE, 2)
    pairs = np.stack([WHOLE.view(np.uint64), np.where(WHOLE < 0, -1, 0).view(np.uint64)], axis=1)
    fixed8 = pa.array([v.tobytes() for v in WHOLE], pa.binary(8))
    fixed16 = pa.array([v.tobytes() for v in pairs], pa.binary(16))
    for form in (
        doubled[::2],
        WHOLE.astype(np.int16),
        WHOLE.astype(">i8"),
        unaligned(WHOLE),
        pa.array(WHOLE),
        pairs,
        fixed8,
        fixed16,
    ):
        np.testing.assert_array_equal(statistic(form, 20), wanted)
    np.testing.assert_allclose(wanted, statistic(WHOLE.astype(float), 20), rtol=1e-12, atol=1e-9)


def test_nulls_are_missing_values() -> None:
    gaps = np.where(RNG.random(500) < 0.2, np.nan, VALUES)
    array = pa.array(gaps, from_pandas=True)
    assert array.null_count
    for name in NAMES:
        statistic = getattr(bw, f"rolling_{name}")
        wanted = statistic(gaps, 9, min_periods=2)
        np.testing.assert_array_equal(statistic(array, 9, min_periods=2), wanted)


def test_raw_columns_of_bars_are_read_in_place(tmp_path: Any) -> None:
    rows = "\n".join(f"2024-01-02T09:{at:02}:00,1.1,1.2,1.0,1.{100 + at},{at}" for at in range(60))
    path = tmp_path / "bars.csv"
    path.write_text(f"timestamp,open,high,low,close,volume\n{rows}\n")
    for encoding in ("fixed8", "fixed16"):
        bars = bw.read_csv(path, encoding=encoding)
        scale = 10.0**9 if encoding == "fixed8" else 10.0**16
        for column, unit in (("close", scale), ("volume", scale)):
            found = bw.rolling_mean(bars.raw(column), 5)
            wanted = bw.rolling_mean(bars.to_float64(column), 5)
            np.testing.assert_allclose(found / unit, wanted, rtol=1e-14)
        column = bars.to_arrow()["close"]
        np.testing.assert_array_equal(
            bw.rolling_mean(column, 5), bw.rolling_mean(bars.raw("close"), 5)
        )


def test_many_series_go_together() -> None:
    table = RNG.standard_normal((6, 60_000))
    for many in (table, list(table), tuple(table), np.asfortranarray(table)):
        found = bw.rolling_std(many, 30)
        assert found.shape == table.shape
        for row, series in zip(found, table, strict=True):
            np.testing.assert_array_equal(row, bw.rolling_std(series, 30))
    out = np.empty((6, 60_000))
    assert bw.rolling_mean(list(table), 30, out=out) is out
    np.testing.assert_array_equal(out[3], bw.rolling_mean(table[3], 30))
    found = bw.rolling_corr(table, table[::-1], 40)
    np.testing.assert_array_equal(found[1], bw.rolling_corr(table[1], table[4], 40))


def test_results_go_where_they_are_asked_to() -> None:
    large = RNG.standard_normal(2_200_000)
    whole = bw.rolling_mean(large, 20)
    for shift in range(9):
        room = np.full(len(large) + 32, -1.0)
        out = room[shift : shift + len(large)]
        assert bw.rolling_mean(large, 20, out=out) is out
        np.testing.assert_array_equal(out, whole)
        assert (room[:shift] == -1).all()
        assert (room[shift + len(large) :] == -1).all()


def test_large_results_own_their_memory_once() -> None:
    _memory.release_unused()
    values = RNG.standard_normal(2_000_000)
    first = bw.rolling_sum(values, 3)
    place = first.ctypes.data
    assert first.flags.writeable
    part = first[5:10].copy()
    view = first[5:10]
    del first
    np.testing.assert_array_equal(view, part)
    second = bw.rolling_sum(values, 3)
    assert second.ctypes.data != place
    del view, second
    assert len(_memory._kept) == 2
    assert bw.rolling_sum(values, 3).ctypes.data in {place, *map(address, _memory._kept)}


def address(mapping: Any) -> int:
    return int(np.frombuffer(mapping, np.uint8).ctypes.data)


def test_the_lock_is_released() -> None:
    values = RNG.standard_normal(3_000_000)
    ticks = 0
    stop = threading.Event()

    def count() -> None:
        nonlocal ticks
        while not stop.wait(0.0005):
            ticks += 1

    thread = threading.Thread(target=count)
    thread.start()
    for _ in range(5):
        bw.rolling_median(values, 50)
    stop.set()
    thread.join()
    assert ticks > 5


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (np.array(["a", "b"]), "<U1 of shape (2,)"),
        ([*np.zeros((2, 3, 4))], "float64 of shape (3, 4)"),
        (np.array(1.0), "float64 of shape ()"),
        (np.zeros(3, complex), "complex128 of shape (3,)"),
        (np.zeros(3, "M8[ns]"), "datetime64[ns] of shape (3,)"),
        (np.array([1, None]), "object of shape (2,)"),
        (pa.array(["x"]), "string of shape (1,)"),
        (pa.array([1], pa.timestamp("ns")), "timestamp[ns] of shape (1,)"),
        ("text", "<U4 of shape ()"),
        (None, "object of shape ()"),
    ],
)
def test_what_is_no_series_of_numbers_is_refused(values: Any, shown: str) -> None:
    with pytest.raises(bw.BarrowSchemaError) as caught:
        bw.rolling_mean(values, 2)
    name = "values[0]" if "(3, 4)" in shown else "values"
    assert str(caught.value) == (
        f"{name}: expected numbers in one dimension, got {shown}\n"
        "  try: an array of float64, float32, int64 or raw values\n"
        "   or: a list of such arrays"
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"window": 0}, "window: expected a whole number from 1 on, got 0"),
        ({"window": 2.0}, "window: expected a whole number from 1 on, got 2.0"),
        ({"window": 3, "min_periods": 4}, "min_periods: 4 values are needed of 3 in a window"),
        (
            {"window": 3, "min_periods": -1},
            "min_periods: expected a whole number from 0 on, got -1",
        ),
        (
            {"window": 3, "out": np.zeros(4)},
            "out: expected writable contiguous float64 of shape (500,), got float64 of shape (4,)",
        ),
        (
            {"window": 3, "out": np.zeros(500, np.float32)},
            "out: expected writable contiguous float64 of shape (500,), got float32 of "
            "shape (500,)",
        ),
        (
            {"window": 3, "out": VALUES},
            "out: lies in the memory of the values, which are still needed",
        ),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.rolling_mean(VALUES, **options)
    assert str(caught.value) == text


def test_pairs_take_every_form() -> None:
    wanted = bw.rolling_cov(VALUES, VALUES[::-1].copy(), 9)
    found = bw.rolling_cov(unaligned(VALUES), unaligned(VALUES[::-1]), 9)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("values", [VALUES, WHOLE])
def test_masked_values_are_missing(values: Any) -> None:
    masked = np.ma.masked_array(values, values > 5)
    gaps = np.where(values > 5, np.nan, values)
    for name in NAMES:
        statistic = getattr(bw, f"rolling_{name}")
        np.testing.assert_array_equal(
            statistic(masked, 9, min_periods=2), statistic(gaps, 9, min_periods=2)
        )


@pytest.mark.parametrize("name", [*NAMES, "rank"])
def test_windows_longer_than_any_series_are_taken(name: str) -> None:
    statistic = getattr(bw, f"rolling_{name}")
    wanted = statistic(VALUES, 1_000, min_periods=3)
    for window in (2**62, 2**63, 2**70):
        np.testing.assert_array_equal(statistic(VALUES, window, min_periods=3), wanted)
        assert np.isnan(statistic(VALUES, window)).all()
    assert np.isnan(bw.rolling_var(VALUES, 5, ddof=2**70)).all()
    assert np.isnan(bw.rolling_cov(VALUES, VALUES, 2**70, ddof=2**70)).all()


def test_wrong_choices_are_refused() -> None:
    cases: list[tuple[Any, str]] = [
        (
            lambda: bw.rolling_quantile(VALUES, 3, "half"),  # type: ignore[arg-type]
            "q: expected a number from 0 to 1, got 'half'",
        ),
        (
            lambda: bw.rolling_quantile(VALUES, 3, None),  # type: ignore[arg-type]
            "q: expected a number from 0 to 1, got None",
        ),
        (
            lambda: bw.rolling_mean(VALUES, 3, out=unaligned(VALUES)),
            "out: expected writable contiguous float64 of shape (500,), got float64 of shape "
            "(500,), read-only, not aligned",
        ),
        (
            lambda: bw.rolling_mean(VALUES, 3, out=np.zeros(1_000)[::2]),
            "out: expected writable contiguous float64 of shape (500,), got float64 of shape "
            "(500,), not contiguous",
        ),
        (lambda: bw.rolling_quantile(VALUES, 3, 1.5), "q: expected a number from 0 to 1, got 1.5"),
        (
            lambda: bw.rolling_quantile(VALUES, 3, 0.5, interpolation="cubic"),  # type: ignore[arg-type]
            "interpolation: there is no 'cubic'\n  try: interpolation='linear'\n"
            "   or: interpolation='lower'\n   or: interpolation='higher'\n"
            "   or: interpolation='nearest'\n   or: interpolation='midpoint'",
        ),
        (
            lambda: bw.rolling_rank(VALUES, 3, method="dense"),  # type: ignore[arg-type]
            "method: there is no 'dense'\n  try: method='average'\n   or: method='min'\n"
            "   or: method='max'",
        ),
        (
            lambda: bw.rolling_var(VALUES, 3, ddof=-1),
            "ddof: expected a whole number from 0 on, got -1",
        ),
        (
            lambda: bw.rolling_corr(VALUES, VALUES[:9], 3),
            "other: 9 numbers, the first series has 500",
        ),
        (
            lambda: bw.rolling_cov([VALUES, VALUES], VALUES, 3),
            "other: 1 series, there are 2 first ones",
        ),
        (
            lambda: bw.rolling_mean([VALUES, VALUES[:9]], 3),
            "values: series of 9 to 500 numbers; one result has one length\n"
            "  try: a call for each series",
        ),
        (
            lambda: bw.ewm_mean(VALUES),
            "alpha: expected one of com, span, halflife and alpha, got none",
        ),
        (
            lambda: bw.ewm_mean(VALUES, com=1, span=3),
            "alpha: expected one of com, span, halflife and alpha, got com and span",
        ),
        (lambda: bw.ewm_mean(VALUES, span=0.5), "span: expected a number at least 1, got 0.5"),
        (lambda: bw.ewm_var(VALUES, alpha=0), "alpha: expected a number above 0, got 0"),
        (lambda: bw.ewm_var(VALUES, alpha=1.5), "alpha: expected a number of at most 1, got 1.5"),
    ]
    for call, text in cases:
        with pytest.raises(bw.BarrowArgumentError) as caught:
            call()
        assert str(caught.value) == text


def test_no_numbers_give_no_results() -> None:
    for name in NAMES:
        assert len(getattr(bw, f"rolling_{name}")(np.array([]), 5)) == 0
    assert bw.rolling_mean([], 5).shape == (0,)
    assert bw.rolling_mean(np.zeros((0, 7)), 5).shape == (0, 7)
