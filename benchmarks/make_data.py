"""Seeded minute bars as CSV, of any size; no downloads.

A random walk in steps of one tick with five decimals, as spot FX has it, stamped
minute after minute, with log-normal volumes.

    python benchmarks/make_data.py bars.csv --rows 2000000
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

_BLOCK = 100_000


def make_bars(path: Path, rows: int, seed: int = 20240102, decimals: int = 5) -> None:
    """Writes a CSV file of minute bars.

    Args:
        path: Where.
        rows: How many bars.
        seed: The same seed gives the same file.
        decimals: Decimals of prices; trailing zeros are written.
    """
    rng = np.random.default_rng(seed)
    close = 108_421
    stamp = np.datetime64("2004-01-05T00:00:00", "s")
    unit = 10**decimals
    with path.open("w", newline="\n") as file:
        file.write("timestamp,open,high,low,close,volume\n")
        for begin in range(0, rows, _BLOCK):
            count = min(_BLOCK, rows - begin)
            steps = rng.integers(-12, 13, count)
            closes = np.abs(close + np.cumsum(steps) - 50_000) + 50_000
            opens = np.concatenate([[close], closes[:-1]])
            highs = np.maximum(opens, closes) + rng.integers(0, 6, count)
            lows = np.minimum(opens, closes) - rng.integers(0, 6, count)
            volumes = np.minimum(rng.lognormal(4.8, 0.9, count), 99_999).astype(np.int64)
            stamps = stamp + np.arange(begin, begin + count) * np.timedelta64(60, "s")
            text = np.char.replace(stamps.astype(str), "T", " ").tolist()
            prices = [
                [f"{v // unit}.{v % unit:0{decimals}d}" for v in column.tolist()]
                for column in (opens, highs, lows, closes)
            ]
            file.writelines(
                f"{t},{o},{h},{low},{c},{v}\n"
                for t, o, h, low, c, v in zip(text, *prices, volumes.tolist(), strict=True)
            )
            close = int(closes[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=20240102)
    arguments = parser.parse_args()
    make_bars(arguments.path, arguments.rows, arguments.seed)


if __name__ == "__main__":
    main()
