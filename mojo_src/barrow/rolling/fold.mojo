"""How pieces of windows are put together."""


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
def folded[
    fold: Fold, width: Int
](
    a: SIMD[DType.float64, width], b: SIMD[DType.float64, width]
) -> SIMD[DType.float64, width]:
    """Puts pieces together.

    Parameters:
        fold: How.
        width: Of how many windows.

    Args:
        a: Pieces; none of them NaN.
        b: The pieces that go with them.

    Returns:
        What the two of each window come to.
    """
    comptime if fold == Fold.SUM:
        return a + b
    elif fold == Fold.MIN:
        return b.lt(a).select(b, a)
    else:
        return b.gt(a).select(b, a)
