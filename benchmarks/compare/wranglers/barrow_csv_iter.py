"""barrow: the text itself to one record after the other, none of them kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import barrow as bw

from compare.bars import Answer
from compare.records import to_answer, wrangler

NAME = "barrow, from_csv_iter(chunk_size=10_000)"
VERSION = bw.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _wrangler, _path
    _wrangler, _path = wrangler(path), path


def _records() -> Iterator[bw.Bar]:
    return _wrangler.from_csv_iter(_path, chunk_size=10_000, threads=1)


def run() -> None:
    deque(_records(), 0)


def answer(result: None) -> Answer:
    return to_answer(list(_records()), 9)
