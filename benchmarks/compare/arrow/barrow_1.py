"""barrow's writer in Mojo, which calls pyarrow; not made durable."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
from barrow._lib import native

from compare.arrow import BATCH_ROWS, bars
from compare.arrow_files import fresh_output

NAME = "barrow, the writer in Mojo"
VERSION = bw.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _bars, _output
    _bars, _output = bars(path), fresh_output("mojo")


def run() -> Path:
    writer = native.ipc_new(str(_output), _bars.schema)
    for batch in _bars.to_arrow().to_batches(max_chunksize=BATCH_ROWS):
        native.ipc_write(writer, batch)
    native.ipc_close(writer)
    return _output


def answer(result: Path) -> Path:
    return result
