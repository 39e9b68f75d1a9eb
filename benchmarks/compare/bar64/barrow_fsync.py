"""barrow, a whole file made durable."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
from barrow.bar64 import write_bar64

from compare.arrow_files import fresh_output
from compare.bar64 import bars

NAME = "barrow, write_bar64, fsync"
VERSION = bw.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _bars, _output
    _bars, _output = bars(path), fresh_output("barrow", ".bar64")


def run() -> Path:
    write_bar64(_bars, _output)
    return _output


def answer(result: Path) -> Path:
    return result
