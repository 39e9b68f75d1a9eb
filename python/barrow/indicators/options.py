"""Arguments of indicators: bound to the table, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from barrow._lib import native
from barrow.errors import BarrowArgumentError, message
from barrow.indicators.table import BY_NAME, Definition, Parameter

NanPolicy = Literal["propagate", "skip"]
Numbers = tuple[float, ...]

# What an indicator is in Mojo.
KINDS = {name: native.indicator_kind(at) for at, name in enumerate(native.indicator_names())}
_REAL = (int, float, np.integer, np.floating)
POLICIES = {"propagate": False, "skip": True}


@lru_cache(1024)
def bind_again(name: str, args: tuple[Any, ...], named: tuple[tuple[str, Any], ...]) -> Numbers:
    """As `bind`; kept, because calls repeat. Arguments must be hashable."""
    return bind(BY_NAME[name], args, dict(named))


def bind(definition: Definition, args: tuple[Any, ...], named: Mapping[str, Any]) -> Numbers:
    """Arguments as numbers for Mojo, in the order of the table.

    Raises:
        BarrowArgumentError: One is out of range, or of the wrong type.
        TypeError: There are too many, or names that the table does not have.
    """
    parameters = definition.parameters
    if len(args) > len(parameters):
        raise TypeError(
            f"{definition.name}() takes {len(parameters)} parameters after the data, got "
            f"{len(args)}"
        )
    given = {parameter.name: arg for parameter, arg in zip(parameters, args, strict=False)}
    for name, value in named.items():
        if name in given:
            raise TypeError(f"{definition.name}() got {name!r} twice")
        given[name] = value
    bound = tuple(
        _number(definition, parameter, given.pop(parameter.name, parameter.default))
        for parameter in parameters
    )
    if given:
        raise TypeError(f"{definition.name}() has no parameter {next(iter(given))!r}")
    return bound


def _number(definition: Definition, parameter: Parameter, value: Any) -> float:
    where = f"{definition.name}: {parameter.name}"
    if parameter.choices:
        if value not in parameter.choices:
            listed = " or ".join(map(repr, parameter.choices))
            raise BarrowArgumentError(message(where, f"expected {listed}, got {value!r}"))
        return float(parameter.choices.index(value))
    whole = isinstance(parameter.default, int)
    fits = (
        isinstance(value, _REAL)
        and not isinstance(value, bool)
        and parameter.least <= value <= parameter.most
        and (not whole or int(value) == value)
    )
    if not fits:
        kind = "a whole number" if whole else "a number"
        raise BarrowArgumentError(
            message(
                where,
                f"expected {kind} from {parameter.least:g} to {parameter.most:g}, got {value!r}",
            )
        )
    return float(value)


def as_given(definition: Definition, numbers: Numbers) -> dict[str, int | float | str]:
    """The arguments by name, as a caller would write them."""
    shown: dict[str, int | float | str] = {}
    for parameter, number in zip(definition.parameters, numbers, strict=True):
        if parameter.choices:
            shown[parameter.name] = parameter.choices[int(number)]
        else:
            shown[parameter.name] = int(number) if isinstance(parameter.default, int) else number
    return shown


def skips(nan: str) -> bool:
    """Whether rows with NaN are passed over.

    Raises:
        BarrowArgumentError: There is no such policy.
    """
    try:
        return POLICIES[nan]
    except (KeyError, TypeError):
        raise BarrowArgumentError(
            message("nan", f"expected 'propagate' or 'skip', got {nan!r}")
        ) from None
