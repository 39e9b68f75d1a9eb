"""The compiled extension module. Called through `barrow._lib` by the package only.

Buffers are anything contiguous with the buffer protocol. `wide` chooses 128-bit raw
values (scale 16) instead of 64-bit ones (scale 9).
"""

from typing import Any, NewType, TypeAlias

import numpy as np
import pyarrow as pa

# Before Python 3.12 type checkers do not see that arrays are buffers.
Buffer: TypeAlias = bytes | bytearray | memoryview | np.ndarray[Any, Any]
_Decoder = NewType("_Decoder", object)
_Checks = NewType("_Checks", object)
_Writer = NewType("_Writer", object)

def csv_new(
    delimiter: int,
    quote: int,
    field_count: int,
    fields: tuple[int, ...],
    price_precision: int,
    size_precision: int,
    rounding: int,
    default_volume: str,
    ts_init_delta: int,
    may_widen: bool,
    reject_limit: int,
    line: int,
    use_layouts: bool,
    /,
) -> _Decoder: ...
def csv_push(
    decoder: _Decoder,
    chunk: Buffer,
    begin: int,
    end: int,
    final: bool,
    wide: bool,
    columns: tuple[Buffer, ...],
    first_row: int,
    /,
) -> tuple[int, int, int]: ...
def csv_rejects(decoder: _Decoder, /) -> tuple[tuple[int, int, int, int, int, int, int], ...]: ...
def csv_counts(decoder: _Decoder, /) -> tuple[int, ...]: ...
def reason_names() -> tuple[str, ...]: ...
def parse_value(
    text: str, wide: bool, signed: bool, precision: int, rounding: int, /
) -> tuple[int, int, int, int]: ...
def format_value(
    high: int, low: int, wide: bool, negative: bool, decimals: int, /
) -> str | None: ...
def parse_time(text: str, /) -> tuple[int, int, int]: ...
def format_time(nanoseconds: int, /) -> str: ...
def column_to_float64(
    raw: Buffer, wide: bool, signed: bool, precision: int, values: Buffer, /
) -> None: ...
def column_widen(raw: Buffer, signed: bool, wide: Buffer, /) -> None: ...
def column_narrow(wide: Buffer, signed: bool, raw: Buffer, /) -> int: ...
def checks_new() -> _Checks: ...
def checks_push(checks: _Checks, columns: tuple[Buffer, ...], wide: bool, step: int, /) -> None: ...
def checks_counts(checks: _Checks, /) -> tuple[int, ...]: ...
def ipc_new(path: str, schema: pa.Schema, /) -> _Writer: ...
def ipc_write(writer: _Writer, batch: pa.RecordBatch, /) -> None: ...
def ipc_close(writer: _Writer, /) -> None: ...
def ipc_open(path: str, /) -> Any: ...
def simd_bits() -> int: ...
