"""Arrow IPC files, mapped or not, and streams; batches to and from pyarrow."""

from std.memory import ArcPointer
from std.python import Python, PythonObject

from barrow.arrow import (
    Batch,
    OwnedArray,
    OwnedSchema,
    Schema,
    lend_array,
    lend_schema,
)


def map_file(path: PythonObject) raises -> PythonObject:
    """Maps a file; nothing of it is read before it is touched.

    Args:
        path: The file.

    Returns:
        A `pyarrow.MemoryMappedFile`.

    Raises:
        What pyarrow raises if there is no such file.
    """
    return Python.import_module("pyarrow").memory_map(path, "r")


def open_file(source: PythonObject) raises -> PythonObject:
    """Reads the footer of an Arrow IPC file.

    Args:
        source: A path, a mapped file, or what else pyarrow reads from.

    Returns:
        A `pyarrow.RecordBatchFileReader`; its batches borrow from a mapping and keep
        it alive, and are copies of what was read from anything else.

    Raises:
        What pyarrow raises if this is no whole Arrow IPC file.
    """
    return Python.import_module("pyarrow").ipc.open_file(source)


def open_mapped(path: PythonObject) raises -> PythonObject:
    """Maps a file and reads its footer; values are read when they are touched.

    Args:
        path: An Arrow IPC file.

    Returns:
        A `pyarrow.RecordBatchFileReader`; its batches borrow from the mapping and
        keep it alive.

    Raises:
        What pyarrow raises if this is no whole Arrow IPC file.
    """
    return open_file(map_file(path))


def take_batch(batch: PythonObject) raises -> Batch:
    """Takes over a batch of pyarrow through the C Data Interface, without copying.

    Args:
        batch: A `pyarrow.RecordBatch`; it need not be kept.

    Returns:
        The batch, which keeps the memory.

    Raises:
        If a column has a type that barrow does not read.
    """
    var schema = OwnedSchema()
    var array = OwnedArray()
    batch._export_to_c(Int(array.at), Int(schema.at))
    try:
        return Batch(ArcPointer(Schema(schema^)), array^)
    except fault:
        raise Error(String(fault))


def give_batch(batch: Batch) raises -> PythonObject:
    """Hands a batch to pyarrow through the C Data Interface, without copying.

    Args:
        batch: A record batch.

    Returns:
        A `pyarrow.RecordBatch`, which keeps the memory.

    Raises:
        What pyarrow raises if it cannot take it.
    """
    var schema = OwnedSchema()
    var array = OwnedArray()
    lend_schema(batch.schema, schema.at)
    lend_array(batch, array.at)
    var pa = Python.import_module("pyarrow")
    # pyarrow moves what the structs hold; they are freed when it has.
    var result = pa.RecordBatch._import_from_c(Int(array.at), Int(schema.at))
    _ = schema^
    _ = array^
    return result


def read_stream_bytes(data: PythonObject) raises -> List[Batch]:
    """Reads all batches of an Arrow IPC stream, without copying uncompressed ones.

    Args:
        data: The stream: `bytes`, or anything else with a buffer.

    Returns:
        The batches.

    Raises:
        What pyarrow raises if this is no Arrow IPC stream, or one that ends within a
        batch.
    """
    var pa = Python.import_module("pyarrow")
    var reader = pa.ipc.open_stream(pa.py_buffer(data))
    var result = List[Batch]()
    for batch in reader:
        result.append(take_batch(batch))
    return result^


def stream_bytes(batches: List[Batch]) raises -> PythonObject:
    """Writes an Arrow IPC stream.

    Args:
        batches: The batches, at least one, all of one schema.

    Returns:
        Python `bytes`.

    Raises:
        What pyarrow raises if the batches differ in schema; also if there are none.
    """
    if len(batches) == 0:
        raise Error(
            "ArgumentError: stream_bytes: no batches, expected one or more"
        )
    var pa = Python.import_module("pyarrow")
    var sink = pa.BufferOutputStream()
    var writer = pa.ipc.new_stream(sink, give_batch(batches[0]).schema)
    for ref batch in batches:
        writer.write_batch(give_batch(batch))
    writer.close()
    return sink.getvalue().to_pybytes()
