"""Columns to rows of text: what the reader of this room reads back as the same integers.

The writer fills a buffer that somebody else owns and stops before a row that might
not fit. It opens no file and knows nothing of record types: bars, quotes and trades
are lists of columns.
"""

from barrow.csv.clock import LONGEST_TIME, Clock, TimeForm
from barrow.csv.digits import LONGEST_NUMBER, DecimalForm
from barrow.csv.quick import QUICK_ROWS, QuickCells
from barrow.fence import ColumnView, MutColumnView, Pool

comptime _LINE_FEED = UInt8(ord("\n"))
comptime _QUOTE = UInt8(ord('"'))
# The signed sentinels, undefined and error, are neighbors as unsigned numbers.
comptime _PRICE_UNDEFINED_64 = UInt64(Int64.MAX)
comptime _PRICE_UNDEFINED_128 = UInt128(Int128.MAX)
# Quotes around a text and the delimiter after it.
comptime _AROUND_TEXT = 3


@fieldwise_init
struct CellKind(Equatable, TrivialRegisterPassable):
    """What a column holds."""

    var code: UInt8
    """See the constants."""

    comptime PRICE = Self(0)
    """Signed 64-bit raw values."""
    comptime SIZE = Self(1)
    """Unsigned 64-bit raw values."""
    comptime WIDE_PRICE = Self(2)
    """Signed 128-bit raw values."""
    comptime WIDE_SIZE = Self(3)
    """Unsigned 128-bit raw values."""
    comptime TIME = Self(4)
    """Unsigned nanoseconds; the largest integer is undefined."""
    comptime TIMESTAMP = Self(5)
    """Signed nanoseconds."""
    comptime SIDE = Self(6)
    """One byte: 0 no aggressor, 1 the buyer, 2 the seller."""
    comptime TEXT = Self(7)
    """Text behind 32-bit offsets."""

    comptime COUNT = 8
    """How many kinds there are."""


struct CellColumn(Copyable):
    """A column to be written."""

    var kind: CellKind
    """What it holds."""
    var narrow: ColumnView[DType.uint64]
    """The values of 64-bit kinds."""
    var wide: ColumnView[DType.uint128]
    """The values of 128-bit kinds."""
    var bytes: ColumnView[DType.uint8]
    """Sides, or the characters of all texts."""
    var offsets: ColumnView[DType.int32]
    """Where texts begin, and where the last one ends."""
    var validity: ColumnView[DType.uint8]
    """A bit for every value that is not null; of length zero if none is."""
    var first_bit: Int
    """The bit of the first value."""
    var decimals: DecimalForm[DType.uint64]
    """How 64-bit values are shown."""
    var wide_decimals: DecimalForm[DType.uint128]
    """How 128-bit values are shown."""
    var times: TimeForm
    """How instants are shown."""

    def __init__(out self, kind: CellKind):
        """Makes a column of no rows, to be filled in.

        Args:
            kind: What it holds.
        """
        # Any address will do where there is nothing.
        self.kind = kind
        self.narrow = ColumnView[DType.uint64](address=64, length=0)
        self.wide = ColumnView[DType.uint128](address=64, length=0)
        self.bytes = ColumnView[DType.uint8](address=64, length=0)
        self.offsets = ColumnView[DType.int32](address=64, length=0)
        self.validity = ColumnView[DType.uint8](address=64, length=0)
        self.first_bit = 0
        self.decimals = DecimalForm[DType.uint64](0, True)
        self.wide_decimals = DecimalForm[DType.uint128](0, True)
        self.times = TimeForm(False, 9)

    @always_inline
    def is_null(self, row: Int) -> Bool:
        """Tells whether a value is missing.

        Args:
            row: Its index.

        Returns:
            Whether its bit is not set.
        """
        if len(self.validity) == 0:
            return False
        var bit = self.first_bit + row
        return (self.validity[bit >> 3] >> UInt8(bit & 7)) & 1 == 0

    @always_inline
    def length(self, row: Int) -> Int:
        """Counts the characters of a text.

        Args:
            row: Its index.

        Returns:
            Their number in bytes.
        """
        return Int(self.offsets[row + 1] - self.offsets[row])


@fieldwise_init
struct Written(TrivialRegisterPassable):
    """How far the writer came."""

    var rows: Int
    """Whole rows."""
    var bytes: Int
    """Bytes they take."""
    var fault: Int
    """The column whose value in the next row the form of times cannot show, or -1.
    """


def write_rows(
    columns: Pool[CellColumn],
    delimiter: UInt8,
    begin: Int,
    end: Int,
    into: MutColumnView[DType.uint8],
) -> Written:
    """Writes rows until the last, a fault, or one that might not fit.

    Args:
        columns: What to write, in this order; at least one.
        delimiter: What separates cells.
        begin: The first row.
        end: One past the last row.
        into: Where; the bytes behind those written are of no meaning.

    Returns:
        How many rows were written, and why they are not all if a value is at fault.
    """
    var fixed = 0
    var has_text = False
    for i in range(len(columns)):
        if columns[i].kind == CellKind.TEXT:
            fixed += _AROUND_TEXT
            has_text = True
        else:
            fixed += max(LONGEST_NUMBER, LONGEST_TIME)
    var clock = Clock()
    var quick = QuickCells(len(columns))
    var at = 0
    for row in range(begin, end):
        var place = (row - begin) % QUICK_ROWS
        if place == 0:
            _render(columns, row, end, quick)
        var longest = fixed
        if has_text:
            for i in range(len(columns)):
                if columns[i].kind == CellKind.TEXT:
                    longest += 2 * columns[i].length(row)
        if at + longest > len(into):
            return Written(row - begin, at, -1)
        var next = at
        for i in range(len(columns)):
            var length = quick.length(i, place)
            if length != 0:
                into.store[8](next, quick.text(i, place))
                next += length
                into.store(next, delimiter)
                next += 1
                continue
            next = _write_cell(columns[i], row, delimiter, clock, into, next)
            if next < 0:
                return Written(row - begin, at, i)
            into.store(next, delimiter)
            next += 1
        into.store(next - 1, _LINE_FEED)
        at = next
    return Written(end - begin, at, -1)


def _render(
    columns: Pool[CellColumn], row: Int, end: Int, mut quick: QuickCells
):
    """Writes the short numbers of the next rows, column by column."""
    for i in range(len(columns)):
        ref column = columns[i]
        var kind = column.kind
        if len(column.validity) > 0:
            continue
        if kind == CellKind.PRICE or kind == CellKind.SIZE:
            quick.render(i, column.decimals, column.narrow, row, end)
        elif kind == CellKind.WIDE_PRICE or kind == CellKind.WIDE_SIZE:
            quick.render(i, column.wide_decimals, column.wide, row, end)


@always_inline
def _write_cell(
    column: CellColumn,
    row: Int,
    delimiter: UInt8,
    mut clock: Clock,
    into: MutColumnView[DType.uint8],
    at: Int,
) -> Int:
    if column.is_null(row):
        return at
    var kind = column.kind
    if kind == CellKind.PRICE:
        var bits = column.narrow[row]
        if bits - _PRICE_UNDEFINED_64 <= 1:
            return at
        var negative = Int64(bits) < 0
        var magnitude = 0 - bits if negative else bits
        return column.decimals.write(magnitude, negative, into, at)
    if kind == CellKind.SIZE:
        var bits = column.narrow[row]
        if bits == UInt64.MAX:
            return at
        return column.decimals.write(bits, False, into, at)
    if kind == CellKind.TIME or kind == CellKind.TIMESTAMP:
        var bits = column.narrow[row]
        if bits == UInt64.MAX and kind == CellKind.TIME:
            return at
        return clock.write(bits, column.times, into, at)
    if kind == CellKind.WIDE_PRICE:
        var bits = column.wide[row]
        if bits - _PRICE_UNDEFINED_128 <= 1:
            return at
        var negative = bits.cast[DType.int128]() < 0
        var magnitude = 0 - bits if negative else bits
        return column.wide_decimals.write(magnitude, negative, into, at)
    if kind == CellKind.WIDE_SIZE:
        var bits = column.wide[row]
        if bits == UInt128.MAX:
            return at
        return column.wide_decimals.write(bits, False, into, at)
    if kind == CellKind.SIDE:
        return _write_side(column.bytes[row], into, at)
    return _write_text(column, row, delimiter, into, at)


def _write_side(side: UInt8, into: MutColumnView[DType.uint8], at: Int) -> Int:
    if side == 0:
        return at
    comptime words: List[StaticString] = ["buy", "sell"]
    if side > 2:
        return -1
    var end = at
    for byte in materialize[words]()[Int(side) - 1].as_bytes():
        into.store(end, byte)
        end += 1
    return end


def _write_text(
    column: CellColumn,
    row: Int,
    delimiter: UInt8,
    into: MutColumnView[DType.uint8],
    at: Int,
) -> Int:
    """Writes a text; within quotes, the quotes in it doubled, where it needs them."""
    var first = Int(column.offsets[row])
    var last = Int(column.offsets[row + 1])
    var end = at
    var plain = True
    for i in range(first, last):
        var byte = column.bytes[i]
        into.store(end, byte)
        end += 1
        # Nearly every byte of an identifier is above these marks.
        if byte <= _QUOTE or byte == delimiter:
            plain = False
    if plain:
        return end
    return _write_quoted(column, first, last, delimiter, into, at)


def _write_quoted(
    column: CellColumn,
    first: Int,
    last: Int,
    delimiter: UInt8,
    into: MutColumnView[DType.uint8],
    at: Int,
) -> Int:
    comptime space = UInt8(ord(" "))
    # Readers drop blanks at the ends of a field.
    var needed = column.bytes[first] <= space or column.bytes[last - 1] <= space
    for i in range(first, last):
        var byte = column.bytes[i]
        needed = needed or byte == delimiter or byte == _QUOTE
        needed = needed or byte == UInt8(ord("\n")) or byte == UInt8(ord("\r"))
    if not needed:
        return at + last - first
    var end = at + 1
    into.store(at, _QUOTE)
    for i in range(first, last):
        var byte = column.bytes[i]
        into.store(end, byte)
        end += 1
        if byte == _QUOTE:
            into.store(end, byte)
            end += 1
    into.store(end, _QUOTE)
    return end + 1
