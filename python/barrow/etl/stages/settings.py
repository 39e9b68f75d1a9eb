"""What stages have in common: formats, sizes, names."""

from __future__ import annotations

import os
from typing import Any, Literal

from barrow.errors import BarrowArgumentError, message

StageFormat = Literal["binary", "text", "arrow"]
SUFFIXES: dict[str, str] = {"binary": ".bar64", "text": ".csv", "arrow": ".arrows"}
# Bars that are read at once, and those after which the ledger is saved.
BATCH_ROWS = 1 << 16
SAVE_ROWS = 1 << 20
REBUILD = "rebuild=True (--rebuild)"
# Options that change how rows are read, but not which bars they become.
_UNIMPORTANT = ("threads", "chunk_bytes", "layouts", "rejects", "max_errors", "on_error")


def suffix_of(format: str) -> str:
    """How names of files of a format end.

    Raises:
        BarrowArgumentError: There is no such format.
    """
    if format not in SUFFIXES:
        raise BarrowArgumentError(message("format", f"{format!r} is none of {', '.join(SUFFIXES)}"))
    return SUFFIXES[format]


def ledger_of(output: str) -> str:
    """Where the ledger of an output is."""
    folder, name = os.path.split(output)
    return os.path.join(folder, f"{name}.ledger.json")


def settings(options: Any) -> dict[str, Any]:
    """Options that decide which bars are made, as values JSON has."""
    return {
        name: value if isinstance(value, int | str | None) else str(value)
        for name, value in sorted(options.items())
        if name not in _UNIMPORTANT
    }
