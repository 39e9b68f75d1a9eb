"""barrow, checksums not looked at."""

from __future__ import annotations

from pathlib import Path

import barrow as bw
from barrow.bar64 import Bar64Reader

from compare.bar64_read import NAMES, stored
from compare.bars import Array

NAME = "barrow, checksums not looked at"
VERSION = bw.__version__
THREADS = 1


def setup(path: Path) -> None:
    global _path
    _path = stored(path)


def run() -> bw.Bars:
    with Bar64Reader(_path) as reader:
        return reader.bars(verify=False)


def answer(result: bw.Bars) -> dict[str, Array]:
    return {name: result.raw(name) for name in NAMES}
