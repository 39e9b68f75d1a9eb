"""Bars of sessions against a session made date by date and rows put into bars one by one."""

from __future__ import annotations

import zlib
from datetime import date, timedelta

import barrow as bw
import numpy as np
import pytest
from reference_sessions import PlainSession, finder, intervals_of, is_inside, random_session
from rows_to_resample import Row, fold_plainly, plain_rows, random_bars, same_bars
from test_resampler import check

NAMES = ["1m", "5m", "7m", "1h", "4h", "1d", "3d", "1w", "2w", "1M", "1q", "1y"]
ZONES = ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Europe/Berlin",
         "America/Sao_Paulo", "America/New_York+7h"]  # fmt: skip
STARTS = ["2018-02-14", "2018-03-07", "2018-10-24", "2018-11-01"]
DAY = timedelta(1)


def date_of(stamp: int) -> date:
    return date(1970, 1, 1) + timedelta(stamp // (86_400 * 10**9))


class Expected:
    """What bars should be, of rows and a plain session."""

    def __init__(self, bars: bw.Bars, plain: PlainSession, bias: int = 0, keep: bool = False):
        self.rows = plain_rows(bars)
        self.bias, self.keep = bias, keep
        first, last = self.rows[0][5], self.rows[-1][5]
        days = date_of(first) - 400 * DAY, date_of(last) + 400 * DAY
        self.ranges = plain.ranges(*days)
        inside = is_inside(self.ranges)
        outside = [row[5] for row in self.rows if not inside(row[5] - bias)]
        self.outside, self.told = len(outside), outside[-1] if outside and not keep else 0
        self.kept = self.rows if keep else [r for r in self.rows if inside(r[5] - bias)]
        near = date_of(first) - 30 * DAY, date_of(last) + 30 * DAY
        self.near = [r for r in self.ranges if near[0] <= r[2] <= near[1]]
        self.first = first - bias

    def intervals(self, name: str) -> list[tuple[int, int]]:
        ranges = self.near if name[-1] in "mhd" else self.ranges
        return intervals_of(ranges, name, self.first, self.keep)

    def bars(self, name: str) -> list[Row]:
        made = fold_plainly(self.kept, finder(self.intervals(name)), self.bias)
        if made and self.told:
            # A row outside says how late it is.
            over = self.told - self.bias >= made[-1].end
            made[-1].known = max(made[-1].known, made[-1].end if over else self.told)
        return made

    def filled(self, name: str) -> list[Row]:
        made = {bar.start: bar for bar in self.bars(name)}
        found: list[Row] = []
        for start, end in self.intervals(name):
            bar = made.pop(start, None)
            if bar is None and found and made:
                before = found[-1]
                close, known = before.close, max(before.known, end)
                bar = Row(close, close, close, close, 0, start, end, known, 0)
            if bar is not None:
                found.append(bar)
        return found


def bars_around(seed: int, start: str, rows: int = 500) -> bw.Bars:
    return random_bars(seed, rows, start, longest=70, late=3)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("closed", ["left", "right"])
@pytest.mark.parametrize("outside", ["drop", "keep"])
def test_every_timeframe_is_what_rows_one_by_one_give(zone, start, closed, outside):
    seed = zlib.crc32(f"{zone} {start} {closed}".encode()) % 1000
    plain = random_session(seed, zone, date.fromisoformat(start))
    bars = bars_around(seed, start)
    wanted = Expected(bars, plain, closed == "right", outside == "keep")
    session = plain.session()
    made = bw.resample(bars, NAMES, session=session, closed=closed, outside=outside)
    for name in NAMES:
        same_bars(made[name], wanted.bars(name))
        dropped = made[name].report.rows_dropped
        assert dropped == ({"outside session": wanted.outside} if outside == "drop" else {})
        assert made[name].report.rows_in == len(bars)
    for name in NAMES[1::3]:
        alone = bw.resample(bars, name, session=session, closed=closed, outside=outside)[name]
        assert alone == made[name]
    right = bw.resample(bars, NAMES, session=session, closed=closed, label="right", outside=outside)
    for name in NAMES:
        same_bars(right[name], wanted.bars(name), "right")


@pytest.mark.parametrize("seed", range(6))
def test_what_is_filled_is_in_sessions_only(seed):
    zone = ZONES[seed]
    plain = random_session(seed, zone, date(2018, 3, 7))
    bars = bars_around(seed, "2018-03-07", 300)
    wanted = Expected(bars, plain)
    names = ["5m", "4h", "1d", "1w", "1M"]
    made = bw.resample(bars, names, session=plain.session(), empty="fill")
    for name in names:
        same_bars(made[name], wanted.filled(name))
        assert made[name].report.filled == len(made[name]) - len(wanted.bars(name))


@pytest.mark.parametrize(("size", "saved"), [(1, 0), (1, 60), (7, 0), (7, 5), (100, 1)])
@pytest.mark.parametrize("outside", ["drop", "keep"])
@pytest.mark.parametrize("closed", ["left", "right"])
def test_streams_give_the_same_bits(size, outside, closed, saved):
    seed = size
    plain = random_session(seed, "America/New_York", date(2018, 10, 24))
    options = {"session": plain.session(), "outside": outside, "closed": closed}
    bars = bars_around(seed, "2018-10-24", 400)
    check(bars, size, NAMES, saved=saved, **options)
    if outside == "drop":
        check(bars, size, ["5m", "1d"], saved=saved, empty="fill", partial="drop", **options)


@pytest.mark.parametrize("encoding", ["fixed16", "decimal128"])
def test_wide_encodings_give_the_same(encoding):
    plain = random_session(1, "Europe/Berlin", date(2018, 3, 7))
    bars = bars_around(1, "2018-03-07")
    wide = bw.Bars.from_arrow(bars.to_arrow(encoding))
    made = bw.resample(bars, NAMES, session=plain.session())
    again = bw.resample(wide, NAMES, session=plain.session())
    for name in NAMES:
        assert again[name] == made[name]


def test_blocks_do_not_matter():
    plain = random_session(2, "America/New_York", date(2018, 3, 7))
    bars = random_bars(2, 20_000, "2018-02-20", longest=2)
    wanted = Expected(bars, plain)
    made = bw.resample(bars, ["1m", "5m", "1h", "1d"], session=plain.session())
    for name, found in made.items():
        same_bars(found, wanted.bars(name))


def test_longer_bars_are_made_of_shorter_ones_where_those_end_alike():
    bars = bars_around(3, "2024-01-02")
    names = ["1m", "7m", "1h", "90m", "1d", "2d", "1w", "1M", "1q"]
    made = bw.resample(bars, names, session="cme-globex")
    told = {name: made[name].report.source for name in names}
    assert told == {"1m": "rows", "7m": "1m", "1h": "1m", "90m": "1m", "1d": "90m", "2d": "1d",
                    "1w": "1d", "1M": "2d", "1q": "1M"}  # fmt: skip


@pytest.mark.parametrize("year", [1970, 2201])
def test_the_ends_of_time(year):
    plain = random_session(4, "America/New_York", date(year, 1, 1))
    start = "1970-01-09" if year == 1970 else "2201-01-01"
    bars = bars_around(4, start, 300)
    wanted = Expected(bars, plain)
    for name in ["5m", "1d", "1w", "1M"]:
        made = bw.resample(bars, name, session=plain.session(), label="right")[name]
        same_bars(made, wanted.bars(name), "right")
    assert len(made)


def test_the_last_days_that_there_are():
    bars = random_bars(5, 400, "2261-12-20", longest=60)
    last = bars.raw("ts_event") < np.datetime64("2261-12-31", "ns").astype(np.uint64)
    bars = bars[: int(np.count_nonzero(last))]
    check(bars, 9, ["1h", "1d", "1y"], session="fx-new-york-17")
    made = bw.resample(bars, "1d", session="fx-new-york-17", label="right")["1d"]
    assert made[-1].ts_event > bars[-1].ts_event


def test_a_session_that_is_over_has_no_bars():
    rules = [bw.SessionRule(["Mon-Fri 09:00 - 17:00"], "2010-01-01", "2010-12-31")]
    session = bw.Session("UTC", rules=rules)
    for start in ("2009-01-05", "2012-01-05"):
        bars = random_bars(6, 50, start)
        names = ["5m", "1d", "1w"]
        for made in bw.resample(bars, names, session=session).values():
            assert len(made) == 0
            assert made.report.rows_dropped == {"outside session": 50}
        kept = bw.resample(bars, names, session=session, outside="keep")
        assert [sum(b.report.counts) for b in kept.values()] == [50] * 3
        check(bars, 7, names, session=session)
        check(bars, 7, names, session=session, outside="keep")
