"""Blocks of a series side by side, one in each lane of vectors."""

from std.utils import IndexList

from barrow.fence import Scratch, SeriesView

comptime _NAN = Float64(0) / Float64(0)
comptime SQUARE = 8
"""How many rows and columns are transposed at a time."""


@always_inline
def finite_lanes[
    width: Int
](lanes: SIMD[DType.float64, width]) -> SIMD[DType.bool, width]:
    """Tells which numbers are values.

    Parameters:
        width: How many there are.

    Args:
        lanes: The numbers.

    Returns:
        Where they are neither NaN nor infinite.
    """
    return (lanes - lanes).eq(0)


def _mask[stage: Int, high: Bool]() -> IndexList[SQUARE]:
    var places = IndexList[SQUARE]()
    for c in range(SQUARE):
        if high:
            places[c] = c + stage if c & stage == 0 else c + SQUARE
        else:
            places[c] = c if c & stage == 0 else c - stage + SQUARE
    return places


def _one_up[width: Int]() -> IndexList[width]:
    var places = IndexList[width]()
    for i in range(width):
        places[i] = width - 1 + i
    return places


comptime Row = SIMD[DType.float64, SQUARE]
"""A row of a square of doubles."""


@always_inline
def transpose(mut rows: Array[Row, SQUARE]):
    """Turns rows into columns.

    Args:
        rows: As many rows as one is long.
    """
    comptime for bit in range(3):
        comptime stage = 1 << bit
        comptime for i in range(SQUARE):
            comptime if i & stage == 0:
                var low = rows[i].shuffle[_mask[stage, False]()](
                    rows[i + stage]
                )
                var high = rows[i].shuffle[_mask[stage, True]()](
                    rows[i + stage]
                )
                rows[i] = low
                rows[i + stage] = high


struct LaneBlocks[width: Int]:
    """Blocks of a series, a lane each, and the last block before them.

    Parameters:
        width: How many blocks; 8 or 1.
    """

    comptime Lanes = SIMD[DType.float64, Self.width]
    """A number of each block."""
    var x: SeriesView
    """The series."""
    var window: Int
    """How long a block is."""
    var values: Scratch[DType.float64]
    """The blocks, place by place."""
    var before: Scratch[DType.float64]
    """The last block before them."""
    var stage: Scratch[DType.float64]
    """Room for the blocks one after another."""
    var whole: Bool
    """Whether no number of them is missing."""
    var before_whole: Bool
    """Whether none was missing of the blocks before."""
    var pivot: Self.Lanes
    """A value of each block, or at least near it."""

    def __init__(out self, x: SeriesView, window: Int):
        """Makes room.

        Args:
            x: The series.
            window: How long a block is.
        """
        self.x = x
        self.window = window
        var rows = -(-window // SQUARE) * SQUARE
        self.values = Scratch[DType.float64](length=rows * Self.width)
        self.before = Scratch[DType.float64](length=rows, fill=_NAN)
        self.stage = Scratch[DType.float64](
            length=(window + 1) * SQUARE if Self.width == SQUARE else 0
        )
        self.whole = False
        self.before_whole = False
        self.pivot = Self.Lanes(0)

    def fill(mut self, begin: Int):
        """Reads blocks; behind the end of the series are NaN.

        Args:
            begin: Where the first one begins.
        """
        self.before_whole = self.whole
        var rows = -(-self.window // SQUARE) * SQUARE
        var finite = SIMD[DType.bool, Self.width](fill=True)
        comptime if Self.width == SQUARE:
            var size = Self.width * self.window
            if begin + size <= len(self.x):
                # In the order in which processors foresee what is read next.
                var distances = Row(0)
                for i in range(0, size, SQUARE):
                    var row = self.x.doubles[SQUARE](begin + i)
                    distances += row - row
                    self.stage.store[SQUARE](i, row)
                for t in range(0, rows, SQUARE):
                    var square = Array[Row, SQUARE](fill=Row(0))
                    comptime for i in range(SQUARE):
                        square[i] = self.stage.load[SQUARE](i * self.window + t)
                    transpose(square)
                    comptime for i in range(SQUARE):
                        self.values.store[SQUARE]((t + i) * SQUARE, square[i])
                self.whole = all(distances.eq(0))
                return
        for lane in range(Self.width):
            for t in range(self.window):
                var at = begin + lane * self.window + t
                var value = self.x.double(at) if at < len(self.x) else _NAN
                self.values.store(t * Self.width + lane, value)
        for t in range(self.window):
            finite &= finite_lanes(self.at(t))
        self.whole = all(finite)

    @always_inline
    def at(self, t: Int) -> Self.Lanes:
        """Returns what is at a place of each block.

        Args:
            t: The place.

        Returns:
            The numbers.
        """
        return self.values.load[Self.width](t * Self.width)

    @always_inline
    def earlier(self, t: Int) -> Self.Lanes:
        """Returns what is at a place of the block before each block.

        Args:
            t: The place.

        Returns:
            The numbers.
        """
        var first = self.before.load(t)
        comptime if Self.width == 1:
            return Self.Lanes(first)
        else:
            return Self.Lanes(first).shuffle[_one_up[Self.width]()](self.at(t))

    def turn(mut self):
        """Makes the last block the one before."""
        for t in range(self.window):
            self.before.store(
                t, self.values.load(t * Self.width + Self.width - 1)
            )

    def settle(mut self):
        """Finds the pivots."""
        self.pivot = self._first()

    def _first(self) -> Self.Lanes:
        """Returns the first value of each block; of one without, the last one
        before."""
        var found = self.at(0)
        for t in range(1, self.window):
            if all(finite_lanes(found)):
                return found
            found = finite_lanes(found).select(found, self.at(t))
        for t in range(self.window - 1, -1, -1):
            if all(finite_lanes(found)):
                return found
            found = finite_lanes(found).select(found, self.earlier(t))
        return finite_lanes(found).select(found, Self.Lanes(0))
