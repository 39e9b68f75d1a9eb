"""The layout engine against the scalar parser, on random dialects, rows and chunks.

    python tests/fuzz/differential.py --cases 10000 --seed 1

The parser alone is compared with an independent reader in tests/python; here both ways
of reading must agree in bars, reports, rejects and errors. A case that fails leaves its
text and its options behind.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import barrow as bw
from barrow.csv import rows

# The header is otherwise looked for in 64 KiB, which would make every chunk that large.
rows._HEADER_BYTES = 200
STAMPS = (
    lambda t: t.strftime("%Y-%m-%d %H:%M:%S"),
    lambda t: t.strftime("%Y-%m-%dT%H:%M:%S.%f+01:00"),
    lambda t: str(int(t.timestamp()) * 1000),
    lambda t: t.strftime("%d.%m.%Y %H:%M"),
    lambda t: t.strftime("%Y%m%d %H%M%S"),
    lambda t: t.strftime("%Y-%m-%d"),
    lambda t: str(int(t.timestamp())),
    lambda t: f"{t.year}.{t.month}.{t.day} {t.hour}:{t.minute:02}",
    lambda t: str(int(t.timestamp()) * 10**9 + 123),
)
BAD_STAMPS = ("2019-02-30 00:00:00", "1969-12-31", "", "2019-01-01 25:00:00", "9999999999")
ODD_NUMBERS = ("-0", "", "x", "1e5", "+3", "5.", ".5", "nan", "1.2.3", "-1", " 7 ", '"8"')
NOTES = ("buy", "sell", "1.5", "123", "ABC", '"q"', "é", "", '"a\rb"', '"a\nb"', '"')


def number(rng: random.Random, decimals: int) -> str:
    """A number of any size, sometimes negative, seldom none at all."""
    if rng.random() < 0.01:
        return rng.choice(ODD_NUMBERS)
    whole = rng.choice([0, 1, 12, 123, 4567, 99_999, 123_456_789, 12_345_678_901])
    whole = whole if rng.random() < 0.2 else rng.randint(1, 300)
    count = rng.randint(0, decimals)
    fraction = "".join(rng.choice("0123456789") for _ in range(count))
    sign = "-" if rng.random() < 0.05 else ""
    return f"{sign}{whole}.{fraction}" if count else f"{sign}{whole}"


def make_case(rng: random.Random) -> tuple[bytes, dict[str, Any]]:
    """A text and the options to read it with."""
    stamp, decimals = rng.choice(STAMPS), rng.choice([0, 1, 2, 3, 5, 9, 12])
    end, delimiter = rng.choice(["\n", "\n", "\r\n"]), rng.choice(",;\t")
    names = ["timestamp", "open", "high", "low", "close", "volume"]
    names += [f"x{i}" for i in range(rng.choice([0, 0, 1, 2, 3]))]
    order = list(range(len(names)))
    if rng.random() < 0.3:
        rng.shuffle(order)
    alike = rng.random() < 0.5
    at = datetime(2019, rng.randint(1, 12), 5, tzinfo=UTC)
    lines = [delimiter.join(names[i] for i in order)]
    for _ in range(rng.randint(5, 400)):
        at += timedelta(minutes=rng.choice([1, 1, 1, 1, 60, 600, 5000]))
        cells = [stamp(at) if rng.random() > 0.01 else rng.choice(BAD_STAMPS)]
        for _ in range(4):
            price = f"{rng.randint(1, 9)}.{rng.randint(0, 99_999):05d}"
            cells.append(price if alike and rng.random() < 0.97 else number(rng, decimals))
        cells.append(str(rng.randint(0, 10 ** rng.randint(1, 7))))
        if rng.random() < 0.02:
            cells[5] = rng.choice(ODD_NUMBERS)
        cells += [rng.choice(NOTES[:8] if rng.random() < 0.95 else NOTES) for _ in names[6:]]
        lines.append(delimiter.join(cells[i] for i in order))
    text = end.join(lines) + (end if rng.random() < 0.8 else "")
    options: dict[str, Any] = {
        "dialect": "generic",
        "encoding": rng.choice(["auto", "fixed8", "fixed16"]),
        "chunk_bytes": rng.choice([100, 512, 4096, 1 << 20]),
        "threads": rng.choice([1, 1, 2]),
        "rounding": rng.choice(["exact", "exact", "half_even", "half_away", "truncate"]),
        "timezone": rng.choice([None, None, "Europe/Berlin", "America/New_York"]),
        "fold": rng.choice(["raise", "later"]),
        "on_error": rng.choice(["raise", "skip", "skip", "skip"]),
    }
    if rng.random() < 0.3:
        options["price_precision"] = rng.choice([0, 2, 5, 9])
    if rng.random() < 0.3:
        options["ts_init_delta"] = rng.choice([1, 60 * 10**9, -(10**9)])
    return text.encode(), options


def outcome(path: Path, options: dict[str, Any], layouts: bool) -> tuple[object, ...]:
    """Everything a reading gives that must not depend on how it is done."""
    try:
        bars = bw.read_csv(path, layouts=layouts, **options)
    except bw.BarrowError as error:
        return (type(error), str(error))
    facts = (bars.encoding, bars.price_precision, bars.size_precision)
    return (facts, bars.report, bars.to_arrow())


def run(cases: int, seed: int) -> int:
    """Runs random cases; returns how many differ."""
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.csv"
        for case in range(cases):
            text, options = make_case(random.Random(f"{seed}/{case}"))
            path.write_bytes(text)
            if outcome(path, options, True) == outcome(path, options, False):
                continue
            failures += 1
            kept = Path(f"fuzz-{seed}-{case}.csv").resolve()
            kept.write_bytes(text)
            print(f"case {case} of seed {seed} differs: {kept} {json.dumps(options)}")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    arguments = parser.parse_args()
    failures = run(arguments.cases, arguments.seed)
    print(f"{arguments.cases - failures} cases agree, {failures} differ, seed {arguments.seed}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
