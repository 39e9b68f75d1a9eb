"""What was counted since an information bar began, and the row that ends it."""

from barrow.fence import ColumnView

from barrow.resample.rows import Rows
from barrow.resample.threshold import (
    Amount,
    EXPECTED_IMBALANCE,
    EXPECTED_RUNS,
    IMBALANCE,
    PLAIN,
    REPORTED,
    RUNS,
    Signs,
    TICK,
    TICK_SHIFT,
    Threshold,
    VALUE,
    VOLUME,
    amount_of,
)

comptime _LANES = 8
comptime _LONG = Amount(1) << 61


struct Sums[price: DType](ImplicitlyCopyable):
    """What was counted since the bar began.

    Parameters:
        price: The type of a raw price.
    """

    var total: Amount
    """The sum, below the threshold: of all, of buyers less sellers, or of the run."""
    var side: Int
    """The side of the run: 1, -1, or 0 before it has begun."""
    var kept_from: Int
    """The row that rows are kept from, if a run ended and those before are dropped; else -1.
    """
    var signs: Signs[Self.price]
    """The sides of rows."""
    var bought: Amount
    """The sum of buyers, of expected thresholds."""
    var sold: Amount
    """The sum of sellers, of expected thresholds."""

    def __init__(out self):
        """Starts before the first row."""
        self.total = 0
        self.side = 0
        self.kept_from = -1
        self.signs = Signs[Self.price]()
        self.bought = 0
        self.sold = 0

    def restart(mut self):
        """Begins a bar; the sides of rows stay known."""
        self.total = 0
        self.side = 0
        self.bought = 0
        self.sold = 0

    def needs(self, threshold: Threshold, sign: Int) -> Amount:
        """Tells how much more of a side ends the bar.

        Args:
            threshold: What ends it.
            sign: 1 or -1.

        Returns:
            The amount, more than 0.
        """
        if threshold.rule == IMBALANCE and sign < 0:
            return threshold.step + self.total
        return threshold.step - self.total

    def take(mut self, threshold: Threshold, sign: Int, amount: Amount):
        """Adds less than is needed.

        Args:
            threshold: What ends the bar.
            sign: The side.
            amount: How much.
        """
        if threshold.rule == IMBALANCE and sign < 0:
            self.total -= amount
        else:
            self.total += amount
        if threshold.rule == RUNS:
            self.side = sign

    def find[
        size: DType, //
    ](
        mut self,
        threshold: Threshold,
        rows: Rows[Self.price, size],
        sides: ColumnView[DType.uint8],
        begin: Int,
    ) -> Int:
        """Counts rows up to the one that ends the bar.

        Parameters:
            size: The type of a raw size.

        Args:
            threshold: What ends it; no expected one.
            rows: The rows.
            sides: What they report; empty if nothing asks for it.
            begin: The first row to count.

        Returns:
            The row that reaches the threshold, which is not counted; the number of rows
            if there is none. `kept_from` says which rows to drop.
        """
        if threshold.measure == TICK:
            return self._find[TICK, DType.int64](threshold, rows, sides, begin)
        if threshold.measure == VOLUME:
            comptime if size == DType.uint64:
                if threshold.step < _LONG:
                    return self._find[VOLUME, DType.int64](
                        threshold, rows, sides, begin
                    )
            return self._find[VOLUME, DType.int128](
                threshold, rows, sides, begin
            )
        comptime if size == DType.uint64:
            if not threshold.typical:
                return self._find[VALUE, DType.int128](
                    threshold, rows, sides, begin
                )
        return self._find[VALUE, DType.int256](threshold, rows, sides, begin)

    def _find[
        size: DType, //, measure: Int, wide: DType
    ](
        mut self,
        threshold: Threshold,
        rows: Rows[Self.price, size],
        sides: ColumnView[DType.uint8],
        begin: Int,
    ) -> Int:
        if threshold.rule == PLAIN:
            return self._find_plain[measure, wide](threshold, rows, begin)
        if threshold.rule == IMBALANCE:
            return self._find_imbalance[measure, wide](
                threshold, rows, sides, begin
            )
        return self._find_run[measure, wide](threshold, rows, sides, begin)

    def _find_plain[
        size: DType, //, measure: Int, wide: DType
    ](
        mut self,
        threshold: Threshold,
        rows: Rows[Self.price, size],
        begin: Int,
    ) -> Int:
        comptime unsigned = _unsigned[wide]()
        var whole = threshold.step - self.total
        comptime if measure == TICK:
            if whole > Amount(len(rows) - begin):
                self.total += Amount(len(rows) - begin)
                return len(rows)
            var stop = begin + Int(whole) - 1
            self.total = threshold.step - 1
            return stop
        var need = whole.cast[unsigned]()
        var at = begin
        comptime if measure == VOLUME and wide == DType.int64:
            # Eight of these do not overflow.
            comptime most = UInt64(1) << 60
            while at + _LANES <= len(rows):
                var sizes = rows.volume.load[_LANES](at).cast[DType.uint64]()
                var sum = sizes.reduce_add().cast[unsigned]()
                if any(sizes.gt(most)) or sum >= need:
                    break
                need -= sum
                at += _LANES
        while at < len(rows):
            var amount = amount_of[measure, unsigned](
                rows, at, threshold.typical
            )
            if amount >= need:
                break
            need -= amount
            at += 1
        self.total = threshold.step - need.cast[DType.int256]()
        return at

    def _find_imbalance[
        size: DType, //, measure: Int, wide: DType
    ](
        mut self,
        threshold: Threshold,
        rows: Rows[Self.price, size],
        sides: ColumnView[DType.uint8],
        begin: Int,
    ) -> Int:
        comptime unsigned = _unsigned[wide]()
        var step = _at_most[wide](threshold.step)
        var total = self.total.cast[wide]()
        var signs = self.signs
        var at = begin
        var stop = begin
        while at < len(rows):
            if at == stop:
                comptime if wide == DType.int64:
                    if threshold.sides == REPORTED:
                        at = _skip_imbalance[measure](
                            rows, sides, at, step, total
                        )
                stop = min(at + 2 * _LANES, len(rows))
                if at == stop:
                    break
            var sign = signs.next(threshold.sides, sides[at], rows.close[at])
            if sign != 0:
                var amount = amount_of[measure, unsigned](
                    rows, at, threshold.typical
                )
                var along = -total if sign < 0 else total
                if amount >= (step - along).cast[unsigned]():
                    break
                along += amount.cast[wide]()
                total = -along if sign < 0 else along
            at += 1
        self.signs = signs
        self.total = total.cast[DType.int256]()
        return at

    def _find_run[
        size: DType, //, measure: Int, wide: DType
    ](
        mut self,
        threshold: Threshold,
        rows: Rows[Self.price, size],
        sides: ColumnView[DType.uint8],
        begin: Int,
    ) -> Int:
        comptime unsigned = _unsigned[wide]()
        var step = _at_most[wide](threshold.step)
        var total = self.total.cast[wide]()
        var side = self.side
        var signs = self.signs
        var kept_from = -1
        var at = begin
        while at < len(rows):
            var sign = signs.next(threshold.sides, sides[at], rows.close[at])
            if sign != 0:
                if threshold.nautilus:
                    kept_from = kept_from if sign == side else at
                # Sides change at random: nothing to guess is faster.
                total = total if sign == side else 0
                side = sign
                var amount = amount_of[measure, unsigned](
                    rows, at, threshold.typical
                )
                if amount >= (step - total).cast[unsigned]():
                    break
                total += amount.cast[wide]()
            at += 1
        self.signs = signs
        self.kept_from = kept_from
        self.side = side
        self.total = total.cast[DType.int256]()
        return at

    def find_expected[
        size: DType, //
    ](
        mut self,
        threshold: Threshold,
        rows: Rows[Self.price, size],
        sides: ColumnView[DType.uint8],
        begin: Int,
        last: Int,
    ) -> Int:
        """Counts rows up to and with the one that ends the bar.

        Parameters:
            size: The type of a raw size.

        Args:
            threshold: What ends it; an expected one.
            rows: The rows.
            sides: What they report.
            begin: The first row to count.
            last: The row that ends the bar whatever is counted.

        Returns:
            The row that ends the bar, which is counted; the number of rows if there is
            none.
        """
        if threshold.measure == TICK:
            return self._find_expected[TICK, DType.int128](
                threshold, rows, sides, begin, last
            )
        if threshold.measure == VOLUME:
            return self._find_expected[VOLUME, DType.int128](
                threshold, rows, sides, begin, last
            )
        return self._find_expected[VALUE, DType.int256](
            threshold, rows, sides, begin, last
        )

    def _find_expected[
        size: DType, //, measure: Int, wide: DType
    ](
        mut self,
        threshold: Threshold,
        rows: Rows[Self.price, size],
        sides: ColumnView[DType.uint8],
        begin: Int,
        last: Int,
    ) -> Int:
        comptime unsigned = _unsigned[wide]()
        var step = _at_most[wide](threshold.step)
        var bought = self.bought.cast[wide]()
        var sold = self.sold.cast[wide]()
        var imbalance = threshold.rule == EXPECTED_IMBALANCE
        var at = begin
        while at < len(rows):
            var sign = self.signs.next(
                threshold.sides, sides[at], rows.close[at]
            )
            var amount = amount_of[measure, unsigned](
                rows, at, threshold.typical
            ).cast[wide]()
            comptime if measure == TICK:
                amount <<= Scalar[wide](TICK_SHIFT)
            if sign > 0:
                bought += amount
            elif sign < 0:
                sold += amount
            var reached = abs(bought - sold) if imbalance else max(bought, sold)
            if reached >= step or at == last:
                break
            at += 1
        self.bought = bought.cast[DType.int256]()
        self.sold = sold.cast[DType.int256]()
        return at


def _unsigned[wide: DType]() -> DType:
    comptime if wide == DType.int64:
        return DType.uint64
    elif wide == DType.int128:
        return DType.uint128
    else:
        return DType.uint256


@always_inline
def _at_most[wide: DType](step: Amount) -> Scalar[wide]:
    """A step that sums of this type stay below; none reaches the most."""
    comptime if wide == DType.int64:
        return min(step, _LONG).cast[wide]()
    else:
        comptime farthest = 126 if wide == DType.int128 else 250
        return min(step, Amount(1) << Amount(farthest)).cast[wide]()


def _skip_imbalance[
    price: DType, size: DType, wide: DType, //, measure: Int
](
    rows: Rows[price, size],
    sides: ColumnView[DType.uint8],
    begin: Int,
    step: Scalar[wide],
    mut total: Scalar[wide],
) -> Int:
    """Adds vectors of rows that together cannot reach the step, whatever their order; returns the row after them."""
    # Eight of these do not overflow, nor does a sum with their total.
    comptime most = UInt64(1) << 58
    var at = begin
    while at + _LANES <= len(rows):
        var side = sides.load[_LANES](at)
        var signs = (
            side.eq(1).cast[DType.int64]() - side.eq(2).cast[DType.int64]()
        )
        var left = step - abs(total)
        comptime if measure == TICK:
            if left <= _LANES:
                break
            total += signs.reduce_add().cast[wide]()
        else:
            var sizes = rows.volume.load[_LANES](at).cast[DType.uint64]()
            if any(sizes.gt(most)):
                break
            var sum = sizes.reduce_add().cast[wide]()
            if sum >= left:
                break
            total += (
                (sizes.cast[DType.int64]() * signs).reduce_add().cast[wide]()
            )
        at += _LANES
    return at
