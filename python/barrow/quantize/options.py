"""How values become codes: what the caller may choose, checked."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from barrow.errors import BarrowArgumentError, message

WIDTHS = (2, 3, 4, 5, 6, 8)
SCHEMES = ("affine", "symmetric")
GRANULARITIES = ("group", "row", "tensor")
CLIPS = ("none", "percentile", "mse")
SCALE_TYPES = ("float32", "float16")
# The numbers the kernels know for ways to clip; 3 says that scales are given.
GIVEN = 3
MOST_GROUP = 2**32 - 1

Progress = Callable[[int, int, str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizeOptions:
    """How values become codes, and what is done about layers that do not.

    Attributes:
        bit_width: Bits of a code: 2, 3, 4, 5, 6 or 8.
        group_size: Values that share a scale, if `granularity` is "group"; groups follow
            each other through the values of a layer, and the last one may be shorter.
        scheme: "affine" has codes from 0 and a zero point, "symmetric" signed codes.
        granularity: "group"; "row", a scale for each index of the first axis; or "tensor".
        clip: "none" takes the least and the largest value of a group, "percentile" the
            range that holds `percentile` of a hundred values below its upper end, "mse"
            the range with the least squared error, of 81 shrunk by hundredths.
        percentile: From 50 to 100.
        scale_type: "float32", or "float16": half the memory, scales rounded up.
        threads: Threads that work on layers and parts of them; the bytes are the same
            with any number. None takes as many as there are CPUs.
    """

    bit_width: int = 4
    group_size: int = 128
    scheme: str = "affine"
    granularity: str = "group"
    clip: str = "none"
    percentile: float = 99.9
    scale_type: str = "float32"
    threads: int | None = None

    def __post_init__(self) -> None:
        _one_of("bit_width", self.bit_width, WIDTHS)
        _one_of("scheme", self.scheme, SCHEMES)
        _one_of("granularity", self.granularity, GRANULARITIES)
        _one_of("clip", self.clip, CLIPS)
        _one_of("scale_type", self.scale_type, SCALE_TYPES)
        if not 1 <= self.group_size <= MOST_GROUP:
            raise _wrong("group_size", self.group_size, f"1 to {MOST_GROUP}")
        if not 50 <= self.percentile <= 100:
            raise _wrong("percentile", self.percentile, "50 to 100")
        if self.threads is not None and self.threads < 1:
            raise _wrong("threads", self.threads, "1 or more, or None")

    @property
    def symmetric(self) -> bool:
        """Whether codes are signed."""
        return self.scheme == "symmetric"

    @property
    def half(self) -> bool:
        """Whether scales are float16."""
        return self.scale_type == "float16"

    @property
    def workers(self) -> int:
        """How many threads there are to be."""
        return self.threads or len(os.sched_getaffinity(0))

    def group_of(self, shape: tuple[int, ...], count: int) -> int:
        """How many values share a scale.

        Args:
            shape: Of the layer; one that has a single axis is one row.
            count: Values of the layer.
        """
        if self.granularity == "group":
            return self.group_size
        rows = shape[0] if self.granularity == "row" and len(shape) > 1 and count else 1
        return max(count // rows, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """When a layer is good enough.

    Attributes:
        min_cosine: The least cosine between values and what their codes stand for.
        max_mse: The largest mean squared error.
    """

    min_cosine: float | None = None
    max_mse: float | None = None

    def holds(self, cosine: float, mse: float) -> bool:
        """Whether a layer is good enough."""
        return (self.min_cosine is None or cosine >= self.min_cosine) and (
            self.max_mse is None or mse <= self.max_mse
        )


def checked_fallback(widths: tuple[int, ...] | None, bound: Bound) -> tuple[int, ...] | None:
    """The widths to try, rising; an error if they are none or no bound is there."""
    bounded = bound.min_cosine is not None or bound.max_mse is not None
    if widths is None:
        if bounded:
            raise BarrowArgumentError(
                message(
                    "fallback",
                    "there is a bound, but no widths to reach it with",
                    tries=["fallback=(2, 4, 8)"],
                )
            )
        return None
    for width in widths:
        _one_of("fallback", width, WIDTHS)
    if not bounded or not widths or list(widths) != sorted(set(widths)):
        raise BarrowArgumentError(
            message(
                "fallback",
                f"{widths!r}, expected rising widths and a bound",
                tries=["fallback=(2, 4, 8), min_cosine=0.99", "max_mse=1e-6"],
            )
        )
    return tuple(widths)


def _one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        raise _wrong(name, value, "one of " + ", ".join(map(repr, allowed)))


def _wrong(name: str, value: object, expected: str) -> BarrowArgumentError:
    return BarrowArgumentError(message(name, f"{value!r}, expected {expected}"))
