"""A short run of the fuzzer on every change; `make fuzz` is the long one."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from cases import make_case
from differential import run


@pytest.mark.parametrize("seed", [1, 2])
def test_every_way_to_read_gives_the_same(tmp_path, monkeypatch, seed: int) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(100, seed) == 0


def test_cases_are_of_every_sort() -> None:
    cases = [make_case(random.Random(f"sorts/{number}")) for number in range(300)]
    kinds = Counter(case.dialect.splitlines()[0] for case in cases)
    assert set(kinds) == {f'record = "{kind}"' for kind in ("bar", "quote", "trade")}
    assert {way["threads"] for case in cases for way in case.ways} == {1, 2, 3, 4}
    for option in ("symbol", "max_errors", "ts_init_delta", "price_precision"):
        assert sum(option in case.options for case in cases) > 20, option
