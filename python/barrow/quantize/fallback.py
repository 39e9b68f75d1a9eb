"""The least width of a layer with which a bound holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from barrow._columns import Array
from barrow._lib import native
from barrow.errors import BarrowError
from barrow.quantize.kernel import (
    Part,
    Target,
    codes_of,
    groups_of,
    in_pieces,
    not_finite,
    packed_length,
    pieces_of,
    set_grids,
    too_large,
)
from barrow.quantize.options import Bound
from barrow.quantize.quality import Sums


def least_width(
    target: Target, widths: tuple[int, ...], bound: Bound
) -> tuple[int, bool] | BarrowError:
    """Tries widths; codes are made part by part and forgotten, so it takes little memory.

    Args:
        target: A layer; where its codes go is not used.
        widths: The widths to try, rising.
        bound: What must hold.

    Returns:
        The first width with which it holds, or the last one, and whether it holds; or
        what is wrong with the layer.
    """
    for width in widths:
        options = replace(target.options, bit_width=width)
        sums = _lost(replace(target, options=options))
        if isinstance(sums, BarrowError):
            return sums
        quality = sums.quality()
        if bound.holds(quality.cosine, quality.mse):
            return width, True
    return widths[-1], False


def _lost(target: Target) -> Sums | BarrowError:
    total = Sums()
    whole = in_pieces(target)
    groups: dict[int, list[tuple[float, float]]] = {}
    if whole:
        count = -(-target.count // target.group)
        target = replace(target, scales=_scales(target, count), zeros=_scales(target, count))
        for begin, end in pieces_of(target):
            low, high, bad = native.quantize_range(_bytes(target, begin, end), target.kind)
            if bad >= 0:
                return not_finite(target, begin + int(bad))
            groups.setdefault(begin // target.group, []).append((low, high))
        if fault := set_grids(target, groups):
            return fault
    levels = (target.options.bit_width, target.options.symmetric)
    for begin, end in pieces_of(target) if whole else groups_of(target):
        first, last = begin // target.group, -(-end // target.group)
        part = replace(
            target,
            values=_bytes(target, begin, end),
            codes=np.empty(packed_length(end - begin, levels[0]), np.uint8),
            scales=target.scales[first:last] if whole else _scales(target, last - first),
            zeros=target.zeros[first:last] if whole else _scales(target, last - first),
        )
        stop, unfit = codes_of(Part(0, part, begin, whole))
        if stop >= 0:
            return too_large(target) if unfit else not_finite(target, begin + stop)
        scales = part.scales.astype(np.float32, copy=False)
        zeros = part.zeros.astype(np.float32, copy=False)
        total += Sums.of(
            part.count,
            native.quantize_errors(
                part.values, part.kind, part.codes, levels, part.group, scales, zeros
            ),
        )
    return total


def _bytes(target: Target, begin: int, end: int) -> Array:
    return target.values[begin * target.width : end * target.width]


def _scales(target: Target, count: int) -> Array:
    return np.zeros(count, np.float16 if target.options.half else np.float32)
