"""Finds out from the start of a file where its columns are."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from barrow._arrow import RecordKind
from barrow.csv.dialect import Dialect, roles_of
from barrow.csv.hints import option
from barrow.errors import (
    BarrowParseError,
    BarrowSchemaError,
    BarrowUnsupportedError,
    Place,
    message,
    shown,
)

_DELIMITERS = ",\t;|"
_TIMES = {"ts_event", "date", "time"}


@dataclass(frozen=True)
class Header:
    """Where the columns of a file are.

    Attributes:
        kind: What the rows are.
        names: The names as they stand in the file.
        delimiter: What separates fields.
        fields: The index of the field of every role of `roles_of`; -1 for none.
        line: The line of the first row, from 1.
        end: The first byte of the first row after them.
        notes: What a reader should know about the choice.
    """

    kind: RecordKind
    names: list[str]
    delimiter: str
    fields: tuple[int, ...]
    line: int
    end: int
    notes: list[str] = field(default_factory=list)

    @property
    def role_names(self) -> set[str]:
        """The roles that have a column."""
        roles = zip(roles_of(self.kind), self.fields, strict=True)
        return {role for role, at in roles if at >= 0}

    def role_name(self, role: str) -> str:
        """The name of a role's column in the file."""
        at = self.fields[roles_of(self.kind).index(role)]
        return self.names[at] if at >= 0 else role

    def role_at(self, field: int) -> str:
        """The role of a field; empty if it has none."""
        return (
            roles_of(self.kind)[self.fields.index(field)]
            if field >= 0 and field in self.fields
            else ""
        )


def read_header(start: bytes, path: str, dialect: Dialect, needs_volume: bool) -> Header:
    """Finds the columns of a file.

    Args:
        start: The first bytes of the text, as many as the header may take.
        path: The file as the caller named it.
        dialect: How the file is written.
        needs_volume: Whether a volume column must be there.

    Raises:
        BarrowParseError: The file is empty, or no text.
        BarrowUnsupportedError: It is an Arrow file or a Parquet file, or packed twice.
        BarrowSchemaError: A column that must be there is not, or is there twice.
    """
    _check_text(start, path)
    begin = 3 if start.startswith(b"\xef\xbb\xbf") else 0
    line, skipped = 1, 0
    while True:
        if begin >= len(start):
            raise BarrowParseError(
                message(
                    path,
                    "the file is empty, expected a header and rows",
                    tries=["check that the download finished"],
                ),
                Place(path),
                "empty",
            )
        end, after = _line_end(start, begin)
        head = start[begin:end]
        comment = dialect.comment and head.startswith(dialect.comment.encode())
        if head.strip() and not comment:
            if skipped == dialect.skip_lines:
                break
            skipped += 1
        begin, line = after, line + 1
    if b"\0" in head:
        raise BarrowParseError(
            message(
                Place(path, line),
                f"byte {begin + head.index(0)} is zero, expected text",
                tries=["is this a text file?"],
            ),
            Place(path, line),
            "nul_byte",
        )
    text = head.decode("utf-8", "backslashreplace")
    bare = "".join(text.split('"')[::2])  # what stands outside quotes
    delimiter = dialect.delimiter or max(_DELIMITERS, key=bare.count)
    cells = _cells(text, delimiter, dialect, Place(path, line))
    names = [name.strip() for name in cells]
    if dialect.header == "yes":
        fields, notes = _find_roles(names, path, line, dialect, needs_volume)
        next_line = line + len(_LINE_ENDS.findall(text)) + 1
        for _ in range(dialect.header_lines - 1):
            _, after = _line_end(start, after)
            next_line += 1
        return Header(dialect.kind, names, delimiter, fields, next_line, after, notes)
    if dialect.header == "ignored":
        if not any(name[:1].isalpha() for name in names):
            raise BarrowSchemaError(
                message(Place(path, line), f"no names, dialect {dialect.name} has a line of them")
            )
        row_end, _ = _line_end(start, after)
        row = start[after:row_end].decode("utf-8", "backslashreplace")
        cells = _cells(row, delimiter, dialect, Place(path, line + 1))
        begin, line = after, line + 1
    return _by_position(len(cells), path, delimiter, line, begin, dialect)


def _cells(text: str, delimiter: str, dialect: Dialect, place: Place) -> list[str]:
    lines = io.StringIO(text, newline="")
    if dialect.quote:
        reader = csv.reader(lines, delimiter=delimiter, quotechar=dialect.quote)
    else:
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    try:
        return next(reader, [])
    except csv.Error as error:  # a cell of more than 128 KiB
        what = f"this cannot be a line of names: {error}"
        raise BarrowParseError(message(place, what), place, "not_a_header") from error


def _by_position(
    count: int, path: str, delimiter: str, line: int, begin: int, dialect: Dialect
) -> Header:
    """The columns of a file without names, or with names that do not fit."""
    places = {role: at for role, at in dialect.columns.items() if isinstance(at, int)}
    expected = dialect.fields or max(places.values()) + 1
    if count < expected or (dialect.fields and count != expected):
        raise BarrowSchemaError(
            message(
                Place(path, line),
                f"{count} fields, dialect {dialect.name} has {expected}",
                tries=["barrow sniff FILE tells the dialect"],
            )
        )
    roles = {at: role for role, at in places.items()}
    names = [roles.get(at, f"column {at + 1}") for at in range(count)]
    fields = tuple(places.get(role, -1) for role in roles_of(dialect.kind))
    return Header(dialect.kind, names, delimiter, fields, line, begin)


_LINE_ENDS = re.compile("\r\n|\n|\r")


def _line_end(text: bytes, begin: int) -> tuple[int, int]:
    """The end of a line and the start of the next one: LF, CRLF or CR, not in quotes.

    A quote opens a cell only where the cell starts; elsewhere it is a letter.
    """
    quoted, closed = False, -1
    for match in re.compile(rb'"|\r\n|\n|\r').finditer(text, begin):
        at = match.start()
        if match[0] != b'"':
            if not quoted:
                return match.span()
        elif quoted:
            quoted, closed = False, at
        else:
            starts = at == begin or text[at - 1 : at] in (b",", b"\t", b";", b"|", b" ")
            quoted = starts or closed == at - 1
    if quoted:
        # No cell ends as it begins: take quotes for letters.
        ends = re.compile(rb"\r\n|\n|\r").search(text, begin)
        return ends.span() if ends else (len(text), len(text))
    return len(text), len(text)


def _check_text(start: bytes, path: str) -> None:
    for magic, kind, hint in (
        (b"ARROW1", "an Arrow IPC file", "bw.open() or barrow info"),
        (b"PAR1", "a Parquet file", "pyarrow.parquet.read_table"),
        # What is left after unpacking once.
        (b"PK\x03\x04", "a zip archive in another", "unpack it first"),
        (b"\x1f\x8b", "packed twice", "unpack it first"),
        (b"BZh", "packed twice", "unpack it first"),
        (b"\x28\xb5\x2f\xfd", "packed twice", "unpack it first"),
        (b"\xfd7zXZ\x00", "packed twice", "unpack it first"),
    ):
        if start.startswith(magic):
            raise BarrowUnsupportedError(
                message(path, f"this is {kind}, expected CSV text", tries=[hint])
            )


def _find_roles(
    names: list[str], path: str, line: int, dialect: Dialect, needs_volume: bool
) -> tuple[tuple[int, ...], list[str]]:
    lower = [name.lower() for name in names]
    found: dict[str, int] = {}
    notes = []
    for role, wanted in dialect.columns.items():
        patterns = [wanted] if isinstance(wanted, int) else wanted
        matches = [at for p in patterns for at in _matching(lower, p)]
        if not matches:
            continue
        # Where several will do, the order of the patterns tells the best.
        ranked = role in ("ts_event", "symbol")
        if not ranked:
            matches.sort()
        first, *others = dict.fromkeys(matches)
        if others and (not ranked or lower[first] == lower[others[0]]):
            raise BarrowSchemaError(
                message(
                    Place(path, line, others[0] + 1, names[others[0]]),
                    f'column {first + 1} "{names[first]}" is {role} too',
                    tries=["rename one of them"],
                )
            )
        if others and role == "ts_event":
            notes.append(f'"{names[first]}" is the time stamp, "{names[others[0]]}" is ignored')
        found[role] = first
    if names[0] == "" and "ts_event" in dialect.columns and not found.keys() & _TIMES:
        found["ts_event"] = 0  # how pandas writes an index
        notes.append("the first column has no name and is the time stamp")
    if "ts_event" in found:
        found.pop("date", None)
        found.pop("time", None)
    elif "date" in found and "time" not in found:
        found["ts_event"] = found.pop("date")
    elif "time" in found and "date" not in found:
        found["ts_event"] = found.pop("time")
    _check_complete(names, found, path, line, dialect, needs_volume)
    unnamed = (f"column {at + 1}" for at in range(len(names)))
    ignored = [
        name or number
        for at, (name, number) in enumerate(zip(names, unnamed, strict=True))
        if at not in found.values()
    ]
    if ignored:
        notes.append(f"columns not read: {', '.join(ignored)}")
    return tuple(found.get(role, -1) for role in roles_of(dialect.kind)), notes


def _matching(names: list[str], pattern: str | int) -> list[int]:
    if isinstance(pattern, int):
        return [pattern] if pattern < len(names) else []
    wanted = pattern.lower()
    if "*" in wanted:
        return [at for at, name in enumerate(names) if fnmatchcase(name, wanted)]
    return [at for at, name in enumerate(names) if name == wanted]


def _check_complete(
    names: list[str],
    found: dict[str, int],
    path: str,
    line: int,
    dialect: Dialect,
    needs_volume: bool,
) -> None:
    kind = dialect.kind
    missing = [role for role in kind.prices if role not in found]
    if "ts_event" not in found and "date" not in found:
        missing.insert(0, "timestamp (or ts_event, datetime, date, time)")
    header = shown(",".join(names))
    if missing:
        tries = [f"name the columns {','.join(('timestamp', *kind.values))} in the first line"]
        if any("\\x" in name for name in names):  # bytes that are not UTF-8
            tries.insert(0, "convert the text to UTF-8, as with iconv -f latin1 -t utf-8")
        raise BarrowSchemaError(
            message(
                Place(path, line),
                f"no column named {', '.join(missing)}; the header is: {header}",
                tries=tries,
            )
        )
    absent = [role for role in kind.sizes if role not in found]
    if needs_volume and absent:
        raise BarrowSchemaError(
            message(
                Place(path, line),
                f"no column named {', '.join(absent)}; the header is: {header}",
                tries=[
                    option("default_volume", "0") + f" gives every {kind.name} that {kind.sizes[0]}"
                ],
            )
        )
