"""Runs code in a process of its own and looks at what is left of it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BARROW = (sys.executable, "-m", "barrow.cli")


def run_python(code: str, *arguments: object, **options: object) -> subprocess.CompletedProcess:
    """Runs Python code with `sys.argv[1:]` and gives what it printed."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


def run_barrow(*arguments: object, **options: object) -> subprocess.CompletedProcess:
    """Runs the command line."""
    options.setdefault("env", {**os.environ, "COLUMNS": "80"})
    return subprocess.run(
        [*BARROW, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options
    )


def assert_plain_failure(done: subprocess.CompletedProcess, status: int = 1) -> None:
    """The command failed with a message and nothing else."""
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "\x1b" not in done.stderr + done.stdout
    assert done.stdout == ""
    assert done.stderr.strip()


def names(folder: Path) -> set[str]:
    """What is in a folder, hidden files included."""
    return set(os.listdir(folder))
