"""Records with their prices adjusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa

from barrow._arrow import (
    REASONS,
    Encoding,
    Field,
    Role,
    column_buffer,
    format_raw,
    read_schema,
    record_schema,
    rounding_code,
    stored_batch,
)
from barrow._lib import native
from barrow._memory import Block
from barrow.adjust.adjustments import Adjustments, Direction, Method
from barrow.adjust.exact import as_text
from barrow.adjust.factors import Factors, make_amounts, make_factors
from barrow.adjust.report import AdjustReport
from barrow.bars import Bars, Quotes, Trades
from barrow.errors import BarrowArgumentError, BarrowParseError, BarrowSchemaError, message

Array = np.ndarray[Any, Any]
R = TypeVar("R", bound=Bars | Quotes | Trades)
RoundingName = Literal["exact", "half_even", "half_away", "truncate"]
_Told = tuple[int, int, int, int]


def adjust(
    records: R,
    table: Adjustments | Any,
    *,
    method: Method | None = None,
    direction: Direction = "backward",
    columns: Sequence[str] | None = None,
    tz: str = "UTC",
    volume: Literal["keep", "inverse"] = "keep",
    rounding: RoundingName = "exact",
    price_precision: int | None = None,
    size_precision: int | None = None,
) -> R:
    """Moves prices over rolls and corporate actions, on the stored integers.

    Every price is moved by the amount, or multiplied by the ratio, of its `ts_event`. A
    cumulated ratio of any number of rolls is one exact fraction, and a price is rounded
    once. Values that are undefined stay so, and columns that do not change are not
    copied.

    Args:
        records: Bars, quotes or trades in any encoding, in any order.
        table: `Adjustments`, or what `Adjustments.of` reads, to which `method`,
            `direction`, `columns` and `tz` belong.
        method: `additive` or `ratio`.
        direction: `backward` or `forward`.
        columns: The names of the columns, where rows are tuples.
        tz: The zone of dates that do not say one.
        volume: What becomes of sizes: `keep`, or `inverse` to divide them by the
            ratio, as a split of shares does.
        rounding: What to do with digits beyond the precision: `exact` refuses them;
            `half_even`, `half_away` and `truncate` round each and count it.
        price_precision: Decimals of the prices that come out, at least those that are
            there; the same if None.
        size_precision: Decimals of the sizes, likewise.

    Returns:
        Records of the same kind and encoding, with an `AdjustReport` in `report`.

    Raises:
        BarrowArgumentError: An argument or the table is wrong.
        BarrowParseError: A value would be out of the range of the encoding, or needs
            digits that `rounding` does not allow to drop; names row and column.
        BarrowSchemaError: These are no bars, quotes or trades.
    """
    if not isinstance(records, (Bars, Quotes, Trades)):
        raise BarrowSchemaError(
            message("adjust", f"expected bars, quotes or trades, got {type(records).__name__}")
        )
    if isinstance(table, Adjustments):
        adjustments = table
        if method not in (None, table.method):
            raise BarrowArgumentError(
                message("method", f"is {method}, the adjustments are {table.method}")
            )
    else:
        adjustments = Adjustments.of(
            table, method=method, direction=direction, columns=columns, tz=tz
        )
    if volume not in ("keep", "inverse"):
        raise BarrowArgumentError(message("volume", f"{volume!r} is none of keep, inverse"))
    if volume == "inverse" and adjustments.method == "additive":
        raise BarrowArgumentError(
            message("volume", "only a ratio has an inverse that sizes could be multiplied by")
        )
    adjusted: R = _Adjuster(
        records, adjustments, volume, rounding, price_precision, size_precision
    ).run()
    return adjusted


class _Adjuster:
    """One call: what to do with each column, and what happened."""

    def __init__(
        self,
        records: Bars | Quotes | Trades,
        adjustments: Adjustments,
        volume: str,
        rounding: str,
        price_precision: int | None,
        size_precision: int | None,
    ) -> None:
        self.records, self.adjustments = records, adjustments
        self.kind, self.encoding, meta = read_schema(records.schema, "adjust", records.kind)
        self.code, self.rounding = rounding_code(rounding), rounding
        self.meta = replace(
            meta,
            price_precision=_precision(
                "price_precision", price_precision, meta.price_precision, self.encoding
            ),
            size_precision=_precision(
                "size_precision", size_precision, meta.size_precision, self.encoding
            ),
        )
        self.bounds = np.array(adjustments.bounds, np.uint64)
        self.amounts: Array | None = None
        self.factors: dict[Role, Factors] = {}
        if adjustments.method == "additive":
            self.amounts = make_amounts(adjustments, self.encoding, self.meta.price_precision)
        else:
            ratios = adjustments.values
            self.factors[Role.PRICE] = make_factors(
                ratios, self.encoding, self.meta.price_precision
            )
            if volume == "inverse":
                inverse = [1 / ratio for ratio in ratios]
                self.factors[Role.SIZE] = make_factors(
                    inverse, self.encoding, self.meta.size_precision
                )
        self.report = AdjustReport(adjustments.method, len(records), rounding=rounding)

    def run(self) -> Any:
        schema = record_schema(self.kind, self.encoding, self.meta)
        batches, row = [], 0
        for part in self.records.batches():
            for batch in part.to_arrow().to_batches():
                batches.append(self._batch(batch, schema, row))
                row += batch.num_rows
        adjusted = type(self.records)(batches, schema)
        adjusted.report = self.report
        return adjusted

    def _batch(self, batch: pa.RecordBatch, schema: pa.Schema, row: int) -> pa.RecordBatch:
        stamps = column_buffer(batch.column("ts_event"))
        runs, counts = native.adjust_runs(stamps, self.bounds)
        moved = [
            count
            for count, value in zip(counts, self.adjustments.values, strict=True)
            if value != self.adjustments.nothing
        ]
        if not sum(moved):
            return pa.RecordBatch.from_arrays(batch.columns, schema=schema)
        self.report.rows_adjusted += sum(moved)
        columns: list[Any] = []
        for field in self.kind.fields:
            column = batch.column(field.name)
            shifted = self.amounts is not None and field.role is Role.PRICE
            if not shifted and field.role not in self.factors:
                columns.append(column)
                continue
            raw = column_buffer(column)
            block = Block(len(raw))
            if shifted:
                assert self.amounts is not None
                told = native.adjust_shift(raw, runs, self.amounts, self.encoding.wide, block.array)
            else:
                told = self._multiply(field, raw, runs, block.array)
            self._look(field, told, raw, stamps, row)
            columns.append(block.buffer(len(raw)))
        return stored_batch(schema, columns, batch.num_rows)

    def _multiply(self, field: Field, raw: Any, runs: Any, into: Array) -> _Told:
        factors = self.factors[field.role]
        return native.adjust_multiply(
            raw,
            runs,
            factors.words,
            factors.starts,
            self.encoding.wide,
            field.signed,
            self._precision_of(field),
            self.code,
            into,
        )

    def _precision_of(self, field: Field) -> int:
        return self.meta.price_precision if field.signed else self.meta.size_precision

    def _look(self, field: Field, told: _Told, raw: Any, stamps: Any, row: int) -> None:
        """Counts what was rounded; raises if a value was refused."""
        bad, reason, rounded, first = told
        if bad >= 0:
            width = self.encoding.width
            value = int.from_bytes(
                bytes(raw[bad * width : (bad + 1) * width]), "little", signed=field.signed
            )
            stamp = int(np.frombuffer(stamps, np.uint64)[bad])
            raise self._refused(field, REASONS[reason], row + bad, value, stamp)
        if rounded:
            self.report.rounded[field.name] = self.report.rounded.get(field.name, 0) + rounded
            self.report.first_rounded.setdefault(field.name, row + first)

    def _refused(
        self, field: Field, reason: str, row: int, value: int, stamp: int
    ) -> BarrowParseError:
        by = self.adjustments.at(stamp)
        found = format_raw(value, self.encoding.scale)
        if self.amounts is not None:
            sum_ = f"{found} {'-' if by < 0 else '+'} {as_text(abs(by))}"
        else:
            sum_ = f"{found} * {as_text(by)}" if field.signed else f"{found} / {as_text(by)}"
        precision = self._precision_of(field)
        tries = []
        if reason == "decimals":
            what = f"{sum_} has more than {precision} decimals"
            tries = ["rounding='half_even'"]
            if precision < self.encoding.scale:
                name = "price_precision" if field.signed else "size_precision"
                tries.append(f"{name}={self.encoding.scale}")
        else:
            largest = self.encoding.price_max if field.signed else self.encoding.size_max
            what = f"{sum_} is beyond the largest value of {self.encoding.name}, {largest:_}"
            if not self.encoding.wide:
                name = type(self.records).__name__
                tries = [f'{name}.from_arrow(records.to_arrow(encoding="fixed16"))']
        return BarrowParseError(
            message(f"row {row} column {field.name!r}", what, tries=tries), reason=reason
        )


def _precision(name: str, wanted: int | None, there: int, encoding: Encoding) -> int:
    if wanted is None:
        return there
    if isinstance(wanted, bool) or not isinstance(wanted, int):
        raise BarrowArgumentError(message(name, f"{wanted!r} is no number of decimals"))
    if not there <= wanted <= encoding.scale:
        raise BarrowArgumentError(
            message(name, f"{wanted} is not from {there}, which there are, to {encoding.scale}")
        )
    return wanted
