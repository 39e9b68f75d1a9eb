"""The best bid and offer at an instant."""

from barrow.model.encoding import Encoding
from barrow.model.record import Record, write_record
from barrow.model.subject import Subject
from barrow.model.values import Price, Quantity, UnixNanos


@fieldwise_init
struct QuoteTick[encoding: Encoding](Equatable, Record, Writable):
    """One quote.

    Parameters:
        encoding: How its values are stored.
    """

    var of: Subject[Self.encoding]
    """The instrument and the precisions."""
    var bid_price: Price[Self.encoding]
    """What buyers offer."""
    var ask_price: Price[Self.encoding]
    """What sellers ask for."""
    var bid_size: Quantity[Self.encoding]
    """How much is wanted at the bid."""
    var ask_size: Quantity[Self.encoding]
    """How much is for sale at the ask."""
    var ts_event: UnixNanos[Self.encoding]
    """When it happened, as the source stamped it."""
    var ts_init: UnixNanos[Self.encoding]
    """When it could be known."""

    def write_to(self, mut writer: Some[Writer]):
        """Writes the quote as NautilusTrader does, without `ts_init`.

        Args:
            writer: Where to write.
        """
        write_record[without="ts_init"](self, writer)
