"""Ranks, and quantiles of short series: the values of a window kept in order.

A number that comes takes the place of the one that leaves: what lies between the two moves
by one place, as vectors. Places are found by counting: of 64 values, of 8, then of one
by one, lesser ones are counted without a branch.
"""

from std.bit import pop_count
from std.math import iota
from std.memory import pack_bits

from barrow.fence import MutColumnView, Scratch, SeriesView
from barrow.rolling.interpolation import Interpolation, QuantilePlace

comptime _NAN = Float64(0) / Float64(0)
comptime _WIDTH = 8
comptime _Places = SIMD[DType.int64, _WIDTH]
comptime _LANES = iota[DType.int64, _WIDTH]()
# Room before the first value, so that vectors may begin there.
comptime _FRONT = 8
comptime _COUNTED = 32


@fieldwise_init
struct RankMethod(Equatable, TrivialRegisterPassable):
    """What the rank of equal values is, by pandas' names."""

    var code: Int
    """One of the constants."""

    comptime AVERAGE = Self(0)
    """The mean of their ranks."""
    comptime MIN = Self(1)
    """The least of their ranks."""
    comptime MAX = Self(2)
    """The greatest of their ranks."""


struct OrderedWindow(Movable):
    """Finite values in ascending order."""

    var _values: Scratch[DType.float64]
    var count: Int
    """How many values there are."""

    def __init__(out self, most: Int):
        """Makes an empty window.

        Args:
            most: How many values there may be.
        """
        # Behind the values lie infinities, so that whole vectors can be looked at.
        var room = (most // 64 + 2) * 64 + _FRONT
        self._values = Scratch[DType.float64](length=room, fill=Float64.MAX)
        self.count = 0

    @always_inline
    def __getitem__(self, place: Int) -> Float64:
        """Returns a value.

        Args:
            place: How many there are before it.

        Returns:
            The value.
        """
        return self._values.load(place + _FRONT)

    @always_inline
    def below(self, value: Float64) -> Int:
        """Counts lesser values.

        Args:
            value: Any finite value.

        Returns:
            How many are less.
        """
        # Halves, as long as there is more than a few vectors to count.
        var begin = 0
        var length = self.count
        while length > _COUNTED:
            var half = length >> 1
            var less = self[begin + half - 1] < value
            begin = begin + half if less else begin
            length -= half
        var rest = self._values.load[_COUNTED](begin + _FRONT)
        var less = pack_bits(rest.lt(SIMD[DType.float64, _COUNTED](value)))
        return begin + Int(pop_count(less))

    def insert(mut self, value: Float64):
        """Adds a value.

        Args:
            value: A finite value.
        """
        var place = self.below(value)
        self._move_up(place, self.count)
        self._values.store(place + _FRONT, value)
        self.count += 1

    def erase(mut self, value: Float64):
        """Takes a value away.

        Args:
            value: One that is there.
        """
        self._move_down(self.below(value), self.count - 1)
        self.count -= 1
        self._values.store(self.count + _FRONT, Float64.MAX)

    @always_inline
    def replace(mut self, old: Float64, new: Float64):
        """Takes a value away and adds another one.

        Args:
            old: One that is there.
            new: A finite value.
        """
        var hole = self.below(old)
        var place = self.below(new)
        if place > hole:
            place -= 1
            self._move_down(hole, place)
        else:
            self._move_up(place, hole)
        self._values.store(place + _FRONT, new)

    @always_inline
    def _move_down(mut self, first: Int, last: Int):
        """Moves the values at first + 1 to last one place down."""
        var at = first
        while at < last:
            # Lanes behind the last one stay as they are.
            var stay = _LANES.ge(_Places(last - at))
            var now = self._values.load[_WIDTH](at + _FRONT)
            var moved = self._values.load[_WIDTH](at + _FRONT + 1)
            self._values.store[_WIDTH](at + _FRONT, stay.select(now, moved))
            at += _WIDTH

    @always_inline
    def _move_up(mut self, first: Int, last: Int):
        """Moves the values at first to last - 1 one place up."""
        var at = last - _WIDTH + 1
        while at > first - _WIDTH + 1:
            # Vectors end at the last one; lanes up to the first one stay as they are.
            var stay = _LANES.le(_Places(first - at))
            var now = self._values.load[_WIDTH](at + _FRONT)
            var moved = self._values.load[_WIDTH](at + _FRONT - 1)
            self._values.store[_WIDTH](at + _FRONT, stay.select(now, moved))
            at -= _WIDTH

    @always_inline
    def quantile(self, q: Float64, interpolation: Interpolation) -> Float64:
        """Returns a quantile.

        Args:
            q: Which one, from 0 to 1.
            interpolation: What lies between two values.

        Returns:
            The quantile; NaN if there are no values.
        """
        if self.count == 0:
            return _NAN
        var place = QuantilePlace(q, self.count)
        return place.between[1](
            self[place.low], self[place.low + 1], interpolation
        )

    def rank(self, value: Float64, method: RankMethod) -> Float64:
        """Returns the rank of a value.

        Args:
            value: One that is there.
            method: What the rank of equal values is.

        Returns:
            Its rank, from 1.
        """
        var first = self.below(value)
        var equal = 1
        while first + equal < self.count and self[first + equal] == value:
            equal += 1
        if method == RankMethod.MIN:
            return Float64(first + 1)
        if method == RankMethod.MAX:
            return Float64(first + equal)
        return Float64(2 * first + equal + 1) / 2


@always_inline
def _is_finite(value: Float64) -> Bool:
    return (value - value) == 0


struct _Slide:
    """A window that moves over a part of a series."""

    var x: SeriesView
    var window: Int
    var ordered: OrderedWindow
    var at: Int

    def __init__(out self, x: SeriesView, window: Int, at: Int):
        """Makes the window that ends before `at`."""
        self.x = x
        self.window = window
        self.ordered = OrderedWindow(window)
        self.at = at
        for i in range(max(0, at - window), at):
            if _is_finite(x.double(i)):
                self.ordered.insert(x.double(i) + 0.0)

    @always_inline
    def step(mut self):
        """Takes the next number."""
        # Of two zeros the one without a sign, as they are in no order.
        var new = self.x.double(self.at) + 0.0
        var old = _NAN
        if self.at >= self.window:
            old = self.x.double(self.at - self.window) + 0.0
        self.at += 1
        if _is_finite(new) and _is_finite(old):
            self.ordered.replace(old, new)
            return
        if _is_finite(old):
            self.ordered.erase(old)
        if _is_finite(new):
            self.ordered.insert(new)


def slow_quantile(
    x: SeriesView,
    window: Int,
    min_periods: Int,
    q: Float64,
    interpolation: Interpolation,
    result: MutColumnView[DType.float64],
):
    """Computes a quantile of every window of a short series, as `rolling_quantile`.

    Args:
        x: The numbers.
        window: How many a window holds, at least 1; not more than there are.
        min_periods: How many of them a result needs.
        q: Which quantile, from 0 to 1.
        interpolation: What lies between two values.
        result: Where the results go; as long as `x`, in other memory.
    """
    var slide = _Slide(x, window, 0)
    while slide.at < len(x):
        slide.step()
        var value = _NAN
        if slide.ordered.count >= min_periods:
            value = slide.ordered.quantile(q, interpolation)
        result.store(slide.at - 1, value)


def rolling_rank(
    x: SeriesView,
    window: Int,
    min_periods: Int,
    method: RankMethod,
    percent: Bool,
    ascending: Bool,
    result: MutColumnView[DType.float64],
):
    """Computes the rank of the last number of every window in it.

    NaN and infinities are missing values, as in pandas; they have no rank.

    Args:
        x: The numbers.
        window: How many a window holds, at least 1.
        min_periods: How many of them a result needs.
        method: What the rank of equal values is.
        percent: Whether ranks are divided by the number of values.
        ascending: Whether the least value has rank 1, or the greatest.
        result: Where the results go; as long as `x`, in other memory.
    """
    var length = min(window, max(len(x), 1))
    var slide = _Slide(x, length, 0)
    var turned = method
    if not ascending and method == RankMethod.MIN:
        turned = RankMethod.MAX
    elif not ascending and method == RankMethod.MAX:
        turned = RankMethod.MIN
    while slide.at < len(x):
        slide.step()
        var value = x.double(slide.at - 1)
        var rank = _NAN
        ref ordered = slide.ordered
        if _is_finite(value) and ordered.count >= min_periods:
            rank = ordered.rank(value, turned)
            if not ascending:
                rank = Float64(ordered.count + 1) - rank
            if percent:
                rank /= Float64(ordered.count)
        result.store(slide.at - 1, rank)
