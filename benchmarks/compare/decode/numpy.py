"""NumPy's division."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from compare.bars import Array
from compare.decode import buffers, raw_columns

NAME = "numpy, view / 1e9"
VERSION = np.__version__
THREADS = 1
_out: list[Array] = []


def setup(path: Path) -> None:
    global _raw
    _raw = raw_columns(path)
    if not _out:
        _out.extend(buffers(len(_raw[0]), np.float64))


def run() -> list[Array]:
    return [np.divide(raw, 1e9, out=out) for raw, out in zip(_raw, _out, strict=True)]


def answer(result: list[Array]) -> list[Array]:
    return result
