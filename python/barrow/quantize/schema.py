"""Schemas of weights and of what they become."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from barrow.errors import BarrowSchemaError, message

FLOAT32, FLOAT64, FLOAT16, BFLOAT16 = range(4)
VERSION_KEY = b"barrow.quantize"
VERSION = b"1"
ERROR_FIELDS = [pa.field(name, pa.float64()) for name in ("mse", "max_abs", "cosine", "snr_db")]
_KINDS = {pa.float32(): FLOAT32, pa.float64(): FLOAT64, pa.float16(): FLOAT16}


def kind_of(dtype: pa.DataType, bfloat16: bool) -> int | None:
    """The number the kernels know for a type of values, or None."""
    if bfloat16 and dtype == pa.binary(2):
        return BFLOAT16
    return _KINDS.get(dtype)


def is_list(dtype: pa.DataType) -> bool:
    """Whether a column has lists, with 32-bit or 64-bit offsets."""
    return bool(pt.is_list(dtype) or pt.is_large_list(dtype))


def validate_quantization_schema(schema: pa.Schema, *, bfloat16: bool = False) -> None:
    """Checks that a table has weights to quantize; other columns do not matter.

    Args:
        schema: Must have `layer_name`, string or large_string (or string_view), and
            `weights`, list or large_list of float32, float64 or float16. May have `shape`,
            list of int64.
        bfloat16: Whether FixedSizeBinary(2) is read as bfloat16, little-endian.

    Raises:
        BarrowSchemaError: It has not; every mismatch is listed.
    """
    faults = _column_faults(schema, "layer_name", "string or large_string", _is_name)
    weights = "list or large_list of float32, float64 or float16"
    weights += ", or of fixed_size_binary[2] for bfloat16" if bfloat16 else ""
    faults += _column_faults(schema, "weights", weights, lambda t: _is_weights(t, bfloat16))
    if "shape" in schema.names:
        faults += _column_faults(schema, "shape", "list of int64", _is_shape)
    _raise(faults, "quantization schema")


def validate_quantized_schema(schema: pa.Schema) -> None:
    """Checks that a table is one that `quantize_arrow` gives; other columns do not matter.

    Raises:
        BarrowSchemaError: It is none; every mismatch is listed.
    """
    faults = _column_faults(schema, "layer_name", "string or large_string", _is_name)
    faults += _column_faults(schema, "quantized_data", "binary or large_binary", _is_bytes)
    for name in ("scales", "zero_points"):
        wanted = "list or large_list of float32 or float16"
        faults += _column_faults(schema, name, wanted, _is_scales)
    faults += _column_faults(schema, "shape", "list of int64", _is_shape)
    faults += _column_faults(schema, "bit_width", "uint8", pt.is_uint8)
    faults += _column_faults(schema, "group_size", "uint32", pt.is_uint32)
    faults += _column_faults(schema, "scheme", "string or large_string", _is_name)
    _raise(faults, "quantized schema")


def quantized_schema(half: bool, errors: bool, bounded: bool) -> pa.Schema:
    """The schema of quantized layers.

    Args:
        half: Whether scales are float16.
        errors: Whether there are columns with what was lost.
        bounded: Whether there is a column that tells if a bound holds.
    """
    scale = pa.float16() if half else pa.float32()
    fields = [
        pa.field("layer_name", pa.string()),
        pa.field("quantized_data", pa.binary()),
        pa.field("scales", pa.list_(scale)),
        pa.field("zero_points", pa.list_(scale)),
        pa.field("shape", pa.list_(pa.int64())),
        pa.field("bit_width", pa.uint8()),
        pa.field("group_size", pa.uint32()),
        pa.field("scheme", pa.string()),
    ]
    fields += ERROR_FIELDS if errors else []
    fields += [pa.field("bound_met", pa.bool_())] if bounded else []
    return pa.schema(fields, metadata={VERSION_KEY: VERSION})


def table_of(table: Any) -> pa.Table:
    """A table, a record batch, a reader, or whatever has `__arrow_c_stream__`, as a table."""
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    return table if isinstance(table, pa.Table) else pa.table(table)


def with_metadata(table: pa.Table, source: pa.Schema) -> pa.Table:
    """A table with what its source says of itself, and what it says already.

    Args:
        table: What was made.
        source: The schema of what it was made of; what pandas noted of its columns, and what
            `quantize_arrow` says of its result, stay behind.
    """
    kept = {k: v for k, v in (source.metadata or {}).items() if k not in (b"pandas", VERSION_KEY)}
    return table.replace_schema_metadata({**kept, **(table.schema.metadata or {})} or None)


def _is_name(dtype: pa.DataType) -> bool:
    # Views are what polars hands out.
    return bool(pt.is_string(dtype) or pt.is_large_string(dtype) or pt.is_string_view(dtype))


def _is_weights(dtype: pa.DataType, bfloat16: bool) -> bool:
    return is_list(dtype) and kind_of(dtype.value_type, bfloat16) is not None


def _is_shape(dtype: pa.DataType) -> bool:
    return is_list(dtype) and bool(pt.is_int64(dtype.value_type))


def _is_scales(dtype: pa.DataType) -> bool:
    return is_list(dtype) and dtype.value_type in (pa.float32(), pa.float16())


def _is_bytes(dtype: pa.DataType) -> bool:
    return bool(pt.is_binary(dtype) or pt.is_large_binary(dtype) or pt.is_binary_view(dtype))


def _column_faults(schema: pa.Schema, name: str, expected: str, good: object) -> list[str]:
    found = schema.get_all_field_indices(name)
    if len(found) != 1:
        count = f"{len(found)} columns have this name" if found else "it is missing"
        return [f'column "{name}": {count}, expected {expected}']
    dtype = schema.field(found[0]).type
    if not good(dtype):  # type: ignore[operator]
        return [f'column "{name}": it has the type {dtype}, expected {expected}']
    return []


def _raise(faults: list[str], what: str) -> None:
    if faults:
        raise BarrowSchemaError(
            message(
                what,
                f"{len(faults)} mismatch{'es' * (len(faults) > 1)}\n  " + "\n  ".join(faults),
                tries=["cast or rename the columns first"],
            )
        )
