"""Where a quantile lies among values in order, and what lies between two of them."""


@fieldwise_init
struct Interpolation(Equatable, TrivialRegisterPassable):
    """What a quantile between two values is, by pandas' names."""

    var code: Int
    """One of the constants."""

    comptime LINEAR = Self(0)
    """As far between them as the quantile is."""
    comptime LOWER = Self(1)
    """The lesser one."""
    comptime HIGHER = Self(2)
    """The greater one."""
    comptime NEAREST = Self(3)
    """The nearer one; of two equally near that at an even place."""
    comptime MIDPOINT = Self(4)
    """Their mean."""


struct QuantilePlace(TrivialRegisterPassable):
    """Where a quantile of some values is."""

    var low: Int
    """How many values are before the lower one of the two it is between."""
    var part: Float64
    """How far behind that one it is, below 1; where 0, there need be no upper one."""

    @always_inline
    def __init__(out self, q: Float64, count: Int):
        """Finds the place.

        Args:
            q: Which quantile, from 0 to 1.
            count: How many values there are, at least 1.
        """
        var place = q * Float64(count - 1)
        self.low = Int(place)
        self.part = place - Float64(self.low)

    @always_inline
    def between[
        width: Int
    ](
        self,
        lower: SIMD[DType.float64, width],
        upper: SIMD[DType.float64, width],
        interpolation: Interpolation,
    ) -> SIMD[DType.float64, width]:
        """Returns what lies between two values, of one window or of several.

        Parameters:
            width: How many windows.

        Args:
            lower: The values at the place.
            upper: The ones behind them; any where `part` is 0.
            interpolation: What lies between.

        Returns:
            The quantiles.
        """
        if self.part == 0 or interpolation == Interpolation.LOWER:
            return lower
        if interpolation == Interpolation.HIGHER:
            return upper
        if interpolation == Interpolation.MIDPOINT:
            return (lower + upper) / 2
        if interpolation == Interpolation.NEAREST:
            if self.part == 0.5:
                return lower if self.low & 1 == 0 else upper
            return lower if self.part < 0.5 else upper
        return lower + (upper - lower) * self.part
