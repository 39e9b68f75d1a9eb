"""The commands `quantize` and `dequantize`, and the functions under them."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from children import BARROW, assert_plain_failure, names, run_barrow
from safetensors.numpy import load_file, save_file


@pytest.fixture
def model(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    weights = {"a": rng.normal(size=(20, 30)), "b": rng.standard_t(2, 500), "ids": np.arange(5)}
    weights = {k: v if k == "ids" else v.astype("f4") for k, v in weights.items()}
    save_file(weights, tmp_path / "m.safetensors", metadata={"format": "pt"})
    return tmp_path / "m.safetensors"


def read(path: Path) -> pa.Table:
    return pa.ipc.open_file(path).read_all()


def write(table: pa.Table, path: Path) -> Path:
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)
    return path


def test_a_model_is_quantized_and_comes_back(model: Path, tmp_path: Path) -> None:
    out, back = tmp_path / "m.arrow", tmp_path / "back.safetensors"
    done = run_barrow("quantize", model, "-o", out, "--bits", 8, "--skip-others", "--report")
    assert (done.returncode, done.stderr) == (0, "")
    first, *layers, skipped = done.stdout.splitlines()
    size = model.stat().st_size
    assert first.startswith(f"{out}: 2 layers, 1,100 values, {size:,} bytes in, ")
    assert [line.split(",")[0] for line in layers] == ["  a: 8 bits", "  b: 8 bits"]
    assert skipped == '  skipped "ids": I64'
    table = bw.read_safetensors(model, others="skip")
    assert read(out).equals(bw.quantize_arrow(table, bit_width=8, errors=True))
    done = run_barrow("dequantize", out, "-o", back)
    assert (done.returncode, done.stdout) == (0, f"{back}: 2 layers\n")
    for name, values in load_file(back).items():
        assert np.abs(values - load_file(model)[name]).max() < 0.4
        assert values.shape == load_file(model)[name].shape
    done = run_barrow("dequantize", out, "-o", tmp_path / "back.arrow", "--json")
    told = {"path": str(out), "output": str(tmp_path / "back.arrow"), "layers": 2}
    assert json.loads(done.stdout) == told
    assert read(tmp_path / "back.arrow").equals(bw.dequantize_arrow(read(out)))


def test_every_option_is_that_of_the_function(model: Path, tmp_path: Path) -> None:
    table = bw.read_safetensors(model, others="skip")
    out = tmp_path / "m.arrow"
    for given, options in (
        ("--bits 3 --group-size 50 --scheme symmetric", {"bit_width": 3, "group_size": 50,
                                                         "scheme": "symmetric"}),
        ("--granularity row --scale-type float16", {"granularity": "row",
                                                    "scale_type": "float16"}),
        ("--clip percentile --percentile 98 --threads 1", {"clip": "percentile",
                                                           "percentile": 98}),
        ("--fallback 2,4,8 --min-cosine 0.99 --max-mse 9", {"fallback": (2, 4, 8), "max_mse": 9,
                                                            "min_cosine": 0.99}),
    ):  # fmt: skip
        more = ("--skip-others", "--overwrite", "--json")
        done = run_barrow("quantize", model, "-o", out, *given.split(), *more)
        assert done.returncode == 0, done.stderr
        made = read(out)
        assert made.equals(bw.quantize_arrow(table, **options))
        facts = json.loads(done.stdout)
        assert facts["bytes_out"] == out.stat().st_size
        assert [layer["bit_width"] for layer in facts["layers"]] == made["bit_width"].to_pylist()
        assert (facts["ok"], facts["values"], facts["skipped"]) == (True, 1100, [["ids", "I64"]])


def test_a_bound_that_is_not_met_is_told(model: Path, tmp_path: Path) -> None:
    bound = ("--fallback", "2,3", "--max-mse", "1e-30", "--skip-others")
    done = run_barrow("quantize", model, "-o", tmp_path / "m.arrow", *bound)
    assert done.stdout.count(", the bound is not met\n") == 2
    done = run_barrow("quantize", model, "-o", tmp_path / "n.arrow", "--fallback", "2;3")
    assert_plain_failure(done, 2)
    assert done.stderr == (
        'ArgumentError: --fallback: "2;3", expected widths\n  try: --fallback 2,4,8\n'
    )


def test_arrow_files_are_read(tmp_path: Path) -> None:
    table = pa.table(
        {
            "layer_name": ["good", "nan"],
            "weights": pa.array([[1.0, 2.0, 4.0], [float("nan")]], pa.list_(pa.float32())),
        }
    )
    source, out = write(table, tmp_path / "w.arrow"), tmp_path / "q.arrow"
    done = run_barrow("quantize", source, "-o", out)
    assert_plain_failure(done, 2)
    told = 'layer "nan" of row 1: value 0 is NaN, or infinite in float32, expected a finite number'
    assert done.stderr.startswith(f"ArgumentError: {told}\n")
    assert names(tmp_path) == {"w.arrow"}
    done = run_barrow("quantize", source, "-o", out, "--continue-on-error")
    assert done.returncode == 1
    assert done.stdout.startswith(f"{out}: 1 layers, 3 values, ")
    assert done.stderr.startswith(f"ArgumentError: {told}\n")
    again = ("--continue-on-error", "--overwrite", "--json", "--report")
    done = run_barrow("quantize", source, "-o", out, *again)
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["ok"]) == (1, False)
    assert [error["layer_name"] for error in facts["errors"]] == ["nan"]
    assert read(out)["layer_name"].to_pylist() == ["good"]
    pairs = pa.FixedSizeBinaryArray.from_buffers(pa.binary(2), 2, [None, pa.py_buffer(bytes(4))])
    lists = pa.ListArray.from_arrays(pa.array([0, 2], pa.int32()), pairs)
    source = write(pa.table({"layer_name": ["a"], "weights": lists}), tmp_path / "b.arrow")
    assert_plain_failure(run_barrow("quantize", source, "-o", tmp_path / "c.arrow"), 1)
    done = run_barrow("quantize", source, "-o", tmp_path / "c.arrow", "--bfloat16", "--report")
    assert done.stdout.endswith("a: 4 bits, mse 0, largest 0, cosine 1.000000, inf dB\n")
    done = run_barrow(
        *("quantize", source, "-o", tmp_path / "d.arrow", "--bfloat16", "--report", "--json")
    )
    assert json.loads(done.stdout)["layers"][0]["snr_db"] is None


def test_what_is_wrong_is_told(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.arrow"
    done = run_barrow("quantize", model, "-o", out)
    assert_plain_failure(done, 1)
    assert done.stderr == (
        f'UnsupportedError: {model}: "ids" I64, expected tensors of F64, F32, F16, BF16\n'
        '  try: others="skip" (--skip-others) to leave them out\n'
    )
    done = run_barrow("quantize", model, "-o", out, "--skip-others", "--bits", 7)
    assert_plain_failure(done, 2)
    out.write_bytes(b"mine")
    done = run_barrow("quantize", model, "-o", out, "--skip-others")
    assert_plain_failure(done, 1)
    assert done.stderr == (
        f"IoError: {out}: the file exists\n  try: overwrite=True (--overwrite)\n"
    )
    assert_plain_failure(run_barrow("quantize", out, "-o", tmp_path / "x"), 1)
    assert_plain_failure(run_barrow("quantize", tmp_path / "none", "-o", tmp_path / "x"), 1)
    assert_plain_failure(run_barrow("dequantize", model, "-o", tmp_path / "x"), 1)
    done = run_barrow("dequantize", out, "-o", tmp_path / "x", "--json")
    assert json.loads(done.stdout)["error"]["kind"] == "CorruptError"
    assert out.read_bytes() == b"mine"
    assert names(tmp_path) == {"m.safetensors", "m.arrow"}


def test_damaged_arrow_files_are_told(model: Path, tmp_path: Path) -> None:
    """Bytes changed anywhere: an error of barrow or a result, never a crash."""
    whole = tmp_path / "whole.arrow"
    bw.quantize_file(model, whole, others="skip", errors=True)
    data = whole.read_bytes()
    chance = np.random.default_rng(5)
    path, out = tmp_path / "a.arrow", tmp_path / "b.safetensors"
    refused = 0
    for _ in range(300):
        changed = bytearray(data)
        for at in chance.integers(0, len(data), 3):
            changed[at] ^= 1 << int(chance.integers(8))
        path.write_bytes(changed[: None if chance.random() < 0.8 else chance.integers(len(data))])
        try:
            bw.dequantize_file(path, out, overwrite=True)
        except bw.BarrowError:
            refused += 1
    assert 30 < refused < 300


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing(tmp_path: Path, number: int) -> None:
    source = tmp_path / "large.safetensors"
    x = np.random.default_rng(1).normal(size=(8, 1_500_000)).astype("f4")
    save_file({f"w{i}": row for i, row in enumerate(x)}, source)
    command = [*BARROW, "quantize", str(source), "-o", str(tmp_path / "q.arrow"), "--clip", "mse"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    mapped = Path(f"/proc/{process.pid}/maps")
    while process.poll() is None and str(source) not in mapped.read_text():
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    if process.returncode == 0:  # it was faster
        assert read(tmp_path / "q.arrow").num_rows == 8
        return
    assert (process.returncode, errors) == (130, "interrupted: nothing was written\n")
    assert names(tmp_path) == {"large.safetensors"}
