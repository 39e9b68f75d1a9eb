"""Finds line ends without looking at anything else, to cut text into ranges."""

from std.bit import pop_count
from std.memory import pack_bits

from barrow.fence import ByteView

comptime _LF = UInt8(ord("\n"))


@fieldwise_init
struct LineCount(TrivialRegisterPassable):
    """Line feeds at the start of a text."""

    var lines: Int
    """How many were counted."""
    var used: Int
    """One past the last one counted; 0 if there is none."""


def count_lines(text: ByteView, most: Int) -> LineCount:
    """Counts line feeds, whether within quotes or not.

    Args:
        text: Any text.
        most: After how many to stop.

    Returns:
        How many there are, and where the last one counted is.
    """
    var lines = 0
    var at = 0
    while at + 64 <= len(text):
        var found = Int(pop_count(pack_bits(text.load[64](at).eq(_LF))))
        if lines + found > most:
            break
        lines += found
        at += 64
    # What is left is less than 64 bytes, or holds one too many.
    var used = at
    while at < len(text) and lines < most:
        at += 1
        if text[at - 1] == _LF:
            lines += 1
            used = at
    while used > 0 and text[used - 1] != _LF:
        used -= 1
    return LineCount(lines, used)
