"""Functions of the table: one call, all rows."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from inspect import Parameter as Argument
from inspect import Signature
from typing import Any

import numpy as np

from barrow._lib import native
from barrow.indicators.inputs import LARGE, ORDER, columns_of, rooms
from barrow.indicators.options import KINDS, Numbers, bind, bind_again, skips
from barrow.indicators.table import DEFINITIONS, C, Definition

_ndarray = np.ndarray
_empty = np.empty
_may_share_memory = np.may_share_memory
_FLOAT64 = np.dtype(np.float64)

# What indicators with several outputs return: by the name of the indicator.
RESULTS: dict[str, Any] = {
    d.name: namedtuple(f"{d.title}Values", d.outputs) for d in DEFINITIONS if len(d.outputs) > 1
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


def _may_take(results: Any, count: int, columns: list[Any]) -> bool:
    """Whether given arrays may take results, as far as Mojo does not find out itself."""
    if type(results) is not tuple or len(results) != count:
        return False
    others = [column for column in columns if type(column) is _ndarray]
    for one in results:
        if type(one) is not _ndarray or one.dtype is not _FLOAT64 or one.ndim != 1:
            return False
        for other in others:
            if _may_share_memory(one, other):
                return False
        others.append(one)
    return True


def function_of(definition: Definition) -> Callable[..., Any]:
    """The function of an indicator, with its signature and documentation."""
    kind = KINDS[definition.name]
    name = definition.name
    places = tuple(ORDER.index(column) for column in definition.inputs)
    one = places[0] if definition.inputs == (C,) else None
    count = len(places)
    single = len(definition.outputs) == 1
    outputs = range(len(definition.outputs))
    result = None if single else RESULTS[name]._make

    def call(
        data: Any, /, *args: Any, nan: str = "propagate", out: Any = None, **named: Any
    ) -> Any:
        try:
            numbers = bind_again(name, args, tuple(named.items()) if named else ())
        except TypeError:  # also what cannot be kept
            numbers = bind(definition, args, named)
        skip = False if nan == "propagate" else skips(nan)
        # The short way, for arrays as they are wanted: small calls take no longer than
        # this. What does not fit fails here or in Mojo, and is looked at with care.
        columns: list[Any] = [b"", b"", b"", b"", b""]
        last: Any = None
        if one is not None:
            last = columns[one] = data
        elif type(data) is tuple and len(data) == count:
            for place, column in zip(places, data, strict=True):
                if type(column) is not _ndarray or column.dtype is not _FLOAT64:
                    last = None
                    break
                last = columns[place] = column
        if type(last) is _ndarray and last.dtype is _FLOAT64 and last.ndim == 1:
            rows = len(last)
            if rows < LARGE:
                if out is None:
                    results = (_empty(rows),) if single else tuple([_empty(rows) for _ in outputs])
                else:
                    results = (out,) if single else out
                    if not _may_take(results, len(outputs), columns):
                        return compute(definition, numbers, skip, data, out)
                try:
                    native.indicator_batch(kind, numbers, skip, tuple(columns), rows, results)
                except ValueError:
                    return compute(definition, numbers, skip, data, out)
                return results[0] if result is None else result(results)
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
            f"    data: {columns}: {takes}.",
            "        Numbers of any type in one dimension, taken as float64.",
            *parameters_doc(definition),
            "    nan: What a row with NaN or infinity does; its own value is NaN. `propagate`:",
            "        values are NaN until as many rows came as the warm-up has. `skip`: the next",
            "        row goes on as if it were not there.",
            "    out: Where results go: float64, writable, contiguous, shape (n,); a tuple of such",
            "        arrays if there are several.",
            "",
            "Returns:",
            f"    {returns}: float64, shape (n,), NaN in the warm-up. Several are a named tuple.",
            "",
            "Raises:",
            "    BarrowArgumentError: A parameter is out of range, columns differ in length, or",
            "        `out` is not as it must be.",
            "    BarrowSchemaError: A column is missing or holds no numbers.",
        ]
    )
