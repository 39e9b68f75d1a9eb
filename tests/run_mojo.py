"""Runs every Mojo test file, or those named; fails if one of them does."""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples"))

from run_mojo import run_mojo, shared_libpython  # noqa: E402


def run(path: Path) -> tuple[int, str]:
    """Runs one file; gives its exit status and all that it printed."""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        # Assertions on views are off in release builds and on here.
        status = run_mojo(["-D", "ASSERT=all", str(path)], output)
        output.seek(0)
        return status, output.read()


def main() -> int:
    paths = [Path(name) for name in sys.argv[1:]] or sorted(
        (ROOT / "tests" / "mojo").rglob("test_*.mojo")
    )
    failed = []
    # Two threads that ask sysconfig at once for the first time may get nothing.
    shared_libpython()
    # Compiling takes most of the time, and one core each.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, (status, output) in zip(paths, pool.map(run, paths), strict=True):
            print(f"== {path.resolve().relative_to(ROOT)}\n{output}", flush=True)
            if status:
                failed.append(path.name)
    print(f"{len(paths) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
