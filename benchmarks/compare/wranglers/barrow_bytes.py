"""barrow: the bytes of a stream of 16-byte values to a list of records."""

from __future__ import annotations

from pathlib import Path

import barrow as bw

from compare.bars import Answer
from compare.records import read_stream, to_answer, wrangler

NAME = "barrow, process_record_batch_bytes"
VERSION = bw.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _inner, _data
    _inner, _data = wrangler(path)._inner, read_stream(path, "fixed16")


def run() -> list[bw.Bar]:
    return _inner.process_record_batch_bytes(_data)


def answer(result: list[bw.Bar]) -> Answer:
    return to_answer(result, 16)
