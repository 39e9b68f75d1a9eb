"""What happened while prices were adjusted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class AdjustReport:
    """What became of records that were adjusted.

    Attributes:
        method: `additive` or `ratio`.
        rows: How many records there are.
        rows_adjusted: How many of them lie where something is adjusted.
        rounding: What was done with digits beyond the precision.
        rounded: How many values were rounded, by column; only columns with some.
        first_rounded: The first row of those, by column.
    """

    method: str
    rows: int
    rows_adjusted: int = 0
    rounding: str = "exact"
    rounded: dict[str, int] = field(default_factory=dict)
    first_rounded: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return dict(vars(self))

    def to_json(self) -> str:
        """The report for machines."""
        return json.dumps(self.to_dict(), indent=2)
