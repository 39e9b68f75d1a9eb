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


@always_inline
def grid_of(low: Float32, high: Float32, levels: Levels, half: Bool) -> Grid:
    """Chooses the scale and the zero of a group.

    Where all values are equal, the scale is their magnitude and the code one step from
    zero, so that they come back exactly.

    Args:
        low: The least value of the group.
        high: The largest one, not less.
        levels: Which codes there are.
        half: Whether scale and zero must be exact in float16: the scale is rounded up
            then, and a range too far from 0 is widened to hold it.

    Returns:
        The grid.
    """
    if low == high:
        if low == 0:
            return Grid(1, 0)
        var zero = Float32(1) if low < 0 and not levels.symmetric else Float32(
            0
        )
        return Grid(_stored(abs(low), half), zero)
    if levels.symmetric:
        var largest = max(abs(low), abs(high))
        return Grid(_step(Float64(largest), levels, half), 0)
    var grid = _affine(low, high, levels, half)
    if half and abs(grid.zero) > _MOST_HALF_ZERO:
        return _affine(min(low, 0), max(high, 0), levels, half)
    return grid


@always_inline
def _affine(low: Float32, high: Float32, levels: Levels, half: Bool) -> Grid:
    var scale = _step(Float64(high) - Float64(low), levels, half)
    return Grid(scale, 0 - nearest[1](low / scale))


@always_inline
def _step(span: Float64, levels: Levels, half: Bool) -> Float32:
    var scale = (span / Float64(levels.highest())).cast[DType.float32]()
    # The least float32 above zero: a span of a few of those has fewer numbers than codes.
    return _stored(max(scale, bitcast[DType.float32](UInt32(1))), half)


@always_inline
def _stored(scale: Float32, half: Bool) -> Float32:
    if not half:
        return scale
    var small = scale.cast[DType.float16]()
    if small.cast[DType.float32]() < scale:
        small = bitcast[DType.float16](bitcast[DType.uint16](small) + 1)
    return small.cast[DType.float32]()
