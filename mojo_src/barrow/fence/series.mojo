"""Borrowed numbers of several types, evenly spaced in memory."""

from std.sys import PrefetchOptions, prefetch


@fieldwise_init
struct NumberType(Equatable, TrivialRegisterPassable):
    """How the numbers of a series are stored."""

    var code: Int
    """One of the constants."""

    comptime FLOAT64 = Self(0)
    """Doubles."""
    comptime FLOAT32 = Self(1)
    """Single floats."""
    comptime INT64 = Self(2)
    """Signed integers of 64 bits."""
    comptime UINT64 = Self(3)
    """Unsigned integers of 64 bits."""
    comptime INT128 = Self(4)
    """Signed integers of 128 bits."""


struct SeriesView(ImplicitlyCopyable, Sized):
    """Read-only numbers that somebody else owns, contiguous or not."""

    var _values: Pointer[UInt8, ImmUntrackedOrigin]
    var _length: Int
    var _stride: Int
    var type: NumberType
    """How a number is stored."""

    def __init__(
        out self, *, address: Int, length: Int, stride: Int, type: NumberType
    ):
        """Borrows memory.

        Args:
            address: Where the first number is; not zero.
            length: How many there are.
            stride: Bytes from a number to the next one; may be negative.
            type: How a number is stored.

        Safety:
            The memory must stay valid until the view is last used.
        """
        self._values = Pointer[UInt8, ImmUntrackedOrigin](
            unsafe_from_address=address
        )
        self._length = length
        self._stride = stride
        self.type = type

    @always_inline
    def __len__(self) -> Int:
        """Counts the numbers.

        Returns:
            How many there are.
        """
        return self._length

    @always_inline
    def _at[dtype: DType, width: Int](self, at: Int) -> SIMD[dtype, width]:
        return (
            self._values.unsafe_offset(at * self._stride)
            .unsafe_bitcast[Scalar[dtype]]()
            .unsafe_load[width=width, alignment=1]()
        )

    @always_inline
    def double(self, at: Int) -> Float64:
        """Returns one number, as the nearest double.

        Args:
            at: Its index, from 0 to the length exclusive.

        Returns:
            The number.
        """
        debug_assert(0 <= at and at < self._length, "no number ", at)
        if self.type == NumberType.FLOAT64:
            return self._at[DType.float64, 1](at)
        if self.type == NumberType.FLOAT32:
            return self._at[DType.float32, 1](at).cast[DType.float64]()
        return self.integer(at).cast[DType.float64]()

    @always_inline
    def doubles[width: Int](self, at: Int) -> SIMD[DType.float64, width]:
        """Returns `width` numbers as the nearest doubles.

        Parameters:
            width: How many; a power of two.

        Args:
            at: The index of the first one; `at + width` is at most the length.

        Returns:
            The numbers.
        """
        debug_assert(
            0 <= at and at + width <= self._length, "load past the end: ", at
        )
        if self.type == NumberType.FLOAT64 and self._stride == 8:
            return self._at[DType.float64, width](at)
        return self._converted[width](at)

    @no_inline
    def _converted[width: Int](self, at: Int) -> SIMD[DType.float64, width]:
        var numbers = SIMD[DType.float64, width](0)
        comptime for i in range(width):
            numbers[i] = self.double(at + i)
        return numbers

    @always_inline
    def integer(self, at: Int) -> Int128:
        """Returns one integer.

        Args:
            at: Its index, from 0 to the length exclusive.

        Returns:
            The number; the series must not be of floats.
        """
        debug_assert(0 <= at and at < self._length, "no number ", at)
        if self.type == NumberType.INT64:
            return self._at[DType.int64, 1](at).cast[DType.int128]()
        if self.type == NumberType.UINT64:
            return self._at[DType.uint64, 1](at).cast[DType.int128]()
        debug_assert(self.type == NumberType.INT128, "floats")
        return self._at[DType.int128, 1](at)

    @always_inline
    def words[width: Int](self, at: Int) -> SIMD[DType.int64, width]:
        """Returns `width` integers of 64 bits, by their bits.

        Parameters:
            width: How many; a power of two.

        Args:
            at: The index of the first one; `at + width` is at most the length.

        Returns:
            The integers; unsigned ones from 2**63 on look negative.
        """
        debug_assert(
            0 <= at and at + width <= self._length, "load past the end: ", at
        )
        if self._stride == 8:
            return self._at[DType.int64, width](at)
        return self._spread[width](at)

    @no_inline
    def _spread[width: Int](self, at: Int) -> SIMD[DType.int64, width]:
        var numbers = SIMD[DType.int64, width](0)
        comptime for i in range(width):
            numbers[i] = self._at[DType.int64, 1](at + i)
        return numbers

    @always_inline
    def expect(self, at: Int):
        """Asks for a number to be brought into the second-level cache.

        Args:
            at: Its index; any, there need not be a number.
        """
        prefetch[
            PrefetchOptions().for_read().medium_locality().to_data_cache()
        ](self._values.unsafe_offset(at * self._stride))

    def begin(self) -> Int:
        """Returns where the memory begins.

        Returns:
            The address of the lowest byte.
        """
        var first = Int(self._values)
        return min(first, first + (self._length - 1) * self._stride)

    def end(self) -> Int:
        """Returns where the memory ends.

        Returns:
            An address at most 16 bytes behind the highest byte.
        """
        var first = Int(self._values)
        if self._length == 0:
            return first
        return max(first, first + (self._length - 1) * self._stride) + 8

    def is_integer(self) -> Bool:
        """Tells whether the numbers are stored as integers.

        Returns:
            Whether they are.
        """
        return self.type.code >= NumberType.INT64.code
