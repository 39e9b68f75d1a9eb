"""Values to codes, in parts, by several threads."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from barrow._columns import Array
from barrow._lib import native
from barrow.errors import BarrowArgumentError, BarrowError, message
from barrow.quantize.options import CLIPS, GIVEN, QuantizeOptions
from barrow.quantize.quality import Sums
from barrow.quantize.team import Team

# What is done at a time where nothing is shared; a quarter of a millisecond.
PART = 1 << 20
# Shares of threads, in values: a call costs some microseconds, and the last share may be
# waited for.
_LEAST_SHARE, _MOST_SHARE = 1 << 18, 1 << 22
_SHARES = 4
# Below as many values threads cost more than they bring.
_FEW = 1 << 21
# Outputs of as many bytes are written past the caches: they leave them to the values, which
# are read twice.
_STREAMED = 4 << 20

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the codes of a layer go.

    Attributes:
        values: The bytes of the values.
        width: Bytes of a value.
        kind: How values are stored.
        group: Values of a group.
        options: How they become codes.
        codes: Packed codes.
        scales: A scale for every group, float32 or float16.
        zeros: A zero for every group, of the same type.
        where: How errors name the layer.
    """

    values: Array
    width: int
    kind: int
    group: int
    options: QuantizeOptions
    codes: Array
    scales: Array
    zeros: Array
    where: str

    @property
    def count(self) -> int:
        """Values."""
        return len(self.values) // self.width

    def part(self, begin: int, end: int) -> Target:
        """Whole groups of it, or a part of one group that begins with a whole byte."""
        bits = self.options.bit_width
        first, last = begin // self.group, -(-end // self.group)
        return Target(
            self.values[begin * self.width : end * self.width],
            self.width,
            self.kind,
            self.group,
            self.options,
            self.codes[begin * bits // 8 : packed_length(end, bits)],
            self.scales[first:last],
            self.zeros[first:last],
            self.where,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a layer: where it begins, and whether its scale is known already."""

    layer: int
    target: Target
    begin: int
    given: bool
    past_caches: bool = False


def packed_length(codes: int, bits: int) -> int:
    """Bytes that codes take."""
    return (codes * bits + 7) // 8


def run_all(
    work: Callable[[_Job], _Result], jobs: Iterable[_Job], workers: int
) -> Iterator[_Result]:
    """The results of jobs, in their order."""
    listed = list(jobs)
    with Team(min(workers, len(listed))) as team:
        yield from team.run(work, listed)


def encode(
    targets: Sequence[Target], workers: int, done: Callable[[int], object]
) -> dict[int, BarrowError]:
    """Quantizes layers, one after another, so that the second look at one finds what is
    in the caches of it.

    Args:
        targets: The layers.
        workers: Threads.
        done: Is told the index of every layer that is finished.

    Returns:
        What is wrong with layers, by their index.
    """
    total = sum(target.count for target in targets)
    workers = workers_for(total, workers)
    share = share_of(total, workers)
    past_caches = sum(target.codes.nbytes for target in targets) >= _STREAMED
    faults: dict[int, BarrowError] = {}
    waiting: list[Part] = []
    with Team(workers) as team:

        def code(parts: list[Part]) -> None:
            left = Counter(part.layer for part in parts)
            for part, (stop, unfit) in zip(parts, team.run(codes_of, parts), strict=True):
                if stop >= 0:
                    target = targets[part.layer]
                    fault = too_large(target) if unfit else not_finite(target, part.begin + stop)
                    faults.setdefault(part.layer, fault)
                left[part.layer] -= 1
                if not left[part.layer]:
                    done(part.layer)
            parts.clear()

        for i, target in enumerate(targets):
            if not target.count:
                code(waiting)
                done(i)
                continue
            if not (in_pieces(target) and (target.group > _MOST_SHARE or target.count > share)):
                for begin, end in groups_of(target, share):
                    waiting.append(Part(i, target.part(begin, end), begin, False, past_caches))
                continue
            code(waiting)
            pieces = [
                Part(i, target.part(begin, end), begin, True, past_caches)
                for begin, end in pieces_of(target, share)
            ]
            if fault := _find_grids(target, pieces, team):
                faults[i] = fault
            else:
                code(pieces)
        code(waiting)
    return faults


def workers_for(values: int, workers: int) -> int:
    """How many threads pay for as many values."""
    return 1 if values < _FEW else workers


def share_of(values: int, workers: int) -> int:
    """Values that a thread takes at a time, a multiple of 8."""
    if workers == 1:
        return _MOST_SHARE
    return min(max(values // (_SHARES * workers) // 8 * 8, _LEAST_SHARE), _MOST_SHARE)


def _find_grids(target: Target, pieces: Sequence[Part], team: Team) -> BarrowError | None:
    """Chooses the scales of a layer whose groups are shared; or says what is wrong with it."""
    groups: dict[int, list[tuple[float, float]]] = {}
    for piece, (low, high, bad) in zip(pieces, team.run(_range, pieces), strict=True):
        if bad >= 0:
            return not_finite(target, piece.begin + int(bad))
        groups.setdefault(piece.begin // target.group, []).append((low, high))
    return set_grids(target, groups)


def in_pieces(target: Target) -> bool:
    """Whether groups are so large that threads share one."""
    whole = target.group % 8 == 0 or target.group >= target.count
    return target.options.clip == "none" and target.group > PART and whole


def pieces_of(target: Target, size: int = PART) -> Iterator[tuple[int, int]]:
    """Parts of groups."""
    for first in range(0, target.count, target.group):
        end = min(first + target.group, target.count)
        for begin in range(first, end, size):
            yield begin, min(begin + size, end)


def groups_of(target: Target, size: int = PART) -> Iterator[tuple[int, int]]:
    """Ranges of whole groups that begin with a whole byte."""
    step = math.lcm(target.group, 8)
    step *= max(size // step, 1)
    for begin in range(0, target.count, step):
        yield begin, min(begin + step, target.count)


def _range(part: Part) -> tuple[float, float, int]:
    return native.quantize_range(part.target.values, part.target.kind)


def set_grids(target: Target, groups: dict[int, list[tuple[float, float]]]) -> BarrowError | None:
    """Chooses scales by the ranges of the pieces of every group."""
    options = target.options
    for group, ranges in groups.items():
        scale, zero = native.quantize_grid(
            min(low for low, _ in ranges),
            max(high for _, high in ranges),
            options.bit_width,
            options.symmetric,
            options.half,
        )
        if math.isinf(scale):
            return too_large(target)
        target.scales[group], target.zeros[group] = scale, zero
    return None


def codes_of(part: Part) -> tuple[int, int]:
    """Makes codes; tells where it stopped, and whether because of a scale."""
    target, options = part.target, part.target.options
    single = target.scales.dtype == np.float32
    scales = target.scales if single else target.scales.astype(np.float32)
    zeros = target.zeros if single else target.zeros.astype(np.float32)
    choices = (
        options.bit_width,
        options.symmetric,
        target.group,
        options.half,
        GIVEN if part.given else CLIPS.index(options.clip),
        options.percentile / 100,
        part.past_caches,
    )
    stop = native.quantize_groups(target.values, target.kind, choices, scales, zeros, target.codes)
    if not single and stop[0] < 0:
        target.scales[:], target.zeros[:] = scales, zeros
    return stop


def decode(
    codes: Array,
    levels: tuple[int, bool],
    group: int,
    scales: Array,
    zeros: Array,
    values: Array,
    share: int = PART,
) -> Iterator[Callable[[], None]]:
    """The work of turning codes into values, in parts that threads may do in any order."""
    step = math.lcm(group, 8)
    step *= max(share // step, 1)
    # Parts of one group share its scale.
    if group >= len(values) > share:
        step = share
    how = (*levels, values.nbytes >= _STREAMED)
    for begin in range(0, len(values), step):
        end = min(begin + step, len(values))
        some = codes[begin * levels[0] // 8 : packed_length(end, levels[0])]
        groups = slice(begin // group, -(-end // group))
        yield _decoding(some, how, group, scales[groups], zeros[groups], values[begin:end])


def _decoding(
    codes: Array,
    how: tuple[int, bool, bool],
    group: int,
    scales: Array,
    zeros: Array,
    values: Array,
) -> Callable[[], None]:
    def run() -> None:
        single, other = scales.astype(np.float32, copy=False), zeros.astype(np.float32, copy=False)
        native.quantize_values(codes, how, group, single, other, values)

    return run


def lost(target: Target) -> Sums:
    """What the codes of a layer lost, part by part in order."""
    levels = (target.options.bit_width, target.options.symmetric)
    total = Sums()
    for begin, end in pieces_of(target) if in_pieces(target) else groups_of(target):
        part = target.part(begin, end)
        scales = part.scales.astype(np.float32, copy=False)
        zeros = part.zeros.astype(np.float32, copy=False)
        total += Sums.of(
            part.count,
            native.quantize_errors(
                part.values, part.kind, part.codes, levels, part.group, scales, zeros
            ),
        )
    return total


def not_finite(target: Target, index: int) -> BarrowError:
    """The error of a value that has no code."""
    return BarrowArgumentError(
        message(
            target.where,
            f"value {index} is NaN, or infinite in float32, expected a finite number",
            tries=["replacing it first", "continue_on_error=True to leave the layer out"],
        )
    )


def too_large(target: Target) -> BarrowError:
    """The error of a scale that float16 has no room for."""
    return BarrowArgumentError(
        message(
            target.where,
            "a scale is larger than float16 holds, 65504",
            tries=['scale_type="float32"'],
        )
    )
