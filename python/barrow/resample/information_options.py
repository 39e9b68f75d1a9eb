"""What the caller says about information bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypedDict

from barrow.bars import BarAggregation, BarSpecification, PriceType
from barrow.errors import BarrowArgumentError, message
from barrow.resample.inputs import PRICES, PriceName
from barrow.resample.options import Partial
from barrow.resample.threshold import (
    AnyThreshold,
    ExpectedThreshold,
    Threshold,
    make_threshold,
)

Sides = Literal["reported", "reported_or_tick_rule", "tick_rule"]
Rules = Literal["conserve", "nautilus"]
Given = str | Threshold | ExpectedThreshold | BarSpecification
SIDES = ("reported", "reported_or_tick_rule", "tick_rule")
_CHOICES = {
    "sides": SIDES,
    "rules": ("conserve", "nautilus"),
    "partial": ("flag", "keep", "drop"),
}


class InformationKeywords(TypedDict, total=False):
    """The keyword arguments of `information_bars` and `BarAggregator`."""

    sides: Sides
    rules: Rules
    price_increment: int | str | Decimal | None
    partial: Partial
    price: PriceName | None


@dataclass(frozen=True)
class InformationOptions:
    """The arguments of `information_bars`, checked.

    Attributes:
        names: Thresholds as the caller wrote them.
        thresholds: What they are.
    """

    names: tuple[str, ...]
    thresholds: tuple[AnyThreshold, ...]
    sides: Sides = "reported"
    rules: Rules = "conserve"
    price_increment: Decimal | None = None
    partial: Partial = "flag"
    price: PriceName | None = None


def make_information_options(
    thresholds: Given | Sequence[Given], **choices: Any
) -> InformationOptions:
    """Checks the arguments of `information_bars`.

    Raises:
        BarrowArgumentError: One of them is wrong.
    """
    single = isinstance(thresholds, str | Threshold | ExpectedThreshold | BarSpecification)
    given: list[Any] = [thresholds] if single else list(thresholds)  # type: ignore[arg-type]
    if not given:
        raise BarrowArgumentError(message("thresholds", "there are none", tries=["'1000-TICK'"]))
    made = [make_threshold(one) for one in given]
    names = [name for name, _, _ in made]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BarrowArgumentError(message("thresholds", f"{', '.join(twice)} twice"))
    unknown = set(choices) - set(InformationKeywords.__annotations__)
    if unknown:
        what = f"no option {', '.join(sorted(unknown))}"
        raise BarrowArgumentError(message("information_bars", what))
    for name, allowed in _CHOICES.items():
        if name in choices and choices[name] not in allowed:
            raise BarrowArgumentError(
                message(name, f"{choices[name]!r} is none of {', '.join(allowed)}")
            )
    increment = choices.pop("price_increment", None)
    if increment is not None:
        increment = Threshold(BarAggregation.RENKO, increment).amount
    for name, threshold, _ in made:
        if isinstance(threshold, Threshold) and threshold.increments and increment is None:
            raise BarrowArgumentError(
                message(
                    f'threshold "{name}"',
                    "counts price increments, which records do not tell",
                    tries=["price_increment='0.01'", "Threshold('RENKO', '0.20')"],
                )
            )
    told = {price_type for _, _, price_type in made if price_type is not None}
    choices["price"] = _one_price(told, choices.get("price"))
    found = tuple(threshold for _, threshold, _ in made)
    return InformationOptions(tuple(names), found, price_increment=increment, **choices)


def _one_price(told: set[PriceType], price: str | None) -> str | None:
    """The price of quotes, from specifications if they say one."""
    if len(told) > 1 or (price and told - {price.upper()}):
        both = ", ".join(sorted({*told, *([price.upper()] if price else [])}))
        raise BarrowArgumentError(message("thresholds", f"one price at a time, got {both}"))
    for price_type in told:
        return price_type.lower() if price_type.lower() in PRICES else price
    return price
