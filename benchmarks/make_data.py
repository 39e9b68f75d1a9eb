"""Seeded minute bars as CSV, of any size; no downloads.

    python benchmarks/make_data.py bars.csv --rows 2000000
    python benchmarks/make_data.py crypto.csv --kind crypto --megabytes 300

A block of 180 days is generated and then repeated with advancing dates, because
formatting millions of numbers would take longer than reading them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

Array = np.ndarray[Any, Any]
Generator = np.random.Generator

SEED = 20240102
_HEADER = b"timestamp,open,high,low,close,volume\n"
_FIRST_DAY = "2004-01-05"
_DAY_CHARS = len(_FIRST_DAY)
_DAY_ROWS = 24 * 60
_BLOCK_DAYS = 180
_SHORTEST_ROW = 30


def make_bars(path: Path, rows: int, seed: int = SEED, decimals: int = 5) -> None:
    """Writes minute bars as spot FX has them: few layouts, whole volumes.

    Args:
        path: Where.
        rows: How many bars.
        seed: The same seed gives the same file.
        decimals: Decimals of prices; trailing zeros are written.
    """
    _write(path, lambda rng, count: _plain_rows(rng, count, decimals), seed, rows=rows)


def make_file(
    path: Path,
    kind: str,
    *,
    rows: int | None = None,
    megabytes: float | None = None,
    seed: int = SEED,
) -> None:
    """Writes bars of one kind.

    Args:
        path: Where.
        kind: One of `KINDS`.
        rows: How many bars, or
        megabytes: how large the file is, to the nearest row below.
        seed: The same seed gives the same file.
    """
    size = None if megabytes is None else round(megabytes * 1e6)
    _write(path, KINDS[kind], seed, rows=rows, size=size)


def _walk(rng: Generator, rows: int, start: int, reach: int, wick: int) -> list[Array]:
    """Open, high, low and close in ticks: a random walk that never falls below half."""
    floor = start // 2
    walk = start + np.cumsum(rng.integers(-reach, reach + 1, rows))
    closes = np.abs(walk - floor) + floor
    opens = np.concatenate([[start], closes[:-1]])
    highs = np.maximum(opens, closes) + rng.integers(0, wick, rows)
    lows = np.minimum(opens, closes) - rng.integers(0, wick, rows)
    return [opens, highs, lows, closes]


def _plain_rows(rng: Generator, rows: int, decimals: int = 5) -> list[str]:
    unit = 10**decimals
    prices = [
        [f"{v // unit}.{v % unit:0{decimals}d}" for v in column.tolist()]
        for column in _walk(rng, rows, 108_421, 12, 6)
    ]
    volumes = np.minimum(rng.lognormal(4.8, 0.9, rows), 99_999).astype(np.int64)
    return _joined(" {}:00", prices, [str(v) for v in volumes.tolist()])


def _stripped_rows(rng: Generator, rows: int) -> list[str]:
    """Shortest decimals everywhere: hundreds of layouts, hardly two rows alike."""
    prices = [
        [_shortest(v, 5) for v in column.tolist()] for column in _walk(rng, rows, 157_597, 60, 40)
    ]
    decimals = rng.integers(0, 3, rows)
    amounts = np.minimum(rng.lognormal(5, 2, rows), 99_999) * 10.0**decimals
    volumes = [
        _shortest(v, d)
        for v, d in zip(amounts.astype(np.int64).tolist(), decimals.tolist(), strict=True)
    ]
    return _joined(" {}:00", prices, volumes)


def _crypto_rows(rng: Generator, rows: int) -> list[str]:
    """Prices in halves; volumes below 2**23, where doubles still resolve 10**-9."""
    prices = [
        [f"{v // 2}.{v % 2 * 5}" for v in column.tolist()]
        for column in _walk(rng, rows, 92_638, 40, 30)
    ]
    decimals = rng.integers(1, 9, rows)
    wholes = np.minimum(rng.lognormal(10, 2, rows), 8_000_000).astype(np.int64)
    fractions = rng.integers(0, 10**decimals)
    volumes = [
        f"{w}.{f:0{d}d}"
        for w, f, d in zip(wholes.tolist(), fractions.tolist(), decimals.tolist(), strict=True)
    ]
    return _joined(" {}:00.000000", prices, volumes)


def _shortest(value: int, decimals: int) -> str:
    unit = 10**decimals
    fraction = f"{value % unit:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{value // unit}.{fraction}" if fraction else str(value // unit)


def _joined(clock: str, prices: list[list[str]], volumes: list[str]) -> list[str]:
    """Rows without their date."""
    minutes = [clock.format(f"{m // 60:02d}:{m % 60:02d}") for m in range(_DAY_ROWS)]
    clocks = minutes * (len(volumes) // _DAY_ROWS + 1)
    return [
        f"{t},{o},{h},{low},{c},{v}\n"
        for t, o, h, low, c, v in zip(clocks, *prices, volumes, strict=False)
    ]


KINDS: dict[str, Callable[[Generator, int], list[str]]] = {
    "bars": _plain_rows,
    "stripped": _stripped_rows,
    "crypto": _crypto_rows,
}


def _write(
    path: Path,
    make_rows: Callable[[Generator, int], list[str]],
    seed: int,
    *,
    rows: int | None = None,
    size: int | None = None,
) -> None:
    if (rows is None) == (size is None):
        raise ValueError("give either rows or a size")
    needed = rows if rows is not None else (size or 0) // _SHORTEST_ROW + 1
    block_rows = min(needed, _BLOCK_DAYS * _DAY_ROWS)
    tails = make_rows(np.random.default_rng(seed), block_rows)
    starts = np.cumsum([0] + [_DAY_CHARS + len(tail) for tail in tails])
    blank = " " * _DAY_CHARS
    block = np.frombuffer(bytearray("".join(blank + tail for tail in tails), "ascii"), np.uint8)
    limit = None if size is None else max(size - len(_HEADER), 0)
    with path.open("wb") as file:
        file.write(_HEADER)
        _repeat(file, block, starts, rows, limit)


def _repeat(
    file: BinaryIO, block: Array, starts: Array, rows: int | None, limit: int | None
) -> None:
    """Writes the block over and over, with new dates, up to a number of rows or bytes."""
    block_rows = len(starts) - 1
    date_bytes = starts[:-1, None] + np.arange(_DAY_CHARS)
    day = np.datetime64(_FIRST_DAY, "D")
    while True:
        block[date_bytes] = _dates(day, block_rows)
        count = block_rows
        if rows is not None:
            count = min(count, rows)
            rows -= count
        if limit is not None:
            count = int(np.searchsorted(starts, limit, side="right")) - 1
            limit -= int(starts[count])
        file.write(block[: starts[count]].data)
        if count < block_rows or rows == 0:
            return
        day += _BLOCK_DAYS


def _dates(first: np.datetime64, rows: int) -> Array:
    """The date of every row as ASCII, one row of bytes each."""
    days = first + np.arange(-(-rows // _DAY_ROWS))
    text = np.datetime_as_string(days).astype(f"S{_DAY_CHARS}")
    return np.repeat(text.view(np.uint8).reshape(-1, _DAY_CHARS), _DAY_ROWS, axis=0)[:rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--rows", type=int)
    size.add_argument("--megabytes", type=float)
    parser.add_argument("--kind", choices=list(KINDS), default="bars")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    rows = arguments.rows
    if rows is None and arguments.megabytes is None:
        rows = 2_000_000
    make_file(
        arguments.path,
        arguments.kind,
        rows=rows,
        megabytes=arguments.megabytes,
        seed=arguments.seed,
    )


if __name__ == "__main__":
    main()
