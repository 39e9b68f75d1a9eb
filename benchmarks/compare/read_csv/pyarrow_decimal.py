"""pyarrow to 128-bit decimals."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from compare.bars import STAMP, VALUES, from_arrow, stamp_type

NAME = "pyarrow decimal128(18,9)"
VERSION = pa.__version__
THREADS = pa.cpu_count()
_path = Path()
_options = pc.ConvertOptions()

answer = from_arrow


def setup(path: Path) -> None:
    global _path, _options
    _path = path
    types = {STAMP: stamp_type(path), **dict.fromkeys(VALUES, pa.decimal128(18, 9))}
    _options = pc.ConvertOptions(column_types=types)


def run() -> pa.Table:
    return pc.read_csv(_path, convert_options=_options)
