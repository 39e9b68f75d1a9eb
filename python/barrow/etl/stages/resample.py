"""The last stage: one file of bars to files of longer timeframes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import pyarrow as pa

from barrow.bar64 import Bar64Writer
from barrow.bars import Bars
from barrow.csv import CsvKeywords
from barrow.errors import BarrowArgumentError, message
from barrow.etl.io import BinaryWriter, ResampleIOFactory, ResampleIOWriter
from barrow.etl.stages.inputs import NewRows, drain, find_files
from barrow.etl.stages.ledger import Ledger, LedgerFile, check_size, remove, remove_partials
from barrow.etl.stages.records import RecordFold
from barrow.etl.stages.report import StageReport
from barrow.etl.stages.settings import StageFormat, ledger_of, settings, suffix_of
from barrow.resample import ResampleKeywords, Resampler, Timeframe

# Ten files are written after every batch, so that is worth more rows than elsewhere.
_BATCH_ROWS = 1 << 17
# A fifth of a second of work; saving waits for the disk a dozen times.
_SAVE_ROWS = 1 << 23


def resample(
    source: str | os.PathLike[str],
    timeframes: Sequence[str],
    folder: str | os.PathLike[str],
    *,
    format: StageFormat = "binary",
    rebuild: bool = False,
    batch_rows: int = _BATCH_ROWS,
    save_rows: int = _SAVE_ROWS,
    factory: ResampleIOFactory | None = None,
    text: CsvKeywords | None = None,
    **keywords: Unpack[ResampleKeywords],
) -> StageReport:
    """Makes bars of longer timeframes of what came to a file of bars.

    Goes on where it stopped, as `transform` does: the ledger holds the state of the
    resampler too, so only the last bar of every timeframe is written again, unless its
    interval was over. The files are those of one call of `resample` over all bars, byte
    for byte. A file is called after the source, step and unit: `eurusd-5-minute.bar64`.

    Other timeframes or options than before start the stage over: everything it needs is
    in the source. Files of timeframes that are not asked for any more stay as they are.

    Args:
        source: The file of bars.
        timeframes: As in `resample`.
        folder: Where the files go.
        format: `binary` (bar64), `text` (CSV) or `arrow` (a stream).
        rebuild: Whether to write the files again from their start.
        batch_rows: How many bars to read at once.
        save_rows: After how many bars, at least, the ledger is saved.
        factory: Knows the formats; those of barrow if None.
        text: As in `read_csv`, for a source that is text.
        **keywords: As in `Resampler`.

    Returns:
        What was read and written.

    Raises:
        BarrowCorruptError: The source was rewritten before where reading stopped, or a
            file was cut.
        BarrowParseError: A bar comes before the one before it.
        BarrowArgumentError: An option is wrong, or two timeframes would go into one file.
        BarrowIoError: A file cannot be read or written, another process is at work, or
            a file is there and was not written by this stage.
        What `Resampler` raises.
    """
    begun = time.perf_counter()
    path, place = os.fspath(source), os.fspath(folder)
    paths = find_files([path])
    stem = Path(path).name.partition(".")[0]
    names = _names(stem, timeframes, suffix_of(format))
    resampler = Resampler(timeframes, **keywords)
    # The session itself, not the name of its file.
    meant = {**keywords, "session": resampler.options.session}
    state = {"timeframes": [*names], "format": format, "options": settings(meant)}
    file = LedgerFile(ledger_of(os.path.join(place, stem)))
    formats = factory or ResampleIOFactory()
    counts = dict.fromkeys(names.values(), 0)
    with file.held():
        ledger, notes = _begun(file, names, state, rebuild)
        if ledger.state.get("resampler"):
            resampler = Resampler.restore(ledger.state["resampler"].encode())
        new = NewRows(ledger, file, batch_rows, formats, {**(text or {})})
        # Formats of others may be anything, whatever their names are.
        new.as_records = format == "binary" and factory is None and resampler.takes_records
        with _Outputs(place, names, formats, ledger.outputs) as outputs:
            records = RecordFold(resampler, outputs.records)

            def take(bars: Bars) -> None:
                outputs.write(resampler.push(bars), counts)

            def save(last: int, ended: bool) -> None:
                records.write_all()
                positions, ends = outputs.positions(), None
                if ended:
                    outputs.write(_open_bars(resampler), {})
                    ends = outputs.positions()
                outputs.flush()
                known = {"resampler": resampler.state().decode(), "ends": ends}
                file.save(
                    replace(
                        ledger,
                        inputs=new.consumed(),
                        outputs=positions,
                        last_stamp=last,
                        state={**state, **known},
                    )
                )

            rows = drain(new, paths, take, save, save_rows=save_rows, fold=records.take)
            for timeframe, count in records.counts.items():
                counts[names[timeframe]] += count
            if not new.inputs and not outputs.are_whole(ledger.state.get("ends")):
                save(ledger.last_stamp, True)
    seconds = time.perf_counter() - begun
    return StageReport("resample", place, new.inputs, rows, 0, counts, notes, seconds)


def _names(stem: str, timeframes: Sequence[str], suffix: str) -> dict[str, str]:
    """The files of timeframes."""
    names: dict[str, str] = {}
    for text in timeframes:
        step, unit = Timeframe.parse(text).aggregation
        name = f"{stem}-{step}-{unit.lower()}{suffix}"
        if name in names.values():
            raise BarrowArgumentError(message(f'timeframe "{text}"', f"{name} is of another, too"))
        names[text] = name
    return names


def _begun(
    file: LedgerFile, names: dict[str, str], state: dict[str, Any], rebuild: bool
) -> tuple[Ledger, list[str]]:
    """The ledger; another one if the stage has to start over."""
    found = None if rebuild else file.load()
    others = [name for name in state if found and found.state.get(name) != state[name]]
    if found and others:
        file.refuse_strangers(name for name in names.values() if name not in found.outputs)
    ledger = file.started([*names.values()], {} if others else state, rebuild or bool(others))
    if not others:
        return ledger, []
    ledger = replace(ledger, state=state)
    file.save(ledger)
    return ledger, [f"started over: other {' and '.join(others)} than before"]


def _open_bars(resampler: Resampler) -> dict[str, Bars]:
    """The bars that are open, if they are wanted."""
    return {} if resampler.options.partial == "drop" else resampler.open_bars()


class _Outputs:
    """A file for every timeframe, opened when there is something to write.

    Args:
        place: The folder.
        names: The files of timeframes.
        factory: Makes writers.
        positions: Where to go on, by file.
    """

    def __init__(
        self,
        place: str,
        names: dict[str, str],
        factory: ResampleIOFactory,
        positions: dict[str, int],
    ) -> None:
        self._place = place
        self._names = names
        self._factory = factory
        self._positions = positions
        self._writers: dict[str, ResampleIOWriter] = {}

    def are_whole(self, ends: dict[str, int] | None) -> bool:
        """Whether the files end where the ledger says.

        Args:
            ends: What it says; None if it does not.
        """
        return ends is not None and all(
            check_size(os.path.join(self._place, name), self._positions[name]) == end
            for name, end in ends.items()
        )

    def _open(self) -> None:
        """Opens all files, and cuts off what lies behind the positions."""
        if not self._writers:
            remove_partials(self._place, self._names.values())
        for text, name in self._names.items():
            if text in self._writers:
                continue
            path, at = os.path.join(self._place, name), self._positions[name]
            if not at:
                remove(path)
            check_size(path, at)
            self._writers[text] = self._factory.writer(path, at=at)

    def write(self, bars: dict[str, Bars], counts: dict[str, int]) -> None:
        """Adds bars of timeframes, and counts them by file."""
        self._open()
        for text, some in bars.items():
            counts[self._names[text]] = counts.get(self._names[text], 0) + len(some)
            self._writers[text].write_batch(some)

    def records(self, text: str, schema: pa.Schema) -> Bar64Writer:
        """What takes records of a timeframe; its file is there then.

        Args:
            text: The timeframe.
            schema: The stored schema of its bars.

        Raises:
            What the writer raises if such bars do not belong into the file.
        """
        self._open()
        writer = self._writers[text]
        assert isinstance(writer, BinaryWriter)
        return writer.records(Bars([], schema))

    def positions(self) -> dict[str, int]:
        """Where every file ends."""
        self._open()
        return {self._names[text]: writer.tell() for text, writer in self._writers.items()}

    def flush(self) -> None:
        """Makes what was written durable."""
        for writer in self._writers.values():
            writer.flush()

    def __enter__(self) -> _Outputs:
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers.values():
            writer.close()
