"""Borrowed text."""


struct ByteView[origin: ImmOrigin](ImplicitlyCopyable, Sized):
    """Read-only bytes that somebody else owns.

    Indexing is not checked in release builds: build with `-D ASSERT=all` to have
    every access checked.

    Parameters:
        origin: The owner the view borrows from.
    """

    var _bytes: Pointer[UInt8, Self.origin]
    var _length: Int

    def __init__(out self, bytes: Span[UInt8, Self.origin]):
        """Borrows a span.

        Args:
            bytes: The bytes to look at.
        """
        self._bytes = bytes.unsafe_ptr()
        self._length = len(bytes)

    def __init__(
        out self: ByteView[ImmUntrackedOrigin], *, address: Int, length: Int
    ):
        """Borrows memory that Python or the operating system owns.

        Args:
            address: Where the first byte is; not zero.
            length: How many bytes there are.

        Safety:
            The memory must stay valid until the view is last used.
        """
        self._bytes = Pointer[UInt8, ImmUntrackedOrigin](
            unsafe_from_address=address
        )
        self._length = length

    @always_inline
    def __len__(self) -> Int:
        """Counts the bytes.

        Returns:
            Their number.
        """
        return self._length

    @always_inline
    def __getitem__(self, at: Int) -> UInt8:
        """Returns one byte.

        Args:
            at: Its index, from 0 to the length exclusive.

        Returns:
            The byte.
        """
        debug_assert(0 <= at < self._length, "byte past the end: ", at)
        return self._bytes[unsafe_offset=at]

    @always_inline
    def load[width: Int](self, at: Int) -> SIMD[DType.uint8, width]:
        """Returns `width` bytes as one vector.

        Parameters:
            width: How many bytes; a power of two.

        Args:
            at: The index of the first one; `at + width` is at most the length.

        Returns:
            The bytes.
        """
        debug_assert(
            0 <= at and at + width <= self._length, "load past the end: ", at
        )
        return self._bytes.unsafe_load[width=width, alignment=1](at)

    @always_inline
    def slice(self, begin: Int, end: Int) -> Self:
        """Returns a view of a part.

        Args:
            begin: The first byte.
            end: One past the last byte; at least `begin`, at most the length.

        Returns:
            The part.
        """
        debug_assert(
            0 <= begin <= end <= self._length, "slice out of range: ", begin
        )
        return Self(
            Span[UInt8, Self.origin](
                unsafe_ptr=self._bytes.unsafe_offset(begin), length=end - begin
            )
        )

    def span(self) -> Span[UInt8, Self.origin]:
        """Shows the same bytes as a standard library span.

        Returns:
            A span of the same owner.
        """
        return Span[UInt8, Self.origin](
            unsafe_ptr=self._bytes, length=self._length
        )

    def text(self) -> String:
        """Copies the bytes.

        Returns:
            Text; bytes that are no UTF-8 become the replacement mark.
        """
        return String(from_utf8_lossy=self.span())
