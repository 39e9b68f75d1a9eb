"""One text into one Arrow file, in bounded memory, wholly or not at all."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from barrow._arrow import read_schema
from barrow.csv import (
    CsvKeywords,
    CsvOptions,
    CsvReport,
    ManyReader,
    RowReader,
    make_options,
    open_rows,
)
from barrow.csv.inputs import Given, Inputs, expand
from barrow.errors import BarrowArgumentError, BarrowParseError, Place, message
from barrow.ipc import ArrowFileWriter

_CHUNKS_AT_ONCE = 4


@dataclass
class IngestReport(CsvReport):
    """What became of every row, and what was written.

    Attributes:
        output: The file written.
        bytes_in: Bytes of the input as it is stored, as far as known.
        bytes_out: Bytes of the output.
        batches: Batches written.
        seconds: Wall time.
        first_ts: The first `ts_event`, as nanoseconds UTC.
        last_ts: The last `ts_event`, as nanoseconds UTC.
    """

    output: str = ""
    bytes_in: int = 0
    bytes_out: int = 0
    batches: int = 0
    seconds: float = 0.0
    first_ts: int = 0
    last_ts: int = 0


def ingest(
    path: Given,
    output: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    batch_rows: int = 65_536,
    progress: Callable[[int, int, int], None] | None = None,
    **options: Unpack[CsvKeywords],
) -> IngestReport:
    """Reads CSV text and writes its records into an Arrow IPC file.

    Memory is bounded by `batch_rows` and the chunk size, whatever the size of the
    file. The output appears under its name only when it is whole and durable;
    after an error, an interruption or a full disk there is none.

    Args:
        path: As in `read_csv`.
        output: The file to write.
        overwrite: Whether it may replace one that is there.
        batch_rows: Rows per record batch. Of trades it may be a few fewer, which keeps
            every column aligned to 64 bytes.
        progress: Called with bytes read, bytes in all (0 if unknown) and rows.
        **options: As in `read_csv`.

    Returns:
        The account of every row.

    Raises:
        BarrowIoError: A file cannot be read or written.
        BarrowParseError: A row is bad and `on_error` is `raise`, or all are.
        BarrowSchemaError: The header lacks a column.
        BarrowArgumentError: An option has a value that is not allowed.
    """
    started = time.monotonic()
    if batch_rows < 1:
        raise BarrowArgumentError(message("batch_rows", f"{batch_rows} is less than 1"))
    checked = make_options(options)
    inputs = expand(path)
    check_paths(inputs, {"output": output, "rejects": checked.rejects})
    reader = open_rows(inputs, checked)
    try:
        with ArrowFileWriter(output, reader.schema(), overwrite=overwrite) as writer:
            report = _copy(reader, writer, batch_rows, progress)
            rejects = reader.rejects_file
            try:
                if rejects is not None:
                    rejects.commit()
                writer.commit()
            except BaseException:
                if rejects is not None:
                    rejects.withdraw()
                raise
    finally:
        reader.close()
    report.bytes_in = reader.source.size
    report.output = os.fspath(output)
    report.bytes_out = os.stat(output).st_size
    report.seconds = time.monotonic() - started
    return report


def check_paths(inputs: Inputs, places: dict[str, Any]) -> None:
    """Refuses to write over an input, or two things into one file.

    Args:
        inputs: What is read.
        places: Paths to write by what they are for; None where there is none.

    Raises:
        BarrowArgumentError: Two of them are one file.
    """
    seen = {_real(part.local): "the input" for part in inputs.parts if part.local is not None}
    for name, place in places.items():
        if place is None:
            continue
        real = _real(place)
        if real in seen:
            raise BarrowArgumentError(
                message(name, f"{os.fspath(place)} is {seen[real]} too", tries=["another name"])
            )
        seen[real] = name


def _real(place: Any) -> Path:
    return Path(os.fspath(place)).resolve() if "\0" not in os.fspath(place) else Path()


def _copy(
    reader: RowReader | ManyReader,
    writer: ArrowFileWriter,
    batch_rows: int,
    progress: Callable[[int, int, int], None] | None,
) -> IngestReport:
    """Copies every row; the schema of the file is settled at the end.

    Precision and encoding are only known when the last row is read. They seldom
    change after the first batch; when they do, what is written is restated.
    """
    batch_rows = reader.kind.aligned_rows(batch_rows)
    columns = reader.new_columns(batch_rows * _batches_at_once(reader.options, batch_rows))
    first_ts = last_ts = batches = total = 0
    while not reader.ended:
        columns, rows = reader.read(columns, 0)
        if not rows:
            continue
        if batches == 0 or reader.encoding != read_schema(writer.schema, writer.path)[1]:
            writer.restate(reader.schema())
        whole = columns.batch(writer.schema, rows)
        for begin in range(0, rows, batch_rows):
            writer.write(whole.slice(begin, batch_rows))
            batches += 1
        first_ts = first_ts or int(columns.stamps[0])
        last_ts = int(columns.stamps[rows - 1])
        total += rows
        if progress is not None:
            progress(reader.source.position, reader.source.size, total)
    account = reader.report()
    if not batches:
        if not account.rejects:
            symbol = reader.options.symbol
            raise BarrowParseError(
                message(account.path, f"none of the {account.rows_in:,} rows has {symbol=}"),
                Place(account.path),
                "empty",
            )
        first = account.rejects[0]
        path = first.file or account.path
        raise BarrowParseError(
            message(
                path,
                f"none of the {account.rows_in:,} rows can be read; the first at line "
                f"{first.first_line}: {first.sample}",
            ),
            Place(path, first.first_line),
            first.reason,
        )
    writer.restate(reader.schema())
    return IngestReport(**vars(account), batches=batches, first_ts=first_ts, last_ts=last_ts)


def _batches_at_once(options: CsvOptions, batch_rows: int) -> int:
    """So many that all threads have some chunks to read between two writes."""
    if options.threads == 1:
        return 1
    return max(1, _CHUNKS_AT_ONCE * options.threads * options.chunk_bytes // (64 * batch_rows))
