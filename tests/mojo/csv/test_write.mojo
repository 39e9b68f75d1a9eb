"""Rows of text: the ways of writing a cell agree, and none writes past its room."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_true

from barrow.csv import (
    CellColumn,
    CellKind,
    Clock,
    DecimalForm,
    Division,
    TimeForm,
    fraction_digits,
    sixteen_digits,
    write_rows,
)
from barrow.fence import ColumnView, MutColumnView, Pool
from barrow.fixed import format_fixed, power_of_ten
from barrow.time import format_instant

comptime COMMA = UInt8(ord(","))
comptime MARK = UInt8(0xEE)


struct Room:
    """Bytes to write into, with a mark behind them."""

    var bytes: List[UInt8]

    def __init__(out self, length: Int):
        self.bytes = List[UInt8](length=length + 64, fill=MARK)

    def view(self) -> MutColumnView[DType.uint8]:
        return MutColumnView[DType.uint8](
            address=Int(self.bytes.unsafe_ptr()), length=len(self.bytes) - 64
        )

    def text(self, length: Int) raises -> String:
        for i in range(len(self.bytes) - 64, len(self.bytes)):
            assert_equal(self.bytes[i], MARK)
        return String(unsafe_from_utf8=Span(self.bytes)[0:length])


def cell[dtype: DType](raw: Scalar[dtype], decimals: Int) raises -> String:
    """A number by `DecimalForm`."""
    var room = Room(128)
    var negative = raw < 0
    comptime if dtype == DType.int128:
        var bits = raw.cast[DType.uint128]()
        var form = DecimalForm[DType.uint128](max(decimals, 0), decimals < 0)
        var end = form.write(
            0 - bits if negative else bits, negative, room.view(), 0
        )
        return room.text(end)
    else:
        var bits = raw.cast[DType.uint64]()
        var form = DecimalForm[DType.uint64](max(decimals, 0), decimals < 0)
        var end = form.write(
            0 - bits if negative else bits, negative, room.view(), 0
        )
        return room.text(end)


def reference[dtype: DType](raw: Scalar[dtype], decimals: Int) -> String:
    """The same by `format_fixed`; all digits if there are more than wanted."""
    var text = String()
    if not format_fixed[dtype](raw, text, decimals):
        _ = format_fixed[dtype](raw, text)
    return text


def test_digits_of_any_number() raises:
    seed(1)
    for i in range(10_000):
        var value = random_ui64(0, UInt64(10 ** (1 + i % 16) - 1))
        var digits = sixteen_digits(value)
        var back = UInt64(0)
        for k in range(16):
            assert_true(digits[k] <= 9)
            back = back * 10 + UInt64(digits[k])
        assert_equal(back, value)


def test_a_division_without_rest_is_told_from_others() raises:
    seed(2)
    for power in range(17):
        var division = Division[DType.uint128](power)
        var unit = power_of_ten(power)
        for _ in range(300):
            var quotient = UInt128(random_ui64(0, UInt64.MAX)) * UInt128(
                random_ui64(0, 999)
            )
            assert_equal(division.divide(quotient * unit), quotient)
            if power > 0:
                var rest = UInt128(random_ui64(1, 9))
                assert_true(
                    division.divide(quotient * unit + rest) > division.largest
                )


def test_numbers_are_those_of_format_fixed() raises:
    seed(3)
    for decimals in range(-1, 17):
        for i in range(600):
            var bits = random_ui64(0, UInt64.MAX) >> UInt64(i % 60)
            var small = (
                Int64(bits) // Int64(10 ** (i % 10)) * Int64(10 ** (i % 10))
            )
            if decimals <= 9:
                assert_equal(
                    cell[DType.int64](small, decimals),
                    reference[DType.int64](small, decimals),
                )
            var wide = Int128(small) * Int128(10) ** (i % 13)
            assert_equal(
                cell[DType.int128](wide, decimals),
                reference[DType.int128](wide, decimals),
            )
    assert_equal(cell[DType.int64](Int64.MIN, 2), "-9223372036.854775808")


def test_a_block_of_short_numbers_is_what_one_by_one_gives() raises:
    seed(4)
    var rows = 203
    var raw = List[UInt64](length=rows, fill=0)
    for decimals in range(10):
        for i in range(rows):
            var unit = UInt64(10 ** (9 - decimals if i % 7 != 0 else 0))
            var value = Int64(random_ui64(0, UInt64(10 ** (i % 10))) * unit)
            raw[i] = UInt64(-value if i % 5 == 0 else value)
        var column = CellColumn(CellKind.PRICE)
        column.narrow = ColumnView[DType.uint64](
            address=Int(raw.unsafe_ptr()), length=rows
        )
        column.decimals = DecimalForm[DType.uint64](decimals, False)
        var columns = Pool[CellColumn]()
        columns.append(column^)
        for begin in [0, 1, 64, 199]:
            var room = Room(rows * 64 + 64)
            var written = write_rows(columns, COMMA, begin, rows, room.view())
            assert_equal(written.rows, rows - begin)
            var expected = String()
            for i in range(begin, rows):
                expected += reference[DType.int64](Int64(raw[i]), decimals)
                expected += "\n"
            assert_equal(room.text(written.bytes), expected)
    _ = raw^


def test_instants_are_those_of_format_instant() raises:
    seed(5)
    var clock = Clock()
    for i in range(5000):
        var digits = i % 4 * 3
        var unit = UInt64(10 ** (9 - digits))
        var instant = random_ui64(0, UInt64(Int64.MAX)) // unit * unit
        var room = Room(64)
        var end = clock.write(instant, TimeForm(False, digits), room.view(), 0)
        var text = room.text(end)
        var expected = String()
        format_instant(Int64(instant), expected)
        # That one leaves zeros out in threes; this one has the same width always.
        assert_equal(text.byte_length(), 20 + digits + Int(digits > 0))
        var least = min(text.byte_length(), expected.byte_length()) - 1
        assert_equal(text[byte=0:least], expected[byte=0:least])


def test_an_instant_that_does_not_fit_is_refused() raises:
    var clock = Clock()
    var room = Room(64)
    for digits in range(0, 9, 3):
        var instant = UInt64(10 ** (8 - digits))
        for epoch in [False, True]:
            assert_equal(
                clock.write(instant, TimeForm(epoch, digits), room.view(), 0),
                -1,
            )
    assert_equal(
        clock.write(UInt64(1) << 63, TimeForm(False, 9), room.view(), 0), -1
    )


def test_the_fewest_digits_of_a_second() raises:
    for digits in range(0, 12, 3):
        var instants: List[UInt64] = [
            5_000_000_000,
            UInt64(7 * 10 ** (9 - digits)),
            UInt64.MAX,
        ]
        var view = ColumnView[DType.uint64](
            address=Int(instants.unsafe_ptr()), length=3
        )
        assert_equal(fraction_digits(view), digits)
        _ = instants^


def test_the_writer_stops_where_a_row_might_not_fit() raises:
    var raw = List[UInt64](length=100, fill=123_456_789_000)
    var column = CellColumn(CellKind.SIZE)
    column.narrow = ColumnView[DType.uint64](
        address=Int(raw.unsafe_ptr()), length=100
    )
    column.decimals = DecimalForm[DType.uint64](6, False)
    var columns = Pool[CellColumn]()
    columns.append(column^)
    for length in range(0, 400):
        var room = Room(length)
        var written = write_rows(columns, COMMA, 0, 100, room.view())
        assert_equal(written.bytes, 11 * written.rows)
        assert_equal(
            room.text(written.bytes), String("123.456789\n") * written.rows
        )
        assert_true(written.bytes <= length)
        assert_equal(written.fault, -1)
    _ = raw^


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
