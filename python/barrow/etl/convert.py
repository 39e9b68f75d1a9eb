"""One file of records into another format, or into a catalog."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Unpack

from barrow._arrow import EncodingName
from barrow.csv import CsvWriteKeywords, write_csv
from barrow.csv.inputs import expand
from barrow.errors import BarrowArgumentError, message
from barrow.etl.catalog import is_catalog, write_catalog
from barrow.etl.formats import SUFFIXES, ConvertReport, FormatName, size_of
from barrow.etl.ingest import check_paths
from barrow.etl.open import open_records
from barrow.ipc import write_arrow
from barrow.parquet import write_parquet


def convert(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    to: FormatName | None = None,
    bar_type: str | None = None,
    instrument_id: str | None = None,
    encoding: EncodingName | None = None,
    price_precision: int | None = None,
    size_precision: int | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
    **options: Unpack[CsvWriteKeywords],
) -> ConvertReport:
    """Writes what a file holds in another format, exactly.

    The output appears under its name only when it is whole. `ingest` reads larger
    texts than fit into memory; this reads a text whole.

    Args:
        path: What `open` opens.
        output: The file to write; `-` is standard output, for CSV. The folder of a
            catalog, see `write_catalog`, which reads a text in bounded memory.
        to: `csv`, `arrow`, `parquet` or `nautilus-catalog`; by the suffix of the output
            if None.
        bar_type: Goes into the metadata of bars that have none; says which ones of a
            catalog.
        instrument_id: The same for quotes and trades.
        encoding: How an Arrow file or a catalog stores values; as the input has them, or
            the catalog, if None.
        price_precision: Decimals of prices in a catalog, as `write_catalog` has it.
        size_precision: The same for sizes.
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
    precisions = {"price_precision": price_precision, "size_precision": size_precision}
    _check_options(target, name, encoding, precisions, options)
    if target == "nautilus-catalog":
        return write_catalog(
            path,
            output,
            bar_type=bar_type,
            instrument_id=instrument_id,
            price_precision=price_precision,
            size_precision=size_precision,
            encoding=encoding,
            overwrite=overwrite,
            progress=progress,
        )
    if name != "-" and not is_catalog(path):
        check_paths(expand(path), {"output": output})
    records = open_records(path, bar_type=bar_type, instrument_id=instrument_id)
    if target == "csv":
        if name.lower().endswith((".tsv", ".tsv.gz", ".tsv.bz2", ".tsv.zst")):
            options = {"delimiter": "\t", **options}
        write_csv(records, name, overwrite=overwrite, progress=progress, **options)
    elif target == "arrow":
        write_arrow(records, name, encoding=encoding, overwrite=overwrite, progress=progress)
    else:
        write_parquet(records, name, overwrite=overwrite, progress=progress)
    return ConvertReport(
        path=os.fspath(path),
        output=name,
        format=target,
        rows=len(records),
        bytes_in=size_of(path),
        bytes_out=0 if name == "-" else size_of(name),
        seconds=time.monotonic() - started,
    )


def _format(output: str, to: FormatName | None) -> FormatName:
    if to is not None:
        if to not in SUFFIXES:
            raise BarrowArgumentError(message("to", f"{to!r} is none of {', '.join(SUFFIXES)}"))
        return to
    if output == "-":
        return "csv"
    suffix = Path(output).suffix.lower()
    for name, suffixes in SUFFIXES.items():
        if suffix in suffixes:
            return name
    known = ", ".join(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
    raise BarrowArgumentError(
        message(
            "output",
            f"the suffix of {output!r} tells no format, expected one of {known}",
            tries=["to='csv' (--to csv)"],
        )
    )


def _check_options(
    target: FormatName,
    output: str,
    encoding: str | None,
    precisions: dict[str, int | None],
    options: CsvWriteKeywords,
) -> None:
    if target != "csv":
        for name in options:
            raise BarrowArgumentError(message(name, f"is an option of CSV, not of {target}"))
        if output == "-":
            raise BarrowArgumentError(
                message("output", f"standard output takes CSV only, not {target}")
            )
    if target not in ("arrow", "nautilus-catalog") and encoding is not None:
        raise BarrowArgumentError(
            message("encoding", f"is an option of Arrow files and catalogs, not of {target}")
        )
    for option, value in precisions.items():
        if target != "nautilus-catalog" and value is not None:
            raise BarrowArgumentError(message(option, f"is an option of catalogs, not of {target}"))
