"""Quantized layers in graphs of MAX, against NumPy; what is said where MAX is not installed."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import barrow as bw
import numpy as np
import pytest
from barrow.quantize import from_gguf_blocks, to_gguf_blocks
from barrow.quantize.max_graph import MaxLinear

needs_max = pytest.mark.skipif(find_spec("max") is None, reason="needs the extra barrow[max]")
RNG = np.random.default_rng(1)


def test_without_max_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "max", None)
    with pytest.raises(bw.BarrowUnsupportedError) as caught:
        MaxLinear.from_codes(bw.quantize(np.ones((2, 2), np.float32)))
    assert str(caught.value) == (
        "MaxLinear: needs max, which is not installed\n  try: pip install 'barrow[max]'"
    )


@needs_max
def test_a_layer_of_blocks_agrees_with_numpy() -> None:
    weights = RNG.standard_normal((48, 256), np.float32)
    blocks = to_gguf_blocks(weights, "Q4_0")
    wanted = from_gguf_blocks(blocks, "Q4_0").reshape(weights.shape)
    layer = MaxLinear.from_blocks(blocks, (48, 256))
    assert np.array_equal(layer.values(), wanted)
    for batch in (1, 5, 64):
        x = RNG.standard_normal((batch, 256), np.float32)
        product = x @ wanted.T
        found = layer(x)
        assert found.shape == (batch, 48)
        assert np.abs(found - product).max() <= 0.01 * np.abs(product).max()
        # And so with the layer before it was quantized, to what 4 bits allow.
        plain = x @ weights.T
        assert np.corrcoef(found.ravel(), plain.ravel())[0, 1] > 0.99
    with pytest.raises(bw.BarrowArgumentError) as caught:
        layer(np.ones((3, 63), np.float32))
    assert str(caught.value) == (
        "x: float32 of shape (3, 63), expected float32 of two axes, the last of 256"
    )


@needs_max
@pytest.mark.parametrize(
    ("bits", "scheme", "granularity"), [(5, "symmetric", "group"), (8, "affine", "row")]
)
def test_a_layer_of_codes_agrees_with_numpy(bits: int, scheme: str, granularity: str) -> None:
    weights = RNG.normal(0.3, 1, (20, 50)).astype(np.float32)
    codes = bw.quantize(
        weights, bit_width=bits, scheme=scheme, granularity=granularity, group_size=37
    )
    layer = MaxLinear.from_codes(codes)
    wanted = bw.dequantize(codes)
    x = RNG.standard_normal((3, 50), np.float32)
    assert layer(x) == pytest.approx(x @ wanted.T, abs=1e-4)
    if granularity == "group":  # a graph takes long to compile
        assert np.array_equal(layer.values(), wanted)


@needs_max
def test_what_is_no_layer_is_refused() -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        MaxLinear.from_codes(bw.quantize(np.ones(4, np.float32)))
    assert str(caught.value) == "quantized: codes of shape (4,), expected outputs and inputs"
    blocks = to_gguf_blocks(np.ones((2, 64), np.float32), "Q4_0")
    with pytest.raises(bw.BarrowArgumentError) as caught:
        MaxLinear.from_blocks(blocks, (2, 32))
    assert str(caught.value) == (
        "blocks: uint8, 72 bytes, expected uint8, 18 bytes for each of 2 x 32 / 32 blocks"
    )
