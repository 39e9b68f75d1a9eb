"""Drives the row parser over chunks of text."""

from barrow.errors import Reason
from barrow.fence import ByteView

from barrow.csv.cells import RowValues, decode_row
from barrow.csv.fast import LayoutEngine
from barrow.csv.plan import Role, RowPlan
from barrow.csv.rejects import Reject
from barrow.csv.sink import RecordSink
from barrow.csv.split import FieldSpans, RowSpan, split_row
from barrow.fixed import scale_of


@fieldwise_init
struct Stop(Equatable, TrivialRegisterPassable):
    """Why a decoder returned."""

    var code: UInt8
    """See the constants."""

    comptime INPUT = Self(0)
    """Every complete row of the chunk is read."""
    comptime FULL = Self(1)
    """The columns are full."""
    comptime REJECTS = Self(2)
    """As many rows were refused as the plan allows to collect."""
    comptime WIDER = Self(3)
    """The next row needs 128 bits."""
    comptime NO_ROOM = Self(4)
    """The identifier of the next row does not fit behind the others."""


@fieldwise_init
struct Progress(TrivialRegisterPassable):
    """What one push did."""

    var rows: Int
    """Rows written."""
    var used: Int
    """Bytes of the chunk that need not be pushed again."""
    var stop: Stop
    """Why it returned."""


struct Tally(Copyable):
    """What became of rows."""

    var rows: Int
    """Rows written."""
    var blank_lines: Int
    """Lines with nothing on them, and comments."""
    var rejected: Int
    """Rows refused."""
    var filtered: Int
    """Rows left out, since they have another symbol than the one wanted."""
    var unzoned: Int
    """Rows whose time had no zone and was read as UTC."""
    var price_decimals: Int
    """The most decimals any price showed."""
    var size_decimals: Int
    """The most decimals any size showed."""
    var roundings: Array[Int, Role.VALUES]
    """Values rounded, by value column."""
    var rounded_lines: Array[Int, Role.VALUES]
    """The line of the first rounding of every value column; 0 if none."""
    var other_symbol_line: Int
    """The line of the first row with another symbol than the first row of all; 0
    if there is none."""

    def __init__(out self):
        """Starts at zero."""
        self.rows = 0
        self.blank_lines = 0
        self.rejected = 0
        self.filtered = 0
        self.unzoned = 0
        self.price_decimals = 0
        self.size_decimals = 0
        self.roundings = Array[Int, Role.VALUES](fill=0)
        self.rounded_lines = Array[Int, Role.VALUES](fill=0)
        self.other_symbol_line = 0

    @always_inline
    def count(mut self, row: RowValues, line: Int):
        """Counts a row the scalar parser has read.

        Args:
            row: The row.
            line: The line it starts on.
        """
        self.unzoned += Int(not row.zoned)
        self.price_decimals = max(self.price_decimals, row.price_decimals)
        self.size_decimals = max(self.size_decimals, row.size_decimals)
        if row.rounded != 0:
            for i in range(Role.VALUES):
                if (row.rounded >> UInt8(i)) & 1 != 0:
                    self.roundings[i] += 1
                    if self.rounded_lines[i] == 0:
                        self.rounded_lines[i] = line


struct RowDecoder(Movable):
    """Reads the rows of one file, chunk after chunk.

    Push a chunk; then push the bytes that were not used again, with more behind
    them. The tally and line numbers run on until `begin` starts afresh. Widths may
    change from push to push.
    """

    var plan: RowPlan
    """How to read a row."""
    var line: Int
    """The line the next row starts on, from 1."""
    var tally: Tally
    """What became of the rows since `begin`."""
    var symbol: Optional[String]
    """The symbol of the first row, where there is such a column."""
    var rejects: List[Reject]
    """What the last push refused; places are within its chunk."""
    var fields: FieldSpans
    """Kept to avoid an allocation per row."""
    var engine: LayoutEngine
    """Reads the rows whose layout is known."""
    var scale: Int
    """The scale of the last push; the engine's layouts are for it."""

    def __init__(out self, var plan: RowPlan, line: Int):
        """Starts at the first row.

        Args:
            plan: How to read a row.
            line: The line of the first row, from 1.
        """
        self.fields = FieldSpans(plan.field_count)
        self.engine = LayoutEngine(plan)
        self.scale = 0
        self.plan = plan^
        self.line = line
        self.tally = Tally()
        self.symbol = None
        self.rejects = List[Reject]()

    def begin(mut self, line: Int, symbol: Optional[String]):
        """Counts from zero again, from another place of the file; what was learned
        about its layouts is kept.

        Args:
            line: The line of the next row, from 1.
            symbol: The symbol of the first row of the file, where that is known.
        """
        self.line = line
        self.tally = Tally()
        self.symbol = symbol.copy()

    def push[
        word: DType
    ](
        mut self,
        text: ByteView,
        final: Bool,
        sink: RecordSink[word],
        first_row: Int,
    ) -> Progress:
        """Reads rows until the chunk or the room ends.

        Parameters:
            word: `int64` or `int128`.

        Args:
            text: The chunk; starts at the start of a row.
            final: Whether the input ends with the chunk.
            sink: Where rows are written.
            first_row: Where the first one goes.

        Returns:
            How far it came, and why no further.
        """
        self.rejects.clear()
        if self.scale != scale_of[word]():
            self.engine.forget()
            self.scale = scale_of[word]()
        var row = RowValues[word]()
        var at = 0
        var count = 0
        var stop = Stop.INPUT
        while at < len(text):
            var fast = self.engine.run(
                text, at, self.plan, sink, first_row + count, self.line
            )
            at += fast.used
            count += fast.rows
            self.line += fast.rows
            if first_row + count == sink.end:
                stop = Stop.FULL
                break
            if len(self.rejects) == self.plan.reject_limit:
                stop = Stop.REJECTS
                break
            if text[at] == self.plan.comment and self.plan.comment != 0:
                var next = _line_end(text, at, final)
                if next < 0:
                    break
                self.tally.blank_lines += 1
                self.line += 1
                at = next
                continue
            var span = split_row(
                text,
                at,
                final,
                self.plan.delimiter,
                self.plan.quote,
                self.fields,
            )
            if span.next < 0:
                break
            var refused = self.tally.rejected
            if self._is_blank_line(text, at, span):
                self.tally.blank_lines += 1
            elif span.reason != Reason.OK:
                self._reject(text, at, span, span.reason, -1)
            elif len(self.fields) != self.plan.field_count and not (
                self.plan.pad_short
                and self.fields.pad(self.plan.field_count, span.end)
            ):
                self._reject(
                    text, at, span, Reason.FIELD_COUNT, len(self.fields)
                )
            elif self._is_unwanted(text):
                self.tally.filtered += 1
            else:
                decode_row(text, self.fields, self.plan, row)
                if row.reason != Reason.OK:
                    var reason = row.reason
                    var field = row.field
                    if self.plan.may_widen:
                        # What is wrong must not depend on the width so far.
                        var wide = RowValues[DType.int128]()
                        decode_row(text, self.fields, self.plan, wide)
                        if wide.reason == Reason.OK and scale_of[word]() < 16:
                            stop = Stop.WIDER
                            break
                        reason = wide.reason
                        field = wide.field
                    self._reject(text, at, span, reason, field)
                else:
                    if not sink.store(first_row + count, row, text, self.line):
                        stop = Stop.NO_ROOM
                        break
                    self.tally.count(row, self.line)
                    self._note_symbol(text)
                    self.engine.learn(
                        text,
                        at,
                        span.end,
                        span.next,
                        self.fields,
                        self.plan,
                        row,
                    )
                    count += 1
            if self.tally.rejected > refused and _is_torn(
                span, self.rejects[len(self.rejects) - 1].reason
            ):
                # A stray quote must not take the lines after its own with it.
                var end = at + self.rejects[len(self.rejects) - 1].length
                self.line += 1
                at = _line_end(text, end, True)
                continue
            self.line += span.lines
            at = span.next
        if stop == Stop.INPUT and len(self.rejects) == self.plan.reject_limit:
            stop = Stop.REJECTS
        self.tally.rows += count
        self._count_fast_rows()
        return Progress(count, at, stop)

    @always_inline
    def _is_blank_line(self, text: ByteView, begin: Int, span: RowSpan) -> Bool:
        # A pair of quotes is an empty field, not an empty line.
        return (
            len(self.fields) == 1
            and text[begin] != self.plan.quote
            and self.fields.begins[0] == self.fields.ends[0]
            and span.reason == Reason.OK
            and span.lines == 1
        )

    def _is_unwanted(self, text: ByteView) -> Bool:
        if self.plan.symbol.byte_length() == 0:
            return False
        var field = self.plan.field(Role.SYMBOL)
        var cell = text.slice(
            self.fields.begins[field], self.fields.ends[field]
        )
        return not cell.equals(self.plan.symbol)

    def _note_symbol(mut self, text: ByteView):
        var field = self.plan.field(Role.SYMBOL)
        if field < 0 or self.tally.other_symbol_line > 0:
            return
        var cell = text.slice(
            self.fields.begins[field], self.fields.ends[field]
        )
        if not self.symbol:
            self.symbol = cell.text()
        elif cell.text() != self.symbol.value():
            self.tally.other_symbol_line = self.line

    def _count_fast_rows(mut self):
        """Moves the engine's counts over."""
        self.tally.unzoned += self.engine.unzoned
        self.engine.unzoned = 0
        self.tally.price_decimals = max(
            self.tally.price_decimals, self.engine.price_decimals
        )
        self.tally.size_decimals = max(
            self.tally.size_decimals, self.engine.size_decimals
        )

    def _reject(
        mut self,
        text: ByteView,
        begin: Int,
        span: RowSpan,
        reason: Reason,
        field: Int,
    ):
        var end = span.end
        if _is_torn(span, reason):
            end = begin
            while end < span.end and not _is_line_end(text[end]):
                end += 1
        var has_cell = reason != Reason.FIELD_COUNT and field >= 0
        has_cell = has_cell and self.fields.ends[field] <= end
        var cell = self.fields.begins[field] if has_cell else begin
        var cell_end = self.fields.ends[field] if has_cell else begin
        self.rejects.append(
            Reject(
                self.line,
                begin,
                end - begin,
                field,
                cell,
                cell_end - cell,
                reason,
            )
        )
        self.tally.rejected += 1


def _is_torn(span: RowSpan, reason: Reason) -> Bool:
    """Whether a refused row over several lines is no row at all, since a quote was
    never meant to open one."""
    return span.lines > 1 and (
        reason == Reason.UNCLOSED_QUOTE
        or reason == Reason.TEXT_AFTER_QUOTE
        or reason == Reason.FIELD_COUNT
    )


@always_inline
def _is_line_end(byte: UInt8) -> Bool:
    return byte == UInt8(ord("\n")) or byte == UInt8(ord("\r"))


def _line_end(text: ByteView, begin: Int, final: Bool) -> Int:
    """Where the next line starts; -1 if that is not in the chunk."""
    var at = begin
    while at < len(text) and not _is_line_end(text[at]):
        at += 1
    if at == len(text):
        return at if final else -1
    var pair = text[at] == UInt8(ord("\r"))
    at += 1
    if pair and at == len(text) and not final:
        return -1
    if pair and at < len(text) and text[at] == UInt8(ord("\n")):
        at += 1
    return at
