"""The kinds of records barrow has, with NautilusTrader's columns in its order."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from functools import partial

import pyarrow as pa

from barrow._records.kind import Field, RecordKind


class AggressorSide(IntEnum):
    """Who crossed the spread to make a trade; NautilusTrader's numbers."""

    NO_AGGRESSOR = 0
    BUYER = 1
    SELLER = 2


class BookAction(IntEnum):
    """What a change does to an order book; NautilusTrader's numbers."""

    ADD = 1
    UPDATE = 2
    DELETE = 3
    CLEAR = 4


class OrderSide(IntEnum):
    """The side of an order; NautilusTrader's numbers."""

    NO_ORDER_SIDE = 0
    BUY = 1
    SELL = 2


class RecordFlag(IntFlag):
    """Bits of `flags` of changes of an order book; NautilusTrader's numbers.

    Attributes:
        F_LAST: The last change of an event.
        F_TOB: Top of the book only.
        F_SNAPSHOT: From a snapshot, such as of a replay.
        F_MBP: Aggregated by price.
        RESERVED_2: Of no use yet.
        RESERVED_1: Of no use yet.
    """

    F_LAST = 128
    F_TOB = 64
    F_SNAPSHOT = 32
    F_MBP = 16
    RESERVED_2 = 8
    RESERVED_1 = 4


_TICK_TIMES = (Field.time("ts_event"), Field.time("ts_init"))
BAR = RecordKind(
    "bar",
    (
        *(Field.price(name) for name in ("open", "high", "low", "close")),
        Field.size("volume"),
        *_TICK_TIMES,
    ),
    "bar_type",
)
QUOTE = RecordKind(
    "quote",
    (
        *(Field.price(name) for name in ("bid_price", "ask_price")),
        *(Field.size(name) for name in ("bid_size", "ask_size")),
        *_TICK_TIMES,
    ),
)
TRADE = RecordKind(
    "trade",
    (
        Field.price("price"),
        Field.size("size"),
        Field.plain("aggressor_side", pa.uint8(), AggressorSide),
        Field.text("trade_id"),
        *_TICK_TIMES,
    ),
)
DELTA = RecordKind(
    "order book delta",
    (
        Field.plain("action", pa.uint8(), BookAction),
        Field.plain("side", pa.uint8(), OrderSide),
        Field.price("price", optional=True),
        Field.size("size", optional=True),
        Field.plain("order_id", pa.uint64()),
        Field.plain("flags", pa.uint8()),
        Field.plain("sequence", pa.uint64()),
        *_TICK_TIMES,
    ),
)
DEPTH_LEVELS = 10
DEPTH = RecordKind(
    "order book depth",
    (
        *(
            make(f"{name}_{level}")
            for make, name in (
                (partial(Field.price, optional=True), "bid_price"),
                (partial(Field.price, optional=True), "ask_price"),
                (partial(Field.size, optional=True), "bid_size"),
                (partial(Field.size, optional=True), "ask_size"),
                (partial(Field.plain, dtype=pa.uint32()), "bid_count"),
                (partial(Field.plain, dtype=pa.uint32()), "ask_count"),
            )
            for level in range(DEPTH_LEVELS)
        ),
        Field.plain("flags", pa.uint8()),
        Field.plain("sequence", pa.uint64()),
        *_TICK_TIMES,
    ),
    shown=("bid_size_0", "bid_price_0", "ask_price_0", "ask_size_0", "flags", "sequence"),
)
# Those a file is looked through for; others are told by who reads it.
KINDS: dict[str, RecordKind] = {kind.name: kind for kind in (BAR, QUOTE, TRADE, DELTA, DEPTH)}
