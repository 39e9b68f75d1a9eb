"""A bar that rows are added to."""

from barrow.resample.rows import Rows

comptime _LANES = 8


struct OpenBar[price: DType, size: DType](ImplicitlyCopyable):
    """A bar that rows are still added to.

    Parameters:
        price: The type of a raw price.
        size: The type of a raw volume.
    """

    var open: Scalar[Self.price]
    """The first row's opening price."""
    var high: Scalar[Self.price]
    """The highest price so far."""
    var low: Scalar[Self.price]
    """The lowest price so far."""
    var close: Scalar[Self.price]
    """The last row's closing price."""
    var volume: UInt128
    """The sum so far."""
    var known: UInt64
    """The latest time a row speaks of: nanoseconds UTC."""
    var count: Int64
    """How many rows of the input there are; 0 if there is no bar yet."""
    var overflow: Bool
    """Whether the sum of volumes passed 128 bits."""

    def __init__(out self):
        """Starts without a row."""
        self.open = 0
        self.high = Scalar[Self.price].MIN
        self.low = Scalar[Self.price].MAX
        self.close = 0
        self.volume = 0
        self.known = 0
        self.count = 0
        self.overflow = False

    def add[
        counted: Bool
    ](mut self, rows: Rows[Self.price, Self.size], begin: Int, end: Int,):
        """Adds rows that follow each other.

        Parameters:
            counted: Whether rows are bars that know how many rows they are made of.

        Args:
            rows: The rows.
            begin: The first one to add.
            end: The one after the last one; more than `begin`.
        """
        if self.count == 0:
            self.open = rows.open[begin]
        self.close = rows.close[end - 1]
        comptime if not counted:
            self.count += Int64(end - begin)
            # Stamps rise, so the last one is the latest.
            self.known = max(self.known, UInt64(rows.ts_event[end - 1]))
        var at = begin
        comptime if Self.price == DType.int64:
            at = self._add_vectors[counted](rows, begin, end)
        self._add_each[counted](rows, at, end)

    def add_part(
        mut self,
        rows: Rows[Self.price, Self.size],
        at: Int,
        volume: Scalar[Self.size],
    ):
        """Adds a row with a part of its volume.

        Args:
            rows: The rows.
            at: Which one.
            volume: The part.
        """
        if self.count == 0:
            self.open = rows.open[at]
        self.close = rows.close[at]
        self.high = max(self.high, rows.high[at])
        self.low = min(self.low, rows.low[at])
        self._add_volume(volume.cast[DType.uint128]())
        self.known = max(
            self.known, max(rows.ts_init[at], UInt64(rows.ts_event[at]))
        )
        self.count += 1

    def _add_vectors[
        counted: Bool
    ](mut self, rows: Rows[Self.price, Self.size], begin: Int, end: Int) -> Int:
        """Adds whole vectors; returns the row after them."""
        var at = begin
        var high = SIMD[Self.price, _LANES](self.high)
        var low = SIMD[Self.price, _LANES](self.low)
        # Sums of halves of 32 bits do not overflow before 2^32 vectors.
        var low_sum = SIMD[Self.size, _LANES](0)
        var high_sum = SIMD[Self.size, _LANES](0)
        var known = SIMD[DType.uint64, _LANES](self.known)
        var count = SIMD[DType.int64, _LANES](0)
        while at + _LANES <= end:
            high = max(high, rows.high.load[_LANES](at))
            low = min(low, rows.low.load[_LANES](at))
            var volume = rows.volume.load[_LANES](at)
            low_sum += volume & 0xFFFF_FFFF
            high_sum += volume >> 32
            known = max(known, rows.ts_init.load[_LANES](at))
            comptime if counted:
                count += rows.count.load[_LANES](at)
            at += _LANES
        self.high = high.reduce_max()
        self.low = low.reduce_min()
        self.volume += low_sum.reduce_add().cast[DType.uint128]() + (
            high_sum.reduce_add().cast[DType.uint128]() << 32
        )
        self.known = known.reduce_max()
        comptime if counted:
            self.count += count.reduce_add()
        return at

    def _add_each[
        counted: Bool
    ](mut self, rows: Rows[Self.price, Self.size], begin: Int, end: Int):
        for at in range(begin, end):
            self.high = max(self.high, rows.high[at])
            self.low = min(self.low, rows.low[at])
            self._add_volume(rows.volume[at].cast[DType.uint128]())
            self.known = max(self.known, rows.ts_init[at])
            comptime if counted:
                self.count += rows.count[at]

    @always_inline
    def _add_volume(mut self, volume: UInt128):
        self.volume += volume
        self.overflow |= self.volume < volume

    def follow(mut self, later: Self):
        """Adds a bar whose rows come after this one's.

        Args:
            later: The other bar; may have no rows.
        """
        if later.count == 0:
            return
        if self.count == 0:
            self = later
            return
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self._add_volume(later.volume)
        self.known = max(self.known, later.known)
        self.count += later.count
        self.overflow |= later.overflow

    def fits(self) -> Bool:
        """Tells whether the volume fits into its type.

        Returns:
            False if it is too large.
        """
        comptime largest = Scalar[Self.size].MAX.cast[DType.uint128]()
        return self.volume <= largest and not self.overflow
