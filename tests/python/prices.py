"""Random bars as arrays, for tests of indicators."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
COLUMNS = ("open", "high", "low", "close", "volume")


def random_bars(rows: int, seed: int = 1, level: float = 1.2) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    step = level * 1e-3
    close = level + np.cumsum(rng.normal(0, step, rows)).clip(-level / 2)
    opened = np.concatenate([close[:1], close[:-1]])
    return {
        "open": opened,
        "high": np.maximum(opened, close) + rng.random(rows) * step,
        "low": np.minimum(opened, close) - rng.random(rows) * step,
        "close": close,
        "volume": np.floor(rng.random(rows) * 1000) + 1,
    }
