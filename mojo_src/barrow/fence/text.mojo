"""Borrowed columns of text."""

from barrow.fence.bytes import ByteView
from barrow.fence.column import ColumnView


struct TextColumnView(ImplicitlyCopyable, Sized):
    """Read-only texts that somebody else owns, in Arrow's layout.

    Text `i` lies from offset `i` to offset `i + 1`. Whoever makes a view has checked
    that offsets do not fall and that the last one is within the bytes.
    """

    var _offsets: ColumnView[DType.int32]
    var _bytes: ByteView[ImmUntrackedOrigin]

    def __init__(
        out self,
        offsets: ColumnView[DType.int32],
        bytes: ByteView[ImmUntrackedOrigin],
    ):
        """Borrows memory.

        Args:
            offsets: One more than there are texts; none if there are no texts.
            bytes: What they point into.
        """
        self._offsets = offsets
        self._bytes = bytes

    @always_inline
    def __len__(self) -> Int:
        """Counts the texts.

        Returns:
            Their number.
        """
        return max(len(self._offsets) - 1, 0)

    @always_inline
    def __getitem__(self, at: Int) -> ByteView[ImmUntrackedOrigin]:
        """Returns one text.

        Args:
            at: Its index, from 0 to the length exclusive.

        Returns:
            Its bytes.
        """
        return self._bytes.slice(
            Int(self._offsets[at]), Int(self._offsets[at + 1])
        )
