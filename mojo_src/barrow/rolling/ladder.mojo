"""Sums and extremes of windows from sums and extremes of pieces: nothing is subtracted.

With S(k, i) what the last 2**k numbers up to i come to, S(k + 1, i) is S(k, i) and
S(k, i - 2**k) together. A piece shorter than 2**K is put together of those, one for
every bit of its length, shorter ones first:

    P(0) = nothing, P(k + 1, i) = S(k, i) with P(k, i - 2**k) where bit k of the length
    is set, P(k, i) where it is not.

A window is q pieces S(K), end to end, and before them P(K). K is 5 for windows below
2**13 and larger for longer ones, so that q stays below 256. Pieces at i, i - 2**K,
i - 2 * 2**K ... are grouped by q, counted from the beginning of the series: what a window
has in one group is a sum from some piece to the end of the group, in the next one a sum
from its beginning. Both are found by adding: forward as numbers come, backward once a group
is complete. So

- a number that has left a window leaves no trace, and nothing drifts: a sum is off by at
  most (min(window / 32, 256) + 2 * log2(window)) * 2**-53 times the sum of magnitudes in
  the window, to first order;
- what a number takes does not depend on the window: about ten additions.

S(k, i - 2**k) and P(k, i - 2**k) come out of delay lines: rings, in which the place of
what is read is the place of what is written next. 32 neighbors go together; below 2**5
they are shifted within registers.
"""

from std.utils import IndexList

from barrow.fence import Scratch

comptime WIDTH = 32
"""How many neighbors go together."""
comptime Doubles = SIMD[DType.float64, WIDTH]
"""As many doubles."""
comptime _LOW = 5
comptime _MOST_PIECES = 256


@fieldwise_init
struct Fold(Equatable, TrivialRegisterPassable):
    """How two pieces of a window become one."""

    var code: Int
    """One of the constants."""

    comptime SUM = Self(0)
    """Their sum."""
    comptime MIN = Self(1)
    """The lesser one."""
    comptime MAX = Self(2)
    """The greater one."""

    def nothing(self) -> Float64:
        """Returns what changes no piece.

        Returns:
            Zero, or an infinity.
        """
        if self == Self.MIN:
            return Float64.MAX
        if self == Self.MAX:
            return Float64.MIN
        return 0


@always_inline
def _fold[fold: Fold](a: Doubles, b: Doubles) -> Doubles:
    comptime if fold == Fold.SUM:
        return a + b
    elif fold == Fold.MIN:
        return b.lt(a).select(b, a)
    else:
        return b.gt(a).select(b, a)


def _places[by: Int]() -> IndexList[WIDTH]:
    var places = IndexList[WIDTH]()
    for i in range(WIDTH):
        places[i] = WIDTH - by + i
    return places


@always_inline
def shifted[by: Int](before: Doubles, now: Doubles) -> Doubles:
    """Returns the vector that begins some places earlier.

    Parameters:
        by: How many places.

    Args:
        before: The numbers before `now`.
        now: Numbers.

    Returns:
        The last `by` numbers of `before` and the first ones of `now`.
    """
    return before.shuffle[_places[by]()](now)


@always_inline
def running(steps: Doubles) -> Doubles:
    """Adds up.

    Args:
        steps: Whole numbers.

    Returns:
        For each place the sum up to it.
    """
    comptime zero = Doubles(0)
    var sums = steps
    comptime for k in range(_LOW):
        sums += shifted[1 << k](zero, sums)
    return sums


struct Ladder[fold: Fold](Movable):
    """What the last `window` numbers come to, 32 at a time.

    Parameters:
        fold: What they come to.
    """

    var _window: Int
    # K and q above.
    var _levels: Int
    var _pieces: Int
    var _time: Int
    # At lengths below 2**5, and from there to 2**K.
    var _low_sums: _Tails
    var _low_parts: _Tails
    var _rings: Scratch[DType.float64]
    # The group: for each of the vectors that 2**K numbers are, q vectors, of pieces as they
    # came, and from the group before sums to its end; the sum so far; the delayed parts.
    var _group: Scratch[DType.float64]
    var _so_far: Scratch[DType.float64]
    var _parts: Scratch[DType.float64]
    var _piece: Int
    var _vector: Int

    def __init__(out self, window: Int):
        """Makes a ladder that has seen nothing.

        Args:
            window: How many numbers a window holds, at least 1.
        """
        comptime nothing = Self.fold.nothing()
        self._window = window
        self._levels = _LOW
        while window >> self._levels >= _MOST_PIECES:
            self._levels += 1
        self._pieces = window >> self._levels
        self._time = 0
        self._low_sums = _Tails(nothing)
        self._low_parts = _Tails(nothing)
        var room = 4 << self._levels if self._levels > _LOW else 0
        self._rings = Scratch[DType.float64](length=room, fill=nothing)
        var group = self._pieces << self._levels
        self._group = Scratch[DType.float64](length=group, fill=nothing)
        self._parts = Scratch[DType.float64](length=group, fill=nothing)
        self._so_far = Scratch[DType.float64](
            length=1 << self._levels, fill=nothing
        )
        self._piece = 0
        self._vector = 0

    @always_inline
    def push(mut self, numbers: Doubles) -> Doubles:
        """Takes the next numbers.

        Args:
            numbers: None of them NaN; what is missing is `fold.nothing()`.

        Returns:
            What the windows that end at each of them come to.
        """
        var sum = numbers
        var part = Doubles(Self.fold.nothing())
        comptime for k in range(_LOW):
            if self._window & (1 << k) != 0:
                comptime if k > 0:
                    var delayed = self._low_parts.delay[k](part)
                    part = _fold[Self.fold](sum, delayed)
                else:
                    part = sum
            var delayed = self._low_sums.delay[k](sum)
            sum = _fold[Self.fold](sum, delayed)
        if self._pieces == 0:
            return part
        for k in range(_LOW, self._levels):
            # Rings of parts and of sums, 2**k numbers each, from 2 * 2**k on.
            var size = 1 << k
            var place = 2 * size + (self._time & (size - 1))
            if self._window & size != 0:
                var delayed = self._rings.load[WIDTH](place)
                self._rings.store[WIDTH](place, part)
                part = _fold[Self.fold](sum, delayed)
            var delayed = self._rings.load[WIDTH](place + size)
            self._rings.store[WIDTH](place + size, sum)
            sum = _fold[Self.fold](sum, delayed)
        self._time += WIDTH
        return self._join(sum, part)

    @always_inline
    def _join(mut self, sum: Doubles, part: Doubles) -> Doubles:
        """Puts the pieces of a window together."""
        var apart = 1 << self._levels
        var place = self._piece * apart + self._vector
        var all = sum
        if self._piece > 0:
            all = _fold[Self.fold](self._so_far.load[WIDTH](self._vector), sum)
        var last = self._piece == self._pieces - 1
        if not last:
            self._so_far.store[WIDTH](self._vector, all)
            all = _fold[Self.fold](self._group.load[WIDTH](place + apart), all)
        self._group.store[WIDTH](place, sum)
        if self._window & (apart - 1) != 0:
            var delayed = self._parts.load[WIDTH](place)
            self._parts.store[WIDTH](place, part)
            all = _fold[Self.fold](delayed, all)
        self._vector += WIDTH
        if self._vector == apart:
            self._vector = 0
            self._piece += 1
            if last:
                self._piece = 0
                self._turn()
        return all

    def _turn(mut self):
        """Makes of the pieces of a group the sums to its end."""
        var apart = 1 << self._levels
        for vector in range(0, apart, WIDTH):
            var place = (self._pieces - 1) * apart + vector
            var sum = self._group.load[WIDTH](place)
            while place >= 2 * apart:
                place -= apart
                sum = _fold[Self.fold](self._group.load[WIDTH](place), sum)
                self._group.store[WIDTH](place, sum)


struct _Tails(Movable):
    """Delay lines of up to 16 numbers: the ends of the vectors before.

    Only ends are kept: what limits the speed here is the number of stores.
    """

    var short: Array[SIMD[DType.float64, 8], _LOW - 1]
    var long: SIMD[DType.float64, 16]

    def __init__(out self, nothing: Float64):
        self.short = Array[SIMD[DType.float64, 8], _LOW - 1](
            fill=SIMD[DType.float64, 8](nothing)
        )
        self.long = SIMD[DType.float64, 16](nothing)

    @always_inline
    def delay[k: Int](mut self, now: Doubles) -> Doubles:
        """Returns the vector 2**k places earlier."""
        var before = Doubles(0)
        comptime if k < _LOW - 1:
            before = before.insert[offset=WIDTH - 8](self.short[k])
            self.short[k] = now.slice[8, offset=WIDTH - 8]()
        else:
            before = before.insert[offset=WIDTH - 16](self.long)
            self.long = now.slice[16, offset=WIDTH - 16]()
        return shifted[1 << k](before, now)
