"""What the stages of a pipeline do in these tests: sources grow, and more come."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import barrow as bw
from barrow import etl
from barrow.etl.io import ResampleIOFactory
from work import BARS, MINUTE, START, contents

HEADER = "timestamp,open,high,low,close,volume\n"
BAD = "1704187800,1,2,0,one,5\n"
SUFFIXES = {"binary": ".bar64", "text": ".csv", "arrow": ".arrows"}
TIMEFRAMES = ["5m", "1h", "1d"]
# Bars that go past the caches of the system; so many come here now and then.
WORTH_WRITING = mock.patch("barrow.etl.stages.records.WORTH_WRITING", 64)
TOLD = {"bar_type": BARS, "price_precision": 3, "size_precision": 0, "encoding": "fixed8"}


def line(number: int) -> str:
    """A bar whose every value follows from its number; there is one every 17 minutes."""
    price = 1000 + number * 7919 % 1000
    stamp = START // 10**9 + number * 17 * MINUTE // 10**9
    texts = [f"{value / 1000:.3f}" for value in (price, price + 1000, price - 1000, 1500)]
    return f"{stamp},{','.join(texts)},{number % 97}\n"


@dataclass(frozen=True)
class StageWork:
    """A pipeline that is run again and again, with more to read each time.

    Attributes:
        format: Of the files between stages.
        rows: Rows that come each time: half of them to a file that is there, half in a
            new one.
        times: How often.
    """

    format: str = "binary"
    rows: int = 120
    times: int = 4

    def run(self, root: Path, say: Callable[[int], None] = lambda _: None) -> None:
        """Does what is left of the work; says how many times are surely done."""
        for number in range(self.done(root), self.times):
            self.bring(root, number)
            self.stages(root)
            mark = root / "done.new"
            mark.write_text(str(number + 1))
            os.replace(mark, root / "done")
            say(number + 1)

    def done(self, root: Path) -> int:
        """How many times the pipeline came to its end."""
        return int((root / "done").read_text()) if (root / "done").exists() else 0

    def bring(self, root: Path, number: int) -> None:
        """Sources as they are at that time; what is there is not touched."""
        sources = root / "sources"
        sources.mkdir(parents=True, exist_ok=True)
        half = self.rows // 2
        for at in range(number + 1):
            end = min(2 * at + 2, 2 * number + 1) * half
            rows = "".join(line(i) for i in range(2 * at * half, end))
            wanted = (HEADER + BAD + rows).encode()
            path = sources / f"{at}.csv"
            there = path.read_bytes() if path.exists() else b""
            assert wanted.startswith(there)
            with path.open("ab") as file:
                file.write(wanted[len(there) :])

    def stages(self, root: Path) -> None:
        """One run of all stages, whose ledgers are saved often."""
        suffix = SUFFIXES[self.format]
        often = {"batch_rows": 16, "save_rows": 40}
        told = TOLD if self.format == "text" else {}
        etl.transform(
            str(root / "sources" / "*.csv"), root / "days", format=self.format, bar_type=BARS,
            on_error="quarantine", **often,
        )  # fmt: skip
        etl.aggregate(
            str(root / "days" / f"????-*{suffix}"), root / f"bars{suffix}", **told, **often
        )
        with WORTH_WRITING:
            etl.resample(
                root / f"bars{suffix}", TIMEFRAMES, root / "made", format=self.format, text=told,
                tz="America/New_York", **often,
            )  # fmt: skip

    def check(self, root: Path, sure: int) -> None:
        """What was said to be done is there, once, and nothing that should not be."""
        bars = root / f"bars{SUFFIXES[self.format]}"
        if not bars.exists():
            assert not sure
            return
        found = self.read(bars)
        assert len(found) >= max(2 * sure - 1, 0) * (self.rows // 2)
        stamps = [START + number * 17 * MINUTE for number in range(len(found))]
        assert [bar.ts_event for bar in found] == stamps
        prices = [1000 + number * 7919 % 1000 for number in range(len(found))]
        assert [bar.open.raw // 10**6 for bar in found] == prices

    def read(self, path: Path) -> list[bw.Bar]:
        """Every bar before the torn end of a file."""
        told = TOLD if self.format == "text" else {}
        found: list[bw.Bar] = []
        if path.stat().st_size:
            with ResampleIOFactory().reader(path, whole=False, **told) as reader:
                while (bars := reader.read_batch(1000)) is not None:
                    found += bars
        return found

    def contents(self, root: Path) -> dict[str, bytes]:
        """Every file, without the ledgers, which tell when sources were changed."""
        found = contents(root)
        return {name: data for name, data in found.items() if "ledger.json" not in name}
