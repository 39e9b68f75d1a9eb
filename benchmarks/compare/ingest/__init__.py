"""Text in the page cache to an Arrow IPC file on disk, in bounded memory."""

from __future__ import annotations

from pathlib import Path

from compare import Floor
from compare.arrow_files import fresh_output, write_bytes_durably
from compare.bars import OUTPUT_ROW_BYTES, Reference, describe, judge, reference
from compare.measure import memory_floors

__all__ = ["TITLE", "describe", "floors", "judge", "reference"]

TITLE = (
    "CSV text in the page cache to an uncompressed Arrow IPC file; fsync: of the file, then "
    "rename, then fsync of the folder, as barrow always does"
)


def floors(path: Path, reference: Reference) -> list[Floor]:
    size = reference.rows * OUTPUT_ROW_BYTES
    write = Floor(
        "write and fsync of the output", lambda: write_bytes_durably(fresh_output("floor"), size)
    )
    return [*memory_floors(path, size), write]
