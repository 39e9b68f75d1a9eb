"""Borrowed bits, packed as Arrow packs validity and booleans."""

from std.bit import pop_count

from barrow.fence.bytes import ByteView


struct BitView(ImplicitlyCopyable, Sized):
    """Read-only bits that somebody else owns, the lowest of a byte first.

    A view without memory is all ones: that is what a missing validity bitmap means.
    """

    var _bytes: ByteView[ImmUntrackedOrigin]
    var _offset: Int
    var _length: Int

    def __init__(out self, *, address: Int, offset: Int, length: Int):
        """Borrows memory.

        Args:
            address: Where the first byte is; zero if every bit is one.
            offset: Bits to leave out at the start.
            length: How many bits there are from there on.

        Safety:
            The memory must stay valid until the view is last used.
        """
        var absent = address == 0
        self._bytes = ByteView(
            address=64 if absent else address,
            length=0 if absent else (offset + length + 7) // 8,
        )
        self._offset = offset
        self._length = length

    @always_inline
    def __len__(self) -> Int:
        """Counts the bits.

        Returns:
            Their number.
        """
        return self._length

    @always_inline
    def __getitem__(self, at: Int) -> Bool:
        """Returns one bit.

        Args:
            at: Its index, from 0 to the length exclusive.

        Returns:
            Whether it is one.
        """
        debug_assert(0 <= at < self._length, "bit past the end: ", at)
        if len(self._bytes) == 0:
            return True
        var bit = self._offset + at
        return Bool((self._bytes[bit >> 3] >> UInt8(bit & 7)) & 1)

    def ones(self) -> Int:
        """Counts the bits that are one.

        Returns:
            Their number.
        """
        comptime width = 32
        if len(self._bytes) == 0:
            return self._length
        var found = 0
        var at = 0
        # Up to the first whole byte, then whole bytes, then the rest.
        while at < self._length and (self._offset + at) & 7 != 0:
            found += Int(self[at])
            at += 1
        while at + 8 * width <= self._length:
            var bytes = self._bytes.load[width]((self._offset + at) >> 3)
            found += Int(pop_count(bytes).cast[DType.uint16]().reduce_add())
            at += 8 * width
        while at < self._length:
            found += Int(self[at])
            at += 1
        return found
