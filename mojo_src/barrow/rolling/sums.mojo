"""Rolling sums, means, minima and maxima of doubles."""

from std.bit import count_leading_zeros, count_trailing_zeros
from std.math import iota
from std.memory import pack_bits

from barrow.fence import MutColumnView, Scratch, SeriesView
from barrow.rolling.ladder import (
    Doubles,
    Fold,
    Ladder,
    running,
    shifted,
    WIDTH,
)
from barrow.rolling.staged import is_streamed

comptime _NAN = Float64(0) / Float64(0)
comptime _LANES = iota[DType.uint32, WIDTH]()
# Results that are staged: 8 KiB.
comptime _STAGE = 1024


def rolling_fold[
    fold: Fold, mean: Bool = False
](
    x: SeriesView,
    window: Int,
    min_periods: Int,
    result: MutColumnView[DType.float64],
):
    """Computes what every window comes to.

    NaN and infinities are missing values, as in pandas.

    Parameters:
        fold: Sum, minimum or maximum.
        mean: Whether the sum is divided by the number of values.

    Args:
        x: The numbers.
        window: How many a window holds, at least 1.
        min_periods: How many of them a result needs.
        result: Where the results go; as long as `x`, in other memory.
    """
    # A window longer than the series: a power of two gives the same bits.
    var length = window
    var enough = 1
    while enough < len(x):
        enough *= 2
    if length > enough:
        length = enough
    var run = _Run[fold, mean](x, length, min_periods, result)
    while run.at < len(x):
        run.one()
        run.many()


@always_inline
def _lanes(x: SeriesView, at: Int) -> Doubles:
    """Returns eight numbers; NaN where there are none."""
    if at >= 0 and at + WIDTH <= len(x):
        return x.doubles[WIDTH](at)
    var numbers = Doubles(_NAN)
    for i in range(max(0, -at), min(WIDTH, len(x) - at)):
        numbers[i] = x.double(at + i)
    return numbers


@always_inline
def _finite(numbers: Doubles) -> SIMD[DType.bool, WIDTH]:
    return (numbers - numbers).eq(0)


struct _Run[fold: Fold, mean: Bool]:
    """One pass over a series."""

    var x: SeriesView
    var window: Int
    var result: MutColumnView[DType.float64]
    var ladder: Ladder[Self.fold]
    # The next number.
    var at: Int
    var streamed: Bool
    # Windows that end before this one may lack values; so many there were in the last.
    var gaps_end: Int
    var present: Float64
    var least: Float64
    var stage: Scratch[DType.float64]
    var equal: _Equal
    # The last value before `run_end`, and how many values there are equal to it in a row.
    var last: Float64
    var run: Int
    var run_end: Int

    def __init__(
        out self,
        x: SeriesView,
        window: Int,
        min_periods: Int,
        result: MutColumnView[DType.float64],
    ):
        self.x = x
        self.window = window
        self.result = result
        self.ladder = Ladder[Self.fold](window)
        self.at = 0
        self.streamed = is_streamed(result)
        self.stage = Scratch[DType.float64](
            length=_STAGE if self.streamed else 0
        )
        self.equal = _Equal(window)
        self.last = _NAN
        self.run = 0
        self.run_end = 0
        self.gaps_end = window
        self.present = 0
        comptime if Self.fold == Fold.SUM and not Self.mean:
            self.least = Float64(min_periods)
        else:
            self.least = Float64(max(min_periods, 1))

    @no_inline
    def one(mut self):
        """Takes the next numbers, whatever they are."""
        comptime one = Doubles(1)
        comptime zero = Doubles(0)
        var at = self.at
        var given = _lanes(self.x, at)
        var finite = _finite(given)
        if not all(finite):
            self.gaps_end = at + WIDTH + self.window
        var numbers = finite.select(given, Doubles(Self.fold.nothing()))
        var values = self.ladder.push(numbers)
        var left = zero
        if at + WIDTH > self.window:
            left = _finite(_lanes(self.x, at - self.window)).select(one, zero)
        var counts = running(finite.select(one, zero) - left) + self.present
        self.present = counts[WIDTH - 1]
        comptime if Self.mean:
            values = self.equal.mend(given, values / counts)
            self._mend_few(given, counts, values)
        values = counts.ge(Doubles(self.least)).select(values, Doubles(_NAN))
        if at >= 0 and at + WIDTH <= len(self.x):
            self.result.store[WIDTH](at, values)
        else:
            for i in range(max(0, -at), min(WIDTH, len(self.x) - at)):
                self.result.store(at + i, values[i])
        self.at += WIDTH

    def _mend_few(
        mut self, given: Doubles, counts: Doubles, mut means: Doubles
    ):
        """Puts the value in the place of means of equal values, also of a few."""
        var last = self.last
        var run = self.run
        if self.run_end != self.at:
            run = 0
            for i in range(self.at - 1, max(self.at - self.window, 0) - 1, -1):
                var number = self.x.double(i)
                if (number - number) != 0:
                    continue
                if run > 0 and number != last:
                    break
                last = number
                run += 1
        for i in range(WIDTH):
            var number = given[i]
            if (number - number) == 0:
                run = run + 1 if number == last else 1
                last = number
            if run > 0 and Float64(run) >= counts[i]:
                means[i] = last
        self.last = last
        self.run = run
        self.run_end = self.at + WIDTH

    @no_inline
    def many(mut self):
        """Takes numbers as long as windows lack none."""
        if self.at < self.gaps_end:
            return
        if not self.streamed:
            var target = self.result
            _ = self._stretch[False](target, len(self.x))
            return
        while self.at + WIDTH <= len(self.x):
            var end = min(len(self.x), self.at + _STAGE)
            var stage = self.stage.view()
            if not self._stretch[True](stage, end):
                return

    @always_inline
    def _stretch[
        streamed: Bool
    ](mut self, result: MutColumnView[DType.float64], end: Int) -> Bool:
        var begin = self.at
        var at = self.at
        var flow = _Flow(self.result, begin)
        var divisor = Doubles(Float64(self.window))
        var whole = True
        while at + WIDTH <= end:
            var numbers = self.x.doubles[WIDTH](at)
            if not all(_finite(numbers)):
                whole = False
                break
            var values = self.ladder.push(numbers)
            comptime if Self.mean:
                values = self.equal.mend(numbers, values / divisor)
            comptime if streamed:
                result.store[WIDTH](at - begin, values)
                flow.some(result, at - begin)
            else:
                result.store[WIDTH](at, values)
            at += WIDTH
        self.at = at
        comptime if streamed:
            flow.rest(result, at - begin)
        return whole


struct _Equal:
    """Finds windows of equal numbers, of which the mean is that number.

    The sum of equal numbers is rounded, and so is its quotient: seldom to the number.
    """

    var window: Int
    var before: Doubles
    # Which of the last numbers were equal to the one before each; how many in a row.
    var bits: UInt32
    var run: Int

    def __init__(out self, window: Int):
        self.window = window
        self.before = Doubles(_NAN)
        self.bits = 0
        self.run = 0

    @always_inline
    def mend(mut self, numbers: Doubles, means: Doubles) -> Doubles:
        """Puts numbers in the place of means where windows are flat."""
        var same = pack_bits(numbers.eq(shifted[1](self.before, numbers)))
        self.before = numbers
        var flat = UInt32(0)
        if self.window <= WIDTH:
            # Bits that end a row of window - 1 set ones.
            var row = (UInt64(same) << 32) | UInt64(self.bits)
            var left = self.window - 1
            var have = 1
            while have < left:
                var step = min(have, left - have)
                row &= row << UInt64(step)
                have += step
            flat = UInt32(row >> 32) if left > 0 else 0
            self.bits = same
        else:
            var leading = Int(count_trailing_zeros(~same))
            if same == ~UInt32(0):
                leading = WIDTH
            if self.run + leading >= self.window - 1:
                var first = max(self.window - 2 - self.run, 0)
                var some = ~UInt64(0) << UInt64(first)
                flat = UInt32(some & ((UInt64(1) << UInt64(leading)) - 1))
            if leading == WIDTH:
                self.run += WIDTH
            else:
                self.run = Int(count_leading_zeros(~same))
        if flat == 0:
            return means
        var bits = SIMD[DType.uint32, WIDTH](flat) >> _LANES
        return (bits & 1).ne(0).select(numbers, means)


struct _Flow:
    """Writes staged results past the caches, a vector at a time, two vectors late.

    Results seldom begin a cache line, so that what makes up a line was stored in two
    parts; a load of two parts waits until both are in the cache.
    """

    var result: MutColumnView[DType.float64]
    var begin: Int
    var done: Int
    comptime LINE = 8

    @always_inline
    def __init__(out self, result: MutColumnView[DType.float64], begin: Int):
        self.result = result
        self.begin = begin
        self.done = 0

    @always_inline
    def some(mut self, stage: MutColumnView[DType.float64], stored: Int):
        """Writes a vector, when the one at `stored` was stored."""
        if stored < 3 * WIDTH:
            return
        if self.done == 0:
            self._to_line(stage)
        comptime for i in range(WIDTH // Self.LINE):
            var at = self.done + i * Self.LINE
            self.result.stream[Self.LINE](
                self.begin + at, stage.load[Self.LINE](at)
            )
        self.done += WIDTH

    def rest(mut self, stage: MutColumnView[DType.float64], end: Int):
        """Writes what is left."""
        if self.done == 0 and end >= Self.LINE:
            self._to_line(stage)
        while self.done + Self.LINE <= end:
            self.result.stream[Self.LINE](
                self.begin + self.done, stage.load[Self.LINE](self.done)
            )
            self.done += Self.LINE
        while self.done < end:
            self.result.store(self.begin + self.done, stage.load(self.done))
            self.done += 1

    def _to_line(mut self, stage: MutColumnView[DType.float64]):
        while (self.result.address() + 8 * (self.begin + self.done)) % 64 != 0:
            self.result.store(self.begin + self.done, stage.load(self.done))
            self.done += 1
