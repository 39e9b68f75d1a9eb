"""Rolling sums, means, minima and maxima of doubles.

Eight parts of a series go together, one in each lane, each of them after the numbers that
its first windows need; columns are turned into lanes by transposing squares of 8 by 8. The
parts begin where groups of `Pieces` do, so that what a window comes to does not depend on
the length of the series.
"""

from barrow.fence import MutColumnView, Scratch, SeriesView
from barrow.rolling.fold import Fold
from barrow.rolling.lanes import Row, SQUARE, transpose
from barrow.rolling.pieces import GROUP, group_of, Pieces

comptime _NAN = Float64(0) / Float64(0)
# Columns of more doubles than these, 16 MiB, are larger than what a core has of the caches.
comptime _STREAMED = 1 << 21
# Squares of results that are staged before they are written past the caches.
comptime _STAGED = 8
comptime _STAGE = (_STAGED + 1) * SQUARE


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
    # A window longer than the series: a power of two gives the same bits, as all that is
    # before the series is nothing.
    var enough = GROUP
    while enough < len(x):
        enough *= 2
    var length = min(window, enough)
    var group = group_of(length)
    # An odd number of groups, so that parts do not compete for the same cache lines.
    var groups = -(-len(x) // (SQUARE * group)) | 1
    var part = groups * group
    # Lanes take numbers before their parts, and some may be empty.
    if part + length < len(x) // 2:
        var run = _Run[fold, mean, SQUARE](x, length, min_periods, part, result)
        run.all()
    else:
        var run = _Run[fold, mean, 1](x, length, min_periods, len(x), result)
        run.all()


struct _Run[fold: Fold, mean: Bool, width: Int]:
    """One pass over a series, of parts of one length in lanes."""

    comptime Lanes = SIMD[DType.float64, Self.width]
    comptime Mask = SIMD[DType.bool, Self.width]
    comptime Group = Array[Self.Lanes, GROUP]
    var x: SeriesView
    var window: Int
    var part: Int
    var result: MutColumnView[DType.float64]
    var pieces: Pieces[Self.fold, Self.width]
    # Where in each part the next numbers are; the first ones are before it.
    var first: Int
    var at: Int
    # Windows that end before this place of some part may lack values; how many they have.
    var gaps_end: Int
    var counts: Self.Lanes
    var least: Self.Lanes
    # The last value, and how many before it in a row are equal to it.
    var last: Self.Lanes
    var equal: Self.Lanes
    var stage: Scratch[DType.float64]
    var streamed: Bool

    def __init__(
        out self,
        x: SeriesView,
        window: Int,
        min_periods: Int,
        part: Int,
        result: MutColumnView[DType.float64],
    ):
        self.x = x
        self.window = window
        self.part = part
        self.result = result
        self.first = 0
        comptime if Self.width > 1:
            self.first = -(-(-window // GROUP)) * GROUP
        self.at = self.first
        self.pieces = Pieces[Self.fold, Self.width](window, self.first)
        self.gaps_end = self.first + window
        self.counts = Self.Lanes(0)
        comptime if Self.fold == Fold.SUM and not Self.mean:
            self.least = Self.Lanes(Float64(min_periods))
        else:
            self.least = Self.Lanes(Float64(max(min_periods, 1)))
        self.last = Self.Lanes(_NAN)
        self.equal = Self.Lanes(0)
        self.streamed = (
            Self.width > 1
            and len(x) >= _STREAMED
            and result.before_line() < SQUARE
        )
        self.stage = Scratch[DType.float64](
            length=_STAGE * SQUARE if self.streamed else 0
        )

    def all(mut self):
        """Computes every window."""
        while self.at < self.part:
            self._some()
            var numbers = self._numbers[True](self.at)
            if self.at < self.part:
                self._write(self._careful(numbers))
        self._finish()

    @no_inline
    def _some(mut self):
        """Takes numbers as long as windows lack none."""
        var inverse = Self.Lanes(Float64(self.window))
        var long = Float64(self.window - 1)
        var end = min(
            self.part, len(self.x) - (Self.width - 1) * self.part - GROUP + 1
        )
        while (
            self.at >= max(self.gaps_end, 0) and self.at < end
        ):
            var numbers = self._numbers[False](self.at)
            var apart = Self.Lanes(0)
            comptime for k in range(GROUP):
                apart += numbers[k] - numbers[k]
            if not all(apart.eq(0)):
                return
            var values = self.pieces.push(numbers)
            comptime if Self.mean:
                comptime for k in range(GROUP):
                    values[k] = values[k] / inverse
                if any((self.equal + Float64(GROUP)).ge(long)):
                    comptime for k in range(GROUP):
                        self._repeat(numbers[k])
                        var flat = self.equal.ge(long)
                        values[k] = flat.select(numbers[k], values[k])
                else:
                    comptime for k in range(GROUP):
                        self._repeat(numbers[k])
            self._write(values^)

    @always_inline
    def _repeat(mut self, numbers: Self.Lanes):
        var same = numbers.eq(self.last)
        self.equal = same.select(self.equal + 1, Self.Lanes(0))
        self.last = numbers

    @no_inline
    def _careful(mut self, numbers: Self.Group) -> Self.Group:
        """Takes numbers some of which may be missing."""
        comptime nothing = Self.Lanes(Self.fold.nothing())
        comptime zero = Self.Lanes(0)
        comptime one = Self.Lanes(1)
        var old = self._numbers[True](self.at - self.window)
        var known = numbers.copy()
        comptime for k in range(GROUP):
            var there = (numbers[k] - numbers[k]).eq(0)
            if not all(there):
                self.gaps_end = self.at + GROUP + self.window
            known[k] = there.select(numbers[k], nothing)
        var values = self.pieces.push(known)
        comptime for k in range(GROUP):
            var there = (numbers[k] - numbers[k]).eq(0)
            self.counts += there.select(one, zero)
            if self.at + k - self.window >= self.first:
                var left = (old[k] - old[k]).eq(0)
                self.counts -= left.select(one, zero)
            comptime if Self.mean:
                values[k] = values[k] / self.counts
                var same = numbers[k].eq(self.last)
                var equal = same.select(self.equal + 1, zero)
                self.equal = there.select(equal, self.equal)
                self.last = there.select(numbers[k], self.last)
                # Of equal values the mean is that value.
                var flat = (self.equal + 1).ge(self.counts)
                values[k] = flat.select(self.last, values[k])
            var enough = self.counts.ge(self.least)
            values[k] = enough.select(values[k], Self.Lanes(_NAN))
        return values^

    @always_inline
    def _numbers[guarded: Bool](self, at: Int) -> Self.Group:
        """Reads what is at `at` of each part and after it, a vector for each time."""
        var group = Self.Group(fill=Self.Lanes(_NAN))
        comptime if Self.width == 1:
            comptime for k in range(GROUP):
                if 0 <= at + k and at + k < len(self.x):
                    group[k] = Self.Lanes(self.x.double(at + k))
            return group^
        else:
            var rows = Array[Row, SQUARE](fill=Row(_NAN))
            comptime for lane in range(SQUARE):
                var begin = lane * self.part + at
                comptime if guarded:
                    rows[lane] = self._row(begin)
                else:
                    rows[lane] = self.x.doubles[SQUARE](begin)
            transpose(rows)
            comptime for k in range(GROUP):
                group[k] = rebind[Self.Lanes](rows[k])
            return group^

    @no_inline
    def _row(self, begin: Int) -> Row:
        if begin >= 0 and begin + SQUARE <= len(self.x):
            return self.x.doubles[SQUARE](begin)
        var row = Row(_NAN)
        for i in range(max(0, -begin), min(SQUARE, len(self.x) - begin)):
            row[i] = self.x.double(begin + i)
        return row

    @always_inline
    def _write(mut self, var values: Self.Group):
        """Writes the next results, and goes on."""
        var at = self.at
        self.at += GROUP
        if at < 0:
            return
        comptime if Self.width == 1:
            comptime for k in range(GROUP):
                if at + k < len(self.result):
                    self.result.store(at + k, values[k][0])
        else:
            var rows = Array[Row, SQUARE](fill=Row(0))
            comptime for k in range(GROUP):
                rows[k] = rebind[Row](values[k])
            transpose(rows)
            if self.streamed:
                var place = (at // SQUARE) % _STAGED
                comptime for lane in range(SQUARE):
                    self.stage.store[SQUARE](
                        lane * _STAGE + (place + 1) * SQUARE, rows[lane]
                    )
                if place == _STAGED - 1:
                    self._flush(at - (_STAGED - 1) * SQUARE)
                return
            comptime for lane in range(SQUARE):
                var begin = lane * self.part + at
                if begin + SQUARE <= len(self.result):
                    self.result.store[SQUARE](begin, rows[lane])
                else:
                    for i in range(len(self.result) - begin):
                        self.result.store(begin + i, rows[lane][i])

    def _flush(mut self, at: Int):
        """Writes whole cache lines of what is staged, which begins 8 before `at`."""
        var skip = self.result.before_line()
        for lane in range(SQUARE):
            var begin = lane * self.part + at - SQUARE
            var staged = lane * _STAGE
            for line in range(_STAGED):
                var from_here = skip + line * SQUARE
                var target = begin + from_here
                if (at > 0 or line > 0) and target + SQUARE <= len(self.result):
                    self.result.stream[SQUARE](
                        target, self.stage.load[SQUARE](staged + from_here)
                    )
                else:
                    self._copy(lane, at, from_here, from_here + SQUARE)
            self.stage.store[SQUARE](
                staged,
                self.stage.load[SQUARE](staged + _STAGED * SQUARE),
            )

    def _copy(mut self, lane: Int, at: Int, first: Int, end: Int):
        """Writes staged results of a part one by one; not those before it."""
        var begin = lane * self.part + at - SQUARE
        for i in range(first, end):
            if at - SQUARE + i >= 0 and begin + i < len(self.result):
                self.result.store(
                    begin + i, self.stage.load(lane * _STAGE + i)
                )

    def _finish(mut self):
        """Writes what is still staged."""
        if not self.streamed:
            return
        var staged = self.part % (_STAGED * SQUARE)
        var skip = self.result.before_line()
        for lane in range(SQUARE):
            self._copy(lane, self.part - staged, skip, SQUARE + staged)
