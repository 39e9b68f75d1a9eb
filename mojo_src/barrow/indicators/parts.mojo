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


struct _Smooth(Movable):
    """A mean that keeps a share of itself and takes the rest from the new value; it starts
    with the mean of the first values.

    What the rows of a group add is summed without the mean before them, which comes in by one
    multiply-add: so groups wait for each other once in `WIDE` rows, not in every one. Rows
    one by one go the same way, so that their bits are the same.
    """

    var value: Float64  # before the group; at first the sum of the first values
    var part: Float64  # what the rows of the group added
    var steps: Int  # how many those are
    var kept: Float64
    var share: Float64
    var powers: Lanes  # what is kept of `value` after one, two, ... rows
    var length: Int
    var delay: Int

    def __init__(out self, length: Int, kept: Float64, delay: Int = 0):
        """Groups end where rows of the machine do: its row of the first value is `delay`."""
        self.value = 0
        self.part = 0
        self.steps = 0
        self.kept = kept
        # What is lacking to one exactly, and the same for `powers`: a flat series stays.
        self.share = 1.0 - kept
        self.powers = Lanes(0)
        self.length = length
        self.delay = delay
        var sum = 0.0
        comptime for i in range(WIDE):
            sum = sum.fma(self.kept, self.share)
            self.powers[i] = 1.0 - sum

    @staticmethod
    def exponential(length: Int, delay: Int = 0) -> Self:
        """With the share `2 / (length + 1)`."""
        return Self(length, Float64(length - 1) / Float64(length + 1), delay)

    @staticmethod
    def wilder(length: Int, delay: Int = 0) -> Self:
        """With the share `1 / length`."""
        return Self(length, Float64(length - 1) / Float64(length), delay)

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Float64:
        if at < self.length:
            self.value += value
            if at == self.length - 1:
                self.value /= Float64(self.length)
            return self.value
        self.part = self.part.fma(self.kept, value * self.share)
        var mean = self.value.fma(self.powers[self.steps], self.part)
        self.steps += 1
        if (at + self.delay) % WIDE == WIDE - 1:
            self.value = mean
            self.part = 0
            self.steps = 0
        return mean

    @always_inline
    def update_wide(mut self, values: Lanes) -> Lanes:
        """The same for the rows of a group, after the first mean."""
        var shares = values * self.share
        var parts = Lanes(0)
        var part = 0.0
        comptime for i in range(WIDE):
            part = part.fma(self.kept, shares[i])
            parts[i] = part
        var means = Lanes(self.value).fma(self.powers, parts)
        # The last of them, without waiting for it to come out of the vector.
        self.value = self.value.fma(self.powers[WIDE - 1], part)
        return means

    def visit(mut self, mut words: Words):
        words.number(self.value)
        words.number(self.part)
        words.count(self.steps, 0, WIDE - 1)


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
    var mean: _Smooth

    def __init__(out self, length: Int):
        self.range = _Range()
        self.mean = _Smooth.wilder(length, 1)

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

    def moments(self, near: Float64) -> Tuple[Float64, Float64]:
        """The sums of distances from a number and of their squares."""
        var sums = Lanes(0)
        var squares = Lanes(0)
        var at = self.end - self.length
        while at + WIDE <= self.end:
            var distances = self.items.load[WIDE](at) - near
            sums += distances
            squares += distances * distances
            at += WIDE
        var sum = sums.reduce_add()
        var square = squares.reduce_add()
        while at < self.end:
            var distance = self.items.load(at) - near
            sum += distance
            square += distance * distance
            at += 1
        return (sum, square)

    def visit(mut self, mut words: Words):
        for i in range(self.length):
            var item = self.items.load(self.end - self.length + i)
            words.number(item)
            if words.loading:
                self.items.store(i, item)
        if words.loading:
            self.end = self.length


struct _Running(Movable):
    """A sum of all values, by groups as `_Smooth` has them."""

    var total: Float64  # before the group
    var part: Float64

    def __init__(out self):
        self.total = 0
        self.part = 0

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Float64:
        self.part += value
        var total = self.total + self.part
        if at % WIDE == WIDE - 1:
            self.total = total
            self.part = 0
        return total

    @always_inline
    def update_wide(mut self, values: Lanes) -> Lanes:
        """The same for the rows of a group."""
        var parts = Lanes(0)
        var part = 0.0
        comptime for i in range(WIDE):
            part += values[i]
            parts[i] = part
        var totals = parts + self.total
        self.total = totals[WIDE - 1]
        return totals

    @always_inline
    def start(mut self, total: Float64):
        self.total = total
        self.part = 0

    def visit(mut self, mut words: Words):
        words.number(self.total)
        words.number(self.part)


struct _Spread(Movable):
    """The mean and the variance of the last values, by sums of distances from a value near
    them.

    The sums are made anew, from the mean of that time, every few windows: what rounding adds
    up to stays small, however long the series.
    """

    var trail: _Trail
    var near: Float64
    var totals: _Running
    var squares: _Running
    var left: Int  # rows until the sums are made anew, where a group ends
    var length: Int
    var share: Float64

    def __init__(out self, length: Int):
        self.trail = _Trail(length)
        self.near = 0
        self.totals = _Running()
        self.squares = _Running()
        self.left = 0
        self.length = length
        self.share = 1.0 / Float64(length)

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Tuple[Float64, Float64]:
        """The mean and the variance."""
        var old = self.trail.push(value)
        if at < self.length - 1:
            return (0.0, 0.0)
        var total: Float64
        var squares: Float64
        if at == self.length - 1:
            self._renew()
            total = self.totals.total
            squares = self.squares.total
        else:
            self.left -= 1
            var change = value - old
            total = self.totals.update(change, at)
            squares = self.squares.update(
                change * ((value - self.near) + (old - self.near)), at
            )
        var distance = total * self.share
        var mean = self.near + distance
        var variance = squares * self.share - distance * distance
        if at % WIDE == WIDE - 1 and self.left <= 0:
            self._renew()
        # Not `max`: where squares overflow, NaN must stay.
        return (mean, 0.0 if variance < 0 else variance)

    @always_inline
    def ready(self, at: Int) -> Bool:
        return at >= self.length and self.length >= WIDE

    @always_inline
    def update_wide(mut self, values: Lanes) -> Tuple[Lanes, Lanes]:
        self.left -= WIDE
        var old = self.trail.push_wide(values)
        var changes = values - old
        var total = self.totals.update_wide(changes)
        var squares = self.squares.update_wide(
            changes * ((values - self.near) + (old - self.near))
        )
        var distances = total * self.share
        var means = distances + self.near
        var variances = squares * self.share - distances * distances
        if self.left <= 0:
            self._renew()
        return (means, variances.lt(0).select(Lanes(0), variances))

    def _renew(mut self):
        self.left = max(4 * self.length, 64)
        var first = self.trail.oldest()
        var sum, _ = self.trail.moments(first)
        self.near = first + sum * self.share
        var total, squares = self.trail.moments(self.near)
        self.totals.start(total)
        self.squares.start(squares)

    def visit(mut self, mut words: Words):
        self.trail.visit(words)
        words.number(self.near)
        self.totals.visit(words)
        self.squares.visit(words)
        words.count(self.left, -WIDE, _MOST)
