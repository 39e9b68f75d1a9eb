"""Memory for what a kernel computes and uses again at once."""


struct Scratch[dtype: DType](Movable, Sized):
    """Owns numbers that are read and written as vectors, without a bounds check.

    Build with `-D ASSERT=all` to have every access checked.

    Parameters:
        dtype: The type of a number.
    """

    var _numbers: List[Scalar[Self.dtype]]

    def __init__(out self, *, length: Int):
        """Makes zeros.

        Args:
            length: How many.
        """
        self._numbers = List[Scalar[Self.dtype]](length=length, fill=0)

    @always_inline
    def __len__(self) -> Int:
        """Counts the numbers.

        Returns:
            How many there are.
        """
        return len(self._numbers)

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
        return self._numbers.unsafe_ptr().unsafe_load[width=width](at)

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
        self._numbers.unsafe_ptr().unsafe_store(at, numbers)
