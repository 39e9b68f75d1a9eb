"""Information bars from rows as they come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Literal, TypedDict, Unpack

import numpy as np
import pyarrow as pa

from barrow._arrow import BAR, TRADE, column_buffer, format_stamp, record_schema
from barrow._lib import native
from barrow.bars import AnyRecords, BarAggregation, Bars, BarSpecification, PriceType
from barrow.errors import (
    BarrowArgumentError,
    BarrowCorruptError,
    BarrowParseError,
    BarrowSchemaError,
    message,
)
from barrow.resample.fold import out_of_order
from barrow.resample.inputs import PRICES, Columns, PriceName, Source, batches_of
from barrow.resample.options import Partial
from barrow.resample.outputs import Bunch, batch_of, bunch_in, row_bytes, whole_lines
from barrow.resample.report import ResampleReport
from barrow.resample.threshold import (
    EXPECTED_IMBALANCE,
    IMBALANCE,
    KINDS,
    MOST_ROWS,
    PLAIN,
    RENKO,
    TICK,
    VALUE,
    VOLUME,
    AnyThreshold,
    ExpectedThreshold,
    Threshold,
    make_threshold,
    scaled,
)

Array = np.ndarray[Any, Any]
Sides = Literal["reported", "reported_or_tick_rule", "tick_rule"]
Rules = Literal["conserve", "nautilus"]
Given = str | Threshold | ExpectedThreshold | BarSpecification
_SIDES = ("reported", "reported_or_tick_rule", "tick_rule")
_CHOICES = {
    "sides": _SIDES,
    "rules": ("conserve", "nautilus"),
    "partial": ("flag", "keep", "drop"),
}
_VOLUME_TROUBLE, _BARS_TROUBLE = 1, 2
_MOST = 2**126 - 1
_MOST_VALUE = 2**200
_MOST_BARS = 2**24
_ROOM = 8192
_EXACT = Context(prec=200)
_FORMAT, _VERSION = "barrow.bar_aggregator", 1


class InformationKeywords(TypedDict, total=False):
    """The keyword arguments of `information_bars` and `BarAggregator`."""

    sides: Sides
    rules: Rules
    price_increment: int | str | Decimal | None
    partial: Partial
    price: PriceName | None


@dataclass(frozen=True)
class InformationOptions:
    """The arguments of `information_bars`, checked.

    Attributes:
        names: Thresholds as the caller wrote them.
        thresholds: What they are.
    """

    names: tuple[str, ...]
    thresholds: tuple[AnyThreshold, ...]
    sides: Sides = "reported"
    rules: Rules = "conserve"
    price_increment: Decimal | None = None
    partial: Partial = "flag"
    price: PriceName | None = None


def make_information_options(
    thresholds: Given | Sequence[Given], **choices: Any
) -> InformationOptions:
    """Checks the arguments of `information_bars`.

    Raises:
        BarrowArgumentError: One of them is wrong.
    """
    single = isinstance(thresholds, str | Threshold | ExpectedThreshold | BarSpecification)
    given: list[Any] = [thresholds] if single else list(thresholds)  # type: ignore[arg-type]
    if not given:
        raise BarrowArgumentError(message("thresholds", "there are none", tries=["'1000-TICK'"]))
    made = [make_threshold(one) for one in given]
    names = [name for name, _, _ in made]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BarrowArgumentError(message("thresholds", f"{', '.join(twice)} twice"))
    unknown = set(choices) - set(InformationKeywords.__annotations__)
    if unknown:
        what = f"no option {', '.join(sorted(unknown))}"
        raise BarrowArgumentError(message("information_bars", what))
    for name, allowed in _CHOICES.items():
        if name in choices and choices[name] not in allowed:
            raise BarrowArgumentError(
                message(name, f"{choices[name]!r} is none of {', '.join(allowed)}")
            )
    increment = choices.pop("price_increment", None)
    if increment is not None:
        increment = Threshold(BarAggregation.RENKO, increment).amount
    for name, threshold, _ in made:
        if isinstance(threshold, Threshold) and threshold.increments and increment is None:
            raise BarrowArgumentError(
                message(
                    f'threshold "{name}"',
                    "counts price increments, which records do not tell",
                    tries=["price_increment='0.01'", "Threshold('RENKO', '0.20')"],
                )
            )
    told = {price_type for _, _, price_type in made if price_type is not None}
    choices["price"] = _one_price(told, choices.get("price"))
    found = tuple(threshold for _, threshold, _ in made)
    return InformationOptions(tuple(names), found, price_increment=increment, **choices)


def _one_price(told: set[PriceType], price: str | None) -> str | None:
    """The price of quotes, from specifications if they say one."""
    if len(told) > 1 or (price and told - {price.upper()}):
        both = ", ".join(sorted({*told, *([price.upper()] if price else [])}))
        raise BarrowArgumentError(message("thresholds", f"one price at a time, got {both}"))
    for price_type in told:
        return price_type.lower() if price_type.lower() in PRICES else price
    return price


@dataclass(frozen=True)
class _Length:
    """What `Source.meta_of` asks for: the step and the unit of a bar type."""

    aggregation: tuple[int, str]


@dataclass
class _Output:
    """One threshold over one source: the sampler, and what comes out of it."""

    name: str
    schema: pa.Schema
    sided: bool
    handle: Any
    report: ResampleReport
    found: list[tuple[pa.RecordBatch, Array]] = field(default_factory=list)


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
        self._outputs: list[_Output] = []
        self._memory: Any = np.empty(0, np.uint8)
        self._places = np.zeros((1, 2), np.int64)
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
        wide = source.encoding.wide
        self._check_rows(columns, wide)
        sides: Any = b""
        if any(output.sided for output in self._outputs):
            sides = column_buffer(batch.column("aggressor_side"))
            self._sideless += batch.num_rows - int(
                np.count_nonzero(np.frombuffer(sides, np.uint8))
            )
        for output in self._outputs:
            at = 0
            while at < len(columns):
                trouble, where, at, dropped = native.information_push(
                    output.handle,
                    wide,
                    columns.buffers,
                    sides if output.sided else b"",
                    at,
                    (self._memory,),
                    self._places,
                )
                self._check(output, trouble, where)
                self._collect(output)
            if dropped:
                output.report.rows_dropped["broken run"] = dropped
        self._rows += len(columns)
        self._least = int(columns.stamps[-1])

    def _check_rows(self, columns: Columns, wide: bool) -> None:
        disorder, unsound = native.information_check(wide, columns.buffers, self._least)
        if disorder >= 0:
            stamps = columns.stamps.view(np.uint64)
            before = int(stamps[disorder - 1]) if disorder else self._least
            raise out_of_order(self._rows + disorder, int(stamps[disorder]), before)
        if unsound >= 0:
            raise BarrowParseError(
                message(
                    f"row {self._rows + unsound}",
                    "a price or a size is undefined, or out of range",
                    tries=["bw.validate(trades) shows the rows"],
                ),
                reason="undefined",
            )

    def _check(self, output: _Output, trouble: int, where: int) -> None:
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

    def _peek(self, output: _Output) -> bool:
        """Adds the open bar, as `partial` says."""
        assert self._source is not None
        wide = self._source.encoding.wide
        trouble, where, there = native.information_peek(
            output.handle, wide, (self._memory,), self._places
        )
        if not there:
            return False
        if self.options.partial == "drop":
            bunch = bunch_in(self._memory, self._source.encoding, _ROOM, 0, 1)
            output.report.rows_dropped["unfinished"] = int(bunch.counts[0])
            self._places[0, 1] = 0
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
            if not schema.equals(self._schema, check_metadata=True):
                raise BarrowSchemaError(
                    message("push", "the records are not like those before: their schema differs")
                )
            return
        source = Source.of(schema, self.options.price)
        named = zip(self.options.names, self.options.thresholds, strict=True)
        self._outputs = [_output(name, one, source, self.options) for name, one in named]
        self._schema, self._source = schema, source
        room = whole_lines(_ROOM)
        self._memory = np.empty(room * row_bytes(source.encoding), np.uint8)
        self._places[0, 0] = room

    def _collect(self, output: _Output) -> None:
        """Takes what came out of the memory that is used again."""
        room, filled = (int(number) for number in self._places[0])
        if not filled:
            return
        assert self._source is not None
        bunch = bunch_in(self._memory, self._source.encoding, room, 0, filled)
        own = Bunch(
            [column.copy() for column in bunch.values],
            bunch.starts.copy(),
            bunch.inits.copy(),
            bunch.counts.copy(),
        )
        output.report.bars += filled
        stamps = own.starts.view(np.uint64)
        output.found.append((batch_of(output.schema, own, stamps), own.counts))
        self._places[0, 1] = 0

    def _bars(self, output: _Output) -> Bars:
        batches = [batch for batch, _ in output.found]
        if len(batches) > 1:
            batches = pa.Table.from_batches(batches).combine_chunks().to_batches()
        bars = Bars(batches, output.schema)
        counts = [counts for _, counts in output.found] or [np.empty(0, np.int64)]
        bars.report = replace(self._report(output), counts=np.concatenate(counts))
        output.found = []
        return bars

    def _report(self, output: _Output) -> ResampleReport:
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


def _output(
    name: str, threshold: AnyThreshold, source: Source, options: InformationOptions
) -> _Output:
    """Makes the sampler of a threshold.

    Raises:
        BarrowArgumentError: The threshold is none of these records.
    """
    where = f'threshold "{name}"'
    measure, rule = KINDS[threshold.aggregation]
    if rule != PLAIN and source.kind != TRADE:
        raise BarrowArgumentError(
            message(where, f"needs trades; {source.kind.plural} have no side", tries=["Trades"])
        )
    scale = source.encoding.scale
    finest = source.meta_of(_Length((0, threshold.aggregation)))
    typical = source.kind == BAR and measure == VALUE
    span, least, most, unit, step = 1, 1, MOST_ROWS, 1, 0
    if isinstance(threshold, ExpectedThreshold):
        rule += EXPECTED_IMBALANCE - IMBALANCE
        span, step, amount = threshold.span, threshold.rows, 0
        least, most = threshold.bounds or (least, most)
    elif measure == TICK:
        step = amount = scaled(where, threshold.amount, 0, _MOST, "rows")
    elif measure == VOLUME:
        unit = 10 ** (scale - finest.size_precision)
        size = f"sizes of precision {finest.size_precision}"
        step = scaled(where, threshold.amount, finest.size_precision, _MOST // unit, size) * unit
        amount = _whole(threshold.amount)
    elif measure == VALUE:
        unit = 10 ** (scale - finest.size_precision)
        most_value = _MOST_VALUE if source.encoding.wide or typical else _MOST
        # Of bars three times as much: high plus low plus close instead of their mean.
        thrice = 3 if typical else 1
        product = f"raw prices times sizes in {source.encoding.name}"
        step = thrice * scaled(where, threshold.amount, 2 * scale, most_value // thrice, product)
        amount = _whole(threshold.amount)
    else:
        brick, amount = _brick(threshold, options.price_increment)
        price = f"prices of precision {finest.price_precision}"
        unit_price = 10 ** (scale - finest.price_precision)
        most_price = source.encoding.price_max * 10**scale // unit_price
        step = scaled(where, brick, finest.price_precision, most_price, price) * unit_price
    meta = source.meta_of(_Length((amount, threshold.aggregation)))
    handle = native.information_new(
        source.encoding.wide,
        (
            measure,
            rule,
            _SIDES.index(options.sides),
            int(typical),
            int(options.rules == "nautilus"),
            span,
            least,
            most,
        ),
        _words(step),
        _words(unit),
    )
    schema = record_schema(BAR, source.encoding, meta)
    return _Output(name, schema, rule != PLAIN, handle, ResampleReport(name, "rows"))


def _whole(amount: Decimal) -> int:
    """An amount as the step of a bar type; 0, which is none, if it has decimals."""
    return int(amount) if amount == int(amount) else 0


def _brick(threshold: Threshold, increment: Decimal | None) -> tuple[Decimal, int]:
    """The size of a brick as a price, and the step of its bar type, 0 if it has none."""
    if not threshold.increments:
        steps = Fraction(threshold.amount) / Fraction(increment) if increment else Fraction()
        return threshold.amount, int(steps) if steps.denominator == 1 else 0
    assert increment is not None
    return _EXACT.multiply(threshold.amount, increment), _whole(threshold.amount)


def _words(number: int) -> tuple[int, ...]:
    """Four words of 64 bits, signed, the lowest first."""
    return tuple(np.frombuffer(number.to_bytes(32, "little"), np.int64).tolist())
