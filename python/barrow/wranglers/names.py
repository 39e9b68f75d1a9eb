"""What frames of others call the columns of records, and leave out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np

from barrow._arrow import DEPTH_LEVELS, AggressorSide, BookAction, OrderSide
from barrow.errors import BarrowParseError, BarrowSchemaError, message

Array = np.ndarray[Any, Any]
BUYER_MAKER = "buyer_maker"
# Who was there first does not cross the spread: flags, and the other way round.
FLAGS = (BUYER_MAKER, "is_buyer_maker")


@dataclass(frozen=True)
class Words:
    """What texts in a column of numbers mean.

    Attributes:
        noun: What one of the numbers is called.
        example: Texts that are understood, for errors.
        texts: By number, the texts in lower case. Names of the members always are.
    """

    noun: str
    example: str
    texts: Mapping[int, tuple[str, ...]]

    def codes(self, enum: type[IntEnum]) -> dict[str, int]:
        """The number of every text."""
        named = {member.name.lower(): int(member) for member in enum}
        return named | {text: int(n) for n, texts in self.texts.items() for text in texts}


# As the CSV reader has it: `ask` and `a` are a trade that hit the bid.
_AGGRESSORS = Words(
    "side",
    "buy or sell",
    {
        AggressorSide.BUYER: ("buy", "b", "bid"),
        AggressorSide.SELLER: ("sell", "s", "ask", "a"),
        AggressorSide.NO_AGGRESSOR: ("none", "n", "unknown", "undefined", ""),
    },
)
_SIDES = Words(
    "side",
    "buy or sell",
    {
        OrderSide.BUY: ("b", "bid", "bids", "buyer"),
        OrderSide.SELL: ("s", "ask", "asks", "a", "seller", "offer"),
        OrderSide.NO_ORDER_SIDE: ("none", "n", "unknown", "undefined", ""),
    },
)
# One letter is as Databento has it, where `c` is an order that is canceled.
_ACTIONS = Words(
    "action",
    "add, update, delete or clear",
    {
        BookAction.ADD: ("a", "insert", "new"),
        BookAction.UPDATE: ("m", "modify", "change", "u"),
        BookAction.DELETE: ("c", "cancel", "remove", "d"),
        BookAction.CLEAR: ("r", "reset"),
    },
)
_USUAL: dict[type[IntEnum], Words] = {
    AggressorSide: _AGGRESSORS,
    OrderSide: _SIDES,
    BookAction: _ACTIONS,
}


@dataclass(frozen=True)
class Names:
    """What a frame may call columns, and which of them it may leave out.

    Attributes:
        aliases: By column, other names it goes by, those of times besides the usual
            ones. A column under its own name comes first.
        words: By column, what texts in it mean, besides the names of its numbers.
        defaults: Columns of integers that may be missing, with what they are then.
    """

    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)
    defaults: Mapping[str, int] = field(default_factory=dict)

    def others(self, name: str) -> tuple[str, ...]:
        """Other names of a column."""
        return self.aliases.get(name, ()) + _TIMES.get(name, ())

    def words_of(self, name: str, enum: type[IntEnum]) -> Words:
        """What texts in a column mean."""
        members = " or ".join(member.name.lower() for member in enum)
        return self.words.get(name) or _USUAL.get(enum) or Words(name, members, {})

    @property
    def optional(self) -> tuple[str, ...]:
        """Columns that may be missing."""
        return tuple(self.defaults)

    def default(self, name: str, there: Collection[str]) -> int:
        """What a missing column of integers holds.

        Args:
            name: The column.
            there: The columns of the frame.
        """
        return self.defaults[name]

    def check_columns(self, there: Collection[str]) -> None:
        """Refuses frames that leave out parts of a whole.

        Raises:
            BarrowSchemaError: This one does.
        """

    def check_gaps(
        self, gaps: Mapping[str, Array], raw: Mapping[str, Array], first_row: int
    ) -> None:
        """Refuses gaps that mean nothing.

        Args:
            gaps: By column of values, the rows where a frame has none.
            raw: By column, what it was made: bytes of values, rows by width, and
                integers.
            first_row: The number of the first row.

        Raises:
            BarrowParseError: A gap is refused.
        """


_TIMES = {"ts_event": ("timestamp", "datetime", "date", "time"), "ts_init": ("ts_recv",)}
QUOTE_NAMES = Names(
    {
        "bid_price": ("bid",),
        "ask_price": ("ask",),
        "bid_size": ("bid_quantity", "bid_amount"),
        "ask_size": ("ask_quantity", "ask_amount"),
    }
)
TRADE_NAMES = Names(
    {
        "size": ("quantity", "amount"),
        "aggressor_side": ("side", *FLAGS),
        "trade_id": ("id",),
    }
)


class _DeltaNames(Names):
    def check_gaps(
        self, gaps: Mapping[str, Array], raw: Mapping[str, Array], first_row: int
    ) -> None:
        """Only where all of a book is cleared there is no order."""
        for name, gap in gaps.items():
            bad = gap & (raw["action"] != BookAction.CLEAR)
            if bad.any():
                raise _gap(name, first_row + int(bad.argmax()), "unless the action is CLEAR")


class _DepthNames(Names):
    @property
    def optional(self) -> tuple[str, ...]:
        """All but the best level of each side may be missing, and what is no level."""
        levels = range(1, DEPTH_LEVELS)
        values = (
            f"{side}_{of}_{at}" for of in ("price", "size") for at in levels for side in _BOTH
        )
        return (*super().optional, *values)

    def default(self, name: str, there: Collection[str]) -> int:
        """The count of a level that is not there is 0."""
        side, _, level = name.partition("_count_")
        return 0 if level and f"{side}_size_{level}" not in there else super().default(name, there)

    def check_columns(self, there: Collection[str]) -> None:
        """Levels end somewhere, and have prices and sizes."""
        for side in _BOTH:
            found = [
                [f"{side}_{of}_{at}" in there for at in range(DEPTH_LEVELS)]
                for of in ("price", "size")
            ]
            if found[0] != found[1] or found[0] != sorted(found[0], reverse=True):
                raise BarrowSchemaError(
                    message(
                        "frame",
                        f"levels of {side}s are incomplete: expected {side}_price_ and "
                        f"{side}_size_ from 0 up to some level",
                    )
                )

    def check_gaps(
        self, gaps: Mapping[str, Array], raw: Mapping[str, Array], first_row: int
    ) -> None:
        """A level without a price has no size."""
        for name, gap in gaps.items():
            side, _, level = name.partition("_price_")
            if level:
                bad = gap & raw[f"{side}_size_{level}"].any(axis=1)
                if bad.any():
                    raise _gap(name, first_row + int(bad.argmax()), "since there is a size")


_BOTH = ("bid", "ask")
DELTA_NAMES = _DeltaNames(
    {"size": ("quantity", "amount"), "side": ("aggressor_side", "order_side")},
    defaults={"order_id": 0, "flags": 0, "sequence": 0},
)
DEPTH_NAMES = _DepthNames(
    {
        f"{side}_{ours}_{at}": (f"{side}_{theirs}_{at:02}", f"{side}s[{at}].{tardis}")
        for ours, theirs, tardis in (
            ("price", "px", "price"), ("size", "sz", "amount"), ("count", "ct", "count"),
        )
        for side in _BOTH
        for at in range(DEPTH_LEVELS)
    },
    defaults={
        # As NautilusTrader has it: a level nobody counted the orders of has one.
        **{f"{side}_count_{at}": 1 for side in _BOTH for at in range(DEPTH_LEVELS)},
        "flags": 0,
        "sequence": 0,
    },
)  # fmt: skip


def _gap(name: str, row: int, when: str) -> BarrowParseError:
    return BarrowParseError(
        message(
            f'row {row} column "{name}"',
            f"holds a null or NaN, expected a value {when}",
        ),
        reason="empty",
    )
