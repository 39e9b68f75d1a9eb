"""Ranges of bars, and channels made of them."""

from std.math import sqrt

from barrow.indicators.groups import _Spread, _TrueMean
from barrow.indicators.machine import *
from barrow.indicators.parts import (
    _Exponential,
    _Extreme,
    _Mean,
    _Range,
)


struct _TrueRange(Indicator):
    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 1
    var range: _Range

    def __init__(out self, parameters: Parameters):
        self.range = _Range()

    def warm_up(self) -> Int:
        return 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        return Values(self.range.update(row, at), 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.range.visit(words)


struct _Atr[normal: Bool](WideIndicator):
    """The mean true range, in per cent of the close if `normal`."""

    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 1
    var mean: _TrueMean

    def __init__(out self, parameters: Parameters):
        self.mean = _TrueMean(whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.mean.mean.length

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var range = self.mean.update(row, at)
        comptime if Self.normal:
            if is_zero(row.close):
                return Values(0)
            return Values((range / row.close) * 100.0, 0, 0, 0)
        else:
            return Values(range, 0, 0, 0)

    @always_inline
    def ready(self, at: Int) -> Bool:
        return self.mean.ready(at)

    @always_inline
    def update_wide(mut self, rows: Rows) -> Results:
        var range = self.mean.update_wide(rows)
        comptime if Self.normal:
            return Results(
                are_zero(rows.close).select(
                    Lanes(0), (range / rows.close) * 100.0
                )
            )
        else:
            return Results(range)

    def visit(mut self, mut words: Words):
        self.mean.visit(words)


struct _Bollinger(WideIndicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 3
    var spread: _Spread
    var up: Float64
    var down: Float64

    def __init__(out self, parameters: Parameters):
        self.spread = _Spread(whole(parameters, 0))
        self.up = parameters[1]
        self.down = parameters[2]

    def warm_up(self) -> Int:
        return self.spread.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var mean, square = self.spread.update(row.close, at)
        var deviation = 0.0 if square < 1e-14 else sqrt(square)
        return Values(
            mean + deviation * self.up, mean, mean - deviation * self.down, 0
        )

    @always_inline
    def ready(self, at: Int) -> Bool:
        return self.spread.ready(at)

    @always_inline
    def update_wide(mut self, rows: Rows) -> Results:
        var mean, squares = self.spread.update_wide(rows.close)
        var deviation = squares.lt(1e-14).select(Lanes(0), sqrt(squares))
        return Results(
            mean + deviation * self.up, mean, mean - deviation * self.down
        )

    def visit(mut self, mut words: Words):
        self.spread.visit(words)


struct _Keltner(Indicator):
    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 3
    var middle: _Exponential[]
    var range: _TrueMean
    var multiple: Float64

    def __init__(out self, parameters: Parameters):
        self.middle = _Exponential(whole(parameters, 0))
        self.range = _TrueMean(whole(parameters, 1))
        self.multiple = parameters[2]

    def warm_up(self) -> Int:
        return max(self.middle.length - 1, self.range.mean.length)

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var middle = self.middle.update(row.close, at)
        var wide = self.multiple * self.range.update(row, at)
        return Values(middle + wide, middle, middle - wide, 0)

    def visit(mut self, mut words: Words):
        self.middle.visit(words)
        self.range.visit(words)


struct _KeltnerOriginal(Indicator):
    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 3
    var middle: _Mean
    var range: _Mean

    def __init__(out self, parameters: Parameters):
        self.middle = _Mean(whole(parameters, 0))
        self.range = _Mean(whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.middle.sum.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var typical = (row.high + row.low + row.close) / 3.0
        var middle = self.middle.update(typical, at)
        var wide = self.range.update(row.high - row.low, at)
        return Values(middle + wide, middle, middle - wide, 0)

    def visit(mut self, mut words: Words):
        self.middle.visit(words)
        self.range.visit(words)


struct _Channel(Movable):
    """The highest high and the lowest low."""

    var high: _Extreme[True]
    var low: _Extreme[False]

    def __init__(out self, length: Int):
        self.high = _Extreme[True](length)
        self.low = _Extreme[False](length)

    @always_inline
    def update(
        mut self, high: Float64, low: Float64, at: Int
    ) -> Tuple[Float64, Float64]:
        return (self.high.update(high, at), self.low.update(low, at))

    def visit(mut self, mut words: Words):
        self.high.visit(words)
        self.low.visit(words)


struct _Donchian(Indicator):
    comptime USES = HIGH | LOW
    comptime OUTPUTS = 3
    var channel: _Channel

    def __init__(out self, parameters: Parameters):
        self.channel = _Channel(whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.channel.high.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var high, low = self.channel.update(row.high, row.low, at)
        return Values(high, (high + low) / 2.0, low, 0)

    def visit(mut self, mut words: Words):
        self.channel.visit(words)


struct _Midprice[bars: Bool](Indicator):
    """Half way between the extremes, of highs and lows or of one series."""

    comptime USES = HIGH | LOW if Self.bars else CLOSE
    comptime OUTPUTS = 1
    var channel: _Channel

    def __init__(out self, parameters: Parameters):
        self.channel = _Channel(whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.channel.high.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        comptime if Self.bars:
            var high, low = self.channel.update(row.high, row.low, at)
            return Values((high + low) / 2.0, 0, 0, 0)
        else:
            var high, low = self.channel.update(row.close, row.close, at)
            return Values((high + low) / 2.0, 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.channel.visit(words)


struct _Ichimoku(Indicator):
    comptime USES = HIGH | LOW
    comptime OUTPUTS = 4
    var conversion: _Channel
    var base: _Channel
    var long: _Channel

    def __init__(out self, parameters: Parameters):
        self.conversion = _Channel(whole(parameters, 0))
        self.base = _Channel(whole(parameters, 1))
        self.long = _Channel(whole(parameters, 2))

    def warm_up(self) -> Int:
        return (
            max(
                self.conversion.high.length,
                max(self.base.high.length, self.long.high.length),
            )
            - 1
        )

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var high, low = self.conversion.update(row.high, row.low, at)
        var conversion = (high + low) / 2.0
        high, low = self.base.update(row.high, row.low, at)
        var base = (high + low) / 2.0
        high, low = self.long.update(row.high, row.low, at)
        return Values(
            conversion, base, (conversion + base) / 2.0, (high + low) / 2.0
        )

    def visit(mut self, mut words: Words):
        self.conversion.visit(words)
        self.base.visit(words)
        self.long.visit(words)


struct _Supertrend(Indicator):
    comptime USES = HIGH | LOW | CLOSE
    comptime OUTPUTS = 2
    var range: _TrueMean
    var multiple: Float64
    var upper: Float64
    var lower: Float64
    var before: Float64
    var direction: Float64

    def __init__(out self, parameters: Parameters):
        self.range = _TrueMean(whole(parameters, 0))
        self.multiple = parameters[1]
        self.upper = 0
        self.lower = 0
        self.before = 0
        self.direction = 1

    def warm_up(self) -> Int:
        return self.range.mean.length

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var wide = self.multiple * self.range.update(row, at)
        var first = at - self.range.mean.length
        if first < 0:
            self.before = row.close
            return Values(0)
        var middle = (row.high + row.low) / 2.0
        var upper = middle + wide
        var lower = middle - wide
        if first == 0:
            self.direction = 1.0 if row.close >= middle else -1.0
        else:
            # A band moves towards the price only, unless the price has passed it.
            if not (upper < self.upper or self.before > self.upper):
                upper = self.upper
            if not (lower > self.lower or self.before < self.lower):
                lower = self.lower
            if self.direction > 0 and row.close < lower:
                self.direction = -1.0
            elif self.direction < 0 and row.close > upper:
                self.direction = 1.0
        self.upper = upper
        self.lower = lower
        self.before = row.close
        return Values(
            lower if self.direction > 0 else upper, self.direction, 0, 0
        )

    def visit(mut self, mut words: Words):
        self.range.visit(words)
        words.number(self.upper)
        words.number(self.lower)
        words.number(self.before)
        words.number(self.direction)


struct _Psar(Indicator):
    comptime USES = HIGH | LOW
    comptime OUTPUTS = 1
    var step: Float64
    var most: Float64
    var factor: Float64
    var extreme: Float64
    var stop: Float64
    var high: Float64
    var low: Float64
    var long: Float64  # above 0 while the position is long

    def __init__(out self, parameters: Parameters):
        self.most = parameters[1]
        self.step = min(parameters[0], self.most)
        self.factor = self.step
        self.extreme = 0
        self.stop = 0
        self.high = 0
        self.low = 0
        self.long = 1

    def warm_up(self) -> Int:
        return 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        if at == 0:
            self.high = row.high
            self.low = row.low
            return Values(0)
        if at == 1:
            var up = row.high - self.high
            var down = self.low - row.low
            self.long = -1.0 if down > 0 and up < down else 1.0
            self.extreme = row.high if self.long > 0 else row.low
            self.stop = self.low if self.long > 0 else self.high
            self.high = row.high
            self.low = row.low
        var stop: Float64
        if self.long > 0:
            if row.low <= self.stop:
                self.long = -1.0
                stop = max(max(self.extreme, self.high), row.high)
                self.factor = self.step
                self.extreme = row.low
                self.stop = stop + self.factor * (self.extreme - stop)
                self.stop = max(max(self.stop, self.high), row.high)
            else:
                stop = self.stop
                if row.high > self.extreme:
                    self.extreme = row.high
                    self.factor = min(self.factor + self.step, self.most)
                self.stop = stop + self.factor * (self.extreme - stop)
                self.stop = min(min(self.stop, self.low), row.low)
        elif row.high >= self.stop:
            self.long = 1.0
            stop = min(min(self.extreme, self.low), row.low)
            self.factor = self.step
            self.extreme = row.high
            self.stop = stop + self.factor * (self.extreme - stop)
            self.stop = min(min(self.stop, self.low), row.low)
        else:
            stop = self.stop
            if row.low < self.extreme:
                self.extreme = row.low
                self.factor = min(self.factor + self.step, self.most)
            self.stop = stop + self.factor * (self.extreme - stop)
            self.stop = max(max(self.stop, self.high), row.high)
        self.high = row.high
        self.low = row.low
        return Values(stop, 0, 0, 0)

    def visit(mut self, mut words: Words):
        words.number(self.factor)
        words.number(self.extreme)
        words.number(self.stop)
        words.number(self.high)
        words.number(self.low)
        words.number(self.long)
