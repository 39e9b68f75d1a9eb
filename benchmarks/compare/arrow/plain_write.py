"""A plain write of the same bytes from memory; not made durable."""

from __future__ import annotations

import platform
from pathlib import Path

from compare.arrow import same_bytes
from compare.arrow_files import fresh_output

NAME = "plain write of the same bytes"
VERSION = platform.python_version()
THREADS = 1


def setup(path: Path) -> None:
    global _data, _output
    _data = same_bytes(path)
    _output = fresh_output("plain")


def run() -> Path:
    with _output.open("wb", buffering=0) as file:
        rest = memoryview(_data)
        while rest:
            rest = rest[file.write(rest) :]
    return _output


def answer(result: Path) -> Path:
    return result
