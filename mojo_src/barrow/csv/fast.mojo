"""Reads runs of rows whose layouts are known, many times faster than row by row.

PERFORMANCE. A row costs one load, one subtraction and one comparison per 64 bytes,
one permutation that brings every digit to its place, two multiply-adds that make
eight numbers of eight digits each, one multiplication by the scales. The next row
starts a known number of bytes further on as long as layouts repeat, so the loads
of several rows overlap; where layouts vary, the line end has to be found first
and the layout looked up by which bytes are digits. Eight rows are transposed and
stored as columns, and the day is worked out only when its digits change.

Whatever is unusual (no layout, a date that is none, a row at the end of the chunk)
is left to the scalar parser, row by row.
"""

from std.bit import count_trailing_zeros
from std.memory import pack_bits

from barrow.csv.cells import RowValues
from barrow.csv.layout import (
    BLOCKS,
    CLOCK,
    DATE,
    FIRST_VALUE,
    FRACTION,
    INIT,
    Layout,
    find_row_end,
    hides_marks,
    read_values,
)
from barrow.csv.learn import learn_layout
from barrow.csv.plan import Role, RowPlan
from barrow.csv.simd import HAS_AVX2, Block, Lanes, transpose
from barrow.csv.sink import RecordSink
from barrow.csv.split import FieldSpans
from barrow.fence import ByteView, Pool
from barrow.fixed import power_of_ten, scale_of
from barrow.time import NANOSECONDS_PER_DAY, days_from_civil, days_in_month

comptime _TABLE_BITS = 12
comptime _MOST_LAYOUTS = 1 << (_TABLE_BITS - 1)
# Rows this far from the end of the chunk can be loaded whole, and so can 64 bytes
# from any place within them.
comptime _MARGIN = 64 * (BLOCKS + 1) + 16
# How often to see whether predictions hold, and how long to do without.
comptime _STRETCH = 1 << 16
comptime _STRETCHES_WITHOUT = 15
# With a delta to ts_init stamps must stay clear of both ends of the range.
comptime _LARGEST_DELTA = Int64(9 * 365) * NANOSECONDS_PER_DAY


@fieldwise_init
struct FastProgress(TrivialRegisterPassable):
    """What a run did."""

    var rows: Int
    """Rows written."""
    var used: Int
    """Bytes of the chunk they took."""


struct _Group(Movable):
    """Eight rows on their way to the columns; kept to avoid clearing it."""

    var rows: Pool[Lanes]
    var widening: Pool[Lanes]
    var starts: Pool[Int]
    var layouts: Pool[Int]

    def __init__(out self):
        self.rows = Pool[Lanes](length=8, fill=Lanes(0))
        self.widening = Pool[Lanes](length=8, fill=Lanes(1))
        self.starts = Pool[Int](length=8, fill=0)
        self.layouts = Pool[Int](length=8, fill=0)


struct LayoutEngine(Movable):
    """Knows the layouts of one file and reads the rows that have them."""

    var layouts: Pool[Layout]
    """Every layout learned."""
    var price_decimals: Int
    """The most decimals any price showed in rows read here."""
    var size_decimals: Int
    """The most decimals any volume showed in rows read here."""
    var unzoned: Int
    """Rows read here whose time had no zone."""

    var _enabled: Bool
    var _group: _Group
    var _table: Pool[Int32]  # by key; -1 where empty
    var _current: Int  # the layout of the last row
    var _has_high: Bool
    var _blocks: Int
    var _stretches_without: Int  # stretches to go before predicting again
    var _day: Int64  # the last date, as yyyymmdd
    var _midnight: Int64  # its first nanosecond
    var _rows: Int
    var _learned: Int

    def __init__(out self, plan: RowPlan):
        """Knows nothing yet.

        Args:
            plan: The plan of the file.
        """
        self.layouts = Pool[Layout]()
        self._group = _Group()
        self.price_decimals = 0
        self.size_decimals = 0
        self.unzoned = 0
        self._enabled = (
            HAS_AVX2
            and plan.use_layouts
            and (-_LARGEST_DELTA <= plan.ts_init_delta <= _LARGEST_DELTA)
        )
        self._table = Pool[Int32](length=1 << _TABLE_BITS, fill=-1)
        self._current = -1
        self._has_high = False
        self._blocks = 1
        self._stretches_without = 0
        self._day = -1
        self._midnight = 0
        self._rows = 0
        self._learned = 0

    def forget(mut self):
        """Drops every layout: they hold for one width of values only."""
        self.layouts.clear()
        for i in range(len(self._table)):
            self._table[i] = -1
        self._current = -1
        self._has_high = False
        self._blocks = 1
        self._day = -1

    def learn[
        word: DType
    ](
        mut self,
        text: ByteView,
        begin: Int,
        end: Int,
        next: Int,
        fields: FieldSpans,
        plan: RowPlan,
        row: RowValues[word],
    ):
        """Takes the layout of a row the scalar parser has read.

        Parameters:
            word: `int64` or `int128`.

        Args:
            text: The chunk.
            begin: Where the row starts.
            end: Where its line end starts.
            next: Where the next row starts.
            fields: Where its fields are.
            plan: Which field is what.
            row: What it says.
        """
        # A file of rows that are all different is not worth learning.
        if not self._enabled or self._learned > 64 + self._rows // 4:
            return
        self._learned += 1
        var learned = learn_layout(text, begin, end, next, fields, plan, row)
        if not learned:
            return
        ref layout = learned.value()
        if len(self.layouts) > 0 and (
            layout.epoch != self.layouts[0].epoch
            or layout.zoned != self.layouts[0].zoned
        ):
            return
        if len(self.layouts) == _MOST_LAYOUTS:
            self.forget()
        var slot = Int(layout.key >> (64 - _TABLE_BITS))
        while self._table[slot] >= 0:
            # A row at the end of a chunk may well have a layout that is known.
            if self.layouts[Int(self._table[slot])].same_as(layout):
                return
            slot = (slot + 1) % len(self._table)
        self._table[slot] = Int32(len(self.layouts))
        self._current = len(self.layouts)
        self._has_high = self._has_high or layout.has_high
        self._blocks = max(self._blocks, layout.blocks)
        self.layouts.append(layout.copy())

    def run[
        word: DType
    ](
        mut self,
        text: ByteView,
        begin: Int,
        plan: RowPlan,
        sink: RecordSink[word],
        first_row: Int,
        line: Int,
    ) -> FastProgress:
        """Reads rows until one has no layout, or the chunk or the room ends.

        Parameters:
            word: `int64` or `int128`.

        Args:
            text: The chunk.
            begin: Where a row starts.
            plan: How to read the file.
            sink: Where rows are written.
            first_row: Where the first one goes.
            line: The line it stands on.

        Returns:
            How far it came.
        """
        comptime if HAS_AVX2:
            if len(self.layouts) == 0:
                return FastProgress(0, 0)
            var done = FastProgress(0, 0)
            while True:
                var start = begin + done.used
                var end = min(start + _STRETCH, len(text) - _MARGIN)
                var predict = self._stretches_without == 0
                var misses = 0
                var part = self._dispatch(
                    text,
                    start,
                    end,
                    plan,
                    sink,
                    first_row + done.rows,
                    line + done.rows,
                    predict,
                    misses,
                )
                done.rows += part.rows
                done.used += part.used
                if predict and misses * 6 > part.rows and part.rows > 64:
                    self._stretches_without = _STRETCHES_WITHOUT
                elif not predict:
                    self._stretches_without -= 1
                if start + part.used < start + _STRETCH:
                    break
            self._rows += done.rows
            if not self.layouts[0].zoned and not plan.zone.named:
                self.unzoned += done.rows
            return done
        else:
            return FastProgress(0, 0)

    def _dispatch[
        word: DType
    ](
        mut self,
        text: ByteView,
        begin: Int,
        end: Int,
        plan: RowPlan,
        sink: RecordSink[word],
        first_row: Int,
        line: Int,
        predict: Bool,
        mut misses: Int,
    ) -> FastProgress:
        comptime for blocks in [1, 2, 4]:
            comptime for high in [False, True]:
                comptime for predicting in [False, True]:
                    if (
                        self._blocks == blocks
                        and self._has_high == high
                        and predict == predicting
                    ):
                        return self._read[blocks, high, predicting](
                            text,
                            begin,
                            end,
                            plan,
                            sink,
                            first_row,
                            line,
                            misses,
                        )
        return FastProgress(0, 0)

    def _read[
        word: DType, //, blocks: Int, high: Bool, predict: Bool
    ](
        mut self,
        text: ByteView,
        begin: Int,
        end: Int,
        plan: RowPlan,
        sink: RecordSink[word],
        first_row: Int,
        line: Int,
        mut misses: Int,
    ) -> FastProgress:
        """The loop over rows; starts of rows lie before `end`."""
        comptime wide = scale_of[word]() == 16
        var at = begin
        var row = first_row
        var missed = 0

        var current = max(self._current, 0)
        var lowest = Array[Block, blocks](fill=Block(0))
        var spread = Array[Block, blocks](fill=Block(0))
        comptime for b in range(blocks):
            lowest[b] = self.layouts[current].lowest[b]
            spread[b] = self.layouts[current].spread[b]
        var low = self.layouts[current].low
        var high_places = self.layouts[current].high
        var scale = self.layouts[current].scale
        var constant = self.layouts[current].constant
        var length = self.layouts[current].length
        var unusual = self.layouts[current].unusual

        while True:
            var filled = 0
            var room = min(8, sink.end - row)
            var shows_more = False
            while filled < room and at < end:
                var found = Array[Block, blocks](fill=Block(0))
                var digits = Array[Block, blocks](fill=Block(0))
                var fits = True
                comptime for b in range(blocks):
                    found[b] = text.load[64](at + 64 * b)
                    digits[b] = found[b] - lowest[b]
                comptime if predict:
                    var inside = digits[0].le(spread[0])
                    comptime for b in range(1, blocks):
                        inside &= digits[b].le(spread[b])
                    fits = all(inside)
                if not predict or not fits:
                    comptime if predict:
                        missed += 1
                    # Where the next row starts must not wait for the look-up.
                    var row_end = find_row_end[blocks](found, plan.delimiter)
                    length = row_end.length
                    if length == 0:
                        break
                    var known = self._find[blocks](found, row_end.key)
                    if known < 0:
                        break
                    current = known
                    ref layout = self.layouts[current]
                    comptime for b in range(blocks):
                        lowest[b] = layout.lowest[b]
                        spread[b] = layout.spread[b]
                        digits[b] = found[b] - lowest[b]
                    low = layout.low
                    high_places = layout.high
                    scale = layout.scale
                    constant = layout.constant
                    unusual = layout.unusual
                comptime second = min(1, blocks - 1)
                var values = read_values[blocks, high](
                    self.layouts[current],
                    text,
                    at,
                    digits[0],
                    digits[second],
                    low,
                    high_places,
                    scale,
                    constant,
                )
                if unusual:
                    ref layout = self.layouts[current]
                    if layout.has_free and hides_marks[blocks](
                        found, layout, plan
                    ):
                        break
                    values = layout.signed(values)
                    shows_more = shows_more or layout.shows_more
                self._group.rows[filled] = values
                comptime if wide:
                    self._group.widening[filled] = self.layouts[
                        current
                    ].widening
                self._group.starts[filled] = at
                self._group.layouts[filled] = current
                filled += 1
                at += length
            var good = self._flush(
                filled, text, plan, sink, row, line - first_row
            )
            if shows_more:
                for i in range(good):
                    self._note_decimals[wide](i, plan)
            row += good
            if good < filled:
                at = self._group.starts[good]
            if good < 8:
                break
        self._current = current
        misses = missed
        return FastProgress(row - first_row, at - begin)

    @always_inline
    def _find[
        blocks: Int
    ](self, found: Array[Block, blocks], key: UInt64) -> Int:
        """The layout of the row that starts a window, or -1.

        Equal keys are where to look, equal bytes are what counts. A layout that ends
        elsewhere cannot match: a line end is allowed in free bytes only, where it is
        found later on.
        """
        var slot = Int(key >> (64 - _TABLE_BITS))
        while True:
            var index = Int(self._table[slot])
            if index < 0:
                return -1
            ref layout = self.layouts[index]
            var inside = (found[0] - layout.lowest[0]).le(layout.spread[0])
            comptime for b in range(1, blocks):
                inside &= (found[b] - layout.lowest[b]).le(layout.spread[b])
            if all(inside):
                return index
            slot = (slot + 1) % (1 << _TABLE_BITS)

    def _note_decimals[wide: Bool](mut self, row: Int, plan: RowPlan):
        """Counts decimals of a row of the group as the scalar parser does where the
        text shows more than are kept: without trailing zeros."""
        comptime scale = 16 if wide else 9
        for i in range(plan.values):
            var lane = FIRST_VALUE + i
            var raw = self._group.rows[row][lane].cast[DType.int128]()
            if i >= plan.prices and raw < 0:
                # A default size above 63 bits: sizes have no sign.
                raw += Int128(1) << 64
            comptime if wide:
                var factor = self._group.widening[row][lane]
                raw *= factor.cast[DType.int128]()
            var most = self.price_decimals
            if i >= plan.prices:
                most = self.size_decimals
            while (
                most < scale
                and raw % power_of_ten(scale - most).cast[DType.int128]() != 0
            ):
                most += 1
            if i >= plan.prices:
                self.size_decimals = most
            else:
                self.price_decimals = most

    @always_inline
    def _flush[
        word: DType
    ](
        mut self,
        filled: Int,
        text: ByteView,
        plan: RowPlan,
        sink: RecordSink[word],
        row: Int,
        line: Int,
    ) -> Int:
        """Writes a group; returns how many rows of it are good, from the first."""
        comptime wide = scale_of[word]() == 16
        var columns = transpose(self._group.rows)
        var stamps = columns[CLOCK] + columns[FRACTION]
        var good = filled
        if self.layouts[0].epoch:
            good = min(good, _first_set(stamps.lt(0)))
        elif (
            filled == 8
            and all(columns[DATE].eq(self._day))
            and all(columns[CLOCK].lt(NANOSECONDS_PER_DAY))
        ):
            stamps += self._midnight
        else:
            for i in range(filled):
                if columns[DATE][i] != self._day and not self._change_day(
                    columns[DATE][i], plan
                ):
                    good = i
                    break
                if columns[CLOCK][i] >= NANOSECONDS_PER_DAY:
                    good = i
                    break
                stamps[i] += self._midnight
        var made = stamps + plan.ts_init_delta
        if plan.field(Role.TS_INIT) >= 0:
            made = columns[INIT]
        if self.layouts[0].epoch:
            good = min(good, _first_set(made.lt(0)))
        if filled == 8:
            sink.ts_event.store[8](row, stamps.cast[DType.uint64]())
            sink.ts_init.store[8](row, made.cast[DType.uint64]())
        else:
            for i in range(filled):
                sink.ts_event.store(row + i, UInt64(stamps[i]))
                sink.ts_init.store(row + i, UInt64(made[i]))
        comptime for c in range(Role.VALUES):
            comptime lane = FIRST_VALUE + c
            if c < plan.values:
                comptime if wide:
                    for i in range(filled):
                        sink.values[c].store(
                            row + i,
                            self._group.rows[i][lane].cast[word]()
                            * self._group.widening[i][lane].cast[word](),
                        )
                else:
                    if filled == 8:
                        sink.values[c].store[8](row, columns[lane].cast[word]())
                    else:
                        for i in range(filled):
                            sink.values[c].store(
                                row + i, columns[lane][i].cast[word]()
                            )
        if plan.trades:
            good = self._store_trades(good, text, sink, row)
        if len(sink.lines) > 0:
            for i in range(filled):
                sink.lines.store(row + i, UInt64(line + row + i))
        return good

    def _store_trades[
        word: DType
    ](
        self, count: Int, text: ByteView, sink: RecordSink[word], row: Int
    ) -> Int:
        """Writes sides and identifiers; returns for how many rows there was room."""
        for i in range(count):
            ref layout = self.layouts[self._group.layouts[i]]
            var id = text.load[64](self._group.starts[i] + layout.id_begin)
            if not sink.ids.append_window(row + i, id, layout.id_length):
                return i
            sink.sides.store(row + i, layout.side)
        return count

    def _change_day(mut self, day: Int64, plan: RowPlan) -> Bool:
        """Works a day out; False for those the scalar parser must look at."""
        var year = Int(day) // 10_000
        var month = Int(day) // 100 % 100
        var number = Int(day) % 100
        # Clear of both ends of the range, with any offset or delta.
        if (
            year < 1980
            or year > 2250
            or month < 1
            or month > 12
            or number < 1
            or number > days_in_month(year, month)
        ):
            return False
        var midnight = (
            Int64(days_from_civil(year, month, number)) * NANOSECONDS_PER_DAY
        )
        if not self.layouts[0].zoned:
            # Days on which clocks change are left to the scalar parser, too.
            var offset = plan.zone.day_offset(midnight, NANOSECONDS_PER_DAY)
            if not offset:
                return False
            midnight -= offset.value()
        self._day = day
        self._midnight = midnight
        return True


@always_inline
def _first_set(mask: SIMD[DType.bool, 8]) -> Int:
    var bits = pack_bits(mask)
    return 8 if bits == 0 else Int(count_trailing_zeros(bits))
