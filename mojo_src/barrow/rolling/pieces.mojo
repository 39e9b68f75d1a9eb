"""Sums and extremes of windows from those of pieces: nothing is subtracted.

Numbers go in groups of 8, counted from the first number of the series, groups in groups
of 8, and so on. A window that ends in group h and begins in an earlier one is

    (the tail of the group it begins in, and the groups between) and the head of group h.

The groups between are themselves a window over the totals of groups: that of the level
above, which needs one step for 8 of this one. Its length is the lesser one of the two that
occur; where a window takes one group more, that is put to it. Levels go on until a window is
8 long at most, which is added up from its first value to its last. So

- a number that has left a window leaves no trace, and nothing drifts: a head or a tail of 8
  are 3 additions deep, a level 6, so that a sum is off by at most (2 * log2(window) + 7) *
  2**-53 times the sum of magnitudes in the window, to first order;
- what a number takes does not depend on the window: two or three additions for heads and
  tails, two or three to put a window together, and an eighth of that for each level above.

Heads and tails of v0 to v7 are put together of v0 v1, v2 v3, v4 v5, v6 v7 and of the two
halves, so that a head of 7 is (v0 to v3) with (v4 v5 with v6), and a tail of 7 is (v1 with
v2 v3) with (v4 to v7).

Windows of up to 8 numbers are put together of the last 4, 2 and 1, those first that come last.
"""

from barrow.fence import Scratch
from barrow.rolling.fold import Fold, folded

comptime GROUP = 8
"""How many numbers go together."""
# Levels above the first.
comptime _MIDDLE = 0
comptime _MORE = 1
comptime _HEAD = 2
comptime _TWO = 3
comptime _FOUR = 4
comptime _SIX = 5
comptime _STATE = 6


@fieldwise_init
struct _Level(ImplicitlyCopyable):
    """A window over numbers, or over totals of groups of some level."""

    var length: Int
    # How many places in a group belong to windows that take one group more.
    var longer: Int
    # Rings of values and of tails in the memory of all, and places in each less one.
    var values: Int
    var tails: Int
    var mask: Int

    @staticmethod
    def of(length: Int, memory: Int, width: Int) -> Self:
        """Lays out a level behind the memory that is used."""
        var size = GROUP
        while size < length + 2 * GROUP:
            size *= 2
        var longer = length - 1 - GROUP * (_between(length) + 1)
        return Self(length, longer, memory, memory + size * width, size - 1)

    def end(self, width: Int) -> Int:
        return self.tails + (self.mask + 1) * width


def _between(length: Int) -> Int:
    """Returns how long the level above is; -1 if there is none."""
    if length <= GROUP:
        return -1
    return -(-(length - 1) // GROUP) - 2


def group_of(window: Int) -> Int:
    """Returns how many numbers the largest group has.

    Args:
        window: How many a window holds.

    Returns:
        A power of 8; where parts of a series begin at its multiples, their groups are
        those of the series.
    """
    var size = GROUP
    var length = _between(window)
    while length > GROUP:
        size *= GROUP
        length = _between(length)
    return size


struct Pieces[fold: Fold, width: Int](Movable):
    """What the last `window` numbers come to, 8 at a time, of some series at once.

    Parameters:
        fold: What they come to.
        width: How many series.
    """

    comptime Lanes = SIMD[DType.float64, Self.width]
    """A number of each series."""
    comptime Group = Array[Self.Lanes, GROUP]
    """Numbers that go together."""
    var _levels: List[_Level]
    # State of the levels, then their rings.
    var _memory: Scratch[DType.float64]
    var _group: Int

    def __init__(out self, window: Int, first: Int):
        """Makes pieces of nothing.

        Args:
            window: How many numbers a window holds, at least 1.
            first: Where in the series the first number comes from, a multiple of 8 that may
                be below 0.
        """
        var lengths = List[Int]()
        var length = window
        while length >= 0:
            lengths.append(length)
            length = _between(length)
        self._levels = List[_Level](capacity=len(lengths))
        var end = len(lengths) * _STATE * Self.width
        for one in lengths:
            var level = _Level.of(one, end, Self.width)
            end = level.end(Self.width)
            self._levels.append(level)
        self._memory = Scratch[DType.float64](
            length=end, fill=Self.fold.nothing()
        )
        self._group = first >> 3

    @always_inline
    def _join(self, a: Self.Lanes, b: Self.Lanes) -> Self.Lanes:
        return folded[Self.fold, Self.width](a, b)

    @always_inline
    def _state(self, level: Int, what: Int) -> Self.Lanes:
        return self._memory.load[Self.width](
            (level * _STATE + what) * Self.width
        )

    @always_inline
    def _keep(mut self, level: Int, what: Int, lanes: Self.Lanes):
        self._memory.store[Self.width](
            (level * _STATE + what) * Self.width, lanes
        )

    @always_inline
    def _at(self, ring: Int, place: Int) -> Self.Lanes:
        return self._memory.load[Self.width](ring + place * Self.width)

    @always_inline
    def _put(mut self, ring: Int, place: Int, lanes: Self.Lanes):
        self._memory.store[Self.width](ring + place * Self.width, lanes)

    @always_inline
    def push(mut self, numbers: Self.Group) -> Self.Group:
        """Takes the next numbers of each series.

        Args:
            numbers: None of them NaN; what is missing is `fold.nothing()`.

        Returns:
            What the windows that end at each of them come to.
        """
        var level = self._levels[0]
        var results = Self.Group(fill=Self.Lanes(0))
        var begin = (GROUP * self._group) & level.mask
        if level.length <= GROUP:
            comptime for k in range(GROUP):
                self._put(level.values, begin + k, numbers[k])
            comptime for k in range(GROUP):
                results[k] = self._short(level, GROUP * self._group + k)
            self._group += 1
            return results^
        self._tails(level, begin, numbers)
        results = _heads[Self.fold, Self.width](numbers)
        var total = results[7]
        var middle = self._state(0, _MIDDLE)
        var more = self._state(0, _MORE)
        var from_here = GROUP * self._group + 1 - level.length
        comptime for k in range(GROUP):
            var tail = self._at(level.tails, (from_here + k) & level.mask)
            tail = self._join(tail, more if k < level.longer else middle)
            results[k] = self._join(tail, results[k])
        self._rise(total)
        self._group += 1
        return results^

    def _rise(mut self, group: Self.Lanes):
        """Takes the total of a group to the levels above."""
        var total = group
        var at = self._group
        for k in range(1, len(self._levels)):
            var level = self._levels[k]
            self._put(level.values, at & level.mask, total)
            var window = Self.Lanes(Self.fold.nothing())
            if level.length > GROUP:
                var head = self._head(k, at & 7, total)
                var more = at & 7 < level.longer
                window = self._at(
                    level.tails, (at + 1 - level.length) & level.mask
                )
                window = self._join(
                    window, self._state(k, _MORE if more else _MIDDLE)
                )
                window = self._join(window, head)
                total = head
            else:
                for i in range(at + 1 - level.length, at + 1):
                    window = self._join(
                        window, self._at(level.values, i & level.mask)
                    )
            self._keep(k - 1, _MIDDLE, window)
            var next = self._at(level.values, (at - level.length) & level.mask)
            self._keep(k - 1, _MORE, self._join(next, window))
            if level.length <= GROUP or at & 7 != 7:
                return
            var values = Self.Group(fill=Self.Lanes(0))
            var begin = (at - 7) & level.mask
            comptime for i in range(GROUP):
                values[i] = self._at(level.values, begin + i)
            self._tails(level, begin, values)
            at >>= 3

    @always_inline
    def _head(mut self, k: Int, place: Int, value: Self.Lanes) -> Self.Lanes:
        """Returns what the values of a group come to, up to the next one."""
        var head = value
        if place == 1:
            head = self._join(self._state(k, _HEAD), value)
            self._keep(k, _TWO, head)
        elif place == 2:
            head = self._join(self._state(k, _TWO), value)
        elif place == 3:
            var two = self._join(self._state(k, _HEAD), value)
            head = self._join(self._state(k, _TWO), two)
            self._keep(k, _FOUR, head)
        elif place == 4:
            head = self._join(self._state(k, _FOUR), value)
        elif place == 5:
            var two = self._join(self._state(k, _HEAD), value)
            self._keep(k, _SIX, two)
            head = self._join(self._state(k, _FOUR), two)
        elif place == 6:
            var three = self._join(self._state(k, _SIX), value)
            head = self._join(self._state(k, _FOUR), three)
        elif place == 7:
            var two = self._join(self._state(k, _HEAD), value)
            two = self._join(self._state(k, _SIX), two)
            head = self._join(self._state(k, _FOUR), two)
        if place & 1 == 0:
            # The first of two.
            self._keep(k, _HEAD, value)
        return head

    @always_inline
    def _tails(mut self, level: _Level, begin: Int, values: Self.Group):
        """Keeps the tails of a group."""
        var v23 = self._join(values[2], values[3])
        var v67 = self._join(values[6], values[7])
        var low = self._join(self._join(values[0], values[1]), v23)
        var high = self._join(self._join(values[4], values[5]), v67)
        var seven = self._join(self._join(values[1], v23), high)
        self._put(level.tails, begin, self._join(low, high))
        self._put(level.tails, begin + 1, seven)
        self._put(level.tails, begin + 2, self._join(v23, high))
        self._put(level.tails, begin + 3, self._join(values[3], high))
        self._put(level.tails, begin + 4, high)
        self._put(level.tails, begin + 5, self._join(values[5], v67))
        self._put(level.tails, begin + 6, v67)
        self._put(level.tails, begin + 7, values[7])

    @always_inline
    def _short(self, level: _Level, last: Int) -> Self.Lanes:
        """Returns what a window of up to 8 numbers comes to."""
        var end = last
        var all = Self.Lanes(Self.fold.nothing())
        var rest = level.length
        comptime for bit in range(3, -1, -1):
            comptime size = 1 << bit
            if rest & size != 0:
                var piece = Array[Self.Lanes, size](fill=Self.Lanes(0))
                comptime for i in range(size):
                    piece[i] = self._at(level.values, (end - i) & level.mask)
                comptime for half in range(bit):
                    comptime count = size >> (half + 1)
                    comptime for i in range(count):
                        piece[i] = self._join(piece[2 * i + 1], piece[2 * i])
                all = self._join(piece[0], all)
                end -= size
        return all


@always_inline
def _heads[
    fold: Fold, width: Int
](values: Array[SIMD[DType.float64, width], GROUP]) -> Array[
    SIMD[DType.float64, width], GROUP
]:
    """Returns what the values of a group come to, up to each of them."""
    var heads = values.copy()
    var v23 = folded[fold, width](values[2], values[3])
    var v45 = folded[fold, width](values[4], values[5])
    var six = folded[fold, width](v45, values[6])
    var high = folded[fold, width](
        v45, folded[fold, width](values[6], values[7])
    )
    heads[1] = folded[fold, width](values[0], values[1])
    heads[2] = folded[fold, width](heads[1], values[2])
    heads[3] = folded[fold, width](heads[1], v23)
    heads[4] = folded[fold, width](heads[3], values[4])
    heads[5] = folded[fold, width](heads[3], v45)
    heads[6] = folded[fold, width](heads[3], six)
    heads[7] = folded[fold, width](heads[3], high)
    return heads^
