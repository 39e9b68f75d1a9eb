"""Borrowed columns: one value after another, all of one width."""

from std.sys import PrefetchOptions, prefetch, size_of


struct ColumnView[dtype: DType](ImplicitlyCopyable, Sized):
    """Read-only values that somebody else owns.

    The memory need not be aligned to the width of a value: Arrow promises 8 bytes
    for a 16-byte column.

    Parameters:
        dtype: The type of a value.
    """

    var _values: Pointer[UInt8, ImmUntrackedOrigin]
    var _length: Int

    def __init__(out self, *, address: Int, length: Int):
        """Borrows memory.

        Args:
            address: Where the first value is; not zero.
            length: How many values there are.

        Safety:
            The memory must stay valid until the view is last used.
        """
        self._values = Pointer[UInt8, ImmUntrackedOrigin](
            unsafe_from_address=address
        )
        self._length = length

    @always_inline
    def __len__(self) -> Int:
        """Counts the values.

        Returns:
            Their number.
        """
        return self._length

    @always_inline
    def __getitem__(self, at: Int) -> Scalar[Self.dtype]:
        """Returns one value.

        Args:
            at: Its index, from 0 to the length exclusive.

        Returns:
            The value.
        """
        return self.load[1](at)

    @always_inline
    def part(self, begin: Int, end: Int) -> Self:
        """Returns a view of some of the values.

        Args:
            begin: The first one.
            end: One past the last one; at least `begin`, at most the length.

        Returns:
            The part.
        """
        debug_assert(
            0 <= begin <= end <= self._length, "part out of range: ", begin
        )
        comptime size = size_of[Scalar[Self.dtype]]()
        return Self(
            address=Int(self._values) + begin * size, length=end - begin
        )

    @always_inline
    def fetch(self, at: Int):
        """Asks for the cache line of a value that will be read soon.

        Args:
            at: Its index; may be past the end, where nothing happens.
        """
        comptime size = size_of[Scalar[Self.dtype]]()
        prefetch[PrefetchOptions().for_read().high_locality().to_data_cache()](
            self._values.unsafe_offset(at * size)
        )

    @always_inline
    def load[width: Int](self, at: Int) -> SIMD[Self.dtype, width]:
        """Returns `width` values as one vector.

        Parameters:
            width: How many values; a power of two.

        Args:
            at: The index of the first one; `at + width` is at most the length.

        Returns:
            The values.
        """
        debug_assert(
            0 <= at and at + width <= self._length, "load past the end: ", at
        )
        comptime size = size_of[Scalar[Self.dtype]]()
        return (
            self._values.unsafe_offset(at * size)
            .unsafe_bitcast[Scalar[Self.dtype]]()
            .unsafe_load[width=width, alignment=1]()
        )

    @always_inline
    def expect(self, at: Int):
        """Asks for a value to be brought into the second-level cache.

        Args:
            at: Its index; any, there need not be a value.
        """
        comptime size = size_of[Scalar[Self.dtype]]()
        prefetch[
            PrefetchOptions().for_read().medium_locality().to_data_cache()
        ](self._values.unsafe_offset(at * size))


struct MutColumnView[dtype: DType](ImplicitlyCopyable, Sized):
    """Values to be written into memory that somebody else owns.

    Parameters:
        dtype: The type of a value.
    """

    var _values: Pointer[UInt8, MutUntrackedOrigin]
    var _length: Int

    def __init__(out self, *, address: Int, length: Int):
        """Borrows memory.

        Args:
            address: Where the first value is; not zero.
            length: How many values there is room for.

        Safety:
            The memory must stay valid, and nobody else may use it, until the view
            is last used.
        """
        self._values = Pointer[UInt8, MutUntrackedOrigin](
            unsafe_from_address=address
        )
        self._length = length

    @always_inline
    def __len__(self) -> Int:
        """Counts the values there is room for.

        Returns:
            Their number.
        """
        return self._length

    @always_inline
    def part(self, begin: Int, end: Int) -> Self:
        """Returns a view of some of the values.

        Args:
            begin: The first one.
            end: One past the last one; at least `begin`, at most the length.

        Returns:
            The part.
        """
        debug_assert(
            0 <= begin <= end <= self._length, "part out of range: ", begin
        )
        comptime size = size_of[Scalar[Self.dtype]]()
        return Self(
            address=Int(self._values) + begin * size, length=end - begin
        )

    @always_inline
    def store[width: Int = 1](self, at: Int, values: SIMD[Self.dtype, width]):
        """Writes `width` values.

        Parameters:
            width: How many values; a power of two.

        Args:
            at: The index of the first one; `at + width` is at most the length.
            values: What to write.
        """
        debug_assert(
            0 <= at and at + width <= self._length, "store past the end: ", at
        )
        comptime size = size_of[Scalar[Self.dtype]]()
        self._values.unsafe_offset(at * size).unsafe_bitcast[
            Scalar[Self.dtype]
        ]().unsafe_store[alignment=1](0, values)

    def address(self) -> Int:
        """Returns where the memory begins.

        Returns:
            The address of the first value.
        """
        return Int(self._values)

    def before_line(self) -> Int:
        """Counts the values before the first one that begins a cache line.

        Returns:
            Their number; the length if no value does.
        """
        comptime size = size_of[Scalar[Self.dtype]]()
        var gap = -Int(self._values) % 64
        return (
            min(gap // size, self._length) if gap % size == 0 else self._length
        )

    @always_inline
    def stream[width: Int](self, at: Int, values: SIMD[Self.dtype, width]):
        """Writes a cache line without reading it first and without keeping it.

        Saves a third of the memory traffic where the column is larger than the
        caches. Other threads see it after the next locked instruction only, such as
        that which takes a lock.

        Parameters:
            width: As many values as a line of 64 bytes holds.

        Args:
            at: The index of the first one, which begins a line (`before_line`).
            values: What to write.
        """
        debug_assert(
            0 <= at and at + width <= self._length, "store past the end: ", at
        )
        comptime size = size_of[Scalar[Self.dtype]]()
        comptime assert width * size == 64, "a line has 64 bytes"
        self._values.unsafe_offset(at * size).unsafe_bitcast[
            Scalar[Self.dtype]
        ]().unsafe_store[non_temporal=True, alignment=64](0, values)

    @always_inline
    def load[width: Int = 1](self, at: Int) -> SIMD[Self.dtype, width]:
        """Returns `width` values that were written before.

        Parameters:
            width: How many values; a power of two.

        Args:
            at: The index of the first one; `at + width` is at most the length.

        Returns:
            The values.
        """
        debug_assert(
            0 <= at and at + width <= self._length, "load past the end: ", at
        )
        comptime size = size_of[Scalar[Self.dtype]]()
        return (
            self._values.unsafe_offset(at * size)
            .unsafe_bitcast[Scalar[Self.dtype]]()
            .unsafe_load[width=width, alignment=1]()
        )

    def written(self) -> ColumnView[Self.dtype]:
        """Shows the same memory to somebody who only reads.

        Returns:
            All values; those that were not written yet mean nothing.
        """
        return ColumnView[Self.dtype](
            address=Int(self._values), length=self._length
        )

    def written_as[other: DType](self) -> ColumnView[other]:
        """Shows the same bits as values of another type of the same width.

        Parameters:
            other: The type.

        Returns:
            All values; those that were not written yet mean nothing.
        """
        comptime assert (
            size_of[Scalar[other]]() == size_of[Scalar[Self.dtype]]()
        ), "another width"
        return ColumnView[other](address=Int(self._values), length=self._length)
