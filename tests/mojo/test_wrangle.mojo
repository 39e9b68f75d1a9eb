"""Lists of records to batches and streams, and back."""

from std.memory import ArcPointer
from std.testing import TestSuite, assert_equal, assert_false, assert_true

from barrow.arrow import Batch, OwnedStream, lend_stream
from barrow.errors import Fault
from barrow.model import AggressorSide, Encoding, QuoteTick, Subject, TradeTick
from barrow.wrangle import RecordReader, to_batches, to_records

comptime E = Encoding.FIXED8
comptime Tick = TradeTick[E]


def ticks(rows: Int) raises -> List[Tick]:
    var of = Subject[E]("EUR/USD.SIM", 5, 0)
    var result = List[Tick]()
    for i in range(rows):
        result.append(
            Tick(
                of,
                10_000,
                1_000_000_000,
                AggressorSide.BUYER,
                String(i),
                1,
                2,
            )
        )
    return result^


def stream_of(batches: List[Batch]) raises -> OwnedStream:
    var stream = OwnedStream()
    lend_stream(batches[0].schema, batches.copy(), stream.at)
    return stream^


def test_chunks_have_the_rows_asked_for() raises:
    var list = ticks(25)
    var batches = to_batches[Tick](list, chunk_size=10)
    assert_equal(len(batches), 3)
    assert_equal(batches[0].rows(), 10)
    assert_equal(batches[2].rows(), 5)
    var again = to_records[Tick](batches)
    assert_equal(len(again), 25)
    for i in range(25):
        assert_equal(again[i], list[i])
    assert_equal(len(to_batches[Tick](list[0:0], chunk_size=10)), 0)
    assert_equal(len(to_records[Tick]([])), 0)


def test_a_stream_gives_one_record_after_the_other() raises:
    var list = ticks(25)
    var batches = to_batches[Tick](list, chunk_size=10)
    # A batch without rows in between is no end.
    batches.insert(1, Tick.encode_batch(list[0].metadata(), list[0:0]))
    var reader = RecordReader[Tick](stream_of(batches))
    for i in range(25):
        assert_equal(reader.next().value(), list[i])
    assert_false(reader.next())
    assert_false(reader.next())


def test_a_stream_read_by_half_is_released() raises:
    var batches = to_batches[Tick](ticks(25), chunk_size=10)
    var reader = RecordReader[Tick](stream_of(batches))
    assert_true(reader.next())
    _ = reader^
    for ref batch in batches:
        assert_equal(batch.owner.count(), 1)


def test_faults_name_the_batch() raises:
    var batches = to_batches[Tick](ticks(25), chunk_size=10)
    var sides = batches[2].column(2)
    Pointer[UInt8, MutUntrackedOrigin](unsafe_from_address=sides.buffers[1])[
        unsafe_offset=3
    ] = 9
    comptime expected = (
        'SchemaError: batch 2: column "aggressor_side": row 3 holds 9,'
        " expected 0 to 2"
    )
    var said = String()
    try:
        _ = to_records[Tick](batches)
    except fault:
        said = String(fault)
    assert_equal(said, expected)
    var reader = RecordReader[Tick](stream_of(batches))
    for _ in range(20):
        assert_true(reader.next())
    try:
        _ = reader.next()
        said = "none"
    except fault:
        said = String(fault)
    assert_equal(said, expected)


def test_wrong_arguments_are_refused() raises:
    var said = String()
    try:
        _ = to_batches[Tick](ticks(1), chunk_size=0)
    except fault:
        said = String(fault)
    assert_equal(said, "ArgumentError: chunk_size is 0, expected 1 or more")
    var list = ticks(5)
    list[4].of = Subject[E]("EUR/USD.SIM", 4, 0)
    try:
        _ = to_batches[Tick](list, chunk_size=2)
    except fault:
        said = String(fault)
    assert_true(said.startswith("ArgumentError: batch 2: record 0: it"), said)
    try:
        _ = RecordReader[Tick](OwnedStream())
    except fault:
        said = String(fault)
    assert_true(said.startswith("CorruptError: Arrow stream: it was rel"), said)
    var batches = to_batches[Tick](ticks(1), chunk_size=2)
    try:
        var quotes = RecordReader[QuoteTick[E]](stream_of(batches))
        _ = quotes.next()
    except fault:
        said = String(fault)
    assert_true('no column "bid_price"' in said, said)


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
