"""A loop compiled by numba."""

from __future__ import annotations

from pathlib import Path

import numba
import numpy as np

from compare.bars import Array
from compare.decode import buffers, raw_columns

NAME = "numba, out[i] = raw[i] / 1e9"
VERSION = numba.__version__
THREADS = 1
_out: list[Array] = []


@numba.njit(nogil=True)
def _decode(raw, out):  # type: ignore[no-untyped-def]
    for i in range(raw.shape[0]):
        out[i] = raw[i] / 1e9


def setup(path: Path) -> None:
    global _raw
    _raw = raw_columns(path)
    if not _out:
        _out.extend(buffers(len(_raw[0]), np.float64))


def run() -> list[Array]:
    for raw, out in zip(_raw, _out, strict=True):
        _decode(raw, out)
    return _out


def answer(result: list[Array]) -> list[Array]:
    return result
