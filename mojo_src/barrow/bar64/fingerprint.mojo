"""Fingerprints of bytes that are read anyway: eight lanes of 64 bits.

Checksums of records cannot tell whether a file is what it was: a CRC that runs over a
record and over the checksum in it comes to the same number whatever the record says.
So every word of every 64 bytes goes into a lane of its own, which is then multiplied by
an odd number and folded upon itself. Each step can be undone, so a word that is another
one leaves another lane, and only a later word of the same lane could make up for it by
being the one of 2^64 that does. The order of words counts.
"""

from barrow.fence import ColumnView

comptime LANES = 8
"""How many words of 64 bits a fingerprint takes at once."""
comptime Lanes = SIMD[DType.uint64, LANES]
"""A fingerprint in the making."""
# Odd, and its bits look like chance: 2^64 over the golden ratio.
comptime _FACTOR: UInt64 = 0x9E37_79B9_7F4A_7C15


@always_inline
def stirred(lanes: Lanes, words: Lanes) -> Lanes:
    """Adds 64 bytes to a fingerprint.

    Args:
        lanes: The fingerprint so far.
        words: The bytes as eight words, the first byte lowest.

    Returns:
        The fingerprint with them.
    """
    var product = (lanes ^ words) * _FACTOR
    return product ^ (product >> 32)


def fingerprint(words: ColumnView[DType.uint64], begun: Lanes) -> Lanes:
    """Adds bytes to a fingerprint.

    Args:
        words: The bytes as words, a multiple of eight.
        begun: The fingerprint of what is before them.

    Returns:
        The fingerprint with them.
    """
    var lanes = begun
    var at = 0
    while at + LANES <= len(words):
        lanes = stirred(lanes, words.load[LANES](at))
        at += LANES
    return lanes
