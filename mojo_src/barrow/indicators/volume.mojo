"""Indicators that read volumes, and means of the prices of one bar."""

from barrow.indicators.machine import *
from barrow.indicators.parts import _Exponential, _Ring, _Sum


@always_inline
def _typical(row: Row) -> Float64:
    return (row.high + row.low + row.close) / 3.0


@always_inline
def _flow(row: Row) -> Float64:
    """The volume times where the close lies in the range, from -1 to 1."""
    var range = row.high - row.low
    if range > 0:
        return (
            ((row.close - row.low) - (row.high - row.close)) / range
        ) * row.volume
    return 0.0


struct _Obv(Indicator):
    comptime USES = CLOSE | VOLUME
    comptime OUTPUTS = 1
    var total: Float64
    var before: Float64

    def __init__(out self, parameters: Parameters):
        self.total = 0
        self.before = 0

    def warm_up(self) -> Int:
        return 0

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        if at == 0 or row.close > self.before:
            self.total += row.volume
        elif row.close < self.before:
            self.total -= row.volume
        self.before = row.close
        return Values(self.total, 0, 0, 0)

    def visit(mut self, mut words: Words):
        words.number(self.total)
        words.number(self.before)


struct _Vwap(Indicator):
    """From the first row on; 0 of volume so far gives the typical price."""

    comptime USES = HIGH | LOW | CLOSE | VOLUME
    comptime OUTPUTS = 1
    var money: Float64
    var volume: Float64

    def __init__(out self, parameters: Parameters):
        self.money = 0
        self.volume = 0

    def warm_up(self) -> Int:
        return 0

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var typical = _typical(row)
        self.money += typical * row.volume
        self.volume += row.volume
        return Values(
            self.money / self.volume if self.volume != 0 else typical, 0, 0, 0
        )

    def visit(mut self, mut words: Words):
        words.number(self.money)
        words.number(self.volume)


struct _RollingRatio[what: Int](Indicator):
    """A sum over a sum of volumes: 0 typical price, 1 close, 2 money flow volume."""

    comptime USES = (
        CLOSE | VOLUME if Self.what == 1 else HIGH | LOW | CLOSE | VOLUME
    )
    comptime OUTPUTS = 1
    var upper: _Sum
    var lower: _Sum

    def __init__(out self, parameters: Parameters):
        self.upper = _Sum(whole(parameters, 0))
        self.lower = _Sum(whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.upper.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var part: Float64
        comptime if Self.what == 0:
            part = _typical(row) * row.volume
        elif Self.what == 1:
            part = row.close * row.volume
        else:
            part = _flow(row)
        var upper = self.upper.update(part, at)
        var lower = self.lower.update(row.volume, at)
        if lower != 0:
            return Values(upper / lower, 0, 0, 0)
        comptime if Self.what == 0:
            return Values(_typical(row), 0, 0, 0)
        elif Self.what == 1:
            return Values(row.close, 0, 0, 0)
        else:
            return Values(0)

    def visit(mut self, mut words: Words):
        self.upper.visit(words)
        self.lower.visit(words)


struct _Mfi(Indicator):
    comptime USES = HIGH | LOW | CLOSE | VOLUME
    comptime OUTPUTS = 1
    var before: Float64
    var rise: _Ring
    var fall: _Ring
    var rises: Float64
    var falls: Float64
    var length: Int

    def __init__(out self, parameters: Parameters):
        self.length = whole(parameters, 0)
        self.before = 0
        self.rise = _Ring(self.length)
        self.fall = _Ring(self.length)
        self.rises = 0
        self.falls = 0

    def warm_up(self) -> Int:
        return self.length

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var typical = _typical(row)
        var change = typical - self.before
        self.before = typical
        if at == 0:
            return Values(0)
        var money = typical * row.volume
        var rise = money if change > 0 else 0.0
        var fall = money if change < 0 else 0.0
        # Zeros leave first: the rings start with them.
        self.rises -= self.rise.push(rise)
        self.falls -= self.fall.push(fall)
        self.rises += rise
        self.falls += fall
        var both = self.rises + self.falls
        return Values(
            0.0 if both < 1.0 else 100.0 * (self.rises / both), 0, 0, 0
        )

    def visit(mut self, mut words: Words):
        words.number(self.before)
        self.rise.visit(words)
        self.fall.visit(words)
        words.number(self.rises)
        words.number(self.falls)


struct _Ad(Indicator):
    comptime USES = HIGH | LOW | CLOSE | VOLUME
    comptime OUTPUTS = 1
    var total: Float64

    def __init__(out self, parameters: Parameters):
        self.total = 0

    def warm_up(self) -> Int:
        return 0

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        self.total += _flow(row)
        return Values(self.total, 0, 0, 0)

    def visit(mut self, mut words: Words):
        words.number(self.total)


struct _Adosc(Indicator):
    comptime USES = HIGH | LOW | CLOSE | VOLUME
    comptime OUTPUTS = 1
    var total: Float64
    var fast: Float64
    var slow: Float64
    var fast_factor: Float64
    var slow_factor: Float64
    var longest: Int

    def __init__(out self, parameters: Parameters):
        var fast = whole(parameters, 0)
        var slow = whole(parameters, 1)
        self.total = 0
        self.fast = 0
        self.slow = 0
        self.fast_factor = 2.0 / Float64(fast + 1)
        self.slow_factor = 2.0 / Float64(slow + 1)
        self.longest = max(fast, slow)

    def warm_up(self) -> Int:
        return self.longest - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        self.total += _flow(row)
        if at == 0:
            self.fast = self.total
            self.slow = self.total
        else:
            var fast = self.fast_factor
            var slow = self.slow_factor
            self.fast = fast * self.total + (1.0 - fast) * self.fast
            self.slow = slow * self.total + (1.0 - slow) * self.slow
        return Values(self.fast - self.slow, 0, 0, 0)

    def visit(mut self, mut words: Words):
        words.number(self.total)
        words.number(self.fast)
        words.number(self.slow)


struct _ForceIndex(Indicator):
    comptime USES = CLOSE | VOLUME
    comptime OUTPUTS = 1
    var before: Float64
    var mean: _Exponential[]

    def __init__(out self, parameters: Parameters):
        self.before = 0
        self.mean = _Exponential(whole(parameters, 0))

    def warm_up(self) -> Int:
        return self.mean.length

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var force = (row.close - self.before) * row.volume
        self.before = row.close
        if at == 0:
            return Values(0)
        return Values(self.mean.update(force, at - 1), 0, 0, 0)

    def visit(mut self, mut words: Words):
        words.number(self.before)
        self.mean.visit(words)


struct _BarPrice[what: Int](Indicator):
    """Of one bar: 0 typical, 1 median, 2 weighted close, 3 average, 4 balance of power."""

    comptime USES = (
        (OPEN | HIGH | LOW | CLOSE) if Self.what
        >= 3 else (HIGH | LOW if Self.what == 1 else HIGH | LOW | CLOSE)
    )
    comptime OUTPUTS = 1

    def __init__(out self, parameters: Parameters):
        pass

    def warm_up(self) -> Int:
        return 0

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        comptime if Self.what == 0:
            return Values(_typical(row), 0, 0, 0)
        elif Self.what == 1:
            return Values((row.high + row.low) / 2.0, 0, 0, 0)
        elif Self.what == 2:
            return Values((row.high + row.low + row.close * 2.0) / 4.0, 0, 0, 0)
        elif Self.what == 3:
            return Values(
                (row.high + row.low + row.close + row.open) / 4.0, 0, 0, 0
            )
        else:
            var range = row.high - row.low
            if range < 1e-14:
                return Values(0)
            return Values((row.close - row.open) / range, 0, 0, 0)

    def visit(mut self, mut words: Words):
        pass
