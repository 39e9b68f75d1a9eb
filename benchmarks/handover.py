"""What it costs to hand a record batch over through capsules, from 4 MB to 400 MB.

    python benchmarks/handover.py [--repeat N]

Every library takes over the same batch and hands it back to pyarrow; that this copies
nothing is checked by buffer addresses before a clock is read. The libraries take turns in
one process. nanoarrow is a rival if it is installed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from importlib import metadata
from importlib.util import find_spec

import numpy as np
import pyarrow as pa
from barrow.arrow_ffi import import_pyarrow_recordbatch, import_pyarrow_table

COLUMNS = ("open", "high", "low", "close", "volume", "ts_event", "ts_init")
MEGABYTES = (4, 40, 400)
ROUNDS = 7


def make_batch(megabytes: int) -> pa.RecordBatch:
    """A batch of seven 64-bit columns."""
    rows = megabytes * 1_000_000 // (8 * len(COLUMNS))
    arrays = [pa.array(np.arange(rows, dtype=np.int64) + i) for i in range(len(COLUMNS))]
    return pa.RecordBatch.from_arrays(arrays, names=list(COLUMNS))


def addresses(batch: pa.RecordBatch) -> list[int]:
    """Where the values are."""
    return [column.buffers()[1].address for column in batch.columns]


def rivals() -> dict[str, tuple[Callable[[pa.RecordBatch], object], bool]]:
    """What is timed, and whether the result can be handed back to pyarrow."""
    found: dict[str, tuple[Callable[[pa.RecordBatch], object], bool]] = {
        "barrow, take over": (import_pyarrow_recordbatch, True),
        "barrow, there and back": (lambda b: pa.record_batch(import_pyarrow_recordbatch(b)), True),
        "barrow, stream there and back": (
            lambda b: pa.RecordBatchReader.from_stream(import_pyarrow_table(b)).read_next_batch(),
            True,
        ),
        "pyarrow, capsules only": (lambda b: b.__arrow_c_array__(), False),
    }
    if find_spec("nanoarrow"):
        import nanoarrow as na

        found["nanoarrow, take over"] = (na.c_array, True)
        found["nanoarrow, there and back"] = (lambda b: pa.record_batch(na.c_array(b)), True)
    return found


def microseconds(call: Callable[[pa.RecordBatch], object], batch: pa.RecordBatch, n: int) -> float:
    """The time of one call, results dropped at once."""
    begin = time.perf_counter_ns()
    for _ in range(n):
        call(batch)
    return (time.perf_counter_ns() - begin) / n / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=2000, help="calls in a round")
    repeat = parser.parse_args().repeat
    times: dict[str, list[float]] = {name: [] for name in rivals()}
    for megabytes in MEGABYTES:
        batch = make_batch(megabytes)
        for name, (call, whole) in rivals().items():
            if whole and addresses(pa.record_batch(call(batch))) != addresses(batch):
                raise SystemExit(f"WRONG: {name} copies")
        rounds: dict[str, list[float]] = {name: [] for name in times}
        for _ in range(ROUNDS):
            for name, (call, _whole) in rivals().items():
                rounds[name].append(microseconds(call, batch, repeat))
        for name, found in rounds.items():
            times[name].append(statistics.median(found))
    print(f"pyarrow {pa.__version__}, nanoarrow", end=" ")
    print(metadata.version("nanoarrow") if find_spec("nanoarrow") else "not installed")
    print("| microseconds, 7 columns | " + " | ".join(f"{m} MB" for m in MEGABYTES) + " |")
    print("|---" * (len(MEGABYTES) + 1) + "|")
    for name, row in times.items():
        print(f"| {name} | " + " | ".join(f"{value:.1f}" for value in row) + " |")


if __name__ == "__main__":
    main()
