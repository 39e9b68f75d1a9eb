"""What the rivals that make records of frames and streams share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import barrow as bw
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
from barrow.wranglers import BarDataWranglerV2

from compare.bars import BAR_TYPE, STAMP, VALUES, Answer, Array, has_zone, stamp_type

_BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Source:
    """A file as the users of wranglers have it in memory.

    Attributes:
        frame: Doubles and time stamps with a zone.
        price_precision: Decimals of prices.
        size_precision: Decimals of volumes.
    """

    frame: pd.DataFrame
    price_precision: int
    size_precision: int

    @property
    def wrangler_arguments(self) -> tuple[str, int, int]:
        """What every wrangler is made with."""
        return BAR_TYPE, self.price_precision, self.size_precision


@cache
def read_source(path: Path) -> Source:
    """Reads the doubles with pyarrow."""
    types = {STAMP: stamp_type(path), **dict.fromkeys(VALUES, pa.float64())}
    frame = pc.read_csv(path, convert_options=pc.ConvertOptions(column_types=types)).to_pandas()
    if not has_zone(path):
        frame[STAMP] = frame[STAMP].dt.tz_localize("UTC")
    bars = bw.read_csv(path)
    return Source(frame[[STAMP, *VALUES]], bars.price_precision, bars.size_precision)


@cache
def read_stream(path: Path, encoding: str) -> bytes:
    """The same bars as the bytes of an Arrow IPC stream in a stored encoding."""
    bars = wrangler(path).to_columns(read_source(path).frame).to_arrow(encoding)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, bars.schema) as writer:
        writer.write_table(bars, max_chunksize=_BATCH_ROWS)
    return sink.getvalue().to_pybytes()


def wrangler(path: Path) -> BarDataWranglerV2:
    """barrow's wrangler for a file."""
    return BarDataWranglerV2(*read_source(path).wrangler_arguments)


def to_answer(records: Sequence[Any], scale: int) -> Answer:
    """The raw integers of records with barrow's or NautilusTrader's attributes.

    Where those are at scale 16, and not multiples of 10**7, they came through doubles:
    they are rounded to scale 9, and noted.
    """
    columns, inexact = {}, 0
    unit = 10 ** (scale - 9)
    for name in VALUES:
        raws = [getattr(record, name).raw for record in records]
        inexact += sum(raw % unit != 0 for raw in raws)
        columns[name] = np.array([(raw + unit // 2) // unit for raw in raws], np.int64)
    columns[STAMP] = np.array([record.ts_event for record in records], np.int64)
    if not inexact:
        return Answer(columns, "exact")
    total = len(records) * len(VALUES)
    note = f"{inexact:,} of {total:,} raw values are not the number in the frame"
    return Answer(columns, "float64", note=note)


def from_arrays(columns: dict[str, Array]) -> Answer:
    """Integers at scale 9, as they are."""
    return Answer({name: values.astype(np.int64) for name, values in columns.items()}, "exact")
