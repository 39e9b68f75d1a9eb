"""Tables of weights to tables of codes: every layout, every error, no copy."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow.quantize import quality
from barrow.quantize.layers import layers_of

FLOATS = {"float32": pa.float32(), "float64": pa.float64(), "float16": pa.float16()}


def weights(sizes: list[int], dtype: str = "float32", large: bool = False) -> pa.Table:
    rng = np.random.default_rng(len(sizes))
    of = pa.large_list if large else pa.list_
    rows = [rng.normal(size=n).astype(dtype) for n in sizes]
    return pa.table(
        {
            "layer_name": pa.array([f"l{i}" for i in range(len(sizes))]),
            "weights": pa.array(rows, of(FLOATS[dtype])),
        }
    )


def rows_of(table: pa.Table, name: str) -> list[Any]:
    column = table.column(name).to_pylist()
    return column


def expected(table: pa.Table, **options: Any) -> list[tuple[bytes, list[float], list[float]]]:
    dtype = table.schema.field("weights").type.value_type.to_pandas_dtype()
    result = []
    for row in table.column("weights").to_pylist():
        q = bw.quantize(np.array(row, dtype), **options)
        result.append((q.codes.tobytes(), q.scales.tolist(), q.zero_points.tolist()))
    return result


def found(table: pa.Table) -> list[tuple[bytes, list[float], list[float]]]:
    names = ("quantized_data", "scales", "zero_points")
    return list(zip(*(rows_of(table, name) for name in names), strict=True))


def test_the_schema_is_the_published_one() -> None:
    out = bw.quantize_arrow(weights([300, 5]))
    assert out.schema.remove_metadata() == pa.schema(
        [
            ("layer_name", pa.string()),
            ("quantized_data", pa.binary()),
            ("scales", pa.list_(pa.float32())),
            ("zero_points", pa.list_(pa.float32())),
            ("shape", pa.list_(pa.int64())),
            ("bit_width", pa.uint8()),
            ("group_size", pa.uint32()),
            ("scheme", pa.string()),
        ]
    )
    out.validate(full=True)
    assert out.drop(["quantized_data", "scales", "zero_points"]).to_pylist() == [
        {"layer_name": "l0", "shape": [300], "bit_width": 4, "group_size": 128, "scheme": "affine"},
        {"layer_name": "l1", "shape": [5], "bit_width": 4, "group_size": 128, "scheme": "affine"},
    ]
    half = bw.quantize_arrow(weights([300]), scale_type="float16", errors=True)
    assert half.schema.field("scales").type == pa.list_(pa.float16())
    assert half.schema.names[8:] == ["mse", "max_abs", "cosine", "snr_db"]


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("dtype", FLOATS)
def test_chunks_slices_batches_and_empty_lists(dtype: str, large: bool) -> None:
    table = weights([300, 0, 5, 129, 0, 1], dtype, large)
    options = {"bit_width": 3, "granularity": "group"}
    everything = expected(table, **options)
    assert found(bw.quantize_arrow(table, **options)) == everything
    for begin in range(7):
        for end in range(begin, 7):
            part = table.slice(begin, end - begin)
            assert found(bw.quantize_arrow(part, **options)) == everything[begin:end]
    chunked = pa.concat_tables([table.slice(0, 2), table.slice(2, 0), table.slice(2, 4)])
    assert chunked.column("weights").num_chunks > 1
    assert found(bw.quantize_arrow(chunked, **options)) == everything
    assert found(bw.quantize_arrow(chunked.to_reader(1), **options)) == everything
    other_chunks = pa.table(
        [chunked.column("layer_name").combine_chunks(), chunked.column("weights")],
        names=["layer_name", "weights"],
    )
    assert found(bw.quantize_arrow(other_chunks, **options)) == everything
    batch = table.combine_chunks().to_batches()[0].slice(2)
    assert found(pa.table(bw.quantize_arrow_batch(batch, **options))) == everything[2:]


def test_nothing_is_copied_in() -> None:
    table = weights([300, 7, 1000]).combine_chunks().slice(1)
    column = table.column("weights").chunk(0)
    base = column.values.buffers()[1].address
    offsets = column.offsets.to_pylist()
    layers = layers_of(table, False)
    places = [layer.values.ctypes.data for layer in layers]
    assert places == [base + 4 * offset for offset in offsets[:-1]]
    del table, column
    # The layers keep the memory of the producer.
    assert [layer.count for layer in layers] == [7, 1000]
    assert all(np.isfinite(layer.values.view(np.float32)).all() for layer in layers)


def test_what_is_handed_out_is_memory_of_its_own_released_once() -> None:
    table = weights([3_000_000, 2_000_000])
    before = pa.total_allocated_bytes()
    out = bw.quantize_arrow(table, bit_width=8)
    data = out.column("quantized_data").chunk(0).buffers()
    other = pa.table(out.to_reader())
    assert other.column("quantized_data").chunk(0).buffers()[2].address == data[2].address
    again = found(other.slice(1))
    del out, data
    assert found(other.slice(1)) == again
    del other
    assert pa.total_allocated_bytes() <= before


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 6, 8])
@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
@pytest.mark.parametrize("granularity", ["group", "row", "tensor"])
def test_there_and_back_within_half_a_step(bits: int, scheme: str, granularity: str) -> None:
    table = weights([600, 0, 35, 128])
    shapes = [[20, 30], [0, 4], [5, 7], [128]]
    table = table.append_column("shape", pa.array(shapes, pa.list_(pa.int64())))
    out = bw.quantize_arrow(
        table, bit_width=bits, scheme=scheme, granularity=granularity, group_size=50
    )
    back = bw.dequantize_arrow(out)
    assert back.column_names == ["layer_name", "weights", "shape"]
    assert rows_of(back, "shape") == shapes == rows_of(out, "shape")
    for x, y, scales, group in zip(
        rows_of(table, "weights"),
        rows_of(back, "weights"),
        rows_of(out, "scales"),
        rows_of(out, "group_size"),
        strict=True,
    ):
        each = np.repeat(scales, group)[: len(x)]
        assert (np.abs(np.array(x) - np.array(y)) <= each * 0.50001).all()
    # Slices of codes are codes.
    assert back.slice(2).equals(bw.dequantize_arrow(out.slice(2)).combine_chunks())
    if granularity == "row":
        assert rows_of(out, "group_size") == [30, 1, 7, 128]


def test_bfloat16_is_read_when_asked_for() -> None:
    x = np.random.default_rng(1).normal(size=500).astype(np.float32)
    upper = (x.view(np.uint32) >> 16).astype(np.uint16)
    values = pa.FixedSizeBinaryArray.from_buffers(pa.binary(2), 500, [None, pa.py_buffer(upper)])
    lists = pa.ListArray.from_arrays(pa.array([0, 500], pa.int32()), values)
    table = pa.table({"layer_name": ["a"], "weights": lists})
    same = (upper.astype(np.uint32) << 16).view(np.float32)
    out = bw.quantize_arrow(table, bfloat16=True)
    assert found(out) == [
        (q.codes.tobytes(), q.scales.tolist(), q.zero_points.tolist())
        for q in [bw.quantize(same, bit_width=4, granularity="group")]
    ]
    with pytest.raises(bw.BarrowSchemaError, match=r"fixed_size_binary\[2\]"):
        bw.quantize_arrow(table)


def test_a_schema_is_told_every_mismatch_at_once() -> None:
    bw.validate_quantization_schema(weights([1]).schema)
    schema = pa.schema([("weights", pa.list_(pa.int32())), ("shape", pa.int64())])
    with pytest.raises(bw.BarrowSchemaError) as caught:
        bw.validate_quantization_schema(schema)
    assert str(caught.value) == (
        "quantization schema: 3 mismatches\n"
        '  column "layer_name": it is missing, expected string or large_string\n'
        '  column "weights": it has the type list<item: int32>, expected list or large_list of'
        " float32, float64 or float16\n"
        '  column "shape": it has the type int64, expected list of int64\n'
        "  try: cast or rename the columns first"
    )
    with pytest.raises(bw.BarrowSchemaError, match="quantized schema: 8 mismatches"):
        bw.dequantize_arrow(pa.table({"x": [1]}))


def faulty() -> pa.Table:
    rows = [[1.0, 2.0], None, [1.0, None], [0.5], [1.0, float("nan")], [3.0, 4.0, 5.0]]
    return pa.table(
        {
            "layer_name": ["good", "none", "hole", None, "nan", "shaped"],
            "weights": pa.array(rows, pa.list_(pa.float32())),
            "shape": [[2], None, None, None, [2], [2, 2]],
        }
    )


ERRORS = [
    (1, "none", "SchemaError", "its weights are null\n  try: fill or drop it first"),
    (2, "hole", "SchemaError", "value 1 is null\n  try: fill or drop it first"),
    (
        4,
        "nan",
        "ArgumentError",
        "value 1 is NaN, or infinite in float32, expected a finite number\n"
        "  try: replacing it first\n   or: continue_on_error=True to leave the layer out",
    ),
    (5, "shaped", "SchemaError", "3 values, but its shape is [2, 2], of 4"),
]


@pytest.mark.parametrize(("row", "name", "kind", "text"), ERRORS)
def test_an_error_names_the_layer(row: int, name: str, kind: str, text: str) -> None:
    with pytest.raises(bw.BarrowError) as caught:
        bw.quantize_arrow(faulty().slice(row, 1))
    assert caught.value.kind == kind
    assert str(caught.value) == f'layer "{name}" of row 0: {text}'


@pytest.mark.parametrize("fallback", [None, (2, 8)])
def test_the_good_layers_and_a_table_of_errors(fallback: tuple[int, ...] | None) -> None:
    bound = {"fallback": fallback, "min_cosine": 0.5} if fallback else {}
    out = bw.quantize_arrow(faulty(), continue_on_error=True, **bound)
    assert rows_of(out.table, "layer_name") == ["good"]
    rows = [
        (row, name, kind, f'layer "{name}" of row {row}: {text}')
        for row, name, kind, text in ERRORS
    ]
    rows.insert(2, (3, "", "SchemaError", "layer of row 3: it has no name"))
    assert [tuple(row.values()) for row in out.errors.to_pylist()] == rows
    report = quality(faulty(), out.table)
    assert rows_of(report, "layer_name") == ["good"]


def test_progress_is_told_every_layer() -> None:
    told: list[tuple[int, int, str]] = []
    bw.quantize_arrow(
        weights([5, 3_000_000, 7]),
        granularity="tensor",
        progress=lambda *args: told.append(args),
        threads=2,
    )
    assert told == [(1, 3, "l0"), (2, 3, "l1"), (3, 3, "l2")]


def test_widths_rise_until_the_bound_holds() -> None:
    rng = np.random.default_rng(3)
    rows = [np.tile([0.0, 1.0, 2.0, 3.0], 250), rng.normal(size=3000), rng.standard_t(1.2, 9000)]
    table = pa.table(
        {"layer_name": ["two", "bell", "tails"], "weights": pa.array(rows, pa.list_(pa.float32()))}
    )
    out = bw.quantize_arrow(table, fallback=(2, 4, 8), min_cosine=0.99, granularity="tensor")
    assert rows_of(out, "bit_width") == [2, 4, 8]
    for width, row in zip((2, 4, 8), range(3), strict=True):
        one = bw.quantize_arrow(table.slice(row, 1), bit_width=width, granularity="tensor")
        assert found(one) == found(out.slice(row, 1))
    assert rows_of(out, "bound_met") == [c >= 0.99 for c in rows_of(out, "cosine")]
    never = bw.quantize_arrow(table, fallback=(2, 3), max_mse=1e-30)
    assert rows_of(never, "bit_width") == [2, 3, 3]
    assert rows_of(never, "bound_met") == [True, False, False]
    report = quality(table, out)
    assert rows_of(report, "mse") == rows_of(out, "mse")
    assert rows_of(report, "bits_per_value") == [(2 + 64 / 1000), 4 + 64 / 3000, 8 + 64 / 9000]


@pytest.mark.parametrize(
    "options", [{"fallback": (4, 2), "max_mse": 1}, {"fallback": (2, 4)}, {"min_cosine": 0.9}]
)
def test_a_fallback_needs_rising_widths_and_a_bound(options: dict[str, Any]) -> None:
    with pytest.raises(bw.BarrowArgumentError, match="fallback"):
        bw.quantize_arrow(weights([1]), **options)


def test_codes_that_do_not_fit_together_are_refused() -> None:
    out = bw.quantize_arrow(weights([300]))
    at = out.schema.get_field_index("shape")
    wrong = out.set_column(at, "shape", pa.array([[301]], pa.list_(pa.int64())))
    with pytest.raises(bw.BarrowCorruptError) as caught:
        bw.dequantize_arrow(wrong)
    assert str(caught.value) == (
        'layer "l0" of row 0: (150, 3, 3) bytes of codes, scales and zero points,'
        " expected (151, 3, 3)"
    )
    with pytest.raises(bw.BarrowArgumentError) as error:
        quality(weights([299]), out)
    assert str(error.value) == (
        'layer "l0" of row 0: 300 values, but the weights have 299 values from there on\n'
        "  try: the table that was quantized, its rows in the same order"
    )


@pytest.mark.parametrize("large", [False, True])
def test_offsets_of_lists_that_fall_are_refused(large: bool) -> None:
    values = pa.array([1.0, 2.0, 3.0, 4.0], pa.float32())
    dtype = (pa.large_list if large else pa.list_)(pa.float32())
    ends = pa.py_buffer(np.array([0, 4, 2], np.int64 if large else np.int32))
    lists = pa.Array.from_buffers(dtype, 2, [None, ends], children=[values])
    with pytest.raises(bw.BarrowCorruptError) as caught:
        bw.quantize_arrow(pa.table({"layer_name": ["a", "b"], "weights": lists}))
    assert str(caught.value) == (
        'Arrow array "weights": offset 2 of its lists is 2, less than the one before or past'
        " the 4 values"
    )


MEMORY = """
import resource, sys
import numpy as np, pyarrow as pa, barrow as bw
n = 40_000_000
values = pa.array(np.random.default_rng(1).standard_normal(n, np.float32))
lists = pa.ListArray.from_arrays(pa.array([0, n], pa.int32()), values)
table = pa.table({"layer_name": ["a"], "weights": lists})
small = pa.table({"layer_name": ["a"], "weights": pa.array([[1.0]], pa.list_(pa.float32()))})
bw.dequantize_arrow(bw.quantize_arrow(small, threads=2, **OPTIONS))
def resident():
    with open("/proc/self/status") as status:
        return next(int(x.split()[1]) for x in status if x.startswith("VmHWM")) * 1024
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = resident()
out = bw.quantize_arrow(table, threads=2, **OPTIONS)
print(resident() - before - out.nbytes)
"""


@pytest.mark.parametrize(
    "options",
    ["dict(bit_width=8, granularity='tensor')", "dict(fallback=(2, 4), min_cosine=0.999)"],
)
def test_the_peak_is_the_output_and_eight_megabytes(options: str) -> None:
    command = [sys.executable, "-c", f"OPTIONS = {options}\n{MEMORY}"]
    more = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert more <= 8 << 20
