"""Records of 64 bytes to columns of 64-bit values and back, checksums on the way.

A record is eight words of 64 bits: `ts_event open high low close volume ts_init`, then
`flags` in the low and the checksum of the 60 bytes before it in the high half of the
last one. Eight records are a square of words, and turning it over is three steps of
shuffles in registers. What takes time is memory, so there is one pass only.
"""

from barrow.bar64.checksum import Crc32c
from barrow.bar64.fingerprint import LANES, Lanes, stirred
from barrow.fence import ColumnView, MutColumnView

comptime RECORD_BYTES = 64
"""Bytes of a record."""
comptime COLUMNS = 7
"""Columns of a record; flags and checksum are none."""
comptime _WORDS = 8
comptime _BLOCK = 8  # records that are turned over at once
comptime _Words = SIMD[DType.uint64, _BLOCK]
comptime Columns = Array[ColumnView[DType.uint64], COLUMNS]
"""Columns to read, in the order of the record."""
comptime MutColumns = Array[MutColumnView[DType.uint64], COLUMNS]
"""Columns to write, in the order of the record."""
# Records that are asked for ahead of their use: the processor itself stops at every
# page of the file, and proving a record leaves it no time to catch up.
comptime _AHEAD = 64
# More than this is larger than what a core has of the caches.
comptime _STREAMED = 1 << 19


def pack(columns: Columns, records: MutColumnView[DType.uint64]):
    """Makes records of columns; their flags are zero.

    Args:
        columns: Columns of one length.
        records: Where the records go: eight words for every row.
    """
    var rows = len(records) // _WORDS
    var at = 0
    while at + _BLOCK <= rows:
        var square = Array[_Words, _WORDS](fill=_Words(0))
        comptime for word in range(COLUMNS):
            square[word] = columns[word].load[_BLOCK](at)
        square[COLUMNS] = _checksums[_BLOCK](columns, at) << 32
        _turn(square)
        comptime for row in range(_BLOCK):
            records.store[_WORDS](_WORDS * (at + row), square[row])
        at += _BLOCK
    while at < rows:
        comptime for word in range(COLUMNS):
            records.store(_WORDS * at + word, columns[word][at])
        records.store(_WORDS * at + COLUMNS, _checksums[1](columns, at) << 32)
        at += 1


@always_inline
def _checksums[
    width: Int
](columns: Columns, at: Int) -> SIMD[DType.uint64, width]:
    """The checksums of `width` rows without flags."""
    var crcs = Array[Crc32c, width](fill=Crc32c())
    # Word by word, so that the rows' instructions do not wait for each other.
    comptime for word in range(COLUMNS):
        comptime for row in range(width):
            crcs[row].add64(columns[word][at + row])
    var values = SIMD[DType.uint64, width](0)
    comptime for row in range(width):
        crcs[row].add32(0)
        values[row] = crcs[row].value().cast[DType.uint64]()
    return values


def unpack[
    checked: Bool
](
    records: ColumnView[DType.uint64], columns: MutColumns, mut lanes: Lanes
) -> Int:
    """Makes columns of records.

    Parameters:
        checked: Whether to stop at a record whose checksum is wrong.

    Args:
        records: The records: eight words for every row.
        columns: Where the columns go; each as long as there are records.
        lanes: The fingerprint of what is before them; becomes that with them, unless
            one is damaged.

    Returns:
        -1, or the first damaged record. Rows before it are there.
    """
    var rows = len(records) // _WORDS
    var at = 0
    # Every column must begin its lines at the same row for whole lines to be written.
    if rows * COLUMNS >= _STREAMED:
        var gap = columns[0].before_line()
        var even = gap < rows
        comptime for word in range(1, COLUMNS):
            even = even and columns[word].before_line() == gap
        if even:
            var damaged = _unpack_rows[checked](records, columns, lanes, 0, gap)
            if damaged >= 0:
                return damaged
            damaged = _unpack_blocks[checked, True](
                records, columns, lanes, gap, rows
            )
            if damaged >= 0:
                return damaged
            at = gap + (rows - gap) // _BLOCK * _BLOCK
    var damaged = _unpack_blocks[checked, False](
        records, columns, lanes, at, rows
    )
    if damaged >= 0:
        return damaged
    at += (rows - at) // _BLOCK * _BLOCK
    return _unpack_rows[checked](records, columns, lanes, at, rows)


@always_inline
def _unpack_blocks[
    checked: Bool, streamed: Bool
](
    records: ColumnView[DType.uint64],
    columns: MutColumns,
    mut lanes: Lanes,
    begin: Int,
    end: Int,
) -> Int:
    """Unpacks whole blocks from `begin` on; returns -1 or the first damaged record."""
    var at = begin
    while at + _BLOCK <= end:
        comptime for row in range(_BLOCK):
            records.fetch(_WORDS * (at + _AHEAD + row))
        comptime if checked:
            if not _are_whole(records, at):
                return _unpack_rows[True](
                    records, columns, lanes, at, at + _BLOCK
                )
        var square = Array[_Words, _WORDS](fill=_Words(0))
        comptime for row in range(_BLOCK):
            square[row] = records.load[_WORDS](_WORDS * (at + row))
            lanes = stirred(lanes, square[row])
        _turn(square)
        comptime for word in range(COLUMNS):
            comptime if streamed:
                columns[word].stream[_BLOCK](at, square[word])
            else:
                columns[word].store[_BLOCK](at, square[word])
        at += _BLOCK
    return -1


@always_inline
def _unpack_rows[
    checked: Bool
](
    records: ColumnView[DType.uint64],
    columns: MutColumns,
    mut lanes: Lanes,
    begin: Int,
    end: Int,
) -> Int:
    """Unpacks records one by one; returns -1 or the first damaged one."""
    for at in range(begin, end):
        comptime if checked:
            if not _is_whole(records, at):
                return at
        lanes = stirred(lanes, records.load[LANES](_WORDS * at))
        comptime for word in range(COLUMNS):
            columns[word].store(at, records[_WORDS * at + word])
    return -1


def damage(
    records: ColumnView[DType.uint64], mut first: Int, mut last_good: Int
) -> Int:
    """Counts the records whose checksums are wrong.

    Args:
        records: The records: eight words each.
        first: Becomes the first damaged record, or -1.
        last_good: Becomes the last record that is whole, or -1.

    Returns:
        How many are damaged.
    """
    var rows = len(records) // _WORDS
    var damaged = 0
    first = -1
    last_good = -1
    var at = 0
    while at < rows:
        if at + _BLOCK <= rows and _are_whole(records, at):
            at += _BLOCK
            last_good = at - 1
            continue
        for row in range(at, min(at + _BLOCK, rows)):
            if _is_whole(records, row):
                last_good = row
                continue
            if damaged == 0:
                first = row
            damaged += 1
        at = min(at + _BLOCK, rows)
    return damaged


@always_inline
def _are_whole(records: ColumnView[DType.uint64], at: Int) -> Bool:
    """Whether the checksums of a block of records are right."""
    var crcs = Array[Crc32c, _BLOCK](fill=Crc32c())
    comptime for word in range(COLUMNS):
        comptime for row in range(_BLOCK):
            crcs[row].add64(records[_WORDS * (at + row) + word])
    var wrong = UInt32(0)
    comptime for row in range(_BLOCK):
        var last = records[_WORDS * (at + row) + COLUMNS]
        crcs[row].add32(last.cast[DType.uint32]())
        wrong |= crcs[row].value() ^ (last >> 32).cast[DType.uint32]()
    return wrong == 0


@always_inline
def _is_whole(records: ColumnView[DType.uint64], at: Int) -> Bool:
    var crc = Crc32c()
    comptime for word in range(COLUMNS):
        crc.add64(records[_WORDS * at + word])
    var last = records[_WORDS * at + COLUMNS]
    crc.add32(last.cast[DType.uint32]())
    return crc.value() == (last >> 32).cast[DType.uint32]()


@always_inline
def _turn(mut square: Array[_Words, _WORDS]):
    """Makes rows of columns: three steps, each of which swaps parts twice as large."""
    var ones = Array[_Words, _WORDS](fill=_Words(0))
    comptime for i in range(4):
        ref a = square[2 * i]
        ref b = square[2 * i + 1]
        ones[2 * i] = a.shuffle[0, 8, 2, 10, 4, 12, 6, 14](b)
        ones[2 * i + 1] = a.shuffle[1, 9, 3, 11, 5, 13, 7, 15](b)
    var twos = Array[_Words, _WORDS](fill=_Words(0))
    comptime for i in range(2):
        comptime for j in range(2):
            ref a = ones[4 * i + j]
            ref b = ones[4 * i + j + 2]
            twos[4 * i + j] = a.shuffle[0, 1, 8, 9, 4, 5, 12, 13](b)
            twos[4 * i + j + 2] = a.shuffle[2, 3, 10, 11, 6, 7, 14, 15](b)
    comptime for j in range(4):
        square[j] = twos[j].shuffle[0, 1, 2, 3, 8, 9, 10, 11](twos[j + 4])
        square[j + 4] = twos[j].shuffle[4, 5, 6, 7, 12, 13, 14, 15](twos[j + 4])
