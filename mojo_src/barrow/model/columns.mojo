"""Columns of bars, quotes and trades in memory of others: what the checks look at."""

from barrow.fence import ColumnView, TextColumnView


@fieldwise_init
struct BarColumns[price: DType, size: DType](ImplicitlyCopyable, Sized):
    """The columns of a batch of bars, borrowed; all of one length.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.
    """

    var open: ColumnView[Self.price]
    """Opening prices, raw."""
    var high: ColumnView[Self.price]
    """Highest prices, raw."""
    var low: ColumnView[Self.price]
    """Lowest prices, raw."""
    var close: ColumnView[Self.price]
    """Closing prices, raw."""
    var volume: ColumnView[Self.size]
    """Volumes, raw."""
    var ts_event: ColumnView[DType.uint64]
    """Nanoseconds UTC."""
    var ts_init: ColumnView[DType.uint64]
    """Nanoseconds UTC."""

    def __len__(self) -> Int:
        """Counts the bars.

        Returns:
            Their number.
        """
        return len(self.ts_event)


@fieldwise_init
struct QuoteColumns[price: DType, size: DType](ImplicitlyCopyable, Sized):
    """The columns of a batch of quotes, borrowed; all of one length.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw size.
    """

    var bid_price: ColumnView[Self.price]
    """What buyers offer, raw."""
    var ask_price: ColumnView[Self.price]
    """What sellers ask for, raw."""
    var bid_size: ColumnView[Self.size]
    """How much is wanted at the bid, raw."""
    var ask_size: ColumnView[Self.size]
    """How much is for sale at the ask, raw."""
    var ts_event: ColumnView[DType.uint64]
    """Nanoseconds UTC."""
    var ts_init: ColumnView[DType.uint64]
    """Nanoseconds UTC."""

    def __len__(self) -> Int:
        """Counts the quotes.

        Returns:
            Their number.
        """
        return len(self.ts_event)


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
