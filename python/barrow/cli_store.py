"""The commands `barrow store ...`; `cli` puts them beside the others."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

import barrow as bw

app = typer.Typer(help="Keep records in a store: a folder of Arrow files.", no_args_is_help=True)

Root = Annotated[
    str, typer.Argument(metavar="STORE", help="The folder of the store.", show_default=False)
]
Name = Annotated[
    str | None,
    typer.Argument(
        metavar="SERIES",
        help="A bar type or instrument id; all if not given.",
        show_default=False,
    ),
]
Kind = Annotated[
    str | None,
    typer.Option(help="Such as quote or trade, where there are several.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class _Order(StrEnum):
    ts_event = "ts_event"
    ts_init = "ts_init"


@app.command("list")
def list_series(root: Root, as_json: Json = False) -> None:
    """Show what is in a store."""
    there = bw.Store(root).list()
    if as_json:
        print(json.dumps([asdict(each) for each in there], indent=2))
    for each in [] if as_json else there:
        print(each)


@app.command()
def append(
    root: Root,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV, Arrow or Parquet.", show_default=False)
    ],
    bar_type: Annotated[
        str | None,
        typer.Option(help="Such as EUR/USD.SIM-1-MINUTE-BID-EXTERNAL.", show_default=False),
    ] = None,
    instrument_id: Annotated[
        str | None,
        typer.Option(help="Of quotes and trades, such as EUR/USD.SIM.", show_default=False),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put them in the place of those that are there.")
    ] = False,
    order_by: Annotated[
        _Order | None,
        typer.Option(help="The column that orders a new series.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Add the records of a file to a store, all of them or none."""
    records = bw.open(file, bar_type=bar_type, instrument_id=instrument_id)
    done = bw.Store(root).append(
        records,
        overlap="replace" if replace else "error",
        order_by=None if order_by is None else order_by.value,
    )
    if as_json:
        print(json.dumps(asdict(done)))
    else:
        print(f"{root}: {done.rows:,} {records.kind.plural} added, {done.replaced:,} replaced")


@app.command()
def read(
    root: Root,
    name: Annotated[
        str,
        typer.Argument(metavar="SERIES", help="A bar type or instrument id.", show_default=False),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="CSV, or - for standard output.")
    ] = "-",
    start: Annotated[
        str | None, typer.Option(help="The first stamp, ISO 8601.", show_default=False)
    ] = None,
    end: Annotated[
        str | None, typer.Option(help="One past the last stamp.", show_default=False)
    ] = None,
    kind: Kind = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
) -> None:
    """Write records of a store as CSV."""
    records = bw.Store(root).read(name, start, end, kind=kind)
    bw.write_csv(records, output, overwrite=overwrite)


@app.command()
def compact(root: Root, name: Name = None, kind: Kind = None, as_json: Json = False) -> None:
    """Put small files together."""
    done = bw.Store(root).compact(name, kind=kind)
    if as_json:
        print(json.dumps({folder: asdict(each) for folder, each in done.items()}, indent=2))
        return
    for folder, each in done.items():
        print(f"{folder}: {each.before} parts to {each.after}, {each.removed} files removed")


@app.command()
def verify(root: Root, name: Name = None, kind: Kind = None, as_json: Json = False) -> None:
    """Read every byte of a store. Exits with 1 if one is not as it was written."""
    report = bw.Store(root).verify(name, kind=kind)
    if as_json:
        print(report.to_json())
    else:
        errors = sum(finding.severity == "error" for finding in report.findings)
        print(f"{root}: {report.rows:,} records, {errors} errors")
        for finding in report.findings:
            print(f"  {finding.severity}: {finding.check}: {finding.file}: {finding.meaning}")
    if not report.ok:
        raise typer.Exit(1)
