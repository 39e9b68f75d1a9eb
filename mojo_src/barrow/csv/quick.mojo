"""Short numbers as text, eight at a time.

Most prices and sizes have no more digits than fit, with their point, into eight
bytes. A column of them is written a block of rows ahead: a lane of a vector holds
the text of a cell, and shifting it drops the leading zeros. What is longer or
negative, or has more decimals than the column shows, is left to `DecimalForm`.
"""

from std.bit import count_trailing_zeros
from std.memory import bitcast

from barrow.csv.digits import DecimalForm, eight_digits
from barrow.fence import ColumnView, Scratch

comptime QUICK_ROWS = 64
"""Rows that are written ahead."""

comptime _LANES = 8
comptime _Lanes = SIMD[DType.uint64, _LANES]
comptime _ZEROS = UInt64(0x3030_3030_3030_3030)


@fieldwise_init
struct _Layout(TrivialRegisterPassable):
    """Where eight bytes have their point, if any."""

    var whole: UInt64
    """The bytes of digits before the point."""
    var fraction: UInt64
    """The bytes of digits after it."""
    var marks: UInt64
    """What makes digits text: zeros, and the point."""
    var ones: UInt64
    """A bit in the last byte before the point, which is always shown."""
    var bound: UInt64
    """Numbers from here on have too many digits."""

    def __init__(out self, decimals: Int):
        if decimals == 0:
            self = Self(0, UInt64.MAX, _ZEROS, UInt64(1) << 56, 10**8)
            return
        var point = UInt64(8 * (7 - decimals))
        self.whole = (UInt64(1) << point) - 1
        self.fraction = ~self.whole & ~(UInt64(0xFF) << point)
        self.marks = _ZEROS - (UInt64(ord("0") - ord(".")) << point)
        self.ones = UInt64(1) << (point - 8)
        self.bound = 10**7


struct QuickCells(Movable):
    """The texts of short numbers in the next rows of all columns."""

    var _texts: Scratch[DType.uint64]
    # In bytes; zero for a cell that is not here.
    var _lengths: Scratch[DType.uint64]

    def __init__(out self, columns: Int):
        """Makes room.

        Args:
            columns: How many columns there are.
        """
        self._texts = Scratch[DType.uint64](length=columns * QUICK_ROWS)
        self._lengths = Scratch[DType.uint64](length=columns * QUICK_ROWS)

    @always_inline
    def length(self, column: Int, place: Int) -> Int:
        """Tells whether a cell is here.

        Args:
            column: Its column.
            place: Its row, counted from the first that was rendered.

        Returns:
            The length of its text, or 0.
        """
        return Int(self._lengths.load(column * QUICK_ROWS + place))

    @always_inline
    def text(self, column: Int, place: Int) -> SIMD[DType.uint8, 8]:
        """Returns the text of a cell.

        Args:
            column: Its column.
            place: Its row, counted from the first that was rendered.

        Returns:
            The text, and zeros after it.
        """
        return bitcast[DType.uint8, 8](
            self._texts.load(column * QUICK_ROWS + place)
        )

    def render[
        dtype: DType
    ](
        mut self,
        column: Int,
        form: DecimalForm[dtype],
        raw: ColumnView[dtype],
        begin: Int,
        end: Int,
    ):
        """Writes the numbers of a column that are short.

        Parameters:
            dtype: `uint64` or `uint128`; negative numbers are large here.

        Args:
            column: Its index.
            form: How values are shown.
            raw: The values.
            begin: The first row.
            end: One past the last; no more than `QUICK_ROWS` are looked at.
        """
        if form.fewest or form.decimals > 6:
            return
        var layout = _Layout(form.decimals)
        var at = column * QUICK_ROWS
        var full = min(QUICK_ROWS, end - begin) // _LANES * _LANES
        for row in range(begin, begin + full, _LANES):
            var numbers = _quotients(form, raw, row)
            var short = numbers.lt(layout.bound)
            var digits = bitcast[DType.uint64, _LANES](
                eight_digits[_LANES](short.select(numbers, _Lanes(0)))
            )
            # The digit before the first seven is zero where there is a point.
            var text = ((digits >> 8) & layout.whole) | (
                digits & layout.fraction
            )
            var zeros = count_trailing_zeros(text | layout.ones) & ~7
            self._texts.store[_LANES](at, (text + layout.marks) >> zeros)
            self._lengths.store[_LANES](
                at, short.select(_LANES - (zeros >> 3), _Lanes(0))
            )
            at += _LANES
        for rest in range(at, (column + 1) * QUICK_ROWS):
            self._lengths.store(rest, UInt64(0))


@always_inline
def _quotients[
    dtype: DType
](form: DecimalForm[dtype], raw: ColumnView[dtype], row: Int) -> _Lanes:
    """The numbers as integers of the last decimal; huge where they are none."""
    comptime if dtype == DType.uint64:
        return form.division.divide[_LANES](raw.load[_LANES](row)).cast[
            DType.uint64
        ]()
    else:
        var numbers = _Lanes(0)
        comptime for i in range(_LANES):
            var quotient = form.division.divide(raw[row + i])
            numbers[i] = (
                UInt64.MAX if (quotient >> 64)
                != 0 else quotient.cast[DType.uint64]()
            )
        return numbers
