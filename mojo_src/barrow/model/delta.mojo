"""Changes of an order book."""

from barrow.arrow import ColumnValue, Stored
from barrow.model.encoding import Encoding
from barrow.model.record import Record, write_record
from barrow.model.subject import Subject
from barrow.model.values import Price, Quantity, UnixNanos, write_code


@fieldwise_init
struct BookAction(ColumnValue, Equatable, TrivialRegisterPassable):
    """What happens to an order of a book; NautilusTrader's numbers."""

    comptime stored = Stored.between("C", DType.uint8, 1, 4)
    """How it is stored."""

    var code: UInt8
    """See the constants."""

    comptime ADD = Self(1)
    """An order comes in."""
    comptime UPDATE = Self(2)
    """An order changes."""
    comptime DELETE = Self(3)
    """An order goes."""
    comptime CLEAR = Self(4)
    """All orders go."""

    def write_value(self, mut writer: Some[Writer], decimals: Int):
        """Writes the name, such as `ADD`.

        Args:
            writer: Where to write.
            decimals: Not looked at.
        """
        write_code["", "ADD", "UPDATE", "DELETE", "CLEAR"](self.code, writer)


@fieldwise_init
struct OrderSide(ColumnValue, Equatable, TrivialRegisterPassable):
    """The side of an order; NautilusTrader's numbers."""

    comptime stored = Stored.between("C", DType.uint8, 0, 2)
    """How it is stored."""

    var code: UInt8
    """See the constants."""

    comptime NO_ORDER_SIDE = Self(0)
    """None, as where a book is cleared."""
    comptime BUY = Self(1)
    """A bid."""
    comptime SELL = Self(2)
    """An offer."""

    def write_value(self, mut writer: Some[Writer], decimals: Int):
        """Writes the name, such as `BUY`.

        Args:
            writer: Where to write.
            decimals: Not looked at.
        """
        write_code["NO_ORDER_SIDE", "BUY", "SELL"](self.code, writer)


struct RecordFlag:
    """Bits of `flags`; NautilusTrader's numbers."""

    comptime F_LAST = UInt8(128)
    """The last change of an event."""
    comptime F_TOB = UInt8(64)
    """Top of the book only."""
    comptime F_SNAPSHOT = UInt8(32)
    """From a snapshot, such as of a replay."""
    comptime F_MBP = UInt8(16)
    """Aggregated by price."""


@fieldwise_init
struct OrderBookDelta[encoding: Encoding](Equatable, Record, Writable):
    """One change of an order book.

    Parameters:
        encoding: How its values are stored.
    """

    var of: Subject[Self.encoding]
    """The instrument and the precisions."""
    var action: BookAction
    """What happens."""
    var side: OrderSide
    """The side of the order."""
    var price: Price[Self.encoding, optional=True]
    """The price of the order."""
    var size: Quantity[Self.encoding, optional=True]
    """The size of the order."""
    var order_id: UInt64
    """The order; 0 where a venue has none."""
    var flags: UInt8
    """Bits of `RecordFlag`."""
    var sequence: UInt64
    """The number the venue gave the message."""
    var ts_event: UnixNanos[Self.encoding]
    """When it happened, as the source stamped it."""
    var ts_init: UnixNanos[Self.encoding]
    """When it could be known."""

    def write_to(self, mut writer: Some[Writer]):
        """Writes the change: the instrument and every column.

        Args:
            writer: Where to write.
        """
        write_record(self, writer)
