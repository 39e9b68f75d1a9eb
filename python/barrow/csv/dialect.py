"""Dialects: how a vendor writes a file. They are data: TOML files in `dialects/`.

A user's own dialects are files named by their path, or found by name in the folders
of the environment variable `BARROW_DIALECTS`.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from barrow._arrow import BAR, QUOTE, TRADE, AggressorSide, RecordKind
from barrow.errors import BarrowArgumentError, message

_VALUE_ROLES = 5
_OTHER_ROLES = ("ts_event", "ts_init", "date", "time", "symbol", "side", "trade_id")

# Texts in side columns, by what they mean; dialects may say otherwise. `ask` and `a`
# are Databento's and others' for a trade that hit the bid: its aggressor sells.
_SIDES = {
    "buy": ("buy", "b", "buyer", "bid"),
    "sell": ("sell", "s", "seller", "ask", "a"),
    "": ("none", "n", "unknown", "undefined"),
}

_FOLDER = Path(__file__).parent / "dialects"
# The Mojo parser knows plans of these only.
TEXT_KINDS = {kind.name: kind for kind in (BAR, QUOTE, TRADE)}
_HEADERS = ("yes", "no", "ignored")


@dataclass(frozen=True)
class Dialect:
    """How a file is written.

    Attributes:
        name: What to call it.
        record: What rows are: `bar`, `quote` or `trade`.
        title: Whose files these are.
        sample: A sample file it was tried on; empty if only documentation was at hand.
        header: `yes` if names stand above the columns, `ignored` if they do but do not
            fit the columns, `no` if there are none.
        skip_lines: Lines before the header or the first row that are not read.
        header_lines: How many lines the header has; names stand in the first one.
        fields: How many fields a row has, where there are no names; 0 for any number.
        comment: What lines that are not read start with.
        delimiter: What separates fields; found in the first line if empty.
        quote: What stands around quoted fields.
        decimal: The decimal mark; nothing if all numbers are whole.
        thousands: The thousands mark, or nothing.
        currency: What may stand before a price, such as `$`, or nothing.
        columns: By role, the names a column may have (case does not matter, `*` stands
            for anything), or its position from 0.
        time_format: The form of time stamps, or of times of day where there is a date
            column; the known forms if empty. See mojo_src/barrow/time/pattern.mojo.
        date_format: The form of dates in a column of their own.
        zone: The zone of times that do not tell: an IANA name, an offset such as
            `-05:00`, or `America/New_York+7h` for clocks so far ahead of New York all year.
        stamp: Which edge of a bar is stamped, `open` or `close`.
        order: `ascending` or `descending`.
        price_shift: The power of ten prices are multiplied by.
        volume_shift: The power of ten volumes are multiplied by.
        volume_suffixes: Whether volumes may end in K, M, B or T, thousands to trillions.
        pad_short: Whether rows may end early.
        volume_optional: Whether volumes or sizes may be missing or empty, being 0 then.
        nulls: Texts that stand for an empty value.
        sides: What texts in the side column mean, where they are not the usual ones:
            `buy`, `sell`, or an empty text for neither. Case does not matter.
        signature: Names of columns that together only these files have; where all are
            there, this dialect comes before the generic ones.
        symbol_pattern: A regular expression whose first group is the symbol in the
            name of the file.
    """

    name: str
    record: str = "bar"
    title: str = ""
    sample: str = ""
    header: str = "yes"
    skip_lines: int = 0
    header_lines: int = 1
    fields: int = 0
    comment: str = ""
    delimiter: str = ""
    quote: str = '"'
    decimal: str = "."
    thousands: str = ""
    currency: str = ""
    columns: dict[str, list[str] | int] = field(default_factory=dict)
    time_format: str = ""
    date_format: str = ""
    zone: str = ""
    stamp: str = "open"
    order: str = "ascending"
    price_shift: int = 0
    volume_shift: int = 0
    volume_suffixes: bool = False
    pad_short: bool = False
    volume_optional: bool = False
    nulls: list[str] = field(default_factory=list)
    sides: dict[str, str] = field(default_factory=dict)
    signature: list[str] = field(default_factory=list)
    symbol_pattern: str = ""

    def __post_init__(self) -> None:
        """Checks what a file said.

        Raises:
            BarrowArgumentError: A value is none of those allowed.
        """
        self._check(self.record in TEXT_KINDS, "record", f"one of {', '.join(TEXT_KINDS)}")
        self._check(self.header in _HEADERS, "header", f"one of {', '.join(_HEADERS)}")
        self._check(self.stamp in ("open", "close"), "stamp", "open or close")
        self._check(self.order in ("ascending", "descending"), "order", "ascending or descending")
        for name in ("delimiter", "quote", "decimal", "thousands", "currency", "comment"):
            text = getattr(self, name)
            self._check(len(text.encode()) <= 1, name, "one ASCII character or nothing")
        roles = [role for role in roles_of(self.kind) if role]
        unknown = [role for role in self.columns if role not in roles]
        self._check(not unknown, "columns", f"roles {', '.join(roles)}")
        meanings = [side for side in self.sides.values() if side not in _SIDES]
        self._check(not meanings, "sides", "buy, sell or nothing for every text")
        self._check(_groups(self.symbol_pattern) == 1, "symbol_pattern", "a pattern with a group")
        if self.header != "yes":
            whole = all(isinstance(at, int) for at in self.columns.values())
            self._check(whole, "columns", "positions, since there are no names")

    @property
    def kind(self) -> RecordKind:
        """What rows are."""
        return TEXT_KINDS[self.record]

    @property
    def is_generic(self) -> bool:
        """Whether this is no vendor's form, but any file with a plain header."""
        return self.name.partition("-")[0] == "generic"

    @property
    def side_codes(self) -> dict[str, int]:
        """By text in lower case, the number of a side."""
        codes = {"buy": AggressorSide.BUYER, "sell": AggressorSide.SELLER}
        usual = {text: side for side, texts in _SIDES.items() for text in texts}
        own = {text.lower(): side for text, side in self.sides.items()}
        return {
            text: int(codes.get(side, AggressorSide.NO_AGGRESSOR))
            for text, side in (usual | own).items()
        }

    def symbol_of(self, path: str) -> str | None:
        """The symbol a file's name tells, if it has the form the vendor gives it."""
        found = re.search(self.symbol_pattern, os.path.basename(path))
        return found[1] if found and self.symbol_pattern else None

    def _check(self, good: bool, name: str, expected: str) -> None:
        if not good:
            found = getattr(self, name)
            raise BarrowArgumentError(
                message(f"dialect {self.name}", f"{name} is {found!r}, expected {expected}")
            )


def roles_of(kind: RecordKind) -> tuple[str, ...]:
    """What columns are for, in the order of `Role` in mojo_src/barrow/csv/plan.mojo.

    Value columns come first, as many as a record may have; those that records of this
    kind do not have are empty.
    """
    spare = ("",) * (_VALUE_ROLES - len(kind.values))
    others = _OTHER_ROLES if kind is TRADE else (*_OTHER_ROLES[:5], "", "")
    return (*kind.values, *spare, *others)


def _groups(pattern: str) -> int:
    try:
        return re.compile(pattern or "()").groups
    except re.error:
        return 0


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
