"""The list of indicators, to be read by people and programs."""

from __future__ import annotations

from dataclasses import dataclass

from barrow.indicators import classes
from barrow.indicators.table import DEFINITIONS


@dataclass(frozen=True)
class CatalogEntry:
    """One indicator.

    Attributes:
        name: The function.
        title: The class.
        inputs: The columns it reads; `("close",)` alone means any one series.
        parameters: Names and defaults.
        outputs: The names of what it gives.
        warm_up: How many rows have no value, with the defaults; `RSI(20).warm_up` tells of others.
        talib: The function of TA-Lib with the same numbers; empty if there is none.
        summary: What it is.
        source: Who defined it, and where.
    """

    name: str
    title: str
    inputs: tuple[str, ...]
    parameters: dict[str, int | float | str]
    outputs: tuple[str, ...]
    warm_up: int
    talib: str
    summary: str
    source: str


def catalog() -> tuple[CatalogEntry, ...]:
    """All indicators, in the order of the guide."""
    return tuple(
        CatalogEntry(
            d.name,
            d.title,
            d.inputs,
            {p.name: p.default for p in d.parameters},
            d.outputs,
            getattr(classes, d.title)().warm_up,
            d.talib,
            d.summary,
            d.source,
        )
        for d in DEFINITIONS
    )
