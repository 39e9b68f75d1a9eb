"""What information bars are expected to be like, learned from those before."""

from barrow.resample.threshold import (
    Amount,
    EXPECTED_IMBALANCE,
    TICK_SHIFT,
    Threshold,
)

comptime _ROWS_SHIFT = 10
comptime _FARTHEST = Amount(1) << 250
comptime _LARGEST = Amount(1) << 196


struct Expected(ImplicitlyCopyable):
    """Exponentially weighted means over bars, as integers.

    `E[T]` is the mean number of rows, in 1024ths. `v+` and `v-`, what buyers and sellers
    count per row, are means over bars of sums divided by rows. In the words of López de
    Prado, Advances in Financial Machine Learning (2018), 2.3.2: imbalance bars end at
    `E[T] |v+ - v-|`, runs bars at `E[T] max(v+, v-)`, where `v+ = P[b=1] E[v|b=1]`.
    Division rounds down.
    """

    var bars: Int
    """How many bars were looked at, at most 1: before the first one nothing is expected."""
    var rows: Amount
    """`E[T]` in 1024ths."""
    var bought: Amount
    """`v+`, raw; of ticks, in 2^-32."""
    var sold: Amount
    """`v-`, as `bought`."""

    def __init__(out self):
        """Starts before the first bar."""
        self.bars = 0
        self.rows = 0
        self.bought = 0
        self.sold = 0

    def learn(
        mut self,
        threshold: Threshold,
        rows: Int64,
        bought: Amount,
        sold: Amount,
    ):
        """Looks at a bar.

        Args:
            threshold: How far back is looked, and what may be expected.
            rows: How many rows it has, more than 0.
            bought: The sum of buyers.
            sold: The sum of sellers.
        """
        var count = Amount(Int(rows))
        var length = count << _ROWS_SHIFT
        var buyers = bought // count
        var sellers = sold // count
        if self.bars == 0:
            self.bars = 1
            self.rows = length
            self.bought = buyers
            self.sold = sellers
        else:
            self.rows = _nearer(self.rows, length, threshold.span)
            self.bought = _nearer(self.bought, buyers, threshold.span)
            self.sold = _nearer(self.sold, sellers, threshold.span)
        var least = Amount(threshold.least) << _ROWS_SHIFT
        var most = Amount(threshold.most) << _ROWS_SHIFT
        self.rows = min(max(self.rows, least), most)

    def step(self, threshold: Threshold) -> Amount:
        """Tells what is expected to be reached.

        Args:
            threshold: Which rule it is.

        Returns:
            The amount that ends the next bar, at least 1; more than any if there was no
            bar yet.
        """
        if self.bars == 0:
            return _FARTHEST
        var each = max(self.bought, self.sold)
        if threshold.rule == EXPECTED_IMBALANCE:
            each = abs(self.bought - self.sold)
        # No product of a price and a size is larger, and then this one fits.
        each = min(each, _LARGEST)
        return min(max((self.rows * each) >> _ROWS_SHIFT, 1), _FARTHEST)


def _nearer(mean: Amount, value: Amount, span: Int) -> Amount:
    """The mean with one more value: `mean + 2 (value - mean) / (span + 1)`."""
    return mean + ((value - mean) * 2) // Amount(span + 1)
