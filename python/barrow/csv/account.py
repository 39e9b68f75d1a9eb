"""Counts of what became of rows, summed over decoders and ranges in their order."""

from __future__ import annotations

from typing import Any

from barrow._lib import native

_VALUES = 5


class Account:
    """What a decoder counts, for a whole text.

    Attributes:
        line: The line the next row starts on.
        rows: Rows read.
        blank_lines: Lines with nothing on them, and comments.
        rejected: Rows refused.
        filtered: Rows of other symbols than the one wanted.
        unzoned: Rows whose time had no zone and was read as UTC.
        price_decimals: The most decimals any price showed.
        size_decimals: The most decimals any size showed.
        roundings: By value column, how many values were rounded.
        rounded_lines: By value column, the line of the first one; 0 if none.
        symbol: The symbol of the first row; None without such a column.
        other_symbol_line: The line of the first row with another symbol; 0 if none.
        first_ts: The first `ts_event`, as nanoseconds UTC.
        last_ts: The last one.
    """

    def __init__(self, line: int) -> None:
        self.line = line
        self.rows = self.blank_lines = self.rejected = self.filtered = self.unzoned = 0
        self.price_decimals = self.size_decimals = 0
        self.roundings = [0] * _VALUES
        self.rounded_lines = [0] * _VALUES
        self.symbol: str | None = None
        self.other_symbol_line = 0
        self.first_ts = self.last_ts = 0

    def add(self, counts: tuple[int, ...], symbol: str | None) -> None:
        """Adds the counts of the rows that follow, as `csv_counts` gives them."""
        self.line = counts[0]
        self.rows += counts[1]
        self.blank_lines += counts[2]
        self.rejected += counts[3]
        self.unzoned += counts[4]
        self.price_decimals = max(self.price_decimals, counts[5])
        self.size_decimals = max(self.size_decimals, counts[6])
        for i in range(_VALUES):
            self.roundings[i] += counts[7 + i]
            self.rounded_lines[i] = self.rounded_lines[i] or counts[12 + i]
        self.other_symbol_line = self.other_symbol_line or counts[17]
        self.filtered += counts[18]
        self.symbol = self.symbol if self.symbol is not None else symbol

    def take(self, decoder: Any) -> None:
        """Moves the counts of a decoder over, which then counts from zero again."""
        self.add(native.csv_counts(decoder), native.csv_symbol(decoder))
        native.csv_begin(decoder, self.line, self.symbol)

    def note_stamps(self, first: int, last: int) -> None:
        """Takes the stamps of the first and the last of the rows that follow."""
        self.first_ts = self.first_ts or first
        self.last_ts = last
