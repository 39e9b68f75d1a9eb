"""Quantization said again, slowly and in NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def groups_of(count: int, group: int) -> list[slice]:
    return [slice(at, min(at + group, count)) for at in range(0, count, group)]


def quantized(x: Array, bits: int, group: int, symmetric: bool) -> tuple[Array, Array, Array]:
    """Codes (signed if symmetric), scales and zeros of float32 values on one axis."""
    codes = np.zeros(len(x), np.int64)
    scales, zeros = [], []
    for part in groups_of(len(x), group):
        v = x[part]
        low, high = np.float64(v.min()), np.float64(v.max())
        lowest, highest = 0, 2**bits - 1
        if symmetric:
            highest = 2 ** (bits - 1) - 1
            lowest = -highest
        if low == high:
            scale = np.float32(abs(low) or 1)
            zero = np.float32(low < 0 and not symmetric)
        elif symmetric:
            scale, zero = np.float32(max(-low, high) / highest), np.float32(0)
        else:
            scale = np.float32((high - low) / highest)
            zero = -np.rint(np.float32(low) / scale)
        q = np.rint(v / scale) + zero
        codes[part] = np.clip(q, lowest, highest)
        scales.append(scale)
        zeros.append(zero)
    return codes, np.array(scales, np.float32), np.array(zeros, np.float32)


def packed(codes: Array, bits: int) -> bytes:
    """One integer of all codes, the first one lowest."""
    whole = sum((int(code) & (2**bits - 1)) << (bits * i) for i, code in enumerate(codes))
    return whole.to_bytes((len(codes) * bits + 7) // 8, "little")
