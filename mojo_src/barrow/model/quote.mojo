"""The best bid and offer at an instant."""

from barrow.fence import ColumnView
from barrow.fixed import format_fixed
from barrow.time import format_instant


@fieldwise_init
struct QuoteTick[price: DType, size: DType](
    Equatable, ImplicitlyCopyable, Movable, Writable
):
    """One quote as raw values.

    Parameters:
        price: The type of a raw price: `int64` (scale 9) or `int128` (scale 16).
        size: The type of a raw size: `uint64` or `uint128`.
    """

    var bid_price: Scalar[Self.price]
    """What buyers offer, raw."""
    var ask_price: Scalar[Self.price]
    """What sellers ask for, raw."""
    var bid_size: Scalar[Self.size]
    """How much is wanted at the bid, raw."""
    var ask_size: Scalar[Self.size]
    """How much is for sale at the ask, raw."""
    var ts_event: UInt64
    """When it happened, as the source stamped it: nanoseconds UTC."""
    var ts_init: UInt64
    """When it could be known: nanoseconds UTC."""

    def write_to(self, mut w: Some[Writer]):
        """Writes the quote as `bid_price ask_price bid_size ask_size ts_event`.

        Args:
            w: Where to write.
        """
        var text = String()
        for value in [self.bid_price, self.ask_price]:
            _ = format_fixed[Self.price](value, text)
            text += " "
        for value in [self.bid_size, self.ask_size]:
            _ = format_fixed[Self.size](value, text)
            text += " "
        format_instant(Int64(self.ts_event), text)
        w.write(text)


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

    def __getitem__(self, at: Int) -> QuoteTick[Self.price, Self.size]:
        """Returns one quote.

        Args:
            at: Its index, from 0 to the length exclusive.

        Returns:
            A copy of its values.
        """
        return QuoteTick[Self.price, Self.size](
            self.bid_price[at],
            self.ask_price[at],
            self.bid_size[at],
            self.ask_size[at],
            self.ts_event[at],
            self.ts_init[at],
        )
