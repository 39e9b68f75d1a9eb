"""The commands `quantize` and `dequantize`; `cli` puts them beside the others."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import barrow as bw
from barrow.errors import message, shown


class _Scheme(StrEnum):
    affine = "affine"
    symmetric = "symmetric"


class _Granularity(StrEnum):
    group = "group"
    row = "row"
    tensor = "tensor"


class _Clip(StrEnum):
    none = "none"
    percentile = "percentile"
    mse = "mse"


class _Scale(StrEnum):
    float32 = "float32"
    float16 = "float16"


Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads.", show_default="processors")]


def quantize(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="safetensors, or Arrow.", show_default=False),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="The Arrow file to write.", show_default=False)
    ],
    bits: Annotated[int, typer.Option(metavar="2|3|4|5|6|8", help="Bits of a code.")] = 4,
    group_size: Annotated[int, typer.Option(min=1, help="Values that share a scale.")] = 128,
    scheme: Annotated[_Scheme, typer.Option(help="symmetric has no zero point.")] = _Scheme.affine,
    granularity: Annotated[
        _Granularity, typer.Option(help="What shares a scale.")
    ] = _Granularity.group,
    clip: Annotated[_Clip, typer.Option(help="How a range is chosen.")] = _Clip.none,
    percentile: Annotated[float, typer.Option(help="Of --clip percentile.")] = 99.9,
    scale_type: Annotated[_Scale, typer.Option(help="Of scales.")] = _Scale.float32,
    fallback: Annotated[
        str | None,
        typer.Option(
            metavar="2,4,8",
            help="Widths instead of --bits: the first that keeps the bound.",
            show_default=False,
        ),
    ] = None,
    min_cosine: Annotated[
        float | None, typer.Option(help="The bound of --fallback.", show_default=False)
    ] = None,
    max_mse: Annotated[
        float | None, typer.Option(help="The bound of --fallback.", show_default=False)
    ] = None,
    bfloat16: Annotated[
        bool, typer.Option("--bfloat16", help="Arrow: fixed_size_binary[2] is bfloat16.")
    ] = False,
    skip_others: Annotated[
        bool, typer.Option("--skip-others", help="Leave out tensors that are no floats.")
    ] = False,
    continue_on_error: Annotated[
        bool, typer.Option("--continue-on-error", help="Leave out layers with errors.")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Measure what every layer lost.")
    ] = False,
    threads: Threads = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Pack the weights of a model into 2 to 8 bits each, in an Arrow file.

    The output appears only when it is whole. Exits with 1 if a layer was left out because
    of an error.
    """
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
        task = bar.add_task("layers", total=None)
        done = bw.quantize_file(
            file,
            output,
            others="skip" if skip_others else "raise",
            continue_on_error=continue_on_error,
            overwrite=overwrite,
            bit_width=bits,
            group_size=group_size,
            scheme=scheme.value,
            granularity=granularity.value,
            clip=clip.value,
            percentile=percentile,
            scale_type=scale_type.value,
            errors=report,
            fallback=None if fallback is None else _widths(fallback),
            min_cosine=min_cosine,
            max_mse=max_mse,
            bfloat16=bfloat16,
            progress=lambda ready, total, _: bar.update(task, completed=ready, total=total),
            threads=threads,
        )
    if as_json:
        print(done.to_json())
    elif not quiet:
        _print(done)
    for error in [] if as_json else done.errors:
        typer.echo(f"{error['kind']}: {error['message']}", err=True)
    if not done.ok:
        raise typer.Exit(1)


def dequantize(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="What `quantize` wrote.", show_default=False),
    ],
    output: Annotated[
        str,
        typer.Option("--output", "-o", help=".safetensors, or Arrow.", show_default=False),
    ],
    threads: Threads = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write the weights that codes stand for, as float32."""
    layers = bw.dequantize_file(file, output, overwrite=overwrite, threads=threads)
    if as_json:
        print(json.dumps({"path": file, "output": output, "layers": layers}))
    elif not quiet:
        print(f"{output}: {layers:,} layers")


def _widths(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise bw.BarrowArgumentError(
            message("--fallback", f'"{shown(text)}", expected widths', tries=["--fallback 2,4,8"])
        )
    return tuple(map(int, parts))


def _print(done: bw.QuantizeReport) -> None:
    print(
        f"{done.output}: {len(done.layers):,} layers, {done.values:,} values, "
        f"{done.bytes_in:,} bytes in, {done.bytes_out:,} out, {done.seconds:.2f} s"
    )
    for layer in done.layers if done.layers and "mse" in done.layers[0] else []:
        print(f"  {_line(layer)}")
    for name, dtype in done.skipped:
        print(f'  skipped "{shown(name)}": {shown(dtype)}')


def _line(layer: dict[str, Any]) -> str:
    line = f"{shown(layer['layer_name'])}: {layer['bit_width']} bits, mse {layer['mse']:.3g}, "
    line += f"largest {layer['max_abs']:.3g}, cosine {layer['cosine']:.6f}, "
    line += f"{layer['snr_db']:.1f} dB"
    return line + ("" if layer.get("bound_met", True) else ", the bound is not met")
