"""Adjusted values against plain fractions, in every encoding, and back again."""

from __future__ import annotations

import random
from bisect import bisect_right
from fractions import Fraction
from math import floor

import barrow as bw
import numpy as np
import pytest
from barrow._arrow import BAR, QUOTE, TRADE, Role
from rows_to_resample import DAY, MINUTE, random_bars, random_quotes, random_trades, records, stamp

ENCODINGS = ("fixed8", "fixed16", "decimal128")
MODES = ("half_even", "half_away", "truncate")
ROLLS = ("date", "old", "new")


def in_encoding(given, encoding: str):
    return type(given).from_arrow(given.to_arrow(encoding))


def raw_of(given, name: str) -> list[int]:
    """Raw values as Python's integers."""
    values = given.raw(name)
    if values.ndim == 1:
        return values.tolist()
    signed = given.kind.field(name).signed
    whole = [low + (high << 64) for low, high in values.tolist()]
    return [value - 2**128 if signed and value >> 127 else value for value in whole]


def rounded(value: Fraction, mode: str) -> int:
    """The integer of a magnitude, by the rule of a mode."""
    whole = floor(value)
    rest = value - whole
    if mode == "truncate" or rest < Fraction(1, 2):
        return whole
    if rest > Fraction(1, 2) or mode == "half_away":
        return whole + 1
    return whole + whole % 2


def expected(value: int, by: Fraction, unit: int, mode: str) -> tuple[int, bool]:
    """A raw value times a ratio at a precision, and whether it was rounded."""
    exact = abs(value) * by / unit
    made = rounded(exact, mode) * unit
    return (-made if value < 0 else made), exact.denominator != 1


def random_table(seed: int, first: int, last: int, count: int) -> list[tuple]:
    """Rolls between two stamps; prices of a few digits."""
    rng = random.Random(seed)
    dates = sorted(rng.sample(range(first, last), count))
    return [(date, f"{rng.randint(90, 120)}.{rng.randint(0, 99):02}", str(rng.randint(90, 120)))
            for date in dates]  # fmt: skip


def some(kind, rows: int):
    make = {BAR: random_bars, QUOTE: random_quotes, TRADE: random_trades}[kind]
    return make(3, rows)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", [BAR, QUOTE, TRADE])
@pytest.mark.parametrize("direction", ["backward", "forward"])
def test_differences_of_rolls(kind, encoding, direction):
    given = in_encoding(some(kind, 700), encoding)
    stamps = given.raw("ts_event").tolist()
    rolls = random_table(1, stamps[0], stamps[-1], 9)
    made = bw.adjust(given, rolls, columns=ROLLS, method="additive", direction=direction)
    scale = 10**given.scale
    for name in given.kind.columns:
        if name == "trade_id":
            assert made.trade_ids() == given.trade_ids()
            continue
        wanted = raw_of(given, name)
        if given.kind.field(name).role is Role.PRICE:
            steps = [(date, Fraction(new) - Fraction(old)) for date, old, new in rolls]
            for at, when in enumerate(stamps):
                for date, step in steps:
                    if direction == "backward" and when < date:
                        wanted[at] += int(step * scale)
                    if direction == "forward" and when >= date:
                        wanted[at] -= int(step * scale)
        assert raw_of(made, name) == wanted, name
    assert made.report.rounded == {}
    assert made.report.rows == 700
    adjustments = bw.Adjustments.of(rolls, columns=ROLLS, method="additive", direction=direction)
    assert bw.adjust(made, adjustments.inverse()) == given


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [1, 2, 60])
def test_ratios_of_rolls_are_one_exact_fraction(encoding, mode, count):
    given = in_encoding(random_bars(4, 500), encoding)
    stamps = given.raw("ts_event").tolist()
    rolls = random_table(count, stamps[0], stamps[-1], count)
    made = bw.adjust(
        given, rolls, columns=ROLLS, method="ratio", rounding=mode, volume="inverse",
        size_precision=4,
    )  # fmt: skip
    ratios = [Fraction(1)]
    for _, old, new in reversed(rolls):
        ratios.insert(0, ratios[0] * Fraction(new) / Fraction(old))
    dates = [date for date, _, _ in rolls]
    for name in BAR.values:
        signed = name != "volume"
        unit = 10 ** (given.scale - (5 if signed else 4))
        wanted, count_rounded, first = [], 0, None
        for at, (value, when) in enumerate(zip(raw_of(given, name), stamps, strict=True)):
            by = ratios[bisect_right(dates, when)]
            if by == 1:
                wanted.append(value)
                continue
            new, was = expected(value, by if signed else 1 / by, unit, mode)
            wanted.append(new)
            count_rounded += was
            first = at if was and first is None else first
        assert raw_of(made, name) == wanted, name
        assert made.report.rounded.get(name, 0) == count_rounded
        assert made.report.first_rounded.get(name) == first
    assert made.report.rows_adjusted == sum(when < dates[-1] for when in stamps)


def edge_values(signed: bool) -> list[int]:
    """Raw values where carries and signs matter."""
    top = (9_223_372_036 if signed else 18_446_744_073) * 10**9
    values = [0, 1, 2, 3, 5, 7, 10**9, 2**32 - 1, 2**32, 2**53 + 1, 2**62, top - 1, top]
    return values + [-value for value in values] if signed else values


def one_column(prices: list[int], volumes: list[int]) -> bw.Bars:
    """Bars of given prices, without a rule between them."""
    rows = len(prices)
    stamps = stamp("2024-01-02") + np.arange(rows) * MINUTE
    price = np.array(prices, np.int64)
    volume = np.array((volumes * rows)[:rows], np.uint64)
    bars = records(BAR, [price, price, price, price, volume, stamps, stamps], None)
    table = bars.to_arrow()
    meta = {**table.schema.metadata, b"price_precision": b"9", b"size_precision": b"9"}
    return bw.Bars.from_arrow(table.replace_schema_metadata(meta))


RATIOS = [
    *(Fraction(n, d) for n, d in [(1, 2), (1, 3), (2, 3), (3, 4), (1, 10), (99, 100), (1, 7)]),
    Fraction(2**63 - 1, 2**63),
    Fraction(10**18 - 1, 10**18 + 9),
    # Ties and whole results that only the lowest of many words tell.
    Fraction(2**300 + 1, 2**301),
    Fraction(2**300 - 1, 2**301),
    Fraction(3**200, 3**200 + 1),
    Fraction(3**200 - 1, 3**200),
    Fraction(1, 2) + Fraction(1, 3**300),
    Fraction(1, 2) - Fraction(1, 3**300),
    Fraction(1, 2**150),
    Fraction(1, 5**150),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_rounding_is_right_next_to_ties(ratio, mode):
    given = one_column(edge_values(True), edge_values(False))
    for bars, unit in ((given, 1), (in_encoding(given, "fixed16"), 10**7)):
        # Of 16 bytes at nine decimals, so that digits are dropped there, too.
        made = bw.adjust(bars, [(None, None, ratio)], method="ratio", rounding=mode)
        wanted = [expected(value, ratio, unit, mode) for value in raw_of(bars, "open")]
        assert raw_of(made, "open") == [value for value, _ in wanted]
        assert made.report.rounded.get("open", 0) == sum(was for _, was in wanted)
    if ratio > Fraction(1, 10**6):
        sizes = edge_values(False)
        given = one_column([0] * len(sizes), sizes)
        made = bw.adjust(
            given, [(None, None, 1 / ratio)], method="ratio", rounding=mode, volume="inverse"
        )
        assert raw_of(made, "volume") == [expected(value, ratio, 1, mode)[0] for value in sizes]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_random_fractions(encoding):
    rng = random.Random(encoding)
    for _ in range(60):
        prices = [rng.randint(-(2**63) // 4, 2**63 // 4) >> rng.randint(0, 60) for _ in range(40)]
        volumes = [rng.randint(0, 2**62) >> rng.randint(0, 60) for _ in range(40)]
        bars = in_encoding(one_column(prices, volumes), encoding)
        bits = rng.choice([4, 20, 62, 64, 130, 400])
        under = rng.randint(1, 2**bits)
        ratio = Fraction(rng.randint(under // 3 + 1, 2 * under), under)
        mode = rng.choice(MODES)
        made = bw.adjust(
            bars, [(None, None, ratio)], method="ratio", rounding=mode, volume="inverse"
        )
        unit = 10 ** (bars.scale - 9)
        for name, by in (("high", ratio), ("volume", 1 / ratio)):
            wanted = [expected(value, by, unit, mode)[0] for value in raw_of(bars, name)]
            assert raw_of(made, name) == wanted


def test_a_split_there_and_back():
    bars = random_bars(5, 300)
    split = bw.Adjustments.of([("2024-03-07T02:00", "1/4")], columns=("date", "ratio"))
    made = bw.adjust(bars, split, volume="inverse", price_precision=9)
    assert made.price_precision == 9
    before = bars.raw("ts_event") < stamp("2024-03-07T02:00")
    assert 0 < before.sum() < 300 == len(made)
    assert made.report.rows_adjusted == before.sum()
    assert (made.raw("close")[before] * 4 == bars.raw("close")[before]).all()
    assert (made.raw("volume")[before] == bars.raw("volume")[before] * 4).all()
    back = bw.adjust(made, split.inverse(), volume="inverse")
    for name in BAR.columns:
        assert back.raw(name).tolist() == bars.raw(name).tolist()


def test_exact_is_the_rule_and_names_the_first_digit_lost():
    bars = one_column([4 * 10**9, 10**9, -3], [5])
    third = [("2024-01-01", None, "1/3")]
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.adjust(bars, third, method="ratio")
    assert str(caught.value) == (
        "row 0 column 'open': 4 * 1/3 has more than 9 decimals\n  try: rounding='half_even'"
    )
    assert caught.value.reason == "decimals"
    cut = bw.Bars.from_arrow(
        bars.to_arrow().replace_schema_metadata({"price_precision": "0", "size_precision": "0"})
    )
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.adjust(cut[:1], [(None, None, "0.25")], method="ratio", volume="inverse")
    assert bw.adjust(cut[:1], [(None, None, "0.25")], method="ratio").raw("open").tolist() == [
        10**9
    ]
    assert str(caught.value) == (
        "row 0 column 'volume': 0.000000005 / 0.25 has more than 0 decimals\n"
        "  try: rounding='half_even'\n   or: size_precision=9"
    )


@pytest.mark.parametrize("rows", [1, 8, 9, 40])
def test_a_price_beyond_the_range_is_an_error_that_names_row_and_column(rows):
    bars = one_column([10**9] * (rows - 1) + [9_223_372_036 * 10**9], [7])
    with pytest.raises(bw.BarrowParseError) as caught:
        bw.adjust(bars, [(None, None, "0.5")], method="additive")
    assert str(caught.value) == (
        f"row {rows - 1} column 'open': 9223372036 + 0.5 is beyond the largest value of fixed8, "
        '9_223_372_036\n  try: Bars.from_arrow(records.to_arrow(encoding="fixed16"))'
    )
    with pytest.raises(bw.BarrowParseError, match=rf"row {rows - 1} column 'open'.*\* 2 is beyond"):
        bw.adjust(bars, [(None, None, 2)], method="ratio")
    down = bw.adjust(bars, [(None, None, -(10**9))], method="additive")
    assert down.raw("low").tolist()[-1] == 8_223_372_036 * 10**9
    wide = in_encoding(bars, "fixed16")
    made = bw.adjust(wide, [(None, None, "0.5")], method="additive")
    assert raw_of(made, "high")[-1] == 9_223_372_036 * 10**16 + 5 * 10**15
    with pytest.raises(bw.BarrowParseError, match="beyond the largest value of fixed16"):
        bw.adjust(wide, [(None, None, 10**4)], method="ratio")
    with pytest.raises(bw.BarrowParseError, match=r"column 'volume'.*beyond the largest value"):
        bw.adjust(
            one_column([1], [18_446_744_073 * 10**9]), [(None, None, "1/2")], method="ratio",
            rounding="half_even", volume="inverse",
        )  # fmt: skip


def test_rounding_up_beyond_the_range_is_an_error():
    top = 9_223_372_036 * 10**9
    bars = one_column([top], [7])
    ratio = 1 + Fraction(1, 2 * top)
    assert (
        bw.adjust(bars, [(None, None, ratio)], method="ratio", rounding="truncate").report.rounded[
            "open"
        ]
        == 1
    )
    with pytest.raises(bw.BarrowParseError, match="is beyond the largest value"):
        bw.adjust(bars, [(None, None, ratio)], method="ratio", rounding="half_away")


@pytest.mark.parametrize("width", [8, 16])
def test_sentinels_are_kept(width):
    undefined, error = (
        (bw.PRICE_UNDEF_64, bw.PRICE_ERROR_64)
        if width == 8
        else (bw.PRICE_UNDEF_128, bw.PRICE_ERROR_128)
    )
    size = bw.QUANTITY_UNDEF_64 if width == 8 else bw.QUANTITY_UNDEF_128
    bars = one_column([10**9] * 10, [10**9])
    bars = bars if width == 8 else in_encoding(bars, "fixed16")
    table = bars.to_arrow()

    def put(table, at, values):
        import pyarrow as pa

        data = b"".join(value.to_bytes(width, "little", signed=at < 4) for value in values)
        column = pa.Array.from_buffers(table.schema.field(at).type, 10, [None, pa.py_buffer(data)])
        return table.set_column(at, table.schema.field(at), column)

    scale = 10**bars.scale
    table = put(table, 0, [undefined, *[scale] * 7, error, undefined])
    table = put(table, 4, [*[scale] * 9, size])
    bars = bw.Bars.from_arrow(table)
    added = bw.adjust(bars, [(None, None, 1)], method="additive")
    assert raw_of(added, "open") == [undefined, *[2 * scale] * 7, error, undefined]
    doubled = bw.adjust(bars, [(None, None, 2)], method="ratio", volume="inverse")
    assert raw_of(doubled, "open") == [undefined, *[2 * scale] * 7, error, undefined]
    assert raw_of(doubled, "volume") == [*[scale // 2] * 9, size]


def test_rows_need_no_order_and_come_in_any_batches():
    bars = random_bars(6, 400, longest=5)
    rolls = random_table(2, int(bars.raw("ts_event")[0]), int(bars.raw("ts_event")[-1]), 5)
    made = bw.adjust(bars, rolls, columns=ROLLS, method="additive")
    order = np.random.default_rng(1).permutation(400)
    shuffled = bw.Bars(bars.to_arrow().take(order).combine_chunks().to_batches(), bars.schema)
    turned = bw.adjust(shuffled, rolls, columns=ROLLS, method="additive")
    assert turned.raw("close").tolist() == made.raw("close")[order].tolist()
    parts = bw.Bars([bars[a:b].to_arrow().combine_chunks().to_batches()[0]
                     for a, b in ((0, 1), (1, 130), (130, 400))], bars.schema)  # fmt: skip
    again = bw.adjust(parts, rolls, columns=ROLLS, method="additive")
    assert again.raw("close").tolist() == made.raw("close").tolist()
    assert again.report == made.report
    assert len(bw.adjust(bars[:0], rolls, columns=ROLLS, method="ratio")) == 0


def test_what_does_not_change_is_not_copied():
    bars = random_bars(7, 300)

    def address(given, name):
        return given.raw(name).ctypes.data

    made = bw.adjust(bars, [(None, None, 1)], method="additive")
    for name in BAR.columns:
        assert (address(made, name) == address(bars, name)) == (name not in BAR.values[:4])
    later = [(stamp("2024-03-07") + 100 * DAY, None, 1)]
    same = bw.adjust(bars, later, method="additive", price_precision=7)
    assert all(address(same, name) == address(bars, name) for name in BAR.columns)
    assert (same.price_precision, same.report.rows_adjusted) == (7, 0)
