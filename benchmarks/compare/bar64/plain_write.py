"""A plain write of the same bytes from memory; not made durable."""

from __future__ import annotations

import platform
from pathlib import Path

from compare.arrow_files import fresh_output
from compare.bar64 import same_bytes

NAME = "plain write of the same bytes"
VERSION = platform.python_version()
THREADS = 1


def setup(path: Path) -> None:
    global _data, _output
    _data = same_bytes(path)
    _output = fresh_output("plain", ".bar64")
    _output.touch()


def run() -> Path:
    with _output.open("r+b", buffering=0) as file:
        rest = memoryview(_data)
        while rest:
            rest = rest[file.write(rest) :]
    return _output


def answer(result: Path) -> Path:
    return result
