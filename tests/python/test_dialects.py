"""Dialects, time formats, zones, number forms, and guessing."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import barrow as bw
import pytest
from barrow.csv.dialect import all_dialects, load_dialect
from barrow.zones import offsets

HEADER = "timestamp,open,high,low,close,volume\n"
DAY = 86_400 * 10**9


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def test_every_packaged_dialect_loads_and_says_where_it_comes_from() -> None:
    found = all_dialects()
    assert len(found) >= 25
    for name, dialect in found.items():
        assert dialect.name == name
        assert dialect.title
        assert {"bar": 4, "quote": 2, "trade": 1}[dialect.record] == len(dialect.kind.prices)
        assert set(dialect.kind.prices) <= set(dialect.columns)
        assert {"ts_event"} <= set(dialect.columns) or {"date", "time"} <= set(dialect.columns)
        # Without sizes, they have to be optional: nobody could say what they are.
        assert dialect.volume_optional or set(dialect.kind.sizes) <= set(dialect.columns)


@pytest.mark.parametrize(
    ("dialect", "text", "stamp", "prices"),
    [
        (
            "histdata-m1",
            "20120201 000000;1.3066;1.3067;1.3065;1.3066;0\n",
            "2012-02-01 05:00:00",
            1,
        ),
        ("kraken-ohlcvt", "1381095240,122.0,123.0,121.0,122.5,0.1,1\n", "2013-10-06 21:34:00", 1),
        (
            "firstrate",
            "2024-07-01 09:30:00,10.5,11,10,10.75,100\n",
            "2024-07-01 13:30:00",
            1,
        ),
        ("kibot", "12/31/2024,09:30,10.5,11,10,10.75,100\n", "2024-12-31 14:30:00", 1),
        (
            "metatrader5",
            "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
            "2024.01.02\t00:05:00\t1.1\t1.2\t1.0\t1.15\t10\t0\t3\n",
            "2024-01-02 00:05:00",
            1,
        ),
        (
            "coinbase",
            "time,low,high,open,close,volume\n1704067200,99,101,100,100.5,7\n",
            "2024-01-01 00:00:00",
            1,
        ),
        (
            "polygon-aggs",
            "ticker,volume,open,close,high,low,window_start,transactions\n"
            "A,7,100,100.5,101,99,1704067200000000000,3\n",
            "2024-01-01 00:00:00",
            1,
        ),
        (
            "databento-ohlcv",
            "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume\n"
            "1704067200000000000,33,1,2,100000000000,101000000000,99000000000,100500000000,7\n",
            "2024-01-01 00:00:00",
            1,
        ),
        (
            "tradestation",
            '"Date","Time","Open","High","Low","Close","Vol"\n'
            "12/31/2024,09:31,100,101,99,100.5,7\n",
            "2024-12-31 09:31:00",
            1,
        ),
        (
            "alpaca",
            "t,o,h,l,c,v,n,vw\n2024-01-01T00:00:00Z,100,101,99,100.5,7,3,100.2\n",
            "2024-01-01 00:00:00",
            1,
        ),
    ],
)
def test_documented_layouts_are_read(
    tmp_path: Path, dialect: str, text: str, stamp: str, prices: int
) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(text)
    bar = bw.read_csv(path, dialect=dialect)[0]
    assert bar.ts_event == ns(stamp)
    assert bar.low < bar.open < bar.high
    assert bar.low < bar.close < bar.high


def test_a_databento_price_that_is_undefined_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(
        "ts_event,open,high,low,close,volume\n"
        "1704067200000000000,9223372036854775807,1000000000,1000000000,1000000000,7\n"
    )
    for encoding in ("fixed8", "fixed16", "auto"):
        with pytest.raises(bw.BarrowParseError, match="the cell is empty") as caught:
            bw.read_csv(path, dialect="databento-ohlcv", encoding=encoding)
        assert (caught.value.reason, caught.value.place.name) == ("empty", "open")


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "UTC"])
@pytest.mark.parametrize("layouts", [True, False])
def test_local_times_are_what_zoneinfo_says(tmp_path: Path, zone: str, layouts: bool) -> None:
    rng = random.Random(11)
    tz = ZoneInfo(zone)
    locals_ = sorted(
        datetime(2018, 1, 1) + timedelta(minutes=30 * rng.randrange(17_520 * 3))
        for _ in range(4000)
    )
    path = tmp_path / "bars.csv"
    rows = [f"{t:%Y-%m-%d %H:%M:%S},1,2,0.5,1.5,7\n" for t in locals_]
    path.write_text(HEADER + "".join(rows))
    expected = []
    for fold in (0, 1):
        stamps = []
        for t in locals_:
            aware = t.replace(tzinfo=tz, fold=fold)
            utc = aware.astimezone(UTC)
            if utc.astimezone(tz).replace(tzinfo=None) == t:  # not left out by the clock
                stamps.append(int(utc.timestamp()) * 10**9)
        expected.append(stamps)
    for fold, stamps in zip(("earlier", "later"), expected, strict=True):
        bars = bw.read_csv(path, timezone=zone, fold=fold, on_error="skip", layouts=layouts)
        assert bars.raw("ts_event").tolist() == stamps
        assert all(r.reason == "not_in_zone" for r in bars.report.rejects)
        assert bars.report.notes == []


def test_times_that_come_twice_or_never_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + "2024-11-03 01:30:00,1,2,0.5,1.5,7\n")
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.read_csv(path, timezone="America/New_York")
    assert caught.value.reason == "twice_in_zone"
    assert 'fold="earlier"' in str(caught.value)
    path.write_text(HEADER + "2024-03-10 02:30:00,1,2,0.5,1.5,7\n")
    with pytest.raises(bw.BarrowParseError, match="clocks were set forward"):
        bw.read_csv(path, timezone="America/New_York", fold="later")


def test_an_offset_in_the_text_beats_the_zone(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + "2024-07-01T12:00:00+02:00,1,2,0.5,1.5,7\n")
    assert bw.read_csv(path, timezone="Asia/Tokyo")[0].ts_event == ns("2024-07-01 10:00:00")


def test_broker_clocks_follow_new_york() -> None:
    bounds, ahead = offsets("new-york+7")
    assert bounds == offsets("America/New_York")[0]
    assert set(ahead[-2:]) == {2 * 3600 * 10**9, 3 * 3600 * 10**9}
    assert offsets("-05:30") == ((-(2**63), 2**63 - 1), (-19_800 * 10**9,))
    with pytest.raises(bw.BarrowArgumentError, match="no zone 'Mars/Olympus'"):
        offsets("Mars/Olympus")


@pytest.mark.parametrize("layouts", [True, False])
def test_decimal_commas_thousands_and_shifts(tmp_path: Path, layouts: bool) -> None:
    dialect = tmp_path / "euro.toml"
    dialect.write_text(
        'header = "no"\ndelimiter = ";"\ndecimal = ","\nthousands = "."\nvolume_shift = 6\n'
        "[columns]\nts_event = 0\nopen = 1\nhigh = 2\nlow = 3\nclose = 4\nvolume = 5\n"
    )
    path = tmp_path / "bars.csv"
    row = "{:02}.01.2024;1.234,5;1.300;999,25;1.250,75;0,0125\n"
    path.write_text("".join(row.format(day) for day in range(1, 29)) * 20)
    bars = bw.read_csv(path, dialect=str(dialect), layouts=layouts)
    assert {tuple(str(v) for v in (b.open, b.high, b.low, b.close, b.volume)) for b in bars} == {
        ("1234.50", "1300.00", "999.25", "1250.75", "12500")
    }


def test_comments_and_skipped_lines_are_not_rows(tmp_path: Path) -> None:
    dialect = tmp_path / "notes.toml"
    dialect.write_text(
        'skip_lines = 1\ncomment = "#"\n[columns]\nts_event = ["t"]\nopen = ["o"]\n'
        'high = ["h"]\nlow = ["l"]\nclose = ["c"]\nvolume = ["v"]\n'
    )
    path = tmp_path / "bars.csv"
    path.write_text("# made by\nAcme bars\n# names\nt,o,h,l,c,v\n2024-01-02,1,2,0.5,1.5,7\n# end\n")
    bars = bw.read_csv(path, dialect=str(dialect))
    assert (len(bars), bars.report.rows_in, bars.report.blank_lines) == (1, 1, 1)


def test_own_dialects_are_found_in_their_folder(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "acme.toml").write_text(
        'header = "no"\n[columns]\nopen = 0\nhigh = 1\nlow = 2\nclose = 3\n'
        "volume = 4\nts_event = 5\n"
    )
    path = tmp_path / "bars.csv"
    path.write_text("1,2,0.5,1.5,7,2024-01-02\n" * 3)
    monkeypatch.setenv("BARROW_DIALECTS", str(tmp_path))
    assert bw.sniff_csv(path).dialect.name == "acme"
    assert len(bw.read_csv(path, dialect="acme")) == 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("header = 'maybe'\n", "header is 'maybe'"),
        ("colour = 1\n", "no such key: colour"),
        ("delimiter = '::'\n", "delimiter is '::'"),
        ("header = 'no'\n[columns]\nopen = ['o']\n", "expected positions"),
        ("= 1\n", "is no dialect"),
    ],
)
def test_a_bad_dialect_file_says_what_is_wrong(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(bw.BarrowArgumentError, match=problem):
        load_dialect(path)


def test_a_stamp_at_the_open_is_known_at_the_close(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + "2024-01-02,1,2,0.5,1.5,7\n")
    bar_type = "A.B-1-DAY-LAST-EXTERNAL"
    bar = bw.read_csv(path, bar_type=bar_type, stamp="open")[0]
    assert bar.ts_init - bar.ts_event == DAY
    with pytest.raises(bw.BarrowArgumentError, match="needs a bar type"):
        bw.read_csv(path, stamp="open")


@pytest.mark.parametrize("layouts", [True, False])
@pytest.mark.parametrize(
    "form", ["%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%d-%b-%y", "%Y%m%d %H%M%S%f", "%Y-%m-%d %I-%p"]
)
def test_time_formats_read_what_strftime_wrote(tmp_path: Path, form: str, layouts: bool) -> None:
    rng = random.Random(3)
    start = datetime(2010, 1, 1)
    times = [start + timedelta(seconds=rng.randrange(300_000_000)) for _ in range(500)]
    times = [datetime.strptime(t.strftime(form), form) for t in times]
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + "".join(f"{t.strftime(form)},1,2,0.5,1.5,7\n" for t in times))
    bars = bw.read_csv(path, time_format=form, layouts=layouts)
    assert bars.raw("ts_event").tolist() == [
        int(t.replace(tzinfo=UTC).timestamp()) * 10**9 for t in times
    ]
