"""Parts that take a group of eight rows at once, with the bits of one row after another.

Groups end where the rows of a machine, counted from 0, are a multiple of `WIDE`.
"""

from barrow.fence import Scratch
from barrow.indicators.machine import WIDE, Lanes, Row, Rows, Words
from barrow.indicators.parts import _MOST, _Range


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
