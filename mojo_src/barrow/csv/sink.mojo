"""Where rows are written."""

from barrow.csv.cells import RowValues
from barrow.fence import MutColumnView


struct BarSink[price: DType, size: DType](Copyable):
    """The columns rows are written to, in the order of the schema.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.
    """

    var prices: Array[MutColumnView[Self.price], 4]
    """Open, high, low, close."""
    var volume: MutColumnView[Self.size]
    """Volume."""
    var ts_event: MutColumnView[DType.uint64]
    """Nanoseconds UTC."""
    var ts_init: MutColumnView[DType.uint64]
    """Nanoseconds UTC."""
    var lines: MutColumnView[DType.uint64]
    """The line every row starts on; of length zero if nobody wants it."""

    def __init__(
        out self,
        var prices: Array[MutColumnView[Self.price], 4],
        volume: MutColumnView[Self.size],
        ts_event: MutColumnView[DType.uint64],
        ts_init: MutColumnView[DType.uint64],
        lines: MutColumnView[DType.uint64],
    ):
        """Takes the columns, all of one length except `lines`.

        Args:
            prices: Open, high, low, close.
            volume: Volume.
            ts_event: Nanoseconds UTC.
            ts_init: Nanoseconds UTC.
            lines: Line numbers; may have length zero.
        """
        self.prices = prices^
        self.volume = volume
        self.ts_event = ts_event
        self.ts_init = ts_init
        self.lines = lines

    @always_inline
    def store(self, at: Int, row: RowValues[Self.price, Self.size], line: Int):
        """Writes one row.

        Args:
            at: Its index.
            row: The values.
            line: The line it starts on.
        """
        comptime for i in range(4):
            self.prices[i].store(at, row.prices[i])
        self.volume.store(at, row.volume)
        self.ts_event.store(at, UInt64(row.ts_event))
        self.ts_init.store(at, UInt64(row.ts_init))
        if len(self.lines) > 0:
            self.lines.store(at, UInt64(line))
