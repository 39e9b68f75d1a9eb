"""The ten best levels of an order book."""

from barrow.model.encoding import Encoding
from barrow.model.record import Record, write_record
from barrow.model.subject import Subject
from barrow.model.values import Levels, Price, Quantity, UnixNanos


@fieldwise_init
struct OrderBookDepth10[encoding: Encoding](Equatable, Record, Writable):
    """An order book at an instant, the best level first; levels that are not there have
    a size and a count of 0.

    Parameters:
        encoding: How its values are stored.
    """

    var of: Subject[Self.encoding]
    """The instrument and the precisions."""
    var bid_price: Levels[Price[Self.encoding, optional=True]]
    """Prices of bids."""
    var ask_price: Levels[Price[Self.encoding, optional=True]]
    """Prices of offers."""
    var bid_size: Levels[Quantity[Self.encoding, optional=True]]
    """Sizes of bids."""
    var ask_size: Levels[Quantity[Self.encoding, optional=True]]
    """Sizes of offers."""
    var bid_count: Levels[UInt32]
    """Numbers of orders that bid."""
    var ask_count: Levels[UInt32]
    """Numbers of orders that offer."""
    var flags: UInt8
    """Bits of `RecordFlag`."""
    var sequence: UInt64
    """The number the venue gave the message."""
    var ts_event: UnixNanos[Self.encoding]
    """When it happened, as the source stamped it."""
    var ts_init: UnixNanos[Self.encoding]
    """When it could be known."""

    def write_to(self, mut writer: Some[Writer]):
        """Writes the book: the instrument and every column.

        Args:
            writer: Where to write.
        """
        write_record(self, writer)
