"""A plain tuple of seven Python integers a row: no checks, no types, no names."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np

from compare.barrow_csv import to_answer as of_bars
from compare.bars import STAMP, VALUES, Answer, Array
from compare.records import from_arrays, read_source, wrangler

NAME = "tuples of raw integers"
VERSION = platform.python_version()
THREADS = 1
_columns: list[Array] = []


def setup(path: Path) -> None:
    if not _columns:
        columns = of_bars(wrangler(path).to_columns(read_source(path).frame)).columns
        _columns.extend(columns[name] for name in (*VALUES, STAMP, STAMP))


def run() -> list[tuple[int, ...]]:
    return list(zip(*(column.tolist() for column in _columns), strict=True))


def answer(result: list[tuple[int, ...]]) -> Answer:
    columns = np.array(result, np.int64).T
    return from_arrays({**dict(zip(VALUES, columns, strict=False)), STAMP: columns[5]})
