"""The command `resample`; `cli` puts it beside the others."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

import barrow as bw


class _Side(StrEnum):
    left = "left"
    right = "right"


class _Empty(StrEnum):
    drop = "drop"
    fill = "fill"


class _Partial(StrEnum):
    flag = "flag"
    keep = "keep"
    drop = "drop"


class _Duplicates(StrEnum):
    keep = "keep"
    first = "first"
    last = "last"
    error = "error"


class _Sides(StrEnum):
    reported = "reported"
    reported_or_tick_rule = "reported_or_tick_rule"
    tick_rule = "tick_rule"


class _Rules(StrEnum):
    conserve = "conserve"
    nautilus = "nautilus"


class _Outside(StrEnum):
    drop = "drop"
    keep = "keep"
    error = "error"


class _Price(StrEnum):
    bid = "bid"
    ask = "ask"
    mid = "mid"


def resample(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Arrow, CSV or Parquet.", show_default=False)
    ],
    to: Annotated[
        str,
        typer.Option(
            metavar="5m,1h,1d", help="Timeframes; M is months. Also 1000-TICK.", show_default=False
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR", help="The folder.", show_default=False)
    ],
    tz: Annotated[str, typer.Option(metavar="ZONE", help="Of days and longer ones.")] = "UTC",
    origin: Annotated[
        str | None,
        typer.Option(help="start_day, start, epoch, end, end_day, a time.", show_default=False),
    ] = None,
    offset: Annotated[
        str | None, typer.Option(help="Moves intervals: 17h, -30m.", show_default=False)
    ] = None,
    closed: Annotated[_Side, typer.Option(help="Which end belongs to a bar.")] = _Side.left,
    label: Annotated[_Side, typer.Option(help="Which end its stamp is.")] = _Side.left,
    empty: Annotated[_Empty, typer.Option(help="Intervals without a row.")] = _Empty.drop,
    partial: Annotated[_Partial, typer.Option(help="A last bar not over.")] = _Partial.flag,
    duplicates: Annotated[_Duplicates, typer.Option(help="Rows of one stamp.")] = _Duplicates.keep,
    price: Annotated[_Price | None, typer.Option(help="Of quotes.", show_default=False)] = None,
    sides: Annotated[_Sides, typer.Option(help="Of trades, for imbalances.")] = _Sides.reported,
    rules: Annotated[_Rules, typer.Option(help="Of runs and bricks.")] = _Rules.conserve,
    price_increment: Annotated[
        str | None, typer.Option(help="Of 20-RENKO, such as 0.01.", show_default=False)
    ] = None,
    session: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.toml",
            help="When the market is open: " + ", ".join(bw.session_names()) + ".",
            show_default=False,
        ),
    ] = None,
    outside: Annotated[_Outside, typer.Option(help="Rows in no session.")] = _Outside.drop,
    sort: Annotated[bool, typer.Option("--sort", help="Put rows in order first.")] = False,
    bar_type: Annotated[
        str | None,
        typer.Option(help="Such as EUR/USD.SIM-1-MINUTE-BID-EXTERNAL.", show_default=False),
    ] = None,
    instrument_id: Annotated[
        str | None,
        typer.Option(help="Of quotes and trades, such as EUR/USD.SIM.", show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make bars of longer timeframes, exactly; one Arrow file each.

    From bars, quotes or trades, all timeframes in one pass; also bars that end when
    enough was traded.
    """
    choices: dict[str, Any] = {
        "closed": closed.value,
        "label": label.value,
        "empty": empty.value,
        "partial": partial.value,
        "duplicates": duplicates.value,
        "price": price and price.value,
        "outside": outside.value,
    }
    written = bw.resample_file(
        file,
        [name.strip() for name in to.split(",")],
        output,
        bar_type=bar_type,
        instrument_id=instrument_id,
        sort=sort,
        overwrite=overwrite,
        tz=tz,
        origin=origin,
        offset=offset,
        information={
            "sides": sides.value,
            "rules": rules.value,
            "price_increment": price_increment,
        },
        session=session,
        **choices,
    )
    if as_json:
        print(json.dumps([one.to_dict() for one in written], indent=2))
    elif not quiet:
        for one in written:
            report = one.report
            extra = "".join(f", {count:,} {why}" for why, count in report.rows_dropped.items())
            extra += f", {report.filled:,} filled" if report.filled else ""
            extra += ", the last one unfinished" if report.unfinished else ""
            print(f"{one.path}: {report.bars:,} bars of {report.rows_in:,} rows{extra}")
        for note in dict.fromkeys(note for one in written for note in one.report.notes):
            print(f"note: {note}")
