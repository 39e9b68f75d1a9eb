"""What a store costs: appending to one of any size, opening it, a row of it, a day of it.

    python benchmarks/store.py [--rows 10000 1000000 100000000] [--folder F] [--smoke]

A store of minute bars is made of each number of rows, in appends of at most a million,
and answers are compared before clocks are read. Then, in turns between the stores,
questions are asked of each, and 1,000 bars are appended to each by a new `Store`, as a new
process would have it; in the end they are compacted and asked again. Times are medians,
by the clock and, in brackets, of the processor; the 100 million rows take 5.6 GB of the
folder, twice that while they are compacted.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import barrow as bw
import numpy as np
import pyarrow as pa

BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
MINUTE = 60 * 10**9
START = 946_684_800 * 10**9
DAY = 1440
CHUNK = 1_000_000
ADDED = 1_000
Time = tuple[float, float]
COLUMNS = ("open", "high", "low", "close", "volume", "ts_event", "ts_init")


def bars(begin: int, end: int) -> bw.Bars:
    """Bars whose every value follows from their number."""
    at = np.arange(begin, end, dtype=np.int64)
    price = 10**9 + at % 1000 * 10**4
    stamps = START + at * MINUTE
    columns = (price, price + 10**4, price - 10**4, price, at % 97 * 10**9, stamps, stamps)
    fields, arrays = [], []
    for name, values in zip(COLUMNS, columns, strict=True):
        dtype = pa.uint64() if name.startswith("ts_") else pa.binary(8)
        fields.append(pa.field(name, dtype, nullable=False))
        arrays.append(pa.Array.from_buffers(dtype, len(at), [None, pa.py_buffer(values)]))
    known = {"bar_type": BAR_TYPE, "price_precision": "5", "size_precision": "0"}
    schema = pa.schema(fields, metadata=known)
    return bw.Bars.from_arrow(pa.Table.from_arrays(arrays, schema=schema))


def fill(root: Path, rows: int) -> bw.Store:
    """A store of so many bars."""
    store = bw.Store(root)
    for begin in range(0, rows, CHUNK):
        store.append(bars(begin, min(begin + CHUNK, rows)))
    return store


def microseconds(call: Callable[[], object], times: int = 1) -> Time:
    """By the clock, and of the processor; divided by how often the call does it."""
    wall, processor = time.perf_counter_ns(), time.thread_time_ns()
    call()
    wall, processor = time.perf_counter_ns() - wall, time.thread_time_ns() - processor
    return wall / times / 1000, processor / times / 1000


def check(store: bw.Store, rows: int) -> None:
    """Refuses to time wrong answers."""
    found = store.read(BAR_TYPE)
    assert len(found) == rows, f"WRONG: {len(found)} of {rows} rows"
    for row in (0, rows // 2, rows - 1):
        assert found[row] == bars(row, row + 1)[0], f"WRONG: row {row}"
    begin = rows // 2 // DAY * DAY
    day = store.read(BAR_TYPE, START + begin * MINUTE, START + (begin + DAY) * MINUTE)
    assert day == bars(begin, min(begin + DAY, rows)), "WRONG: a day"


def ask(root: Path, rows: int, measured: dict[str, list[Time]]) -> None:
    """Asks everything once."""

    def note(name: str, value: Time) -> None:
        measured.setdefault(name, []).append(value)

    store = bw.Store(root)
    note("open: Store, read all", microseconds(lambda: bw.Store(root).read(BAR_TYPE)))
    found = store.read(BAR_TYPE)
    note("the same store, read all", microseconds(lambda: store.read(BAR_TYPE)))
    chance = np.random.default_rng(len(measured["open: Store, read all"]))
    places = chance.integers(0, rows, 1000).tolist()
    found[rows // 2]

    def some_rows() -> None:
        for place in places:
            found[place]

    some_rows()
    note("a row by number", microseconds(some_rows, len(places)))
    days = (chance.integers(0, max(rows // DAY, 1), 200) * DAY).tolist()

    def some_days() -> None:
        for day in days:
            store.read(BAR_TYPE, START + day * MINUTE, START + (day + DAY) * MINUTE)

    some_days()
    note("a day by stamps", microseconds(some_days, len(days)))


def shown(times: list[Time]) -> str:
    wall, processor = (statistics.median(each) for each in zip(*times, strict=True))
    return f"{wall:,.1f} ({processor:,.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000, 100_000_000])
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--folder", help="where the stores go for the time being")
    parser.add_argument("--smoke", action="store_true", help="small stores, one round")
    given = parser.parse_args()
    sizes, rounds = ([10_000, 50_000], 1) if given.smoke else (given.rows, given.rounds)
    measured: dict[int, dict[str, list[Time]]] = {rows: {} for rows in sizes}
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        roots = {rows: Path(folder) / str(rows) for rows in sizes}
        for rows, root in roots.items():
            check(fill(root, rows), rows)
            ask(root, rows, {})
        for _ in range(rounds):
            for rows, root in roots.items():
                ask(root, rows, measured[rows])
        for round_ in range(rounds):
            for rows, root in roots.items():
                begin = rows + round_ * ADDED
                more = bars(begin, begin + ADDED)
                took = microseconds(lambda root=root, more=more: bw.Store(root).append(more))
                measured[rows].setdefault(f"append of {ADDED:,}, new Store", []).append(took)
        for rows, root in roots.items():
            check(bw.Store(root), rows + rounds * ADDED)
            took = microseconds(lambda root=root: bw.Store(root).compact())
            check(bw.Store(root), rows + rounds * ADDED)
            measured[rows]["compaction, once"] = [took]
        for _ in range(rounds):
            for rows, root in roots.items():
                compacted: dict[str, list[Time]] = {}
                ask(root, rows, compacted)
                for name, times in compacted.items():
                    measured[rows].setdefault(f"compacted: {name}", []).extend(times)
    print("| microseconds | " + " | ".join(f"{rows:,} rows" for rows in sizes) + " |")
    print("|---" * (len(sizes) + 1) + "|")
    for name in measured[sizes[0]]:
        cells = [shown(measured[rows][name]) for rows in sizes]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
