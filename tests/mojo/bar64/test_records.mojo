"""Records of 64 bytes: checksums against a table, columns there and back."""

from std.random import random_ui64, seed
from std.testing import TestSuite, assert_equal, assert_true

from barrow.bar64 import (
    COLUMNS,
    Columns,
    Lanes,
    MutColumns,
    crc32c,
    crc32c_by_table,
    damage,
    fingerprint,
    pack,
    unpack,
)
from barrow.fence import ByteView, ColumnView, MutColumnView


def of(text: StaticString) -> UInt32:
    return crc32c(ByteView(text.as_bytes()))


def test_known_checksums() raises:
    assert_equal(of(""), 0)
    assert_equal(of("a"), 0xC1D04330)
    assert_equal(of("123456789"), 0xE3069283)
    # RFC 3720, B.4
    var bytes = List[UInt8](length=32, fill=0)
    assert_equal(crc32c(ByteView(Span(bytes))), 0x8A9136AA)
    for i in range(32):
        bytes[i] = UInt8(i)
    assert_equal(crc32c(ByteView(Span(bytes))), 0x46DD794E)


def test_the_instruction_agrees_with_the_table() raises:
    seed(1)
    for length in range(200):
        var bytes = List[UInt8](capacity=length)
        for _ in range(length):
            bytes.append(UInt8(random_ui64(0, 255)))
        var view = ByteView(Span(bytes))
        assert_equal(crc32c(view), crc32c_by_table(view))


def test_a_fingerprint_is_its_words_one_by_one() raises:
    seed(7)
    var words = List[UInt64](capacity=80)
    for _ in range(80):
        words.append(random_ui64(0, UInt64.MAX))
    var wanted = Lanes(3)
    for at in range(len(words)):
        var product = (wanted[at % 8] ^ words[at]) * 0x9E37_79B9_7F4A_7C15
        wanted[at % 8] = product ^ (product >> 32)
    assert_equal(fingerprint(view(words), Lanes(3)), wanted)
    var half = fingerprint(view(words).part(0, 24), Lanes(3))
    assert_equal(fingerprint(view(words).part(24, 80), half), wanted)


def test_a_fingerprint_tells_every_bit_and_the_order() raises:
    seed(8)
    var words = List[UInt64](capacity=40)
    for _ in range(40):
        words.append(random_ui64(0, UInt64.MAX))
    var wanted = fingerprint(view(words), Lanes(3))
    for bit in range(64 * len(words)):
        words[bit // 64] ^= UInt64(1) << UInt64(bit % 64)
        assert_true(fingerprint(view(words), Lanes(3)) != wanted)
        words[bit // 64] ^= UInt64(1) << UInt64(bit % 64)
    for at in range(32):
        var here = words[at]
        words[at] = words[at + 8]
        words[at + 8] = here
        assert_true(fingerprint(view(words), Lanes(3)) != wanted)
        here = words[at]
        words[at] = words[at + 8]
        words[at + 8] = here


struct Room:
    """Seven columns in one block; `shift` words leave them anywhere in a line."""

    var words: List[UInt64]
    var rows: Int
    var shift: Int

    def __init__(out self, rows: Int, shift: Int, fill: UInt64):
        self.words = List[UInt64](length=COLUMNS * rows + shift, fill=fill)
        self.rows = rows
        self.shift = shift

    def at(self, column: Int) -> Int:
        var first = Int(self.words.unsafe_ptr())
        return first + 8 * (self.shift + column * self.rows)

    def read(self) -> Columns:
        var columns = Columns(
            fill=ColumnView[DType.uint64](address=64, length=0)
        )
        for i in range(COLUMNS):
            columns[i] = ColumnView[DType.uint64](
                address=self.at(i), length=self.rows
            )
        return columns^

    def write(self) -> MutColumns:
        var columns = MutColumns(
            fill=MutColumnView[DType.uint64](address=64, length=0)
        )
        for i in range(COLUMNS):
            columns[i] = MutColumnView[DType.uint64](
                address=self.at(i), length=self.rows
            )
        return columns^


def random_room(rows: Int, shift: Int) -> Room:
    var room = Room(rows, shift, 0)
    for i in range(shift, len(room.words)):
        room.words[i] = random_ui64(0, UInt64.MAX)
    return room^


def packed(room: Room) -> List[UInt64]:
    var records = List[UInt64](length=8 * room.rows, fill=7)
    pack(
        room.read(),
        MutColumnView[DType.uint64](
            address=Int(records.unsafe_ptr()), length=len(records)
        ),
    )
    return records^


def view(records: List[UInt64]) -> ColumnView[DType.uint64]:
    return ColumnView[DType.uint64](
        address=Int(records.unsafe_ptr()), length=len(records)
    )


def test_a_record_is_its_words_and_their_checksum() raises:
    seed(2)
    for rows in [0, 1, 7, 8, 9, 64, 100]:
        var room = random_room(rows, 3)
        var records = packed(room)
        for row in range(rows):
            var bytes = List[UInt8](capacity=64)
            for word in range(8):
                if word < COLUMNS:
                    assert_equal(
                        records[8 * row + word],
                        room.words[room.shift + word * rows + row],
                    )
                for byte in range(8):
                    var shifted = records[8 * row + word] >> UInt64(8 * byte)
                    bytes.append(shifted.cast[DType.uint8]())
            var checksum = records[8 * row + 7] >> 32
            assert_equal(records[8 * row + 7] & 0xFFFF_FFFF, 0)
            assert_equal(
                checksum.cast[DType.uint32](),
                crc32c_by_table(ByteView(Span(bytes)[0:60])),
            )


def unpack_checked(records: List[UInt64], again: Room) -> Int:
    var lanes = Lanes(0)
    return unpack[True](view(records), again.write(), lanes)


def check_there_and_back(rows: Int, shift: Int) raises:
    var room = random_room(rows, shift)
    var records = packed(room)
    for checked in [True, False]:
        var again = Room(rows, shift, 9)
        var lanes = Lanes(7)
        var damaged = unpack[True](
            view(records), again.write(), lanes
        ) if checked else unpack[False](view(records), again.write(), lanes)
        assert_equal(damaged, -1)
        # The same as of the bytes alone, which rows and blocks do not matter to.
        assert_equal(lanes, fingerprint(view(records), Lanes(7)))
        assert_true(
            Span(again.words)[shift:] == Span(room.words)[shift:], String(rows)
        )
    var first = 5
    var last_good = 5
    assert_equal(damage(view(records), first, last_good), 0)
    assert_equal(first, -1)
    assert_equal(last_good, rows - 1)
    _ = records^


def test_columns_come_back_from_records() raises:
    seed(3)
    for rows in [0, 1, 2, 7, 8, 9, 15, 16, 17, 1_000]:
        for shift in range(9):
            check_there_and_back(rows, shift)


def test_many_records_are_written_past_the_caches() raises:
    seed(4)
    # 2**17 rows keep every column at the same place in a line, 2**17 + 3 do not.
    for rows in [131_072, 131_075]:
        for shift in [0, 5]:
            check_there_and_back(rows, shift)


def test_every_flipped_bit_is_found_at_its_record() raises:
    seed(5)
    var rows = 21
    var room = random_room(rows, 0)
    var records = packed(room)
    for bit in range(512 * rows):
        records[bit // 64] ^= UInt64(1) << UInt64(bit % 64)
        var again = Room(rows, 0, 9)
        var row = bit // 512
        assert_equal(unpack_checked(records, again), row)
        var first = 0
        var last_good = 0
        assert_equal(damage(view(records), first, last_good), 1)
        assert_equal(first, row)
        assert_equal(last_good, rows - 1 if row < rows - 1 else rows - 2)
        records[bit // 64] ^= UInt64(1) << UInt64(bit % 64)


def test_rows_before_a_damaged_record_are_there() raises:
    seed(6)
    for rows in [40, 131_072]:
        var room = random_room(rows, 0)
        var records = packed(room)
        var bad = rows - 11
        records[8 * bad + 2] += 1
        var again = Room(rows, 0, 9)
        assert_equal(unpack_checked(records, again), bad)
        _ = records^
        for column in range(COLUMNS):
            for row in range(bad):
                var at = column * rows + row
                assert_equal(again.words[at], room.words[at])


def test_records_of_zeros_are_damaged() raises:
    var records = List[UInt64](length=24, fill=0)
    var first = 0
    var last_good = 0
    assert_equal(damage(view(records), first, last_good), 3)
    assert_equal(last_good, -1)
    _ = records^


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
