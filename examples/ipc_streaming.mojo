"""Arrow IPC from Mojo: streams, files, operations on batches, and no copies.

    python examples/run_mojo.py examples/ipc_streaming.mojo

Every part makes bars whose sums are known, sends them through one way of Arrow IPC,
and stops with an error if they come back different. Sizes, addresses and times are
measured as it runs; files are gone afterwards.
"""

from std.python import Python, PythonObject
from std.time import perf_counter_ns

from barrow.fence import MutColumnView
from barrow.ipc import (
    IpcFileWriter,
    IpcStreamReader,
    IpcStreamWriter,
    column_total,
    concatenate,
    open_mapped,
    rows_between,
    take_batch,
)
from barrow.model import Bar, Encoding
from barrow.wrangle import to_records

comptime VALUES: List[StaticString] = ["open", "high", "low", "close", "volume"]
comptime MINUTE = 60_000_000_000
comptime FIRST = 1_704_067_200_000_000_000
"""2024-01-01 00:00 UTC."""
comptime UNIT = 1_000_000_000
"""One, raw, in `fixed8`."""


def bar_schema() raises -> PythonObject:
    """The stored schema of bars in `fixed8`."""
    var pa = Python.import_module("pyarrow")
    var fields = Python.list()
    for name in materialize[VALUES]():
        fields.append(pa.field(name, pa.binary(8), nullable=False))
    for name in ["ts_event", "ts_init"]:
        fields.append(pa.field(name, pa.uint64(), nullable=False))
    return pa.schema(
        fields,
        metadata=Python.dict(
            bar_type="EUR/USD.SIM-1-MINUTE-BID-EXTERNAL",
            price_precision="6",
            size_precision="0",
        ),
    )


def make_batch(
    schema: PythonObject, rows: Int, first: Int = 0
) raises -> PythonObject:
    """Makes bars in memory that pyarrow owns and Mojo fills.

    Bar `i`, counted from `first`: a close of 1 + i millionths, high and low one
    hundred-thousandth around it, a volume of i % 100.
    """
    var pa = Python.import_module("pyarrow")
    var arrays = Python.list()
    for c in range(7):
        var buffer = pa.allocate_buffer(8 * rows)
        var values = MutColumnView[DType.int64](
            address=Int(py=buffer.address), length=rows
        )
        for row in range(rows):
            var i = Int64(first + row)
            var close = UNIT + 1_000 * i
            if c == 1:
                values.store(row, close + 10_000)
            elif c == 2:
                values.store(row, close - 10_000)
            elif c < 4:
                values.store(row, close)
            elif c == 4:
                values.store(row, i % 100 * UNIT)
            else:
                values.store(row, FIRST + MINUTE * i)
        arrays.append(
            pa.Array.from_buffers(
                schema.field(c).type, rows, Python.list(Python.none(), buffer)
            )
        )
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def expected_close(rows: Int) -> Int128:
    """What the closes of the first bars add up to."""
    var n = Int128(rows)
    return n * UNIT + 500 * n * (n - 1)


def require(holds: Bool, what: String) raises:
    """Stops the demo where a result is wrong."""
    if not holds:
        raise Error("wrong: ", what)


def address_of(batch: PythonObject, index: Int) raises -> Int:
    """Where the values of a column are."""
    return Int(py=batch.column(index).buffers()[1].address)


def milliseconds(begun: Int) -> Float64:
    """The time since then."""
    return Float64(perf_counter_ns() - begun) / 1e6


def write_stream(
    schema: PythonObject, batches: Int, rows: Int
) raises -> PythonObject:
    """A stream of bars in memory, as a `pyarrow.Buffer`."""
    var sink = Python.import_module("pyarrow").BufferOutputStream()
    var writer = IpcStreamWriter(sink, schema)
    for i in range(batches):
        writer.write(make_batch(schema, rows, i * rows))
    writer.close()
    return sink.getvalue()


def demonstrate_ipc_streaming() raises:
    """Writes a stream, reads it batch by batch, and keeps one batch at a time."""
    print("== IPC streaming")
    var stream = write_stream(bar_schema(), 5, 1_000)
    var reader = IpcStreamReader(stream)
    var rows = 0
    var batches = 0
    while True:
        var batch = reader.next()
        if not batch:
            break
        rows += Int(py=batch.value().num_rows)
        batches += 1
    require(rows == 5_000 and batches == 5, "rows of the stream")
    var sum = column_total[DType.int64](
        Python.import_module("pyarrow").ipc.open_stream(stream), "close"
    )
    require(sum == expected_close(rows), "sum of the stream")
    print(batches, "batches,", rows, "bars,", Int(py=stream.size), "bytes")
    print("sum of close, raw:", sum)


def demonstrate_ipc_file_format(folder: String) raises:
    """Writes a file, reads its batches in any order, and its metadata."""
    print("== IPC file format")
    var path = PythonObject(folder + "/bars.arrow")
    var schema = bar_schema()
    var writer = IpcFileWriter(path, schema)
    for i in range(8):
        writer.write(make_batch(schema, 512, i * 512))
    writer.close()
    var reader = open_mapped(path)
    var count = Int(py=reader.num_record_batches)
    require(count == 8, "batches of the file")
    for i in [7, 0, 3]:
        var batch = take_batch(reader.get_batch(i))
        var stamps = batch.values[DType.uint64]("ts_event")
        require(
            Int(stamps[0]) == FIRST + MINUTE * 512 * i,
            String("first stamp of batch ", i),
        )
        var bars = to_records[Bar[Encoding.FIXED8]]([batch^])
        print("batch", i, "begins with", bars[0])
    var metadata = reader.schema.metadata
    for key in ["bar_type", "price_precision", "size_precision"]:
        print(key, "=", metadata[PythonObject(key).encode()].decode())


def demonstrate_record_batch_operations(folder: String) raises:
    """Puts batches together, filters rows by a mask, writes them, sums columns."""
    print("== Record batch operations")
    var pa = Python.import_module("pyarrow")
    var schema = bar_schema()
    var batches = Python.list()
    for i in range(4):
        batches.append(make_batch(schema, 1_000, i * 1_000))
    var table = concatenate(batches)
    var chunks = Int(py=table.column(0).num_chunks)
    require(Int(py=table.num_rows) == 4_000 and chunks == 4, "rows together")
    require(
        Int(py=table.column(3).chunk(2).buffers()[1].address)
        == address_of(batches[2], 3),
        "a copy where none is needed",
    )
    var path = PythonObject(folder + "/filtered.arrow")
    var writer = IpcFileWriter(path, schema)
    for batch in table.to_batches():
        var taken = take_batch(batch)
        var volumes = taken.values[DType.uint64]("volume")
        var mask = rows_between(volumes, 90 * UNIT, 100 * UNIT)
        writer.write(batch.filter(mask))
        _ = taken^  # the volumes borrow from it
    writer.close()
    var filtered = pa.ipc.open_file(pa.memory_map(path)).read_all()
    var volume = column_total[DType.uint64](filtered.to_batches(), "volume")
    require(Int(py=filtered.num_rows) == 400, "rows of volume 90 and more")
    require(volume == 40 * 945 * UNIT, "their volume")
    print("4 batches together:", Int(py=table.num_rows), "bars, nothing copied")
    print("volume of 90 and more:", Int(py=filtered.num_rows), "bars written")
    print("sum of volume, raw:", volume)


def demonstrate_zero_copy_streaming() raises:
    """Shows by addresses that batches of a stream lie inside of it: 10,000 bars."""
    print("== Zero-copy streaming")
    var stream = write_stream(bar_schema(), 1, 10_000)
    var begin = Int(py=stream.address)
    var end = begin + Int(py=stream.size)
    var pa = Python.import_module("pyarrow")
    var before = Int(py=pa.total_allocated_bytes())
    var reader = IpcStreamReader(stream)
    var batch = reader.next().value()
    var inside = 0
    for c in range(7):
        var address = address_of(batch, c)
        inside += Int(begin <= address and address + 80_000 <= end)
    var allocated = Int(py=pa.total_allocated_bytes()) - before
    var sum = column_total[DType.int64](Python.list(batch), "close")
    require(inside == 7, "a column outside of the stream")
    require(sum == expected_close(10_000), "sum of the stream")
    require(allocated < 8_000, "memory for a column")
    print("10000 bars,", inside, "of 7 columns inside the stream's own bytes")
    print("allocated while reading:", allocated, "bytes")
    print("sum of close, raw:", sum)


def mapped_range(path: String) raises -> Tuple[Int, Int]:
    """The addresses a file is mapped at, from the kernel's own table."""
    var maps = Python.import_module("pathlib").Path("/proc/self/maps")
    var int = Python.import_module("builtins").int
    for line in maps.read_text().splitlines():
        if path in String(py=line):
            var ends = line.split(" ")[0].split("-")
            return (Int(py=int(ends[0], 16)), Int(py=int(ends[1], 16)))
    raise Error("not mapped: ", path)


def demonstrate_memory_mapped_ipc(folder: String) raises:
    """Maps a file of 20 batches of 10,000 bars, and reads only what it sums up."""
    print("== Memory-mapped IPC")
    var path = folder + "/mapped.arrow"
    var schema = bar_schema()
    var writer = IpcFileWriter(PythonObject(path), schema)
    for i in range(20):
        writer.write(make_batch(schema, 10_000, i * 10_000))
    writer.close()
    var begun = perf_counter_ns()
    var reader = open_mapped(PythonObject(path))
    var opened = milliseconds(begun)
    var mapping = mapped_range(path)
    begun = perf_counter_ns()
    var sum = Int128(0)
    var rows = 0
    var inside = 0
    for i in range(Int(py=reader.num_record_batches)):
        var batch = reader.get_batch(i)
        var address = address_of(batch, 3)
        inside += Int(mapping[0] <= address and address < mapping[1])
        sum += column_total[DType.int64](Python.list(batch), "close")
        rows += Int(py=batch.num_rows)
    var summed = milliseconds(begun)
    require(rows == 200_000 and inside == 20, "batches outside of the mapping")
    require(sum == expected_close(rows), "sum of the file")
    print("20 batches,", rows, "bars,", inside, "of 20 inside the mapping")
    print("sum of close, raw:", sum)
    print("opened in", opened, "ms, summed in", summed, "ms")


def main() raises:
    # Mojo's own TemporaryDirectory swallows errors raised inside its block.
    var folder = Python.import_module("tempfile").TemporaryDirectory()
    var name = String(py=folder.name)
    try:
        demonstrate_ipc_streaming()
        demonstrate_ipc_file_format(name)
        demonstrate_record_batch_operations(name)
        demonstrate_zero_copy_streaming()
        demonstrate_memory_mapped_ipc(name)
    finally:
        folder.cleanup()
    print("nothing is left of", name, "and every sum was right")
