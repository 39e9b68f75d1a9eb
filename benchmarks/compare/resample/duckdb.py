"""duckdb: time_bucket with arg_min and arg_max, once a timeframe; `first` has no order."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from compare.resample import TEN, VALUES, Answer, arrays

NAME = "duckdb time_bucket, arg_min/arg_max"
VERSION = duckdb.__version__
THREADS = 2
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks", "M": "months", "y": "years"}
_QUERY = """
    select epoch_ns(time_bucket(interval '{}', time)::timestamp) as time,
        arg_min(open, time) as open, max(high) as high, min(low) as low,
        arg_max(close, time) as close, sum(volume)::bigint as volume
    from bars group by 1 order by 1
"""


@cache
def _connection(path: Path) -> duckdb.DuckDBPyConnection:
    columns = arrays(path)
    times = pa.array(columns["time"]).cast(pa.timestamp("ns"))
    table = pa.table({"time": times, **{name: columns[name] for name in VALUES}})
    connection = duckdb.connect()
    connection.register("given", table)
    connection.execute("create table bars as select * replace (time::timestamp as time) from given")
    return connection


def setup(path: Path) -> None:
    global _data
    _data = _connection(path)


def _length(name: str) -> str:
    if name == "1q":
        return "3 months"
    return f"{name[:-1]} {_UNITS[name[-1]]}"


def run() -> dict[str, Any]:
    return {name: _data.execute(_QUERY.format(_length(name))).fetchnumpy() for name in TEN}


def answer(result: dict[str, Any]) -> Answer:
    return {
        name: {column: np.asarray(values).astype(np.int64) for column, values in found.items()}
        for name, found in result.items()
    }
