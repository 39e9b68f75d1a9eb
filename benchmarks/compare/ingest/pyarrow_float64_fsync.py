"""pyarrow's streaming reader into its file writer; doubles, made durable."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from compare.arrow_files import (
    convert_with_pyarrow,
    file_answer,
    fresh_output,
    replace_durably,
)
from compare.bars import STAMP, VALUES, stamp_type

NAME = "pyarrow float64, fsync"
VERSION = pa.__version__
THREADS = pa.cpu_count()
_path = _output = Path()
_options = pc.ConvertOptions()

answer = file_answer


def setup(path: Path) -> None:
    global _path, _output, _options
    _path, _output = path, fresh_output("pyarrow")
    types = {STAMP: stamp_type(path), **dict.fromkeys(VALUES, pa.float64())}
    _options = pc.ConvertOptions(column_types=types)


def run() -> Path:
    partial = _output.with_suffix(".partial")
    return replace_durably(convert_with_pyarrow(_path, partial, _options), _output)
