"""Records of 64 bytes folded into such records.

What goes from file to file needs no columns of all rows: a piece of records is proved,
turned into columns that stay in the second cache, folded, and the bars are turned back
at once. Memory is read once and written once.
"""

from barrow.bar64 import COLUMNS, Columns, Lanes, MutColumns, pack, unpack
from barrow.fence import ColumnView, MutColumnView

from barrow.resample.cascade import Cascade, Trouble
from barrow.resample.rows import Rows, Sink

comptime PIECE = 4096
"""Records that are folded at once."""
# A line more than the rows, so that columns do not compete for one place in the cache.
comptime _STRIDE = PIECE + 8
comptime SCRATCH = COLUMNS * _STRIDE
"""How many words `fold_records` works in."""
comptime _WORDS = 8


@fieldwise_init
struct Folded(ImplicitlyCopyable):
    """How far `fold_records` came."""

    var rows: Int
    """Records that were folded; fewer than all where there was no room for bars."""
    var damaged: Int
    """The first record whose checksum is wrong; -1 if there is none so far."""
    var trouble: Trouble
    """What stopped the fold; rows count from the first record."""


def fold_records(
    mut cascade: Cascade[DType.int64, DType.uint64],
    records: ColumnView[DType.uint64],
    mut lanes: Lanes,
    scratch: MutColumnView[DType.uint64],
    mut sinks: List[Sink[DType.int64, DType.uint64]],
    outputs: List[MutColumnView[DType.uint64]],
    filled: MutColumnView[DType.int64],
) -> Folded:
    """Adds bars in records, and appends those they finish as records.

    Args:
        cascade: The timeframes. After damage or trouble it means nothing any more.
        records: The records: eight words for every row.
        lanes: The fingerprint of what is before them; becomes that with those folded.
        scratch: `SCRATCH` words to work in.
        sinks: For every level room for `PIECE` bars and one; empty, before and after.
        outputs: For every level where the records of its bars go.
        filled: How many records each of these has; becomes that with the new ones.

    Returns:
        How far it came: to where one of the outputs may not have the room.
    """
    var rows = len(records) // _WORDS
    var none = Trouble(Trouble.NONE, -1, 0)
    var begin = 0
    while begin < rows:
        var count = min(PIECE, rows - begin)
        for i in range(len(outputs)):
            if len(outputs[i]) // _WORDS - Int(filled.load(i)) <= count:
                return Folded(begin, -1, none)
        var columns = MutColumns(fill=scratch.part(0, count))
        comptime for i in range(1, COLUMNS):
            columns[i] = scratch.part(i * _STRIDE, i * _STRIDE + count)
        var damaged = unpack[True](
            records.part(_WORDS * begin, _WORDS * (begin + count)),
            columns,
            lanes,
        )
        if damaged >= 0:
            return Folded(begin, begin + damaged, none)
        var trouble = cascade.push(_rows_of(columns), sinks)
        if trouble.code != Trouble.NONE:
            if trouble.level < 0:
                trouble.at += Int64(begin)
            return Folded(begin, -1, trouble)
        for i in range(len(sinks)):
            _append(sinks[i], outputs[i], filled, i)
            sinks[i].filled = 0
        begin += count
    return Folded(rows, -1, none)


@always_inline
def _rows_of(columns: MutColumns) -> Rows[DType.int64, DType.uint64]:
    """Columns in the order of the record as rows to fold."""
    return Rows[DType.int64, DType.uint64](
        columns[1].written_as[DType.int64](),
        columns[2].written_as[DType.int64](),
        columns[3].written_as[DType.int64](),
        columns[4].written_as[DType.int64](),
        columns[5].written(),
        columns[0].written_as[DType.int64](),
        columns[6].written(),
        # Not read: every row counts one.
        columns[0].written_as[DType.int64](),
    )


@always_inline
def _append(
    sink: Sink[DType.int64, DType.uint64],
    output: MutColumnView[DType.uint64],
    filled: MutColumnView[DType.int64],
    level: Int,
):
    """Turns the bars of a level into records behind those that are there."""
    if sink.filled == 0:
        return
    var at = Int(filled.load(level))
    var end = at + sink.filled
    comptime word = DType.uint64
    var columns = Columns(
        fill=sink.ts_event.written_as[word]().part(0, sink.filled)
    )
    columns[1] = sink.open.written_as[word]().part(0, sink.filled)
    columns[2] = sink.high.written_as[word]().part(0, sink.filled)
    columns[3] = sink.low.written_as[word]().part(0, sink.filled)
    columns[4] = sink.close.written_as[word]().part(0, sink.filled)
    columns[5] = sink.volume.written().part(0, sink.filled)
    columns[6] = sink.ts_init.written().part(0, sink.filled)
    pack(columns, output.part(_WORDS * at, _WORDS * end))
    filled.store(level, Int64(end))
