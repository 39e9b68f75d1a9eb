"""An account of a text: rows in, rows out, and what became of the others."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

import pyarrow as pa


@dataclass
class RejectCount:
    """Rows refused for one reason in one column.

    Attributes:
        reason: The name of the reason.
        column: The name of the column; None for the row as a whole.
        count: How many rows.
        first_line: The line of the first one, from 1.
        sample: What was wrong with it, in words.
        file: The text it is in, where there are several.
    """

    reason: str
    column: str | None
    count: int
    first_line: int
    sample: str
    file: str | None = None


@dataclass
class Rounded:
    """Values of one column that lost digits because a rounding was asked for.

    Attributes:
        column: The name of the column.
        count: How many values.
        first_line: The line of the first one, from 1.
        file: The text it is in, where there are several.
    """

    column: str
    count: int
    first_line: int
    file: str | None = None


@dataclass
class PartReport:
    """What became of the rows of one text of several.

    Attributes:
        name: The file, or the member of an archive.
        rows_in: Rows of the text.
        rows_out: Rows read.
        rows_rejected: Rows refused.
        rows_filtered: Rows left out, having another symbol than the one asked for.
        bytes: Bytes of the text as it is stored; 0 if that is not known.
    """

    name: str
    rows_in: int
    rows_out: int
    rows_rejected: int
    rows_filtered: int
    bytes: int


@dataclass
class CsvReport:
    """What became of every row of a text; `rows_in` is the sum of the others.

    Attributes:
        path: The file; of several, the first path or the pattern.
        record: What rows are: `bar`, `quote` or `trade`.
        rows_in: Rows of the text, header and blank lines left out.
        rows_out: Rows read.
        rows_rejected: Rows refused.
        rows_filtered: Rows left out, having another symbol than the one asked for.
        blank_lines: Lines with nothing on them.
        encoding: How values are stored.
        price_precision: Decimals of prices.
        size_precision: Decimals of volumes.
        rejects: Counts of the refused rows by reason and column.
        roundings: Counts of rounded values by column.
        notes: What a reader should know, such as a zone that was assumed.
        parts: The account of every text, where there are several.
    """

    path: str
    record: str = "bar"
    rows_in: int = 0
    rows_out: int = 0
    rows_rejected: int = 0
    rows_filtered: int = 0
    blank_lines: int = 0
    encoding: str = ""
    price_precision: int = 0
    size_precision: int = 0
    rejects: list[RejectCount] = field(default_factory=list)
    roundings: list[Rounded] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    parts: list[PartReport] = field(default_factory=list)

    def to_arrow(self) -> pa.Table:
        """The counts of refused rows, one row per reason and column."""
        schema = pa.schema(
            [
                pa.field("reason", pa.string()),
                pa.field("column", pa.string()),
                pa.field("count", pa.int64()),
                pa.field("first_line", pa.int64()),
                pa.field("sample", pa.string()),
                pa.field("file", pa.string()),
            ]
        )
        return pa.Table.from_pylist([asdict(r) for r in self.rejects], schema=schema)

    def to_json(self) -> str:
        """Everything as one JSON object."""
        return json.dumps(asdict(self), indent=2)
