"""Records of a bar64 file in the page cache to columns in memory."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from compare import Floor, Verdict
from compare.bar64 import bars, describe
from compare.bars import STAMP, VALUES, Answer, Array, Reference, reference
from compare.bars import judge as judge_bars
from compare.measure import touch_floor

__all__ = ["NAMES", "ROWS", "TITLE", "describe", "floors", "judge", "reference", "stored"]

TITLE = "a bar64 file in the page cache to seven columns; its checksums verified or not"
ROWS = 10_000_000
NAMES = ("ts_event", "open", "high", "low", "close", "volume", "ts_init")
_FOLDER = TemporaryDirectory(prefix="barrow-bar64-")


@cache
def stored(path: Path) -> Path:
    """The bars of a file as bar64."""
    from barrow.bar64 import write_bar64

    output = Path(_FOLDER.name) / "bars.bar64"
    write_bar64(bars(path), output, overwrite=True)
    return output


def judge(reference: Reference, answer: dict[str, Array]) -> Verdict:
    """Compares every value of every row."""
    columns = {name: answer[name].view(np.int64) for name in VALUES}
    columns[STAMP] = answer["ts_event"].view(np.int64)
    return judge_bars(reference, Answer(columns, "exact"))


def floors(path: Path, reference: Reference) -> list[Floor]:
    """Copies into memory touched before, as `memcpy` does them."""
    size = stored(path).stat().st_size
    mapped = np.memmap(stored(path), np.uint8, "r")
    held, target = np.array(mapped), np.ones(size, np.uint8)
    columns = size // 64 * 56

    def copy(source: Any) -> None:
        np.copyto(target, source)

    return [
        Floor("memcpy of the records, in memory", lambda: copy(held)),
        Floor("memcpy of the records, from the mapped file", lambda: copy(mapped)),
        touch_floor(columns),
    ]
