"""Where rivals write, and how a file is made durable."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from compare.bars import Answer, from_arrow

_FOLDER = TemporaryDirectory(prefix="barrow-ingest-", dir=os.environ.get("BARROW_BENCH_DIR"))


def fresh_output(name: str, suffix: str = ".arrow") -> Path:
    """A name to write to; what earlier runs wrote is removed, dirty pages and all."""
    for old in Path(_FOLDER.name).iterdir():
        old.unlink()
    return Path(_FOLDER.name) / f"{name}{suffix}"


def replace_durably(temporary: Path, final: Path) -> Path:
    """What barrow does at the end: fsync, rename, fsync of the folder."""
    _fsync(temporary)
    temporary.replace(final)
    _fsync(final.parent)
    return final


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_bytes_durably(path: Path, size: int) -> None:
    """Writes that many bytes from one buffer, and makes them durable."""
    buffer = memoryview(bytes(1 << 20))
    with path.open("wb", buffering=0) as file:
        for begin in range(0, size, len(buffer)):
            file.write(buffer[: size - begin])
        os.fsync(file.fileno())


def file_answer(path: Path) -> Answer:
    """The integers in an Arrow file of numbers."""
    with pa.memory_map(os.fspath(path)) as source:
        return from_arrow(pa.ipc.open_file(source).read_all())


def convert_with_pyarrow(path: Path, output: Path, options: Any) -> Path:
    """Streams a CSV file into an Arrow file with pyarrow alone."""
    import pyarrow.csv as pc

    with (
        pc.open_csv(path, convert_options=options) as reader,
        pa.ipc.new_file(output, reader.schema) as writer,
    ):
        for batch in reader:
            writer.write_batch(batch)
    return output


def convert_with_polars(path: Path, output: Path) -> Path:
    """Streams a CSV file into an Arrow file with polars alone."""
    import polars as pl

    from compare.bars import VALUES

    schema = dict.fromkeys(VALUES, pl.Float64)
    pl.scan_csv(path, try_parse_dates=True, schema_overrides=schema).sink_ipc(output)
    return output
