"""NumPy, a copy of every field of the mapped records; checksums not looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from barrow.bar64 import Bar64Reader

from compare.bar64_read import NAMES, stored
from compare.bars import Array

NAME = "numpy, field by field"
VERSION = np.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _path
    _path = stored(path)


def run() -> dict[str, Array]:
    with Bar64Reader(_path) as reader:
        return {name: np.ascontiguousarray(reader.records[name]) for name in NAMES}


def answer(result: dict[str, Array]) -> dict[str, Array]:
    return result
