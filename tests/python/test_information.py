"""Information bars against a plain reference."""

from __future__ import annotations

from fractions import Fraction

import barrow as bw
import numpy as np
import pytest
from barrow._arrow import TRADE
from reference_information import Made, Rule, expected_reference, reference, rows_of
from rows_to_resample import (
    BAR_TYPE,
    SECOND,
    plain_rows,
    random_bars,
    random_quotes,
    random_stamps,
    records,
    stamp,
)

# Thresholds that need a few rows, many rows, and a part of one row.
STEPS = {
    "TICK": ["1", "7", "250"],
    "TICK_IMBALANCE": ["1", "4", "21"],
    "TICK_RUNS": ["1", "3", "6"],
    "VOLUME": ["0.5", "17", "5000"],
    "VOLUME_IMBALANCE": ["0.125", "20", "400"],
    "VOLUME_RUNS": ["0.75", "19", "55"],
    "VALUE": ["0.333333333333333333", "12.5", "9000"],
    "VALUE_IMBALANCE": ["0.2", "20.000001", "300"],
    "VALUE_RUNS": ["1.1", "19", "77"],
}
SIDES = ("reported", "reported_or_tick_rule", "tick_rule")


def trades(seed: int, rows: int, *, parts: int = 1, late: int = 0, largest: int = 20_000):
    """Trades with every side, some of nothing, some of much; prices around 1.1 with 5 decimals."""
    rng = np.random.default_rng(seed)
    stamps = random_stamps(rng, rows, stamp("2024-03-07"), 3, SECOND)
    price = (110_000 + np.cumsum(rng.integers(-3, 4, rows))) * 10**4
    size = rng.integers(0, largest, rows).astype(np.uint64) * np.uint64(10**6)
    size[rng.random(rows) < 0.05] = 0
    sides = rng.choice(np.array([0, 1, 1, 1, 2, 2], np.uint8), rows)
    names = [str(i) for i in range(rows)]
    inits = stamps + rng.integers(0, late + 1, rows) * SECOND
    return records(TRADE, [price, size, sides, names, stamps, inits], "BTC.SIM", parts)


def encoded(made, encoding: str):
    return type(made).from_arrow(made.to_arrow(encoding=encoding))


def made_rows(bars: bw.Bars) -> list[tuple[int, ...]]:
    counts = bars.report.counts.tolist()
    return [(*row, count) for row, count in zip(plain_rows(bars), counts, strict=True)]


def check(bars: bw.Bars, wanted: Made) -> None:
    """All bars, the open one among them, and what the report says of them."""
    expected = wanted.bars + ([wanted.open] if wanted.open else [])
    found = made_rows(bars)
    for number, (one, other) in enumerate(zip(found, expected, strict=False)):
        assert one == other, number
    assert len(found) == len(expected) == bars.report.bars
    assert bars.report.unfinished == (wanted.open is not None)
    assert bars.report.rows_dropped.get("broken run", 0) == wanted.dropped


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("encoding", ["fixed8", "fixed16", "decimal128"])
def test_every_kind_is_as_the_plain_reference(kind, encoding):
    made = encoded(trades(3, 600, late=2), encoding)
    scale = 9 if encoding == "fixed8" else 16
    rows = rows_of(made)
    for text in STEPS[kind]:
        bars = bw.information_bars(made, f"{text}-{kind}")[f"{text}-{kind}"]
        check(bars, reference(rows, Rule(kind, Fraction(text), scale)))
        assert (
            bars.schema.metadata
            == bw.information_bars(made[:0], f"{text}-{kind}")[f"{text}-{kind}"].schema.metadata
        )


@pytest.mark.parametrize("kind", [kind for kind in STEPS if "_" in kind])
@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("rules", ["conserve", "nautilus"])
def test_sides_and_rules_are_as_the_plain_reference(kind, sides, rules):
    made = trades(4, 500)
    rows = rows_of(made)
    names = [f"{text}-{kind}" for text in STEPS[kind]]
    several = bw.information_bars(made, names, sides=sides, rules=rules)
    assert list(several) == names
    for text, name in zip(STEPS[kind], names, strict=True):
        check(several[name], reference(rows, Rule(kind, Fraction(text), sides=sides, rules=rules)))


@pytest.mark.parametrize("rules", ["conserve", "nautilus"])
@pytest.mark.parametrize("brick", ["0.00001", "0.00007", "0.001", "50"])
@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
def test_bricks_are_as_the_plain_reference(rules, brick, encoding):
    made = encoded(trades(5, 1500, late=1), encoding)
    threshold = bw.Threshold("RENKO", brick)
    (bars,) = bw.information_bars(made, threshold, rules=rules).values()
    scale = 9 if encoding == "fixed8" else 16
    check(bars, reference(rows_of(made), Rule("RENKO", Fraction(brick), scale, rules=rules)))


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
@pytest.mark.parametrize("seed", range(3))
def test_bars_and_quotes_are_rows_too(encoding, seed):
    names = ["7-TICK", "812.25-VOLUME", "1234.5-VALUE", "9-RENKO"]
    scale = 9 if encoding == "fixed8" else 16
    for made, of_bars in (
        (random_bars(seed, 700, late=3, bar_type=BAR_TYPE), True),
        (random_quotes(seed, 700), False),
    ):
        made = encoded(made, encoding)
        price = None if of_bars else "bid"
        several = bw.information_bars(made, names, price=price, price_increment="0.00005")
        for name, bars in several.items():
            step, kind = name.split("-")
            amount = Fraction(step) * (Fraction(5, 10**5) if kind == "RENKO" else 1)
            check(bars, reference(rows_of(made), Rule(kind, amount, scale, of_bars=of_bars)))


@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
@pytest.mark.parametrize("kind", [kind for kind in STEPS if "_" in kind])
@pytest.mark.parametrize("bounds", [None, (3, 60)])
def test_expected_thresholds_are_as_the_plain_reference(encoding, kind, bounds):
    made = encoded(trades(6, 3000), encoding)
    for first, span in ((1, 1), (20, 5), (50, 100)):
        threshold = bw.ExpectedThreshold(kind, first, span, bounds)
        (bars,) = bw.information_bars(made, threshold, sides="reported_or_tick_rule").values()
        wanted = expected_reference(
            rows_of(made), kind, first, span, bounds or (1, 2**40), "reported_or_tick_rule"
        )
        check(bars, wanted)
        assert bars.report.counts.sum() == len(made)


@pytest.mark.parametrize("name", ["17-VOLUME", "12.5-VALUE", "20-VOLUME_IMBALANCE",
                                  "19-VALUE_RUNS", "7-TICK", "3-TICK_RUNS"])  # fmt: skip
def test_no_volume_is_lost_or_made(name):
    made = trades(7, 5000, largest=10**6)
    bars = bw.information_bars(made, [name])[name]
    assert int(bars.raw("volume").sum()) == int(made.raw("size").sum())
    assert bars.raw("high").max() == made.raw("price").max()
    assert bars.raw("low").min() == made.raw("price").min()
    # A trade has a part in at least one bar; nothing is known before its last trade.
    assert bars.report.counts.sum() >= len(made)
    assert not np.any(bars.raw("ts_init") < bars.raw("ts_event"))


def test_bars_of_one_stamp_are_sound_where_the_bar_type_is_not_of_time():
    bars = bw.information_bars(trades(7, 500), ["5-VOLUME", "5.5-VOLUME"])
    assert np.any(np.diff(bars["5-VOLUME"].raw("ts_event").astype(np.int64)) == 0)
    report = bw.validate(bars["5-VOLUME"])
    assert (report.findings, report.step_ns, report.longest_gap_ns) == ([], None, 0)
    # Without a bar type nothing says so.
    assert {f.check for f in bw.validate(bars["5.5-VOLUME"]).findings} == {"ts_duplicate", "gap"}
    volumes = bw.validate(bars["5-VOLUME"], bar_type="A.B-1-MINUTE-LAST-EXTERNAL")
    assert {f.check for f in volumes.findings} == {"ts_duplicate", "gap"}


def test_a_huge_trade_fills_many_bars():
    made = records(
        TRADE,
        [
            np.array([1_500_000_000, 1_600_000_000]),
            np.array([3_000, 250_000_500], np.uint64) * np.uint64(10**6),
            np.ones(2, np.uint8),
            ["a", "b"],
            np.array([5, 9]) * SECOND,
            np.array([5, 11]) * SECOND,
        ],
        "BTC.SIM",
    )
    bars = bw.information_bars(made, "10-VOLUME")["10-VOLUME"]
    assert len(bars) == 25_001
    volumes = bars.raw("volume")
    assert np.all(volumes[:-1] == 10 * 10**9)
    assert int(volumes[-1]) == 3_500_000_000
    assert int(volumes.astype(object).sum()) == 250_003_500 * 10**6
    assert bars.report.counts.tolist() == [2] + [1] * (len(bars) - 1)
    assert {int(at) for at in bars.raw("ts_event")[300:]} == {9 * SECOND}
    assert {int(at) for at in bars.raw("ts_init")[300:]} == {11 * SECOND}


def test_an_integer_threshold_has_a_bar_type():
    made = trades(1, 50)
    several = bw.information_bars(
        made,
        ["10-TICK", "0.5-VOLUME", "5-VALUE_RUNS-LAST", bw.BarSpecification(3, "RENKO", "LAST"),
         bw.Threshold("RENKO", "0.00010"), bw.Threshold("RENKO", "0.00003"),
         bw.ExpectedThreshold("TICK_RUNS", 10)],
        price_increment="0.00005",
    )  # fmt: skip
    assert {name: str(bars.bar_type) for name, bars in several.items()} == {
        "10-TICK": "BTC.SIM-10-TICK-LAST-INTERNAL",
        "0.5-VOLUME": "None",
        "5-VALUE_RUNS-LAST": "BTC.SIM-5-VALUE_RUNS-LAST-INTERNAL",
        "3-RENKO-LAST": "BTC.SIM-3-RENKO-LAST-INTERNAL",
        "0.0001-RENKO (price)": "BTC.SIM-2-RENKO-LAST-INTERNAL",
        "0.00003-RENKO (price)": "None",
        "10-TICK_RUNS expected": "None",
    }


def test_partial_drop_and_keep_are_of_the_last_bar():
    made = trades(2, 25)
    flagged = bw.information_bars(made, "10-TICK")["10-TICK"]
    kept = bw.information_bars(made, "10-TICK", partial="keep")["10-TICK"]
    left = bw.information_bars(made, "10-TICK", partial="drop")["10-TICK"]
    assert plain_rows(flagged) == plain_rows(kept) == plain_rows(flagged)
    assert (flagged.report.unfinished, kept.report.unfinished) == (True, False)
    assert plain_rows(left) == plain_rows(flagged)[:2]
    assert left.report.rows_dropped == {"unfinished": 5}
    assert left.report.counts.tolist() == [10, 10]


def test_trades_without_a_side_are_told_of():
    made = trades(2, 1000)
    bars = bw.information_bars(made, "5-TICK_IMBALANCE")["5-TICK_IMBALANCE"]
    none = int(np.count_nonzero(made.raw("aggressor_side") == 0))
    assert bars.report.notes == [
        f"{none} rows report no side and count for none: "
        "sides='reported_or_tick_rule' gives them one"
    ]
    ruled = bw.information_bars(made, "5-TICK_IMBALANCE", sides="tick_rule")["5-TICK_IMBALANCE"]
    assert ruled.report.notes == []


def test_unordered_rows_are_sorted_when_asked():
    made = trades(8, 400)
    table = made.to_arrow()
    order = np.random.default_rng(1).permutation(400)
    mixed = bw.Trades(table.take(order).combine_chunks().to_batches(), made.schema)
    sorted_ = bw.information_bars(mixed, "3-VOLUME", sort=True)["3-VOLUME"]
    volumes = sum(int(v) for v in sorted_.raw("volume"))
    assert volumes == sum(int(v) for v in made.raw("size"))
    assert not np.any(np.diff(sorted_.raw("ts_event").astype(np.int64)) < 0)


@pytest.mark.parametrize("kind", [kind for kind in STEPS if not kind.startswith("TICK")])
@pytest.mark.parametrize("encoding", ["fixed8", "fixed16"])
def test_sizes_at_the_end_of_the_encoding_are_as_the_plain_reference(kind, encoding):
    rng = np.random.default_rng(22)
    rows = 400
    stamps = np.arange(1, rows + 1) * SECOND
    price = rng.choice(np.array([-1, 1, 1, 7]), rows) * 10**9 + rng.integers(0, 100, rows) * 10**4
    # Eight in a row that together pass 2^63, and small ones between them.
    small = rng.integers(0, 10**6, rows).astype(np.uint64) * np.uint64(10**12)
    large = rng.integers(0, 18_446_744_073, rows).astype(np.uint64) * np.uint64(10**9)
    near = np.full(rows, 1_152_921_504, np.uint64) * np.uint64(10**9)
    size = np.choose(np.arange(rows) // 16 % 3, [small, large, near])
    sides = np.where(rng.random(rows) < 0.1, 2, 1).astype(np.uint8)
    names = [str(i) for i in range(rows)]
    made = records(TRADE, [price, size, sides, names, stamps, stamps], "BTC.SIM", 1)
    made = encoded(made, encoding)
    scale = 9 if encoding == "fixed8" else 16
    for text in ("2300000000", "9500000000", "80000000000", "10000000000000"):
        rule = Rule(kind, Fraction(text), scale)
        wanted = reference(rows_of(made), rule)
        most = 18_446_744_073 * 10**9
        if encoding == "fixed8" and any(bar[4] > most for bar in [*wanted.bars, wanted.open]):
            continue  # an error, which `test_information_errors.py` is about
        check(bw.information_bars(made, f"{text}-{kind}")[f"{text}-{kind}"], wanted)
