"""Arrays to codes and back, against a reference in NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import barrow as bw
import numpy as np
import pytest
from barrow.quantize import array_quality
from reference_quantize import groups_of, packed, quantized

Array = np.ndarray[Any, Any]
WIDTHS = (2, 3, 4, 5, 6, 8)
SCHEMES = ("affine", "symmetric")
WAYS = list(itertools.product(WIDTHS, SCHEMES))


def group_of(x: Array, granularity: str, size: int) -> int:
    return {"group": size, "row": x.size // len(x), "tensor": x.size}[granularity]


@pytest.mark.parametrize(("bits", "scheme"), WAYS)
@pytest.mark.parametrize(
    ("granularity", "size"),
    [("group", 128), ("group", 1), ("group", 37), ("row", 1), ("tensor", 1)],
)
def test_codes_are_those_of_the_reference(
    bits: int, scheme: str, granularity: str, size: int
) -> None:
    rng = np.random.default_rng(bits * 100 + size)
    for rows, columns in ((1, 1), (3, 43), (7, 96), (5, 1111)):
        x = (rng.normal(rng.normal(), 10.0 ** rng.integers(-8, 8), (rows, columns))).astype("f4")
        group = group_of(x, granularity, size)
        q = bw.quantize(x, bit_width=bits, scheme=scheme, granularity=granularity, group_size=size)
        codes, scales, zeros = quantized(x.reshape(-1), bits, group, scheme == "symmetric")
        assert (q.scales == scales).all()
        assert (q.zero_points == zeros).all()
        assert q.codes.tobytes() == packed(codes, bits)
        assert (q.unpacked().reshape(-1) == codes).all()
        y = bw.dequantize(q)
        each = np.repeat(scales, group)[: x.size].reshape(x.shape)
        steps = codes.astype("f4") - np.repeat(zeros, group)[: x.size]
        assert (y == steps.reshape(x.shape) * each).all()
        # Half a step, and what float32 rounds.
        rounding = 2.0**-22 * np.abs(x).max()
        assert (np.abs(x.astype("f8") - y) <= each.astype("f8") / 2 + rounding).all()


@pytest.mark.parametrize(("bits", "scheme"), WAYS)
def test_groups_of_equal_values_and_no_values_are_exact(bits: int, scheme: str) -> None:
    for value in (0.0, -0.0, 1.5, -1.5, 1e-45, -3.4e38, 0.1):
        x = np.full(300, value, np.float32)
        assert (bw.dequantize(bw.quantize(x, bit_width=bits, scheme=scheme)) == x).all()
    for shape in ((0,), (0, 7), (3, 0)):
        for granularity in ("group", "row", "tensor"):
            q = bw.quantize(
                np.empty(shape, np.float32),
                bit_width=bits,
                scheme=scheme,
                granularity=granularity,
            )
            assert q.codes.size == q.scales.size == 0
            assert bw.dequantize(q).shape == shape


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_ends_of_float32_are_no_limit(scheme: str) -> None:
    top = np.float32(3.4028235e38)
    tiny = np.float32(1e-45)
    for x in (np.array([-top, top], "f4"), np.array([0, tiny, 2 * tiny], "f4")):
        q = bw.quantize(x, bit_width=8, scheme=scheme)
        assert np.isfinite(q.scales).all()
        assert (np.abs(x.astype("f8") - bw.dequantize(q)) <= q.scales[0] * 0.50001).all()


def test_a_zero_stays_zero_if_the_range_holds_it() -> None:
    x = np.array([-1.0, 0.0, 2.7, 0.3], np.float32)
    for bits in WIDTHS:
        assert bw.dequantize(bw.quantize(x, bit_width=bits))[1] == 0


def test_bits_are_a_stream_from_the_lowest() -> None:
    x = np.array([0, 1, 2, 3, 3], np.float32)
    assert bw.quantize(x, bit_width=2).codes.tolist() == [0b11100100, 0b11]
    q = bw.quantize(np.array([-3, -2, 0, 1, 3], np.float32), bit_width=3, scheme="symmetric")
    # 101 110 000 001 011, read from the right.
    assert int.from_bytes(q.codes.tobytes(), "little") == 0b011_001_000_110_101


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("granularity", ["group", "row", "tensor"])
def test_large_arrays_are_the_same_with_any_number_of_threads(
    threads: int, granularity: str
) -> None:
    x = np.random.default_rng(5).normal(size=(2, 1_600_008)).astype(np.float32)
    q = bw.quantize(x, bit_width=5, granularity=granularity, group_size=100, threads=threads)
    codes, scales, zeros = quantized(x.reshape(-1), 5, q.group_size, False)
    assert (q.scales == scales).all()
    assert (q.zero_points == zeros).all()
    assert (q.unpacked().reshape(-1) == codes).all()
    y = bw.dequantize(q, threads=threads)
    each = np.repeat(q.scales, q.group_size)[: x.size].reshape(x.shape)
    assert (np.abs(x - y) <= each * 0.5001).all()


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_other_floats_are_taken_as_float32(dtype: str) -> None:
    x = np.random.default_rng(1).normal(size=1000).astype(dtype)
    q = bw.quantize(x, bit_width=6, granularity="group")
    single = bw.quantize(x.astype(np.float32), bit_width=6, granularity="group")
    assert (q.codes == single.codes).all()
    assert (q.scales == single.scales).all()


def test_scales_of_float16_keep_half_a_step() -> None:
    rng = np.random.default_rng(2)
    for offset in (0, 3, 1e4):
        x = (rng.normal(size=4096) + offset).astype(np.float32)
        for bits, scheme in WAYS:
            q = bw.quantize(
                x, bit_width=bits, scheme=scheme, granularity="group", scale_type="float16"
            )
            assert q.scales.dtype == q.zero_points.dtype == np.float16
            each = np.repeat(q.scales.astype("f8"), 128)
            assert (np.abs(x - bw.dequantize(q)) <= each / 2 + 2**-22 * np.abs(x).max()).all()
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.quantize(np.array([0, 1e9], np.float32), bit_width=2, scale_type="float16")
    assert str(caught.value) == (
        "array of shape (2,): a scale is larger than float16 holds, 65504\n"
        '  try: scale_type="float32"'
    )


def test_percentiles_are_values_in_order() -> None:
    rng = np.random.default_rng(3)
    for count in (2, 10, 1000, 5001):
        x = rng.normal(size=count).astype(np.float32)
        for percentile in (50, 90, 99.5, 100):
            rest = int((1 - percentile / 100) * (count - 1))
            q = bw.quantize(x, clip="percentile", percentile=percentile)
            s = np.sort(x).astype("f8")
            low, high = s[rest], s[count - 1 - rest]
            assert q.scales[0] == np.float32((high - low) / 255) or low >= high
            q = bw.quantize(x, clip="percentile", percentile=percentile, scheme="symmetric")
            most = np.sort(np.abs(x)).astype("f8")[count - 1 - rest]
            assert q.scales[0] == np.float32(most / 127)


def test_clipping_for_least_squares_is_never_worse_and_better_with_outliers() -> None:
    x = np.random.default_rng(4).standard_t(3, size=8192).astype(np.float32)
    for bits, scheme in WAYS:
        plain, best = (
            array_quality(
                x, bw.quantize(x, bit_width=bits, scheme=scheme, granularity="group", clip=clip)
            )
            for clip in ("none", "mse")
        )
        assert best.mse <= plain.mse
        assert bits > 4 or best.mse < 0.95 * plain.mse


def test_quality_is_that_of_the_definitions() -> None:
    x = np.random.default_rng(6).normal(size=3001).astype(np.float32)
    q = bw.quantize(x, bit_width=3, granularity="group", group_size=50)
    y = bw.dequantize(q).astype("f8")
    found = array_quality(x, q)
    lost = x - y
    assert found.mse == pytest.approx((lost**2).mean(), rel=1e-12)
    assert found.max_abs == np.abs(lost).max()
    assert found.cosine == pytest.approx(x @ y / np.sqrt((x.astype("f8") @ x) * (y @ y)), rel=1e-6)
    assert found.snr_db == pytest.approx(
        10 * np.log10((x.astype("f8") ** 2).sum() / (lost**2).sum()), rel=1e-9
    )
    zeros = np.zeros(9, np.float32)
    perfect = array_quality(zeros, bw.quantize(zeros))
    assert (perfect.mse, perfect.cosine, perfect.snr_db) == (0, 1, np.inf)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("granularity", ["group", "tensor"])
def test_a_value_that_is_not_finite_is_named(value: float, granularity: str) -> None:
    x = np.zeros(3_000_000, np.float32)
    x[[2_000_001, 2_500_000]] = value
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.quantize(x, granularity=granularity)
    assert str(caught.value) == (
        "array of shape (3000000,): value 2000001 is NaN, or infinite in float32, expected a"
        " finite number\n"
        "  try: replacing it first\n   or: continue_on_error=True to leave the layer out"
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"bit_width": 7}, "bit_width: 7, expected one of 2, 3, 4, 5, 6, 8"),
        ({"scheme": "x"}, "scheme: 'x', expected one of 'affine', 'symmetric'"),
        ({"granularity": "x"}, "granularity: 'x', expected one of 'group', 'row', 'tensor'"),
        ({"clip": "x"}, "clip: 'x', expected one of 'none', 'percentile', 'mse'"),
        ({"scale_type": "x"}, "scale_type: 'x', expected one of 'float32', 'float16'"),
        ({"group_size": 0}, "group_size: 0, expected 1 to 4294967295"),
        ({"percentile": 49}, "percentile: 49, expected 50 to 100"),
        ({"threads": 0}, "threads: 0, expected 1 or more, or None"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], text: str) -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.quantize(np.zeros(3, np.float32), **options)
    assert str(caught.value) == text


def test_what_is_no_array_of_floats_is_refused() -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.quantize(np.zeros(3, np.int32))
    assert str(caught.value) == (
        "array: int32, expected an array of float32, float64, float16 or bfloat16\n"
        "  try: array.astype(numpy.float32)"
    )
    q = bw.quantize(np.zeros(3, np.float32))
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.dequantize(q, out=np.zeros(3))
    assert str(caught.value) == (
        "out: float64 of shape (3,), expected C-contiguous float32 of (3,)"
    )


def test_strided_arrays_and_given_memory() -> None:
    x = np.random.default_rng(7).normal(size=(40, 50)).astype(np.float32)
    out = np.empty((50, 40), np.float32)
    y = bw.dequantize(bw.quantize(x.T), out=out)
    assert y is out
    assert (y == bw.dequantize(bw.quantize(x)).T).all()


def test_groups_of_the_reference_cover_everything() -> None:
    assert groups_of(5, 2) == [slice(0, 2), slice(2, 4), slice(4, 5)]
