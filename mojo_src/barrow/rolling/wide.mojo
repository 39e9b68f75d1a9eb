"""Integers of 256 bits, and the doubles nearest to their quotients."""

from std.bit import count_leading_zeros


@fieldwise_init
struct Wide(TrivialRegisterPassable):
    """A whole number from 0 to 2**256, modulo 2**256."""

    var high: UInt128
    """Its upper half."""
    var low: UInt128
    """Its lower half."""

    @staticmethod
    def square(value: Int128) -> Self:
        """Multiplies a number by itself.

        Args:
            value: The number.

        Returns:
            Its square.
        """
        var size = (-value if value < 0 else value).cast[DType.uint128]()
        return Self.product(size, size)

    @staticmethod
    def product(a: UInt128, b: UInt128) -> Self:
        """Multiplies two numbers.

        Args:
            a: One.
            b: The other one.

        Returns:
            Their product.
        """
        comptime mask = (UInt128(1) << 64) - 1
        var low = (a & mask) * (b & mask)
        var first = (a >> 64) * (b & mask)
        var second = (a & mask) * (b >> 64)
        var middle = (low >> 64) + (first & mask) + (second & mask)
        var high = (
            (a >> 64) * (b >> 64)
            + (first >> 64)
            + (second >> 64)
            + (middle >> 64)
        )
        return Self(high, (middle << 64) | (low & mask))

    def __add__(self, other: Self) -> Self:
        """Adds.

        Args:
            other: What to add.

        Returns:
            The sum.
        """
        var low = self.low + other.low
        var carry = UInt128(1) if low < self.low else UInt128(0)
        return Self(self.high + other.high + carry, low)

    def __sub__(self, other: Self) -> Self:
        """Subtracts.

        Args:
            other: What to subtract.

        Returns:
            The difference.
        """
        var borrow = UInt128(1) if self.low < other.low else UInt128(0)
        return Self(self.high - other.high - borrow, self.low - other.low)

    def times(self, factor: Int) -> Self:
        """Multiplies by a small number.

        Args:
            factor: At least 0.

        Returns:
            The product.
        """
        var wide = Self.product(self.low, UInt128(factor))
        return Self(wide.high + self.high * UInt128(factor), wide.low)

    def over(self, divisor: Int) -> Float64:
        """Divides, and rounds once.

        Args:
            divisor: At least 1.

        Returns:
            The double nearest to the quotient, of two that one that is even.
        """
        # 127 bits of the number: a divisor of 63 bits leaves a quotient of 64 or more, of
        # which the last one may say that something was cut off.
        var places: Int
        var value: UInt128
        var lost = False
        if self.high != 0:
            places = 129 - Int(count_leading_zeros(self.high))
            if places > 128:
                places = 129
                value = self.high >> 1
                lost = self.low != 0 or (self.high & 1) != 0
            elif places == 128:
                value = self.high
                lost = self.low != 0
            else:
                var shift = UInt128(places)
                value = (self.high << (128 - shift)) | (self.low >> shift)
                lost = (self.low & ((UInt128(1) << shift) - 1)) != 0
        elif self.low == 0:
            return 0
        else:
            var free = Int(count_leading_zeros(self.low))
            if free == 0:
                places = 1
                value = self.low >> 1
                lost = self.low & 1 != 0
            else:
                places = 1 - free
                value = self.low << UInt128(free - 1)
        var quotient = value // UInt128(divisor)
        if lost or quotient * UInt128(divisor) != value:
            quotient |= 1
        return _scaled(quotient.cast[DType.float64](), places)


def _scaled(value: Float64, places: Int) -> Float64:
    """Multiplies by a power of two that a double has."""
    var result = value
    var factor = Float64(2) if places > 0 else Float64(0.5)
    for _ in range(abs(places)):
        result *= factor
    return result


def ratio(value: Int128, divisor: Int) -> Float64:
    """Divides, and rounds once.

    Args:
        value: Any number.
        divisor: At least 1.

    Returns:
        The double nearest to the quotient, of two that one that is even.
    """
    var size = (-value if value < 0 else value).cast[DType.uint128]()
    var quotient = Wide(0, size).over(divisor)
    return -quotient if value < 0 else quotient
