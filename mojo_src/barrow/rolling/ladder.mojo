"""Sums and extremes of windows by doubling: no subtraction, no drift.

With S(k, i) what the last 2**k numbers up to i come to, S(k + 1, i) is S(k, i) and
S(k, i - 2**k) together. A window is put together of such pieces, one for every bit of
its length, shorter ones first:

    P(0) = nothing, P(k + 1, i) = S(k, i) with P(k, i - 2**k) where bit k of the length
    is set, P(k, i) where it is not.

So a number takes one addition per bit of the length and one more per set bit, and what
comes out depends on the numbers in the window only: not on what went before, not on
where the window lies, not on chunks. A sum is off by at most
(log2(length) + set bits) * 2**-53 times the sum of magnitudes, to first order.

S(k, i - 2**k) and P(k, i - 2**k) come out of delay lines: rings of 2**k numbers, in which
the place of what is read is the place of what is written next. 32 neighbors go
together; below 2**5 they are shifted within registers.
"""

from std.utils import IndexList

from barrow.fence import Scratch

comptime WIDTH = 32
"""How many neighbors go together."""
comptime Doubles = SIMD[DType.float64, WIDTH]
"""As many doubles."""
comptime _LOW = 5


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
    var _top: Int
    var _time: Int
    var _rings: Scratch[DType.float64]
    var _places: _Places
    # At lengths below 2**5.
    var _sums: _Tails
    var _parts: _Tails

    def __init__(out self, window: Int):
        """Makes a ladder that has seen nothing.

        Args:
            window: How many numbers a window holds, at least 1.
        """
        comptime nothing = Self.fold.nothing()
        self._window = window
        self._top = 0
        while window >> (self._top + 1) != 0:
            self._top += 1
        self._time = 0
        self._places = _Places(window, self._top)
        self._rings = Scratch[DType.float64](
            length=WIDTH * self._places.room, fill=nothing
        )
        self._sums = _Tails(nothing)
        self._parts = _Tails(nothing)

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
                    var delayed = self._parts.delay[k](part)
                    part = _fold[Self.fold](sum, delayed)
                else:
                    part = sum
            var delayed = self._sums.delay[k](sum)
            sum = _fold[Self.fold](sum, delayed)
        if self._top >= _LOW:
            part = self._climb(sum, part)
        return part

    @always_inline
    def _climb(mut self, low_sum: Doubles, low_part: Doubles) -> Doubles:
        var sum = low_sum
        var part = low_part
        for k in range(_LOW, self._top):
            var size = 1 << k
            if self._window & size != 0:
                part = _fold[Self.fold](sum, self._delay(2 * k, part))
            sum = _fold[Self.fold](sum, self._delay(2 * k + 1, sum))
        part = _fold[Self.fold](sum, self._delay(2 * self._top, part))
        self._time += WIDTH
        return part

    @always_inline
    def _delay(mut self, ring: Int, now: Doubles) -> Doubles:
        var place = Int(self._places.bases.load(ring)) + (
            self._time & ((1 << (ring >> 1)) - 1)
        )
        var before = self._rings.load[WIDTH](place)
        self._rings.store[WIDTH](place, now)
        return before


struct _Places(Movable):
    """Where the rings are: two for each k, of 2**k parts and of 2**k sums.

    A load whose address ends in the same twelve bits as that of a store shortly before it
    waits for the store, though it is of another place. So rings lie where the vectors
    that are used together differ there, as far as they can: that takes a third of the time
    of a window of 255.
    """

    # In vectors of 32 numbers: of the parts at 2 * k, of the sums at 2 * k + 1.
    var bases: Scratch[DType.int64]
    var room: Int

    def __init__(out self, window: Int, top: Int):
        comptime page = 4096 // (8 * WIDTH)
        self.bases = Scratch[DType.int64](length=2 * (top + 1))
        self.room = 0
        for k in range(top, _LOW - 1, -1):
            for kind in range(2):
                # No sums are kept of the longest, and no parts where there are none.
                if k == top and kind == 1:
                    continue
                if k < top and kind == 0 and window & (1 << k) == 0:
                    continue
                var best = self.room
                var fewest = Int.MAX
                for base in range(self.room, self.room + page):
                    var clashes = 0
                    for other in range(k, top + 1):
                        for its in range(2):
                            if other == k and its >= kind:
                                continue
                            if other == top and its == 1:
                                continue
                            var there = Int(self.bases.load(2 * other + its)) // WIDTH
                            for time in range(page):
                                var mine = base + (time & ((1 << k - _LOW) - 1))
                                var taken = there + (
                                    time & ((1 << other - _LOW) - 1)
                                )
                                if (mine - taken) % page == 0:
                                    clashes += 1
                    if clashes < fewest:
                        fewest = clashes
                        best = base
                    if clashes == 0:
                        break
                self.bases.store(2 * k + kind, Int64(WIDTH * best))
                self.room = best + (1 << k - _LOW)


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
