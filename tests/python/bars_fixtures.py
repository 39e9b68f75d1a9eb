"""Bars the tests of `Bars` look at, and what they should hold."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import barrow as bw
import numpy as np
import pyarrow as pa
import pytest
from barrow import Bars
from reference import VALUES

BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
START = 1_704_187_800 * 10**9
MINUTE = 60 * 10**9
STEMS = (
    ("1.0842", "1.0850", "1.0840", "1.0848", "312"),
    ("-2.5", "3", "-7.125", "0", "0"),
    ("9223372036", "9223372036", "-9223372036", "0.000000001", "18446744073"),
)


def write_csv(path: Path, rows: int) -> Path:
    lines = ["timestamp,open,high,low,close,volume"]
    lines += [f"{START // 10**9 + 60 * i},{','.join(STEMS[i % 3])}" for i in range(rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(params=["fixed8", "fixed16", "decimal128"])
def encoding(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def bars(tmp_path: Path, encoding: str) -> Bars:
    path = write_csv(tmp_path / "bars.csv", 20)
    return bw.read_csv(path, bar_type=BAR_TYPE, encoding=encoding)


@pytest.fixture
def narrow(tmp_path: Path) -> Bars:
    return bw.read_csv(write_csv(tmp_path / "narrow.csv", 20), bar_type=BAR_TYPE)


@pytest.fixture
def split(bars: Bars) -> Bars:
    """The same bars in batches of 7, 7 and 6."""
    table = bars.to_arrow()
    batches = [b for i in (0, 7, 14) for b in table.slice(i, 7).to_batches()]
    return Bars.from_arrow(pa.Table.from_batches(batches))


def expected_raw(name: str, scale: int) -> list[int]:
    column = VALUES.index(name)
    return [int(Decimal(STEMS[i % 3][column]).scaleb(scale)) for i in range(20)]


def addresses(bars: Bars, name: str) -> list[int]:
    width = 8 if name in ("ts_event", "ts_init") or bars.encoding == "fixed8" else 16
    return [
        part.column(name).buffers()[1].address + part.column(name).offset * width
        for batch in bars.batches()
        for part in batch.to_arrow().to_batches()
    ]


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]
