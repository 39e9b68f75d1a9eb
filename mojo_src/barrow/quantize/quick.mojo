"""Codes without a division, 64 at a time, where scales and zeros are neither tiny nor huge.

They are those of `Grid.codes`, bit for bit: `quotient` gives what a division would,
adding 1.5 * 2**23 rounds to an integer, ties to even, and what is out of range by a step
saturates as integers.
"""

from std.math import fma
from std.memory import bitcast
from std.sys import CompilationTarget
from std.sys.intrinsics import llvm_intrinsic

from barrow.fence import ColumnView, Scratch
from barrow.quantize.grid import Floats, Grid, LANES, Levels
from barrow.quantize.ranges import at_once

comptime STEP = 4 * LANES
"""Codes that are made at once."""
comptime AHEAD = 4096
"""Values that are asked for before their ranges are, into the second cache: what reads
ahead on its own stops while codes are made of values that are there already."""
comptime Ints = SIMD[DType.int32, LANES]
"""As many integers as `Floats` has numbers."""
# In [2**23, 2**24) neighbours are 1 apart, so a sum there is rounded to an integer.
comptime _ROUNDING = Float32(12582912)
comptime _ROUNDING_BITS = Int32(0x4B40_0000)
# With such scales nothing in `quotient` underflows that matters, and nothing overflows.
comptime _LEAST_SCALE = Float32(8.673617379884035e-19)
comptime _MOST_SCALE = Float32(1.152921504606847e18)
# Quotients of values in a group with such a zero are below 2**22.
comptime _MOST_ZERO = Float32(1 << 20)


@always_inline
def quotient(x: Floats, scale: Floats, inverse: Floats) -> Floats:
    """Divides by one product and two fused ones.

    With q the product of x and the inverse, x - q * scale is what is left, and adding
    its quotient makes q the correctly rounded one. Quotients where that could go wrong
    lie within 6 * 2**-48 of the middle between two float32, relative to their power of
    two; all pairs of significands for which they do were tried, and none went wrong
    (`tests/mojo/quantize/test_quick.mojo`).

    Args:
        x: Numbers.
        scale: From 2**-60 to 2**60.
        inverse: 1 / scale.

    Returns:
        The quotients as float32 has them, those from 2**-10 to 2**22 in magnitude; what is
        smaller remains less than 1/2.
    """
    var q = x * inverse
    return fma(fma(-q, scale, x), inverse, q)


@always_inline
def tame[
    width: Int
](scale: SIMD[DType.float32, width], zero: SIMD[DType.float32, width]) -> Bool:
    """Tells whether the codes here are right for all of some grids.

    Parameters:
        width: How many grids.

    Args:
        scale: Their scales.
        zero: Their zeros.

    Returns:
        Whether they are, for values within the range of the codes or next to it.
    """
    comptime Vector = SIMD[DType.float32, width]
    return (
        all(scale.ge(Vector(_LEAST_SCALE)))
        and all(scale.le(Vector(_MOST_SCALE)))
        and all(abs(zero).le(Vector(_MOST_ZERO)))
    )


@fieldwise_init
struct Shape(TrivialRegisterPassable):
    """What is the same for the codes of all groups."""

    var bias: Int32
    """Is added to the zero, so that codes fit into a signed byte."""
    var least: Int8
    """The least code, with the bias."""
    var most: Int8
    """The largest code, with the bias."""
    var flip: UInt8
    """Takes the bias away again, by exclusive or."""

    @staticmethod
    def of(levels: Levels) -> Self:
        """Finds it.

        Args:
            levels: Width and scheme.

        Returns:
            The shape.
        """
        if levels.symmetric:
            var most = Int8((1 << (levels.bits - 1)) - 1)
            return Self(0, -most, most, 0)
        return Self(-128, -128, Int8((1 << levels.bits) - 129), 128)


@fieldwise_init
struct Quick(TrivialRegisterPassable):
    """A group whose codes are made quickly."""

    var scale: Float32
    """Its scale."""
    var inverse: Float32
    """1 / scale."""
    var offset: Int32
    """What turns the bits of a rounded sum into a code with its bias."""

    @always_inline
    def codes(self, x: Floats) -> Ints:
        """Makes codes, with their bias, not yet saturated.

        Args:
            x: Values.

        Returns:
            The codes.
        """
        var q = quotient(x, Floats(self.scale), Floats(self.inverse))
        return bitcast[DType.int32, LANES](q + Floats(_ROUNDING)) + Ints(
            self.offset
        )


@always_inline
def offsets_of[
    width: Int
](zero: SIMD[DType.float32, width], shape: Shape) -> SIMD[DType.int32, width]:
    """Finds the offsets of `Quick`.

    Parameters:
        width: Of how many groups.

    Args:
        zero: Their zeros.
        shape: Of their codes.

    Returns:
        The offsets.
    """
    return zero.cast[DType.int32]() + SIMD[DType.int32, width](
        shape.bias - _ROUNDING_BITS
    )


def encode_quickly[
    dtype: DType
](
    values: ColumnView[dtype],
    begin: Int,
    count: Int,
    grid: Grid,
    levels: Levels,
    mut codes: Scratch[DType.uint8],
    to: Int,
    ahead: Int,
) -> Int:
    """Makes codes of values of one group, as many as there are in whole steps.

    Parameters:
        dtype: How values are stored.

    Args:
        values: Values, within the range of the codes or next to it.
        begin: The first one.
        count: How many there are.
        grid: The grid of the group, which is tame.
        levels: Which codes there are.
        codes: Where the codes go, one a byte.
        to: Where the first one goes.
        ahead: How far behind a value those are that come next from memory; 0 if the next
            ones do, which need not be asked for.

    Returns:
        How many were made.
    """
    var shape = Shape.of(levels)
    var group = Quick(
        grid.scale, 1 / grid.scale, offsets_of[1](grid.zero, shape)
    )
    var at = 0
    while at + STEP <= count:
        var here = begin + at
        if ahead > 0:
            comptime for k in range(4):
                values.expect(here + ahead + k * LANES)
        codes.store[STEP](
            to + at,
            saturated(
                group.codes(at_once[dtype, LANES](values, here)),
                group.codes(at_once[dtype, LANES](values, here + LANES)),
                group.codes(at_once[dtype, LANES](values, here + 2 * LANES)),
                group.codes(at_once[dtype, LANES](values, here + 3 * LANES)),
                shape,
            ),
        )
        at += STEP
    return at


@always_inline
def saturated(
    a: Ints, b: Ints, c: Ints, d: Ints, shape: Shape
) -> SIMD[DType.uint8, STEP]:
    """Turns codes with their bias into bytes.

    Args:
        a: The first ones.
        b: The next ones.
        c: The next ones.
        d: The last ones.
        shape: Of codes.

    Returns:
        The codes.
    """
    var bytes = _bytes(a, b, c, d)
    comptime Bytes = SIMD[DType.int8, STEP]
    var least = Bytes(shape.least)
    var most = Bytes(shape.most)
    bytes = bytes.lt(least).select(least, bytes)
    bytes = bytes.gt(most).select(most, bytes)
    return bitcast[DType.uint8, STEP](bytes) ^ SIMD[DType.uint8, STEP](
        shape.flip
    )


@always_inline
def _bytes(a: Ints, b: Ints, c: Ints, d: Ints) -> SIMD[DType.int8, STEP]:
    """Narrows integers, saturating. The compiler takes three times as many steps."""
    comptime if CompilationTarget.has_avx512f():
        comptime Words = SIMD[DType.int16, 2 * LANES]
        comptime words = "llvm.x86.avx512.packssdw.512"
        var bytes = llvm_intrinsic[
            "llvm.x86.avx512.packsswb.512", SIMD[DType.int8, STEP]
        ](
            llvm_intrinsic[words, Words](a, b),
            llvm_intrinsic[words, Words](c, d),
        )
        # Within each quarter of a vector were four of a, b, c and d each.
        var fours = bitcast[DType.int32, LANES](bytes).shuffle[
            0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15
        ]()
        return bitcast[DType.int8, STEP](fours)
    comptime if CompilationTarget.has_avx2():
        return _half(a, b).join(_half(c, d))
    return _narrow(a, b).join(_narrow(c, d))


@always_inline
def _half(a: Ints, b: Ints) -> SIMD[DType.int8, 2 * LANES]:
    comptime HALF = LANES // 2
    comptime Words = SIMD[DType.int16, LANES]
    comptime words = "llvm.x86.avx2.packssdw"
    var bytes = llvm_intrinsic[
        "llvm.x86.avx2.packsswb", SIMD[DType.int8, 2 * LANES]
    ](
        llvm_intrinsic[words, Words](
            a.slice[HALF](), a.slice[HALF, offset=HALF]()
        ),
        llvm_intrinsic[words, Words](
            b.slice[HALF](), b.slice[HALF, offset=HALF]()
        ),
    )
    var fours = bitcast[DType.int32, HALF](bytes).shuffle[
        0, 4, 1, 5, 2, 6, 3, 7
    ]()
    return bitcast[DType.int8, 2 * LANES](fours)


@always_inline
def _narrow(a: Ints, b: Ints) -> SIMD[DType.int8, 2 * LANES]:
    return (
        a.join(b)
        .clamp(
            SIMD[DType.int32, 2 * LANES](-128),
            SIMD[DType.int32, 2 * LANES](127),
        )
        .cast[DType.int8]()
    )
