"""Opens an Arrow file of bars from Mojo, decodes it and sums it up.

    python examples/run_mojo.py examples/decode_bars.mojo [FILE]

Without a file it writes one first: `barrow ingest` of some generated rows. The
columns are read where they lie in the mapped file; nothing is copied but the
doubles that are asked for.
"""

from std.python import Python, PythonObject
from std.sys import argv
from std.time import perf_counter_ns

from barrow.arrow import to_float64, total
from barrow.fence import MutColumnView
from barrow.fixed import format_fixed
from barrow.ipc import bar_columns, open_mapped


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


def decode(path: String) raises:
    """Decodes every batch of a `fixed8` file and prints exact sums."""
    var started = perf_counter_ns()
    var reader = open_mapped(PythonObject(path))
    var rows = 0
    var volume = Int128(0)
    var mean = Float64(0)
    for i in range(Int(py=reader.num_record_batches)):
        var batch = reader.get_batch(i)
        var bars = bar_columns[DType.int64, DType.uint64](batch)
        if i == 0:
            print("first:", bars[0])
        var closes = List[Float64](length=len(bars), fill=0)
        to_float64(
            bars.close,
            MutColumnView[DType.float64](
                address=Int(closes.unsafe_ptr()), length=len(closes)
            ),
        )
        for close in closes:
            mean += close
        volume += total(bars.volume)
        rows += len(bars)
        _ = batch  # the columns borrow from it
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
    else:
        # Mojo's own TemporaryDirectory swallows errors raised inside its block.
        var folder = Python.import_module("tempfile").TemporaryDirectory()
        decode(make_file(String(py=folder.name)))
        folder.cleanup()
