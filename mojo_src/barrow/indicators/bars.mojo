"""Indicators that read several columns of a bar: directional movement, stochastics, volume."""

from barrow.indicators.machine import *
from barrow.indicators.parts import (
    _Exponential,
    _Mean,
    _Range,
    _Ring,
    _Sum,
)
from barrow.indicators.ranges import _Channel


struct _Directional(Movable):
    """Wilder's sums of directional movement and true range, as TA-Lib makes them: the first
    is over one row less than `length`."""

    var high: Float64
    var low: Float64
    var range: _Range
    var ranges: Float64
    var plus: Float64
    var minus: Float64
    var length: Int

    def __init__(out self, length: Int):
        self.high = 0
        self.low = 0
        self.range = _Range()
        self.ranges = 0
        self.plus = 0
        self.minus = 0
        self.length = length

    @always_inline
    def update(mut self, row: Row, at: Int):
        var range = self.range.update(row, at)
        var up = row.high - self.high
        var down = self.low - row.low
        self.high = row.high
        self.low = row.low
        if at == 0:
            return
        if at >= self.length:
            var length = Float64(self.length)
            self.plus -= self.plus / length
            self.minus -= self.minus / length
            self.ranges = self.ranges - self.ranges / length
        if down > 0 and up < down:
            self.minus += down
        elif up > 0 and up > down:
            self.plus += up
        self.ranges += range

    @always_inline
    def plus_indicator(self) -> Float64:
        return 0.0 if is_zero(self.ranges) else 100.0 * (
            self.plus / self.ranges
        )

    @always_inline
    def minus_indicator(self) -> Float64:
        return 0.0 if is_zero(self.ranges) else 100.0 * (
            self.minus / self.ranges
        )

    @always_inline
    def index(self, before: Float64) -> Float64:
        """DX; the one before where there is none."""
        if is_zero(self.ranges):
            return before
        var minus = self.minus_indicator()
        var plus = self.plus_indicator()
        var both = minus + plus
        if is_zero(both):
            return before
        return 100.0 * (abs(minus - plus) / both)

    def visit(mut self, mut words: Words):
        words.number(self.high)
        words.number(self.low)
        self.range.visit(words)
        words.number(self.ranges)
        words.number(self.plus)
        words.number(self.minus)


struct _DirectionalIndicator[positive: Bool](Indicator):
    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 1
    var sums: _Directional

    def __init__(out self, parameters: Parameters):
        self.sums = _Directional(whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.sums.length

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        self.sums.update(row, at)
        comptime if Self.positive:
            return Values(self.sums.plus_indicator(), 0, 0, 0)
        else:
            return Values(self.sums.minus_indicator(), 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.sums.visit(words)


struct _Dx(Indicator):
    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 1
    var sums: _Directional
    var before: Float64

    def __init__(out self, parameters: Parameters):
        self.sums = _Directional(whole(parameters, 0))
        self.before = 0

    def warm_up(self) -> Int:
        return self.sums.length

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        self.sums.update(row, at)
        if at >= self.sums.length:
            self.before = self.sums.index(self.before)
        return Values(self.before, 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.sums.visit(words)
        words.number(self.before)


struct _Adx(Indicator):
    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 1
    var sums: _Directional
    var value: Float64  # the sum of the first ones, until there are enough

    def __init__(out self, parameters: Parameters):
        self.sums = _Directional(whole(parameters, 0))
        self.value = 0

    def warm_up(self) -> Int:
        return 2 * self.sums.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        self.sums.update(row, at)
        var length = Float64(self.sums.length)
        if at < self.sums.length:
            return Values(0)
        if at < 2 * self.sums.length:
            self.value += self.sums.index(0)
            if at == 2 * self.sums.length - 1:
                self.value /= length
        else:
            var index = self.sums.index(-1)
            if index >= 0:
                self.value = (self.value * (length - 1.0) + index) / length
        return Values(self.value, 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.sums.visit(words)
        words.number(self.value)


struct _Adxr(Indicator):
    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 1
    var adx: _Adx
    var ring: _Ring

    def __init__(out self, parameters: Parameters):
        self.adx = _Adx(parameters)
        self.ring = _Ring(max(whole(parameters, 0) - 1, 1))

    def warm_up(self) -> Int:
        return self.adx.warm_up() + self.adx.sums.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var adx = self.adx.update(row, at)[0]
        var before = self.ring.push(adx)
        return Values((adx + before) / 2.0, 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.adx.visit(words)
        self.ring.visit(words)


struct _Stochastic[slow: Bool](Indicator):
    """K and D; `slow` smooths K first."""

    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 2
    var channel: _Channel
    var k: _Mean
    var d: _Mean

    def __init__(out self, parameters: Parameters):
        self.channel = _Channel(whole(parameters, 0))
        comptime if Self.slow:
            self.k = _Mean(whole(parameters, 1))
            self.d = _Mean(whole(parameters, 2))
        else:
            self.k = _Mean(1)
            self.d = _Mean(whole(parameters, 1))

    def warm_up(self) -> Int:
        return (
            self.channel.high.length + self.k.sum.length + self.d.sum.length - 3
        )

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var high, low = self.channel.update(row.high, row.low, at)
        var place = at - (self.channel.high.length - 1)
        if place < 0:
            return Values(0)
        var part = (high - low) / 100.0
        var k = (row.close - low) / part if part != 0 else 0.0
        comptime if Self.slow:
            k = self.k.update(k, place)
            place -= self.k.sum.length - 1
            if place < 0:
                return Values(0)
        return Values(k, self.d.update(k, place), 0, 0)

    def visit(mut self, mut words: Words):
        self.channel.visit(words)
        self.k.visit(words)
        self.d.visit(words)


struct _Williams(Indicator):
    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 1
    var channel: _Channel

    def __init__(out self, parameters: Parameters):
        self.channel = _Channel(whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.channel.high.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var high, low = self.channel.update(row.high, row.low, at)
        var part = (high - low) / -100.0
        return Values((high - row.close) / part if part != 0 else 0.0, 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.channel.visit(words)


struct _Aroon[oscillator: Bool](Indicator):
    comptime USES = HIGH | LOW
    comptime OUTPUTS = 1 if Self.oscillator else 2
    var channel: _Channel
    var factor: Float64
    var length: Int

    def __init__(out self, parameters: Parameters):
        self.length = whole(parameters, 0)
        self.channel = _Channel(self.length + 1)
        self.factor = 100.0 / Float64(self.length)

    def warm_up(self) -> Int:
        return self.length

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        _ = self.channel.update(row.high, row.low, at)
        var high = self.channel.high.ago(at)
        var low = self.channel.low.ago(at)
        comptime if Self.oscillator:
            return Values(self.factor * Float64(low - high), 0, 0, 0)
        else:
            return Values(
                self.factor * Float64(self.length - low),
                self.factor * Float64(self.length - high),
                0,
                0,
            )

    def visit(mut self, mut words: Words):
        self.channel.visit(words)


struct _Cci(Indicator):
    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 1
    var ring: _Ring
    var length: Int

    def __init__(out self, parameters: Parameters):
        self.length = whole(parameters, 0)
        self.ring = _Ring(self.length)

    def warm_up(self) -> Int:
        return self.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var typical = (row.high + row.low + row.close) / 3.0
        _ = self.ring.push(typical)
        if at < self.length - 1:
            return Values(0)
        var mean = 0.0
        for i in range(self.length):
            mean += self.ring.items.load(i)
        mean /= Float64(self.length)
        var deviation = 0.0
        for i in range(self.length):
            deviation += abs(self.ring.items.load(i) - mean)
        var distance = typical - mean
        if distance == 0 or deviation == 0:
            return Values(0)
        return Values(
            distance / (0.015 * (deviation / Float64(self.length))), 0, 0, 0
        )

    def visit(mut self, mut words: Words):
        self.ring.visit(words)


struct _Ultimate(Indicator):
    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 1
    var range: _Range
    var before: Float64
    var pressures: List[_Sum]
    var ranges: List[_Sum]
    var longest: Int

    def __init__(out self, parameters: Parameters):
        var a = whole(parameters, 0)
        var b = whole(parameters, 1)
        var c = whole(parameters, 2)
        self.longest = max(a, max(b, c))
        var shortest = min(a, min(b, c))
        var between = a + b + c - self.longest - shortest
        self.range = _Range()
        self.before = 0
        self.pressures = List[_Sum](capacity=3)
        self.ranges = List[_Sum](capacity=3)
        for length in [shortest, between, self.longest]:
            self.pressures.append(_Sum(length))
            self.ranges.append(_Sum(length))

    def warm_up(self) -> Int:
        return self.longest

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var pressure = row.close - min(row.low, self.before)
        self.before = row.close
        var true_range = self.range.update(row, at)
        var value = 0.0
        comptime for i in range(3):
            # The shorter sums start late, so that all are full at the same row.
            var place = at - 1 - (self.longest - self.ranges[i].length)
            if place >= 0:
                var up = self.pressures[i].update(pressure, place)
                var all = self.ranges[i].update(true_range, place)
                if not is_zero(all):
                    value += Float64(1 << (2 - i)) * (up / all)
        return Values(100.0 * (value / 7.0), 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.range.visit(words)
        words.number(self.before)
        for i in range(3):
            self.pressures[i].visit(words)
            self.ranges[i].visit(words)
