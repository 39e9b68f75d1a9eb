"""Amounts and ratios as the kernel takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from barrow._arrow import Encoding
from barrow.adjust.adjustments import Adjustments
from barrow.adjust.exact import as_text, decimals_of
from barrow.errors import BarrowArgumentError, message

Array = np.ndarray[Any, Any]
_WORD = 2**64
# The kernel keeps the two lowest words apart from the highest.
_LEAST_WORDS = 3


@dataclass(frozen=True)
class Factors:
    """The fraction of every segment, as words of 64 bits.

    Attributes:
        words: Of each the word before the point and those behind it, rounded up.
        starts: Where those of each start, and where the last ones end; a fraction of
            one has none.
    """

    words: Array
    starts: Array


def make_factors(ratios: Sequence[Fraction], encoding: Encoding, precision: int) -> Factors:
    """Fractions for the kernel, divided by the unit that a precision leaves.

    Args:
        ratios: One for every segment, above zero.
        encoding: How values are stored.
        precision: Decimals of the products.

    Raises:
        BarrowArgumentError: A ratio is so large that every product is out of range.
    """
    unit = 10 ** (encoding.scale - precision)
    words: list[int] = []
    starts = [0]
    for ratio in ratios:
        if ratio != 1:
            words += _words_of(ratio, ratio / unit, 8 * encoding.width)
        starts.append(len(words))
    return Factors(np.array(words, np.uint64), np.array(starts, np.int64))


def _words_of(ratio: Fraction, factor: Fraction, bits: int) -> list[int]:
    """A fraction rounded up, so precisely that the kernel can tell exact products."""
    # `ratio.mojo` has the proof: 2**(64 * count) > 2 * denominator * 2**bits.
    count = max(_LEAST_WORDS, -(-(bits + factor.denominator.bit_length() + 2) // 64))
    whole = -(-factor.numerator * _WORD**count // factor.denominator)
    if whole >= _WORD ** (count + 1):
        raise BarrowArgumentError(
            message("ratio", f"{as_text(ratio)} is more than any price can be multiplied by")
        )
    return [whole >> 64 * at & (_WORD - 1) for at in range(count, -1, -1)]


def make_amounts(adjustments: Adjustments, encoding: Encoding, precision: int) -> Array:
    """Amounts as raw values: little-endian words of 64 bits, one or two for each segment.

    Args:
        adjustments: Additive ones.
        encoding: How values are stored.
        precision: Decimals of the sums.

    Raises:
        BarrowArgumentError: One has more decimals, or is larger than any difference of
            two prices.
    """
    data = bytearray()
    for value in adjustments.values:
        count = decimals_of(value)
        if count is None or count > precision:
            tries = []
            if count is not None and count <= encoding.scale:
                tries = [f"price_precision={count}"]
            raise BarrowArgumentError(
                message(
                    "amount", f"{as_text(value)} has more than {precision} decimals", tries=tries
                )
            )
        raw = int(value * 10**encoding.scale)
        # Of 64 bits the difference of two prices may have one more.
        if abs(value) > 2 * encoding.price_max or not _fits(raw, encoding.width):
            raise BarrowArgumentError(
                message(
                    "amount",
                    f"{as_text(value)} is beyond the prices of {encoding.name}, "
                    f"{encoding.price_max:_}",
                )
            )
        data += raw.to_bytes(encoding.width, "little", signed=True)
    return np.frombuffer(bytes(data), np.uint8)


def _fits(raw: int, width: int) -> bool:
    limit: int = 1 << (8 * width - 1)
    return -limit <= raw < limit
