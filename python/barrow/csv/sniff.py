"""Guesses the dialect of a text by reading the first rows in every one that fits."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import Unpack

from barrow._arrow import BAR, QUOTE, RecordKind
from barrow._lib import native
from barrow.csv.dialect import Dialect, all_dialects, find_dialect, roles_of
from barrow.csv.header import Header, read_header
from barrow.csv.inputs import Given, expand
from barrow.csv.options import CsvKeywords, CsvOptions, make_options
from barrow.csv.source import TextSource
from barrow.errors import (
    BarrowError,
    BarrowParseError,
    BarrowSchemaError,
    Place,
    message,
)

_SAMPLE_ROWS = 40
_SAMPLE_BYTES = 1 << 16
_LONG = re.compile(r"([^\"',;|\t\r\n]{256})[^\"',;|\t\r\n]+")
_START_BYTES = 1 << 16
_DAYS = {"date", "day", "data", "datum", "<date>"}
_CLOCKS = {"time", "timestamp", "hour", "<time>"}


@dataclass(frozen=True)
class Candidate:
    """How well a dialect fits.

    Attributes:
        dialect: The dialect.
        rows: Sample rows it was tried on.
        good: Rows whose time and prices it can read, with high and low, or bid and ask,
            where they belong.
        columns: Columns it reads; more are more evidence.
    """

    dialect: Dialect
    rows: int
    good: int
    columns: int


@dataclass(frozen=True)
class Verdict:
    """The outcome of a guess.

    Attributes:
        dialect: The dialect.
        evidence: What speaks for it.
        doubt: What else fits.
        candidates: Every dialect that fits at all, best first.
    """

    dialect: Dialect
    evidence: str
    doubt: str = ""
    candidates: list[Candidate] = field(default_factory=list)


def sniff(start: bytes, path: str, options: CsvOptions) -> Verdict:
    """Guesses the dialect of a text.

    A dialect wins whose signature is in the header, then the generic one of bars, where
    they read every sample row. Otherwise the one that reads the most rows does, then
    the one with more columns; a tie is an error.

    Args:
        start: The first bytes of the text.
        path: The file as the caller named it.
        options: What the caller said; it is not guessed.

    Raises:
        BarrowSchemaError: Nothing fits, or several dialects fit equally well.
        What `read_header` raises for the generic dialect where nothing else fits.
    """
    known = all_dialects().values()
    signed = [c for d in known if d.signature for c in _signed(d, start, path, options)]
    if signed:
        # Whole numbers are decimals too: the dialect that takes nothing else comes first.
        best = max(signed, key=lambda found: (found.columns, not found.dialect.decimal))
        evidence = f"the header has {', '.join(best.dialect.signature)}"
        return Verdict(best.dialect, evidence, candidates=signed)
    generic = find_dialect("generic")
    first = _try(generic, start, path, options, BarrowSchemaError)
    if first is not None and first.good == first.rows:
        evidence = f"{first.good} of {first.rows} sample rows are read"
        return Verdict(generic, evidence, candidates=[first])
    found = [first] if first is not None and first.good else []
    for dialect in known:
        if dialect is not generic:
            candidate = _try(dialect, start, path, options)
            if candidate is not None and candidate.good:
                found.append(candidate)
    if not found:
        # Says what is missing, or leaves bad rows to the policy of the caller.
        clock = _unread_clock(read_header(start, path, generic, False))
        if clock:
            raise BarrowSchemaError(
                message(
                    path,
                    f'there are days, and no dialect reads the time of day in "{clock}"',
                    tries=[
                        "a dialect of your own, see docs/dialects.md",
                        'dialect="generic" (--dialect generic) reads days alone',
                    ],
                )
            )
        return Verdict(generic, "the header fits, no sample row does")
    found.sort(key=lambda c: (-c.good, -c.columns, not c.dialect.is_generic, c.dialect.name))
    best, *others = found
    ties = [c for c in others if (c.good, c.columns) == (best.good, best.columns)]
    ties = [c for c in ties if not _same_reading(c.dialect, best.dialect)]
    if ties and not best.dialect.is_generic:
        names = [c.dialect.name for c in (best, *ties)]
        raise BarrowSchemaError(
            message(
                path,
                f"dialects {' and '.join(names)} fit equally well",
                tries=[f'dialect="{name}" (--dialect {name})' for name in names],
            )
        )
    evidence = f"{best.good} of {best.rows} sample rows are read"
    doubt = ", ".join(f"{c.dialect.name} reads {c.good}" for c in others)
    return Verdict(best.dialect, evidence, doubt, found)


def _signed(dialect: Dialect, start: bytes, path: str, options: CsvOptions) -> list[Candidate]:
    """The dialect, if its signature is there and it reads most sample rows: a bad one
    among them must not turn its numbers into those of a generic dialect."""
    candidate = _try(dialect, start, path, options)
    return [candidate] if candidate is not None and 2 * candidate.good > candidate.rows else []


def check_fit(dialect: Dialect, start: bytes, path: str, options: CsvOptions) -> str:
    """Checks that a text is written in the dialect of those before it.

    Args:
        dialect: The dialect of the texts before.
        start: The first bytes of the text.
        path: What messages call it.
        options: What the caller said; it is not guessed.

    Returns:
        What else the text looks like, empty if there is no doubt.

    Raises:
        BarrowSchemaError: Another dialect reads more of the sample.
        BarrowParseError: The text is empty.
    """
    here = _try(dialect, start, path, options)
    good = here.good if here is not None else 0
    try:
        verdict = sniff(start, path, options)
    except BarrowSchemaError:
        return ""  # no better guess; whoever reads it says what is missing
    other = verdict.dialect
    if not verdict.candidates or _same_reading(other, dialect):
        return ""
    if verdict.candidates[0].good > good:
        raise BarrowSchemaError(
            message(
                path,
                f"this looks like dialect {other.name}, the text before it like {dialect.name}",
                tries=[
                    "read it on its own",
                    f'dialect="{dialect.name}" (--dialect {dialect.name}) if they are alike',
                ],
            )
        )
    return f"looks like dialect {other.name} and is read as {dialect.name} like the others"


def _same_reading(a: Dialect, b: Dialect) -> bool:
    """Whether two dialects read every text alike, under two names."""
    facts = ("header", "columns", "time_format", "date_format", "price_shift", "volume_shift")
    clocks = ("zone", "stamp", "skip_lines", "decimal", "thousands", "currency")
    return all(getattr(a, name) == getattr(b, name) for name in (*facts, *clocks))


def _try(
    dialect: Dialect,
    start: bytes,
    path: str,
    options: CsvOptions,
    misfit: type[BarrowError] | tuple[type[BarrowError], ...] = (
        BarrowSchemaError,
        BarrowParseError,
    ),
) -> Candidate | None:
    """Reads the sample; None if the columns do not fit at all, which `misfit` tells."""
    try:
        header = read_header(start, path, dialect, False)
    except misfit:
        return None
    there = {name.lower() for name in header.names}
    if not there.issuperset(name.lower() for name in dialect.signature):
        return None
    if _unread_clock(header):
        return None
    good = rows = 0
    for cells in _sample(start, header):
        rows += 1
        good += _fits(cells, header, dialect, options)
        if not good and dialect.header == "no":
            return None  # the first row seems to be a header
    return Candidate(dialect, rows, good, sum(at >= 0 for at in header.fields))


def _unread_clock(header: Header) -> str:
    """The column of times of day that is not read though stamps are days; empty if none."""
    if header.role_name("ts_event").lower() not in _DAYS:
        return ""
    unread = [name for at, name in enumerate(header.names) if at not in header.fields]
    return next((name for name in unread if name.lower() in _CLOCKS), "")


def _sample(text: bytes, header: Header) -> list[list[str]]:
    """The cells of the first rows; the last one may be cut off, so it is left out."""
    start = text[header.end : header.end + _SAMPLE_BYTES]
    if start.count(b"\n") < 2:  # rows are very long: two of them have to do
        start = text[header.end :]
    decoded = start.decode("utf-8", "replace").replace("\0", " ")
    decoded = _LONG.sub(r"\1", decoded)  # the csv module takes no long fields
    reader = csv.reader(io.StringIO(decoded, newline=""), delimiter=header.delimiter)
    rows = []
    try:
        for cells in reader:
            if cells and any(cell.strip() for cell in cells):
                rows.append([cell.strip() for cell in cells])
            if len(rows) > _SAMPLE_ROWS:
                break
    except csv.Error:
        pass  # a field beyond what the csv module takes: what came before will do
    return rows[:_SAMPLE_ROWS] if len(rows) > 1 else rows


def _fits(cells: list[str], header: Header, dialect: Dialect, options: CsvOptions) -> bool:
    short = len(cells) < len(header.names)
    if len(cells) != len(header.names) and not (short and dialect.pad_short):
        return False
    cells = cells + [""] * (len(header.names) - len(cells))
    kind = header.kind
    places = dict(zip(roles_of(kind), header.fields, strict=True))
    if any(cells[places[role]] in dialect.nulls for role in kind.prices):
        return _has_time(cells, places, dialect, options)  # the prices do not tell
    texts = [cells[places[role]] for role in kind.prices]
    grouped = dialect.thousands and any(dialect.thousands in text for text in texts)
    if grouped and not any(dialect.decimal in text for text in texts):
        return False  # the mark may as well be the decimal mark
    prices = [_number(text, dialect) for text in texts]
    if not _plausible([price for price in prices if price is not None], kind):
        return False
    sizes = [role for role in kind.sizes if places[role] >= 0 and not dialect.volume_optional]
    if any(_number(cells[places[role]], dialect) is None for role in sizes):
        return False
    side = places.get("side", -1)
    if side >= 0 and cells[side] and cells[side].lower() not in dialect.side_codes:
        return False
    return _has_time(cells, places, dialect, options)


def _plausible(prices: list[float], kind: RecordKind) -> bool:
    """Whether all prices are there, and stand where their names say."""
    if len(prices) < len(kind.prices):
        return False
    if kind is BAR:
        opened, high, low, closed = prices
        return high >= max(opened, closed) and low <= min(opened, closed)
    return kind is not QUOTE or prices[0] <= prices[1]


def _number(text: str, dialect: Dialect) -> float | None:
    """A float is good enough to see which of two numbers is larger."""
    if dialect.currency:
        text = text.replace(dialect.currency, "", 1)
    if dialect.volume_suffixes and text[-1:].isalpha():
        text = text[:-1]
    if dialect.thousands and dialect.thousands in text:
        whole, _, _ = text.partition(dialect.decimal or "\0")
        first, *groups = whole.split(dialect.thousands)
        if not groups or len(groups[-1]) != 3 or not 0 < len(first.lstrip("+-")) < 4:
            return None
        text = text.replace(dialect.thousands, "")
    if not dialect.decimal and "." in text:
        return None
    try:
        return float(text.replace(dialect.decimal or ".", "."))
    except ValueError:
        return None


def _has_time(
    cells: list[str], places: dict[str, int], dialect: Dialect, options: CsvOptions
) -> bool:
    pattern = options.time_format or dialect.time_format
    if places["ts_event"] >= 0:
        return _reads(cells[places["ts_event"]], pattern)
    day, clock = cells[places["date"]], cells[places["time"]]
    if not _reads(day, dialect.date_format):
        return False
    return _reads(clock, pattern) if pattern else _reads(f"2000-01-01 {clock}", "")


def _reads(text: str, pattern: str) -> bool:
    try:
        return native.parse_time(text, pattern)[2] == 0
    except BarrowError as error:
        raise BarrowParseError(str(error), Place("time_format")) from error


def sniff_csv(path: Given, **options: Unpack[CsvKeywords]) -> Verdict:
    """Guesses the dialect of a file.

    Args:
        path: As in `read_csv`; of several texts, the first one is looked at.
        **options: As in `read_csv`; what is given is not guessed.

    Returns:
        The dialect, what speaks for it, and what else fits.

    Raises:
        BarrowSchemaError: Nothing fits, or several dialects fit equally well.
        What `read_csv` raises about the file as a whole.
    """
    checked = make_options(options)
    inputs = expand(path)
    try:
        source = TextSource(inputs.parts[0], _START_BYTES)
        try:
            # A pipe gives what it has, which may be less than was asked for.
            while not source.final and source.end - source.begin < _START_BYTES:
                source.refill()
            start = bytes(source.buffer[source.begin : source.end])
        finally:
            source.close()
    finally:
        inputs.close()
    return sniff(start, source.path, checked)
