"""Files of one day each."""

from __future__ import annotations

import itertools
import os
import re

import numpy as np

from barrow.bars import Bars
from barrow.etl.io import ResampleIOFactory, ResampleIOWriter
from barrow.etl.stages.ledger import check_size, remove, remove_partials
from barrow.files import sync_files, unwritable

_DAY = np.uint64(86_400 * 10**9)
_NAME = re.compile(r"\d{4}-\d\d-\d\d\.\w+")


class Days:
    """Writes bars to the files of their UTC days.

    Args:
        place: The folder.
        suffix: How names end.
        factory: Makes writers.
    """

    def __init__(self, place: str, suffix: str, factory: ResampleIOFactory) -> None:
        self.factory = factory
        self._place = place
        self._suffix = suffix
        self._day = -1
        self._name = ""
        self._writer: ResampleIOWriter | None = None
        self._finished: list[str] = []
        self._last: dict[str, int] = {}

    def names(self) -> list[str]:
        """The days that are there, in order."""
        if not os.path.isdir(self._place):
            return []
        return sorted(name for name in os.listdir(self._place) if _NAME.fullmatch(name))

    def recover(self, outputs: dict[str, int]) -> None:
        """Removes what lies behind the last day, and behind a position in it.

        Args:
            outputs: That position, under the name of that day; none if no day is whole.

        Raises:
            BarrowCorruptError: The day is shorter.
            BarrowIoError: A file cannot be removed or cut.
        """
        remove_partials(self._place)
        self._last = {name: at for name, at in outputs.items() if _NAME.fullmatch(name) and at}
        last = max(self._last, default="")
        names = self.names()
        for name in reversed(names):
            if name <= last:
                break
            remove(os.path.join(self._place, name))
        if not last:
            return
        path, end = os.path.join(self._place, last), self._last[last]
        if check_size(path, end) > end:
            with self.factory.writer(path, at=end) as writer:
                writer.flush()

    def write(self, bars: Bars, counts: dict[str, int]) -> None:
        """Adds bars to the days they belong to.

        Args:
            bars: The bars, in order.
            counts: How many came to every file.

        Raises:
            What the writers raise.
        """
        days = bars.raw("ts_event") // _DAY
        cuts = [0, *(np.flatnonzero(days[1:] != days[:-1]) + 1).tolist(), len(days)]
        for begin, end in itertools.pairwise(cuts):
            if int(days[begin]) != self._day:
                self._turn_to(int(days[begin]))
            assert self._writer is not None
            self._writer.write_batch(bars[begin:end])
            counts[self._name] = counts.get(self._name, 0) + end - begin

    def _turn_to(self, day: int) -> None:
        self.close()
        self._day = day
        self._name = f"{np.datetime64(day, 'D')}{self._suffix}"
        path = os.path.join(self._place, self._name)
        at = self._last.get(self._name)
        self._writer = self.factory.writer(path, **({} if at is None else {"at": at}))
        self._finished.append(self._name)

    def flush(self) -> None:
        """Makes what was written durable.

        Raises:
            BarrowIoError: The system cannot say that it is.
        """
        if self._writer is None:
            return
        self._writer.flush(fsync=False)
        try:
            sync_files(self._place, self._finished)
        except OSError as error:
            raise unwritable(self._place, error, "cannot be made durable") from error
        self._finished = self._finished[-1:]
        self._last = {self._name: self._writer.tell()}

    def position(self) -> dict[str, int]:
        """The last day, and where to go on in it."""
        return self._last

    def close(self) -> None:
        """Lets the day go that is written to."""
        if self._writer is not None:
            self._last = {self._name: self._writer.tell()}
            self._writer.flush(fsync=False)
            self._writer.close()
            self._writer = None
            self._day = -1

    def __enter__(self) -> Days:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
