"""Functions of the table: one call, all rows."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from inspect import Parameter as Argument
from inspect import Signature
from typing import Any

import numpy as np

from barrow._lib import native
from barrow.indicators.inputs import columns_of, room, rooms
from barrow.indicators.options import KINDS, Numbers, bind, bind_positional, skips
from barrow.indicators.table import DEFINITIONS, C, Definition

_ndarray = np.ndarray

# What indicators with several outputs return: by the name of the indicator.
RESULTS: dict[str, Any] = {
    d.name: namedtuple(f"{d.title}Values", d.outputs)  # type: ignore[misc]  # noqa: PYI024
    for d in DEFINITIONS
    if len(d.outputs) > 1
}


def result_of(definition: Definition, values: Sequence[Any]) -> Any:
    """The outputs of an indicator: the one, or all of them by name."""
    return values[0] if len(definition.outputs) == 1 else RESULTS[definition.name](*values)


def compute(definition: Definition, numbers: Numbers, skip: bool, data: Any, out: Any) -> Any:
    """All rows of an indicator from the start.

    Args:
        definition: Which one.
        numbers: Its parameters.
        skip: Whether rows with NaN are passed over.
        data: What it reads.
        out: Where results go; None makes new arrays.
    """
    columns, rows = columns_of(data, definition.inputs)
    results = rooms(out, definition.outputs, rows, columns)
    native.indicator_batch(KINDS[definition.name], numbers, skip, columns, rows, results)
    return result_of(definition, results)


def function_of(definition: Definition) -> Callable[..., Any]:
    """The function of an indicator, with its signature and documentation."""
    kind = KINDS[definition.name]
    name = definition.name
    short = definition.inputs == (C,) and len(definition.outputs) == 1

    def call(
        data: Any, /, *args: Any, nan: str = "propagate", out: Any = None, **named: Any
    ) -> Any:
        numbers = bind(definition, args, named) if named else bind_positional(name, args)
        skip = False if nan == "propagate" else skips(nan)
        if (
            short
            and out is None
            and type(data) is _ndarray
            and data.ndim == 1
            and data.dtype == np.float64
            and data.flags.c_contiguous
        ):
            rows = len(data)
            result = room(rows)
            native.indicator_batch(kind, numbers, skip, (b"", b"", b"", data, b""), rows, (result,))
            return result
        return compute(definition, numbers, skip, data, out)

    call.__name__ = call.__qualname__ = name
    call.__module__ = "barrow.indicators"
    call.__doc__ = function_doc(definition)
    call.__signature__ = signature_of(definition)  # type: ignore[attr-defined]
    return call


def signature_of(definition: Definition) -> Signature:
    """What a function takes."""
    options = [
        Argument(p.name, Argument.POSITIONAL_OR_KEYWORD, default=p.default)
        for p in definition.parameters
    ]
    return Signature(
        [
            Argument("data", Argument.POSITIONAL_ONLY),
            *options,
            Argument("nan", Argument.KEYWORD_ONLY, default="propagate"),
            Argument("out", Argument.KEYWORD_ONLY, default=None),
        ]
    )


def parameters_doc(definition: Definition) -> list[str]:
    """The parameters of an indicator, a line each."""
    lines = []
    for p in definition.parameters:
        if p.choices:
            lines.append(f"    {p.name}: {' or '.join(map(repr, p.choices))}.")
        else:
            kind = "Whole number" if isinstance(p.default, int) else "Number"
            lines.append(f"    {p.name}: {kind} from {p.least:g} to {p.most:g}.")
    return lines


def heading(definition: Definition) -> list[str]:
    """What an indicator is and where it comes from."""
    same = f"Numbers: those of `{definition.talib}` of TA-Lib." if definition.talib else ""
    lines = [definition.summary, "", f"Source: {definition.source}."]
    return [*lines, same] if same else lines


def function_doc(definition: Definition) -> str:
    """The documentation of a function."""
    columns = ", ".join(definition.inputs)
    takes = "Bars, a table with these columns, or "
    takes += "one array" if definition.inputs == (C,) else "a tuple of arrays in this order"
    returns = ", ".join(definition.outputs)
    return "\n".join(
        [
            *heading(definition),
            "",
            "Args:",
            f"    data: {columns}: {takes}. Numbers of any type in one dimension, taken as float64.",
            *parameters_doc(definition),
            "    nan: What a row with NaN or infinity does. `propagate`: its value is NaN, and so are",
            "        those of the warm-up after it. `skip`: its value is NaN, and the next row goes on as",
            "        if it were not there.",
            "    out: Where results go: float64, writable, contiguous, shape (n,); a tuple for several.",
            "",
            "Returns:",
            f"    {returns}: float64 of shape (n,), NaN in the warm-up. Several are a named tuple.",
            "",
            "Raises:",
            "    BarrowArgumentError: A parameter is out of range, columns differ in length, or `out` is",
            "        not as it must be.",
            "    BarrowSchemaError: A column is missing or holds no numbers.",
        ]
    )
