"""The independent reader, for quotes and trades: slow and plain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from reference import (
    Refused,
    Row,
    integers,
    raw_integer,
    read_number,
    read_stamp,
    shown_decimals,
    split_text,
)

VALUES = {
    "quote": ("bid_price", "ask_price", "bid_size", "ask_size"),
    "trade": ("price", "size"),
}
PRICES = {"bid_price", "ask_price", "price"}
# What texts in the side column mean, whatever their case.
USUAL_SIDES = {
    **dict.fromkeys(("buy", "b", "buyer", "bid"), 1),
    **dict.fromkeys(("sell", "s", "seller", "ask", "a"), 2),
    **dict.fromkeys(("none", "n", "unknown", "undefined", ""), 0),
}


@dataclass(frozen=True)
class Plan:
    """How a text is to be read.

    Attributes:
        kind: `quote` or `trade`.
        symbol: The symbol of the rows wanted.
        nulls: Texts that stand for an empty value or side.
        sides: Texts in the side column besides the usual ones.
        sizes_optional: Whether sizes may be empty, being 0 then.
    """

    kind: str
    symbol: str | None = None
    nulls: Sequence[str] = ()
    sides: dict[str, int] = field(default_factory=dict)
    sizes_optional: bool = False


@dataclass
class Ticks:
    """What a text holds."""

    encoding: str
    price_precision: int
    size_precision: int
    columns: dict[str, list[object]]
    refused: list[tuple[Row, str, str | None]]
    filtered: int


@dataclass
class _Tick:
    values: dict[str, Decimal]
    decimals: dict[str, int]
    ts_event: int
    ts_init: int
    side: int = 0
    trade_id: str = ""


def read_ticks(text: bytes, plan: Plan) -> Ticks:
    """Reads comma-separated text whose columns have the names of the roles."""
    header, *rows = split_text(text)
    places = {name.lower(): at for at, name in enumerate(header.cells)}
    ticks: list[_Tick] = []
    refused = []
    filtered = 0
    for row in rows:
        try:
            if row.reason:
                raise Refused(row.reason)
            wanted = None if plan.symbol is None else plan.symbol.encode().decode("latin-1")
            if wanted is not None and row.cells[places["symbol"]] != wanted:
                filtered += 1
                continue
            ticks.append(_read_row(row, places, plan))
        except Refused as problem:
            refused.append((row, problem.reason, problem.column))
    encoding = "fixed8"
    for tick in ticks:
        try:
            for name, value in tick.values.items():
                raw_integer(value, encoding, name in PRICES)
        except Refused:
            encoding = "fixed16"
            break
    columns: dict[str, list[object]] = {
        name: [raw_integer(tick.values[name], encoding, name in PRICES) for tick in ticks]
        for name in VALUES[plan.kind]
    }
    for name in ("ts_event", "ts_init"):
        columns[name] = [getattr(tick, name) for tick in ticks]
    if plan.kind == "trade":
        columns["aggressor_side"] = [tick.side for tick in ticks]
        columns["trade_id"] = [tick.trade_id for tick in ticks]
    price, size = (
        max((d for t in ticks for n, d in t.decimals.items() if (n in PRICES) == prices), default=0)
        for prices in (True, False)
    )
    return Ticks(encoding, price, size, columns, refused, filtered)


def _read_row(row: Row, places: dict[str, int], plan: Plan) -> _Tick:
    """One row: times first, then values, then the side, then the identifier."""

    def cell(name: str) -> str:
        return row.cells[places[name]]

    times = {}
    for name in ("ts_event", "ts_init"):
        if name in places:
            try:
                times[name] = read_stamp(cell(name))
            except Refused as problem:
                raise Refused(problem.reason, name) from None
    values, decimals = {}, {}
    for name in VALUES[plan.kind]:
        text = cell(name) if name in places else None
        if text is not None and (text == "" or text in plan.nulls):
            text = None if plan.sizes_optional and name not in PRICES else ""
        text = "0" if text is None else text
        try:
            values[name] = read_number(text)
            raw_integer(values[name], "fixed16", name in PRICES)
        except Refused as problem:
            raise Refused(problem.reason, name) from None
        decimals[name] = shown_decimals(text)
    tick = _Tick(values, decimals, times["ts_event"], times.get("ts_init", times["ts_event"]))
    if "side" in places:
        side = "" if cell("side") in plan.nulls else cell("side").lower()
        known = USUAL_SIDES | plan.sides
        if not side.isascii() or side not in known:
            raise Refused("not_a_side", "side")
        tick.side = known[side]
    if "trade_id" in places:
        try:
            tick.trade_id = cell("trade_id").encode("latin-1").decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("not_utf8", "trade_id") from None
        if row.quoted[places["trade_id"]]:
            tick.trade_id = tick.trade_id.replace('""', '"')
    return tick


def assert_same_ticks(records: object, expected: Ticks) -> None:
    """Every column, the encoding and the precisions."""
    assert records.encoding == expected.encoding
    table = records.to_arrow()
    for name, column in expected.columns.items():
        if name in ("aggressor_side", "trade_id"):
            found = table[name].to_pylist()
        else:
            found = integers(records, name)
        assert found == column, name
    assert (records.price_precision, records.size_precision) == (
        expected.price_precision,
        expected.size_precision,
    )
