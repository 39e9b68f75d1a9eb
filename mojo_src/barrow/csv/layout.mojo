"""Layouts: what the rows of a file that look alike have in common.

Two rows have one layout if they are equally long and differ in digits only (and
in letters of columns nobody reads). A layout holds, for every byte of the row, the
lowest value allowed and how far above it the byte may be: zero for separators,
nine for digits, less for the first digit of hours and minutes. One subtraction and
one unsigned comparison per 64 bytes then check a whole row, and the differences
are the digits. It also knows which byte is which digit of which value.

Layouts are learned from rows the scalar parser has read, and are believed only if
they give the values it gave.
"""

from std.bit import count_trailing_zeros
from std.memory import pack_bits

from barrow.csv.plan import RowPlan
from barrow.csv.simd import (
    HAS_VBMI,
    Block,
    Lanes,
    eight_digits,
    gather_64,
    gather_128,
    gather_windows,
    times_32,
)
from barrow.fence import ByteView

comptime BLOCKS = 4
"""Rows of up to this many blocks of 64 bytes can have a layout."""
comptime REACH = 128
"""Values must lie within this many bytes from the start of their row."""

# Lanes of a row; the value columns follow in the order of their roles.
comptime DATE = 0
"""The lane of the day, as the number yyyymmdd; 0 for an epoch."""
comptime CLOCK = 1
"""The lane of the time of day in nanoseconds."""
comptime FRACTION = 2
"""The lane of the fraction of the second, or of an epoch, in nanoseconds."""
comptime FIRST_VALUE = 3
"""The lane of the first value column; the others follow."""
comptime INIT = 7
"""The lane of `ts_init` where it is a field; records of five values have none left."""


struct Layout(Copyable):
    """How to check and read the rows of one layout."""

    var lowest: Array[Block, BLOCKS]
    """The lowest value of every byte; zero behind the row."""
    var spread: Array[Block, BLOCKS]
    """How far above that it may be; 255 behind the row and where all may be."""
    var free: Array[UInt64, BLOCKS]
    """The bytes that may be anything but a mark of the format."""
    var low: Block
    """For VBMI: where the eight lower digits of every lane are."""
    var high: Block
    """For VBMI: where the eight digits above those are."""
    var windows: Array[SIMD[DType.uint8, 8], 2]
    """For AVX2: where the window of every lane starts, low and high digits."""
    var even: Array[Block, 2]
    """For AVX2: see `gather_windows`, low and high digits."""
    var odd: Array[Block, 2]
    """For AVX2: see `gather_windows`, low and high digits."""
    var bias: Array[Block, 2]
    """For AVX2: `0` where a digit was gathered, zero elsewhere."""
    var scale: Lanes
    """What the digits of every lane are multiplied by."""
    var widening: Lanes
    """With 128-bit values: what value lanes are multiplied by after that."""
    var constant: Lanes
    """What is added to every lane: an offset from UTC, a default volume."""
    var sign: Lanes
    """-1 in the lanes of negative values."""
    var length: Int
    """Bytes of the row with its line end."""
    var blocks: Int
    """Blocks of 64 bytes the row takes: 1, 2 or 4."""
    var has_high: Bool
    """Whether any lane has more than eight digits."""
    var has_sign: Bool
    """Whether any value is negative."""
    var has_free: Bool
    """Whether any byte is free."""
    var unusual: Bool
    """Whether there are free bytes, signs, or decimals that are not kept."""
    var side: UInt8
    """The aggressor of trades."""
    var id_begin: Int
    """Where the identifier of a trade starts within the row."""
    var id_length: Int
    """Its bytes, at most 64."""
    var shows_more: Bool
    """Whether any value shows more decimals than are kept."""
    var zoned: Bool
    """Whether the text fixes the zone."""
    var epoch: Bool
    """Whether the stamp is an epoch."""
    var key: UInt64
    """A hash of which bytes are marks; see `marks_of`."""

    def __init__(out self, length: Int):
        """Allows any row.

        Args:
            length: Bytes of the row with its line end.
        """
        self.lowest = Array[Block, BLOCKS](fill=Block(0))
        self.spread = Array[Block, BLOCKS](fill=Block(255))
        self.free = Array[UInt64, BLOCKS](fill=0)
        self.low = Block(0)
        self.high = Block(0)
        self.windows = Array[SIMD[DType.uint8, 8], 2](
            fill=SIMD[DType.uint8, 8](0)
        )
        self.even = Array[Block, 2](fill=Block(128))
        self.odd = Array[Block, 2](fill=Block(128))
        self.bias = Array[Block, 2](fill=Block(0))
        self.scale = Lanes(0)
        self.widening = Lanes(1)
        self.constant = Lanes(0)
        self.sign = Lanes(0)
        self.length = length
        self.blocks = 1 if length <= 64 else (2 if length <= 128 else 4)
        self.has_high = False
        self.has_sign = False
        self.has_free = False
        self.unusual = False
        self.side = 0
        self.id_begin = 0
        self.id_length = 0
        self.shows_more = False
        self.zoned = False
        self.epoch = False
        self.key = 0

    def allow(mut self, at: Int, lowest: UInt8, spread: UInt8):
        """Says what one byte may be.

        Args:
            at: Its place in the row.
            lowest: The lowest value.
            spread: How far above that it may be.
        """
        self.lowest[at // 64][at % 64] = lowest
        self.spread[at // 64][at % 64] = spread

    def same_as(self, other: Layout) -> Bool:
        """Compares what rows of two layouts look like.

        Args:
            other: Another layout.

        Returns:
            Whether the same rows have both.
        """
        if self.key != other.key or self.length != other.length:
            return False
        for b in range(BLOCKS):
            if (
                self.lowest[b] != other.lowest[b]
                or self.spread[b] != other.spread[b]
            ):
                return False
        return True

    @always_inline
    def signed(self, values: Lanes) -> Lanes:
        """Applies the signs.

        Args:
            values: Magnitudes.

        Returns:
            Values.
        """
        return (values ^ self.sign) - self.sign


@always_inline
def read_values[
    blocks: Int, high: Bool
](
    layout: Layout,
    text: ByteView,
    at: Int,
    first: Block,
    second: Block,
    low_places: Block,
    high_places: Block,
    scale: Lanes,
    constant: Lanes,
) -> Lanes:
    """Reads the values of a row that has a layout.

    What a loop uses for every row comes as arguments, so that it stays in registers.

    Parameters:
        blocks: How many blocks rows take.
        high: Whether to look at digits above the eighth.

    Args:
        layout: The layout.
        text: The chunk.
        at: Where the row starts.
        first: The first block less its lowest values.
        second: The second block less its lowest values.
        low_places: `layout.low`.
        high_places: `layout.high`.
        scale: `layout.scale`.
        constant: `layout.constant`.

    Returns:
        Date, clock, fraction and the values; signs left out.
    """
    var digits: Block
    comptime if HAS_VBMI:
        comptime if blocks == 1:
            digits = gather_64(first, low_places)
        else:
            digits = gather_128(first, second, low_places)
    else:
        digits = (
            gather_windows(
                text, at, layout.windows[0], layout.even[0], layout.odd[0]
            )
            - layout.bias[0]
        )
    var result = eight_digits(digits)
    comptime if high:
        comptime if HAS_VBMI:
            comptime if blocks == 1:
                digits = gather_64(first, high_places)
            else:
                digits = gather_128(first, second, high_places)
        else:
            digits = (
                gather_windows(
                    text, at, layout.windows[1], layout.even[1], layout.odd[1]
                )
                - layout.bias[1]
            )
        result += eight_digits(digits) * 100_000_000
        return result * scale + constant
    else:
        # Digits and scales are below 2**32 here.
        var product = times_32(
            result.cast[DType.uint64](), scale.cast[DType.uint64]()
        )
        return product.cast[DType.int64]() + constant


@always_inline
def hash_masks(a: UInt64, b: UInt64, c: UInt64, d: UInt64) -> UInt64:
    """Mixes four masks; the highest bits of the result are the best.

    Args:
        a: The mask of the first block.
        b: The mask of the second block.
        c: The mask of the third block.
        d: The mask of the fourth block.

    Returns:
        A hash; never zero for a row, whose line end is a mark.
    """
    var h = (a * 0x9E3779B97F4A7C15) ^ (b * 0xC2B2AE3D27D4EB4F)
    h ^= (c * 0x165667B19E3779F9) ^ (d * 0x27D4EB2F165667C5)
    return h * 0xD6E8FEB86659FD93 | 1


@fieldwise_init
struct RowEnd(TrivialRegisterPassable):
    """The end of the row that starts a window."""

    var length: Int
    """Bytes of the row with its line end; 0 if it is longer than the window."""
    var key: UInt64
    """The hash of which bytes of the row are marks."""


@always_inline
def marks_of(bytes: Block, delimiter: UInt8) -> UInt64:
    """Tells delimiters, signs, points, blanks and line ends from digits and letters.

    Letters are left out so that rows have one key whatever an identifier holds.

    Args:
        bytes: Text.
        delimiter: What separates fields.

    Returns:
        A bit for every mark.
    """
    return pack_bits(bytes.lt(UInt8(ord("0"))) | bytes.eq(delimiter))


@always_inline
def find_row_end[
    blocks: Int
](found: Array[Block, blocks], delimiter: UInt8) -> RowEnd:
    """Finds the end of the row that starts a window, and the key of its layout.

    Parameters:
        blocks: How many blocks the window has.

    Args:
        found: The window.
        delimiter: What separates fields.

    Returns:
        The end and the key.
    """
    var masks = Array[UInt64, BLOCKS](fill=0)
    var length = 0
    comptime for b in range(blocks):
        if length == 0:
            var ends = pack_bits(found[b].eq(UInt8(ord("\n"))))
            # All up to the lowest bit, or all bits if there is none.
            masks[b] = marks_of(found[b], delimiter) & (ends ^ (ends - 1))
            if ends != 0:
                length = 64 * b + Int(count_trailing_zeros(ends)) + 1
    return RowEnd(length, hash_masks(masks[0], masks[1], masks[2], masks[3]))


@always_inline
def hides_marks[
    blocks: Int
](found: Array[Block, blocks], layout: Layout, plan: RowPlan) -> Bool:
    """Looks for marks of the format in columns that may hold anything.

    Parameters:
        blocks: How many blocks the row takes.

    Args:
        found: The row.
        layout: Its layout.
        plan: How the file is written.

    Returns:
        Whether there are any.
    """
    comptime for b in range(blocks):
        var marks = pack_bits(
            found[b].eq(plan.delimiter)
            | found[b].eq(plan.quote)
            | found[b].eq(UInt8(ord("\n")))
            | found[b].eq(UInt8(ord("\r")))
            | found[b].eq(0)
        )
        if marks & layout.free[b] != 0:
            return True
    return False
