"""The programs of `examples/`, run as the README says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))

from run_mojo import shared_libpython  # noqa: E402

UNIT = 10**9


def run(name: str, *arguments: str) -> str:
    command = [sys.executable, EXAMPLES / "run_mojo.py", EXAMPLES / name, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def closes(count: int) -> int:
    return sum(UNIT + 1_000 * i for i in range(count))


@pytest.mark.skipif(
    shared_libpython() is None, reason="Mojo programs that call Python need libpython"
)
def test_ipc_streaming() -> None:
    text = run("ipc_streaming.mojo")
    sections = dict(part.split("\n", 1) for part in text.split("== ")[1:])
    assert list(sections) == [
        "IPC streaming",
        "IPC file format",
        "Record batch operations",
        "Zero-copy streaming",
        "Memory-mapped IPC",
    ]
    stream = sections["IPC streaming"]
    assert stream.startswith("5 batches, 5000 bars, ")
    assert f"sum of close, raw: {closes(5_000)}\n" in stream
    file = sections["IPC file format"]
    assert re.findall(r"batch (\d) begins with [^,]+,([\d.]+),", file) == [
        (str(i), f"{1 + 512 * i / 10**6:.6f}") for i in (7, 0, 3)
    ]
    assert "bar_type = EUR/USD.SIM-1-MINUTE-BID-EXTERNAL\n" in file
    volume = sum(i % 100 for i in range(4_000) if i % 100 >= 90) * UNIT
    assert f"sum of volume, raw: {volume}\n" in sections["Record batch operations"]
    zero_copy = sections["Zero-copy streaming"]
    assert "10000 bars, 7 of 7 columns inside the stream's own bytes\n" in zero_copy
    assert "allocated while reading: 0 bytes\n" in zero_copy
    assert f"sum of close, raw: {closes(10_000)}\n" in zero_copy
    mapped = sections["Memory-mapped IPC"]
    assert "20 batches, 200000 bars, 20 of 20 inside the mapping\n" in mapped
    assert f"sum of close, raw: {closes(200_000)}\n" in mapped
    (folder,) = re.findall(r"nothing is left of (\S+) and every sum was right", text)
    assert not Path(folder).exists()


def test_quantize_model(tmp_path: Path) -> None:
    command = [sys.executable, EXAMPLES / "quantize_model.py", "--keep", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    told = re.findall(r"^ *(.+?)  +([\d.]+) bits +([\d.]+)%$", done.stdout, re.M)
    share = {name: float(percent) for name, _, percent in told}
    bits = {name: float(number) for name, number, _ in told}
    assert list(share) == [
        "float32",
        "8 bits",
        "4 bits",
        "3 bits",
        "2 bits",
        "2 bits, mse",
        "by layer",
    ]
    assert share["float32"] > 95
    assert abs(share["8 bits"] - share["float32"]) < 1
    assert abs(share["4 bits"] - share["float32"]) < 4
    assert share["2 bits"] < share["4 bits"]
    assert bits["8 bits"] > bits["4 bits"] > bits["3 bits"] > bits["2 bits"] > 2.5
    assert (tmp_path / "digits.safetensors").exists()
