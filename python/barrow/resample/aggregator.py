"""Information bars from rows as they come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any, Unpack

import numpy as np
import pyarrow as pa

from barrow._arrow import column_buffer, format_stamp
from barrow._lib import native
from barrow.bars import AnyRecords, Bars
from barrow.errors import (
    BarrowArgumentError,
    BarrowCorruptError,
    BarrowParseError,
    BarrowSchemaError,
    message,
)
from barrow.resample.fold import out_of_order
from barrow.resample.information_options import (
    Given,
    InformationKeywords,
    InformationOptions,
    make_information_options,
)
from barrow.resample.inputs import Columns, Source, batches_of
from barrow.resample.outputs import Bunch, batch_of, bunch_in
from barrow.resample.report import ResampleReport
from barrow.resample.sampler import ROOM, Sampler, make_sampler
from barrow.resample.threshold import AnyThreshold, ExpectedThreshold, Threshold

_VOLUME_TROUBLE, _BARS_TROUBLE = 1, 2
_MOST_BARS = 2**24
# Rows that all thresholds look at in turn; they are in the second cache then.
_BLOCK = 32_768
_FORMAT, _VERSION = "barrow.bar_aggregator", 1


class BarAggregator:
    """Takes rows in batches of any size and gives the information bars that they finish.

    Whatever the batches, all bars together are those of one call of `information_bars`, bit
    for bit. Not for several threads at once.

    Args:
        thresholds: As in `information_bars`.
        **keywords: As in `information_bars`.

    Raises:
        BarrowArgumentError: An argument is wrong.
    """

    def __init__(
        self, thresholds: Given | Sequence[Given], **keywords: Unpack[InformationKeywords]
    ) -> None:
        self._take(make_information_options(thresholds, **keywords))

    def _take(self, options: InformationOptions) -> None:
        self.options = options
        self._schema: pa.Schema | None = None
        self._source: Source | None = None
        self._outputs: list[Sampler] = []
        self._rows = self._least = self._sideless = 0
        self._over = False

    # ---------------------------------------------------------------- rows

    def push(self, records: AnyRecords) -> dict[str, Bars]:
        """Adds rows.

        Args:
            records: Trades, quotes or bars, of one kind and encoding in all calls, in order.

        Returns:
            The bars that are finished now, by threshold; those without one are not there.

        Raises:
            BarrowArgumentError: Rows are out of order, or come after `finish`.
            BarrowSchemaError: They are not like those before.
            What `information_bars` raises. After an error use another one, or `restore`.
        """
        self._check_open()
        batches = batches_of(records)
        self._start(records.schema)
        for batch in batches:
            if batch.num_rows:
                self._push(batch)
        return {output.name: self._bars(output) for output in self._outputs if output.found}

    def _push(self, batch: pa.RecordBatch) -> None:
        source = self._source
        assert source is not None
        columns = source.columns(batch, self._rows)
        sides: Any = b""
        if any(output.sided for output in self._outputs):
            sides = column_buffer(batch.column("aggressor_side"))
            self._sideless += batch.num_rows - int(np.count_nonzero(np.frombuffer(sides, np.uint8)))
        for first in range(0, len(columns), _BLOCK):
            last = min(first + _BLOCK, len(columns))
            self._check_rows(columns, first, last)
            for output in self._outputs:
                self._push_rows(output, columns, sides, first, last)
            self._rows += last - first
            self._least = int(columns.stamps[last - 1])
        for output in self._outputs:
            self._collect(output)

    def _push_rows(
        self, output: Sampler, columns: Columns, sides: Any, first: int, last: int
    ) -> None:
        assert self._source is not None
        at = 0
        while at < last - first:
            trouble, where, at, dropped = native.information_push(
                output.handle,
                self._source.encoding.wide,
                columns.buffers,
                sides if output.sided else b"",
                first,
                last,
                at,
                (output.memory,),
                output.places,
            )
            self._check(output, trouble, where)
            if at < last - first:  # there was no more room
                self._collect(output)
            if dropped:
                output.report.rows_dropped["broken run"] = dropped

    def _check_rows(self, columns: Columns, first: int, last: int) -> None:
        assert self._source is not None
        wide = self._source.encoding.wide
        disorder, unsound = native.information_check(
            wide, columns.buffers, first, last, self._least
        )
        if disorder >= 0:
            stamps = columns.stamps.view(np.uint64)
            before = int(stamps[first + disorder - 1]) if disorder else self._least
            raise out_of_order(self._rows + disorder, int(stamps[first + disorder]), before)
        if unsound >= 0:
            raise BarrowParseError(
                message(
                    f"row {self._rows + unsound}",
                    "a price or a size is undefined, or out of range",
                    tries=["bw.validate(trades) shows the rows"],
                ),
                reason="undefined",
            )

    def _check(self, output: Sampler, trouble: int, where: int) -> None:
        if trouble == _VOLUME_TROUBLE:
            assert self._source is not None
            encoding = self._source.encoding
            raise BarrowParseError(
                message(
                    f"{output.name} bar of {format_stamp(where)}",
                    f"volumes sum to more than {encoding.name} holds, {encoding.size_max:_}",
                    tries=["a lower threshold", "the records in encoding='fixed16'"],
                ),
                reason="overflow",
            )
        if trouble == _BARS_TROUBLE:
            raise BarrowArgumentError(
                message(
                    f'threshold "{output.name}"',
                    f"row {self._rows + where} alone would fill more than {_MOST_BARS:_} bars",
                    tries=["a higher threshold"],
                )
            )

    # ---------------------------------------------------------------- the end

    def open_bars(self) -> dict[str, Bars]:
        """The bars that are open, as they are so far; everything goes on after it."""
        found = {}
        for output in self._outputs:
            aside = replace(output, report=replace(output.report), found=[])
            if self._peek(aside):
                found[output.name] = self._bars(aside)
        return found

    def finish(self) -> dict[str, Bars]:
        """The last bars, as `partial` says; nothing can be pushed after it.

        Returns:
            Bars for every threshold, without a row where nothing was open. Their `report` is
            of all rows.
        """
        self._check_open()
        if self._source is None:
            raise BarrowArgumentError(
                message("information_bars", "there are no records", tries=["at least one batch"])
            )
        self._over = True
        for output in self._outputs:
            self._peek(output)
        return {output.name: self._bars(output) for output in self._outputs}

    def _peek(self, output: Sampler) -> bool:
        """Adds the open bar, as `partial` says."""
        assert self._source is not None
        wide = self._source.encoding.wide
        trouble, where, there = native.information_peek(
            output.handle, wide, (output.memory,), output.places
        )
        if not there:
            return False
        if self.options.partial == "drop":
            bunch = bunch_in(output.memory, self._source.encoding, ROOM, 0, 1)
            dropped = output.report.rows_dropped
            output.report.rows_dropped = {**dropped, "unfinished": int(bunch.counts[0])}
            output.places[0, 1] = 0
            return False
        self._check(output, trouble, where)
        output.report.unfinished = self.options.partial == "flag"
        self._collect(output)
        return True

    # ---------------------------------------------------------------- state

    def state(self) -> bytes:
        """Everything `restore` needs to go on, as text of JSON."""
        options = self.options
        wide = self._source is not None and self._source.encoding.wide
        told = {
            "format": _FORMAT,
            "version": _VERSION,
            "names": options.names,
            "thresholds": [asdict(threshold) for threshold in options.thresholds],
            "choices": {
                name: getattr(options, name) for name in InformationKeywords.__annotations__
            },
            "schema": None if self._schema is None else self._schema.serialize().to_pybytes().hex(),
            "rows": self._rows,
            "least": self._least,
            "sideless": self._sideless,
            "outputs": [
                {
                    "words": native.information_save(output.handle, wide),
                    "bars": output.report.bars,
                    "dropped": output.report.rows_dropped,
                }
                for output in self._outputs
            ],
        }
        return json.dumps(told, default=str).encode()

    @classmethod
    def restore(cls, state: bytes) -> BarAggregator:
        """Goes on where `state` was taken.

        Raises:
            BarrowCorruptError: The bytes are no such state.
        """
        try:
            told = json.loads(state)
            if told["format"] != _FORMAT or told["version"] != _VERSION:
                raise KeyError("version")
            choices, increment = told["choices"], told["choices"]["price_increment"]
            choices["price_increment"] = increment and Decimal(increment)
            thresholds = tuple(_restored(one) for one in told["thresholds"])
            self = cls.__new__(cls)
            self._take(InformationOptions(tuple(told["names"]), thresholds, **choices))
            if told["schema"] is not None:
                self._start(pa.ipc.read_schema(pa.py_buffer(bytes.fromhex(told["schema"]))))
                assert self._source is not None
                for output, kept in zip(self._outputs, told["outputs"], strict=True):
                    wide = self._source.encoding.wide
                    native.information_restore(output.handle, wide, tuple(kept["words"]))
                    output.report.bars = kept["bars"]
                    output.report.rows_dropped = dict(kept["dropped"])
            self._rows, self._least = told["rows"], told["least"]
            self._sideless = told["sideless"]
        except (ValueError, KeyError, TypeError, ArithmeticError, pa.ArrowInvalid) as error:
            raise BarrowCorruptError(
                message("state", f"is none of an aggregator of version {_VERSION}: {error}")
            ) from error
        return self

    # ---------------------------------------------------------------- the rest

    @property
    def reports(self) -> dict[str, ResampleReport]:
        """What happened so far, by threshold; without counts of rows per bar."""
        return {output.name: self._report(output) for output in self._outputs}

    def _check_open(self) -> None:
        if self._over:
            raise BarrowArgumentError(
                message("BarAggregator", "is finished", tries=["another BarAggregator(...)"])
            )

    def _start(self, schema: pa.Schema) -> None:
        if self._schema is not None:
            if schema is not self._schema and not schema.equals(self._schema, check_metadata=True):
                raise BarrowSchemaError(
                    message("push", "the records are not like those before: their schema differs")
                )
            return
        source = Source.of(schema, self.options.price)
        named = zip(self.options.names, self.options.thresholds, strict=True)
        self._outputs = [make_sampler(name, one, source, self.options) for name, one in named]
        self._schema, self._source = schema, source

    def _collect(self, output: Sampler) -> None:
        """Takes what came out of the memory that is used again."""
        filled = int(output.places[0, 1])
        if not filled:
            return
        assert self._source is not None
        bunch = bunch_in(output.memory, self._source.encoding, ROOM, 0, filled)
        own = Bunch(
            [column.copy() for column in bunch.values],
            bunch.starts.copy(),
            bunch.inits.copy(),
            bunch.counts.copy(),
        )
        output.report.bars += filled
        stamps = own.starts.view(np.uint64)
        output.found.append((batch_of(output.schema, own, stamps), own.counts))
        output.places[0, 1] = 0

    def _bars(self, output: Sampler) -> Bars:
        batches = [batch for batch, _ in output.found]
        if len(batches) > 1:
            batches = pa.Table.from_batches(batches).combine_chunks().to_batches()
        bars = Bars(batches, output.schema)
        counts = [counts for _, counts in output.found] or [np.empty(0, np.int64)]
        bars.report = replace(self._report(output), counts=np.concatenate(counts))
        output.found = []
        return bars

    def _report(self, output: Sampler) -> ResampleReport:
        report = output.report
        report.rows_in = self._rows
        if output.sided and self._sideless and self.options.sides == "reported":
            what = f"{self._sideless:,} rows report no side and count for none"
            report.notes = [f"{what}: sides='reported_or_tick_rule' gives them one"]
        return report


def _restored(told: dict[str, Any]) -> AnyThreshold:
    if "span" in told:
        bounds = told.pop("bounds")
        return ExpectedThreshold(**told, bounds=bounds and tuple(bounds))
    return Threshold(**told)
