"""Tables of weights to tables of codes, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from barrow.errors import BarrowError, BarrowUnsupportedError, message
from barrow.quantize.fallback import least_width
from barrow.quantize.kernel import Target, encode, lost, run_all
from barrow.quantize.layers import WIDTH, Layer, layers_of, place
from barrow.quantize.options import Bound, Progress, QuantizeOptions, checked_fallback
from barrow.quantize.outputs import Output, outputs_of
from barrow.quantize.schema import table_of, with_metadata

ERROR_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64()),
        pa.field("layer_name", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("message", pa.string()),
    ]
)


class Quantized(NamedTuple):
    """What `continue_on_error=True` gives.

    Attributes:
        table: The layers without an error.
        errors: `row`, `layer_name`, `kind` and `message` of every other layer.
    """

    table: pa.Table
    errors: pa.Table


def quantize_arrow(
    table: Any,
    *,
    bit_width: int = 4,
    group_size: int = 128,
    scheme: str = "affine",
    granularity: str = "group",
    clip: str = "none",
    percentile: float = 99.9,
    scale_type: str = "float32",
    errors: bool = False,
    fallback: tuple[int, ...] | None = None,
    min_cosine: float | None = None,
    max_mse: float | None = None,
    bfloat16: bool = False,
    continue_on_error: bool = False,
    progress: Progress | None = None,
    threads: int | None = None,
) -> pa.Table | Quantized:
    """Quantizes the weights of layers, all batches and chunks, without copying them.

    A code is clamp(round(x / scale) + zero_point), ties to even, and stands for
    (code - zero_point) * scale; see docs/format.md for the bits and the formulas.

    Args:
        table: Whatever has `__arrow_c_stream__`, with the columns that
            `validate_quantization_schema` wants. Values are float32, float64, float16 or
            bfloat16; those of float64 are rounded to float32 first.
        bit_width: Bits of a code: 2, 3, 4, 5, 6 or 8.
        group_size: Values that share a scale, if `granularity` is "group".
        scheme: "affine" or "symmetric".
        granularity: "group", "row" (the first axis) or "tensor".
        clip: "none", "percentile" or "mse"; see `QuantizeOptions`.
        percentile: Of values below the upper end of the range, from 50 to 100.
        scale_type: "float32" or "float16", the type of scales and zero points.
        errors: Adds the columns `mse`, `max_abs`, `cosine` and `snr_db`.
        fallback: Rising widths instead of `bit_width`: each layer gets the first one with
            which the bounds hold, else the last one. Adds the columns of `errors`, and
            `bound_met`; `bit_width` says which width it was.
        min_cosine: The bound of `fallback` for the cosine of values and what codes stand for.
        max_mse: The bound of `fallback` for the mean squared error.
        bfloat16: Reads FixedSizeBinary(2) as bfloat16.
        continue_on_error: Leaves layers with errors out instead of raising the first one.
        progress: Is called with the layers that are done, all layers, and a name.
        threads: Threads; None takes as many as there are CPUs. The result is the same.

    Returns:
        A table of `layer_name`, `quantized_data`, `scales`, `zero_points`, `shape`,
        `bit_width`, `group_size` and `scheme`, with the metadata of the source; with
        `continue_on_error` a pair of it and of a table of errors. It takes its own size
        and 8 MB of memory, no more.

    Raises:
        BarrowSchemaError: The table has other columns, or a null in a layer.
        BarrowArgumentError: An option is none, or a value is NaN or infinite.
        BarrowUnsupportedError: The codes of a layer take 2 GiB or more.
    """
    bound = Bound(min_cosine=min_cosine, max_mse=max_mse)
    widths = checked_fallback(fallback, bound)
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
    table = table_of(table)
    layers = layers_of(table, bfloat16)
    faults = {layer.row: layer.fault for layer in layers if layer.fault}
    _raise_first(faults, continue_on_error)
    good = [layer for layer in layers if not layer.fault]
    choices: dict[int, QuantizeOptions] = {layer.row: options for layer in good}
    counter = _Counter(len(faults), len(layers), progress)
    met: dict[int, bool] | None = None
    if widths:
        # Trying widths takes most of the time, so layers are told then.
        met = _widths(good, choices, widths, bound, faults, counter)
        _raise_first(faults, continue_on_error)
        good = [layer for layer in good if layer.row not in faults]
    outputs = outputs_of(good, [choices[layer.row] for layer in good])
    silent = _Counter(0, 0, None)
    failed = _fill(outputs, good, options.workers, silent if widths else counter)
    faults |= failed
    _raise_first(faults, continue_on_error)
    if failed:
        # Rare, so the others are done again rather than moved.
        good = [layer for layer in good if layer.row not in faults]
        outputs = outputs_of(good, [choices[layer.row] for layer in good])
        _fill(outputs, good, options.workers, silent)
    batches = _batches(outputs, good, errors or widths is not None, met, options.workers)
    result = with_metadata(pa.Table.from_batches(batches), table.schema)
    return Quantized(result, _error_table(layers, faults)) if continue_on_error else result


def quantize_arrow_batch(batch: pa.RecordBatch, **options: Any) -> pa.RecordBatch:
    """Quantizes one record batch to one record batch.

    Args:
        batch: As `quantize_arrow` takes it.
        options: Those of `quantize_arrow`, except `continue_on_error`.

    Raises:
        BarrowUnsupportedError: The codes take 2 GiB or more; otherwise as `quantize_arrow`.
    """
    table: Any = quantize_arrow(batch, continue_on_error=False, **options)
    batches = table.to_batches()
    if len(batches) != 1:
        raise BarrowUnsupportedError(
            message(
                "record batch",
                "its codes take 2 GiB or more",
                tries=["quantize_arrow, which gives a table of several batches"],
            )
        )
    return batches[0]


class _Counter:
    """Tells the caller how many layers are done."""

    def __init__(self, done: int, total: int, progress: Progress | None) -> None:
        self._done = done
        self._total = total
        self._progress = progress

    def __call__(self, name: str) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total, name)


def _fill(
    outputs: Sequence[Output], layers: Sequence[Layer], workers: int, counter: _Counter
) -> dict[int, BarrowError]:
    targets = [target for output in outputs for target in output.targets()]
    untold = dict(enumerate(layers))
    found = encode(targets, workers, lambda i: counter(untold.pop(i).name))
    for layer in untold.values():  # they hold nothing, or nothing good
        counter(layer.name)
    return {layers[i].row: fault for i, fault in found.items()}


def _widths(
    layers: Sequence[Layer],
    choices: dict[int, QuantizeOptions],
    widths: tuple[int, ...],
    bound: Bound,
    faults: dict[int, BarrowError],
    counter: _Counter,
) -> dict[int, bool]:
    """Chooses the width of every layer; tells for which of them the bound holds."""
    nothing = np.empty(0, np.uint8)

    def choose(layer: Layer) -> tuple[int, bool] | BarrowError:
        options = choices[layer.row]
        target = Target(
            values=layer.values,
            width=WIDTH[layer.kind],
            kind=layer.kind,
            group=options.group_of(layer.shape, layer.count),
            options=options,
            codes=nothing,
            scales=nothing,
            zeros=nothing,
            where=place(layer.name, layer.row),
        )
        return least_width(target, widths, bound)

    met: dict[int, bool] = {}
    workers = next(iter(choices.values())).workers if choices else 1
    for layer, chosen in zip(layers, run_all(choose, layers, workers), strict=True):
        if isinstance(chosen, BarrowError):
            faults[layer.row] = chosen
        else:
            choices[layer.row] = replace(choices[layer.row], bit_width=chosen[0])
            met[layer.row] = chosen[1]
        counter(layer.name)
    return met


def _batches(
    outputs: Sequence[Output],
    layers: Sequence[Layer],
    with_errors: bool,
    met: dict[int, bool] | None,
    workers: int,
) -> list[pa.RecordBatch]:
    result, first = [], 0
    for output in outputs:
        targets = list(output.targets())
        rows = [layer.row for layer in layers[first : first + len(targets)]]
        first += len(targets)
        sums = [s.quality() for s in run_all(lost, targets, workers)] if with_errors else None
        result.append(output.batch(sums, None if met is None else [met[row] for row in rows]))
    return result


def _raise_first(faults: dict[int, BarrowError], continue_on_error: bool) -> None:
    if faults and not continue_on_error:
        raise faults[min(faults)]


def _error_table(layers: Sequence[Layer], faults: dict[int, BarrowError]) -> pa.Table:
    rows = sorted(faults)
    return pa.table(
        [
            pa.array(rows, pa.int64()),
            pa.array([layers[row].name for row in rows], pa.string()),
            pa.array([faults[row].kind for row in rows], pa.string()),
            pa.array([str(faults[row]) for row in rows], pa.string()),
        ],
        schema=ERROR_SCHEMA,
    )
