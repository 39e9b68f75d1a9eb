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

    def equals(self, text: String, *, fold_case: Bool = False) -> Bool:
        """Compares with a text.

        Args:
            text: Another text, in lower case if case is folded.
            fold_case: Whether ASCII letters of these bytes may be capital.

        Returns:
            Whether the bytes are the same.
        """
        var other = text.as_bytes()
        if len(other) != self._length:
            return False
        for i in range(self._length):
            var byte = self[i]
            if fold_case and UInt8(ord("A")) <= byte <= UInt8(ord("Z")):
                byte |= 0x20
            if byte != other[i]:
                return False
        return True

    def is_utf8(self) -> Bool:
        """Tells whether the bytes are UTF-8 text.

        Returns:
            Whether they are; no surrogates, nothing longer than need be.
        """
        var at = 0
        while at < self._length:
            var byte = self[at]
            if byte < 0x80:
                at += 1
                continue
            var more: Int
            var lowest: UInt32
            var code: UInt32
            if byte & 0xE0 == 0xC0:
                more = 1
                lowest = 0x80
                code = UInt32(byte & 0x1F)
            elif byte & 0xF0 == 0xE0:
                more = 2
                lowest = 0x800
                code = UInt32(byte & 0x0F)
            elif byte & 0xF8 == 0xF0:
                more = 3
                lowest = 0x10000
                code = UInt32(byte & 0x07)
            else:
                return False
            if at + more >= self._length:
                return False
            for i in range(1, more + 1):
                if self[at + i] & 0xC0 != 0x80:
                    return False
                code = code << 6 | UInt32(self[at + i] & 0x3F)
            if code < lowest or code > 0x10FFFF:
                return False
            if code >= 0xD800 and code <= 0xDFFF:
                return False
            at += more + 1
        return True
