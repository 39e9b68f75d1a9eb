"""The row decoder gives the same whatever chunks it is fed."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_true

from barrow.csv import (
    IdColumn,
    RecordSink,
    Role,
    RowDecoder,
    RowPlan,
    SideToken,
    Stop,
)
from barrow.fence import ByteView, MutColumnView
from barrow.fixed import Rounding, format_fixed


struct Columns[word: DType]:
    """Room for rows, owned by the test."""

    var values: List[Scalar[Self.word]]
    var stamps: List[UInt64]
    var sides: List[UInt8]
    var offsets: List[Int32]
    var ids: List[UInt8]
    var capacity: Int

    def __init__(out self, capacity: Int):
        self.values = List[Scalar[Self.word]](length=5 * capacity, fill=0)
        self.stamps = List[UInt64](length=3 * capacity, fill=0)
        self.sides = List[UInt8](length=capacity, fill=0)
        self.offsets = List[Int32](length=capacity + 1, fill=0)
        self.ids = List[UInt8](length=64 * capacity + 64, fill=0)
        self.capacity = capacity

    def value_view(mut self, column: Int) -> MutColumnView[Self.word]:
        var begin = self.values.unsafe_ptr().unsafe_offset(
            column * self.capacity
        )
        return MutColumnView[Self.word](
            address=Int(begin), length=self.capacity
        )

    def stamp_view(mut self, column: Int) -> MutColumnView[DType.uint64]:
        var begin = self.stamps.unsafe_ptr().unsafe_offset(
            column * self.capacity
        )
        return MutColumnView[DType.uint64](
            address=Int(begin), length=self.capacity
        )

    def sink(mut self, trades: Bool) -> RecordSink[Self.word]:
        var rows = self.capacity if trades else 0
        return RecordSink[Self.word](
            [
                self.value_view(0),
                self.value_view(1),
                self.value_view(2),
                self.value_view(3),
                self.value_view(4),
            ],
            self.stamp_view(0),
            self.stamp_view(1),
            self.stamp_view(2),
            MutColumnView[DType.uint8](
                address=Int(self.sides.unsafe_ptr()), length=rows
            ),
            IdColumn(
                MutColumnView[DType.int32](
                    address=Int(self.offsets.unsafe_ptr()), length=rows + 1
                ),
                MutColumnView[DType.uint8](
                    address=Int(self.ids.unsafe_ptr()), length=len(self.ids)
                ),
            ),
            self.capacity,
        )

    def write_row(self, at: Int, plan: RowPlan, mut into: String) raises:
        into += String(self.stamps[2 * self.capacity + at], ":")
        for column in range(plan.values):
            into += " "
            _ = format_fixed[Self.word](
                self.values[column * self.capacity + at], into
            )
        into += String(
            " ", self.stamps[at], " ", self.stamps[self.capacity + at]
        )
        if plan.trades:
            var begin = Int(self.offsets[at])
            var end = Int(self.offsets[at + 1])
            into += String(
                " ",
                self.sides[at],
                " ",
                String(from_utf8=Span(self.ids)[begin:end]),
            )
        into += "\n"


struct Account:
    """Everything a decoder says about a text."""

    var rows: String
    var rejects: String
    var counts: String

    def __init__(out self):
        self.rows = String()
        self.rejects = String()
        self.counts = String()


def read[
    word: DType
](
    mut decoder: RowDecoder,
    text: ByteView,
    offset: Int,
    final: Bool,
    capacity: Int,
    mut account: Account,
) raises -> Tuple[Int, Stop]:
    """Pushes once; returns the bytes used and why it stopped."""
    var columns = Columns[word](capacity)
    var sink = columns.sink(decoder.plan.trades)
    var progress = decoder.push(text, final, sink, 0)
    for at in range(progress.rows):
        columns.write_row(at, decoder.plan, account.rows)
    for r in decoder.rejects:
        account.rejects += String(
            r.line,
            ": ",
            offset + r.begin,
            "+",
            r.length,
            " field ",
            r.field,
            " ",
            offset + r.cell_begin,
            "+",
            r.cell_length,
            " ",
            r.reason,
            "\n",
        )
    assert_true(len(decoder.rejects) <= decoder.plan.reject_limit)
    _ = columns^
    return (progress.used, progress.stop)


def account_of(
    text: String, plan: RowPlan, chunk: Int, capacity: Int
) raises -> Account:
    """Feeds a text chunk by chunk, as a reader does."""
    var account = Account()
    var decoder = RowDecoder(plan.copy(), 2)
    var view = ByteView(text.as_bytes())
    var begin = 0
    var end = 0
    var wide = False
    while end < len(view):
        end = min(end + chunk, len(view))
        var final = end == len(view)
        while begin < end:
            var part = view.slice(begin, end)
            var done: Tuple[Int, Stop]
            if wide:
                done = read[DType.int128](
                    decoder, part, begin, final, capacity, account
                )
            else:
                done = read[DType.int64](
                    decoder, part, begin, final, capacity, account
                )
            begin += done[0]
            if done[1] == Stop.INPUT:
                break
            assert_true(done[0] > 0 or done[1] == Stop.WIDER, "no progress")
            wide = wide or done[1] == Stop.WIDER
    assert_equal(begin, len(view), "bytes left over")
    account.counts = String(
        "next line ",
        decoder.line,
        ", ",
        decoder.tally.rows,
        " rows, ",
        decoder.tally.rejected,
        " rejected, ",
        decoder.tally.blank_lines,
        " blank, ",
        decoder.tally.unzoned,
        " unzoned, decimals ",
        decoder.tally.price_decimals,
        " ",
        decoder.tally.size_decimals,
        ", rounded",
    )
    for i in range(Role.VALUES):
        account.counts += String(
            " ", decoder.tally.roundings[i], "@", decoder.tally.rounded_lines[i]
        )
    _ = text
    return account^


def plan_of(field_count: Int = 6) -> RowPlan:
    """Time, open, high, low, close, volume."""
    var plan = RowPlan(field_count)
    plan.fields[Int(Role.TS_EVENT.code)] = 0
    for role in range(Role.VALUES):
        plan.fields[role] = role + 1
    plan.reject_limit = 3
    plan.may_widen = True
    return plan^


def check_every_chunking(text: String, plan: RowPlan) raises:
    var whole = account_of(text, plan, max(text.byte_length(), 1), 10_000)
    for chunk in [1, 3, 64, 1 << 20]:
        for capacity in [1, 7, 10_000]:
            var other = account_of(text, plan, chunk, capacity)
            assert_equal(other.rows, whole.rows, text)
            assert_equal(other.rejects, whole.rejects, text)
            assert_equal(other.counts, whole.counts, text)


comptime TEXT: StaticString = (
    "1704196800,1,3,0.5,2,10\n"
    "\n"
    '1704196860,"1.5",3,1,"2,5",1\r\n'
    "1704196920,1,3,0.5\r"
    '"2024-01-02 12:03",1,3,0.5,2,18446744074\n'
    '1704197040,1,3,"\n",2,10\n'
    "1704197100,1,3.123456789,1,2,5.50"
)


def test_rows_rejects_and_lines_are_those_of_the_text() raises:
    var account = account_of(String(TEXT), plan_of(), 10_000, 100)
    assert_equal(
        account.rows,
        (
            "2: 1 3 0.5 2 10 1704196800000000000 1704196800000000000\n"
            "6: 1 3 0.5 2 18446744074 1704196980000000000 1704196980000000000\n"
            "9: 1 3.123456789 1 2 5.5 1704197100000000000 1704197100000000000\n"
        ),
    )
    assert_equal(
        account.rejects,
        (
            "4: 25+28 field 4 47+3 not_a_decimal\n"
            "5: 55+18 field 4 55+0 field_count\n"
            "7: 115+23 field 3 131+1 not_a_decimal\n"
        ),
    )
    assert_equal(
        account.counts,
        (
            "next line 10, 3 rows, 3 rejected, 1 blank, 1 unzoned,"
            " decimals 9 2, rounded 0@0 0@0 0@0 0@0 0@0"
        ),
    )


def test_chunks_of_any_size_give_the_same() raises:
    check_every_chunking(String(TEXT), plan_of())


def test_nothing_is_a_text_too() raises:
    for text in ["", "\n", "\r\n\r", "\n\n\n"]:
        check_every_chunking(String(text), plan_of())


def test_roundings_are_counted_with_their_first_line() raises:
    var plan = plan_of()
    plan.price_precision = 1
    plan.size_precision = 0
    plan.rounding = Rounding.HALF_EVEN
    var text = String(
        "1704196800,1.25,3,1,2,10\n1704196860,1.35,3,1,2.01,0.5\n"
    )
    var account = account_of(text, plan, 10_000, 100)
    assert_true("rounded 2@2 0@0 0@0 1@3 1@3" in account.counts)
    assert_true("2: 1.2 3 1 2 10 " in account.rows)
    check_every_chunking(text, plan)


def test_a_delta_beyond_the_range_of_time_is_refused() raises:
    var plan = plan_of()
    plan.ts_init_delta = Int64.MAX - 1_704_196_800_000_000_000
    var text = String("1704196800,1,1,1,1,1\n1704196801,1,1,1,1,1\n")
    var account = account_of(text, plan, 10_000, 100)
    assert_true("9223372036854775807" in account.rows)
    assert_equal(account.rejects, "3: 21+20 field 0 21+10 time_range\n")


def test_date_and_time_of_day_may_be_two_fields() raises:
    var plan = plan_of(7)
    plan.fields[Int(Role.TS_EVENT.code)] = -1
    plan.fields[Int(Role.DATE.code)] = 0
    plan.fields[Int(Role.TIME.code)] = 6
    var text = String("2024.01.02,1,1,1,1,1,12:00\n1/2/24,1,1,1,1,1,12:00\n")
    var account = account_of(text, plan, 10_000, 100)
    assert_equal(
        account.rows,
        "2: 1 1 1 1 1 1704196800000000000 1704196800000000000\n",
    )
    assert_equal(account.rejects, "3: 27+22 field 0 27+6 not_a_time\n")
    check_every_chunking(text, plan)


def test_a_missing_volume_is_the_default() raises:
    var plan = plan_of(5)
    plan.fields[4] = -1
    plan.default_volume = "1000000.5"
    var account = account_of("1704196800,1,1,1,1\n", plan, 100, 100)
    assert_true(" 1000000.5 " in account.rows)


def trade_plan() -> RowPlan:
    """Time, side, price, size, identifier."""
    var plan = RowPlan(5)
    plan.prices = 1
    plan.values = 2
    plan.trades = True
    plan.fields[Int(Role.TS_EVENT.code)] = 0
    plan.fields[Int(Role.SIDE.code)] = 1
    plan.fields[0] = 2
    plan.fields[1] = 3
    plan.fields[Int(Role.ID.code)] = 4
    plan.sides = [SideToken("buy", 1), SideToken("sell", 2)]
    plan.nulls = ["null"]
    plan.reject_limit = 3
    return plan^


def test_trades_have_sides_and_identifiers() raises:
    var text = String(
        "1704196800,buy,1.5,10,a-1\n"
        '1704196860,SELL,1.5,10," a ""b"" "\n'
        "1704196920,,1.5,10,é\n"
        "1704196980,both,1.5,10,x\n"
        "1704197040,null,-1.5,null,x\n"
        "1704197100,buy,1.5,-1,x\n"
        "1704197160,sell,1.5,1,\n"
    )
    var account = account_of(text, trade_plan(), 10_000, 100)
    assert_equal(
        account.rows,
        (
            "2: 1.5 10 1704196800000000000 1704196800000000000 1 a-1\n"
            '3: 1.5 10 1704196860000000000 1704196860000000000 2 a "b"\n'
            "4: 1.5 10 1704196920000000000 1704196920000000000 0 é\n"
            "8: 1.5 1 1704197160000000000 1704197160000000000 2 \n"
        ),
    )
    assert_equal(
        account.rejects,
        (
            "5: 83+24 field 1 94+4 not_a_side\n"
            "6: 108+27 field 3 129+4 empty\n"
            "7: 136+23 field 3 155+2 negative\n"
        ),
    )
    check_every_chunking(text, trade_plan())


def test_identifiers_are_utf_8() raises:
    var text = String("1704196800,buy,1,1,a").as_bytes()
    var bytes = List[UInt8]()
    bytes.extend(text)
    bytes.append(0xC3)
    bytes.append(10)
    var columns = Columns[DType.int64](1)
    var decoder = RowDecoder(trade_plan(), 1)
    _ = decoder.push(ByteView(Span(bytes)), True, columns.sink(True), 0)
    assert_equal(decoder.tally.rejected, 1)
    assert_equal(String(decoder.rejects[0].reason), "not_utf8")
    _ = columns^


def test_rows_of_other_symbols_are_left_out() raises:
    var plan = plan_of(7)
    plan.fields[Int(Role.SYMBOL.code)] = 6
    plan.symbol = "A"
    var text = String("1704196800,1,1,1,1,1,A\n1704196860,1,1,1,1,1,B\n")
    var account = account_of(text, plan, 100, 10)
    assert_equal(
        account.rows, "2: 1 1 1 1 1 1704196800000000000 1704196800000000000\n"
    )
    assert_true("1 rows, 0 rejected" in account.counts)
    check_every_chunking(text, plan)


def random_text() -> String:
    comptime cells: List[StaticString] = [
        "1",
        "2.5",
        '"3"',
        "-1",
        "",
        " 7 ",
        "1e2",
        "x",
        '"4',
        '"5"6',
        "nan",
        "99999999999999",
        "9223372037",
        "0.0000000001",
        '"1\n2"',
        "\0",
        '""',
    ]
    comptime ends: List[StaticString] = ["\n", "\n", "\r\n", "\r", "\n\n"]
    comptime count = len(cells)
    var text = String()
    for _ in range(Int(random_ui64(1, 9))):
        text += String(1_704_196_800 + random_ui64(0, 99_999))
        for _ in range(5):
            # Half of the cells are plain, so that some rows are good.
            var pick = Int(random_ui64(0, UInt64(2 * count)))
            text += ","
            text += materialize[cells]()[pick] if pick < count else "8.25"
        if random_ui64(0, 9) == 0:
            text += ",1"
        text += materialize[ends]()[Int(random_ui64(0, 4))]
    if random_ui64(0, 1) == 0:
        text += "1704196800,1,1,1,1,1"
    return text^


def test_random_texts_are_the_same_in_any_chunks() raises:
    seed(20240102)
    for i in range(1_000):
        var plan = plan_of()
        plan.may_widen = i % 2 == 0
        plan.reject_limit = 1 + i % 3
        check_every_chunking(random_text(), plan)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
