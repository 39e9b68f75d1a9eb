"""Bars in a frame, or in the bytes of an Arrow stream, to records."""

from __future__ import annotations

from pathlib import Path

from compare import Floor
from compare.bars import OUTPUT_ROW_BYTES, Reference, judge, reference
from compare.bars import describe as describe_bars
from compare.measure import touch_floor

__all__ = ["ROWS", "TITLE", "describe", "floors", "judge", "reference"]

TITLE = "bars of a frame, or of an Arrow stream, to records; held_MB is bytes per record at 1M"
ROWS = 1_000_000


def describe(reference: Reference) -> dict[str, object]:
    rate = {"bytes": reference.rows * OUTPUT_ROW_BYTES, "rate_of": "columns of 64 bits"}
    return {**describe_bars(reference), **rate}


def floors(path: Path, reference: Reference) -> list[Floor]:
    return [touch_floor(reference.rows * OUTPUT_ROW_BYTES)]
