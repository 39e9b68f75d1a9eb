"""Memory for what a kernel computes and uses again at once."""

from std.memory.alloc import unsafe_alloc

from barrow.fence.column import MutColumnView


struct Scratch[dtype: DType](Movable, Sized):
    """Owns numbers that are read and written as vectors, without a bounds check.

    The first number begins a cache line, so vectors at multiples of their width do not
    cross one. Build with `-D ASSERT=all` to have every access checked.

    Parameters:
        dtype: The type of a number.
    """

    var _numbers: Pointer[Scalar[Self.dtype], MutUntrackedOrigin]
    var _length: Int

    def __init__(out self, *, length: Int, fill: Scalar[Self.dtype] = 0):
        """Makes equal numbers.

        Args:
            length: How many.
            fill: What they are.
        """
        self._numbers = unsafe_alloc[Scalar[Self.dtype]](
            max(length, 1), alignment=64
        )
        self._length = length
        for i in range(length):
            self._numbers.unsafe_store(i, fill)

    def __deinit__(deinit self):
        """Frees the memory."""
        self._numbers.unsafe_free()

    @always_inline
    def __len__(self) -> Int:
        """Counts the numbers.

        Returns:
            How many there are.
        """
        return self._length

    def view(ref self) -> MutColumnView[Self.dtype]:
        """Shows the numbers to kernels over columns.

        Returns:
            All of them; the scratch must be kept until the view is last used.
        """
        return MutColumnView[Self.dtype](
            address=Int(self._numbers), length=self._length
        )

    @always_inline
    def load[width: Int = 1](self, at: Int) -> SIMD[Self.dtype, width]:
        """Returns `width` numbers as one vector.

        Parameters:
            width: How many; a power of two.

        Args:
            at: The index of the first one; `at + width` is at most the length.

        Returns:
            The numbers.
        """
        debug_assert(
            0 <= at and at + width <= len(self), "load past the end: ", at
        )
        return self._numbers.unsafe_load[width=width](at)

    @always_inline
    def store[
        width: Int = 1
    ](mut self, at: Int, numbers: SIMD[Self.dtype, width]):
        """Writes `width` numbers.

        Parameters:
            width: How many; a power of two.

        Args:
            at: The index of the first one; `at + width` is at most the length.
            numbers: What to write.
        """
        debug_assert(
            0 <= at and at + width <= len(self), "store past the end: ", at
        )
        self._numbers.unsafe_store(at, numbers)
