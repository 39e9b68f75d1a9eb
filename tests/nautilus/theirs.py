"""NautilusTrader's objects and barrow's of the same values, made exactly.

Whoever imports this is skipped where NautilusTrader is not installed; `make test-nautilus`
installs it in an environment of its own.
"""

from __future__ import annotations

from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import barrow.wranglers
import pyarrow as pa
import pytest
from barrow._arrow import ENCODINGS, KINDS, Meta, record_schema
from barrow.bars import make_records

pytest.importorskip("nautilus_trader", reason="no nautilus_trader here: make test-nautilus")

import nautilus_trader
from nautilus_trader.core import nautilus_pyo3 as pyo3
from nautilus_trader.model import data as cython
from nautilus_trader.model import enums, objects
from nautilus_trader.persistence.catalog import ParquetDataCatalog

# Before 1.231 texts of bar types were read without a look at their steps.
VERSION = tuple(int(part) for part in nautilus_trader.__version__.split(".")[:2])
LIMITS = (objects.PRICE_MAX, objects.QUANTITY_MAX)
LAST_PRICE = enums.PriceType.LAST
ENCODING = {8: "fixed8", 16: "fixed16"}[pyo3.PRECISION_BYTES]
SCALE = ENCODINGS[ENCODING].scale
MOST_PRICE = ENCODINGS[ENCODING].price_max
MOST_SIZE = ENCODINGS[ENCODING].size_max
INSTRUMENT = "EUR/USD.SIM"
BAR_TYPE = f"{INSTRUMENT}-1-MINUTE-BID-EXTERNAL"
IDENTITY = {"bar": BAR_TYPE, "quote": INSTRUMENT, "trade": INSTRUMENT}
MINUTE = 60 * 10**9
START = 1_704_186_000 * 10**9
# The last instant a pandas time stamp has, which their catalog needs.
LAST = 2**63 - 1
WIDE = Context(prec=60)
KIND_NAMES = ("bar", "quote", "trade")
CLASSES = {"bar": cython.Bar, "quote": cython.QuoteTick, "trade": cython.TradeTick}
PYO3 = {"bar": pyo3.Bar, "quote": pyo3.QuoteTick, "trade": pyo3.TradeTick}
ENCODERS = {
    "bar": pyo3.bars_to_arrow_record_batch_bytes,
    "quote": pyo3.quotes_to_arrow_record_batch_bytes,
    "trade": pyo3.trades_to_arrow_record_batch_bytes,
}
WRANGLERS = {
    "bar": pyo3.BarDataWrangler,
    "quote": pyo3.QuoteTickDataWrangler,
    "trade": pyo3.TradeTickDataWrangler,
}

# Decimal text of the values, whatever else a record has, ts_event, ts_init.
Row = tuple[tuple[str, ...], tuple[Any, ...], int, int]


def rows_of(kind: str, count: int = 40) -> tuple[list[Row], int, int]:
    """Rows with everything that is legal, and the precisions they need.

    `limit_rows` has values beyond those that can be printed with all their decimals.
    """
    # They read and print by way of decimals of 28 digits; above that the older version aborts.
    most = Decimal(min(10**28, MOST_PRICE * 10**SCALE) - 1).scaleb(-SCALE, WIDE)
    tiny = f"0.{'0' * (SCALE - 1)}1"
    prices = ["1.0842", "-2.5", "0", tiny, f"-{tiny}", f"-{most}", str(most)]
    sizes = ["100", "0", tiny, str(most), "0.25"]
    extras = [(0, "T-1"), (1, "x" * 36), (2, "-2-")]
    made: list[Row] = []
    for i in range(count):
        a, b = sorted((prices[i % 7], prices[(i // 7) % 7]), key=Decimal)
        at = START + i * MINUTE
        volume = sizes[i % 5]
        if kind == "bar":
            values: tuple[str, ...] = (a, b, a, b, volume)
        elif kind == "quote":
            values = (a, b, volume, sizes[(i + 1) % 5])
        else:  # they have no trades of nothing
            values = (a, volume if volume != "0" else "1")
        made.append((values, extras[i % 3] if kind == "trade" else (), at, at + i % 3))
    return made, SCALE, SCALE


def limit_rows(kind: str) -> list[Row]:
    """Rows at the ends of what both versions take, with two decimals."""
    price, size = (Decimal(most) - Decimal("0.01") for most in (MOST_PRICE, MOST_SIZE))
    low, high, most = f"-{price}", str(price), str(size)
    values = {
        "bar": [(low, high, low, high, most), (low, low, low, low, "0")],
        "quote": [(low, high, most, "0"), (high, low, "0", most)],
        "trade": [(low, most), (high, "0.01")],
    }[kind]
    extra = (1, "T") if kind == "trade" else ()
    return [(row, extra, LAST - 10 * i, LAST - i) for i, row in enumerate(reversed(values))]


def raws(kind: str, row: Row) -> list[int]:
    """The raw integers of a row."""
    return [int(Decimal(text).scaleb(SCALE, WIDE)) for text in row[0]]


def ours(kind: str, rows: list[Row], price: int, size: int, batch_rows: int = 16) -> Any:
    """The rows as `Bars`, `Quotes` or `Trades`, in several batches."""
    known = KINDS[kind]
    meta = Meta(IDENTITY[kind], price, size)
    schema = record_schema(known, ENCODINGS[ENCODING], meta)
    batches = []
    for begin in range(0, len(rows), batch_rows):
        part = rows[begin : begin + batch_rows]
        width = pyo3.PRECISION_BYTES
        columns: list[Any] = [
            pa.array(
                [raws(kind, row)[at].to_bytes(width, "little", signed=True) for row in part]
                if name in known.prices
                else [raws(kind, row)[at].to_bytes(width, "little") for row in part],
                pa.binary(width),
            )
            for at, name in enumerate(known.values)
        ]
        for at, (_, dtype) in enumerate(known.extras):
            columns.append(pa.array([row[1][at] for row in part], dtype))
        columns += [pa.array([row[at] for row in part], pa.uint64()) for at in (2, 3)]
        batches.append(pa.RecordBatch.from_arrays(columns, schema=schema))
    return make_records(batches, schema)


def theirs(kind: str, rows: list[Row], price: int, size: int) -> list[Any]:
    """The rows as NautilusTrader's objects (those of its Rust core)."""
    prices = len(KINDS[kind].prices)
    identity: Any = (
        pyo3.BarType.from_str(BAR_TYPE) if kind == "bar" else pyo3.InstrumentId.from_str(INSTRUMENT)
    )
    made = []
    for row in rows:
        values: list[Any] = [
            pyo3.Price.from_raw(raw, price) if at < prices else pyo3.Quantity.from_raw(raw, size)
            for at, raw in enumerate(raws(kind, row))
        ]
        if kind == "trade":
            sides = (pyo3.AggressorSide.NO_AGGRESSOR, pyo3.AggressorSide.BUYER,
                     pyo3.AggressorSide.SELLER)  # fmt: skip
            values += [sides[row[1][0]], pyo3.TradeId(row[1][1])]
        made.append(PYO3[kind](identity, *values, row[2], row[3]))
    return made


def legacy(kind: str, core: list[Any]) -> list[Any]:
    """The same as objects of its Python classes, which its catalog has."""
    return [CLASSES[kind].from_pyo3(one) for one in core]


def catalog_at(path: Path) -> ParquetDataCatalog:
    """NautilusTrader's catalog in a folder."""
    return ParquetDataCatalog(str(path))


def told(kind: str, record: Any) -> tuple[Any, ...]:
    """All there is to a record, of either library: its dictionary, its text, its integers."""
    known = KINDS[kind]
    cython_class = CLASSES[kind]
    dictionary = (
        cython_class.to_dict(record) if isinstance(record, cython_class) else record.to_dict()
    )
    values = [getattr(record, name) for name in known.values]
    return (
        dictionary,
        str(record),
        [int(value.raw) for value in values],
        [int(value.precision) for value in values],
        int(record.ts_event),
        int(record.ts_init),
    )


def stream(records: Any) -> bytes:
    """Records of barrow as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    table = records.to_arrow()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def wrangler(kind: str, price: int, size: int) -> Any:
    """NautilusTrader's wrangler."""
    return WRANGLERS[kind](IDENTITY[kind], price, size)


OUR_WRANGLERS = {
    "bar": "BarDataWranglerV2",
    "quote": "QuoteTickDataWranglerV2",
    "trade": "TradeTickDataWranglerV2",
}


def our_wrangler(kind: str, price: int, size: int) -> Any:
    """barrow's wrangler of the same name."""
    return getattr(barrow.wranglers, OUR_WRANGLERS[kind])(IDENTITY[kind], price, size)
