"""Momentum of one series: relative strength, convergence of averages, rates of change."""

from barrow.indicators.groups import _Smooth
from barrow.indicators.machine import *
from barrow.indicators.parts import (
    _Exponential,
    _Extreme,
    _Mean,
    _Ring,
    _Sum,
    _Wilder,
)


struct _Rsi(WideIndicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var before: Float64
    var gain: _Smooth
    var loss: _Smooth

    def __init__(out self, parameters: Parameters):
        self.before = 0
        self.gain = _Smooth.wilder(whole(parameters, 0), 1)
        self.loss = _Smooth.wilder(whole(parameters, 0), 1)

    def warm_up(self) -> Int:
        return self.gain.length

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var change = row.close - self.before
        self.before = row.close
        if at == 0:
            return Values(0)
        var gain = self.gain.update(change if change > 0 else 0.0, at - 1)
        var loss = self.loss.update(-change if change < 0 else 0.0, at - 1)
        var both = gain + loss
        return Values(0.0 if is_zero(both) else 100.0 * (gain / both), 0, 0, 0)

    @always_inline
    def ready(self, at: Int) -> Bool:
        return at > self.gain.length

    @always_inline
    def update_wide(mut self, rows: Rows) -> Results:
        var change = rows.close - delayed(rows.close, self.before)
        self.before = rows.close[WIDE - 1]
        var zero = Lanes(0)
        var gain = self.gain.update_wide(change.gt(0).select(change, zero))
        var loss = self.loss.update_wide(change.lt(0).select(-change, zero))
        var both = gain + loss
        return Results(are_zero(both).select(zero, 100.0 * (gain / both)))

    def visit(mut self, mut words: Words):
        words.number(self.before)
        self.gain.visit(words)
        self.loss.visit(words)


struct _Cmo[smoothed: Bool](Indicator):
    """Gains less losses in per cent of both: by Wilder's means as TA-Lib, or by sums."""

    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var before: Float64
    var gain: _Wilder
    var loss: _Wilder
    var gains: _Sum
    var losses: _Sum

    def __init__(out self, parameters: Parameters):
        var length = whole(parameters, 0)
        self.before = 0
        self.gain = _Wilder(length)
        self.loss = _Wilder(length)
        self.gains = _Sum(length)
        self.losses = _Sum(length)

    def warm_up(self) -> Int:
        return self.gain.length

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var change = row.close - self.before
        self.before = row.close
        if at == 0:
            return Values(0)
        var gain = max(change, 0.0)
        var loss = max(-change, 0.0)
        comptime if Self.smoothed:
            gain = self.gain.update(gain, at - 1)
            loss = self.loss.update(loss, at - 1)
        else:
            gain = self.gains.update(gain, at - 1)
            loss = self.losses.update(loss, at - 1)
        var both = gain + loss
        if is_zero(both):
            return Values(0)
        return Values(100.0 * ((gain - loss) / both), 0, 0, 0)

    def visit(mut self, mut words: Words):
        words.number(self.before)
        self.gain.visit(words)
        self.loss.visit(words)
        self.gains.visit(words)
        self.losses.visit(words)


struct _Pair(Movable):
    """A fast and a slow exponential mean; both start with means that end at the same value."""

    var fast: _Smooth
    var slow: _Smooth
    var delay: Int

    def __init__(out self, parameters: Parameters):
        var one = whole(parameters, 0)
        var other = whole(parameters, 1)
        self.delay = abs(one - other)
        self.fast = _Smooth.exponential(min(one, other), self.delay)
        self.slow = _Smooth.exponential(max(one, other))

    @always_inline
    def update(mut self, value: Float64, at: Int) -> Tuple[Float64, Float64]:
        var slow = self.slow.update(value, at)
        if at < self.delay:
            return (0.0, slow)
        return (self.fast.update(value, at - self.delay), slow)

    @always_inline
    def update_wide(mut self, values: Lanes) -> Lanes:
        """The fast means less the slow ones."""
        return self.fast.update_wide(values) - self.slow.update_wide(values)

    def visit(mut self, mut words: Words):
        self.fast.visit(words)
        self.slow.visit(words)


struct _Macd(WideIndicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 3
    var means: _Pair
    var signal: _Smooth

    def __init__(out self, parameters: Parameters):
        self.means = _Pair(parameters)
        self.signal = _Smooth.exponential(
            whole(parameters, 2), self.means.slow.length - 1
        )

    def warm_up(self) -> Int:
        return self.means.slow.length + self.signal.length - 2

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var pair = self.means.update(row.close, at)
        var from_first = at - (self.means.slow.length - 1)
        if from_first < 0:
            return Values(0)
        var macd = pair[0] - pair[1]
        var signal = self.signal.update(macd, from_first)
        return Values(macd, signal, macd - signal, 0)

    @always_inline
    def ready(self, at: Int) -> Bool:
        return at > self.warm_up()

    @always_inline
    def update_wide(mut self, rows: Rows) -> Results:
        var macd = self.means.update_wide(rows.close)
        var signal = self.signal.update_wide(macd)
        return Results(macd, signal, macd - signal)

    def visit(mut self, mut words: Words):
        self.means.visit(words)
        self.signal.visit(words)


struct _PriceOscillator[percent: Bool](Indicator):
    """The distance of two means, simple or exponential by the third parameter."""

    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var fast: _Mean
    var slow: _Mean
    var fast_share: _Exponential[]
    var slow_share: _Exponential[]
    var exponential: Bool

    def __init__(out self, parameters: Parameters):
        var one = whole(parameters, 0)
        var other = whole(parameters, 1)
        self.fast = _Mean(min(one, other))
        self.slow = _Mean(max(one, other))
        self.fast_share = _Exponential(min(one, other))
        self.slow_share = _Exponential(max(one, other))
        self.exponential = parameters[2] != 0

    def warm_up(self) -> Int:
        return self.slow_share.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var fast = 0.0
        var slow: Float64
        if self.exponential:
            fast = self.fast_share.update(row.close, at)
            slow = self.slow_share.update(row.close, at)
        else:
            slow = self.slow.update(row.close, at)
            # The sum starts late, as that of TA-Lib does.
            var delay = self.slow_share.length - self.fast_share.length
            if at >= delay:
                fast = self.fast.update(row.close, at - delay)
        comptime if Self.percent:
            if is_zero(slow):
                return Values(0)
            return Values(((fast - slow) / slow) * 100.0, 0, 0, 0)
        else:
            return Values(fast - slow, 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.fast.visit(words)
        self.slow.visit(words)
        self.fast_share.visit(words)
        self.slow_share.visit(words)


struct _Change[what: Int](Indicator):
    """From the value `length` before: 0 difference, 1 per cent, 2 share, 3 ratio, 4 ratio of 100."""

    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var ring: _Ring

    def __init__(out self, parameters: Parameters):
        self.ring = _Ring(whole(parameters, 0))

    def warm_up(self) -> Int:
        return len(self.ring.items)

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var x = row.close
        var before = self.ring.push(x)
        comptime if Self.what == 0:
            return Values(x - before, 0, 0, 0)
        if before == 0:
            return Values(0)
        comptime if Self.what == 1:
            return Values((x / before - 1.0) * 100.0, 0, 0, 0)
        elif Self.what == 2:
            return Values((x - before) / before, 0, 0, 0)
        elif Self.what == 3:
            return Values(x / before, 0, 0, 0)
        else:
            return Values((x / before) * 100.0, 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.ring.visit(words)


struct _StochasticRsi(Indicator):
    comptime USES = CLOSE
    comptime OUTPUTS = 2
    var rsi: _Rsi
    var high: _Extreme[True]
    var low: _Extreme[False]
    var d: _Mean

    def __init__(out self, parameters: Parameters):
        self.rsi = _Rsi(parameters)
        self.high = _Extreme[True](whole(parameters, 1))
        self.low = _Extreme[False](whole(parameters, 1))
        self.d = _Mean(whole(parameters, 2))

    def warm_up(self) -> Int:
        return self.rsi.warm_up() + self.high.length + self.d.sum.length - 2

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var rsi = self.rsi.update(row, at)[0]
        var place = at - self.rsi.warm_up()
        if place < 0:
            return Values(0)
        var high = self.high.update(rsi, place)
        var low = self.low.update(rsi, place)
        place -= self.high.length - 1
        if place < 0:
            return Values(0)
        var part = (high - low) / 100.0
        var k = (rsi - low) / part if part != 0 else 0.0
        return Values(k, self.d.update(k, place), 0, 0)

    def visit(mut self, mut words: Words):
        self.rsi.visit(words)
        self.high.visit(words)
        self.low.visit(words)
        self.d.visit(words)
