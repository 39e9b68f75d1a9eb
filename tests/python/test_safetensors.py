"""Files of model weights: mapped, written, beside the format's own package; damaged ones."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from children import names
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

ADVICE = "\n  try: getting it again"
Array = np.ndarray[Any, Any]
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "U8": 1}


def raw_file(path: Path, header: Any, data: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return path


def tensor(dtype: str, shape: list[int], begin: int) -> dict[str, Any]:
    size = int(np.prod(shape)) * SIZES[dtype]
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, begin + size]}


def values_of(table: pa.Table) -> dict[str, list[float]]:
    return dict(zip(table["layer_name"].to_pylist(), table["weights"].to_pylist(), strict=True))


def addresses(table: pa.Table) -> list[int]:
    """Where the values of each layer begin."""
    found = []
    for chunk in table["weights"].chunks:
        base, width = chunk.values.buffers()[1].address, chunk.values.type.bit_width // 8
        found += [base + width * offset for offset in chunk.offsets.to_pylist()[:-1]]
    return found


def mapping_of(path: Path) -> int:
    """Where this process has mapped a file."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    [begin] = [line.split("-")[0] for line in lines if line.endswith(str(path))]
    return int(begin, 16)


@pytest.fixture
def model(tmp_path: Path) -> tuple[Path, dict[str, Array]]:
    rng = np.random.default_rng(1)
    weights = {
        "embed": rng.normal(size=(7, 5)).astype("f4"),
        "häd 层": rng.normal(size=(2, 3, 4)).astype("f4"),
        "scalar": np.array(2.5, "f4"),
        "nothing": np.empty((0, 3), "f4"),
    }
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt", "an": "ü"})
    return tmp_path / "model.safetensors", weights


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_what_the_package_writes_is_read(model: Any, dtype: str, tmp_path: Path) -> None:
    weights = {name: values.astype(dtype) for name, values in model[1].items()}
    path = tmp_path / "other.safetensors"
    save_file(weights, path)
    table = bw.read_safetensors(path)
    table.validate(full=True)
    assert table.schema.field("weights").type == pa.large_list(pa.type_for_alias(dtype))
    assert {n: (v, s) for n, v, s in zip(*(c.to_pylist() for c in table.columns), strict=True)} == {
        name: (values.reshape(-1).tolist(), list(values.shape)) for name, values in weights.items()
    }
    assert table.schema.metadata is None


def test_values_lie_in_the_mapped_file(model: Any) -> None:
    path, weights = model
    table = bw.read_safetensors(path)
    assert table.schema.metadata == {b"format": b"pt", b"an": "ü".encode()}
    assert table["weights"].num_chunks == 1
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    places = [start + header[name]["data_offsets"][0] for name in table["layer_name"].to_pylist()]
    base = mapping_of(path)
    assert [address - base for address in addresses(table)] == places
    assert set(weights) == set(table["layer_name"].to_pylist())
    before = pa.total_allocated_bytes()
    made = bw.quantize_arrow(table, bit_width=8, granularity="tensor")
    assert made.schema.metadata[b"format"] == b"pt"
    assert pa.total_allocated_bytes() - before < 10_000
    # A slice keeps the mapping.
    rest = table.slice(2)
    del table
    assert values_of(rest) == {n: weights[n].reshape(-1).tolist() for n in values_of(rest)}


def test_bfloat16_comes_as_two_bytes(tmp_path: Path) -> None:
    x = np.random.default_rng(2).normal(size=300).astype("f4")
    upper = (x.view("u4") >> 16).astype("u2")
    path = raw_file(tmp_path / "a", {"w": tensor("BF16", [3, 100], 0)}, upper.tobytes())
    table = bw.read_safetensors(path)
    assert table.schema.field("weights").type == pa.large_list(pa.binary(2))
    made = bw.quantize_arrow(table, bfloat16=True, bit_width=8)
    same = (upper.astype("u4") << np.uint32(16)).view("f4")
    wanted = bw.quantize(same, bit_width=8, granularity="group")
    assert made["quantized_data"][0].as_py() == wanted.codes.tobytes()
    bw.write_safetensors(table, tmp_path / "b")
    assert bw.read_safetensors(tmp_path / "b").equals(table)


def test_several_types_become_one_that_holds_them_all(tmp_path: Path) -> None:
    wide, half = np.arange(6, dtype="f4") / 3, np.arange(5, dtype="f2") / 7
    upper = (np.arange(4, dtype="f4").view("u4") >> 16).astype("u2")
    data = wide.tobytes() + half.tobytes() + upper.tobytes() + wide.tobytes()
    header = {"w": tensor("F32", [6], 0), "h": tensor("F16", [5], 24)}
    header |= {"b": tensor("BF16", [4], 34), "v": tensor("F32", [6], 42)}
    path = raw_file(tmp_path / "a", json.dumps(header).encode() + b" " * 4, data)
    table = bw.read_safetensors(path)
    assert table.schema.field("weights").type == pa.large_list(pa.float32())
    assert values_of(table) == {
        "w": wide.tolist(), "h": half.astype("f4").tolist(), "b": [0, 1, 2, 3], "v": wide.tolist()
    }  # fmt: skip
    double = {"d": tensor("F64", [2], 0), "h": tensor("F16", [5], 16)}
    data = np.array([0.1, 0.2]).tobytes() + half.tobytes()
    table = bw.read_safetensors(raw_file(tmp_path / "b", double, data))
    assert values_of(table) == {"d": [0.1, 0.2], "h": half.astype("f8").tolist()}
    two = {"h": tensor("F16", [5], 0), "b": tensor("BF16", [4], 10)}
    table = bw.read_safetensors(raw_file(tmp_path / "c", two, half.tobytes() + upper.tobytes()))
    assert values_of(table) == {"h": half.astype("f4").tolist(), "b": [0, 1, 2, 3]}


def test_values_out_of_line_are_copied(tmp_path: Path) -> None:
    x = np.arange(5, dtype="f4")
    header = {"a": tensor("U8", [3], 0), "w": tensor("F32", [5], 3), "v": tensor("F32", [5], 23)}
    data = b"abc" + x.tobytes() * 2
    table = bw.read_safetensors(raw_file(tmp_path / "a", header, data), others="skip")
    assert values_of(table) == {"w": x.tolist(), "v": x.tolist()}
    assert all(address % 4 == 0 for address in addresses(table))


def test_tensors_of_other_types_are_named(tmp_path: Path) -> None:
    x = np.arange(4, dtype="f4")
    header = {f"i{i}": tensor("I64", [1], 8 * i) for i in range(6)}
    header |= {"w": tensor("F32", [4], 48), "new": {**tensor("U8", [3], 64), "dtype": "F9"}}
    path = raw_file(tmp_path / "a", header, bytes(48) + x.tobytes() + b"abc")
    with pytest.raises(bw.BarrowUnsupportedError) as caught:
        bw.read_safetensors(path)
    assert str(caught.value) == (
        f'{path}: "i0" I64, "i1" I64, "i2" I64, "i3" I64, "i4" I64 and 2 more, expected tensors of'
        ' F64, F32, F16, BF16\n  try: others="skip" (--skip-others) to leave them out'
    )
    table = bw.read_safetensors(path, others="skip")
    assert values_of(table) == {"w": x.tolist()}
    skipped = json.loads(table.schema.metadata[b"barrow.skipped"])
    assert skipped == [[f"i{i}", "I64"] for i in range(6)] + [["new", "F9"]]
    with pytest.raises(bw.BarrowArgumentError) as error:
        bw.read_safetensors(path, others="drop")
    assert str(error.value) == "others: 'drop', expected one of 'raise', 'skip'"


def test_a_file_without_tensors_is_a_table_without_rows(tmp_path: Path) -> None:
    table = bw.read_safetensors(raw_file(tmp_path / "a", b"{}"))
    assert table.num_rows == 0
    assert bw.quantize_arrow(table).num_rows == 0
    bw.write_safetensors(table, tmp_path / "b")
    assert bw.read_safetensors(tmp_path / "b").num_rows == 0


# -------------------------------------------------------------------- writing


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_what_is_written_is_read_by_the_package(tmp_path: Path, dtype: str) -> None:
    rows = [np.arange(6, dtype=dtype), np.empty(0, dtype), np.array([np.nan, -np.inf], dtype)]
    table = pa.table(
        {
            "layer_name": ["a", "no\nthing", "ü"],
            "weights": pa.array(rows, pa.list_(pa.type_for_alias(dtype))),
            "shape": [[2, 3], [4, 0], [2]],
        }
    ).replace_schema_metadata({"format": "pt", "barrow.x": "y", "pandas": "{}"})
    path = tmp_path / "a.safetensors"
    bw.write_safetensors(table.slice(0, 3), path)
    back = load_file(path)
    assert {name: values.shape for name, values in back.items()} == {
        "a": (2, 3), "no\nthing": (4, 0), "ü": (2,)
    }  # fmt: skip
    for row, values in zip(rows, back.values(), strict=True):
        assert values.dtype == dtype
        assert (values.reshape(-1).tobytes()) == row.tobytes()
    with safe_open(path, "np") as file:
        assert file.metadata() == {"format": "pt"}
    head = path.read_bytes()
    assert (8 + int.from_bytes(head[:8], "little")) % 64 == 0
    again = bw.read_safetensors(path)
    bw.write_safetensors(again, path, overwrite=True)  # over the file it is mapped from
    assert path.read_bytes() == head
    assert names(tmp_path) == {"a.safetensors"}


def test_codes_go_back_to_a_file(model: Any, tmp_path: Path) -> None:
    path, weights = model
    made = bw.quantize_arrow(bw.read_safetensors(path), bit_width=8, granularity="row")
    bw.write_safetensors(bw.dequantize_arrow(made), tmp_path / "b")
    back = load_file(tmp_path / "b")
    for name, values in weights.items():
        assert back[name].shape == values.shape
        assert np.abs(back[name] - values).max(initial=0) < 0.02
    with safe_open(tmp_path / "b", "np") as file:
        assert file.metadata() == {"format": "pt", "an": "ü"}


def test_what_a_file_cannot_hold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    column = pa.array([[1.0], [2.0]], pa.list_(pa.float32()))
    for names_, text in (
        (["a", "a"], 'layer "a" of row 1: the name is taken\n  try: renaming'),
        (
            ["a", "__metadata__"],
            'layer "__metadata__" of row 1: the format keeps this name\n  try: renaming',
        ),
    ):
        with pytest.raises(bw.BarrowArgumentError) as caught:
            bw.write_safetensors(pa.table({"layer_name": names_, "weights": column}), path)
        assert str(caught.value) == text
    hole = pa.table({"layer_name": ["a"], "weights": pa.array([[None]], pa.list_(pa.float32()))})
    with pytest.raises(bw.BarrowSchemaError, match="value 0 is null"):
        bw.write_safetensors(hole, path)
    path.write_bytes(b"mine")
    with pytest.raises(bw.BarrowIoError) as error:
        bw.write_safetensors(hole.slice(1), path)
    assert str(error.value) == (f"{path}: the file exists\n  try: overwrite=True (--overwrite)")
    assert path.read_bytes() == b"mine"


# ------------------------------------------------------------------- damaged

W = tensor("F32", [2], 0)


@pytest.mark.parametrize(
    ("header", "data", "told"),
    [
        (b"[]", b"", 'the header starts with "[]", expected "{"'),
        (b"", b"", 'the header starts with "", expected "{"'),
        (b"{\xff}", b"", "the header is no JSON: 'utf-8' codec can't decode byte 0xff in"),
        (b'{"a"', b"", "the header is no JSON: Expecting ':' delimiter"),
        (b'{"a":' * 100_000, b"", "the header is no JSON: maximum recursion depth exceeded"),
        (b'{"a":' + b"9" * 5000 + b"}", b"", "the header is no JSON: Exceeds the limit"),
        (b'{"a":1,"a":1}', b"", "the header is no JSON: an object has two values of one name"),
        ({"__metadata__": {"a": 1}}, b"", '"__metadata__" is no object of texts'),
        ({"__metadata__": []}, b"", '"__metadata__" is no object of texts'),
        (b'{"\\ud800":1}', b"", '"\\ud800" has half of a character'),
        ({"w": 1}, b"", 'tensor "w" is no object'),
        ({"w": {}}, b"", 'tensor "w" has no dtype'),
        ({"w": {**W, "shape": 2}}, b"", 'tensor "w" has the shape 2, expected sizes of axes'),
        ({"w": {**W, "shape": [True, 2]}}, b"", "has the shape [True, 2], expected sizes of axes"),
        ({"w": {**W, "shape": [-2]}}, b"", "has the shape [-2], expected sizes of axes"),
        ({"w": {**W, "shape": [2.0]}}, b"", "has the shape [2.0], expected sizes of axes"),
        ({"w": {**W, "shape": [0, 2**63]}}, b"", "has the shape [0, 9223372036854775808], exp"),
        ({"w": {**W, "data_offsets": [0]}}, b"", "has the offsets [0], expected a rising pair"),
        ({"w": {**W, "data_offsets": [8, 0]}}, b"", "has the offsets [8, 0], expected a rising"),
        ({"w": {**W, "data_offsets": [0, 9]}}, bytes(9), "has 9 bytes, but F32 of shape [2] take"),
        ({"w": {**W, "shape": [2**62] * 9}}, bytes(8), "has 8 bytes, but F32 of shape [4611"),
        ({"w": {**W, "shape": [2**62] * 90_000}}, bytes(8), "has 8 bytes, but F32 of shape [4611"),
        ({"w": {**W, "dtype": "F4", "shape": [3]}}, bytes(8), "has 8 bytes, but F4 of shape [3]"),
        ({"w": tensor("F32", [2], 4)}, bytes(12), 'tensor "w" begins at byte 4, expected 0, wher'),
        ({"v": W, "w": W}, bytes(8), 'tensor "w" begins at byte 0, expected 8, where the one bef'),
        ({"w": W}, bytes(7), "the tensors take 8 bytes, but the file has 7 (the file is cut off)"),
        ({"w": W}, bytes(9), "the tensors take 8 bytes, but the file has 9"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_told(header: Any, data: bytes, told: str, tmp_path: Path) -> None:
    path = raw_file(tmp_path / "a", header, data)
    with pytest.raises(bw.BarrowCorruptError) as caught:
        bw.read_safetensors(path)
    text = str(caught.value)
    assert told in text
    assert text.startswith(f"{path}: no safetensors file, or a damaged one: ")
    assert text.endswith(ADVICE)
    assert len(text) < 600


def test_a_length_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a"
    begin = f"{path}: no safetensors file, or a damaged one: "
    path.write_bytes(b"abc")
    with pytest.raises(bw.BarrowCorruptError) as caught:
        bw.read_safetensors(path)
    expected = "the file has 3 bytes, expected 8 for the length of its header"
    assert str(caught.value) == begin + expected + ADVICE
    for length, most in ((3, "the 2 there are"), (2**64 - 1, "at most 100,000,000")):
        raw_file(path, b"{}", length=length)
        with pytest.raises(bw.BarrowCorruptError) as caught:
            bw.read_safetensors(path)
        expected = f"the header is said to have {length:,} bytes, expected {most}"
        assert str(caught.value) == begin + expected + ADVICE
    path.write_bytes(b"")
    with pytest.raises(bw.BarrowCorruptError, match="the file has 0 bytes"):
        bw.read_safetensors(path)
    for missing in (tmp_path / "none", tmp_path):
        with pytest.raises(bw.BarrowIoError, match="cannot be read"):
            bw.read_safetensors(missing)


def test_bytes_changed_at_random_never_do_harm(model: Any, tmp_path: Path) -> None:
    """An error of barrow where the package has one; else the same tensors."""
    whole = model[0].read_bytes()
    start = 8 + int.from_bytes(whole[:8], "little")
    chance = random.Random(3)
    path = tmp_path / "a"
    refused = 0
    for _ in range(600):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2, 8])):
            kind, at = chance.randrange(4), chance.randrange(start)
            if kind == 0:
                data[at] = chance.choice(b'0123456789-{}[]",:\\ \xc3tf')
            elif kind == 1:
                data[at] ^= 1 << chance.randrange(8)
            elif kind == 2:
                del data[at : at + chance.randrange(1, 9)]
            else:
                data[at:at] = bytes(data[chance.randrange(start) :][: chance.randrange(1, 30)])
        if chance.random() < 0.5:  # or the length would be wrong nearly always
            data[:8] = (len(data) - len(whole) + start - 8).to_bytes(8, "little")
        path.write_bytes(data)
        try:
            wanted = load_file(path)
        except (SafetensorError, KeyError):
            wanted = None
        try:
            table = bw.read_safetensors(path, others="skip")
        except bw.BarrowCorruptError:
            refused += 1
            continue
        table.validate(full=True)
        found = values_of(table)
        if wanted is not None:
            floats = {n: x for n, x in wanted.items() if x.dtype.kind == "f"}
            assert {n: len(x) for n, x in found.items()} == {n: x.size for n, x in floats.items()}
    assert 200 < refused < 600


def test_the_package_reads_more_than_floats(tmp_path: Path) -> None:
    """Files of the package's own writer, of every type it has for NumPy."""
    kinds = ["f8", "f4", "f2", "i8", "u8", "i4", "u4", "i2", "u2", "i1", "u1", "?", "c8"]
    tensors = {kind: np.arange(3).astype(kind) for kind in kinds}
    save_file(tensors, tmp_path / "a")
    table = bw.read_safetensors(tmp_path / "a", others="skip")
    assert values_of(table) == {kind: [0, 1, 2] for kind in ("f8", "f4", "f2")}
    assert len(json.loads(table.schema.metadata[b"barrow.skipped"])) == 10
