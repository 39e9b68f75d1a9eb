"""The commands `barrow etl ...`; `cli` puts them beside the others."""

from __future__ import annotations

from typing import Annotated

import typer

import barrow as bw
from barrow.etl import StageReport, SymbolReport

app = typer.Typer(
    help="Bring files of bars up to date: days, one file per symbol, longer timeframes.",
    no_args_is_help=True,
)


@app.callback()
def commands() -> None:
    """Bring files of bars up to date: days, one file per symbol, longer timeframes."""


@app.command()
def run(
    config: Annotated[
        str, typer.Argument(metavar="CONFIG", help="A TOML file.", show_default=False)
    ],
    symbol: Annotated[
        list[str] | None, typer.Option(help="Only this one; several times.", show_default=False)
    ] = None,
    stages: Annotated[
        str | None,
        typer.Option(help="Only these: transform,aggregate,resample.", show_default=False),
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Start over rather than going on.")
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Symbols at the same time.", show_default="two a processor"),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run every stage of every symbol, each from where it stopped.

    Exits with 1 if a symbol failed; the others are up to date then.
    """
    report = bw.etl.run(
        config,
        symbols=symbol,
        rebuild=rebuild,
        threads=threads,
        progress=None if quiet or as_json else _tell,
        **({} if stages is None else {"stages": [name.strip() for name in stages.split(",")]}),
    )
    if as_json:
        print(report.to_json())
    elif not quiet:
        rows = sum(each.rows for symbol in report.symbols for each in symbol.stages[:1])
        print(
            f"{report.output}: {len(report.symbols)} symbols, {rows:,} bars, {report.seconds:.1f} s"
        )
    for each in report.symbols:
        if each.error is not None:
            typer.echo(f"{each.name}: {each.error.kind}: {each.error}", err=True)
    if not report.ok:
        raise typer.Exit(1)


def _tell(report: SymbolReport) -> None:
    if report.error is None and report.stages:
        print(f"{report.name}: {_line(report.stages[-1])}")


def _line(done: StageReport) -> str:
    if not done.rows:
        return f"{done.stage}: nothing new"
    line = f"{done.stage}: {done.rows:,} bars of {done.inputs} inputs to {len(done.bars)} files"
    line += f", {done.rejected:,} rows refused" if done.rejected else ""
    return line + "".join(f"\n  note: {note}" for note in done.notes)
