"""Bars in memory to a bar64 file, beside a plain `write` of the same bytes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import barrow as bw
import numpy as np
from barrow.bar64 import write_bar64

from compare import Floor, Verdict
from compare.arrow_files import fresh_output
from compare.bars import BAR_TYPE, STAMP, VALUES, Answer, Array, Reference, reference
from compare.bars import describe as describe_bars
from compare.bars import judge as judge_bars

__all__ = ["ROWS", "TITLE", "bars", "describe", "floors", "judge", "reference", "same_bytes"]

TITLE = "bars in memory to a bar64 file; fsync: of the file, then rename, then of the folder"
ROWS = 10_000_000
# As docs/format.md has it, so that barrow has no part in what it is judged by.
_RECORD = np.dtype(
    {
        "names": ["timestamp", "open", "high", "low", "close", "volume"],
        "formats": ["<i8"] * 6,
        "offsets": [0, 8, 16, 24, 32, 40],
        "itemsize": 64,
    }
)


@cache
def bars(path: Path) -> bw.Bars:
    """What is written."""
    records = bw.read_csv(path, bar_type=BAR_TYPE, encoding="fixed8")
    assert isinstance(records, bw.Bars)
    return records


@cache
def same_bytes(path: Path) -> Array:
    """The whole file, as it lies in memory for a plain `write`."""
    output = fresh_output("same", ".bar64")
    write_bar64(bars(path), output)
    return np.fromfile(output, np.uint8)


def describe(reference: Reference) -> dict[str, Any]:
    size = 64 * reference.rows
    return {**describe_bars(reference), "bytes": size, "rate_of": "records"}


def judge(reference: Reference, answer: Path) -> Verdict:
    """Reads the file with NumPy."""
    data = np.fromfile(answer, np.uint8)
    begin = 64 * int(data[10:12].view("<u2")[0])
    records = data[begin:].view(_RECORD)
    columns = {name: records[name] for name in (STAMP, *VALUES)}
    return judge_bars(reference, Answer(columns, "exact"))


def floors(path: Path, reference: Reference) -> list[Floor]:
    return []
