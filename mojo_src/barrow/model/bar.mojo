"""Open, high, low, close and volume of one interval."""

from barrow.fence import ColumnView
from barrow.fixed import format_fixed
from barrow.time import format_instant


@fieldwise_init
struct Bar[price: DType, size: DType](
    Equatable, ImplicitlyCopyable, Movable, Writable
):
    """One bar as raw values.

    Parameters:
        price: The type of a raw price: `int64` (scale 9) or `int128` (scale 16).
        size: The type of a raw volume: `uint64` or `uint128`.
    """

    var open: Scalar[Self.price]
    """Opening price, raw."""
    var high: Scalar[Self.price]
    """Highest price, raw."""
    var low: Scalar[Self.price]
    """Lowest price, raw."""
    var close: Scalar[Self.price]
    """Closing price, raw."""
    var volume: Scalar[Self.size]
    """Volume, raw."""
    var ts_event: UInt64
    """When it happened, as the source stamped it: nanoseconds UTC."""
    var ts_init: UInt64
    """When the record was made: nanoseconds UTC."""

    def write_to(self, mut w: Some[Writer]):
        """Writes the bar as `open high low close volume ts_event`.

        Args:
            w: Where to write.
        """
        var text = String()
        for value in [self.open, self.high, self.low, self.close]:
            _ = format_fixed[Self.price](value, text)
            text += " "
        _ = format_fixed[Self.size](self.volume, text)
        text += " "
        format_instant(Int64(self.ts_event), text)
        w.write(text)


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

    def __getitem__(self, at: Int) -> Bar[Self.price, Self.size]:
        """Returns one bar.

        Args:
            at: Its index, from 0 to the length exclusive.

        Returns:
            A copy of its values.
        """
        return Bar[Self.price, Self.size](
            self.open[at],
            self.high[at],
            self.low[at],
            self.close[at],
            self.volume[at],
            self.ts_event[at],
            self.ts_init[at],
        )
