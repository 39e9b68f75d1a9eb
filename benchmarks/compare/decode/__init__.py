"""Four price columns of FixedSizeBinary values to numbers, into memory that is given."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import barrow as bw
import numpy as np

from compare import Floor, Verdict
from compare.bars import Array
from compare.bars import reference as read_bars

TITLE = "four columns of 8-byte values to float64 or int64, into given buffers touched before"
ROWS = 10_000_000
PRICES = ("open", "high", "low", "close")
_SAMPLED = 1_000


@dataclass(frozen=True)
class Reference:
    """Raw integers, and the doubles nearest to the exact values."""

    raws: dict[str, Array]
    doubles: dict[str, Array]


@cache
def stored(path: Path, encoding: str = "fixed8") -> bw.Bars:
    """The bars of a file, whose stored columns the rivals take.

    They are compared with a reference in which barrow has no part.
    """
    bars = bw.read_csv(path, encoding="fixed8")
    return bars if encoding == "fixed8" else bw.Bars.from_arrow(bars.to_arrow(encoding))


def raw_columns(path: Path) -> list[Array]:
    """The memory of the columns, read as NumPy reads it: 64-bit integers."""
    table = stored(path).to_arrow()
    return [np.frombuffer(table[name].chunk(0).buffers()[1], np.int64) for name in PRICES]


def buffers(rows: int, dtype: Any) -> list[Array]:
    """Memory to decode into, touched already."""
    return [np.full(rows, 1, dtype) for _ in PRICES]


def reference(path: Path) -> Reference:
    """One IEEE division of exact doubles, and a sample of it by exact fractions.

    Raises:
        SystemExit: A raw value is no exact double, or the two disagree.
    """
    raws = {name: read_bars(path).columns[name] for name in PRICES}
    doubles = {}
    for name, raw in raws.items():
        if np.abs(raw).max() > 2**53:
            raise SystemExit(f"{path}: {name} has raw values beyond 2**53")
        doubles[name] = raw / 1e9
        for at in np.random.default_rng(1).integers(0, len(raw), _SAMPLED).tolist():
            if float(Fraction(int(raw[at]), 10**9)) != doubles[name][at]:
                raise SystemExit(f"{path}: row {at + 1}: {raw[at]} / 1e9 is not the nearest")
    return Reference(raws, doubles)


def describe(reference: Reference) -> dict[str, Any]:
    rows = len(reference.raws["open"])
    return {
        "rows": rows,
        "checked": f"NumPy's raw / 1e9 bit for bit, {4 * _SAMPLED:,} of them exact fractions",
        "bytes": 8 * rows * len(PRICES),
        "rate_of": "the four columns",
    }


def judge(reference: Reference, answer: list[Array]) -> Verdict:
    """Compares bit for bit."""
    floating = answer[0].dtype == np.float64
    wanted = reference.doubles if floating else reference.raws
    kind = "float64" if floating else "int64"
    for name, found in zip(PRICES, answer, strict=True):
        wrong = np.flatnonzero(found.view(np.int64) != wanted[name].view(np.int64))
        if len(wrong):
            at = int(wrong[0])
            note = f"{len(wrong):,} of {name}, first in row {at + 1}: {found[at]!r}"
            return Verdict(False, kind, note)
    return Verdict(True, kind)


def floors(path: Path, reference: Reference) -> list[Floor]:
    sources, targets = raw_columns(path), buffers(len(reference.raws["open"]), np.int64)

    def copy() -> None:
        for source, target in zip(sources, targets, strict=True):
            np.copyto(target, source)

    return [Floor("memcpy of the columns", copy)]
