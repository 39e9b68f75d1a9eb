"""Bars at chosen minutes, for tests of the store."""

from __future__ import annotations

from decimal import Decimal

import barrow as bw
import numpy as np
import pyarrow as pa
from ticks import SECOND, START

BARS = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
MINUTE = 60 * SECOND
FOLDER = "bar/EUR%2FUSD.SIM-1-MINUTE-BID-EXTERNAL"
COLUMNS = ("open", "high", "low", "close", "volume", "ts_event", "ts_init")


def bars_at(
    minutes: list[int],
    close: str = "1.5",
    encoding: str = "fixed8",
    precision: int = 5,
    bar_type: str | None = BARS,
    delay: int = 0,
) -> bw.Bars:
    """Bars at minutes after `START`, all alike."""
    count = len(minutes)
    values = [Decimal("1.5"), Decimal(9), Decimal("0.5"), Decimal(close), Decimal(3)]
    stamps = [START + minute * MINUTE for minute in minutes]
    fields, arrays = [], []
    for name, value in zip(COLUMNS[:5], values, strict=True):
        fields.append(pa.field(name, pa.decimal128(38, 16), nullable=False))
        arrays.append(pa.array([value] * count, pa.decimal128(38, 16)))
    for name, later in (("ts_event", 0), ("ts_init", delay)):
        fields.append(pa.field(name, pa.timestamp("ns", "UTC"), nullable=False))
        arrays.append(pa.array([at + later for at in stamps], pa.timestamp("ns", "UTC")))
    known = {"price_precision": str(precision), "size_precision": "0"}
    known |= {"bar_type": bar_type} if bar_type else {}
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=known))
    return bw.Bars.from_arrow(bw.Bars.from_arrow(table).to_arrow(encoding))


def minutes_of(records: bw.Bars) -> list[int]:
    """The minutes bars are at."""
    return ((records.raw("ts_event").astype(np.int64) - START) // MINUTE).tolist()
