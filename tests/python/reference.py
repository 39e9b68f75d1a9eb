"""An independent reader of bars on `re`, `decimal` and `datetime`: slow and plain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

PRICES = ("open", "high", "low", "close")
VALUES = (*PRICES, "volume")
COLUMNS = (*VALUES, "ts_event", "ts_init")
SCALES = {"fixed8": 9, "fixed16": 16}
LARGEST = {
    ("fixed8", True): 9_223_372_036,
    ("fixed8", False): 18_446_744_073,
    ("fixed16", True): 17_014_118_346_046,
    ("fixed16", False): 34_028_236_692_093,
}
LAST_DAY = (date(2262, 4, 10) - date(1970, 1, 1)).days
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_EPOCH_UNITS = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}
_STAMP = re.compile(
    r"(?:(\d{4})(?:([-./])(\d{1,2})\2(\d{1,2})|(\d\d)(\d\d))|(\d{1,2})\.(\d{1,2})\.(\d{4}))"
    r"(?:(?:[Tt]| +)"
    r"(?:(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?|(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,9}))?)?)"
    r" *([Zz]|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_QUOTED = re.compile(rb'"((?:[^"]|"")*)"[ \t]*')


class Refused(Exception):
    """A cell or row that cannot be read, with the name of the reason."""

    def __init__(self, reason: str, column: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column


def read_stamp(text: str) -> int:
    """Nanoseconds UTC of an epoch or a calendar form."""
    if not text:
        raise Refused("empty")
    digits, _, fraction = text.partition(".")
    if (
        text.isascii()
        and digits.isdigit()
        and len(digits) in _EPOCH_UNITS
        and (fraction.isdigit() or "." not in text)
    ):
        nanoseconds = int(Decimal(text) * _EPOCH_UNITS[len(digits)])
        if nanoseconds >= 2**63:
            raise Refused("time_range")
        return nanoseconds
    if text.isascii() and text.isdigit() and len(text) in (12, 14):
        text = f"{text[:8]} {text[8:]}"
    found = _STAMP.fullmatch(text)
    if found is None:
        raise Refused("not_a_time")
    year, _, month, day, *compact, first, second, last = found.groups()[:9]
    *clock, zone = found.groups()[9:]
    month, day = month or compact[0], day or compact[1]
    hour, minute, sec, fraction = (
        colons or plain for colons, plain in zip(clock[:4], clock[4:], strict=True)
    )
    if last is not None:
        year, month, day = last, second, first
    try:
        days = (date(int(year), int(month), int(day)) - date(1970, 1, 1)).days
    except ValueError:
        raise Refused("time_range") from None
    if int(hour or 0) > 23 or int(minute or 0) > 59 or int(sec or 0) > 59:
        raise Refused("time_range")
    seconds = days * 86_400 + int(hour or 0) * 3600 + int(minute or 0) * 60 + int(sec or 0)
    if zone and zone not in "Zz":
        if int(zone[1:3]) > 23 or int(zone[3:].lstrip(":") or 0) > 59:
            raise Refused("time_range")
        offset = int(zone[1:3]) * 3600 + int(zone[3:].lstrip(":") or 0) * 60
        seconds += offset if zone[0] == "-" else -offset
    if seconds < 0 or days > LAST_DAY:
        raise Refused("time_range")
    return seconds * 10**9 + int((fraction or "0").ljust(9, "0"))


def read_number(text: str) -> Decimal:
    """The exact number a cell holds."""
    if not text:
        raise Refused("empty")
    if not _NUMBER.fullmatch(text):
        word = text.lstrip("+-").lower()
        raise Refused("not_finite" if word in ("nan", "inf", "infinity") else "not_a_decimal")
    return Decimal(text)


def raw_integer(number: Decimal, encoding: str, signed: bool) -> int:
    """The number at the scale of an encoding."""
    if not signed and number < 0:
        raise Refused("negative")
    if number.copy_abs() > LARGEST[encoding, signed]:
        raise Refused("overflow")
    sign, digits, exponent = number.as_tuple()
    whole, places = int("".join(map(str, digits))), exponent + SCALES[encoding]
    if whole == 0:
        return 0
    if -places > len(digits) or (places < 0 and whole % 10**-places):
        raise Refused("decimals")
    magnitude = whole * 10**places if places >= 0 else whole // 10**-places
    return -magnitude if sign else magnitude


def shown_decimals(text: str) -> int:
    """Decimals of a number as it is written."""
    return max(0, -Decimal(text).as_tuple().exponent)


@dataclass
class Row:
    """One row of a text as it stands there."""

    line: int
    offset: int
    text: bytes
    cells: list[str]
    reason: str | None = None
    quoted: tuple[bool, ...] = ()


# A quoted field has at most so many lines; a quote open any longer is a stray one.
_MOST_LINES = 64
_LINE_END = re.compile(rb"\r\n|\r|\n")


def split_text(text: bytes, delimiter: bytes = b",") -> list[Row]:
    """All lines that are not blank, with their cells, the way RFC 4180 splits them.

    A row over several lines whose quotes or fields do not come out right gives up its
    first line only: a stray quote takes no other lines with it.
    """
    width = 0
    plain = re.compile(rb"[^\r\n" + re.escape(delimiter) + rb"]*")
    rows = []
    at, line = 0, 1
    while at < len(text):
        begin, cells, quoted, reason = at, [], [], None
        while True:
            cell = b""
            quoted.append(text[at : at + 1] == b'"')
            if text[at : at + 1] == b'"':
                found = _QUOTED.match(text, at)
                lines = 0 if found is None else len(_LINE_END.findall(text[begin : found.end()]))
                if found is None or lines >= _MOST_LINES:
                    cell, at, reason = text[at:], len(text), "unclosed_quote"
                else:
                    cell, at = found[1], found.end()
                    behind = plain.match(text, at)
                    if behind[0]:
                        reason, at = reason or "text_after_quote", behind.end()
            else:
                found = plain.match(text, at)
                cell, at = found[0], found.end()
            cells.append(cell.decode("latin-1").strip(" \t"))
            if text[at : at + 1] != delimiter:
                break
            at += 1
        row = text[begin:at]
        if b"\0" in row and reason != "unclosed_quote":
            reason = "nul_byte"
        width = width or len(cells)
        if reason is None and len(cells) != width:
            reason = "field_count"
        first = _LINE_END.search(row)
        if first and reason in ("unclosed_quote", "text_after_quote", "field_count"):
            at = begin + first.start()
            row = text[begin:at]
        end = re.compile(rb"\r\n|\r|\n|\Z").match(text, at)
        if cells != [""] or row.startswith(b'"'):
            rows.append(Row(line, begin, row, cells, reason, tuple(quoted)))
        line += len(re.findall(rb"\r\n|\r|\n", row)) + 1
        at = end.end()
    return rows


@dataclass
class Reading:
    """What a text holds: the bars as raw integers, and the rows refused."""

    encoding: str
    price_precision: int
    size_precision: int
    columns: dict[str, list[int]]
    refused: list[tuple[Row, str, str | None]]


def read_bars(text: bytes, default_volume: str | None = None) -> Reading:
    """Reads comma-separated text with the plain names of the columns."""
    header, *rows = split_text(text)
    places = {name.lower(): i for i, name in enumerate(header.cells)}
    numbers: list[list[Decimal]] = []
    stamps: list[int] = []
    refused = []
    decimals = [0, 0]
    encoding = "fixed8"
    for row in rows:
        try:
            stamp, cells = _read_row(row, len(header.cells), places, default_volume)
            values = [_checked(name, cell, "fixed16") for name, cell in cells]
        except Refused as problem:
            refused.append((row, problem.reason, problem.column))
            continue
        for at, (name, cell) in enumerate(cells):
            kind = at // 4
            decimals[kind] = max(decimals[kind], shown_decimals(cell))
            try:
                raw_integer(values[at], "fixed8", name != "volume")
            except Refused:
                encoding = "fixed16"
        numbers.append(values)
        stamps.append(stamp)
    columns = {
        name: [raw_integer(values[i], encoding, name != "volume") for values in numbers]
        for i, name in enumerate(VALUES)
    }
    columns |= {"ts_event": stamps, "ts_init": stamps}
    return Reading(encoding, decimals[0], decimals[1], columns, refused)


def _read_row(
    row: Row, width: int, places: dict[str, int], default_volume: str | None
) -> tuple[int, list[tuple[str, str]]]:
    if row.reason:
        raise Refused(row.reason)
    if len(row.cells) != width:
        raise Refused("field_count")
    try:
        stamp = read_stamp(row.cells[places["timestamp"]])
    except Refused as problem:
        raise Refused(problem.reason, "timestamp") from None
    cells = [(name, row.cells[places[name]]) for name in VALUES if name in places]
    if "volume" not in places:
        cells.append(("volume", default_volume or "0"))
    return stamp, cells


def _checked(name: str, cell: str, encoding: str) -> Decimal:
    try:
        number = read_number(cell)
        raw_integer(number, encoding, name != "volume")
    except Refused as problem:
        raise Refused(problem.reason, name) from None
    return number


def integers(bars: object, name: str) -> list[int]:
    """A raw column of barrow's bars as Python integers, whatever its width."""
    raw = bars.raw(name)
    if raw.ndim == 1:
        return raw.tolist()
    data, signed = raw.tobytes(), name != "volume" and not name.endswith("size")
    return [
        int.from_bytes(data[i : i + 16], "little", signed=signed) for i in range(0, len(data), 16)
    ]
