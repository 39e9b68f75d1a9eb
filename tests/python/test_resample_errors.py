"""What is wrong with rows or arguments is said, and nothing is dropped without a word."""

from __future__ import annotations

import barrow as bw
import numpy as np
import pytest
from barrow._arrow import BAR
from rows_to_resample import (
    BAR_TYPE,
    DAY,
    HOUR,
    MINUTE,
    plain_rows,
    random_bars,
    random_quotes,
    random_trades,
    records,
    stamp,
)


def bars_at(stamps, bar_type=None):
    columns = [np.full(len(stamps), 10**9) for _ in range(5)]
    times = np.array(stamps, np.uint64)
    return records(BAR, [*columns, times, times], bar_type)


@pytest.mark.parametrize("rows", [5, 9, 4100])
@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
def test_rows_out_of_order_are_an_error_that_names_the_row(rows, encoding):
    stamps = stamp("2024-03-07") + np.arange(rows) * MINUTE
    for row in (1, 3, rows - 1):
        moved = stamps.copy()
        moved[row] = moved[row - 1] - 1
        bars = bw.Bars.from_arrow(bars_at(moved).to_arrow(encoding))
        with pytest.raises(bw.BarrowArgumentError, match=rf"^row {row}: ts_event .* is before"):
            bw.resample(bars, ["5m", "1d"])
        resampler = bw.Resampler("5m")
        for at in range(0, row // 3 * 3, 3):
            resampler.push(bars[at : at + 3])
        with pytest.raises(bw.BarrowArgumentError, match=rf"^row {row}: ts_event .* is before"):
            resampler.push(bars[row // 3 * 3 : row + 1])
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.resample(bars_at(stamps[::-1]), "5m")
    assert str(caught.value).endswith("of the row before\n  try: sort=True")


def test_rows_are_sorted_when_asked():
    bars = random_bars(1, 3000, longest=3)
    shuffled = bars[::-1]
    order = np.argsort(shuffled.raw("ts_event"), kind="stable").tolist()
    rows = plain_rows(shuffled)
    made = bw.resample(shuffled, ["1m", "1h"], sort=True)
    columns = np.array([rows[at] for at in order], np.uint64).T
    again = bw.resample(records(BAR, columns, None), ["1m", "1h"])
    assert {n: plain_rows(b) for n, b in made.items()} == {
        n: plain_rows(b) for n, b in again.items()
    }
    with pytest.raises(bw.BarrowArgumentError, match="sort: an iterator cannot be sorted"):
        bw.resample(iter([bars]), "5m", sort=True)


def test_duplicates():
    first = stamp("2024-03-07T10:00")
    stamps = [first, first, first + MINUTE, first + MINUTE, first + MINUTE, first + 2 * MINUTE]
    bars = bars_at(stamps)
    columns = [bars.raw(name).copy() for name in BAR.columns]
    columns[3][:] = np.arange(6)
    columns[2][:] = np.arange(6)
    bars = records(BAR, columns, None, parts=3)
    opens = {}
    for choice in ("keep", "first", "last"):
        made = bw.resample(bars, "1m", duplicates=choice)["1m"]
        opens[choice] = [b.close.raw for b in made]
        dropped = {} if choice == "keep" else {"duplicate": 3}
        assert made.report.rows_dropped == dropped
        assert made.report.rows_in == 6 == int(made.report.counts.sum()) + sum(dropped.values())
    assert opens == {"keep": [1, 4, 5], "first": [0, 2, 5], "last": [1, 4, 5]}
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.resample(bars, "1m", duplicates="error")
    assert str(caught.value) == (
        "row 1: ts_event 2024-03-07T10:00:00Z is there twice\n"
        "  try: duplicates='keep', 'first' or 'last'"
    )
    with pytest.raises(bw.BarrowArgumentError, match="a stream does not know"):
        bw.Resampler("1m", duplicates="last")


def test_zero_rows_and_one():
    none = bw.resample(bars_at([]), ["5m", "1M"])
    assert [len(b) for b in none.values()] == [0, 0]
    assert none["5m"].report.rows_in == 0
    one = bw.resample(bars_at([stamp("2024-03-07T10:03")]), ["5m", "1M"], empty="fill")
    assert [b[0].ts_event for b in one.values()] == [stamp("2024-03-07T10:00"), stamp("2024-03-01")]


def test_bars_that_start_before_1970_are_an_error():
    bars = bars_at([0, MINUTE])
    assert bw.resample(bars, "1d")["1d"][0].ts_event == 0
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.resample(bars, "1w")
    assert str(caught.value) == (
        'timeframe "1w": the first bar starts 1969-12-29T00:00:00Z, before 1970, which time '
        "stamps cannot say: they are unsigned\n  try: label='right'"
    )
    right = bw.resample(bars, ["1w", "1M"], label="right", closed="right")
    assert [b[0].ts_event for b in right.values()] == [4 * DAY, 0]


def test_years_after_2200():
    late = stamp("2201-05-06T07:08")
    made = bw.resample(bars_at([late, late + HOUR]), ["1h", "1d", "1y"], tz="America/New_York")
    assert made["1y"][0].ts_event == stamp("2201-01-01T05:00")
    last = stamp("2261-12-31T23:59")
    made = bw.resample(bars_at([last]), ["5m", "1y", "50y"], label="right")
    assert [b[0].ts_event for b in made.values()][:2] == [stamp("2262-01-01")] * 2
    for beyond in (stamp("2262-01-01"), 2**63 - 1, 2**63, 2**64 - 1):
        for before in ([], [late]):
            with pytest.raises(bw.BarrowArgumentError, match=rf"^row {len(before)}: .*after 2261"):
                bw.resample(bars_at([*before, beyond]), ["5m", "1y"])


@pytest.mark.parametrize("timeframe", ["30s", "59s", "90s", "7s"])
def test_a_timeframe_that_bars_do_not_fit_into(timeframe):
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.resample(bars_at([0], BAR_TYPE), timeframe)
    assert str(caught.value) == (
        f'timeframe "{timeframe}": bars of 1 MINUTE cannot be put together to it\n'
        "  try: a whole multiple of their length"
    )


def test_months_are_made_of_days_and_not_of_weeks():
    def of(unit, timeframe):
        return bw.resample(bars_at([stamp("2024-03-04")], f"A.B-1-{unit}-LAST-EXTERNAL"), timeframe)

    assert len(of("DAY", "1M")["1M"]) == len(of("MONTH", "1q")["1q"]) == 1
    for unit, timeframe in (("WEEK", "1M"), ("MONTH", "1w"), ("YEAR", "1q"), ("DAY", "4h")):
        with pytest.raises(bw.BarrowArgumentError, match="cannot be put together"):
            of(unit, timeframe)


@pytest.mark.parametrize(
    ("text", "step", "unit"),
    [
        *(("5m", 5, "m"), ("5min", 5, "m"), ("5T", 5, "m"), ("5-MINUTE", 5, "m"), ("m", 1, "m")),
        *(("30s", 30, "s"), ("1h", 1, "h"), ("4H", 4, "h"), ("2 hours", 2, "h"), ("1D", 1, "d")),
        *(("1w", 1, "w"), ("1M", 1, "M"), ("1MS", 1, "M"), ("3mo", 3, "M"), ("1-MONTH", 1, "M")),
        *(
            ("1q", 1, "q"),
            ("QS", 1, "q"),
            ("1y", 1, "y"),
            ("2-YEAR", 2, "y"),
            ("100000s", 100000, "s"),
        ),
    ],
)
def test_timeframes_are_read(text, step, unit):
    assert bw.Timeframe.parse(text) == bw.Timeframe(step, unit)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("5x", '"x" is no unit'),
        ("", '"" is no unit'),
        ("m5", '"m5" is no unit'),
        ("5", '"" is no unit'),
        ("1.5h", '"1.5" is no whole number'),
        ("0m", '"0" is not from 1 to 100,000'),
        ("100001s", '"100001" is not from 1 to 100,000'),
        ("²m", '"²" is no whole number'),
        (5, "expected text, got int"),
    ],
)
def test_timeframes_that_are_none(text, what):
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.Timeframe.parse(text)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"tz": "Mars/Olympus"}, "timezone: there is no zone 'Mars/Olympus'"),
        ({"closed": "both"}, "closed: 'both' is none of left, right"),
        ({"label": "x"}, "label: 'x' is none of"),
        ({"empty": "zero"}, "empty: 'zero' is none of drop, fill"),
        ({"partial": "x"}, "partial: 'x' is none of flag, keep, drop"),
        ({"duplicates": "x"}, "duplicates: 'x' is none of"),
        ({"origin": "yesterday"}, "origin: 'yesterday' is no instant"),
        ({"origin": 1.5}, "origin: 1.5 is no instant"),
        ({"offset": "a while"}, "offset: 'a while' is no length of time"),
        ({"price": "bid"}, "price: bars have no 'bid'"),
        ({"colour": "red"}, "resample: no option colour"),
    ],
)
def test_arguments_that_are_wrong(options, what):
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.resample(random_bars(1, 5), "5m", **options)
    assert str(caught.value).startswith(what)


def test_other_arguments_that_are_wrong():
    bars = random_bars(1, 5)
    for timeframes, what in (([], "there are none"), (["5m", "5m"], "5m twice")):
        with pytest.raises(bw.BarrowArgumentError, match=what):
            bw.resample(bars, timeframes)
    with pytest.raises(bw.BarrowArgumentError, match="quotes have no None"):
        bw.resample(random_quotes(1, 5), "5m")
    with pytest.raises(bw.BarrowArgumentError, match="trades have no 'bid'"):
        bw.resample(random_trades(1, 5), "5m", price="bid")
    with pytest.raises(
        bw.BarrowSchemaError, match="expected bars, quotes or trades, got DataFrame"
    ):
        bw.resample([bars.to_pandas()], "5m")
    for origin in ("end", "end_day"):
        with pytest.raises(bw.BarrowArgumentError, match="needs the last row"):
            bw.Resampler("5m", origin=origin).push(bars)
