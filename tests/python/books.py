"""Order book records made of decimal text, independently of how barrow stores them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
from barrow import OrderBookDeltas, OrderBookDepths

INSTRUMENT = "AAPL.XNAS"
START = 1_704_187_800 * 10**9
ENCODINGS = ("fixed8", "fixed16", "decimal128")
_EXACT = Context(prec=60)
UNDEFINED = None  # a cell of a value that is undefined
LEVELS = range(10)
COLUMNS: dict[str, dict[str, str]] = {
    "deltas": {
        "action": "uint8", "side": "uint8", "price": "price", "size": "size",
        "order_id": "uint64", "flags": "uint8", "sequence": "uint64",
        "ts_event": "time", "ts_init": "time",
    },
    "depths": {
        **{f"bid_price_{i}": "price" for i in LEVELS},
        **{f"ask_price_{i}": "price" for i in LEVELS},
        **{f"bid_size_{i}": "size" for i in LEVELS},
        **{f"ask_size_{i}": "size" for i in LEVELS},
        **{f"bid_count_{i}": "uint32" for i in LEVELS},
        **{f"ask_count_{i}": "uint32" for i in LEVELS},
        "flags": "uint8", "sequence": "uint64", "ts_event": "time", "ts_init": "time",
    },
}  # fmt: skip
CLASSES: dict[str, Any] = {"deltas": OrderBookDeltas, "depths": OrderBookDepths}

# Cells by column; values are decimal text, or `UNDEFINED`.
Row = dict[str, Any]


def raw_of(cell: object, role: str, encoding: str) -> int:
    """The integer behind a value."""
    width, scale = (8, 9) if encoding == "fixed8" else (16, 16)
    if cell is UNDEFINED:
        return 2 ** (8 * width - 1) - 1 if role == "price" else 2 ** (8 * width) - 1
    return int(Decimal(str(cell)).scaleb(scale, _EXACT))


def schema_of(kind: str, encoding: str, **metadata: str) -> pa.Schema:
    """The stored schema as docs/format.md describes it."""
    value = {"fixed8": pa.binary(8), "fixed16": pa.binary(16)}.get(encoding, pa.decimal128(38, 16))
    time = pa.timestamp("ns", "UTC") if encoding == "decimal128" else pa.uint64()
    plain = {"uint8": pa.uint8(), "uint32": pa.uint32(), "uint64": pa.uint64()}
    fields = []
    for name, role in COLUMNS[kind].items():
        is_value = role in ("price", "size")
        dtype = value if is_value else plain.get(role, time)
        fields.append(pa.field(name, dtype, nullable=is_value and encoding == "decimal128"))
    known = {"instrument_id": INSTRUMENT, "price_precision": "2", "size_precision": "1"}
    return pa.schema(fields, metadata=known | metadata)


def table_of(
    kind: str, rows: Sequence[Row], encoding: str = "fixed8", batch_rows: int | None = None
) -> pa.Table:
    """A table in the stored schema."""
    schema = schema_of(kind, encoding)
    width = 8 if encoding == "fixed8" else 16
    columns = []
    for name, role in COLUMNS[kind].items():
        cells: list[Any] = [row[name] for row in rows]
        if role in ("price", "size") and encoding == "decimal128":
            cells = [None if cell is UNDEFINED else Decimal(str(cell)) for cell in cells]
        elif role in ("price", "size"):
            cells = [
                raw_of(cell, role, encoding).to_bytes(width, "little", signed=role == "price")
                for cell in cells
            ]
        columns.append(pa.array(cells, schema.field(name).type))
    table = pa.Table.from_arrays(columns, schema=schema)
    if batch_rows is None:
        return table
    return pa.Table.from_batches(table.to_batches(max_chunksize=batch_rows), schema)


def records_of(kind: str, rows: Sequence[Row], encoding: str = "fixed8", **options: Any) -> Any:
    """The same as `OrderBookDeltas` or `OrderBookDepths`."""
    return CLASSES[kind].from_arrow(table_of(kind, rows, encoding, **options))


def delta(at: int = 0, **cells: Any) -> Row:
    """A change of a book."""
    usual = {
        "action": 1, "side": 1, "price": "100.10", "size": "5.0", "order_id": 12, "flags": 128,
        "sequence": 7, "ts_event": START + at, "ts_init": START + at + 1,
    }  # fmt: skip
    return usual | cells


def clear(at: int = 0, **cells: Any) -> Row:
    """What NautilusTrader writes where all of a book is cleared."""
    null = {"action": 4, "side": 0, "price": "0", "size": "0", "order_id": 0, "sequence": 0}
    return delta(at, **(null | cells))


def depth(at: int = 0, levels: int = 10, **cells: Any) -> Row:
    """The best levels of a book; those behind `levels` are as NautilusTrader pads them."""
    row: Row = {}
    for side, step in (("bid", -1), ("ask", 1)):
        for i in LEVELS:
            there = i < levels
            price = Decimal("100.00") + step * (Decimal("0.01") * (i + 1))
            row[f"{side}_price_{i}"] = str(price) if there else "0"
            row[f"{side}_size_{i}"] = f"{i + 1}.5" if there else "0"
            row[f"{side}_count_{i}"] = i + 1 if there else 0
    row |= {"flags": 32, "sequence": at, "ts_event": START + at, "ts_init": START + at + 1}
    return {name: (row | cells)[name] for name in COLUMNS["depths"]}


def random_rows(kind: str, seed: int, count: int, *, undefined: bool = True) -> list[Row]:
    """Rows of any legal values, ends of ranges among them."""
    rng = random.Random(seed)

    def value(role: str) -> Any:
        choice = rng.random()
        if undefined and choice < 0.1:
            return UNDEFINED
        if choice < 0.2:
            return "0"
        largest = 9_223_372_036 if role == "price" else 18_446_744_073
        if choice < 0.3:
            return str(largest)
        decimals = 2 if role == "price" else 1
        digits = rng.randrange(largest * 10**decimals)
        sign = "-" if role == "price" and rng.random() < 0.3 else ""
        return sign + str(Decimal(digits).scaleb(-decimals))

    legal = {"action": (1, 2, 3, 4), "side": (0, 1, 2)}
    bits = {"uint8": 8, "uint32": 32, "uint64": 64}
    rows = []
    for at in range(count):
        row: Row = {}
        for name, role in COLUMNS[kind].items():
            if role in ("price", "size"):
                row[name] = value(role)
            elif role == "time":
                row[name] = START + 1_000 * (at + (name == "ts_init"))
            else:
                row[name] = rng.choice(legal.get(name, (0, 1, rng.getrandbits(bits[role]))))
        rows.append(row)
    return rows
