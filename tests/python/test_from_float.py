"""Floats become what their shortest text says, compared with `repr` and `decimal`."""

from __future__ import annotations

import decimal
from decimal import Decimal

import numpy as np
import pytest
from barrow._arrow import REASONS, ROUNDINGS
from barrow._lib import native
from hypothesis import given, settings
from hypothesis import strategies as st

MODES = {
    "half_even": decimal.ROUND_HALF_EVEN,
    "half_away": decimal.ROUND_HALF_UP,
    "truncate": decimal.ROUND_DOWN,
}
LARGEST = {False: 9_223_372_036, True: 17_014_118_346_046}
EXACT = decimal.Context(prec=400)


def convert(values, precision, *, wide=False, signed=True, rounding="exact"):
    """The outcome of the kernel and the raw integers."""
    values = np.ascontiguousarray(values)
    room = np.zeros(len(values) * (16 if wide else 8), np.uint8)
    single = values.dtype == np.float32
    outcome = native.column_from_floats(
        values, single, wide, signed, precision, ROUNDINGS[rounding], room
    )
    if not wide:
        return outcome, room.view(np.int64 if signed else np.uint64).tolist()
    words = room.view("<u8").reshape(-1, 2)
    high = words[:, 1].view(np.int64) if signed else words[:, 1]
    return outcome, [
        (h << 64) | low for low, h in zip(words[:, 0].tolist(), high.tolist(), strict=True)
    ]


def expected(value, precision, rounding, wide):
    """The raw integer by `decimal`, and whether it is rounded; None where it is refused."""
    text = str(value) if isinstance(value, np.float32) else repr(float(value))
    number = Decimal(text)
    kept = number.quantize(
        Decimal(1).scaleb(-precision), MODES.get(rounding, decimal.ROUND_DOWN), EXACT
    )
    if abs(kept) > LARGEST[wide] or (rounding == "exact" and kept != number):
        return None
    return int(kept.scaleb(16 if wide else 9, EXACT)), kept != number


def check(values, precision, rounding, wide=False):
    values = np.asarray(values)
    wanted = [expected(v, precision, rounding, wide) for v in values]
    good = np.array([w is not None for w in wanted], bool)
    outcome, raws = convert(values[good], precision, wide=wide, rounding=rounding)
    assert outcome[:2] == (-1, 0), values[good][outcome[0]]
    for value, raw, want in zip(values[good], raws, [w for w in wanted if w], strict=True):
        assert raw == want[0], (repr(value), precision, rounding)
    flags = [w[1] for w in wanted if w]
    assert outcome[2:] == (sum(flags), flags.index(True) if any(flags) else -1)
    for value in values[~good][:200]:
        (row, reason, _, _), _ = convert([value], precision, wide=wide, rounding=rounding)
        if values.dtype == np.float64:
            assert row == 0, (repr(value), precision, rounding)
            assert REASONS[reason] in ("decimals", "overflow")


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("precision", [0, 1, 2, 5, 8, 9])
def test_prices_with_few_decimals_are_exact(precision, wide):
    rng = np.random.default_rng(precision)
    whole = rng.integers(-(2**51), 2**51, 20_000) >> rng.integers(0, 45, 20_000)
    values = whole / 10.0**precision
    values = values[np.abs(values) < LARGEST[wide]]
    outcome, raws = convert(values, precision, wide=wide)
    assert outcome == (-1, 0, 0, -1)
    factor = 10 ** ((16 if wide else 9) - precision)
    kept = whole[np.abs(whole / 10.0**precision) < LARGEST[wide]]
    assert raws == [k * factor for k in kept.tolist()]


def check_many(rng, rows, rounding):
    """Doubles of every kind that a price may be, in one precision each."""
    precision = int(rng.integers(0, 17))
    wide = precision > 9 or bool(rng.integers(0, 2))
    whole = rng.integers(2**49, 2**54, rows)
    near = (whole >> rng.integers(0, 40, rows)) / 10.0**precision
    spread = np.exp(rng.uniform(np.log(1e-20), np.log(1e13), rows)) * rng.choice([-1, 1], rows)
    binary = rng.integers(0, 2**20, rows) / 2.0 ** rng.integers(0, 30, rows)  # ties, too
    cents = np.round(spread, 3)
    for values in (near, np.nextafter(near, 0), spread, binary, cents):
        check(values[np.abs(values) < 1e15], precision, rounding, wide)


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_any_double_is_its_shortest_text(rounding):
    rng = np.random.default_rng(20240102)
    for _ in range(6):
        check_many(rng, 2_000, rounding)


@pytest.mark.slow
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_millions_of_doubles_are_their_shortest_text(rounding):
    rng = np.random.default_rng(1)
    for _ in range(60):
        check_many(rng, 5_000, rounding)


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("precision", [0, 2, 5, 9, 16])
def test_any_float32_is_its_shortest_text(precision, rounding):
    rng = np.random.default_rng(precision)
    cents = (rng.integers(0, 10**8, 2_000) / 100).astype(np.float32)
    bits = rng.integers(0x2000_0000, 0x5400_0000, 2_000).astype(np.uint32).view(np.float32)
    powers = (2.0 ** np.arange(-40, 43)).astype(np.float32)
    for values in (cents, bits, -bits, powers, np.nextafter(powers, np.float32(0))):
        check(values, precision, rounding, precision > 9)


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_powers_of_two_have_a_nearer_neighbor_below(rounding):
    powers = 2.0 ** np.arange(-60, 44)
    for precision in range(17):
        for values in (powers, np.nextafter(powers, 0), np.nextafter(powers, np.inf)):
            check(values, precision, rounding, wide=True)


@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-2e13, max_value=2e13),
    st.integers(0, 16),
    st.sampled_from(sorted(ROUNDINGS)),
)
@settings(deadline=None, max_examples=500)
def test_any_double_alone_or_in_company(value, precision, rounding):
    check([value], precision, rounding, wide=True)
    # Eight go together; the one that is not quick must not disturb the others.
    check([1.0, 2.5, value, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], precision, rounding, wide=True)


def test_two_texts_of_one_double_above_the_bound_of_the_proof():
    value = 562949953421312.25  # with one decimal, both .2 and .3 read back as it
    assert float("562949953421312.2") == float("562949953421312.3") == value
    assert 5629499534213122 / 10 == 5629499534213123 / 10 == value
    small = value / 2**7  # the same significand where raw values have room
    check([small, -small], 5, "half_even", wide=True)


@pytest.mark.parametrize(
    ("value", "signed", "reason"),
    [
        (np.nan, True, "not_finite"),
        (np.inf, True, "not_finite"),
        (-np.inf, False, "not_finite"),
        (1e300, True, "overflow"),
        (-9_223_372_037.0, True, "overflow"),
        (18_446_744_074.0, False, "overflow"),
        (-1.0, False, "negative"),
        (0.123456, True, "decimals"),
        (5e-324, True, "decimals"),
    ],
)
@pytest.mark.parametrize("before", [0, 3, 8, 19])
def test_what_is_no_value_is_refused_where_it_stands(value, signed, reason, before):
    for dtype in (np.float64, np.float32):
        if dtype == np.float32 and np.isfinite(value) and abs(value) != 1:
            continue  # another number in that type
        values = np.array([1.5] * before + [value] + [1.5] * 9, dtype)
        (row, code, _, _), _ = convert(values, 5, signed=signed)
        assert (row, REASONS[code]) == (before, reason)


def test_zeros_and_the_ends_of_the_range():
    outcome, raws = convert([-0.0, 0.0], 9, signed=False)
    assert (outcome, raws) == ((-1, 0, 0, -1), [0, 0])
    outcome, raws = convert([9_223_372_036.0, -9_223_372_036.0], 9)
    assert (outcome, raws) == (
        (-1, 0, 0, -1),
        [9_223_372_036 * 10**9, -9_223_372_036 * 10**9],
    )
    _, raws = convert([17_014_118_346_046.0], 16, wide=True)
    assert raws == [17_014_118_346_046 * 10**16]
