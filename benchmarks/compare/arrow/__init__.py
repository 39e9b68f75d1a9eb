"""Bars in memory to an Arrow IPC file, beside a plain `write` of the same bytes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import barrow as bw
import numpy as np
import pyarrow as pa

from compare import Floor, Verdict
from compare.arrow_files import fresh_output
from compare.bars import BAR_TYPE, STAMP, VALUES, Answer, Array, Reference, reference
from compare.bars import describe as describe_bars
from compare.bars import judge as judge_bars

__all__ = ["BATCH_ROWS", "ROWS", "TITLE", "describe", "floors", "judge", "reference"]

TITLE = "bars in memory to an Arrow file; fsync: of the file, then rename, then of the folder"
ROWS = 10_000_000
BATCH_ROWS = 65_536  # as bw.write_arrow has it
_ROW_BYTES = 56


@cache
def bars(path: Path) -> bw.Bars:
    """What is written."""
    records = bw.read_csv(path, bar_type=BAR_TYPE, encoding="fixed8")
    assert isinstance(records, bw.Bars)
    return records


@cache
def same_bytes(path: Path) -> Array:
    """The whole file, as it lies in memory for a plain `write`."""
    output = fresh_output("same")
    bw.write_arrow(bars(path), output)
    return np.fromfile(output, np.uint8)


def describe(reference: Reference) -> dict[str, Any]:
    size = _ROW_BYTES * reference.rows
    return {**describe_bars(reference), "bytes": size, "rate_of": "columns"}


def _integers(column: pa.ChunkedArray) -> Array:
    parts = [np.frombuffer(c.buffers()[1], "<i8", len(c), 8 * c.offset) for c in column.chunks]
    return np.concatenate(parts)


def judge(reference: Reference, answer: Path) -> Verdict:
    """Reads the file with pyarrow and NumPy."""
    names = {STAMP: "ts_event", **{name: name for name in VALUES}}
    with pa.memory_map(str(answer)) as source:
        table = pa.ipc.open_file(source).read_all()
        columns = {name: _integers(table[of]) for name, of in names.items()}
    return judge_bars(reference, Answer(columns, "exact"))


def floors(path: Path, reference: Reference) -> list[Floor]:
    return []
