"""What ends an information bar: how much, counted how."""

from barrow.fence import ColumnView

from barrow.resample.rows import Rows

comptime Amount = Scalar[DType.int256]
"""An amount that every product of a price and a size fits into."""

comptime TICK = 0
"""Every row counts one."""
comptime VOLUME = 1
"""A row counts its size, raw."""
comptime VALUE = 2
"""A row counts its raw price times its raw size."""
comptime RENKO = 3
"""Bars end when the price has gone so far, whatever was traded."""

comptime PLAIN = 0
"""Amounts are added up."""
comptime IMBALANCE = 1
"""Those of sellers are subtracted from those of buyers."""
comptime RUNS = 2
"""Those of one side are added up; those of the other begin anew."""
comptime EXPECTED_IMBALANCE = 3
"""As `IMBALANCE`, against what bars before let expect; rows are not cut."""
comptime EXPECTED_RUNS = 4
"""The larger side's sum, against what bars before let expect; rows are not cut."""

comptime REPORTED = 0
"""The side that a trade reports; none where it does not."""
comptime REPORTED_OR_TICK_RULE = 1
"""The side that a trade reports, else by the tick rule."""
comptime TICK_RULE = 2
"""By the tick rule: the way the price went last."""

comptime TICK_SHIFT = 32
"""What a row counts is shifted so far where the mean of several is taken."""


@fieldwise_init
struct Threshold(ImplicitlyCopyable):
    """What ends a bar, and what becomes of rows that are more than it needs."""

    var measure: Int
    """`TICK`, `VOLUME`, `VALUE` or `RENKO`."""
    var rule: Int
    """`PLAIN`, `IMBALANCE`, `RUNS`, `EXPECTED_IMBALANCE` or `EXPECTED_RUNS`."""
    var step: Amount
    """The amount that ends a bar, more than 0; for the expected ones, the rows of the
    first bar."""
    var unit: Amount
    """What parts of a size are multiples of: one in the last decimal of sizes, raw."""
    var sides: Int
    """`REPORTED`, `REPORTED_OR_TICK_RULE` or `TICK_RULE`."""
    var typical: Bool
    """Whether a row's value is its size times high plus low plus close."""
    var nautilus: Bool
    """Whether rows before a change of sides are dropped, and every brick has all volume.
    """
    var span: Int
    """How many bars what is expected looks back at: weights are 2 / (span + 1)."""
    var least: Int
    """The fewest rows that a bar is expected to have."""
    var most: Int
    """The most rows that a bar is expected to have."""


struct Signs[price: DType](ImplicitlyCopyable):
    """Which side rows are of: the tick rule's memory.

    Parameters:
        price: The type of a raw price.
    """

    var seen: Bool
    """Whether there was a row."""
    var last: Scalar[Self.price]
    """Its price."""
    var sign: Int
    """Its side."""

    def __init__(out self):
        """Starts before the first row."""
        self.seen = False
        self.last = 0
        self.sign = 0

    @always_inline
    def next(mut self, way: Int, side: UInt8, paid: Scalar[Self.price]) -> Int:
        """Tells the side of the next row; the same again if asked twice.

        Args:
            way: `REPORTED`, `REPORTED_OR_TICK_RULE` or `TICK_RULE`.
            side: What is reported: 1 for a buyer, 2 for a seller.
            paid: Its price.

        Returns:
            1 for a buyer, -1 for a seller, 0 if nobody knows.
        """
        var reported = Int(side == 1) - Int(side == 2)
        if way == REPORTED:
            return reported
        if way == TICK_RULE or reported == 0:
            reported = self.sign
            if self.seen and paid != self.last:
                reported = 1 if paid > self.last else -1
        self.seen = True
        self.last = paid
        self.sign = reported
        return reported


@always_inline
def amount_of[
    price: DType, size: DType, //, measure: Int, wide: DType
](rows: Rows[price, size], at: Int, typical: Bool) -> Scalar[wide]:
    """Tells how much a row counts.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw size.
        measure: `TICK`, `VOLUME` or `VALUE`.
        wide: An unsigned type that holds it.

    Args:
        rows: The rows.
        at: Which one.
        typical: Whether its value is that of high plus low plus close.

    Returns:
        1, its size, or the product of the magnitude of its price and its size.
    """
    comptime if measure == TICK:
        return 1
    elif measure == VOLUME:
        return rows.volume[at].cast[wide]()
    else:
        return price_of[wide](rows, at, typical) * rows.volume[at].cast[wide]()


@always_inline
def price_of[
    price: DType, size: DType, //, wide: DType
](rows: Rows[price, size], at: Int, typical: Bool) -> Scalar[wide]:
    """Tells the price that a row's value is made with.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw size.
        wide: An unsigned type that holds it.

    Args:
        rows: The rows.
        at: Which one.
        typical: Whether it is high plus low plus close, and not close.

    Returns:
        Its magnitude.
    """
    # A typical price has its type for itself only: see `Sampler`.
    comptime if price == DType.int64 and wide == DType.uint128:
        var close = rows.close[at]
        return (
            (close if close >= 0 else -close).cast[DType.uint64]().cast[wide]()
        )
    else:
        var sum = rows.close[at].cast[DType.int128]()
        if typical:
            sum += rows.high[at].cast[DType.int128]()
            sum += rows.low[at].cast[DType.int128]()
        return (sum if sum >= 0 else -sum).cast[DType.uint128]().cast[wide]()
