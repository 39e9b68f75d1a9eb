"""barrow, to_float64(out=)."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
import numpy as np

from compare.bars import Array
from compare.decode import PRICES, buffers, stored

NAME = "barrow, to_float64(out=)"
VERSION = bw.__version__
THREADS = 1
_out: list[Array] = []


def setup(path: Path) -> None:
    global _bars
    _bars = stored(path, "fixed8")
    if not _out:
        _out.extend(buffers(len(_bars), np.float64))


def run() -> list[Array]:
    return [_bars.to_float64(name, out=out) for name, out in zip(PRICES, _out, strict=True)]


def answer(result: list[Array]) -> list[Array]:
    return result
