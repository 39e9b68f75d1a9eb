"""NumPy for ticks and volume, a loop in Python for the rest, over the first rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from compare.information import LOOPED, NAMES, TICK, VOLUME, Answer, arrays, looped, vectors

NAME = "NumPy, and Python's loops for what it cannot do"
VERSION = np.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _columns, _few
    _columns = arrays(path)
    _few = {name: column[:LOOPED] for name, column in _columns.items()}


def fraction() -> float:
    """Part of the rows; the two that are arrays only are scaled alike."""
    return len(_few["price"]) / len(_columns["price"])


def run() -> Answer:
    return {
        name: vectors(name, _few) if name in (TICK, VOLUME) else looped(name, _few)
        for name in NAMES
    }


def answer(result: Answer) -> Answer:
    whole = {name: vectors(name, _columns) for name in (TICK, VOLUME)}
    return {**result, **whole}
