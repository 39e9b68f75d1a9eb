"""Blocks of GGUF, against their definition said in NumPy, value by value."""

from __future__ import annotations

from typing import Any

import barrow as bw
import numpy as np
import pytest
from barrow.quantize import from_gguf_blocks, to_gguf_blocks

Array = np.ndarray[Any, Any]
ONE = np.float32(1)


def eight(block: Array) -> bytes:
    d = np.float32(np.abs(block).max() / np.float32(127))
    inverse = ONE / d if d else np.float32(0)
    scaled = (block * inverse).astype(np.float64)
    codes = np.copysign(np.floor(np.abs(scaled) + 0.5), scaled).astype(np.int8)
    return np.float16(d).tobytes() + codes.tobytes()


def four(block: Array) -> bytes:
    # The definition begins with 0.0, which a block of zeros of any sign keeps.
    largest = block[np.argmax(np.abs(block))] if block.any() else np.float32(0)
    d = np.float32(largest / np.float32(-8))
    inverse = ONE / d if d else np.float32(0)
    codes = np.minimum((block * inverse + np.float32(8.5)).astype(np.int8), 15).astype(np.uint8)
    return np.float16(d).tobytes() + (codes[:16] | codes[16:] << 4).tobytes()


@pytest.mark.parametrize(("form", "reference"), [("Q8_0", eight), ("Q4_0", four)])
def test_blocks_are_those_of_the_definition(form: str, reference: Any) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2000, 32)) * 10.0 ** rng.integers(-6, 4, (2000, 1))
    x = np.concatenate([x, np.zeros((1, 32)), np.round(x[:500] * 4) / 4, -np.ones((1, 32))])
    x = x.astype(np.float32)
    blocks = to_gguf_blocks(x, form)
    assert blocks.tobytes() == b"".join(reference(block) for block in x)
    back = from_gguf_blocks(blocks, form).reshape(x.shape)
    d = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    codes = blocks[:, 2:]
    if form == "Q8_0":
        wanted = codes.view(np.int8) * d
    else:
        wanted = (np.concatenate([codes & 15, codes >> 4], 1).astype(np.float32) - 8) * d
    assert (back == wanted).all()


def test_what_has_no_blocks_is_refused() -> None:
    with pytest.raises(bw.BarrowArgumentError) as caught:
        to_gguf_blocks(np.zeros((32, 33), np.float32), "Q4_0")
    assert str(caught.value) == (
        "values: float32 of shape (32, 33), expected float32, the last axis a multiple of 32"
    )
    with pytest.raises(bw.BarrowArgumentError, match="form: 'Q5_0', expected 'Q4_0' or 'Q8_0'"):
        to_gguf_blocks(np.zeros(32, np.float32), "Q5_0")
    x = np.zeros(64, np.float32)
    x[40] = np.nan
    with pytest.raises(bw.BarrowArgumentError, match="value 40 is not finite"):
        to_gguf_blocks(x, "Q8_0")
    with pytest.raises(bw.BarrowArgumentError, match="34 bytes a block"):
        from_gguf_blocks(np.zeros(33, np.uint8), "Q8_0")
