"""pandas, then every value through `int(x * 1e9).to_bytes`: one Python object each.

Runs on the first rows only. Its doubles are compared like those of any other rival;
what the multiplication then does to them is counted.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from compare.bars import STAMP, VALUES, Answer, count_rows, from_pandas

NAME = "floats, int(x*1e9).to_bytes"
VERSION = pd.__version__
THREADS = 1
_ROWS = 100_000
_path = Path()

Result = tuple[pd.DataFrame, dict[str, "pd.Series[bytes]"]]


def setup(path: Path) -> None:
    global _path
    _path = path


def fraction() -> float:
    return min(1.0, _ROWS / count_rows(_path))


def run() -> Result:
    frame = pd.read_csv(_path, engine="c", parse_dates=[STAMP], nrows=_ROWS)
    return frame, {name: frame[name].apply(_to_bytes) for name in VALUES}


def _to_bytes(value: float) -> bytes:
    return int(value * 1e9).to_bytes(8, "little", signed=True)


def answer(result: Result) -> Answer:
    frame, encoded = result
    naive = {name: np.frombuffer(b"".join(cells), "<i8") for name, cells in encoded.items()}
    return replace(from_pandas(frame, partial=fraction() < 1), naive=naive)
