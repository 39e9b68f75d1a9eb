"""Uniform quantization: which numbers the codes of a group stand for.

A code q stands for (q - zero) * scale, as in Jacob et al., "Quantization and Training
of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, eq. 1.
The scales are those of Gholami et al., "A Survey of Quantization Methods for Efficient
Neural Network Inference", 2021, eqs. 2 and 3:

    affine      scale = (max - min) / (2**b - 1)    codes 0 to 2**b - 1
    symmetric   scale = max |x| / (2**(b - 1) - 1)  codes from -(2**(b - 1) - 1), zero 0

A scale is computed in doubles and rounded once. `zero` is an integer, so a zero in the
data stays one if the range holds it; it is -round(min / scale), not clamped to the codes,
because a group need not have values of both signs. Every code is
clamp(round(x / scale) + zero), where round takes ties to the even integer.
"""

from std.memory import bitcast
from std.sys.intrinsics import llvm_intrinsic

comptime LANES = 16
"""Values that kernels take at once."""
comptime Floats = SIMD[DType.float32, LANES]
"""As many values."""
# Up to here every integer is a float16, above it only some.
comptime _MOST_HALF_ZERO = Float32(2048)


@fieldwise_init
struct Levels(TrivialRegisterPassable):
    """The codes of a width and a scheme."""

    var bits: Int
    """Bits of a code: 2 to 8."""
    var symmetric: Bool
    """Whether codes are signed, in two's complement, with their zero at 0."""

    @always_inline
    def lowest(self) -> Float32:
        """Gives the least code.

        Returns:
            The code.
        """
        return -self.highest() if self.symmetric else 0

    @always_inline
    def highest(self) -> Float32:
        """Gives the largest code.

        Returns:
            The code.
        """
        return Float32((1 << (self.bits - Int(self.symmetric))) - 1)

    @always_inline
    def flip(self) -> UInt8:
        """Gives the bit that turns two's complement into a code from 0 on.

        Returns:
            The sign bit, or 0 of affine codes.
        """
        return UInt8(1 << (self.bits - 1)) if self.symmetric else UInt8(0)


@fieldwise_init
struct Grid(TrivialRegisterPassable):
    """What the codes of a group stand for."""

    var scale: Float32
    """The distance between neighbours; positive, infinite if float16 has no room."""
    var zero: Float32
    """The code of 0, an integer."""

    @always_inline
    def codes[
        width: Int
    ](self, x: SIMD[DType.float32, width], levels: Levels) -> SIMD[
        DType.float32, width
    ]:
        """Finds the nearest codes.

        Parameters:
            width: How many.

        Args:
            x: Values.
            levels: Which codes there are.

        Returns:
            The codes, as numbers.
        """
        comptime Vector = SIMD[DType.float32, width]
        var q = nearest[width](x / Vector(self.scale)) + Vector(self.zero)
        var least = Vector(levels.lowest())
        var most = Vector(levels.highest())
        q = q.lt(least).select(least, q)
        return q.gt(most).select(most, q)

    @always_inline
    def values[
        width: Int
    ](self, q: SIMD[DType.float32, width]) -> SIMD[DType.float32, width]:
        """Finds what codes stand for.

        Parameters:
            width: How many.

        Args:
            q: Codes, as numbers.

        Returns:
            The values.
        """
        comptime Vector = SIMD[DType.float32, width]
        # A scale that was rounded up may lead past the ends of float32.
        comptime most = Vector(Float32.MAX_FINITE)
        var x = (q - Vector(self.zero)) * Vector(self.scale)
        x = x.gt(most).select(most, x)
        return x.lt(-most).select(-most, x)


@always_inline
def nearest[
    width: Int
](x: SIMD[DType.float32, width]) -> SIMD[DType.float32, width]:
    """Rounds to integers, ties to the even one.

    Parameters:
        width: How many values.

    Args:
        x: Values.

    Returns:
        Integers.
    """
    return llvm_intrinsic["llvm.roundeven", SIMD[DType.float32, width]](x)


@fieldwise_init
struct Grids[width: Int](TrivialRegisterPassable):
    """What the codes of several groups stand for.

    Parameters:
        width: How many groups.
    """

    var scale: SIMD[DType.float32, Self.width]
    """The distance between neighbours; positive, infinite if float16 has no room."""
    var zero: SIMD[DType.float32, Self.width]
    """The code of 0, an integer."""


@always_inline
def grid_of(low: Float32, high: Float32, levels: Levels, half: Bool) -> Grid:
    """Chooses the scale and the zero of a group, as `grids_of` has it.

    Args:
        low: The least value of the group.
        high: The largest one, not less.
        levels: Which codes there are.
        half: Whether scale and zero must be exact in float16.

    Returns:
        The grid.
    """
    var grids = grids_of[1](low, high, levels, half)
    return Grid(grids.scale, grids.zero)


@always_inline
def grids_of[
    width: Int
](
    low: SIMD[DType.float32, width],
    high: SIMD[DType.float32, width],
    levels: Levels,
    half: Bool,
) -> Grids[width]:
    """Chooses the scales and the zeros of groups.

    Where all values are equal, the scale is their magnitude and the code one step from
    zero, so that they come back exactly.

    Parameters:
        width: How many groups.

    Args:
        low: The least value of each group.
        high: The largest one, not less.
        levels: Which codes there are.
        half: Whether scale and zero must be exact in float16: the scale is rounded up
            then, and a range too far from 0 is widened to hold it.

    Returns:
        The grids.
    """
    comptime Vector = SIMD[DType.float32, width]
    var grids: Grids[width]
    if levels.symmetric:
        var largest = max(abs(low), abs(high)).cast[DType.float64]()
        grids = Grids[width](_step[width](largest, levels, half), Vector(0))
    else:
        grids = _affine[width](low, high, levels, half)
        if half:
            var far = abs(grids.zero).gt(Vector(_MOST_HALF_ZERO))
            var wide = _affine[width](
                min(low, Vector(0)), max(high, Vector(0)), levels, half
            )
            grids.scale = far.select(wide.scale, grids.scale)
            grids.zero = far.select(wide.zero, grids.zero)
    var equal = low.eq(high)
    var level = low.eq(0).select(Vector(1), _stored[width](abs(low), half))
    var below = low.lt(0).select(Vector(0 if levels.symmetric else 1), 0)
    return Grids[width](
        equal.select(level, grids.scale), equal.select(below, grids.zero)
    )


@always_inline
def _affine[
    width: Int
](
    low: SIMD[DType.float32, width],
    high: SIMD[DType.float32, width],
    levels: Levels,
    half: Bool,
) -> Grids[width]:
    var span = high.cast[DType.float64]() - low.cast[DType.float64]()
    var scale = _step[width](span, levels, half)
    return Grids[width](
        scale, SIMD[DType.float32, width](0) - nearest[width](low / scale)
    )


@always_inline
def _step[
    width: Int
](span: SIMD[DType.float64, width], levels: Levels, half: Bool) -> SIMD[
    DType.float32, width
]:
    var highest = SIMD[DType.float64, width](levels.highest())
    var scale = (span / highest).cast[DType.float32]()
    # The least float32 above zero: a span of a few of those has fewer numbers than codes.
    var least = SIMD[DType.float32, width](bitcast[DType.float32](UInt32(1)))
    return _stored[width](max(scale, least), half)


@always_inline
def _stored[
    width: Int
](scale: SIMD[DType.float32, width], half: Bool) -> SIMD[DType.float32, width]:
    if not half:
        return scale
    var small = scale.cast[DType.float16]()
    var next = bitcast[DType.float16, width](
        bitcast[DType.uint16, width](small) + 1
    )
    var short = small.cast[DType.float32]().lt(scale)
    return short.select(next, small).cast[DType.float32]()
