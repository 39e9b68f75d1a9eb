"""Decimal text, raw integers and doubles, against Python's decimal and Fraction."""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
)
from fractions import Fraction

import numpy as np
import pytest
from barrow._arrow import (
    BAR,
    DECIMAL128,
    FIXED8,
    FIXED16,
    PRICE_ERROR_64,
    PRICE_ERROR_128,
    PRICE_UNDEF_64,
    PRICE_UNDEF_128,
    QUANTITY_UNDEF_64,
    QUANTITY_UNDEF_128,
    REASONS,
    ROUNDINGS,
    Encoding,
    Meta,
    format_raw,
    parse_raw,
    record_schema,
    stored_batch,
)
from barrow._lib import native
from barrow.bars.container import Bars
from barrow.errors import BarrowArgumentError, BarrowParseError
from hypothesis import example, given
from hypothesis import strategies as st

HUGE = Context(prec=400, Emax=MAX_EMAX, Emin=MIN_EMIN)
MODES = {
    "exact": ROUND_DOWN,
    "half_even": ROUND_HALF_EVEN,
    "half_away": ROUND_HALF_UP,
    "truncate": ROUND_DOWN,
}
# (wide, signed): the scale and the largest whole number.
LIMITS = {
    (False, True): (9, 9_223_372_036),
    (False, False): (9, 18_446_744_073),
    (True, True): (16, 17_014_118_346_046),
    (True, False): (16, 34_028_236_692_093),
}
KINDS = list(LIMITS)
NUMBER = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?")
# Beyond this a text of a few hundred bytes is too large or too small for any raw value.
FAR = 5_000


@dataclass(frozen=True)
class Number:
    """What a text says, and the decimals it shows."""

    value: Decimal
    shown: int


def read(text: str) -> Number | None:
    match = NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, digits, exponent = match.groups()
    power = max(-FAR, min(FAR, int(exponent or 0)))
    value = Decimal(f"{sign}{digits}e{power}")
    return Number(value, max(-int(value.as_tuple().exponent), 0))


def fits(value: Decimal, wide: bool, signed: bool) -> bool:
    return value.copy_abs() <= LIMITS[wide, signed][1]


def needed_decimals(value: Decimal) -> int:
    return 0 if value == 0 else max(-int(value.normalize(HUGE).as_tuple().exponent), 0)


def expected(
    text: str, wide: bool, signed: bool, precision: int, rounding: str
) -> tuple[int, int, int] | None:
    """Raw value, decimals, rounded; None if the text must be refused."""
    number = read(text)
    if number is None or number.value.copy_abs() > 10**20:
        return None
    value = number.value
    kept = value.quantize(Decimal(f"1e-{precision}"), MODES[rounding], HUGE)
    if not fits(kept, wide, signed) or (value < 0 and not signed):
        return None
    if rounding == "exact" and kept != value:
        return None
    shown = number.shown if number.shown <= precision else min(needed_decimals(value), precision)
    return int(kept.scaleb(LIMITS[wide, signed][0], HUGE)), shown, int(kept != value)


def true_reasons(text: str, wide: bool, signed: bool, precision: int, rounding: str) -> set[str]:
    """The names of everything that is wrong with a text."""
    if text == "":
        return {"empty"}
    number = read(text)
    if number is None:
        word = text.lower().removeprefix("-" if text[0] == "-" else "+")
        return {"not_finite"} if word in ("nan", "inf", "infinity") else {"not_a_decimal"}
    reasons = set()
    if number.value < 0 and not signed:
        reasons.add("negative")
    if not fits(number.value, wide, signed):
        reasons.add("overflow")
    if rounding == "exact" and needed_decimals(number.value) > precision:
        reasons.add("decimals")
    return reasons


def random_digits(rng: random.Random, count: int) -> str:
    style = rng.random()
    if style < 0.15:
        return "0" * count
    if style < 0.25:
        return "9" * count
    if style < 0.4 and count > 1:
        return "0" * rng.randrange(count) + str(rng.randrange(1, 10))
    return "".join(rng.choices("0123456789", k=count))


def random_number(rng: random.Random, wide: bool, signed: bool) -> str:
    """A text of the grammar; near the end of the range, a tie, or anything."""
    scale, largest = LIMITS[wide, signed]
    sign = rng.choice(["", "", "", "-", "+"])
    style = rng.random()
    if style < 0.1:
        raw = largest * 10**scale + rng.randint(-3, 3) * 10 ** rng.randrange(scale + 3)
        body = str(Decimal(max(raw, 0)).scaleb(-scale, HUGE))
        body += rng.choice(["", "0", "5", "500", "4999999999999999999999", "50000001"])
    elif style < 0.2:
        body = f"{rng.randrange(100)}.{random_digits(rng, rng.randrange(17))}5"
        body += rng.choice(["", "0", "000000000000", "0000000000000000000001"])
    else:
        before = rng.choice([0, 1, 1, 2, 4, 8, 11, 14, 18, 19, 20, 30, 60])
        after = rng.choice([0, 0, 1, 2, 4, 8, 9, 10, 15, 16, 17, 18, 30])
        after = min(after, 60 - before)
        body = "0" * rng.choice([0, 0, 0, 1, 5, 25]) + random_digits(rng, before)
        body += "." + random_digits(rng, after) if after or rng.random() < 0.3 else ""
        if not any(c.isdigit() for c in body):
            body += "7"
    style = rng.random()
    if style < 0.3:
        body += rng.choice("eE") + rng.choice(["", "+", "-"]) + str(rng.randrange(25))
    elif style < 0.35:
        power = rng.choice(["0", "000012", "99", "400", "999999", "1000001", "9" * 19, "9" * 30])
        body += rng.choice("eE") + rng.choice(["", "+", "-"]) + power
    return sign + body


def check_value(text: str, wide: bool, signed: bool, precision: int, rounding: str) -> bool:
    """Compares one text with the oracle; True if it was a value."""
    case = (text, wide, signed, precision, rounding)
    raw, decimals, rounded, reason = native.parse_value(*case[:4], ROUNDINGS[rounding])
    wanted = expected(*case)
    if wanted is None:
        assert reason, f"{case} was read as {raw}"
        assert REASONS[reason] in true_reasons(*case), f"{case} refused as {REASONS[reason]}"
        return False
    assert (raw, decimals, rounded, reason) == (*wanted, 0), f"{case} should be {wanted}"
    return True


@pytest.fixture(scope="module")
def cases(request: pytest.FixtureRequest) -> int:
    return 1_000_000 if request.config.getoption("--slow") else 50_000


def test_random_numbers_are_read_as_decimal_reads_them(cases: int) -> None:
    rng = random.Random(20240102)
    good = 0
    for _ in range(cases):
        wide, signed = rng.choice(KINDS)
        precision = rng.randint(0, LIMITS[wide, signed][0])
        text = random_number(rng, wide, signed)
        good += check_value(text, wide, signed, precision, rng.choice(list(ROUNDINGS)))
    assert cases // 4 < good < cases * 3 // 4


def test_every_rounding_at_every_precision_agrees_on_ties_and_their_neighbors() -> None:
    for wide, signed in KINDS:
        for precision in range(LIMITS[wide, signed][0] + 1):
            for kept in (0, 1, 2, 3, 9, 10, 99):
                for tail in ("", "0", "49", "5", "500", "5000001", "51", "9", "0000001"):
                    digits = f"{kept}{tail}"
                    text = f"{digits}e-{precision + len(tail)}"
                    for sign in ("", "-", "+"):
                        for rounding in ROUNDINGS:
                            check_value(sign + text, wide, signed, precision, rounding)


@pytest.mark.parametrize(("wide", "signed"), KINDS)
def test_the_ends_of_the_range_are_held_and_one_more_is_refused(wide: bool, signed: bool) -> None:
    scale, largest = LIMITS[wide, signed]
    unit = f"0.{'0' * (scale - 1)}1"
    for sign in ("", "-") if signed else ("",):
        end = f"{sign}{largest}"
        raw = int(end) * 10**scale
        assert native.parse_value(end, wide, signed, scale, 0) == (raw, 0, 0, 0)
        for beyond in (f"{sign}{largest + 1}", f"{sign}{largest}{unit[1:]}"):
            for rounding in ROUNDINGS.values():
                code = native.parse_value(beyond, wide, signed, scale, rounding)[3]
                assert REASONS[code] == "overflow"


@pytest.mark.parametrize("text", ["5.", ".5", "+1", "-.5", "+5.", "0005", "1e3", "1E+3", "5.e-1"])
def test_plain_but_unusual_forms_are_numbers(text: str) -> None:
    for wide, signed in KINDS:
        assert check_value(text, wide, signed, 9, "exact") == (signed or text[0] != "-")


@pytest.mark.parametrize("text", ["-0", "-0.000", "-0e99", "-.0"])
def test_a_size_of_minus_zero_is_zero(text: str) -> None:
    for wide in (False, True):
        assert native.parse_value(text, wide, False, 9, 0)[::3] == (0, 0)


JUNK = [
    "", "+", "-", ".", "-.", "e5", ".e5", "1e", "1e+", "1e-", "1e1.5", "1.2.3", "1..2", "--1",
    "+-1", "1-", "1+", " 1", "1 ", "1 000", "1,5", "1_000", "0x10", "1f", "1d5", "1e5e5", "$1",
    "1%", "١٢", "\uff11", "1\x00", "\x001", "½", "NaN1", "infinit", "nanx", "nan(0)", "1e\uff15",
    "\u22121", "1\n", "\ufeff1",
]  # fmt: skip


@pytest.mark.parametrize("text", JUNK)
def test_junk_is_refused(text: str) -> None:
    for wide, signed in KINDS:
        for rounding in ROUNDINGS:
            assert not check_value(text, wide, signed, 4, rounding)


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-INF", "+Infinity", "-nan"])
def test_numbers_that_are_not_finite_are_called_so(text: str) -> None:
    with pytest.raises(BarrowParseError) as caught:
        parse_raw(text, FIXED8)
    assert caught.value.reason == "not_finite"


def test_random_text_is_a_number_only_if_it_looks_like_one(cases: int) -> None:
    rng = random.Random(7)
    for _ in range(cases // 4):
        text = "".join(rng.choices("0123456789.+-eE _,xn\x00", k=rng.randrange(8)))
        wide, signed = rng.choice(KINDS)
        check_value(text, wide, signed, 9, rng.choice(list(ROUNDINGS)))


@given(
    text=st.from_regex(NUMBER, fullmatch=True) | st.text(max_size=20),
    kind=st.sampled_from(KINDS),
    precision=st.integers(0, 16),
    rounding=st.sampled_from(list(ROUNDINGS)),
)
@example("1.00000000000", (False, True), 9, "exact")
@example("18446744073.0000000004", (False, False), 9, "half_even")
@example("-0.00000000001", (False, False), 9, "truncate")
def test_any_text_agrees_with_the_oracle(
    text: str, kind: tuple[bool, bool], precision: int, rounding: str
) -> None:
    check_value(text, *kind, min(precision, LIMITS[kind][0]), rounding)


def test_zeros_beyond_the_precision_show_no_decimals() -> None:
    assert parse_raw("1.100000000", FIXED8) == (1_100_000_000, 9, False)
    assert parse_raw("1.1000000000", FIXED8) == (1_100_000_000, 1, False)
    assert parse_raw("1.1000", FIXED8, precision=2) == (1_100_000_000, 1, False)


def test_an_exponent_cancels_a_mantissa_of_any_length() -> None:
    zeros = "0" * 1_500_000
    assert native.parse_value(f"0.{zeros}1e1500001", False, True, 9, 0) == (10**9, 0, 0, 0)


def test_parse_raw_says_why_and_where_the_limit_is() -> None:
    with pytest.raises(BarrowParseError, match="18_446_744_073") as caught:
        parse_raw("18446744074", FIXED8, signed=False)
    assert caught.value.reason == "overflow"


def test_parse_raw_keeps_all_the_encoding_has_unless_told() -> None:
    for encoding in (FIXED8, FIXED16, DECIMAL128):
        text = "1." + "1" * encoding.scale
        assert parse_raw(text, encoding)[:2] == (int("1" * (encoding.scale + 1)), encoding.scale)
        with pytest.raises(BarrowParseError):
            parse_raw(text + "1", encoding)
    assert parse_raw("1.25", FIXED8, precision=1, rounding="half_even") == (1_200_000_000, 1, True)


def random_raw(rng: random.Random, wide: bool, signed: bool) -> int:
    scale, largest = LIMITS[wide, signed]
    end = largest * 10**scale
    raw = rng.choice(
        [
            rng.randint(0, end),
            rng.getrandbits(rng.randint(1, end.bit_length() - 1)),
            end - rng.getrandbits(8),
            rng.randint(0, largest) * 10**scale,
            rng.randint(0, end) // 10**scale * 10**scale + rng.randrange(100),
        ]
    )
    return -raw if signed and rng.random() < 0.5 else raw


def plain(raw: int, scale: int, decimals: int) -> str:
    return f"{Decimal(raw).scaleb(-scale, HUGE):.{decimals}f}"


def test_formatted_raw_values_read_back_and_are_what_decimal_writes(cases: int) -> None:
    rng = random.Random(11)
    for _ in range(cases // 2):
        wide, signed = rng.choice(KINDS)
        scale = LIMITS[wide, signed][0]
        encoding = FIXED16 if wide else FIXED8
        raw = random_raw(rng, wide, signed)
        text = format_raw(raw, scale)
        decimals = len(text.partition(".")[2])
        assert parse_raw(text, encoding, signed=signed) == (raw, decimals, False)
        assert text == plain(raw, scale, decimals)
        assert decimals == 0 or text[-1] != "0"


def test_fixed_decimals_are_shown_in_full_or_refused(cases: int) -> None:
    rng = random.Random(13)
    refused = 0
    for _ in range(cases // 4):
        wide, signed = rng.choice(KINDS)
        scale = LIMITS[wide, signed][0]
        raw, decimals = random_raw(rng, wide, signed), rng.randint(0, scale)
        raw -= raw % 10 ** rng.randint(0, scale)
        if raw % 10 ** (scale - decimals) == 0:
            assert format_raw(raw, scale, decimals) == plain(raw, scale, decimals)
        else:
            refused += 1
            with pytest.raises(BarrowArgumentError, match=f"more than {decimals} decimals"):
                format_raw(raw, scale, decimals)
    assert refused > cases // 40


@pytest.mark.parametrize(
    ("raw", "scale"),
    [
        (PRICE_UNDEF_64, 9),
        (PRICE_ERROR_64, 9),
        (QUANTITY_UNDEF_64, 9),
        (PRICE_UNDEF_128, 16),
        (PRICE_ERROR_128, 16),
        (QUANTITY_UNDEF_128, 16),
    ],
)
def test_sentinels_format_as_the_numbers_they_are(raw: int, scale: int) -> None:
    assert format_raw(raw, scale) == plain(raw, scale, scale)


def bars_of(prices: list[int], sizes: list[int], encoding: Encoding, precision: int) -> Bars:
    def stored(values: list[int], signed: bool) -> bytes:
        return b"".join(v.to_bytes(encoding.width, "little", signed=signed) for v in values)

    times = np.arange(len(prices), dtype=np.uint64)
    columns = [*[stored(prices, True)] * 4, stored(sizes, False), times, times]
    schema = record_schema(BAR, encoding, Meta(None, precision, precision))
    return Bars([stored_batch(schema, columns, len(prices))], schema)


def near_a_tie(rng: random.Random, scale: int, largest: int) -> int:
    """A raw value next to the middle between two neighboring doubles."""
    exponent = rng.randint(0, largest.bit_length() - 1)
    mantissa = (1 << 53) + 2 * rng.getrandbits(52) + 1
    middle = Fraction(mantissa, 1 << 53) * (1 << exponent)
    return min(int(middle * 10**scale) + rng.randint(-1, 1), largest * 10**scale)


def assert_nearest(values: np.ndarray, raws: list[int], scale: int) -> None:
    for value, raw in zip(values.tolist(), raws, strict=True):
        nearest = float(Fraction(raw, 10**scale))
        assert value == nearest, f"{raw} at scale {scale} is {nearest!r}, not {value!r}"


@pytest.mark.parametrize("encoding", [FIXED8, FIXED16, DECIMAL128], ids=lambda e: e.name)
def test_doubles_are_the_nearest_to_the_exact_values(encoding: Encoding, cases: int) -> None:
    rng = random.Random(17)
    scale = encoding.scale
    for _ in range(cases // 2_000):
        columns = []
        for signed in (True, False):
            largest = LIMITS[encoding.wide, signed][1]
            # Runs of small values take the vector path, mixed ones leave it.
            small = [rng.choice([1, -1]) * rng.getrandbits(53) for _ in range(64)]
            ends = [(1 << 53) + d for d in (-1, 0, 1)] + [largest * 10**scale - d for d in (0, 1)]
            mixed = [random_raw(rng, encoding.wide, signed) for _ in range(331)]
            ties = [near_a_tie(rng, scale, largest) for _ in range(101)]
            values = small + ends + mixed + ties
            columns.append([v if signed else abs(v) for v in values])
        if signs := rng.random() < 0.5:
            columns[0] = [-v for v in columns[0]]
        prices, sizes = columns
        bars = bars_of(prices, sizes, encoding, 0 if signs else scale)
        assert_nearest(bars.to_float64("close"), prices, scale)
        assert_nearest(bars.to_float64("volume"), sizes, scale)


def test_doubles_of_sentinels_are_nan() -> None:
    for encoding, prices, sizes in (
        (FIXED8, [PRICE_UNDEF_64, PRICE_ERROR_64], [QUANTITY_UNDEF_64, 0]),
        (FIXED16, [PRICE_UNDEF_128, PRICE_ERROR_128], [QUANTITY_UNDEF_128, 0]),
    ):
        bars = bars_of(prices * 5, sizes * 5, encoding, 0)
        assert np.isnan(bars.to_float64("low")).all()
        assert np.isnan(bars.to_float64("volume")).tolist() == [True, False] * 5
        for bar in bars[:2]:
            assert math.isnan(float(bar.low))
            assert math.isnan(float(bar.volume)) == (bar.volume.raw != 0)


def test_a_sentinel_volume_is_the_same_number_in_a_bar_and_in_the_column() -> None:
    for encoding, undefined in ((FIXED8, QUANTITY_UNDEF_64), (FIXED16, QUANTITY_UNDEF_128)):
        bars = bars_of([0], [undefined], encoding, 0)
        assert bars[0].volume.raw == undefined
