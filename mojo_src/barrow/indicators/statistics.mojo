"""Statistics of the last values of one series."""

from std.math import atan, log, pi, sqrt

from barrow.indicators.groups import _Spread
from barrow.indicators.machine import *
from barrow.indicators.parts import _Ring


struct _Variance[root: Bool](WideIndicator):
    """The mean square of distances from the mean; or its root, 0 where TA-Lib says so."""

    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var spread: _Spread
    var deviations: Float64

    def __init__(out self, parameters: Parameters):
        self.spread = _Spread(whole(parameters, 0))
        self.deviations = parameters[1]

    def warm_up(self) -> Int:
        return self.spread.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var variance = self.spread.update(row.close, at)[1]
        comptime if Self.root:
            var deviation = 0.0 if variance < 1e-14 else sqrt(variance)
            return Values(deviation * self.deviations, 0, 0, 0)
        else:
            return Values(variance, 0, 0, 0)

    @always_inline
    def ready(self, at: Int) -> Bool:
        return self.spread.ready(at)

    @always_inline
    def update_wide(mut self, rows: Rows) -> Results:
        var variances = self.spread.update_wide(rows.close)[1]
        comptime if Self.root:
            var roots = variances.lt(1e-14).select(Lanes(0), sqrt(variances))
            return Results(roots * self.deviations)
        else:
            return Results(variances)

    def visit(mut self, mut words: Words):
        self.spread.visit(words)


struct _Regression[what: Int](Indicator):
    """A straight line through the last values: 0 its end, 1 slope, 2 start, 3 angle, 4 next."""

    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var ring: _Ring
    var length: Int
    var divisor: Float64

    def __init__(out self, parameters: Parameters):
        self.length = whole(parameters, 0)
        self.ring = _Ring(self.length)
        var n = Float64(self.length)
        self.divisor = n * (n * n - 1.0) / 12.0

    def warm_up(self) -> Int:
        return self.length - 1

    @always_inline
    def update(mut self, row: Row, at: Int) -> Values:
        var x = row.close
        _ = self.ring.push(x)
        if at < self.length - 1:
            return Values(0)
        var middle = Float64(self.length - 1) / 2.0
        var place = -middle
        var products = 0.0
        var total = 0.0
        # Distances from the newest value, oldest first: from its place to the end of the
        # ring, then from the start.
        for i in range(self.ring.at, self.length):
            var value = self.ring.items.load(i) - x
            total += value
            products += place * value
            place += 1.0
        for i in range(self.ring.at):
            var value = self.ring.items.load(i) - x
            total += value
            products += place * value
            place += 1.0
        var slope = products / self.divisor
        comptime if Self.what == 1:
            return Values(slope, 0, 0, 0)
        elif Self.what == 3:
            return Values(atan(slope) * (180.0 / pi), 0, 0, 0)
        var mean = x + total / Float64(self.length)
        comptime if Self.what == 2:
            return Values(mean - slope * middle, 0, 0, 0)
        elif Self.what == 0:
            return Values(mean + slope * middle, 0, 0, 0)
        else:
            return Values(mean + slope * (middle + 1.0), 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.ring.visit(words)


struct _Zscore(Indicator):
    """How many standard deviations from the mean, by two passes over the window."""

    comptime USES = CLOSE
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
        _ = self.ring.push(row.close)
        if at < self.length - 1:
            return Values(0)
        # Distances from the newest value: equal values give 0, whatever they are.
        var distance = 0.0
        for i in range(self.length):
            distance += self.ring.items.load(i) - row.close
        distance /= Float64(self.length)
        var squares = 0.0
        for i in range(self.length):
            var d = (self.ring.items.load(i) - row.close) - distance
            squares += d * d
        if squares == 0:
            return Values(0)
        return Values(-distance / sqrt(squares / Float64(self.length)), 0, 0, 0)

    def visit(mut self, mut words: Words):
        self.ring.visit(words)


struct _Hurst(Indicator):
    """The slope of the rescaled range of blocks over their length, both as logarithms."""

    comptime USES = CLOSE
    comptime OUTPUTS = 1
    var ring: _Ring  # differences
    var before: Float64
    var length: Int

    def __init__(out self, parameters: Parameters):
        self.length = whole(parameters, 0)
        self.ring = _Ring(self.length)
        self.before = 0

    def warm_up(self) -> Int:
        return self.length

    def update(mut self, row: Row, at: Int) -> Values:
        var change = row.close - self.before
        self.before = row.close
        if at == 0:
            return Values(0)
        _ = self.ring.push(change)
        if at < self.length:
            return Values(0)
        var count = 0.0
        var sx = 0.0
        var sy = 0.0
        var sxx = 0.0
        var sxy = 0.0
        var size = 8
        while size <= self.length:
            var mean = self._rescaled(size)
            if mean > 0:
                var x = log(Float64(size))
                var y = log(mean)
                count += 1.0
                sx += x
                sy += y
                sxx += x * x
                sxy += x * y
            size *= 2
        if count < 2:
            return Values(0.5, 0, 0, 0)
        return Values(
            (count * sxy - sx * sy) / (count * sxx - sx * sx), 0, 0, 0
        )

    def _rescaled(self, size: Int) -> Float64:
        """The mean of range over deviation of blocks, the newest first; flat ones are left out."""
        var total = 0.0
        var found = 0.0
        for block in range(self.length // size):
            var newest = block * size
            var mean = 0.0
            for i in range(newest, newest + size):
                mean += self.ring.ago(i)
            mean /= Float64(size)
            var path = 0.0
            var high = 0.0
            var low = 0.0
            var squares = 0.0
            for i in range(newest + size - 1, newest - 1, -1):
                var d = self.ring.ago(i) - mean
                path += d
                high = max(high, path)
                low = min(low, path)
                squares += d * d
            if squares > 0:
                total += (high - low) / sqrt(squares / Float64(size))
                found += 1.0
        return total / found if found > 0 else 0.0

    def visit(mut self, mut words: Words):
        self.ring.visit(words)
        words.number(self.before)
