"""What DuckDB, polars, pandas and pyarrow receive from bars, as the guide says it."""

from __future__ import annotations

from decimal import Decimal

import barrow as bw
import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from barrow._arrow import BAR
from rows_to_resample import random_bars

ENCODINGS = ["fixed8", "fixed16", "decimal128"]
TYPES = {"fixed8": ("BIGINT", "UBIGINT"), "fixed16": ("DECIMAL(38,16)",) * 2,
         "decimal128": ("DECIMAL(38,16)",) * 2}  # fmt: skip


@pytest.fixture(params=ENCODINGS)
def bars(request) -> bw.Bars:
    return bw.Bars.from_arrow(random_bars(1, 5000).to_arrow(request.param))


def addresses(array: pa.Array) -> int:
    return array.buffers()[1].address


def test_pyarrow_and_polars_look_into_the_memory_of_the_bars(bars):
    table, frame = pa.table(bars), pl.DataFrame(bars)
    newest = pl.CompatLevel.newest()
    for name in BAR.columns:
        mine = bars.raw(name).ctypes.data
        assert addresses(table[name].chunk(0)) == mine
        assert addresses(frame[name].to_arrow(compat_level=newest)) == mine


def test_what_duckdb_reads_lies_in_the_memory_of_the_bars(bars):
    # It asks for this stream, whose batches it reads where they are.
    for batch in pa.RecordBatchReader.from_stream(bars):
        for name in BAR.columns:
            assert addresses(batch.column(name)) == bars.raw(name).ctypes.data


def test_duckdb_has_types_to_compute_with(bars):
    price, size = TYPES[bars.encoding]
    told = {row[0]: row[1] for row in duckdb.sql("describe select * from bars").fetchall()}
    assert told == {
        **dict.fromkeys(BAR.values[:4], price),
        "volume": size,
        "ts_event": "TIMESTAMPTZ_NS",
        "ts_init": "TIMESTAMPTZ_NS",
    }
    [(high, total)] = duckdb.sql("select max(high), sum(volume) from bars").fetchall()
    scale = 10**9 if bars.encoding == "fixed8" else 1
    assert Decimal(high) / scale == max(bar.high.as_decimal() for bar in bars)
    assert Decimal(total) / scale == sum(bar.volume.as_decimal() for bar in bars)


def test_pandas_gets_copies(bars):
    kinds = {"float64": "float64", "decimal": "object"}
    for values, dtype in kinds.items():
        assert str(bars.to_pandas(values)["close"].dtype) == dtype
    raw = bars.to_pandas("raw")
    assert raw["close"].tolist() == [bar.close.raw for bar in bars]
    assert not np.shares_memory(raw["close"].to_numpy(), bars.raw("close"))
