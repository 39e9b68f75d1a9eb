"""Wranglers with the names and arguments of NautilusTrader's."""

from __future__ import annotations

from typing import Any, Unpack

from barrow.bars import (
    Bar,
    Bars,
    OrderBookDelta,
    OrderBookDeltas,
    OrderBookDepth10,
    OrderBookDepths,
    Quotes,
    QuoteTick,
    Trades,
    TradeTick,
)
from barrow.wranglers.base import DataWranglerV2, InstrumentWrangler, VolumeWranglerV2
from barrow.wranglers.inner import (
    BarDataWrangler,
    OrderBookDeltaDataWrangler,
    OrderBookDepth10DataWrangler,
    QuoteTickDataWrangler,
    TradeTickDataWrangler,
)
from barrow.wranglers.names import (
    DELTA_NAMES,
    DEPTH_NAMES,
    QUOTE_NAMES,
    TRADE_NAMES,
)
from barrow.wranglers.options import WranglerKeywords


class BarDataWranglerV2(VolumeWranglerV2[Bar, Bars]):
    """Turns frames, text and Arrow streams into bars.

    Columns of frames are `open`, `high`, `low`, `close`, `volume`, `ts_event` and
    `ts_init`; a volume that is not there is `default_volume`.

    Args:
        bar_type: The bar type.
        price_precision: Decimals of prices.
        size_precision: Decimals of volumes.
        **options: `WranglerOptions` says what there is: `encoding`, `rounding`,
            `invalid_raw`, `time_unit`.

    Raises:
        BarrowArgumentError: One of them is none.
    """

    inner = BarDataWrangler

    def __init__(
        self,
        bar_type: Any,
        price_precision: int,
        size_precision: int,
        **options: Unpack[WranglerKeywords],
    ) -> None:
        self._inner = self.inner(bar_type, price_precision, size_precision, **options)

    @property
    def bar_type(self) -> str:
        """The bar type as text."""
        return str(self._inner._meta.identity)


class QuoteTickDataWranglerV2(
    VolumeWranglerV2[QuoteTick, Quotes], InstrumentWrangler[QuoteTick, Quotes]
):
    """Turns frames, text and Arrow streams into quotes; arguments of `DataWranglerV2`.

    Columns of frames are `bid_price` (or `bid`), `ask_price` (`ask`), `bid_size`,
    `ask_size`, `ts_event` and `ts_init`; sizes that are not there are `default_volume`.
    """

    inner = QuoteTickDataWrangler
    names = QUOTE_NAMES


class TradeTickDataWranglerV2(DataWranglerV2[TradeTick, Trades]):
    """Turns frames, text and Arrow streams into trades; arguments of `DataWranglerV2`.

    Columns of frames are `price`, `size` (or `quantity`, `amount`), `aggressor_side` (or
    `side`: text or numbers; or `buyer_maker`: the seller crossed the spread where true),
    `trade_id`, `ts_event` and `ts_init`. A trade without a size is no trade, so there is
    no default.
    """

    inner = TradeTickDataWrangler
    names = TRADE_NAMES


class OrderBookDeltaDataWranglerV2(DataWranglerV2[OrderBookDelta, OrderBookDeltas]):
    """Turns frames and Arrow streams into changes of an order book.

    Columns of frames are `action` and `side` (text or numbers), `price`, `size` (or
    `quantity`, `amount`), `order_id`, `flags`, `sequence`, `ts_event` and `ts_init`;
    `order_id`, `flags` and `sequence` are 0 if they are not there. Where the action is
    CLEAR, price and size may be null or NaN and become 0, as NautilusTrader has it.
    """

    inner = OrderBookDeltaDataWrangler
    names = DELTA_NAMES


class OrderBookDepth10DataWranglerV2(DataWranglerV2[OrderBookDepth10, OrderBookDepths]):
    """Turns frames and Arrow streams into the ten best levels of an order book.

    Columns of frames are `bid_price_0` (or `bid_px_00`, `bids[0].price`) to
    `bid_price_9`, the same with `ask` and with `size` and `count`, `flags`, `sequence`,
    `ts_event` and `ts_init`. Levels from some number on may be missing, or null or NaN:
    they have price and size 0, as NautilusTrader has it. Counts that are not there are
    1, or 0 where there is no level; `flags` and `sequence` are 0.
    """

    inner = OrderBookDepth10DataWrangler
    names = DEPTH_NAMES
