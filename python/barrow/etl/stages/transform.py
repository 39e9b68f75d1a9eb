"""The first stage: files of a vendor to canonical bars, one file for every day."""

from __future__ import annotations

import functools
import os
import time
from dataclasses import replace
from typing import Any, Unpack, cast

from barrow._arrow import FIXED8
from barrow.csv import CsvKeywords
from barrow.etl.io import ResampleIOFactory, TextReader
from barrow.etl.stages.days import Days
from barrow.etl.stages.inputs import NewRows, Sources, drain, find_files
from barrow.etl.stages.ledger import Ledger, LedgerFile
from barrow.etl.stages.rejects import RejectRows
from barrow.etl.stages.report import StageReport
from barrow.etl.stages.settings import (
    BATCH_ROWS,
    SAVE_ROWS,
    StageFormat,
    settings,
    suffix_of,
)

LEDGER = "ledger.json"
REJECTS = "rejects.csv"
_SETTLED = ("price_precision", "size_precision", "encoding")


def transform(
    sources: Sources,
    folder: str | os.PathLike[str],
    *,
    format: StageFormat = "binary",
    live: bool = False,
    sort: bool = False,
    rebuild: bool = False,
    batch_rows: int = BATCH_ROWS,
    save_rows: int = SAVE_ROWS,
    factory: ResampleIOFactory | None = None,
    **options: Unpack[CsvKeywords],
) -> StageReport:
    """Reads what came to files of a vendor, and adds it to files of one UTC day each.

    Goes on where it stopped: `ledger.json` in the folder says how far every source was
    read and every day written. What was written is durable before the ledger speaks of
    it, and what lies behind the ledger is cut off, so a process that is killed anywhere
    goes on as if nothing had happened. Sources may grow, and more may come; what was
    read may be removed. Bars have to follow each other in `ts_event`, over all sources.

    Precisions and encoding that are left `auto` are found by reading all sources once
    more, before the first bar is written, and are the same from then on.

    Args:
        sources: A file, a pattern, or several; text in any dialect, or what the factory
            knows. Packed text is read whole.
        folder: Where the days go: `2024-01-02.bar64`.
        format: `binary` (bar64), `text` (CSV) or `arrow` (a stream).
        live: Whether somebody writes to the sources, so that a last line without an end
            is left for later. Otherwise it is a row like any other.
        sort: Whether bars of a source are put in order first; it is read whole then.
        rebuild: Whether to remove the days that are there and to start over.
        batch_rows: How many bars to read at once.
        save_rows: After how many bars, at least, the ledger is saved.
        factory: Knows the formats; those of barrow if None.
        **options: As in `read_csv`, for sources that are text. Refused rows go to
            `rejects.csv` in the folder with `on_error="quarantine"`.

    Returns:
        What was read and written.

    Raises:
        BarrowCorruptError: A source was rewritten before where reading stopped, or a day
            was cut.
        BarrowParseError: A row is bad, or a bar comes before the one before it; what
            came before it is written.
        BarrowArgumentError: An option is wrong, or another than when the days were begun.
        BarrowIoError: A file cannot be read or written, or another process is at work;
            or the folder holds days that this stage did not write.
    """
    begun = time.perf_counter()
    place = os.fspath(folder)
    paths = find_files(sources)
    file = LedgerFile(os.path.join(place, LEDGER))
    days = Days(place, suffix_of(format), factory or ResampleIOFactory())
    told: dict[str, Any] = {**options}
    state = {"format": format, "options": settings(told)}
    quarantine = told.get("on_error") == "quarantine"
    if quarantine:
        told["on_error"] = "skip"
        told.pop("rejects", None)
    counts: dict[str, int] = {}
    with file.held():
        ledger = file.started([*days.names(), REJECTS], state, rebuild)
        days.recover(ledger.outputs)
        new = NewRows(ledger, file, batch_rows, days.factory, told, sort, not live)
        ledger = _settled(ledger, paths, new, format)
        told.update(ledger.state["settled"])
        with RejectRows(os.path.join(place, REJECTS), ledger.outputs[REJECTS]) as rejects, days:
            new.keep = rejects.write if quarantine else None

            def save(last: int, _: bool) -> None:
                days.flush()
                rejects.flush()
                outputs = {REJECTS: rejects.tell(), **days.position()}
                file.save(replace(ledger, inputs=new.consumed(), outputs=outputs, last_stamp=last))

            take = functools.partial(days.write, counts=counts)
            rows = drain(new, paths, take, save, save_rows=save_rows)
    seconds = time.perf_counter() - begun
    return StageReport(
        "transform", place, new.inputs, rows, new.rejected, counts, new.notes, seconds
    )


def written_text(folder: str) -> CsvKeywords:
    """How to read the days of a folder if they are text, which does not say it itself.

    Args:
        folder: Where `transform` wrote them.

    Raises:
        BarrowCorruptError: The ledger is damaged.
        BarrowIoError: It cannot be read.
    """
    ledger = LedgerFile(os.path.join(folder, LEDGER)).load() or Ledger()
    bar_type = ledger.state.get("options", {}).get("bar_type")
    told: Any = {"dialect": "generic", "bar_type": bar_type, **ledger.state.get("settled", {})}
    return cast(CsvKeywords, told)


def _settled(ledger: Ledger, paths: list[str], new: NewRows, format: str) -> Ledger:
    """The ledger with precisions and encoding, found now if they were not yet."""
    if "settled" in ledger.state:
        return ledger
    wanted: dict[str, Any] = {name: new.options.get(name, "auto") for name in _SETTLED}
    if format == "binary" and wanted["encoding"] == "auto":
        wanted["encoding"] = FIXED8.name
    if "auto" in wanted.values():
        found = [_facts(path, new, wanted) for path in paths]
        for name, value in wanted.items():
            if value == "auto":
                values = [facts[name] for facts in found]
                # fixed16 holds what fixed8 does not.
                wanted[name] = max(values, key=len if name == "encoding" else None)
    return replace(ledger, state={**ledger.state, "settled": wanted})


def _facts(path: str, new: NewRows, wanted: dict[str, Any]) -> dict[str, Any]:
    """Precisions and encoding of a source, of which text is read to its end."""
    with new.open(path, **wanted) as reader:
        bars = reader.read_batch(new.batch_rows)
        if not isinstance(reader, TextReader):
            return {name: getattr(bars, name, None) for name in _SETTLED}
        while bars is not None:
            bars = reader.read_batch(new.batch_rows)
        return {name: getattr(reader.report, name) for name in _SETTLED}
