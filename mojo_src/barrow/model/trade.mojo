"""Trades, and who started them."""

from barrow.fence import ColumnView, TextColumnView
from barrow.fixed import format_fixed
from barrow.time import format_instant


@fieldwise_init
struct AggressorSide(Equatable, TrivialRegisterPassable):
    """Who crossed the spread to make a trade; NautilusTrader's numbers."""

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


@fieldwise_init
struct TradeTick[price: DType, size: DType](
    Copyable, Equatable, Movable, Writable
):
    """One trade as raw values.

    Parameters:
        price: The type of a raw price: `int64` (scale 9) or `int128` (scale 16).
        size: The type of a raw size: `uint64` or `uint128`.
    """

    var price_paid: Scalar[Self.price]
    """The price, raw."""
    var size_traded: Scalar[Self.size]
    """How much was traded, raw."""
    var aggressor_side: AggressorSide
    """Who crossed the spread."""
    var trade_id: String
    """What the venue calls the trade."""
    var ts_event: UInt64
    """When it happened, as the source stamped it: nanoseconds UTC."""
    var ts_init: UInt64
    """When it could be known: nanoseconds UTC."""

    def write_to(self, mut w: Some[Writer]):
        """Writes the trade as `price size aggressor_side trade_id ts_event`.

        Args:
            w: Where to write.
        """
        var text = String()
        _ = format_fixed[Self.price](self.price_paid, text)
        text += " "
        _ = format_fixed[Self.size](self.size_traded, text)
        text += String(" ", self.aggressor_side.code, " ", self.trade_id, " ")
        format_instant(Int64(self.ts_event), text)
        w.write(text)


@fieldwise_init
struct TradeColumns[price: DType, size: DType](ImplicitlyCopyable, Sized):
    """The columns of a batch of trades, borrowed; all of one length.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw size.
    """

    var price_paid: ColumnView[Self.price]
    """Prices, raw."""
    var size_traded: ColumnView[Self.size]
    """Sizes, raw."""
    var aggressor_side: ColumnView[DType.uint8]
    """Codes of `AggressorSide`."""
    var trade_id: TextColumnView
    """What the venue calls each trade."""
    var ts_event: ColumnView[DType.uint64]
    """Nanoseconds UTC."""
    var ts_init: ColumnView[DType.uint64]
    """Nanoseconds UTC."""

    def __len__(self) -> Int:
        """Counts the trades.

        Returns:
            Their number.
        """
        return len(self.ts_event)

    def __getitem__(self, at: Int) -> TradeTick[Self.price, Self.size]:
        """Returns one trade.

        Args:
            at: Its index, from 0 to the length exclusive.

        Returns:
            A copy of its values.
        """
        return TradeTick[Self.price, Self.size](
            self.price_paid[at],
            self.size_traded[at],
            AggressorSide(self.aggressor_side[at]),
            self.trade_id[at].text(),
            self.ts_event[at],
            self.ts_init[at],
        )
