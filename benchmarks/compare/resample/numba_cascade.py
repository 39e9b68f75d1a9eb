"""The same loop by numba, each timeframe from the coarsest that will do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba

from compare.resample import TEN
from compare.resample import numba_each as each

NAME = "numba loop, cascade"
VERSION = numba.__version__
THREADS = 1
_FROM = {"15m": "5m", "30m": "15m", "1h": "30m", "4h": "1h", "1d": "4h", "1w": "1d", "1M": "1d",
         "1q": "1M", "1y": "1q"}  # fmt: skip
answer = each.answer


def setup(path: Path) -> None:
    each.setup(path)


def run() -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in TEN:
        made[name] = each.fold(name, made[_FROM[name]] if name in _FROM else each._columns)
    return made
