"""What is wrong with a session, or with options beside one, is said in whole."""

from __future__ import annotations

import barrow as bw
import pytest
from rows_to_resample import random_bars

HOURS = ["Mon-Fri 09:30 - 16:00"]

WRONG = [
    (
        {"zone": "Mars/Olympus", "ranges": HOURS},
        "timezone: there is no zone 'Mars/Olympus'\n  try: UTC\n   or: America/New_York\n"
        "   or: -05:00\n   or: America/New_York+7h (broker clocks)",
    ),
    ({}, 'session "session": has no range\n  try: ranges=[\'Mon-Fri 09:30 - 16:00\']'),
    (
        {"ranges": HOURS, "rules": [bw.SessionRule(HOURS)], "name": "x"},
        'session "x": has ranges and rules\n  try: ranges=[\'Mon-Fri 09:30 - 16:00\']',
    ),
    (
        {"ranges": ["Mon-Fry 09:30 - 16:00"]},
        'range "Mon-Fry 09:30 - 16:00": "Fry" is no weekday\n  try: Mon Tue Wed Thu Fri Sat Sun',
    ),
    (
        {"ranges": ["Mon-Tue-Wed 09:30 - 16:00"]},
        'range "Mon-Tue-Wed 09:30 - 16:00": "Mon-Tue-Wed" is no range of weekdays',
    ),
    (
        {"ranges": ["09:30 - 16:00"]},
        'range "09:30 - 16:00": is no range of a session\n'
        "  try: Mon-Fri 09:30 - 16:00\n   or: Mon-Fri -1d 17:00 - 16:00",
    ),
    (
        {"ranges": ["Mon 09:60 - 16:00"]},
        'range "Mon 09:60 - 16:00": 09:60 is no time\n  try: 00:00 to 24:00',
    ),
    (
        {"ranges": ["Mon 09:00 - 24:01"]},
        'range "Mon 09:00 - 24:01": 24:01 is no time\n  try: 00:00 to 24:00',
    ),
    (
        {"ranges": ["Mon-Fri 17:00 - 17:00"]},
        'range "Mon-Fri 17:00 - 17:00": starts where it ends\n'
        "  try: Mon-Fri -1d 17:00 - 17:00 for 24 hours",
    ),
    (
        {"ranges": ["Mon -1d 9:00 - -1d 9:00"]},
        'range "Mon -1d 9:00 - -1d 9:00": starts where it ends',
    ),
    (
        {"ranges": ["Mon 09:00 - -1d 9:00"]},
        'range "Mon 09:00 - -1d 9:00": ends before it starts\n'
        "  try: Mon-Fri 09:30 - 16:00\n   or: Mon-Fri -1d 17:00 - 16:00",
    ),
    ({"ranges": ["Mon -2d 9:00 - 9:00"]}, 'range "Mon -2d 9:00 - 9:00": is longer than 24 hours'),
    (
        {"ranges": ["Mon-Fri 09:30 - 16:00", "Wed 15:59 - 17:00"]},
        'session "session": "Mon-Fri 09:30 - 16:00" and "Wed 15:59 - 17:00" overlap, or their days '
        "are mixed",
    ),
    (
        {"ranges": ["Mon-Fri 01:00 - 22:00", "Mon,Sat -1d 21:00 - -1d 23:00"]},
        'session "session": "Mon-Fri 01:00 - 22:00" and "Mon,Sat -1d 21:00 - -1d 23:00" overlap, '
        "or their days are mixed",
    ),
    (
        {"ranges": ["Mon-Sun -1d 12:00 - 12:00", "Mon 12:00 - 12:01"]},
        'session "session": "Mon-Sun -1d 12:00 - 12:00" and "Mon 12:00 - 12:01" overlap, or their '
        "days are mixed",
    ),
    (
        {"zone": "Europe/Berlin", "ranges": ["Mon 06:30Z - 22:00", "Mon 05:00 - 08:15"]},
        'session "session": "Mon 05:00 - 08:15" and "Mon 06:30Z - 22:00" overlap, or their days '
        "are mixed",
    ),
    (
        {"rules": [bw.SessionRule(HOURS, None, "2020-01-01"), bw.SessionRule(HOURS, "2020-01-03")]},
        'session "session": rule to 2020-01-01 and rule from 2020-01-03 leave a gap between them\n'
        "  try: from 2020-01-02",
    ),
    (
        {"rules": [bw.SessionRule(HOURS, None, "2020-01-01"), bw.SessionRule(HOURS, "2020-01-01")]},
        'session "session": rule to 2020-01-01 and rule from 2020-01-01 overlap\n'
        "  try: from 2020-01-02",
    ),
    (
        {"rules": [bw.SessionRule(HOURS), bw.SessionRule(HOURS, "2020-01-01")]},
        'session "session": rule has no to, but another rule follows',
    ),
    (
        {"rules": [bw.SessionRule(HOURS, "2020-01-01", "2020-01-01"), bw.SessionRule(HOURS)]},
        'session "session": rule has no from, but another rule is before it',
    ),
    (
        {
            "rules": [
                bw.SessionRule("Mon-Sun 00:00 - 24:00", None, "2020-01-05"),
                bw.SessionRule("Mon-Fri -1d 17:00 - 16:00", "2020-01-06"),
            ]
        },
        'session "session": "Mon-Sun 00:00 - 24:00" and "Mon-Fri -1d 17:00 - 16:00" overlap, or '
        "their days are mixed",
    ),
    (
        {"ranges": HOURS, "holidays": ["2024-02-30"]},
        "holidays: '2024-02-30' is no date\n  try: 2024-12-25",
    ),
    ({"ranges": HOURS, "holidays": [20240229]}, "holidays: 20240229 is no date\n  try: 2024-12-25"),
    (
        {"ranges": HOURS, "early_closes": {"2024-07-03": "1pm"}},
        "early_closes 2024-07-03: '1pm' is no time\n  try: 13:00",
    ),
    (
        {"ranges": HOURS, "late_opens": {"03.07.2024": "11:00"}},
        "late_opens: '03.07.2024' is no date\n  try: 2024-12-25",
    ),
    ({"ranges": HOURS, "after_close": "4h"}, "after_close: '4h' is no time\n  try: 13:00"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "what"), WRONG)
def test_sessions_that_are_wrong(values, what):
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.Session(**{"zone": "America/New_York", **values})
    assert str(caught.value) == what


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (((),), "rule: has no range\n  try: Mon-Fri 09:30 - 16:00"),
        (
            (HOURS, "2020-01-02", "2020-01-01"),
            "rule from 2020-01-02 to 2020-01-01: ends before it starts",
        ),
        ((HOURS, "soon"), "rule: from: 'soon' is no date\n  try: 2024-12-25"),
    ],
)  # fmt: skip
def test_rules_that_are_wrong(values, what):
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.SessionRule(*values)
    assert str(caught.value) == what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("zone = ", ": is no session: Invalid value (at end of document)"),
        ('ranges = ["Mon 09:30 - 16:00"]', ': has no "zone"\n  try: zone = "UTC"'),
        (
            'zone = "UTC"\ncolour = "red"',
            ": no such key: colour\n  try: zone, ranges, rules, holidays, early_closes, "
            "late_opens, calendar, after_close, name",
        ),
        (
            'zone = "UTC"\n[[rules]]\nuntil = 2020-01-01',
            ": a rule: no such key: until\n  try: from, to, ranges",
        ),
        ('zone = "UTC"\nholidays = 2020-01-01', ': "holidays" is datetime.date(2020, 1, 1)'),
        ('zone = "UTC"\nrules = ["Mon"]', ": \"rules\" has 'Mon'"),
        ("zone = 5", ': "zone" is 5'),
    ],
)
def test_files_that_are_wrong(text, what, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.load_session(path)
    assert str(caught.value) == f"{path}{what}"


def test_a_session_that_is_not_there(tmp_path):
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.resample(random_bars(1, 5), "5m", session="nyse")
    assert str(caught.value) == (
        "session: there is no 'nyse'\n  try: 24x7, cme-globex, eurex, fx-new-york-17, us-equities, "
        "us-equities-extended\n   or: the path of a TOML file"
    )
    with pytest.raises(bw.BarrowArgumentError, match=r"none\.toml: is no session: "):
        bw.load_session(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        *(
            (
                {name: value},
                f"{name}: has no place beside a session: its zone and ranges say where intervals "
                "start\n  try: a session of your own: bw.Session(zone=..., ranges=[...])",
            )
            for name, value in (
                *(("tz", "America/New_York"), ("origin", "epoch"), ("origin", "end")),
                *(("offset", "17h"), ("origin", 5)),
            )
        ),
        ({"outside": "some"}, "outside: 'some' is none of drop, keep, error"),
        (
            {"outside": "keep", "empty": "fill"},
            "empty: 'fill' makes up bars in sessions, and outside='keep' makes them everywhere\n"
            "  try: outside='drop'\n   or: session='24x7'",
        ),
        (
            {"outside": "keep", "session": None},
            "outside: nothing is outside without a session\n  try: session=...",
        ),
    ],
)
def test_options_that_do_not_go_with_a_session(options, what):
    with pytest.raises(bw.BarrowArgumentError) as caught:
        bw.resample(random_bars(1, 5), "5m", **{"session": "24x7", **options})
    assert str(caught.value) == what
