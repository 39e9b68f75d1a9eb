"""One question a folder: `input.csv` read with `options.json` gives `expected.json`.

`python tests/golden/test_golden.py --rewrite` writes what barrow does now into every
`expected.json`. Read the diff: each value there was worked out by hand.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import barrow as bw
import pytest

HERE = Path(__file__).parent
CASES = sorted(path.name for path in HERE.iterdir() if (path / "input.csv").is_file())


def cells(records: bw.Bars | bw.Quotes | bw.Trades, name: str) -> list[Any]:
    """A column as Python integers, whatever its width, or as text."""
    if name in records.kind.extras:
        return list(records.to_arrow()[name].to_pylist())
    raw = records.raw(name)
    if raw.ndim == 1:
        return raw.tolist()
    signed = name in records.kind.prices
    return [int.from_bytes(word.tobytes(), "little", signed=signed) for word in raw]


def outcome(case: Path) -> dict[str, Any]:
    """What reading a case gives; the working directory must be the case."""
    options = json.loads((case / "options.json").read_text())
    try:
        records = bw.read_csv("input.csv", **options)
    except bw.BarrowError as error:
        return {"error": type(error).__name__, "text": str(error)}
    report = records.report
    facts = (
        "rows_in", "rows_out", "rows_rejected", "blank_lines",
        "encoding", "price_precision", "size_precision",
    )  # fmt: skip
    columns = records.kind.columns
    # Where they are what they nearly always are, they are not worth a line.
    named = {} if report.record == "bar" else {"columns": list(columns)}
    filtered = {"rows_filtered": report.rows_filtered} if report.rows_filtered else {}
    return {
        **named,
        "rows": [list(row) for row in zip(*(cells(records, n) for n in columns), strict=True)],
        "report": {
            **{name: getattr(report, name) for name in facts},
            **filtered,
            "rejects": [
                [r.reason, r.column, r.count, r.first_line, r.sample] for r in report.rejects
            ],
            "roundings": [[r.column, r.count, r.first_line] for r in report.roundings],
            "notes": list(report.notes),
        },
    }


def render(expected: dict[str, Any]) -> str:
    """JSON with one row of a table a line."""
    tables = ("rows", "rejects", "roundings", "notes")

    def shown(value: Any, indent: str) -> str:
        if not isinstance(value, dict):
            return json.dumps(value, ensure_ascii=False)
        lines = []
        for key, inner in value.items():
            text = shown(inner, indent + "  ")
            if key in tables and inner:
                rows = [f"{indent}    {json.dumps(row, ensure_ascii=False)}" for row in inner]
                text = "[\n" + ",\n".join(rows) + f"\n{indent}  ]"
            lines.append(f"{indent}  {json.dumps(key)}: {text}")
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"

    return shown(expected, "") + "\n"


@pytest.mark.parametrize("name", CASES)
def test_case_gives_what_was_worked_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = HERE / name
    monkeypatch.chdir(case)
    assert outcome(case) == json.loads((case / "expected.json").read_text())


@pytest.mark.parametrize("name", CASES)
def test_case_says_why_it_is_there(name: str) -> None:
    assert len((HERE / name / "why.md").read_text().split()) >= 4


def rewrite() -> None:
    """Writes what barrow does now into every case and names those that change."""
    for name in CASES:
        case = HERE / name
        os.chdir(case)
        text = render(outcome(case))
        if (case / "expected.json").read_text() != text:
            (case / "expected.json").write_text(text)
            print(f"rewritten: {name}")


if __name__ == "__main__":
    if sys.argv[1:] != ["--rewrite"]:
        sys.exit(__doc__)
    rewrite()
