"""NumPy arrays to codes, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from barrow._columns import Array
from barrow._memory import Block
from barrow.errors import BarrowArgumentError, message
from barrow.quantize.kernel import (
    Target,
    decode,
    encode,
    lost,
    packed_length,
    run_all,
    share_of,
    workers_for,
)
from barrow.quantize.layers import WIDTH
from barrow.quantize.options import QuantizeOptions
from barrow.quantize.quality import Quality
from barrow.quantize.schema import BFLOAT16, FLOAT16, FLOAT32, FLOAT64

_KINDS = {"float32": FLOAT32, "float64": FLOAT64, "float16": FLOAT16, "bfloat16": BFLOAT16}


@dataclass(frozen=True, slots=True, eq=False)
class QuantizedArray:
    """Codes of an array.

    Attributes:
        codes: uint8, the codes packed: a little-endian stream of bits, first code lowest.
        scales: float32 or float16, a scale for every group.
        zero_points: Of the same type, integers: the code of 0.
        shape: The axes of the array.
        bit_width: Bits of a code.
        group_size: Values of a group.
        scheme: "affine" or "symmetric".
    """

    codes: Array
    scales: Array
    zero_points: Array
    shape: tuple[int, ...]
    bit_width: int
    group_size: int
    scheme: str

    @property
    def nbytes(self) -> int:
        """Bytes of codes, scales and zero points."""
        return self.codes.nbytes + self.scales.nbytes + self.zero_points.nbytes

    def unpacked(self) -> Array:
        """A code for every value, in the shape of the array: uint8, or int8 if symmetric."""
        count = int(np.prod(self.shape, dtype=np.int64))
        symmetric = self.scheme == "symmetric"
        values = np.empty(count, np.float32)
        one = np.ones(1, np.float32)
        zero = np.zeros(1, np.float32)
        for part in decode(
            self.codes, (self.bit_width, symmetric), max(count, 1), one, zero, values
        ):
            part()
        return values.astype(np.int8 if symmetric else np.uint8).reshape(self.shape)


def quantize(
    array: Any,
    *,
    bit_width: int = 8,
    group_size: int = 128,
    scheme: str = "affine",
    granularity: str = "tensor",
    clip: str = "none",
    percentile: float = 99.9,
    scale_type: str = "float32",
    threads: int | None = None,
) -> QuantizedArray:
    """Quantizes an array; formulas and bits are those of `quantize_arrow`.

    Args:
        array: float32, float64, float16 or bfloat16 (of ml_dtypes), of any shape. It is
            copied only if it is not C-contiguous.
        bit_width: Bits of a code: 2, 3, 4, 5, 6 or 8.
        group_size: Values that share a scale, if `granularity` is "group".
        scheme: "affine" or "symmetric".
        granularity: "tensor", "row" (the first axis) or "group".
        clip: "none", "percentile" or "mse"; see `QuantizeOptions`.
        percentile: Of values below the upper end of the range, from 50 to 100.
        scale_type: "float32" or "float16", the type of scales and zero points.
        threads: Threads; None takes as many as there are CPUs.

    Raises:
        BarrowArgumentError: An option is none, the array holds no floats, or a value is
            NaN or infinite.
    """
    options = QuantizeOptions(
        bit_width=bit_width,
        group_size=group_size,
        scheme=scheme,
        granularity=granularity,
        clip=clip,
        percentile=percentile,
        scale_type=scale_type,
        threads=threads,
    )
    kind, values = _values(array)
    group = options.group_of(array.shape, array.size)
    groups = -(-array.size // group)
    block = Block(max(packed_length(array.size, bit_width), 64))
    scale = np.float16 if options.half else np.float32
    target = Target(
        values=values,
        width=WIDTH[kind],
        kind=kind,
        group=group,
        options=options,
        codes=block.array[: packed_length(array.size, bit_width)],
        scales=np.empty(groups, scale),
        zeros=np.empty(groups, scale),
        where=f"array of shape {array.shape}",
    )
    faults = encode([target], options.workers, lambda _: None)
    if faults:
        raise faults[0]
    codes = np.frombuffer(block.buffer(block.size), np.uint8)[: len(target.codes)]
    return QuantizedArray(codes, target.scales, target.zeros, array.shape, bit_width, group, scheme)


def dequantize(
    quantized: QuantizedArray, *, out: Array | None = None, threads: int | None = None
) -> Array:
    """The values that codes stand for, within half a scale of what they were made of.

    Args:
        quantized: What `quantize` gave.
        out: Where they go: C-contiguous float32 of the same shape; None makes an array.
        threads: Threads; None takes as many as there are CPUs.

    Returns:
        float32, in the shape of the array.

    Raises:
        BarrowArgumentError: `out` is something else.
    """
    values = _out(quantized.shape, out)
    levels = (quantized.bit_width, quantized.scheme == "symmetric")
    workers = workers_for(values.size, QuantizeOptions(threads=threads).workers)
    parts = list(
        decode(
            quantized.codes,
            levels,
            quantized.group_size,
            quantized.scales,
            quantized.zero_points,
            values.reshape(-1),
            share_of(values.size, workers),
        )
    )
    for _ in run_all(lambda part: part(), parts, workers):
        pass
    return values


def array_quality(array: Any, quantized: QuantizedArray) -> Quality:
    """Compares an array with what its codes stand for, in doubles.

    Args:
        array: What `quantize` was given.
        quantized: What it gave.

    Raises:
        BarrowArgumentError: The shapes differ, or the array holds no floats.
    """
    kind, values = _values(array)
    if array.shape != quantized.shape:
        raise BarrowArgumentError(
            message("array", f"its shape is {array.shape}, expected {quantized.shape}")
        )
    options = QuantizeOptions(bit_width=quantized.bit_width, scheme=quantized.scheme)
    target = Target(
        values,
        WIDTH[kind],
        kind,
        quantized.group_size,
        options,
        quantized.codes,
        quantized.scales,
        quantized.zero_points,
        "array",
    )
    return lost(target).quality()


def _values(array: Any) -> tuple[int, Array]:
    if not isinstance(array, np.ndarray) or array.dtype.name not in _KINDS:
        found = getattr(array, "dtype", type(array).__name__)
        raise BarrowArgumentError(
            message(
                "array",
                f"{found}, expected an array of float32, float64, float16 or bfloat16",
                tries=["array.astype(numpy.float32)"],
            )
        )
    flat = np.ascontiguousarray(array).reshape(-1)
    return _KINDS[array.dtype.name], flat.view(np.uint8)


def _out(shape: tuple[int, ...], out: Array | None) -> Array:
    if out is None:
        count = int(np.prod(shape, dtype=np.int64))
        block = Block(max(4 * count, 64))
        buffer = block.buffer(4 * count)
        # Through the buffer, which keeps the memory; the block's own array is writable.
        holder = _Holder(block.array[: 4 * count].view(np.float32).reshape(shape), buffer)
        return np.asarray(holder)
    if out.shape != shape or out.dtype != np.float32 or not out.flags.c_contiguous:
        raise BarrowArgumentError(
            message(
                "out",
                f"{out.dtype} of shape {out.shape}, expected C-contiguous float32 of {shape}",
            )
        )
    return out


class _Holder:
    """Memory of a block as an array that keeps the block."""

    def __init__(self, array: Array, keep: object) -> None:
        self.__array_interface__ = array.__array_interface__
        self._keep = keep
