"""Bars in memory to a CSV file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from compare import Floor, Verdict
from compare.arrow_files import fresh_output, write_bytes_durably
from compare.bars import STAMP, VALUES, Reference, describe, from_arrow, reference
from compare.bars import judge as judge_bars

__all__ = ["TITLE", "describe", "floors", "judge", "read_doubles", "reference"]

TITLE = (
    "bars in memory to a CSV file: barrow's integers, the others' doubles; only barrow makes "
    "the file durable"
)


def read_doubles(path: Path) -> pa.Table:
    """What the rivals write: doubles, and stamps as nanoseconds."""
    types = {STAMP: pa.timestamp("ns"), **dict.fromkeys(VALUES, pa.float64())}
    return pc.read_csv(path, convert_options=pc.ConvertOptions(column_types=types))


def judge(reference: Reference, answer: Path) -> Verdict:
    """Reads the file with pyarrow's decimals; barrow has no part in it."""
    with answer.open() as file:
        names = [name.strip('"') for name in file.readline().strip().split(",")]
        zone = "UTC" if "Z" in file.readline() else None
    types = {names[0]: pa.timestamp("ns", zone), **dict.fromkeys(VALUES, pa.decimal128(38, 9))}
    table = pc.read_csv(answer, convert_options=pc.ConvertOptions(column_types=types))
    return judge_bars(reference, from_arrow(table.rename_columns([STAMP, *names[1:]])))


def floors(path: Path, reference: Reference) -> list[Floor]:
    size = path.stat().st_size
    return [
        Floor(
            "write and fsync of as many bytes",
            lambda: write_bytes_durably(fresh_output("floor", ".csv"), size),
        )
    ]
