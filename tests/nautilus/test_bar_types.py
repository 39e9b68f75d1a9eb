"""Bar types: the same texts are legal, mean the same and print the same in both."""

from __future__ import annotations

import random

import barrow as bw
import pytest
from barrow import BarAggregation, BarSpecification, BarType, PriceType
from theirs import LAST_PRICE, VERSION, cython, pyo3

# The older one does not check steps in texts: most it takes, of zero it aborts.
LOOSE = VERSION < (1, 231)
SYMBOLS = ["A", "EUR/USD", "BTC-USD-PERP", "BRK.B", "", " ", "É", "1-DAY", "-", ".", "A B", "^X"]
VENUES = ["SIM", "B", "", " ", "É", "X-Y", "A:B", "5"]
STEPS = ["1", "5", "+1", "007", "0", "-1", "7", "60", "1000", "12", "24", "2", "", " 1", "1_0",
         "1.0", "x", str(2**64 - 1), str(2**64)]  # fmt: skip
PRICES = [*PriceType, "bid", "Last", "NO_PRICE", "CLOSE", ""]
SOURCES = ["INTERNAL", "EXTERNAL", "internal", "External", "", "OTHER", "EXTERNAL "]
UNITS = [*BarAggregation, "minute", "Tick_Runs", "TICKRUNS", "NO_AGGREGATION", "MINUTES", ""]


def texts() -> list[str]:
    """Bar types, most of them nearly legal."""
    draw = random.Random(4)
    every = []
    for _ in range(20_000):
        # One or two parts at random, the others legal.
        parts = [["EUR/USD"], ["SIM"], ["1"], ["MINUTE"], ["BID"], ["EXTERNAL"]]
        for at in draw.sample(range(6), draw.choice([1, 2, 2, 3])):
            parts[at] = [SYMBOLS, VENUES, STEPS, UNITS, PRICES, SOURCES][at]
        symbol, venue, step, unit, price, source = (draw.choice(part) for part in parts)
        text = f"{symbol}.{venue}-{step}-{unit}-{price}-{source}"
        if draw.random() < 0.3:
            text += f"@{draw.choice(STEPS)}-{draw.choice(UNITS)}-{draw.choice(SOURCES)}"
        if draw.random() < 0.05:
            at = draw.randrange(len(text))
            text = text[:at] + draw.choice(["", "@", "-", "."]) + text[at + 1 :]
        every.append(text)
    return every


def breaks_the_rules(text: str) -> bool:
    """Whether a text is one that the older version does not check."""
    try:
        BarType.parse(text)
    except bw.BarrowArgumentError as error:
        return "step" in str(error).split("\n")[0] or text.count("@") > 1
    return False


def test_the_same_texts_are_legal() -> None:
    taken = 0
    for text in texts():
        if LOOSE and breaks_the_rules(text):
            continue
        try:
            expected = str(pyo3.BarType.from_str(text))
        except ValueError:
            with pytest.raises(bw.BarrowArgumentError):
                BarType.parse(text)
            continue
        parsed = BarType.parse(text)
        assert str(parsed) == expected, text
        legacy = cython.BarType.from_str(text)
        assert str(parsed.instrument_id) == str(legacy.instrument_id)
        assert parsed.is_composite() == legacy.is_composite()
        assert str(parsed.standard()) == str(legacy.standard())
        assert str(parsed.composite()) == str(legacy.composite())
        assert parsed.is_externally_aggregated() == legacy.is_externally_aggregated()
        assert str(parsed.spec) == str(legacy.spec)
        taken += 1
    assert taken > 3000


def test_specifications_know_the_same() -> None:
    for unit in BarAggregation:
        for step in (1, 2, 3, 4, 5, 6, 7, 10, 12, 24, 30, 50, 60, 100, 1000):
            text = f"{step}-{unit}-LAST"
            try:
                expected = cython.BarSpecification.from_str(text)
            except ValueError:
                # Its Python class refuses these, its Rust core, which reads bar types, does not.
                if unit not in ("DAY", "WEEK") and text != "12-MONTH-LAST":
                    with pytest.raises(bw.BarrowArgumentError):
                        BarSpecification.parse(text)
                continue
            mine = BarSpecification.parse(text)
            assert str(mine) == str(expected)
            for name in ("is_time_aggregated", "is_threshold_aggregated",
                         "is_information_aggregated"):  # fmt: skip
                assert getattr(mine, name)() == getattr(expected, name)(), (text, name)
            if mine.step_ns is not None:
                assert mine.get_interval_ns() == expected.get_interval_ns()
                assert mine.timedelta == expected.timedelta.to_pytimedelta()
                price = LAST_PRICE
                again = cython.BarSpecification.from_timedelta(mine.timedelta, price)
                assert str(BarSpecification.from_timedelta(mine.timedelta, "LAST")) == str(again)


def test_the_differences() -> None:
    # Characters that cannot be printed have no place in names of files and in CSV.
    for text in ("A\n.B-1-DAY-LAST-EXTERNAL", "A\x01.B-1-DAY-LAST-EXTERNAL"):
        assert str(pyo3.BarType.from_str(text)) == text
        with pytest.raises(bw.BarrowArgumentError, match="cannot be printed"):
            BarType.parse(text)
    # A month is of no fixed length; 1.231 counts 30 days.
    with pytest.raises(bw.BarrowArgumentError, match="no fixed length"):
        BarSpecification.parse("1-MONTH-LAST").get_interval_ns()
