"""pyarrow's own writer; not made durable."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from compare.arrow import BATCH_ROWS, bars
from compare.arrow_files import fresh_output

NAME = "pyarrow, ipc.new_file"
VERSION = pa.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _table, _output
    _table, _output = bars(path).to_arrow(), fresh_output("pyarrow")


def run() -> Path:
    with pa.ipc.new_file(_output, _table.schema) as writer:
        writer.write_table(_table, max_chunksize=BATCH_ROWS)
    return _output


def answer(result: Path) -> Path:
    return result
