"""NautilusTrader's decoder of streams, in Rust."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nautilus_trader.core.nautilus_pyo3 import BarDataWrangler

from compare import version
from compare.bars import Answer
from compare.nautilus import ENCODING, SCALE
from compare.records import read_source, read_stream, to_answer

NAME = "nautilus_trader, process_record_batch_bytes"
VERSION = version("nautilus_trader")
THREADS = 1


def setup(path: Path) -> None:
    global _wrangler, _data
    _wrangler = BarDataWrangler(*read_source(path).wrangler_arguments)
    _data = read_stream(path, ENCODING)


def run() -> list[Any]:
    return _wrangler.process_record_batch_bytes(_data)


def answer(result: list[Any]) -> Answer:
    return to_answer(result, SCALE)
