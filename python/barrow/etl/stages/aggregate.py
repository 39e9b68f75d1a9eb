"""The second stage: many files of bars, such as one for every day, to one."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Unpack

from barrow.csv import CsvKeywords
from barrow.etl.io import ResampleIOFactory
from barrow.etl.stages.inputs import NewRows, Sources, drain, find_files
from barrow.etl.stages.ledger import LedgerFile, check_size, remove, remove_partials
from barrow.etl.stages.report import StageReport
from barrow.etl.stages.settings import BATCH_ROWS, SAVE_ROWS, ledger_of, settings


def aggregate(
    sources: Sources,
    output: str | os.PathLike[str],
    *,
    rebuild: bool = False,
    batch_rows: int = BATCH_ROWS,
    save_rows: int = SAVE_ROWS,
    factory: ResampleIOFactory | None = None,
    **options: Unpack[CsvKeywords],
) -> StageReport:
    """Adds what came to many files of bars to the end of one.

    Goes on where it stopped, as `transform` does; the ledger lies beside the output.

    Args:
        sources: Files, a pattern, or several, in the order of their bars.
        output: The file; its suffix tells its format.
        rebuild: Whether to write the file again from its start.
        batch_rows: How many bars to read at once.
        save_rows: After how many bars, at least, the ledger is saved.
        factory: Knows the formats; those of barrow if None.
        **options: As in `read_csv`, for sources that are text.

    Returns:
        What was read and written.

    Raises:
        BarrowCorruptError: A source was rewritten before where reading stopped, or the
            output was cut.
        BarrowParseError: A bar comes before the one before it.
        BarrowArgumentError: An option is another than when the output was begun.
        BarrowIoError: A file cannot be read or written, another process is at work, or
            the output is there and was not written by this stage.
    """
    begun = time.perf_counter()
    path = os.fspath(output)
    name = os.path.basename(path)
    paths = find_files(sources)
    file = LedgerFile(ledger_of(path))
    formats = factory or ResampleIOFactory()
    with file.held():
        ledger = file.started([name], {"options": settings(options)}, rebuild)
        remove_partials(os.path.dirname(path), [name])
        check_size(path, ledger.outputs[name])
        if not ledger.outputs[name]:
            remove(path)
        new = NewRows(ledger, file, batch_rows, formats, {**options})
        with formats.writer(path, at=ledger.outputs[name]) as writer:

            def save(last: int, _: bool) -> None:
                writer.flush()
                file.save(
                    replace(
                        ledger,
                        inputs=new.consumed(),
                        outputs={name: writer.tell()},
                        last_stamp=last,
                    )
                )

            rows = drain(new, paths, writer.write_batch, save, save_rows=save_rows)
    seconds = time.perf_counter() - begun
    return StageReport(
        "aggregate", path, new.inputs, rows, new.rejected, {name: rows}, new.notes, seconds
    )
