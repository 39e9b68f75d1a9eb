"""Trades to information bars of seven thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import barrow as bw
import numpy as np
import pyarrow as pa
from barrow._arrow import FIXED8, TRADE, Meta, record_schema

from compare import Floor, Verdict

TITLE = (
    "trades in memory to information bars of seven thresholds, trades cut where a bar is full; "
    "prices have 5 decimals, sizes none"
)
ROWS = 10_000_000
TICK, VOLUME, VALUE = "1000-TICK", "300000-VOLUME", "300000-VALUE"
NAMES = (TICK, VOLUME, VALUE, "60-TICK_IMBALANCE", "20000-VOLUME_IMBALANCE", "4000-VOLUME_RUNS",
         "40-RENKO")  # fmt: skip
COLUMNS = ("open", "high", "low", "close", "volume", "time")
INCREMENT = "0.00001"
# So many rows are gone through one by one for what a loop only can find out.
LOOPED = 200_000

Array = np.ndarray[Any, Any]
Answer = dict[str, dict[str, Array]]


@dataclass(frozen=True)
class Reference:
    """All bars of ticks and volume; those of the other thresholds of the first rows."""

    rows: int
    bars: Answer


@cache
def source(path: Path) -> bw.Trades:
    """Closes and volumes of minute bars as trades of random sides, in one batch."""
    bars = bw.read_csv(path, encoding="fixed8", threads=1)
    rows = len(bars)
    sides = np.random.default_rng(1).integers(1, 3, rows).astype(np.uint8)
    schema = record_schema(TRADE, FIXED8, Meta("EUR/USD.SIM", 5, 0))
    values = [
        pa.Array.from_buffers(field.type, rows, [None, pa.py_buffer(column.copy())])
        for field, column in zip(schema, (bars.raw("close"), bars.raw("volume")), strict=False)
    ]
    stamps = pa.array(bars.raw("ts_event"))
    columns = [*values, pa.array(sides), pa.repeat("1", rows), stamps, stamps]
    return bw.Trades([pa.RecordBatch.from_arrays(columns, schema=schema)], schema)


@cache
def arrays(path: Path) -> dict[str, Array]:
    """The same as arrays of `int64` for the others: prices in points, sizes whole."""
    trades = source(path)
    return {
        "price": trades.raw("price") // 10**4,
        "size": (trades.raw("size") // np.uint64(10**9)).astype(np.int64),
        "side": np.where(trades.raw("aggressor_side") == 1, 1, -1),
        "time": trades.raw("ts_event").astype(np.int64),
    }


def step_of(name: str) -> int:
    """A threshold in rows, whole sizes, points times sizes, or points."""
    step, kind = name.split("-")
    return int(step) * (10**5 if kind.startswith("VALUE") else 1)


def vectors(name: str, columns: dict[str, Array]) -> dict[str, Array]:
    """Full bars of ticks or volume, all at once: where running sums pass multiples of the step."""
    price, step = columns["price"], step_of(name)
    if name == TICK:
        count = len(price) // step
        first = np.arange(count) * step
        last = first + step - 1
        volume = np.add.reduceat(columns["size"][: count * step], first)
    else:
        sums = np.cumsum(columns["size"])
        ends = np.arange(step, sums[-1] + 1, step)
        last = np.searchsorted(sums, ends, "left")
        first = np.searchsorted(sums, ends - step, "right")
        volume = np.full(len(ends), step)
    between = np.stack([first, last + 1], axis=1).reshape(-1)
    padded = np.append(price, price[-1])
    return {
        "open": price[first],
        "high": np.maximum.reduceat(padded, between)[::2],
        "low": np.minimum.reduceat(padded, between)[::2],
        "close": price[last],
        "volume": volume,
        "time": columns["time"][last],
    }


def looped(name: str, columns: dict[str, Array]) -> dict[str, Array]:
    """Full bars, row by row with Python's integers; of bricks the first has the volume."""
    kind, step = name.split("-")[1], step_of(name)
    made: list[tuple[int, ...]] = []
    bar: list[int] = []
    total = run = volume = 0
    end = int(columns["price"][0])
    rows = zip(*(columns[c].tolist() for c in ("price", "size", "side", "time")), strict=True)
    for price, size, side, time in rows:
        if kind == "RENKO":
            volume += size
            while abs(price - end) >= step:
                to = end + (step if price > end else -step)
                made.append((end, max(end, to), min(end, to), to, volume, time))
                end, volume = to, 0
            continue
        if kind.endswith("RUNS") and side != run:
            total, run = 0, side
        each = {"TICK": 0, "VOLUME": 1, "VALUE": price}[kind.split("_")[0]]
        way = side if kind.endswith("IMBALANCE") else 1
        left = size
        while left:
            bar = bar or [price, price, price]
            bar[1], bar[2] = max(bar[1], price), min(bar[2], price)
            need = step - way * total
            if (each * left if each else 1) < need:
                volume += left
                total += way * (each * left if each else 1)
                break
            part = min(left, -(-need // each)) if each else left
            made.append((*bar, price, volume + part, time))
            left -= part
            bar, total, volume = [], 0, 0
    return dict(zip(COLUMNS, np.array(made, np.int64).T, strict=True))


def reference(path: Path) -> Reference:
    """NumPy for ticks and volume, plain loops over the first rows for the others."""
    columns = arrays(path)
    few = {name: column[:LOOPED] for name, column in columns.items()}
    bars = {name: vectors(name, columns) for name in (TICK, VOLUME)}
    bars |= {name: looped(name, few) for name in NAMES if name not in bars}
    for name in (TICK, VOLUME):  # the loop has to agree where both can tell
        for column, values in looped(name, few).items():
            if not np.array_equal(values, bars[name][column][: len(values)]):
                raise SystemExit(f"{name}: the references differ in {column}")
    return Reference(len(columns["price"]), bars)


def describe(reference: Reference) -> dict[str, Any]:
    counts = {name: len(bars["time"]) for name, bars in reference.bars.items()}
    checked = f"ticks and volume all, the others in the first {LOOPED:,} rows"
    return {"rows": reference.rows, "checked": checked, "bars": counts}


def judge(reference: Reference, answer: Answer) -> Verdict:
    for name, wanted in reference.bars.items():
        for column, values in wanted.items():
            found = answer[name][column]
            whole = name in (TICK, VOLUME) and len(found) != len(values)
            if whole or len(found) < len(values):
                return Verdict(False, "exact", f"{name}: {len(found)} bars of {len(values)}")
            wrong = np.flatnonzero(found[: len(values)] != values)
            if len(wrong):
                note = f"{name}: {len(wrong)} of {column}, the first in bar {wrong[0]}"
                return Verdict(False, "exact", note)
    return Verdict(True, "exact")


def floors(path: Path, reference: Reference) -> list[Floor]:
    trades = source(path)
    columns = [trades.raw(c).view(np.uint64) for c in ("price", "size", "ts_event", "ts_init")]

    def sweep() -> None:
        for column in columns:
            np.bitwise_or.reduce(column)

    return [Floor("one sweep of four input columns", sweep)]
