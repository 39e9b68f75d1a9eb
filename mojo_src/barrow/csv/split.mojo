"""Finds the fields of one row, as RFC 4180 has them.

Beyond the RFC: lines end with LF, CRLF or a lone CR, in any mixture; blanks (space
and tab) around a field do not belong to it, unless they are the delimiter; a quote
inside an unquoted field is an ordinary byte; a quoted field has at most 64 lines.
"""

from barrow.errors import Reason
from barrow.fence import ByteView, Pool

comptime _LF = UInt8(ord("\n"))
comptime _CR = UInt8(ord("\r"))
comptime _SPACE = UInt8(ord(" "))
comptime _TAB = UInt8(ord("\t"))
# A quote that is still open after so many lines was never meant to be closed.
comptime _MOST_LINES = 64


struct FieldSpans(Sized):
    """Where the fields of a row are; reused from row to row."""

    var begins: Pool[Int]
    """The first byte of every field within the chunk."""
    var ends: Pool[Int]
    """One past the last byte of every field."""
    var count: Int
    """Fields found; may exceed what there is room for."""

    def __init__(out self, capacity: Int):
        """Makes room.

        Args:
            capacity: How many fields to remember; further ones are only counted.
        """
        self.begins = Pool[Int](length=capacity, fill=0)
        self.ends = Pool[Int](length=capacity, fill=0)
        self.count = 0

    @always_inline
    def __len__(self) -> Int:
        """Counts the fields.

        Returns:
            Fields found.
        """
        return self.count

    @always_inline
    def add(mut self, begin: Int, end: Int):
        """Appends a field.

        Args:
            begin: Its first byte.
            end: One past its last byte.
        """
        if self.count < len(self.begins):
            self.begins[self.count] = begin
            self.ends[self.count] = end
        self.count += 1

    def pad(mut self, count: Int, end: Int) -> Bool:
        """Adds empty fields at the end of a row that has too few.

        Args:
            count: How many there should be.
            end: Where the row ends.

        Returns:
            Whether there were not too many.
        """
        while self.count < count:
            self.add(end, end)
        return self.count == count


@fieldwise_init
struct RowSpan(TrivialRegisterPassable):
    """Where a row is."""

    var end: Int
    """One past the last byte of the row, its line end left out."""
    var next: Int
    """The first byte of the next row; -1 if the row is not complete yet."""
    var lines: Int
    """Lines the row takes; more than one if quotes hold line ends."""
    var reason: Reason
    """`OK`, or why the row cannot be split."""

    @staticmethod
    def incomplete() -> Self:
        """Stands for a row whose end is not in the chunk.

        Returns:
            A span with `next` of -1.
        """
        return Self(0, -1, 0, Reason.OK)


@always_inline
def _trimmed(
    text: ByteView, var begin: Int, var end: Int, delimiter: UInt8
) -> Tuple[Int, Int]:
    while begin < end and _is_blank(text[begin], delimiter):
        begin += 1
    while end > begin and _is_blank(text[end - 1], delimiter):
        end -= 1
    return (begin, end)


@always_inline
def _is_blank(byte: UInt8, delimiter: UInt8) -> Bool:
    return (byte == _SPACE or byte == _TAB) and byte != delimiter


def split_row(
    text: ByteView,
    begin: Int,
    final: Bool,
    delimiter: UInt8,
    quote: UInt8,
    mut fields: FieldSpans,
) -> RowSpan:
    """Finds the fields of the row that starts at `begin`.

    Args:
        text: The chunk.
        begin: Where the row starts; less than the length.
        final: Whether the input ends with the chunk, so that a row without a
            line end is complete.
        delimiter: The byte between fields.
        quote: The byte around quoted fields; 0 for none.
        fields: Where to put the fields; what it held is forgotten.

    Returns:
        Where the row ends. With a reason other than `OK` the fields are those
        before the fault.
    """
    fields.count = 0
    var length = len(text)
    var at = begin
    var lines = 1
    var reason = Reason.OK
    while True:
        var field = at
        if at < length and text[at] == quote and quote != 0:
            # Past the opening quote; a doubled quote stands for one.
            at += 1
            while True:
                while at < length and text[at] != quote:
                    if text[at] == 0:
                        reason = Reason.NUL_BYTE
                    elif text[at] == _LF or (
                        text[at] == _CR
                        and not (at + 1 < length and text[at + 1] == _LF)
                    ):
                        lines += 1
                        if lines > _MOST_LINES:
                            return RowSpan(at, at, lines, Reason.UNCLOSED_QUOTE)
                    at += 1
                if at == length:
                    if not final:
                        return RowSpan.incomplete()
                    return RowSpan(at, at, lines, Reason.UNCLOSED_QUOTE)
                at += 1
                if at == length and not final:
                    return RowSpan.incomplete()
                if at == length or text[at] != quote:
                    break
                at += 1
            var inner = _trimmed(text, field + 1, at - 1, delimiter)
            fields.add(inner[0], inner[1])
            while at < length and _is_blank(text[at], delimiter):
                at += 1
            if (
                at < length
                and text[at] != delimiter
                and text[at] != _LF
                and text[at] != _CR
            ):
                if reason == Reason.OK:
                    reason = Reason.TEXT_AFTER_QUOTE
                while (
                    at < length
                    and text[at] != delimiter
                    and text[at] != _LF
                    and text[at] != _CR
                ):
                    at += 1
        else:
            while (
                at < length
                and text[at] != delimiter
                and text[at] != _LF
                and text[at] != _CR
            ):
                if text[at] == 0:
                    reason = Reason.NUL_BYTE
                at += 1
            var inner = _trimmed(text, field, at, delimiter)
            fields.add(inner[0], inner[1])
        if at == length:
            if not final:
                return RowSpan.incomplete()
            return RowSpan(at, at, lines, reason)
        if text[at] != delimiter:
            break
        at += 1
    var end = at
    at += 1
    if text[end] == _CR:
        if at == length and not final:
            # An LF may follow in the next chunk.
            return RowSpan.incomplete()
        if at < length and text[at] == _LF:
            at += 1
    return RowSpan(end, at, lines, reason)
