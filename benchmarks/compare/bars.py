"""Bars as plain integers: the reference every rival is compared with."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from compare import Verdict

Array = np.ndarray[Any, Any]

STAMP = "timestamp"
VALUES = ("open", "high", "low", "close", "volume")
COLUMNS = (STAMP, *VALUES)
BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
# Five values, ts_event and ts_init, as barrow stores them.
OUTPUT_ROW_BYTES = 7 * 8
_UNIT = 10**9
_EDGE_ROWS = 1_000
_RANDOM_ROWS = 2_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What a rival read.

    Attributes:
        columns: Raw integers at scale 9 by column, and nanoseconds since 1970.
        values: `exact`, or `float64` if the rival's values were doubles, here
            rounded to the nearest 10**-9.
        naive: Raw integers as `int(x * 1e9)` gives them, from a rival that does so.
        partial: Whether it read only the first rows.
        note: What a reader of the table should know.
    """

    columns: dict[str, Array]
    values: str
    naive: dict[str, Array] | None = None
    partial: bool = False
    note: str = ""


@dataclass(frozen=True)
class Reference:
    """Raw integers of every row, and how many rows were read digit by digit too."""

    columns: dict[str, Array]
    sampled: int

    @property
    def rows(self) -> int:
        return len(self.columns[STAMP])


@cache
def has_zone(path: Path) -> bool:
    """Whether the stamps of a file say their offset from UTC."""
    with path.open() as file:
        next(file)
        stamp = next(file).rstrip("\n").split(",")[column_names(path).index(STAMP)]
    return any(sign in stamp[len("2024-01-02") :] for sign in "Z+-")


@cache
def column_names(path: Path) -> tuple[str, ...]:
    """The header.

    Raises:
        SystemExit: A column that the rivals are told to read is missing.
    """
    with path.open() as file:
        names = tuple(file.readline().rstrip("\r\n").split(","))
    if set(names) != set(COLUMNS):
        raise SystemExit(f"{path}: the header is {','.join(names)}, expected {','.join(COLUMNS)}")
    return names


@cache
def count_rows(path: Path) -> int:
    """Lines after the header; blank ones are not expected."""
    with path.open("rb") as file:
        lines = ended = 0
        while chunk := file.read(1 << 20):
            lines += chunk.count(b"\n")
            ended = chunk.endswith(b"\n")
    return lines - ended


def stamp_type(path: Path) -> pa.DataType:
    """The Arrow type of the stamps."""
    return pa.timestamp("ns", "UTC" if has_zone(path) else None)


def reference(path: Path) -> Reference:
    """Reads the file with pyarrow's decimals, and a sample of rows digit by digit.

    Raises:
        SystemExit: The two disagree, so there is no reference.
    """
    if not count_rows(path):
        raise SystemExit(f"{path}: there are no rows")
    types = {STAMP: stamp_type(path), **{name: pa.decimal128(38, 9) for name in VALUES}}
    table = pc.read_csv(path, convert_options=pc.ConvertOptions(column_types=types))
    columns = from_arrow(table).columns
    sample = _sample(path)
    if table.num_rows != count_rows(path):
        raise SystemExit(f"{path}: rows are not lines; quotes and blank lines are not supported")
    names = column_names(path)
    for row, line in sample.items():
        expected = read_row(line, names)
        found = {name: int(columns[name][row]) for name in COLUMNS}
        if found != expected:
            raise SystemExit(f"{path}: row {row + 1}: decimal {expected}, pyarrow {found}")
    return Reference(columns, len(sample))


def _sample(path: Path) -> dict[int, str]:
    """The first and the last rows and some between, by their index."""
    rows = count_rows(path)
    chosen = {*range(min(_EDGE_ROWS, rows)), *range(max(rows - _EDGE_ROWS, 0), rows)}
    chosen.update(random.Random(rows).sample(range(rows), min(_RANDOM_ROWS, rows)))
    with path.open() as file:
        next(file)
        return {row: line.rstrip("\n") for row, line in enumerate(file) if row in chosen}


def read_row(line: str, names: tuple[str, ...]) -> dict[str, int]:
    """Reads a row with `decimal` and `datetime`.

    Raises:
        SystemExit: A value has more than nine decimals, so scale 9 cannot hold it.
    """
    row = {}
    for name, text in zip(names, line.split(","), strict=True):
        if name == STAMP:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            row[name] = (moment - _EPOCH) // timedelta(microseconds=1) * 1_000
            continue
        raw = Decimal(text).scaleb(9)
        if raw != int(raw):
            raise SystemExit(f"{text} has more than 9 decimals; answers are compared at 9")
        row[name] = int(raw)
    return row


def describe(reference: Reference) -> dict[str, Any]:
    """How the reference was checked, with the exact sum of every column."""
    return {
        "rows": reference.rows,
        "checked": (
            f"{reference.rows:,} rows with pyarrow decimal128, "
            f"{reference.sampled:,} of them with Python's decimal"
        ),
        "raw_sums": {name: str(exact_sum(column)) for name, column in reference.columns.items()},
    }


def exact_sum(column: Array) -> int:
    """The sum as a Python integer; 64 bits would overflow."""
    low = column & 0xFFFF_FFFF
    return (int((column >> 32).sum()) << 32) + int(low.sum())


def judge(reference: Reference, answer: Answer) -> Verdict:
    """Compares every value of every row."""
    rows = len(answer.columns[STAMP])
    if rows != reference.rows and not (answer.partial and 0 < rows < reference.rows):
        return Verdict(False, answer.values, f"{rows:,} rows of {reference.rows:,}")
    for name in COLUMNS:
        wrong = np.flatnonzero(answer.columns[name] != reference.columns[name][:rows])
        if len(wrong):
            at = int(wrong[0])
            got, expected = answer.columns[name][at], reference.columns[name][at]
            note = f"{len(wrong):,} of {name}, first in row {at + 1}: {got}, not {expected}"
            return Verdict(False, answer.values, note)
    return Verdict(True, answer.values, answer.note or _naive_note(reference, answer, rows))


def _naive_note(reference: Reference, answer: Answer, rows: int) -> str:
    if answer.naive is None:
        return ""
    wrong = sum(
        int(np.count_nonzero(raw != reference.columns[name][:rows]))
        for name, raw in answer.naive.items()
    )
    total = rows * len(answer.naive)
    return f"int(x * 1e9) gets {wrong:,} of {total:,} raw values wrong ({wrong / total:.2%})"


def from_arrow(table: pa.Table, *, partial: bool = False) -> Answer:
    """The integers in a table of decimals, doubles or integers.

    Raises:
        ValueError: There are nulls, or a value needs more than 64 bits.
    """
    columns = {name: _raw_column(table[name]) for name in VALUES}
    columns[STAMP] = _nanoseconds(table[STAMP])
    doubles = any(pa.types.is_floating(table[name].type) for name in VALUES)
    return Answer(columns, "float64" if doubles else "exact", partial=partial)


def from_pandas(frame: Any, *, partial: bool = False) -> Answer:
    """The same of a data frame."""
    return from_arrow(pa.Table.from_pandas(frame, preserve_index=False), partial=partial)


def _nanoseconds(column: pa.ChunkedArray) -> Array:
    if not pa.types.is_timestamp(column.type):
        raise ValueError(f"{STAMP} was read as {column.type}, not as a time")
    zone = column.type.tz
    return _numpy(column.cast(pa.timestamp("ns", zone)).cast(pa.int64()))


def _numpy(column: pa.ChunkedArray) -> Array:
    if column.null_count:
        raise ValueError(f"{column.null_count} nulls")
    return np.asarray(column.to_numpy())


def _raw_column(column: pa.ChunkedArray) -> Array:
    if pa.types.is_decimal(column.type):
        if column.type.scale != 9:
            raise ValueError(f"{column.type} is not at scale 9")
        parts = [_decimal_words(chunk) for chunk in column.chunks]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)
    values = _numpy(column)
    return nearest_raw(values) if values.dtype.kind == "f" else values.astype(np.int64) * _UNIT


def _decimal_words(chunk: pa.Array) -> Array:
    """The low words of decimals that fit into them."""
    if chunk.null_count:
        raise ValueError(f"{chunk.null_count} nulls")
    words = np.frombuffer(chunk.buffers()[1], np.int64).reshape(-1, 2)
    words = words[chunk.offset : chunk.offset + len(chunk)]
    if np.any(words[:, 1] != words[:, 0] >> 63):
        raise ValueError("a decimal needs more than 64 bits")
    return np.ascontiguousarray(words[:, 0])


def nearest_raw(values: Array) -> Array:
    """Doubles at scale 9, each rounded to the nearest integer of its exact value.

    The part below one times 10**9 is off by less than 10**-6 as a double, so only
    what is that close to a half needs exact arithmetic.
    """
    values = values.astype(np.float64)
    if not np.all(np.abs(values) < 2**63 / _UNIT):
        raise ValueError("a double is no number, or needs more than 64 bits at scale 9")
    wholes = np.floor(values)
    parts = (values - wholes) * _UNIT
    raw: Array = wholes.astype(np.int64) * _UNIT + np.rint(parts).astype(np.int64)
    for at in np.flatnonzero(np.abs(parts - np.floor(parts) - 0.5) < 1e-6).tolist():
        raw[at] = round(Fraction(float(values[at])) * _UNIT)
    return raw
