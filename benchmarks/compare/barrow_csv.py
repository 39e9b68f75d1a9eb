"""What the rivals that are barrow itself share."""

from __future__ import annotations

from typing import Any

import barrow as bw
from barrow.csv import CsvOptions

from compare import Unavailable
from compare.bars import BAR_TYPE, STAMP, VALUES, Answer

_HAS_THREADS = "threads" in CsvOptions.__dataclass_fields__


def options(threads: int) -> dict[str, Any]:
    """Options of `read_csv` and `ingest` for a number of threads.

    Raises:
        Unavailable: More than one is wanted, and this barrow has no such option.
    """
    if _HAS_THREADS:
        return {"bar_type": BAR_TYPE, "threads": threads}
    if threads > 1:
        raise Unavailable("this barrow has no option `threads`")
    return {"bar_type": BAR_TYPE}


def to_answer(bars: bw.Bars) -> Answer:
    """The raw integers of bars.

    Raises:
        ValueError: The bars are wider than 64 bits.
    """
    if bars.scale != 9:
        raise ValueError(f"the encoding is {bars.encoding}; answers are compared at scale 9")
    columns = {name: bars.raw(name).view("int64") for name in VALUES}
    columns[STAMP] = bars.raw("ts_event").view("int64")
    return Answer(columns, "exact")
