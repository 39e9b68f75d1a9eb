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

    @always_inline
    def update_wide(mut self, values: Lanes) -> Lanes:
        """The same for values after the first mean."""
        comptime assert not Self.blend, "one by one only"
        var means = Lanes(0)
        var value = self.value
        comptime for i in range(WIDE):
            value = (values[i] - value) * self.factor + value
            means[i] = value
        self.value = value
        return means

    def visit(mut self, mut words: Words):
        words.number(self.value)


struct _Wilder[fused: Bool = False](Movable):
    """Wilder's mean: a share of one in `length` of the new value, the rest of the old one.

    `fused` takes one multiply-add instead of a product, a sum and a division one after
    another. It is a third of the time, and right where nothing cancels afterwards.
    """

    var value: Float64
    var length: Int
    var kept: Float64
    var share: Float64

    def __init__(out self, length: Int):
        self.value = 0
        self.length = length
        self.kept = Float64(length - 1) / Float64(length)
        # What is lacking to one exactly: the shares of a flat series add up to its value.
        self.share = 1.0 - self.kept

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Float64:
        if at >= self.length:
            comptime if Self.fused:
                self.value = self.value.fma(self.kept, value * self.share)
            else:
                self.value = (
                    self.value * Float64(self.length - 1) + value
                ) / Float64(self.length)
        else:
            self.value += value
            if at == self.length - 1:
                self.value /= Float64(self.length)
        return self.value

    @always_inline
    def update_wide(mut self, values: Lanes) -> Lanes:
        """The same for values after the first mean."""
        comptime assert Self.fused, "one by one only"
        var parts = values * self.share
        var means = Lanes(0)
        var value = self.value
        comptime for i in range(WIDE):
            value = value.fma(self.kept, parts[i])
            means[i] = value
        self.value = value
        return means

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


struct _TrueMean(Movable):
    """Wilder's mean of the true range; the first row has none, so it counts from the second."""

    var range: _Range
    var mean: _Wilder[True]

    def __init__(out self, length: Int):
        self.range = _Range()
        self.mean = _Wilder[True](length)

    @always_inline
    def update(mut self, row: Row, at: Int) -> Float64:
        var range = self.range.update(row, at)
        return self.mean.update(range, at - 1) if at > 0 else 0.0

    @always_inline
    def ready(self, at: Int) -> Bool:
        return at > self.mean.length

    @always_inline
    def update_wide(mut self, rows: Rows) -> Lanes:
        return self.mean.update_wide(self.range.update_wide(rows))

    def visit(mut self, mut words: Words):
        self.range.visit(words)
        self.mean.visit(words)


struct _Trail(Movable):
    """The last values side by side, so that several can be read at once."""

    var items: Scratch[DType.float64]
    var end: Int
    var length: Int

    def __init__(out self, length: Int):
        # Values move to the front when the room is full: once in as many as there are.
        self.items = Scratch[DType.float64](length=length + max(length, 64))
        self.end = length
        self.length = length

    @always_inline
    def _make_room(mut self, count: Int):
        if self.end + count > len(self.items):
            for i in range(self.length):
                self.items.store(i, self.items.load(self.end - self.length + i))
            self.end = self.length

    @always_inline
    def push(mut self, value: Float64) -> Float64:
        """Takes a value; gives the one it replaces."""
        self._make_room(1)
        self.items.store(self.end, value)
        self.end += 1
        return self.items.load(self.end - 1 - self.length)

    @always_inline
    def push_wide(mut self, values: Lanes) -> Lanes:
        """Takes values; gives those they replace. The length is at least `WIDE`."""
        self._make_room(WIDE)
        self.items.store[WIDE](self.end, values)
        self.end += WIDE
        return self.items.load[WIDE](self.end - WIDE - self.length)

    @always_inline
    def oldest(self) -> Float64:
        return self.items.load(self.end - self.length)

    @always_inline
    def oldest_wide(self) -> Lanes:
        """The oldest value after each of those that came last."""
        return self.items.load[WIDE](self.end - WIDE - self.length + 1)

    @always_inline
    def item(self, at: Int) -> Float64:
        """A value, the oldest is number 0."""
        return self.items.load(self.end - self.length + at)

    def visit(mut self, mut words: Words):
        for i in range(self.length):
            var item = self.item(i)
            words.number(item)
            if words.loading:
                self.items.store(i, item)
        if words.loading:
            self.end = self.length


struct _Spread(Movable):
    """The variance of the last values, by sums of distances from a value near them.

    The sums are made anew, from the mean of that time, every few windows: what rounding adds
    up to stays small, however long the series.
    """

    var trail: _Trail
    var near: Float64
    var total: Float64
    var squares: Float64
    var left: Int  # steps until the sums are made anew
    var length: Int
    var share: Float64

    def __init__(out self, length: Int):
        self.trail = _Trail(length)
        self.near = 0
        self.total = 0
        self.squares = 0
        self.left = 0
        self.length = length
        self.share = 1.0 / Float64(length)

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Float64:
        var old = self.trail.push(value)
        if at < self.length - 1:
            return 0
        if self.left == 0:
            self._renew()
        else:
            self.left -= 1
            var change = value - old
            self.total += change
            self.squares += change * ((value - self.near) + (old - self.near))
        var mean = self.total * self.share
        var variance = self.squares * self.share - mean * mean
        # Not `max`: where squares overflow, NaN must stay.
        return 0.0 if variance < 0 else variance

    @always_inline
    def ready(self, at: Int) -> Bool:
        return self.left >= WIDE and self.length >= WIDE

    @always_inline
    def update_wide(mut self, values: Lanes) -> Lanes:
        self.left -= WIDE
        var old = self.trail.push_wide(values)
        var changes = values - old
        var parts = changes * ((values - self.near) + (old - self.near))
        var totals = Lanes(0)
        var squares = Lanes(0)
        var total = self.total
        var square = self.squares
        comptime for i in range(WIDE):
            total += changes[i]
            totals[i] = total
            square += parts[i]
            squares[i] = square
        self.total = total
        self.squares = square
        var means = totals * self.share
        var variances = squares * self.share - means * means
        return variances.lt(0).select(Lanes(0), variances)

    @always_inline
    def _renew(mut self):
        self.left = max(4 * self.length, 64)
        var first = self.trail.oldest()
        var mean = 0.0
        for i in range(self.length):
            mean += self.trail.item(i) - first
        self.near = first + mean * self.share
        self.total = 0
        self.squares = 0
        for i in range(self.length):
            var distance = self.trail.item(i) - self.near
            self.total += distance
            self.squares += distance * distance

    def visit(mut self, mut words: Words):
        self.trail.visit(words)
        words.number(self.near)
        words.number(self.total)
        words.number(self.squares)
        words.count(self.left, 0, _MOST)
