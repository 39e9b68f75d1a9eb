"""Records of order books: a change, and the best ten levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from barrow._arrow import DELTA, DEPTH, DEPTH_LEVELS, BookAction, OrderSide
from barrow.bars.items import Record
from barrow.bars.values import Price, Quantity
from barrow.errors import BarrowArgumentError, message

_ASK = DEPTH_LEVELS  # where prices of asks begin; of bids at 0
_NO_ORDER = {"side": "NO_ORDER_SIDE", "price": "0", "size": "0", "order_id": 0}


@dataclass(frozen=True, slots=True)
class BookOrder:
    """An order, or a level of prices, in a book.

    Attributes:
        side: Its side.
        price: Its price; may be undefined.
        size: Its size; may be undefined.
        order_id: What the venue calls it; 0 for a level.
    """

    side: OrderSide
    price: Price
    size: Quantity
    order_id: int = 0

    def to_dict(self) -> dict[str, Any]:
        """NautilusTrader's dictionary; None for what is undefined."""
        return {
            "type": "BookOrder",
            "side": self.side.name,
            "price": None if self.price.is_undefined else str(self.price),
            "size": None if self.size.is_undefined else str(self.size),
            "order_id": self.order_id,
        }

    def __str__(self) -> str:
        """NautilusTrader's form: values with commas."""
        return f"{self.side.name},{self.price},{self.size},{self.order_id}"

    def __repr__(self) -> str:
        return (
            f"BookOrder(side={self.side.name}, price={self.price}, size={self.size}, "
            f"order_id={self.order_id})"
        )


class OrderBookDelta(Record):
    """One change of an order book; `flags` are bits of `RecordFlag`."""

    __slots__ = ()
    kind = DELTA

    @property
    def action(self) -> BookAction:
        """What changes.

        Raises:
            BarrowCorruptError: The number is that of no action.
        """
        return BookAction(self._member(0))

    @property
    def side(self) -> OrderSide:
        """The side of the order.

        Raises:
            BarrowCorruptError: The number is that of no side.
        """
        return OrderSide(self._member(1))

    @property
    def price(self) -> Price:
        """The price of the order; of no meaning where all of the book is cleared."""
        return self._price(2)

    @property
    def size(self) -> Quantity:
        """The size of the order."""
        return self._size(3)

    @property
    def order_id(self) -> int:
        """What the venue calls the order; 0 where it does not."""
        return int(self.owner.cell(4, self.row))

    @property
    def order(self) -> BookOrder:
        """The order it is about."""
        return BookOrder(self.side, self.price, self.size, self.order_id)

    @property
    def flags(self) -> int:
        """Bits of `RecordFlag`."""
        return int(self.owner.cell(5, self.row))

    @property
    def sequence(self) -> int:
        """The number the venue gave the message; 0 where it gave none."""
        return int(self.owner.cell(6, self.row))

    @property
    def instrument_id(self) -> str | None:
        """The instrument id as text, or None where nobody said it."""
        return self.owner.meta.identity

    def to_dict(self) -> dict[str, Any]:
        """NautilusTrader's dictionary: the order in one of its own; None if undefined."""
        told = super().to_dict()
        order = {name: told[name] for name in _NO_ORDER}
        result: dict[str, Any] = {}
        for name, value in told.items():
            if name == "side":
                result["order"] = order
            elif name not in order:
                result[name] = value
        return result

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The change of a dictionary as `to_dict` gives it.

        Raises:
            What `Record.from_dict` raises.
        """
        return super().from_dict({**_part(values, "order", _NO_ORDER), **values})

    def __str__(self) -> str:
        """NautilusTrader's form: values and times with commas."""
        identity = self.owner.meta.identity or ""
        return ",".join([identity, *self.texts().values(), str(self.ts_event), str(self.ts_init)])

    def __repr__(self) -> str:
        told = self.texts()
        order = ", ".join(f"{name}={told[name]}" for name in _NO_ORDER)
        return (
            f"OrderBookDelta(instrument_id={self.instrument_id}, action={told['action']}, "
            f"order=BookOrder({order}), flags={self.flags}, sequence={self.sequence}, "
            f"ts_event={self.ts_event}, ts_init={self.ts_init})"
        )


class OrderBookDepth10(Record):
    """The best ten levels of an order book.

    Every column is there under its name too, such as `bid_price_0`. Where a book has
    fewer levels, the last ones have no size.
    """

    __slots__ = ()
    kind = DEPTH

    @property
    def bids(self) -> tuple[BookOrder, ...]:
        """Ten levels of what buyers offer, best first."""
        return self._levels(OrderSide.BUY, 0)

    @property
    def asks(self) -> tuple[BookOrder, ...]:
        """Ten levels of what sellers ask for, best first."""
        return self._levels(OrderSide.SELL, _ASK)

    def _levels(self, side: OrderSide, begin: int) -> tuple[BookOrder, ...]:
        sizes = begin + 2 * DEPTH_LEVELS
        return tuple(
            BookOrder(side, self._price(begin + level), self._size(sizes + level))
            for level in range(DEPTH_LEVELS)
        )

    @property
    def bid_counts(self) -> tuple[int, ...]:
        """How many orders every level of bids has."""
        return self._counts(4 * DEPTH_LEVELS)

    @property
    def ask_counts(self) -> tuple[int, ...]:
        """How many orders every level of asks has."""
        return self._counts(5 * DEPTH_LEVELS)

    def _counts(self, begin: int) -> tuple[int, ...]:
        return tuple(self.owner.cell(begin + i, self.row) for i in range(DEPTH_LEVELS))

    @property
    def flags(self) -> int:
        """Bits of `RecordFlag`."""
        return int(self.owner.cell(6 * DEPTH_LEVELS, self.row))

    @property
    def sequence(self) -> int:
        """The number the venue gave the message; 0 where it gave none."""
        return int(self.owner.cell(6 * DEPTH_LEVELS + 1, self.row))

    @property
    def instrument_id(self) -> str | None:
        """The instrument id as text, or None where nobody said it."""
        return self.owner.meta.identity

    def to_dict(self) -> dict[str, Any]:
        """NautilusTrader's dictionary: lists of levels and counts; None if undefined."""
        return {
            "type": "OrderBookDepth10",
            "instrument_id": self.instrument_id,
            "bids": [order.to_dict() for order in self.bids],
            "asks": [order.to_dict() for order in self.asks],
            "bid_counts": list(self.bid_counts),
            "ask_counts": list(self.ask_counts),
            "flags": self.flags,
            "sequence": self.sequence,
            "ts_event": self.ts_event,
            "ts_init": self.ts_init,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The levels of a dictionary as `to_dict` gives it; up to ten on a side.

        Raises:
            What `Record.from_dict` raises.
        """
        flat = dict(values)
        for side in ("bid", "ask"):
            levels, counts = flat.pop(f"{side}s", None), flat.pop(f"{side}_counts", None)
            for name, given in ((f"{side}s", levels), (f"{side}_counts", counts)):
                if not isinstance(given, (list, tuple)) or len(given) > DEPTH_LEVELS:
                    raise BarrowArgumentError(
                        message(cls.__name__, f"{name}: expected a list of up to {DEPTH_LEVELS}")
                    )
            for at in range(DEPTH_LEVELS):
                order = levels[at] if at < len(levels) else _NO_ORDER
                order = _part({"level": order}, "level", ("price", "size"))
                flat[f"{side}_price_{at}"] = order["price"]
                flat[f"{side}_size_{at}"] = order["size"]
                flat[f"{side}_count_{at}"] = counts[at] if at < len(counts) else 0
        return super().from_dict(flat)

    def __str__(self) -> str:
        """NautilusTrader's form: what is not about levels."""
        return (
            f"{self.instrument_id or ''},flags={self.flags},sequence={self.sequence},"
            f"ts_event={self.ts_event},ts_init={self.ts_init}"
        )

    def __repr__(self) -> str:
        return (
            f"OrderBookDepth10(instrument_id={self.instrument_id}, bids={list(self.bids)}, "
            f"asks={list(self.asks)}, bid_counts={list(self.bid_counts)}, "
            f"ask_counts={list(self.ask_counts)}, flags={self.flags}, "
            f"sequence={self.sequence}, ts_event={self.ts_event}, ts_init={self.ts_init})"
        )


def _part(values: dict[str, Any], name: str, keys: Any) -> dict[str, Any]:
    """A dictionary within one.

    Raises:
        BarrowArgumentError: There is none, or it lacks a key.
    """
    part = values.get(name)
    if not isinstance(part, dict) or any(key not in part for key in keys):
        raise BarrowArgumentError(
            message(name, f"expected a dictionary with {', '.join(keys)}, found {part!r}")
        )
    return {key: part[key] for key in keys}
