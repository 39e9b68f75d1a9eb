"""polars' streaming sink; doubles, made durable."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from compare.arrow_files import convert_with_polars, file_answer, fresh_output, replace_durably

NAME = "polars sink_ipc, fsync"
VERSION = pl.__version__
THREADS = pl.thread_pool_size()
_path = _output = Path()

answer = file_answer


def setup(path: Path) -> None:
    global _path, _output
    _path, _output = path, fresh_output("polars")


def run() -> Path:
    partial = _output.with_suffix(".partial")
    return replace_durably(convert_with_polars(_path, partial), _output)
