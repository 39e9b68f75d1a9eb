"""What happened while bars of a timeframe were made."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass
class ResampleReport:
    """What bars of one timeframe were made from.

    Attributes:
        timeframe: Which, such as `5m`, or the threshold, such as `1000-TICK`.
        source: What they were made from: `rows`, or a finer timeframe.
        rows_in: Rows of the input.
        rows_dropped: How many of them are in no bar, by reason: `duplicate`, `outside session`,
            `unfinished` or, of information bars, `broken run`.
        bars: How many bars there are.
        filled: How many of them are made up, for intervals without a row.
        unfinished: Whether the last bar is of an interval that may not be over.
        counts: How many rows each bar is made of: `int64`, 0 for a filled one.
        notes: What was assumed.
    """

    timeframe: str
    source: str
    rows_in: int = 0
    rows_dropped: dict[str, int] = field(default_factory=dict)
    bars: int = 0
    filled: int = 0
    unfinished: bool = False
    counts: Array = field(default_factory=lambda: np.empty(0, np.int64))
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The report without the counts, as plain values."""
        facts = dict(vars(self))
        del facts["counts"]
        return facts

    def to_json(self) -> str:
        """The report for machines, without the counts."""
        return json.dumps(self.to_dict(), indent=2)
