"""Quantized layers as Arrow columns, in memory that is taken once and handed out once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from barrow._columns import Array
from barrow._memory import Block
from barrow.errors import BarrowUnsupportedError, message
from barrow.quantize.kernel import Target, packed_length
from barrow.quantize.layers import WIDTH, Layer, place
from barrow.quantize.options import MOST_GROUP, QuantizeOptions
from barrow.quantize.quality import Quality
from barrow.quantize.schema import quantized_schema

# Offsets of binary and list columns have 32 bits.
_MOST = 2**31 - 1


class Output:
    """One record batch of quantized layers, to be filled in.

    Args:
        layers: The layers.
        options: How each of them becomes codes.
    """

    def __init__(self, layers: Sequence[Layer], options: Sequence[QuantizeOptions]) -> None:
        self._layers = layers
        self._options = options
        groups = [o.group_of(x.shape, x.count) for x, o in zip(layers, options, strict=True)]
        lengths = [
            packed_length(x.count, o.bit_width) for x, o in zip(layers, options, strict=True)
        ]
        counts = [-(-x.count // group) for x, group in zip(layers, groups, strict=True)]
        self._groups = groups
        self._bytes = _offsets(lengths)
        self._scales = _offsets(counts)
        half = bool(options) and options[0].half
        self._scale = np.dtype(np.float16 if half else np.float32)
        total = int(self._scales[-1]) * self._scale.itemsize
        # Not one byte less than asked for, and an address even for nothing.
        self._blocks = [Block(max(size, 64)) for size in (int(self._bytes[-1]), total, total)]

    def targets(self) -> Iterator[Target]:
        """Where the codes of each layer go."""
        codes, *others = (block.array for block in self._blocks)
        used = int(self._scales[-1]) * self._scale.itemsize
        scales, zeros = (other[:used].view(self._scale) for other in others)
        for i, (layer, options) in enumerate(zip(self._layers, self._options, strict=True)):
            ends = slice(self._scales[i], self._scales[i + 1])
            yield Target(
                values=layer.values,
                width=WIDTH[layer.kind],
                kind=layer.kind,
                group=self._groups[i],
                options=options,
                codes=codes[self._bytes[i] : self._bytes[i + 1]],
                scales=scales[ends],
                zeros=zeros[ends],
                where=place(layer.name, layer.row),
            )

    def batch(self, lost: Sequence[Quality] | None, met: Sequence[bool] | None) -> pa.RecordBatch:
        """The columns, once all codes are there.

        Args:
            lost: What every layer lost, if there are to be columns for it.
            met: Whether a bound holds for every layer, if there is one.
        """
        half = self._scale == np.float16
        schema = quantized_schema(half, lost is not None, met is not None)
        rows = len(self._layers)
        data = pa.Array.from_buffers(
            pa.binary(),
            rows,
            [None, pa.py_buffer(self._bytes), self._blocks[0].buffer(int(self._bytes[-1]))],
        )
        columns = [
            pa.array([layer.name for layer in self._layers], pa.string()),
            data,
            self._list(self._blocks[1]),
            self._list(self._blocks[2]),
            pa.array([layer.shape for layer in self._layers], pa.list_(pa.int64())),
            pa.array([o.bit_width for o in self._options], pa.uint8()),
            pa.array(self._groups, pa.uint32()),
            pa.array([o.scheme for o in self._options], pa.string()),
        ]
        if lost is not None:
            for name in ("mse", "max_abs", "cosine", "snr_db"):
                columns.append(pa.array([getattr(q, name) for q in lost], pa.float64()))
        if met is not None:
            columns.append(pa.array(met, pa.bool_()))
        return pa.record_batch(columns, schema=schema)

    def _list(self, block: Block) -> pa.Array:
        count = int(self._scales[-1])
        dtype = pa.from_numpy_dtype(self._scale)
        values = pa.Array.from_buffers(
            dtype, count, [None, block.buffer(count * self._scale.itemsize)]
        )
        return pa.Array.from_buffers(
            pa.list_(dtype),
            len(self._layers),
            [None, pa.py_buffer(self._scales)],
            children=[values],
        )


def _offsets(lengths: Sequence[int]) -> Array:
    return np.cumsum([0, *lengths], dtype=np.int64).astype(np.int32)


def outputs_of(layers: Sequence[Layer], options: Sequence[QuantizeOptions]) -> list[Output]:
    """As few record batches as 32-bit offsets allow; at least one.

    Args:
        layers: The layers, in their order.
        options: How each of them becomes codes.

    Raises:
        BarrowUnsupportedError: A layer alone is too large.
    """
    result: list[Output] = []
    first, used = 0, 0
    for i, (layer, choice) in enumerate(zip(layers, options, strict=True)):
        group = choice.group_of(layer.shape, layer.count)
        # Scales are counted, codes are bytes; there are seldom more scales.
        size = max(packed_length(layer.count, choice.bit_width), math.ceil(layer.count / group))
        if size > _MOST or group > MOST_GROUP:
            raise BarrowUnsupportedError(
                message(
                    place(layer.name, layer.row),
                    f"{size} bytes of codes in groups of {group}, expected at most {_MOST}"
                    f" bytes in groups of at most {MOST_GROUP}",
                    tries=["splitting the layer", "larger groups, or fewer bits"],
                )
            )
        if used + size > _MOST:
            result.append(Output(layers[first:i], options[first:i]))
            first, used = i, 0
        used += size
    result.append(Output(layers[first:], options[first:]))
    return result
