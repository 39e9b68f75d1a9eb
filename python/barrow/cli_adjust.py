"""The command `adjust`; `cli` puts it beside the others."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

import barrow as bw
from barrow.bars import Bars, Quotes, Trades
from barrow.errors import message


class _Method(StrEnum):
    additive = "additive"
    ratio = "ratio"


class _Direction(StrEnum):
    backward = "backward"
    forward = "forward"


class _Volume(StrEnum):
    keep = "keep"
    inverse = "inverse"


class _Rounding(StrEnum):
    exact = "exact"
    half_even = "half_even"
    half_away = "half_away"
    truncate = "truncate"


def adjust(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Any file that opens.", show_default=False)
    ],
    table: Annotated[
        str,
        typer.Option(
            metavar="CSV",
            help="Rolls (date,old,new), events (date,ratio) or windows (from,to,amount).",
            show_default=False,
        ),
    ],
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help="The Arrow file.", show_default=False),
    ],
    method: Annotated[
        _Method | None, typer.Option(help="Needed for rolls.", show_default=False)
    ] = None,
    direction: Annotated[
        _Direction, typer.Option(help="Which contract stays: the last, or the first.")
    ] = _Direction.backward,
    tz: Annotated[str, typer.Option(metavar="ZONE", help="Of the dates.")] = "UTC",
    volume: Annotated[_Volume, typer.Option(help="Of a split: inverse.")] = _Volume.keep,
    rounding: Annotated[
        _Rounding, typer.Option(help="Of digits beyond the precision.")
    ] = _Rounding.exact,
    price_precision: Annotated[
        int | None, typer.Option(help="Decimals of the prices; as they are.", show_default=False)
    ] = None,
    size_precision: Annotated[
        int | None, typer.Option(help="Decimals of the sizes; as they are.", show_default=False)
    ] = None,
    inverse: Annotated[bool, typer.Option("--inverse", help="Undo the adjustments.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take rolls, splits and dividends out of prices, exactly, into an Arrow file."""
    records: Any = bw.open(file)
    if not isinstance(records, (Bars, Quotes, Trades)):
        raise bw.BarrowSchemaError(
            message(file, f"holds {records.kind.plural}, expected bars, quotes or trades")
        )
    how: Any = method and method.value
    adjustments = bw.Adjustments.of(table, method=how, direction=direction.value, tz=tz)
    made = bw.adjust(
        records,
        adjustments.inverse() if inverse else adjustments,
        volume=volume.value,
        rounding=rounding.value,
        price_precision=price_precision,
        size_precision=size_precision,
    )
    bw.write_arrow(made, output, overwrite=overwrite)
    report = made.report
    if as_json:
        print(report.to_json())
    elif not quiet:
        rounded = sum(report.rounded.values())
        extra = f", {rounded:,} values rounded" if rounded else ""
        print(f"{output}: {report.rows_adjusted:,} of {report.rows:,} rows adjusted{extra}")
