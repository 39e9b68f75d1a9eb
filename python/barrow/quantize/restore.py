"""Tables of codes back to tables of weights, and what was lost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._columns import Array
from barrow._memory import Block
from barrow.errors import BarrowArgumentError, BarrowCorruptError, BarrowUnsupportedError, message
from barrow.quantize.kernel import (
    Target,
    decode,
    lost,
    packed_length,
    run_all,
    share_of,
    workers_for,
)
from barrow.quantize.layers import WIDTH, layers_of, place
from barrow.quantize.options import SCHEMES, WIDTHS, QuantizeOptions
from barrow.quantize.schema import ERROR_FIELDS, table_of, validate_quantized_schema, with_metadata

_MOST = 2**31 - 1
QUALITY_SCHEMA = pa.schema(
    [
        pa.field("layer_name", pa.string()),
        pa.field("bit_width", pa.uint8()),
        pa.field("values", pa.int64()),
        pa.field("bits_per_value", pa.float64()),
        *ERROR_FIELDS,
    ]
)


@dataclass(frozen=True, slots=True)
class Codes:
    """A quantized layer.

    Attributes:
        name: Its name.
        codes: Its codes, packed.
        scales: A scale for every group.
        zeros: A zero for every group.
        shape: The axes.
        bit_width: Bits of a code.
        group: Values of a group.
        scheme: "affine" or "symmetric".
    """

    name: str
    codes: Array
    scales: Array
    zeros: Array
    shape: tuple[int, ...]
    bit_width: int
    group: int
    scheme: str

    @property
    def count(self) -> int:
        """Values."""
        return math.prod(self.shape)

    @property
    def levels(self) -> tuple[int, bool]:
        """Width and scheme as kernels want them."""
        return self.bit_width, self.scheme == "symmetric"


def codes_of_table(table: Any) -> list[Codes]:
    """The layers of a quantized table, none of them copied.

    Raises:
        BarrowSchemaError: It has other columns.
        BarrowCorruptError: What a layer says of itself does not fit together.
    """
    table = table_of(table)
    validate_quantized_schema(table.schema)
    result: list[Codes] = []
    for batch in table.to_batches():
        for row in _rows(batch, len(result)):
            result.append(row)
    return result


def _rows(batch: pa.RecordBatch, before: int) -> Iterator[Codes]:
    small = ["layer_name", "shape", "bit_width", "group_size", "scheme"]
    columns = [batch.column(name).to_pylist() for name in small]
    data, scales, zeros = (batch.column(n) for n in ("quantized_data", "scales", "zero_points"))
    for i in range(batch.num_rows):
        name, shape, width, group, scheme = (column[i] for column in columns)
        where = place(name, before + i)
        parts = (data[i], scales[i], zeros[i])
        if None in (name, shape, width, group, scheme) or not all(p.is_valid for p in parts):
            raise BarrowCorruptError(message(where, "a column is null"))
        codes = Codes(
            name,
            _binary(parts[0]),
            parts[1].values.to_numpy(zero_copy_only=False),
            parts[2].values.to_numpy(zero_copy_only=False),
            tuple(shape),
            width,
            group,
            scheme,
        )
        _check(codes, where)
        yield codes


def _binary(value: Any) -> Array:
    buffer = value.as_buffer()
    return np.frombuffer(buffer, np.uint8) if buffer.size else np.empty(0, np.uint8)


def _check(layer: Codes, where: str) -> None:
    if layer.bit_width not in WIDTHS or layer.scheme not in SCHEMES or layer.group < 1:
        what = f"{layer.bit_width} bits, scheme {layer.scheme!r}, groups of {layer.group}"
        raise BarrowCorruptError(message(where, f"{what}, which quantize_arrow never gives"))
    if None in layer.shape or min(layer.shape, default=0) < 0:
        raise BarrowCorruptError(message(where, f"its shape is {list(layer.shape)}"))
    groups = -(-layer.count // layer.group)
    found = (len(layer.codes), len(layer.scales), len(layer.zeros))
    expected = (packed_length(layer.count, layer.bit_width), groups, groups)
    if found != expected:
        what = "bytes of codes, scales and zero points"
        raise BarrowCorruptError(message(where, f"{found} {what}, expected {expected}"))


def dequantize_arrow(table: Any, *, threads: int | None = None) -> pa.Table:
    """The weights that codes stand for, within half a scale of what they were made of.

    Args:
        table: What `quantize_arrow` gave; other columns do not matter.
        threads: Threads; None takes as many as there are CPUs.

    Returns:
        A table of `layer_name`, `weights`, list of float32, and `shape`, with the metadata
        of the source.

    Raises:
        BarrowSchemaError: The table has other columns.
        BarrowCorruptError: What a layer says of itself does not fit together.
        BarrowUnsupportedError: A layer has 2**31 values or more.
    """
    workers = QuantizeOptions(threads=threads).workers
    table = table_of(table)
    layers = codes_of_table(table)
    batches, first, used = [], 0, 0
    for i, layer in enumerate(layers):
        if layer.count > _MOST:
            raise BarrowUnsupportedError(
                message(place(layer.name, i), f"{layer.count} values, expected at most {_MOST}")
            )
        if used + layer.count > _MOST:
            batches.append(_weights(layers[first:i], workers))
            first, used = i, 0
        used += layer.count
    batches.append(_weights(layers[first:], workers))
    return with_metadata(pa.Table.from_batches(batches), table.schema)


def _weights(layers: Sequence[Codes], workers: int) -> pa.RecordBatch:
    ends = np.cumsum([0, *(layer.count for layer in layers)], dtype=np.int64).astype(np.int32)
    total = int(ends[-1])
    block = Block(max(4 * total, 64))
    values = block.array[: 4 * total].view(np.float32)
    workers = workers_for(total, workers)
    share = share_of(total, workers)
    work = [
        part
        for i, x in enumerate(layers)
        for part in decode(
            x.codes, x.levels, x.group, x.scales, x.zeros, values[ends[i] : ends[i + 1]], share
        )
    ]
    for _ in run_all(lambda part: part(), work, workers):
        pass
    numbers = pa.Array.from_buffers(pa.float32(), total, [None, block.buffer(4 * total)])
    lists = pa.Array.from_buffers(
        pa.list_(pa.float32()), len(layers), [None, pa.py_buffer(ends)], children=[numbers]
    )
    return pa.record_batch(
        [
            pa.array([layer.name for layer in layers], pa.string()),
            lists,
            pa.array([layer.shape for layer in layers], pa.list_(pa.int64())),
        ],
        names=["layer_name", "weights", "shape"],
    )


def quality(
    table: Any, quantized: Any, *, bfloat16: bool = False, threads: int | None = None
) -> pa.Table:
    """Compares weights with what their codes stand for, layer by layer.

    Args:
        table: The weights, as `quantize_arrow` takes them.
        quantized: What it gave: the same layers in the same order. Layers that it left
            out may be missing.
        bfloat16: Reads FixedSizeBinary(2) as bfloat16.
        threads: Threads; None takes as many as there are CPUs.

    Returns:
        A table of `layer_name`, `bit_width`, `values`, `bits_per_value` with scales and
        zero points, `mse`, `max_abs`, `cosine` and `snr_db`; sums are made in doubles.

    Raises:
        BarrowSchemaError: A table has other columns.
        BarrowArgumentError: A layer of `quantized` is not in `table`.
        BarrowCorruptError: What a layer says of itself does not fit together.
    """
    workers = QuantizeOptions(threads=threads).workers
    codes = codes_of_table(quantized)
    targets: list[Target] = []
    layers = iter(layers_of(table, bfloat16))
    for row, x in enumerate(codes):
        layer = next((y for y in layers if y.name == x.name and not y.fault), None)
        if layer is None or layer.count != x.count:
            found = "no such layer" if layer is None else f"{layer.count} values"
            raise BarrowArgumentError(
                message(
                    place(x.name, row),
                    f"{x.count} values, but the weights have {found} from there on",
                    tries=["the table that was quantized, its rows in the same order"],
                )
            )
        options = QuantizeOptions(bit_width=x.bit_width, scheme=x.scheme)
        targets.append(
            Target(
                layer.values,
                WIDTH[layer.kind],
                layer.kind,
                x.group,
                options,
                x.codes,
                x.scales,
                x.zeros,
                place(x.name, row),
            )
        )
    found_all = [astuple(sums.quality()) for sums in run_all(lost, targets, workers)]
    sizes = [8 * (len(x.codes) + x.scales.nbytes + x.zeros.nbytes) for x in codes]
    counts = [x.count for x in codes]
    return pa.table(
        [
            [x.name for x in codes],
            pa.array([x.bit_width for x in codes], pa.uint8()),
            pa.array(counts, pa.int64()),
            pa.array([b / max(n, 1) for b, n in zip(sizes, counts, strict=True)], pa.float64()),
            *(pa.array([q[k] for q in found_all], pa.float64()) for k in range(4)),
        ],
        schema=QUALITY_SCHEMA,
    )
