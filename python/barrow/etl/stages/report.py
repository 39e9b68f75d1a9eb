"""What a stage did."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


@dataclass
class StageReport:
    """What a stage did in one run.

    Attributes:
        stage: `transform`, `aggregate` or `resample`.
        output: The folder or file it writes.
        inputs: How many inputs had anything new.
        rows: Bars that came in.
        rejected: Rows of texts that were refused; they are in the rejects file if there
            is one.
        bars: Bars that went out, by file; without those that only replace an open one.
        notes: What a reader should know.
        seconds: Wall time.
    """

    stage: str
    output: str
    inputs: int = 0
    rows: int = 0
    rejected: int = 0
    bars: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> str:
        """The report for machines."""
        return json.dumps(asdict(self), indent=2)
