"""Everything docs/guide/nautilus.md shows runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from theirs import ENCODING

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "nautilus.md"


def test_the_guide_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"2024-01-02T09:{i:02}:00,1.08421,1.08430,1.08400,1.08413,{i}" for i in range(60)]
    Path("bars.csv").write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    text = GUIDE.read_text()
    (shell,) = re.findall(r"```sh\n(.*?)```", text, re.S)
    words = shell.replace("\\\n", " ").split()
    assert words[0] == "barrow"
    subprocess.run([sys.executable, "-m", "barrow.cli", *words[1:], "-o", "shell"], check=True)
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    names: dict[str, object] = {}
    for block in blocks:
        # Its snippets are for the width most builds have.
        exec(compile(block.replace('"fixed16"', repr(ENCODING)), GUIDE.name, "exec"), names)
    told = capsys.readouterr().out
    assert " 60\n" in told
    assert "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL,1.08421,1.08430,1.08400,1.08413,0,17041" in told
    assert "1.08413 True\n" in told
    assert "60 True\n" in told
    assert "BTC-USD-PERP.DYDX 5 MINUTE 0:05:00\n" in told
    assert "BTC-USD-PERP.DYDX-1-MINUTE-LAST-EXTERNAL True\n" in told
