"""What indicators are made of: means and extremes that know how many values they took.

`at` in any call is the number of values taken before. Sums are in the order in which TA-Lib
adds, so that results are the same to the last bit where only sums and means are in them.
"""

from barrow.fence import Scratch
from barrow.indicators.machine import (
    WIDE,
    Lanes,
    Row,
    Rows,
    Words,
    delayed,
)

comptime _MOST = 1 << 53


struct _Ring(Movable):
    """The last values, oldest next."""

    var items: Scratch[DType.float64]
    var at: Int

    def __init__(out self, length: Int):
        self.items = Scratch[DType.float64](length=length)
        self.at = 0

    @always_inline
    def push(mut self, value: Float64) -> Float64:
        """Takes a value; gives the one it replaces."""
        var old = self.items.load(self.at)
        self.items.store(self.at, value)
        self.at += 1
        if self.at == len(self.items):
            self.at = 0
        return old

    @always_inline
    def oldest(self) -> Float64:
        return self.items.load(self.at)

    @always_inline
    def ago(self, steps: Int) -> Float64:
        """The value taken `steps` before the last one."""
        var place = self.at - 1 - steps
        if place < 0:
            place += len(self.items)
        return self.items.load(place)

    def visit(mut self, mut words: Words):
        words.count(self.at, 0, len(self.items) - 1)
        for i in range(len(self.items)):
            var item = self.items.load(i)
            words.number(item)
            self.items.store(i, item)


struct _Sum(Movable):
    """A running sum; the oldest value leaves after the sum was read."""

    var ring: _Ring
    var total: Float64
    var length: Int

    def __init__(out self, length: Int):
        self.ring = _Ring(length)
        self.total = 0
        self.length = length

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Float64:
        self.total += value
        _ = self.ring.push(value)
        var sum = self.total
        if at >= self.length - 1:
            self.total -= self.ring.oldest()
        return sum

    def visit(mut self, mut words: Words):
        self.ring.visit(words)
        words.number(self.total)


struct _Mean(Movable):
    """The mean of the last values."""

    var sum: _Sum
    var length: Float64

    def __init__(out self, length: Int):
        self.sum = _Sum(length)
        self.length = Float64(length)

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Float64:
        return self.sum.update(value, at) / self.length

    def visit(mut self, mut words: Words):
        self.sum.visit(words)


struct _Exponential[blend: Bool = False](Movable):
    """An exponential mean that starts with the mean of the first values.

    `blend` adds two products instead of a share of the difference: the last bits differ.
    """

    var value: Float64  # the sum of the first values, until there are enough
    var factor: Float64
    var length: Int

    def __init__(out self, length: Int):
        self.value = 0
        self.factor = 2.0 / Float64(length + 1)
        self.length = length

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Float64:
        if at >= self.length:
            comptime if Self.blend:
                self.value = (
                    self.factor * value + (1.0 - self.factor) * self.value
                )
            else:
                self.value = (value - self.value) * self.factor + self.value
        else:
            self.value += value
            if at == self.length - 1:
                self.value /= Float64(self.length)
        return self.value

    def visit(mut self, mut words: Words):
        words.number(self.value)


struct _Wilder(Movable):
    """Wilder's mean as TA-Lib computes it where that cancels: a product, a sum, a division."""

    var value: Float64  # the sum of the first values, until there are enough
    var length: Int

    def __init__(out self, length: Int):
        self.value = 0
        self.length = length

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Float64:
        if at >= self.length:
            self.value = (
                self.value * Float64(self.length - 1) + value
            ) / Float64(self.length)
        else:
            self.value += value
            if at == self.length - 1:
                self.value /= Float64(self.length)
        return self.value

    def visit(mut self, mut words: Words):
        words.number(self.value)


struct _Weighted(Movable):
    """A mean with weights 1 to `length`, the newest value the heaviest."""

    var ring: _Ring
    var total: Float64
    var plain: Float64
    var trailing: Float64
    var length: Int

    def __init__(out self, length: Int):
        self.ring = _Ring(length)
        self.total = 0
        self.plain = 0
        self.trailing = 0
        self.length = length

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Float64:
        if self.length == 1:
            return value
        _ = self.ring.push(value)
        if at < self.length - 1:
            self.plain += value
            self.total += value * Float64(at + 1)
            return 0
        self.plain += value
        self.plain -= self.trailing
        self.total += value * Float64(self.length)
        self.trailing = self.ring.oldest()
        var mean = self.total / Float64((self.length * (self.length + 1)) >> 1)
        self.total -= self.plain
        return mean

    def visit(mut self, mut words: Words):
        self.ring.visit(words)
        words.number(self.total)
        words.number(self.plain)
        words.number(self.trailing)


struct _Extreme[highest: Bool](Movable):
    """The highest or lowest of the last values, the latest of equal ones.

    Keeps only values that may become the extreme, so a step takes the same time on average
    however long the window.
    """

    var values: Scratch[DType.float64]
    var places: Scratch[DType.int64]
    var head: Int
    var count: Int
    var length: Int

    def __init__(out self, length: Int):
        self.values = Scratch[DType.float64](length=length)
        self.places = Scratch[DType.int64](length=length)
        self.head = 0
        self.count = 0
        self.length = length

    @always_inline
    def _wrapped(self, place: Int) -> Int:
        return place - self.length if place >= self.length else place

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Float64:
        if (
            self.count > 0
            and Int(self.places.load(self.head)) <= at - self.length
        ):
            self.head = self._wrapped(self.head + 1)
            self.count -= 1
        while self.count > 0:
            var last = self.values.load(
                self._wrapped(self.head + self.count - 1)
            )
            comptime if Self.highest:
                if last > value:
                    break
            else:
                if last < value:
                    break
            self.count -= 1
        var place = self._wrapped(self.head + self.count)
        self.values.store(place, value)
        self.places.store(place, Int64(at))
        self.count += 1
        return self.values.load(self.head)

    @always_inline
    def ago(self, at: Int) -> Int:
        """How many values before the last one, number `at`, the extreme was taken."""
        return at - Int(self.places.load(self.head))

    def visit(mut self, mut words: Words):
        words.count(self.head, 0, self.length - 1)
        words.count(self.count, 0, self.length)
        for i in range(self.length):
            var value = self.values.load(i)
            words.number(value)
            self.values.store(i, value)
            var place = Int(self.places.load(i))
            words.count(place, 0, _MOST)
            self.places.store(i, Int64(place))


struct _Range(Movable):
    """The true range: from the extremes of a bar to the close before it."""

    var close: Float64

    def __init__(out self):
        self.close = 0

    @always_inline
    def update(mut self, row: Row, at: Int) -> Float64:
        var range = row.high - row.low
        if at > 0:
            # Selects: `max` would look for NaN, of which there is none.
            var up = abs(row.high - self.close)
            var down = abs(row.low - self.close)
            range = up if up > range else range
            range = down if down > range else range
        self.close = row.close
        return range

    @always_inline
    def update_wide(mut self, rows: Rows) -> Lanes:
        """The same for rows after the first one."""
        var close = delayed(rows.close, self.close)
        var range = rows.high - rows.low
        var up = abs(rows.high - close)
        var down = abs(rows.low - close)
        range = up.gt(range).select(up, range)
        range = down.gt(range).select(down, range)
        self.close = rows.close[WIDE - 1]
        return range

    def visit(mut self, mut words: Words):
        words.number(self.close)
