"""A short run of the fuzzer on every change; `make fuzz` is the long one."""

from __future__ import annotations

import pytest
from differential import run


@pytest.mark.parametrize("seed", [1, 2])
def test_the_layout_engine_agrees_with_the_scalar_parser(tmp_path, monkeypatch, seed: int) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(150, seed) == 0
