"""What must hold for records, found out batch by batch and kept as data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import (
    BAR,
    QUOTE,
    TRADE,
    RecordKind,
    column_buffer,
    encoding_named,
    format_stamp,
    is_text,
    text_buffers,
)
from barrow._lib import native
from barrow.bars.bar_type import BarType
from barrow.bars.column_checks import OUT_OF_RANGE, Check, ColumnChecks
from barrow.bars.records import Records
from barrow.errors import BarrowArgumentError, message

_CHECKS: dict[RecordKind, tuple[Check, ...]] = {
    BAR: (
        Check(0, "ohlc_high", "error", "high is below open, low or close"),
        Check(1, "ohlc_low", "error", "low is above open or close"),
        Check(2, "value_range", "error", OUT_OF_RANGE),
        Check(3, "ts_order", "error", "the stamp is before the one of the bar before", True),
        Check(4, "ts_duplicate", "error", "the stamp is the one of the bar before", True),
        Check(5, "gap", "warning", "more than one bar length since the bar before", True),
    ),
    QUOTE: (
        Check(2, "value_range", "error", OUT_OF_RANGE),
        Check(3, "ts_order", "error", "the stamp is before the one of the quote before", True),
        Check(0, "crossed_quote", "warning", "the bid is above the ask"),
        Check(1, "locked_quote", "warning", "the bid is the ask"),
    ),
    TRADE: (
        Check(2, "value_range", "error", f"{OUT_OF_RANGE}, or there is no such aggressor side"),
        Check(3, "ts_order", "error", "the stamp is before the one of the trade before", True),
        Check(4, "zero_size", "warning", "nothing was traded"),
        Check(5, "price_not_positive", "warning", "the price is zero or negative"),
        Check(6, "repeated_trade", "warning", "every column is as in the trade before"),
    ),
}


@dataclass(frozen=True)
class Finding:
    """One kind of trouble.

    Attributes:
        check: The name of the check.
        severity: `error` or `warning`.
        count: Rows at fault.
        first_row: The first one from 0; None for rows that became no records.
        first_line: Its line in the text from 1; None if they are not from text.
        sample: The first one as text.
        meaning: What the check found, in words.
        file: The text the line is in, where there are several.
    """

    check: str
    severity: str
    count: int
    first_row: int | None
    first_line: int | None
    sample: str
    meaning: str
    file: str | None = None


@dataclass
class Report:
    """The result of a validation.

    Attributes:
        source: What was checked.
        rows: How many records there are.
        findings: What was found, errors first.
        step_ns: The bar length gaps were measured against; None if unknown, and of
            quotes and trades.
        longest_gap_ns: The longest step between two bars; 0 without a gap.
    """

    source: str
    rows: int
    findings: list[Finding] = field(default_factory=list)
    step_ns: int | None = None
    longest_gap_ns: int = 0

    @property
    def ok(self) -> bool:
        """Whether there are no errors; warnings may be there."""
        return not any(finding.severity == "error" for finding in self.findings)

    def sort(self) -> None:
        """Puts errors before warnings."""
        self.findings.sort(key=lambda finding: finding.severity)

    def to_arrow(self) -> pa.Table:
        """The findings, one row each."""
        schema = pa.schema(
            [
                pa.field("check", pa.string()),
                pa.field("severity", pa.string()),
                pa.field("count", pa.int64()),
                pa.field("first_row", pa.int64()),
                pa.field("first_line", pa.int64()),
                pa.field("sample", pa.string()),
                pa.field("meaning", pa.string()),
                pa.field("file", pa.string()),
            ]
        )
        return pa.Table.from_pylist([asdict(f) for f in self.findings], schema=schema)

    def to_json(self) -> str:
        """Everything as one JSON object."""
        return json.dumps({**asdict(self), "ok": self.ok}, indent=2)


class Validator:
    """Checks records that arrive in batches.

    Args:
        step_ns: The bar length gaps are measured against; found in the first batch
            (its most frequent step) if None. Of bars only.
        kind: What arrives.
    """

    def __init__(self, step_ns: int | None = None, *, kind: RecordKind = BAR) -> None:
        self._kind = kind
        self._columns = None if kind in _CHECKS else ColumnChecks(kind)
        self._checks = self._columns.checks if self._columns else _CHECKS[kind]
        self._kernel: Any = native.checks_new() if kind == BAR else native.tick_checks_new()
        self._step = step_ns
        self._first: dict[int, tuple[int | None, str]] = {}
        self._rows = 0
        self._last = ""  # the last stamp seen, as text

    def push(self, records: Records[Any], lines: np.ndarray[Any, Any] | None = None) -> None:
        """Checks further records.

        Args:
            records: They follow those pushed before.
            lines: The line every one starts on, where they come from text.

        Raises:
            BarrowCorruptError: Trade ids come from a file whose offsets are damaged.
        """
        if self._kind == BAR and self._step is None and len(records) > 1:
            self._step = most_frequent_step(records.raw("ts_event"))
        for batch in records.to_arrow().to_batches():
            if self._columns is not None:
                self._columns.push(batch, encoding_named(records.encoding))
            else:
                self._push_batch(batch, records.scale == 16)
        for check in self._checks:
            count, row = self._counted(check)
            if count and check.code not in self._first:
                at = row - self._rows
                line = None if lines is None else int(lines[at])
                self._first[check.code] = (line, self._sample(records, check, at))
        if len(records):
            self._last = format_stamp(records[-1].ts_event)
        self._rows += len(records)

    def _push_batch(self, batch: pa.RecordBatch, wide: bool) -> None:
        columns: list[memoryview] = []
        for column in batch.columns:
            columns += text_buffers(column) if is_text(column.type) else [column_buffer(column)]
        if self._kind == QUOTE:
            native.quote_checks_push(self._kernel, tuple(columns), wide)
        elif self._kind == TRADE:
            native.trade_checks_push(self._kernel, tuple(columns), wide)
        else:
            native.checks_push(self._kernel, tuple(columns), wide, self._step or 0)

    def _longest_gap(self) -> int:
        return native.checks_counts(self._kernel)[1] if self._kind == BAR else 0

    def _counted(self, check: Check) -> tuple[int, int]:
        """How many rows are at fault, and the first one."""
        if self._columns is not None:
            return self._columns.counted(check)
        if self._kind == BAR:
            counts = native.checks_counts(self._kernel)[3:]
        else:
            counts = native.tick_checks_counts(self._kernel)[1:]
        return counts[2 * check.code], counts[2 * check.code + 1]

    def _sample(self, records: Records[Any], check: Check, at: int) -> str:
        if not check.pair:
            return str(records[at].brief())
        before = format_stamp(records[at - 1].ts_event) if at > 0 else self._last
        return f"{before} then {format_stamp(records[at].ts_event)}"

    def report(self, source: str) -> Report:
        """What was found in everything pushed so far.

        Args:
            source: What to call it.
        """
        longest = self._longest_gap()
        findings = []
        for check in self._checks:
            count, row = self._counted(check)
            if not count:
                continue
            line, sample = self._first[check.code]
            meaning = check.meaning
            if check.name == "ts_order" and count == self._rows - 1:
                meaning += f"; every {self._kind.name} is: the source is newest first"
            if check.name == "gap":
                meaning += f" ({_span(self._step or 0)}); the longest takes {_span(longest)}"
            findings.append(Finding(check.name, check.severity, count, row, line, sample, meaning))
        return Report(source, self._rows, findings, self._step, longest)


def validate(records: Records[Any], *, bar_type: str | None = None) -> Report:
    """Checks values, their range, their order, and what must hold for the kind.

    Of bars: prices against each other, duplicates and gaps. Stamps are compared with
    the bar before; where bars are out of order, duplicates that are not neighbors are
    counted too. Of quotes: that the bid is below the ask. Of trades: sizes and prices
    that are not positive, and trades that repeat the one before. Of order books: levels
    that are out of order, books that are crossed, orders without a size. Of all others:
    numbers that mean nothing, and records that repeat the one before. Only bars may not
    share a stamp, but for those whose bar type says that they do not end with time.

    Args:
        records: What to check.
        bar_type: Gives the bar length; that of the bars, or their most frequent
            step, if None.

    Raises:
        BarrowArgumentError: The bar type is none, or there are no bars it could be of.
        BarrowCorruptError: Trade ids come from a file whose offsets are damaged.
    """
    if not isinstance(records, Records):
        raise BarrowArgumentError(
            f"validate: expected Bars, Quotes or other records, got {type(records).__name__}"
        )
    kind = records.kind
    if bar_type is not None and kind != BAR:
        raise BarrowArgumentError(message("bar_type", f"{kind.plural} have none"))
    name = bar_type or records.identity
    validator = Validator(step_of(name) if kind == BAR else None, kind=kind)
    for part in records.batches():
        validator.push(part)
    report = validator.report(name or kind.plural)
    if kind == BAR and name and not BarType.parse(name).spec.is_time_aggregated():
        # They have no length, and one trade may end several.
        report.findings = [f for f in report.findings if f.check not in ("ts_duplicate", "gap")]
        report.step_ns, report.longest_gap_ns = None, 0
    elif kind == BAR and any(finding.check == "ts_order" for finding in report.findings):
        count_distant_duplicates(report, records.raw("ts_event"))
    return report


def count_distant_duplicates(
    report: Report, stamps: np.ndarray[Any, Any], lines: np.ndarray[Any, Any] | None = None
) -> None:
    """Replaces the count of equal neighbors by that of all stamps seen before.

    Args:
        report: What was found so far.
        stamps: Every stamp.
        lines: The line of every bar, where they come from text.
    """
    order = np.argsort(stamps, kind="stable")
    same = np.flatnonzero(stamps[order][1:] == stamps[order][:-1])
    report.findings = [f for f in report.findings if f.check != "ts_duplicate"]
    if len(same):
        row = int(order[same + 1].min())
        line = None if lines is None else int(lines[row])
        sample = format_stamp(int(stamps[row]))
        meaning = "the stamp is the one of a bar before"
        finding = Finding("ts_duplicate", "error", len(same), row, line, sample, meaning)
        report.findings.append(finding)
    report.sort()


def step_of(bar_type: str | None) -> int | None:
    """The bar length in nanoseconds a bar type says, if it says one."""
    return BarType.parse(bar_type).step_ns if bar_type else None


def most_frequent_step(stamps: np.ndarray[Any, Any]) -> int | None:
    """The most frequent step forward between neighbors; the shortest of a tie."""
    steps = np.diff(stamps.astype(np.int64))
    steps = steps[steps > 0]
    if not len(steps):
        return None
    values, counts = np.unique(steps, return_counts=True)
    return int(values[counts.argmax()])


def _span(nanoseconds: int) -> str:
    """A length of time in the largest unit that keeps it short."""
    seconds = nanoseconds / 1e9
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length or seconds == length:
            return f"{seconds / length:.4g} {unit}"
    return f"{seconds:.4g} s"
