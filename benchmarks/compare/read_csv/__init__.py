"""Text in the page cache to columns in memory, values and times both."""

from __future__ import annotations

from pathlib import Path

from compare import Floor
from compare.bars import OUTPUT_ROW_BYTES, Reference, describe, judge, reference
from compare.measure import memory_floors

__all__ = ["TITLE", "describe", "floors", "judge", "reference"]

TITLE = "CSV text in the page cache to columns in memory, times parsed too"


def floors(path: Path, reference: Reference) -> list[Floor]:
    return memory_floors(path, reference.rows * OUTPUT_ROW_BYTES)
