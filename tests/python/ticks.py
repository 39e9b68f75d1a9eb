"""Quotes and trades made of decimal text, independently of how barrow stores them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
from barrow import Quotes, Trades

INSTRUMENT = "EUR/USD.SIM"
START = 1_704_187_800 * 10**9
SECOND = 10**9
ENCODINGS = ("fixed8", "fixed16", "decimal128")
COLUMNS = {
    "quotes": ("bid_price", "ask_price", "bid_size", "ask_size", "ts_event", "ts_init"),
    "trades": ("price", "size", "aggressor_side", "trade_id", "ts_event", "ts_init"),
}
VALUES = {"quotes": COLUMNS["quotes"][:4], "trades": COLUMNS["trades"][:2]}
PRICES = {"bid_price", "ask_price", "price"}
FIXED = {"aggressor_side": pa.uint8(), "trade_id": pa.string()}
CLASSES = {"quotes": Quotes, "trades": Trades}

# Cells in the order of the columns, without the two times.
Row = tuple[object, ...]
QUOTE: Row = ("1.0842", "1.0844", "5", "7")
TRADE: Row = ("1.0843", "3", 1, "T-1")


def schema_of(kind: str, encoding: str, **metadata: str) -> pa.Schema:
    """The stored schema as docs/format.md describes it."""
    value = {"fixed8": pa.binary(8), "fixed16": pa.binary(16)}.get(encoding, pa.decimal128(38, 16))
    time = pa.timestamp("ns", "UTC") if encoding == "decimal128" else pa.uint64()
    types = {name: time if name.startswith("ts_") else value for name in COLUMNS[kind]} | FIXED
    fields = [pa.field(name, types[name], nullable=False) for name in COLUMNS[kind]]
    known = {"instrument_id": INSTRUMENT, "price_precision": "4", "size_precision": "0"}
    return pa.schema(fields, metadata=known | metadata)


def stored(cell: object, name: str, kind: str, encoding: str) -> object:
    """A cell as pyarrow takes it for the stored type."""
    if name not in VALUES[kind]:
        return cell
    if encoding == "decimal128":
        return Decimal(str(cell))
    width, scale = (8, 9) if encoding == "fixed8" else (16, 16)
    raw = cell if isinstance(cell, int) else int(Decimal(str(cell)).scaleb(scale))
    return raw.to_bytes(width, "little", signed=name in PRICES)


def table_of(
    kind: str,
    rows: Sequence[Row],
    encoding: str = "fixed8",
    stamps: Sequence[int] | None = None,
    batch_rows: int | None = None,
) -> pa.Table:
    """A table in the stored schema; one second apart where no stamps are given.

    Args:
        kind: `quotes` or `trades`.
        rows: Cells of values (decimal text, or raw integers) and extras.
        encoding: How values are stored.
        stamps: Nanoseconds, the same for both times.
        batch_rows: Rows per batch; all in one if None.
    """
    stamps = [START + SECOND * i for i in range(len(rows))] if stamps is None else stamps
    schema = schema_of(kind, encoding)
    columns = []
    for at, name in enumerate(COLUMNS[kind]):
        cells = [stored(row[at], name, kind, encoding) for row in rows] if at < 4 else list(stamps)
        columns.append(pa.array(cells, schema.field(name).type))
    table = pa.Table.from_arrays(columns, schema=schema)
    if batch_rows is None:
        return table
    return pa.Table.from_batches(table.to_batches(max_chunksize=batch_rows), schema)


def records_of(kind: str, rows: Sequence[Row], encoding: str = "fixed8", **options: object):
    """The same as `Quotes` or `Trades`."""
    return CLASSES[kind].from_arrow(table_of(kind, rows, encoding, **options))
