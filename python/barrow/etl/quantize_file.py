"""A file of weights to a file of codes, and back."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypedDict, Unpack

import pyarrow as pa

from barrow.errors import BarrowCorruptError, message
from barrow.files import AtomicFile, Output, unreadable, unwritable
from barrow.quantize import dequantize_arrow, quantize_arrow
from barrow.quantize.options import Progress
from barrow.safetensors import SKIPPED_KEY, Others, read_safetensors, write_safetensors

_MAGIC = b"ARROW1"
_SUFFIX = ".safetensors"
# Lists of whole layers: a batch of them may be as large as it likes.
_NO_LIMIT = 2**31 - 1


class QuantizeKeywords(TypedDict, total=False):
    """The keyword arguments of `quantize_arrow`; see there."""

    bit_width: int
    group_size: int
    scheme: str
    granularity: str
    clip: str
    percentile: float
    scale_type: str
    errors: bool
    fallback: tuple[int, ...] | None
    min_cosine: float | None
    max_mse: float | None
    bfloat16: bool
    progress: Progress | None
    threads: int | None


@dataclass(frozen=True)
class QuantizeReport:
    """What became of a file of weights.

    Attributes:
        path: What was read.
        output: What was written.
        layers: Of each layer in the output `layer_name`, `values`, `bit_width`, and what
            the error columns say, if they were asked for.
        errors: Of each layer that was left out `row`, `layer_name`, `kind` and `message`.
        skipped: Tensors of other types that were left out, with their types.
        bytes_in: Bytes of the input.
        bytes_out: Bytes of the output.
        seconds: How long it took.
    """

    path: str
    output: str
    layers: list[dict[str, Any]]
    bytes_in: int
    bytes_out: int
    seconds: float
    errors: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether no layer had an error."""
        return not self.errors

    @property
    def values(self) -> int:
        """Values of all layers in the output."""
        return sum(layer["values"] for layer in self.layers)

    def to_dict(self) -> dict[str, Any]:
        """The facts as plain values."""
        return {**asdict(self), "values": self.values, "ok": self.ok}

    def to_json(self) -> str:
        """The facts as JSON; an infinite ratio, of a layer that lost nothing, is null."""
        facts = self.to_dict()
        for layer in facts["layers"]:
            if layer.get("snr_db") in (float("inf"), float("-inf")):
                layer["snr_db"] = None
        return json.dumps(facts, indent=2)


def quantize_file(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    others: Others = "raise",
    continue_on_error: bool = False,
    overwrite: bool = False,
    **options: Unpack[QuantizeKeywords],
) -> QuantizeReport:
    """Quantizes the weights of a file into an Arrow file.

    The input is mapped; memory is that of the output. The output appears under its name
    only when it is whole.

    Args:
        path: A safetensors file, or an Arrow file with the columns that
            `validate_quantization_schema` wants.
        output: The Arrow file; it holds what `quantize_arrow` gives.
        others: As in `read_safetensors`.
        continue_on_error: Leaves layers with errors out and tells them in the report.
        overwrite: Whether the output may replace a file that is there.
        **options: As in `quantize_arrow`.

    Raises:
        BarrowIoError: A file cannot be read or written, or the output is there already.
        BarrowCorruptError: The input is damaged, or neither of both.
        What `read_safetensors` and `quantize_arrow` raise.
    """
    started = time.monotonic()
    name, target = os.fspath(path), os.fspath(output)
    _refuse_existing(target, overwrite)
    is_arrow, bytes_in = _is_arrow(name), os.stat(name).st_size
    if is_arrow:
        table = _read_arrow(name)
    else:
        table = read_safetensors(name, others=others)
        options["bfloat16"] = True
    made: Any = quantize_arrow(table, continue_on_error=continue_on_error, **options)
    errors = []
    if continue_on_error:
        made, errors = made.table, made.errors.to_pylist()
    _write_arrow(made, target, overwrite)
    skipped = json.loads((table.schema.metadata or {}).get(SKIPPED_KEY, b"[]"))
    return QuantizeReport(
        path=name,
        output=target,
        layers=_layers(made),
        bytes_in=bytes_in,
        bytes_out=os.stat(target).st_size,
        seconds=time.monotonic() - started,
        errors=errors,
        skipped=[(tensor, dtype) for tensor, dtype in skipped],
    )


def dequantize_file(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    threads: int | None = None,
) -> int:
    """Writes the weights that codes stand for, as float32.

    Args:
        path: An Arrow file that `quantize_file` wrote.
        output: A safetensors file if the name ends so, else an Arrow file.
        overwrite: Whether the output may replace a file that is there.
        threads: As in `dequantize_arrow`.

    Returns:
        How many layers that are.

    Raises:
        BarrowIoError: A file cannot be read or written, or the output is there already.
        BarrowCorruptError: The input is damaged, or no Arrow file.
        What `dequantize_arrow` and `write_safetensors` raise.
    """
    target = os.fspath(output)
    _refuse_existing(target, overwrite)
    table = dequantize_arrow(_read_arrow(os.fspath(path)), threads=threads)
    if target.lower().endswith(_SUFFIX):
        write_safetensors(table, target, overwrite=overwrite)
    else:
        _write_arrow(table, target, overwrite)
    return int(table.num_rows)


def _layers(table: pa.Table) -> list[dict[str, Any]]:
    told = ["layer_name", "bit_width", "mse", "max_abs", "cosine", "snr_db", "bound_met"]
    rows = table.select([name for name in told if name in table.column_names]).to_pylist()
    counts = [math.prod(shape) for shape in table.column("shape").to_pylist()]
    return [
        {"layer_name": row.pop("layer_name"), "values": count, **row}
        for row, count in zip(rows, counts, strict=True)
    ]


def _is_arrow(name: str) -> bool:
    try:
        with Path(name).open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise unreadable(name, error) from error


def _read_arrow(name: str) -> pa.Table:
    """The table of an Arrow file, mapped; every offset in it was looked at."""
    try:
        if not os.stat(name).st_size:
            raise BarrowCorruptError(message(name, "the file is empty, expected an Arrow file"))
        with pa.memory_map(os.fsencode(name)) as file:
            table = pa.ipc.open_file(file).read_all()
        table.validate(full=True)
    except pa.ArrowInvalid as error:
        what = f"no Arrow file, or a damaged one: {error}"
        raise BarrowCorruptError(message(name, what, tries=["writing it again"])) from error
    except OSError as error:
        raise unreadable(name, error) from error
    return table


def _refuse_existing(target: str, overwrite: bool) -> None:
    """Says so before the work rather than after it."""
    try:
        AtomicFile(target, overwrite=overwrite)
    except OSError as error:
        raise unwritable(target, error) from error


def _write_arrow(table: pa.Table, path: str, overwrite: bool) -> None:
    try:
        with AtomicFile(path, overwrite=overwrite) as file:
            with (
                Output(file.temporary) as sink,
                pa.ipc.new_file(sink, table.schema) as writer,
            ):
                writer.write_table(table, max_chunksize=_NO_LIMIT)
            file.commit()
    except OSError as error:
        raise unwritable(path, error) from error
