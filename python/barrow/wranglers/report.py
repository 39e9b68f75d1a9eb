"""What a wrangler changed on the way."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rounded:
    """Values of a column that lost digits.

    Attributes:
        column: The column, as records call it.
        count: How many.
        first_row: The first row of them, from 0.
    """

    column: str
    count: int
    first_row: int


@dataclass
class WrangleReport:
    """The account of a frame or a batch.

    Attributes:
        rows: How many records came of it.
        rounded: Columns in which digits were dropped, because a rounding was asked for.
    """

    rows: int = 0
    rounded: list[Rounded] = field(default_factory=list)
