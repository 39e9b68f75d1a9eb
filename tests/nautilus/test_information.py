"""Information bars as NautilusTrader's own aggregators make them from the same trades."""

from __future__ import annotations

import random
from typing import Any

import barrow as bw
import pytest
from nautilus_trader.data import aggregation
from nautilus_trader.model import currencies, identifiers, objects
from nautilus_trader.model.instruments import CurrencyPair
from theirs import INSTRUMENT, MINUTE, START, VERSION, Row, cython, legacy, ours, theirs

KINDS = {
    "TICK": ["1", "7", "100"],
    "VOLUME": ["1", "17", "300"],
    "VALUE": ["300", "1000", "9000"],
    "RENKO": ["1", "5", "40"],
    "TICK_IMBALANCE": ["1", "3", "12"],
    "TICK_RUNS": ["1", "2", "5"],
    "VOLUME_IMBALANCE": ["2", "30", "120"],
    "VOLUME_RUNS": ["5", "20", "60"],
    "VALUE_IMBALANCE": ["8", "100", "700"],
    "VALUE_RUNS": ["16", "90", "300"],
}
NAMES = [f"{step}-{kind}" for kind, steps in KINDS.items() for step in steps]


def random_rows(kind: str, step: int, seed: int = 1, count: int = 800) -> list[Row]:
    """Trades whose parts are no fractions: what doubles and 28 digits hold exactly.

    Imbalances and runs of theirs are doubles, parts of a value are quotients of 28 digits,
    rounded to sizes.
    After a trade that is more than a run needs comes one of the other side: of 1.231 in
    Python, one of the same side forgets what was left; its later Rust core does not.
    """
    rng = random.Random(seed)
    rows: list[Row] = []
    price, total, last, turn = 120_000, 0, 0, False
    for i in range(count):
        if kind.startswith("VALUE"):
            paid, size = rng.choice([1, 2, 4, 8]), rng.randint(1, 40)
            text, amount = str(paid), paid * size * 8
            traded = str(size)
        else:
            price += rng.randint(-4, 4) * rng.choice([1, 1, 1, 9])
            eighths = rng.randint(1, 80)
            text, traded = f"{price / 10**5:.5f}", str(eighths / 8)
            amount = 8 if kind.startswith("TICK") else eighths
        side = rng.choice([0, 1, 1, 1, 2, 2])
        if side and kind.endswith("RUNS"):
            side = last if last and rng.random() < 0.8 else side
            side = 3 - last if turn else side
            total = total + amount if side == last else amount
            turn = total >= step * 8 and total % (step * 8) != 0
            total, last = total % (step * 8), side
        at = START + i * MINUTE
        rows.append(((text, traded), (side, str(i)), at, at))
    return rows


def instrument_of(price: int, size: int) -> CurrencyPair:
    """The instrument with these precisions."""
    symbol = INSTRUMENT.split(".")[0]
    return CurrencyPair(
        instrument_id=identifiers.InstrumentId.from_str(INSTRUMENT),
        raw_symbol=identifiers.Symbol(symbol),
        base_currency=currencies.EUR,
        quote_currency=currencies.USD,
        price_precision=price,
        size_precision=size,
        price_increment=objects.Price(10**-price, price),
        size_increment=objects.Quantity(10**-size, size),
        ts_event=0,
        ts_init=0,
    )


def their_bars(kind: str, name: str, rows: list[Row]) -> list[tuple[int, ...]]:
    words = [word.capitalize() for word in kind.split("_")]
    make: Any = getattr(aggregation, f"{''.join(words)}BarAggregator")
    bars: list[Any] = []
    bar_type = cython.BarType.from_str(f"{INSTRUMENT}-{name}-LAST-INTERNAL")
    made = make(instrument=instrument_of(5, 3), bar_type=bar_type, handler=bars.append)
    for tick in legacy("trade", theirs("trade", rows, 5, 3)):
        made.handle_trade_tick(tick)
    return [
        (*(int(v.raw) for v in (b.open, b.high, b.low, b.close, b.volume)), b.ts_event, b.ts_init)
        for b in bars
    ]


@pytest.mark.parametrize("name", NAMES)
def test_bars_are_theirs(name: str) -> None:
    step, kind = name.split("-")
    if "_" in kind and VERSION < (1, 231):
        # The older version has no such aggregators, only their names.
        assert not hasattr(aggregation, "TickImbalanceBarAggregator")
        return
    rows = random_rows(kind, int(step))
    made = bw.information_bars(
        ours("trade", rows, 5, 3),
        name,
        rules="nautilus",
        price_increment="0.00001",
        partial="drop",
    )[name]
    found = [
        (*(v.raw for v in (b.open, b.high, b.low, b.close, b.volume)), b.ts_event, b.ts_init)
        for b in made
    ]
    wanted = their_bars(kind, name, rows)
    assert len(wanted) > 2
    assert found == wanted
    assert str(made.bar_type) == f"{INSTRUMENT}-{name}-LAST-INTERNAL"
    assert str(cython.BarType.from_str(str(made.bar_type))) == str(made.bar_type)
