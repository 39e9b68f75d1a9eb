"""Quantiles of short windows: eight parts of a series at a time, a window in each lane.

Each lane holds the values of its window in order. One number leaves and one comes without
a branch: what is not less than the one that leaves moves down by one place, what is greater
than the new one moves up. That takes four instructions for a value, of eight windows at once.
"""

from barrow.fence import MutColumnView, Scratch, SeriesView
from barrow.rolling.interpolation import Interpolation, QuantilePlace
from barrow.rolling.lanes import finite_lanes, Row, SQUARE, transpose

comptime _NAN = Float64(0) / Float64(0)
# In the place of what is missing: greater than any value, as infinities are missing too.
comptime _NOTHING = Float64.MAX


struct SortedLanes(Movable):
    """Windows of values in ascending order, one in each lane."""

    var _values: Scratch[DType.float64]
    var _most: Int

    def __init__(out self, most: Int):
        """Makes empty windows.

        Args:
            most: How many values each may hold.
        """
        # Behind the last place, what moves down when one leaves.
        self._values = Scratch[DType.float64](
            length=(most + 1) * SQUARE, fill=_NOTHING
        )
        self._most = most

    @always_inline
    def at(self, place: Int) -> Row:
        """Returns a value of each window.

        Args:
            place: How many there are before it, below the most there may be.

        Returns:
            The values, infinity where there are no more.
        """
        return self._values.load[SQUARE](place * SQUARE)

    @always_inline
    def lane(self, place: Int, lane: Int) -> Float64:
        """Returns a value of one window.

        Args:
            place: As of `at`.
            lane: Which window.

        Returns:
            The value.
        """
        return self._values.load(place * SQUARE + lane)

    @always_inline
    def replace(mut self, old: Row, new: Row):
        """Takes a number away from each window and adds another one.

        Args:
            old: Numbers that are there, or infinity to take none.
            new: Finite numbers, or infinity to add none.
        """
        var below = Row(Float64.MIN)
        var here = self.at(0)
        for place in range(self._most):
            var next = self.at(place + 1)
            var left = here.lt(old).select(here, next)
            # The lesser of what is left and the new one, but not less than what is left
            # before it; `min` and `max` would look for NaN.
            var low = new.lt(left).select(new, left)
            low = below.gt(low).select(below, low)
            self._values.store[SQUARE](place * SQUARE, low)
            below = left
            here = next


def quantile_in_lanes(
    x: SeriesView,
    window: Int,
    min_periods: Int,
    q: Float64,
    interpolation: Interpolation,
    result: MutColumnView[DType.float64],
):
    """Computes a quantile of every window, as `rolling_quantile`.

    Args:
        x: The numbers.
        window: How many a window holds, at least 1; few, as each takes time.
        min_periods: How many of them a result needs.
        q: Which quantile, from 0 to 1.
        interpolation: What lies between two values.
        result: Where the results go; as long as `x`, in other memory.
    """
    var run = _Run(x, window, min_periods, q, interpolation, result)
    run.begin()
    for t in range(0, run.length, SQUARE):
        run.tile(t)


struct _Run:
    """One pass over a series."""

    var x: SeriesView
    var window: Int
    var least: Int
    var q: Float64
    var full: QuantilePlace
    var interpolation: Interpolation
    var result: MutColumnView[DType.float64]
    # How long a part is.
    var length: Int
    var lanes: SortedLanes
    var counts: SIMD[DType.int64, SQUARE]

    def __init__(
        out self,
        x: SeriesView,
        window: Int,
        min_periods: Int,
        q: Float64,
        interpolation: Interpolation,
        result: MutColumnView[DType.float64],
    ):
        self.x = x
        self.window = window
        self.least = max(min_periods, 1)
        self.q = q
        self.full = QuantilePlace(q, window)
        self.interpolation = interpolation
        self.result = result
        # An odd number of cache lines, so that parts do not compete for the same ones.
        var lines = -(-len(x) // (SQUARE * SQUARE))
        self.length = (lines | 1) * SQUARE
        self.lanes = SortedLanes(window)
        self.counts = SIMD[DType.int64, SQUARE](0)

    def begin(mut self):
        """Takes the windows before the parts."""
        for t in range(-self.window, 0):
            var numbers = Row(_NOTHING)
            for lane in range(SQUARE):
                var at = lane * self.length + t
                if 0 <= at and at < len(self.x):
                    var number = self.x.double(at) + 0.0
                    if (number - number) == 0:
                        numbers[lane] = number
                        self.counts[lane] += 1
            self.lanes.replace(Row(_NOTHING), numbers)

    def tile(mut self, t: Int):
        """Takes the next numbers of each part, and writes their results."""
        var new = self._columns(t)
        var old = self._columns(t - self.window)
        var values = Array[Row, SQUARE](fill=Row(_NAN))
        comptime for i in range(SQUARE):
            self.lanes.replace(old[i], new[i])
            self.counts += _there(new[i]) - _there(old[i])
            if all(self.counts.eq(Int64(self.window))):
                # No more is looked at than there is, also where all of it is upper.
                values[i] = self.full.between[SQUARE](
                    self.lanes.at(self.full.low),
                    self.lanes.at(min(self.full.low + 1, self.window - 1)),
                    self.interpolation,
                )
            else:
                values[i] = self._each()
        transpose(values)
        for lane in range(SQUARE):
            var at = lane * self.length + t
            if at + SQUARE <= len(self.result):
                self.result.store[SQUARE](at, values[lane])
            else:
                for i in range(len(self.result) - at):
                    self.result.store(at + i, values[lane][i])

    @always_inline
    def _columns(self, t: Int) -> Array[Row, SQUARE]:
        """Reads what is at `t` of each part and after it, a vector for each time."""
        var rows = Array[Row, SQUARE](fill=Row(0))
        comptime for lane in range(SQUARE):
            var at = lane * self.length + t
            # Of two zeros the one without a sign, as they are in no order.
            var numbers = self._numbers(at) + Row(0)
            rows[lane] = finite_lanes[SQUARE](numbers).select(
                numbers, Row(_NOTHING)
            )
        transpose(rows)
        return rows^

    @always_inline
    def _numbers(self, at: Int) -> Row:
        if at >= 0 and at + SQUARE <= len(self.x):
            return self.x.doubles[SQUARE](at)
        var numbers = Row(_NAN)
        for i in range(max(0, -at), min(SQUARE, len(self.x) - at)):
            numbers[i] = self.x.double(at + i)
        return numbers

    @no_inline
    def _each(self) -> Row:
        """Returns the quantiles of windows some of which lack values."""
        var values = Row(_NAN)
        for lane in range(SQUARE):
            var count = Int(self.counts[lane])
            if count < self.least:
                continue
            var place = QuantilePlace(self.q, count)
            values[lane] = place.between[1](
                self.lanes.lane(place.low, lane),
                self.lanes.lane(min(place.low + 1, count - 1), lane),
                self.interpolation,
            )
        return values


@always_inline
def _there(numbers: Row) -> SIMD[DType.int64, SQUARE]:
    comptime one = SIMD[DType.int64, SQUARE](1)
    return numbers.lt(Row(_NOTHING)).select(one, one - one)
