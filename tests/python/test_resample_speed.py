"""What the quick ways through rows must not change: short and long bars, gaps, kept memory."""

from __future__ import annotations

import barrow as bw
import numpy as np
import pytest
from barrow import _memory
from barrow._arrow import BAR
from rows_to_resample import MINUTE, records


def minute_bars(seed: int, rows: int, missing: float, *, late: int = 0, large: bool = False):
    """Minute bars with single minutes and whole days missing."""
    random = np.random.default_rng(seed)
    minutes = np.flatnonzero(random.random(3 * rows) >= missing)
    minutes = minutes[minutes % 10_000 < 7_200][:rows]
    stamps = 1_500_000_000 * 10**9 // MINUTE * MINUTE + minutes * MINUTE
    prices = [random.integers(-(10**12), 10**12, len(stamps)) for _ in range(4)]
    volume = random.integers(0, 1 << 53 if large else 1 << 40, len(stamps))
    inits = stamps + late * random.integers(0, 20 * MINUTE, len(stamps))
    return records(BAR, [*prices, volume, stamps, inits], None)


def by_reduceat(bars: bw.Bars, minutes: int) -> dict[str, np.ndarray]:
    stamps = bars.raw("ts_event").astype(np.int64)
    start = stamps // (minutes * MINUTE) * (minutes * MINUTE)
    at = np.flatnonzero(np.append(True, start[1:] != start[:-1]))
    last = np.append(at[1:], len(start)) - 1
    known = np.maximum.reduceat(bars.raw("ts_init").astype(np.int64), at)
    ends = start[at] + minutes * MINUTE
    return {
        "open": bars.raw("open")[at],
        "high": np.maximum.reduceat(bars.raw("high"), at),
        "low": np.minimum.reduceat(bars.raw("low"), at),
        "close": bars.raw("close")[last],
        "volume": np.add.reduceat(bars.raw("volume"), at),
        "ts_event": start[at].astype(np.uint64),
        "ts_init": np.maximum(known, ends).astype(np.uint64),
        "count": np.diff(np.append(at, len(start))),
    }


@pytest.mark.parametrize("missing", [0.0, 0.01, 0.4, 0.97])
@pytest.mark.parametrize("late", [0, 1])
@pytest.mark.parametrize("large", [False, True])
def test_bars_of_any_length_are_those_of_reduceat(missing, late, large):
    bars = minute_bars(1, 30_000, missing, late=late, large=large)
    for minutes in (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 60, 1000):
        name = f"{minutes}m"
        # The origin of 7 minutes is not midnight.
        made = bw.resample(bars, name, origin="epoch")[name]
        for column, wanted in by_reduceat(bars, minutes).items():
            found = made.report.counts if column == "count" else made.raw(column)
            if column == "ts_init":  # the last interval may not be over
                found, wanted = found[:-1], wanted[:-1]
            assert np.array_equal(found, wanted), (minutes, column)


def test_levels_above_others_are_those_of_rows():
    bars = minute_bars(2, 60_000, 0.02, late=1)
    names = ["2m", "4m", "12m", "36m", "3h", "1d"]
    together = bw.resample(bars, names)
    for name in names:
        alone = bw.resample(bars, name)[name]
        assert together[name].to_arrow().equals(alone.to_arrow()), name
        assert np.array_equal(together[name].report.counts, alone.report.counts)


def test_what_was_late_before_a_state_is_late_after_it():
    stamps = 1_500_000_000 * 10**9 // (60 * MINUTE) * (60 * MINUTE) + np.arange(400) * MINUTE
    inits = stamps.copy()
    inits[2] += 90 * MINUTE
    inits[63] += 90 * MINUTE
    bars = records(BAR, [*[np.full(400, 10**9)] * 5, stamps, inits], None)
    whole = bw.resample(bars, ["5m", "15m", "1h"])
    for cut in (3, 4, 64, 70):
        resampler = bw.Resampler(["5m", "15m", "1h"])
        found = [resampler.push(bars[:cut])]
        resampler = bw.Resampler.restore(resampler.state())
        found += [resampler.push(bars[cut:]), resampler.finish()]
        for name, made in whole.items():
            known = [part[name].raw("ts_init") for part in found if name in part]
            assert np.array_equal(np.concatenate(known), made.raw("ts_init")), (cut, name)


def test_counts_keep_their_memory():
    bars = minute_bars(3, 400_000, 0.0)
    counts = bw.resample(bars, "5m")["5m"].report.counts
    assert counts.nbytes * 8 > 4 << 20
    before = counts.copy()
    # Would be made in the same memory, if it had been given back.
    other = bw.resample(minute_bars(4, 400_000, 0.02), "5m")
    assert np.array_equal(counts, before)
    del other


def test_kept_memory_makes_room_for_what_was_used_last(monkeypatch):
    _memory.release_unused()
    monkeypatch.setattr(_memory, "_MOST_KEPT", 24 << 20)
    for size in (8 << 20, 6 << 20, 20 << 20, 30 << 20):
        held = _memory.Block(size)
        del held
    # The first ones had to go; what is larger than all that is kept drove nothing out.
    assert [len(mapping) for mapping in _memory._kept] == [20 << 20]
    _memory.release_unused()
