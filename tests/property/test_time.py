"""Instants as text, against Python's datetime."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from barrow._arrow import REASONS
from barrow._lib import native
from hypothesis import example, given
from hypothesis import strategies as st

SECOND = 10**9
DAY = 86_400 * SECOND
LAST = 2**63 - 1
# The day that 63 bits of nanoseconds end in, at 23:47:16.
LAST_DAY = LAST // DAY * DAY
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNITS = {10: SECOND, 13: 10**6, 16: 10**3, 19: 1}

CLOCK = r"""(?:
    (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?
  | (?P<hour2>[0-9]{2})(?P<minute2>[0-9]{2})(?:(?P<second2>[0-9]{2})(?:[.,](?P<fraction2>[0-9]+))?)?
)(?P<offset>[ ]*(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?))?"""
DATE = r"""(?:
    (?P<year>[0-9]{4})(?P<mark>[-./])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})
  | (?P<year2>[0-9]{4})(?P<month2>[0-9]{2})(?P<day2>[0-9]{2})
  | (?P<day3>[0-9]{1,2})\.(?P<month3>[0-9]{1,2})\.(?P<year3>[0-9]{4})
)"""
CALENDAR = re.compile(f"{DATE}(?:(?:[Tt]|[ ]+){CLOCK})?", re.X)
PACKED = re.compile(r"(?P<date>[0-9]{8})(?P<time>[0-9]{4}(?:[0-9]{2})?)")
EPOCH_TEXT = re.compile(
    r"(?P<whole>[0-9]{10}|[0-9]{13}|[0-9]{16}|[0-9]{19})(?:\.(?P<rest>[0-9]+))?"
)


def nanoseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1) * 1_000


def exact_fraction(digits: str, unit: int) -> int | None:
    """A decimal fraction of a unit in nanoseconds; None if some are left over."""
    value, rest = divmod(int(digits or "0") * unit, 10 ** len(digits or ""))
    return None if rest else value


def expected(text: str) -> tuple[int, bool] | None:
    """Nanoseconds and whether the zone is fixed; None if the text is no instant."""
    if match := EPOCH_TEXT.fullmatch(text):
        unit = UNITS[len(match["whole"])]
        part = exact_fraction(match["rest"], unit)
        value = None if part is None else int(match["whole"]) * unit + part
        return None if value is None or value > LAST else (value, True)
    if match := PACKED.fullmatch(text):
        text = f"{match['date']} {match['time']}"
    match = CALENDAR.fullmatch(text)
    if match is None:
        return None

    def part_of(name: str) -> str:
        return next((v for n in ("", "2", "3") if (v := match.groupdict().get(name + n))), "")

    fraction = exact_fraction(part_of("fraction"), SECOND)
    try:
        moment = datetime(
            *(int(part_of(name)) for name in ("year", "month", "day")),
            *(int(part_of(name) or "0") for name in ("hour", "minute", "second")),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    offset = part_of("offset").strip()
    east = timedelta()
    if offset and offset not in "Zz":
        hours, minutes = int(offset[1:3]), int(offset[3:].lstrip(":") or "0")
        if hours > 23 or minutes > 59:
            return None
        east = timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
    if fraction is None:
        return None
    value = nanoseconds(moment) - east // timedelta(microseconds=1) * 1_000 + fraction
    return (value, bool(offset)) if 0 <= value <= LAST else None


def check(text: str) -> bool:
    """Compares one text with the oracle; True if it is an instant."""
    found, zoned, reason = native.parse_time(text, "")
    wanted = expected(text)
    if wanted is None:
        assert reason, f"{text!r} was read as {native.format_time(found)}"
        assert (found, zoned) == (0, 0)
        return False
    assert (found, bool(zoned), reason) == (*wanted, 0), f"{text!r} should be {wanted}"
    return True


def refusal(text: str) -> str:
    return REASONS[native.parse_time(text, "")[2]]


@pytest.fixture(scope="module")
def cases(request: pytest.FixtureRequest) -> int:
    return 500_000 if request.config.getoption("--slow") else 20_000


def random_moment(rng: random.Random, end: int) -> int:
    style = rng.random()
    if style < 0.1:
        return rng.randrange(2 * DAY)
    if style < 0.2:
        return end - 1 - rng.randrange(2 * DAY)
    if style < 0.3:
        return rng.randrange(end // DAY) * DAY
    return rng.randrange(end)


def random_calendar_text(rng: random.Random, end: int = LAST_DAY) -> tuple[str, int]:
    """A text in one of the documented forms and the instant it stands for."""
    digits = rng.randint(0, 9)
    moment = random_moment(rng, end)
    moment -= moment % 10 ** (9 - digits)
    offset = rng.choice(["", "", "Z", "+01:00", "-0530", "+01", "-23:59", "+14:00", "+00:00"])
    minutes = 0
    if offset and offset != "Z":
        plain = offset.replace(":", "")
        minutes = int(plain[1:3]) * 60 + int(plain[3:] or "0")
        minutes = -minutes if plain[0] == "-" else minutes
    if not 0 <= moment + minutes * 60 * SECOND < LAST_DAY:
        offset, minutes = "Z", 0
    local = EPOCH + timedelta(seconds=moment // SECOND, minutes=minutes)
    local = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    mark = rng.choice("-./")
    date = rng.choice([f"%Y{mark}%m{mark}%d", "%Y-%m-%d", "%Y%m%d", "%d.%m.%Y"])
    clock = rng.choice(["%H:%M:%S", "%H:%M:%S", "%H%M%S"])
    text = local.strftime(f"{date}{rng.choice('T ')}{clock}")
    if digits:
        text += f".{moment % SECOND:09d}"[: 1 + digits]
    return text + offset, moment


def test_every_documented_form_is_the_instant_datetime_says(cases: int) -> None:
    rng = random.Random(20240102)
    for _ in range(cases):
        text, moment = random_calendar_text(rng)
        zoned = text[-1] == "Z" or bool(re.search(r"[+-][\d:]{2,5}$", text[11:]))
        found = native.parse_time(text, "")
        assert found[0::2] == (moment, 0), f"{text!r} should be {moment}"
        assert bool(found[1]) == zoned, text
        assert check(text), f"the oracle of this file refuses {text!r}"


def test_epochs_are_told_apart_by_their_digits(cases: int) -> None:
    rng = random.Random(5)
    for _ in range(cases // 4):
        count = rng.choice(list(UNITS))
        whole = rng.randint(10 ** (count - 1), min(10**count - 1, LAST // UNITS[count]))
        assert native.parse_time(str(whole), "") == (whole * UNITS[count], 1, 0)
        digits = "".join(rng.choices("0123456789", k=rng.randint(1, 11)))
        check(f"{whole}.{digits}")
    assert native.parse_time("1704187800.123456789", "") == (1_704_187_800_123_456_789, 1, 0)
    assert native.parse_time("1704187800.5", "") == (1_704_187_800_500_000_000, 1, 0)


@pytest.mark.parametrize(
    "text", ["9223372036854775808", "9223372036.854775808", "9223372037", "9999999999999"]
)
def test_epochs_beyond_63_bits_are_out_of_range(text: str) -> None:
    assert refusal(text) == "time_range"


def test_the_last_epoch_of_63_bits_is_held() -> None:
    for text in (str(LAST), "9223372036.854775807", "9223372036854775.807"):
        assert native.parse_time(text, "") == (LAST, 1, 0)


@pytest.mark.parametrize(
    "text", ["1704067200.0000000001", "1704067200000000000.5", "2024-01-02T09:30:00.1234567891"]
)
def test_less_than_a_nanosecond_is_refused_unless_it_is_zero(text: str) -> None:
    assert refusal(text) == "decimals"
    assert check(text[:-1] + "0")


def test_digits_in_any_other_number_are_no_epoch() -> None:
    for count in (*range(1, 8), 9, 11, 15, 17, 18, 20, 21, 40):
        assert refusal("1" * count) == "not_a_time", count


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29", "1900-02-29", "2100-02-29T00:00", "2024-02-30", "2024-04-31", "2024-13-01",
        "2024-00-10", "2024-01-00", "2024-01-32", "20240230", "31.04.2024", "00.01.2024",
        "2024-01-02T24:00", "2024-01-02T09:60", "2024-01-02T09:30:60", "20240102 240000",
        "2024-01-02T09:30+24:00", "2024-01-02T09:30+01:60", "1969-12-31", "1969-12-31T23:59:59Z",
        "1970-01-01T00:59+01:00", "2263-01-01", "9999-12-31", "0000-01-01", "20240132093000",
        "2262-04-11T23:47:16.854775808",
    ],
)  # fmt: skip
def test_dates_and_times_that_do_not_exist_are_out_of_range(text: str) -> None:
    assert expected(text) is None
    assert refusal(text) == "time_range"


def test_every_day_of_the_calendar_exists_and_its_neighbors_do_not() -> None:
    for year in (1970, 1972, 1999, 2000, 2023, 2024, 2099, 2100, 2261):
        for month in range(14):
            for day in range(33):
                text = f"{year}-{month:02d}-{day:02d}"
                assert check(text) == check(text.replace("-", "")) == check(f"{text}T12:30Z")


@pytest.mark.parametrize("text", ["01/02/2024", "1/2/2024", "31-12-2024", "13/01/2024 09:30"])
def test_a_date_that_could_be_two_days_is_ambiguous(text: str) -> None:
    assert expected(text) is None
    assert refusal(text) == "ambiguous_time"


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-02", "2024-1-2", "2024-01-02T09:30", "2024-01-02 9:30", "2024.01.02 09:30",
        "2024/01/02 09:30:00", "2024-01-02t09:30z", "2024-01-02T09:30:00,5", "20240102",
        "20240102 0930", "20240102T093000Z", "31.12.2024", "1.2.2024 09:30", "202401020930",
        "20240102093000", "2024-01-02  09:30", "2024-01-02 09:30:00 +01:00",
        "2024-01-02T09:30:00.1230000000000", "1969-12-31T23:30-01:00",
    ],
)  # fmt: skip
def test_tolerated_forms_are_read(text: str) -> None:
    assert check(text)


JUNK = [
    "T", "Z", "-", "2024", "2024-01", "2024-W01-1", "2024-001", "2024-01-02T", "2024-01-02Z",
    "2024-01-02 ", " 2024-01-02", "2024-01-02T09", "2024-01-02T09:3", "2024-01-02T9:3:0",
    "2024-01-02T09:30:", "2024-01-02T09:30:00.", "2024-01-02T09:30.5", "2024-01-02T 09:30",
    "2024-01-02TT09:30", "2024-01.02", "2024/01-02", "2024-01-02T09:30+1", "2024-01-02T09:30+01:",
    "2024-01-02T09:30+0:00", "2024-01-02T09:30+010", "2024-01-02T09:30ZZ", "2024-01-02T09:30 UTC",
    "2024-01-02T09:30:00Z ", "-2024-01-02", "+1704067200", "-1704067200", "1704067200.",
    "1704067200 ", "1704067200Z", "1.704067200e9", "1704067200,5", "1704067200.5.5", "1.2.24",
    "2024--1-02", "Jan 2 2024", "2 Jan 2024", "09:30", "09:30:00", "nan", "NaT", "2024-01-02\x00",
    "\x002024-01-02", "\uff12024-01-02", "2024-01-1\uff12", "2024-01-02T09:30\u221201:00",
    "202401021", "20240102T", "2024010209:30", "20240102 93000", "20240102-093000",
    "202401020930.5",
]  # fmt: skip


@pytest.mark.parametrize("text", JUNK)
def test_junk_is_no_time(text: str) -> None:
    assert expected(text) is None
    assert refusal(text) == "not_a_time"


def test_no_text_is_empty() -> None:
    assert refusal("") == "empty"


def changed(rng: random.Random, text: str) -> str:
    """A text with one or two characters dropped, doubled, swapped or replaced."""
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(text) + 1)
        char = rng.choice("0123456789-./:TZtz +, ")
        text = rng.choice(
            [
                text[:at] + text[at + 1 :],
                text[:at] + char + text[at:],
                text[:at] + char + text[at + 1 :],
            ]
        )
    return text


def test_texts_with_a_slip_are_refused_unless_datetime_agrees(cases: int) -> None:
    rng = random.Random(3)
    good = 0
    for _ in range(cases):
        text, _ = random_calendar_text(rng, LAST_DAY - 365 * DAY)
        good += check(changed(rng, text))
    assert cases // 50 < good < cases // 2


def test_random_junk_is_refused_unless_datetime_agrees(cases: int) -> None:
    rng = random.Random(4)
    for _ in range(cases):
        check("".join(rng.choices("0122-./: TZ+", k=rng.randrange(1, 24))))


@given(st.text(max_size=30) | st.from_regex(CALENDAR, fullmatch=True))
@example("2262-04-10T23:59:59.999999999-23:59")
@example("1970-01-01T00:00:00+00:01")
def test_any_text_agrees_with_the_oracle(text: str) -> None:
    check(text)


def test_formatted_instants_read_back_and_are_what_datetime_writes(cases: int) -> None:
    rng = random.Random(6)
    for _ in range(cases):
        moment = random_moment(rng, LAST_DAY)
        moment -= moment % 10 ** rng.randrange(10)
        text = native.format_time(moment)
        head, _, fraction = text.removesuffix("Z").partition(".")
        assert head == (EPOCH + timedelta(seconds=moment // SECOND)).strftime("%Y-%m-%dT%H:%M:%S")
        assert text.endswith("Z")
        assert len(fraction) in (0, 3, 6, 9)
        assert not fraction.endswith("000")
        assert int(fraction.ljust(9, "0") or "0") == moment % SECOND
        assert native.parse_time(text, "") == (moment, 1, 0)


@pytest.mark.parametrize("moment", [LAST_DAY, LAST_DAY + SECOND, LAST])
def test_the_last_day_of_63_bits_reads_back_from_its_text(moment: int) -> None:
    assert native.parse_time(str(moment), "") == (moment, 1, 0)
    assert native.parse_time(native.format_time(moment), "") == (moment, 1, 0)
