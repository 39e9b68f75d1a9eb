"""barrow, appending to a file that is there; not made durable."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
from barrow.bar64 import Bar64Writer, Header

from compare.arrow_files import fresh_output
from compare.bar64 import bars

NAME = "barrow, Bar64Writer.write"
VERSION = bw.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _bars, _output
    _bars, _output = bars(path), fresh_output("barrow", ".bar64")
    Bar64Writer.create(_output, Header.of(_bars.schema, "bars")).close()


def run() -> Path:
    with Bar64Writer(_output) as writer:
        writer.write(_bars)
    return _output


def answer(result: Path) -> Path:
    return result
