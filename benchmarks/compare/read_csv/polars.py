"""polars with parsed dates."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from compare.bars import VALUES, Answer, from_arrow

NAME = "polars, dates parsed"
VERSION = pl.__version__
THREADS = pl.thread_pool_size()
# Volumes that are whole at first and not later would end the run.
_SCHEMA = dict.fromkeys(VALUES, pl.Float64)
_path = Path()


def setup(path: Path) -> None:
    global _path
    _path = path


def run() -> pl.DataFrame:
    return pl.read_csv(_path, try_parse_dates=True, schema_overrides=_SCHEMA)


def answer(result: pl.DataFrame) -> Answer:
    return from_arrow(result.to_arrow())
