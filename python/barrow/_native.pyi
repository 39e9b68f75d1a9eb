"""The compiled extension module. Called through `barrow._lib` by the package only.

Buffers are anything contiguous with the buffer protocol. `wide` chooses 128-bit raw
values (scale 16) instead of 64-bit ones (scale 9).
"""

from typing import Any, NewType, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa

# Before Python 3.12 type checkers do not see that arrays are buffers.
Buffer: TypeAlias = bytes | bytearray | memoryview | np.ndarray[Any, Any] | pa.Buffer
_Row = TypeVar("_Row")
_Decoder = NewType("_Decoder", object)
_Checks = NewType("_Checks", object)
_TickChecks = NewType("_TickChecks", object)
_ArrowSchema = NewType("_ArrowSchema", object)
_ArrowBatch = NewType("_ArrowBatch", object)
_ArrowField: TypeAlias = tuple[str, str, int]
_Writer = NewType("_Writer", object)
_Cascade = NewType("_Cascade", object)
_Sampler = NewType("_Sampler", object)
_Runs = NewType("_Runs", object)
_Indicator = NewType("_Indicator", object)
_IndicatorKind = NewType("_IndicatorKind", object)

def row_type() -> type: ...
def rows_new(
    base: type, cls: type[_Row], owner: object, begin: int, count: int, /
) -> list[_Row]: ...
def csv_new(plan: dict[str, Any], line: int, /) -> _Decoder: ...
def csv_push(
    decoder: _Decoder,
    chunk: Buffer,
    begin: int,
    end: int,
    final: bool,
    wide: bool,
    columns: tuple[Buffer, ...],
    first_row: int,
    end_row: int,
    /,
) -> tuple[int, int, int]: ...
def csv_begin(decoder: _Decoder, line: int, symbol: str | None, /) -> None: ...
def csv_lines(chunk: Buffer, begin: int, end: int, most: int, /) -> tuple[int, int]: ...
def csv_rejects(decoder: _Decoder, /) -> tuple[tuple[int, int, int, int, int, int, int], ...]: ...
def csv_counts(decoder: _Decoder, /) -> tuple[int, ...]: ...
def csv_symbol(decoder: _Decoder, /) -> str | None: ...
def csv_write(
    columns: tuple[tuple[int, int, Buffer, Buffer, int, Buffer], ...],
    delimiter: int,
    begin: int,
    end: int,
    text: Buffer,
    /,
) -> tuple[int, int, int]: ...
def csv_fraction_digits(instants: Buffer, /) -> int: ...
def reason_names() -> tuple[str, ...]: ...
def parse_value(
    text: str, wide: bool, signed: bool, precision: int, rounding: int, /
) -> tuple[int, int, int, int]: ...
def format_value(
    high: int, low: int, wide: bool, negative: bool, decimals: int, /
) -> str | None: ...
def parse_time(text: str, pattern: str, /) -> tuple[int, int, int]: ...
def format_time(nanoseconds: int, /) -> str: ...
def column_to_float64(raw: Buffer, wide: bool, signed: bool, values: Buffer, /) -> None: ...
def column_widen(raw: Buffer, signed: bool, wide: Buffer, /) -> None: ...
def column_narrow(wide: Buffer, signed: bool, raw: Buffer, /) -> int: ...
def column_from_floats(
    values: Buffer,
    single: bool,
    wide: bool,
    signed: bool,
    precision: int,
    rounding: int,
    raw: Buffer,
    /,
) -> tuple[int, int, int, int]: ...
def column_from_decimals(
    values: Buffer,
    bits: int,
    source_scale: int,
    wide: bool,
    signed: bool,
    precision: int,
    rounding: int,
    raw: Buffer,
    /,
) -> tuple[int, int, int, int]: ...
def column_from_texts(
    offsets: Buffer,
    data: Buffer,
    wide: bool,
    signed: bool,
    precision: int,
    rounding: int,
    raw: Buffer,
    /,
) -> tuple[int, int, int, int]: ...
def column_from_times(
    offsets: Buffer, data: Buffer, nanoseconds: Buffer, /
) -> tuple[int, int, int, int]: ...
def column_unfit(raw: Buffer, wide: bool, signed: bool, precision: int, /) -> int: ...
def checks_new() -> _Checks: ...
def checks_push(checks: _Checks, columns: tuple[Buffer, ...], wide: bool, step: int, /) -> None: ...
def checks_counts(checks: _Checks, /) -> tuple[int, ...]: ...
def tick_checks_new() -> _TickChecks: ...
def quote_checks_push(checks: _TickChecks, columns: tuple[Buffer, ...], wide: bool, /) -> None: ...
def trade_checks_push(checks: _TickChecks, columns: tuple[Buffer, ...], wide: bool, /) -> None: ...
def tick_checks_counts(checks: _TickChecks, /) -> tuple[int, ...]: ...
def bar64_pack(columns: tuple[Buffer, ...], records: Buffer, /) -> None: ...
def bar64_unpack(
    records: Buffer, columns: tuple[Buffer, ...], checked: bool, lanes: Buffer, /
) -> int: ...
def bar64_damage(records: Buffer, /) -> tuple[int, int, int]: ...
def crc32c(data: Buffer, /) -> int: ...
def fingerprint(data: Buffer, lanes: Buffer, /) -> None: ...
def ipc_new(sink: Any, schema: pa.Schema, /) -> _Writer: ...
def ipc_write(writer: _Writer, batch: pa.RecordBatch, /) -> None: ...
def ipc_close(writer: _Writer, /) -> None: ...
def ipc_open(path: str, mapped: bool, /) -> tuple[Any, Any]: ...
def arrow_take_array(
    schema: object, array: object, record_batch: bool, /
) -> tuple[_ArrowSchema, _ArrowBatch]: ...
def arrow_take_stream(
    stream: object, record_batch: bool, /
) -> tuple[_ArrowSchema, tuple[_ArrowBatch, ...]]: ...
def arrow_empty(schema: _ArrowSchema, /) -> _ArrowBatch: ...
def arrow_fields(schema: _ArrowSchema, /) -> tuple[int, _ArrowField, tuple[_ArrowField, ...]]: ...
def arrow_rows(batch: _ArrowBatch, /) -> int: ...
def arrow_find(schema: _ArrowSchema, name: str, /) -> int: ...
def arrow_column(batch: _ArrowBatch, index: int, /) -> tuple[int, ...]: ...
def arrow_lend_schema(schema: _ArrowSchema, /) -> object: ...
def arrow_lend_array(batch: _ArrowBatch, /) -> tuple[object, object]: ...
def arrow_lend_stream(schema: _ArrowSchema, batches: tuple[_ArrowBatch, ...], /) -> object: ...
def indicator_names() -> tuple[str, ...]: ...
def indicator_kind(place: int, /) -> _IndicatorKind: ...
def indicator_batch(
    kind: _IndicatorKind,
    parameters: tuple[float, ...],
    skip: bool,
    columns: tuple[Buffer, ...],
    rows: int,
    outputs: tuple[Buffer, ...],
    /,
) -> None: ...
def indicator_new(
    kind: _IndicatorKind, parameters: tuple[float, ...], skip: bool, /
) -> _Indicator: ...
def indicator_warm_up(machine: _Indicator, /) -> tuple[int, int, int]: ...
def indicator_update(
    machine: _Indicator, open: float, high: float, low: float, close: float, volume: float, /
) -> float | tuple[float, ...]: ...
def indicator_run(
    machines: tuple[_Indicator, ...],
    columns: tuple[Buffer, ...],
    rows: int,
    outputs: tuple[Buffer, ...],
    /,
) -> None: ...
def indicator_reset(machine: _Indicator, /) -> None: ...
def indicator_save(machine: _Indicator, /) -> tuple[float, ...]: ...
def indicator_restore(machine: _Indicator, numbers: tuple[float, ...], /) -> None: ...
def information_new(
    wide: bool, choices: tuple[int, ...], step: tuple[int, ...], unit: tuple[int, ...], /
) -> _Sampler: ...
def information_check(
    wide: bool, columns: tuple[Buffer, ...], first: int, last: int, least: int, /
) -> tuple[int, int]: ...
def information_push(
    sampler: _Sampler,
    wide: bool,
    columns: tuple[Buffer, ...],
    sides: Buffer,
    first: int,
    last: int,
    begin: int,
    blocks: tuple[Buffer],
    places: Buffer,
    /,
) -> tuple[int, int, int, int]: ...
def information_peek(
    sampler: _Sampler, wide: bool, blocks: tuple[Buffer], places: Buffer, /
) -> tuple[int, int, int]: ...
def information_save(sampler: _Sampler, wide: bool, /) -> tuple[int, ...]: ...
def information_restore(sampler: _Sampler, wide: bool, words: tuple[int, ...], /) -> None: ...
def quantize_lists(
    batch: _ArrowBatch, index: int, ends: Buffer, /
) -> tuple[int, int, int, int]: ...
def quantize_range(values: Buffer, kind: int, /) -> tuple[float, float, int]: ...
def quantize_grid(
    low: float, high: float, bits: int, symmetric: bool, half: bool, /
) -> tuple[float, float]: ...
def quantize_groups(
    values: Buffer,
    kind: int,
    choices: tuple[int, bool, int, bool, int, float, bool],
    scales: Buffer,
    zeros: Buffer,
    codes: Buffer,
    /,
) -> tuple[int, int]: ...
def quantize_values(
    codes: Buffer,
    levels: tuple[int, bool, bool],
    group: int,
    scales: Buffer,
    zeros: Buffer,
    values: Buffer,
    /,
) -> None: ...
def quantize_errors(
    values: Buffer,
    kind: int,
    codes: Buffer,
    levels: tuple[int, bool],
    group: int,
    scales: Buffer,
    zeros: Buffer,
    /,
) -> tuple[float, float, float, float, float]: ...
def quantize_to_gguf(values: Buffer, bits: int, blocks: Buffer, /) -> int: ...
def quantize_from_gguf(blocks: Buffer, bits: int, values: Buffer, /) -> None: ...
def resample_new(
    wide: bool,
    closed_right: bool,
    unique: bool,
    levels: tuple[tuple[int, int, int, Buffer, Buffer], ...],
    sessions: tuple[Buffer, Buffer, bool] | None,
    /,
) -> _Cascade: ...
def resample_push(
    cascade: _Cascade,
    wide: bool,
    columns: tuple[Buffer, ...],
    blocks: tuple[Buffer, ...],
    places: Buffer,
    /,
) -> tuple[int, int, int, int]: ...
def resample_records(
    cascade: _Cascade,
    records: Buffer,
    lanes: Buffer,
    scratch: Buffer,
    blocks: tuple[Buffer, ...],
    places: Buffer,
    outputs: tuple[Buffer, ...],
    filled: Buffer,
    /,
) -> tuple[int, int, int, int, int]: ...
def resample_advance(
    cascade: _Cascade, wide: bool, now: int, blocks: tuple[Buffer, ...], places: Buffer, /
) -> tuple[int, int, int, int]: ...
def resample_peek(
    cascade: _Cascade, wide: bool, ended: bool, blocks: tuple[Buffer, ...], places: Buffer, /
) -> tuple[int, ...]: ...
def resample_facts(cascade: _Cascade, wide: bool, /) -> tuple[int, ...]: ...
def resample_save(cascade: _Cascade, wide: bool, /) -> tuple[int, ...]: ...
def resample_restore(cascade: _Cascade, wide: bool, words: tuple[int, ...], /) -> None: ...
def resample_midpoints(
    bids: Buffer, asks: Buffer, wide: bool, signed: bool, middles: Buffer, /
) -> int: ...
def arima_fit(
    values: Buffer,
    bounds: Buffer,
    order: Buffer,
    settings: Buffer,
    parameters: Buffer,
    facts: Buffer,
    /,
) -> None: ...
def arima_filter(
    values: Buffer,
    bounds: Buffer,
    order: Buffer,
    parameters: Buffer,
    residuals: Buffer,
    means: Buffer,
    variances: Buffer,
    facts: Buffer,
    /,
) -> None: ...
def arima_curvature(
    values: Buffer,
    order: Buffer,
    parameters: Buffer,
    conditional: bool,
    hessian: Buffer,
    products: Buffer,
    /,
) -> int: ...
def rolling(
    statistic: int,
    values: Buffer,
    other: Buffer,
    window: int,
    min_periods: int,
    choice: int,
    parameter: float,
    result: Buffer,
    /,
) -> int: ...
def adjust_runs(stamps: Buffer, bounds: Buffer, /) -> tuple[_Runs, tuple[int, ...]]: ...
def adjust_shift(
    raw: Buffer, runs: _Runs, amounts: Buffer, wide: bool, sums: Buffer, /
) -> tuple[int, int, int, int]: ...
def adjust_multiply(
    raw: Buffer,
    runs: _Runs,
    words: Buffer,
    starts: Buffer,
    wide: bool,
    signed: bool,
    precision: int,
    rounding: int,
    products: Buffer,
    /,
) -> tuple[int, int, int, int]: ...
def simd_bits() -> int: ...
