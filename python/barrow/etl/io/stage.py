"""One step of a chain: what is new in one file goes to the end of another."""

from __future__ import annotations

from collections.abc import Callable

from barrow.bars import Bars
from barrow.etl.io.index import check_input, fingerprint
from barrow.etl.io.protocols import (
    Checkpoint,
    ResampleIOIndex,
    ResampleIOReader,
    ResampleIOWriter,
)


def advance(
    reader: ResampleIOReader,
    writer: ResampleIOWriter,
    index: ResampleIOIndex,
    change: Callable[[Bars], Bars] | None = None,
    *,
    batch_rows: int = 65_536,
    save_rows: int = 1 << 20,
) -> int:
    """Reads on where the index says, writes, and saves how far that came.

    What was written is durable before the index speaks of it; what lies behind the
    index in the output is cut off first. So a process that is killed anywhere goes on
    as if nothing had happened. Open the writer with `at=` of the index, so that a torn
    end does not stop it: `(index.load() or Checkpoint()).output_position`.

    Args:
        reader: The input.
        writer: The output.
        index: How far this came.
        change: What is done to every batch, such as checks; nothing if None.
        batch_rows: How many bars are read at once.
        save_rows: After how many bars, at least, the index is saved.

    Returns:
        How many bars were read.

    Raises:
        BarrowCorruptError: The input was rewritten before where reading stopped, or the
            output is shorter than the index says.
        What the reader, the writer and the index raise.
    """
    saved = index.load() or Checkpoint()
    check_input(reader.path, saved)
    reader.seek(saved.input_position)
    writer.truncate(saved.output_position)
    rows = unsaved = 0
    last_stamp = saved.last_stamp
    while (bars := reader.read_batch(batch_rows)) is not None:
        last_stamp = int(bars[-1].ts_event)
        writer.write_batch(bars if change is None else change(bars))
        rows, unsaved = rows + len(bars), unsaved + len(bars)
        if unsaved >= save_rows:
            _save(reader, writer, index, last_stamp)
            unsaved = 0
    if unsaved:
        _save(reader, writer, index, last_stamp)
    return rows


def _save(
    reader: ResampleIOReader, writer: ResampleIOWriter, index: ResampleIOIndex, last_stamp: int
) -> None:
    writer.flush(fsync=True)
    place = reader.tell()
    prints = fingerprint(reader.path, place)
    index.save(Checkpoint(place, writer.tell(), last_stamp, *prints))
