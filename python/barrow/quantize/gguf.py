"""Blocks as GGUF files have them."""

from __future__ import annotations

import numpy as np

from barrow._columns import Array
from barrow._lib import native
from barrow.errors import BarrowArgumentError, message

# Values of a block.
GGUF_BLOCK = 32
_BITS = {"Q4_0": 4, "Q8_0": 8}


def to_gguf_blocks(values: Array, form: str) -> Array:
    """Quantizes to blocks of 32 values, byte for byte as ggml's reference does.

    Args:
        values: float32, any number of axes, a multiple of 32 values along the last one. It
            is copied only if it is not C-contiguous.
        form: "Q4_0", 18 bytes a block, or "Q8_0", 34.

    Returns:
        uint8 of two axes: blocks in C order of the values, and their bytes.

    Raises:
        BarrowArgumentError: There is no such form, the values are others, or one is NaN,
            infinite, or has a block whose scale float16 does not hold.
    """
    bits = _bits(form)
    if values.dtype != np.float32 or not values.ndim or values.shape[-1] % GGUF_BLOCK:
        found = f"{values.dtype} of shape {values.shape}"
        raise BarrowArgumentError(
            message(
                "values", f"{found}, expected float32, the last axis a multiple of {GGUF_BLOCK}"
            )
        )
    flat = np.ascontiguousarray(values).reshape(-1)
    blocks = np.empty((len(flat) // GGUF_BLOCK, gguf_block_bytes(form)), np.uint8)
    bad = native.quantize_to_gguf(flat, bits, blocks)
    if bad >= 0:
        raise BarrowArgumentError(
            message(
                "values",
                f"value {bad} is not finite, or the scale of its block is no float16,"
                " expected magnitudes below 524288",
                tries=["replacing or scaling it first"],
            )
        )
    return blocks


def from_gguf_blocks(blocks: Array, form: str) -> Array:
    """The values of blocks, float32 on one axis.

    Args:
        blocks: uint8, C-contiguous, whole blocks.
        form: "Q4_0" or "Q8_0".

    Raises:
        BarrowArgumentError: There is no such form, or they are no whole blocks.
    """
    bits = _bits(form)
    size = gguf_block_bytes(form)
    if blocks.dtype != np.uint8 or blocks.size % size or not blocks.flags.c_contiguous:
        found = f"{blocks.dtype} of shape {blocks.shape}"
        raise BarrowArgumentError(
            message("blocks", f"{found}, expected C-contiguous uint8, {size} bytes a block")
        )
    values = np.empty(blocks.size // size * GGUF_BLOCK, np.float32)
    native.quantize_from_gguf(blocks.reshape(-1), bits, values)
    return values


def gguf_block_bytes(form: str) -> int:
    """Bytes of a block: a float16 scale and the codes.

    Raises:
        BarrowArgumentError: There is no such form.
    """
    return 2 + GGUF_BLOCK * _bits(form) // 8


def _bits(form: str) -> int:
    if form not in _BITS:
        raise BarrowArgumentError(message("form", f"{form!r}, expected 'Q4_0' or 'Q8_0'"))
    return _BITS[form]
