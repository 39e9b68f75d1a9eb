"""Where rows are written."""

from barrow.csv.cells import RowValues
from barrow.csv.plan import Role
from barrow.fence import ByteView, MutColumnView


struct IdColumn(Copyable):
    """Texts one after another, as Arrow has them: offsets, and bytes behind them."""

    var offsets: MutColumnView[DType.int32]
    """Where every text starts, and where the last one ends; the first one is set by
    whoever made the column. Of length zero where records have no such column."""
    var bytes: MutColumnView[DType.uint8]
    """The texts."""

    def __init__(
        out self,
        offsets: MutColumnView[DType.int32],
        bytes: MutColumnView[DType.uint8],
    ):
        """Takes the two parts.

        Args:
            offsets: One more than there are rows, or none.
            bytes: Room for the texts.
        """
        self.offsets = offsets
        self.bytes = bytes

    def append(self, at: Int, text: ByteView, quote: UInt8) -> Bool:
        """Writes a text behind the one before.

        Args:
            at: The row.
            text: What to write.
            quote: A byte of which two stand for one; 0 for none.

        Returns:
            False if there is no room for it.
        """
        var end = Int(self.offsets.load(at))
        if end + len(text) > len(self.bytes):
            return False
        var i = 0
        while i < len(text):
            self.bytes.store(end, text[i])
            end += 1
            i += 1 + Int(text[i] == quote and quote != 0)
        self.offsets.store(at + 1, Int32(end))
        return True

    @always_inline
    def append_window(
        self, at: Int, window: SIMD[DType.uint8, 64], length: Int
    ) -> Bool:
        """Writes a short text in one store that goes past its end.

        Args:
            at: The row.
            window: The text, with anything behind it.
            length: Bytes of the text, at most 64.

        Returns:
            False if there is no room for the whole window.
        """
        var begin = Int(self.offsets.load(at))
        if begin + 64 > len(self.bytes):
            return False
        self.bytes.store[64](begin, window)
        self.offsets.store(at + 1, Int32(begin + length))
        return True


struct RecordSink[word: DType](Copyable):
    """The columns rows are written to, in the order of the schema.

    Parameters:
        word: `int64` or `int128`. Raw sizes, which have no sign, are stored by
            their bits.
    """

    var values: Array[MutColumnView[Self.word], Role.VALUES]
    """Prices, then sizes; those behind the last value column have length zero."""
    var ts_event: MutColumnView[DType.uint64]
    """Nanoseconds UTC."""
    var ts_init: MutColumnView[DType.uint64]
    """Nanoseconds UTC."""
    var lines: MutColumnView[DType.uint64]
    """The line every row starts on; of length zero if nobody wants it."""
    var sides: MutColumnView[DType.uint8]
    """The aggressor of every trade; of length zero for other records."""
    var ids: IdColumn
    """The identifier of every trade."""
    var end: Int
    """One past the last row that may be written."""

    def __init__(
        out self,
        var values: Array[MutColumnView[Self.word], Role.VALUES],
        ts_event: MutColumnView[DType.uint64],
        ts_init: MutColumnView[DType.uint64],
        lines: MutColumnView[DType.uint64],
        sides: MutColumnView[DType.uint8],
        var ids: IdColumn,
        end: Int,
    ):
        """Takes the columns.

        Args:
            values: Prices, then sizes.
            ts_event: Nanoseconds UTC.
            ts_init: Nanoseconds UTC.
            lines: Line numbers; may have length zero.
            sides: Aggressors; may have length zero.
            ids: Identifiers; may have length zero.
            end: One past the last row that may be written.
        """
        self.values = values^
        self.ts_event = ts_event
        self.ts_init = ts_init
        self.lines = lines
        self.sides = sides
        self.ids = ids^
        self.end = end

    @always_inline
    def store(
        self, at: Int, row: RowValues[Self.word], text: ByteView, line: Int
    ) -> Bool:
        """Writes one row.

        Args:
            at: Its index.
            row: The values.
            text: The chunk the row is in.
            line: The line it starts on.

        Returns:
            False if there is no room for its identifier; nothing is lost then.
        """
        if len(self.sides) > 0:
            var id = text.slice(row.id_begin, row.id_end)
            if not self.ids.append(at, id, row.id_quote):
                return False
            self.sides.store(at, row.side)
        comptime for i in range(Role.VALUES):
            if len(self.values[i]) > 0:
                self.values[i].store(at, row.values[i])
        self.ts_event.store(at, UInt64(row.ts_event))
        self.ts_init.store(at, UInt64(row.ts_init))
        if len(self.lines) > 0:
            self.lines.store(at, UInt64(line))
        return True
