"""Moving averages of one series."""

from std.math import sqrt

from barrow.indicators.groups import _Smooth
from barrow.indicators.machine import *
from barrow.indicators.parts import (
    _Exponential,
    _Mean,
    _Ring,
    _Weighted,
)


struct _Sma(Indicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var mean: _Mean

    def __init__(out self, parameters: Parameters):
        self.mean = _Mean(whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.mean.sum.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        return Values(self.mean.update(row.close, at), 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.mean.visit(words)


struct _Ema(WideIndicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var mean: _Smooth

    def __init__(out self, parameters: Parameters):
        self.mean = _Smooth.exponential(whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.mean.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        return Values(self.mean.update(row.close, at), 0, 0, 0)

    @always_inline
    def ready(self, at: Int) -> Bool:
        return at >= self.mean.length

    @always_inline
    def update_wide(mut self, rows: Rows) -> Results:
        return Results(self.mean.update_wide(rows.close))

    def visit(mut self, mut words: Words):
        self.mean.visit(words)


struct _Wma(Indicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var mean: _Weighted

    def __init__(out self, parameters: Parameters):
        self.mean = _Weighted(whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.mean.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        return Values(self.mean.update(row.close, at), 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.mean.visit(words)


struct _Hma(Indicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var half: _Weighted
    var full: _Weighted
    var mean: _Weighted

    def __init__(out self, parameters: Parameters):
        var length = whole(parameters, 0)
        self.half = _Weighted(max(length // 2, 1))
        self.full = _Weighted(length)
        self.mean = _Weighted(Int(sqrt(Float64(length))))

    def warm_up(self) -> Int:
        return self.full.length + self.mean.length - 2

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var half = self.half.update(row.close, at)
        var full = self.full.update(row.close, at)
        var from_first = at - (self.full.length - 1)
        if from_first < 0:
            return Values(0)
        return Values(self.mean.update(2.0 * half - full, from_first), 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.half.visit(words)
        self.full.visit(words)
        self.mean.visit(words)


struct _Cascade[depth: Int, blend: Bool](Movable):
    """Exponential means of exponential means, each from the first value of the one before."""

    var first: _Exponential[Self.blend]
    var rest: List[_Exponential[Self.blend]]

    def __init__(out self, length: Int):
        self.first = _Exponential[Self.blend](length)
        self.rest = List[_Exponential[Self.blend]](capacity=Self.depth)
        for _ in range(Self.depth - 1):
            self.rest.append(_Exponential[Self.blend](length))

    def warm_up(self) -> Int:
        return Self.depth * (self.first.length - 1)

    @always_inline
    def update(mut self, value: Float64, at: Int) -> SIMD[DType.float64, 8]:
        var means = SIMD[DType.float64, 8](0)
        var step = self.first.length - 1
        means[0] = self.first.update(value, at)
        comptime for i in range(1, Self.depth):
            if at < i * step:
                return means
            means[i] = self.rest[i - 1].update(means[i - 1], at - i * step)
        return means

    def visit(mut self, mut words: Words):
        self.first.visit(words)
        for i in range(len(self.rest)):
            self.rest[i].visit(words)


struct _Dema(Indicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var means: _Cascade[2, False]

    def __init__(out self, parameters: Parameters):
        self.means = _Cascade[2, False](whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.means.warm_up()

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var e = self.means.update(row.close, at)
        return Values(2.0 * e[0] - e[1], 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.means.visit(words)


struct _Tema(Indicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var means: _Cascade[3, False]

    def __init__(out self, parameters: Parameters):
        self.means = _Cascade[3, False](whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.means.warm_up()

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var e = self.means.update(row.close, at)
        return Values(e[2] + (3.0 * e[0] - 3.0 * e[1]), 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.means.visit(words)


struct _T3(Indicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var means: _Cascade[6, True]
    var weights: SIMD[DType.float64, 4]

    def __init__(out self, parameters: Parameters):
        self.means = _Cascade[6, True](whole(parameters, 0))
        var v = parameters[1]
        var square = v * v
        var c1 = -(square * v)
        self.weights = SIMD[DType.float64, 4](
            c1,
            3.0 * (square - c1),
            -6.0 * square - 3.0 * (v - c1),
            1.0 + 3.0 * v - c1 + 3.0 * square,
        )

    def warm_up(self) -> Int:
        return self.means.warm_up()

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var e = self.means.update(row.close, at)
        var w = self.weights
        return Values(
            w[0] * e[5] + w[1] * e[4] + w[2] * e[3] + w[3] * e[2], 0, 0, 0
        )

    def visit(mut self, mut words: Words):
        self.means.visit(words)


struct _Trix(Indicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var means: _Cascade[3, False]
    var before: Float64

    def __init__(out self, parameters: Parameters):
        self.means = _Cascade[3, False](whole(parameters, 0))
        self.before = 0

    def warm_up(self) -> Int:
        return self.means.warm_up() + 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var mean = self.means.update(row.close, at)[2]
        var before = self.before
        self.before = mean
        if before == 0:
            return Values(0)
        return Values((mean / before - 1.0) * 100.0, 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.means.visit(words)
        words.number(self.before)


struct _Trima(Indicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var ring: _Ring
    var length: Int
    var older: Float64  # sum of the older half
    var newer: Float64  # sum of the newer half
    var total: Float64
    var factor: Float64

    def __init__(out self, parameters: Parameters):
        self.length = whole(parameters, 0)
        self.ring = _Ring(self.length)
        self.older = 0
        self.newer = 0
        self.total = 0
        var half = self.length >> 1
        var other = half + 1
        self.factor = 1.0 / Float64(
            other * other if self.length & 1 else half * other
        )

    def warm_up(self) -> Int:
        return self.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var x = row.close
        var old = self.ring.push(x)
        var length = self.length
        var odd = length & 1
        var half = (
            length >> 1
        )  # values in the newer half, without the middle of odd ones
        if at < length - 1:
            return Values(0)
        if at == length - 1:
            # The middle belongs to the older half.
            for i in range(half, length):
                self.older += self.ring.ago(i)
                self.total += self.older
            for i in range(half - 1, -1, -1):
                self.newer += self.ring.ago(i)
                self.total += self.newer
        else:
            var middle = self.ring.ago(half)
            self.total -= self.older
            self.older -= old
            self.older += middle
            if odd:
                self.total += self.newer
                self.newer -= middle
            else:
                self.newer -= middle
                self.total += self.newer
            self.newer += x
            self.total += x
        return Values(self.total * self.factor, 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.ring.visit(words)
        words.number(self.older)
        words.number(self.newer)
        words.number(self.total)


struct _Kama(Indicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var ring: _Ring  # one more than the length
    var travelled: Float64
    var value: Float64
    var slow: Float64
    var spread: Float64
    var length: Int

    def __init__(out self, parameters: Parameters):
        self.length = whole(parameters, 0)
        self.ring = _Ring(self.length + 1)
        self.travelled = 0
        self.value = 0
        self.slow = 2.0 / (parameters[2] + 1.0)
        self.spread = 2.0 / (parameters[1] + 1.0) - self.slow

    def warm_up(self) -> Int:
        return self.length

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var x = row.close
        var before = self.ring.ago(0)
        var left = self.ring.push(x)
        if at == 0:
            return Values(0)
        var first = self.ring.oldest()
        if at > self.length:
            self.travelled -= abs(left - first)
        self.travelled += abs(x - before)
        if at < self.length:
            return Values(0)
        if at == self.length:
            self.value = before
        var moved = x - first
        var share = 1.0
        if self.travelled > moved and not is_zero(self.travelled):
            share = abs(moved / self.travelled)
        share = share * self.spread + self.slow
        self.value = (x - self.value) * (share * share) + self.value
        return Values(self.value, 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.ring.visit(words)
        words.number(self.travelled)
        words.number(self.value)
