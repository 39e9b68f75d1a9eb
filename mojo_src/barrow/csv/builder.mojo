"""A layout in the making."""

from barrow.csv.layout import REACH, Layout
from barrow.fence import ByteView

comptime ZERO = UInt8(ord("0"))
"""The digit zero as text."""
comptime _NOWHERE = -1


@always_inline
def is_digit(byte: UInt8) -> Bool:
    """Tells digits from other bytes.

    Args:
        byte: A byte of text.

    Returns:
        Whether it is one of 0 to 9.
    """
    return byte - ZERO <= 9


def count_digits(text: ByteView, begin: Int, end: Int) -> Int:
    """Counts the digits that come next.

    Args:
        text: The chunk.
        begin: Where to start.
        end: Where to stop at the latest.

    Returns:
        How many there are before anything else.
    """
    var at = begin
    while at < end and is_digit(text[at]):
        at += 1
    return at - begin


struct LayoutBuilder(Movable):
    """A layout in the making, from one row of known meaning."""

    var layout: Layout
    """What is known so far."""
    var row: Int
    """Where the row starts in the chunk."""
    # Per half (low, high) and lane: the place of each of eight digits.
    var _places: Array[Array[Array[Int, 8], 8], 2]

    def __init__(out self, text: ByteView, row: Int, length: Int):
        """Starts with a row every byte of which is fixed.

        Args:
            text: The chunk.
            row: Where the row starts.
            length: Its bytes with the line end.
        """
        self.layout = Layout(length)
        self.row = row
        var none = Array[Int, 8](fill=_NOWHERE)
        var lanes = Array[Array[Int, 8], 8](fill=none)
        self._places = Array[Array[Array[Int, 8], 8], 2](fill=lanes)
        for i in range(length):
            self.layout.allow(i, text[row + i], 0)

    def digit(mut self, at: Int, lane: Int, place: Int, spread: UInt8 = 9):
        """Makes a byte a digit of a lane.

        Args:
            at: The byte of the chunk.
            lane: The lane.
            place: Which digit, counted from the least significant one.
            spread: How large the digit may be.
        """
        self.layout.allow(at - self.row, ZERO, spread)
        var half = place // 8
        self._places[half][lane][7 - place % 8] = at - self.row
        if half:
            self.layout.has_high = True

    def number(mut self, begin: Int, count: Int, lane: Int, place: Int):
        """Makes bytes the digits of a lane.

        Args:
            begin: The first byte of the chunk.
            count: How many.
            lane: The lane.
            place: Which digit the last of them is.
        """
        for i in range(count):
            self.digit(begin + i, lane, place + count - 1 - i)

    def fix(mut self, text: ByteView, begin: Int, end: Int):
        """Takes back that a cell may vary, since it is read after all.

        Args:
            text: The chunk.
            begin: Where the cell starts.
            end: Where it ends.
        """
        for i in range(begin, end):
            var at = i - self.row
            self.layout.allow(at, text[i], 0)
            self.layout.free[at // 64] &= ~(UInt64(1) << UInt64(at % 64))

    def finish(mut self) -> Bool:
        """Turns places into indexes.

        Returns:
            False if they are too far apart.
        """
        # A byte that is fixed, so that its difference is zero.
        var zero = -1
        for i in range(min(self.layout.length, REACH)):
            if self.layout.spread[i // 64][i % 64] == 0:
                zero = i
                break
        if zero < 0:
            return False
        for half in range(2):
            for lane in range(8):
                var first = REACH
                var last = -1
                for digit in range(8):
                    var at = self._places[half][lane][digit]
                    if at >= 0:
                        first = min(first, at)
                        last = max(last, at)
                if last >= REACH or last - first >= 16:
                    return False
                self.layout.windows[half][lane] = UInt8(
                    first if last >= 0 else 0
                )
                for digit in range(8):
                    var at = self._places[half][lane][digit]
                    var slot = 8 * lane + digit
                    var index = UInt8(at if at >= 0 else zero)
                    if half:
                        self.layout.high[slot] = index
                    else:
                        self.layout.low[slot] = index
                    if at >= 0:
                        self.layout.bias[half][slot] = ZERO
                        if lane % 2:
                            self.layout.odd[half][slot] = UInt8(at - first)
                        else:
                            self.layout.even[half][slot] = UInt8(at - first)
        return True
