"""Arrow files: written with batches aligned, read without copying."""

from std.python import Python, PythonObject
from std.testing import (
    TestSuite,
    assert_equal,
    assert_false,
    assert_raises,
    assert_true,
)

from barrow.ipc import (
    IpcFileWriter,
    give_batch,
    open_mapped,
    read_stream_bytes,
    stream_bytes,
    take_batch,
)
from barrow.model import Bar, Encoding

comptime NAMES: List[StaticString] = [
    "open",
    "high",
    "low",
    "close",
    "volume",
    "ts_event",
    "ts_init",
]


def new_folder() raises -> PythonObject:
    # Not Mojo's TemporaryDirectory: its `with` block swallows every error.
    return Python.import_module("tempfile").TemporaryDirectory()


def metadata_of_bars() raises -> PythonObject:
    return Python.dict(
        bar_type="A.B-1-MINUTE-LAST-EXTERNAL",
        price_precision="2",
        size_precision="0",
    )


def schema_of(width: Int) raises -> PythonObject:
    var pa = Python.import_module("pyarrow")
    var fields = Python.list()
    for i in range(7):
        var name = materialize[NAMES]()[i]
        var dtype = pa.binary(width) if i < 5 else pa.uint64()
        fields.append(pa.field(name, dtype, nullable=False))
    return pa.schema(fields, metadata=metadata_of_bars())


def batch_of(
    schema: PythonObject, rows: Int, first: Int
) raises -> PythonObject:
    """Column `c` of row `r` holds 10 * (first + r) + c."""
    var pa = Python.import_module("pyarrow")
    var arrays = Python.list()
    for i in range(7):
        var dtype = schema.field(i).type
        var width = Int(py=dtype.bit_width) // 8
        var data = Python.import_module("builtins").bytearray()
        for row in range(rows):
            var value = PythonObject(10 * (first + row) + i)
            data.extend(value.to_bytes(width, "little"))
        var buffers = Python.list(None, pa.py_buffer(data))
        arrays.append(pa.Array.from_buffers(dtype, rows, buffers, 0))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def write(path: String, width: Int, rows: List[Int]) raises:
    var schema = schema_of(width)
    var writer = IpcFileWriter(PythonObject(path), schema)
    var first = 0
    for count in rows:
        writer.write(batch_of(schema, count, first))
        first += count
    writer.close()


def address(batch: PythonObject, index: Int) raises -> Int:
    return Int(py=batch.column(index).buffers()[1].address)


def mapped_range(path: String) raises -> Tuple[Int, Int]:
    """The addresses a file is mapped at, from the kernel's own table."""
    var maps = Python.import_module("pathlib").Path("/proc/self/maps")
    for line in maps.read_text().splitlines():
        if path in String(py=line):
            var ends = line.split(" ")[0].split("-")
            var int = Python.import_module("builtins").int
            return (Int(py=int(ends[0], 16)), Int(py=int(ends[1], 16)))
    raise Error("not mapped: ", path)


def check_round_trip[encoding: Encoding](rows: List[Int]) raises:
    comptime width = 8 if encoding == Encoding.FIXED8 else 16
    var folder = new_folder()
    var path = String(py=folder.name) + "/bars.arrow"
    write(path, width, rows)
    var reader = open_mapped(PythonObject(path))
    var row = 0
    for i in range(Int(py=reader.num_record_batches)):
        var batch = take_batch(reader.get_batch(i))
        var metadata = batch.schema[].metadata()
        for bar in Bar[encoding].decode_batch(metadata, batch):
            assert_equal(Int(bar.open.raw), 10 * row)
            assert_equal(Int(bar.high.raw), 10 * row + 1)
            assert_equal(Int(bar.low.raw), 10 * row + 2)
            assert_equal(Int(bar.close.raw), 10 * row + 3)
            assert_equal(Int(bar.volume.raw), 10 * row + 4)
            assert_equal(Int(bar.ts_event.raw), 10 * row + 5)
            assert_equal(Int(bar.ts_init.raw), 10 * row + 6)
            row += 1
    var wanted = 0
    for count in rows:
        wanted += count
    assert_equal(row, wanted)
    folder.cleanup()


def test_what_was_written_is_read() raises:
    check_round_trip[Encoding.FIXED8]([8, 64, 3])
    check_round_trip[Encoding.FIXED16]([8, 0, 16, 5])


def test_every_batch_begins_at_a_multiple_of_64_bytes() raises:
    for width in [8, 16]:
        for rows in [8, 24, 64, 1000]:
            var folder = new_folder()
            var path = String(py=folder.name) + "/bars.arrow"
            # An odd last batch moves only what follows it.
            write(path, width, [rows, rows, 8, rows, 3])
            var reader = open_mapped(PythonObject(path))
            assert_equal(Int(py=reader.num_record_batches), 5)
            for i in range(5):
                var batch = reader.get_batch(i)
                assert_equal(address(batch, 0) % 64, 0)
                if i < 4:
                    for c in range(7):
                        assert_equal(address(batch, c) % 64, 0)
            folder.cleanup()


def test_a_batch_of_odd_length_spoils_no_later_one() raises:
    var folder = new_folder()
    var path = String(py=folder.name) + "/bars.arrow"
    write(path, 8, [3, 5, 0, 1, 64])
    var reader = open_mapped(PythonObject(path))
    for i in range(5):
        var batch = reader.get_batch(i)
        if Int(py=batch.num_rows) > 0:
            assert_equal(address(batch, 0) % 64, 0)
    folder.cleanup()


def test_columns_lie_in_the_mapping_of_the_file() raises:
    var folder = new_folder()
    var path = String(py=folder.name) + "/bars.arrow"
    write(path, 8, [64, 64])
    var pa = Python.import_module("pyarrow")
    var before = Int(py=pa.total_allocated_bytes())
    var reader = open_mapped(PythonObject(path))
    var mapping = mapped_range(path)
    for i in range(2):
        var batch = reader.get_batch(i)
        for c in range(7):
            assert_true(mapping[0] <= address(batch, c) < mapping[1])
        _ = batch
    assert_true(Int(py=pa.total_allocated_bytes()) - before < 64 * 7 * 8)
    folder.cleanup()


def test_a_view_of_a_slice_begins_at_its_offset() raises:
    var batch = take_batch(batch_of(schema_of(8), 20, 0).slice(7, 5))
    var opens = batch.values[DType.int64]("open")
    assert_equal(len(opens), 5)
    assert_equal(opens[0], 70)
    assert_equal(opens[4], 110)
    _ = batch^


def test_a_batch_goes_to_mojo_and_back_without_a_copy() raises:
    var source = batch_of(schema_of(16), 20, 0).slice(3, 9)
    var start = address(source, 0)
    var batch = take_batch(source)
    assert_equal(batch.column(0).buffers[1], start)
    var back = give_batch(batch)
    assert_true(Bool(py=back.equals(source, check_metadata=True)))
    assert_equal(address(back, 0), start)
    _ = batch^
    _ = source^
    back.validate(full=True)  # the memory is still there
    assert_equal(Int(py=back.num_rows), 9)


def test_streams_are_read_and_written() raises:
    var first = batch_of(schema_of(8), 5, 0)
    var data = stream_bytes([take_batch(first), take_batch(first.slice(1, 2))])
    var batches = read_stream_bytes(data)
    assert_equal(len(batches), 2)
    assert_true(Bool(py=give_batch(batches[0]).equals(first)))
    assert_true(Bool(py=give_batch(batches[1]).equals(first.slice(1, 2))))
    with assert_raises(contains="stream_bytes: no batches"):
        _ = stream_bytes([])
    with assert_raises():
        _ = read_stream_bytes(Python.evaluate("b'not a stream'"))


def test_the_schema_and_its_metadata_are_kept() raises:
    var folder = new_folder()
    var path = String(py=folder.name) + "/bars.arrow"
    write(path, 16, [8])
    var found = open_mapped(PythonObject(path)).schema
    assert_true(Bool(py=found.equals(schema_of(16), check_metadata=True)))
    folder.cleanup()


def test_pyarrow_reads_the_file_too() raises:
    var folder = new_folder()
    var path = String(py=folder.name) + "/bars.arrow"
    write(path, 8, [8, 0, 16])
    var pa = Python.import_module("pyarrow")
    var table = pa.ipc.open_file(PythonObject(path)).read_all()
    table.validate(full=True)
    assert_equal(Int(py=table.num_rows), 24)
    folder.cleanup()


def test_a_type_that_is_not_read_is_refused() raises:
    var pa = Python.import_module("pyarrow")
    var views = pa.array(
        Python.list(Python.list(1), Python.list(2)),
        type=pa.list_view(pa.int64()),
    )
    var batch = pa.record_batch(Python.list(views), names=Python.list("open"))
    with assert_raises(contains='UnsupportedError: Arrow schema "open"'):
        _ = take_batch(batch)


def test_a_file_without_its_end_is_refused() raises:
    var folder = new_folder()
    var path = String(py=folder.name) + "/bars.arrow"
    write(path, 8, [64])
    var file = Python.import_module("pathlib").Path(path)
    var data = file.read_bytes()
    var length = Int(py=Python.import_module("builtins").len(data))
    for cut in [1, 10, length // 2, length]:
        var rest = Python.import_module("itertools").islice(data, length - cut)
        _ = file.write_bytes(Python.import_module("builtins").bytes(rest))
        with assert_raises():
            _ = open_mapped(PythonObject(path))
    folder.cleanup()


def test_an_empty_file_has_its_schema() raises:
    var folder = new_folder()
    var path = String(py=folder.name) + "/bars.arrow"
    write(path, 8, List[Int]())
    var reader = open_mapped(PythonObject(path))
    assert_equal(Int(py=reader.num_record_batches), 0)
    assert_false(Bool(py=reader.schema.names == Python.list()))
    folder.cleanup()


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
