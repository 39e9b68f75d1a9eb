"""Opens an Arrow file of bars from Mojo, decodes it and sums it up.

    python examples/run_mojo.py examples/decode_bars.mojo [FILE]

Without a file it writes one first: `barrow ingest` of some generated rows. Two ways
are shown. Columns are read where they lie in the mapped file; nothing is copied but the
doubles that are asked for. Records are copies, made by the traits of `Bar`, and go back
into batches by the same traits.
"""

from std.python import Python, PythonObject
from std.sys import argv
from std.time import perf_counter_ns

from barrow.arrow import Batch, to_float64, total
from barrow.fence import MutColumnView
from barrow.fixed import format_fixed
from barrow.ipc import give_batch, open_mapped, stream_bytes, take_batch
from barrow.model import Bar, Encoding
from barrow.wrangle import to_batches, to_records


def make_file(folder: String) raises -> String:
    """Writes 10,000 minute bars as CSV and ingests them."""
    var barrow = Python.import_module("barrow")
    var text = folder + "/bars.csv"
    with open(text, "w") as file:
        file.write("timestamp,open,high,low,close,volume\n")
        for i in range(10_000):
            var close = String("1.0", 8000 + i % 1000)
            file.write(
                1_704_067_200 + 60 * i, ",", close, ",1.10000,1.00000,", close
            )
            file.write(",", i % 100, "\n")
    var output = folder + "/bars.arrow"
    _ = barrow.ingest(
        text, output, bar_type="EUR/USD.SIM-1-MINUTE-BID-EXTERNAL"
    )
    return output


def records(path: String) raises:
    """Reads a `fixed8` file as records, and writes them as an Arrow IPC stream."""
    comptime B = Bar[Encoding.FIXED8]
    for column in B.get_schema_map().items():
        print("column", column.key, column.value)
    var reader = open_mapped(PythonObject(path))
    var started = perf_counter_ns()
    var batches = List[Batch]()
    for i in range(Int(py=reader.num_record_batches)):
        batches.append(take_batch(reader.get_batch(i)))
    var bars = to_records[B](batches)
    var seconds = Float64(perf_counter_ns() - started) / 1e9
    print(len(bars), "records in", seconds, "s")
    print("first:", bars[0])
    # Records of another instrument would be refused: they need a batch of their own.
    var stream = stream_bytes(to_batches[B](bars, chunk_size=4096))
    print("as a stream:", len(stream), "bytes, schema:")
    print(give_batch(batches[0]).schema.to_string())


def decode(path: String) raises:
    """Reads the columns of every batch and prints exact sums."""
    var started = perf_counter_ns()
    var reader = open_mapped(PythonObject(path))
    var rows = 0
    var volume = Int128(0)
    var mean = Float64(0)
    for i in range(Int(py=reader.num_record_batches)):
        var batch = take_batch(reader.get_batch(i))
        var closes = List[Float64](length=batch.rows(), fill=0)
        to_float64(
            batch.values[DType.int64]("close"),
            MutColumnView[DType.float64](
                address=Int(closes.unsafe_ptr()), length=len(closes)
            ),
        )
        for close in closes:
            mean += close
        volume += total(batch.values[DType.uint64]("volume"))
        rows += batch.rows()
        _ = batch^  # the columns borrow from it
    var seconds = Float64(perf_counter_ns() - started) / 1e9
    var text = String()
    _ = format_fixed[DType.uint128](
        volume.cast[DType.uint128]() * 10_000_000, text
    )
    print(rows, "bars, mean close", mean / Float64(rows), "volume", text)
    print("decoded in", seconds, "s,", Float64(rows) / seconds, "bars/s")


def main() raises:
    var arguments = argv()
    if len(arguments) > 1:
        decode(String(arguments[1]))
        records(String(arguments[1]))
    else:
        # Mojo's own TemporaryDirectory swallows errors raised inside its block.
        var folder = Python.import_module("tempfile").TemporaryDirectory()
        var path = make_file(String(py=folder.name))
        decode(path)
        records(path)
        folder.cleanup()
