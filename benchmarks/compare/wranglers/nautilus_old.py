"""NautilusTrader's older wrangler, in Cython: an object per value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nautilus_trader.model.data import BarType
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.test_kit.providers import TestInstrumentProvider

from compare import version
from compare.bars import STAMP, Answer
from compare.nautilus import SCALE
from compare.records import read_source, to_answer

NAME = "nautilus_trader, BarDataWrangler.process"
VERSION = version("nautilus_trader")
THREADS = 1


def setup(path: Path) -> None:
    global _wrangler, _frame
    source = read_source(path)
    identity, prices, sizes = source.wrangler_arguments
    instrument = TestInstrumentProvider.default_fx_ccy("EUR/USD")
    if (instrument.price_precision, instrument.size_precision) != (prices, sizes):
        raise ValueError(f"the instrument has other decimals than {prices} and {sizes}")
    _wrangler = BarDataWrangler(BarType.from_str(identity), instrument)
    _frame = source.frame.set_index(STAMP)


def run() -> list[Any]:
    return _wrangler.process(_frame)


def answer(result: list[Any]) -> Answer:
    return to_answer(result, SCALE)
