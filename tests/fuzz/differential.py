"""All ways to read a text against the plainest one, on random dialects, rows and chunks.

    python tests/fuzz/differential.py --cases 10000 --seed 1

The scalar parser alone is compared with an independent reader in tests/python; here
layouts, chunks, threads and batches must agree with it in records, reports, rejects
and errors. A case that fails leaves its text, its dialect and its options behind.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import barrow as bw
import pyarrow as pa
from barrow.csv import rows
from cases import Case, make_case

# The header is otherwise looked for in 64 KiB, which would make every chunk that large.
rows._HEADER_BYTES = 200


def outcome(path: Path, options: dict[str, Any]) -> tuple[object, ...]:
    """Everything a reading gives that must not depend on how it is done."""
    rejects = path.with_name("rejects.csv")
    rejects.unlink(missing_ok=True)
    if options["on_error"] == "quarantine":
        options = {**options, "rejects": rejects}
    try:
        records = bw.read_csv(path, **options)
    except bw.BarrowError as error:
        return (type(error), str(error), rejects.exists())
    report = records.report
    whole = report.rows_out + report.rows_rejected + report.rows_filtered
    facts = (report.rows_in - whole, report.rows_out - len(records))
    if facts != (0, 0):
        return ("the report does not add up", report)
    found = rejects.read_bytes() if rejects.exists() else b""
    return (records.schema, report, records.to_arrow(), found)


def scanned(path: Path, options: dict[str, Any], batch_rows: int) -> tuple[object, ...]:
    """What batches hold together, and the last report."""
    options = {**options, "on_error": "skip"} if options["on_error"] != "raise" else options
    try:
        scan = bw.scan_csv(path, batch_rows=batch_rows, **options)
        parts = list(scan)
    except bw.BarrowError as error:
        return (type(error), str(error))
    if not parts:
        return (scan.report,)
    return (scan.report, pa.concat_tables([part.to_arrow() for part in parts]))


def checked(path: Path, options: dict[str, Any]) -> tuple[object, ...]:
    """The validation, which needs the line of every row."""
    if options["on_error"] == "raise":
        return ()
    options = {**options, "on_error": "skip"}
    try:
        return bw.check_csv(path, **options)
    except bw.BarrowError as error:
        return (type(error), str(error))


def differences(path: Path, dialect: Path, case: Case) -> Iterator[str]:
    """The ways of reading that do not give what the plainest one gives."""
    path.write_bytes(case.text)
    dialect.write_text(case.dialect, encoding="utf-8")
    options = {**case.options, "dialect": str(dialect), "layouts": False, "threads": 1}
    plain = outcome(path, options)
    plain_scan = scanned(path, options, 1 << 16)
    plain_check = checked(path, options)
    for way in case.ways:
        if outcome(path, options | way) != plain:
            yield f"read {way}"
    way = case.ways[0]
    if scanned(path, options | way, case.batch_rows) != plain_scan:
        yield f"scan {way} batch_rows {case.batch_rows}"
    if checked(path, options | way) != plain_check:
        yield f"check {way}"


def run(cases: int, seed: int) -> int:
    """Runs random cases; returns how many differ."""
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        path, dialect = Path(folder) / "text.csv", Path(folder) / "fuzz.toml"
        for number in range(cases):
            case = make_case(random.Random(f"{seed}/{number}"))
            found = list(differences(path, dialect, case))
            if not found:
                continue
            failures += 1
            kept = Path(f"fuzz-{seed}-{number}.csv").resolve()
            kept.write_bytes(case.text)
            kept.with_suffix(".toml").write_text(case.dialect, encoding="utf-8")
            print(f"case {number} of seed {seed} differs: {kept} {json.dumps(case.options)}")
            print("\n".join(f"  {way}" for way in found), flush=True)
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
