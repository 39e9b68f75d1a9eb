"""Streams of batches, and operations on them."""

from std.python import Python, PythonObject
from std.testing import TestSuite, assert_equal, assert_raises, assert_true

from barrow.ipc import (
    IpcStreamReader,
    IpcStreamWriter,
    column_total,
    concatenate,
    rows_between,
    take_batch,
)


def batch_of(values: PythonObject) raises -> PythonObject:
    var pa = Python.import_module("pyarrow")
    var arrays = Python.list(pa.array(values, pa.int64()))
    return pa.RecordBatch.from_arrays(arrays, names=Python.list("close"))


def numbers(begin: Int, end: Int) raises -> PythonObject:
    return Python.import_module("builtins").range(begin, end)


def stream_of(lengths: List[Int]) raises -> PythonObject:
    var sink = Python.import_module("pyarrow").BufferOutputStream()
    var writer = IpcStreamWriter(sink, batch_of(numbers(0, 0)).schema)
    var first = 0
    for length in lengths:
        writer.write(batch_of(numbers(first, first + length)))
        first += length
    writer.close()
    return sink.getvalue()


def check_stream(lengths: List[Int]) raises:
    var reader = IpcStreamReader(stream_of(lengths))
    assert_equal(String(py=reader.schema.names), "['close']")
    var first = 0
    for length in lengths:
        var batch = reader.next().value()
        assert_equal(Int(py=batch.num_rows), length)
        var taken = take_batch(batch)
        var closes = taken.values[DType.int64]("close")
        for at in range(length):
            assert_equal(Int(closes[at]), first + at)
        first += length
        _ = taken^
    assert_true(not reader.next())
    assert_true(not reader.next())


def test_a_stream_gives_its_batches_in_order() raises:
    check_stream([3])
    check_stream([3, 0, 5])
    check_stream(List[Int]())


def test_a_stream_goes_into_a_file() raises:
    var folder = Python.import_module("tempfile").TemporaryDirectory()
    var path = folder.name + "/stream.arrows"
    var writer = IpcStreamWriter(path, batch_of(numbers(0, 0)).schema)
    writer.write(batch_of(numbers(0, 10)))
    writer.close()
    var pa = Python.import_module("pyarrow")
    var reader = IpcStreamReader(pa.memory_map(path))
    assert_equal(Int(py=reader.next().value().num_rows), 10)
    folder.cleanup()


def test_a_stream_cut_off_inside_a_batch_is_refused() raises:
    var stream = stream_of([100])
    var reader = IpcStreamReader(stream.slice(0, stream.size - 100))
    with assert_raises():
        _ = reader.next()
    with assert_raises():
        _ = IpcStreamReader(stream.slice(0, 5))


def test_batches_together_are_not_copied() raises:
    var batches = Python.list(batch_of(numbers(0, 5)), batch_of(numbers(5, 7)))
    var table = concatenate(batches)
    assert_equal(Int(py=table.num_rows), 7)
    for i in range(2):
        var before = batches[i].column(0).buffers()[1].address
        var after = table.column(0).chunk(i).buffers()[1].address
        assert_equal(Int(py=before), Int(py=after))
    with assert_raises():
        _ = concatenate(Python.list())


def test_a_mask_marks_the_rows_in_the_range() raises:
    for length in [0, 1, 7, 63, 64, 65, 128, 200]:
        var batch = batch_of(numbers(-50, length + 20)).slice(13, length)
        var taken = take_batch(batch)
        var values = taken.values[DType.int64]("close")
        for low, high in [(0, 10), (-100, 1000), (5, 5), (length, -3)]:
            var mask = rows_between(values, Int64(low), Int64(high))
            mask.validate(full=True)
            assert_equal(Int(py=mask.__len__()), length)
            for at in range(length):
                var value = at - 37
                var expected = low <= value < high
                assert_equal(Bool(py=mask[at].as_py()), expected)
        _ = taken^


def test_a_total_goes_over_batches() raises:
    var stream = stream_of([3, 0, 1_000])
    var pa = Python.import_module("pyarrow")
    var sum = column_total[DType.int64](pa.ipc.open_stream(stream), "close")
    assert_equal(Int(sum), 1_003 * 1_002 // 2)
    var large = batch_of(Python.list(Int64.MAX, Int64.MAX, 5))
    assert_equal(
        column_total[DType.int64](Python.list(large), "close"),
        2 * Int128(Int64.MAX) + 5,
    )
    assert_equal(Int(column_total[DType.int64](Python.list(), "close")), 0)
    with assert_raises(contains="no column"):
        _ = column_total[DType.int64](Python.list(large), "open")


def main() raises:
    TestSuite.discover_tests[__functions_in_module()]().run()
