"""From values to packed codes, group by group, and back."""

from barrow.fence import ColumnView, MutColumnView, Scratch
from barrow.quantize.bits import BLOCK, pack, packed_length, unpack
from barrow.quantize.grid import Floats, Grid, LANES, Levels, grid_of
from barrow.quantize.groups import GROUPS, Room, groups_at_once
from barrow.quantize.quick import AHEAD, encode_quickly, tame
from barrow.quantize.ranges import (
    at_once,
    find_range,
    first_not_finite,
    least_squares_grid,
    percentile_range,
)

# Room beyond a block of codes, for vectors that begin in it.
comptime _SLACK = 64
# Values of a group that is still in the second cache when it is looked at again.
comptime _NEAR = 1 << 16


@fieldwise_init
struct Clip(Equatable, TrivialRegisterPassable):
    """How the range of a group is chosen."""

    var code: Int
    """The number of the way; see the constants."""

    comptime NONE = Self(0)
    """The least and the largest value."""
    comptime PERCENTILE = Self(1)
    """A part of the values, `percentile_range`."""
    comptime SQUARES = Self(2)
    """The range with the least squared error, `least_squares_grid`."""
    comptime GIVEN = Self(3)
    """Scales and zeros are there already, chosen by ranges that hold the values."""

    @always_inline
    def holds(self) -> Bool:
        """Tells whether no value is out of its range.

        Returns:
            Whether it is so.
        """
        return self == Self.NONE or self == Self.GIVEN


@fieldwise_init
struct Choices(TrivialRegisterPassable):
    """How values become codes."""

    var levels: Levels
    """Width and scheme."""
    var group: Int
    """Values of a group; the last one may be shorter."""
    var half: Bool
    """Whether scales and zeros must be exact in float16."""
    var clip: Clip
    """How ranges are chosen."""
    var fraction: Float64
    """Which part of the values lies below the upper end, if clipped by percentile."""
    var past_caches: Bool
    """Whether codes are written past the caches, which pays where all of them together
    are larger than those."""


@fieldwise_init
struct Stop(TrivialRegisterPassable):
    """Where quantization stopped, if it did."""

    var at: Int
    """The index of a value that is not finite, or the first one of a group; or -1."""
    var scale: Bool
    """Whether it is a scale that float16 has no room for."""

    comptime NOWHERE = Self(-1, False)
    """All was quantized."""


def quantize[
    dtype: DType
](
    values: ColumnView[dtype],
    choices: Choices,
    scales: MutColumnView[DType.float32],
    zeros: MutColumnView[DType.float32],
    packed: MutColumnView[DType.uint8],
) -> Stop:
    """Quantizes groups that follow each other: a range first, then codes, while the
    group is in the caches.

    Parameters:
        dtype: How values are stored.

    Args:
        values: Values.
        choices: How they become codes.
        scales: A scale for every group.
        zeros: A zero for every group.
        packed: The codes; as long as they are.

    Returns:
        Where it stopped.
    """
    var codes = Scratch[DType.uint8](length=BLOCK + _SLACK)
    var whole = 0
    if choices.clip == Clip.NONE and groups_at_once(choices.group):
        var step = GROUPS * choices.group
        var room = Room()
        while whole + step <= len(values):
            var index = whole // choices.group
            if room.encode(
                values.part(whole, whole + step),
                choices.group,
                choices.levels,
                choices.half,
                scales.part(index, index + GROUPS),
                zeros.part(index, index + GROUPS),
                codes,
            ):
                var bits = choices.levels.bits
                var byte = packed_length(whole, bits)
                pack(codes, step, bits, packed, byte, choices.past_caches)
            else:
                var end = whole + step
                var stop = _one_by_one(
                    values, whole, end, choices, scales, zeros, packed, codes
                )
                if stop.at >= 0:
                    return stop
            whole += step
    return _one_by_one(
        values, whole, len(values), choices, scales, zeros, packed, codes
    )


def _one_by_one[
    dtype: DType
](
    values: ColumnView[dtype],
    first: Int,
    last: Int,
    choices: Choices,
    scales: MutColumnView[DType.float32],
    zeros: MutColumnView[DType.float32],
    packed: MutColumnView[DType.uint8],
    mut codes: Scratch[DType.uint8],
) -> Stop:
    """Quantizes groups that begin with a whole byte, and end with one or with all."""
    var bits = choices.levels.bits
    var seen = choices.clip != Clip.GIVEN and choices.group <= _NEAR
    var ahead = max(choices.group, AHEAD) if seen else 0
    var filled = 0
    var byte = packed_length(first, bits)
    var index = first // choices.group
    var begin = first
    while begin < last:
        var end = min(begin + choices.group, last)
        var grid: Grid
        if choices.clip == Clip.GIVEN:
            grid = Grid(scales.load(index), zeros.load(index))
        else:
            var found = _grid(values, begin, end, choices)
            if not found:
                return Stop(first_not_finite(values, begin, end), False)
            grid = found.value()
            if grid.scale * 0 != 0:
                return Stop(begin, True)
            scales.store(index, grid.scale)
            zeros.store(index, grid.zero)
        var quick = choices.clip.holds() and tame[1](grid.scale, grid.zero)
        var at = begin
        while at < end:
            var count = min(end - at, BLOCK - filled)
            var done = 0
            if quick:
                done = encode_quickly(
                    values,
                    at,
                    count,
                    grid,
                    choices.levels,
                    codes,
                    filled,
                    ahead,
                )
            _encode(
                values,
                at + done,
                count - done,
                grid,
                choices.levels,
                codes,
                filled + done,
            )
            filled += count
            at += count
            if filled == BLOCK:
                pack(codes, filled, bits, packed, byte, choices.past_caches)
                byte += packed_length(filled, bits)
                filled = 0
        index += 1
        begin = end
    pack(codes, filled, bits, packed, byte, choices.past_caches)
    return Stop.NOWHERE


def _grid[
    dtype: DType
](
    values: ColumnView[dtype], begin: Int, end: Int, choices: Choices
) -> Optional[Grid]:
    """The grid of a group; none if a value is not finite."""
    var whole = find_range(values, begin, end)
    if not whole.finite:
        return None
    if choices.clip == Clip.SQUARES:
        return least_squares_grid(
            values, begin, end, whole, choices.levels, choices.half
        )
    if choices.clip == Clip.PERCENTILE and whole.low < whole.high:
        var most = percentile_range(
            values, begin, end, choices.fraction, choices.levels.symmetric
        )
        # Where nearly all values are equal, the others would be lost altogether.
        if most.low < most.high:
            whole = most
    return grid_of(whole.low, whole.high, choices.levels, choices.half)


@always_inline
def _encode[
    dtype: DType
](
    values: ColumnView[dtype],
    begin: Int,
    count: Int,
    grid: Grid,
    levels: Levels,
    mut codes: Scratch[DType.uint8],
    to: Int,
):
    var at = 0
    while at + LANES <= count:
        var x = at_once[dtype, LANES](values, begin + at)
        var q = grid.codes[LANES](x, levels).cast[DType.int32]()
        codes.store[LANES](to + at, q.cast[DType.uint8]())
        at += LANES
    while at < count:
        var x = at_once[dtype, 1](values, begin + at)
        var q = grid.codes[1](x, levels).cast[DType.int32]()
        codes.store(to + at, q.cast[DType.uint8]())
        at += 1


def dequantize(
    packed: ColumnView[DType.uint8],
    levels: Levels,
    group: Int,
    scales: ColumnView[DType.float32],
    zeros: ColumnView[DType.float32],
    values: MutColumnView[DType.float32],
    past_caches: Bool,
):
    """Turns codes back into values.

    Args:
        packed: The codes.
        levels: Their width and scheme.
        group: Values of a group.
        scales: A scale for every group.
        zeros: A zero for every group.
        values: Where the values go; as many as there are codes.
        past_caches: Whether values are written past the caches.
    """
    var codes = Scratch[DType.uint8](length=BLOCK + _SLACK)
    var line = values.before_line()
    var begin = 0
    while begin < len(values):
        var count = min(BLOCK, len(values) - begin)
        var byte = begin // 8 * levels.bits
        unpack(packed, byte, count, levels.bits, levels.flip(), codes)
        var at = begin
        while at < begin + count:
            var index = at // group
            var end = min((index + 1) * group, begin + count)
            var grid = _unsigned(scales[index], zeros[index], levels)
            if past_caches and (at - line) % LANES == 0:
                while at + LANES <= end:
                    values.stream[LANES](at, _decode(codes, at - begin, grid))
                    at += LANES
            while at + LANES <= end:
                values.store[LANES](at, _decode(codes, at - begin, grid))
                at += LANES
            while at < end:
                var q = codes.load(at - begin).cast[DType.float32]()
                values.store(at, grid.values[1](q))
                at += 1
        begin += count


@always_inline
def _unsigned(scale: Float32, zero: Float32, levels: Levels) -> Grid:
    """The grid of codes whose sign bit was flipped."""
    return Grid(scale, zero + levels.flip().cast[DType.float32]())


@always_inline
def _decode(codes: Scratch[DType.uint8], at: Int, grid: Grid) -> Floats:
    var q = codes.load[LANES](at).cast[DType.int32]().cast[DType.float32]()
    return grid.values[LANES](q)


@fieldwise_init
struct Errors(TrivialRegisterPassable):
    """Sums over values x and what their codes stand for, y."""

    var lost: Float64
    """Of (x - y)**2."""
    var values: Float64
    """Of x**2."""
    var stood: Float64
    """Of y**2."""
    var products: Float64
    """Of x * y."""
    var largest: Float64
    """The largest |x - y|."""


def errors[
    dtype: DType
](
    values: ColumnView[dtype],
    packed: ColumnView[DType.uint8],
    levels: Levels,
    group: Int,
    scales: ColumnView[DType.float32],
    zeros: ColumnView[DType.float32],
) -> Errors:
    """Compares values with what their codes stand for, in doubles.

    Parameters:
        dtype: How values are stored.

    Args:
        values: The values.
        packed: Their codes.
        levels: The width and the scheme of the codes.
        group: Values of a group.
        scales: A scale for every group.
        zeros: A zero for every group.

    Returns:
        Sums.
    """
    var codes = Scratch[DType.uint8](length=BLOCK + _SLACK)
    var sums = _Sums[LANES]()
    var rest = _Sums[1]()
    var begin = 0
    while begin < len(values):
        var count = min(BLOCK, len(values) - begin)
        var byte = begin // 8 * levels.bits
        unpack(packed, byte, count, levels.bits, levels.flip(), codes)
        var at = begin
        while at < begin + count:
            var index = at // group
            var end = min((index + 1) * group, begin + count)
            var grid = _unsigned(scales[index], zeros[index], levels)
            while at + LANES <= end:
                sums.add(
                    values.load[LANES](at).cast[DType.float64](),
                    _decode(codes, at - begin, grid),
                )
                at += LANES
            while at < end:
                var q = codes.load(at - begin).cast[DType.float32]()
                rest.add(values[at].cast[DType.float64](), grid.values[1](q))
                at += 1
        begin += count
    return Errors(
        sums.lost.reduce_add() + rest.lost,
        sums.values.reduce_add() + rest.values,
        sums.stood.reduce_add() + rest.stood,
        sums.products.reduce_add() + rest.products,
        max(sums.largest.reduce_max(), rest.largest),
    )


struct _Sums[width: Int]:
    var lost: SIMD[DType.float64, Self.width]
    var values: SIMD[DType.float64, Self.width]
    var stood: SIMD[DType.float64, Self.width]
    var products: SIMD[DType.float64, Self.width]
    var largest: SIMD[DType.float64, Self.width]

    def __init__(out self):
        self.lost = 0
        self.values = 0
        self.stood = 0
        self.products = 0
        self.largest = 0

    @always_inline
    def add(
        mut self,
        x: SIMD[DType.float64, Self.width],
        near: SIMD[DType.float32, Self.width],
    ):
        var y = near.cast[DType.float64]()
        var lost = x - y
        self.lost += lost * lost
        self.values += x * x
        self.stood += y * y
        self.products += x * y
        self.largest = max(self.largest, abs(lost))
