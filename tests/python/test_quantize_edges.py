"""Corners of quantization: odd tables, odd groups, half steps with every choice."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import barrow as bw
import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from barrow.quantize import Bins, ZScore, from_log_returns, log_returns, quality

WIDTHS = (2, 3, 4, 5, 6, 8)
SCHEMES = ("affine", "symmetric")
GRANULARITIES = ("group", "row", "tensor")
WAYS = list(itertools.product(WIDTHS, SCHEMES, GRANULARITIES))
LISTS = {"list": pa.list_, "large_list": pa.large_list}


def table_of(rows: list[Any], dtype: str = "float32", kind: str = "list", **more: Any) -> pa.Table:
    column = pa.array(rows, LISTS[kind](pa.type_for_alias(dtype)))
    names = pa.array([f"l{i}" for i in range(len(rows))], pa.string())
    return pa.table({"layer_name": names, "weights": column, **more})


def shapes(*axes: list[int] | None) -> pa.Array:
    return pa.array(axes, pa.list_(pa.int64()))


@pytest.mark.parametrize(("bits", "scheme", "granularity"), WAYS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("scale_type", ["float32", "float16"])
def test_back_within_half_a_step(
    bits: int, scheme: str, granularity: str, dtype: str, scale_type: str
) -> None:
    rng = np.random.default_rng(bits)
    rows = [
        rng.normal(3, 2, 600),
        rng.normal(-50, 0.1, 35),  # far from 0
        rng.standard_t(2, 77).clip(-900, 900),
        np.zeros(9),
        np.full(130, -1.25),
        np.array([]),
        np.array([7.5]),
    ]
    axes = shapes([20, 30], [5, 7], [77, 1], [3, 3], [1, 130], [3, 0], [1])
    table = table_of([row.astype(dtype) for row in rows], dtype, "large_list", shape=axes)
    options = {"scheme": scheme, "granularity": granularity, "scale_type": scale_type}
    out = bw.quantize_arrow(table, bit_width=bits, group_size=48, **options)
    back = bw.dequantize_arrow(out)
    assert back["shape"].equals(pa.chunked_array([axes]))
    whole = zip(*(out[n].to_pylist() for n in ("scales", "group_size")), strict=True)
    for row, y, (scales, group) in zip(rows, back["weights"].to_pylist(), whole, strict=True):
        x = row.astype(dtype).astype("f4")
        each = np.repeat(scales, group)[: len(x)]
        room = each / 2 + 2.0**-22 * np.abs(x).max(initial=0)
        assert (np.abs(x.astype("f8") - np.array(y)) <= room).all()


@pytest.mark.parametrize("kind", LISTS)
def test_groups_larger_than_the_layer_and_such_that_do_not_divide_it(kind: str) -> None:
    x = np.random.default_rng(1).normal(size=100).astype("f4")
    for size, groups in ((1, 100), (3, 34), (7, 15), (99, 2), (100, 1), (101, 1), (2**32 - 1, 1)):
        out = bw.quantize_arrow(table_of([x], kind=kind), bit_width=5, group_size=size)
        assert (out["group_size"][0].as_py(), len(out["scales"][0])) == (size, groups)
        q = bw.quantize(x, bit_width=5, granularity="group", group_size=size)
        assert out["quantized_data"][0].as_py() == q.codes.tobytes()
        assert bw.dequantize_arrow(out)["weights"][0].as_py() == bw.dequantize(q).tolist()


def test_rows_without_a_shape_are_one_row() -> None:
    x = np.random.default_rng(2).normal(size=60).astype("f4")
    without = bw.quantize_arrow(table_of([x]), granularity="row")
    assert (without["shape"][0].as_py(), without["group_size"][0].as_py()) == ([60], 60)
    some = table_of([x, x, x, x], shape=shapes(None, [60], [6, 10], [2, 3, 10]))
    out = bw.quantize_arrow(some, granularity="row")
    assert out["group_size"].to_pylist() == [60, 60, 10, 30]
    assert out["shape"].to_pylist() == [[60], [60], [6, 10], [2, 3, 10]]


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ([2, 2], "6 values, but its shape is [2, 2], of 4"),
        ([], "6 values, but its shape is [], of 1"),
        ([0, 6], "6 values, but its shape is [0, 6], of 0"),
        ([-2, -3], "6 values, but its shape is [-2, -3], with an axis below 0"),
        ([-1, 6], "6 values, but its shape is [-1, 6], with an axis below 0"),
        ([None, 6], "6 values, but its shape is [None, 6], with an axis that is null"),
        ([2**62, 2**62], f"6 values, but its shape is [{2**62}, {2**62}], of {2**124}"),
    ],
)
def test_a_shape_of_other_values_is_told(shape: list[int | None], told: str) -> None:
    table = table_of([range(6)], shape=shapes(shape))
    with pytest.raises(bw.BarrowSchemaError) as caught:
        bw.quantize_arrow(table)
    assert str(caught.value) == f'layer "l0" of row 0: {told}'


def test_a_layer_of_no_axes_is_a_value() -> None:
    out = bw.quantize_arrow(table_of([[2.5]], shape=shapes([])), bit_width=2)
    back = bw.dequantize_arrow(out)
    assert (back["shape"].to_pylist(), back["weights"].to_pylist()) == ([[]], [[2.5]])


def test_names_may_come_twice() -> None:
    table = pa.table({"layer_name": ["a", "a", ""], "weights": table_of([[1.0], [3.0], []])[1]})
    out = bw.quantize_arrow(table)
    back = bw.dequantize_arrow(out)
    assert back["layer_name"].to_pylist() == ["a", "a", ""]
    assert back["weights"].to_pylist() == [[1.0], [3.0], []]
    assert quality(table, out)["mse"].to_pylist() == [0, 0, 0]
    large = table.set_column(0, "layer_name", table["layer_name"].cast(pa.large_string()))
    assert bw.quantize_arrow(large).equals(out)


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_tables_without_rows_and_with_nothing_but_empty_lists(kind: str, dtype: str) -> None:
    for rows in ([], [[], []], [[]]):
        table = table_of(rows, dtype, kind)
        for whole in (table, table.to_reader(), pa.Table.from_batches([], table.schema)):
            out = bw.quantize_arrow(whole, errors=True, fallback=(2, 4), min_cosine=0.9)
            assert out["quantized_data"].to_pylist() == [b""] * out.num_rows
            assert out["cosine"].to_pylist() == [1.0] * out.num_rows
            assert bw.dequantize_arrow(out)["weights"].to_pylist() == [[]] * out.num_rows
            result = bw.quantize_arrow(table, continue_on_error=True)
            assert (result.table.num_rows, result.errors.num_rows) == (len(rows), 0)


@pytest.mark.parametrize("kind", LISTS)
def test_nulls_behind_slices_and_chunks_are_found(kind: str) -> None:
    rows = [[1.0], [None, 2.0], [], None, [1.0, 2.0, None], [5.0]]
    table = table_of(rows, kind=kind)
    parts = pa.concat_tables([table.slice(0, 1), table.slice(1, 2), table.slice(3)])
    wanted = {1: "value 0 is null", 3: "its weights are null", 4: "value 2 is null"}
    for whole in (table, parts, table.to_reader(2)):
        result = bw.quantize_arrow(whole, continue_on_error=True)
        assert result.table["layer_name"].to_pylist() == ["l0", "l2", "l5"]
        told = {
            e["row"]: e["message"].split(": ")[1].split("\n")[0] for e in result.errors.to_pylist()
        }
        assert told == wanted
    for begin in range(6):
        result = bw.quantize_arrow(table.slice(begin), continue_on_error=True)
        assert [row + begin for row in result.errors["row"].to_pylist()] == [
            row for row in wanted if row >= begin
        ]


def test_a_null_list_over_values_that_are_there_is_null() -> None:
    values = pa.array([1.0, float("nan"), 3.0], pa.float32())
    lists = pa.ListArray.from_arrays(
        pa.array([0, 1, 2, 3], pa.int32()), values, mask=pa.array([False, True, False])
    )
    table = pa.table({"layer_name": ["a", "b", "c"], "weights": lists})
    result = bw.quantize_arrow(table, continue_on_error=True)
    assert result.table["layer_name"].to_pylist() == ["a", "c"]
    assert result.errors["message"].to_pylist() == [
        'layer "b" of row 1: its weights are null\n  try: fill or drop it first'
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named_behind_a_slice(dtype: str, value: float) -> None:
    rows = [np.ones(5), np.ones(300), np.ones(7)]
    rows[1][277] = value
    table = table_of([row.astype(dtype) for row in rows], dtype).slice(1)
    for options in ({}, {"granularity": "tensor"}, {"clip": "mse"}, {"clip": "percentile"},
                    {"fallback": (2, 4), "max_mse": 1}):  # fmt: skip
        with pytest.raises(bw.BarrowArgumentError) as caught:
            bw.quantize_arrow(table, **options)
        assert str(caught.value).startswith(
            'layer "l1" of row 0: value 277 is NaN, or infinite in float32, expected'
        )


def test_a_double_beyond_float32_is_named() -> None:
    with pytest.raises(bw.BarrowArgumentError, match="value 1 is NaN, or infinite in float32"):
        bw.quantize_arrow(table_of([[1.0, 1e39]], "float64"))


def test_bfloat16_that_is_not_finite_is_named() -> None:
    words = np.array([0x3F80, 0x7FC0], "<u2")  # 1, NaN
    pairs = pa.FixedSizeBinaryArray.from_buffers(pa.binary(2), 2, [None, pa.py_buffer(words)])
    lists = pa.LargeListArray.from_arrays(pa.array([0, 2], pa.int64()), pairs)
    with pytest.raises(bw.BarrowArgumentError, match='"a" of row 0: value 1 is NaN'):
        bw.quantize_arrow(pa.table({"layer_name": ["a"], "weights": lists}), bfloat16=True)


def test_progress_ends_at_all_layers_with_errors_too() -> None:
    told: list[tuple[int, int, str]] = []
    table = table_of([[1.0], None, [np.nan], [2.0], []])
    bw.quantize_arrow(table, continue_on_error=True, progress=lambda *args: told.append(args))
    assert told == [(2, 5, "l0"), (3, 5, "l2"), (4, 5, "l3"), (5, 5, "l4")]
    told.clear()
    bw.quantize_arrow(
        table,
        continue_on_error=True,
        fallback=(2, 4),
        max_mse=1e-9,
        progress=lambda *args: told.append(args),
    )
    assert told == [(2, 5, "l0"), (3, 5, "l2"), (4, 5, "l3"), (5, 5, "l4")]


def test_what_progress_raises_ends_the_work() -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    table = table_of(list(np.ones((4, 1_000_000), "f4")))
    for threads in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            bw.quantize_arrow(table, progress=stop, threads=threads)


def test_an_interrupt_ends_the_work() -> None:
    code = (
        "import barrow as bw, numpy as np, pyarrow as pa, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "x = np.random.default_rng(1).standard_normal((8, 2_000_000), 'f4')\n"
        "t = pa.table({'layer_name': list('abcdefgh'),"
        " 'weights': pa.array(list(x), pa.list_(pa.float32()))})\n"
        "print('ready', flush=True)\n"
        "bw.quantize_arrow(t, clip='mse', bit_width=2)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.3)
    begun = time.monotonic()
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert time.monotonic() - begun < 30


def test_frames_of_others_are_read(tmp_path: Path) -> None:
    table = table_of([[1.0, 2.0, 4.0], [0.5]], shape=shapes([3, 1], [1]))
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    out = bw.quantize_arrow(frame)
    assert out.equals(bw.quantize_arrow(table))
    assert out.equals(bw.quantize_arrow(duckdb.sql("from frame")))
    # Codes that went through other tools, whose texts and bytes are views or large.
    back = bw.dequantize_arrow(out)
    for codes in (pl.DataFrame(out), duckdb.sql("from out"), large(out)):
        assert bw.dequantize_arrow(codes).column("weights").equals(back.column("weights"))
    bw.write_safetensors(frame, tmp_path / "a")
    assert bw.read_safetensors(tmp_path / "a").cast(table.schema).equals(table)


def large(table: pa.Table) -> pa.Table:
    larger = {
        pa.string(): pa.large_string(),
        pa.binary(): pa.large_binary(),
        pa.list_(pa.float32()): pa.large_list(pa.float32()),
    }
    fields = [field.with_type(larger.get(field.type, field.type)) for field in table.schema]
    return table.cast(pa.schema(fields, table.schema.metadata))


def test_metadata_of_the_source_goes_along() -> None:
    table = table_of([[1.0, 2.0]]).replace_schema_metadata({"format": "pt", "pandas": "{}"})
    out = bw.quantize_arrow(table)
    assert out.schema.metadata == {b"format": b"pt", b"barrow.quantize": b"1"}
    assert bw.dequantize_arrow(out).schema.metadata == {b"format": b"pt"}
    assert bw.quantize_arrow(table, continue_on_error=True).table.schema.equals(out.schema, True)
    batch = bw.quantize_arrow_batch(table.to_batches()[0])
    assert batch.schema.metadata == out.schema.metadata


def test_bars_become_model_inputs_and_come_back(tmp_path: Path) -> None:
    text = "timestamp,open,high,low,close,volume\n"
    prices = 1.08 + np.cumsum(np.random.default_rng(3).integers(-9, 10, 500)) / 1e5
    for i, price in enumerate(prices):
        text += f"2024-01-02T{i // 60:02}:{i % 60:02}Z" + f",{price:.5f}" * 4 + ",1\n"
    (tmp_path / "bars.csv").write_text(text)
    bars = bw.read_csv(tmp_path / "bars.csv")
    close = bars.to_float64("close")
    returns = log_returns(close)
    scaler = ZScore.fit(returns)
    back = from_log_returns(scaler.decode(scaler.encode(returns)), close[0])
    # Exact again once rounded to the precision of the prices.
    assert (np.rint(back * 1e5) * 10_000).astype("i8").tolist() == bars.raw("close").tolist()
    bins = Bins.fit(returns, 16)
    tokens = bins.encode(returns)
    edges = np.concatenate([[returns.min()], bins.edges, [returns.max()]])
    widths = np.diff(edges)[tokens]
    assert (np.abs(bins.decode(tokens) - returns) <= widths).all()
