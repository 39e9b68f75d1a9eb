"""barrow on one thread."""

from __future__ import annotations

from pathlib import Path

import barrow as bw

from compare.barrow_csv import options, to_answer

NAME = "barrow, 1 thread"
VERSION = bw.__version__
THREADS = 1
_OPTIONS = options(THREADS)
_path = Path()

answer = to_answer


def setup(path: Path) -> None:
    global _path
    _path = path


def run() -> bw.Bars:
    return bw.read_csv(_path, **_OPTIONS)
