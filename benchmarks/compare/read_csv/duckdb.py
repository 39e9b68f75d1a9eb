"""DuckDB with decimals, fetched as an Arrow table."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pyarrow as pa

from compare.bars import STAMP, column_names, from_arrow, has_zone

NAME = "duckdb DECIMAL(18,9)"
VERSION = duckdb.__version__
_connection = duckdb.connect()
THREADS = int(_connection.sql("select current_setting('threads')").fetchall()[0][0])
_path = Path()
_types: dict[str, str] = {}

answer = from_arrow


def setup(path: Path) -> None:
    global _path, _types
    _path = path
    stamp = "TIMESTAMPTZ" if has_zone(path) else "TIMESTAMP"
    _types = {name: stamp if name == STAMP else "DECIMAL(18,9)" for name in column_names(path)}


def run() -> pa.Table:
    rows = _connection.read_csv(os.fspath(_path), header=True, delimiter=",", columns=_types)
    return rows.to_arrow_table()
