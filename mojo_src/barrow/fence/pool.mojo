"""A list for hot loops, checked in debug builds only."""


struct Pool[T: Copyable & Deinitable](Copyable, Sized):
    """Owns items that are read by index without a bounds check.

    A failed check of a `List` aborts the process, and even one that never fails
    costs a hot loop several stores. Build with `-D ASSERT=all` to have every access
    checked.

    Parameters:
        T: The type of an item.
    """

    var _items: List[Self.T]

    def __init__(out self):
        """Makes an empty pool."""
        self._items = List[Self.T]()

    def __init__(out self, *, length: Int, fill: Self.T):
        """Makes a pool of equal items.

        Args:
            length: How many.
            fill: What they are.
        """
        self._items = List[Self.T](length=length, fill=fill)

    @always_inline
    def __len__(self) -> Int:
        """Counts the items.

        Returns:
            Their number.
        """
        return len(self._items)

    @always_inline
    def __getitem__(ref self, at: Int) -> ref[self] Self.T:
        """Shows one item.

        Args:
            at: Its index, from 0 to the length exclusive.

        Returns:
            The item.
        """
        debug_assert(0 <= at < len(self._items), "no item ", at)
        return (
            self._items.unsafe_ptr()
            .unsafe_mut_cast[origin_of(self).mut]()
            .unsafe_origin_cast[origin_of(self)]()[unsafe_offset=at]
        )

    def append(mut self, var item: Self.T):
        """Adds an item.

        Args:
            item: What to add.
        """
        self._items.append(item^)

    def clear(mut self):
        """Drops every item."""
        self._items.clear()
