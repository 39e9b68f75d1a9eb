"""Damaged structs of the C Data Interface, each in a child: an error, never a crash."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

CHILD = Path(__file__).with_name("arrow_child.py")
LARGE = 2**63 - 1

# What is written over what, and what is said of it.
DAMAGES: list[tuple[list[Any], str]] = [
    (["schema", "format", None], "CorruptError: Arrow schema: the format is NULL"),
    (["schema", "format", 8], "CorruptError: Arrow schema: the format is NULL"),
    (["schema", "format", ""], 'CorruptError: Arrow schema: there is no type ""'),
    (["schema l", "format", "q"], 'CorruptError: Arrow schema "n": there is no type "q"'),
    (["schema l", "format", "w:0"], 'CorruptError: Arrow schema "n": there is no type "w:0"'),
    (["schema l", "format", "\xff"], 'CorruptError: Arrow schema "n": the format is not UTF-8'),
    (["schema l", "format", "x" * 70_000], 'CorruptError: Arrow schema "n": the format is long'),
    (["schema l", "format", "+vl"], 'UnsupportedError: Arrow schema "n": type "+vl" is not read'),
    (["schema l", "name", "\xff"], "CorruptError: Arrow schema, a column of it: the name is not"),
    (["schema l", "name", 1], "CorruptError: Arrow schema, a column of it: the name is no address"),
    (["schema l", "metadata", 1], 'CorruptError: Arrow schema "n": the metadata is no address'),
    (["schema l", "metadata", "\xff\xff\xff\xff"], 'CorruptError: Arrow schema "n": metadata of'),
    (["schema l", "metadata", "\1\0\0\0\xff\xff\xff\x7f"], 'CorruptError: Arrow schema "n": metad'),
    (["schema l", "dictionary", 4096], 'UnsupportedError: Arrow schema "n": dictionaries are not'),
    (["schema l", "n_children", 1], 'CorruptError: Arrow schema "n": 1 children, expected none'),
    (["schema", "n_children", -1], "CorruptError: Arrow schema: -1 children"),
    (["schema", "n_children", LARGE], f"CorruptError: Arrow schema: {LARGE} children"),
    (["schema", "n_children", 1], "CorruptError: Arrow array: 2 children, but the schema has 1"),
    (["schema", "children", None], "CorruptError: Arrow schema: the list of children is NULL"),
    (["schema", "children", [0, 0]], "CorruptError: Arrow schema: child 1 is NULL"),
    (["", "", "loop"], 'UnsupportedError: Arrow schema "n.n.n'),
    (["schema", "release", None], "CorruptError: Arrow schema: it was released or moved before"),
    (["schema l", "release", None], "CorruptError: Arrow schema, a column of it: it was released"),
    (["array", "release", None], "CorruptError: Arrow array: it was released or moved before"),
    (["array l", "release", None], 'CorruptError: Arrow array "n": the column was released'),
    (["array", "length", -1], "CorruptError: Arrow array: a length of -1"),
    (["array", "length", 6], 'CorruptError: Arrow array "n": 5 rows, but the batch reaches'),
    (["array", "length", LARGE], "CorruptError: Arrow array: offset and length reach past all"),
    (["array l", "length", 2**55], 'CorruptError: Arrow array "n": offset and length reach past'),
    (["array l", "length", 4], 'CorruptError: Arrow array "n": 4 rows, but the batch reaches'),
    (["array l", "offset", -1], 'CorruptError: Arrow array "n": an offset of -1'),
    (["array l", "offset", LARGE], 'CorruptError: Arrow array "n": offset and length reach past'),
    (["array l", "null_count", -2], 'CorruptError: Arrow array "n": -2 nulls in 5 rows'),
    (["array l", "null_count", 6], 'CorruptError: Arrow array "n": 6 nulls in 5 rows'),
    (["array l", "null_count", 1], 'CorruptError: Arrow array "n": 1 nulls, but no validity'),
    (["array l", "n_buffers", 0], 'CorruptError: Arrow array "n": 0 buffers, expected 2'),
    (["array l", "n_buffers", -1], 'CorruptError: Arrow array "n": -1 buffers, expected 2'),
    (["array u", "n_buffers", 2], 'CorruptError: Arrow array "t": 2 buffers, expected 3'),
    (["array l", "buffers", None], 'CorruptError: Arrow array "n": the list of buffers is NULL'),
    (["array l", "buffers", [0, 0]], 'CorruptError: Arrow array "n": 5 rows, but buffer 2 is NULL'),
    (["array l", "buffers", [8, 0]], 'CorruptError: Arrow array "n": buffer 1 is no address'),
    (["array u", "buffers", [0, 0, 0]], 'CorruptError: Arrow array "t": 5 rows, but buffer 2 is'),
    (["array l", "dictionary", 4096], 'CorruptError: Arrow array "n": a dictionary that'),
    (["array", "n_children", 1], "CorruptError: Arrow array: 1 children, but the schema has 2"),
    (["array", "n_children", -1], "CorruptError: Arrow array: -1 children, but the schema has 2"),
    (["array", "children", None], "CorruptError: Arrow array: the list of children is NULL"),
    (["array", "children", [0, 0]], 'CorruptError: Arrow array "n": the column is NULL'),
    (["get_schema", "stream", None], "CorruptError: Arrow stream: get_schema, get_next or release"),
    (["get_next", "stream", None], "CorruptError: Arrow stream: get_schema, get_next or release"),
]  # fmt: skip


def run_child(line: list[Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(CHILD)],
        input=json.dumps(line), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, f"status {done.returncode} at {line}: {done.stderr[-2000:]}"
    verdict: dict[str, Any] = json.loads(done.stdout)
    return verdict


@pytest.fixture(scope="module")
def verdicts() -> list[dict[str, Any]]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run_child, [line for line, _ in DAMAGES]))


def test_a_whole_batch_is_taken_and_released_once() -> None:
    assert run_child(["", "", None]) == {"error": None, "released_once": True}


@pytest.mark.parametrize("index", range(len(DAMAGES)))
def test_a_damaged_struct_is_refused(verdicts: list[dict[str, Any]], index: int) -> None:
    error = verdicts[index]["error"]
    assert error is not None
    assert error.startswith(DAMAGES[index][1]), error


def test_damaged_structs_are_released_once(verdicts: list[dict[str, Any]]) -> None:
    kept = [
        line
        for (line, _), verdict in zip(DAMAGES, verdicts, strict=True)
        if not verdict["released_once"] and line[1] != "stream"
    ]
    assert kept == []
