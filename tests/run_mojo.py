"""Runs every Mojo test file, or those named; fails if one of them does."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples"))

from run_mojo import run_mojo  # noqa: E402


def main() -> int:
    paths = [Path(name) for name in sys.argv[1:]] or sorted(
        (ROOT / "tests" / "mojo").rglob("test_*.mojo")
    )
    failed = []
    for path in paths:
        print(f"== {path.resolve().relative_to(ROOT)}", flush=True)
        # Assertions on views are off in release builds and on here.
        if run_mojo(["-D", "ASSERT=all", str(path)]):
            failed.append(path.name)
    print(f"{len(paths) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
