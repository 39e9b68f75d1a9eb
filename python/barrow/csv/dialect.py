"""Dialects: how a vendor writes a file. They are data: TOML files in `dialects/`.

A user's own dialects are files named by their path, or found by name in the folders
of the environment variable `BARROW_DIALECTS`.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from barrow.errors import BarrowArgumentError, message

ROLES = (
    *("open", "high", "low", "close", "volume"),
    *("ts_event", "ts_init", "date", "time", "symbol"),
)
"""What columns are for, in the order of `Role` in mojo_src/barrow/csv/plan.mojo."""

_FOLDER = Path(__file__).parent / "dialects"
_HEADERS = ("yes", "no", "ignored")


@dataclass(frozen=True)
class Dialect:
    """How a file is written.

    Attributes:
        name: What to call it.
        title: Whose files these are.
        sample: A sample file it was tried on; empty if only documentation was at hand.
        header: `yes` if names stand above the columns, `ignored` if they do but do not
            fit the columns, `no` if there are none.
        skip_lines: Lines before the header or the first row that are not read.
        fields: How many fields a row has, where there are no names; 0 for any number.
        comment: What lines that are not read start with.
        delimiter: What separates fields; found in the first line if empty.
        decimal: The decimal mark.
        thousands: The thousands mark, or nothing.
        columns: By role, the names a column may have (case does not matter, `*` stands
            for anything), or its position from 0.
        time_format: The form of time stamps, or of times of day where there is a date
            column; the known forms if empty. See mojo_src/barrow/time/pattern.mojo.
        date_format: The form of dates in a column of their own.
        zone: The zone of times that do not tell: an IANA name, an offset such as
            `-05:00`, or `new-york+7` for clocks 7 hours ahead of New York all year.
        stamp: Which edge of a bar is stamped, `open` or `close`.
        order: `ascending` or `descending`.
        price_shift: The power of ten prices are multiplied by.
        volume_shift: The power of ten volumes are multiplied by.
        pad_short: Whether rows may end early.
        volume_optional: Whether the volume may be missing or empty, being 0 then.
    """

    name: str
    title: str = ""
    sample: str = ""
    header: str = "yes"
    skip_lines: int = 0
    fields: int = 0
    comment: str = ""
    delimiter: str = ""
    decimal: str = "."
    thousands: str = ""
    columns: dict[str, list[str] | int] = field(default_factory=dict)
    time_format: str = ""
    date_format: str = ""
    zone: str = ""
    stamp: str = "open"
    order: str = "ascending"
    price_shift: int = 0
    volume_shift: int = 0
    pad_short: bool = False
    volume_optional: bool = False

    def __post_init__(self) -> None:
        """Checks what a file said.

        Raises:
            BarrowArgumentError: A value is none of those allowed.
        """
        self._check(self.header in _HEADERS, "header", f"one of {', '.join(_HEADERS)}")
        self._check(self.stamp in ("open", "close"), "stamp", "open or close")
        self._check(self.order in ("ascending", "descending"), "order", "ascending or descending")
        for name in ("delimiter", "decimal", "thousands", "comment"):
            text = getattr(self, name)
            self._check(len(text.encode()) <= 1, name, "one ASCII character or nothing")
        unknown = [role for role in self.columns if role not in ROLES]
        self._check(not unknown, "columns", f"roles {', '.join(ROLES)}")
        if self.header != "yes":
            whole = all(isinstance(at, int) for at in self.columns.values())
            self._check(whole, "columns", "positions, since there are no names")

    def _check(self, good: bool, name: str, expected: str) -> None:
        if not good:
            found = getattr(self, name)
            raise BarrowArgumentError(
                message(f"dialect {self.name}", f"{name} is {found!r}, expected {expected}")
            )


def load_dialect(path: Path) -> Dialect:
    """Reads a dialect from a TOML file.

    Raises:
        BarrowArgumentError: The file cannot be read, or says something unknown.
    """
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BarrowArgumentError(message(str(path), f"is no dialect: {error}")) from error
    known = {entry.name for entry in dataclasses.fields(Dialect)}
    unknown = [key for key in content if key not in known]
    if unknown:
        raise BarrowArgumentError(
            message(str(path), f"no such key: {', '.join(unknown)}", tries=[", ".join(known)])
        )
    return Dialect(**{"name": path.stem, **content})


@cache
def _packaged() -> dict[str, Dialect]:
    return {path.stem: load_dialect(path) for path in sorted(_FOLDER.glob("*.toml"))}


def all_dialects() -> dict[str, Dialect]:
    """Every dialect by name: those of the package and those of `BARROW_DIALECTS`."""
    found = dict(_packaged())
    for folder in os.environ.get("BARROW_DIALECTS", "").split(os.pathsep):
        if folder:
            for path in sorted(Path(folder).glob("*.toml")):
                found[path.stem] = load_dialect(path)
    return found


def find_dialect(name: str) -> Dialect:
    """A dialect by its name, or by the path of its file.

    Raises:
        BarrowArgumentError: There is none.
    """
    if name.endswith(".toml"):
        return load_dialect(Path(name))
    known = all_dialects()
    if name not in known:
        raise BarrowArgumentError(
            message("dialect", f"there is no {name!r}", tries=["auto", ", ".join(known)])
        )
    return known[name]
