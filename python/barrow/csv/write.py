"""`write_csv`: records to text that reads back as the same integers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypedDict, Unpack

import pyarrow as pa

from barrow._arrow import ENCODINGS, column_buffer, format_stamp
from barrow._lib import native
from barrow.bars import StoredRecords
from barrow.errors import (
    BarrowArgumentError,
    BarrowError,
    BarrowParseError,
    BarrowSchemaError,
    BarrowUnsupportedError,
    message,
)
from barrow.files import AtomicFile, Output, unwritable

_BUFFER_BYTES = 1 << 20
# A call looks at no more rows than these, however many there are.
_ROWS_AT_ONCE = 1 << 16
# What a header is looked for by; see csv/header.py.
_DELIMITERS = (",", "\t", ";", "|")
_SIZES = ("volume", "size", "bid_size", "ask_size")
_TIMES = ("ts_event", "ts_init")
_SIDES = ("aggressor_side",)
# Codes of `CellKind` in mojo_src/barrow/csv/write.mojo, and the bytes of a value.
_PRICE, _SIZE, _WIDE_PRICE, _WIDE_SIZE, _TIME, _TIMESTAMP, _SIDE, _TEXT = range(8)
_WIDTHS = (8, 8, 16, 16, 8, 8, 1, 4)
# Added to a form: the fewest decimals, or an epoch.
_OTHER_FORM = 32
_EPOCHS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_UNITS = {0: "seconds", 3: "milliseconds", 6: "microseconds", 9: "nanoseconds"}
_CODECS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
_LAST_INSTANT = 2**63 - 1


class CsvWriteKeywords(TypedDict, total=False):
    """How text is written.

    Attributes:
        delimiter: A comma, a tab, a semicolon or a bar.
        header: Whether the first line names the columns; `read_csv` needs it.
        time: `iso` for `2024-01-02T03:04:05Z`, with as many decimals in all rows as
            the one with the most needs, in threes; or `s`, `ms`, `us`, `ns` for
            numbers since 1970.
        decimals: `precision` for as many as the metadata says, and more where a
            value has more; `shortest` for as few as lose nothing.
        ts_init: `auto` writes the column if it differs from `ts_event` in any row;
            `always`, `never`.
        compression: `infer` goes by the suffix (.gz, .bz2, .zst); `gzip`, `bz2`,
            `zstd`; None.
    """

    delimiter: str
    header: bool
    time: Literal["iso", "s", "ms", "us", "ns"]
    decimals: Literal["precision", "shortest"]
    ts_init: Literal["auto", "always", "never"]
    compression: Literal["infer", "gzip", "bz2", "zstd"] | None


_ALLOWED: dict[str, tuple[object, ...]] = {
    "delimiter": _DELIMITERS,
    "header": (True, False),
    "time": ("iso", *_EPOCHS),
    "decimals": ("precision", "shortest"),
    "ts_init": ("auto", "always", "never"),
    "compression": ("infer", *_CODECS.values(), None),
}


def write_csv(
    records: StoredRecords,
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
    **options: Unpack[CsvWriteKeywords],
) -> int:
    """Writes records as CSV, exactly, in bounded memory.

    `read_csv` reads the file back, without being told anything, as the same
    integers. Numbers never pass through a float, and no digit is dropped: a value
    with more decimals than the precision shows all of them. What is undefined or
    null is an empty cell.

    Args:
        records: Bars, or anything else with a stored schema and batches.
        path: The file, or `-` for standard output.
        overwrite: Whether it may replace one that is there.
        progress: Called with rows written and rows in all.
        **options: What `CsvWriteKeywords` lists and explains.

    Returns:
        How many rows were written.

    Raises:
        BarrowIoError: The file is there already, or cannot be written; nothing is
            left of it then.
        BarrowParseError: An instant does not fit into the form of times.
        BarrowSchemaError: There is no time stamp, or the metadata is no good.
        BarrowUnsupportedError: A column has a type that has no form in CSV.
        BarrowArgumentError: An option has a value that is not allowed.
    """
    given = _checked(options)
    name = os.fspath(path)
    cells = _cells(records, given)
    with _output(name, given["compression"], overwrite) as file:
        total = len(records) if progress is not None else 0
        rows = 0
        for text, more in _lines(records, cells, given):
            file.write(text)
            rows += more
            if progress is not None:
                progress(rows, total)
    return rows


def csv_texts(
    records: StoredRecords, **options: Unpack[CsvWriteKeywords]
) -> Iterator[tuple[memoryview, int]]:
    """Pieces of the text that `write_csv` writes, for those who put it elsewhere.

    Args:
        records: Bars, or anything else with a stored schema and batches.
        **options: As in `write_csv`; `compression` is of no use here.

    Returns:
        Pieces of whole lines with the rows in them; each is good until the next is
        asked for.

    Raises:
        What `write_csv` raises about records and options.
    """
    given = _checked(options)
    return _lines(records, _cells(records, given), given)


def _lines(
    records: StoredRecords, cells: list[_Cell], given: dict[str, Any]
) -> Iterator[tuple[memoryview, int]]:
    if given["header"]:
        yield memoryview((given["delimiter"].join(c.name for c in cells) + "\n").encode()), 0
    yield from _texts(_batches(records), cells, given["delimiter"])


def _checked(options: CsvWriteKeywords) -> dict[str, Any]:
    given: dict[str, Any] = {name: allowed[0] for name, allowed in _ALLOWED.items()}
    for name, value in options.items():
        if name not in _ALLOWED:
            raise BarrowArgumentError(message(name, "is no option", tries=[", ".join(_ALLOWED)]))
        # By text, since 1 is True and a list is equal to nothing.
        if repr(value) not in map(repr, _ALLOWED[name]):
            raise BarrowArgumentError(
                message(name, f"{value!r} is none of {', '.join(map(repr, _ALLOWED[name]))}")
            )
        given[name] = value
    return given


# ---------------------------------------------------------------------- columns


@dataclass(frozen=True)
class _Cell:
    """A column of the text.

    Attributes:
        name: Its name in the header, and in the schema.
        kind: What it holds.
        form: Decimals or digits of a second, and `_OTHER_FORM`.
    """

    name: str
    kind: int
    form: int


def _cells(records: StoredRecords, given: dict[str, Any]) -> list[_Cell]:
    """The columns of the text: `ts_event` first, `ts_init` last if at all."""
    schema = records.schema
    if "ts_event" not in schema.names:
        raise BarrowSchemaError(
            message("records", f"no column ts_event, found {', '.join(schema.names)}")
        )
    names = ["ts_event", *(name for name in schema.names if name not in _TIMES)]
    with_init = "ts_init" in schema.names and given["ts_init"] != "never"
    if with_init and given["ts_init"] == "auto":
        with_init = any(not b["ts_init"].equals(b["ts_event"]) for b in _batches(records))
    if with_init:
        names.append("ts_init")
    if given["time"] == "iso":
        times = [name for name in names if name in _TIMES]
        time_form = _fraction_digits(records, times)
    else:
        time_form = _OTHER_FORM + _EPOCHS[given["time"]]
    cells = []
    for name in names:
        kind = _kind(schema.field(name))
        form = 0
        if kind in (_TIME, _TIMESTAMP):
            form = time_form
        elif given["decimals"] == "shortest":
            form = _OTHER_FORM
        elif kind not in (_SIDE, _TEXT):
            form = _precision(schema, name, 16 if _WIDTHS[kind] == 16 else 9)
        cells.append(_Cell(name, kind, form))
    return cells


def _kind(field: pa.Field) -> int:
    name, dtype = field.name, field.type
    if name in _TIMES and dtype == pa.uint64():
        return _TIME
    if name in _TIMES and dtype == pa.timestamp("ns", "UTC"):
        return _TIMESTAMP
    if name in _SIDES and dtype == pa.uint8():
        return _SIDE
    if dtype == pa.utf8():
        return _TEXT
    encoding = next((e for e in ENCODINGS.values() if dtype == e.value_type), None)
    if encoding is None or name in _TIMES:
        raise BarrowUnsupportedError(
            message(
                f'column "{name}"',
                f"is {dtype}, which has no form in CSV",
                tries=["an Arrow or a Parquet file, which hold every column"],
            )
        )
    # Decimals are signed, sizes too.
    unsigned = name in _SIZES and encoding.name != "decimal128"
    if encoding.wide:
        return _WIDE_SIZE if unsigned else _WIDE_PRICE
    return _SIZE if unsigned else _PRICE


def _precision(schema: pa.Schema, name: str, scale: int) -> int:
    key = "size_precision" if name in _SIZES else "price_precision"
    text = (schema.metadata or {}).get(key.encode(), b"0").decode("utf-8", "replace")
    if not text.isascii() or not text.isdigit() or int(text) > scale:
        raise BarrowSchemaError(
            message("records", f"metadata {key} is {text!r}, expected a number from 0 to {scale}")
        )
    return int(text)


def _fraction_digits(records: StoredRecords, names: list[str]) -> int:
    """Digits of a second's fraction that hold every instant of the columns."""
    digits = 0
    for batch in _batches(records):
        for name in names:
            column = batch[name]
            if column.null_count:
                column = column.drop_null()
            digits = max(digits, native.csv_fraction_digits(column_buffer(column)))
        if digits == 9:
            break
    return digits


# ---------------------------------------------------------------------- text


def _batches(records: StoredRecords) -> Iterator[pa.RecordBatch]:
    for part in records.batches():
        if isinstance(part, pa.RecordBatch):
            yield part
        else:
            yield from part.to_arrow().to_batches()


def _texts(
    batches: Iterable[pa.RecordBatch], cells: list[_Cell], delimiter: str
) -> Iterator[tuple[memoryview, int]]:
    """Pieces of the text with their rows; each is good until the next is asked for."""
    buffer = bytearray(_BUFFER_BYTES)
    before = 0
    for batch in batches:
        columns = tuple(_described(batch[cell.name], cell) for cell in cells)
        row = 0
        while row < batch.num_rows:
            end = min(row + _ROWS_AT_ONCE, batch.num_rows)
            rows, size, fault = native.csv_write(columns, ord(delimiter), row, end, buffer)
            row += rows
            if rows:
                yield memoryview(buffer)[:size], rows
            if fault >= 0:
                cell = cells[fault]
                _refuse(cell, before + row, batch[cell.name][row])
            if not rows:  # a row larger than the buffer
                buffer = bytearray(2 * len(buffer))
        before += batch.num_rows


def _described(array: pa.Array, cell: _Cell) -> tuple[int, int, Any, Any, int, Any]:
    """A column as the kernel takes it: kind, form, values, validity, first bit, text."""
    validity, values, *text = array.buffers()
    if cell.kind == _TEXT:
        begin = 4 * array.offset
        offsets = memoryview(values or bytes(4))[begin : begin + 4 * (len(array) + 1)]
        view, data = offsets, text[0] or b""
    else:
        view, data = column_buffer(array), b""
    return (
        cell.kind,
        cell.form,
        view,
        validity if array.null_count else b"",
        array.offset if array.null_count else 0,
        data,
    )


def _refuse(cell: _Cell, row: int, value: pa.Scalar) -> NoReturn:
    """Raises for a value that the form of its column cannot show."""
    where = f'row {row} column "{cell.name}"'
    if cell.kind == _SIDE:
        raise BarrowParseError(
            message(where, f"is {value.as_py()}, expected 0 (none), 1 (buy) or 2 (sell)")
        )
    instant = value.value if isinstance(value, pa.TimestampScalar) else value.as_py()
    if not 0 <= instant <= _LAST_INSTANT:
        raise BarrowParseError(
            message(where, f"{instant} ns is no instant between 1970 and 2262-04-11"),
            reason="time_range",
        )
    unit = _UNITS[cell.form % _OTHER_FORM]
    raise BarrowParseError(
        message(
            where,
            f"{format_stamp(instant)} is no whole number of {unit}",
            tries=['time="iso" (--time iso)', 'time="ns" (--time ns)'],
        ),
        reason="decimals",
    )


# ---------------------------------------------------------------------- output


@contextmanager
def _output(path: str, compression: str | None, overwrite: bool) -> Iterator[Any]:
    """Where text goes; a file gets its name when the block ends without an error."""
    if compression == "infer":
        compression = _CODECS.get(os.path.splitext(path)[1].lower())
    if path == "-":
        if compression is not None:
            raise BarrowArgumentError(
                message(
                    "compression",
                    "standard output is written as it is",
                    tries=["pipe it through gzip, bzip2 or zstd"],
                )
            )
        with _told("standard output"):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        return
    with _told(path), AtomicFile(path, overwrite=overwrite) as whole:
        with Output(whole.temporary) as file, _compressed(file, compression) as out:
            yield out
        whole.commit()


@contextmanager
def _compressed(file: Output, compression: str | None) -> Iterator[Any]:
    if compression is None:
        yield file
    else:
        with pa.CompressedOutputStream(file, compression) as out:
            yield out


@contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except (BarrowError, BrokenPipeError):  # told already; the reader left, as it may
        raise
    except OSError as error:
        raise unwritable(path, error) from error
