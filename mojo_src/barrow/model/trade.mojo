"""Trades, and who started them."""

from barrow.arrow import ColumnValue, Stored
from barrow.model.encoding import Encoding
from barrow.model.record import Record, write_record
from barrow.model.subject import Subject
from barrow.model.values import Price, Quantity, UnixNanos, write_code


@fieldwise_init
struct AggressorSide(ColumnValue, Equatable, TrivialRegisterPassable):
    """Who crossed the spread to make a trade; NautilusTrader's numbers."""

    comptime stored = Stored.between("C", DType.uint8, 0, 2)
    """How it is stored."""

    var code: UInt8
    """See the constants."""

    comptime NO_AGGRESSOR = Self(0)
    """Nobody, or nobody said it."""
    comptime BUYER = Self(1)
    """A buyer took what was for sale."""
    comptime SELLER = Self(2)
    """A seller took what was wanted."""

    comptime COUNT = 3
    """How many sides there are."""

    def write_value(self, mut writer: Some[Writer], decimals: Int):
        """Writes the name, such as `BUYER`.

        Args:
            writer: Where to write.
            decimals: Not looked at.
        """
        write_code["NO_AGGRESSOR", "BUYER", "SELLER"](self.code, writer)


@fieldwise_init
struct TradeTick[encoding: Encoding](Equatable, Record, Writable):
    """One trade.

    Parameters:
        encoding: How its values are stored.
    """

    var of: Subject[Self.encoding]
    """The instrument and the precisions."""
    var price: Price[Self.encoding]
    """The price."""
    var size: Quantity[Self.encoding]
    """How much was traded."""
    var aggressor_side: AggressorSide
    """Who crossed the spread."""
    var trade_id: String
    """What the venue calls the trade."""
    var ts_event: UnixNanos[Self.encoding]
    """When it happened, as the source stamped it."""
    var ts_init: UnixNanos[Self.encoding]
    """When it could be known."""

    def write_to(self, mut writer: Some[Writer]):
        """Writes the trade as NautilusTrader does, without `ts_init`.

        Args:
            writer: Where to write.
        """
        write_record[without="ts_init"](self, writer)
