"""Random CSV text, good and bad, and what tests compare."""

from __future__ import annotations

import csv
import random
from dataclasses import asdict
from pathlib import Path

import barrow as bw
from reference import COLUMNS, Reading, integers

HEADER = "timestamp,open,high,low,close,volume\n"
ROW = "2024-01-02T09:30:00Z,1.0842,1.0850,1.0840,1.0848,312\n"
RAISE = 'on_error="skip" (--on-error skip)'


STAMPS = (
    lambda i: f"2024-01-{1 + i % 28:02}T{i % 24:02}:{i % 60:02}:00Z",
    lambda i: f"2024-02-{1 + i % 28:02} {i % 24:02}:{i % 60:02}:{i % 60:02}.{i % 1000:03}",
    lambda i: f"2024-03-{1 + i % 28:02}",
    lambda i: str(1_704_187_800 + i),
    lambda i: str((1_704_187_800 + i) * 1000 + i % 1000),
    lambda i: str((1_704_187_800 + i) * 10**9 + i),
    lambda i: f"2024-01-02T12:00:00{'+-'[i % 2]}{i % 12:02}:{'03'[i % 2]}0",
)
BAD_CELLS = ("", "x", "1.2.3", "--1", "1e", "nan", "-Inf", "1,5", "12345678901234567890", "1 2")
BAD_STAMPS = ("", "yesterday", "2024-13-01", "2024-02-30 10:00", "2024-01-02T25:00", "123")


def a_number(rng: random.Random, wide: bool) -> str:
    if wide and rng.random() < 0.02:
        return f"{rng.randrange(10**10)}.{rng.randrange(10**16):016}"
    text = f"{rng.randrange(10 ** rng.randrange(1, 8))}.{rng.randrange(10**5):05}"
    text = text[: len(text) - rng.randrange(6)]
    kind = rng.random()
    if kind < 0.05:
        return f"{rng.randrange(1, 10**6)}e{rng.randrange(-4, 3)}"
    return f"{'+' if kind < 0.1 else ''}{text}"


def a_row(rng: random.Random, i: int, wide: bool) -> str:
    stamp = rng.choice(STAMPS)(i)
    note = rng.choice(["", "plain", '"a, b"', '"say ""hi"""', '"two\nlines"', '"\r\n"', 'in"side'])
    prices = [rng.choice(["", "-"]) + a_number(rng, wide) for _ in range(4)]
    cells = [stamp, note, *prices, a_number(rng, False)]
    for at in (0, 2, 3, 4, 5, 6):
        if rng.random() < 0.03:
            cells[at] = rng.choice([" {} ", '"{}"', '" {}" ', "\t{}"]).format(cells[at])
    if rng.random() < 0.12:
        spoil(rng, cells)
    return ",".join(cells)


def spoil(rng: random.Random, cells: list[str]) -> None:
    """Makes one thing wrong with a row."""
    kind = rng.randrange(7)
    if kind == 0:
        cells[0] = rng.choice(BAD_STAMPS)
    elif kind <= 3:
        cell = rng.choice(BAD_CELLS)
        cells[rng.randrange(2, 7)] = f'"{cell}"' if "," in cell else cell
    elif kind == 4:
        cells[6] = "-1"
    elif kind == 5:
        del cells[rng.randrange(len(cells)) :]
        cells.append("tail")
    else:
        cells[1] = rng.choice(['"quoted" then', "nul\0", '""""x'])


def random_text(seed: int, rows: int, wide: bool = True, ends: str = "") -> bytes:
    rng = random.Random(seed)
    parts = ["timestamp,note,open,high,low,close,volume\n"]
    for i in range(rows):
        parts.append(a_row(rng, i, wide) + (ends or rng.choice(["\n", "\n", "\r\n", "\r"])))
        if rng.random() < 0.05:
            parts.append(rng.choice(["\n", " \t\r\n", "\r"]))
    text = "".join(parts)
    return text.rstrip("\r\n").encode() if seed % 2 else text.encode()


def read_rejects(path: Path) -> list[tuple[int, int, str, str | None, bytes]]:
    """Line, offset, reason, column and the bytes of every rejected row."""
    with path.open(newline="", encoding="latin-1") as file:
        rows = list(csv.DictReader(file, lineterminator="\n"))
    return [
        (
            int(row["line"]),
            int(row["offset"]),
            row["reason"],
            row["column"] or None,
            row["row"].encode("latin-1"),
        )
        for row in rows
    ]


def facts(report: bw.CsvReport) -> dict:
    return {k: v for k, v in asdict(report).items() if k != "path"}


def assert_same(bars: bw.Bars, expected: Reading) -> None:
    assert bars.encoding == expected.encoding
    for name in COLUMNS:
        assert integers(bars, name) == expected.columns[name], name
    assert bars.price_precision == expected.price_precision
    assert bars.size_precision == expected.size_precision
