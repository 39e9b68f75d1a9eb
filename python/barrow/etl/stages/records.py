"""From bar64 to bar64: records are folded into records, with nothing in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from barrow.append_file import BLOCK_BYTES
from barrow.bar64 import RECORD, Bar64Writer
from barrow.errors import BarrowArgumentError
from barrow.etl.io.binary import RecordPiece
from barrow.etl.stages.inputs import check_order
from barrow.resample import Resampler
from barrow.resample.records import RecordSpace

# Records of a timeframe that are worth a call of the system: half of their room.
WORTH_WRITING = 1 << 13
_RECORD_BYTES = RECORD.itemsize


@dataclass
class _Level:
    """The records of a timeframe on their way into its file.

    Attributes:
        room: Where they are: bytes that begin with a page. The first ones are what is
            behind the last whole block of the file, a header maybe.
        writer: Writes them.
        there: How many records these are.
    """

    room: np.ndarray[Any, np.dtype[np.uint8]]
    writer: Bar64Writer
    there: int = 0

    def write_blocks(self, filled: int) -> int:
        """Writes whole blocks, and keeps the rest.

        Args:
            filled: How many records there are.

        Returns:
            How many there are now.
        """
        size = filled * _RECORD_BYTES
        whole = size // BLOCK_BYTES * BLOCK_BYTES
        self.writer.write_blocks(self.room[:whole].data)
        self.room[: size - whole] = self.room[whole:size]
        self.there = 0
        return (size - whole) // _RECORD_BYTES

    def write_all(self, filled: int) -> int:
        """Writes all of them, and keeps those of the last block; as `write_blocks`."""
        self.writer.write_records(self.room[self.there * _RECORD_BYTES : filled * _RECORD_BYTES])
        last = self.writer.last_block()
        self.room[: len(last)] = np.frombuffer(last, np.uint8)
        self.there = len(last) // _RECORD_BYTES
        return self.there


class RecordFold:
    """Folds records, and writes the bars they finish.

    Args:
        resampler: Folds them.
        writer: Makes the writer of a timeframe, of its name and stored schema.

    Attributes:
        counts: How many bars were written, by timeframe.
    """

    def __init__(
        self, resampler: Resampler, writer: Callable[[str, pa.Schema], Bar64Writer]
    ) -> None:
        self.counts: dict[str, int] = {}
        self._resampler = resampler
        self._writer = writer
        self._space: RecordSpace | None = None
        self._schemas: list[tuple[str, pa.Schema]] = []
        self._levels: list[_Level | None] = []

    def take(self, piece: RecordPiece) -> None:
        """Folds records, and writes the bars of timeframes that have many by then.

        Raises:
            BarrowCorruptError: A record is damaged.
            BarrowParseError: A stamp is before the one before it.
            What `Resampler.push` and the writers raise.
        """
        if self._space is None:
            first = int(piece.words[0, 0])
            self._space, schemas = self._resampler.record_space(piece.schema, first)
            self._schemas = list(schemas.items())
            self._levels = [None] * len(schemas)
        words, done = piece.words, 0
        while done < len(words):
            try:
                rows, damaged = self._resampler.push_records(
                    words[done:], piece.reader.lanes, self._space
                )
            except BarrowArgumentError:
                # The other way says better which bars do not follow each other.
                check_order(piece.bars(), piece.before, piece.reader.path)
                raise
            if damaged >= 0:
                raise piece.damaged(done + damaged)
            done += rows
            self._write(WORTH_WRITING)

    def write_all(self) -> None:
        """Writes every bar there is.

        Raises:
            What the writers raise.
        """
        self._write(0)

    def _write(self, least: int) -> None:
        """Writes the bars of timeframes that have so many; 0 if it is all of them."""
        if self._space is None:
            return
        for at, filled in enumerate(self._space.filled.tolist()):
            level, name = self._levels[at], self._schemas[at][0]
            there = level.there if level else 0
            if filled < least or filled == there:
                continue
            if level is None:
                writer = self._writer(*self._schemas[at])
                level = self._levels[at] = _Level(self._space.outputs[at], writer)
                left = level.write_all(filled)
            else:
                left = level.write_blocks(filled) if least else level.write_all(filled)
            self._space.filled[at] = left
            self.counts[name] = self.counts.get(name, 0) + filled - there - (left - level.there)
