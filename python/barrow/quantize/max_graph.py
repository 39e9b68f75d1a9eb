"""Quantized layers in graphs of Modular's MAX, on the CPU; needs the extra `barrow[max]`.

Nothing else of barrow imports this module, and `max` is imported only when a layer is made.
A graph takes half a minute to compile and a gigabyte of memory; a call takes some 20 us
more than what it computes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np

from barrow._columns import Array
from barrow.errors import BarrowArgumentError, BarrowUnsupportedError, message
from barrow.quantize.array import QuantizedArray
from barrow.quantize.gguf import GGUF_BLOCK, gguf_block_bytes

# Of MAX 26.7: "N must be a multiple of 32".
_OUTPUTS = 32


class MaxLinear:
    """A layer without a bias: y = x W^T, its weights quantized in memory.

    `from_blocks` takes blocks of GGUF, which `ops.qmatmul` multiplies as they are;
    `from_codes` takes codes of any width, which the graph turns into values.

    Attributes:
        shape: Of W: outputs and inputs.
    """

    def __init__(
        self, shape: tuple[int, int], product: Any, values: Callable[[], Any], held: list[Any]
    ) -> None:
        """Takes a compiled graph and how to make another; use `from_blocks` or `from_codes`."""
        self.shape = shape
        self._product = product
        self._make_values = values
        self._held = held

    @classmethod
    def from_blocks(cls, blocks: Array, shape: tuple[int, int]) -> MaxLinear:
        """Makes a layer of Q4_0 blocks, the only ones of barrow's that MAX multiplies.

        Its product quantizes x too, to 8 bits in groups of 32, so that it is near to
        x W^T to about a hundredth of its largest value.

        Args:
            blocks: uint8, what `to_gguf_blocks` gives for W and "Q4_0".
            shape: Of W: outputs and inputs; inputs are a multiple of 32.

        Raises:
            BarrowUnsupportedError: `max` is not installed.
            BarrowArgumentError: There are more or fewer blocks than the shape has.
        """
        max_ = _Max()
        rows, columns = shape
        # The operation wants a multiple of these; rows of zeros are added.
        more = -rows % _OUTPUTS
        size = gguf_block_bytes("Q4_0")
        expected = rows * columns // GGUF_BLOCK * size
        if blocks.dtype != np.uint8 or columns % GGUF_BLOCK or blocks.size != expected:
            found = f"{blocks.dtype}, {blocks.size} bytes"
            wanted = f"uint8, {size} bytes for each of {rows} x {columns} / {GGUF_BLOCK} blocks"
            raise BarrowArgumentError(message("blocks", f"{found}, expected {wanted}"))
        packed = np.ascontiguousarray(blocks).reshape(rows, columns // GGUF_BLOCK * size)
        packed = np.pad(packed, ((0, more), (0, 0)))
        ops, form = max_.ops, max_.q4_0
        held = max_.input(packed)
        product = max_.graph(
            "product",
            lambda x, q: ops.qmatmul(form, None, x.tensor, q.tensor),
            [max_.batch(columns), held],
        )

        def values() -> Any:
            return max_.graph("values", lambda q: ops.dequantize(form, q.tensor), [held])

        return cls(shape, product, values, [max_.buffer(packed)])

    @classmethod
    def from_codes(cls, quantized: QuantizedArray) -> MaxLinear:
        """Makes a layer of what `quantize` gives; a code takes a byte in memory.

        Args:
            quantized: Codes of an array of two axes, outputs and inputs; any width,
                scheme and granularity.

        Raises:
            BarrowUnsupportedError: `max` is not installed.
            BarrowArgumentError: The array has another number of axes, or no values.
        """
        max_ = _Max()
        shape = quantized.shape
        count = math.prod(shape)
        if len(shape) != 2 or not count:
            what = f"codes of shape {shape}, expected outputs and inputs"
            raise BarrowArgumentError(message("quantized", what))
        group = min(quantized.group_size, count)
        # Whole groups; what is added to the last one is cut off again.
        each = np.pad(quantized.unpacked().reshape(-1), (0, -count % group))
        codes = each.reshape(-1, group)
        scales = quantized.scales.astype(np.float32).reshape(-1, 1)
        zeros = quantized.zero_points.astype(np.float32).reshape(-1, 1)
        ops, float32 = max_.ops, max_.float32

        def values_of(q: Any, scale: Any, zero: Any) -> Any:
            steps = ops.cast(q.tensor, float32) - zero.tensor
            return ops.reshape(ops.reshape(steps * scale.tensor, [-1])[:count], shape)

        held = [codes, scales, zeros]
        inputs = [max_.input(array) for array in held]
        product = max_.graph(
            "product",
            lambda x, *rest: ops.matmul(x.tensor, ops.transpose(values_of(*rest), 0, 1)),
            [max_.batch(shape[1]), *inputs],
        )
        buffers = [max_.buffer(array) for array in held]
        values = partial(max_.graph, "values", values_of, inputs)
        return cls((shape[0], shape[1]), product, values, buffers)

    def values(self) -> Array:
        """W, float32, as MAX makes it of the codes; the first call compiles a graph."""
        values: Array = self._values.execute(*self._held)[0].to_numpy()
        return values[: self.shape[0]]

    @cached_property
    def _values(self) -> Any:
        return self._make_values()

    def __call__(self, x: Array) -> Array:
        """The product with W^T.

        Args:
            x: float32, a row for each of a batch, a column for each input.

        Returns:
            float32, a column for each output.

        Raises:
            BarrowArgumentError: x is something else.
        """
        if x.dtype != np.float32 or x.ndim != 2 or x.shape[1] != self.shape[1]:
            found = f"{x.dtype} of shape {x.shape}"
            what = f"{found}, expected float32 of two axes, the last of {self.shape[1]}"
            raise BarrowArgumentError(message("x", what))
        given = _Max().buffer(np.ascontiguousarray(x))
        product: Array = self._product.execute(given, *self._held)[0].to_numpy()
        return product[:, : self.shape[0]]


class _Max:
    """The names of MAX in use, imported when there is one of these."""

    def __init__(self) -> None:
        try:
            from max import driver, dtype, engine, graph
            from max.graph.quantization import QuantizationEncoding
        except ImportError as error:
            raise BarrowUnsupportedError(
                message(
                    "MaxLinear",
                    "needs max, which is not installed",
                    tries=["pip install 'barrow[max]'"],
                )
            ) from error
        self.ops: Any = graph.ops
        self.q4_0: Any = QuantizationEncoding.Q4_0
        self.float32: Any = dtype.DType.float32
        self._driver: Any = driver
        self._dtype: Any = dtype
        self._engine: Any = engine
        self._graph: Any = graph

    def input(self, array: Array) -> Any:
        """The type of an input like an array."""
        dtype = self._dtype.DType.from_numpy(array.dtype)
        return self._graph.TensorType(dtype, array.shape, device=self._graph.DeviceRef.CPU())

    def batch(self, columns: int) -> Any:
        """The type of rows, of any number."""
        device = self._graph.DeviceRef.CPU()
        return self._graph.TensorType(self.float32, ["batch", columns], device=device)

    def graph(self, name: str, forward: Any, inputs: list[Any]) -> Any:
        """Compiles a graph."""
        session = self._engine.InferenceSession(devices=[self._driver.CPU()])
        return session.load(self._graph.Graph(name, forward, input_types=inputs))

    def buffer(self, array: Array) -> Any:
        """An array as graphs take it, not copied."""
        return self._driver.Buffer.from_numpy(array)
