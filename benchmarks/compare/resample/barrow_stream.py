"""barrow: a Resampler that gets 10,000 rows at a time."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
import numpy as np

from compare.resample import TEN, VALUES, Answer, source

NAME = "barrow Resampler, batches of 10,000"
VERSION = bw.__version__
THREADS = 1
_ROWS = 10_000


def setup(path: Path) -> None:
    global _parts
    bars = source(path)
    _parts = [bars[at : at + _ROWS] for at in range(0, len(bars), _ROWS)]


def run() -> dict[str, list[bw.Bars]]:
    resampler = bw.Resampler(TEN)
    found: dict[str, list[bw.Bars]] = {name: [] for name in TEN}
    for part in _parts:
        for name, bars in resampler.push(part).items():
            found[name].append(bars)
    for name, bars in resampler.finish().items():
        found[name].append(bars)
    return found


def answer(result: dict[str, list[bw.Bars]]) -> Answer:
    names = {"time": "ts_event", **{name: name for name in VALUES}}
    return {
        timeframe: {
            name: np.concatenate([bars.raw(column) for bars in several]).astype(np.int64)
            for name, column in names.items()
        }
        for timeframe, several in result.items()
    }
