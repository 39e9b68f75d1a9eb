"""The command `convert`; `cli` puts it beside the others."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import barrow as bw
from barrow.errors import message


class _Format(StrEnum):
    csv = "csv"
    arrow = "arrow"
    parquet = "parquet"
    catalog = "nautilus-catalog"


class _Encoding(StrEnum):
    fixed8 = "fixed8"
    fixed16 = "fixed16"
    decimal128 = "decimal128"


class _Time(StrEnum):
    iso = "iso"
    s = "s"
    ms = "ms"
    us = "us"
    ns = "ns"


class _Decimals(StrEnum):
    precision = "precision"
    shortest = "shortest"


class _TsInit(StrEnum):
    auto = "auto"
    always = "always"
    never = "never"


_DELIMITERS = {"tab": "\t", "\\t": "\t"}


def convert(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="CSV, Arrow, Parquet or a catalog.", show_default=False
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="The file to write, or the folder of a catalog; - prints CSV.",
            show_default=False,
        ),
    ],
    to: Annotated[
        _Format | None,
        typer.Option(help="The format; told by the suffix of the output.", show_default=False),
    ] = None,
    bar_type: Annotated[
        str | None,
        typer.Option(help="Such as EUR/USD.SIM-1-MINUTE-BID-EXTERNAL.", show_default=False),
    ] = None,
    instrument_id: Annotated[
        str | None,
        typer.Option(help="Of quotes and trades, such as EUR/USD.SIM.", show_default=False),
    ] = None,
    price_precision: Annotated[
        int | None,
        typer.Option(help="Catalog: decimals of prices, as the instrument.", show_default=False),
    ] = None,
    size_precision: Annotated[
        int | None,
        typer.Option(help="Catalog: decimals of sizes, as the instrument.", show_default=False),
    ] = None,
    encoding: Annotated[
        _Encoding | None,
        typer.Option(help="Arrow, catalog: how values are stored.", show_default=False),
    ] = None,
    delimiter: Annotated[
        str | None,
        typer.Option(metavar=",|tab|;|'|'", help="CSV: between fields.", show_default=False),
    ] = None,
    time: Annotated[
        _Time | None,
        typer.Option(help="CSV: ISO 8601, or numbers since 1970.", show_default=False),
    ] = None,
    decimals: Annotated[
        _Decimals | None,
        typer.Option(help="CSV: how many; no digit is ever dropped.", show_default=False),
    ] = None,
    ts_init: Annotated[
        _TsInit | None,
        typer.Option(help="CSV: auto writes it if it differs from ts_event.", show_default=False),
    ] = None,
    no_header: Annotated[bool, typer.Option("--no-header", help="CSV: rows only.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write records as CSV, Arrow or Parquet, without losing a digit.

    The output appears only when it is whole. CSV may end in .gz, .bz2 or .zst.

    With --to nautilus-catalog the output is a folder that NautilusTrader's
    ParquetDataCatalog queries; the records become one more file in it. They need a bar
    type or an instrument id and the order of time. Instruments are not written: give
    the catalog NautilusTrader's own, and here their precisions.
    """
    if as_json and output == "-":
        raise bw.BarrowArgumentError(
            message("--json", "standard output takes either the report or the records")
        )
    given: dict[str, Any] = {
        "to": to and to.value,
        "price_precision": price_precision,
        "size_precision": size_precision,
        "encoding": encoding and encoding.value,
        "delimiter": None if delimiter is None else _DELIMITERS.get(delimiter, delimiter),
        "time": time and time.value,
        "decimals": decimals and decimals.value,
        "ts_init": ts_init and ts_init.value,
        "header": False if no_header else None,
    }
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or as_json or not console.is_terminal,
    )
    with bar:
        task = bar.add_task(os.path.basename(file), total=None)
        report = bw.convert(
            file,
            output,
            bar_type=bar_type,
            instrument_id=instrument_id,
            overwrite=overwrite,
            progress=lambda done, total: bar.update(task, completed=done, total=total or None),
            **{name: value for name, value in given.items() if value is not None},
        )
    if as_json:
        print(report.to_json())
    elif not quiet:
        print(
            f"{report.output}: {report.rows:,} records, {report.format}, "
            f"{report.bytes_in:,} bytes in, {report.bytes_out:,} out, {report.seconds:.2f} s",
            # Standard output may hold the records.
            file=sys.stderr if output == "-" else sys.stdout,
        )
