"""Memory of the wranglers, measured in processes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from children import run_python

BAR_TYPE = "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
MEMORY = """
    import gc, sys
    import pyarrow as pa
    import barrow as bw
    from barrow.wranglers import BarDataWranglerV2

    def memory(field):
        status = open("/proc/self/status").read()
        return int(status.split(field + ":")[1].split()[0]) << 10

    wrangler = BarDataWranglerV2(sys.argv[1], 5, 0)
"""
ITERATE = """
    # From here on: the peak above what an idle process holds.
    open("/proc/self/clear_refs", "w").write("5")
    idle, count = memory("VmRSS"), 0
    for bar in wrangler.from_csv_iter(sys.argv[2], chunk_size=10_000):
        count += 1
    print(count, memory("VmHWM") - idle)
"""
HOLD = """
    bars = bw.read_csv(sys.argv[2], bar_type=sys.argv[1], price_precision=5, size_precision=0)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, bars.to_arrow(sys.argv[3]).schema) as writer:
        writer.write_table(bars.to_arrow(sys.argv[3]), max_chunksize=10_000)
    data = sink.getvalue().to_pybytes()
    gc.collect()
    idle = memory("VmRSS")
    records = wrangler._inner.process_record_batch_bytes(data)
    held = (memory("VmRSS") - idle) / len(records)
    print(gc.is_tracked(records[0]), len(records), held)
"""


def text_of(path: Path, rows: int) -> Path:
    block = "".join(
        f"{1_704_187_800 + 60 * i},1.08{i % 997:03},1.09{i % 89:03},1.07,1.0{i % 10_000:04},{i}\n"
        for i in range(20_000)
    )
    with path.open("w") as file:
        file.write("timestamp,open,high,low,close,volume\n")
        for _ in range(rows // 20_000):
            file.write(block)
    return path


def run(code: str, *arguments: object) -> list[str]:
    done = run_python(MEMORY + code, BAR_TYPE, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def peak(path: Path, rows: int) -> int:
    count, above = map(int, run(ITERATE, text_of(path, rows)))
    assert count == rows
    return above


def test_iterating_over_text_takes_the_memory_of_a_chunk(tmp_path: Path) -> None:
    small, large = (peak(tmp_path / f"{rows}.csv", rows) for rows in (100_000, 1_000_000))
    assert large < 8 << 20
    assert large - small < 1 << 20


@pytest.mark.slow
def test_iterating_over_ten_million_rows_takes_no_more(tmp_path: Path) -> None:
    assert peak(tmp_path / "large.csv", 10_000_000) < 8 << 20


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
def test_records_of_a_stream_take_less_than_100_bytes(tmp_path: Path, encoding: str) -> None:
    path = text_of(tmp_path / "bars.csv", 400_000)
    tracked, count, held = run(HOLD, path, encoding)
    assert (tracked, count) == ("False", "400000")
    assert float(held) < 100
