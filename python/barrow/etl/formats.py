"""Formats of files, by their suffixes, and what is told of a conversion."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import Literal

FormatName = Literal["csv", "arrow", "parquet", "nautilus-catalog"]
TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".gz", ".bz2", ".zst", ".xz", ".zip")
PARQUET_SUFFIXES = (".parquet", ".pq")
# A catalog is a folder, which no suffix tells.
SUFFIXES: dict[FormatName, tuple[str, ...]] = {
    "csv": TEXT_SUFFIXES,
    "arrow": (".arrow", ".feather", ".ipc"),
    "parquet": PARQUET_SUFFIXES,
    "nautilus-catalog": (),
}


def size_of(path: str | os.PathLike[str]) -> int:
    """Bytes of a file; 0 for a folder."""
    return 0 if os.path.isdir(path) else os.stat(path).st_size


@dataclass(frozen=True)
class ConvertReport:
    """What was written.

    Attributes:
        path: The file read.
        output: The file written.
        format: What it is.
        rows: How many records.
        bytes_in: Bytes of the input; 0 for a folder or records in memory.
        bytes_out: Bytes of the output; 0 for standard output.
        seconds: Wall time.
    """

    path: str
    output: str
    format: FormatName
    rows: int
    bytes_in: int
    bytes_out: int
    seconds: float

    def to_json(self) -> str:
        """The report for machines."""
        return json.dumps(asdict(self), indent=2)
