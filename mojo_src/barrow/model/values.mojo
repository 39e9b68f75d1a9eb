"""Prices, sizes and times as fields of records."""

from barrow.arrow import ColumnValue, Repeated, Stored
from barrow.fixed import format_fixed
from barrow.model.encoding import Encoding


@fieldwise_init
struct Price[encoding: Encoding, optional: Bool = False](
    ColumnValue, Comparable, TrivialRegisterPassable, Writable
):
    """A price, at the scale of its encoding.

    Parameters:
        encoding: How it is stored.
        optional: Whether it may be undefined: a null in `decimal128`, which has no
            room for the sentinel.
    """

    comptime stored = Self.encoding.stored_price(Self.optional)
    """How it is stored."""
    comptime dtype = Self.encoding.price_dtype()
    """The type of the raw value."""
    comptime UNDEFINED = Self(Scalar[Self.dtype].MAX)
    """No price; NautilusTrader's `PRICE_UNDEF`."""
    comptime ERROR = Self(Scalar[Self.dtype].MIN)
    """No price can be had; NautilusTrader's `PRICE_ERROR`."""

    var raw: Scalar[Self.dtype]
    """The integer behind it."""

    @implicit
    def __init__(out self, raw: IntLiteral):
        """Makes a price of a raw value.

        Args:
            raw: The integer.
        """
        self.raw = Scalar[Self.dtype](raw)

    def __lt__(self, other: Self) -> Bool:
        """Compares two prices.

        Args:
            other: The other one.

        Returns:
            Whether this one is lower.
        """
        return self.raw < other.raw

    def write_to(self, mut writer: Some[Writer]):
        """Writes the fewest decimals that lose nothing.

        Args:
            writer: Where to write.
        """
        self.write_value(writer, -1)

    def write_value(self, mut writer: Some[Writer], decimals: Int):
        """Writes the price with as many decimals, or more if it has more.

        Args:
            writer: Where to write.
            decimals: How many decimals carry meaning.
        """
        if self == Self.UNDEFINED:
            writer.write("undefined")
        else:
            _write_fixed[Self.dtype](self.raw, writer, decimals)

    @staticmethod
    def decimals(price_precision: Int, size_precision: Int) -> Int:
        """Tells which precision is the one of prices.

        Args:
            price_precision: Decimals of prices that carry meaning.
            size_precision: Decimals of sizes that carry meaning.

        Returns:
            The first.
        """
        return price_precision


@fieldwise_init
struct Quantity[encoding: Encoding, optional: Bool = False](
    ColumnValue, Comparable, TrivialRegisterPassable, Writable
):
    """A size or a volume, at the scale of its encoding; not negative.

    Parameters:
        encoding: How it is stored.
        optional: Whether it may be undefined: a null in `decimal128`, which has no
            room for the sentinel.
    """

    comptime stored = Self.encoding.stored_size(Self.optional)
    """How it is stored."""
    comptime dtype = Self.encoding.size_dtype()
    """The type of the raw value."""
    comptime UNDEFINED = Self(Scalar[Self.dtype].MAX)
    """No size; NautilusTrader's `QUANTITY_UNDEF`."""

    var raw: Scalar[Self.dtype]
    """The integer behind it."""

    @implicit
    def __init__(out self, raw: IntLiteral):
        """Makes a size of a raw value.

        Args:
            raw: The integer.
        """
        self.raw = Scalar[Self.dtype](raw)

    def __lt__(self, other: Self) -> Bool:
        """Compares two sizes.

        Args:
            other: The other one.

        Returns:
            Whether this one is smaller.
        """
        return self.raw < other.raw

    def write_to(self, mut writer: Some[Writer]):
        """Writes the fewest decimals that lose nothing.

        Args:
            writer: Where to write.
        """
        self.write_value(writer, -1)

    def write_value(self, mut writer: Some[Writer], decimals: Int):
        """Writes the size with as many decimals, or more if it has more.

        Args:
            writer: Where to write.
            decimals: How many decimals carry meaning.
        """
        if self == Self.UNDEFINED:
            writer.write("undefined")
        else:
            _write_fixed[Self.dtype](self.raw, writer, decimals)

    @staticmethod
    def decimals(price_precision: Int, size_precision: Int) -> Int:
        """Tells which precision is the one of sizes.

        Args:
            price_precision: Decimals of prices that carry meaning.
            size_precision: Decimals of sizes that carry meaning.

        Returns:
            The second.
        """
        return size_precision


@fieldwise_init
struct UnixNanos[encoding: Encoding](
    ColumnValue, Comparable, TrivialRegisterPassable, Writable
):
    """An instant: nanoseconds UTC since 1970.

    Parameters:
        encoding: How it is stored.
    """

    comptime stored = Self.encoding.stored_time()
    """How it is stored."""

    var raw: UInt64
    """The nanoseconds; `decimal128` stores 63 bits of them."""

    @implicit
    def __init__(out self, raw: IntLiteral):
        """Makes an instant of its nanoseconds.

        Args:
            raw: The nanoseconds.
        """
        self.raw = UInt64(raw)

    def __lt__(self, other: Self) -> Bool:
        """Compares two instants.

        Args:
            other: The other one.

        Returns:
            Whether this one is earlier.
        """
        return self.raw < other.raw

    def write_to(self, mut writer: Some[Writer]):
        """Writes the nanoseconds.

        Args:
            writer: Where to write.
        """
        writer.write(self.raw)

    def write_value(self, mut writer: Some[Writer], decimals: Int):
        """Writes the nanoseconds.

        Args:
            writer: Where to write.
            decimals: Not looked at.
        """
        writer.write(self.raw)


struct Levels[T: Copyable & Deinitable & Equatable, count: Int = 10](
    Copyable, Equatable, Repeated
):
    """A value for each level of an order book, the best one first.

    Parameters:
        T: The type of a value.
        count: How many levels there are.
    """

    comptime Item = Self.T
    """The type of a value."""
    comptime COUNT = Self.count
    """How many levels there are."""

    var values: Array[Self.T, Self.count]
    """The values."""

    @implicit
    def __init__(out self, var values: Array[Self.T, Self.count]):
        """Makes levels of their values.

        Args:
            values: The values.
        """
        self.values = values^

    def __init__(out self, *, fill: Self.T):
        """Makes levels that are all the same.

        Args:
            fill: The value of each.
        """
        self.values = Array[Self.T, Self.count](fill=fill)

    def __getitem__(self, at: Int) -> Self.T:
        """Returns one value.

        Args:
            at: The level, from 0 to `COUNT` exclusive.

        Returns:
            A copy of the value.
        """
        return self.values[at].copy()

    def __eq__(self, other: Self) -> Bool:
        """Compares all levels.

        Args:
            other: Other levels.

        Returns:
            Whether all are the same.
        """
        for at in range(Self.count):
            if self.values[at] != other.values[at]:
                return False
        return True


def write_code[*names: StaticString](code: UInt8, mut writer: Some[Writer]):
    """Writes the name of a code.

    Parameters:
        names: The names, by code; empty where there is none.

    Args:
        code: The code; one without a name is written as a number.
        writer: Where to write.
    """
    comptime for i in range(len(names)):
        if Int(code) == i and names[i] != "":
            writer.write(names[i])
            return
    writer.write(code)


def _write_fixed[
    dtype: DType
](raw: Scalar[dtype], mut writer: Some[Writer], decimals: Int):
    var text = String()
    if not format_fixed[dtype](raw, text, decimals):
        _ = format_fixed[dtype](raw, text)
    writer.write(text)
