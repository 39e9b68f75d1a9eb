"""barrow on one thread; always durable."""

from __future__ import annotations

from pathlib import Path

import barrow as bw

from compare.arrow_files import fresh_output
from compare.barrow_csv import options, to_answer
from compare.bars import Answer

NAME = "barrow, 1 thread, fsync"
VERSION = bw.__version__
THREADS = 1
_OPTIONS = options(THREADS)
_path = _output = Path()


def setup(path: Path) -> None:
    global _path, _output
    _path, _output = path, fresh_output("barrow")


def run() -> Path:
    bw.ingest(_path, _output, **_OPTIONS)
    return _output


def answer(result: Path) -> Answer:
    return to_answer(bw.open(result))
