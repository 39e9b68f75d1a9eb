"""One file of records to files of bars, one for every timeframe."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from barrow.errors import BarrowArgumentError, BarrowIoError, message
from barrow.etl.open import open_records
from barrow.ipc import write_arrow
from barrow.resample import (
    InformationKeywords,
    ResampleKeywords,
    ResampleReport,
    Threshold,
    Timeframe,
    information_bars,
    is_information,
    resample,
)


@dataclass(frozen=True)
class ResampledFile:
    """A file that was written.

    Attributes:
        path: The file.
        report: What the bars in it were made from.
    """

    path: str
    report: ResampleReport

    def to_dict(self) -> dict[str, Any]:
        """The facts as plain values."""
        return {"path": self.path, **self.report.to_dict()}


def resample_file(
    path: str | os.PathLike[str],
    timeframes: Sequence[str],
    folder: str | os.PathLike[str],
    *,
    bar_type: str | None = None,
    instrument_id: str | None = None,
    sort: bool = False,
    overwrite: bool = False,
    information: InformationKeywords | None = None,
    **keywords: Unpack[ResampleKeywords],
) -> list[ResampledFile]:
    """Makes bars of longer timeframes, or information bars, from a file; each into an Arrow file.

    A file is called after its source, step and unit: `eurusd-5-minute.arrow`.

    Args:
        path: What `open` opens.
        timeframes: As in `resample`; also thresholds of `information_bars`: `1000-TICK`.
        folder: Where the files go; made if it is not there.
        bar_type: Goes into the metadata of bars that have none.
        instrument_id: Goes into the metadata of quotes and trades that have none.
        sort: As in `resample`.
        overwrite: Whether files that are there may be replaced.
        information: The keyword arguments of `information_bars`; `partial` and `price` are
            those of `resample`.
        **keywords: As in `resample`; of timeframes only, but for `partial` and `price`.

    Returns:
        What was written, in the order of the timeframes.

    Raises:
        BarrowIoError: A file is there already, or cannot be read or written.
        BarrowArgumentError: Two timeframes would go into one file.
        What `open`, `resample` and `information_bars` raise.
    """
    hint = "overwrite=True (--overwrite)"
    stem = Path(path).name.partition(".")[0]
    places: dict[str, Path] = {}
    for name in timeframes:
        if is_information(name):
            called = str(Threshold.parse(name)).lower()
        else:
            called = "{}-{}".format(*Timeframe.parse(name).aggregation).lower()
        place = Path(folder) / f"{stem}-{called}.arrow"
        if place in places.values():
            raise BarrowArgumentError(message(f'timeframe "{name}"', f"{place} is of another, too"))
        if place.exists() and not overwrite:
            raise BarrowIoError(message(place.name, "is there already", tries=[hint]))
        places[name] = place
    records = open_records(path, bar_type=bar_type, instrument_id=instrument_id)
    counted = [name for name in timeframes if is_information(name)]
    timed = [name for name in timeframes if name not in counted]
    made = resample(records, timed, sort=sort, **keywords) if timed or not counted else {}
    if counted:
        told: InformationKeywords = {**(information or {})}
        told["partial"], told["price"] = keywords.get("partial", "flag"), keywords.get("price")
        made |= information_bars(records, counted, sort=sort, **told)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"cannot be made: {error.strerror}"
        raise BarrowIoError(message(os.fspath(folder), what)) from error
    written = []
    for name, place in places.items():
        write_arrow(made[name], place, overwrite=overwrite)
        written.append(ResampledFile(str(place), made[name].report))
    return written
