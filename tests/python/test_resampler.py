"""Bars from rows as they come: the same bits as from one call."""

from __future__ import annotations

import barrow as bw
import numpy as np
import pytest
from barrow._arrow import BAR, FIXED16
from rows_to_resample import (
    BAR_TYPE,
    HOUR,
    MINUTE,
    plain_rows,
    random_bars,
    random_quotes,
    random_trades,
    records,
    stamp,
    widened,
)

NAMES = ["1m", "5m", "1h", "1d", "1w", "1M", "1q", "1y"]


def in_pieces(bars, names, size, *, saved=0, **options):
    """All bars of a resampler fed so many rows at a time, and its last ones."""
    resampler = bw.Resampler(names, **options)
    found = {name: [] for name in names}
    counts = {name: [] for name in names}
    parts = [bars[at : at + size] for at in range(0, len(bars), size)] or [bars]
    for number, part in enumerate(parts):
        if saved and number % saved == 0:
            resampler = bw.Resampler.restore(resampler.state())
        for name, made in resampler.push(part).items():
            found[name] += plain_rows(made)
            counts[name] += made.report.counts.tolist()
    last = resampler.finish()
    for name, made in last.items():
        found[name] += plain_rows(made)
        counts[name] += made.report.counts.tolist()
    return found, counts, last


def check(bars, size, names=NAMES, **options):
    found, counts, last = in_pieces(bars, names, size, **options)
    options.pop("saved", None)
    for name, made in bw.resample(bars, names, **options).items():
        assert found[name] == plain_rows(made), name
        assert counts[name] == made.report.counts.tolist()
        told, whole = last[name].report, made.report
        for fact in ("rows_in", "bars", "filled", "unfinished", "rows_dropped"):
            assert getattr(told, fact) == getattr(whole, fact), (name, fact)


@pytest.mark.parametrize("size", [1, 3, 64, 5000])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize("closed", ["left", "right"])
def test_any_batches_give_the_same_bits(size, zone, closed):
    bars = random_bars(1, 700, "2024-03-07", longest=100, late=2, bar_type=BAR_TYPE)
    check(bars, size, tz=zone, closed=closed)


@pytest.mark.parametrize("size", [1, 50])
@pytest.mark.parametrize("empty", ["drop", "fill"])
@pytest.mark.parametrize("partial", ["flag", "keep", "drop"])
@pytest.mark.parametrize("label", ["left", "right"])
def test_every_choice_does_too(size, empty, partial, label):
    bars = random_bars(2, 300, longest=30, late=40)
    options = {"empty": empty, "partial": partial, "label": label}
    check(bars, size, ["5m", "1h", "1d"], tz="America/New_York", offset="17h", **options)


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
@pytest.mark.parametrize("empty", ["drop", "fill"])
def test_it_goes_on_from_its_state(encoding, empty):
    bars = random_bars(3, 300, longest=100, late=2)
    check(bw.Bars.from_arrow(bars.to_arrow(encoding)), 7, saved=3, empty=empty)


def test_ticks_come_too():
    check(random_trades(4, 2000), 7, ["1m", "1h"])
    check(random_quotes(4, 2000), 7, ["1m", "1h"], price="mid")


def test_duplicates_are_left_out_across_batches():
    bars = random_bars(5, 500, longest=1)
    check(bars, 1, ["5m"], duplicates="first")
    check(bars, 9, ["5m"], duplicates="first")


def test_bars_come_as_soon_as_they_are_over():
    bars = random_bars(6, 2000, "2024-02-28", longest=20)
    resampler = bw.Resampler(["1m", "1h", "1d", "1M"])
    ends = {}
    for at in range(len(bars)):
        now = int(bars.raw("ts_event")[at])
        for name, made in resampler.push(bars[at : at + 1]).items():
            assert len(made) == 1
            # The interval of the row is another one, and was not yet the last time.
            end = bw.resample(made, name, label="right")[name][0].ts_event
            assert end <= now
            assert ends.get(name, 0) < end
            ends[name] = end
    assert set(ends) == {"1m", "1h", "1d", "1M"}


def test_time_ends_bars_without_a_row():
    times = stamp("2024-03-07T10:00") + np.arange(10) * MINUTE
    bars = records(BAR, [*[np.full(10, 10**9)] * 5, times, times], None)
    resampler = bw.Resampler(["1h", "1d"])
    assert resampler.advance(stamp("2024-03-07")) == {}
    assert resampler.push(bars) == {}
    seen = resampler.open_bars()
    assert seen["1h"][0].ts_init == int(bars.raw("ts_init")[-1])
    assert seen["1h"].report.unfinished
    assert resampler.advance(stamp("2024-03-07T10:59:59.999999999")) == {}
    made = resampler.advance(stamp("2024-03-07T11:00"))
    assert list(made) == ["1h"]
    assert made["1h"][0].ts_init == stamp("2024-03-07T11:00")
    assert list(resampler.open_bars()) == ["1d"]
    with pytest.raises(bw.BarrowArgumentError, match="is before 2024-03-07T11:00:00Z"):
        resampler.push(bars)


def test_one_row_at_a_time_as_integers():
    bars = random_bars(8, 500, longest=9)
    resampler = bw.Resampler(["5m", "1h"])
    resampler.push(bars[:0])
    found = {"5m": [], "1h": []}
    for row in plain_rows(bars):
        for name, made in resampler.push_row(row[5], *row[:5], row[6]).items():
            found[name] += plain_rows(made)
    for name, made in resampler.finish().items():
        assert found[name] + plain_rows(made) == plain_rows(bw.resample(bars, name)[name])


def test_looking_at_open_bars_changes_nothing():
    bars = random_bars(9, 400, longest=30)
    resampler = bw.Resampler(NAMES, empty="fill")
    found = {name: [] for name in NAMES}
    for at in range(0, len(bars), 5):
        for name, made in resampler.push(bars[at : at + 5]).items():
            found[name] += plain_rows(made)
        seen = resampler.open_bars()
        so_far = bw.resample(bars[: at + 5], NAMES, empty="fill")
        assert {n: plain_rows(b)[-1] for n, b in seen.items()} == {
            n: plain_rows(b)[-1] for n, b in so_far.items()
        }
    for name, made in resampler.finish().items():
        assert found[name] + plain_rows(made) == plain_rows(so_far[name])


def test_what_is_finished_takes_no_more():
    resampler = bw.Resampler("5m")
    with pytest.raises(bw.BarrowArgumentError, match="there was nothing to resample"):
        resampler.finish()
    resampler = bw.Resampler("5m")
    resampler.push(random_bars(10, 5))
    resampler.finish()
    for use in (resampler.finish, lambda: resampler.push(random_bars(10, 5))):
        with pytest.raises(bw.BarrowArgumentError, match="Resampler: is finished"):
            use()


def test_other_records_are_refused():
    resampler = bw.Resampler("5m")
    resampler.push(random_bars(11, 5))
    with pytest.raises(bw.BarrowSchemaError, match="their schema differs"):
        resampler.push(widened(random_bars(11, 5), FIXED16))
    for row in (bw.Resampler("5m"), bw.Resampler("5m", duplicates="first")):
        with pytest.raises(bw.BarrowArgumentError, match="push_row"):
            row.push_row(0, 1, 1, 1, 1, 1)


@pytest.mark.parametrize("state", [b"", b"{}", b"[]", b'{"format": "barrow.resampler"}', b"\xff"])
def test_a_state_that_is_none_is_an_error(state):
    with pytest.raises(bw.BarrowCorruptError, match="state: is none of a resampler of version 2"):
        bw.Resampler.restore(state)


def test_a_sum_too_large_for_an_open_bar_is_an_error_too():
    bars = random_bars(12, 10, "2024-03-07T10:00", longest=0)
    columns = [bars.raw(name).copy() for name in BAR.columns]
    columns[4][:] = 2**62
    resampler = bw.Resampler("1h")
    for at in range(10):
        resampler.push(records(BAR, [column[at : at + 1] for column in columns], None))
    with pytest.raises(bw.BarrowParseError, match="1h bar of 2024-03-07T10:00:00Z"):
        resampler.open_bars()
    with pytest.raises(bw.BarrowParseError, match="1h bar of 2024-03-07T10:00:00Z"):
        resampler.advance(stamp("2024-03-07T10:00") + HOUR)
    assert np.all(columns[4] == 2**62)
