"""Tables of adjustments, in whatever form they come."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from barrow.errors import BarrowArgumentError, BarrowParseError, message
from barrow.files import unreadable

# What a column may be called, and what it is.
_NAMES = {
    "from": "from", "start": "from", "to": "to", "end": "to", "date": "date",
    "amount": "amount", "ratio": "ratio", "numerator": "numerator", "denominator": "denominator",
    "old": "old", "old_price": "old", "new": "new", "new_price": "new",
}  # fmt: skip
_HOW_MUCH = (("amount",), ("ratio",), ("numerator", "denominator"), ("old", "new"))
FORMS = [
    f"{when}, {', '.join(how)}"
    for when in ("date", "from, to")
    for how in _HOW_MUCH
    if not (when == "from, to" and how == ("old", "new"))
]


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        where: What to call it in an error.
        cells: Its values by what their columns are; None where a cell is empty.
    """

    where: str
    cells: dict[str, Any]


def read_rows(
    table: Any, columns: Sequence[str] | None, default: Sequence[str]
) -> tuple[frozenset[str], list[Row]]:
    """The columns and the rows of a table.

    Args:
        table: The path of a CSV file with a header; anything with `__arrow_c_stream__`,
            such as a pandas or polars frame; tuples; or mappings.
        columns: The names of the columns, where tuples do not say them.
        default: What those are if nobody says it.

    Returns:
        What the columns are, and the rows; other columns are left out.

    Raises:
        BarrowArgumentError: It is no such table, or its columns are none that are known.
        BarrowIoError: The file cannot be read.
        BarrowParseError: A line of the file has another number of fields.
    """
    if isinstance(table, (str, os.PathLike)):
        names, rows = _of_file(os.fspath(table))
    elif hasattr(table, "__arrow_c_stream__"):
        arrow = pa.table(table)
        names = arrow.column_names
        rows = [(f"row {at}", [*row.values()]) for at, row in enumerate(arrow.to_pylist())]
    elif isinstance(table, Iterable) and not isinstance(table, (bytes, Mapping)):
        names, rows = _of_rows([*table], columns or default)
    else:
        raise BarrowArgumentError(
            message(
                "adjustments",
                f"{type(table).__name__} is no table",
                tries=["the path of a CSV file", "a frame", "a list of tuples"],
            )
        )
    known = [_NAMES.get(name.strip().lower()) for name in names]
    _check_columns([name for name in known if name], names)
    return frozenset(name for name in known if name), [
        Row(where, {name: cell for name, cell in zip(known, cells, strict=True) if name})
        for where, cells in rows
    ]


def _of_file(path: str) -> tuple[list[str], list[tuple[str, list[Any]]]]:
    try:
        text = Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise BarrowParseError(message(path, "is not UTF-8")) from error
    reader = csv.reader(text.splitlines())
    names = next(reader, [])
    rows = []
    for cells in reader:
        if not cells:
            continue
        where = f"{path} line {reader.line_num}"
        if len(cells) != len(names):
            what = f"has {len(cells)} fields, the header has {len(names)}"
            raise BarrowParseError(message(where, what))
        rows.append((where, [cell.strip() or None for cell in cells]))
    return names, rows


def _of_rows(
    given: list[Any], columns: Sequence[str]
) -> tuple[list[str], list[tuple[str, list[Any]]]]:
    if given and all(isinstance(row, Mapping) for row in given):
        names = [*dict.fromkeys(name for row in given for name in row)]
        return names, [(f"row {at}", [row.get(n) for n in names]) for at, row in enumerate(given)]
    rows = []
    for at, row in enumerate(given):
        if isinstance(row, str) or not isinstance(row, Sequence) or len(row) != len(columns):
            raise BarrowArgumentError(
                message(
                    f"row {at}",
                    f"{row!r} is no row of {', '.join(columns)}",
                    tries=["columns=('date', 'old', 'new') for rolls"],
                )
            )
        rows.append((f"row {at}", [*row]))
    return [*columns], rows


def _check_columns(known: list[str], names: Sequence[str]) -> None:
    there = set(known)
    when = there & {"date", "from", "to"}
    how = there - when
    if (
        len(known) == len(there)
        and when in ({"date"}, {"from", "to"})
        and how in map(set, _HOW_MUCH)
        and not (when == {"from", "to"} and how == {"old", "new"})
    ):
        return
    raise BarrowArgumentError(
        message(
            "adjustments",
            f"columns {', '.join(names) or 'missing'} do not say from when to when how much",
            tries=FORMS,
        )
    )
