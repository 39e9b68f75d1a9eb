"""Fixtures of the tests of the Python package."""

from __future__ import annotations

from pathlib import Path

import pytest
from bars_fixtures import bars, encoding, narrow, split  # noqa: F401

HEADER = "timestamp,open,high,low,close,volume\n"
ROW = "2024-01-02T09:30:00Z,1.0842,1.0850,1.0840,1.0848,312\n"
RAISE = 'on_error="skip" (--on-error skip)'


@pytest.fixture
def csv_file(tmp_path: Path):
    def write(text: str | bytes, name: str = "bars.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def tiny_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets small chunks be small: the header is otherwise looked for in 64 KiB."""
    monkeypatch.setattr("barrow.csv.rows._HEADER_BYTES", 160)
