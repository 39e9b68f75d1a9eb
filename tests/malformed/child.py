"""Reads damaged inputs, named by the lines of standard input, one verdict a line."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import barrow as bw

HEADER = b"timestamp,open,high,low,close,volume\n"
ROW = b"2024-01-02T09:30:00Z,1.0842,1.0850,1.0840,1.0848,312\n"
ALPHABET = (
    b",", b",", b",", b"\n", b"\n", b"\r", b'"', b" ", b"\t", b"\0", b"1", b"0.5", b"-", b"e9",
    b"1.0842", b"2024-01-02", b"T09:30", b"1704187800", b"99999999999999999999", b"\xff", b"nan",
    ROW, ROW, ROW,
)  # fmt: skip


def damaged(data: bytes, how: str, numbers: list[int]) -> bytes:
    """A copy of an Arrow file that is cut off, has bytes flipped, or is noise inside."""
    if how == "cut":
        return data[: numbers[0]]
    changed = bytearray(data)
    if how == "flip":
        for place, mask in zip(numbers[::2], numbers[1::2], strict=True):
            changed[place] ^= mask
    else:
        changed[8:-6] = random.Random(numbers[0]).randbytes(len(data) - 14)
    return bytes(changed)


def read_everything(records: bw.Bars | bw.Quotes | bw.Trades) -> int:
    """Touches every value in every way there is."""
    for name in records.kind.values:
        records.raw(name).sum()
        records.to_float64(name).sum()
    records.raw("ts_event").sum()
    records.timestamps("ts_init")
    if isinstance(records, bw.Trades):
        records.raw("aggressor_side").sum()
        records.trade_ids().to_pylist()
    bw.validate(records)
    repr(records)
    return sum(1 for _ in records)


def try_arrow(data: bytes, folder: Path, line: list) -> dict:
    how, *numbers = line
    path = folder / f"damaged-{how}-{numbers[0]}.arrow"
    path.write_bytes(damaged(data, how, numbers))
    try:
        return {"error": None, "ours": False, "rows": read_everything(bw.open(path))}
    finally:
        path.unlink()


def random_text(how: str, seed: int) -> bytes:
    rng = random.Random(f"{how} {seed}")
    if how == "bytes":
        return rng.randbytes(rng.randrange(3000))
    if how == "alphabet":
        return HEADER + b"".join(rng.choice(ALPHABET) for _ in range(rng.randrange(400)))
    text = bytearray(HEADER + ROW * 60)
    for _ in range(rng.randrange(1, 40)):
        text[rng.randrange(len(HEADER), len(text))] = rng.randrange(1, 256)
    return bytes(text)


def try_csv(folder: Path, line: list) -> dict:
    how, seed = line
    path, rejects = folder / f"{how}{seed}.csv", folder / f"{how}{seed}.rejects"
    path.write_bytes(random_text(how, seed))
    bars = bw.read_csv(path, on_error="quarantine", rejects=rejects, chunk_bytes=64)
    report = bars.report
    rejected = rejects.read_bytes() if rejects.exists() else b""
    adds_up = (
        report.rows_in == report.rows_out + report.rows_rejected
        and report.rows_out == len(bars) == read_everything(bars)
        and sum(r.count for r in report.rejects) == report.rows_rejected
        and bool(rejected) == bool(report.rows_rejected)
    )
    return {"error": None, "ours": False, "adds_up": adds_up}


def main() -> None:
    mode, place = sys.argv[1], Path(sys.argv[2])
    data = place.read_bytes() if mode == "arrow" else b""
    for text in sys.stdin:
        line = json.loads(text)
        try:
            verdict = try_arrow(data, place.parent, line) if data else try_csv(place, line)
        except Exception as error:  # noqa: BLE001 - the parent judges what it is
            ours = isinstance(error, bw.BarrowError)
            verdict = {"error": type(error).__name__, "ours": ours}
            if not ours:
                verdict["error"] += f" at {line}: {error}"
        print(json.dumps(verdict), flush=True)


if __name__ == "__main__":
    main()
