"""Quantiles of long windows: which ranks of a stretch of the series are present.

A stretch is some windows long. Its values are put in order once; after that a value is its
rank, a window is a set of bits, a number that comes or leaves is one bit, and the k-th value
is the k-th bit that is set. The word in which it is moves little from window to window, so
that what a number takes does not depend on the window.

Keys in the order of the values are sorted by the first 22 bits of their range, and then by
insertion, which is for values that are nearly equal. Where too many are, as near a single one
that is large, they are sorted by all bits.
"""

from std.bit import count_leading_zeros, count_trailing_zeros, pop_count
from std.math import iota
from std.memory import bitcast
from std.sys.intrinsics import llvm_intrinsic

from barrow.fence import MutColumnView, Scratch, SeriesView
from barrow.rolling.interpolation import Interpolation, QuantilePlace

comptime _NAN = Float64(0) / Float64(0)
comptime _WIDTH = 8
comptime _SIGN = UInt64(1) << 63
# Moves of an insertion for each key, at most.
comptime _MOVES = 8


@always_inline
def ordered_key[
    width: Int
](numbers: SIMD[DType.float64, width]) -> SIMD[DType.uint64, width]:
    """Returns integers that are in the order of numbers.

    Parameters:
        width: How many.

    Args:
        numbers: None of them NaN.

    Returns:
        Their keys; those of the two zeros differ.
    """
    var bits = bitcast[DType.uint64, width](numbers)
    var negative = bits.ge(_SIGN)
    return negative.select(~bits, bits | _SIGN)


struct KeyOrder(Movable):
    """Keys, and their places in ascending order."""

    var keys: Scratch[DType.uint64]
    """The keys."""
    var places: Scratch[DType.uint32]
    """Places of keys, as many as are sorted; ascending afterwards."""
    var ranks: Scratch[DType.uint32]
    """The rank of each key that was sorted."""
    var _other: Scratch[DType.uint32]
    # Of two digits.
    var _starts: Scratch[DType.uint32]
    var _digit: Int
    var _least: UInt64

    def __init__(out self, most: Int):
        """Makes room.

        Args:
            most: How many keys there may be.
        """
        self.keys = Scratch[DType.uint64](length=most)
        self.places = Scratch[DType.uint32](length=most)
        self.ranks = Scratch[DType.uint32](length=most)
        self._other = Scratch[DType.uint32](length=most)
        # Buckets cost as much as keys.
        self._digit = 11 if most > 2048 else 9
        self._starts = Scratch[DType.uint32](length=2 << self._digit)
        self._least = 0

    def arrange(mut self, count: Int, least: UInt64, greatest: UInt64):
        """Puts places in the order of their keys; of equal ones as they were.

        Args:
            count: How many places there are.
            least: The least of their keys.
            greatest: The greatest.
        """
        self._least = least
        var bits = 64 - Int(count_leading_zeros(greatest - least))
        self._by_digits(count, max(bits - 2 * self._digit, 0), bits)
        if not self._insert(count):
            self._by_digits(count, 0, bits)
            for rank in range(count):
                self.ranks.store(Int(self.places.load(rank)), UInt32(rank))

    def _by_digits(mut self, count: Int, low: Int, bits: Int):
        """Sorts by the bits from `low` on, two digits at a time."""
        var buckets = 1 << self._digit
        for shift in range(low, bits, 2 * self._digit):
            var next = shift + self._digit
            for i in range(2 * buckets):
                self._starts.store(i, 0)
            for i in range(count):
                var place = Int(self.places.load(i))
                self._count(self._bucket(place, shift))
                self._count(self._bucket(place, next) + buckets)
            self._move(count, shift, 0)
            if next < bits:
                self._move(count, next, buckets)

    @always_inline
    def _bucket(self, place: Int, shift: Int) -> Int:
        var mask = (UInt64(1) << UInt64(self._digit)) - 1
        var key = self.keys.load(place) - self._least
        return Int((key >> UInt64(shift)) & mask)

    @always_inline
    def _count(mut self, bucket: Int):
        self._starts.store(bucket, self._starts.load(bucket) + 1)

    def _move(mut self, count: Int, shift: Int, first: Int):
        """Sorts by one digit, which was counted from bucket `first` on."""
        var start = UInt32(0)
        for i in range(first, first + (1 << self._digit)):
            var size = self._starts.load(i)
            self._starts.store(i, start)
            start += size
        for i in range(count):
            var place = self.places.load(i)
            var bucket = self._bucket(Int(place), shift) + first
            var at = self._starts.load(bucket)
            self._starts.store(bucket, at + 1)
            self._other.store(Int(at), place)
        swap(self.places, self._other)

    def _insert(mut self, count: Int) -> Bool:
        """Sorts what is nearly in order; gives up where it is not."""
        var moves = _MOVES * count
        var last = UInt64(0)
        for i in range(count):
            var place = self.places.load(i)
            var key = self.keys.load(Int(place))
            var at = i
            if key < last:
                while at > 0:
                    var before = self.places.load(at - 1)
                    if self.keys.load(Int(before)) <= key:
                        break
                    self.places.store(at, before)
                    self.ranks.store(Int(before), UInt32(at))
                    at -= 1
                self.places.store(at, place)
                moves -= i - at
                if moves < 0:
                    return False
            else:
                last = key
            self.ranks.store(Int(place), UInt32(at))
        return True


def ranked_quantile(
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
        window: How many a window holds, at least 1; not more than there are.
        min_periods: How many of them a result needs.
        q: Which quantile, from 0 to 1.
        interpolation: What lies between two values.
        result: Where the results go; as long as `x`, in other memory.
    """
    var room = 1024
    while room < 8 * window:
        room *= 2
    var stretch = _Stretch(x, window, room)
    var begin = 0
    while begin < len(x):
        var end = min(len(x), begin + room - window)
        stretch.read(max(0, begin - window), end)
        stretch.slide(begin, end, max(min_periods, 1), q, interpolation, result)
        begin = end


struct _Stretch:
    """Ranks of a stretch, and the ranks of a window that moves over it."""

    var x: SeriesView
    var window: Int
    var room: Int
    # Where the stretch begins.
    var base: Int
    var numbers: Scratch[DType.float64]
    # The rank of what is missing is `room`, behind all others.
    var order: KeyOrder
    var words: Scratch[DType.uint64]
    # Ranks of values that are present; of those, how many are in words before `word`.
    var count: Int
    var word: Int
    var below: Int

    def __init__(out self, x: SeriesView, window: Int, room: Int):
        self.x = x
        self.window = window
        self.room = room
        self.base = 0
        self.numbers = Scratch[DType.float64](length=room)
        self.order = KeyOrder(room)
        self.words = Scratch[DType.uint64](length=room // 64 + 1)
        self.count = 0
        self.word = 0
        self.below = 0

    def read(mut self, base: Int, end: Int):
        """Finds the ranks of the numbers of a stretch."""
        self.base = base
        var size = end - base
        var values = 0
        var least = SIMD[DType.uint64, _WIDTH](UInt64.MAX)
        var greatest = SIMD[DType.uint64, _WIDTH](0)
        var i = 0
        while i < size:
            var some = min(_WIDTH, size - i)
            var numbers = SIMD[DType.float64, _WIDTH](_NAN)
            if some == _WIDTH:
                numbers = self.x.doubles[_WIDTH](base + i)
            else:
                for k in range(some):
                    numbers[k] = self.x.double(base + i + k)
            # Of two zeros the one without a sign, as they are in no order.
            numbers += 0
            var finite = (numbers - numbers).eq(0)
            var keys = ordered_key[_WIDTH](numbers)
            least = min(least, finite.select(keys, least))
            greatest = max(greatest, finite.select(keys, greatest))
            if all(finite):
                self.numbers.store[_WIDTH](i, numbers)
                self.order.keys.store[_WIDTH](i, keys)
                var places = iota[DType.uint32, _WIDTH](UInt32(i))
                self.order.places.store[_WIDTH](values, places)
                values += _WIDTH
            else:
                for k in range(some):
                    self.numbers.store(i + k, numbers[k])
                    self.order.keys.store(i + k, keys[k])
                    self.order.ranks.store(i + k, UInt32(self.room))
                    self.order.places.store(values, UInt32(i + k))
                    values += Int(finite[k])
            i += _WIDTH
        if values > 0:
            self.order.arrange(
                values, least.reduce_min(), greatest.reduce_max()
            )

    @always_inline
    def _take(mut self, at: Int):
        var rank = Int(self.order.ranks.load(at - self.base))
        var word = rank >> 6
        var bit = UInt64(1) << UInt64(rank & 63)
        self.words.store(word, self.words.load(word) | bit)
        self.below += Int(word < self.word)
        self.count += Int(rank < self.room)

    @always_inline
    def _drop(mut self, at: Int):
        var rank = Int(self.order.ranks.load(at - self.base))
        var word = rank >> 6
        var bit = UInt64(1) << UInt64(rank & 63)
        self.words.store(word, self.words.load(word) & ~bit)
        self.below -= Int(word < self.word)
        self.count -= Int(rank < self.room)

    def slide(
        mut self,
        begin: Int,
        end: Int,
        least: Int,
        q: Float64,
        interpolation: Interpolation,
        result: MutColumnView[DType.float64],
    ):
        """Moves the window over the stretch."""
        for i in range(len(self.words)):
            self.words.store(i, 0)
        self.count = 0
        self.word = 0
        self.below = 0
        for at in range(self.base, begin):
            self._take(at)
        var full = QuantilePlace(q, self.window)
        for at in range(begin, end):
            if at >= self.window:
                self._drop(at - self.window)
            self._take(at)
            var value = _NAN
            if self.count >= least:
                var place = full
                if self.count != self.window:
                    place = QuantilePlace(q, self.count)
                value = self._value(place, interpolation)
            result.store(at, value)

    @always_inline
    def _value(
        mut self, place: QuantilePlace, interpolation: Interpolation
    ) -> Float64:
        var bits = self.words.load(self.word)
        while self.below > place.low:
            self.word -= 1
            bits = self.words.load(self.word)
            self.below -= Int(pop_count(bits))
        while True:
            var above = self.below + Int(pop_count(bits))
            if above > place.low:
                break
            self.below = above
            self.word += 1
            bits = self.words.load(self.word)
        # The bit of that number, counted from the lowest.
        var bit = llvm_intrinsic["llvm.pdep", UInt64](
            UInt64(1) << UInt64(place.low - self.below), bits
        )
        var lower = self._number(self.word, bit)
        if place.part == 0:
            return lower
        var rest = bits & ~(bit | (bit - 1))
        var word = self.word
        while rest == 0:
            word += 1
            rest = self.words.load(word)
        return place.between[1](lower, self._number(word, rest), interpolation)

    @always_inline
    def _number(self, word: Int, bits: UInt64) -> Float64:
        """Returns the value of the lowest rank of a word."""
        var rank = 64 * word + Int(count_trailing_zeros(bits))
        return self.numbers.load(Int(self.order.places.load(rank)))
