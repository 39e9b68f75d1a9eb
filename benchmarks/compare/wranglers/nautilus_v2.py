"""NautilusTrader's wrangler for its Rust objects: a lambda per value, then its decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nautilus_trader.persistence.wranglers_v2 import BarDataWranglerV2

from compare import version
from compare.bars import STAMP, Answer
from compare.nautilus import SCALE
from compare.records import read_source, to_answer

NAME = "nautilus_trader, V2 from_pandas"
VERSION = version("nautilus_trader")
THREADS = 1


def setup(path: Path) -> None:
    global _wrangler, _frame
    source = read_source(path)
    _wrangler = BarDataWranglerV2(*source.wrangler_arguments)
    _frame = source.frame.rename(columns={STAMP: "ts_event"})


def run() -> list[Any]:
    return _wrangler.from_pandas(_frame)


def answer(result: list[Any]) -> Answer:
    return to_answer(result, SCALE)
