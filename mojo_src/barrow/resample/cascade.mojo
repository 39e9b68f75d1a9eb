"""All timeframes together, over rows that come in batches of any size."""

from barrow.fence import ColumnView

from barrow.resample.bar import OpenBar
from barrow.resample.bucket import Bucket, Buckets
from barrow.resample.level import Level, _first_at_least
from barrow.resample.order import look_through
from barrow.resample.rows import Rows, SMALL_VOLUME, Sink, Ways

# Rows that every level folds before the next ones are read: seven columns of them
# stay in the second cache meanwhile, and longer stretches of a column arrive faster.
comptime _BLOCK = 8192
# Bars that a coarser level waits for: a call for each few of them costs more.
comptime _WORTH_IT = 512


@fieldwise_init
struct Trouble(ImplicitlyCopyable):
    """What stopped the levels; `NONE` if nothing did."""

    var code: Int
    """See the constants."""
    var level: Int
    """The level of the bar at fault; -1 if it is about a row."""
    var at: Int64
    """The row, or where the interval of the bar starts."""

    comptime NONE = 0
    """Nothing is wrong."""
    comptime ORDER = 1
    """The stamp of a row does not follow the one before, or is after 2261."""
    comptime VOLUME = 2
    """The volume of a bar does not fit into its encoding."""
    comptime PRICE = 3
    """A price of a bar is a sentinel or outside the range of its encoding."""
    comptime FULL = 4
    """There is no room for a bar."""
    comptime OUTSIDE = 5
    """A row is outside of every session, and must not be."""


@fieldwise_init
struct BarState(ImplicitlyCopyable):
    """What the bar that is open at the end of the rows is."""

    var code: Int
    """See the constants."""

    comptime NONE = 0
    """There is no row in the interval."""
    comptime UNFINISHED = 1
    """Rows may follow."""
    comptime FINISHED = 2
    """The latest time known has reached the end of the interval."""


struct Cascade[price: DType, size: DType](Movable):
    """Levels, each after the one it reads from, and what the next batch needs.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.
    """

    comptime WORDS_OF_LEVEL = 18
    """How many words `save` writes for a level."""
    comptime WORDS = 4
    """How many words `save` writes besides."""

    var levels: List[Level[Self.price, Self.size]]
    """The timeframes, a finer one before those that read from it."""
    var bias: Int64
    """1 where intervals are closed at their right, else 0."""
    var rise: Int64
    """By how much a stamp must exceed the one before: 0, or 1 to refuse duplicates."""
    var least: Int64
    """The least the next stamp may be."""
    var init: UInt64
    """The last `ts_init`."""
    var ways: Ways
    """What holds for the last rows; once `ts_init` fell it may do so anywhere, and once
    it was not `ts_event` any bar may be known later than it ends."""
    var has_sessions: Bool
    """Whether rows outside of sessions become no bar."""
    var sessions: Buckets
    """The ranges of sessions, and what lies between them and is left out."""
    var here: Bucket
    """The one of those that the last row was in."""
    var refuses: Bool
    """Whether a row outside of sessions is wrong."""
    var outside: Int
    """Rows outside of sessions."""
    var seen: UInt64
    """The stamp of the last one of them: nanoseconds UTC."""

    def __init__(
        out self,
        var levels: List[Level[Self.price, Self.size]],
        bias: Int64,
        rise: Int64,
    ):
        """Starts before the first row.

        Args:
            levels: The timeframes, a finer one before those that read from it.
            bias: 1 where intervals are closed at their right, else 0.
            rise: By how much a stamp must exceed the one before: 0 or 1.
        """
        self.levels = levels^
        self.bias = bias
        self.rise = rise
        self.least = 0
        self.init = 0
        self.ways = Ways(False, True, True)
        self.has_sessions = False
        self.sessions = Buckets(step=1, origin=0)
        # One that every stamp is after.
        self.here = Bucket(Int64.MIN, Int64.MIN, False)
        self.refuses = False
        self.outside = 0
        self.seen = 0

    def keep_to(mut self, var sessions: Buckets, refuses: Bool):
        """Leaves out rows that are in no session; before the first row.

        Args:
            sessions: Boundaries of the ranges of sessions, what lies between them
                left out.
            refuses: Whether such a row is wrong.
        """
        self.has_sessions = True
        self.sessions = sessions^
        self.refuses = refuses

    def push(
        mut self,
        rows: Rows[Self.price, Self.size],
        mut sinks: List[Sink[Self.price, Self.size]],
    ) -> Trouble:
        """Adds rows, and appends the bars they finish.

        Args:
            rows: The rows; `count` is not read.
            sinks: Where the bars of every level go, room for one bar more than there
                are rows.

        Returns:
            What is wrong. After it neither the levels nor the sinks mean anything.
        """
        self._start(sinks)
        var begin = 0
        while begin < len(rows):
            var end = min(begin + _BLOCK, len(rows))
            var look = look_through(
                rows,
                begin,
                end,
                self.least,
                self.rise,
                self.init,
                self.ways,
            )
            if look.bad >= 0:
                return Trouble(Trouble.ORDER, -1, Int64(look.bad))
            self.ways = look.ways
            self.init = rows.ts_init[end - 1]
            if self.has_sessions:
                var bad = self._fold_inside(rows, begin, end, sinks)
                if bad >= 0:
                    return Trouble(Trouble.OUTSIDE, -1, Int64(bad))
            else:
                self._fold(rows, begin, end, sinks)
            self._hand_on(_WORTH_IT, sinks)
            self.least = rows.ts_event[end - 1] + self.rise
            begin = end
        if len(rows) > 0:
            self._settle(rows.ts_event[len(rows) - 1] - self.bias, sinks)
        return self._trouble()

    def _fold(
        mut self,
        rows: Rows[Self.price, Self.size],
        begin: Int,
        end: Int,
        mut sinks: List[Sink[Self.price, Self.size]],
    ):
        for i in range(len(self.levels)):
            ref level = self.levels[i]
            if level.source < 0:
                level.fold[False](
                    rows, begin, end, self.bias, self.ways, sinks[i]
                )

    def _fold_inside(
        mut self,
        rows: Rows[Self.price, Self.size],
        begin: Int,
        end: Int,
        mut sinks: List[Sink[Self.price, Self.size]],
    ) -> Int:
        """Folds the rows that are in a session, as many as follow each other at once.

        Returns:
            The first row that must not be where it is; -1 if there is none.
        """
        var at = begin
        while at < end:
            var stop = at
            while stop < end:
                var stamp = rows.ts_event[stop] - self.bias
                if stamp >= self.here.end:
                    self.here = self.sessions.find(stamp, self.here)
                if self.here.left_out:
                    break
                stop = self._stop(rows, stop, end)
            if stop > at:
                self._fold(rows, at, stop, sinks)
            if stop < end:
                if self.refuses:
                    return stop
                at = self._stop(rows, stop, end)
                self.outside += at - stop
                self.seen = UInt64(rows.ts_event[at - 1])
            else:
                at = end
        return -1

    def _stop(
        self, rows: Rows[Self.price, Self.size], at: Int, end: Int
    ) -> Int:
        """The first row after `at` that is not where the last one was, or `end`."""
        return _first_at_least(
            rows.ts_event, at, end, self.here.end + self.bias
        )

    def advance(
        mut self,
        now: Int64,
        mut sinks: List[Sink[Self.price, Self.size]],
    ) -> Trouble:
        """Appends the bars that are finished at a time, without a row.

        Args:
            now: Nanoseconds UTC; rows may not be earlier from now on.
            sinks: Where the bars of every level go, room for one bar in each.

        Returns:
            What is wrong, as `push` does.
        """
        self._start(sinks)
        if now > self.least:
            for i in range(len(self.levels)):
                if self.levels[i].source < 0:
                    self.levels[i].advance(now - self.bias, sinks[i])
            self._settle(now - self.bias, sinks)
            self.least = now
        return self._trouble()

    def peek(
        mut self, mut sinks: List[Sink[Self.price, Self.size]], ended: Bool
    ) -> Tuple[Trouble, List[BarState]]:
        """Appends the bars that are open, and leaves them open.

        Args:
            sinks: Where the bars of every level go, room for one bar in each.
            ended: Whether no row will follow, so that their intervals are over.

        Returns:
            What is wrong, as `push` does; and for every level, whether there was a
            bar and whether it is finished.
        """
        var bars = List[OpenBar[Self.price, Self.size]]()
        var states = List[BarState]()
        for i in range(len(self.levels)):
            ref level = self.levels[i]
            bars.append(level.bar)
            if level.source >= 0:
                var finer = bars[level.source]
                bars[i].follow(finer)
            if bars[i].count == 0:
                states.append(BarState(BarState.NONE))
                continue
            var bar = bars[i]
            # A row outside told the time. Finer bars may be over by it, and this one has
            # the same whether it was made from those or not.
            bar.known = max(bar.known, self.seen)
            level.append(bar, sinks[i], ended)
            var finished = bar.known >= UInt64(level.bucket.end)
            states.append(
                BarState(BarState.FINISHED if finished else BarState.UNFINISHED)
            )
        var trouble = self._trouble()
        for i in range(len(self.levels)):
            ref level = self.levels[i]
            # The bars go on, and what is wrong with them may go with them.
            level.forget_trouble()
        return (trouble, states^)

    def _start(mut self, sinks: List[Sink[Self.price, Self.size]]):
        """Every sink may be another one than last time."""
        for i in range(len(self.levels)):
            ref level = self.levels[i]
            if level.source >= 0:
                level.read = sinks[level.source].filled

    def _hand_on(
        mut self, least: Int, mut sinks: List[Sink[Self.price, Self.size]]
    ):
        """Lets levels read what finer ones have finished, if it is so many bars."""
        for i in range(len(self.levels)):
            self._hand_on_to(i, least, sinks)

    def _hand_on_to(
        mut self,
        at: Int,
        least: Int,
        mut sinks: List[Sink[Self.price, Self.size]],
    ):
        ref level = self.levels[at]
        if level.source < 0:
            return
        var end = sinks[level.source].filled
        if end - level.read < least:
            return
        var rows = sinks[level.source].rows()
        while level.read < end:
            var stop = min(level.read + _BLOCK, end)
            var small = _all_small(rows.volume, level.read, stop)
            var ways = Ways(small, self.ways.rising, self.ways.prompt)
            level.fold[True](rows, level.read, stop, 0, ways, sinks[at])
            level.read = stop

    def _settle(
        mut self, now: Int64, mut sinks: List[Sink[Self.price, Self.size]]
    ):
        """Brings every level to a time."""
        for i in range(len(self.levels)):
            self._hand_on_to(i, 1, sinks)
            # The finer level has handed on what is before its own interval, so
            # nothing can come any more for an interval that ends there.
            self.levels[i].advance(now, sinks[i])

    def _trouble(self) -> Trouble:
        return _trouble_of(self.levels)

    def save(self, mut words: List[UInt64]):
        """Appends what `restore` needs: the open bars and where they are.

        Args:
            words: Where to; `WORDS` and `WORDS_OF_LEVEL` for every level.
        """
        words.append(UInt64(self.least))
        words.append(UInt64(len(self.levels)))
        words.append(UInt64(self.outside))
        words.append(self.seen)
        for i in range(len(self.levels)):
            ref level = self.levels[i]
            words.append(UInt64(Int(level.live)))
            words.append(UInt64(level.bucket.start))
            words.append(UInt64(level.bucket.end))
            words.append(UInt64(Int(level.bucket.left_out)))
            words.append(UInt64(level.left_out))
            ref bar = level.bar
            for price in [bar.open, bar.high, bar.low, bar.close]:
                var wide = price.cast[DType.int128]()
                words.append(wide.cast[DType.uint64]())
                words.append((wide >> 64).cast[DType.uint64]())
            words.append(bar.volume.cast[DType.uint64]())
            words.append((bar.volume >> 64).cast[DType.uint64]())
            words.append(bar.known)
            words.append(UInt64(bar.count))
            words.append(UInt64(Int(bar.overflow)))

    def restore(mut self, words: List[UInt64]) -> Bool:
        """Takes over what `save` wrote.

        Args:
            words: All of it.

        Returns:
            False if that is of other levels; then nothing has changed.
        """
        comptime each = Self.WORDS_OF_LEVEL
        if len(words) != Self.WORDS + each * len(self.levels):
            return False
        if Int(words[1]) != len(self.levels):
            return False
        self.least = Int64(words[0])
        self.outside = Int(words[2])
        self.seen = words[3]
        for i in range(len(self.levels)):
            ref level = self.levels[i]
            var at = Self.WORDS + each * i
            level.live = words[at] != 0
            level.bucket = Bucket(
                Int64(words[at + 1]), Int64(words[at + 2]), words[at + 3] != 0
            )
            level.left_out = Int(words[at + 4])
            level.bar.open = _price[Self.price](words, at + 5)
            level.bar.high = _price[Self.price](words, at + 7)
            level.bar.low = _price[Self.price](words, at + 9)
            level.bar.close = _price[Self.price](words, at + 11)
            level.bar.volume = words[at + 13].cast[DType.uint128]() | (
                words[at + 14].cast[DType.uint128]() << 64
            )
            level.bar.known = words[at + 15]
            level.bar.count = Int64(words[at + 16])
            level.bar.overflow = words[at + 17] != 0
            # What was before is in the bars that are open.
            self.init = max(self.init, level.bar.known)
            self.ways.prompt &= (
                level.bar.count == 0
                or level.bar.known <= UInt64(max(level.bucket.end, 0))
            )
        return True


def _price[dtype: DType](words: List[UInt64], at: Int) -> Scalar[dtype]:
    var wide = words[at].cast[DType.uint128]() | (
        words[at + 1].cast[DType.uint128]() << 64
    )
    return wide.cast[dtype]()


def _trouble_of[
    price: DType, size: DType
](levels: List[Level[price, size]]) -> Trouble:
    for i in range(len(levels)):
        ref level = levels[i]
        if level.full:
            return Trouble(Trouble.FULL, i, 0)
        if level.unsound >= 0:
            var code = Trouble.VOLUME if level.too_large else Trouble.PRICE
            return Trouble(code, i, level.unsound_start)
    return Trouble(Trouble.NONE, -1, 0)


@always_inline
def _all_small[
    size: DType
](volumes: ColumnView[size], begin: Int, end: Int) -> Bool:
    """Whether every volume is small; False of 128 bits, which are not added that way."""
    comptime if size == DType.uint64:
        comptime width = 8
        var bits = SIMD[size, width](0)
        var at = begin
        while at + width <= end:
            bits |= volumes.load[width](at)
            at += width
        var rest = bits.reduce_or()
        while at < end:
            rest |= volumes[at]
            at += 1
        return rest.cast[DType.uint64]() < SMALL_VOLUME
    else:
        return False
