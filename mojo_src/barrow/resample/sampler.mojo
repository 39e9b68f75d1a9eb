"""Information bars of one threshold: bars that end when enough has happened."""

from barrow.fence import ColumnView
from barrow.fixed import largest_raw

from barrow.resample.bar import OpenBar
from barrow.resample.expected import Expected
from barrow.resample.rows import Rows, Sink
from barrow.resample.sums import Sums
from barrow.resample.threshold import (
    Amount,
    EXPECTED_IMBALANCE,
    PLAIN,
    RENKO,
    RUNS,
    TICK,
    Threshold,
    VALUE,
    VOLUME,
    price_of,
)

comptime _LANES = 8
comptime MOST_BARS_SHIFT = 24
"""A row may fill two to the power of so many bars."""

comptime SOUND = 0
"""Everything is held."""
comptime VOLUME_TROUBLE = 1
"""The volume of a bar is not held by its encoding."""
comptime BARS_TROUBLE = 2
"""A row would fill too many bars."""


struct Sampler[price: DType, size: DType](Movable):
    """One threshold, and the bar so far.

    Rows may be cut: what a bar does not need goes into those after it.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw size.
    """

    comptime WORDS = 49
    """How many words `save` writes."""

    var threshold: Threshold
    """What ends a bar; an expected one changes its step."""
    var first_rows: Int
    """How many rows the first bar of an expected threshold has."""
    var sums: Sums[Self.price]
    """What was counted since the bar began."""
    var expected: Expected
    """What bars before were like."""
    var bar: OpenBar[Self.price, Self.size]
    """The bar so far."""
    var stamp: Int64
    """The `ts_event` of its last row."""
    var cut: Bool
    """Whether the row at hand is used in part."""
    var left: Scalar[Self.size]
    """What of its size is not used."""
    var anchored: Bool
    """Whether there was a price to count bricks from."""
    var anchor: Scalar[Self.price]
    """Where the last brick ended."""
    var dropped: Int
    """Rows, and parts of rows, before changes of sides that are in no bar."""
    var trouble: Int
    """`SOUND`, or what went wrong first."""
    var trouble_at: Int64
    """The stamp of the bar, or the row."""

    def __init__(out self, threshold: Threshold):
        """Starts before the first row.

        Args:
            threshold: What ends a bar.
        """
        self.threshold = threshold
        self.first_rows = 0
        if threshold.rule >= EXPECTED_IMBALANCE:
            self.first_rows = Int(threshold.step)
        self.sums = Sums[Self.price]()
        self.expected = Expected()
        self.bar = OpenBar[Self.price, Self.size]()
        self.stamp = 0
        self.cut = False
        self.left = 0
        self.anchored = False
        self.anchor = 0
        self.dropped = 0
        self.trouble = SOUND
        self.trouble_at = 0
        if self.first_rows > 0:
            self.threshold.step = self.expected.step(threshold)

    def push(
        mut self,
        rows: Rows[Self.price, Self.size],
        sides: ColumnView[DType.uint8],
        begin: Int,
        mut sink: Sink[Self.price, Self.size],
    ) -> Int:
        """Adds rows, and appends the bars they finish while there is room.

        Args:
            rows: The rows, sound and in order.
            sides: What they report; empty if nothing asks for it.
            begin: The first one to add, or the one the last call stopped at.
            sink: Where finished bars go.

        Returns:
            The row to go on with: the number of rows unless there is no more room, or
            there was trouble.
        """
        var at = begin
        while at < len(rows):
            if not self.cut:
                var stop = self._find(rows, sides, at)
                if self.sums.kept_from >= 0:
                    self.dropped += (
                        Int(self.bar.count) + self.sums.kept_from - at
                    )
                    self.bar = OpenBar[Self.price, Self.size]()
                    at = self.sums.kept_from
                    self.sums.kept_from = -1
                if stop > at:
                    self.bar.add[False](rows, at, stop)
                    self.stamp = rows.ts_event[stop - 1]
                at = stop
                if at == len(rows):
                    break
                self.cut = True
                self.left = rows.volume[at]
                self.stamp = rows.ts_event[at]
                if self.threshold.measure == RENKO:
                    self.bar.add[False](rows, at, at + 1)
                if self._too_many(rows, at):
                    self.trouble = BARS_TROUBLE
                    self.trouble_at = Int64(at)
                    break
            if not self._use(rows, sides, at, sink):
                break
            self.cut = False
            at += 1
        return at

    def _find(
        mut self,
        rows: Rows[Self.price, Self.size],
        sides: ColumnView[DType.uint8],
        begin: Int,
    ) -> Int:
        """The next row that ends something, or the number of rows."""
        if self.threshold.measure == RENKO:
            return self._find_brick(rows, begin)
        if self.first_rows == 0:
            return self.sums.find(self.threshold, rows, sides, begin)
        var last = len(rows)
        if self.expected.bars == 0:
            last = begin + self.first_rows - Int(self.bar.count) - 1
        return self.sums.find_expected(self.threshold, rows, sides, begin, last)

    def _find_brick(
        mut self, rows: Rows[Self.price, Self.size], begin: Int
    ) -> Int:
        """The next row whose price is a brick away from where the last one ended."""
        var at = begin
        if not self.anchored:
            self.anchored = True
            self.anchor = rows.close[at]
        var brick = self.threshold.step.cast[Self.price]()
        var above = self.anchor + brick
        var below = self.anchor - brick
        comptime if Self.price == DType.int64:
            while at + _LANES <= len(rows):
                var prices = rows.close.load[_LANES](at)
                if any(prices.ge(above) | prices.le(below)):
                    break
                at += _LANES
        while at < len(rows):
            if rows.close[at] >= above or rows.close[at] <= below:
                break
            at += 1
        return at

    def _too_many(self, rows: Rows[Self.price, Self.size], at: Int) -> Bool:
        """Whether a row would fill more bars than there may be."""
        ref threshold = self.threshold
        if self.first_rows > 0 or threshold.measure == TICK:
            return False
        var whole: Amount
        if threshold.measure == RENKO:
            whole = abs(
                rows.close[at].cast[DType.int256]()
                - self.anchor.cast[DType.int256]()
            )
        else:
            whole = rows.volume[at].cast[DType.int256]()
            if threshold.measure == VALUE:
                whole *= price_of[DType.uint256](
                    rows, at, threshold.typical
                ).cast[DType.int256]()
        return (whole >> MOST_BARS_SHIFT) > threshold.step

    def _use(
        mut self,
        rows: Rows[Self.price, Self.size],
        sides: ColumnView[DType.uint8],
        at: Int,
        mut sink: Sink[Self.price, Self.size],
    ) -> Bool:
        """Ends as many bars as a row does; False if there is no more room."""
        if self.threshold.measure == RENKO:
            return self._lay_bricks(rows.close[at], sink)
        if self.first_rows > 0 or self.threshold.measure == TICK:
            if sink.filled == len(sink):
                return False
            self.bar.add[False](rows, at, at + 1)
            self._append(sink)
            if self.first_rows > 0:
                self.expected.learn(
                    self.threshold,
                    self.bar.count,
                    self.sums.bought,
                    self.sums.sold,
                )
                self.threshold.step = self.expected.step(self.threshold)
            self._restart()
            return True
        return self._cut_up(rows, sides, at, sink)

    def _cut_up(
        mut self,
        rows: Rows[Self.price, Self.size],
        sides: ColumnView[DType.uint8],
        at: Int,
        mut sink: Sink[Self.price, Self.size],
    ) -> Bool:
        """Gives every bar what it needs of a row; False if there is no more room."""
        var sign = 1
        if self.threshold.rule != PLAIN:
            sign = self.sums.signs.next(
                self.threshold.sides, sides[at], rows.close[at]
            )
        var each = Amount(1)
        if self.threshold.measure == VALUE:
            each = price_of[DType.uint256](
                rows, at, self.threshold.typical
            ).cast[DType.int256]()
        while self.left > 0:
            var need = self.sums.needs(self.threshold, sign)
            var amount = each * self.left.cast[DType.int256]()
            if amount < need:
                self.bar.add_part(rows, at, self.left)
                self.sums.take(self.threshold, sign, amount)
                break
            if sink.filled == len(sink):
                return False
            var part = _part(need, each, self.threshold.unit)
            part = min(part, self.left.cast[DType.int256]())
            self.bar.add_part(rows, at, part.cast[Self.size]())
            self.left -= part.cast[Self.size]()
            self._append(sink)
            self._restart()
        return True

    def _lay_bricks(
        mut self,
        reached: Scalar[Self.price],
        mut sink: Sink[Self.price, Self.size],
    ) -> Bool:
        """Ends the bricks between the last one and a price; False if there is no more room."""
        var brick = self.threshold.step.cast[Self.price]()
        while True:
            var rises = reached > self.anchor
            var way = reached - self.anchor if rises else self.anchor - reached
            if way < brick:
                self._restart()
                return True
            if sink.filled == len(sink):
                return False
            var end = self.anchor + brick if rises else self.anchor - brick
            self.bar.open = self.anchor
            self.bar.close = end
            self.bar.high = max(self.anchor, end)
            self.bar.low = min(self.anchor, end)
            self._append(sink)
            self.anchor = end
            self.bar.count = 1
            if not self.threshold.nautilus:
                self.bar.volume = 0

    def _restart(mut self):
        self.bar = OpenBar[Self.price, Self.size]()
        self.sums.restart()

    def _append(mut self, mut sink: Sink[Self.price, Self.size]):
        """Appends the bar; there is room."""
        ref bar = self.bar
        comptime largest = largest_raw[Self.size]()
        if self.trouble == SOUND and (bar.overflow or bar.volume > largest):
            self.trouble = VOLUME_TROUBLE
            self.trouble_at = self.stamp
        var at = sink.filled
        sink.open.store(at, bar.open)
        sink.high.store(at, bar.high)
        sink.low.store(at, bar.low)
        sink.close.store(at, bar.close)
        sink.volume.store(at, bar.volume.cast[Self.size]())
        sink.ts_event.store(at, self.stamp)
        sink.ts_init.store(at, bar.known)
        sink.count.store(at, bar.count)
        sink.filled = at + 1

    def peek(mut self, mut sink: Sink[Self.price, Self.size]) -> Bool:
        """Appends the bar that is open, and leaves it open.

        Args:
            sink: Where it goes; with room for a bar.

        Returns:
            Whether there is one.
        """
        if self.bar.count == 0 or sink.filled == len(sink):
            return False
        var bar = self.bar
        if self.threshold.measure == RENKO:
            self.bar.open = self.anchor
            self.bar.high = max(self.anchor, bar.close)
            self.bar.low = min(self.anchor, bar.close)
        self._append(sink)
        self.bar = bar
        return True

    def save(self, mut words: List[UInt64]):
        """Appends what `restore` needs, between two calls of `push` that were finished.

        Args:
            words: Where to; `WORDS` of them.
        """
        ref bar = self.bar
        for amount in [
            self.threshold.step,
            self.sums.total,
            self.sums.bought,
            self.sums.sold,
            self.expected.rows,
            self.expected.bought,
            self.expected.sold,
        ]:
            for i in range(4):
                words.append((amount >> Amount(64 * i)).cast[DType.uint64]())
        for value in [
            bar.open,
            bar.high,
            bar.low,
            bar.close,
            self.anchor,
            self.sums.signs.last,
        ]:
            var wide = value.cast[DType.int128]()
            words.append(wide.cast[DType.uint64]())
            words.append((wide >> 64).cast[DType.uint64]())
        words.append(bar.volume.cast[DType.uint64]())
        words.append((bar.volume >> 64).cast[DType.uint64]())
        words.append(bar.known)
        words.append(UInt64(bar.count))
        words.append(UInt64(self.stamp))
        words.append(UInt64(self.dropped))
        words.append(UInt64(self.expected.bars))
        words.append(UInt64(self.sums.side + 1))
        words.append(
            UInt64(
                Int(bar.overflow)
                + 2 * Int(self.anchored)
                + 4 * Int(self.sums.signs.seen)
                + 8 * (self.sums.signs.sign + 1)
            )
        )

    def restore(mut self, words: List[UInt64]) -> Bool:
        """Takes over what `save` wrote.

        Args:
            words: All of it.

        Returns:
            False if that is none; then nothing has changed.
        """
        if len(words) != Self.WORDS or not _is_state(words):
            return False
        self.threshold.step = _amount(words, 0)
        self.sums.total = _amount(words, 4)
        self.sums.bought = _amount(words, 8)
        self.sums.sold = _amount(words, 12)
        self.expected.rows = _amount(words, 16)
        self.expected.bought = _amount(words, 20)
        self.expected.sold = _amount(words, 24)
        self.bar.open = _wide(words, 28).cast[Self.price]()
        self.bar.high = _wide(words, 30).cast[Self.price]()
        self.bar.low = _wide(words, 32).cast[Self.price]()
        self.bar.close = _wide(words, 34).cast[Self.price]()
        self.anchor = _wide(words, 36).cast[Self.price]()
        self.sums.signs.last = _wide(words, 38).cast[Self.price]()
        self.bar.volume = _wide(words, 40)
        self.bar.known = words[42]
        self.bar.count = Int64(words[43])
        self.stamp = Int64(words[44])
        self.dropped = Int(words[45])
        self.expected.bars = Int(words[46])
        self.sums.side = Int(words[47]) - 1
        var flags = Int(words[48])
        self.bar.overflow = flags & 1 != 0
        self.anchored = flags & 2 != 0
        self.sums.signs.seen = flags & 4 != 0
        self.sums.signs.sign = (flags >> 3) - 1
        return True


@always_inline
def _part(need: Amount, each: Amount, unit: Amount) -> Amount:
    """The least part of a size that reaches what is needed, in whole units."""
    var step = each * unit
    if step == 1:
        return need
    # Division of 256 bits takes a microsecond.
    comptime largest = Amount(1) << 126
    if need < largest and step < largest:
        var short = step.cast[DType.uint128]()
        var units = (need.cast[DType.uint128]() + short - 1) // short
        return units.cast[DType.int256]() * unit
    return (need + step - 1) // step * unit


def _is_state(words: List[UInt64]) -> Bool:
    """Whether words could have been saved: no sum is beyond its threshold."""
    var step = _amount(words, 0)
    var total = _amount(words, 4)
    if step <= 0 or abs(total) >= step:
        return False
    for i in range(8, 28, 4):
        if _amount(words, i) < 0:
            return False
    return (
        Int(words[43]) >= 0
        and Int(words[45]) >= 0
        and words[46] <= 1
        and words[47] <= 2
        and words[48] < 32
    )


def _wide(words: List[UInt64], at: Int) -> UInt128:
    return words[at].cast[DType.uint128]() | (
        words[at + 1].cast[DType.uint128]() << 64
    )


def _amount(words: List[UInt64], at: Int) -> Amount:
    var amount = Amount(0)
    for i in range(4):
        amount |= words[at + i].cast[DType.int256]() << Amount(64 * i)
    return amount
