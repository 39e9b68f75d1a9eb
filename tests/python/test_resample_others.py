"""The same bars as pandas and polars make, on random rows, for the whole grid of options."""

from __future__ import annotations

import itertools
import warnings

import barrow as bw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from barrow._arrow import BAR
from rows_to_resample import HOUR, MINUTE, SECOND, random_bars, stamp

HOW = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
FIXED = {"30s": "30s", "1m": "1min", "7m": "7min", "1h": "1h", "4h": "4h", "36h": "36h"}
CALENDAR = {"1d": "D", "2d": "2D", "1w": "W-MON", "2w": "2W-MON", "1M": "MS", "2M": "2MS",
            "1q": "QS", "1y": "YS"}  # fmt: skip
ORIGINS = [None, "start_day", "start", "epoch", "end", "end_day", "2023-12-31T17:05:00+00:00"]
OFFSETS = [None, "95s", "-2h"]
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]


def as_frame(bars: bw.Bars) -> pd.DataFrame:
    index = pd.DatetimeIndex(bars.timestamps()).tz_localize("UTC")
    columns = {name: bars.raw(name).astype(np.int64) for name in BAR.values}
    return pd.DataFrame(columns, index=index)


def of_pandas(frame: pd.DataFrame, zone: str, rule: str, **options) -> list[list[int]]:
    """Stamp, values and count of every bar that has a row."""
    groups = frame.tz_convert(zone).resample(rule, **options)
    made = groups.agg(HOW).assign(count=groups.size())
    made = made[made["count"] > 0]
    stamps = made.index.tz_convert("UTC").as_unit("ns").asi8
    return np.column_stack([stamps, made.to_numpy(np.int64)]).tolist()


def of_barrow(bars: bw.Bars) -> list[list[int]]:
    columns = [bars.raw(name).astype(np.int64) for name in BAR.values]
    return np.column_stack(
        [bars.raw("ts_event").astype(np.int64), *columns, bars.report.counts]
    ).tolist()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", FIXED)
def test_seconds_to_hours_are_those_of_pandas(zone, name):
    unit = SECOND if name in ("30s", "1m") else MINUTE
    # Clocks change within the rows, forward and back.
    for start, (closed, label, origin, offset) in zip(
        itertools.cycle(["2024-03-09T22:17", "2024-11-02T03:40", "2024-04-05T01:00"]),
        itertools.product(["left", "right"], ["left", "right"], ORIGINS, OFFSETS),
        strict=False,
    ):
        if offset and origin in ("end", "end_day"):
            continue  # pandas fails, or has bars for which there is no row
        seed = len(closed + label + (origin or "")) + len(offset or "")
        bars = random_bars(seed, 60, start, longest=70, unit=unit)
        options = {"closed": closed, "label": label, "offset": offset}
        theirs_from = pd.Timestamp(origin) if origin and "T" in origin else origin or "start_day"
        theirs = of_pandas(as_frame(bars), zone, FIXED[name], origin=theirs_from, **options)
        mine = bw.resample(bars, name, tz=zone, origin=origin, **options)[name]
        assert of_barrow(mine) == theirs, (start, closed, label, origin, offset)


@pytest.mark.parametrize("zone", [*ZONES, "America/Sao_Paulo", "Europe/London"])
@pytest.mark.parametrize("name", CALENDAR)
@pytest.mark.parametrize("start", ["2018-02-27T21:00", "2018-10-17T02:00", "1999-12-30"])
def test_days_and_longer_are_those_of_pandas(zone, name, start):
    bars = random_bars(7, 500, start, longest=2000)
    for label in ("left", "right"):
        theirs = of_pandas(as_frame(bars), zone, CALENDAR[name], closed="left", label=label)
        mine = bw.resample(bars, name, tz=zone, label=label)[name]
        assert of_barrow(mine) == theirs


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", ["1d", "1M", "1q", "1y"])
@pytest.mark.parametrize("label", ["left", "right"])
def test_what_is_closed_at_the_right_is_so_in_pandas(zone, name, label):
    bars = random_bars(8, 500, "2018-02-27T21:00", longest=2000, unit=MINUTE)
    theirs = of_pandas(as_frame(bars), zone, CALENDAR[name], closed="right", label=label)
    mine = bw.resample(bars, name, tz=zone, closed="right", label=label)[name]
    assert of_barrow(mine) == theirs


@pytest.mark.parametrize("name", ["7m", "1h", "1d", "1M"])
def test_filled_bars_are_the_last_close_as_pandas_fills_it(name):
    bars = random_bars(9, 400, longest=300)
    frame = as_frame(bars).resample({**FIXED, **CALENDAR}[name]).agg(HOW)
    close = frame["close"].ffill()
    frame = frame.apply(lambda column: column.fillna(close)).assign(volume=frame["volume"])
    made = bw.resample(bars, name, empty="fill")[name]
    assert made.timestamps().tolist() == frame.index.tz_localize(None).as_unit("ns").asi8.tolist()
    for column in BAR.values:
        assert made.raw(column).tolist() == frame[column].astype(np.int64).tolist()


POLARS = {"30s": "30s", "5m": "5m", "1h": "1h", "4h": "4h", "1d": "1d", "1w": "1w", "1M": "1mo",
          "1q": "1q", "1y": "1y"}  # fmt: skip


def of_polars(bars: bw.Bars, zone: str, every: str, **options) -> list[list[int]]:
    frame = pl.DataFrame({name: bars.raw(name).astype(np.int64) for name in BAR.values})
    times = pl.Series("time", bars.timestamps()).dt.replace_time_zone("UTC")
    frame = frame.with_columns(times.dt.convert_time_zone(zone)).set_sorted("time")
    made = frame.group_by_dynamic("time", every=every, **options).agg(
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        pl.col("volume").sum(),
        pl.len().cast(pl.Int64).alias("count"),
    )
    return made.with_columns(pl.col("time").dt.epoch("ns")).to_numpy().tolist()


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("name", POLARS)
@pytest.mark.parametrize("closed", ["left", "right"])
@pytest.mark.parametrize("label", ["left", "right"])
def test_polars_makes_the_same(zone, name, closed, label):
    long = name[1] in "dwMqy"
    # Before a month begins polars counts months from the 28th or so, and drifts.
    offsets = {"d": (None, "17h", "-3h"), "w": (None, "17h", "-3h")}.get(name[1], (None, "17h"))
    for offset in offsets if long else (None,):
        for start in ("2024-01-30T22:17", "2023-06-30T03:40"):
            bars = random_bars(11, 400, start, longest=400 if long else 20)
            theirs = of_polars(bars, zone, POLARS[name], closed=closed, label=label, offset=offset)
            mine = bw.resample(bars, name, tz=zone, closed=closed, label=label, offset=offset)
            assert of_barrow(mine[name]) == theirs, (offset, start)


def test_a_time_zone_without_changes_is_that_of_its_offset():
    bars = random_bars(12, 500, longest=300)
    for name in ("4h", "1d", "1M"):
        mine = bw.resample(bars, name, tz="-03:00")[name]
        assert of_barrow(mine) == of_barrow(bw.resample(bars, name, tz="Etc/GMT+3")[name])
    assert stamp("1970-01-01") == 0
    assert HOUR == 60 * MINUTE


@pytest.fixture(autouse=True)
def _no_warnings_of_others():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield
