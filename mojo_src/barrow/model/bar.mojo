"""Open, high, low, close and volume of one interval."""

from barrow.model.encoding import Encoding
from barrow.model.record import Record, write_record
from barrow.model.subject import Subject
from barrow.model.values import Price, Quantity, UnixNanos


@fieldwise_init
struct Bar[encoding: Encoding](Equatable, Record, Writable):
    """One bar.

    Parameters:
        encoding: How its values are stored.
    """

    var of: Subject[Self.encoding, "bar_type"]
    """The bar type and the precisions."""
    var open: Price[Self.encoding]
    """Opening price."""
    var high: Price[Self.encoding]
    """Highest price."""
    var low: Price[Self.encoding]
    """Lowest price."""
    var close: Price[Self.encoding]
    """Closing price."""
    var volume: Quantity[Self.encoding]
    """Volume."""
    var ts_event: UnixNanos[Self.encoding]
    """When it happened, as the source stamped it."""
    var ts_init: UnixNanos[Self.encoding]
    """When the record was made."""

    def write_to(self, mut writer: Some[Writer]):
        """Writes the bar as NautilusTrader does, without `ts_init`.

        Args:
            writer: Where to write.
        """
        write_record[without="ts_init"](self, writer)
