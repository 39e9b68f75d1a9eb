"""What is added to prices, or what they are multiplied by, from when to when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from operator import add, mul
from typing import Any, Literal

from barrow._arrow import format_stamp
from barrow.adjust.exact import as_text, exact
from barrow.adjust.table import Row, read_rows
from barrow.bars import to_nanoseconds
from barrow.errors import BarrowArgumentError, message

Method = Literal["additive", "ratio"]
Direction = Literal["backward", "forward"]
_NOTHING = {"additive": Fraction(0), "ratio": Fraction(1)}
_DEFAULT = {"additive": ("from", "to", "amount"), "ratio": ("from", "to", "ratio")}
_END = 2**64


@dataclass(frozen=True)
class Window:
    """A stretch of time and what happens in it.

    Attributes:
        start: Its first nanosecond UTC; None if it has no beginning.
        end: The first one after it; None if it has no end.
        value: What is added, or what is multiplied by.
    """

    start: int | None
    end: int | None
    value: Fraction

    def __str__(self) -> str:
        first, last = (
            open_ if at is None else format_stamp(at)
            for at, open_ in ((self.start, "the beginning"), (self.end, "the end"))
        )
        return f"{first} to {last}: {as_text(self.value)}"


class Adjustments:
    """Amounts or ratios over time, as exact fractions; made by `of`.

    Attributes:
        method: `additive` or `ratio`.
        bounds: Where another value begins: nanoseconds UTC, rising, from 1 to 2**64 - 1.
        values: One more than bounds: the value before the first of them, and from each
            one on.
    """

    __slots__ = ("bounds", "method", "values")

    def __init__(self, method: Method, bounds: Sequence[int], values: Sequence[Fraction]) -> None:
        """Takes values over time as they are.

        Raises:
            BarrowArgumentError: They are not as described above, or a ratio is not
                above zero.
        """
        if method not in _NOTHING:
            raise BarrowArgumentError(message("method", f"{method!r} is none of additive, ratio"))
        self.method: Method = method
        self.bounds = tuple(bounds)
        self.values = tuple(values)
        edges = (0, *self.bounds, _END)
        if len(self.values) != len(edges) - 1 or any(a >= b for a, b in pairwise(edges)):
            raise BarrowArgumentError(
                message("bounds", "do not rise, or there is not one value more than there are")
            )
        for value in self.values:
            if method == "ratio" and value <= 0:
                raise BarrowArgumentError(
                    message("ratio", f"{as_text(value)} is not above zero", tries=["additive"])
                )

    @classmethod
    def of(
        cls,
        table: Any,
        *,
        method: Method | None = None,
        direction: Direction = "backward",
        columns: Sequence[str] | None = None,
        tz: str = "UTC",
    ) -> Adjustments:
        """Reads a table of windows, or of events such as rolls.

        | columns | a row says |
        |---|---|
        | `from, to, amount` | this is added from one date until before the other |
        | `from, to, ratio` | this is multiplied by |
        | `date, old, new` | a roll: on that date `new` took the place of `old` |
        | `date, amount` or `date, ratio` | an event, such as 1/4 for four shares for one |

        `start` and `end`, `old_price` and `new_price` are read, too, and `numerator` and
        `denominator` in place of `ratio`. An empty `from` is the beginning and an empty
        `to` the end; windows may not overlap. Events add up: `backward` moves what is
        before each by `new - old` or `new / old`, so that the last contract stays as it
        is; `forward` moves what is from it on the other way, so that the first one does.

        Args:
            table: The path of a CSV file with a header; a pandas or polars frame, an
                Arrow table; a list of tuples, or of dicts. Numbers are decimal text,
                integers, quotients such as `1/4`, `Decimal`, `Fraction` or `Price`, never
                floats.
            method: `additive` or `ratio`; needed for rolls, told by the columns of
                others.
            direction: `backward` or `forward`; of events only.
            columns: The names of the columns, where rows are tuples; `from, to, amount`
                or `from, to, ratio` if None.
            tz: The zone of dates and times that do not say one.

        Raises:
            BarrowArgumentError: The table is not like that; names the row.
            BarrowIoError: The file cannot be read.
            BarrowParseError: The file is no CSV.
        """
        if method is not None and method not in _NOTHING:
            raise BarrowArgumentError(message("method", f"{method!r} is none of additive, ratio"))
        if direction not in ("backward", "forward"):
            raise BarrowArgumentError(
                message("direction", f"{direction!r} is none of backward, forward")
            )
        names, rows = read_rows(table, columns, _DEFAULT[method or "additive"])
        method = _method_of(names, method)
        if "date" in names:
            return cls._of_events(rows, method, direction, tz)
        return cls._of_windows(rows, method, tz)

    @classmethod
    def _of_events(
        cls, rows: list[Row], method: Method, direction: Direction, tz: str
    ) -> Adjustments:
        events: dict[int, Fraction] = {}
        for row in rows:
            at = to_nanoseconds(row.cells["date"], f"{row.where} date", tz)
            if at in events:
                raise BarrowArgumentError(
                    message(
                        row.where,
                        f"{format_stamp(at)} is there twice",
                        tries=["one row with the whole amount or ratio of that date"],
                    )
                )
            events[at] = _value_of(row, method)
        dates = sorted(events)
        both = add if method == "additive" else mul
        values = [_NOTHING[method]]
        if direction == "backward":
            for at in reversed(dates):
                values.insert(0, both(values[0], events[at]))
        else:
            for at in dates:
                values.append(both(values[-1], _opposite(events[at], method)))
        return cls._cut(method, dates, values)

    @classmethod
    def _of_windows(cls, rows: list[Row], method: Method, tz: str) -> Adjustments:
        windows = []
        for row in rows:
            first, last = (
                open_
                if row.cells[name] is None
                else to_nanoseconds(row.cells[name], f"{row.where} {name}", tz)
                for name, open_ in (("from", 0), ("to", _END))
            )
            if first >= last:
                raise BarrowArgumentError(
                    message(row.where, "the window ends before it begins, or when it does")
                )
            windows.append((first, last, row.where, _value_of(row, method)))
        windows.sort(key=lambda window: window[:2])
        for (_, end, one, _), (start, _, other, _) in pairwise(windows):
            if start < end:
                raise BarrowArgumentError(
                    message(other, f"the window overlaps the one of {one}", tries=["cut one"])
                )
        nothing = _NOTHING[method]
        bounds: list[int] = []
        values = [nothing]
        for start, end, _, value in windows:
            if bounds and bounds[-1] == start:
                values[-1] = value
            else:
                bounds.append(start)
                values.append(value)
            bounds.append(end)
            values.append(nothing)
        return cls._cut(method, bounds, values)

    @classmethod
    def _cut(cls, method: Method, bounds: list[int], values: list[Fraction]) -> Adjustments:
        """Leaves bounds that no stamp can be on both sides of, and those of equal values."""
        kept: list[int] = []
        used = [values[0]]
        for bound, value in zip(bounds, values[1:], strict=True):
            if bound <= 0:
                used[-1] = value
            elif bound < _END and value != used[-1]:
                kept.append(bound)
                used.append(value)
        return cls(method, kept, used)

    # ---------------------------------------------------------------- use

    def inverse(self) -> Adjustments:
        """What undoes them: the amounts negated, the ratios turned over.

        `adjust(adjust(x, a), a.inverse())` is `x`, always where `a` is additive, and where
        nothing was rounded if it is of ratios.
        """
        return Adjustments(
            self.method, self.bounds, [_opposite(value, self.method) for value in self.values]
        )

    def at(self, instant: Any) -> Fraction:
        """The value at an instant.

        Args:
            instant: Nanoseconds UTC, ISO 8601 text, a `datetime`, a `date`; in UTC.
        """
        return self.values[bisect_right(self.bounds, to_nanoseconds(instant, "at"))]

    def windows(self) -> list[Window]:
        """Where something changes, in order; together with what lies between them."""
        edges = (None, *self.bounds, None)
        return [
            Window(start, end, value)
            for (start, end), value in zip(pairwise(edges), self.values, strict=True)
            if value != self.nothing
        ]

    @property
    def nothing(self) -> Fraction:
        """The value that changes nothing: 0, or 1 of ratios."""
        return _NOTHING[self.method]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Adjustments):
            return NotImplemented
        mine, theirs = ((a.method, a.bounds, a.values) for a in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash((self.method, self.bounds, self.values))

    def __repr__(self) -> str:
        listed = "".join(f"\n  {window}" for window in self.windows())
        return f"Adjustments {self.method}{listed}"


def _opposite(value: Fraction, method: Method) -> Fraction:
    return -value if method == "additive" else 1 / value


def _method_of(names: frozenset[str], method: Method | None) -> Method:
    told: Method | None = None
    if "amount" in names:
        told = "additive"
    elif "old" not in names:
        told = "ratio"
    if told is None and method is None:
        raise BarrowArgumentError(
            message(
                "method",
                "rolls can be adjusted by the difference of prices or by their ratio",
                tries=["method='additive'", "method='ratio'"],
            )
        )
    if told is not None and method not in (None, told):
        raise BarrowArgumentError(message("method", f"is {method}, the table is {told}"))
    return told or method  # type: ignore[return-value]


def _value_of(row: Row, method: Method) -> Fraction:
    cells = {
        name: exact(cell, f"{row.where} {name}")
        for name, cell in row.cells.items()
        if name not in ("date", "from", "to")
    }
    if method == "additive":
        return cells["amount"] if "amount" in cells else cells["new"] - cells["old"]
    for name, value in cells.items():
        if value <= 0:
            raise BarrowArgumentError(
                message(
                    f"{row.where} {name}",
                    f"{as_text(value)} is not above zero, as ratios are",
                    tries=["method='additive'"] if "old" in cells else [],
                )
            )
    if "ratio" in cells:
        return cells["ratio"]
    over, under = ("new", "old") if "new" in cells else ("numerator", "denominator")
    return cells[over] / cells[under]
