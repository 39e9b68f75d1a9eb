"""What is done with whole batches: put together, thrown out rows of, summed up."""

from std.memory import pack_bits
from std.python import Python, PythonObject

from barrow.arrow import total
from barrow.fence import ColumnView, MutColumnView
from barrow.ipc.reader import take_batch

comptime _ROWS = 64


def concatenate(batches: PythonObject) raises -> PythonObject:
    """Makes one table of batches, without copying.

    Args:
        batches: A Python list of `pyarrow.RecordBatch`, all of one schema, at least one.

    Returns:
        A `pyarrow.Table` with a chunk for every batch.

    Raises:
        What pyarrow raises if there are none, or the schemas differ.
    """
    return Python.import_module("pyarrow").Table.from_batches(batches)


def rows_between[
    dtype: DType
](
    values: ColumnView[dtype], low: Scalar[dtype], high: Scalar[dtype]
) raises -> PythonObject:
    """Marks the rows whose value lies in a range, 64 at a time.

    Parameters:
        dtype: The type of a value, of 64 bits or fewer.

    Args:
        values: The values.
        low: The least that counts.
        high: One past the greatest that counts.

    Returns:
        A `pyarrow.BooleanArray` as long as `values`; `RecordBatch.filter` takes it.

    Raises:
        What pyarrow raises if there is no memory.
    """
    var pa = Python.import_module("pyarrow")
    var words = (len(values) + _ROWS - 1) // _ROWS
    var buffer = pa.allocate_buffer(8 * max(words, 1))
    var bits = MutColumnView[DType.uint64](
        address=Int(py=buffer.address), length=words
    )
    for word in range(len(values) // _ROWS):
        var lanes = values.load[_ROWS](word * _ROWS)
        bits.store(
            word, pack_bits[DType.uint64](lanes.ge(low) & lanes.lt(high))
        )
    if len(values) % _ROWS != 0:
        var last = UInt64(0)
        for at in range(len(values) // _ROWS * _ROWS, len(values)):
            var inside = low <= values[at] and values[at] < high
            last |= UInt64(Int(inside)) << UInt64(at % _ROWS)
        bits.store(words - 1, last)
    return pa.BooleanArray.from_buffers(
        pa.bool_(), len(values), Python.list(Python.none(), buffer)
    )


def column_total[
    dtype: DType
](batches: PythonObject, name: StringSpan) raises -> Int128:
    """Sums a column of raw values over batches, exactly and without copying it.

    Parameters:
        dtype: `int64` or `uint64`; the column may be `FixedSizeBinary(8)`.

    Args:
        batches: `pyarrow.RecordBatch`es, in anything Python can iterate over: a list, a
            stream.
        name: The name of the column.

    Returns:
        The sum, as raw as the values.

    Raises:
        If there is no such column, its width is another, or it holds nulls.
    """
    var sum = Int128(0)
    for batch in batches:
        var taken = take_batch(batch)
        sum += total(taken.values[dtype](name))
        _ = taken^  # the values borrow from it
    return sum
