"""What must hold for bars, found out batch by batch and kept as data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from barrow._arrow import COLUMNS, VALUES, column_buffer, format_stamp
from barrow._lib import native
from barrow.bars.bar_type import BarType
from barrow.bars.container import Bars
from barrow.errors import BarrowArgumentError

# By code of the Mojo `Check`: name, severity, what it means.
_CHECKS = (
    ("ohlc_high", "error", "high is below open, low or close"),
    ("ohlc_low", "error", "low is above open or close"),
    ("value_range", "error", "a value is a sentinel or outside the range of its encoding"),
    ("ts_order", "error", "the stamp is before the one of the bar before"),
    ("ts_duplicate", "error", "the stamp is the one of the bar before"),
    ("gap", "warning", "more than one bar length since the bar before"),
)
_ORDER, _GAP = 3, 5


@dataclass(frozen=True)
class Finding:
    """One kind of trouble.

    Attributes:
        check: The name of the check.
        severity: `error` or `warning`.
        count: Rows at fault.
        first_row: The first one from 0; None for rows that are in no bars.
        first_line: Its line in the text from 1; None if the bars are not from text.
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
        rows: How many bars there are.
        findings: What was found, errors first.
        step_ns: The bar length gaps were measured against; None if unknown.
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
    """Checks bars that arrive in batches.

    Args:
        step_ns: The bar length gaps are measured against; found in the first batch
            (its most frequent step) if None.
    """

    def __init__(self, step_ns: int | None = None) -> None:
        self._checks = native.checks_new()
        self._step = step_ns
        self._first: dict[int, tuple[int | None, str]] = {}
        self._rows = 0
        self._last = ""  # the last stamp seen, as text

    def push(self, bars: Bars, lines: np.ndarray[Any, Any] | None = None) -> None:
        """Checks further bars.

        Args:
            bars: They follow those pushed before.
            lines: The line every bar starts on, where they come from text.
        """
        if self._step is None and len(bars) > 1:
            self._step = most_frequent_step(bars.raw("ts_event"))
        for part in bars.batches():
            batch = part._batches[0]
            width = part._encoding.width
            native.checks_push(
                self._checks,
                tuple(column_buffer(batch.column(n), width if n in VALUES else 8) for n in COLUMNS),
                part._encoding.wide,
                self._step or 0,
            )
        counts = native.checks_counts(self._checks)
        for code in range(len(_CHECKS)):
            count, row = counts[3 + 2 * code : 5 + 2 * code]
            if count and code not in self._first:
                at = row - self._rows
                line = None if lines is None else int(lines[at])
                self._first[code] = (line, self._sample(bars, code, at))
        if len(bars):
            self._last = format_stamp(bars[-1].ts_event)
        self._rows += len(bars)

    def _sample(self, bars: Bars, code: int, at: int) -> str:
        if code < _ORDER:
            return repr(bars[at])
        before = format_stamp(bars[at - 1].ts_event) if at > 0 else self._last
        return f"{before} then {format_stamp(bars[at].ts_event)}"

    def report(self, source: str) -> Report:
        """What was found in everything pushed so far.

        Args:
            source: What to call it.
        """
        counts = native.checks_counts(self._checks)
        rows, longest = counts[0], counts[1]
        findings = []
        for code, (name, severity, meaning) in enumerate(_CHECKS):
            count, row = counts[3 + 2 * code : 5 + 2 * code]
            if not count:
                continue
            line, sample = self._first[code]
            if code == _ORDER and count == rows - 1:
                meaning += "; every bar is: the source is newest first"
            if code == _GAP:
                meaning += f" ({_span(self._step or 0)}); the longest takes {_span(longest)}"
            findings.append(Finding(name, severity, count, row, line, sample, meaning))
        return Report(source, rows, findings, self._step, longest)


def validate(bars: Bars, *, bar_type: str | None = None) -> Report:
    """Checks prices against each other, ranges, order, duplicates and gaps.

    Stamps are compared with the bar before. Where bars are out of order, duplicates
    that are not neighbors are counted too.

    Args:
        bars: What to check.
        bar_type: Gives the bar length; that of the bars, or their most frequent
            step, if None.

    Raises:
        BarrowArgumentError: The bar type is none, or these are no bars.
    """
    if not isinstance(bars, Bars):
        raise BarrowArgumentError(f"validate: expected Bars, got {type(bars).__name__}")
    name = bar_type or bars.bar_type
    validator = Validator(step_of(name))
    for part in bars.batches():
        validator.push(part)
    report = validator.report(name or "bars")
    if any(finding.check == "ts_order" for finding in report.findings):
        count_distant_duplicates(report, bars.raw("ts_event"))
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
