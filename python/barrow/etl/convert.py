"""One file of records into another format."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Unpack

from barrow._arrow import EncodingName
from barrow.bar64 import write_bar64
from barrow.csv import CsvWriteKeywords, write_csv
from barrow.csv.inputs import expand
from barrow.errors import BarrowArgumentError, message
from barrow.etl.ingest import check_paths
from barrow.etl.open import BAR64_SUFFIX, PARQUET_SUFFIXES, TEXT_SUFFIXES, open_records
from barrow.ipc import write_arrow
from barrow.parquet import write_parquet

FormatName = Literal["csv", "arrow", "parquet", "bar64"]
_SUFFIXES: dict[FormatName, tuple[str, ...]] = {
    "csv": TEXT_SUFFIXES,
    "arrow": (".arrow", ".feather", ".ipc"),
    "parquet": PARQUET_SUFFIXES,
    "bar64": (BAR64_SUFFIX,),
}


@dataclass(frozen=True)
class ConvertReport:
    """What was written.

    Attributes:
        path: The file read.
        output: The file written.
        format: What it is.
        rows: How many records.
        bytes_in: Bytes of the input.
        bytes_out: Bytes of the output; 0 for standard output.
        seconds: Wall time.
    """

    path: str
    output: str
    format: FormatName
    rows: int
    bytes_in: int
    bytes_out: int
    seconds: float

    def to_json(self) -> str:
        """The report for machines."""
        return json.dumps(asdict(self), indent=2)


def convert(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    to: FormatName | None = None,
    bar_type: str | None = None,
    instrument_id: str | None = None,
    encoding: EncodingName | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
    **options: Unpack[CsvWriteKeywords],
) -> ConvertReport:
    """Writes what a file holds in another format, exactly.

    The output appears under its name only when it is whole. `ingest` reads larger
    texts than fit into memory; this reads a text whole.

    Args:
        path: What `open` opens.
        output: The file to write; `-` is standard output, for CSV.
        to: `csv`, `arrow`, `parquet` or `bar64`, which holds bars only; by the suffix of
            the output if None.
        bar_type: Goes into the metadata of bars that have none.
        instrument_id: Goes into the metadata of quotes and trades that have none.
        encoding: How an Arrow file stores values; as the input has them if None.
        overwrite: Whether the output may replace a file that is there.
        progress: Called with rows written and rows in all.
        **options: As in `write_csv`, for CSV.

    Raises:
        BarrowIoError: A file cannot be read or written.
        BarrowParseError: A value does not fit into what was asked for.
        BarrowArgumentError: The format is not known, or has no such option.
        What `open` raises.
    """
    started = time.monotonic()
    name = os.fspath(output)
    target = _format(name, to)
    _check_options(target, name, encoding, options)
    if name != "-":
        check_paths(expand(path), {"output": output})
    records = open_records(path, bar_type=bar_type, instrument_id=instrument_id)
    if target == "csv":
        if name.lower().endswith((".tsv", ".tsv.gz", ".tsv.bz2", ".tsv.zst")):
            options = {"delimiter": "\t", **options}
        write_csv(records, name, overwrite=overwrite, progress=progress, **options)
    elif target == "arrow":
        write_arrow(records, name, encoding=encoding, overwrite=overwrite, progress=progress)
    elif target == "bar64":
        write_bar64(records, name, overwrite=overwrite, progress=progress)
    else:
        write_parquet(records, name, overwrite=overwrite, progress=progress)
    return ConvertReport(
        path=os.fspath(path),
        output=name,
        format=target,
        rows=len(records),
        bytes_in=os.stat(path).st_size,
        bytes_out=0 if name == "-" else os.stat(name).st_size,
        seconds=time.monotonic() - started,
    )


def _format(output: str, to: FormatName | None) -> FormatName:
    if to is not None:
        if to not in _SUFFIXES:
            raise BarrowArgumentError(message("to", f"{to!r} is none of {', '.join(_SUFFIXES)}"))
        return to
    if output == "-":
        return "csv"
    suffix = Path(output).suffix.lower()
    for name, suffixes in _SUFFIXES.items():
        if suffix in suffixes:
            return name
    known = ", ".join(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes)
    raise BarrowArgumentError(
        message(
            "output",
            f"the suffix of {output!r} tells no format, expected one of {known}",
            tries=["to='csv' (--to csv)"],
        )
    )


def _check_options(
    target: FormatName, output: str, encoding: str | None, options: CsvWriteKeywords
) -> None:
    if target != "csv":
        for name in options:
            raise BarrowArgumentError(message(name, f"is an option of CSV, not of {target}"))
        if output == "-":
            raise BarrowArgumentError(
                message("output", f"standard output takes CSV only, not {target}")
            )
    if target != "arrow" and encoding is not None:
        raise BarrowArgumentError(
            message("encoding", f"is an option of Arrow files, not of {target}")
        )
