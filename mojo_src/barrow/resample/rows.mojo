"""The rows that are folded, and the place for those that come out."""

from barrow.fence import ColumnView, MutColumnView


comptime SMALL_VOLUME = UInt64(1) << 51
"""Volumes below it are summed in 64 bits: 8,192 of them do not overflow."""


@fieldwise_init
struct Ways(ImplicitlyCopyable):
    """What holds for some rows, so that they can be added the quick way."""

    var small: Bool
    """Whether every volume is below `SMALL_VOLUME`."""
    var rising: Bool
    """Whether `ts_init` never falls from one row to the next."""
    var prompt: Bool
    """Whether `ts_init` is `ts_event`, so that no bar is known later than it ends."""


@fieldwise_init
struct Rows[price: DType, size: DType](ImplicitlyCopyable, Sized):
    """Columns of rows to fold, borrowed; all of one length.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.
    """

    var open: ColumnView[Self.price]
    """Opening prices, raw; of ticks, the price."""
    var high: ColumnView[Self.price]
    """Highest prices, raw; of ticks, the price."""
    var low: ColumnView[Self.price]
    """Lowest prices, raw; of ticks, the price."""
    var close: ColumnView[Self.price]
    """Closing prices, raw; of ticks, the price."""
    var volume: ColumnView[Self.size]
    """Volumes, raw."""
    var ts_event: ColumnView[DType.int64]
    """Nanoseconds UTC; of bars of a finer level, where their intervals start."""
    var ts_init: ColumnView[DType.uint64]
    """Nanoseconds UTC."""
    var count: ColumnView[DType.int64]
    """How many rows of the input each one is made of; not read of the input itself."""

    def __len__(self) -> Int:
        """Counts the rows.

        Returns:
            Their number.
        """
        return len(self.ts_event)


@fieldwise_init
struct Sink[price: DType, size: DType](ImplicitlyCopyable, Sized):
    """Columns that finished bars are appended to, borrowed; all of one length.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.
    """

    var open: MutColumnView[Self.price]
    """Opening prices, raw."""
    var high: MutColumnView[Self.price]
    """Highest prices, raw."""
    var low: MutColumnView[Self.price]
    """Lowest prices, raw."""
    var close: MutColumnView[Self.price]
    """Closing prices, raw."""
    var volume: MutColumnView[Self.size]
    """Volumes, raw."""
    var ts_event: MutColumnView[DType.int64]
    """Where the intervals start: nanoseconds UTC."""
    var ts_init: MutColumnView[DType.uint64]
    """When the bars could be known: nanoseconds UTC."""
    var count: MutColumnView[DType.int64]
    """How many rows of the input each bar is made of."""
    var filled: Int
    """How many bars there are."""

    def __len__(self) -> Int:
        """Counts the bars there is room for.

        Returns:
            Their number.
        """
        return len(self.ts_event)

    def rows(self) -> Rows[Self.price, Self.size]:
        """Shows what was appended, as rows to fold.

        Returns:
            As many rows as there is room for; only the first `filled` mean something.
        """
        return Rows[Self.price, Self.size](
            self.open.written(),
            self.high.written(),
            self.low.written(),
            self.close.written(),
            self.volume.written(),
            self.ts_event.written(),
            self.ts_init.written(),
            self.count.written(),
        )
