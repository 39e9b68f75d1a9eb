"""The command line. Exit status: 0 done, 1 a problem with data, 2 wrong use."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

import barrow as bw
from barrow._arrow import BAR, KINDS, format_stamp
from barrow._lib import native
from barrow.bar64 import check_bar64, is_bar64
from barrow.cli_adjust import adjust
from barrow.cli_convert import convert
from barrow.cli_etl import app as etl_app
from barrow.cli_quantize import dequantize, quantize
from barrow.cli_resample import resample
from barrow.cli_store import app as store_app
from barrow.csv import CsvOptions
from barrow.store import is_store

app = typer.Typer(
    help="Market-data text to exact Arrow columns.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


class _Encoding(StrEnum):
    auto = "auto"
    fixed8 = "fixed8"
    fixed16 = "fixed16"
    decimal128 = "decimal128"


_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
# Seconds until what was thrown away is raised again.
_AGAIN = 0.001


class _OnError(StrEnum):
    stop = "raise"
    skip = "skip"
    quarantine = "quarantine"


class _Fold(StrEnum):
    error = "raise"
    earlier = "earlier"
    later = "later"


class _Stamp(StrEnum):
    open = "open"
    close = "close"


class _Rounding(StrEnum):
    exact = "exact"
    half_even = "half_even"
    half_away = "half_away"
    truncate = "truncate"


Input = Annotated[str, typer.Argument(metavar="FILE", help="The file to read.", show_default=False)]
Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help="Files, patterns, zip archives, URLs, or - for standard input; several are one.",
        show_default=False,
    ),
]
BarTypeOption = Annotated[
    str | None,
    typer.Option(help="Such as EUR/USD.SIM-1-MINUTE-BID-EXTERNAL.", show_default=False),
]
InstrumentOption = Annotated[
    str | None,
    typer.Option(help="Of quotes and trades, such as EUR/USD.SIM.", show_default=False),
]
SymbolOption = Annotated[
    str | None,
    typer.Option(help="Read only rows with that in the symbol column.", show_default=False),
]
MaxErrorsOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="Bad rows to put up with; any number if not given.",
        show_default=False,
    ),
]
EncodingOption = Annotated[_Encoding, typer.Option(help="How values are stored.")]
RoundingOption = Annotated[_Rounding, typer.Option(help="What happens to digits that do not fit.")]
ThreadsOption = Annotated[
    int, typer.Option(min=1, help="How many threads parse; the result is the same with any.")
]
PrecisionOption = Annotated[str, typer.Option(metavar="N|auto", help="Decimals to keep.")]
VolumeOption = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER", help="The volume where there is no such column.", show_default=False
    ),
]
DialectOption = Annotated[
    str, typer.Option(metavar="NAME|FILE.toml", help="How the file is written.")
]
ZoneOption = Annotated[
    str | None,
    typer.Option(metavar="ZONE", help="Of times that do not tell.", show_default=False),
]
FormatOption = Annotated[
    str | None,
    typer.Option(metavar="PATTERN", help="Of times, as strptime has it.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _precision(text: str) -> Any:
    return int(text) if text.isascii() and text.isdigit() else text


def _show_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Market-data text to exact Arrow columns."""


@app.command()
def ingest(
    files: Inputs,
    output: Annotated[
        str, typer.Option("--output", "-o", help="The Arrow file to write.", show_default=False)
    ],
    bar_type: BarTypeOption = None,
    instrument_id: InstrumentOption = None,
    symbol: SymbolOption = None,
    dialect: DialectOption = "auto",
    timezone: ZoneOption = None,
    time_format: FormatOption = None,
    fold: Annotated[_Fold, typer.Option(help="A local time that comes twice.")] = _Fold.error,
    stamp: Annotated[
        _Stamp | None, typer.Option(help="open: ts_init is the close.", show_default=False)
    ] = None,
    encoding: EncodingOption = _Encoding.auto,
    price_precision: PrecisionOption = "auto",
    size_precision: PrecisionOption = "auto",
    rounding: RoundingOption = _Rounding.exact,
    default_volume: VolumeOption = None,
    ts_init_delta: Annotated[
        int, typer.Option(metavar="NS", help="Nanoseconds from ts_event to ts_init.")
    ] = 0,
    on_error: Annotated[_OnError, typer.Option(help="What to do with bad rows.")] = _OnError.stop,
    rejects: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where bad rows go.", show_default=False)
    ] = None,
    max_errors: MaxErrorsOption = None,
    batch_rows: Annotated[int, typer.Option(min=1, help="Records per batch.")] = 65_536,
    threads: ThreadsOption = CsvOptions.threads,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read CSV text into an Arrow file of exact integers.

    gzip, bzip2, Zstandard, xz, zip and UTF-16 are recognized. The file appears only when
    it is whole. Memory does not grow with the input.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
        console=_err,
        transient=True,
        disable=quiet or as_json or not _err.is_terminal,
    )
    with bar:
        task = bar.add_task(os.path.basename(files[0]), total=None, rows=0)

        def progress(done: int, total: int, rows: int) -> None:
            bar.update(task, completed=done, total=total or None, rows=rows)

        report = bw.ingest(
            files,
            output,
            overwrite=overwrite,
            batch_rows=batch_rows,
            progress=progress,
            bar_type=bar_type,
            instrument_id=instrument_id,
            symbol=symbol,
            dialect=dialect,
            timezone=timezone,
            time_format=time_format,
            fold=fold.value,
            stamp=None if stamp is None else stamp.value,
            encoding=encoding.value,
            price_precision=_precision(price_precision),
            size_precision=_precision(size_precision),
            rounding=rounding.value,
            default_volume=default_volume,
            ts_init_delta=ts_init_delta,
            on_error="quarantine" if rejects and on_error is _OnError.stop else on_error.value,
            rejects=rejects,
            max_errors=max_errors,
            threads=threads,
        )
    if as_json:
        print(report.to_json())
    elif not quiet:
        _print_ingest(report, rejects)


def _line(file: str | None, line: int) -> str:
    return f"line {line}" if file is None else f"{file} line {line}"


def _print_ingest(report: bw.IngestReport, rejects: str | None) -> None:
    rate = report.rows_in / report.seconds
    print(
        f"{report.output}: {report.rows_out:,} {KINDS[report.record].plural} of "
        f"{report.rows_in:,} rows, "
        f"{report.encoding}, precision {report.price_precision}/{report.size_precision}, "
        f"{format_stamp(report.first_ts)} to {format_stamp(report.last_ts)}"
    )
    print(
        f"  {report.bytes_in:,} bytes in, {report.bytes_out:,} out, {report.batches} batches, "
        f"{report.seconds:.2f} s, {rate:,.0f} rows/s"
    )
    if report.rows_filtered:
        print(f"  left out {report.rows_filtered:,} rows of other symbols")
    for reject in report.rejects:
        where = f' in column "{reject.column}"' if reject.column else ""
        print(
            f"  rejected {reject.count:,} rows: {reject.reason}{where}, first at "
            f"{_line(reject.file, reject.first_line)}: {reject.sample}"
        )
    if report.rows_rejected and rejects:
        print(f"  rejected rows are in {rejects}")
    for rounded in report.roundings:
        print(
            f'  rounded {rounded.count:,} values of "{rounded.column}", first at '
            f"{_line(rounded.file, rounded.first_line)}"
        )
    for note in report.notes:
        print(f"  note: {note}")


@app.command()
def check(
    files: Inputs,
    bar_type: BarTypeOption = None,
    instrument_id: InstrumentOption = None,
    symbol: SymbolOption = None,
    dialect: DialectOption = "auto",
    timezone: ZoneOption = None,
    time_format: FormatOption = None,
    encoding: EncodingOption = _Encoding.auto,
    price_precision: PrecisionOption = "auto",
    size_precision: PrecisionOption = "auto",
    rounding: RoundingOption = _Rounding.exact,
    default_volume: VolumeOption = None,
    max_errors: MaxErrorsOption = None,
    threads: ThreadsOption = CsvOptions.threads,
    cut_tail: Annotated[
        bool, typer.Option("--cut-tail", help="bar64: cut off what was not completed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Validate records: values, prices against each other, order, duplicates, gaps.

    Reads CSV, Arrow and bar64 files; of bar64 every checksum too. Exits with 1 if there are
    errors.
    """
    if len(files) == 1 and is_bar64(files[0]):
        _refuse_symbol(files[0], symbol)
        report, noun = check_bar64(files[0], bar_type=bar_type, cut=cut_tail), BAR.plural
    elif cut_tail:
        raise bw.BarrowArgumentError(f"--cut-tail: {files[0]} is no bar64 file")
    elif len(files) == 1 and (is_store(files[0]) or _is_arrow(files[0])):
        _refuse_symbol(files[0], symbol)
        of_store = bar_type if is_store(files[0]) else None
        records = bw.open(files[0], bar_type=of_store, instrument_id=instrument_id)
        report = bw.validate(records, bar_type=bar_type)
        report.source, noun = files[0], records.kind.plural
    else:
        report, account = bw.check_csv(
            files,
            bar_type=bar_type,
            instrument_id=instrument_id,
            symbol=symbol,
            dialect=dialect,
            timezone=timezone,
            time_format=time_format,
            encoding=encoding.value,
            price_precision=_precision(price_precision),
            size_precision=_precision(size_precision),
            rounding=rounding.value,
            max_errors=max_errors,
            threads=threads,
            # A missing volume column is no reason not to look at the rest.
            default_volume="0" if default_volume is None else default_volume,
        )
        noun = KINDS[account.record].plural
    if as_json:
        print(report.to_json())
    else:
        _print_check(report, noun)
    if not report.ok:
        raise typer.Exit(1)


def _refuse_symbol(file: str, symbol: str | None) -> None:
    if symbol is not None:
        raise bw.BarrowArgumentError(f"symbol: {file} is no text with a column of them")


def _is_arrow(file: str) -> bool:
    # What a pipe has given cannot be read again; whoever opens the file next says
    # what is wrong with it.
    if not os.path.isfile(file) or not os.access(file, os.R_OK):
        return False
    with open(file, "rb") as opened:
        return opened.read(6) == b"ARROW1"


def _print_check(report: bw.Report, noun: str) -> None:
    errors = sum(f.count for f in report.findings if f.severity == "error")
    warnings = sum(f.count for f in report.findings if f.severity == "warning")
    print(f"{report.source}: {report.rows:,} {noun}, {errors:,} errors, {warnings:,} warnings")
    for finding in report.findings:
        where = ""
        if finding.first_line is not None:
            line = _line(finding.file, finding.first_line)
            where = f", {finding.count:,} rows, first at {line}"
        elif finding.first_row is not None:
            where = f", {finding.count:,} rows, first at row {finding.first_row}"
        print(f"  {finding.severity}: {finding.check}{where}: {finding.meaning}")
        if finding.sample:
            print(f"    {finding.sample}")


@app.command()
def sniff(file: Input, as_json: JsonOption = False) -> None:
    """Guess the dialect of a text, and print the option to paste.

    Exits with 1 if nothing fits, or several dialects fit equally well.
    """
    verdict = bw.sniff_csv(file)
    candidates = [
        {"dialect": c.dialect.name, "good": c.good, "rows": c.rows} for c in verdict.candidates
    ]
    chosen = verdict.dialect
    if as_json:
        facts = {"file": file, "dialect": chosen.name, "title": chosen.title}
        told = {"evidence": verdict.evidence, "doubt": verdict.doubt, "candidates": candidates}
        print(json.dumps({**facts, **told}, indent=2))
        return
    print(f"{file}: {chosen.name}, {chosen.title}")
    print(f"  evidence: {verdict.evidence}")
    if verdict.doubt:
        print(f"  doubt: {verdict.doubt}")
    if not chosen.sample and not chosen.is_generic:
        print("  this dialect was written from documentation: no sample file was at hand")
    zone = f", times in {chosen.zone}" if chosen.zone else ""
    print(f"  stamps the {chosen.stamp} of bars{zone}")
    print(f"  option: --dialect {chosen.name}")


@app.command()
def info(file: Input, as_json: JsonOption = False) -> None:
    """Show what a file of records holds, or a store of one series; of Arrow no values
    are read."""
    records = bw.open(file)
    ends = [format_stamp(records[at].ts_event) if len(records) else None for at in (0, -1)]
    facts = {
        "file": file,
        "bytes": records.nbytes if is_store(file) else os.stat(file).st_size,
        "rows": len(records),
        "batches": sum(1 for _ in records.batches()),
        records.kind.key: records.identity,
        "encoding": records.encoding,
        "price_precision": records.price_precision,
        "size_precision": records.size_precision,
        "first": ends[0],
        "last": ends[1],
        "columns": {field.name: str(field.type) for field in records.schema},
    }
    if as_json:
        print(json.dumps(facts, indent=2))
        return
    for key, value in facts.items():
        if isinstance(value, dict):
            for name, kind in value.items():
                print(f"{name:>16}  {kind}")
        else:
            shown = f"{value:,}" if isinstance(value, int) else value
            print(f"{key:>16}  {shown}")


@app.command()
def head(
    file: Input,
    rows: Annotated[int, typer.Option("--rows", "-n", min=0, help="How many records.")] = 10,
    as_json: JsonOption = False,
) -> None:
    """Show the first records of a file."""
    records = bw.open(file)[:rows]
    cells = [{"ts_event": format_stamp(r.ts_event), **r.texts()} for r in records]
    if as_json:
        print(json.dumps(cells, indent=2))
        return
    names = ["ts_event", *(records.kind.shown or records.kind.told)]
    table = [names, *([record[name] for name in names] for record in cells)]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


app.command()(convert)
app.add_typer(store_app, name="store")
app.command()(resample)
app.add_typer(etl_app, name="etl")
app.command()(adjust)
app.command()(quantize)
app.command()(dequantize)


@app.command()
def version(as_json: JsonOption = False) -> None:
    """Show the version and the CPU level in use."""
    facts = {"barrow": bw.__version__, "cpu_level": bw.cpu_level(), "simd_bits": native.simd_bits()}
    if as_json:
        print(json.dumps(facts))
    else:
        print(f"barrow {facts['barrow']}, {facts['cpu_level']}, {facts['simd_bits']}-bit vectors")


class _Interrupted(BaseException):
    """Ctrl-C or SIGTERM: unwinds, so that half-written files are removed.

    Not a `KeyboardInterrupt`, which typer would turn into a message of its own.
    """


def _interrupt(*_: object) -> NoReturn:
    raise _Interrupted


def _swallowed(what: sys.UnraisableHookArgs) -> None:
    """Interrupts again where Python threw an interrupt away, as it does while objects die."""
    if what.exc_type is _Interrupted:
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
    else:
        sys.__unraisablehook__(what)


def _tell(error: bw.BarrowError) -> None:
    """Prints an error for people, and with --json for machines too."""
    _err.print(f"{error.kind}: {error}", markup=False)
    if "--json" in sys.argv:
        facts: dict[str, Any] = {"kind": error.kind, "message": str(error)}
        if isinstance(error, bw.BarrowParseError) and error.place is not None:
            place = error.place
            facts |= {"reason": error.reason, "line": place.line, "column": place.name}
        print(json.dumps({"error": facts}, indent=2))


def main() -> None:
    """Runs the command line and turns errors into messages and exit statuses."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.unraisablehook = _swallowed
        for number in _INTERRUPTS:
            signal.signal(number, _interrupt)
        app()
    except bw.BarrowError as error:
        _tell(error)
        sys.exit(2 if isinstance(error, bw.BarrowArgumentError) else 1)
    except _Interrupted:
        _err.print("interrupted: nothing was written")
        sys.exit(130)
    except (BrokenPipeError, UnicodeError, OSError) as error:
        # What was to be done is done; only its account cannot be printed.
        if not isinstance(error, BrokenPipeError):
            _err.print(f"the output cannot be printed: {error}", markup=False)
        # The reader of our output left, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    finally:
        # Nothing is left to interrupt but the end of Python itself.
        for number in _INTERRUPTS:
            signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    main()
