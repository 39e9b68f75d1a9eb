"""How long the bars are that come out: so many of a unit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from barrow.bars.bar_spec import NANOSECONDS, BarAggregation
from barrow.errors import BarrowArgumentError, message, shown

MOST_STEPS = 100_000
# A unit, its aggregation in a bar type, how many of those it is, and its spellings:
# the usual letters, those of pandas and polars, and words.
_UNITS: tuple[tuple[str, str, int, str], ...] = (
    ("s", "SECOND", 1, "s S sec second seconds"),
    ("m", "MINUTE", 1, "m min T minute minutes"),
    ("h", "HOUR", 1, "h H hour hours"),
    ("d", "DAY", 1, "d D day days"),
    ("w", "WEEK", 1, "w W week weeks"),
    ("M", "MONTH", 1, "M MS mo month months"),
    ("q", "MONTH", 3, "q Q QS quarter quarters"),
    ("y", "YEAR", 1, "y Y YS year years"),
)
_SPELLINGS = {text: unit for unit, _, _, texts in _UNITS for text in texts.split()}
_AGGREGATIONS = {unit: (name, factor) for unit, name, factor, _ in _UNITS}
_MONTHS = {"M": 1, "q": 3, "y": 12}
_DAY = NANOSECONDS[BarAggregation.DAY]


@dataclass(frozen=True)
class Timeframe:
    """So many of a unit.

    Attributes:
        step: How many.
        unit: `s`, `m`, `h`, `d`, `w`, `M` (month), `q` or `y`.
    """

    step: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> Timeframe:
        """Reads a timeframe such as `5m`, `1h`, `1d`, `1w`, `1M`, `1q`, `1y`.

        Also `5min`, `1D`, `1MS` as pandas has them, `1mo` as polars has it, and
        `5-MINUTE` as in bar types. `m` is minutes, `M` is months; without a number
        it is one.

        Raises:
            BarrowArgumentError: The text is none; the message points at the token.
        """
        if not isinstance(text, str):
            raise BarrowArgumentError(
                message("timeframe", f"expected text, got {type(text).__name__}")
            )
        match = re.fullmatch(r"\s*([^\sA-Za-z-]*)[\s-]*(.*?)\s*", text)
        number, unit = match.groups() if match else ("", text)
        if unit not in _SPELLINGS and unit.isupper() and unit.lower() in _SPELLINGS:
            unit = unit.lower() if len(unit) > 2 else unit
        if unit not in _SPELLINGS:
            raise _bad(text, f'"{shown(unit, 20)}" is no unit', "5m", "1h", "1d", "1w", "1M")
        if number and not (number.isascii() and number.isdigit()):
            raise _bad(text, f'"{shown(number, 20)}" is no whole number')
        step = int(number or "1")
        if not 1 <= step <= MOST_STEPS:
            raise _bad(text, f'"{number}" is not from 1 to {MOST_STEPS:,}')
        return cls(step, _SPELLINGS[unit])

    @property
    def aggregation(self) -> tuple[int, str]:
        """Step and unit as bar types have them; a quarter is three months."""
        name, factor = _AGGREGATIONS[self.unit]
        return self.step * factor, name

    @property
    def months(self) -> int:
        """How many months; 0 if it is not made of those."""
        return self.step * _MONTHS.get(self.unit, 0)

    @property
    def nanoseconds(self) -> int:
        """How long; of days and weeks without clock changes, of months at least so long."""
        if self.months:
            return self.months * 28 * _DAY
        return self.step * NANOSECONDS[BarAggregation(_AGGREGATIONS[self.unit][0])]

    @property
    def wall(self) -> bool:
        """Whether its ends follow the clock of a zone, and not the time that passes."""
        return self.unit not in "smh"

    def __str__(self) -> str:
        return f"{self.step}{self.unit}"


def _bad(text: str, what: str, *tries: str) -> BarrowArgumentError:
    return BarrowArgumentError(message(f'timeframe "{shown(text, 40)}"', what, tries=list(tries)))
