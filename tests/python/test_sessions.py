"""Sessions: presets, days of 23 and 25 hours, holidays, calendars, and as plain values."""

from __future__ import annotations

import pickle
import sys
import warnings
from dataclasses import replace
from datetime import date, timedelta

import barrow as bw
import exchange_calendars
import numpy as np
import pytest
from barrow._arrow import BAR
from barrow.sessions import calendars
from barrow.zones import offsets
from rows_to_resample import HOUR, MINUTE, random_bars, records, stamp

HOURS = ["Mon-Fri 09:30 - 16:00"]


def minutes_from(first: str, last: str, bar_type: str | None = None) -> bw.Bars:
    """A bar for every minute, the last one excluded, all alike, known when they end."""
    stamps = np.arange(stamp(first), stamp(last), MINUTE)
    values = [np.full(len(stamps), 10**9) for _ in range(5)]
    return records(BAR, [*values, stamps, stamps + MINUTE], bar_type)


def texts(stamps) -> list[str]:
    return [str(at)[:16] for at in np.asarray(stamps).astype("M8[ns]")]


def starts_of(bars: bw.Bars) -> list[str]:
    return texts(bars.raw("ts_event").astype(np.int64))


def calendar_of(name: str, first: str, last: str):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # exchange_calendars is not ready for pandas 4
        return exchange_calendars.get_calendar(name, start=first, end=last)


# ---------------------------------------------------------------- what sessions mean


def test_the_week_of_globex_begins_on_sunday():
    bars = minutes_from("2024-03-08T00:00", "2024-03-12T00:00")  # clocks change on the 10th
    made = bw.resample(bars, ["4h", "1d", "1w"], session="cme-globex")
    assert starts_of(made["1d"]) == ["2024-03-07T23:00", "2024-03-10T22:00", "2024-03-11T22:00"]
    days = bw.resample(bars, "1d", session="cme-globex", label="right")["1d"]
    assert starts_of(days) == ["2024-03-08T22:00", "2024-03-11T21:00", "2024-03-12T21:00"]
    dates = bw.load_session("cme-globex").trading_dates(made["1d"].timestamps())
    assert dates.astype(str).tolist() == ["2024-03-08", "2024-03-11", "2024-03-12"]
    assert starts_of(made["1w"]) == ["2024-03-03T23:00", "2024-03-10T22:00"]
    assert starts_of(made["4h"])[5:8] == [
        "2024-03-08T19:00",
        "2024-03-10T22:00",
        "2024-03-11T02:00",
    ]
    rows = made["1d"].report.rows_dropped["outside session"]
    assert rows == 48 * 60 + 60  # the weekend, and the break on Monday


def test_bars_of_us_equities_start_with_the_bell_and_do_not_cross_the_night():
    bars = minutes_from("2024-03-07T00:00", "2024-03-09T00:00")
    made = bw.resample(bars, ["4h", "1h", "1d"], session="us-equities")
    wanted = ["2024-03-07T14:30", "2024-03-07T18:30", "2024-03-08T14:30", "2024-03-08T18:30"]
    assert starts_of(made["4h"]) == wanted
    assert made["4h"].report.counts.tolist() == [240, 150] * 2
    assert made["1h"].report.counts.tolist() == [60, 60, 60, 60, 60, 60, 30] * 2
    ends = bw.resample(bars, ["4h", "1d"], session="us-equities", label="right")
    assert starts_of(ends["4h"])[1] == starts_of(ends["1d"])[0] == "2024-03-07T21:00"
    assert [bar.ts_init for bar in made["1d"]] == ends["1d"].raw("ts_event").tolist()


def test_a_day_is_finished_when_its_session_ends():
    bars = minutes_from("2024-03-07T14:30", "2024-03-07T21:00")
    resampler = bw.Resampler("1d", session="us-equities")
    assert resampler.push(bars) == {}
    made = resampler.open_bars()["1d"]
    assert not made.report.unfinished
    assert made[0].ts_init == stamp("2024-03-07T21:00")
    assert resampler.open_bars()["1d"][0].ts_init == stamp("2024-03-07T21:00")
    assert bw.resample(bars[:-1], "1d", session="us-equities")["1d"].report.unfinished
    assert list(resampler.advance(stamp("2024-03-07T21:00"))) == ["1d"]


@pytest.mark.parametrize(
    ("zone", "session"),
    [
        ("America/New_York", "fx-new-york-17"),
        ("America/New_York+7h", None),
    ],
)
def test_days_of_foreign_exchange_start_at_17_in_new_york(zone, session):
    # Server midnight of brokers is 17:00 in New York, all year.
    session = session or bw.Session(zone, ["Mon-Fri 00:00 - 24:00"])
    for start, end, opens in (
        ("2024-03-06", "2024-03-13", ["22:00"] * 3 + ["21:00"] * 3),
        ("2024-10-31", "2024-11-07", ["21:00"] * 2 + ["22:00"] * 4),
    ):
        bars = minutes_from(start, end)
        made = bw.resample(bars, "1d", session=session)["1d"]
        assert [text[11:] for text in starts_of(made)] == opens
    assert offsets("America/New_York+7h") == offsets("new-york+7")
    bounds, ahead = offsets("Europe/London-2h")
    assert (bounds, [a + 2 * HOUR for a in ahead]) == (
        offsets("Europe/London")[0],
        list(offsets("Europe/London")[1]),
    )


@pytest.mark.parametrize("start", ["2024-03-07", "2024-10-31", "1970-01-12"])
def test_three_ways_to_the_days_of_foreign_exchange(start):
    schedule = bw.load_session("fx-new-york-17").schedule("1970-01-01", "2025-01-01")
    every = minutes_from(start, str(date.fromisoformat(start) + timedelta(11)))
    open_ = schedule.find(every.raw("ts_event").astype(np.int64)) >= 0
    columns = [every.raw(name)[open_] for name in BAR.columns]
    bars = records(BAR, columns, None)
    made = bw.resample(bars, ["1d", "1w"], session="fx-new-york-17")
    broker = bw.resample(bars, ["1d", "1w"], tz="America/New_York+7h")
    assert broker["1d"] == made["1d"]
    assert bw.resample(bars, "1d", tz="America/New_York", offset="17h")["1d"] == made["1d"]
    volumes = [[bar.volume.raw for bar in weeks] for weeks in (made["1w"], broker["1w"])]
    assert volumes[0] == volumes[1]


def test_the_first_moment_of_1970():
    bars = records(BAR, [np.full(3, 10**9)] * 5 + [np.array([0, 1, MINUTE], np.uint64)] * 2, None)
    for session in ("24x7", "cme-globex", "eurex"):
        for closed in ("left", "right"):
            options = {"session": session, "closed": closed, "label": "right", "outside": "keep"}
            for made in bw.resample(bars, ["1m", "4h", "1d", "1w", "1q"], **options).values():
                assert made.report.counts.sum() == 3
    with pytest.raises(bw.BarrowArgumentError, match="the first bar starts 1969-12-31T21:30:00Z"):
        bw.resample(bars, "1d", session="cme-globex")


def test_days_of_23_and_25_hours():
    around = bw.Session("America/New_York", ["Mon-Sun 00:00 - 24:00"])
    for day, hours in (("2024-03-10", 23), ("2024-11-03", 25), ("2024-07-01", 24)):
        schedule = around.schedule(day, day)
        assert (schedule.ends - schedule.starts).tolist() == [hours * HOUR]
        bars = minutes_from(f"{day}T00:00", str(date.fromisoformat(day) + timedelta(2)))
        made = bw.resample(bars, ["1h", "4h", "1d"], session=around)
        at = [str(d) for d in around.trading_dates(made["1d"].timestamps())].index(day)
        assert made["1d"].report.counts[at] == hours * 60
        per_day = around.trading_dates(made["4h"].timestamps()) == np.datetime64(day)
        lasts = made["4h"].report.counts[per_day]
        assert lasts.tolist() == [240] * (hours // 4) + ([hours % 4 * 60] if hours % 4 else [])


def test_times_that_clocks_skip_or_show_twice():
    session = bw.Session("America/New_York", ["Sun 01:30 - 02:30", "Sun 02:40 - 02:50"])
    spring = session.schedule("2024-03-10", "2024-03-10")
    assert texts(spring.starts) == ["2024-03-10T06:30"]  # the second range is not there
    assert texts(spring.ends) == ["2024-03-10T07:00"]
    autumn = session.schedule("2024-11-03", "2024-11-03")
    assert texts(autumn.starts) == ["2024-11-03T05:30", "2024-11-03T07:40"]
    assert texts(autumn.ends) == ["2024-11-03T07:30", "2024-11-03T07:50"]


def test_hours_of_globex_changed():
    globex = bw.load_session("cme-globex")
    chicago = replace(globex, zone="UTC")  # clocks as they are
    for first, day, wanted in (
        ("2012-11-16", "Fri", [("15T15:30", "15T16:30"), ("15T17:00", "16T15:15")]),
        ("2012-11-19", "Mon", [("18T17:00", "19T15:15"), ("19T15:30", "19T16:15")]),
        ("2015-09-18", "Fri", [("17T17:00", "18T15:15"), ("18T15:30", "18T16:15")]),
        ("2015-09-21", "Mon", [("20T17:00", "21T15:15"), ("21T15:30", "21T16:00")]),
        ("2021-06-25", "Fri", [("24T17:00", "25T15:15"), ("25T15:30", "25T16:00")]),
        ("2021-06-28", "Mon", [("27T17:00", "28T16:00")]),
    ):
        found = chicago.schedule(first, first)
        assert date.fromisoformat(first).strftime("%a") == day
        pairs = zip(texts(found.starts), texts(found.ends), strict=True)
        assert [(a[8:], b[8:]) for a, b in pairs] == wanted
    # A bar of four hours starts anew after the break.
    bars = minutes_from("2020-03-02T00:00", "2020-03-03T00:00")
    made = bw.resample(bars, ["4h", "1d"], session=globex)
    assert "2020-03-02T21:30" in starts_of(made["4h"])
    assert made["1d"].report.rows_dropped == {"outside session": 15 + 60}


def test_eurex_starts_with_singapore():
    eurex = bw.load_session("eurex")
    for day, opened, closed in (
        ("2018-12-07", "06:50", "21:00"),
        ("2018-12-10", "00:10", "21:00"),
        ("2024-07-01", "00:10", "20:00"),
    ):
        found = eurex.schedule(day, day)
        assert texts(found.starts) == [f"{day}T{opened}"]
        assert texts(found.ends) == [f"{day}T{closed}"]


def test_a_range_may_be_of_a_trading_day_far_after_it():
    night = bw.Session("Asia/Shanghai", ["Mon -3d 21:00 - -2d 02:30", "Tue-Fri -1d 21:00 - 02:30",
                                        "Mon-Fri 09:00 - 15:00"])  # fmt: skip
    dates = night.trading_dates(
        np.array(["2024-03-08T14:00", "2024-03-08T18:29", "2024-03-08T18:30", "2024-03-11T01:00"],
                 "M8[ns]")
    )  # fmt: skip
    assert dates.astype(str).tolist() == ["2024-03-11", "2024-03-11", "NaT", "2024-03-11"]


def test_holidays_and_early_closes_of_a_table():
    session = bw.Session(
        "America/New_York",
        HOURS,
        holidays=["2024-07-04"],
        early_closes={"2024-07-03": "13:00"},
        late_opens={date(2024, 7, 5): "11:00"},
    )
    found = session.schedule("2024-07-02", "2024-07-06")
    assert found.dates.astype(str).tolist() == ["2024-07-02", "2024-07-03", "2024-07-05"]
    assert [text[11:] for text in texts(found.starts)] == ["13:30", "13:30", "15:00"]
    assert [text[11:] for text in texts(found.ends)] == ["20:00", "17:00", "20:00"]
    bars = minutes_from("2024-07-03T00:00", "2024-07-06T00:00")
    made = bw.resample(bars, ["1h", "1d"], session=session, empty="fill")
    assert made["1d"].report.counts.tolist() == [210, 300]
    assert made["1h"].report.counts.tolist() == [60, 60, 60, 30, 60, 60, 60, 60, 60]


def test_rows_outside_are_dropped_kept_or_refused():
    bars = minutes_from("2024-03-07T21:58", "2024-03-07T23:02")  # 15:58 to 17:02 in Chicago
    dropped = bw.resample(bars, ["5m", "1d"], session="cme-globex")
    assert dropped["1d"].report.rows_dropped == {"outside session": 60}
    assert dropped["1d"].report.counts.tolist() == [2, 2]
    kept = bw.resample(bars, ["30m", "1d"], session="cme-globex", outside="keep")
    assert kept["1d"].report.counts.tolist() == [2, 62]
    assert starts_of(kept["30m"])[1:] == [
        "2024-03-07T22:00",
        "2024-03-07T22:30",
        "2024-03-07T23:00",
    ]
    for push in (
        lambda: bw.resample(bars, "5m", session="cme-globex", outside="error"),
        lambda: bw.Resampler("5m", session="cme-globex", outside="error").push(bars),
    ):
        with pytest.raises(bw.BarrowArgumentError) as caught:
            push()
        assert str(caught.value) == (
            'row 2: ts_event 2024-03-07T22:00:00Z is outside session "cme-globex"\n'
            "  try: outside='drop'\n   or: outside='keep'"
        )
    row = bw.Resampler("5m", session="cme-globex", outside="error")
    row.push(bars[:0])
    row.push_row(stamp("2024-03-07T21:59"), 1, 1, 1, 1, 1)
    with pytest.raises(bw.BarrowArgumentError, match=r"^row 1: .* is outside session"):
        row.push_row(stamp("2024-03-07T22:00"), 1, 1, 1, 1, 1)


def test_daily_bars():
    minutes = minutes_from("2024-03-04", "2024-03-16", "ES.CME-1-MINUTE-LAST-EXTERNAL")
    days = bw.resample(minutes, ["1d", "1w", "1M"], session="cme-globex")
    for label, closed in (("left", "left"), ("right", "right")):
        made = bw.resample(minutes, "1d", session="cme-globex", label=label)["1d"]
        again = bw.resample(made, ["1w", "1M"], session="cme-globex", closed=closed)
        assert again["1w"] == days["1w"]
        assert [b.volume.raw for b in again["1M"]] == [b.volume.raw for b in days["1M"]]
    # Vendors stamp days with midnight UTC, when New York is closed.
    stamps = stamp("2024-03-04") + np.arange(5) * 24 * HOUR
    values = [np.full(5, 10**9)] * 5
    bars = records(BAR, [*values, stamps, stamps], "SPY.ARCA-1-DAY-LAST-EXTERNAL")
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.resample(bars, "1w", session="us-equities")
    assert str(caught.value) == (
        'row 0: ts_event 2024-03-04T00:00:00Z is outside session "us-equities", where a bar of a '
        "day or more cannot be\n"
        "  try: outside='keep', which gives it to the trading day it is before"
    )
    weeks = bw.resample(bars, "1w", session="us-equities", outside="keep")["1w"]
    assert weeks.report.counts.tolist() == [5]


# ---------------------------------------------------------------- calendars


@pytest.mark.parametrize("closed", ["left", "right"])
def test_days_of_us_equities_are_those_of_the_calendar(closed):
    known = calendar_of("XNYS", "1990-01-02", "2026-12-31")
    session = bw.load_session("us-equities")
    found = session.schedule("1990-01-02", "2026-12-31")
    opens, closes = (
        times.dt.tz_convert(None).to_numpy().astype("M8[ns]").astype(np.int64)
        for times in (known.opens, known.closes)
    )
    assert found.starts.tolist() == opens.tolist()
    assert found.ends.tolist() == closes.tolist()
    assert (
        found.dates.astype("M8[ns]").tolist() == known.sessions.to_numpy().astype("M8[ns]").tolist()
    )
    # Bars of days, from hours all around.
    stamps = np.arange(stamp("2019-11-20T00:30"), stamp("2020-02-01"), HOUR)
    values = [np.full(len(stamps), 10**9)] * 5
    bars = records(BAR, [*values, stamps, stamps], None)
    made = bw.resample(bars, "1d", session=session, closed=closed, label=closed)["1d"]
    edges = opens if closed == "left" else closes
    inside = (edges >= stamps[0]) & (edges <= stamps[-1])
    assert made.raw("ts_event").tolist() == edges[inside].tolist()
    assert made.report.notes == []


def test_extended_hours_go_on_after_an_early_close():
    found = bw.load_session("us-equities-extended").schedule("2024-07-02", "2024-07-05")
    assert [text[8:] for text in texts(found.starts)] == ["02T08:00", "03T08:00", "05T08:00"]
    assert [text[8:] for text in texts(found.ends)] == ["03T00:00", "03T21:00", "06T00:00"]


def test_a_calendar_that_ends_is_told():
    bars = random_bars(1, 50, "2024-01-03")
    made = bw.resample(bars, "1d", session="us-equities")["1d"]
    assert made.report.notes == []
    bars = random_bars(1, 50, "2100-12-30", longest=100)
    made = bw.resample(bars, "1d", session="us-equities")["1d"]
    assert made.report.notes == [
        'calendar "XNYS" is known from 1970-01-01 to 2100-12-31; other days have full hours'
    ]


def test_without_the_extra_the_error_names_it(monkeypatch):
    calendars.find_calendar.cache_clear()
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    bars = minutes_from("2024-03-07T14:00", "2024-03-07T22:00")
    for use in (
        lambda: bw.resample(bars, "1d", session="us-equities"),
        lambda: bw.load_session("us-equities").schedule("2024-01-01", "2024-02-01"),
    ):
        with pytest.raises(bw.BarrowUnsupportedError) as caught:
            use()
        assert str(caught.value) == (
            'calendar "XNYS": needs exchange_calendars, which is not installed\n'
            "  try: pip install 'barrow[calendars]'\n"
            "   or: dataclasses.replace(session, calendar=None) for the hours only"
        )
    hours = replace(bw.load_session("us-equities"), calendar=None)
    assert bw.resample(bars, "1d", session=hours)["1d"].report.counts.tolist() == [390]


def test_a_calendar_that_is_none():
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.Session("UTC", HOURS, calendar="XXXX").schedule("2024-01-01", "2024-02-01")
    assert str(caught.value) == (
        'calendar "XXXX": exchange_calendars has none\n'
        "  try: exchange_calendars.get_calendar_names()"
    )


@pytest.mark.parametrize("name", ["XTKS", "XHKG", "XKRX", "CMES", "XEUR"])
def test_other_calendars_are_taken(name):
    session = bw.Session("UTC", ["Mon-Fri 00:00 - 24:00"], calendar=name)
    known = calendar_of(name, "2015-01-01", "2020-12-31")
    found = session.schedule("2015-01-01", "2020-12-31")
    days = known.sessions.to_numpy().astype("M8[D]")
    assert set(found.dates.tolist()) <= set(days.tolist())
    # Only days that are over before their UTC midnight are gone.
    assert len(days) - len(found) <= len(known.early_closes) + len(known.late_opens)


# ---------------------------------------------------------------- a session as a value


def test_a_session_goes_with_the_state_of_a_resampler():
    bars = minutes_from("2024-07-03T00:00", "2024-07-06T00:00")
    resampler = bw.Resampler(["1h", "1d"], session="us-equities", outside="drop")
    found = resampler.push(bars[:1100])
    state = resampler.state()
    # The calendar is in the state: what it says later changes nothing.
    assert b'"calendar"' not in state
    again = bw.Resampler.restore(state)
    assert again.state() == state
    for name, made in again.push(bars[1100:]).items():
        assert resampler.push(bars[1100:])[name] == made if name == "1h" else True
    assert found["1h"].report.rows_dropped["outside session"] > 0
    fresh = bw.Resampler("1d", session="us-equities")
    assert bw.Resampler.restore(fresh.state()).options.session == bw.load_session("us-equities")


@pytest.mark.parametrize("name", bw.session_names())
def test_presets_are_plain_values(name):
    session = bw.load_session(name)
    assert session.name == name
    assert bw.Session.from_dict(session.to_dict()) == session
    assert pickle.loads(pickle.dumps(session)) == session
    assert hash(session) == hash(bw.load_session(name))
    assert len(session.schedule("2024-03-01", "2024-03-31"))


def test_a_session_of_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'zone = "Europe/London"\nholidays = [2024-03-29]\n'
        '[early_closes]\n2024-03-28 = "12:30"\n'
        '[[rules]]\nto = 2024-03-31\nranges = ["Mon-Fri 08:00 - 16:30"]\n'
        '[[rules]]\nfrom = 2024-04-01\nranges = ["Mon-Thu 08:00 to 16:00", "Fri 08:00 to 12:00"]\n'
    )
    session = bw.load_session(path)
    assert (session.name, len(session.rules)) == ("mine", 2)
    found = session.schedule("2024-03-27", "2024-04-05")
    assert [text[8:] for text in texts(found.ends)] == [
        *("27T16:30", "28T12:30", "01T15:00", "02T15:00", "03T15:00", "04T15:00", "05T11:00")
    ]
    bars = minutes_from("2024-03-27", "2024-03-30")
    assert len(bw.resample(bars, "1d", session=str(path))["1d"]) == 2


def test_trading_dates_keep_their_shape():
    session = bw.load_session("24x7")
    assert session.trading_dates(np.empty((0,), np.int64)).tolist() == []
    stamps = np.array([["2024-03-08T14:00", "1969-12-31T23:00"]], "M8[s]")
    assert session.trading_dates(stamps).astype(str).tolist() == [["2024-03-08", "1969-12-31"]]
