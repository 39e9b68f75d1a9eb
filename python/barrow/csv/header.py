"""Finds out from the start of a file where its columns are."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field

from barrow.csv.options import option
from barrow.errors import (
    BarrowParseError,
    BarrowSchemaError,
    BarrowUnsupportedError,
    Place,
    message,
    shown,
)

# In the order of the roles' codes in mojo_src/barrow/csv/plan.mojo.
ROLES = ("open", "high", "low", "close", "volume", "ts_event", "ts_init", "date", "time")
_DELIMITERS = ",\t;|"
_NAMES = {
    "open": "open", "o": "open",
    "high": "high", "h": "high",
    "low": "low", "l": "low",
    "close": "close", "c": "close",
    "volume": "volume", "vol": "volume", "v": "volume",
    "ts_init": "ts_init",
    "date": "date", "time": "time",
}  # fmt: skip
# Columns with a whole instant, best first.
_STAMPS = ("ts_event", "timestamp", "timestamp_utc", "datetime", "datetime_utc", "date_time")


@dataclass(frozen=True)
class Header:
    """Where the columns of a file are.

    Attributes:
        names: The names as they stand in the file.
        delimiter: What separates fields.
        fields: The index of the field of every role of `ROLES`; -1 for none.
        line: The line the names stand on, from 1.
        end: The first byte of the first row after them.
        notes: What a reader should know about the choice.
    """

    names: list[str]
    delimiter: str
    fields: tuple[int, ...]
    line: int
    end: int
    notes: list[str] = field(default_factory=list)

    def role_name(self, role: str) -> str:
        """The name of a role's column in the file."""
        at = self.fields[ROLES.index(role)]
        return self.names[at] if at >= 0 else role


def read_header(start: bytes, path: str, needs_volume: bool) -> Header:
    """Reads the line with the names of the columns.

    Args:
        start: The first bytes of the text, as many as the header may take.
        path: The file as the caller named it.
        needs_volume: Whether a volume column must be there.

    Raises:
        BarrowParseError: The file is empty, or no text.
        BarrowUnsupportedError: The text is UTF-16 or UTF-32.
        BarrowSchemaError: A column that must be there is not, or is there twice.
    """
    _check_text(start, path)
    begin = 3 if start.startswith(b"\xef\xbb\xbf") else 0
    line = 1
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
        if start[begin:end].strip():
            break
        begin, line = after, line + 1
    head = start[begin:end]
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
    delimiter = max(_DELIMITERS, key=bare.count)
    row = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    names = [name.strip() for name in row]
    line += len(_LINE_ENDS.findall(text))
    fields, notes = _find_roles(names, path, line, needs_volume)
    return Header(names, delimiter, fields, line, after, notes)


_LINE_ENDS = re.compile("\r\n|\n|\r")


def _line_end(text: bytes, begin: int) -> tuple[int, int]:
    """The end of a line and the start of the next one: LF, CRLF or CR, not in quotes."""
    quoted = False
    for match in re.compile(rb'"|\r\n|\n|\r').finditer(text, begin):
        if match[0] == b'"':
            quoted = not quoted
        elif not quoted:
            return match.span()
    return len(text), len(text)


def _check_text(start: bytes, path: str) -> None:
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    head = start[:256]
    # UTF-16 without a mark: every other byte of plain ASCII is zero.
    half = len(head) // 2
    wide = wide or (half > 4 and 0.8 * half < max(head[::2].count(0), head[1::2].count(0)))
    if wide:
        raise BarrowUnsupportedError(
            message(
                path,
                "the text is UTF-16, expected UTF-8",
                tries=[f"iconv -f UTF-16 -t UTF-8 '{path}' > utf8.csv"],
            )
        )
    for magic, kind, hint in (
        (b"ARROW1", "an Arrow IPC file", "bw.open() or barrow info"),
        (b"PAR1", "a Parquet file", "pyarrow.parquet.read_table"),
        (b"PK\x03\x04", "a zip archive", "unpack it first"),
        (b"\xfd7zXZ", "an xz archive", "unpack it first"),
    ):
        if start.startswith(magic):
            raise BarrowUnsupportedError(
                message(path, f"this is {kind}, expected CSV text", tries=[hint])
            )


def _find_roles(
    names: list[str], path: str, line: int, needs_volume: bool
) -> tuple[tuple[int, ...], list[str]]:
    lower = [name.lower() for name in names]
    found: dict[str, int] = {}
    for at, name in enumerate(lower):
        role = _NAMES.get(name)
        if role is None:
            continue
        if role in found:
            raise BarrowSchemaError(
                message(
                    Place(path, line, at + 1, names[at]),
                    f'column {found[role] + 1} "{names[found[role]]}" is {role} too',
                    tries=["rename one of them"],
                )
            )
        found[role] = at
    stamps = [name for name in _STAMPS if name in lower]
    notes = []
    if stamps:
        if lower.count(stamps[0]) > 1:
            raise BarrowSchemaError(
                message(Place(path, line, name=stamps[0]), "two columns have this name")
            )
        found["ts_event"] = lower.index(stamps[0])
        found.pop("date", None)
        found.pop("time", None)
        if len(stamps) > 1:
            notes.append(f'"{stamps[0]}" is the time stamp, "{stamps[1]}" is ignored')
    elif "date" in found and "time" not in found:
        found["ts_event"] = found.pop("date")
    elif "time" in found and "date" not in found:
        found["ts_event"] = found.pop("time")
    _check_complete(names, found, path, line, needs_volume)
    ignored = [name for at, name in enumerate(names) if at not in found.values()]
    if ignored:
        notes.append(f"columns not read: {', '.join(ignored)}")
    return tuple(found.get(role, -1) for role in ROLES), notes


def _check_complete(
    names: list[str], found: dict[str, int], path: str, line: int, needs_volume: bool
) -> None:
    missing = [role for role in ("open", "high", "low", "close") if role not in found]
    if "ts_event" not in found and "date" not in found:
        missing.insert(0, "timestamp (or ts_event, datetime, date, time)")
    if missing:
        header = shown(",".join(names))
        raise BarrowSchemaError(
            message(
                Place(path, line),
                f"no column named {', '.join(missing)}; the header is: {header}",
                tries=["name the columns timestamp,open,high,low,close,volume in the first line"],
            )
        )
    if needs_volume and "volume" not in found:
        raise BarrowSchemaError(
            message(
                Place(path, line),
                f"no column named volume; the header is: {shown(','.join(names))}",
                tries=[option("default_volume", "0") + " gives every bar that volume"],
            )
        )
