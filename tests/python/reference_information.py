"""Information bars made row by row with plain integers and fractions: slow and plain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import barrow as bw

# open high low close size side ts_event ts_init, raw.
Row = tuple[int, int, int, int, int, int, int, int]


@dataclass
class Made:
    """Bars, the one that is open, and the rows that are in none.

    A bar is open high low close volume ts_event ts_init count.
    """

    bars: list[tuple[int, ...]] = field(default_factory=list)
    open: tuple[int, ...] | None = None
    dropped: int = 0


@dataclass(frozen=True)
class Rule:
    """What ends a bar, in exact numbers of the world.

    Attributes:
        kind: TICK, VOLUME, VALUE or RENKO, and IMBALANCE or RUNS after a line.
        step: How much.
        scale: Decimals of a raw value.
        decimals: Decimals of sizes.
        sides: As in `information_bars`.
        rules: As in `information_bars`.
        of_bars: Whether rows are bars.
    """

    kind: str
    step: Fraction
    scale: int = 9
    decimals: int = 3
    sides: str = "reported"
    rules: str = "conserve"
    of_bars: bool = False


def rows_of(records: object) -> list[Row]:
    """Records as plain rows; quotes by their bid."""
    rows = []
    for r in records:  # type: ignore[attr-defined]
        if isinstance(r, bw.Bar):
            prices = (r.open.raw, r.high.raw, r.low.raw, r.close.raw)
            rows.append((*prices, r.volume.raw, 0, r.ts_event, r.ts_init))
        elif isinstance(r, bw.QuoteTick):
            price, size = r.bid_price.raw, r.bid_size.raw
            rows.append((price, price, price, price, size, 0, r.ts_event, r.ts_init))
        else:
            side = int(r.aggressor_side)
            p = r.price.raw
            rows.append((p, p, p, p, r.size.raw, side, r.ts_event, r.ts_init))
    return rows


def signs_of(rows: Sequence[Row], sides: str) -> list[int]:
    """1 for a buyer, -1 for a seller, 0 if nobody knows."""
    signs: list[int] = []
    for at, row in enumerate(rows):
        sign = {1: 1, 2: -1}.get(row[5], 0)
        if sides == "tick_rule" or (sides == "reported_or_tick_rule" and sign == 0):
            sign = signs[-1] if at else 0
            if at and row[3] != rows[at - 1][3]:
                sign = 1 if row[3] > rows[at - 1][3] else -1
        signs.append(sign)
    return signs


def bar_of(parts: Sequence[tuple[Row, int]]) -> tuple[int, ...]:
    """The bar of rows with the raw size that each has in it."""
    rows = [row for row, _ in parts]
    return (
        rows[0][0],
        max(row[1] for row in rows),
        min(row[2] for row in rows),
        rows[-1][3],
        sum(size for _, size in parts),
        rows[-1][6],
        max(max(row[6], row[7]) for row in rows),
        len(parts),
    )


def reference(rows: Sequence[Row], rule: Rule) -> Made:
    """The bars of rows."""
    if rule.kind == "RENKO":
        return _bricks(rows, rule)
    measure, _, how = rule.kind.partition("_")
    made = Made()
    parts: list[tuple[Row, int]] = []
    total = Fraction(0)
    run = 0
    unit = 10 ** (rule.scale - rule.decimals)
    for row, sign in zip(rows, signs_of(rows, rule.sides), strict=True):
        if how and sign == 0:
            parts.append((row, row[4]))
            continue
        if how == "RUNS" and sign != run:
            if rule.rules == "nautilus":
                made.dropped += len(parts)
                parts = []
            total, run = Fraction(0), sign
        price = Fraction(row[1] + row[2] + row[3], 3) if rule.of_bars else Fraction(row[3])
        each = {
            "VOLUME": Fraction(1, 10**rule.scale),
            "VALUE": abs(price) / 10 ** (2 * rule.scale),
        }.get(measure)
        way = sign if how == "IMBALANCE" else 1
        if each is None:
            parts.append((row, row[4]))
            total += way
            if abs(total) >= rule.step:
                made.bars.append(bar_of(parts))
                parts, total, run = [], Fraction(0), 0
            continue
        left = row[4]
        if left == 0:
            parts.append((row, 0))
        while left:
            need = rule.step - way * total
            if each * left < need:
                parts.append((row, left))
                total += way * each * left
                run = sign
                break
            part = min(left, math.ceil(need / (each * unit)) * unit)
            parts.append((row, part))
            left -= part
            made.bars.append(bar_of(parts))
            parts, total, run = [], Fraction(0), 0
    made.open = bar_of(parts) if parts else None
    return made


def _bricks(rows: Sequence[Row], rule: Rule) -> Made:
    made = Made()
    brick = int(rule.step * 10**rule.scale)
    parts: list[tuple[Row, int]] = []
    end = rows[0][3] if rows else 0
    for row in rows:
        parts.append((row, row[4]))
        number = abs(row[3] - end) // brick
        way = brick if row[3] > end else -brick
        for i in range(number):
            *_, volume, event, init, count = bar_of(parts)
            first = i == 0
            ends = (end, end + way)
            made.bars.append(
                (
                    end,
                    max(ends),
                    min(ends),
                    end + way,
                    volume if first or rule.rules == "nautilus" else 0,
                    event,
                    init,
                    count if first else 1,
                )
            )
            end += way
        if number:
            parts = []
    if parts:
        *_, close, volume, event, init, count = bar_of(parts)
        made.open = (end, max(end, close), min(end, close), close, volume, event, init, count)
    return made


def expected_reference(
    rows: Sequence[Row],
    kind: str,
    first: int,
    span: int,
    bounds: tuple[int, int],
    sides: str = "reported",
) -> Made:
    """The bars of thresholds that follow those before, in integers that round down."""
    measure, _, how = kind.partition("_")
    made = Made()
    parts: list[tuple[Row, int]] = []
    bought = sold = 0
    means: tuple[int, int, int] | None = None
    for row, sign in zip(rows, signs_of(rows, sides), strict=True):
        amount = {"TICK": 2**32, "VOLUME": row[4], "VALUE": abs(row[3]) * row[4]}[measure]
        parts.append((row, row[4]))
        bought += amount if sign > 0 else 0
        sold += amount if sign < 0 else 0
        if means is None:
            ends = len(parts) == first
        else:
            length, up, down = means
            each = abs(up - down) if how == "IMBALANCE" else max(up, down)
            reached = abs(bought - sold) if how == "IMBALANCE" else max(bought, sold)
            ends = reached >= max(length * each // 1024, 1)
        if not ends:
            continue
        count = len(parts)
        now = (count * 1024, bought // count, sold // count)
        if means is not None:
            pairs = zip(means, now, strict=True)
            now = tuple(a + 2 * (b - a) // (span + 1) for a, b in pairs)  # type: ignore[assignment]
        means = (min(max(now[0], bounds[0] * 1024), bounds[1] * 1024), now[1], now[2])
        made.bars.append(bar_of(parts))
        parts, bought, sold = [], 0, 0
    made.open = bar_of(parts) if parts else None
    return made
