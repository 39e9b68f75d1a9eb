"""The main job on real and on generated bars: ingest, check, map, prove, measure.

    python examples/demo.py [--rows N] [--keep FOLDER]

The real bars are the daily ones of AAPL in the `bokeh_sampledata` package (public
domain). Every number printed is measured here.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import barrow as bw

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
from make_data import make_bars

_SAMPLE = 20_000
_INGEST = """
import sys, barrow
text, output, bar_type = sys.argv[1:]
print(barrow.ingest(text, output, bar_type=bar_type, encoding="fixed8").to_json())
status = open("/proc/self/status").read()
print(status.split("VmHWM:")[1].split()[0])
"""
_COLUMNS = ("open", "high", "low", "close", "volume")


def real_bars(path: Path) -> None:
    """Takes the rows of one symbol out of the packaged file, byte for byte."""
    packed = files("bokeh_sampledata").joinpath("_data/stocks.csv.gz").read_bytes()
    lines = gzip.decompress(packed).splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *(line for line in lines if line.startswith(b"AAPL"))]))


def prove_exact(text: Path, bars: bw.Bars) -> int:
    """Compares a random sample of rows with `decimal`; returns how many cells.

    Raises:
        AssertionError: A cell differs.
    """
    chosen = set(random.Random(7).sample(range(len(bars)), min(_SAMPLE, len(bars))))
    raw = {name: bars.raw(name) for name in _COLUMNS}
    cells = 0
    with text.open(newline="") as file:
        for row, record in enumerate(csv.DictReader(file)):
            if row not in chosen:
                continue
            named = {name.lower(): value for name, value in record.items()}
            for name in _COLUMNS:
                found, expected = (
                    int(raw[name][row]),
                    Decimal(named[name]) * 10**9,
                )
                if found != expected:
                    raise AssertionError(f"row {row} {name}: {found}, expected {expected}")
                cells += 1
    return cells


def run(text: Path, output: Path, bar_type: str) -> None:
    """Takes one file through the whole job and prints what it measured."""
    # In a process of its own, so that its memory can be told.
    command = [sys.executable, "-c", _INGEST, str(text), str(output), bar_type]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    *account, peak = done.stdout.splitlines()
    report = bw.IngestReport(**json.loads("".join(account)))
    rate = report.rows_in / report.seconds
    print(
        f"ingest  {report.rows_in:,} rows in, {report.rows_out:,} bars out, "
        f"{report.rows_rejected:,} rejected; {report.seconds:.3f} s, {rate:,.0f} rows/s, "
        f"{report.bytes_in / report.seconds / 1e6:,.0f} MB/s, peak {int(peak) // 1024} MiB resident"
    )
    for note in report.notes:
        print(f"        note: {note}")
    started = time.perf_counter()
    bars = bw.open(output)
    print(f"open    {len(bars):,} bars memory-mapped in {time.perf_counter() - started:.4f} s")
    found = bw.validate(bars)
    print(f"check   {'ok' if found.ok else 'ERRORS'}, {len(found.findings)} kinds of findings")
    for finding in found.findings:
        print(
            f"        {finding.severity}: {finding.count:,} of {finding.check}: {finding.meaning}"
        )
    print(repr(bars))
    print(f"exact   {prove_exact(text, bars):,} cells equal to decimal")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000, help="generated bars")
    parser.add_argument("--keep", type=Path, help="a folder for the files, kept afterwards")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="barrow-demo-") as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("aapl.arrow", "generated.arrow"):
            (folder / name).unlink(missing_ok=True)

        print(f"== real: AAPL, daily, on {bw.cpu_level()}")
        real_bars(folder / "aapl.csv")
        run(
            folder / "aapl.csv",
            folder / "aapl.arrow",
            "AAPL.XNAS-1-DAY-LAST-EXTERNAL",
        )

        print(f"\n== generated: {arguments.rows:,} minutes")
        make_bars(folder / "generated.csv", arguments.rows)
        run(
            folder / "generated.csv",
            folder / "generated.arrow",
            "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL",
        )


if __name__ == "__main__":
    main()
