"""How prices, sizes and times are stored: known at compile time, one of three."""

from barrow.arrow import Stored
from barrow.fixed import SCALE_64, SCALE_128

# The largest integer of 38 digits, which is what decimal128(38, 16) holds.
comptime _NINES = Int128(10**38 - 1)


@fieldwise_init
struct Encoding(Equatable, TrivialRegisterPassable, Writable):
    """How values are stored; `docs/format.md` has the table."""

    var code: UInt8
    """See the constants."""

    comptime FIXED8 = Self(0)
    """64 bits at scale 9, as bytes; times as unsigned integers."""
    comptime FIXED16 = Self(1)
    """128 bits at scale 16, as bytes; times as unsigned integers."""
    comptime DECIMAL128 = Self(2)
    """128 bits at scale 16, as decimals; times as time stamps; nulls where a value
    is undefined."""

    def price_dtype(self) -> DType:
        """Tells the type of a raw price.

        Returns:
            `int64` or `int128`.
        """
        return DType.int64 if self == Self.FIXED8 else DType.int128

    def size_dtype(self) -> DType:
        """Tells the type of a raw size.

        Returns:
            `uint64` or `uint128`.
        """
        return DType.uint64 if self == Self.FIXED8 else DType.uint128

    def scale(self) -> Int:
        """Tells the power of ten that one raw unit stands for.

        Returns:
            The number of decimals, which is also the largest precision.
        """
        return SCALE_64 if self == Self.FIXED8 else SCALE_128

    def stored_price(self, optional: Bool) -> Stored:
        """Tells how a price is stored.

        Args:
            optional: Whether it may be undefined.

        Returns:
            A column of raw prices.
        """
        if self == Self.DECIMAL128:
            var stored = Stored.between(
                "d:38,16", DType.int128, -_NINES, _NINES
            )
            return stored.or_null(Int128.MAX) if optional else stored
        return Stored.any(self._bytes(), self.price_dtype())

    def stored_size(self, optional: Bool) -> Stored:
        """Tells how a size is stored.

        Args:
            optional: Whether it may be undefined.

        Returns:
            A column of raw sizes.
        """
        if self == Self.DECIMAL128:
            var stored = Stored.between("d:38,16", DType.int128, 0, _NINES)
            # All bits set is the largest unsigned integer.
            return stored.or_null(-1) if optional else stored
        return Stored.any(
            self._bytes(),
            DType.int64 if self == Self.FIXED8 else DType.int128,
        )

    def stored_time(self) -> Stored:
        """Tells how an instant is stored.

        Returns:
            A column of nanoseconds.
        """
        if self == Self.DECIMAL128:
            return Stored.between("tsn:UTC", DType.int64, 0, Int128(Int64.MAX))
        return Stored.any("L", DType.uint64)

    def _bytes(self) -> StaticString:
        return "w:8" if self == Self.FIXED8 else "w:16"

    def write_to(self, mut writer: Some[Writer]):
        """Writes the name, such as `fixed8`.

        Args:
            writer: Where to write.
        """
        if self == Self.FIXED8:
            writer.write("fixed8")
        elif self == Self.FIXED16:
            writer.write("fixed16")
        else:
            writer.write("decimal128")
