"""Bars of longer timeframes from rows as they come."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self, Unpack

import numpy as np
import pyarrow as pa

from barrow._arrow import BAR, column_buffer
from barrow.bars import AnyRecords, Bars
from barrow.errors import BarrowArgumentError, BarrowCorruptError, BarrowSchemaError, message
from barrow.resample.fold import UNFINISHED, Fold, Output
from barrow.resample.inputs import Columns, Source, batches_of, without_duplicates
from barrow.resample.options import Options, ResampleKeywords, make_options
from barrow.resample.outputs import bunch_in, bunch_of, row_bytes, whole_lines
from barrow.resample.records import RecordSpace
from barrow.resample.report import ResampleReport
from barrow.resample.timeframe import Timeframe
from barrow.sessions import Session

_FORMAT = "barrow.resampler"
_VERSION = 2
_LEAST_ROOM = 64


class Resampler:
    """Takes rows in batches of any size and gives the bars that they finish.

    Whatever the batches, all bars together are those of one call of `resample`, bit for
    bit. Not for several threads at once.

    Args:
        timeframes: As in `resample`.
        **keywords: As in `resample`; without `duplicates="last"`, and `origin="end"` and
            `end_day`, which need rows that have not come yet.

    Raises:
        BarrowArgumentError: An argument is wrong.
    """

    def __init__(
        self,
        timeframes: str | Timeframe | Sequence[str | Timeframe],
        **keywords: Unpack[ResampleKeywords],
    ) -> None:
        self._take(make_options(timeframes, **keywords))

    @classmethod
    def with_options(cls, options: Options) -> Self:
        """A resampler with arguments that were checked before."""
        self = cls.__new__(cls)
        self._take(options)
        return self

    def _take(self, options: Options) -> None:
        if options.duplicates == "last":
            raise BarrowArgumentError(
                message(
                    "duplicates",
                    "a stream does not know whether a row is the last of its stamp",
                    tries=["duplicates='first'"],
                )
            )
        self.options = options
        self._fold: Fold | None = None
        self._first = 0
        self._schema: pa.Schema | None = None
        self._room = 0
        self._memory: tuple[Any, ...] = ()
        self._places = np.zeros((0, 2), np.int64)
        self._rows_in = self._duplicates = 0
        self._over = False
        self._row = np.empty(0, np.uint8)
        self._row_columns: Columns | None = None

    # ---------------------------------------------------------------- rows

    def push(self, records: AnyRecords) -> dict[str, Bars]:
        """Adds rows.

        Args:
            records: Bars, quotes or trades, of one kind and encoding in all calls, in order.

        Returns:
            The bars that are finished now, by timeframe; those without one are not there.

        Raises:
            BarrowArgumentError: Rows are out of order, or come after `finish`.
            BarrowSchemaError: They are not like those before.
            What `resample` raises. After an error use another resampler, or `restore`.
        """
        self._check_open()
        batches = batches_of(records)
        self._check_schema(records.schema)
        found: dict[str, list[Bars]] = {}
        for batch in batches:
            self._rows_in += batch.num_rows
            if self.options.duplicates == "first":
                before = self._fold.least if self._fold and self._fold.rows else None
                kept = without_duplicates(batch, "first", before)
                self._duplicates += batch.num_rows - kept.num_rows
                batch = kept
            if not batch.num_rows:
                continue
            fold = self._started(records.schema, batch)
            self._make_room(batch.num_rows + 1)
            if fold.push(fold.source.columns(batch, fold.rows), self._memory, self._places):
                for name, bars in self._collect().items():
                    found.setdefault(name, []).append(bars)
        return {name: _one(several) for name, several in found.items()}

    def push_row(
        self,
        ts_event: int,
        open: int,
        high: int,
        low: int,
        close: int,
        volume: int,
        ts_init: int | None = None,
    ) -> dict[str, Bars]:
        """Adds one bar of raw integers, quicker than `push` does.

        The first rows have to come by `push`, which learns from them what they are; an
        empty `Bars` with the schema is enough.

        Args:
            ts_event: Nanoseconds UTC.
            open: Raw, as are the others.
            ts_init: As `ts_event` if None.

        Returns:
            As `push` does.
        """
        self._check_open()
        if self._schema is None:
            raise BarrowArgumentError(
                message("push_row", "nothing says what rows are", tries=["push(bars[:0]) first"])
            )
        if self._row_columns is None:
            source = Source.of(self._schema, self.options.price)
            if source.kind != BAR or source.encoding.wide or self.options.duplicates == "first":
                raise BarrowArgumentError(
                    message("push_row", "takes bars of fixed8 only", tries=["push(...)"])
                )
            if self._fold is None:
                self._start(source, ts_event)
            self._make_room(2)
            self._row = np.zeros(7 * 8, np.uint8)
            parts = tuple(self._row[at : at + 8] for at in range(0, 56, 8))
            self._row_columns = Columns(parts, parts[5].view(np.int64))
        init = ts_event if ts_init is None else ts_init
        struct.pack_into("<4q3Q", self._row.data, 0, open, high, low, close, volume, ts_event, init)
        assert self._fold is not None
        self._rows_in += 1
        new = self._fold.push(self._row_columns, self._memory, self._places)
        return self._collect() if new else {}

    # ---------------------------------------------------------------- records

    @property
    def takes_records(self) -> bool:
        """Whether `push_records` does what `push` does, where rows are bars of `fixed8`."""
        options = self.options
        return (
            options.duplicates != "first"
            and options.empty == "drop"
            and options.label == "left"
            and options.price is None
        )

    def record_space(self, schema: pa.Schema, first: int) -> tuple[RecordSpace, dict[str, Any]]:
        """Room for `push_records`.

        Args:
            schema: The stored schema of the bars, `fixed8`.
            first: The stamp of the first one, if none was pushed yet.

        Returns:
            The room, and the stored schema of every timeframe in the order of its levels.

        Raises:
            What `push` raises.
        """
        self._check_open()
        self._check_schema(schema)
        if self._fold is None:
            self._start(Source.of(schema, self.options.price), first)
        return RecordSpace(len(self._outputs())), {o.name: o.schema for o in self._outputs()}

    def push_records(self, records: Any, lanes: Any, space: RecordSpace) -> tuple[int, int]:
        """Adds bars of bar64 as they are in the file, and appends the bars they finish.

        Only where `takes_records`. Whoever has asked for the room reads the bars in it.

        Args:
            records: Words of whole records: `uint64` of shape (n, 8).
            lanes: Eight words, a fingerprint that the records are added to.
            space: Of `record_space`.

        Returns:
            As `Fold.push_records`.

        Raises:
            What `push` raises.
        """
        assert self._fold is not None
        rows, damaged = self._fold.push_records(records, lanes, space)
        self._rows_in += rows
        return rows, damaged

    def advance(self, now: int) -> dict[str, Bars]:
        """Gives the bars whose intervals are over at a time, without waiting for a row.

        Args:
            now: Nanoseconds UTC. Rows may not be earlier any more.

        Returns:
            As `push` does.
        """
        self._check_open()
        if self._fold is None:
            return {}
        self._make_room(2)
        new = self._fold.advance(now, self._memory, self._places)
        return self._collect() if new else {}

    # ---------------------------------------------------------------- the end

    def open_bars(self) -> dict[str, Bars]:
        """The bars that are open, as they are so far; everything goes on after it."""
        return self._peek([output.aside() for output in self._outputs()])

    def finish(self) -> dict[str, Bars]:
        """The last bars, as `partial` says; nothing can be pushed after it.

        Returns:
            Bars for every timeframe, without a row where nothing was open. Their `report`
            is of all rows.
        """
        self._check_open()
        self._over = True
        if self._fold is None and self._schema is not None:
            self._start(Source.of(self._schema, self.options.price), 0)
        if self._fold is None:
            raise BarrowArgumentError(
                message("resample", "there was nothing to resample", tries=["at least one batch"])
            )
        found = self._peek(self._outputs())
        for output in self._outputs():
            if output.name not in found:
                bars = found[output.name] = output.template.with_batches([])
                bars.report = replace(self._report(output), counts=np.empty(0, np.int64))
        return {name: found[name] for name in self.options.names}

    def _peek(self, outputs: list[Output]) -> dict[str, Bars]:
        if self._fold is None or not self._fold.rows:
            return {}
        self._make_room(2)
        states = self._fold.peek(self._memory, self._places)
        for level, output in enumerate(outputs):
            unfinished = states[level] == UNFINISHED
            output.report.unfinished = unfinished and self.options.partial == "flag"
            if unfinished and self.options.partial == "drop":
                encoding, filled = self._fold.source.encoding, int(self._places[level, 1])
                bunch = bunch_in(self._memory[level], encoding, self._room, 0, filled)
                dropped = output.report.rows_dropped
                output.report.rows_dropped = {**dropped, "unfinished": int(bunch.counts[-1])}
                self._places[level, 1] -= 1
        return self._collect(outputs)

    # ---------------------------------------------------------------- state

    def state(self) -> bytes:
        """Everything `restore` needs to go on, as text of JSON."""
        fold, options = self._fold, self.options
        state: dict[str, Any] = {
            "format": _FORMAT,
            "version": _VERSION,
            "timeframes": {
                n: str(t) for n, t in zip(options.names, options.timeframes, strict=True)
            },
            "rules": vars(options.rules),
            "choices": {
                name: getattr(options, name)
                for name in (
                    "closed",
                    "label",
                    "empty",
                    "partial",
                    "duplicates",
                    "price",
                    "outside",
                )
            },
            "session": self._session and self._session.to_dict(),
            "schema": None if self._schema is None else self._schema.serialize().to_pybytes().hex(),
            "rows_in": self._rows_in,
            "duplicates": self._duplicates,
            "first": self._first,
            "rows": fold.rows if fold else 0,
            "words": list(fold.save()) if fold else None,
            "outputs": [
                {
                    "bars": output.report.bars,
                    "filled": output.report.filled,
                    "notes": output.report.notes,
                    "filler": output.filler
                    and [output.filler.number, list(output.filler.close), output.filler.init],
                }
                for output in self._outputs()
            ],
        }
        return json.dumps(state).encode()

    @classmethod
    def restore(cls, state: bytes) -> Resampler:
        """Goes on where `state` was taken.

        Raises:
            BarrowCorruptError: The bytes are no such state.
        """
        try:
            told = json.loads(state)
            if told["format"] != _FORMAT or told["version"] != _VERSION:
                raise KeyError("version")
            rules = told["rules"]
            options = make_options(
                [Timeframe.parse(text) for text in told["timeframes"].values()],
                tz=rules["tz"],
                origin=rules["origin"],
                offset=rules["offset"],
                session=told["session"] and Session.from_dict(told["session"]),
                **told["choices"],
            )
            self = cls.with_options(replace(options, names=tuple(told["timeframes"])))
            self._rows_in, self._duplicates = told["rows_in"], told["duplicates"]
            if told["schema"] is not None:
                self._schema = pa.ipc.read_schema(pa.py_buffer(bytes.fromhex(told["schema"])))
            if told["words"] is not None and self._schema is not None:
                self._start(Source.of(self._schema, options.price), told["first"])
                assert self._fold is not None
                self._fold.restore(tuple(told["words"]))
                self._fold.rows = told["rows"]
                for output, kept in zip(self._fold.outputs, told["outputs"], strict=True):
                    output.report.bars, output.report.filled = kept["bars"], kept["filled"]
                    output.report.notes = kept["notes"]
                    if output.filler is not None and kept["filler"]:
                        number, close, init = kept["filler"]
                        output.filler.number, output.filler.init = number, init
                        output.filler.close = tuple(close)
        except (ValueError, KeyError, TypeError, pa.ArrowInvalid) as error:
            raise BarrowCorruptError(
                message("state", f"is none of a resampler of version {_VERSION}: {error}")
            ) from error
        return self

    # ---------------------------------------------------------------- the rest

    @property
    def reports(self) -> dict[str, ResampleReport]:
        """What happened so far, by timeframe; without counts of rows per bar."""
        found = {output.name: self._report(output) for output in self._outputs()}
        return {name: found[name] for name in self.options.names if name in found}

    @property
    def _session(self) -> Session | None:
        """The session, with what its calendar said for the rows: it goes on with that."""
        return self.options.session if self._fold is None else self._fold.session

    def _outputs(self) -> list[Output]:
        return self._fold.outputs if self._fold is not None else []

    def _check_open(self) -> None:
        if self._over:
            raise BarrowArgumentError(
                message("Resampler", "is finished", tries=["another Resampler(...)"])
            )

    def _check_schema(self, schema: pa.Schema) -> None:
        if self._schema is None:
            self._schema = schema
        elif not schema.equals(self._schema, check_metadata=True):
            raise BarrowSchemaError(
                message("push", "the records are not like those before: their schema differs")
            )

    def _started(self, schema: pa.Schema, batch: pa.RecordBatch) -> Fold:
        if self._fold is None:
            first = np.frombuffer(column_buffer(batch.column("ts_event")), np.uint64)[0]
            self._start(Source.of(schema, self.options.price), int(first))
        assert self._fold is not None
        return self._fold

    def _start(self, source: Source, first: int) -> None:
        self._first = first
        self._fold = Fold(source, self.options, first, None)
        self._places = np.zeros((len(self._fold.outputs), 2), np.int64)

    def _make_room(self, rows: int) -> None:
        """Room for that many bars of every timeframe, used again in every call."""
        if rows > self._room:
            assert self._fold is not None
            self._room = whole_lines(max(rows, _LEAST_ROOM))
            size = self._room * row_bytes(self._fold.source.encoding)
            self._memory = tuple(np.empty(size, np.uint8) for _ in self._fold.outputs)
            self._places[:, 0] = self._room

    def _collect(self, outputs: list[Output] | None = None) -> dict[str, Bars]:
        """Takes what came out of the memory that is used again."""
        assert self._fold is not None
        encoding = self._fold.source.encoding
        found = {}
        filled = self._places[:, 1].tolist()
        for level, output in enumerate(outputs or self._fold.outputs):
            if filled[level]:
                bunch = bunch_of(self._memory[level], encoding, self._room, filled[level])
                bars, counts = output.bars_of(bunch)
                bars.report = replace(self._report(output), counts=counts)
                found[output.name] = bars
        self._places[:, 1] = 0
        return {name: found[name] for name in self.options.names if name in found}

    def _report(self, output: Output) -> ResampleReport:
        output.report.rows_in = self._rows_in
        if self._duplicates:
            output.report.rows_dropped["duplicate"] = self._duplicates
        if self._fold is not None and self._fold.session is not None and self._fold.outside:
            output.report.rows_dropped["outside session"] = self._fold.outside
        return output.report


def _one(several: list[Bars]) -> Bars:
    if len(several) == 1:
        return several[0]
    joined = Bars([b for bars in several for b in batches_of(bars)], several[0].schema)
    counts = np.concatenate([bars.report.counts for bars in several])
    joined.report = replace(several[-1].report, counts=counts)
    return joined
