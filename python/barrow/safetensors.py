"""safetensors files to tables of weights, mapped, and back.

A file is 8 bytes with the length of its header, little-endian; the header, a JSON object
of tensors with type, shape and place, and of texts under `__metadata__`; then the values,
little-endian, in C order, one tensor behind the other without a gap. The format is
described at https://github.com/huggingface/safetensors; its package is not needed, and
of NumPy arrays it would make copies.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa

from barrow.errors import (
    BarrowArgumentError,
    BarrowCorruptError,
    BarrowUnsupportedError,
    message,
    shown,
)
from barrow.files import AtomicFile, Output, unreadable, unwritable
from barrow.quantize.layers import layers_of
from barrow.quantize.schema import table_of

Others = Literal["raise", "skip"]

SKIPPED_KEY = b"barrow.skipped"
_OWN = b"barrow."
_METADATA = "__metadata__"
# The most that the format's own library reads.
_MOST_HEADER = 100_000_000
_PREFIX = 8
_LINE = 64
_TYPES = {
    "F64": pa.float64(),
    "F32": pa.float32(),
    "F16": pa.float16(),
    "BF16": pa.binary(2),
}
_NAMES = {dtype: name for name, dtype in _TYPES.items()}
_BITS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8,
    "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as the header has it.

    Attributes:
        name: Its name.
        dtype: The name of its type, such as F32.
        shape: Its axes.
        begin: Its first byte behind the header.
        end: One past its last byte.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_safetensors(path: str | os.PathLike[str], *, others: Others = "raise") -> pa.Table:
    """Maps the weights of a safetensors file; nothing is read before it is used.

    The values lie in the mapped file, as long as anything of the table is there. Copied
    are tensors that do not begin at a multiple of their width, and where there are
    several types: `weights` is then float64 if one is F64, else float32, which holds the
    values of all of them, and tensors of another type are copied. The file must not be
    made shorter meanwhile.

    Args:
        path: The file.
        others: What becomes of tensors that are not F64, F32, F16 or BF16: "raise", or
            "skip" to leave them out; `barrow.skipped` in the metadata of the schema is
            then a JSON list of their names and types.

    Returns:
        A table of `layer_name`, `weights`, large_list of float64, float32, float16 or
        FixedSizeBinary(2) for BF16, and `shape`, in the order of the file. The metadata of
        the schema is that of the file.

    Raises:
        BarrowIoError: The file cannot be read.
        BarrowCorruptError: It is cut off or damaged, or no safetensors file.
        BarrowUnsupportedError: It holds tensors of other types.
        BarrowArgumentError: `others` is something else.
    """
    name = os.fspath(path)
    if others not in get_args(Others):
        raise BarrowArgumentError(message("others", f"{others!r}, expected one of 'raise', 'skip'"))
    data = _mapped(name)
    header, start = _header(name, data)
    tensors, metadata = tensors_of(name, header, data.size - start)
    good = [tensor for tensor in tensors if tensor.dtype in _TYPES]
    bad = [tensor for tensor in tensors if tensor.dtype not in _TYPES]
    if bad and others == "raise":
        raise _other_types(name, bad)
    dtype = _common(good)
    chunks = [_chunk(data, start, run, dtype) for run in _runs(good, start, dtype)]
    keys = {key.encode(): value.encode() for key, value in metadata.items()}
    if bad:
        keys[SKIPPED_KEY] = json.dumps([[t.name, t.dtype] for t in bad]).encode()
    return pa.table(
        [
            pa.array([tensor.name for tensor in good], pa.string()),
            pa.chunked_array(chunks, pa.large_list(_TYPES[dtype])),
            pa.array([tensor.shape for tensor in good], pa.list_(pa.int64())),
        ],
        names=["layer_name", "weights", "shape"],
    ).replace_schema_metadata(keys or None)


def write_safetensors(table: Any, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Writes weights to a safetensors file, wholly or not at all, without copying them.

    Args:
        table: What `quantize_arrow` takes and `dequantize_arrow` gives: `layer_name`,
            `weights` and maybe `shape`; FixedSizeBinary(2) is BF16. NaN and infinite
            values may be there. The metadata of its schema goes along, without what is
            of Arrow or barrow: keys that begin with `barrow.`, `ARROW:` or are `pandas`.
        path: The file.
        overwrite: Whether it may replace one that is there.

    Raises:
        BarrowSchemaError: The table has other columns, or a null in a layer.
        BarrowArgumentError: Two layers have one name, or a name the format keeps.
        BarrowUnsupportedError: Names and shapes take more than the 100 MB a header may.
        BarrowIoError: The file is there already, or cannot be written.
    """
    table = table_of(table)
    layers = layers_of(table, True)
    seen = {_METADATA}
    for layer in layers:
        if layer.fault is not None:
            raise layer.fault
        if layer.name in seen:
            kept = "the format keeps this name" if layer.name == _METADATA else "the name is taken"
            raise BarrowArgumentError(
                message(f'layer "{shown(layer.name)}" of row {layer.row}', kept, tries=["renaming"])
            )
        seen.add(layer.name)
    dtype = _NAMES[table.schema.field("weights").type.value_type]
    facts: dict[str, Any] = {}
    if texts := _texts(table.schema.metadata or {}):
        facts[_METADATA] = texts
    at = 0
    for layer in layers:
        end = at + layer.values.nbytes
        facts[layer.name] = {"dtype": dtype, "shape": layer.shape, "data_offsets": [at, end]}
        at = end
    header = json.dumps(facts, separators=(",", ":"), ensure_ascii=False).encode()
    # Values that begin a cache line are aligned for every type.
    header += b" " * (-(_PREFIX + len(header)) % _LINE)
    name = os.fspath(path)
    if len(header) > _MOST_HEADER:
        what = f"its header would have {len(header):,} bytes, expected at most {_MOST_HEADER:,}"
        raise BarrowUnsupportedError(message(name, what, tries=["several files"]))
    try:
        with AtomicFile(path, overwrite=overwrite) as file:
            with Output(file.temporary) as output:
                output.write(len(header).to_bytes(_PREFIX, "little"))
                output.write(header)
                for layer in layers:
                    output.write(layer.values)
            file.commit()
    except OSError as error:
        raise unwritable(name, error) from error


def tensors_of(name: str, header: bytes, size: int) -> tuple[list[Tensor], dict[str, str]]:
    """What a header says, believed only if all of it fits together.

    Args:
        name: The file, for errors.
        header: The JSON text.
        size: Bytes behind the header.

    Returns:
        The tensors in the order of their values, and the metadata.

    Raises:
        BarrowCorruptError: It does not.
    """
    if not header.startswith(b"{"):
        raise _damaged(name, f'the header starts with "{shown(header[:8])}", expected "{{"')
    try:
        facts = json.loads(header.decode(), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise _damaged(name, f"the header is no JSON: {shown(str(error))}") from error
    metadata = facts.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise _damaged(name, f'"{_METADATA}" is no object of texts')
    for text in (*facts, *metadata, *metadata.values()):
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise _damaged(name, f'"{shown(text)}" has half of a character')
    tensors = [_tensor(name, key, value) for key, value in facts.items()]
    tensors.sort(key=lambda tensor: (tensor.begin, tensor.end))
    at = 0
    for tensor in tensors:
        if tensor.begin != at:
            what = f"begins at byte {tensor.begin}, expected {at}, where the one before ends"
            raise _damaged(name, f'tensor "{shown(tensor.name)}" {what}')
        at = tensor.end
    if at != size:
        cut = " (the file is cut off)" if size < at else ""
        raise _damaged(name, f"the tensors take {at:,} bytes, but the file has {size:,}{cut}")
    return tensors, metadata


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object has two values of one name")
    return result


def _tensor(file: str, name: str, facts: Any) -> Tensor:
    where = f'tensor "{shown(name)}"'
    if not isinstance(facts, dict):
        raise _damaged(file, f"{where} is no object")
    dtype, shape, place = (facts.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str):
        raise _damaged(file, f"{where} has no dtype")
    if not isinstance(shape, list) or not _are_counts(shape):
        raise _damaged(file, f"{where} has the shape {_told(shape)}, expected sizes of axes")
    is_pair = isinstance(place, list) and len(place) == 2 and _are_counts(place)
    if not isinstance(place, list) or not is_pair or place[0] > place[1]:
        raise _damaged(file, f"{where} has the offsets {_told(place)}, expected a rising pair")
    begin, end = place
    bits = _count(shape) * _BITS.get(dtype, 0)
    if dtype in _BITS and bits != 8 * (end - begin):
        needed = f"{dtype} of shape {_told(shape)} takes others"
        raise _damaged(file, f"{where} has {end - begin:,} bytes, but {needed}")
    return Tensor(name, dtype, tuple(shape), begin, end)


def _count(shape: Sequence[int]) -> int:
    """Values of a shape, or a number beyond every file; never one of a million digits."""
    if 0 in shape:
        return 0
    count = 1
    for axis in shape:
        count = min(count * axis, 2**64)
    return count


def _are_counts(values: list[Any]) -> bool:
    # Python's true and false are integers too.
    return all(type(value) is int and 0 <= value < 2**63 for value in values)


def _told(value: object) -> str:
    return shown(repr(value))


def _mapped(name: str) -> pa.Buffer:
    try:
        if not os.stat(name).st_size:
            return pa.py_buffer(b"")
        with pa.memory_map(os.fsencode(name)) as source:
            return source.read_buffer()
    except OSError as error:
        raise unreadable(name, error) from error


def _header(name: str, data: pa.Buffer) -> tuple[bytes, int]:
    """The text of the header, and where the values begin."""
    if data.size < _PREFIX:
        what = f"the file has {data.size} bytes, expected {_PREFIX} for the length of its header"
        raise _damaged(name, what)
    view = memoryview(data)
    length = int.from_bytes(view[:_PREFIX], "little")
    rest = data.size - _PREFIX
    if length > min(rest, _MOST_HEADER):
        most = f"at most {_MOST_HEADER:,}" if length > _MOST_HEADER else f"the {rest:,} there are"
        raise _damaged(name, f"the header is said to have {length:,} bytes, expected {most}")
    return bytes(view[_PREFIX : _PREFIX + length]), _PREFIX + length


def _damaged(name: str, what: str) -> BarrowCorruptError:
    return BarrowCorruptError(
        message(name, f"no safetensors file, or a damaged one: {what}", tries=["getting it again"])
    )


def _other_types(name: str, tensors: Sequence[Tensor]) -> BarrowUnsupportedError:
    listed = ", ".join(f'"{shown(t.name)}" {shown(t.dtype)}' for t in tensors[:5])
    more = f" and {len(tensors) - 5} more" if len(tensors) > 5 else ""
    return BarrowUnsupportedError(
        message(
            name,
            f"{listed}{more}, expected tensors of {', '.join(_TYPES)}",
            tries=['others="skip" (--skip-others) to leave them out'],
        )
    )


def _common(tensors: Sequence[Tensor]) -> str:
    """The type that holds the values of all tensors."""
    types = {tensor.dtype for tensor in tensors}
    if len(types) == 1:
        return types.pop()
    return "F64" if "F64" in types else "F32"


def _is_in_place(tensor: Tensor, start: int, dtype: str) -> bool:
    return tensor.dtype == dtype and not (start + tensor.begin) % (_BITS[dtype] // 8)


def _runs(tensors: Sequence[Tensor], start: int, dtype: str) -> Iterator[list[Tensor]]:
    """Tensors that lie one behind the other and need no copy; each of the others alone."""
    run: list[Tensor] = []
    for tensor in tensors:
        joins = run and run[-1].end == tensor.begin and _is_in_place(tensor, start, dtype)
        if not (joins and _is_in_place(run[-1], start, dtype)):
            if run:
                yield run
            run = []
        run.append(tensor)
    if run:
        yield run


def _chunk(data: pa.Buffer, start: int, run: Sequence[Tensor], dtype: str) -> pa.Array:
    values = data.slice(start + run[0].begin, run[-1].end - run[0].begin)
    if not _is_in_place(run[0], start, dtype):
        values = pa.py_buffer(_widened(values, run[0].dtype, dtype))
    counts = [_count(tensor.shape) for tensor in run]
    ends = np.cumsum([0, *counts], dtype=np.int64)
    numbers = pa.Array.from_buffers(_TYPES[dtype], sum(counts), [None, values])
    return pa.Array.from_buffers(
        pa.large_list(_TYPES[dtype]), len(run), [None, pa.py_buffer(ends)], children=[numbers]
    )


def _widened(values: pa.Buffer, dtype: str, other: str) -> np.ndarray[Any, Any]:
    """A copy of values in another type, which holds them all."""
    if dtype == other:
        return np.frombuffer(values, np.uint8).copy()
    if dtype == "BF16":  # the upper half of a float32
        words = np.frombuffer(values, np.uint16).astype(np.uint32) << np.uint32(16)
        return words.view(np.float32).astype(_TYPES[other].to_pandas_dtype(), copy=False)
    numbers = np.frombuffer(values, _TYPES[dtype].to_pandas_dtype())
    return numbers.astype(_TYPES[other].to_pandas_dtype())


def _texts(metadata: Mapping[bytes, bytes]) -> dict[str, str]:
    foreign = (_OWN, b"ARROW:")
    kept = {k: v for k, v in metadata.items() if not k.startswith(foreign) and k != b"pandas"}
    return {k.decode(errors="replace"): v.decode(errors="replace") for k, v in kept.items()}
