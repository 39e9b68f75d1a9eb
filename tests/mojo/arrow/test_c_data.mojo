"""The C Data Interface in Mojo alone: batches made, checked, viewed, lent, released."""

from std.memory import ArcPointer
from std.memory.alloc import unsafe_alloc
from std.testing import TestSuite, assert_equal, assert_false, assert_true

from barrow.arrow import (
    ArrayPtr,
    ArrowArray,
    ArrowArrayStream,
    ArrowSchema,
    Batch,
    BatchMaker,
    Layout,
    Metadata,
    OwnedArray,
    OwnedSchema,
    OwnedStream,
    Schema,
    empty_batch,
    lend_array,
    lend_schema,
    lend_stream,
    parse_format,
    read_stream,
)
from barrow.arrow.c_data import ArrayRelease, address_of, as_function
from barrow.errors import Fault
from barrow.fence import BitView


def sample(rows: Int = 5) raises Fault -> Batch:
    var maker = BatchMaker(rows=rows)
    var close = List[Int64]()
    var size = List[UInt64]()
    var offsets: List[Int32] = [0]
    var bytes = List[UInt8]()
    for i in range(rows):
        close.append(Int64(i) * 10 - 20)
        size.append(UInt64(i) + 7)
        for _ in range(i):
            bytes.append(UInt8(ord("a")) + UInt8(i))
        offsets.append(Int32(len(bytes)))
    maker.add("close", "w:8", close^)
    maker.add("size", "L", size^, [UInt8(0b10111)])
    maker.add_texts("id", offsets^, bytes^)
    return maker^.finish()


def test_columns_are_viewed_where_they_were_made() raises:
    var values: List[Int64] = [3, -1, 4]
    var address = Int(values.unsafe_ptr())
    var maker = BatchMaker(rows=3)
    maker.add("x", "l", values^)
    var batch = maker^.finish()
    assert_equal(batch.column(0).buffers[1], address)
    var view = batch.values[DType.int64]("x")
    assert_equal(len(view), 3)
    assert_equal(view[2], 4)
    assert_equal(batch.column(0).null_count(), 0)
    _ = batch^


def test_columns_are_found_by_name_and_type() raises:
    var batch = sample()
    assert_equal(batch.rows(), 5)
    assert_equal(batch.columns(), 3)
    assert_equal(batch.values[DType.uint64]("close")[2], 0)
    var column = batch.column(1)
    assert_equal(column.null_count(), 1)
    assert_false(column.validity()[3])
    assert_equal(column.values[DType.uint64]("size")[4], 11)
    var texts = batch.texts("id")
    assert_equal(len(texts), 5)
    assert_equal(texts[3].text(), "ddd")
    _ = batch^


def fault_of(batch: Batch, name: String) raises -> String:
    try:
        _ = batch.values[DType.int64](name)
    except fault:
        return String(fault)
    return "none"


def test_what_cannot_be_viewed_says_why() raises:
    var batch = sample()
    assert_equal(
        fault_of(batch, "open"),
        'SchemaError: record batch: no column "open"\n  try: one of close,'
        " size, id",
    )
    assert_equal(
        fault_of(batch, "size"),
        'SchemaError: column "size": it has the Arrow type "L", expected a'
        " column of int64\n  try: cast the column first",
    )
    var said = String()
    try:
        _ = batch.values[DType.uint64]("size")
    except fault:
        said = String(fault)
    assert_equal(
        said,
        'SchemaError: column "size": 1 of 5 rows are null, expected none\n '
        " try: fill or drop them first",
    )


def test_a_lent_batch_outlives_what_lent_it() raises:
    var batch = sample()
    var address = batch.column(0).buffers[1]
    var array = OwnedArray()
    var schema = OwnedSchema()
    lend_array(batch, array.at)
    lend_schema(batch.schema, schema.at)
    assert_equal(batch.owner.count(), 5)  # a share for each struct that is out
    _ = batch^
    var again = Batch(ArcPointer(Schema(schema^)), array^)
    assert_equal(again.column(0).buffers[1], address)
    assert_equal(again.values[DType.int64]("close")[4], 20)
    assert_equal(again.texts("id")[4].text(), "eeee")
    _ = again^


def test_shares_are_given_back_by_release() raises:
    var batch = sample()
    for _ in range(3):
        var array = OwnedArray()
        lend_array(batch, array.at)
        _ = array^
    assert_equal(batch.owner.count(), 1)
    assert_equal(batch.schema.count(), 1)


def test_a_child_that_was_moved_out_keeps_the_memory() raises:
    var batch = sample()
    var array = OwnedArray()
    lend_array(batch, array.at)
    var children = Pointer[Int, MutUntrackedOrigin](
        unsafe_from_address=array.at[].children
    )
    var child = OwnedArray(
        taking=ArrayPtr(unsafe_from_address=children[unsafe_offset=0])
    )
    _ = array^
    assert_equal(batch.owner.count(), 2)
    _ = child^
    assert_equal(batch.owner.count(), 1)


def check_stream(taken: Int) raises:
    """Reads some of three batches and drops the stream."""
    var batch = sample()
    var list: List[Batch] = [batch.copy(), batch.copy(), batch.copy()]
    var stream = OwnedStream()
    lend_stream(batch.schema, list^, stream.at)
    stream.check()
    var schema = ArcPointer(Schema(stream.schema()))
    for _ in range(taken):
        var next = stream.next()
        var one = Batch(schema, next.take())
        assert_equal(one.values[DType.int64]("close")[4], 20)
        _ = one^
    if taken == 3:
        assert_false(Bool(stream.next()))
    _ = schema^
    _ = stream^
    assert_equal(batch.owner.count(), 1)
    assert_equal(batch.schema.count(), 1)


def test_a_stream_read_by_half_gives_everything_back() raises:
    for taken in range(4):
        check_stream(taken)


def test_all_batches_of_a_stream_are_read() raises:
    var batch = sample()
    var stream = OwnedStream()
    lend_stream(batch.schema, [batch.copy(), batch.copy()], stream.at)
    var schema = ArcPointer(Schema(stream.schema()))
    var read = read_stream(stream, schema)
    assert_equal(len(read), 2)
    assert_equal(read[1].column(2).buffers[2], batch.column(2).buffers[2])
    _ = read^
    _ = stream^
    assert_equal(batch.owner.count(), 1)


def fault_after(
    length: Int = 5, offset: Int = 0, buffers: Int = 1, null_count: Int = 0
) raises -> String:
    """What is said of a sample whose root was changed; it must be released."""
    var batch = sample()
    var array = OwnedArray()
    lend_array(batch, array.at)
    array.at[].length = Int64(length)
    array.at[].offset = Int64(offset)
    array.at[].n_buffers = Int64(buffers)
    array.at[].null_count = Int64(null_count)
    var said = String("none")
    try:
        _ = Batch(batch.schema, array^)
    except fault:
        said = String(fault)
    assert_equal(batch.owner.count(), 1)
    return said


def test_damaged_structs_are_refused_and_released() raises:
    assert_equal(fault_after(), "none")
    assert_equal(fault_after(length=3, offset=2), "none")
    assert_equal(
        fault_after(length=-1), "CorruptError: Arrow array: a length of -1"
    )
    assert_equal(
        fault_after(offset=-1), "CorruptError: Arrow array: an offset of -1"
    )
    assert_equal(
        fault_after(offset=1),
        'CorruptError: Arrow array "close": 5 rows, but the batch reaches to'
        " row 6",
    )
    assert_equal(
        fault_after(length=Int.MAX, offset=Int.MAX),
        "CorruptError: Arrow array: offset and length reach past all memory",
    )
    assert_equal(
        fault_after(buffers=2),
        "CorruptError: Arrow array: 2 buffers, expected 1",
    )
    assert_equal(
        fault_after(null_count=1),
        "CorruptError: Arrow array: 1 nulls, but no validity buffer",
    )


def test_a_slice_of_a_batch_shifts_its_columns() raises:
    var batch = sample()
    var array = OwnedArray()
    lend_array(batch, array.at)
    array.at[].length = 2
    array.at[].offset = 3
    var part = Batch(batch.schema, array^)
    assert_equal(part.rows(), 2)
    assert_equal(part.values[DType.int64]("close")[0], 10)
    assert_equal(part.column(1).null_count(), 1)
    assert_equal(part.texts("id")[0].text(), "ddd")
    _ = part^
    _ = batch^


def test_falling_offsets_are_found_when_texts_are_read() raises:
    var batch = sample()
    var offsets = Pointer[Int32, MutUntrackedOrigin](
        unsafe_from_address=batch.column(2).buffers[1]
    )
    offsets.unsafe_store(2, Int32(9))
    var said = String()
    try:
        _ = batch.texts("id")
    except fault:
        said = String(fault)
    assert_equal(
        said,
        'CorruptError: Arrow array "id": offset 3 of its texts is 3, less'
        " than the one before",
    )
    _ = batch^


def test_an_empty_batch_has_the_columns_of_its_schema() raises:
    var batch = empty_batch(sample().schema)
    assert_equal(batch.rows(), 0)
    assert_equal(batch.columns(), 3)
    assert_equal(len(batch.values[DType.int64]("close")), 0)
    assert_equal(len(batch.texts("id")), 0)


def test_columns_of_another_length_are_refused() raises:
    var maker = BatchMaker(rows=2)
    var said = String()
    try:
        maker.add("x", "l", [Int64(1)])
    except fault:
        said = String(fault)
    assert_equal(
        said,
        'ArgumentError: new column "x": 1 values, expected 2',
    )


def said_of(format: String) -> String:
    try:
        var type = parse_format(format)
        return String(type.layout.code, " ", type.width)
    except fault:
        return String(fault.kind)


def test_formats_have_a_width_or_are_refused() raises:
    var widths: List[Tuple[String, String]] = [
        ("w:8", "0 8"),
        ("w:16", "0 16"),
        ("w:3", "0 3"),
        ("d:38,16", "0 16"),
        ("d:38,-2,128", "0 16"),
        ("d:18,9,64", "0 8"),
        ("d:76,9,256", "0 32"),
        ("tsn:UTC", "0 8"),
        ("tss:", "0 8"),
        ("tdD", "0 4"),
        ("ttm", "0 4"),
        ("ttn", "0 8"),
        ("tDu", "0 8"),
        ("c", "0 1"),
        ("S", "0 2"),
        ("f", "0 4"),
        ("g", "0 8"),
        ("b", "1 0"),
        ("u", "2 0"),
        ("z", "2 0"),
        ("U", "3 0"),
        ("vu", "4 0"),
        ("+s", "5 0"),
        ("n", "UnsupportedError"),
        ("+vl", "UnsupportedError"),
        ("+ud:0,1", "UnsupportedError"),
        ("", "CorruptError"),
        ("ts", "CorruptError"),
        ("tsn", "CorruptError"),
        ("tsx:", "CorruptError"),
        ("w:", "CorruptError"),
        ("w:0", "CorruptError"),
        ("w:-8", "CorruptError"),
        ("w:99999999999999999999", "CorruptError"),
        ("d:", "CorruptError"),
        ("d:38", "CorruptError"),
        ("d:39,0", "CorruptError"),
        ("d:38,0,77", "CorruptError"),
        ("d:38,0,128,1", "CorruptError"),
        ("ll", "CorruptError"),
        ("+x", "CorruptError"),
    ]
    for ref pair in widths:
        assert_equal(said_of(pair[0]), pair[1], pair[0])


def test_types_are_named_as_the_rust_library_names_them() raises:
    var names: List[Tuple[String, String]] = [
        ("w:8", "FixedSizeBinary(8)"),
        ("d:38,16", "Decimal128(38, 16)"),
        ("d:38,16,128", "Decimal128(38, 16)"),
        ("d:18,-9,64", "Decimal64(18, -9)"),
        ("tsn:UTC", 'Timestamp(Nanosecond, Some("UTC"))'),
        ("tss:", "Timestamp(Second, None)"),
        ("ttm", "Time32(Millisecond)"),
        ("ttn", "Time64(Nanosecond)"),
        ("tDu", "Duration(Microsecond)"),
        ("tdD", "Date32"),
        ("C", "UInt8"),
        ("c", "Int8"),
        ("L", "UInt64"),
        ("g", "Float64"),
        ("b", "Boolean"),
        ("u", "Utf8"),
        ("vz", "BinaryView"),
        ("+s", "Struct"),
    ]
    for pair in names:
        assert_equal(parse_format(pair[0]).name(), pair[1])


def test_metadata_goes_out_and_comes_back() raises:
    var maker = BatchMaker(rows=0)
    maker.add("x", "l", List[Int64]())
    var told: Metadata = {
        "bar_type": "EUR/USD.SIM-1-MINUTE-BID-EXTERNAL",
        "": "",
        "naïve": "größer\n",
    }
    var batch = maker^.finish(told)
    assert_equal(String(batch.schema[].metadata()), String(told))
    var schema = OwnedSchema()
    lend_schema(batch.schema, schema.at)
    _ = batch^
    assert_equal(String(Schema(schema^).metadata()), String(told))
    assert_equal(len(sample().schema[].metadata()), 0)


def test_metadata_that_is_not_utf8_is_refused_when_it_is_read() raises:
    var batch = sample()
    var bytes: List[UInt8] = [1, 0, 0, 0, 1, 0, 0, 0, 107, 2, 0, 0, 0, 65, 255]
    batch.schema[].owner.at[].metadata = Int(bytes.unsafe_ptr())
    var said = String()
    try:
        _ = batch.schema[].metadata()
    except fault:
        said = String(fault)
    batch.schema[].owner.at[].metadata = 0
    assert_true(said.startswith("SchemaError: Arrow schema: its metadata"))
    _ = bytes^


def test_ones_are_counted_at_any_offset() raises:
    var bytes = List[UInt8]()
    for i in range(100):
        bytes.append(UInt8((i * 37 + 11) & 255))
    for offset in range(0, 20, 3):
        for length in [0, 1, 7, 8, 255, 256, 257, 600]:
            var bits = BitView(
                address=Int(bytes.unsafe_ptr()), offset=offset, length=length
            )
            var expected = 0
            for i in range(length):
                var bit = offset + i
                expected += Int((bytes[bit // 8] >> UInt8(bit % 8)) & 1)
            assert_equal(bits.ones(), expected)
    assert_equal(BitView(address=0, offset=3, length=9).ones(), 9)
    _ = bytes^


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
